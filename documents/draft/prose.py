"""The body of a plan as a tree of numbered paragraphs, and the three shapes of assignment found in prose:

labelled paragraphs (“Cơ quan thực hiện: …”), a line that governs the items above it (“* Phòng A chủ trì, …”), and
a heading that is a unit with its duties below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from calendars.phrases import Context

from .blocks import Line, Place
from .numbering import Mark, split_mark
from .parties import Assigned, assigned, unit_list
from .register import Found, Register
from .times import Timed, find_times
from .words import fold

_LABELS = (
    ("lead", r"(?:cơ quan|đơn vị|phòng|bộ phận|cơ quan,? đơn vị|cá nhân|tổ chức)\s+(?:chủ trì|đầu mối|"
    r"phụ trách)(?:\s+(?:thực hiện|tham mưu))?|chủ trì(?:\s+thực hiện)?|phân công(?: thực hiện| chủ trì)?|"
    r"đầu mối(?: thực hiện)?|phụ trách|giao nhiệm vụ cho"),
    ("does", r"(?:cơ quan|đơn vị|bộ phận|cơ quan,? đơn vị|tổ chức,? cá nhân|tổ chức|đối tượng|cấp|"
    r"nơi)\s+(?:thực hiện|triển khai|chịu trách nhiệm)(?:\s+thực hiện)?|trách nhiệm(?: thực hiện)?|"
    r"tổ chức thực hiện|người thực hiện|thực hiện"),
    ("cooperating", r"(?:(?:cơ quan|đơn vị|phòng|bộ phận|cơ quan,? đơn vị)\s+)?phối hợp(?:\s+thực hiện)?"),
    ("when", r"(?:thời gian|thời hạn|tiến độ|lộ trình|hạn|thời điểm|mốc thời gian)(?:\s+(?:thực hiện|hoàn thành|"
    r"triển khai|báo cáo|trình|ban hành|dự kiến))*|hoàn thành"),
    ("deliverable", r"(?:sản phẩm|kết quả|đầu ra|kết quả/sản phẩm|sản phẩm/kết quả|"
    r"kết quả,? sản phẩm)(?:\s+(?:đầu ra|dự kiến|hoàn thành|cần đạt|đạt được|thực hiện|yêu cầu))*"),
    ("title", r"nội dung(?:\s+(?:thực hiện|nhiệm vụ|công việc))?|nhiệm vụ"),
)  # fmt: skip
_LABEL = re.compile(
    r"(?:^|(?<=[.;(\[\n])\s*|(?<=[.;(])|(?<=\s-)\s*)(?:[-–+*•]\s*)?(?:"
    + "|".join(f"(?P<{kind}>{form})" for kind, form in _LABELS)
    + r")\s*:\s*",
    re.IGNORECASE,
)
_PURPOSE = (
    "muc dich",
    "yeu cau",
    "quan diem",
    "su can thiet",
    "danh gia tinh hinh",
    "ket qua dat duoc",
    "ton tai",
    "thuc trang",
    "co so phap ly",
    "can cu",
)
_TARGETS = ("chi tieu", "cac chi tieu", "muc tieu", "cac muc tieu")
_ORGANISING = ("to chuc thuc hien", "phan cong", "trach nhiem", "to chuc trien khai")
_FUNDING = ("kinh phi", "nguon luc", "du toan")
_DUTY_TAIL = re.compile(r"\s*(?:có trách nhiệm|chịu trách nhiệm|có nhiệm vụ|thực hiện|:)?\s*[:.]?\s*$", re.IGNORECASE)
_ASKING = re.compile(r"^(?:đề nghị|giao|yêu cầu|trách nhiệm của)\s+", re.IGNORECASE)
_LINE_VERBS = re.compile(
    r"^(?:chủ trì|phối hợp|triển khai|thực hiện|tham mưu|chịu trách nhiệm|có trách nhiệm|làm đầu mối|phụ trách|"
    r"hướng dẫn|là)",
    re.IGNORECASE,
)
_LONGEST_LINE = 450
CLOSING = re.compile(r"(?:Trên đây là|Trong quá trình (?:triển khai|tổ chức|thực hiện)|Nhận được)")
_RECIPIENTS = re.compile(r"nơi nhận|noi nh[aâ]n", re.IGNORECASE)
_APPENDIX = re.compile(r"(?:\W*)(?:phụ lục|phu luc|biểu(?: số| mẫu)?|danh mục|bảng phân công)\b", re.IGNORECASE)


@dataclass
class Node:
    """A paragraph in its place in the tree. `number` is its code as the plan's codes are built: III.2(1)."""

    mark: Mark
    text: str
    place: Place
    heading: int
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    number: str = ""

    @property
    def path(self) -> list[Node]:
        """The nodes above, nearest first."""
        found = []
        node = self.parent
        while node is not None and node.parent is not None:
            found.append(node)
            node = node.parent
        return found

    @property
    def section(self) -> str:
        """purpose, targets, organising, funding or tasks: what the headings above say."""
        for node in [self, *self.path]:
            if len(node.text) > 200 or not (node.children or node.text.isupper()):
                continue
            title = fold(node.text)
            for kind, words in (
                ("organising", _ORGANISING),
                ("purpose", _PURPOSE),
                ("targets", _TARGETS),
                ("funding", _FUNDING),
            ):
                hit = (
                    any(word in title for word in words)
                    if kind == "organising"
                    else title.startswith(words) and len(title) < 90
                )
                if hit and not re.search(r"nhiem vu|giai phap", title):
                    return kind
        return "tasks"


