"""Every wording for its case: the right words to the right reader, nothing left over from a template."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from models.database import reading, transaction
from models.ledger import Answer, Submission, Transition
from models.outbox import Letter
from models.plan import Milestone, Party, Plan
from models.units import Unit
from notifications.sections import SERIOUSNESS
from notifications.tongues import Vietnamese, shorten
from notifications.wording import (
    SHIPPED,
    BadTemplate,
    Composed,
    Wording,
    compose,
    compose_many,
    subject_of,
    subjects_of,
)

from .conftest import DUE, LIST_WORDINGS, NOW, World

WORDINGS = [name for name in SERIOUSNESS if name != "mat"]


class Read(NamedTuple):
    """A letter as its reader has it."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        """Subject and body."""
        return f"{self.subject}\n{self.body}"


def read(world: World, letter_id: int, wording: Wording, now: object = NOW) -> Read:
    """Write a letter and check what holds for every one of them."""
    with reading(world.engine) as session:
        composed = compose(session, session.get_one(Letter, letter_id), now, wording)  # type: ignore[arg-type]
    check_always(composed)
    return Read(*composed)


def check_always(letter: Composed) -> None:
    text = f"{letter.subject}\n{letter.body}"
    assert unicodedata.is_normalized("NFC", text)
    assert not re.search(r"\{\{|\}\}|\{%|None|Undefined|True|False|\[\]", text), text
    assert "!" not in text
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]\n", text), text
    assert not re.search(r"\(\)|“”| ,| \.(?!\.)|;\.|,\.|:\s*\n\n\n", text), text
    assert "\n" not in letter.subject
    assert 10 < len(letter.subject) <= 150
    assert "Mã thư TH" in letter.body


def one(world: World, wording_name: str, recipient: str, assignment: int | None = None, **notice: object) -> int:
    """A letter with one notice."""
    letter = world.letter(recipient)
    world.notice(letter, wording_name, assignment, **notice)
    return letter


# ------------------------------------------------------------------ to the unit


def test_the_opening_names_what_how_and_until_when(world: World, wording: Wording) -> None:
    """A school learns the period, the phrase as printed, the day, the cut-off, the lines it covers, the contact."""
    report = world.assignment(
        world.occurrence("kh:bao-cao:quy", cutoff_from=date(2023, 12, 15), cutoff_on=date(2024, 3, 14)),
        state="assigned",
    )
    for code, title in (("2.1", "Rà soát văn bản"), ("2.2", "Rà soát thủ tục hành chính")):
        line = world.process("kh", code, code=code, title=title, condition="covered", position=int(code[-1]))
        world.assignment(world.occurrence(line, kind="covered", asked_in="kh:bao-cao:quy"), covered_by=report)
    letter = one(world, "giao-viec", "truong-a:dau_moi", report)

    read_ = read(world, letter, wording, NOW.set(month=2, day=26))

    assert read_.subject == (
        "Thông báo kỳ báo cáo quý I/2024, hạn 25/03/2024: Kế hoạch ban hành tháng 01/2024 của Sở GD&ĐT"
    )
    for words in (
        "Kính gửi: Trường THPT Số Một\n",
        "Thực hiện Kế hoạch ban hành tháng 01/2024 của Sở GD&ĐT về “Triển khai",
        "Thời hạn: “Báo cáo quý: ngày 25 tháng cuối của quý”, hết ngày 25/03/2024 (thứ Hai).",
        "Nơi nhận báo cáo: Ủy ban nhân dân thành phố (qua Sở Nội vụ).",
        "Số liệu tính từ ngày 15/12/2023 đến ngày 14/03/2024.",
        "gồm kết quả thực hiện 2 nhiệm vụ:\n       - [2.1] Rà soát văn bản\n       - [2.2] Rà soát thủ tục",
        "phản hồi chậm nhất ngày 20/03/2024",
        "gửi báo cáo bằng văn bản qua hệ thống quản lý văn bản và điều hành",
        "Đầu mối liên hệ: Phòng Tổ chức Cán bộ, điện thoại 0225.3.000.111, thư điện tử dau-moi.so-tccb@hop-thu.vn.",
        "Trân trọng./.\nPhòng Tổ chức Cán bộ\nSở Giáo dục và Đào tạo thành phố",
    ):
        assert words in read_.body
    assert "http" not in read_.body


@pytest.mark.parametrize(
    ("title", "phrase", "name"),
    [
        ("Báo cáo định kỳ trước ngày 15/12 hàng năm", "Định kỳ trước ngày 15/12 hàng năm", "Báo cáo quý I/2024"),
        ("Báo cáo cải cách hành chính", "ngày 25 tháng cuối quý", "Báo cáo cải cách hành chính quý I/2024"),
        ("Báo cáo quý I/2024 của Sở", None, "Báo cáo quý I/2024 của Sở"),
    ],
)
def test_a_report_is_called_by_its_title_and_period(
    world: World, wording: Wording, title: str, phrase: str | None, name: str
) -> None:
    """A title made of the time phrase is only "Báo cáo"; the period is added when the title does not name it."""
    key = world.process("kh", "bao-cao:nam", kind="report", title=title, phrase=phrase, condition="recurring")
    letter = one(world, "qua-han", "truong-a:dau_moi", world.assignment(world.occurrence(key)))

    assert f"  1. {name}\n" in read(world, letter, wording).body


def test_one_paper_for_two_reports_is_said(world: World, wording: Wording) -> None:
    """The letter of the earlier day names the report the same paper answers."""
    six = world.process("kh", "bao-cao:6-thang", kind="report", title="Báo cáo 6 tháng", condition="recurring")
    first = world.occurrence(six, period="2024-H1", label="6 tháng đầu năm 2024", due_on=date(2024, 6, 24))
    world.occurrence("kh:bao-cao:quy", label="quý II/2024", due_on=date(2024, 6, 25), joined_to=first)

    letter = one(world, "giao-viec", "truong-a:dau_moi", world.assignment(first, state="assigned"))

    assert "Một lần nộp trả lời luôn: Báo cáo quý II/2024 (hạn 25/06/2024)." in read(world, letter, wording).body


def test_the_letter_at_issue_lists_all_work_with_its_days(world: World, wording: Wording) -> None:
    """One letter: every task with its phrase and computed day, what waits, what has no date, and the reports."""
    world.add(Milestone(plan_id="kh", name="qd", text="Quyết định giao biên chế của UBND thành phố"))
    dated = world.process("kh", "iii-1", code="III.1", title="Xây dựng đề án", phrase="trong quý II năm 2024",
                          deliverable="Đề án", position=1)  # fmt: skip
    always = world.process("kh", "iii-2", code="III.2", title="Tuyên truyền", phrase="thường xuyên",
                           condition="covered", position=2)  # fmt: skip
    waits = world.process("kh", "iii-3", code="III.3", title="Phân bổ biên chế", condition="waiting", waits_for="qd",
                          phrase="sau khi có Quyết định", position=3)  # fmt: skip
    undated = world.process("kh", "iii-4", code="III.4", title="Sơ kết", condition="undated", position=4)
    done = world.process("kh", "iii-5", code="III.5", title="Đã xong từ trước", position=5)
    world.add(*(Party(process_key=key, unit_id="truong-a", to_lead="truong-a:dau_moi", done=key == done)
                for key in (dated, waits, undated, done, "kh:bao-cao:quy")),
              Party(process_key=always, unit_id="truong-a", asked_in="kh:bao-cao:quy"),
              Party(process_key=dated, unit_id="truong-b"))  # fmt: skip
    world.occurrence(dated, period="2024-06-30", due_on=date(2024, 6, 30), stage="planned")
    world.occurrence("kh:bao-cao:quy", due_on=date(2024, 6, 25), period="2024-Q2", label="quý II/2024", stage="planned")
    world.occurrence(always, asked_in="kh:bao-cao:quy", due_on=date(2024, 6, 25), stage="planned", kind="covered")
    letter = one(world, "giao-nhiem-vu", "truong-a:dau_moi", unit_id="truong-a")

    read_ = read(world, letter, wording)

    assert read_.subject == "Giao nhiệm vụ thực hiện Kế hoạch ban hành tháng 01/2024 của Sở GD&ĐT"
    for words in (
        "Nhiệm vụ (4):",
        "1. [III.1] Xây dựng đề án\n     Sản phẩm: Đề án\n"
        "     Thời gian: “trong quý II năm 2024”; hạn 30/06/2024 (Chủ nhật).",
        "“thường xuyên”; thường xuyên, báo cáo kết quả trong báo cáo định kỳ, kỳ gần nhất hạn 25/06/2024 (thứ Ba).",
        "chờ Quyết định giao biên chế của UBND thành phố.",
        "[III.4] Sơ kết\n     Thời gian: chưa xác định hạn.",
        "Báo cáo phải nộp (1):",
        "kỳ gần nhất quý II/2024, hạn 25/06/2024 (thứ Ba).",
    ):
        assert words in read_.body
    assert "Đã xong" not in read_.body


@pytest.mark.parametrize(("role", "greeting"), [("dau_moi", "Trường"), ("thu_truong", "Thủ trưởng Trường")])
def test_the_reminder_counts_working_days_left(world: World, wording: Wording, role: str, greeting: str) -> None:
    """Seven working days before, to the unit or to its head."""
    report = world.late_report(state="assigned")
    letter = one(world, "nhac-den-han", f"truong-a:{role}", report)

    read_ = read(world, letter, wording, NOW.set(day=14))

    assert read_.subject == "Nhắc báo cáo quý I/2024: còn 7 ngày làm việc, hạn 25/03/2024"
    assert f"Kính gửi: {greeting} THPT Số Một\n" in read_.body
    assert "Đến 08:00 ngày 14/03/2024, Phòng Tổ chức Cán bộ chưa nhận được" in read_.body
    assert ("Thủ trưởng Trường THPT Số Một chỉ đạo" in read_.body) is (role == "thu_truong")


def test_a_reminder_on_the_day_itself_does_not_count(world: World, wording: Wording) -> None:
    """On the last day the subject says so instead of zero days."""
    letter = one(world, "nhac-den-han", "truong-a:dau_moi", world.late_report(state="assigned"))

    assert read(world, letter, wording, NOW.set(day=25)).subject.startswith("Nhắc báo cáo quý I/2024: đến hạn, hạn")


def test_days_that_differ_from_the_printed_one_are_said(world: World, wording: Wording) -> None:
    """A due day on a day off, an internal collection day, an extension: each is named beside the printed day."""
    sunday = date(2024, 3, 31)
    rolled = world.occurrence(
        "kh:bao-cao:quy", due_on=sunday, late_after=date(2024, 4, 1), collect_by=date(2024, 3, 27)
    )
    task = world.occurrence(world.process("kh", "iii-1", code="III.1", title="Đề án"), due_on=date(2024, 4, 10))
    letter = world.letter()
    world.notice(letter, "nhac-den-han", world.assignment(rolled, state="assigned"))
    world.notice(letter, "nhac-den-han", world.assignment(task, state="in_progress", first_due_on=DUE))

    subject, body = read(world, letter, wording)

    assert subject.endswith("nhiệm vụ mục III.1: còn 1 ngày làm việc, gửi chậm nhất 27/03/2024 để kịp tổng hợp")
    assert "hết ngày 31/03/2024 (Chủ nhật); do trùng ngày nghỉ, nhận đến hết ngày 01/04/2024" in body
    assert "Để kịp tổng hợp, đề nghị gửi chậm nhất ngày 27/03/2024." in body
    assert "hết ngày 10/04/2024 (thứ Tư), đã gia hạn từ ngày 25/03/2024" in body


def test_the_late_letter_gives_a_new_day_and_asks_why(world: World, wording: Wording) -> None:
    """One working day late: three working days more, the reason asked, what happens then."""
    read_ = read(world, world.late_letter("truong-a:thu_truong"), wording)

    assert read_.subject == "Quá hạn báo cáo quý I/2024: đề nghị THPT Số Một gửi chậm nhất ngày 29/03/2024"
    for words in (
        "Kính gửi: Thủ trưởng Trường THPT Số Một\n",
        "Đến nay đã quá hạn 1 ngày làm việc",
        "Đề nghị Thủ trưởng đơn vị chỉ đạo hoàn thành",
        "nêu rõ lý do chậm",
        "ghi nhận đơn vị chưa báo cáo",
    ):
        assert words in read_.body


def test_days_late_are_working_days(world: World, wording: Wording) -> None:
    """Five working days after Monday 25/03 is Monday 01/04."""
    assert "quá hạn 5 ngày làm việc" in read(world, world.late_letter(), wording, NOW.set(month=4, day=1)).body


def test_the_second_letter_names_the_days_of_the_first(world: World, wording: Wording) -> None:
    """To the head: when it was reminded and pressed, by letters that were really sent."""
    report = world.late_report()
    for day, state in ((14, "sent"), (21, "sent"), (25, "failed")):
        earlier = world.letter(day=date(2024, 3, day), state=state)
        world.notice(earlier, "nhac-den-han", report, state="sent")
    letter = one(world, "don-doc-lan-2", "truong-a:thu_truong", report)

    read_ = read(world, letter, wording)

    assert read_.subject.startswith("Đôn đốc (lần 2) báo cáo quý I/2024 thực hiện Kế hoạch")
    assert "đã có thư nhắc, đôn đốc 2 lần (ngày 14/03/2024, 21/03/2024)" in read_.body
    assert "báo cáo Ủy ban nhân dân thành phố (qua Sở Nội vụ):" in read_.body
    assert "Đề nghị Thủ trưởng đơn vị:" in read_.body


def test_only_an_authority_itself_demands(world: World, wording: Wording) -> None:
    """Signed by the Sở the second letter says yêu cầu to a school; a department says đề nghị."""
    letter = world.letter("truong-a:thu_truong", sender="so")
    world.notice(letter, "don-doc-lan-2", world.late_report())

    body = read(world, letter, wording).body

    assert "Yêu cầu Thủ trưởng đơn vị:" in body
    assert body.count("Sở Giáo dục và Đào tạo thành phố\n\n--") == 1


def test_peers_are_asked_with_respect(world: World, wording: Wording) -> None:
    """To a peer: trân trọng đề nghị Quý cơ quan, no head, no reproach; the same when it is late."""
    report = world.late_report("so-noi-vu")
    asked = read(world, one(world, "de-nghi-bao-cao", "so-noi-vu:dau_moi", report), wording)
    late = read(world, one(world, "de-nghi-som-gui", "so-noi-vu:van_thu", report), wording)

    assert asked.subject.startswith("Đề nghị phối hợp cung cấp kết quả thực hiện Kế hoạch ban hành tháng 01/2024")
    assert "Phòng Tổ chức Cán bộ trân trọng đề nghị Quý cơ quan cung cấp" in asked.body
    assert "sự quan tâm, phối hợp của Quý cơ quan" in asked.body
    assert late.subject.startswith("Đề nghị sớm gửi báo cáo quý I/2024")
    assert not re.search(r"[Qq]uá hạn|yêu cầu|Thủ trưởng|chậm", asked.text + late.text)


def test_pressing_words_turn_respectful_towards_a_peer(world: World, wording: Wording) -> None:
    """Should an office's ladder press a peer, the letter still says trân trọng đề nghị and Quý cơ quan."""
    body = read(world, world.late_letter("so-noi-vu:dau_moi"), wording).body

    assert "Trân trọng đề nghị Sở Nội vụ hoàn thành" in body
    assert "ghi nhận Quý cơ quan chưa báo cáo" in body


