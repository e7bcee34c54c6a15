"""What a unit's officer needs of the form, point by point (twenty of them); nobody here has an account or a script."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from actions.accounts import cut_links
from actions.decide import accept, send_back
from actions.send_link import send_unit_link
from models.accounts import LinkPurpose
from models.database import transaction
from models.forms import Concern, Draft, IndicatorValue
from models.ledger import Answer, Assignment, Evidence, Extension, Occurrence, Submission, Transition
from models.lifecycle import State
from models.outbox import Letter, LetterState, Notice

from .unit_desk import PUBLIC, Desk, Guest, answers, fields_of, open_desk, text_of

PDF = b"%PDF-1.7\n1 0 obj\n"
HEIC = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    """The office in the first quarter, three weeks before the report is due."""
    return open_desk(engine, tmp_path / "var")


@pytest.fixture
def guest(desk: Desk) -> Guest:
    """The officer of the first school, come by the link in the letter."""
    return desk.guest()


def state(desk: Desk, number: int) -> str:
    """Where an assignment stands."""
    [row] = desk.rows(Assignment, id=number)
    return str(row.state)


def links_in(letter: str) -> list[str]:
    """The addresses below the portal that a letter names."""
    return re.findall(rf"{re.escape(PUBLIC)}(/[\w./%~-]*[\w/%~-])", letter)


# ------------------------------------------------------------------ 1 reachability


def test_01_a_letter_carries_a_link_only_when_the_portal_can_be_reached(
    engine: Engine, tmp_path: Path
) -> None:
    """With a public address the letter leads to the unit's page; without one it says how to answer on paper."""
    desk = open_desk(engine, tmp_path / "var")
    desk.post()
    [letter] = desk.mail("th-1:dau_moi")
    [path] = set(links_in(letter))

    assert path.startswith("/u/")
    assert Guest(desk.app, base=PUBLIC, path=path).see().status_code == 200
    assert "có hiệu lực đến ngày 01/05/2026" in letter


@pytest.mark.parametrize("public", [None, "http://127.0.0.1:8000"])
def test_01_without_a_public_address_the_letter_says_number_and_date(
    engine: Engine, tmp_path: Path, public: str | None
) -> None:
    """No link at all, and the way to answer by a document."""
    desk = open_desk(engine, tmp_path / "var", public=public)
    desk.post()
    [letter] = desk.mail("th-1:dau_moi")

    assert "http" not in letter
    assert "trả lời cho biết số, ngày văn bản" in letter


# ------------------------------------------------------------------ 2 looking changes nothing


def test_02_opening_any_page_changes_nothing(desk: Desk, guest: Guest) -> None:
    """A mail scanner that follows every link of every page leaves the whole ledger as it was."""
    report = desk.report()
    guest.fill(report, act="save", by="Người lập")
    before = desk.everything()
    waiting, seen = [guest.path, "/units-door/th-1", "/heads-door/th-1/1-1"], set()
    while waiting:
        page = waiting.pop()
        seen.add(page)
        html = guest.get(page).text
        found = {re.sub("&amp;", "&", href) for href in re.findall(r'href="(/[^"#]*)', html)}
        waiting += sorted(found - seen - set(waiting)) if page.startswith(("/u/", "/units-door")) else []

    assert len(seen) > 8
    assert desk.everything() == before


def test_02_a_button_acknowledges(desk: Desk, guest: Guest) -> None:
    """Only “Đã nhận nhiệm vụ” begins the work, with its transition and its row in the audit."""
    report = desk.report()
    assert "Đã nhận nhiệm vụ" in guest.see().text
    answer = guest.send("/acknowledge", id=report)

    assert answer.status_code == 303
    assert state(desk, report) == State.IN_PROGRESS
    assert [row.by for row in desk.rows(Transition, assignment_id=report, move="start")] == ["th-1:dau_moi"]
    assert ("th-1:dau_moi", "acknowledge", "done") in desk.deeds()


def test_02_saving_a_draft_begins_the_work(desk: Desk, guest: Guest) -> None:
    """A draft counts as đang thực hiện, for the report and its lines."""
    guest.fill(desk.report(), act="save", by="Người lập")

    assert {state(desk, number) for number in (desk.report(), *desk.lines())} == {State.IN_PROGRESS}


# ------------------------------------------------------------------ 3 who am I


