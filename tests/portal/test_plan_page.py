"""A plan: its year as a picture, why each day is that day, its figures, its units × tasks."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlmodel import select

from actions.reading import status_rows, totals
from models.accounts import Role
from models.database import reading, transaction
from models.forms import IndicatorValue
from models.ledger import Occurrence, Submission
from models.lifecycle import Kind, Stage, State
from models.plan import Party, Process, Target
from models.units import Unit

from .conftest import Browser, SmallHouse, browser
from .ledger_rows import NOW, assignment_row, occurrence_row, process_row
from .looks import rows_of, scans, statements, words_of

PAGES = ("/plans", "/plans/kl50", "/plans/kl50?lead=truong-01&q=bao", "/plans/kl50/figures", "/plans/kl50/units")


@pytest.fixture
def admin(house: SmallHouse) -> Browser:
    """An admin's browser."""
    return browser(house)


# ------------------------------------------------------------------ the list


def test_plans_are_found_without_diacritics(admin: Browser) -> None:
    """ "cai cach" finds "Cải cách", and only that."""
    page = words_of(admin.get("/plans?q=cai+cach").text)

    assert "Cải cách hành chính năm 2024" in page
    assert "Sắp xếp đơn vị" not in page
    assert "Không có kế hoạch nào khớp" in admin.get("/plans?q=%25").text


def test_every_table_of_a_plan_is_a_file(admin: Browser) -> None:
    """Each page offers its tables in both formats, with the filters of the page."""
    for path in PAGES:
        offered = re.findall(r'href="([^"]+format=(?:csv|xlsx)[^"]*)"', admin.get(path).text)
        assert len(offered) >= 2
        for address in offered:
            answer = admin.get(address.replace("&amp;", "&"))
            assert answer.status_code == 200
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
            assert answer.content[:3] in (b"\xef\xbb\xbf", b"PK\x03")


# ------------------------------------------------------------------ the year


def test_the_year_is_a_picture_with_words(admin: Browser) -> None:
    """The drawing has a title, a description, today's line, a mark for each period; a table says the same."""
    page = admin.get("/plans/kl50").text
    drawing = page[page.index("<svg") : page.index("</svg>")]

    assert re.search(r'role="img" aria-labelledby="timeline-title timeline-desc"', drawing)
    assert '<title id="timeline-title">Thời gian trong năm 2026</title>' in drawing
    assert 'class="today"' in drawing
    assert "<title>năm 2026: hạn 14/12/2026, quá hạn, còn đơn vị chưa nộp</title>" in drawing
    assert "<title>năm 2026: hạn 22/12/2026, đang mở</title>" in drawing
    assert 'href="/plans/kl50?days=1#days"' in page
    rows = words_of(admin.get("/plans/kl50?days=1").text)
    assert "14/12/2026 Báo cáo năm năm 2026 16/11/2026 – quá hạn, còn đơn vị chưa nộp" in rows


def test_a_line_of_a_report_has_no_row_of_its_own(admin: Browser) -> None:
    """What a report asks falls due with the report: it would only double the marks."""
    page = admin.get("/plans/kl50").text

    assert "Công tác tuyên truyền" not in page[page.index("<svg") : page.index("</svg>")]


def test_another_year_is_one_click_away(admin: Browser) -> None:
    """The year of the address is drawn; a year without anything due says so."""
    assert '<a href="/plans/kl50?year=2027">2027</a>' in admin.get("/plans/kl50").text
    assert "hạn 14/12/2027, chưa đến kỳ" in admin.get("/plans/kl50?year=2027").text
    assert "Năm này không có việc nào đến hạn" in admin.get("/plans/kl50?year=2020").text
    assert admin.get("/plans/kl50?year=99999").status_code == 200
    assert admin.get("/plans/kl50?year=x").status_code == 422


def test_marks_stand_where_their_days_are(house: SmallHouse, admin: Browser) -> None:
    """January's first day stands at the left edge, a bar begins when the period opens, a cut-off where data end."""
    with transaction(house.engine) as session:
        session.add(occurrence_row("kl50:iii-8", Kind.DATED, date(2026, 7, 1), opens_on=date(2026, 1, 1),
                                   cutoff_on=date(2026, 6, 15), period="giua-nam"))  # fmt: skip

    drawing = admin.get("/plans/kl50").text

    found = re.search(r'<rect class="span" x="300.0" y="\d+" width="(\d+\.\d)"', drawing)
    assert found
    assert float(found[1]) == pytest.approx((1000 - 300 - 46) / 2, abs=1)
    assert re.search(r'<line class="cut" x1="(\d+\.\d)"', drawing)


# ------------------------------------------------------------------ phrases and filters