def test_upward_it_is_kinh_de_nghi(world: World, wording: Wording) -> None:
    """A body above the sender is asked with kính đề nghị."""
    report = world.late_report("ubnd-tp", state="assigned")
    letter = one(world, "de-nghi-bao-cao", "ubnd-tp:van_thu", report)
    reminded = one(world, "nhac-den-han", "ubnd-tp:dau_moi", report)

    assert "Kính gửi: Ủy ban nhân dân thành phố\n" in read(world, letter, wording).body
    assert "Kính đề nghị Ủy ban nhân dân thành phố" in read(world, reminded, wording).body


def test_a_returned_report_says_what_to_add_and_until_when(world: World, wording: Wording) -> None:
    """The reason, the new day, and that on time stays on time."""
    report = world.late_report(state="in_progress", redo_by=date(2024, 3, 29))
    world.add(Transition(assignment_id=report, move="return", to_state="in_progress", at=NOW, recorded_at=NOW,
                         by="tccb", reason="thiếu số liệu mục 2.1"))  # fmt: skip
    read_ = read(world, one(world, "tra-lai", "truong-a:dau_moi", report), wording)

    assert read_.subject == "Đề nghị bổ sung báo cáo quý I/2024, gửi lại chậm nhất ngày 29/03/2024"
    assert "Báo cáo quý I/2024: thiếu số liệu mục 2.1 (gửi lại chậm nhất hết ngày 29/03/2024)" in read_.body
    assert "vẫn giữ nguyên ghi nhận đúng hạn" in read_.body


