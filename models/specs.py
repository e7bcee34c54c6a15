"""What an admin writes, as typed and closed shapes: a plan, the units, the ladders.

Every scalar arrives as the string that stands in the YAML file and is converted here, so `1.10`, `NO`, `0225` and
`08:00` are never mangled. An unknown key is an error. Nothing here reads a file: `config/plan_files.py` does, and maps
an error of these shapes to its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

# ------------------------------------------------------------------------------------------------- scalar types

_DATE_FORMS = (
    re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
)


def parse_date(value: object) -> date:
    """`07/02/2024` or `2024-02-07` to a date; anything else is a ValueError that says both forms."""
    if isinstance(value, date):
        return value
    text = str(value).strip()
    for form in _DATE_FORMS:
        if match := form.fullmatch(text):
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                raise ValueError(f"ngày “{text}” không có trong lịch") from None
    raise ValueError(f"“{text}” không phải là ngày; viết 07/02/2024 hoặc 2024-02-07")


Day = Annotated[date, BeforeValidator(parse_date)]


@dataclass(frozen=True)
class PartialDate:
    """A date of which the day, or the month and day, may be unknown (`2024-02-07`, `2024-01`, `2024`)."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def exact(self) -> date | None:
        """The date when all of it is known."""
        return date(self.year, self.month, self.day) if self.month and self.day else None

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"] + [f"{n:02d}" for n in (self.month, self.day) if n]
        return "-".join(parts)


def parse_partial_date(value: object) -> PartialDate:
    """`2024-02-07`, `07/02/2024`, `2024-01`, `01/2024` or `2024`."""
    if isinstance(value, PartialDate):
        return value
    text = str(value).strip()
    if match := re.fullmatch(r"(\d{4})", text):
        return PartialDate(int(match[1]))
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
        return _month_of(int(match[1]), int(match[2]), text)
    if match := re.fullmatch(r"(\d{1,2})/(\d{4})", text):
        return _month_of(int(match[2]), int(match[1]), text)
    whole = parse_date(text)
    return PartialDate(whole.year, whole.month, whole.day)


def _month_of(year: int, month: int, text: str) -> PartialDate:
    if not 1 <= month <= 12:
        raise ValueError(f"tháng {month} trong “{text}” không có trong lịch")
    return PartialDate(year, month)


PartialDay = Annotated[PartialDate, BeforeValidator(parse_partial_date)]


def parse_flag(value: object) -> bool:
    """`true`/`false` (also `có`/`không`); a ValueError for anything else."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"true", "có", "co", "yes"}:
        return True
    if text in {"false", "không", "khong", "no"}:
        return False
    raise ValueError(f"“{value}” không phải là có/không; viết true hoặc false")


Flag = Annotated[bool, BeforeValidator(parse_flag)]


def _as_list(value: object) -> object:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def listed(item: Any) -> Any:
    """A list of `item` that may be written as one bare value."""
    return Annotated[list[item], BeforeValidator(_as_list)]


class Spec(BaseModel):
    """A closed shape: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def nothing_is_absent(cls, data: Any) -> Any:
        """A key with nothing after it is as good as not written."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


# ------------------------------------------------------------------------------------------------- a plan


class DocumentRef(Spec):
    """A parent document or legal basis, as printed."""

    number: str
    date: Day | None = None
    by: str | None = None
    title: str | None = None
    note: str | None = None


class Validity(Spec):
    """The plan's own years: resolves a phrase without a year; `from` replaces an unknown issue date."""

    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None


class MilestoneSpec(Spec):
    """A named event that tasks wait for; `ask` is who is asked each month whether it has come."""

    text: str
    ask: str | None = None
    document: str | None = None
    date: Day | None = None


class Baseline(Spec):
    """The year a target compares with; a missing value is work to be done."""

    year: str | None = None
    value: str | None = None


class TargetSpec(Spec):
    """A numeric target of the plan or of a task; `soft` ("phấn đấu") is shown, never pressed."""

    text: str
    goal: str
    from_: Day | None = Field(default=None, alias="from")
    by: Day | None = None
    baseline: Baseline | None = None
    soft: Flag = False
    except_: str | None = Field(default=None, alias="except")
    note: str | None = None

    @field_validator("goal")
    @classmethod
    def goal_is_a_comparison(cls, value: str) -> str:
        if not re.fullmatch(r"(>=|<=|=|>|<)\s*\d+([.,]\d+)?\s*\S*.*", value.strip()):
            raise ValueError(f'chỉ tiêu “{value}” phải bắt đầu bằng =, >=, >, < hoặc <= rồi đến số, ví dụ ">= 10%"')
        return value.strip()