def test_03_who_fills_it_in_is_said_and_kept(desk: Desk, guest: Guest) -> None:
    """Name, position and phone stand on the receipt; the receipt letter goes to the official mailbox and the head."""
    sent = guest.fill(desk.report(), **answers(desk))
    page = text_of(guest.get(sent.headers["location"]).text)
    [submission] = desk.rows(Submission)

    assert "Người lập Nguyễn Văn A, Phó hiệu trưởng, 0900 000 001" in page
    assert (submission.by, submission.position, submission.phone) == ("Nguyễn Văn A", "Phó hiệu trưởng",
                                                                      "0900 000 001")  # fmt: skip
    receipts = {row.recipient for row in desk.rows(Notice, wording="bien-nhan")}
    assert receipts == {"th-1:van_thu", "th-1:thu_truong"}


def test_03_nobody_sends_without_a_name(desk: Desk, guest: Guest) -> None:
    """The form asks who filled it in; what was typed is a draft meanwhile."""
    answer = guest.fill(desk.report(), **(answers(desk) | {"by": ""}))

    assert answer.status_code == 422
    assert "Ghi họ tên người lập báo cáo." in text_of(answer.text)
    assert desk.rows(Submission) == []
    assert len(desk.rows(Draft)) == 1


# ------------------------------------------------------------------ 4 the head signs


def approval(desk: Desk, guest: Guest) -> Guest:
    """Submit the finished form to the head; whoever holds the link in the head's letter."""
    answer = guest.fill(desk.report(), act="head", **answers(desk))
    assert answer.status_code == 303, text_of(answer.text)
    desk.post()
    letter = desk.mail("th-1:thu_truong")[-1]
    [path] = [path for path in links_in(letter) if path.startswith("/h/")]
    return Guest(desk.app, base=PUBLIC, path=path)


def test_04_the_head_approves_by_a_second_link(desk: Desk, guest: Guest) -> None:
    """The head's letter leaves at once, the head reads the report and approves: it is filed with the head's name."""
    head = approval(desk, guest)
    page = text_of(head.see().text)
    done = head.send("/approve", approved_by="Trần Thị B, Hiệu trưởng")

    assert "Đã làm phần" in page
    assert done.status_code == 200
    [submission] = desk.rows(Submission)
    assert submission.approved_by == "Trần Thị B, Hiệu trưởng"
    assert state(desk, desk.report()) == State.REPORTED
    assert ("th-1:thu_truong", "approve", "done") in desk.deeds()


def test_04_the_head_opens_the_files_of_the_draft_and_no_others(desk: Desk, guest: Guest) -> None:
    """What is to be approved can be read, to be saved; another file of the unit cannot."""
    guest.fill(desk.report(), act="save", files={"files": ("đề cương.pdf", PDF)})
    other = desk.guest("th-2")
    other.fill(desk.report("th-2"), files={"files": ("khác.pdf", PDF + b"khac")}, **answers(desk, "th-2"))
    head = approval(desk, guest)
    [path] = re.findall(r'href="(/h/[^"]*/files/[^"]*)"', head.see().text)
    [stranger] = [row.sha256 for row in desk.rows(Evidence, kind="file")]

    assert head.get(path).content == PDF
    assert head.get(path).headers["content-disposition"].startswith("attachment")
    assert head.get(f"{head.path}/files/{stranger}").status_code == 404


def test_04_an_approval_works_once(desk: Desk, guest: Guest) -> None:
    """After approval the same link approves nothing more, and shows nothing more."""
    head = approval(desk, guest)
    head.see()
    head.send("/approve", approved_by="Trần Thị B")
    before = desk.rows(Submission)
    again = head.send("/approve", approved_by="Trần Thị B")

    assert again.status_code == 409
    assert desk.rows(Submission) == before
    assert head.see().status_code == 409


def test_04_the_head_sends_it_back_with_a_note(desk: Desk, guest: Guest) -> None:
    """The note stands on the form, the link closes, and the form can be changed and submitted again."""
    head = approval(desk, guest)
    head.see()
    head.send("/send-back", text="Bổ sung số liệu tháng 3", approved_by="Trần Thị B")
    page = text_of(guest.see(f"/forms/{desk.report()}").text)
    old = head.send("/approve", approved_by="Trần Thị B")
    again = approval(desk, guest)

    assert "Bổ sung số liệu tháng 3" in page
    assert old.status_code == 409
    again.see()
    assert again.send("/approve", approved_by="Trần Thị B").status_code == 200


