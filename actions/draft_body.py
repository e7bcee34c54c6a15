"""What a unit types into a form, as it was typed, and what it means: a `Filing`, or sentences that say what to mend.

A draft keeps the words of a person who has not finished; nothing in it is checked but its length. Dates are
`2026-12-14` or `14/12/2026`; figures have a decimal comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from models.ledger import EvidenceKind
from models.lifecycle import Result

from .evidence import Proof
from .submit import Filing, Indicator, Line

FIGURE = re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d{1,18})(?:,\d{1,9})?")
BASELINE = "Số gốc năm"


@dataclass
class File:
    """A file that lies in the store already."""

    name: str
    sha256: str
    size: int
    media_type: str

    @property
    def proof(self) -> Proof:
        """As evidence."""
        return Proof(EvidenceKind.FILE, self.name, self.sha256, self.size, self.media_type)


@dataclass
class LineBody:
    """One line as typed."""

    result: str = ""
    text: str = ""
    number: str = ""
    day: str = ""
    about: str = ""
    difficulties: str = ""
    proposals: str = ""
    files: list[File] = field(default_factory=list)

    @property
    def filled(self) -> bool:
        """Whether the line says what came of it."""
        return self.result in set(Result)


@dataclass
class FigureBody:
    """What is typed for one target; `baseline` is the figure of the year it compares with, asked once."""

    numerator: str = ""
    denominator: str = ""
    note: str = ""
    baseline: str = ""


@dataclass
class Body:
    """One form as typed: who fills it in, its lines by assignment, its figures by target."""

    by: str = ""
    position: str = ""
    phone: str = ""
    narrative: str = ""
    reason_late: str = ""
    number: str = ""
    day: str = ""
    about: str = ""
    lines: dict[int, LineBody] = field(default_factory=dict)
    figures: dict[int, FigureBody] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As a draft keeps it."""
        said = asdict(self)
        said["lines"] = {str(key): value for key, value in said["lines"].items()}
        said["figures"] = {str(key): value for key, value in said["figures"].items()}
        return said

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Body:
        """What `to_json` wrote."""
        plain = {name: said.get(name, "") for name in TEXTS}
        return cls(
            **plain,
            lines={int(key): LineBody(**(one | {"files": files_of(one)})) for key, one in said["lines"].items()},
            figures={int(key): FigureBody(**one) for key, one in said["figures"].items()},
            files=files_of(said),
        )

    @property
    def all_files(self) -> list[File]:
        """Every file of the form."""
        return [*self.files, *(file for line in self.lines.values() for file in line.files)]


TEXTS = ("by", "position", "phone", "narrative", "reason_late", "number", "day", "about")


def files_of(said: Mapping[str, Any]) -> list[File]:
    """The files of a draft's JSON."""
    return [File(**one) for one in said.get("files", ())]


@dataclass(frozen=True)
class Problem:
    """What to mend: `at` is the name of the field on the page."""

    at: str
    sentence: str


@dataclass(frozen=True)
class Asked:
    """What a form asks: its lines in order, the targets (`share`: a percentage) and what must be said.

    `dated` is a task that ends on its document when it names a deliverable; `late` a report past its last day.
    """

    lines: Sequence[int]
    shares: Mapping[int, bool]
    baselines: Mapping[int, str | None]
    dated: bool = False
    deliverable: str | None = None
    late_after: date | None = None
    was_late: bool = False


# ------------------------------------------------------------------ reading what was typed


def day_of(text: str) -> date | None:
    """A typed day; ValueError for what is none."""
    text = text.strip()
    if not text:
        return None
    if found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    return date.fromisoformat(text)


def decimal_of(text: str) -> str:
    """`1.234,5` as `1234.5`; ValueError for what is no figure written with a decimal comma."""
    plain = "".join(text.split())
    if not FIGURE.fullmatch(plain):
        raise ValueError(f"{text[:30]!r} is no figure with a decimal comma")
    return str(Decimal(plain.replace(".", "").replace(",", ".")))


def shown(figure: str | None) -> str:
    """`1234.5` as `1234,5`."""
    return (figure or "").replace(".", ",")


def document_of(number: str, day: date | None, about: str = "") -> str | None:
    """`12/BC-TH, ngày 14/12/2026, về việc …`; None without a number."""
    if not number.strip() or day is None:
        return None
    return f"{number.strip()}, ngày {day:%d/%m/%Y}" + (f", {about.strip()}" if about.strip() else "")