@pytest.mark.parametrize(
    ("received", "on_time", "said"), [(25, True, "(đúng hạn)"), (27, False, "(nộp muộn 2 ngày làm việc)")]
)
def test_a_receipt_says_when_and_whether_on_time(
    world: World, wording: Wording, received: int, on_time: bool, said: str
) -> None:
    """The day that counts, on time or how late, the document and the receipt's code."""
    day = date(2024, 3, received)
    report = world.late_report(state="reported", received_on=day, on_time=on_time)
    world.add(Submission(unit_id="truong-a", occurrence_id=1, received_on=day, recorded_at=NOW, by="văn thư",
                         document="số 45/BC-THPT, ngày 25/03/2024"),
              Answer(submission_id=1, assignment_id=report, result="done"))  # fmt: skip
    read_ = read(world, one(world, "bien-nhan", "truong-a:van_thu", report), wording)

    assert read_.subject.startswith("Đã nhận báo cáo quý I/2024: Kế hoạch")
    assert f"ngày nhận {day:%d/%m/%Y} {said}, ghi nhận lúc 08:00 ngày 26/03/2024" in read_.body
    assert "văn bản số 45/BC-THPT, ngày 25/03/2024. Mã biên nhận BN000001." in read_.body


# ------------------------------------------------------------------ lists


