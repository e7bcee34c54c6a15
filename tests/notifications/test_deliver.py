"""Claim, send, settle: nothing lost, nothing sent twice, whatever the channel does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, update

from calendars.working_days import WorkingDays
from models.database import transaction
from models.ledger import Assignment
from models.outbox import Letter, LetterState, Notice
from models.plan import Milestone
from models.units import ContactPoint, Unit
from notifications.apprise_channel import AppriseEmail
from notifications.channel import Delivery, Envelope, Outcome, RecordingChannel
from notifications.deliver import Claim, claim_letter, deliver_due, lapse_leases, send_again, settle
from notifications.mailbox_channel import MailboxChannel
from notifications.post import Backoff, Pace, Post
from notifications.wording import Wording

from .conftest import NOW, World
from .smtp import Inbox, answers, free_port, misbehaving, serving

REFUSED = Outcome(Delivery.FAILED, "máy chủ thư từ chối: (550, b'No such mailbox')")
DOWN = Outcome(Delivery.FAILED, "không nối được với máy chủ thư", channel_down=True)
LOST = Outcome(Delivery.UNKNOWN, "mất liên lạc khi đang gửi", channel_down=True)


# ------------------------------------------------------------------ the way of a letter


def test_a_planned_letter_is_written_sent_and_settled(world: World, post: Post, email: RecordingChannel) -> None:
    """The letter keeps its subject and body, its moment and carrier, one attempt; its notices are sent."""
    letter_id = world.late_letter()

    counts = deliver_due(world.engine, post, NOW)

    letter = world.get(Letter, letter_id)
    [envelope] = email.sent
    assert (counts.sent, counts.failed, counts.unknown) == (1, 0, 0)
    assert (letter.state, letter.carried_by, letter.tries) == ("sent", "apprise:email", 1)
    assert letter.sent_at == NOW
    assert (letter.subject, letter.body) == (envelope.subject, envelope.body)
    assert envelope.address == "dau-moi.truong-a@hop-thu.vn"
    assert envelope.sender_name == "Phòng TCCB - Sở GD&ĐT"
    assert [notice.state for notice in world.all(Notice)] == ["sent"]
    assert world.attempts(letter_id) == [("sent", None)]


def test_a_second_round_sends_nothing(world: World, post: Post, email: RecordingChannel) -> None:
    """What is sent stays sent."""
    world.late_letter()
    deliver_due(world.engine, post, NOW)

    again = deliver_due(world.engine, post, NOW)

    assert not again
    assert len(email.sent) == 1


def test_a_letter_of_tomorrow_waits(world: World, post: Post, email: RecordingChannel) -> None:
    """A letter leaves on its day, by the clock of Hà Nội whatever the zone of `now`."""
    world.late_letter(day=date(2024, 3, 27))

    deliver_due(world.engine, post, NOW.in_timezone("UTC"))
    before = len(email.sent)
    deliver_due(world.engine, post, NOW.add(hours=17).in_timezone("UTC"))

    assert before == 0
    assert len(email.sent) == 1


def test_a_refusal_waits_longer_each_time_and_is_given_up(world: World, post: Post, email: RecordingChannel) -> None:
    """5, 15, 45 minutes, then no more: the letter stays failed with every reason kept."""
    letter_id = world.late_letter()
    email.outcomes = [REFUSED] * 10
    waits, now = [], NOW
    for _ in range(4):
        deliver_due(world.engine, post, now)
        assert not deliver_due(world.engine, post, now)
        letter = world.get(Letter, letter_id)
        waits.append(letter.next_try_at and letter.next_try_at - now)
        now = letter.next_try_at or now.add(days=1)

    deliver_due(world.engine, post, NOW.add(days=30))

    assert waits == [timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=45), None]
    assert world.state(letter_id) is LetterState.FAILED
    assert world.attempts(letter_id) == [("failed", REFUSED.error)] * 4
    assert [notice.state for notice in world.all(Notice)] == ["planned"]


def test_the_backoff_has_a_cap() -> None:
    """No wait is longer than the longest."""
    backoff = Backoff(timedelta(minutes=5), 3, timedelta(hours=8), 12)

    assert [backoff.after(n) for n in (1, 2, 6, 11, 12)] == [
        timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=8), timedelta(hours=8), None,
    ]  # fmt: skip


def test_an_unknown_letter_is_never_sent_again_by_machine(world: World, post: Post, email: RecordingChannel) -> None:
    """After a lost connection no later round touches the letter; a person may send it again."""
    letter_id = world.late_letter()
    email.outcomes = [LOST]
    deliver_due(world.engine, post, NOW)
    for hours in (1, 24, 240):
        deliver_due(world.engine, replace(post, paces={}), NOW.add(hours=hours))
    untouched = len(email.sent)
    with transaction(world.engine) as session:
        again = send_again(session, letter_id)
        twice = send_again(session, letter_id)
    deliver_due(world.engine, replace(post, paces={}), NOW.add(hours=241))

    assert untouched == 1
    assert (again, twice) == (True, False)
    assert world.state(letter_id) is LetterState.SENT
    assert [outcome for outcome, _ in world.attempts(letter_id)] == ["unknown", "sent"]


def test_a_sent_letter_cannot_be_sent_again(world: World, post: Post) -> None:
    """Sending again is for what is unknown or given up."""
    letter_id = world.late_letter()
    deliver_due(world.engine, post, NOW)

    with transaction(world.engine) as session:
        assert not send_again(session, letter_id)


# ------------------------------------------------------------------ said or not, at the last moment


def test_what_was_reported_a_moment_ago_is_not_pressed(world: World, post: Post, email: RecordingChannel) -> None:
    """The letter is suppressed with the reason, and so is its notice."""
    letter_id = world.late_letter()
    _set_state(world.engine, "reported")

    counts = deliver_due(world.engine, post, NOW)

    assert counts.suppressed == 1
    assert email.sent == []
    assert world.state(letter_id) is LetterState.SUPPRESSED
    assert world.attempts(letter_id) == [("suppressed", "đã báo cáo trước giờ gửi")]
    assert [(n.state, n.reason) for n in world.all(Notice)] == [("suppressed", "đã báo cáo trước giờ gửi")]


@pytest.mark.parametrize(("state", "said"), [("withdrawn", "dừng"), ("missed", "chốt")])
def test_ended_work_is_not_pressed(world: World, post: Post, state: str, said: str) -> None:
    """Nothing is said of work that was withdrawn or closed."""
    letter_id = world.late_letter()
    _set_state(world.engine, state)

    deliver_due(world.engine, post, NOW)

    [(outcome, reason)] = world.attempts(letter_id)
    assert outcome == "suppressed"
    assert said in (reason or "")


def test_a_letter_keeps_what_still_holds(world: World, post: Post, email: RecordingChannel) -> None:
    """Of two late works one is reported: the letter leaves and speaks of the other alone."""
    report = world.late_report()
    task = world.process("kh", "iii-1", code="III.1", title="Rà soát quy hoạch mạng lưới")
    other = world.assignment(world.occurrence(task))
    letter_id = world.letter()
    world.notice(letter_id, "qua-han", report)
    world.notice(letter_id, "qua-han", other)
    with transaction(world.engine) as session:
        session.get_one(Assignment, report).state = "reported"

    deliver_due(world.engine, post, NOW)

    [envelope] = email.sent
    assert "Rà soát quy hoạch" in envelope.body
    assert "quý I/2024" not in envelope.body
    assert sorted(notice.state for notice in world.all(Notice)) == ["sent", "suppressed"]


def test_extended_work_is_not_late(world: World, post: Post, email: RecordingChannel) -> None:
    """A late letter falls silent when a new day lies ahead, and when a returned report has days left."""
    extended, returned = world.late_letter(), world.late_letter("truong-b:dau_moi")
    with transaction(world.engine) as session:
        session.get_one(Assignment, 1).late_after = date(2024, 4, 5)
        session.get_one(Assignment, 2).redo_by = date(2024, 3, 29)

    counts = deliver_due(world.engine, post, NOW)

    assert counts.suppressed == 2
    assert email.sent == []
    assert {world.state(extended), world.state(returned)} == {LetterState.SUPPRESSED}


def test_a_reminder_that_comes_too_late_is_silent(world: World, post: Post, email: RecordingChannel) -> None:
    """A reminder refused for days is not sent after the deadline: the late letter speaks instead."""
    assignment = world.late_report(state="assigned")
    letter_id = world.letter(day=date(2024, 3, 21))
    world.notice(letter_id, "nhac-den-han", assignment)

    counts = deliver_due(world.engine, post, NOW)

    assert counts.suppressed == 1
    assert email.sent == []


def test_an_event_that_has_come_is_not_asked_about(world: World, post: Post, email: RecordingChannel) -> None:
    """The question falls silent when the event was recorded in the meantime."""
    world.add(Milestone(plan_id="kh", name="qd", text="Quyết định của UBND", happened_on=date(2024, 3, 25)))
    letter_id = world.letter("so/tccb:dau_moi")
    world.notice(letter_id, "cho-su-kien", process_key="kh:su-kien:qd", each="list")

    counts = deliver_due(world.engine, post, NOW)

    assert counts.suppressed == 1
    assert email.sent == []


def test_an_ended_unit_is_never_written_to(world: World, post: Post, email: RecordingChannel) -> None:
    """A unit that ended yesterday gets nothing, and the ledger says why."""
    letter_id = world.late_letter()
    with transaction(world.engine) as session:
        session.get_one(Unit, "truong-a").valid_to = date(2024, 3, 25)

    deliver_due(world.engine, post, NOW)

    assert email.sent == []
    assert world.attempts(letter_id) == [("suppressed", "đơn vị nhận đã kết thúc hoạt động")]


def test_a_letter_that_cannot_be_written_steps_aside(
    world: World, post: Post, email: RecordingChannel, tmp_path: Path
) -> None:
    """A broken template of the office fails that letter with its name and line; the others leave."""
    (tmp_path / "qua-han.j2").write_text("Tiêu đề: x\n\n{{ khong_co }}\n")
    broken = replace(post, wording=replace(post.wording, folders=(tmp_path,)))
    bad = world.late_letter()
    good = world.letter("truong-b:dau_moi")
    world.notice(good, "don-doc-lan-2", world.late_report("truong-b"))

    counts = deliver_due(world.engine, broken, NOW)

    assert (counts.sent, counts.failed) == (1, 1)
    [(outcome, error)] = world.attempts(bad)
    assert outcome == "failed"
    assert "qua-han.j2" in (error or "")
    assert "khong_co" in (error or "")
    letter = world.get(Letter, bad)
    assert letter.next_try_at == NOW + timedelta(minutes=5)
    assert letter.claimed_at is None


# ------------------------------------------------------------------ which channel


def test_sample_units_reach_the_mailbox_only(world: World, post: Post, mailbox: RecordingChannel) -> None:
    """A sample unit's letter never meets a real channel, not even one on this machine."""
    letter_id = world.late_letter("mau-1:dau_moi")
    here = RecordingChannel("apprise:email", loopback=True)

    deliver_due(world.engine, replace(post, channels={"email": here}), NOW)

    assert here.sent == []
    assert len(mailbox.sent) == 1
    assert world.get(Letter, letter_id).carried_by == "mailbox"


