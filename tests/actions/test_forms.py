"""Drafts by version, the head's approval, corrections, letters a person asks for; also on PostgreSQL."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from actions.correct import correct_report
from actions.decide import accept
from actions.draft_body import Asked, Body, FigureBody, LineBody, Paper, decimal_of, filing_of, paper_of, split_document
from actions.forms import Conflict, Hand, approve, ask_head, draft_of, file_form, paper_of_unit, save_draft, take_back
from actions.forms import waiting_draft as waiting
from actions.move import Refused
from actions.send_link import send_unit_link
from actions.submit import Filing, submit_report
from actions.unit_page import form_page, receipt_page, unit_page
from config.doors import signer
from config.keys import Keys
from models.accounts import LinkPurpose
from models.database import transaction
from models.forms import Draft
from models.ledger import Answer, Assignment, Submission
from models.lifecycle import Result, State
from models.outbox import Letter, LetterState, Notice
from tests.office import Office, at, rules

REPORT = "kh quy 2026-Q1 th-1"
LAN, MINH = Hand("Lan", "k1"), Hand("Minh", "k2")
BASE = "https://cong.example"


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest) -> Office:
    """The small office, its first quarter open."""
    engine: Engine = request.getfixturevalue("engine" if request.param == "sqlite" else "postgres_engine")
    made = Office(engine, rules())
    made.apply("2026-01-05")
    made.tick("2026-02-25")
    return made


def report(office: Office, session: Session) -> Assignment:
    """The first school's report."""
    return office.assignment(session, REPORT)


def test_a_draft_is_saved_by_the_version_it_began_from(office: Office) -> None:
    """The first save makes it and begins the work; an old version, or a second first one, is told who was faster."""
    now = at("2026-03-02", 9)
    with transaction(office.engine) as session:
        assert save_draft(session, report(office, session), {"lines": {}}, 0, LAN, now).version == 1
        assert report(office, session).state == State.IN_PROGRESS
    for version in (0, 7):
        with pytest.raises(Conflict, match="Lan đã lưu lúc 09:01"), transaction(office.engine) as session:
            save_draft(session, report(office, session), {"lines": {"1": "x"}}, version, MINH, now)
    with transaction(office.engine) as session:
        assert save_draft(session, report(office, session), {"lines": {}}, 1, MINH, now).version == 2
        assert len(session.exec(select(Draft)).all()) == 1


def test_a_form_is_filed_once(office: Office) -> None:
    """Its draft is gone with it; from an old page nothing is filed over what came later."""
    now = at("2026-03-02", 9)
    with transaction(office.engine) as session:
        save_draft(session, report(office, session), {"lines": {}}, 0, LAN, now)
    with pytest.raises(Conflict), transaction(office.engine) as session:
        file_form(session, report(office, session), Filing(by="Minh"), 0, now)
    with transaction(office.engine) as session:
        file_form(session, report(office, session), Filing(by="Lan"), 1, now)
        assert draft_of(session, report(office, session)) is None
        assert report(office, session).state == State.REPORTED
    with pytest.raises(Conflict, match="báo cáo vừa được gửi"), transaction(office.engine) as session:
        save_draft(session, report(office, session), {"lines": {}}, 1, MINH, now)