def split_document(document: str | None) -> tuple[str, str, str]:
    """(number, day, subject) of a document as `document_of` writes it; another one is all number."""
    found = re.fullmatch(r"(.+?), (?:ngày )?(\d{1,2}/\d{1,2}/\d{4})(?:, (.*))?", document or "", re.DOTALL)
    if not found:
        return document or "", "", ""
    try:
        day = day_of(found[2])
    except ValueError:
        return document or "", "", ""
    return found[1], day.isoformat() if day else "", found[3] or ""


# ------------------------------------------------------------------ what it means


@dataclass
class _Reading:
    """Reads a form field by field and collects what is wrong."""

    today: date
    problems: list[Problem] = field(default_factory=list)

    def day(self, at: str, text: str) -> date | None:
        try:
            found = day_of(text)
        except ValueError:
            self.problems.append(Problem(at, f"“{text[:30]}” không phải là ngày; viết như 14/12/2026"))
            return None
        if found and found > self.today:
            self.problems.append(Problem(at, f"ngày {found:%d/%m/%Y} còn ở phía trước"))
            return None
        return found

    def document(self, at: str, number: str, day: str, about: str) -> str | None:
        before = len(self.problems)
        when = self.day(f"{at}day", day)
        if bool(number.strip()) != bool(day.strip()) and len(self.problems) == before:
            missing = "day" if number.strip() else "number"
            self.problems.append(Problem(f"{at}{missing}", "văn bản cần cả số và ngày"))
        return document_of(number, when, about)

    def figure(self, at: str, text: str) -> str | None:
        if not text.strip():
            return None
        try:
            return decimal_of(text)
        except ValueError:
            self.problems.append(Problem(at, f"“{text[:30]}” không phải là số; viết dấu phẩy thập phân, ví dụ 12,5"))
            return None


def filing_of(body: Body, asked: Asked, today: date) -> tuple[Filing | None, list[Problem]]:
    """What a finished form files, or what is still to be mended."""
    reading = _Reading(today)
    if not body.by.strip():
        reading.problems.append(Problem("by", "ghi họ tên người lập báo cáo"))
    document = reading.document("", body.number, body.day, body.about)
    lines = {key: _line(reading, key, body.lines.get(key) or LineBody()) for key in asked.lines}
    indicators = list(_figures(reading, body, asked))
    if not asked.lines and not body.narrative.strip():
        reading.problems.append(Problem("narrative", "kỳ này chỉ hỏi báo cáo bằng lời: ghi nội dung báo cáo"))
    result = Result.DONE
    if asked.dated and (only := next(iter(lines.values()), None)) is not None:
        result, document = only.result, only.document or document
    ends = not asked.dated or result is Result.DONE
    if asked.dated and ends and asked.deliverable and not document and _filled(body, asked):
        reading.problems.append(
            Problem(f"l{asked.lines[0]}_number", f"hoàn thành “{asked.deliverable}” thì ghi số, ngày văn bản")
        )
    late = asked.late_after is not None and today > asked.late_after and not asked.was_late
    if ends and late and not body.reason_late.strip():
        reading.problems.append(Problem("reason_late", "đã quá hạn: ghi lý do chậm"))
    if reading.problems:
        return None, reading.problems
    filing = Filing(
        by=body.by.strip(),
        result=result,
        document=document,
        reason_late=body.reason_late.strip() or None,
        lines=lines,
        proofs=[file.proof for file in body.files],
        position=body.position.strip() or None,
        phone=body.phone.strip() or None,
        narrative=body.narrative.strip() or None,
        indicators=indicators,
    )
    return filing, []


def _filled(body: Body, asked: Asked) -> bool:
    return all(body.lines.get(key, LineBody()).filled for key in asked.lines)


def unfilled(body: Body, lines: Iterable[int]) -> list[int]:
    """The lines that do not say yet what came of them."""
    return [key for key in lines if not body.lines.get(key, LineBody()).filled]


