"""Letters to be signed: who may be pressed, who may only be asked, and what leadership is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session
from typer.testing import CliRunner, Result

from actions.to_sign import courtesy, submission_note, urge
from cli.main import app
from documents import letters
from models.database import reading
from tests.office import Office, at, plan_spec, rules

from .conftest import text_of, word_of

Paper = Callable[..., bytes]


def rows_of(document: bytes, title: str) -> list[list[str]]:
    """The rows of the table whose heading has this title."""
    for table in word_of(document).tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if title in rows[0]:
            return rows[1:]
    return []


def test_the_urging_letter_lists_everybody_who_is_late_and_may_be_pressed(paper: Paper, status: Any) -> None:
    """Each overdue report and dated task of the schools, its days late as the ledger counts them; not the agency's."""
    document = paper("urge", "--overdue")
    late = [row for row in status["assignments"] if row["state"] == "overdue" and row["kind"] != "covered"]
    schools = [row for row in late if row["unit"] != "pgd-haian"]
    listed = rows_of(document, "Nội dung chưa báo cáo")
    text = text_of(document)

    assert sorted((row[1], row[3], row[4]) for row in listed) == sorted(
        (row["unit_name"], "/".join(reversed(row["due_on"].split("-"))), str(row["days_late"])) for row in schools
    )
    assert f"còn {len({row['unit'] for row in schools}):02d} đơn vị chưa gửi báo cáo" in text
    assert "chậm nhất hết ngày 12/04/2024" in text  # three working days from Tuesday the 9th
    assert "DỰ THẢO" in text
    assert "V/v đôn đốc báo cáo quý I/2024 thực hiện Kế hoạch số 06/KH-PGDĐT" in text
    assert "đề nghị Thủ trưởng các đơn vị" in text  # a district department does not write yêu cầu
    assert all(int(row[5]) > 0 for row in listed)


def test_it_can_be_for_chosen_units(paper: Paper) -> None:
    """`--units`: only these, named in “Kính gửi”."""
    document = paper("urge", "--units", "mau-ha-thcs-1")

    assert {row[1] for row in rows_of(document, "Nội dung chưa báo cáo")} == {"Trường THCS mẫu 1"}
    assert "Kính gửi: Thủ trưởng Trường THCS mẫu 1." in text_of(document)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("urge", "--units", "mau-ha-thcs-11"), 1, "không có đơn vị “mau-ha-thcs-11”; có: mau-ha-thcs-1"),
        (("urge", "--units", "mau-ha-pt-2"), 1, "không còn nội dung nào phải gửi"),
        (("urge", "--units", "pgd-haian"), 1, "không đôn đốc đơn vị này, chỉ đề nghị"),
        (("urge",), 2, "cần đúng một trong hai"),
        (("urge", "--units", "mau-ha-thcs-1", "--overdue"), 2, "cần đúng một trong hai"),
        (("urge", "--units", " , "), 2, "--units trống"),
        (("courtesy", "--units", "mau-ha-thcs-1"), 1, "dùng `dondoc export urge`"),
        (("unit-report", "--unit", "mau-bt-thpt-1"), 1, "không phải nộp báo cáo quý I/2024"),
        (("unit-report", "--unit", "ban-tuyen-giao"), 1, "không có đơn vị “ban-tuyen-giao”"),
    ],
)
def test_what_makes_no_letter_is_one_sentence(
    export: Callable[..., Result], words: tuple[str, ...], code: int, sentence: str
) -> None:
    """Nothing is written; the sentence names the next step."""
    result = export(*words, "--plan", "pgd-haian-cchc-2024", "--period", "2024-Q1")

    assert (result.exit_code, result.stdout_bytes) == (code, b"")
    assert sentence in result.stderr


def test_leadership_is_told_sums_that_add_up(paper: Paper, status: Any) -> None:
    """All reports of the period by class with their sum, and every unit that has not filed."""
    document = paper("submission-note")
    text = text_of(document)
    reports = [row for row in status["assignments"] if row["kind"] == "report" and row["period"] == "2024-Q1"]
    missing = [row for row in reports if row["state"] == "overdue"]
    sums = re.search(r"cộng: ([\d +]+) = (\d+)\)", text)

    assert sums is not None
    assert sum(map(int, sums[1].split("+"))) == int(sums[2]) == len(reports)
    assert f"chưa nộp, quá hạn: {len(missing):02d}" in text
    assert {row[1] for row in rows_of(document, "Lý do")} == {row["unit_name"] for row in missing}
    assert "Kính gửi: Lãnh đạo Phòng Giáo dục và Đào tạo quận Hải An." in text
    assert "PHIẾU TRÌNH" in text


# ------------------------------------------------------------------ a peer and a body that is asked


