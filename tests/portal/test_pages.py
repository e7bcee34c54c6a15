"""What a coordinator sees, and what a stranger does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast
from sqlalchemy import Engine, event
from sqlmodel import select

import portal
from config.keys import keys_of
from config.settings import Settings
from models.accounts import Role
from models.database import ledger_url, open_ledger, transaction
from models.ledger import Occurrence
from models.lifecycle import State
from models.plan import Plan
from models.units import Unit
from portal import words
from portal.app import create_app
from portal.rights import COOKIE

from .conftest import SECRET, Browser, SmallHouse, Visit, visitor
from .ledger_rows import NOW, assignment_row, fill

NOW_DAY = NOW.date()
PORTAL = Path(portal.__file__).parent
PAGES = ("/", "/plans/kl50", "/plans/cchc-2024", "/messages", "/messages/2", "/messages?state=failed")


def text_of(html: str) -> str:
    """The words of a page without its tags, single-spaced."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# ------------------------------------------------------------------------------------------------- what stands there


def test_an_ended_plan_says_so_and_stands_last(visit: Visit) -> None:
    """A plan past its term is not shown as if it were running."""
    page = text_of(visit("/").text)

    assert page.index("Sắp xếp đơn vị") < page.index("Cải cách hành chính năm 2024 Đã hết hiệu lực")


def test_a_plan_page_shows_each_task_with_its_phrase_as_printed(visit: Visit) -> None:
    """Code, title, deliverable, lead, phrase, period, due day and state of a task stand in one row."""
    page = text_of(visit("/plans/kl50").text)

    assert "III.2(8) Hoàn thiện chính sách &lt;hỗ trợ&gt; người chịu tác động Sản phẩm: Hồ sơ trình" in page
    assert "Phòng TCCB Năm 2026 năm 2026 22/12/2026 Đang thực hiện" in page
    assert "Thường xuyên (theo lời dẫn mục III)" in page
    assert "Phân bổ biên chế – Sau khi có Quyết định UBND tỉnh – – Chờ điều kiện" in page


def test_a_plan_page_shows_the_open_period_before_the_next_one(visit: Visit) -> None:
    """The period that matters now is the open one, not one that opens in a year."""
    reports = text_of(visit("/plans/kl50").text).split("Chế độ báo cáo", 1)[1]

    assert "14/12/2026" in reports
    assert "14/12/2027" not in reports


def test_a_large_group_is_folded_but_whole(visit: Visit) -> None:
    """Forty schools do not fill the screen; opened, all of them are there."""
    page = visit("/plans/kl50").text

    assert "<summary>THCS số 1, THCS số 2 … (40)</summary>" in page
    assert "THCS số 40" in page


def test_messages_say_why_a_letter_has_not_arrived(visit: Visit) -> None:
    """A failed letter stands there with its error, and a notice that was not sent with its reason."""
    page = text_of(visit("/messages").text)

    assert "Quá hạn báo cáo năm 2026 THCS số 2 Đầu mối 16/12/2026 email Chưa gửi được Máy chủ thư từ chối: 550" in page
    assert "2 · chưa có địa chỉ liên hệ" in page
    assert "Lãnh đạo Sở Văn thư lanh-dao 23/12/2026" in page


def test_messages_can_be_one_state_only(visit: Visit) -> None:
    """The filter keeps to its state; a state that does not exist is all of them."""
    only = text_of(visit("/messages?state=sent").text)
    strange = text_of(visit("/messages?state=lost").text)

    assert "THCS số 1 Đầu mối" in only
    assert "THCS số 2 Đầu mối" not in only
    assert "THCS số 2 Đầu mối" in strange


def test_a_letter_can_be_read(visit: Visit) -> None:
    """With no channel configured this page is where letters are read."""
    page = visit("/messages/1").text

    assert "Kính gửi: Trường\n\nTrân trọng./." in page


def test_confidential_work_is_there_without_its_words(house: SmallHouse) -> None:
    """A confidential task is counted and never named to those who only look."""
    visit = visitor(house, role=Role.VIEWER)
    for path in PAGES:
        assert "Nội dung mật" not in visit(path).text
    assert "Nội dung không hiển thị" in visit("/plans/kl50").text


def test_what_an_admin_wrote_cannot_become_markup(visit: Visit) -> None:
    """Titles are text, whatever stands in them."""
    assert "<hỗ trợ>" not in visit("/plans/kl50").text


def test_a_trial_clock_says_so_on_every_page(shifted: SmallHouse) -> None:
    """Nobody mistakes March 2024 for today."""
    visit = visitor(shifted)

    assert all("Đồng hồ chạy thử" in visit(path).text for path in PAGES)