def test_the_tracker_gets_one_list_by_unit_with_totals(world: World, wording: Wording) -> None:
    """Late units with their rows; reports and tasks counted apart; the sum of the parts is printed."""
    late = [world.late_report("truong-a"), world.late_report("truong-b")]
    world.late_report("truong-c", state="reported", on_time=True)
    world.late_report("mau-1", state="withdrawn")
    task = world.process("kh", "iii-1", code="III.1", title="Đề án")
    late.append(world.assignment(world.occurrence(task), "truong-a"))
    letter = world.letter("so/tccb:dau_moi")
    for each in late:
        world.notice(letter, "danh-sach-chua-bao-cao", each)

    read_ = read(world, letter, wording)

    assert read_.subject.startswith("Danh sách 2 đơn vị chưa gửi báo cáo quý I/2024 và nhiệm vụ mục III.1:")
    for words in (
        "1. Trường THPT Số Một:\n     - Báo cáo quý I/2024; hạn 25/03/2024; quá hạn 1 ngày làm việc\n     - [III.1]",
        "2. Trường THPT Số Hai: Báo cáo quý I/2024; hạn 25/03/2024",
        "phải báo cáo 3; nộp đúng hạn 1; nộp muộn 0; chưa nộp, trong hạn 0; chưa nộp, quá hạn 2; ",
        "không báo cáo 0 (cộng: 3)",
        "Không phải báo cáo: 1.",
        "[III.1] Đề án (hạn 25/03/2024): tổng số đơn vị được giao 1;",
        "Trân trọng./.\nHệ thống theo dõi nhiệm vụ\n",
    ):
        assert words in read_.body
    assert "Đầu mối liên hệ" not in read_.body


def test_leadership_reads_a_submission_with_a_checksum(world: World, wording: Wording) -> None:
    """Kính gửi Lãnh đạo, totals, the list with how often each was pressed, three proposals, Kính trình."""
    reports = [world.late_report("truong-a"), world.late_report("truong-b")]
    for day in (14, 26):
        sent = world.letter(day=date(2024, 3, day), state="sent")
        world.notice(sent, "qua-han", reports[0], state="sent")
    letter = world.letter("so/lanh-dao:thu_truong")
    for each in reports:
        world.notice(letter, "bao-cao-lanh-dao", each)

    read_ = read(world, letter, wording, NOW.set(month=4, day=8))

    assert read_.subject == "Báo cáo tình hình chấp hành chế độ báo cáo quý I/2024 và đề xuất xử lý"
    for words in (
        "Kính gửi: Lãnh đạo Sở Giáo dục và Đào tạo\n",
        "Phòng Tổ chức Cán bộ kính báo cáo",
        "phải báo cáo 2;",
        "(cộng: 2)",
        "  Báo cáo quý I/2024, hạn 25/03/2024, quá hạn 10 ngày làm việc:\n  1. Trường THPT Số Một: đã nhắc, "
        "đôn đốc 2 lần\n  2. Trường THPT Số Hai\n",
        "đã nhắc, đôn đốc 2 lần (ngày 14/03/2024, 26/03/2024)",
        "Kính đề xuất lãnh đạo xem xét, cho ý kiến: (1)",
        "Kính trình./.\nPhòng Tổ chức Cán bộ\n",
    ):
        assert words in read_.body