@pytest.mark.parametrize(
    ("address", "loopback", "shifted", "carrier"),
    [
        ("a@so.gov.vn", False, False, "apprise:email"),
        ("a@so.gov.vn", False, True, "mailbox"),
        ("a@so.gov.vn", True, True, "apprise:email"),
        ("a@so.example", False, False, "mailbox"),
        ("a@so.EXAMPLE", False, False, "mailbox"),
        ("a@example.com", False, False, "mailbox"),
        ("a@hop.test", False, False, "mailbox"),
        ("a@may.localhost", False, False, "mailbox"),
        ("a@so.invalid", True, False, "apprise:email"),
        (None, False, True, "mailbox"),
    ],
)
def test_who_carries_a_letter(post: Post, address: str | None, loopback: bool, shifted: bool, carrier: str) -> None:
    """Reserved domains and shifted clocks never reach a server outside; a server on this machine gets everything."""
    email = RecordingChannel("apprise:email", loopback=loopback)
    chosen = replace(post, channels={"email": email}, only_loopback=shifted)

    assert chosen.carrier("email", address, sample=False).name == carrier


def test_a_channel_that_is_not_configured_is_the_mailbox(world: World, post: Post, mailbox: RecordingChannel) -> None:
    """With no channel configured nothing leaves the machine."""
    world.late_letter()
    world.notice(world.letter("truong-b:dau_moi", channel="zalo"), "qua-han", world.late_report("truong-b"))

    deliver_due(world.engine, replace(post, channels={}), NOW)

    assert len(mailbox.sent) == 2


