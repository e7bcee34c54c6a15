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


FIRST_YEAR, LAST_YEAR = 1900, 2140


class UnknownYearError(ValueError):
    """A year that no plan means."""


def _known_year(text: str) -> int:
    if not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise UnknownYearError(f"năm {text} ngoài khoảng {FIRST_YEAR}-{LAST_YEAR}")
    return int(text)


def parse_date(value: object) -> date:
    """`07/02/2024` or `2024-02-07` to a date; anything else is a ValueError that says both forms."""
    if isinstance(value, date):
        return value
    text = str(value).strip()
    for form in _DATE_FORMS:
        if match := form.fullmatch(text):
            try:
                return date(_known_year(match["y"]), int(match["m"]), int(match["d"]))
            except UnknownYearError:
                raise
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
        return PartialDate(_known_year(match[1]))
    if match := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
        return _month_of(_known_year(match[1]), int(match[2]), text)
    if match := re.fullmatch(r"(\d{1,2})/(\d{4})", text):
        return _month_of(_known_year(match[2]), int(match[1]), text)
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


@dataclass(frozen=True)
class Bare:
    """JSON Schema of a value with a short form: a list as its one item, a party as its unit's id."""

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        whole = handler(core)
        return {"anyOf": [whole, whole.get("items", {"type": "string"})]}


def listed(item: Any) -> Any:
    """A list of `item` that may be written as one bare value."""
    return Annotated[list[item], BeforeValidator(_as_list), Bare()]


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

    number: str = Field(description="số, ký hiệu như in")
    date: Day | None = Field(default=None, description="ngày ban hành")
    by: str | None = Field(default=None, description="cơ quan ban hành: id hoặc tên")
    title: str | None = Field(default=None, description="trích yếu")
    note: str | None = Field(default=None, description="ghi chú")


class Validity(Spec):
    """The plan's own years: resolves a phrase without a year; `from` replaces an unknown issue date."""

    from_: Day | None = Field(
        default=None, alias="from", description="ngày đầu của kế hoạch; thay ngày ban hành khi chưa biết"
    )
    to: Day | None = Field(default=None, description="ngày cuối của kế hoạch")


class MilestoneSpec(Spec):
    """A named event that tasks wait for; `ask` is who is asked each month whether it has come."""

    text: str = Field(description="sự kiện hoặc văn bản đang chờ, như in")
    ask: str | None = Field(default=None, description="đơn vị được hỏi hằng tháng “đã có chưa?”")
    document: str | None = Field(default=None, description="số văn bản khi đã có")
    date: Day | None = Field(default=None, description="ngày có văn bản")


class Baseline(Spec):
    """The year a target compares with; a missing value is work to be done."""

    year: str | None = Field(default=None, description="năm gốc để so sánh")
    value: str | None = Field(default=None, description="số liệu gốc; trống là việc phải bổ sung")


class TargetSpec(Spec):
    """A numeric target of the plan or of a task; `soft` ("phấn đấu") is shown, never pressed."""

    text: str = Field(description="chỉ tiêu như in")
    goal: str = Field(description='phép so sánh và số, ví dụ ">= 10%" (trong ngoặc kép)')
    from_: Day | None = Field(default=None, alias="from", description="tính từ ngày")
    by: Day | None = Field(default=None, description="hạn của chỉ tiêu, tách khỏi hạn nhiệm vụ")
    baseline: Baseline | None = Field(default=None, description="năm gốc và số liệu gốc")
    soft: Flag = Field(default=False, description="true: “phấn đấu”, thiếu thì hiện, không đôn đốc")
    except_: str | None = Field(default=None, alias="except", description="phần được trừ ra")
    note: str | None = Field(default=None, description="ghi chú")

    @field_validator("goal")
    @classmethod
    def goal_is_a_comparison(cls, value: str) -> str:
        if not re.fullmatch(r"(>=|<=|=|>|<)\s*\d+([.,]\d+)?\s*\S*.*", value.strip()):
            raise ValueError(f'chỉ tiêu “{value}” phải bắt đầu bằng =, >=, >, < hoặc <= rồi đến số, ví dụ ">= 10%"')
        return value.strip()


class Party(Spec):
    """One side of a task: a unit or group, its role as printed (`as`) and its own deliverable."""

    unit: str = Field(description="id đơn vị hoặc nhóm")
    as_: str | None = Field(default=None, alias="as", description="vai như in (tham mưu, triển khai thực hiện…)")
    deliverable: str | None = Field(default=None, description="sản phẩm riêng của bên này")