def test_the_head_approves_one_version(office: Office) -> None:
    """What was taken back, or belongs to an earlier draft of the same number, cannot be approved."""
    now = at("2026-03-02", 9)
    with transaction(office.engine) as session:
        save_draft(session, report(office, session), {"lines": {}}, 0, LAN, now)
        draft, reader = ask_head(session, office.rules, report(office, session), 1, now)
        number, version = draft.id, draft.version
    assert reader == "th-1:thu_truong"
    for wrong in (("th-2", number, version, now), ("th-1", number, version + 1, now),
                  ("th-1", number, version, now - timedelta(days=1)), ("th-1", None, None, now)):  # fmt: skip
        with pytest.raises(Refused, match="đã được xử lý"), transaction(office.engine) as session:
            waiting(session, *wrong)
    with pytest.raises(Refused, match="đang trình"), transaction(office.engine) as session:
        save_draft(session, report(office, session), {"lines": {}}, version, MINH, now)
    with transaction(office.engine) as session:
        take_back(session, report(office, session), version)
    with pytest.raises(Refused), transaction(office.engine) as session:
        waiting(session, "th-1", number, version, now)
    with transaction(office.engine) as session:
        draft, _ = ask_head(session, office.rules, report(office, session), version + 1, now)
        found, mine = waiting(session, "th-1", draft.id, draft.version, now)
        approve(session, found, mine, Filing(by="Lan", approved_by="Hiệu trưởng"), now)
        assert [row.approved_by for row in session.exec(select(Submission))] == ["Hiệu trưởng"]


def test_a_correction_keeps_the_day_and_the_version_before(office: Office) -> None:
    """A late correction of a report that was on time stays on time; once confirmed there is none."""
    with transaction(office.engine) as session:
        submit_report(session, report(office, session), Filing(by="Lan", text="một"), at("2026-03-24", 9))
    with transaction(office.engine) as session:
        after = correct_report(session, report(office, session), Filing(by="Lan", text="hai"), at("2026-03-30", 9))
        mine = report(office, session)
        assert (after.received_on, mine.on_time, mine.state) == (date(2026, 3, 24), True, State.REPORTED)
        assert len(session.exec(select(Answer).where(col(Answer.submission_id) == after.corrects)).all()) == 2
    with transaction(office.engine) as session:
        accept(session, [report(office, session)], at("2026-03-31", 9), by="so")
    with pytest.raises(Refused, match="đã được xác nhận"), transaction(office.engine) as session:
        correct_report(session, report(office, session), Filing(by="Lan"), at("2026-03-31", 10))


def test_a_letter_asked_for_leaves_beside_the_letter_of_the_day(office: Office) -> None:
    """It is planned in the agency's name for today, once; the day's own letter is neither used up nor held up."""
    with transaction(office.engine) as session:
        assert send_unit_link(session, office.rules, "th-1", at("2026-02-26", 6))
        assert not send_unit_link(session, office.rules, "khong-co", at("2026-02-26", 6))
        assert not send_unit_link(session, office.rules, "mttq", at("2026-02-26", 6))
        [letter] = session.exec(select(Letter)).all()
        [notice] = session.exec(select(Notice).where(col(Notice.wording) == "lien-ket")).all()
        assert (letter.recipient, letter.sender_id, letter.day) == ("th-1:van_thu", "so", date(2026, 2, 26))
        assert (letter.state, notice.letter_id) == (LetterState.PLANNED, letter.id)
    assert ("th-1:dau_moi", ["giao"]) in office.post("2026-02-26")


def test_another_units_paper_is_not_found(office: Office) -> None:
    """By its own number or a line's, and a line leads to its report."""
    with transaction(office.engine) as session:
        mine = report(office, session)
        line = session.exec(select(Assignment).where(col(Assignment.covered_by) == mine.id)).one()
        assert paper_of_unit(session, "th-1", line.id or 0).id == mine.id
        for number in (mine.id or 0, line.id or 0, 10**9):
            with pytest.raises(LookupError):
                paper_of_unit(session, "th-2", number)


def test_the_questions_are_answered_on_both_databases(office: Office) -> None:
    """The unit's page, its form and its receipt."""
    now = at("2026-03-02", 9)
    with transaction(office.engine) as session:
        filed = submit_report(session, report(office, session), Filing(by="Lan"), now).id or 0
    with transaction(office.engine) as session:
        page = unit_page(session, "th-1", now, office.rules.days)
        form = form_page(session, report(office, session), now, office.rules.days)
        receipt = receipt_page(session, "th-1", filed, office.rules.days)
        assert page is not None
        assert receipt is not None
        assert [one.occurrence.period for one in page.reported] == ["2026-Q1"]
        assert form.body.by == "Lan"
        assert (receipt.code, receipt.may_correct) == (f"BN{filed:06d}", True)
        assert receipt_page(session, "th-2", filed, office.rules.days) is None


