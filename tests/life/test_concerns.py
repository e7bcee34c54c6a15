"""An obstacle, and "this is not ours": raised by a unit, answered by a coordinator; the work itself stays owed."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from actions.concerns import raise_concern, settle_concern
from actions.move import Refused
from actions.submit import Filing, submit_report
from models.database import reading, transaction
from models.forms import Concern, ConcernKind, ConcernState
from models.ledger import Assignment
from models.lifecycle import Kind
from tests.office import Office, at, rules

NOW = at("2026-03-10", 9)


@pytest.fixture
def office(engine: Engine) -> Office:
    """The plan, applied; its dated task is open."""
    made = Office(engine, rules())
    made.apply("2026-01-05")
    made.tick("2026-03-10")
    return made


def raised(
    office: Office, kind: ConcernKind = ConcernKind.OBSTACLE, text: str = "Chưa có kinh phí", **more: str
) -> int:
    """The number of a concern of the first school's task."""
    with transaction(office.engine) as session:
        mine = session.get_one(Assignment, task_id(office))
        return raise_concern(session, mine, kind, text, "th-1:dau_moi", NOW, **more).id or 0


def task_id(office: Office) -> int:
    """The first school's dated task."""
    with reading(office.engine) as session:
        mine = select(Assignment.id).where(Assignment.unit_id == "th-1", Assignment.kind == Kind.DATED)
        return session.exec(mine).one() or 0


def test_a_concern_waits_until_somebody_answers_and_moves_nothing(office: Office) -> None:
    """The work is as owed as before; the answer, its day and its author stand beside the concern."""
    before = office.transitions()
    number = raised(office)
    with transaction(office.engine) as session:
        settle_concern(session, session.get_one(Concern, number), at("2026-03-11", 9), "lan", " Đã báo cáo cấp trên ")

    with reading(office.engine) as session:
        kept = session.get_one(Concern, number)
        said = (kept.state, kept.text, kept.answer, kept.settled_by)

    assert said == (ConcernState.SETTLED, "Chưa có kinh phí", "Đã báo cáo cấp trên", "lan")
    assert office.transitions() == before


def test_two_of_one_kind_do_not_wait_at_once_but_an_obstacle_and_not_ours_may(office: Office) -> None:
    """A second click makes no second row; once answered, the unit may speak again."""
    number = raised(office)
    raised(office, ConcernKind.NOT_OURS, "Việc của Trường 2", rather_unit="th-2")
    with pytest.raises(Refused, match="đang chờ trả lời"):
        raised(office)
    with transaction(office.engine) as session:
        settle_concern(session, session.get_one(Concern, number), NOW, "lan", "Đã rõ")

    assert raised(office) > number


def test_an_answered_concern_is_not_answered_again(office: Office) -> None:
    """The second coordinator is told who answered; the first answer stays."""
    number = raised(office)
    with transaction(office.engine) as session:
        settle_concern(session, session.get_one(Concern, number), NOW, "lan", "Đã rõ")
    with pytest.raises(Refused, match="đã được lan trả lời"), transaction(office.engine) as session:
        settle_concern(session, session.get_one(Concern, number), NOW, "minh", "Khác")

    with reading(office.engine) as session:
        assert session.get_one(Concern, number).answer == "Đã rõ"


@pytest.mark.parametrize(
    ("kind", "text", "unit", "why"),
    [
        (ConcernKind.OBSTACLE, "  ", None, "nêu rõ nội dung"),
        (ConcernKind.NOT_OURS, "", None, "nêu rõ lý do"),
        (ConcernKind.OBSTACLE, "x", "th-2", "chỉ nêu đơn vị khác"),
        (ConcernKind.NOT_OURS, "x", "th-1", "một đơn vị khác"),
        (ConcernKind.NOT_OURS, "x", "khong-co", "không có đơn vị"),
        (ConcernKind.OBSTACLE, "x" * 5001, None, "dài quá"),
    ],
)
def test_what_cannot_be_read_as_a_concern_is_refused(
    office: Office, kind: ConcernKind, text: str, unit: str | None, why: str
) -> None:
    """Without words, or naming a unit that cannot take it: one sentence, and no row."""
    more = {"rather_unit": unit} if unit else {}
    with pytest.raises(Refused, match=why):
        raised(office, kind, text, **more)

    with reading(office.engine) as session:
        assert session.exec(select(Concern)).all() == []


def test_what_has_ended_has_no_obstacle(office: Office) -> None:
    """Work that is done is spoken of by returning it, not by a concern."""
    with transaction(office.engine) as session:
        mine = session.get_one(Assignment, task_id(office))
        submit_report(session, mine, Filing(by="lan", document="12/KH-TH, 09/3/2026"), NOW)
    with pytest.raises(Refused, match="không còn gì vướng mắc"):
        raised(office)
