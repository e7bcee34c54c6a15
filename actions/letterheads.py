"""Whose paper it is: the agency a unit writes for, the body above, the place, who signs, and how a plan is cited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sqlmodel import Session, select

from models.papers import Letterhead
from models.plan import Plan
from models.units import Unit

from .routes import INTERNAL

# "tỉnh Bến Tre", "quận Hải An" at the end of a body's name; what follows the level is a name of its own.
_PLACE = re.compile(
    r"(?P<level>thành phố|tỉnh|quận|huyện|thị xã|thị trấn|phường|xã|đặc khu) (?P<name>[^\W\d_a-zà-ỹ]\w*(?: \w+)*)$"
)
_SYMBOL = re.compile(r"/\s*[A-ZĐa-z]+\s*-\s*(?P<symbol>\S+)$")  # 193/KH-UBND, /KH - SGDĐT

# Who signs for a body, by its kind (units.yaml); the most particular kind first.
SIGNERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ubnd", ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")),
    ("so", ("GIÁM ĐỐC",)),
    ("phong", ("TRƯỞNG PHÒNG",)),
    ("van-phong", ("CHÁNH VĂN PHÒNG",)),
    ("thanh-tra", ("CHÁNH THANH TRA",)),
    ("truong", ("HIỆU TRƯỞNG",)),
    ("dai-hoc", ("HIỆU TRƯỞNG",)),
    ("trung-tam", ("GIÁM ĐỐC",)),
)
HEAD = ("THỦ TRƯỞNG ĐƠN VỊ",)

Units = Mapping[str, Unit]


def units_of(session: Session) -> dict[str, Unit]:
    """Every unit by its id."""
    return {unit.id: unit for unit in session.exec(select(Unit))}


def upwards(units: Units, unit: Unit) -> Iterator[Unit]:
    """The unit and all above it, nearest first."""
    seen: set[str] = set()
    here: Unit | None = unit
    while here is not None and here.id not in seen:
        seen.add(here.id)
        yield here
        here = units.get(here.parent_id or "")


def agency_of(units: Units, unit: Unit) -> Unit:
    """The body in whose name a unit writes to others: itself, or for a department the nearest body above."""
    return next((body for body in upwards(units, unit) if body.kind not in INTERNAL), unit)


def is_under(units: Units, unit: Unit, agency: Unit) -> bool:
    """Whether the unit is the agency's own or subordinate: only then may the agency press it."""
    return any(body.id == agency.id for body in upwards(units, unit))


def letterhead(units: Units, unit: Unit, plan: Plan | None = None) -> Letterhead:
    """The head of a paper that this unit signs. The symbol is known only where the plan's own number carries it."""
    above = units.get(unit.parent_id or "")
    shown = above is not None and not unit.kind.startswith("ubnd") and above.kind != "chinh-phu"
    return Letterhead(
        agency=_without_place(unit.name, above if shown else None).upper(),
        above=_said_above(above).upper() if above is not None and shown else None,
        place=_place(units, unit),
        symbol=_symbol(plan.number) if plan is not None and plan.issued_by == unit.id else None,
        signers=next((lines for kind, lines in SIGNERS if unit.kind == kind or unit.kind.startswith(f"{kind}-")), HEAD),
    )


def _said_above(body: Unit) -> str:
    """In full, but for people's committees, which everybody shortens (appendix I lets common shortenings stand)."""
    return body.short if body.kind.startswith("ubnd") else body.name


def _place(units: Units, unit: Unit) -> str | None:
    for body in upwards(units, unit):
        if found := _PLACE.search(body.name):
            return found["name"]
    return None


def _without_place(name: str, above: Unit | None) -> str:
    """`Sở Nội vụ` of `Sở Nội vụ tỉnh Bến Tre` where the line above says the province."""
    found = _PLACE.search(name)
    return name[: found.start()].rstrip(" ,") if found and above and above.name.endswith(found[0]) else name


def _symbol(number: str | None) -> str | None:
    found = _SYMBOL.search(number or "")
    return found["symbol"] if found else None


def cited(plan: Plan, units: Units, *, day: bool = True) -> str:
    """`Kế hoạch số 193/KH-UBND ngày 19/08/2021 của UBND …`; without a number by its month. `day` False is short."""
    issuer = units[plan.issued_by].short if plan.issued_by in units else plan.issued_by
    year, month, dom = [*(plan.issued_on or "").split("-"), "", ""][:3]
    on = f" ngày {dom}/{month}/{year}" if dom else f" tháng {month}/{year}" if month else ""
    if plan.number:
        return f"Kế hoạch số {plan.number}" + (f"{on} của {issuer}" if day else "")
    issued = f" ban hành{on}" if on else f" ban hành năm {year}" if year else ""
    return f"Kế hoạch{issued} của {issuer}"