@dataclass
class Body:
    """A document cut up: the lines before the first section, the tree, what stands after “Nơi nhận”."""

    head: list[Line]
    root: Node
    tail: list[Line]
    notes: list[Line]  # footnotes


def cut(lines: list[Line]) -> Body:
    """Cut the lines of a document and build the tree."""
    start = next((i for i, line in enumerate(lines) if _is_section(line)), None)
    if start is None:
        title = next(
            (
                i
                for i, line in enumerate(lines)
                if line.text.strip().isupper() and len(line.text) < 40 and "KẾ HOẠCH" in line.text
            ),
            0,
        )
        start = next((i for i, line in enumerate(lines) if i > title and split_mark(line.text)[0].kind), len(lines))
    head = lines[:start]
    body: list[Line] = []
    tail: list[Line] = []
    notes: list[Line] = []
    closing = False
    for line in lines[start:]:
        if re.match(r"[¹²³⁴⁵⁶⁷⁸⁹]", line.text):
            notes.append(line)
            continue
        if _RECIPIENTS.match(line.text) and len(line.text) < 60:
            closing = True
        elif closing and _APPENDIX.match(line.text):
            closing = False
        (tail if closing else body).append(line)
    return Body(head, _tree(body), tail, notes)


def _is_section(line: Line) -> bool:
    mark, rest = split_mark(line.text)
    if mark.kind in {"roman", "part"} and rest and (rest.isupper() or len(rest) < 160):
        return mark.number in {"I", "A"} or rest.isupper()
    return (
        mark.kind in {"number", ""} and bool(re.match(r"(?:1\.?\s*)?MỤC (?:ĐÍCH|TIÊU)", rest))
    ) or line.text.startswith("|. ")


def _tree(lines: list[Line]) -> Node:
    root = Node(Mark("", ""), "", Place(), 0)
    stack: list[tuple[float, Node]] = [(-1, root)]
    for line in lines:
        mark, text = split_mark(line.text)
        if not text:
            continue
        rank = _rank(mark, text, line)
        while len(stack) > 1 and stack[-1][0] >= rank:
            stack.pop()
        node = Node(mark, text, line.place, line.heading, stack[-1][1])
        stack[-1][1].children.append(node)
        node.number = _code(node)
        stack.append((rank, node))
    return root


def _rank(mark: Mark, text: str, line: Line) -> float:
    if mark.kind == "star":
        return 6
    if mark.kind:
        return mark.rank + (0.5 if mark.kind == "paren" and mark.number.isdigit() else 0)
    if CLOSING.match(text):
        return 1.5
    if text.isupper() and 6 < len(text) < 160:
        return 1
    if line.heading:
        return 0.5 + line.heading / 4
    return 6


def _code(node: Node) -> str:
    above = next((one.number for one in node.path if one.number), "")
    kind, number = node.mark.kind, node.mark.number
    if kind in {"roman", "part"}:
        return number if kind == "part" or not above or not above.isalpha() else f"{above}.{number}"
    if kind == "dotted":
        roman = next((one.number for one in node.path if one.mark.kind in {"roman", "part"}), "")
        return f"{roman}.{number}" if roman else number
    if kind == "paren":
        return f"{above}({number})"
    if kind in {"number", "letter"}:
        return f"{above}.{number}" if above else number
    return ""


def flat(node: Node) -> list[Node]:
    """All nodes below, in printed order."""
    found = []
    for child in node.children:
        found.append(child)
        found += flat(child)
    return found


# ------------------------------------------------------------------ recognising


