"""What the unit's page refuses: links that are not ours, other units' numbers, forms from elsewhere, files that are not
what they say. Each refusal changes nothing and, where somebody tried something, leaves its row in the audit."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from actions.accounts import create_account, cut_links
from models.accounts import LinkPurpose, Role
from models.database import transaction
from models.forms import Draft
from models.ledger import Assignment, Evidence, Submission
from models.units import Unit

from .conftest import signed_in
from .unit_desk import PUBLIC, Desk, Guest, answers, fields_of, open_desk, text_of

PDF = b"%PDF-1.7\n1 0 obj\n"
HTML = "<script>alert(1)</script>\"'&"


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    """The office in the first quarter."""
    return open_desk(engine, tmp_path / "var")


@pytest.fixture
def guest(desk: Desk) -> Guest:
    """The officer of the first school."""
    return desk.guest()


def without_deeds(desk: Desk) -> dict[str, list[Any]]:
    """The ledger but for its audit."""
    return {name: rows for name, rows in desk.everything().items() if name != "deeds"}


# ------------------------------------------------------------------ links


def test_forged_and_swapped_links_open_nothing(desk: Desk, guest: Guest) -> None:
    """A changed letter, another purpose's link, a feed's or a head's key on the unit's page: 404, recorded."""
    token = guest.path.removeprefix("/u/")
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    feed = desk.token("th-1", purpose=LinkPurpose.FEED)
    head = desk.token("th-1", "thu_truong", LinkPurpose.HEAD, about=1, version=1)
    paths = [f"/u/{forged}", f"/u/{feed}", f"/u/{head}", f"/h/{token}", "/u/x", f"/u/{forged}/forms/{desk.report()}"]

    assert {path: guest.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)
    assert sum(outcome == "denied" for _, _, outcome in desk.deeds()) == len(paths)


def test_expired_and_cut_off_links_take_nothing(desk: Desk, guest: Guest) -> None:
    """A form opened in time and sent after the link has closed changes nothing."""
    fields = fields_of(guest.see(f"/forms/{desk.report()}").text) | answers(desk)
    with transaction(desk.house.engine) as session:
        cut_links(session, "th-1", LinkPurpose.UNIT, desk.now, by="quan-tri")
    before = without_deeds(desk)
    fields["narrative"] = f"Câu đã viết lâu {HTML}"
    cut = guest.send(f"/forms/{desk.report()}", act="send", **fields)
    old = desk.guest(signed_at=desk.now.subtract(days=60))
    old.csrf = guest.csrf
    expired = old.post(f"{old.path}/forms/{desk.report()}", act="send", **fields)

    assert (cut.status_code, expired.status_code) == (410, 410)
    assert "Câu đã viết lâu &lt;script&gt;" in cut.text  # what was typed is given back, as text
    assert "<script>alert" not in cut.text
    assert without_deeds(desk) == before


def test_a_link_opens_until_the_last_moment(desk: Desk) -> None:
    """Sixty days, to the millisecond."""
    almost = desk.guest(signed_at=desk.now.subtract(days=60).add(seconds=1))

    assert almost.see().status_code == 200


def test_a_link_copied_with_the_full_stop_behind_it_opens(desk: Desk, guest: Guest) -> None:
    """Letters name links in sentences; what ends the sentence is no part of them."""
    page = guest.get(guest.path + ".")

    assert page.status_code == 200
    assert f'{guest.path}/forms/{desk.report()}"' in page.text


# ------------------------------------------------------------------ other units


@pytest.mark.parametrize("more", ["", "/report.docx"])
def test_anothers_form_is_as_if_it_did_not_exist(desk: Desk, guest: Guest, more: str) -> None:
    """The same answer for another unit's number and for none at all; the try is recorded."""
    theirs = guest.get(f"{guest.path}/forms/{desk.report('th-2')}{more}")
    nobodys = guest.get(f"{guest.path}/forms/999999{more}")

    assert theirs.status_code == nobodys.status_code == 404
    assert text_of(theirs.text) == text_of(nobodys.text)
    assert desk.deeds().count(("th-1:dau_moi", "GET form", "denied")) == 2


def test_anothers_numbers_in_any_deed_change_nothing(desk: Desk, guest: Guest) -> None:
    """Lines, picks, acknowledgements, drafts, extensions, concerns: another unit's id is refused and recorded."""
    mine, theirs, line = desk.report(), desk.report("th-2"), desk.lines("th-2")[0]
    guest.see()
    fields = fields_of(guest.see(f"/forms/{mine}").text) | answers(desk)
    before = without_deeds(desk)
    tried = [
        guest.send(f"/forms/{theirs}", act="send", **fields),
        guest.send(f"/forms/{mine}", act="send", **(fields | {f"l{line}_result": "done"})),
        guest.send(f"/forms/{mine}", act="nothing", **(fields | {"pick": str(line)})),
        guest.send(f"/forms/{mine}/draft", **(fields | {f"l{line}_text": "x"})),
        guest.send(f"/forms/{theirs}/draft", **fields),
        guest.send("/acknowledge", id=[str(mine), str(theirs)]),
        guest.send(f"/forms/{theirs}/extension", until="2026-04-01", reason_late="x"),
        guest.send(f"/forms/{mine}/concern", kind="obstacle", line=str(line), text="x"),
        guest.send(f"/forms/{theirs}/take-back", version="1"),
    ]

    assert {answer.status_code for answer in tried} == {404}
    assert without_deeds(desk) == before
    assert sum(outcome == "denied" for _, _, outcome in desk.deeds()) == len(tried)


