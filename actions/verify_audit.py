"""Prove the chain: compute every link again from the rows that are there, and name the first that does not fit.

What it cannot see by itself: a chain that somebody cut at its end, or wrote anew from some point on, together with the
rows. Whoever keeps the last hash outside (`dondoc audit head`) has it compared by `expect`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import and_, exists, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.audit import Heartbeat, Seal
from models.ledger import Assignment, Transition
from models.outbox import Attempt, Letter, LetterState

from .audit import GENESIS, digest_of, head, link_hash, mark_of
from .sealed_rows import paged, source_named, told_hash

MOST = 20  # breaks that are listed; the first is what matters


@dataclass(frozen=True)
class Break:
    """One thing that does not fit: in which table, which row, and what differs."""

    table: str
    id: int | None
    what: str  # changed, missing, added, link, cut
    message: str


@dataclass
class Proof:
    """What was found. `head` is the last hash, to be kept outside; `unsealed` rows wait for the next link."""

    links: int = 0
    rows: int = 0
    unsealed: int = 0
    head: str = GENESIS
    breaks: list[Break] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self.breaks

    def as_json(self) -> dict[str, Any]:
        """The JSON document of `audit verify`."""
        first = asdict(self.breaks[0]) if self.breaks else None
        return {"ok": self.ok, "links": self.links, "rows": self.rows, "unsealed": self.unsealed, "head": self.head,
                "first_broken": first, "breaks": [asdict(each) for each in self.breaks]}  # fmt: skip


def verify(session: Session, *, expect: str | None = None) -> Proof:
    """Compute the chain again. `expect` is a hash noted earlier, which must still be one of its links."""
    proof = Proof()
    found = _chain(session, proof, expect)
    proof.breaks = list(islice(found, MOST))
    end = head(session)
    proof.head, proof.unsealed = end.hash, end.unsealed
    return proof


def _chain(session: Session, proof: Proof, expect: str | None) -> Iterator[Break]:
    previous, ends, seen = GENESIS, dict[str, int](), expect in (None, GENESIS)
    for link in paged(session, select(Seal), col(Seal.id)):
        proof.links += 1
        yield from _link(link, proof.links, previous, ends)
        try:
            yield from _rows(session, proof, link)
        except KeyError:
            yield Break("seals", link.id, "link", f"mắt xích {link.id} niêm phong một bảng lạ: {link.source}")
        proof.links, previous, seen = link.id or 0, link.hash, seen or link.hash == expect
        ends[link.source] = link.last_id
    if not seen:
        message = "không còn mắt xích nào có mã đã ghi giữ bên ngoài: chuỗi bị cắt hoặc viết lại"
        yield Break("seals", None, "cut", message)
    yield from _cut_tail(session, proof)
    yield from _letters(session)


def _link(link: Seal, place: int, previous: str, ends: dict[str, int]) -> Iterator[Break]:
    if link.id != place:
        yield Break("seals", place, "missing", f"thiếu mắt xích {place}: sau đó là mắt xích {link.id}")
    elif link.previous != previous:
        yield Break("seals", link.id, "link", f"mắt xích {link.id} không nối với mắt xích trước nó")
    if link.hash != link_hash(link):
        yield Break("seals", link.id, "changed", f"mắt xích {link.id} đã bị sửa: mã của nó không khớp nội dung")
    if link.first_id != ends.get(link.source, 0) + 1:
        message = f"mắt xích {link.id} không tiếp theo dòng cuối đã niêm phong của {link.source}"
        yield Break("seals", link.id, "link", message)


def _rows(session: Session, proof: Proof, link: Seal) -> Iterator[Break]:
    rows = list(source_named(link.source).rows(session, link.first_id, link.last_id))
    proof.rows += len(rows)
    digest, marks = digest_of(rows)
    if len(rows) == link.rows and digest == link.digest and marks == link.marks:
        return
    marked = dict(mark.split(":") for mark in link.marks.split())
    there = {str(key): said for key, said in rows}
    for key in sorted({*marked, *there}, key=int):
        where = f"{link.source} số {key} (mắt xích {link.id})"
        if key not in there:
            yield Break(link.source, int(key), "missing", f"{where}: dòng đã bị xóa")
        elif key not in marked:
            yield Break(link.source, int(key), "added", f"{where}: dòng chèn thêm sau khi niêm phong: {there[key]}")
        elif mark_of(there[key]) != marked[key]:
            yield Break(link.source, int(key), "changed", f"{where}: nội dung đã bị sửa, nay là {there[key]}")
    if digest != link.digest and marks == link.marks:
        yield Break(link.source, link.first_id, "changed", f"{link.source} từ số {link.first_id}: tổng hợp không khớp")


# ------------------------------------------------------------------ what hangs together beside the chain


def _cut_tail(session: Session, proof: Proof) -> Iterator[Break]:
    """Traces that rows above the last link have left elsewhere in the ledger."""
    noted = session.get(Heartbeat, "seal")
    place, _, hash_ = (noted.detail or "0").partition(" ") if noted else ("0", "", "")
    if int(place) > proof.links:
        message = f"chuỗi kết thúc ở mắt xích {proof.links}, sổ từng ghi tới {place} ({hash_[:16]}…): phần cuối bị cắt"
        yield Break("seals", int(place), "cut", message)
    moved = exists().where(col(Transition.assignment_id) == Assignment.id)
    for assignment in session.exec(select(Assignment.id).where(~moved).order_by(col(Assignment.id)).limit(MOST)):
        yield Break("transitions", None, "missing", f"phần việc {assignment} không có bước chuyển nào trong sổ")
    tried = exists().where(col(Attempt.letter_id) == Letter.id)
    left = and_(col(Letter.tries) > 0, col(Letter.state).in_((LetterState.SENT, LetterState.UNKNOWN)))
    for letter in session.exec(select(Letter.id).where(left, ~tried).order_by(col(Letter.id)).limit(MOST)):
        yield Break("attempts", None, "missing", f"thư {letter} đã đi mà không có lần gửi nào trong sổ")


def _letters(session: Session) -> Iterator[Break]:
    """What a letter says now is what its last try says it said."""
    final = col(Letter.state).in_((LetterState.SENT, LetterState.UNKNOWN))
    last = (
        select_columns(col(Attempt.letter_id), func.max(col(Attempt.id)).label("attempt_id"))
        .where(col(Attempt.told).is_not(None))
        .group_by(col(Attempt.letter_id))
        .subquery()
    )
    query = (
        select(Letter, Attempt.told)
        .join(last, last.c.letter_id == Letter.id)
        .join(Attempt, col(Attempt.id) == last.c.attempt_id)
        .where(final)
    )
    for letter, told in paged(session, query, col(Letter.id)):
        if told_hash(letter) != told:
            message = f"thư {letter.id}: người nhận, tiêu đề hoặc nội dung khác với lúc gửi"
            yield Break("letters", letter.id, "changed", message)