def test_a_channel_that_is_down_rests_and_holds_up_no_other(
    world: World, post: Post, mailbox: RecordingChannel, email: RecordingChannel
) -> None:
    """After one failure of the server its other letters stay planned; the mailbox's letters leave; later all leave."""
    ids = [world.late_letter(unit) for unit in ("truong-a:dau_moi", "truong-b:dau_moi", "truong-c:dau_moi")]
    world.late_letter("mau-1:dau_moi")
    email.outcomes = [DOWN]
    time = [0.0]
    resting = replace(post, paces={"apprise:email": Pace(clock=lambda: time[0])})

    first = deliver_due(world.engine, resting, NOW)
    states = [world.state(each) for each in ids]
    time[0] = 31.0
    second = deliver_due(world.engine, resting, NOW.add(minutes=6))

    assert (first.sent, first.failed, first.left) == (1, 1, 2)
    assert len(mailbox.sent) == 1
    assert states == [LetterState.FAILED, LetterState.PLANNED, LetterState.PLANNED]
    assert (second.sent, second.left) == (3, 0)


def test_a_refused_mailbox_does_not_rest_the_channel(world: World, post: Post, email: RecordingChannel) -> None:
    """A 550 for one recipient is that recipient's matter."""
    world.late_letter()
    world.late_letter("truong-b:dau_moi")
    email.outcomes = [REFUSED]

    counts = deliver_due(world.engine, post, NOW)

    assert (counts.sent, counts.failed, counts.left) == (1, 1, 0)