def test_a_body_that_leads_is_addressed_as_its_leadership(world: World, wording: Wording) -> None:
    """When the plan's leadership is a whole body, the submission goes to Lãnh đạo of it."""
    letter = one(world, "bao-cao-lanh-dao", "ubnd-tp:thu_truong", world.late_report())

    assert "Kính gửi: Lãnh đạo Ủy ban nhân dân thành phố\n" in read(world, letter, wording).body


def test_a_closed_period_is_told_with_its_result(world: World, wording: Wording) -> None:
    """Who answered, who did not, and that nothing more is sent."""
    letter = world.letter("so/tccb:dau_moi")
    world.notice(letter, "chot-ky", world.late_report("truong-a", state="missed"))
    world.late_report("truong-b", state="reported", on_time=False)

    read_ = read(world, letter, wording)

    assert read_.subject.startswith("Đã chốt kỳ: báo cáo quý I/2024")
    assert "nộp muộn 1;" in read_.body
    assert "không báo cáo 1 (cộng: 2)" in read_.body
    assert "Trường THPT Số Một: Báo cáo quý I/2024, không báo cáo (đã chốt kỳ)" in read_.body


@pytest.mark.parametrize("name", ["mo-tong-hop", "con-thieu", "qua-han-tong-hop"])
def test_a_consolidator_sees_who_is_missing(world: World, wording: Wording, name: str) -> None:
    """x of y are in, the missing by name, and the way out: close incomplete with a reason."""
    world.late_report("truong-a")
    world.late_report("truong-b", state="reported", on_time=True, answered_at=NOW)
    world.late_report("truong-c", state="withdrawn")
    key = world.process("kh", "bao-cao:tong-hop", kind="report", title="Báo cáo tổng hợp", condition="recurring",
                        tracker_id="so", details={"to": ["ubnd-tp"], "fed_by": ["quy"]})  # fmt: skip
    own = world.assignment(world.occurrence(key, due_on=date(2024, 3, 29)), "so/tccb", state="assigned")
    letter = one(world, name, "so/tccb:dau_moi", own)

    read_ = read(world, letter, wording)

    if name != "con-thieu":
        assert "1. Báo cáo tổng hợp quý I/2024\n" in read_.body
    if name != "qua-han-tong-hop":
        assert "Báo cáo quý I/2024 (hạn 25/03/2024): đã nhận 1/2; còn thiếu: Trường THPT Số Một." in read_.body
        assert "thiếu 1 đơn vị" in read_.subject
    assert re.search(r"chốt.*nêu rõ lý do", read_.body)


def test_a_consolidator_with_everything_in_hears_so(world: World, wording: Wording) -> None:
    """Nobody is missing: the subject says so and nothing is said of closing incomplete."""
    world.late_report("truong-a", state="reported", on_time=True, answered_at=NOW)
    key = world.process("kh", "bao-cao:tong-hop", kind="report", title="Báo cáo tổng hợp", condition="recurring",
                        details={"fed_by": ["quy"]})  # fmt: skip
    own = world.assignment(world.occurrence(key, due_on=date(2024, 3, 29)), "so/tccb", state="assigned")

    read_ = read(world, one(world, "mo-tong-hop", "so/tccb:dau_moi", own), wording)

    soon = read(world, one(world, "con-thieu", "so/tccb:van_thu", own), wording)
    assert "đã đủ báo cáo" in read_.subject
    assert "đã đủ báo cáo" in soon.subject
    assert "đã nhận 1/1." in read_.body
    assert "còn thiếu" not in read_.body


def test_the_tracker_is_asked_to_write_to_bodies_no_machine_writes_to(world: World, wording: Wording) -> None:
    """For a Front body the tracker drafts a letter, and is told when no answer came."""
    asked = world.late_report("mttq", state="assigned")
    draft = read(world, one(world, "de-nghi-soan-cong-van", "so/tccb:dau_moi", asked), wording)
    silent = read(world, one(world, "chua-co-phan-hoi", "so/tccb:van_thu", asked), wording)

    assert draft.subject.startswith("Soạn công văn đề nghị 1 cơ quan phối hợp báo cáo:")
    assert "Hệ thống không gửi thư cho các cơ quan này" in draft.body
    assert "trân trọng đề nghị Quý cơ quan cung cấp kết quả" in draft.body
    assert "gửi về Phòng Tổ chức Cán bộ trước khi hết ngày 25/03/2024" in draft.body
    assert silent.subject.startswith("Chưa có phản hồi của 1 cơ quan được đề nghị:")
    assert "Báo cáo quý I/2024, hạn 25/03/2024, quá hạn 1 ngày làm việc:\n  1. Ủy ban Mặt trận" in silent.body


