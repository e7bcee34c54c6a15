"""`simulate` on the command line: every form of the same answer, a file of deeds, a ledger to keep and to look into."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from cli.main import app
from config.bootstrap import look_into
from config.clock import parse_moment
from models.database import reading, transaction
from models.outbox import Attempt, Letter
from models.read_only import LedgerUnreadable

WINDOW = ("--plan", "pgd-haian-cchc-2024", "--from", "2024-05-20", "--to", "2024-07-10")


def run(*words: str) -> Result:
    """Run `dondoc …`."""
    return CliRunner().invoke(app, list(words))


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The window with units that are late, as JSON."""
    result = run("simulate", *WINDOW, "--reports", "late", "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_json_has_the_fields_of_the_contract(late: dict[str, Any]) -> None:
    """Two counts and two lists with their fields; beside them periods, held steps and what was not said."""
    assert isinstance(late["occurrences"], int)
    assert isinstance(late["assignments"], int)
    assert {"assignment", "from", "to", "at"} <= late["transitions"][0].keys()
    assert {"assignment", "step", "recipient", "channel", "at", "subject"} <= late["notices"][0].keys()
    assert late["letters"] == len({notice["letter"] for notice in late["notices"]})
    assert late["occurrences"] == sum(period["opened_at"] is not None for period in late["periods"])
    assert late["refused"] == late["unused"] == []


def test_a_period_that_opens_in_the_window_and_is_due_after_it_is_there() -> None:
    """The window ends between the opening and the day: the letters of the opening are said all the same."""
    result = run("simulate", "--plan", "sgddt-hp-kl50", "--from", "2026-11-01", "--to", "2026-11-20", "--json")
    found = json.loads(result.stdout)

    assert {notice["step"] for notice in found["notices"]} >= {"giao"}
    assert ("nam", "2026", "2026-12-14") in {(p["task"], p["period"], p["due_on"]) for p in found["periods"]}


def test_csv_has_every_move_and_every_message_in_order(late: dict[str, Any]) -> None:
    """As many rows of each kind as the JSON has, ordered by time; in a file with the mark that Excel looks for."""
    text = run("simulate", *WINDOW, "--reports", "late", "--format", "csv").stdout
    assert run("simulate", *WINDOW, "--reports", "late", "--out", "thu.csv").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(text)))
    kinds = Counter(row["what"] for row in rows)

    assert kinds["message"] == len(late["notices"])
    assert kinds["receipt"] == len(late["receipts"]) > 0
    assert kinds["move"] == len(late["transitions"])
    assert kinds["opens"] == late["occurrences"]
    assert [row["at"][:10] for row in rows] == sorted(row["at"][:10] for row in rows)
    assert Path("thu.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_calendar_has_an_event_for_each_letter(late: dict[str, Any]) -> None:
    """Read back by a parser that did not write it: letters at eight in the morning, due days as whole days."""
    vobject = pytest.importorskip("vobject")
    result = CliRunner().invoke(app, ["simulate", *WINDOW, "--reports", "late", "--format", "ics"])
    events = list(vobject.readOne(result.stdout_bytes.decode()).vevent_list)
    letters = [event for event in events if event.summary.value.startswith("Thư: ")]

    assert len(letters) == late["letters"]
    assert {f"{event.dtstart.value:%H:%M%z}" for event in letters} == {"01:00+0000"}  # eight in Vietnam
    assert len({event.uid.value for event in events}) == len(events)


class _Page(HTMLParser):
    """What a page is made of, and whether its tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_tells_every_letter_by_month(late: dict[str, Any]) -> None:
    """One file: no script, no address outside it, every tag closed; the months add up to all letters."""
    run("simulate", *WINDOW, "--reports", "late", "--out", "thu.html")
    html = Path("thu.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(html)

    assert page.open == []
    assert page.tags["script"] == page.tags["link"] == page.tags["img"] == 0
    assert all(address.startswith("#") for address in page.addresses)
    assert "url(" not in html
    assert "@import" not in html
    assert sum(int(n) for n in re.findall(r"<small>(\d+) thư, \d+ hạn", html)) == late["letters"]
    assert "Tháng 6/2024" in html
    assert "mọi đơn vị báo cáo muộn" in html


def test_the_table_names_people_and_adds_up(late: dict[str, Any]) -> None:
    """Without a format: a line for each letter, whom it reaches by name, and the sums; nothing on stderr in a pipe."""
    result = run("simulate", *WINDOW, "--reports", "late")

    assert len(re.findall(r"\d\d/\d\d/\d{4} 08:00", result.stdout)) == late["letters"]
    assert "đầu mối" in result.stdout
    assert f"{late['letters']} thư với {len(late['notices'])} lượt nhắc (mọi đơn vị báo cáo muộn)" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--format", "pdf"), 2, "html"),
        (("--reports", "recorded:khong-co.csv"), 2, "khong-co.csv"),
        (("--reports", "recorded:sai.csv"), 1, "sai.csv:3: không có đơn vị “th-9”"),
        (("--reports", "recorded:nhi-phan.csv"), 1, "UTF-8"),
        (("--out", "khong/co/thu.json"), 1, "không ghi được"),
        (("--ledger", "."), 2, "thư mục"),
    ],
)
def test_what_cannot_be_done_is_one_clear_sentence(words: tuple[str, ...], code: int, said: str) -> None:
    """A format that is not, a file that is missing, wrong or not text, a place nobody can write to."""
    Path("sai.csv").write_text(
        "plan,task,unit,reported\npgd-haian-cchc-2024,quy,mau-ha-th-1,2024-06-20\n"
        "pgd-haian-cchc-2024,quy,th-9,2024-06-20\n"
    )
    Path("nhi-phan.csv").write_bytes(b"\xff\xfe\x00")
    result = run("simulate", "--plan", "sgddt-hp-kl50", "--from", "2026-01-01", "--to", "2026-01-02", *words)

    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_recorded_rows_that_found_nothing_are_told_on_stderr() -> None:
    """The answer is still given; what was not used is named with its line."""
    Path("viec.csv").write_text("plan,task,unit,reported\npgd-haian-cchc-2024,quy,mau-ha-th-1,2023-06-20\n")
    result = run("simulate", *WINDOW, "--reports", "recorded:viec.csv", "--json")

    assert json.loads(result.stdout)["unused"][0]["line"] == 2
    assert "dòng 2: " in result.stderr


# ------------------------------------------------------------------ the ledger that is kept


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A short simulation's ledger."""
    result = run("simulate", "--plan", "pgd-haian-cchc-2024", "--from", "2024-02-01", "--to", "2024-03-29",
                 "--reports", "random:3", "--ledger", "nhap.db", "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    return tmp_path / "nhap.db"


def test_the_kept_ledger_has_whole_letters_and_a_chain_that_holds(kept: Path) -> None:
    """Bodies to read, a try for each letter, everything sealed and proved."""
    from actions.verify_audit import verify

    house = look_into(kept)
    with reading(house.engine) as session:
        letters = session.exec(select(Letter)).all()
        attempts = session.exec(select(Attempt)).all()
        proof = verify(session)
    house.engine.dispose()

    assert len(letters) == len(attempts) > 20
    assert all(letter.body and letter.subject for letter in letters)
    assert proof.ok, proof
    assert house.clock.now() == parse_moment("2024-03-29T23:59")


def test_a_scratch_ledger_is_never_written_over_anything_else(kept: Path, tmp_path: Path) -> None:
    """An office's own ledger, or any other file, stays; an earlier scratch ledger is replaced."""
    assert run("apply", "sgddt-hp-kl50", "--at", "2026-11-21").exit_code == 0
    (real,) = (tmp_path / "var").rglob("ledger.db")
    (tmp_path / "thu.txt").write_text("thư")
    window = ("simulate", "--plan", "sgddt-hp-kl50", "--from", "2026-11-01", "--to", "2026-11-03", "--json")
    before = kept.read_bytes()
    refusals = [run(*window, "--ledger", str(path)) for path in (real, tmp_path / "thu.txt")]
    replaced = run(*window, "--ledger", str(kept))

    assert [(result.exit_code, "chọn tên khác" in result.stderr) for result in refusals] == [(1, True)] * 2
    with closing(sqlite3.connect(real)) as ledger:  # not by bytes: SQLite itself folds its -wal into the file
        assert ledger.execute("SELECT id FROM plans").fetchall() == [("sgddt-hp-kl50",)]
        assert ledger.execute("SELECT count(*) FROM letters WHERE carried_by = 'mô phỏng'").fetchone() == (0,)
    assert (tmp_path / "thu.txt").read_text() == "thư"
    assert replaced.exit_code == 0
    assert kept.read_bytes() != before


def test_a_ledger_opened_to_look_at_refuses_every_write_and_stays_as_it_is(kept: Path) -> None:
    """The database refuses, not only the program; the file is the same, byte for byte, and nothing lies beside it."""
    before, around = kept.read_bytes(), sorted(kept.parent.iterdir())
    house = look_into(kept, at=parse_moment("2024-03-01"))
    with pytest.raises(OperationalError, match="readonly"), transaction(house.engine) as session:
        session.add(Letter(recipient="a:b", channel="email", sender_id="x", day=house.clock.now().date(),
                           state="planned", planned_at=house.clock.now()))  # fmt: skip
    with pytest.raises(SQLAlchemyError), Session(house.engine) as session:
        session.connection().exec_driver_sql("CREATE TABLE anything (x)")
    house.engine.dispose()

    assert house.settings.read_only
    assert f"{house.clock.now():%d/%m/%Y %H:%M}" == "01/03/2024 08:00"
    assert kept.read_bytes() == before
    assert sorted(kept.parent.iterdir()) == around


def test_a_ledger_another_process_writes_can_be_looked_at(tmp_path: Path) -> None:
    """A real house's ledger in WAL mode: what was committed a moment ago is seen."""
    assert run("apply", "sgddt-hp-kl50", "--at", "2026-11-21").exit_code == 0
    (ledger,) = (tmp_path / "var").rglob("ledger.db")
    writer = sqlite3.connect(ledger)
    writer.execute("UPDATE plans SET title = 'vừa đổi'")
    writer.commit()
    house = look_into(ledger)
    with reading(house.engine) as session:
        titles = set(session.connection().exec_driver_sql("SELECT title FROM plans").scalars())
    house.engine.dispose()
    writer.close()

    assert titles == {"vừa đổi"}


def test_what_is_no_ledger_of_ours_is_refused_with_a_sentence(kept: Path, tmp_path: Path) -> None:
    """Missing, not SQLite, another program's database, an older and a newer schema."""
    (tmp_path / "chu.db").write_text("không phải sổ")
    with sqlite3.connect(tmp_path / "khac.db") as other:
        other.execute("CREATE TABLE x (y)")
    cases = {"khong-co.db": "không có sổ", "chu.db": "không phải tệp SQLite", "khac.db": "không có bảng"}
    for version, said in (("0001", "dondoc migrate"), ("9999", "cần bản mới hơn")):
        copy = tmp_path / f"{version}.db"
        copy.write_bytes(kept.read_bytes())
        with sqlite3.connect(copy) as connection:
            connection.execute("UPDATE dondoc_schema SET version_num = ?", (version,))
        cases[copy.name] = said
    for name, said in cases.items():
        with pytest.raises(LedgerUnreadable, match=said):
            look_into(tmp_path / name)
        result = run("up", "--ledger", str(tmp_path / name), "--read-only", "--port", "18999")
        assert (result.exit_code, said in result.stderr) == (1, True), result.output


@pytest.mark.parametrize("words", [("--read-only",), ("--ledger", "x.db")])
def test_a_ledger_is_only_opened_to_look_at(words: tuple[str, ...]) -> None:
    """`--ledger` and `--read-only` go together; one without the other is a question of usage."""
    result = run("up", *words)

    assert result.exit_code == 2
    assert "đi cùng nhau" in result.stderr