def test_anothers_receipts_and_files_are_not_shown(desk: Desk, guest: Guest) -> None:
    """A receipt number and a file's hash open nothing but one's own."""
    other = desk.guest("th-2")
    sent = other.fill(desk.report("th-2"), files={"files": ("bi-mat.pdf", PDF)}, **answers(desk, "th-2"))
    number = sent.headers["location"].rpartition("/")[2]
    sha256 = desk.rows(Evidence, kind="file")[0].sha256

    assert other.get(f"{other.path}/files/{sha256}").status_code == 200
    assert other.get(f"{other.path}/files/{sha256}").headers["content-disposition"].startswith("attachment")
    assert guest.get(f"{guest.path}/receipts/{number}").status_code == 404
    assert guest.get(f"{guest.path}/receipts/{number}/report.docx").status_code == 404
    assert guest.get(f"{guest.path}/files/{sha256}").status_code == 404
    assert guest.get(f"{guest.path}/files/..%2F..%2Fledger.db").status_code == 404


def test_a_form_changes_only_what_it_asks_for(desk: Desk, guest: Guest) -> None:
    """Fields nobody asked for (state, unit, day received, approver, files by hash) are nowhere."""
    extra = {"state": "reported", "unit_id": "th-2", "received_on": "2020-01-01", "approved_by": "Giả",
             "on_time": "1", "accepted_at": "2026-01-01", "corrects": "1", "editor_key": "x",
             f"l{desk.lines()[0]}_sha256": "0" * 64, "paper_received": "2020-01-01"}  # fmt: skip
    sent = guest.fill(desk.report(), **answers(desk), **extra)
    [submission] = desk.rows(Submission)
    [row] = desk.rows(Assignment, id=desk.report())

    assert sent.status_code == 303
    assert (submission.unit_id, submission.approved_by, submission.corrects) == ("th-1", None, None)
    assert submission.received_on == desk.now.date()
    assert row.accepted_at is None
    assert [one.kind for one in desk.rows(Evidence)] == []


# ------------------------------------------------------------------ forms from elsewhere


@pytest.mark.parametrize("path", ["/acknowledge", "/forms/{form}", "/forms/{form}/draft", "/forms/{form}/extension",
                                  "/forms/{form}/concern", "/forms/{form}/take-back"])  # fmt: skip
def test_a_form_without_the_links_own_token_is_refused(desk: Desk, guest: Guest, path: str) -> None:
    """No token, another link's token, another site's form."""
    where = guest.path + path.format(form=desk.report())
    other = desk.guest("th-2")
    other.see()
    before = without_deeds(desk)
    none = guest.post(where, act="save")
    swapped = guest.ask("POST", where, data={"_csrf": other.csrf, "act": "save"})
    guest.see()
    elsewhere = guest.post(where, headers={"origin": "http://khac.example"}, act="save")

    assert {none.status_code, swapped.status_code, elsewhere.status_code} == {403}
    assert without_deeds(desk) == before


# ------------------------------------------------------------------ what is typed


def test_html_in_every_text_field_is_text(desk: Desk, guest: Guest) -> None:
    """Typed into every field of the form and of the small forms: shown as typed, never as markup, on every page."""
    report = desk.report()
    names = [name for name, value in fields_of(guest.see(f"/forms/{report}").text).items() if name != "version"]
    figures = r"_day|_received|_result|^day$|numerator|denom|baseline"
    typed = {name: HTML for name in names if not re.search(figures, name)}
    guest.fill(report, act="save", **typed)
    guest.send(f"/forms/{report}/concern", kind="obstacle", text=HTML, rather=HTML, by=HTML)
    guest.send(f"/forms/{report}/extension", until="2026-04-01", reason_late=HTML, by=HTML)
    pages = [guest.see().text, guest.see(f"/forms/{report}").text]
    line = desk.lines()[0]
    said = {name: value for name, value in typed.items() if not name.startswith("paper_")} | {
        f"l{one}_day": "2026-03-01" for one in desk.lines()} | {"day": "2026-03-01"}  # fmt: skip
    said |= {f"l{one}_result": "done" for one in desk.lines()}
    sent = guest.fill(report, files={f"l{line}_files": (f"{HTML}.pdf".replace("/", ""), PDF)}, **said)
    assert sent.status_code == 303, text_of(sent.text)
    pages += [guest.get(sent.headers["location"]).text, guest.see(f"/forms/{report}").text]

    assert all("<script>alert" not in page for page in pages)
    assert all("&lt;script&gt;" in page for page in pages[1:])


