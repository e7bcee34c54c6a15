"""The draft while it is made: values with the place they came from and the doubts about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .blocks import Place
from .parties import Side


@dataclass
class Said:
    """A value as it will stand in the YAML. `doubts` say why a person must look; none means it is as printed."""

    value: str | None
    place: Place | None = None
    doubts: list[str] = field(default_factory=list)
    note: str = ""


@dataclass
class Parties:
    """The units of one key, with the place they were read from."""

    sides: list[Side] = field(default_factory=list)
    place: Place | None = None
    doubts: list[str] = field(default_factory=list)


@dataclass
class Cited:
    """A document that is cited: number and date as printed, who issued it (id or name)."""

    number: str
    place: Place
    date: str | None = None
    by: str | None = None
    note: str | None = None
    doubts: list[str] = field(default_factory=list)


@dataclass
class Aim:
    """A target: `goal` such as ">= 10%"."""

    text: str
    goal: str
    place: Place
    start: str | None = None
    by: str | None = None
    baseline: str | None = None
    soft: bool = False
    exception: str | None = None
    doubts: list[str] = field(default_factory=list)


@dataclass
class Report:
    """A report duty as found in a sentence."""

    id: str
    place: Place
    code: str | None
    by: Parties
    to: Parties
    when: Said
    via: Side | None = None


@dataclass
class Job:
    """A node of the task tree. With `below` it is a heading or an assignment line."""

    title: Said
    place: Place
    code: str | None = None
    id: str | None = None
    full: str = ""
    lead: Parties = field(default_factory=Parties)
    cooperating: Parties = field(default_factory=Parties)
    when: Said | None = None
    deliverable: Said | None = None
    duty: Said | None = None
    waits_for: str | None = None
    targets: list[Aim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    below: list[Job] = field(default_factory=list)
    section: bool = False


@dataclass
class Leftover:
    """What was found no place for, and why."""

    place: Place
    text: str
    why: str


@dataclass
class Draft:
    """A plan as drafted. `counts` accounts for every table row and every paragraph of the body."""

    id: Said
    title: Said
    number: Said
    issued_by: Said
    issued_on: Said
    valid_from: Said
    valid_to: Said
    track_from: Said
    tracker: Said
    leadership: Said
    parents: list[Cited] = field(default_factory=list)
    basis: list[Cited] = field(default_factory=list)
    milestones: dict[str, Said] = field(default_factory=dict)
    targets: list[Aim] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    garbled: float = 0.0
    remarks: list[str] = field(default_factory=list)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    bad_places: set[Place] = field(default_factory=set)


@dataclass
class Proposal:
    """A unit or group that units.yaml does not have: its id, its printed name, what it seems to be."""

    id: str
    name: str
    kind: str
    group: bool = False
    open: bool = False