def test_an_empty_ledger_is_a_calm_page(engine: Engine) -> None:
    """Before the first `apply` the page says what to run."""
    visit = visitor(SmallHouse(engine))

    answer = visit("/")

    assert answer.status_code == 200
    assert "dondoc apply" in answer.text
    assert "Không có việc nào quá hạn hay đến hạn trong 7 ngày." in answer.text


# ------------------------------------------------------------------------------------------------- two languages


def test_english_is_one_click_away_and_stays(visit: Visit) -> None:
    """`?lang=en` turns the page and every link on it; a link leads back."""
    page = visit("/messages?lang=en&state=sent").text

    assert '<html lang="en">' in page
    assert "Letters" in page
    inner = [href for href in re.findall(r'href="(/[^"]*)"', page) if not href.startswith("/static/")]
    assert [href for href in inner if "lang=en" not in href] == ["/messages?state=sent"]


def test_an_unknown_language_is_vietnamese(visit: Visit) -> None:
    """Vietnamese comes first."""
    assert '<html lang="vi">' in visit("/?lang=fr").text


def test_every_word_has_its_english() -> None:
    """Nothing on an English page stays Vietnamese because a translation was forgotten, and none is left over."""
    environment = Environment()
    asked = words.every_label()
    for source in PORTAL.rglob("*.py"):
        asked |= set(re.findall(r'\bN_\(\s*"([^"]+)"\s*\)', source.read_text(encoding="utf-8")))
    for template in sorted((PORTAL / "templates").rglob("*.html")):
        tree = environment.parse(template.read_text(encoding="utf-8"))
        asked |= {str(found) for _, _, found in extract_from_ast(tree, ("_",)) if found}

    assert sorted(asked - set(words.english())) == []
    assert sorted(set(words.english()) - asked) == []


# ------------------------------------------------------------------------------------------------- manners of a page