def _as_party(value: object) -> object:
    return {"unit": value} if isinstance(value, str) else value


Side = Annotated[Party, BeforeValidator(_as_party), Bare()]


class DoneAtStart(Spec):
    """Which units had done a task before tracking began, when, and by which document."""

    done: listed(str) = Field(description="các đơn vị đã xong trước khi theo dõi")  # type: ignore[valid-type]
    date: Day | None = Field(default=None, description="ngày xong")
    evidence: str | None = Field(default=None, description="văn bản chứng minh")


AtStart = Literal["unknown", "done", "open"] | DoneAtStart


class PartSpec(Spec):
    """A part of a composite task: an answer line of its own, never an assignment of its own."""

    title: str = Field(description="phần việc")
    when: str | None = Field(default=None, description="thời gian như in")
    waits_for: str | None = Field(default=None, description="mốc sự kiện phải chờ")
    deliverable: str | None = Field(default=None, description="sản phẩm")


class ReportSpec(Spec):
    """Who reports, through whom, to whom, and on which days."""

    title: str | None = Field(default=None, description="tên báo cáo")
    when: str | None = Field(default=None, description="thời hạn như in")
    by: listed(str) = Field(  # type: ignore[valid-type]
        description="ai nộp: đơn vị, nhóm, danh sách, hoặc leads (mọi đơn vị chủ trì)"
    )
    to: listed(str) = Field(description="nộp cho ai")  # type: ignore[valid-type]
    via: str | None = Field(default=None, description="qua ai")
    opens: str | None = Field(
        default=None, description="mở trước hạn bao lâu, ví dụ 30 days before; mặc định 20 ngày làm việc"
    )
    cutoff: str | None = Field(default=None, description="ngày chốt số liệu: 14/12 hoặc nd-09-2019")
    collect_by: str | None = Field(default=None, description="hạn nội bộ: chỉ để nhắc, tính trễ theo hạn in")
    due: str | None = Field(
        default=None, description="hạn do người quản trị đặt: 10/12, 10/12/2026 hoặc 5 working days before <báo cáo>"
    )
    calendar: str | None = Field(default=None, description="lịch đặt tên trong calendars.yaml")
    feeds: listed(str) = Field(  # type: ignore[valid-type]
        default=[], description="báo cáo nào tổng hợp từ báo cáo này"
    )
    together_with: listed(str) = Field(  # type: ignore[valid-type]
        default=[], description="báo cáo nộp chung một lần, một thư, theo ngày sớm hơn"
    )
    read_as: str | None = Field(default=None, description="cách đọc thời hạn khi có nhiều cách")
    ladder: str | None = Field(default=None, description="bậc thang đôn đốc trong escalation.yaml")
    tracker: str | None = Field(default=None, description="đơn vị theo dõi riêng")
    code: str | None = Field(default=None, description="số mục như in")
    note: str | None = Field(default=None, description="ghi chú")


Duty = Literal["lead", "cooperate", "request"]


class TaskNode(Spec):
    """A node of the task tree. With `tasks` it is a heading or an assignment line: it makes no work and hands down."""

    code: str | None = Field(default=None, description="số như in; nên đặt trong ngoặc kép")
    id: str | None = Field(default=None, description="id của ta; bắt buộc khi số in trùng")
    title: str = Field(description="tên nhiệm vụ")
    lead: listed(Side) = Field(  # type: ignore[valid-type]
        default=[], description="đơn vị chủ trì: id, danh sách, hoặc {unit, as, deliverable}"
    )
    cooperating: listed(Side) = Field(default=[], description="đơn vị phối hợp: chỉ in ra")  # type: ignore[valid-type]
    tracker: str | None = Field(default=None, description="đơn vị theo dõi riêng")
    when: str | None = Field(default=None, description="thời gian như in")
    starts: str | None = Field(default=None, description="ngày bắt đầu, ghi đè")
    due: str | None = Field(default=None, description="hạn do người quản trị đặt; với waits_for: 10 working days after")
    read_as: str | None = Field(
        default=None,
        description="cách đọc thời gian khi có nhiều cách: continuous, continuous_yearly, yearly, window, each",
    )
    deliverable: str | None = Field(default=None, description="sản phẩm")
    duty: Duty | None = Field(
        default=None,
        description="lead: chủ trì; cooperate: chỉ phối hợp, hỏi mà không đôn đốc; request: đề nghị, không gửi máy",
    )
    asked_in: listed(str) = Field(  # type: ignore[valid-type]
        default=[], description="hỏi trong báo cáo nào; mặc định các báo cáo đơn vị chủ trì phải nộp"
    )
    ladder: str | None = Field(default=None, description="bậc thang đôn đốc")
    waits_for: str | None = Field(default=None, description="mốc sự kiện phải chờ")
    at_start: AtStart | None = Field(
        default=None,
        description="tình trạng khi hạn trước ngày theo dõi: unknown, done, open hoặc {done: [đơn vị], date, evidence}",
    )
    parts: list[PartSpec] = Field(default=[], description="phần việc: dòng trả lời, không phải nhiệm vụ riêng")
    targets: list[TargetSpec] = Field(default=[], description="chỉ tiêu của nhiệm vụ")
    confidential: Flag | None = Field(default=None, description="mật: không nêu tên trong thư")
    note: str | None = Field(default=None, description="ghi chú")
    tasks: list[TaskNode] = Field(
        default=[], description="nhiệm vụ con; nút có tasks không sinh việc, chỉ truyền khoá xuống"
    )