def test_a_channel_keeps_its_rate(world: World, post: Post, email: RecordingChannel) -> None:
    """Three letters at one every two seconds wait twice; another channel does not wait."""
    for unit in ("truong-a", "truong-b", "truong-c"):
        world.late_letter(f"{unit}:dau_moi")
    slept: list[float] = []
    time = [100.0]

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        time[0] += seconds

    pace = Pace(spacing=2.0, clock=lambda: time[0], sleep=sleep)
    deliver_due(world.engine, replace(post, paces={"apprise:email": pace}), NOW)

    assert slept == [2.0, 2.0]
    assert len(email.sent) == 3
    assert replace(post, spacing={"email": 1.5}, paces={}).pace(email).spacing == 1.5


def test_a_limit_leaves_the_rest_for_later(world: World, post: Post, email: RecordingChannel) -> None:
    """A round may be told how many letters it may send."""
    for unit in ("truong-a", "truong-b", "truong-c"):
        world.late_letter(f"{unit}:dau_moi")

    counts = deliver_due(world.engine, post, NOW, limit=2)

    assert (counts.sent, counts.left) == (2, 1)


# ------------------------------------------------------------------ twice, and half


@dataclass
class SlowChannel(RecordingChannel):
    """Takes its time, so that two deliverers really meet."""

    gate: threading.Barrier | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, envelope: Envelope) -> Outcome:
        with self.lock:
            self.sent.append(envelope)
        return Outcome(Delivery.SENT)