def test_04_what_is_with_the_head_stands_still(desk: Desk, guest: Guest) -> None:
    """The unit cannot change what the head is reading; it takes it back first, and then the head's link is closed."""
    head = approval(desk, guest)
    [draft] = desk.rows(Draft)
    guest.see(f"/forms/{desk.report()}")
    refused = guest.send(f"/forms/{desk.report()}", act="save", version=str(draft.version), **answers(desk))
    guest.send(f"/forms/{desk.report()}/take-back", version=str(draft.version))
    head.see()

    assert refused.status_code == 409
    assert head.see().status_code == 409
    assert 'class="report"' in guest.see(f"/forms/{desk.report()}").text


# ------------------------------------------------------------------ 5 the short path for paper


def test_05_a_document_answers_the_whole_period_on_its_own_day(desk: Desk, guest: Guest) -> None:
    """Three days after the click nobody asks: the document's day counts, and every line names the document."""
    desk.set("2026-03-28")
    answer = guest.fill(desk.report(), act="paper", by="Nguyễn Văn A", paper_number="12/BC-TH1",
                        paper_day="2026-03-24")  # fmt: skip
    [submission] = desk.rows(Submission)

    assert answer.status_code == 303, text_of(answer.text)
    assert submission.received_on == date(2026, 3, 24)
    assert submission.document == "12/BC-TH1, ngày 24/03/2026"
    [report] = desk.rows(Assignment, id=desk.report())
    assert report.state == State.REPORTED
    assert report.on_time is True
    assert {answer.text for answer in desk.rows(Answer)} == {"Theo văn bản số 12/BC-TH1, ngày 24/03/2026"}


def test_05_the_day_it_was_received_counts_before_its_own(desk: Desk, guest: Guest) -> None:
    """A document dated in time and received late is late, and says why."""
    desk.set("2026-03-30")
    paper = {"by": "A", "paper_number": "12/BC", "paper_day": "25/3/2026", "paper_received": "2026-03-27"}
    refused = guest.fill(desk.report(), act="paper", **paper)
    sent = guest.fill(desk.report(), act="paper", paper_reason="Chờ số liệu", **paper)

    assert refused.status_code == 422
    assert "lý do chậm" in text_of(refused.text)
    assert sent.status_code == 303
    [submission] = desk.rows(Submission)
    assert (submission.received_on, submission.reason_late) == (date(2026, 3, 27), "Chờ số liệu")


# ------------------------------------------------------------------ 6 the unit's own .docx


def test_06_typed_once_downloaded_as_word(desk: Desk, guest: Guest) -> None:
    """The draft, and later what was sent, as a .docx with the unit's words in it."""
    guest.fill(desk.report(), act="save", **answers(desk))
    draft = guest.get(f"{guest.path}/forms/{desk.report()}/report.docx")
    sent = guest.fill(desk.report(), **answers(desk))
    filed = guest.get(sent.headers["location"] + "/report.docx")

    for answer in (draft, filed):
        assert answer.headers["content-disposition"].startswith("attachment")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
            words = package.read("word/document.xml").decode()
        assert f"Đã làm phần {desk.lines()[0]}" in words
    assert draft.content != filed.content


# ------------------------------------------------------------------ 7 previous answers


def quarter(desk: Desk, guest: Guest) -> int:
    """The first quarter answered, the second one open: its report."""
    guest.fill(desk.report(), **answers(desk))
    desk.set("2026-06-01")
    return desk.assignment("kh quy 2026-Q2 th-1").id or 0


def test_07_as_last_period_fills_what_is_empty(desk: Desk, guest: Guest) -> None:
    """For the whole table or for one line; what is typed already stays."""
    report = quarter(desk, guest)
    guest = desk.guest()  # the first link is closed by now
    fields = fields_of(guest.see(f"/forms/{report}").text)
    lines = sorted({int(found[1]) for name in fields if (found := re.match(r"l(\d+)_text", name))})
    one = guest.fill(report, act=f"previous:{lines[0]}")
    first = fields_of(guest.see(f"/forms/{report}").text)
    guest.fill(report, act="previous", **{f"l{lines[1]}_text": "Đã gõ rồi"})
    rest = fields_of(guest.see(f"/forms/{report}").text)

    english = guest.send(f"/forms/{report}?lang=en", act="nothing", **rest, pick=str(lines[0]))

    assert one.headers["location"].endswith(f"#l{lines[0]}")
    assert english.headers["location"].endswith(f"/forms/{report}?lang=en#lines")
    assert (first[f"l{lines[0]}_result"], first[f"l{lines[1]}_text"]) == ("in_progress", "")
    assert rest[f"l{lines[1]}_text"] == "Đã gõ rồi"
    assert rest[f"l{lines[2]}_text"].startswith("Đã làm phần")
    assert "Kỳ trước (quý I/2026)" in text_of(guest.see(f"/forms/{report}").text)