@pytest.mark.parametrize("path", [*PAGES, "/static/dondoc.css", "/health", "/nowhere"])
def test_every_answer_carries_the_security_headers(visit: Visit, path: str) -> None:
    """Our own scripts only, no frame, no outside host, no guessing of types, on every answer."""
    headers = visit(path).headers

    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_stays_within_its_own_policy(visit: Visit, path: str) -> None:
    """No script or style written into the page, nothing loaded from elsewhere."""
    page = visit(path).text

    assert not re.search(r"<script>|<script [^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|<iframe", page)
    assert not re.search(r"""(?:src|srcset)="?https?:|<link[^>]+href="https?:""", page)
    assert set(re.findall(r'href="(https?://[^/"]+)', page)) <= {"http://127.0.0.1:4200"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_heading_and_a_language(visit: Visit, path: str) -> None:
    """A screen reader finds a language, a title, one main heading and a way past the navigation."""
    page = visit(path).text

    assert re.search(r'<html lang="vi">', page)
    assert page.count("<h1") == 1
    assert re.search(r"<title>[^<]+ · Dondoc</title>", page)
    assert '<a class="skip" href="#main">' in page
    assert all('scope="' in cell for cell in re.findall(r"<th\b[^>]*>", page))


def test_the_page_answers_to_its_own_names_only(house: SmallHouse) -> None:
    """A name that a stranger points at this machine gets nothing (DNS rebinding)."""
    assert visitor(house, "http://localhost:8000")("/").status_code == 200
    assert visitor(house, "http://bad.example")("/").status_code == 400


def test_a_public_address_is_one_of_its_names(house: SmallHouse) -> None:
    """Behind a reverse proxy the office's own name works, and Prefect's loopback links are not offered there."""
    public = replace(house, settings=house.settings.model_copy(update={"public_url": "https://dondoc.so-gddt.example/"}))

    answer = visitor(public, "https://dondoc.so-gddt.example")("/")

    assert answer.status_code == 200
    assert "127.0.0.1" not in answer.text


def test_prefect_links_reach_years_around_today(visit: Visit) -> None:
    """Prefect lists the past seven days unless told; our link tells it."""
    page = visit("/").text

    assert "http://127.0.0.1:4200/runs/flow-run/5f0c" in page
    assert re.search(r"4200/runs\?type=range&amp;startDate=2023-12-\d\dT00%3A00%3A00.000Z&amp;endDate=2029-12", page)


def test_a_stylesheet_is_kept_and_a_page_is_not(visit: Visit) -> None:
    """The address of a static file changes with its content; pages are always fresh."""
    sheet = re.search(r'href="(/static/dondoc\.css\?v=[0-9a-f]{12})"', visit("/").text)
    assert sheet

    assert "immutable" in visit(sheet[1]).headers["cache-control"]
    assert visit("/").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/plans/none", "/messages/999", "/messages/x", "/nowhere", "/docs", "/openapi.json"])
def test_what_is_not_there_is_a_page_that_says_so(visit: Visit, path: str) -> None:
    """A wrong address is a sentence and a way back."""
    answer = visit(path)

    assert answer.status_code == 404
    assert "Không có trang này" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_page_only_reads(visit: Visit, method: str) -> None:
    """Nothing here changes anything."""
    assert visit("/", method).status_code == 405


def test_health_is_for_machines(visit: Visit) -> None:
    """A watcher gets one JSON document, also by HEAD."""
    told = {"ok": True, "now": "2026-12-18T09:30:00+07:00", "plans": 2, "overdue": 2}

    assert visit("/health").json().items() >= told.items()
    assert visit("/health", "HEAD").status_code == 200


def test_a_ledger_that_cannot_be_read_is_said_plainly(tmp_path: Path) -> None:
    """No table, no stack trace: a sentence for people, `ok: false` for machines."""
    bare = open_ledger(ledger_url(tmp_path / "bare.db"))
    visitor_ = Browser(create_app(SmallHouse(bare)))
    visitor_.cookies[COOKIE] = keys_of(SmallHouse(bare).settings).sign("session", "anything")
    visit = visitor_.get

    page, health = visit("/"), visit("/health")

    assert (page.status_code, health.status_code) == (503, 503)
    assert "Chưa đọc được sổ cái" in page.text
    assert health.json()["ok"] is False
    bare.dispose()


# ------------------------------------------------------------------------------------------------- cost and databases


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The SELECT statements sent meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_costs_the_same_however_many_units_there_are(house: SmallHouse, path: str) -> None:
    """Ten times the schools, the same number of queries."""
    visit = visitor(house)
    with counting(house.engine) as before:
        visit(path)
    with transaction(house.engine) as session:
        report = session.exec(select(Occurrence).where(Occurrence.run_id == "5f0c")).one()
        for number in range(1000, 1400):
            session.add(Unit(id=f"u{number}", name=f"Trường {number}", short=f"Trường {number}", kind="truong"))
        session.flush()
        for number in range(1000, 1400):
            session.add(assignment_row(report, f"u{number}", State.OVERDUE))
    with counting(house.engine) as after:
        visit(path)

    assert len(after) == len(before) <= 12


def test_reading_takes_no_lock(house: SmallHouse) -> None:
    """A page is served while a writer holds the ledger."""
    visit = visitor(house)
    with transaction(house.engine) as writer:
        writer.add(Plan(id="x", title="x", status="draft", issued_by="so", track_from=NOW_DAY, tracker_id="so",
                        leadership_id="so", sender_id="so"))  # fmt: skip
        writer.flush()

        assert visit("/").status_code == 200


def test_postgresql_shows_the_same_pages(postgres_engine: Engine, engine: Engine) -> None:
    """What SQLite shows, PostgreSQL shows."""
    fill(postgres_engine)
    fill(engine)
    settings = Settings(home=Path("var"), secret_key=SECRET, read_only=True)
    small, large = (visitor(SmallHouse(one, settings), role=None) for one in (engine, postgres_engine))

    assert [path for path in PAGES if small(path).text != large(path).text] == []


def test_the_portal_does_not_pay_for_prefect() -> None:
    """Importing the page imports no Prefect and no Apprise."""
    import subprocess
    import sys

    code = "import sys, portal.app; print(sorted({'prefect', 'apprise'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------------------------------------- colours


def luminance(colour: str) -> float:
    """WCAG relative luminance of `#rrggbb`."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read(scheme: int) -> None:
    """Each pair of text and ground reaches WCAG AA (4.5 : 1), by day and by night; the bar reaches 3 : 1."""
    sheet = (PORTAL / "static" / "dondoc.css").read_text(encoding="utf-8")
    colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[scheme]))
    pairs = [(text, ground) for text in ("ink", "quiet", "link") for ground in ("page", "card")]
    pairs += [(f"{name}-ink", name) for name in ("top", "plain", "blue", "green", "amber", "red")]
    pairs += [("red-ink", "card"), ("amber-ink", "card")]

    weak = {pair: round(contrast(colour[pair[0]], colour[pair[1]]), 2) for pair in pairs}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    assert contrast(colour["bar"], colour["bar-bed"]) >= 3
