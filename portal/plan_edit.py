"""An edit of a plan's file before anything is written: findings, what would change, the calendar of the coming year.

The edited text stands in a copy of the config folder, so that it is checked against the office's own units, ladders
and days off; only `apply` writes the real file, in one piece, and the ledger in one transaction.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, select

from actions.advance import advance
from actions.apply_plan import Changes, apply_plan, apply_units, spec_fingerprint
from actions.forecast import ForecastChanges, forecast_changes
from actions.move import Refused
from actions.schedule import Schedule
from config.bootstrap import rules_of, subjects
from config.findings import ConfigError, Finding
from config.plan_files import ENDINGS, Config, load_config, plan_files
from config.settings import SHIPPED_CONFIG
from models.database import reading
from models.ledger import Assignment
from models.plan import Plan
from models.specs import PlanSpec

from .house import House
from .words import N_

PLAN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
LONGEST = 1024 * 1024
A_YEAR = timedelta(days=365)
MOST_FORECAST = 20_000  # assignments; beyond, `dondoc diff` on the machine itself
WRITING = threading.Lock()

STATES = {
    "running": N_("Đang chạy đúng như tệp"),
    "edited": N_("Tệp đã sửa, chưa áp dụng"),
    "new": N_("Chưa áp dụng"),
    "wrong": N_("Tệp có lỗi"),
    "gone": N_("Không còn tệp; sổ vẫn theo dõi"),
}


@dataclass(frozen=True)
class PlanFile:
    """One file of the plans folder, or a plan of the ledger without one."""

    name: str
    plan_id: str
    title: str
    state: str
    findings: int = 0


@dataclass
class Edit:
    """What is known of one edited text. `config` is the whole folder with it, None while it has errors."""

    text: str
    file: str
    plan_id: str
    findings: list[Finding] = field(default_factory=list)
    elsewhere: list[Finding] = field(default_factory=list)
    config: Config | None = None
    changes: Changes | None = None
    rows: list[CalendarRow] = field(default_factory=list)
    forecast: ForecastChanges | None = None

    @property
    def spec(self) -> PlanSpec | None:
        """The plan as edited."""
        return self.config.plans.get(self.plan_id) if self.config else None

    @property
    def errors(self) -> int:
        """How many findings forbid applying it."""
        return sum(finding.level == "error" for finding in [*self.findings, *self.elsewhere])

    @property
    def by_month(self) -> list[tuple[str, int]]:
        """(month, things due) of the coming year."""
        return sorted(Counter(f"{row.due_on:%Y-%m}" for row in self.rows).items())

    @property
    def messages_by_month(self) -> list[tuple[str, int, int]]:
        """(month, reminders that go, reminders that come)."""
        if self.forecast is None:
            return []
        gone = Counter(f"{one.day:%Y-%m}" for one in self.forecast.messages_cancelled)
        come = Counter(f"{one.day:%Y-%m}" for one in self.forecast.messages_added)
        return [(month, gone[month], come[month]) for month in sorted(gone | come)]


@dataclass(frozen=True)
class CalendarRow:
    """One thing that falls due in the coming year."""

    due_on: date
    opens_on: date
    code: str
    title: str
    kind: str
    label: str
    units: int
    tracked: bool


# ------------------------------------------------------------------ the folder


def why_not_writable(house: House) -> str | None:
    """Why plans cannot be written from here; None when they can."""
    folder = house.settings.config
    if folder.resolve() == SHIPPED_CONFIG.resolve():
        return N_("Đang dùng cấu hình đi kèm chương trình, không sửa được từ đây.")
    if not os.access(folder, os.W_OK) or not os.access(folder / "plans", os.W_OK):
        return N_("Thư mục cấu hình không cho chương trình ghi.")
    return None


def files(house: House, session: Session) -> list[PlanFile]:
    """The plan files as they lie in the folder now, and what the ledger runs of each."""
    known = {plan.id: plan for plan in session.exec(select(Plan))}
    paths = plan_files(house.settings.config)
    found: list[PlanFile] = []
    try:
        config = load_config(house.settings.config)
        specs = {config.sources[plan_id]: spec for plan_id, spec in config.plans.items()}
        wrong: Counter[str] = Counter()
    except ConfigError as error:
        specs = {}
        wrong = Counter(Path(finding.path).name for finding in error.findings if finding.level == "error")
    for path in paths:
        spec = specs.get(path)
        plan_id = spec.id if spec else path.stem
        row = known.pop(plan_id, None)
        if spec is None:
            state = "wrong" if wrong[path.name] else "edited" if row else "new"
        else:
            state = "new" if row is None else "running" if row.fingerprint == spec_fingerprint(spec) else "edited"
        title = spec.title if spec else row.title if row else path.name
        found.append(PlanFile(path.name, plan_id, title, state, wrong[path.name]))
    return found + [PlanFile("", plan.id, plan.title, "gone") for plan in known.values()]


def path_of(house: House, plan_id: str) -> Path:
    """The file of a plan, there or to be made. Refused for what is no plan id: nothing leads out of the folder."""
    if not PLAN_ID.fullmatch(plan_id):
        raise Refused("id của kế hoạch chỉ gồm chữ thường không dấu, chữ số, gạch nối")
    folder = house.settings.config / "plans"
    for path in plan_files(house.settings.config):
        if path.stem == plan_id or _id_in(path) == plan_id:
            return path
    return folder / f"{plan_id}{ENDINGS[0]}"


def _id_in(path: Path) -> str | None:
    """The plan id that a file says, as far as one line can tell."""
    found = re.search(r"""^id:\s*["']?([a-z0-9-]+)""", text_of(path), re.MULTILINE)
    return found[1] if found else None