def test_07_nothing_to_report_for_many_lines_at_once(desk: Desk, guest: Guest) -> None:
    """“Không phát sinh” for the lines that are ticked, and no other."""
    lines = desk.lines()
    none = guest.fill(desk.report(), act="nothing")
    guest.fill(desk.report(), act="nothing", pick=[str(lines[0]), str(lines[2])])
    fields = fields_of(guest.see(f"/forms/{desk.report()}").text)

    assert none.status_code == 409
    assert [fields.get(f"l{line}_result") for line in lines] == ["nothing", None, "nothing"]


# ------------------------------------------------------------------ 8 what a line and a report say


def test_08_every_field_of_a_line_is_kept(desk: Desk, guest: Guest) -> None:
    """Result, text, document with day and subject, file, difficulties, proposals; narrative and attachment."""
    line = desk.lines()[0]
    said = answers(desk) | {
        f"l{line}_result": "done",
        f"l{line}_number": "7/QĐ-TH1",
        f"l{line}_day": "2026-02-10",
        f"l{line}_about": "ban hành quy chế",
        f"l{line}_difficulties": "Thiếu người",
        f"l{line}_proposals": "Bổ sung biên chế",
        "narrative": "Nhìn chung tốt",
    }
    sent = guest.fill(desk.report(), files={f"l{line}_files": ("minh chứng.pdf", PDF)}, **said)
    [answer] = desk.rows(Answer, assignment_id=line)
    page = text_of(guest.get(sent.headers["location"]).text)

    assert (answer.result, answer.document) == ("done", "7/QĐ-TH1, ngày 10/02/2026, ban hành quy chế")
    assert (answer.difficulties, answer.proposals) == ("Thiếu người", "Bổ sung biên chế")
    assert [row.name for row in desk.rows(Evidence, assignment_id=line)] == ["minh chứng.pdf"]
    assert desk.rows(Submission)[0].narrative == "Nhìn chung tốt"
    for words in ("Thiếu người", "Bổ sung biên chế", "minh chứng.pdf", "Nhìn chung tốt"):
        assert words in page


def test_08_the_form_says_which_figures_it_asks_for(desk: Desk, guest: Guest) -> None:
    """The cut-off sentence stands on the form."""
    report = desk.report()
    with transaction(desk.house.engine) as session:
        occurrence = session.get_one(Occurrence, session.get_one(Assignment, report).occurrence_id)
        occurrence.cutoff_from, occurrence.cutoff_on = date(2025, 12, 15), date(2026, 3, 14)
        session.add(occurrence)

    assert "Số liệu từ 15/12/2025 đến 14/03/2026." in text_of(guest.see(f"/forms/{report}").text)


# ------------------------------------------------------------------ 9 indicators


def figure_fields(desk: Desk, guest: Guest, report: int) -> tuple[str, str]:
    """The target's field names begin with this; the page of the form."""
    page = guest.see(f"/forms/{report}").text
    found = re.search(r'name="(t\d+_)numerator"', page)
    assert found
    return found[1], page


def test_09_indicators_are_a_fraction_with_a_decimal_comma(desk: Desk, guest: Guest) -> None:
    """`1.234,5` is a figure, `12.5` is not; the base year is asked once and then known."""
    at, page = figure_fields(desk, guest, desk.report())
    wrong = guest.fill(desk.report(), **answers(desk), **{f"{at}numerator": "12.5", f"{at}denominator": "0"})
    half = guest.fill(desk.report(), **answers(desk), **{f"{at}numerator": "12,5", f"{at}denominator": ""})
    sent = guest.fill(desk.report(), **answers(desk), **{
        f"{at}numerator": "1.234,5", f"{at}denominator": "1.300", f"{at}baseline": "80,25"})  # fmt: skip
    [value] = desk.rows(IndicatorValue)
    desk.set("2026-06-01")
    at, later = figure_fields(desk, desk.guest(), desk.assignment("kh quy 2026-Q2 th-1").id or 0)

    assert "Số gốc năm 2021 (chỉ hỏi một lần)" in page
    assert wrong.status_code == 422
    assert "viết dấu phẩy thập phân" in text_of(wrong.text)
    assert "cần cả tử số và mẫu số" in text_of(half.text)
    assert sent.status_code == 303, text_of(sent.text)
    assert (value.numerator, value.denominator, value.note) == ("1234.5", "1300", "Số gốc năm 2021: 80,25")
    assert "chỉ hỏi một lần" not in later
    assert "Số gốc năm 2021: 80,25" in text_of(later)