def test_every_day_has_its_phrase_and_its_reading(house: SmallHouse, admin: Browser) -> None:
    """The plan's own words stand beside the day, and how they were read."""
    with transaction(house.engine) as session:
        process = session.get_one(Process, "kl50:bao-cao:nam")
        process.explanation = f"{process.phrase} → chậm nhất ngày 14/12 hằng năm"

    page = words_of(admin.get("/plans/kl50").text)

    assert "Định kỳ trước ngày 15/12 hàng năm Cách hiểu: → chậm nhất ngày 14/12 hằng năm" in page


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("state=overdue", "Báo cáo năm", "Phân bổ biên chế"),
        ("state=waiting", "Phân bổ biên chế", "Công tác tuyên truyền"),
        ("lead=so%2Ftccb", "Hoàn thiện chính sách", "Phân bổ biên chế"),
        ("q=phan+bo", "Phân bổ biên chế", "Công tác tuyên truyền"),
        ("section=III.+Nhi%E1%BB%87m+v%E1%BB%A5", "Công tác tuyên truyền", "Định kỳ trước ngày"),
    ],
)
def test_the_filters_of_the_address_hold(admin: Browser, query: str, there: str, gone: str) -> None:
    """By state, unit, section and words; the exported table has the same rows."""
    page = words_of(admin.get(f"/plans/kl50?{query}").text)
    rows = rows_of(admin.get(f"/plans/kl50?{query}&format=csv").content)

    assert there in page
    assert gone not in page
    assert there in str(rows)
    assert gone not in str(rows)