class PlanSpec(Spec):
    """One plan as its admin wrote it."""

    id: str = Field(description="id của kế hoạch, trùng tên tệp")
    title: str = Field(description="tên kế hoạch")
    number: str | None = Field(default=None, description="số, ký hiệu như in; trống thì bỏ")
    status: Literal["draft", "issued", "closed"] = Field(
        default="issued", description="draft: chỉ xem; issued: chạy; closed: chỉ tra cứu"
    )
    issued_by: str = Field(description="cơ quan ban hành")
    issued_on: PartialDay | None = Field(default=None, description="ngày ban hành: 18/01/2024, 2024-01 hoặc 2024")
    valid: Validity = Field(default=Validity(), description="thời gian của kế hoạch: giải “trong năm”, “Tháng 1,2”")
    track_from: Day = Field(description="ngày bắt đầu theo dõi; trước ngày này không gửi gì")
    tracker: str = Field(description="đơn vị theo dõi, đôn đốc")
    leadership: str = Field(description="lãnh đạo, chỉ nhận ở bậc của mình")
    sender: str | None = Field(default=None, description="thư đứng tên ai; mặc định là đơn vị theo dõi")
    ladder: str | None = Field(default=None, description="bậc thang chung; trống là chọn theo quan hệ")
    before_is_strict: Flag = Field(default=True, description="“trước ngày 15/12” là 14/12; false thì là 15/12")
    confidential: Flag = Field(default=False, description="kế hoạch mật")
    attachments: listed(str) = Field(  # type: ignore[valid-type]
        default=[], description="đề cương, mẫu biểu kèm thư giao việc"
    )
    parents: list[DocumentRef] = Field(default=[], description="văn bản cấp trên mà kế hoạch thực hiện")
    basis: list[DocumentRef] = Field(default=[], description="căn cứ pháp lý")
    milestones: dict[str, MilestoneSpec] = Field(default={}, description="sự kiện có tên mà nhiệm vụ chờ")
    targets: list[TargetSpec] = Field(default=[], description="chỉ tiêu cấp kế hoạch")
    reports: dict[str, ReportSpec] = Field(default={}, description="các báo cáo định kỳ: ai nộp, qua ai, cho ai")
    tasks: list[TaskNode] = Field(description="cây nhiệm vụ")
    note: str | None = Field(default=None, description="ghi chú")

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

    unit: str = Field(description="id đơn vị hoặc nhóm kế thừa")
    kind: Literal["rename", "merge", "split", "abolish"] = Field(
        description="rename: đổi tên; merge: nhập; split: chia; abolish: giải thể"
    )
    note: str | None = Field(default=None, description="ghi chú")


class Contact(Spec):
    """How one role of a unit is reached."""

    email: str | None = Field(default=None, description="hộp thư công vụ")
    zalo: str | None = Field(default=None, description="Zalo")
    phone: str | None = Field(default=None, description="điện thoại")

    @field_validator("email")
    @classmethod
    def email_is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+", value):
            raise ValueError(f"“{value}” không phải là một địa chỉ thư điện tử")
        return value


ContactRole = Literal["van_thu", "dau_moi", "thu_truong"]