class Party(Spec):
    """One side of a task: a unit or group, its role as printed (`as`) and its own deliverable."""

    unit: str
    as_: str | None = Field(default=None, alias="as")
    deliverable: str | None = None


def _as_party(value: object) -> object:
    return {"unit": value} if isinstance(value, str) else value


Side = Annotated[Party, BeforeValidator(_as_party)]


class DoneAtStart(Spec):
    """Which units had done a task before tracking began, when, and by which document."""

    done: listed(str)  # type: ignore[valid-type]
    date: Day | None = None
    evidence: str | None = None


AtStart = Literal["unknown", "done", "open"] | DoneAtStart


class PartSpec(Spec):
    """A part of a composite task: an answer line of its own, never an assignment of its own."""

    title: str
    when: str | None = None
    waits_for: str | None = None
    deliverable: str | None = None


class ReportSpec(Spec):
    """Who reports, through whom, to whom, and on which days."""

    title: str | None = None
    when: str | None = None
    by: listed(str)  # type: ignore[valid-type]
    to: listed(str)  # type: ignore[valid-type]
    via: str | None = None
    opens: str | None = None
    cutoff: str | None = None
    collect_by: str | None = None
    due: str | None = None
    calendar: str | None = None
    feeds: listed(str) = []  # type: ignore[valid-type]
    together_with: listed(str) = []  # type: ignore[valid-type]
    read_as: str | None = None
    ladder: str | None = None
    tracker: str | None = None
    code: str | None = None
    note: str | None = None


Duty = Literal["lead", "cooperate", "request"]


class TaskNode(Spec):
    """A node of the task tree. With `tasks` it is a heading or an assignment line: it makes no work and hands down."""

    code: str | None = None
    id: str | None = None
    title: str
    lead: listed(Side) = []  # type: ignore[valid-type]
    cooperating: listed(Side) = []  # type: ignore[valid-type]
    tracker: str | None = None
    when: str | None = None
    starts: str | None = None
    due: str | None = None
    read_as: str | None = None
    deliverable: str | None = None
    duty: Duty | None = None
    asked_in: listed(str) = []  # type: ignore[valid-type]
    ladder: str | None = None
    waits_for: str | None = None
    at_start: AtStart | None = None
    parts: list[PartSpec] = []
    targets: list[TargetSpec] = []
    confidential: Flag | None = None
    note: str | None = None
    tasks: list[TaskNode] = []