def test_units_are_chosen_from_a_list_while_they_are_few(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one task goes to many, a unit is found by its id or by part of its name, without diacritics."""
    few = admin.get("/plans/kl50").text
    monkeypatch.setattr("portal.questions.LEADS", 1)
    many = admin.get("/plans/kl50").text

    assert '<select id="f-lead"' in few
    assert '<input id="f-lead" type="search"' in many
    for said in ("so/tccb", "to chuc can bo"):
        found = words_of(admin.get(f"/plans/kl50?lead={said}").text)
        assert "Hoàn thiện chính sách" in found
        assert "Phân bổ biên chế" not in found


def test_a_filter_without_any_match_says_what_to_do(admin: Browser) -> None:
    """Nothing found is a sentence with the next step."""
    assert "Không có nhiệm vụ nào khớp. Bỏ bớt điều kiện lọc." in admin.get("/plans/kl50?state=nonsense").text


# ------------------------------------------------------------------ figures


def test_the_two_tables_are_those_of_the_command(house: SmallHouse, admin: Browser) -> None:
    """Counted by the database, the figures and their checksum are those `dondoc status` counts row by row."""
    with reading(house.engine) as session:
        rows = status_rows(session, NOW.date(), house.rules.days, plan="kl50")
        wanted = totals(session, rows, plan="kl50")
    page = admin.get("/plans/kl50/figures").text

    assert f"<code>{wanted.checksum}</code>" in page
    assert sum(wanted.tasks.values()) == 42
    assert re.findall(r"<th scope=\"row\">Cộng</th><td>(\d+)</td>", page) == [
        str(sum(table.values())) for table in (wanted.tasks, wanted.reports, wanted.aside)
    ]


def counted(house: SmallHouse, *said: tuple[str, str, str | None]) -> None:
    """Units that have counted the first target: (unit, above the line, below it), one submission each."""
    with transaction(house.engine) as session:
        target = session.exec(select(Target)).one()
        report = session.exec(select(Occurrence).where(Occurrence.run_id == "5f0c")).one()
        for unit, above, below in said:
            filed = Submission(
                unit_id=unit, occurrence_id=report.id or 0, received_on=NOW.date(), recorded_at=NOW, by="x"
            )
            session.add(filed)
            session.flush()
            session.add(IndicatorValue(submission_id=filed.id or 0, target_id=target.id or 0, numerator=above,
                                       denominator=below))  # fmt: skip


@pytest.mark.parametrize(
    ("said", "figure", "verdict"),
    [
        ((), "–", "chưa có số liệu"),
        ((("truong-01", "5", "40"),), "12,5%", "đạt"),
        ((("truong-01", "1", "40"), ("truong-02", "2", "40")), "3,75%", "chưa đạt"),
        ((("truong-01", "1", "40"), ("truong-01", "4", "40")), "10%", "đạt"),  # the newer figure of the same unit
    ],
)
def test_a_target_is_judged_by_the_newest_figures(
    house: SmallHouse, admin: Browser, said: tuple[tuple[str, str, str | None], ...], figure: str, verdict: str
) -> None:
    """ ">= 10%" against the sums of what units counted, decimals with a comma."""
    counted(house, *said)

    row = rows_of(admin.get("/plans/kl50/figures?format=csv&table=targets").content)[1]

    assert (row[5], row[6]) == (figure, verdict)
    assert f"{figure}" in words_of(admin.get("/plans/kl50/figures").text)


# ------------------------------------------------------------------ units × tasks


def test_each_unit_has_a_letter_for_each_task(admin: Browser) -> None:
    """Overdue is Q, filed is Đ, nothing this year is a dot; colour says nothing that the letter does not."""
    page = admin.get("/plans/kl50/units").text
    first = page[page.index("THCS số 1</a>") :][:400]
    third = page[page.index("THCS số 3</a>") :][:400]

    assert re.search(r'<td class="overdue" title="1 quá hạn, chưa nộp">Q</td>', first)
    assert re.search(r'<td class="reported" title="1 đã nộp, đúng hạn">Đ</td>', third)
    assert '<td class="none">·</td>' in first


def test_many_units_are_paged_and_none_is_lost(house: SmallHouse, admin: Browser) -> None:
    """Page after page, every unit of the plan stands there once."""
    with transaction(house.engine) as session:
        session.add_all(Unit(id=f"u{n}", name=f"U {n}", short=f"U {n}", kind="x", position=7) for n in range(120))
        session.flush()
        session.add_all(Party(process_key="kl50:bao-cao:nam", unit_id=f"u{n}") for n in range(120))
    seen: list[str] = []
    path = "/plans/kl50/units"
    while path:
        page = admin.get(path).text
        seen += re.findall(r'<tr><th scope="row"><a href="/units/([^"]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert len(seen) == len(set(seen)) == 161
    assert len(rows_of(admin.get("/plans/kl50/units?format=csv").content)) == 162


# ------------------------------------------------------------------ who reads what


@pytest.mark.parametrize("path", [*PAGES, "/plans/kl50?format=csv", "/plans/kl50?format=csv&table=year",
                                  "/plans/kl50?q=noi+dung+mat", "/plans/kl50/units?format=csv"])  # fmt: skip
def test_confidential_words_are_for_those_who_track_the_plan(house: SmallHouse, path: str) -> None:
    """A viewer and a coordinator of another plan see that there is something, never what."""
    for reader in (browser(house, Role.VIEWER), browser(house, Role.COORDINATOR, plans=("cchc-2024",))):
        assert "Nội dung mật" not in reader.get(path).text
    if path in ("/plans/kl50", "/plans/kl50?format=csv"):
        assert "Nội dung mật" in browser(house, Role.COORDINATOR, plans=("kl50",)).get(path).text


def test_targets_of_a_confidential_plan_are_not_named(house: SmallHouse) -> None:
    """What the plan wants to reach is part of what it says."""
    from models.plan import Plan

    with transaction(house.engine) as session:
        session.get_one(Plan, "kl50").confidential = True
    viewer = browser(house, Role.VIEWER)

    assert "10% đơn vị tự chủ" not in viewer.get("/plans/kl50/figures").text
    assert "10% đơn vị tự chủ" not in viewer.get("/plans/kl50/figures?format=csv&table=targets").text


def test_nobody_but_the_office_sees_plans(house: SmallHouse) -> None:
    """A stranger is asked to sign in; a unit's officer is refused."""
    for path in PAGES:
        assert browser(house, None).get(path).status_code == 303
        assert browser(house, Role.OFFICER, unit="truong-01").get(path).status_code == 403


def test_markup_in_a_title_stays_text(house: SmallHouse, admin: Browser) -> None:
    """Also inside the drawing, in tips and in the filters."""
    bad = '"><script>alert(1)</script>'
    with transaction(house.engine) as session:
        session.add(process_row("kl50:x", bad, code="<b>", section=bad, phrase=bad, position=9, explanation=bad))
        session.flush()
        session.add(occurrence_row("kl50:x", Kind.DATED, date(2026, 5, 5), label=bad, stage=Stage.PLANNED.value))
        session.add(Party(process_key="kl50:x", unit_id="truong-01"))
        session.get_one(Unit, "truong-01").short = bad

    for path in (*PAGES, "/plans/kl50?q=%22%3E%3Cscript%3E"):
        assert "<script>alert" not in admin.get(path).text


# ------------------------------------------------------------------ cost


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_a_plan_costs_the_same_whatever_it_holds(house: SmallHouse, path: str) -> None:
    """Ten times the units and tasks, the same number of queries; and none of them reads a large table through."""
    admin = browser(house)
    with statements(house.engine) as before:
        admin.get(path)
    with transaction(house.engine) as session:
        report = session.exec(select(Occurrence).where(Occurrence.run_id == "5f0c")).one()
        session.add_all(Unit(id=f"u{n}", name=f"U {n}", short=f"U {n}", kind="x") for n in range(300))
        session.add_all(process_row(f"kl50:t{n}", f"Việc {n}") for n in range(100))
        session.flush()
        session.add_all(assignment_row(report, f"u{n}", State.OVERDUE) for n in range(300))
        session.add_all(Party(process_key="kl50:bao-cao:nam", unit_id=f"u{n}") for n in range(300))
        session.add_all(occurrence_row(f"kl50:t{n}", Kind.DATED, date(2026, 6, 1)) for n in range(100))
    with statements(house.engine) as after:
        admin.get(path)

    assert len(after) == len(before) <= 12
    assert scans(house.engine, after) == []