# ------------------------------------------------------------------ 10 instead of an answer


def test_10_more_time_is_asked_for_on_the_same_page(desk: Desk, guest: Guest) -> None:
    """Xin gia hạn: it stands on the page until somebody decides."""
    guest.send(f"/forms/{desk.report()}/extension", until="2026-04-03", reason_late="Chờ hướng dẫn", by="Nguyễn Văn A")
    [asked] = desk.rows(Extension)

    assert (asked.wanted_on, asked.reason, asked.asked_by) == (date(2026, 4, 3), "Chờ hướng dẫn", "Nguyễn Văn A")
    assert "Đang xin gia hạn đến 03/04/2026" in text_of(guest.see().text)


def test_10_not_ours_and_obstacles_are_said_on_the_same_page(desk: Desk, guest: Guest) -> None:
    """An obstacle of one line, and “not ours” with the unit it should go to, wait for an answer on the page."""
    line, report = desk.lines()[1], desk.report()
    guest.send(f"/forms/{report}/concern", kind="obstacle", line=str(line), text="Chưa có kinh phí")
    guest.send(f"/forms/{report}/concern", kind="not_ours", text="Việc của đơn vị khác", rather="truong 2")
    rows = desk.rows(Concern)

    assert [(row.assignment_id, row.kind, row.rather_unit) for row in rows] == [
        (line, "obstacle", None), (report, "not_ours", "th-2")]  # fmt: skip
    assert "Chưa có kinh phí · chờ trả lời" in text_of(guest.see(f"/forms/{report}").text)


# ------------------------------------------------------------------ 11 after sending


def test_11_a_report_is_corrected_until_it_is_confirmed(desk: Desk, guest: Guest) -> None:
    """A correction is a new version; the day that counts stays, both versions can be read, then it is confirmed."""
    report = desk.report()
    first = guest.fill(report, **answers(desk))
    desk.set("2026-03-27")
    line = desk.lines()[0]
    second = guest.fill(report, **{f"l{line}_text": "Đã sửa lại"})
    assert second.status_code == 303, text_of(second.text)
    submissions = desk.rows(Submission)
    old = text_of(guest.get(first.headers["location"]).text)
    new = text_of(guest.get(second.headers["location"]).text)
    with transaction(desk.house.engine) as session:
        accept(session, [session.get_one(Assignment, report)], desk.now, by="so")
    late = guest.see(f"/forms/{report}")

    assert [row.corrects for row in submissions] == [None, submissions[0].id]
    assert {row.received_on for row in submissions} == {date(2026, 3, 2)}
    [row] = desk.rows(Assignment, id=report)
    assert row.on_time is True
    assert "Đã có bản sửa thay thế" in old
    assert "Đã sửa lại" in new
    assert "Đã sửa lại" not in old
    assert 'class="report"' not in late.text
    assert len(desk.rows(Transition, assignment_id=report, move="correct")) == 1


def test_11_what_was_returned_shows_the_reason_and_the_new_day(desk: Desk, guest: Guest) -> None:
    """The reason stands on the form beside the words that were sent, and sent again it is on time."""
    report = desk.report()
    guest.fill(report, **answers(desk))
    with transaction(desk.house.engine) as session:
        send_back(session, desk.house.rules, session.get_one(Assignment, report), desk.now, by="so",
                  reason="Thiếu số liệu lớp 5", redo_by=date(2026, 3, 5))  # fmt: skip
    page = guest.see(f"/forms/{report}").text
    again = guest.fill(report)

    assert "Thiếu số liệu lớp 5" in page
    assert "Gửi lại chậm nhất hết ngày 05/03/2026" in text_of(page)
    assert fields_of(page)[f"l{desk.lines()[0]}_text"].startswith("Đã làm phần")
    assert again.status_code == 303, text_of(again.text)
    [row] = desk.rows(Assignment, id=report)
    assert (row.state, row.on_time) == (State.REPORTED, True)


