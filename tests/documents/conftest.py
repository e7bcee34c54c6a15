"""A district's first quarter of 2024 on the shipped plans: ten of twelve schools have reported, some tasks are late."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.document import Document
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from actions.advance import advance
from actions.apply_plan import apply_plan, apply_units
from actions.gather_letters import gather_letters
from actions.simulate import _mark_sent
from actions.submit import Filing, Indicator, Line, submit_report
from cli.main import app
from config.bootstrap import House, furnish
from config.clock import clock_at
from config.settings import Settings
from models.database import transaction
from models.ledger import Assignment, Occurrence
from models.lifecycle import Kind, State
from models.lifecycle import Result as Said
from models.plan import Target
from tests.office import at

PLAN, PERIOD, NOW = "pgd-haian-cchc-2024", "2024-Q1", "2024-04-09T09:00"
HOSTILE = "=1+1 </w:t> {{ 7*7 }} {% raw %} & <b>\x07\x0b đậm"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of that district; nobody writes into it any more."""
    folder: Path = tmp_path_factory.mktemp("paper")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DONDOC_HOME", str(folder))
        house = furnish(Settings(), clock_at(at("2024-01-20")))
    with transaction(house.engine) as session:
        apply_units(session, house.config.units)
        for plan in house.config.plans.values():
            apply_plan(session, plan, house.config.units, house.rules, at("2024-01-20"))
    _live(house, "2024-02-07", "2024-02-29", "2024-03-06", "2024-03-14")
    with transaction(house.engine) as session:
        _schools_report(session)
    _live(house, "2024-03-26", "2024-04-04")
    house.engine.dispose()
    return folder


def _live(house: House, *days: str) -> None:
    for day in days:
        with transaction(house.engine) as session:
            advance(session, house.rules, at(day))
            _mark_sent(session, gather_letters(session, house.rules, at(day, 8)), at(day, 8), None)


def _schools_report(session: Session) -> None:
    now = at("2024-03-22", 9)
    of_plan = select(Assignment).join(Occurrence).where(Occurrence.plan_id == PLAN).order_by(Assignment.id)  # type: ignore[arg-type]
    targets = session.exec(select(Target).where(Target.plan_id == PLAN).order_by(Target.id)).all()  # type: ignore[arg-type]
    for i, report in enumerate(session.exec(of_plan.where(Assignment.kind == Kind.REPORT)).all()):
        if i in (4, 9):
            continue
        lines = session.exec(select(Assignment).where(Assignment.covered_by == report.id)).all()
        said = {line.id or 0: _line(i, j) for j, line in enumerate(lines)}
        figures = [Indicator(targets[1].id or 0, "3", "12"), Indicator(targets[3].id or 0, str(190 + i), "200")]
        filing = Filing("Cán bộ", Said.IN_PROGRESS, document=f"{20 + i}/BC-TH, 22/3/2024", lines=said,
                        narrative=f"Trường đã tập huấn {i} buổi.\nCòn hai lớp.", indicators=figures)  # fmt: skip
        submit_report(session, report, filing, now)
    for i, task in enumerate(session.exec(of_plan.where(Assignment.kind == Kind.DATED)).all()):
        if i % 3 != 2 and task.state != State.REPORTED:
            done = Said.DONE if i % 3 == 0 else Said.IN_PROGRESS
            filing = Filing("Cán bộ", done, document=f"{i + 1}/KH-TH, 20/3/2024", text="Đã ban hành kế hoạch.",
                            reason_late="Chờ ý kiến")  # fmt: skip
            submit_report(session, task, filing, now)


def _line(i: int, j: int) -> Line:
    results = (Said.IN_PROGRESS, Said.DONE, Said.NOTHING, Said.NOT_STARTED)
    hard = "Thiếu máy tính" if j == 2 else HOSTILE if (i, j) == (0, 4) else None
    return Line(results[(i + j) % 4], f"Đạt {80 + j}% & hơn", None, hard, "Đề nghị cấp kinh phí" if j == 3 else None)


@pytest.fixture
def export(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `dondoc export …` on the district, at nine in the morning of 9 April 2024."""
    monkeypatch.setenv("DONDOC_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, ["export", *words, "--at", NOW])


@pytest.fixture
def paper(export: Callable[..., Result]) -> Callable[..., bytes]:
    """The bytes of an export of the quarter that went well."""

    def call(*words: str, plan: str = PLAN, period: str = PERIOD) -> bytes:
        result = export(*words, "--plan", plan, "--period", period)
        assert result.exit_code == 0, result.output
        return result.stdout_bytes

    return call


@pytest.fixture
def status(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`dondoc status --json` of the plan at that moment."""
    monkeypatch.setenv("DONDOC_HOME", str(home))
    result = CliRunner().invoke(app, ["status", "--plan", PLAN, "--json", "--at", NOW])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def book_of(document: bytes) -> openpyxl.Workbook:
    """A workbook, read by a library that did not write it."""
    return openpyxl.load_workbook(io.BytesIO(document))


def word_of(document: bytes) -> Document:
    """A Word document, read back."""
    return docx.Document(io.BytesIO(document))


def text_of(document: bytes) -> str:
    """Everything a Word document says, tables included."""
    found = word_of(document)
    cells = [cell.text for table in found.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in found.paragraphs), *cells])