@pytest.mark.parametrize("database", ["engine", "postgres_engine"])
def test_deliverers_at_once_send_each_letter_once(
    database: str, request: pytest.FixtureRequest, wording: Wording, mailbox: RecordingChannel
) -> None:
    """Four threads on one ledger, twelve letters: twelve envelopes, one attempt each."""
    world = World(request.getfixturevalue(database))
    world.found()
    world.plan()
    roles = ("van_thu", "dau_moi", "thu_truong")
    ids = []
    for unit in ("truong-a", "truong-b", "truong-c", "so-noi-vu"):
        late = world.late_report(unit)
        for role in roles:
            ids.append(world.letter(f"{unit}:{role}"))
            world.notice(ids[-1], "qua-han", late)
    channel = SlowChannel("apprise:email")
    post = Post(mailbox=mailbox, wording=wording, channels={"email": channel})
    start = threading.Barrier(4)
    totals: list[int] = []

    def work() -> None:
        start.wait()
        totals.append(deliver_due(world.engine, post, NOW).sent)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(totals) == 12
    assert sorted(envelope.recipient for envelope in channel.sent) == sorted(
        world.get(Letter, letter_id).recipient for letter_id in ids
    )
    assert [world.attempts(letter_id) for letter_id in ids] == [[("sent", None)]] * 12


def test_a_claimed_letter_is_nobody_elses(world: World, post: Post, email: RecordingChannel) -> None:
    """While one deliverer holds a letter, another finds nothing to do."""
    letter_id = world.late_letter()

    first = claim_letter(world.engine, post, email, letter_id, NOW)
    second = claim_letter(world.engine, post, email, letter_id, NOW)

    assert isinstance(first, Claim)
    assert second is None
    assert not deliver_due(world.engine, post, NOW)


def test_the_death_of_a_sender_leaves_unknown(world: World, post: Post, email: RecordingChannel) -> None:
    """Within its lease a claimed letter is left alone; after it the letter is unknown, told so, and not sent."""
    letter_id = world.late_letter()
    claim_letter(world.engine, post, email, letter_id, NOW)

    early = deliver_due(world.engine, post, NOW.add(minutes=14))
    late = deliver_due(world.engine, post, NOW.add(minutes=15))
    after = deliver_due(world.engine, post, NOW.add(days=3))

    assert (early.unknown, late.unknown, after.unknown) == (0, 1, 0)
    assert world.state(letter_id) is LetterState.UNKNOWN
    assert email.sent == []
    [(outcome, error)] = world.attempts(letter_id)
    assert outcome == "unknown"
    assert "dừng giữa chừng" in (error or "")


def test_a_clock_set_back_does_not_hold_a_letter_for_ever(world: World, post: Post, email: RecordingChannel) -> None:
    """A claim from a future beyond the lease counts as lapsed."""
    letter_id = world.late_letter()
    claim_letter(world.engine, post, email, letter_id, NOW.add(days=1))

    assert lapse_leases(world.engine, post, NOW) == 1
    assert world.state(letter_id) is LetterState.UNKNOWN


def test_late_news_of_a_slow_sender_counts(world: World, post: Post, email: RecordingChannel) -> None:
    """A sender that was only slow comes back after its lease: unknown becomes sent, once."""
    letter_id = world.late_letter()
    claim = claim_letter(world.engine, post, email, letter_id, NOW)
    assert isinstance(claim, Claim)
    lapse_leases(world.engine, post, NOW.add(hours=1))

    settle(world.engine, post, claim, Outcome(Delivery.SENT), NOW.add(hours=1))

    assert world.state(letter_id) is LetterState.SENT
    assert [notice.state for notice in world.all(Notice)] == ["sent"]


def test_late_news_do_not_touch_a_letter_planned_again(world: World, post: Post, email: RecordingChannel) -> None:
    """Once a person has planned the letter anew, the old sender's refusal changes nothing but the attempts."""
    letter_id = world.late_letter()
    claim = claim_letter(world.engine, post, email, letter_id, NOW)
    assert isinstance(claim, Claim)
    lapse_leases(world.engine, post, NOW.add(hours=1))
    with transaction(world.engine) as session:
        send_again(session, letter_id)

    settle(world.engine, post, claim, REFUSED, NOW.add(hours=2))

    assert world.state(letter_id) is LetterState.PLANNED
    assert [outcome for outcome, _ in world.attempts(letter_id)] == ["unknown", "failed"]


