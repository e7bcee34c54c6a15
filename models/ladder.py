"""The ladder: from an assignment's days to the days of its rungs, and what is said when several fall due at once.

Pure: no database and no clock. Days are working days (`escalation.yaml`): `before` counts back from `remind_from`,
`after` counts on from `late_after`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from calendars.working_days import WorkingDays

from .specs import StepRole, StepSpec


class Tone(StrEnum):
    """What a rung is for: it decides what may be folded, capped or suppressed."""

    OPENING = "opening"
    REMINDER = "reminder"
    LATE = "late"
    ANSWER = "answer"  # no rung: what a unit is told of its own report


@dataclass(frozen=True)
class Days:
    """The days of one assignment that its rungs hang on."""

    opened_on: date
    remind_from: date
    late_after: date


@dataclass(frozen=True)
class Rung:
    """One step on its day. `key` is unique within the ladder: a repeated step is numbered from its second turn."""

    step: StepSpec
    key: str
    on: date
    tone: Tone


@dataclass(frozen=True)
class Decision:
    """One rung to one role: sent, or recorded as skipped with the reason."""

    rung: Rung
    role: StepRole
    skipped: str | None = None


FOLDED_INTO_OPENING = "gộp vào thư giao việc"
FOLDED_INTO_LATE = "gộp vào thư quá hạn"
PASSED = "đã qua ngày, gộp vào thư sau"


def rungs(
    steps: Sequence[StepSpec], days: Days, working_days: WorkingDays, *, pressed: bool = True, turn: str = ""
) -> list[Rung]:
    """The dated rungs of a ladder in the order of their days; steps at close or while waiting hang on no day.

    A unit that is only asked (`pressed=False`, phối hợp) hears the opening and the reminders, never a late step.
    `turn` names the days when they are not the first ones (`+1` after one extension): the rungs that hang on them are
    new ones, and an opening, which hangs on none of them, stays the same.
    """
    found: list[Rung] = []
    for step in steps:
        found.extend(_turns(step, days, working_days, turn))
    return sorted((rung for rung in found if pressed or rung.tone is not Tone.LATE), key=lambda rung: rung.on)


def _turns(step: StepSpec, days: Days, working_days: WorkingDays, turn: str) -> Iterable[Rung]:
    if step.at in ("open", "reporters_due"):
        yield Rung(step, step.key, days.opened_on, Tone.OPENING)
    elif step.before is not None:
        yield Rung(step, step.key + turn, working_days.shift(days.remind_from, -step.before), Tone.REMINDER)
    elif step.after is not None:
        for time in range(step.times):
            key = step.key if time == 0 else f"{step.key}-{time + 1}"
            late = step.after + time * (step.every or 0)
            yield Rung(step, key + turn, working_days.shift(days.late_after, late), Tone.LATE)


def next_day(ladder: Sequence[Rung], days: Days, today: date, *, pending: bool) -> date | None:
    """The next day after `today` on which a rung falls due, or the deadline lapses for one that still may."""
    coming = [rung.on for rung in ladder if rung.on > today]
    lapses_on = days.late_after + timedelta(days=1)
    if pending and lapses_on > today:
        coming.append(lapses_on)
    return min(coming, default=None)


def decide(due: Sequence[Rung], days: Days, working_days: WorkingDays, *, min_lead: int) -> list[Decision]:
    """What is said of the rungs that fell due since the last look: never several levels of one kind at once.

    An opening swallows reminders, also those still to come when fewer than `min_lead` working days are left (that
    part is `swallowed`); a late step swallows openings and reminders; of several late steps to one role the latest
    that needs no approval is said, and of those that wait for approval the latest that stays held without it.
    """
    late = [rung for rung in due if rung.tone is Tone.LATE]
    if late:
        early = [rung for rung in due if rung.tone is not Tone.LATE]
        return [*_skip(early, FOLDED_INTO_LATE), *_latest_of_each_role(late)]
    openings = [rung for rung in due if rung.tone is Tone.OPENING]
    reminders = [rung for rung in due if rung.tone is Tone.REMINDER]
    if openings:
        return [*_say(openings), *_skip(reminders, FOLDED_INTO_OPENING)]
    if swallowed(days, working_days, min_lead=min_lead):
        return list(_skip(reminders, FOLDED_INTO_OPENING))
    return [*_skip(reminders[:-1], PASSED), *_say(reminders[-1:])]


def swallowed(days: Days, working_days: WorkingDays, *, min_lead: int) -> bool:
    """Whether so little time is left at opening that one letter is both task and reminder."""
    return working_days.count(days.opened_on, days.remind_from) < min_lead


def _say(said: Iterable[Rung]) -> Iterable[Decision]:
    return (Decision(rung, role) for rung in said for role in rung.step.to)


def _skip(skipped: Iterable[Rung], reason: str) -> Iterable[Decision]:
    return (Decision(rung, role, reason) for rung in skipped for role in rung.step.to)


def _latest_of_each_role(late: Sequence[Rung]) -> Iterable[Decision]:
    if len({rung.on for rung in late}) == 1:
        yield from _say(late)
        return
    said: dict[tuple[StepRole, bool], Rung] = {}
    for rung in late:
        if not (rung.step.approve and rung.step.approve.else_ == "send"):
            said.update({(role, rung.step.approve is not None): rung for role in rung.step.to})
    for rung in late:
        for role in rung.step.to:
            kept = said.get((role, rung.step.approve is not None)) is rung
            yield Decision(rung, role, None if kept else PASSED)