def text_of(path: Path) -> str:
    """A file's text; empty when there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def fingerprint(text: str) -> str:
    """What an edit began from; empty for a file that is not there yet."""
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


# ------------------------------------------------------------------ looking at an edit


def examine(house: House, plan_id: str, text: str) -> Edit:
    """Check a text as the file of a plan (empty: a new one, whose id the text says); nothing is written."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text.encode()) > LONGEST:
        raise Refused("tệp kế hoạch lớn hơn 1 MB")
    if "\0" in text:
        raise Refused("đây không phải tệp văn bản YAML")
    said = re.search(r"""^id:\s*["']?([^\s"'#]+)""", text, re.MULTILINE)
    plan_id = plan_id or (said[1] if said else "ke-hoach-moi")
    path = path_of(house, plan_id)
    edit = Edit(text=text, file=path.name, plan_id=plan_id)
    with _overlay(house, path.name, text) as folder:
        try:
            config = load_config(folder)
            findings = config.findings
            edit.config = replace(config, folder=house.settings.config)
        except ConfigError as error:
            findings = error.findings
    edit.findings = [finding for finding in findings if Path(finding.path).name == path.name]
    edit.elsewhere = [one for one in findings if one not in edit.findings and one.level == "error"]
    if edit.config and edit.spec is None:
        raise Refused(f"id trong tệp phải là “{plan_id}”; kế hoạch khác thì thêm thành tệp mới")
    return edit


@contextmanager
def _overlay(house: House, name: str, text: str) -> Iterator[Path]:
    """A copy of the config folder with one plan's text changed."""
    source = house.settings.config
    with tempfile.TemporaryDirectory(prefix="dondoc-edit-") as made:
        folder = Path(made)
        (folder / "plans").mkdir()
        for path in [*source.glob("*.yaml"), *source.glob("*.yml")]:
            shutil.copyfile(path, folder / path.name)
        for path in plan_files(source):
            shutil.copyfile(path, folder / "plans" / path.name)
        (folder / "plans" / name).write_text(text, encoding="utf-8")
        yield folder


def look_ahead(house: House, edit: Edit, *, messages: bool = False) -> None:
    """Add what would change and what falls due in the coming year; with `messages` every reminder that goes or comes.

    Refused for a forecast on a ledger too large to be lived twice while somebody waits.
    """
    if edit.config is None or edit.spec is None:
        return
    now = house.clock.now()
    rules = rules_of(edit.config)
    with Session(house.engine) as session:
        apply_units(session, edit.config.units)
        edit.changes = apply_plan(session, edit.spec, edit.config.units, rules, now)
        session.rollback()
    schedule = Schedule(edit.spec, edit.config.units, rules)
    today = now.date()
    edit.rows = sorted(
        (
            CalendarRow(due.slot.due_on, due.slot.opens_on, due.process.code, due.process.title, due.kind.value,
                        due.slot.label, len(due.units), due.slot.due_on >= edit.spec.track_from)
            for due in schedule.occurrences(today, today + A_YEAR)
        ),
        key=lambda row: (row.due_on, row.code, row.title),
    )  # fmt: skip
    if messages:
        with reading(house.engine) as session:
            if session.exec(select(func.count()).select_from(Assignment)).one() > MOST_FORECAST:
                raise Refused("sổ lớn, xem trước từng thư ở đây lâu quá; chạy dondoc diff trên máy chủ")
            edit.forecast = forecast_changes(session, [edit.spec], edit.config.units, rules, now, end=today + A_YEAR,
                                             subjects=subjects(edit.config, rules))  # fmt: skip


# ------------------------------------------------------------------ applying


def apply(house: House, edit: Edit, base: str, deed: Callable[[], object]) -> Changes:
    """Write the file and the ledger. `deed` opens the transaction (`record.deed`).

    Refused when the text has errors, when the file is not the one the edit began from, and when it cannot be written;
    then nothing has changed. If the ledger refuses, the file is as it was.
    """
    if (why := why_not_writable(house)) is not None:
        raise Refused(why[:1].lower() + why[1:].rstrip("."))
    if edit.config is None or edit.spec is None:
        raise Refused("tệp còn lỗi, chưa áp dụng")
    path = path_of(house, edit.plan_id)
    with WRITING:
        before = text_of(path)
        if fingerprint(before) != base:
            raise Refused("tệp đã được người khác sửa sau khi bạn mở; mở lại trang rồi sửa tiếp")
        rules = rules_of(edit.config)
        now = house.clock.now()
        try:
            with deed() as session:  # type: ignore[attr-defined]
                apply_units(session, edit.config.units)
                changes = apply_plan(session, edit.spec, edit.config.units, rules, now)
                advance(session, rules, now)
                _write_whole(path, edit.text)
        except BaseException:
            if text_of(path) != before:
                _write_whole(path, before) if before else path.unlink(missing_ok=True)
            raise
        house.take_up(load_config(house.settings.config))
    return changes


def _write_whole(path: Path, text: str) -> None:
    """Write beside and rename: a reader sees the old file or the new one."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise Refused(f"không ghi được tệp {path.name}: {error.strerror}") from None