def test_late_news_do_not_settle_somebody_elses_claim(world: World, post: Post, email: RecordingChannel) -> None:
    """The letter was planned anew and claimed by another: the first sender's news leave that claim alone."""
    letter_id = world.late_letter()
    first = claim_letter(world.engine, post, email, letter_id, NOW)
    assert isinstance(first, Claim)
    lapse_leases(world.engine, post, NOW.add(hours=1))
    with transaction(world.engine) as session:
        send_again(session, letter_id)
    claim_letter(world.engine, post, email, letter_id, NOW.add(hours=2))

    settle(world.engine, post, first, Outcome(Delivery.SENT), NOW.add(hours=2))

    assert world.state(letter_id) is LetterState.SENDING


KILLED = """
import os, signal, sys
from pathlib import Path
import pendulum
sys.path.insert(0, sys.argv[1])
import models.ledger, models.outbox, models.plan, models.units
from calendars.working_days import WorkingDays
from models.database import open_ledger
from notifications.deliver import deliver_due
from notifications.mailbox_channel import MailboxChannel
from notifications.post import Post
from notifications.wording import Wording

class DiesAfterSending(MailboxChannel):
    def send(self, envelope):
        super().send(envelope)
        os.kill(os.getpid(), signal.SIGKILL)

post = Post(mailbox=DiesAfterSending(Path(sys.argv[3])), wording=Wording(WorkingDays()))
deliver_due(open_ledger(sys.argv[2]), post, pendulum.parse(sys.argv[4]))
"""


def test_a_process_killed_between_sending_and_sent_leaves_unknown(
    world: World, root: Path, tmp_path: Path, days: WorkingDays
) -> None:
    """A real SIGKILL after the letter left: one file, the ledger says unknown, no later round writes a second."""
    letter_id = world.late_letter()
    folder = tmp_path / "mailbox"
    script = tmp_path / "killed.py"
    script.write_text(textwrap.dedent(KILLED))
    command = [sys.executable, str(script), str(root), str(world.engine.url), str(folder), NOW.isoformat()]

    ended = subprocess.run(command, check=False, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, timeout=60)
    sending = world.state(letter_id)
    post = Post(mailbox=MailboxChannel(folder), wording=Wording(days))
    counts = deliver_due(world.engine, post, NOW.add(hours=1))

    assert ended.returncode == -signal.SIGKILL
    assert sending is LetterState.SENDING
    assert (counts.unknown, counts.sent) == (1, 0)
    assert len(list(folder.rglob("*.eml"))) == 1


def test_a_channel_that_raises_is_unknown_and_tells_no_secret(world: World, post: Post) -> None:
    """An exception says nothing of whether the letter left; its text may hold a secret and is not kept."""

    class Raises(RecordingChannel):
        def send(self, envelope: Envelope) -> Outcome:
            raise RuntimeError("mailto://thu:bi-mat@so.vn")

    letter_id = world.late_letter()
    deliver_due(world.engine, replace(post, channels={"email": Raises("apprise:email")}), NOW)

    [(outcome, error)] = world.attempts(letter_id)
    assert outcome == "unknown"
    assert "RuntimeError" in (error or "")
    assert "bi-mat" not in (error or "")


# ------------------------------------------------------------------ the whole way, to a real server


def _email_post(wording: Wording, port: int, timeout: float = 5.0) -> Post:
    channel = AppriseEmail(SecretStr(f"mailto://127.0.0.1:{port}?from=don-doc@so.vn"), timeout=timeout)
    return Post(mailbox=RecordingChannel("mailbox"), wording=wording, channels={"email": channel})