class PlanSpec(Spec):
    """One plan as its admin wrote it."""

    id: str
    title: str
    number: str | None = None
    status: Literal["draft", "issued", "closed"] = "issued"
    issued_by: str
    issued_on: PartialDay | None = None
    valid: Validity = Validity()
    track_from: Day
    tracker: str
    leadership: str
    sender: str | None = None
    ladder: str | None = None
    before_is_strict: Flag = True
    confidential: Flag = False
    attachments: listed(str) = []  # type: ignore[valid-type]
    parents: list[DocumentRef] = []
    basis: list[DocumentRef] = []
    milestones: dict[str, MilestoneSpec] = {}
    targets: list[TargetSpec] = []
    reports: dict[str, ReportSpec] = {}
    tasks: list[TaskNode]
    note: str | None = None

    @field_validator("id")
    @classmethod
    def id_is_plain(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", value):
            raise ValueError(f"id “{value}” chỉ gồm chữ thường không dấu, chữ số và dấu gạch nối")
        return value

    @property
    def issued_from(self) -> date | None:
        """The first day on which anything may open: the issue date, or `valid.from` when it is not fully known."""
        exact = self.issued_on.exact if self.issued_on else None
        return exact or self.valid.from_


# ------------------------------------------------------------------------------------------------- tasks, flattened


@dataclass(frozen=True)
class Task:
    """A trackable task after inheritance: what a leaf of the tree says together with what it was handed down.

    `origin[key]` is the code (or title) of the node that said the value, when it was not the leaf itself.
    """

    id: str
    code: str
    title: str
    section: str
    lead: tuple[Party, ...]
    cooperating: tuple[Party, ...]
    tracker: str | None
    when: str | None
    starts: str | None
    due: str | None
    read_as: str | None
    deliverable: str | None
    duty: Duty
    asked_in: tuple[str, ...]
    ladder: str | None
    waits_for: str | None
    at_start: AtStart | None
    parts: tuple[PartSpec, ...]
    targets: tuple[TargetSpec, ...]
    confidential: bool
    note: str | None
    path: tuple[str | int, ...]
    origin: dict[str, str] = field(default_factory=dict)


HANDED_DOWN = ("lead", "cooperating", "tracker", "when", "due", "starts", "deliverable", "duty", "asked_in", "ladder",
               "read_as", "waits_for", "at_start", "confidential")  # fmt: skip


def task_id(code: str) -> str:
    """Our id from a printed code: `III.2(8)` -> `iii-2-8`, `1.đ` -> `1-dd`."""
    return re.sub(r"[^a-z0-9]+", "-", code.lower().replace("đ", "dd")).strip("-")


@dataclass(frozen=True)
class _Handed:
    values: dict[str, Any]
    origin: dict[str, str]
    section: str


def flatten(plan: PlanSpec) -> list[Task]:
    """The trackable tasks of a plan in printed order; a child's own value wins over what it is handed down."""
    return list(_leaves(plan.tasks, _Handed({}, {}, ""), ("tasks",), plan.confidential))


def _leaves(nodes: list[TaskNode], handed: _Handed, path: tuple[str | int, ...], secret: bool) -> Iterator[Task]:
    for index, node in enumerate(nodes):
        here = (*path, index)
        own = {key: getattr(node, key) for key in HANDED_DOWN if getattr(node, key) not in (None, [])}
        name = f"mục {node.code}" if node.code else node.title
        if node.tasks:
            section = (node.code and f"{node.code}. {node.title}") or handed.section
            down = _Handed(handed.values | own, handed.origin | dict.fromkeys(own, name), section or node.title)
            yield from _leaves(node.tasks, replace(down), (*here, "tasks"), secret)
            continue
        values = handed.values | own
        yield Task(
            id=node.id or task_id(node.code or node.title),
            code=node.code or "",
            title=node.title,
            section=handed.section,
            lead=tuple(values.get("lead", ())),
            cooperating=tuple(values.get("cooperating", ())),
            tracker=values.get("tracker"),
            when=values.get("when"),
            starts=values.get("starts"),
            due=values.get("due"),
            read_as=values.get("read_as"),
            deliverable=values.get("deliverable"),
            duty=values.get("duty", "lead"),
            asked_in=tuple(values.get("asked_in", ())),
            ladder=values.get("ladder"),
            waits_for=values.get("waits_for"),
            at_start=values.get("at_start"),
            parts=tuple(node.parts),
            targets=tuple(node.targets),
            confidential=secret if values.get("confidential") is None else bool(values["confidential"]),
            note=node.note,
            path=here,
            origin={key: source for key, source in handed.origin.items() if key not in own},
        )


# ------------------------------------------------------------------------------------------------- units


class Successor(Spec):
    """Who took over from an ended unit (Resolution 190/2025/QH15)."""

    unit: str
    kind: Literal["rename", "merge", "split", "abolish"]
    note: str | None = None


class Contact(Spec):
    """How one role of a unit is reached."""

    email: str | None = None
    zalo: str | None = None
    phone: str | None = None

    @field_validator("email")
    @classmethod
    def email_is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+", value):
            raise ValueError(f"“{value}” không phải là một địa chỉ thư điện tử")
        return value


ContactRole = Literal["van_thu", "dau_moi", "thu_truong"]


class UnitSpec(Spec):
    """An organisation, a department or a school, with the days between which it existed."""

    name: str
    short: str | None = None
    kind: str
    parent: str | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    ended_by: str | None = None
    successors: list[Successor] = []
    system: Literal["state", "party", "front"] = "state"
    sample: Flag = False
    contacts: dict[ContactRole, Contact] = {}
    note: str | None = None


class GroupRule(Spec):
    """Members by rule: every unit below `under` of one of the kinds, save the exceptions."""

    under: str
    kind: listed(str) = []  # type: ignore[valid-type]
    except_: listed(str) = Field(default=[], alias="except")  # type: ignore[valid-type]


class GroupSpec(Spec):
    """Units that stand together in a plan; `open` is printed only, `complete: false` is partly known."""

    name: str
    short: str | None = None
    members: listed(str) = []  # type: ignore[valid-type]
    rule: GroupRule | None = None
    open: Flag = False
    complete: Flag = True
    sample: Flag = False
    note: str | None = None


class UnitsSpec(Spec):
    """units.yaml: one id space for units and groups."""

    units: dict[str, UnitSpec]
    groups: dict[str, GroupSpec] = {}

    def members_of(self, reference: str) -> list[str]:
        """Unit ids a reference stands for: the unit itself, or a group's members in order; none if open or unknown."""
        return list(self._members(reference, frozenset()))

    def _members(self, reference: str, above: frozenset[str]) -> dict[str, None]:
        """Members in order; a group inside itself, which `check` refuses, adds nothing."""
        if reference in self.units:
            return {reference: None}
        group = self.groups.get(reference)
        if group is None or group.open or reference in above:
            return {}
        found: dict[str, None] = {}
        for member in group.members:
            found |= self._members(member, above | {reference})
        if group.rule:
            found |= dict.fromkeys(self._by_rule(group.rule))
        return found

    def _by_rule(self, rule: GroupRule) -> Iterator[str]:
        for unit_id, unit in self.units.items():
            if unit_id in rule.except_ or unit_id == rule.under or (rule.kind and unit.kind not in rule.kind):
                continue
            if rule.under in self.ancestors(unit_id):
                yield unit_id

    def ancestors(self, unit_id: str) -> list[str]:
        """The units above, nearest first."""
        above: list[str] = []
        parent = self.units[unit_id].parent
        while parent and parent not in above:
            above.append(parent)
            parent = self.units[parent].parent if parent in self.units else None
        return above


# ------------------------------------------------------------------------------------------------- ladders


class Approve(Spec):
    """A step that a coordinator releases; after `within` working days it is sent or stays held."""

    by: Literal["coordinator"] = "coordinator"
    within: int = Field(ge=0)
    else_: Literal["send", "hold"] = Field(alias="else")


StepRole = Literal["lead", "head", "tracker", "tracker_head", "leadership", "consolidator"]


class StepSpec(Spec):
    """One rung: when it is due, to whom, in which words."""

    key: str
    at: Literal["open", "close", "reporters_due", "waiting"] | None = None
    plus: int = 0
    before: int | None = None
    after: int | None = None
    every: int | None = None
    times: int = 1
    to: listed(StepRole)  # type: ignore[valid-type]
    each: Literal["unit", "list"] = "unit"
    wording: str
    approve: Approve | None = None
    draft: str | None = None

    @model_validator(mode="after")
    def one_moment(self) -> StepSpec:
        if sum(moment is not None for moment in (self.at, self.before, self.after)) != 1:
            raise ValueError(f"bậc “{self.key}” phải có đúng một trong ba khoá at, before, after")
        return self


class SendingSpec(Spec):
    """When letters leave and how many."""

    at: str = "08:00"
    working_days_only: Flag = True
    quiet: listed(str) = []  # type: ignore[valid-type]
    one_letter: str = "recipient+channel+sender+day"
    pull_forward: int = 3
    weekly_cap: int = 2
    min_lead: int = 5

    @property
    def hour(self) -> time:
        """The hour at which letters leave, Asia/Ho_Chi_Minh."""
        hours, minutes = self.at.split(":")
        return time(int(hours), int(minutes))


class Choice(Spec):
    """A rule that picks a ladder; without `when` it is the default."""

    when: dict[str, str] = {}
    ladder: str


class EscalationSpec(Spec):
    """escalation.yaml."""

    sending: SendingSpec = SendingSpec()
    ladders: dict[str, list[StepSpec]]
    substitution: dict[str, listed(str)] = {}  # type: ignore[valid-type]
    choose: list[Choice]


# ------------------------------------------------------------------------------------------------- days off


class SpecialDay(Spec):
    """A day whose being worked or not was decided, and by which document."""

    day: Day
    name: str | None = None
    source: str


class HolidaysSpec(Spec):
    """holidays.yaml: what overrides the `holidays` library."""

    days_off: list[SpecialDay] = []
    work_days: list[SpecialDay] = []
    decreed: listed(int) = []  # type: ignore[valid-type]