# ------------------------------------------------------------------ 12 an expired link


def test_12_an_expired_link_is_renewed_to_the_registered_address(desk: Desk) -> None:
    """Ten days after the deadline an old link leads to the door; a new one comes by mail and opens the late report."""
    desk.post()
    old = desk.guest(signed_at=desk.now.subtract(days=61))
    desk.set("2026-04-08", hour=9)
    desk.post()
    closed = old.see()
    stranger = Guest(desk.app, base=PUBLIC)
    door = stranger.get("/units-door/th-1")
    asked = stranger.post("/units-door/th-1")
    before = len(desk.mail("th-1:van_thu"))
    desk.post()
    letter = desk.mail("th-1:van_thu")[before]
    [path] = links_in(letter)

    assert closed.status_code == 410
    assert "/units-door/th-1" in closed.text
    assert "Gửi lại liên kết tới địa chỉ đã đăng ký" in door.text
    assert asked.status_code == 200
    assert "@" not in asked.text + door.text
    page = Guest(desk.app, base=PUBLIC, path=path).see()
    assert "Quá hạn" in text_of(page.text)


def test_12_a_new_link_leaves_even_after_the_letter_of_the_day(desk: Desk) -> None:
    """Morning letters have left to the same reader: the link still comes the same day, also twice, and in the night."""
    desk.set("2026-03-03", hour=7)
    with transaction(desk.house.engine) as session:
        assert send_unit_link(session, desk.house.rules, "th-1", desk.now)
    desk.post()
    night = [(row.sender_id, row.state) for row in desk.letters() if row.recipient == "th-1:van_thu"]
    desk.set("2026-03-03", hour=14)
    desk.post()
    with transaction(desk.house.engine) as session:
        send_unit_link(session, desk.house.rules, "th-1", desk.now)
    desk.post()
    letters = [row for row in desk.letters() if row.recipient == "th-1:van_thu"]

    assert night == [("so", LetterState.SENT)]
    assert [(row.sender_id, row.state) for row in letters] == [("so", "sent"), ("so/tccb", "sent")]
    assert len(desk.mail("th-1:van_thu")) == 2
    with transaction(desk.house.engine) as session:
        send_unit_link(session, desk.house.rules, "th-1", desk.now.add(minutes=5))
    assert [row.send_on for row in desk.rows(Notice, wording="lien-ket")][-1] == date(2026, 3, 4)


def test_12_an_unknown_unit_gets_the_same_answer_and_no_letter(desk: Desk) -> None:
    """The door says nothing of which units there are; a unit without an address gets none either."""
    stranger = Guest(desk.app, base=PUBLIC)
    known = stranger.post("/units-door/th-2").text.replace("th-2", "X")
    unknown = stranger.post("/units-door/khong-co").text.replace("khong-co", "X")
    without = stranger.post("/units-door/th-9").text.replace("th-9", "X")

    assert known == unknown == without
    assert {row.unit_id for row in desk.rows(Notice, wording="lien-ket")} == {"th-2"}
    assert ("–", "send-link", "denied") in desk.deeds()


def test_12_the_door_is_not_knocked_at_for_ever(desk: Desk) -> None:
    """The fourth request of an hour for one unit is refused."""
    stranger = Guest(desk.app, base=PUBLIC)

    assert [stranger.post("/units-door/th-1").status_code for _ in range(4)] == [200, 200, 200, 429]


# ------------------------------------------------------------------ 13 one page for all duties


def test_13_one_page_has_all_the_duties_of_the_unit_and_no_other(desk: Desk) -> None:
    """Over both plans: the third school sees the report of the plan in words as well, and nobody else's work."""
    page = text_of(desk.guest("th-3").see().text)

    assert "Kế hoạch thử" in page
    assert "Kế hoạch chỉ hỏi bằng lời" in page
    for other in ("Việc của trường khác", "Truong 1", "Truong 2", "Kế hoạch năm học"):
        assert other not in page


# ------------------------------------------------------------------ 14 a partial answer