class UnitSpec(Spec):
    """An organisation, a department or a school, with the days between which it existed."""

    name: str = Field(description="tên đầy đủ")
    short: str | None = Field(default=None, description="tên gọn trong thư và bảng")
    kind: str = Field(description="loại: so, phong, truong, ubnd-huyen…")
    parent: str | None = Field(default=None, description="đơn vị cấp trên trực tiếp")
    valid_from: Day | None = Field(default=None, description="ngày bắt đầu hoạt động")
    valid_to: Day | None = Field(default=None, description="ngày cuối còn hoạt động; sau đó không gửi")
    ended_by: str | None = Field(default=None, description="văn bản kết thúc hoạt động")
    successors: list[Successor] = Field(default=[], description="nơi kế thừa nhiệm vụ")
    system: Literal["state", "party", "front"] = Field(
        default="state", description="state: chính quyền; party: Đảng; front: Mặt trận, đoàn thể"
    )
    sample: Flag = Field(default=False, description="đơn vị mẫu: thư chỉ tới hộp thư trên máy")
    contacts: dict[ContactRole, Contact] = Field(
        default={}, description="địa chỉ theo vai: van_thu, dau_moi, thu_truong"
    )
    note: str | None = Field(default=None, description="ghi chú")


class GroupRule(Spec):
    """Members by rule: every unit below `under` of one of the kinds, save the exceptions."""

    under: str = Field(description="mọi đơn vị dưới đơn vị này")
    kind: listed(str) = Field(default=[], description="chỉ các loại này")  # type: ignore[valid-type]
    except_: listed(str) = Field(  # type: ignore[valid-type]
        default=[], alias="except", description="trừ các đơn vị này"
    )


class GroupSpec(Spec):
    """Units that stand together in a plan; `open` is printed only, `complete: false` is partly known."""

    name: str = Field(description="tên nhóm như in")
    short: str | None = Field(default=None, description="tên gọn")
    members: listed(str) = Field(default=[], description="đơn vị hoặc nhóm thành viên")  # type: ignore[valid-type]
    rule: GroupRule | None = Field(default=None, description="thành viên theo quy tắc")
    open: Flag = Field(default=False, description="nhóm mở: chỉ in ra, không giao, không gửi")
    complete: Flag = Field(default=True, description="false: mới biết một phần thành viên")
    sample: Flag = Field(default=False, description="nhóm mẫu")
    note: str | None = Field(default=None, description="ghi chú")


class UnitsSpec(Spec):
    """units.yaml: one id space for units and groups."""

    units: dict[str, UnitSpec] = Field(description="đơn vị theo id")
    groups: dict[str, GroupSpec] = Field(default={}, description="nhóm theo id; chung danh sách id với đơn vị")

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

    by: Literal["coordinator"] = Field(default="coordinator", description="ai duyệt")
    within: int = Field(ge=0, description="số ngày làm việc chờ duyệt")
    else_: Literal["send", "hold"] = Field(
        alias="else", description="quá hạn duyệt: send (vẫn gửi) hoặc hold (giữ lại)"
    )


StepRole = Literal["lead", "head", "tracker", "tracker_head", "leadership", "consolidator"]


class StepSpec(Spec):
    """One rung: when it is due, to whom, in which words."""

    key: str = Field(description="tên bậc")
    at: Literal["open", "close", "reporters_due", "waiting"] | None = Field(
        default=None,
        description="open: mở kỳ; close: chốt kỳ; reporters_due: hạn của các nơi nộp; waiting: đang chờ sự kiện",
    )
    plus: int = Field(default=0, description="cộng thêm số ngày làm việc")
    before: int | None = Field(default=None, description="số ngày làm việc trước ngày nhắc")
    after: int | None = Field(default=None, description="số ngày làm việc sau ngày cuối còn đúng hạn")
    every: int | None = Field(default=None, description="lặp lại sau số ngày làm việc")
    times: int = Field(default=1, description="số lần lặp")
    to: listed(StepRole) = Field(  # type: ignore[valid-type]
        description="lead, head, tracker, tracker_head, leadership, consolidator"
    )
    each: Literal["unit", "list"] = Field(default="unit", description="unit: mỗi đơn vị một thư; list: một thư liệt kê")
    wording: str = Field(description="mẫu lời thư")
    approve: Approve | None = Field(default=None, description="phải có người duyệt trước khi gửi")
    draft: str | None = Field(default=None, description="mẫu văn bản dự thảo kèm theo")

    @model_validator(mode="after")
    def one_moment(self) -> StepSpec:
        if sum(moment is not None for moment in (self.at, self.before, self.after)) != 1:
            raise ValueError(f"bậc “{self.key}” phải có đúng một trong ba khoá at, before, after")
        return self