def test_an_awaited_event_is_asked_about_with_what_waits(world: World, wording: Wording) -> None:
    """The event by its text, and the tasks that wait for it."""
    world.add(Milestone(plan_id="kh", name="qd", text="Quyết định giao biên chế của UBND thành phố"))
    world.process("kh", "iii-3", code="III.3", title="Phân bổ biên chế", condition="waiting", waits_for="qd")
    letter = one(world, "cho-su-kien", "so/tccb:dau_moi", process_key="kh:su-kien:qd")

    read_ = read(world, letter, wording)

    assert read_.subject.startswith("Hỏi sự kiện đang chờ (1): Kế hoạch")
    assert "1. Quyết định giao biên chế của UBND thành phố\n     - [III.3] Phân bổ biên chế" in read_.body


# ------------------------------------------------------------------ the whole letter


def test_several_plans_and_wordings_are_sections_of_one_letter(world: World, wording: Wording) -> None:
    """The most serious gives the subject, the others are counted; each section has its own contact."""
    world.plan("kh2", number="193/KH-UBND", issued_on="2021-08-19", issued_by="ubnd-tp", title="Phân luồng học sinh",
               tracker_id="so-noi-vu")  # fmt: skip
    second = world.process("kh2", "i-1", code="I.1", title="Hướng nghiệp", tracker_id="so-noi-vu")
    letter = world.letter()
    world.notice(letter, "nhac-den-han", world.assignment(world.occurrence(second, due_on=date(2024, 3, 29)),
                                                          state="assigned"))  # fmt: skip
    world.notice(letter, "qua-han", world.late_report())
    world.notice(letter, "giao-viec", world.late_report("truong-a", "kh2", state="assigned"))

    read_ = read(world, letter, wording)

    assert read_.subject == (
        "Quá hạn báo cáo quý I/2024: đề nghị THPT Số Một gửi chậm nhất ngày 29/03/2024 và 2 nội dung khác"
    )
    assert [line[:22] for line in read_.body.splitlines() if re.match(r"\d\. ", line)] == [
        "1. Quá hạn báo cáo quý", "2. Nhắc nhiệm vụ mục I", "3. Thông báo kỳ báo cá",
    ]  # fmt: skip
    assert "Kế hoạch số 193/KH-UBND ngày 19/08/2021 của UBND thành phố" in read_.body
    assert "Đầu mối liên hệ: Phòng Tổ chức Cán bộ" in read_.body
    assert "Đầu mối liên hệ: Sở Nội vụ" in read_.body
    assert read_.body.count("Kính gửi:") == read_.body.count("Mã thư") == 1


def test_a_unit_owing_seventeen_lines_gets_one_row_each(world: World, wording: Wording) -> None:
    """Seventeen late tasks are one section of seventeen rows; two steps on one task are one row."""
    letter = world.letter()
    for n in range(17):
        task = world.process("kh", f"t-{n}", code=f"II.{n}", title=f"Việc {n}")
        late = world.assignment(world.occurrence(task, period=f"p{n}"))
        world.notice(letter, "qua-han", late)
        world.notice(letter, "qua-han", late)

    read_ = read(world, letter, wording)

    assert read_.subject.startswith("Quá hạn 17 nhiệm vụ: ")
    assert "đối với 17 nội dung sau" in read_.body
    assert len(re.findall(r"Đã quá hạn 1 ngày làm việc", read_.body)) == 17


def test_a_long_subject_is_cut_at_a_word(world: World, wording: Wording) -> None:
    """However long titles and names are, the subject stays within 150 characters and keeps its count."""
    with transaction(world.engine) as session:
        session.get_one(Unit, "truong-a").short = "Trường Trung học phổ thông " * 8
    letter = world.late_letter()
    world.notice(letter, "giao-viec", 1)

    subject = read(world, letter, wording).subject

    assert len(subject) <= 150
    assert subject.endswith("… và 1 nội dung khác")


def test_a_line_end_in_a_title_never_reaches_the_subject(world: World, wording: Wording) -> None:
    """A title with line ends and braces is text: no header is made, no template is run."""
    task = world.process("kh", "x", title="Việc {{ 7 * 7 }}\r\nBcc: la@so.vn", code="")
    letter = one(world, "qua-han", "truong-a:dau_moi", world.assignment(world.occurrence(task)))
    with reading(world.engine) as session:
        composed = compose(session, session.get_one(Letter, letter), NOW, wording)

    assert "\n" not in composed.subject
    assert "\r" not in composed.subject
    assert "{{ 7 * 7 }}" in composed.subject


@pytest.mark.parametrize("secret", ["plan", "process"])
def test_a_confidential_plan_sends_no_title_and_no_content(world: World, wording: Wording, secret: str) -> None:
    """Neither plan, title, period, day nor units: only that something waits in the system."""
    with transaction(world.engine) as session:
        if secret == "plan":
            session.get_one(Plan, "kh").confidential = True
    task = world.process("kh", "mat-1", code="IX.9", title="Việc rất kín", confidential=secret == "process",
                         deliverable="Hồ sơ kín")  # fmt: skip
    letter = world.letter()
    for name in ("qua-han", "giao-viec", "danh-sach-chua-bao-cao"):
        world.notice(letter, name, world.assignment(world.occurrence(task, period=name)))

    read_ = read(world, letter, wording)

    assert read_.subject == "Có nhiệm vụ cần xử lý, xem tại hệ thống"
    assert "có 3 nhiệm vụ đến hạn hoặc cần xử lý, xem tại hệ thống." in read_.body
    assert not re.search(r"kín|IX\.9|Kế hoạch|12/KH|25/03", read_.text)