def test_14_ten_of_thirteen_lines_is_not_a_report(desk: Desk, guest: Guest) -> None:
    """Two of three lines: said on the page, kept as a draft, the period still counts as not reported."""
    said = answers(desk)
    missing = desk.lines()[2]
    del said[f"l{missing}_result"]
    answer = guest.fill(desk.report(), **said)
    page = text_of(guest.see(f"/forms/{desk.report()}").text)

    assert answer.status_code == 422
    assert "Dòng 3: chọn kết quả" in text_of(answer.text)
    assert "2/3 dòng đã điền" in page
    assert "kỳ vẫn tính là chưa báo cáo" in page
    assert state(desk, desk.report()) == State.IN_PROGRESS
    assert desk.rows(Submission) == []


def test_14_a_dated_task_is_sent_by_itself(desk: Desk, guest: Guest) -> None:
    """It stands below the period's form, and is answered alone: progress keeps its day, done needs the document."""
    desk.set("2026-03-04")
    task = desk.assignment("kh 4 2026-Q1 th-1").id or 0
    listed = guest.see(f"/forms/{desk.report()}").text
    progress = guest.fill(task, by="A", **{f"l{task}_result": "in_progress", f"l{task}_text": "Đang soạn"})
    undocumented = guest.fill(task, by="A", **{f"l{task}_result": "done"})
    document = {f"l{task}_number": "3/KH", f"l{task}_day": "4/3/2026"}
    done = guest.fill(task, by="A", **{f"l{task}_result": "done"}, **document)

    assert f"/forms/{task}" in listed
    assert progress.status_code == 303
    assert undocumented.status_code == 422
    assert done.status_code == 303, text_of(done.text)
    assert state(desk, task) == State.REPORTED
    assert state(desk, desk.report()) == State.ASSIGNED


# ------------------------------------------------------------------ 15 two people


def test_15_two_people_are_told_and_nobody_is_written_over(desk: Desk) -> None:
    """The second to save is told who was faster, keeps what was typed, sees both words; saving again is a decision."""
    first, second = desk.guest(role="dau_moi"), desk.guest(role="van_thu")
    report, line = desk.report(), desk.lines()[0]
    opened = fields_of(second.see(f"/forms/{report}").text)
    first.fill(report, act="save", by="Lan", **{f"l{line}_text": "Của Lan"})
    told = text_of(second.see(f"/forms/{report}").text)
    mine = opened | {"by": "Minh", f"l{line}_text": "Của Minh"}
    conflict = second.send(f"/forms/{report}", act="save", **mine)
    kept = [row.body["lines"][str(line)]["text"] for row in desk.rows(Draft)]
    again = second.send(f"/forms/{report}", act="save", **fields_of(conflict.text))
    own = text_of(first.see(f"/forms/{report}").text)

    assert "Đang được sửa bởi Lan" in told
    assert conflict.status_code == 409
    assert "Lan đã lưu lúc 09:00 02/03/2026" in text_of(conflict.text)
    assert fields_of(conflict.text)[f"l{line}_text"] == "Của Minh"
    assert "Lan đã ghi: Của Lan" in text_of(conflict.text)
    assert kept == ["Của Lan"]
    assert again.status_code == 303
    assert "Đang được sửa bởi Minh" in own


def test_15_nobody_is_told_of_themselves(desk: Desk, guest: Guest) -> None:
    """Whoever has just saved is not warned of being there."""
    guest.fill(desk.report(), act="save", by="Lan")

    assert "Đang được sửa" not in guest.see(f"/forms/{desk.report()}").text


def test_15_a_script_saves_with_the_same_care(desk: Desk) -> None:
    """Autosave answers with the next version; from an old one it answers 409 and who was faster."""
    first, second = desk.guest(), desk.guest()
    report = desk.report()
    fields = fields_of(first.see(f"/forms/{report}").text)
    second.see()
    saved = first.send(f"/forms/{report}/draft", **(fields | {"by": "Lan"}))
    stale = second.send(f"/forms/{report}/draft", **(fields | {"by": "Minh"}))

    assert saved.json() == {"version": 1, "at": "09:00", "filled": 0}
    assert stale.status_code == 409
    assert "Lan đã lưu" in stale.json()["said"]


# ------------------------------------------------------------------ 16 after the deadline


