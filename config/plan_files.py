"""Reads what an admin writes: plans, units, ladders, days off, named calendars; finds everything that is wrong in them.

`load_config` gives a whole folder as typed shapes or raises ConfigError; `check_paths` gives the findings of any files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from actions.rules import Rules
from calendars.named import BUILT_IN, ND_09_2019, NamedCalendar
from calendars.working_days import WorkingDays
from config.check_escalation import check_escalation
from config.check_plan import check_plan
from config.check_reach import check_reach
from config.check_times import TimeChecks, is_cutoff
from config.check_units import check_units
from config.findings import ConfigError, Finding, KeyPath, capped, has_errors, shown
from config.plan_view import PlanView
from config.remarks import Remark, place, warning
from config.shapes import fit
from config.yaml_text import Document, read_document
from models.specs import CalendarsSpec, EscalationSpec, HolidaysSpec, PlanSpec, UnitsSpec

SHIPPED = Path(__file__).resolve().parent
UNITS, ESCALATION, HOLIDAYS, CALENDARS = "units.yaml", "escalation.yaml", "holidays.yaml", "calendars.yaml"
ENDINGS = (".yaml", ".yml")
_TOLD_BY_KEY = {
    "units": UNITS, "groups": UNITS, "ladders": ESCALATION, "choose": ESCALATION, "sending": ESCALATION,
    "days_off": HOLIDAYS, "work_days": HOLIDAYS, "decreed": HOLIDAYS, "calendars": CALENDARS,
}  # fmt: skip

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True)
class Config:
    """A config folder as loaded. `findings` holds warnings only: errors raise ConfigError."""

    folder: Path
    plans: dict[str, PlanSpec]
    units: UnitsSpec
    escalation: EscalationSpec
    working_days: WorkingDays
    calendars: dict[str, NamedCalendar]
    sources: dict[str, Path]
    positions: dict[Path, Document] = field(repr=False)
    findings: list[Finding] = field(default_factory=list)

    def place(self, plan_id: str, path: KeyPath) -> tuple[Path, int, int]:
        """(file, line, column) of a key path of a plan, counted from 1."""
        source = self.sources[plan_id]
        return (source, *self.positions[source].place(path))


def load_config(folder: Path, *, plans: Sequence[Path] | None = None) -> Config:
    """The config in `folder`, with the plan files of `folder`/plans or those given. Raises ConfigError.

    A file that the folder lacks (units.yaml, escalation.yaml, holidays.yaml, calendars.yaml) is the shipped one.
    """
    if not folder.is_dir():
        message = "không có thư mục cấu hình này; xem DONDOC_CONFIG (no such folder)"
        raise ConfigError([Finding(shown(folder), 1, 1, "error", message, "no-folder")])
    loading = _Loading(folder)
    config = loading.config(plan_files(folder) if plans is None else plans)
    if config is None or has_errors(loading.findings()):
        raise ConfigError(loading.findings())
    return config


def load_working_days(folder: Path) -> WorkingDays:
    """The working days alone, for what needs no plan. Raises ConfigError."""
    loading = _Loading(folder)
    days = loading._working_days()
    if has_errors(loading.findings()):
        raise ConfigError(loading.findings())
    return days


def load_units(folder: Path) -> tuple[UnitsSpec, WorkingDays]:
    """The units and the working days alone, for drafting a plan that is not there yet. Raises ConfigError."""
    loading = _Loading(folder)
    units, days = loading._units(), loading._working_days()
    if units is None or has_errors(loading.findings()):
        raise ConfigError(loading.findings())
    return units, days


def check_paths(paths: Iterable[Path]) -> list[Finding]:
    """The findings of plan files, other config files and folders; of files they lean on, the errors only.

    A plan is checked against the units.yaml beside its folder (…/plans/x.yaml → …/units.yaml), else the shipped one.
    """
    found: list[Finding] = []
    alone: dict[Path, list[Path]] = {}
    for path in paths:
        if path.is_dir() and not _holds_plans_only(path):
            loading = _Loading(path)
            loading.config(plan_files(path))
            found += loading.findings()
            continue
        files = _yaml_files(path) if path.is_dir() else [path]
        for file in files:
            alone.setdefault(_config_folder(file), []).append(file)
        if not files:
            message = "thư mục không có tệp .yaml nào (no config here)"
            found.append(Finding(shown(path), 1, 1, "error", message, "no-files"))
    for folder, files in alone.items():
        found += _check_files(folder, list({file.resolve(): file for file in files}.values()))
    return capped(found)


def plan_files(folder: Path) -> list[Path]:
    """The plan files of a config folder, by name."""
    return _yaml_files(folder / "plans")


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in ENDINGS and path.name[0] != ".")


def _holds_plans_only(folder: Path) -> bool:
    """Whether a folder is a `plans` folder rather than a config folder."""
    return not any((folder / name).exists() for name in ("plans", UNITS, ESCALATION, HOLIDAYS, CALENDARS))


def _config_folder(file: Path) -> Path:
    """The config folder that a file belongs to."""
    folder = file.resolve().parent
    if file.name in (UNITS, ESCALATION, HOLIDAYS, CALENDARS) or (folder / UNITS).exists():
        return folder
    return folder.parent if (folder.parent / UNITS).exists() else folder


def _check_files(folder: Path, files: list[Path]) -> list[Finding]:
    loading = _Loading(folder)
    kinds = {file: loading.kind_of(file) for file in files}
    for file, kind in kinds.items():
        if kind:
            loading.instead[kind] = file
    loading.config([file for file, kind in kinds.items() if not kind])
    loading.asked = set(files)
    return loading.findings()


class _Loading:
    """One reading of a folder: each file once, its findings kept with it. `instead` are files asked for by path, under
    their standing name; `asked` are all files asked for, empty when the whole folder is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents: dict[Path, Document] = {}
        self.instead: dict[str, Path] = {}
        self.asked: set[Path] = set()

    def findings(self) -> list[Finding]:
        """All findings so far, in order; of a file that was not asked for (a shipped one) the errors only."""
        return capped(
            finding
            for path, document in self.documents.items()
            for finding in document.findings
            if finding.level == "error" or self._is_asked(path)
        )

    def _is_asked(self, path: Path) -> bool:
        return path in self.asked if self.asked else path.parent in (self.folder, self.folder / "plans")

    def document(self, path: Path) -> Document:
        """The file, read once."""
        if path not in self.documents:
            self.documents[path] = read_document(path)
        return self.documents[path]

    def fitted(self, path: Path, shape: type[Shape]) -> Shape | None:
        """The file as `shape`, or None with findings."""
        return fit(self.document(path), shape)

    def say(self, path: Path, remarks: Iterable[Remark]) -> None:
        """Place remarks in a file."""
        document = self.documents[path]
        document.findings += place(document, remarks)

    def beside(self, name: str) -> Path:
        """The file asked for, else the folder's own of that name, else the shipped one."""
        own = self.instead.get(name, self.folder / name)
        return own if own.exists() else SHIPPED / name

    def kind_of(self, file: Path) -> str:
        """The standing name of a file that is no plan, by its name or by its first telling key; "" for a plan."""
        if file.name in (UNITS, ESCALATION, HOLIDAYS, CALENDARS):
            return file.name
        root = self.document(file).root
        return next((_TOLD_BY_KEY[key] for key in (root.items if root else {}) if key in _TOLD_BY_KEY), "")

    def config(self, files: Iterable[Path]) -> Config | None:
        """Everything, as far as it fits; None when units or ladders are not usable at all."""
        units = self._units()
        escalation = self._escalation()
        days, calendars = self._working_days(), self._calendars()
        loaded = [(path, plan) for path in files if (plan := self.fitted(path, PlanSpec)) is not None]
        self._check_names(loaded)
        if units is None or escalation is None:
            return None
        rules = Rules(days, escalation, calendars)
        for path, plan in loaded:
            view = PlanView(plan, units, escalation, list(calendars), self.documents[path].left_out)
            self.say(path, check_plan(view))
            self.say(path, check_reach(view))
            times = TimeChecks(view, rules)
            self.say(path, times.read())
            if not self._has_errors(path, self.beside(UNITS), self.beside(ESCALATION)):
                self.say(path, times.follow())
        return Config(
            folder=self.folder,
            plans={plan.id: plan for _, plan in loaded},
            units=units,
            escalation=escalation,
            working_days=days,
            calendars=calendars,
            sources={plan.id: path for path, plan in loaded},
            positions=self.documents,
            findings=self.findings(),
        )

    def _has_errors(self, *paths: Path) -> bool:
        return any(has_errors(self.documents[path].findings) for path in paths)

    def _units(self) -> UnitsSpec | None:
        path = self.beside(UNITS)
        units = self.fitted(path, UnitsSpec)
        if units is not None:
            self.say(path, check_units(units))
        return units

    def _escalation(self) -> EscalationSpec | None:
        path = self.beside(ESCALATION)
        escalation = self.fitted(path, EscalationSpec)
        if escalation is not None:
            self.say(path, check_escalation(escalation))
        return escalation

    def _calendars(self) -> dict[str, NamedCalendar]:
        """The named calendars: the built-in ones and those of calendars.yaml, which win."""
        found = dict(BUILT_IN)
        path = self.beside(CALENDARS)
        spec = self.fitted(path, CalendarsSpec) if path.exists() else None
        for name, calendar in spec.calendars.items() if spec else ():
            try:
                found[name] = NamedCalendar.of(name, calendar.model_dump(exclude_none=True))
            except ValueError as error:
                self.say(path, [Remark(("calendars", name, "periods"), f"{error} (bad calendar)", "calendar")])
            if calendar.cutoff and not is_cutoff(calendar.cutoff):
                message = f"không đọc được “{calendar.cutoff}”; viết {ND_09_2019} hoặc 14/12 (bad setting)"
                self.say(path, [Remark(("calendars", name, "cutoff"), message, "setting")])
        return found

    def _working_days(self) -> WorkingDays:
        """The working days of holidays.yaml over the library."""
        path = self.beside(HOLIDAYS)
        spec = (self.fitted(path, HolidaysSpec) if path.exists() else None) or HolidaysSpec()
        off = {one.day: one.source for one in spec.days_off}
        worked = {one.day: one.source for one in spec.work_days if one.day not in off}
        names = {one.day: one.name for one in spec.days_off if one.name}
        for index, one in enumerate(spec.work_days):
            if one.day in off:
                message = f"ngày {one.day:%d/%m/%Y} vừa ghi nghỉ vừa ghi làm việc: bỏ một trong hai (both on and off)"
                self.say(path, [Remark(("work_days", index, "day"), message, "both-on-and-off")])
        return WorkingDays(off, worked, spec.decreed, names)

    def _check_names(self, loaded: list[tuple[Path, PlanSpec]]) -> None:
        """Two plans with one id; a file not named after its plan."""
        first: dict[str, Path] = {}
        for path, plan in loaded:
            earlier = first.setdefault(plan.id, path)
            if earlier is not path:
                other = self.documents[earlier].name
                message = f"id “{plan.id}” đã dùng trong {other}: mỗi kế hoạch một id (duplicate plan id)"
                self.say(path, [Remark(("id",), message, "duplicate-plan")])
            elif path.stem != plan.id:
                message = f"tên tệp nên là {plan.id}{path.suffix} cho khớp với id (file name)"
                self.say(path, [warning(("id",), message, "file-name")])