def test_a_confidential_task_hides_beside_an_open_one(world: World, wording: Wording) -> None:
    """In a mixed letter the open work gives the subject and the confidential one a line without content."""
    secret = world.process("kh", "mat-1", title="Việc rất kín", confidential=True)
    letter = world.late_letter()
    world.notice(letter, "don-doc-lan-2", world.assignment(world.occurrence(secret)))

    read_ = read(world, letter, wording)

    assert read_.subject.startswith("Quá hạn báo cáo quý I/2024")
    assert "kín" not in read_.text
    assert "xem tại hệ thống" in read_.body


def test_links_are_carried_only_when_others_can_follow_them(world: World, wording: Wording) -> None:
    """With a public address and a page for units a letter says where to answer; without, how to answer on paper."""
    linked = replace(wording, links="https://dondoc.so.gov.vn")
    letter, listed = world.late_letter(), world.letter("so/tccb:dau_moi")
    world.notice(listed, "danh-sach-chua-bao-cao", 1)

    with_link = read(world, letter, replace(linked, unit_page="/don-vi/{unit}")).body
    without_page = read(world, letter, linked).body
    without = read(world, letter, wording).body
    to_tracker = read(world, listed, linked).body

    assert "Xem chi tiết tại https://dondoc.so.gov.vn/plans/kh." in to_tracker
    assert "http" not in read(world, listed, wording).body
    assert "http" not in without_page
    assert "tại https://dondoc.so.gov.vn/don-vi/truong-a hoặc gửi báo cáo bằng văn bản" in with_link
    assert "http" not in without
    assert "trả lời cho biết số, ngày văn bản" in without


def test_english_stands_below_a_rule_when_the_office_wants_it(world: World, wording: Wording) -> None:
    """Vietnamese first, then a rule, then English; the subject stays Vietnamese."""
    read_ = read(world, world.late_letter(), replace(wording, bilingual=True))

    vietnamese, english = read_.body.split("-" * 60)
    assert read_.subject.startswith("Quá hạn")
    assert "Kính gửi: Trường THPT Số Một" in vietnamese
    assert "To: Trường THPT Số Một" in english
    assert "Late by 1 working day(s)." in english
    assert "end of Monday 25/03/2024" in english


@pytest.mark.parametrize("name", [*WORDINGS, "mat"])
def test_every_wording_has_both_templates(name: str) -> None:
    """Each wording of the ladders has a Vietnamese and an English template."""
    assert (SHIPPED / "vi" / f"{name}.j2").is_file()
    assert (SHIPPED / "en" / f"{name}.j2").is_file()


@pytest.mark.parametrize("relation", ["truong-a:dau_moi", "truong-a:thu_truong", "so-noi-vu:van_thu", "ubnd-tp:van_thu",
                                      "so/tccb:dau_moi", "so/lanh-dao:thu_truong"])  # fmt: skip
@pytest.mark.parametrize("links", [None, "https://dondoc.so.gov.vn"])
def test_every_wording_reads_well_to_everyone(world: World, wording: Wording, relation: str, links: str | None) -> None:
    """Every template in both languages, to a unit, a head, a peer, a higher body, the sender itself and leadership."""
    world.add(Milestone(plan_id="kh", name="qd", text="Quyết định"))
    both = replace(wording, bilingual=True, links=links, unit_page="/don-vi/{unit}")
    unit = relation.partition(":")[0]
    report = world.late_report(unit)
    task = world.assignment(world.occurrence(world.process("kh", "t", title="Việc không có mã số")), unit)
    for n, name in enumerate(WORDINGS):
        letter = world.letter(relation, day=NOW.date() - timedelta(days=n))
        if name == "cho-su-kien":
            world.notice(letter, name, process_key="kh:su-kien:qd")
        elif name == "giao-nhiem-vu":
            world.notice(letter, name)
        else:
            world.notice(letter, name, report)
            world.notice(letter, name, task)
        read(world, letter, both)


# ------------------------------------------------------------------ an office's own words


def test_an_office_puts_its_own_words_first(world: World, wording: Wording, tmp_path: Path) -> None:
    """A file of the same name in letters/ wins, may use the shared pieces, and the others stay as shipped."""
    (tmp_path / "qua-han.j2").write_text(
        'Tiêu đề: [Của Sở] {{ viec }}\n\n{% from "_chung.j2" import bang %}\nChào {{ don_vi }}:\n{{ bang(dong) }}\n'
    )
    (tmp_path / "nhac-rieng.j2").write_text("Tiêu đề: Nhắc riêng {{ viec }}\n\nNội dung riêng.\n")
    own = replace(wording, folders=(tmp_path,))
    letter = world.late_letter()
    world.notice(letter, "nhac-rieng", 1)

    read_ = read(world, letter, own)

    assert read_.subject == "[Của Sở] báo cáo quý I/2024 và 1 nội dung khác"
    assert "Chào Trường THPT Số Một:\n  1. Báo cáo quý I/2024" in read_.body
    assert "2. Nhắc riêng báo cáo quý I/2024\n\nNội dung riêng." in read_.body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Không có tiêu đề\n", "dòng đầu phải là “Tiêu đề: …”"),
        ("Tiêu đề: x\n\n\n{% if %}\n", "dòng 4"),
        ("Tiêu đề: x\n\n{{ ten_la }}\n", "ten_la"),
    ],
)
def test_a_bad_template_is_named_with_its_line(
    world: World, wording: Wording, tmp_path: Path, text: str, said: str
) -> None:
    """The sentence names the file, the line or the unknown word."""
    (tmp_path / "qua-han.j2").write_text(text)
    letter = world.late_letter()

    with reading(world.engine) as session, pytest.raises(BadTemplate) as refused:
        compose(session, session.get_one(Letter, letter), NOW, replace(wording, folders=(tmp_path,)))

    assert "qua-han.j2" in str(refused.value)
    assert said in str(refused.value)