def test_letters_reach_a_real_server_once_each(world: World, wording: Wording) -> None:
    """Three letters, two rounds: three messages, each with its own subject and code, in Vietnamese."""
    ids = [world.late_letter(f"{unit}:dau_moi") for unit in ("truong-a", "truong-b", "truong-c")]
    inbox = Inbox()
    with serving(inbox) as port:
        post = _email_post(wording, port)
        deliver_due(world.engine, post, NOW)
        deliver_due(world.engine, post, NOW.add(minutes=1))

    arrived = {message["X-Dondoc-Letter"]: message for _, message in inbox.letters}
    assert len(inbox.letters) == 3
    for letter_id in ids:
        letter = world.get(Letter, letter_id)
        message = arrived[f"TH{letter_id:06d}"]
        assert message["Subject"] == letter.subject
        assert message.get_content().replace("\r\n", "\n").strip() == letter.body.strip()
        assert letter.carried_by == "apprise:email"


@pytest.mark.parametrize(
    ("until", "reply", "state"),
    [
        ("RCPT", b"550 no such mailbox\r\n", LetterState.FAILED),
        ("MAIL", b"451 greylisted\r\n", LetterState.FAILED),
        (".", b"", LetterState.UNKNOWN),
        (".", b"250 taken\r\n", LetterState.SENT),
    ],
)
def test_what_a_server_does_becomes_the_letters_state(
    world: World, wording: Wording, until: str, reply: bytes, state: LetterState
) -> None:
    """A refusal is failed, a broken line after the data unknown, an accepted letter sent."""
    letter_id = world.late_letter()

    def talk(line: socket.socket) -> None:
        answers(line, until, lambda end: end.sendall(reply))

    with misbehaving(talk) as port:
        deliver_due(world.engine, _email_post(wording, port), NOW)

    assert world.state(letter_id) is state


def test_a_hanging_server_costs_one_timeout_and_one_letter(world: World, wording: Wording) -> None:
    """Three letters against a server that hangs after the data: one unknown, two still planned."""
    ids = [world.late_letter(f"{unit}:dau_moi") for unit in ("truong-a", "truong-b", "truong-c")]
    release = threading.Event()

    def hang(_line: socket.socket) -> None:
        release.wait(5)

    with misbehaving(lambda line: answers(line, ".", hang)) as port:
        counts = deliver_due(world.engine, _email_post(wording, port, timeout=0.4), NOW)
        release.set()

    assert (counts.unknown, counts.left) == (1, 2)
    assert [world.state(each) for each in ids] == ["unknown", "planned", "planned"]


def test_no_server_leaves_everything_to_be_tried_again(world: World, wording: Wording) -> None:
    """With nobody listening one letter fails with a next day, the others wait, and no secret is kept."""
    world.late_letter()
    world.late_letter("truong-b:dau_moi")
    url = SecretStr(f"mailto://thu:bi-mat-123@127.0.0.1:{free_port()}?from=a@so.vn")
    post = Post(mailbox=RecordingChannel("mailbox"), wording=wording, channels={"email": AppriseEmail(url)})

    counts = deliver_due(world.engine, post, NOW)

    assert (counts.failed, counts.left) == (1, 1)
    [(_, error)] = world.attempts(1)
    assert "không nối được" in (error or "")
    assert "bi-mat" not in (error or "")


def test_a_contact_without_an_address_fails_and_says_so(world: World, wording: Wording) -> None:
    """A real channel and no address: failed, to be tried again when someone has written it down."""
    letter_id = world.late_letter()
    with transaction(world.engine) as session:
        session.get_one(ContactPoint, ("truong-a:dau_moi", "email")).address = None

    deliver_due(world.engine, _email_post(wording, free_port()), NOW)

    assert world.state(letter_id) is LetterState.FAILED
    assert "chưa có địa chỉ" in (world.attempts(letter_id)[0][1] or "")


def _set_state(engine: Engine, state: str) -> None:
    with transaction(engine) as session:
        session.execute(update(Assignment).values(state=state))


def test_the_clock_is_read_anew_for_every_step(world: World, post: Post, at_eight: Callable[[], datetime]) -> None:
    """Given a clock instead of a moment, claim and settlement carry their own times."""
    letter_id = world.late_letter()
    ticks = iter(NOW.add(seconds=n) for n in range(100))

    deliver_due(world.engine, post, lambda: next(ticks))

    letter = world.get(Letter, letter_id)
    assert letter.claimed_at < letter.sent_at
    assert at_eight() == NOW