# ------------------------------------------------------------------ what is typed


@pytest.mark.parametrize(
    ("typed", "means"), [("12,5", "12.5"), ("1.234,50", "1234.50"), (" 90 ", "90"), ("0,25", "0.25")]
)
def test_a_figure_has_a_decimal_comma(typed: str, means: str) -> None:
    """Dots part thousands."""
    assert decimal_of(typed) == means


@pytest.mark.parametrize("typed", ["12.5", "1,2,3", "-1", "1.23,4", "chín", "1e5", "", "1 %"])
def test_what_is_no_figure_is_refused(typed: str) -> None:
    """Among them a decimal point, which could be read two ways."""
    with pytest.raises(ValueError, match="decimal comma"):
        decimal_of(typed)


def test_a_form_says_everything_that_is_wrong_at_once() -> None:
    """Each problem names its field."""
    body = Body(lines={1: LineBody(result="done", day="31/02/2026"), 2: LineBody(number="5")},
                figures={3: FigureBody(denominator="0")})  # fmt: skip
    asked = Asked([1, 2], {3: True}, {3: None}, late_after=date(2026, 3, 25))
    filing, problems = filing_of(body, asked, date(2026, 3, 30))

    assert filing is None
    assert [problem.at for problem in problems] == [
        "by", "l1_day", "l2_result", "l2_day", "t3_denominator", "t3_numerator", "reason_late"]  # fmt: skip


def test_a_paper_answers_the_rest_and_leaves_what_is_filled() -> None:
    """Lines already answered keep their words; a result that is none is asked for."""
    body = Body(lines={1: LineBody(result="done", text="Xong")})
    paper = Paper("Lan", "", "", "7/BC", "24/3/2026", "", "in_progress", "")
    asked = Asked([1, 2], {}, {}, late_after=date(2026, 3, 25))
    filing, problems = paper_of(paper, body, asked, date(2026, 3, 30))

    assert problems == []
    assert filing is not None
    assert filing.received_on == date(2026, 3, 24)
    assert [(line.result, line.text) for line in filing.lines.values()] == [
        (Result.DONE, "Xong"), (Result.IN_PROGRESS, "Theo văn bản số 7/BC, ngày 24/03/2026")]  # fmt: skip


@pytest.mark.parametrize("document", ["7/BC, ngày 24/03/2026, về việc x", "7/BC, 24/3/2026", "chỉ số", "", None])
def test_a_document_is_split_for_the_form_again(document: str | None) -> None:
    """Number, day and subject as `document_of` wrote them; anything else stays whole."""
    number, day, _ = split_document(document)

    assert (number, day) == (("7/BC", "2026-03-24") if document and "7/BC" in document else (document or "", ""))


# ------------------------------------------------------------------ doors become links


def test_only_the_readers_own_doors_become_links() -> None:
    """A full stop ends the sentence; another unit's door, and another host's, stay as they are."""
    keys = Keys("a secret", 60)
    now = at("2026-03-02", 9)
    body = (f"Tại {BASE}/units-door/so/tccb. Và {BASE}/heads-door/so/tccb/12-3\n{BASE}/units-door/so và "
            "https://khac.example/units-door/so/tccb")  # fmt: skip
    signed = signer(keys, BASE)(body, "so/tccb:dau_moi", now)
    unit, head = (signed.split(f"{BASE}/{kind}/")[1].split()[0].rstrip(".") for kind in ("u", "h"))

    assert keys.read_link(LinkPurpose.UNIT, unit, now).unit_id == "so/tccb"
    link = keys.read_link(LinkPurpose.HEAD, head, now)
    assert (link.role, link.about, link.version) == ("dau_moi", 12, 3)
    assert f"{BASE}/units-door/so và https://khac.example/units-door/so/tccb" in signed
