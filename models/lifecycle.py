"""The life of an assignment: its states, and the moves between them as one table that can be read aloud."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """Where one unit's part of one occurrence stands. Facts are stored; moods (due soon, days late) are computed."""

    ASSIGNED = "assigned"  # đã giao: the unit has been told
    IN_PROGRESS = "in_progress"  # đang thực hiện: acknowledged, a draft saved, or progress reported
    REPORTED = "reported"  # đã báo cáo: the report is in, or the dated task is done
    OVERDUE = "overdue"  # quá hạn: `late_after` 24:00 has passed
    MISSED = "missed"  # không báo cáo: the period was closed without it
    WITHDRAWN = "withdrawn"  # dừng thực hiện: cancelled with its ground


OPEN = (State.ASSIGNED, State.IN_PROGRESS, State.OVERDUE)  # still owes an answer
PENDING = (State.ASSIGNED, State.IN_PROGRESS)  # may still become overdue
ENDED = (State.REPORTED, State.MISSED, State.WITHDRAWN)


class Move(StrEnum):
    """What may happen to an assignment."""

    OPEN = "open"
    START = "start"
    SUBMIT = "submit"
    CORRECT = "correct"  # before anybody has confirmed it; the state stays
    ACCEPT = "accept"
    RETURN = "return"
    EXTEND = "extend"
    LAPSE = "lapse"
    CLOSE = "close"
    WITHDRAW = "withdraw"


# move -> the states it may leave, and the state it leads to
MOVES: dict[Move, tuple[frozenset[State], State]] = {
    Move.START: (frozenset({State.ASSIGNED}), State.IN_PROGRESS),
    Move.SUBMIT: (frozenset(OPEN), State.REPORTED),
    Move.RETURN: (frozenset({State.REPORTED}), State.IN_PROGRESS),
    Move.EXTEND: (frozenset({State.OVERDUE}), State.IN_PROGRESS),
    Move.LAPSE: (frozenset(PENDING), State.OVERDUE),
    Move.CLOSE: (frozenset(OPEN), State.MISSED),
    Move.WITHDRAW: (frozenset(OPEN), State.WITHDRAWN),
}


class Result(StrEnum):
    """What an answer says. A report is not a completion: a dated task ends only on `done`."""

    DONE = "done"  # hoàn thành
    IN_PROGRESS = "in_progress"  # đang thực hiện
    NOT_STARTED = "not_started"  # chưa thực hiện
    NOTHING = "nothing"  # không phát sinh


class Kind(StrEnum):
    """The two kinds of things that are owed, never mixed in a total, and the lines of a report."""

    DATED = "dated"  # a task that owes a result by its day
    REPORT = "report"  # a report duty in one period
    COVERED = "covered"  # a continuous or open-ended task: a line of the report its lead owes


class Stage(StrEnum):
    """Where an occurrence stands before, while and after it is asked."""

    PLANNED = "planned"  # chưa đến kỳ
    OPEN = "open"
    CLOSED = "closed"  # every unit has answered, or the period was closed
    UNDECIDED = "undecided"  # due before tracking began, nobody has said how it stood: a decision is waiting
    UNTRACKED = "untracked"  # trước thời điểm theo dõi
    FINISHED = "finished"  # its plan had ended before the plan was loaded
    CANCELLED = "cancelled"  # the changed plan no longer has it


class RunState(StrEnum):
    """The names a coordinator sees on a run; the value is Prefect's state name."""

    ASSIGNED = "Assigned"
    IN_PROGRESS = "In progress"
    OVERDUE = "Overdue"
    REPORTED = "Reported"
    CLOSED = "Closed"
    WITHDRAWN = "Withdrawn"
    EMPTY = "No units"


TERMINAL_RUN_STATES = frozenset({RunState.REPORTED, RunState.CLOSED, RunState.WITHDRAWN})


def run_state(counts: dict[State, int], *, closed: bool) -> RunState:
    """What a run shows of the states of its units: the worst of them.

    `counts` is {state: number of units}. A group with no unit never reads as "all reported".
    """
    there = {state for state, count in counts.items() if count}
    if not there:
        return RunState.EMPTY
    if there <= {State.WITHDRAWN}:
        return RunState.WITHDRAWN
    if State.MISSED in there and not there & set(OPEN):
        return RunState.CLOSED
    if not there & set(OPEN):
        return RunState.REPORTED
    if closed:
        return RunState.CLOSED
    if State.OVERDUE in there:
        return RunState.OVERDUE
    if there & {State.IN_PROGRESS, State.REPORTED}:
        return RunState.IN_PROGRESS
    return RunState.ASSIGNED


def names(states: Iterable[State]) -> list[str]:
    """The stored values, for an SQL `IN`."""
    return [state.value for state in states]