class SendingSpec(Spec):
    """When letters leave and how many."""

    at: str = Field(default="08:00", description='giờ gửi, trong ngoặc kép: "08:00"')
    working_days_only: Flag = Field(default=True, description="chỉ gửi ngày làm việc")
    quiet: listed(str) = Field(default=[], description="ngày không gửi: 20/11, quanh Tết")  # type: ignore[valid-type]
    one_letter: str = Field(default="recipient+channel+sender+day", description="gộp thư theo")
    pull_forward: int = Field(default=3, description="nhắc rơi trong n ngày làm việc tới thì gộp vào thư hôm nay")
    weekly_cap: int = Field(default=2, description="số thư nhắc tối đa một người một tuần")
    min_lead: int = Field(default=5, description="kỳ mở cách hạn ít hơn n ngày làm việc: một thư duy nhất")
    receipts: Flag = Field(default=True, description="gửi biên nhận cho văn thư và thủ trưởng đơn vị khi nhận báo cáo")
    accept_after: int | None = Field(
        default=None, ge=0, description="tự xác nhận báo cáo sau n ngày làm việc; trống là không bao giờ"
    )

    @property
    def hour(self) -> time:
        """The hour at which letters leave, Asia/Ho_Chi_Minh."""
        hours, minutes = self.at.split(":")
        return time(int(hours), int(minutes))


class Choice(Spec):
    """A rule that picks a ladder; without `when` it is the default."""

    when: dict[str, str] = Field(
        default={}, description="điều kiện: duty, relation, feeds_from_others, kind; không có là mặc định"
    )
    ladder: str = Field(description="bậc thang được chọn")


class EscalationSpec(Spec):
    """escalation.yaml."""

    sending: SendingSpec = Field(default=SendingSpec(), description="giờ gửi và số thư")
    ladders: dict[str, list[StepSpec]] = Field(description="các bậc thang theo tên")
    substitution: dict[str, listed(str)] = Field(default={}, description="ai nhận thay")  # type: ignore[valid-type]
    choose: list[Choice] = Field(description="chọn bậc thang: dòng đầu tiên khớp")


# ------------------------------------------------------------------------------------------------- days off


class SpecialDay(Spec):
    """A day whose being worked or not was decided, and by which document."""

    day: Day = Field(description="ngày")
    name: str | None = Field(default=None, description="tên ngày nghỉ")
    source: str = Field(description="văn bản quyết định")


class HolidaysSpec(Spec):
    """holidays.yaml: what overrides the `holidays` library."""

    days_off: list[SpecialDay] = Field(default=[], description="ngày nghỉ thêm so với thư viện")
    work_days: list[SpecialDay] = Field(default=[], description="ngày nghỉ theo thư viện nhưng phải làm bù")
    decreed: listed(int) = Field(  # type: ignore[valid-type]
        default=[], description="các năm đã có thông báo lịch nghỉ chính thức"
    )


# ------------------------------------------------------------------------------------------------- named calendars


class CalendarPeriod(Spec):
    """One period of a named calendar and its due day."""

    period: str = Field(description="kỳ: month, quarter, half, year, 9M, Q1…Q4, H1, H2")
    due: str = Field(description="hạn: 20/3, hoặc 20 (ngày của tháng cuối kỳ), hoặc last (ngày cuối)")


class NamedCalendarSpec(Spec):
    """A reporting calendar that plans name: periods without printed dates, dated by convention or decree."""

    title: str | None = Field(default=None, description="tên lịch báo cáo")
    source: str | None = Field(default=None, description="văn bản hoặc quy ước")
    cutoff: str | None = Field(default=None, description="chốt số liệu: nd-09-2019 hoặc 14/12")
    convention: Flag = Field(default=True, description="true: ngày theo quy ước, không có trong văn bản")
    periods: list[CalendarPeriod] = Field(description="các kỳ và hạn")


class CalendarsSpec(Spec):
    """calendars.yaml."""

    calendars: dict[str, NamedCalendarSpec] = Field(default={}, description="lịch báo cáo theo tên")