@pytest.fixture
def office(engine: Any) -> Office:
    """The small office with work for a peer and for a body that the plan only asks."""
    plan = plan_spec(
        tasks=[
            {"code": "1", "title": "Việc của trường", "lead": "th-1", "when": "Quý I/2026"},
            {"code": "2", "title": "Bố trí kinh phí", "lead": "stc", "when": "Quý I/2026"},
            {"code": "3", "title": "Giám sát", "lead": "mttq", "when": "Quý I/2026", "duty": "request"},
        ]
    )
    made = Office(engine, rules())
    made.apply("2026-01-05", plan)
    made.tick("2026-03-10")
    made.tick("2026-04-15")
    return made


def in_ledger(office: Office, ask: Callable[[Session], Any]) -> Any:
    """What a question answers on 15 April."""
    with reading(office.engine) as session:
        return ask(session)


def test_peers_and_bodies_that_are_asked_are_left_out_of_urging(office: Office) -> None:
    """They are named beside the letter, never in it."""
    found, left_out = in_ledger(office, lambda s: urge(s, office.rules.days, "kh", "2026-Q1", at("2026-04-15", 9)))

    assert {owed.unit for owed in found.owed} == {"th-1", "th-2", "th-3"}
    assert left_out == ("So Tai chinh", "Mat tran")
    assert found.demand == "yêu cầu"  # the department of education itself


def test_the_courtesy_letter_asks_politely_for_their_own_work(office: Office) -> None:
    """Quý cơ quan, trân trọng đề nghị; no word of being late."""
    found = in_ledger(
        office, lambda s: courtesy(s, office.rules.days, "kh", "2026-Q1", at("2026-04-15", 9), ["stc", "mttq"])
    )
    text = text_of(letters.courtesy(found))

    assert "trân trọng đề nghị Quý cơ quan" in text
    assert "- So Tai chinh: [2] Bố trí kinh phí;" in text
    assert "- Mat tran: [3] Giám sát." in text
    assert "trước khi hết ngày 22/04/2026" in text
    assert "quá hạn" not in text
    assert "Quý cơ quan" not in text_of(letters.submission_note(_note(office)))


def _note(office: Office) -> Any:
    return in_ledger(office, lambda s: submission_note(s, office.rules.days, "kh", "2026-Q1", at("2026-04-15", 9)))


# ------------------------------------------------------------------ a unit's own report


def test_a_unit_signs_what_it_answered(paper: Paper) -> None:
    """Its lines, figures and difficulties, its own head, the body above; number and day to be written in."""
    text = text_of(paper("unit-report", "--unit", "mau-ha-mn-1"))

    for part in ("TRƯỜNG MẦM NON MẪU 1", "PHÒNG GIÁO DỤC VÀ ĐÀO TẠO QUẬN HẢI AN", "HIỆU TRƯỞNG", "Số: ……/BC-……",
                 "Kính gửi: Phòng Giáo dục và Đào tạo quận Hải An.", "Trường đã tập huấn 0 buổi.", "Thiếu máy tính",
                 "190/200", "25%", "Đang thực hiện", "Không phát sinh"):  # fmt: skip
        assert part in text, part
    assert "DỰ THẢO" not in text


def test_a_unit_that_has_written_nothing_gets_an_empty_form(paper: Paper) -> None:
    """Every line it owes, nothing filled in, marked as a draft; not a word that there are no difficulties."""
    document = paper("unit-report", "--unit", "mau-ha-thcs-1")
    rows = rows_of(document, "Kết quả hiện nay")
    text = text_of(document)

    assert len(rows) == 12
    assert {(row[3], row[4]) for row in rows} == {("", "")}
    assert "DỰ THẢO" in text
    assert "Không có." not in text


# ------------------------------------------------------------------ the calendar, secrets


def test_export_calendar_is_the_calendar(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`export calendar` is a feed by itself, and gives what `calendar` gives in every format."""
    monkeypatch.setenv("DONDOC_HOME", str(home))
    words = ("--plan", "pgd-haian-cchc-2024", "--from", "2024-01-01", "--to", "2024-12-31")
    run = CliRunner().invoke

    assert run(app, ["export", "calendar", *words]).stdout_bytes.startswith(b"BEGIN:VCALENDAR")
    for form in ("ics", "csv", "json"):
        mine = run(app, ["export", "calendar", *words, "--format", form]).stdout_bytes
        assert mine == run(app, ["calendar", *words, "--format", form]).stdout_bytes
    assert json.loads(run(app, ["export", "calendar", *words, "--json"]).stdout)


def test_a_file_is_written_in_one_piece_and_said(export: Callable[..., Result], tmp_path: Path) -> None:
    """`--out`: the file, nothing on stdout, no leftovers."""
    path = tmp_path / "báo cáo.docx"
    result = export("submission-note", "--plan", "pgd-haian-cchc-2024", "--period", "2024-Q1", "--out", str(path))

    assert (result.exit_code, result.stdout_bytes) == (0, b"")
    assert "Đã ghi" in result.stderr
    assert [found.name for found in tmp_path.iterdir()] == ["báo cáo.docx"]
    assert "PHIẾU TRÌNH" in text_of(path.read_bytes())
