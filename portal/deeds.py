"""What the pages with deeds share: whose plan it is, the words of a refusal, and numbers from a form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from sqlmodel import Session, col, select

from actions.move import Refused
from models.ledger import Assignment, Occurrence

from .rights import Denied, Visitor

_OPTION = re.compile(r"\s*\(--[^)]*\)|[;:,]\s[^;:]*--[a-z-]+[^;]*")
BIGGEST = 2**31 - 1


def plain(refused: Refused) -> str:
    """A refusal as a page says it: without the options of the command line."""
    text = _OPTION.sub("", str(refused)).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "…", ")")) else ".")


def must_act_on(visitor: Visitor, plan_ids: Iterable[str]) -> None:
    """Denied unless deeds on all of these plans are the visitor's."""
    if not all(visitor.may_act_on(plan_id) for plan_id in plan_ids):
        raise Denied


def plans_of(session: Session, assignment_ids: Iterable[int]) -> set[str]:
    """The plans that assignments belong to."""
    query = (
        select(Occurrence.plan_id)
        .join(Assignment, col(Assignment.occurrence_id) == Occurrence.id)
        .where(col(Assignment.id).in_(list(assignment_ids)))
        .distinct()
    )
    return set(session.exec(query))


def numbers(words: Iterable[str]) -> list[int]:
    """Row numbers of a form, each once; one field may hold several, with commas. Refused for anything else."""
    found = [word.strip() for text in words for word in text.split(",") if word.strip()]
    if not all(word.isascii() and word.isdigit() and int(word) <= BIGGEST for word in found):
        raise Refused("số của dòng không đọc được")
    return list(dict.fromkeys(int(word) for word in found))


def day_of(text: str, what: str) -> date | None:
    """A day from a form: `2026-12-14` as browsers send it, or `14/12/2026` as people type it; None when empty."""
    text = text.strip()
    if not text:
        return None
    vietnamese = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        if vietnamese:
            day, month, year = (int(part) for part in vietnamese.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{what} “{text[:20]}” không phải là ngày; viết như 14/12/2026") from None