def _line(reading: _Reading, key: int, typed: LineBody) -> Line:
    if not typed.filled:
        reading.problems.append(Problem(f"l{key}_result", "chọn kết quả"))
    document = reading.document(f"l{key}_", typed.number, typed.day, typed.about)
    return Line(
        result=Result(typed.result) if typed.filled else Result.NOT_STARTED,
        text=typed.text.strip() or None,
        document=document,
        difficulties=typed.difficulties.strip() or None,
        proposals=typed.proposals.strip() or None,
        proofs=[file.proof for file in typed.files],
    )


def _figures(reading: _Reading, body: Body, asked: Asked) -> Iterable[Indicator]:
    for key, share in asked.shares.items():
        typed = body.figures.get(key) or FigureBody()
        at = f"t{key}_"
        numerator = reading.figure(f"{at}numerator", typed.numerator)
        denominator = reading.figure(f"{at}denominator", typed.denominator)
        baseline = reading.figure(f"{at}baseline", typed.baseline)
        if share and numerator is not None and denominator is None and not typed.denominator.strip():
            reading.problems.append(Problem(f"{at}denominator", "chỉ tiêu tỷ lệ cần cả tử số và mẫu số"))
        if denominator is not None and Decimal(denominator) == 0:
            reading.problems.append(Problem(f"{at}denominator", "mẫu số phải khác 0"))
        if numerator is None and (denominator is not None or baseline is not None) and not typed.numerator.strip():
            reading.problems.append(Problem(f"{at}numerator", "ghi cả tử số, hoặc để trống cả dòng chỉ tiêu"))
        if numerator is not None:
            notes = [typed.note.strip(), _baseline(asked.baselines.get(key), baseline)]
            yield Indicator(key, numerator, denominator, "; ".join(note for note in notes if note) or None)


def _baseline(year: str | None, figure: str | None) -> str:
    return f"{BASELINE} {year}: {shown(figure)}" if year and figure else ""


@dataclass(frozen=True)
class Paper:
    """`Đơn vị đã gửi văn bản số … ngày …`, as typed; `received` is the day it arrived, where that is known."""

    by: str
    position: str
    phone: str
    number: str
    day: str
    received: str
    rest: str
    reason_late: str
    files: Sequence[File] = ()


def paper_of(paper: Paper, body: Body, asked: Asked, today: date) -> tuple[Filing | None, list[Problem]]:
    """What a paper answers: the whole period, on the day it was received, else on its own day.

    Lines already filled in stay as they are, the others take the result `rest` and name the paper.
    """
    reading = _Reading(today)
    if not paper.by.strip():
        reading.problems.append(Problem("by", "ghi họ tên người lập báo cáo"))
    day = reading.day("paper_day", paper.day)
    received = reading.day("paper_received", paper.received) or day
    if not paper.number.strip():
        reading.problems.append(Problem("paper_number", "ghi số văn bản"))
    if not paper.day.strip():
        reading.problems.append(Problem("paper_day", "ghi ngày văn bản"))
    if received and day and received < day:
        reading.problems.append(Problem("paper_received", "ngày nhận không thể trước ngày văn bản"))
    if paper.rest not in set(Result):
        reading.problems.append(Problem("paper_result", "chọn kết quả chung của các dòng chưa điền"))
    document = document_of(paper.number, day)
    late = received is not None and asked.late_after is not None and received > asked.late_after and not asked.was_late
    ends = not asked.dated or paper.rest == Result.DONE
    if late and ends and not paper.reason_late.strip():
        reading.problems.append(Problem("paper_reason", "văn bản đến sau hạn: ghi lý do chậm"))
    if reading.problems:
        return None, reading.problems
    rest = Result(paper.rest)
    lines = {}
    for key in asked.lines:
        typed = body.lines.get(key) or LineBody()
        lines[key] = (
            _line(reading, key, typed) if typed.filled else Line(rest, f"Theo văn bản số {document}", document)
        )
    indicators = list(_figures(reading, body, asked))
    if reading.problems:
        return None, reading.problems
    filing = Filing(
        by=paper.by.strip(),
        result=rest if asked.dated else Result.DONE,
        received_on=received,
        document=document,
        text=f"Theo văn bản số {document}",
        reason_late=paper.reason_late.strip() or None,
        lines=lines,
        proofs=[file.proof for file in (*paper.files, *body.files)],
        position=paper.position.strip() or None,
        phone=paper.phone.strip() or None,
        narrative=body.narrative.strip() or None,
        indicators=indicators,
    )
    return filing, []