def test_16_after_the_deadline_a_reason_is_asked_for(desk: Desk, guest: Guest) -> None:
    """The label counts working days; without a reason nothing is sent."""
    desk.set("2026-03-30")
    page = text_of(guest.see(f"/forms/{desk.report()}").text)
    refused = guest.fill(desk.report(), **answers(desk))
    sent = guest.fill(desk.report(), **answers(desk), reason_late="Máy hỏng")

    assert "nộp muộn 3 ngày làm việc" in page
    assert refused.status_code == 422
    assert "đã quá hạn: ghi lý do chậm" in text_of(refused.text).lower()
    assert sent.status_code == 303
    assert "nộp muộn 3 ngày làm việc" in text_of(guest.get(sent.headers["location"]).text)
    assert desk.rows(Submission)[0].reason_late == "Máy hỏng"


# ------------------------------------------------------------------ 17 uploads


def test_17_the_rules_stand_beside_every_upload(desk: Desk, guest: Guest) -> None:
    """Types, size and “no classified material” before each file field; a photo of a telephone is taken."""
    page = guest.see(f"/forms/{desk.report()}").text
    fields = page.count('type="file"')
    sent = guest.fill(desk.report(), act="save", files={"files": ("anh.heic", HEIC)})

    assert fields == 2 + len(desk.lines())
    assert page.count("Không tải lên tài liệu mật.") == fields
    assert page.count("mỗi tệp không quá 20 MB") == fields
    assert sent.status_code == 303
    assert "anh.heic" in guest.see(f"/forms/{desk.report()}").text


# ------------------------------------------------------------------ 18 without JavaScript


def test_18_save_draft_needs_no_script(desk: Desk, guest: Guest) -> None:
    """“Lưu nháp” is the first button of the form; what was typed is there again, on another machine as well."""
    line = desk.lines()[0]
    page = guest.see(f"/forms/{desk.report()}").text
    buttons = re.findall(r'<button[^>]*value="(\w+)', page.partition('class="report"')[2])
    guest.fill(desk.report(), act="save", by="Lan", narrative="Dở dang", **{f"l{line}_text": "Một nửa"},
               files={"files": ("a.pdf", PDF)})  # fmt: skip
    again = fields_of(desk.guest().see(f"/forms/{desk.report()}").text)

    assert buttons[0] == "save"
    assert (again["by"], again["narrative"], again[f"l{line}_text"]) == ("Lan", "Dở dang", "Một nửa")


# ------------------------------------------------------------------ 19 narrative only


def test_19_a_unit_without_lines_reports_in_words(desk: Desk) -> None:
    """The school that has no task in the plan gets a form of words only, which then must be there."""
    school = desk.guest("th-3")
    report = desk.assignment("loi quy 2026-Q1 th-3").id or 0
    page = school.see(f"/forms/{report}").text
    empty = school.fill(report, by="Người lập")
    sent = school.fill(report, by="Người lập", narrative="Trường đã triển khai các nội dung")

    assert not re.search(r"l\d+_result", page)
    assert empty.status_code == 422
    assert "ghi nội dung báo cáo" in text_of(empty.text)
    assert sent.status_code == 303, text_of(sent.text)
    assert desk.rows(Submission)[0].narrative == "Trường đã triển khai các nội dung"


# ------------------------------------------------------------------ 20 personal data


def test_20_what_names_and_phones_are_for_is_said_in_one_line(desk: Desk, guest: Guest) -> None:
    """Purpose and retention stand below the fields of the person."""
    page = text_of(guest.see(f"/forms/{desk.report()}").text)

    assert "Điện thoại Họ tên, chức vụ, điện thoại chỉ dùng để liên hệ về báo cáo này" in page
    assert "theo thời hạn lưu trữ hồ sơ của cơ quan" in page


# ------------------------------------------------------------------ the letter's own link


def test_the_ledger_keeps_no_link_that_opens_anything(desk: Desk) -> None:
    """The stored letter names the door; what left names the key, bound to its reader, and can be cut off."""
    desk.post()
    [stored] = [row for row in desk.rows(Letter) if row.recipient == "th-1:dau_moi"]
    [letter] = desk.mail("th-1:dau_moi")
    [path] = set(links_in(letter))
    reader = Guest(desk.app, base=PUBLIC, path=path)
    before = reader.see().status_code
    with transaction(desk.house.engine) as session:
        cut_links(session, "th-1", LinkPurpose.UNIT, desk.now, by="quan-tri")

    assert f"{PUBLIC}/units-door/th-1" in (stored.body or "")
    assert "/u/" not in (stored.body or "")
    assert "units-door" not in letter
    assert (before, reader.see().status_code) == (200, 410)