@pytest.mark.parametrize("name", ["by", "narrative", "reason_late"])
def test_what_is_far_too_long_is_refused(desk: Desk, guest: Guest, name: str) -> None:
    """A sentence, and nothing is kept."""
    answer = guest.fill(desk.report(), act="save", **{name: "x" * 50_000})

    assert answer.status_code == 409
    assert desk.rows(Draft) == []


# ------------------------------------------------------------------ uploads


def macro() -> bytes:
    """A Word file with a macro in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name in ("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"):
            package.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"MZ\x90\x00", "chương trình"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n0000", "thật ra là .png"),
        ("a.html", b"<html><script>1</script></html>", "không có đuôi được nhận"),
        ("a.docx", macro(), "macro"),
        ("a.pdf", b"", "rỗng"),
        ("a.exe", PDF, "không có đuôi được nhận"),
        ("a.pdf", PDF + b"0" * (20 * 1024 * 1024), "lớn hơn 20 MB"),
    ],
    ids=["program", "mislabelled", "html", "macro", "empty", "suffix", "too-large"],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    desk: Desk, guest: Guest, name: str, content: bytes, said: str
) -> None:
    """One clear sentence, what was typed is still there, nothing is kept and the try is recorded."""
    before = without_deeds(desk)
    answer = guest.fill(desk.report(), act="save", by="Lan", narrative="Còn đây", files={"files": (name, content)})

    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert "Còn đây" in answer.text
    assert without_deeds(desk) == before
    assert ("th-1:dau_moi", "upload", "refused") in desk.deeds()
    assert not [path for path in (desk.house.settings.home / "evidence").rglob("*") if path.is_file()]


def test_a_files_name_has_no_folders(desk: Desk, guest: Guest) -> None:
    """`../../etc/passwd.pdf` is stored by its hash and called passwd.pdf."""
    guest.fill(desk.report(), act="save", files={"files": ("../../etc/passwd.pdf", PDF)})
    [draft] = desk.rows(Draft)

    assert [file["name"] for file in draft.body["files"]] == ["passwd.pdf"]


# ------------------------------------------------------------------ an officer with an account


def officer(desk: Desk, role: Role = Role.OFFICER, unit: str | None = "th-1") -> Guest:
    """Somebody who has signed in, at `/my-unit`."""
    cookie, csrf = signed_in(desk.house, role, unit=unit)  # type: ignore[arg-type]
    return Guest(desk.app, base=PUBLIC, cookies={"dondoc": cookie}, csrf=csrf, path="/my-unit")


def test_an_officer_reaches_the_same_page_without_a_link(desk: Desk) -> None:
    """The same form, of the own unit only, with the login in the audit."""
    person = officer(desk)
    sent = person.fill(desk.report(), **answers(desk))
    theirs = person.see(f"/forms/{desk.report('th-2')}")

    assert sent.status_code == 303, text_of(sent.text)
    assert sent.headers["location"].startswith("/my-unit/receipts/")
    assert theirs.status_code == 404
    assert any(actor.startswith("officer-") and what == "submit" for actor, what, _ in desk.deeds())


def test_an_officer_who_signs_in_stands_on_the_units_page(desk: Desk) -> None:
    """The first page of an officer is the unit's own, not the office's."""
    with transaction(desk.house.engine) as session:
        create_account(session, desk.now, by="test", login="can-bo", name="Cán bộ", role=Role.OFFICER,
                       unit_id="th-1", password="mat khau du dai 12")  # fmt: skip
    person = Guest(desk.app, base=PUBLIC, path="/my-unit")
    answer = person.post("/sign-in", login="can-bo", password="mat khau du dai 12")

    assert answer.headers["location"] == "/my-unit"
    assert "Truong 1" in text_of(person.see().text)


def test_my_unit_is_for_officers(desk: Desk) -> None:
    """A stranger signs in first; an admin, who answers for no unit, is refused."""
    assert Guest(desk.app, base=PUBLIC).get("/my-unit").status_code == 303
    assert officer(desk, Role.ADMIN, None).see().status_code == 403


# ------------------------------------------------------------------ how much it costs


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements of a stretch of code."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_page_costs_the_same_among_400_units(desk: Desk, guest: Guest) -> None:
    """The unit's page and its form ask the same number of questions with four units and with four hundred."""
    paths = [guest.path, f"{guest.path}/forms/{desk.report()}"]
    few = []
    for path in paths:
        with counted(desk.house.engine) as seen:
            guest.get(path)
        few.append(len(seen))
    with transaction(desk.house.engine) as session:
        model = session.get_one(Assignment, desk.report()).model_dump(exclude={"id", "unit_id"})
        names = [f"them-{number:03d}" for number in range(400)]
        session.add_all([Unit(id=name, name=name, short=name, kind="truong", parent_id="so") for name in names])
        session.flush()
        session.add_all([Assignment(**model, unit_id=name) for name in names])
    many = []
    for path in paths:
        with counted(desk.house.engine) as seen:
            assert guest.get(path).status_code == 200
        many.append(len(seen))

    assert many == few
    assert max(few) < 40
