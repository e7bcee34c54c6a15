"""Units, groups and how they are reached."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel


class Unit(SQLModel, table=True):
    """An organisation, a department or a school (đơn vị)."""

    __tablename__ = "units"
    __table_args__ = (Index("ix_units_position_id", "position", "id"),)

    id: str = Field(primary_key=True)
    name: str
    short: str
    kind: str
    parent_id: str | None = Field(default=None, index=True)
    system: str = "state"
    valid_from: date | None = None
    valid_to: date | None = None
    sample: bool = False
    position: int = 0
    folded: str = ""  # the names without diacritics, for search
    successors: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class UnitGroup(SQLModel, table=True):
    """Units that stand together in a plan (nhóm đơn vị); its resolved members are JSON, in order."""

    __tablename__ = "unit_groups"

    id: str = Field(primary_key=True)
    name: str
    open: bool = False
    complete: bool = True
    members: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


PHONE = "phone"  # a number to print in letters; nothing is sent to it


class ContactPoint(SQLModel, table=True):
    """One way to reach one role of one unit; `recipient` is `<unit>:<role>`."""

    __tablename__ = "contact_points"

    recipient: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    unit_id: str = Field(foreign_key="units.id", index=True)
    role: str
    address: str | None = None