def test_missing_templates_are_found_before_a_letter_needs_them(wording: Wording, tmp_path: Path) -> None:
    """`problems` names a wording without a template and a template that cannot be read; the shipped ones have none."""
    (tmp_path / "qua-han.j2").write_text("Tiêu đề: x\n\n{% if %}\n")
    found = replace(wording, folders=(tmp_path,)).problems(["qua-han", "la-lam", "giao-viec"])

    assert wording.problems(WORDINGS) == []
    assert ["la-lam.j2" in found[0], "qua-han.j2" in found[1], len(found)] == [True, True, 2]


# ------------------------------------------------------------------ many at once


def _queries(engine: Engine, work: object) -> int:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with Session(engine) as session:
            work(session)  # type: ignore[operator]
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in seen)


def test_many_letters_take_as_many_queries_as_one(world: World, wording: Wording) -> None:
    """Reading is set-based: the number of statements does not follow the number of letters."""
    ids = [
        world.late_letter(f"{unit}:{role}") for unit in ("truong-a", "truong-b", "truong-c") for role in ("dau_moi",)
    ]

    one_ = _queries(world.engine, lambda session: compose_many(session, ids[:1], NOW, wording))
    all_ = _queries(world.engine, lambda session: compose_many(session, ids, NOW, wording))
    bare = _queries(world.engine, lambda session: subjects_of(session, ids, NOW, wording))

    assert one_ == all_
    assert bare < all_


def test_subjects_alone_are_those_of_the_letters(world: World, wording: Wording) -> None:
    """What a simulation shows is what the letters say, for every wording."""
    world.add(Milestone(plan_id="kh", name="qd", text="Quyết định"))
    report, ids = world.late_report(), []
    for n, name in enumerate(WORDINGS):
        ids.append(world.letter(day=NOW.date() - timedelta(days=n)))
        extra = {"process_key": "kh:su-kien:qd"} if name == "cho-su-kien" else {}
        world.notice(ids[-1], name, None if extra or name == "giao-nhiem-vu" else report, **extra)

    with reading(world.engine) as session:
        whole = compose_many(session, ids, NOW, wording)
        subjects = subjects_of(session, ids, NOW, wording)
        first = subject_of(session, session.get_one(Letter, ids[0]), NOW, wording)

    assert subjects == {letter: composed.subject for letter, composed in whole.items()}
    assert first == subjects[ids[0]]
    assert len(subjects) == len(WORDINGS)


def test_a_letter_of_which_nothing_speaks_is_not_composed(world: World, wording: Wording) -> None:
    """A letter whose notices are all suppressed has no text; among many it is left out."""
    letter = world.letter()
    world.notice(letter, "qua-han", world.late_report(), state="suppressed")

    with reading(world.engine) as session:
        assert compose_many(session, [letter], NOW, wording) == {}
        with pytest.raises(LookupError):
            compose(session, session.get_one(Letter, letter), NOW, wording)


# ------------------------------------------------------------------ small words


@pytest.mark.parametrize(
    ("number", "issued_on", "said"),
    [
        ("193/KH-UBND", "2021-08-19", "Kế hoạch số 193/KH-UBND ngày 19/08/2021 của Sở"),
        ("193/KH-UBND", None, "Kế hoạch số 193/KH-UBND của Sở"),
        (None, "2024-02-07", "Kế hoạch ban hành ngày 07/02/2024 của Sở"),
        (None, "2024-01", "Kế hoạch ban hành tháng 01/2024 của Sở"),
        (None, "2022", "Kế hoạch ban hành năm 2022 của Sở"),
        (None, None, "Kế hoạch của Sở"),
    ],
)
def test_a_plan_is_called_by_what_is_known_of_it(number: str | None, issued_on: str | None, said: str) -> None:
    """With its number, or by the day, month or year it was issued."""
    assert Vietnamese().plan(number, issued_on, "Sở") == said


def test_weekdays_are_spelled_as_in_official_papers() -> None:
    """Monday is thứ Hai, Sunday Chủ nhật."""
    spelled = [Vietnamese().weekday(date(2024, 3, 25) + timedelta(days=n)) for n in range(7)]

    assert spelled == ["thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"]


def test_shortening_cuts_at_a_word_and_leaves_no_comma() -> None:
    """The ellipsis follows a whole word."""
    assert shorten("một hai, ba bốn", 10) == "một hai…"
    assert shorten("một  hai\nba", 20) == "một hai ba"


def test_the_fixtures_know_no_wording_the_product_lacks() -> None:
    """What the fixtures call lists are wordings with templates."""
    assert set(WORDINGS) >= LIST_WORDINGS