def labels(text: str) -> tuple[str, dict[str, str]]:
    """(text before the first label, label kind -> value): “… Chủ trì: A; Thời gian: B”."""
    found = list(_LABEL.finditer(text))
    if not found:
        return text, {}
    values: dict[str, str] = {}
    for match, following in zip(found, [*found[1:], None], strict=True):
        kind = match.lastgroup or ""
        value = text[match.end() : following.start() if following else len(text)].strip(" ;,\n")
        if text[match.start() : match.end()].count("(") or text[: match.start()].rstrip().endswith("("):
            value = value.rstrip(").; ") + (")" if value.count("(") > value.rstrip(").; ").count(")") else "")
        if value:
            values[kind] = f"{values[kind]}; {value}" if kind in values else value
    return text[: found[0].start()].rstrip(" (;-–+"), values


def is_label_line(node: Node) -> bool:
    """Whether a paragraph says nothing but labels."""
    before, values = labels(node.text)
    if not values or before:
        return False
    return "title" not in values or (not node.children and node.text.lower().lstrip("-+ ").startswith("nội dung"))


@dataclass
class Line_:
    """An assignment line: who, when."""

    who: Assigned
    timed: Timed | None


def assignment_line(node: Node, register: Register, context: Context) -> Line_ | None:
    """“* Phòng A chủ trì, phối hợp với B; hoàn thành trong tháng 6”: None when the paragraph is no such line."""
    if (
        node.mark.kind not in {"star", "", "plus"}
        or len(node.text) > _LONGEST_LINE
        or (node.children and node.mark.kind != "star")
    ):
        return None
    text = node.text.strip(" ()").removeprefix("Giao ").strip()
    found, rest = unit_list(_ASKING.sub("", text), register)
    if not found or not _LINE_VERBS.match(rest):
        return None
    if node.mark.kind != "star":
        bulleted = node.parent is not None and any(
            one.mark.kind in {"dash", "plus", "paren", "letter"} for one in node.parent.children
        )
        if (
            not bulleted
            or not re.match(r"(?:chủ trì|phối hợp|triển khai thực hiện|tham mưu)", rest, re.IGNORECASE)
            or len(rest) > 250
        ):
            return None
    who = assigned(text, register)
    return Line_(who, last_time(who.rest, context))


def last_time(text: str, context: Context) -> Timed | None:
    """The time that ends an assignment, if it is one that a task can have."""
    timed = [one for one in find_times(text, context) if one.kind not in {"on_demand"}]
    solid = [one for one in timed if one.kind != "external_reference"]
    return solid[-1] if solid else None


def trailing_assignment(text: str, register: Register) -> tuple[str, str] | None:
    """(task, assignment) of “… . Giao Sở A chủ trì, phối hợp với …” or “… (Phòng A chủ trì)”."""
    bracket = re.search(r"\(([^()]{6,300})\)\s*[.;]?\s*$", text)
    candidates = [(text[: bracket.start()], bracket[1])] if bracket else []
    if ": " in text:
        before, _, after = text.rpartition(": ")
        candidates.append((before, after))
    for match in reversed(list(re.finditer(r"(?<=[.;])\s+(?=[A-ZĐÀ-Ỹ])|;\s+(?=giao\s)", text))):
        candidates.append((text[: match.start()], text[match.end() :]))
        break
    for before, after in candidates:
        found, rest = unit_list(_ASKING.sub("", after.strip()), register)
        if (
            found
            and re.match(r"(?:làm\s+)?(?:chủ trì|phối hợp (?:với|cùng)|là đầu mối|phụ trách)", rest, re.IGNORECASE)
            and before.strip()
        ):
            return before.strip(), after.strip()
    return None


def heading_units(node: Node, register: Register) -> tuple[list[Found], bool] | None:
    """(units, asked with Đề nghị) of a heading that is nothing but units; None for any other heading."""
    text = node.text.strip()
    if len(text) > 260 or (text.isupper() and len(text) > 60):
        return None
    asked = text.lower().startswith("đề nghị")
    found, rest = unit_list(_ASKING.sub("", text), register)
    if not found or not _DUTY_TAIL.fullmatch(rest):
        return None
    if node.mark.kind in {"roman", "part"} and not any(one.id for one in found):
        return None
    return found, asked


def own_units(node: Node, register: Register) -> tuple[list[Found], str, bool] | None:
    """(units, the rest, asked) of an item whose sentence begins with units: “14. Các sở, ban, ngành … căn cứ …”."""
    asked = node.text.lower().startswith("đề nghị")
    found, rest = unit_list(_ASKING.sub("", node.text), register)
    if not found or len(rest.split()) < 3 or not (rest[:1].islower() or rest.startswith(": ")):
        return None
    return found, rest.lstrip(": "), asked
