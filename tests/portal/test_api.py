"""The JSON API: what the pages do, with a token; every refusal is a sentence and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from actions.accounts import create_account, create_token
from actions.reading import status_rows, totals
from models.accounts import ApiToken, Deed, Role
from models.database import reading, transaction
from models.ledger import Assignment, Transition
from models.outbox import Notice
from models.plan import Party
from models.units import ContactPoint
from portal.app import create_app

from .conftest import Browser, SmallHouse, browser
from .ledger_rows import NOW

V1 = "/api/v1"


class Program:
    """Something that asks with a token."""

    def __init__(self, house: SmallHouse, role: Role = Role.ADMIN, *, writes: bool = True, plans: tuple[str, ...] = ()):
        with transaction(house.engine) as session:
            account = create_account(
                session, NOW, by="test", login=f"p-{role.value}-{writes}-{len(plans)}".lower(), name="P", role=role,
                plans=plans, unit_id="truong-01" if role is Role.OFFICER else None,
            )  # fmt: skip
            _, self.token = create_token(session, account, NOW, name="excel", writes=writes, days=None)
        self.login = account_login(house, self.token)
        self.app: FastAPI = create_app(house)

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return Browser(self.app).ask(method, V1 + path, headers, **more)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        return self.ask("POST", path, json=body)


def account_login(house: SmallHouse, token: str) -> str:
    """Whose token it is."""
    from actions.accounts import bearer_of

    with reading(house.engine) as session:
        found = bearer_of(session, token, NOW)
        assert found
        return found.login


@pytest.fixture
def admin(house: SmallHouse) -> Program:
    """A program of an admin that may write."""
    return Program(house)


def state_of(house: SmallHouse, assignment_id: int) -> str:
    """The state of an assignment."""
    with reading(house.engine) as session:
        return session.get_one(Assignment, assignment_id).state


def first(program: Program, **filters: str) -> dict[str, Any]:
    """The first assignment of a filtered list."""
    query = "&".join(f"{key}={value}" for key, value in filters.items())
    found: dict[str, Any] = program.get(f"/assignments?{query}")["items"][0]
    return found


# ------------------------------------------------------------------ looking


def test_plans_processes_occurrences_and_units(admin: Program) -> None:
    """What the pages show is there, by the same words."""
    assert [row["id"] for row in admin.get("/plans")] == ["cchc-2024", "kl50"]
    plan = admin.get("/plans/kl50")
    assert "Phân bổ biên chế" in [row["title"] for row in plan["processes"]]
    opened = admin.get("/occurrences?plan=kl50&stage=open")["items"]
    assert {row["process"] for row in opened} == {"kl50:bao-cao:nam", "kl50:iii-8", "kl50:iii-1", "kl50:mat"}
    assert admin.get("/units/so/tccb")["short"] == "Phòng TCCB"
    assert admin.get("/me")["role"] == "admin"
    assert admin.get("/messages?state=failed")["items"][0]["recipient"] == "truong-02:dau_moi"


def test_units_are_found_without_diacritics(house: SmallHouse, admin: Program) -> None:
    """ "to chuc" finds "Tổ chức"; a percent sign finds itself only."""
    from calendars.spelling import fold
    from models.units import Unit

    with transaction(house.engine) as session:
        for unit in session.exec(select(Unit)):
            unit.folded = fold(f"{unit.name} {unit.short}")

    assert [row["id"] for row in admin.get("/units?q=to chuc")["items"]] == ["so/tccb"]
    assert admin.get("/units?q=%25")["items"] == []


def test_a_list_is_paged_whole_and_without_repeats(house: SmallHouse, admin: Program) -> None:
    """Following `next` to the end gives every row once."""
    seen, after = [], 0
    while after is not None:
        page = admin.get(f"/assignments?plan=kl50&limit=7&after={after}")
        assert len(page["items"]) <= 7
        seen += [row["id"] for row in page["items"]]
        after = page["next"]
    with reading(house.engine) as session:
        everything = sorted(row.id or 0 for row in session.exec(select(Assignment)))

    assert seen == everything


def test_the_figures_are_those_of_the_status_command(house: SmallHouse, admin: Program) -> None:
    """One checksum for both."""
    with reading(house.engine) as session:
        rows = status_rows(session, NOW.date(), house.rules.days, plan="kl50")
        said = totals(session, rows, plan="kl50")
    got = admin.get("/plans/kl50/totals")

    assert (got["tasks"], got["reports"], got["aside"]) == (said.tasks, said.reports, said.aside)
    assert got["checksum"] == said.checksum


def test_overdue_says_its_working_days(admin: Program) -> None:
    """Due on Monday 14/12, today is Friday 18/12."""
    late = first(admin, state="overdue", kind="report")

    assert (late["days_late"], late["due_on"], late["unit"]) == (4, "2026-12-14", "truong-01")


def test_confidential_words_are_for_who_looks_after_the_plan(house: SmallHouse, admin: Program) -> None:
    """An admin and the plan's coordinator read the title; a leader and another plan's coordinator read null."""
    readers = {
        admin: True,
        Program(house, Role.COORDINATOR, plans=("kl50",)): True,
        Program(house, Role.COORDINATOR): False,
        Program(house, Role.VIEWER): False,
    }
    for program, reads in readers.items():
        everything = str([program.get("/plans/kl50"), program.get("/occurrences?limit=200"),
                          program.get("/assignments?limit=200")])  # fmt: skip
        assert ("Nội dung mật" in everything) is reads
        assert "'title': None" in everything or reads


def test_what_is_not_there_is_a_sentence(admin: Program) -> None:
    """404 as JSON, for every kind of thing."""
    for path in ("/plans/khong", "/assignments/999", "/units/khong/co", "/plans/khong/totals", "/nowhere"):
        answer = admin.ask("GET", path)

        assert answer.status_code == 404
        assert answer.json()["detail"]
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    ["/assignments?limit=0", "/assignments?limit=201", "/assignments?after=-1", "/assignments?state=lost",
     f"/assignments/{10**30}", "/assignments/x", "/assignments/0", f"/occurrences?after={10**30}", "/messages?state=x",
     "/units?q=" + "x" * 600, "/units?q=%00"],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_named(admin: Program, path: str) -> None:
    """422 with the field's name."""
    answer = admin.ask("GET", path)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("giá trị không đọc được: ")


# ------------------------------------------------------------------ deeds


def test_a_report_from_start_to_confirmed(house: SmallHouse, admin: Program) -> None:
    """Entered for a unit, returned, entered again, confirmed: four rows of history and four in the audit."""
    late = first(admin, state="overdue", kind="report")
    path = f"/assignments/{late['id']}"

    assert admin.post(f"{path}/report", received_on="2099-12-17").status_code == 409  # a day still to come
    filed = admin.post(f"{path}/report", received_on="2026-12-17", document="12/BC, 17/12/2026", reason_late="mất điện")
    assert filed.status_code == 200, filed.text
    assert (filed.json()["state"], filed.json()["on_time"]) == ("reported", False)
    assert admin.post(f"{path}/return", reason="thiếu phụ lục", redo_by="2026-12-23").json() == {
        "redo_by": "2026-12-23"
    }
    assert admin.post(f"{path}/report", reason_late="bổ sung").status_code == 200
    assert admin.post(f"{path}/accept").json()["count"] >= 1
    whole = admin.get(path)

    assert [row["move"] for row in whole["transitions"]][-1] == "accept"
    assert {row["by"] for row in whole["transitions"]} == {admin.login}
    assert [row["result"] for row in whole["answers"]] == ["done", "done"]
    with reading(house.engine) as session:
        done = [(row.what, row.outcome) for row in session.exec(select(Deed).order_by(Deed.id))]  # type: ignore[arg-type]
    assert done == [
        ("report", "refused"),
        ("report", "done"),
        ("return", "done"),
        ("report", "done"),
        ("accept", "done"),
    ]


def test_more_time(admin: Program) -> None:
    """Asked, refused, asked again, granted another day."""
    task = first(admin, kind="dated", state="in_progress")
    path = f"/assignments/{task['id']}/extension"
    assert admin.post(path, until="2026-12-30", reason="chờ số liệu").json()["decision"] == "asked"
    assert admin.post(path, until="2026-12-30", reason="chờ số liệu").status_code == 409
    assert admin.post(f"{path}/refuse", reason="đã đủ số liệu").json()["decision"] == "refused"
    admin.post(path, until="2026-12-30", reason="chờ số liệu")
    granted = admin.post(f"{path}/grant", until="2026-12-29").json()

    assert (granted["decision"], granted["due_on"], granted["first_due_on"]) == ("granted", "2026-12-29", "2026-12-22")
    assert [row["state"] for row in admin.get(f"/assignments/{task['id']}")["extension_requests"]] == [
        "refused",
        "granted",
    ]


def test_pressing_says_first_and_does_then(house: SmallHouse, admin: Program) -> None:
    """A preview plans nothing; once a day it goes; who has reported is not pressed."""
    with transaction(house.engine) as session:
        session.add(ContactPoint(recipient="truong-01:dau_moi", channel="mailbox", unit_id="truong-01", role="dau_moi"))
        session.get_one(Party, ("kl50:bao-cao:nam", "truong-01", "")).to_lead = "truong-01:dau_moi"
    late = first(admin, state="overdue", kind="report")["id"]
    done = first(admin, state="reported", kind="report")["id"]

    def notices() -> int:
        with reading(house.engine) as session:
            return len(session.exec(select(Notice)).all())

    before = notices()
    preview = admin.post("/nudge", assignments=[late, done], dry_run=True)
    assert preview.status_code == 200, preview.text
    assert notices() == before
    assert {row["assignment"]: bool(row["skipped"]) for row in preview.json()["notices"]}.get(done, True)
    pressed = admin.post("/nudge", assignments=[late])

    assert pressed.json()["planned"] == preview.json()["planned"] == notices() - before


def test_a_period_is_closed_with_a_reason_when_units_are_missing(house: SmallHouse, admin: Program) -> None:
    """Without one: 409; with one: the silent two are missed."""
    path = "/plans/kl50/periods/2026"
    assert admin.post(f"{path}/close").status_code == 409
    assert admin.post(f"{path}/accept").json()["count"] > 0
    closed = admin.post(f"{path}/close", incomplete=True, reason="đã quá hạn tổng hợp")

    assert closed.status_code == 200, closed.text
    assert state_of(house, first(admin, unit="truong-01", kind="report")["id"]) == "missed"


def test_an_event_is_recorded(admin: Program) -> None:
    """A known milestone has its day; an unknown one names those there are."""
    assert admin.post("/plans/kl50/milestones/khong", document="1/QĐ").status_code == 409
    assert "qd" in admin.post("/plans/kl50/milestones/khong", document="1/QĐ").json()["detail"]
    assert admin.post("/plans/kl50/milestones/qd", document="15/QĐ-UBND, 10/12/2026", happened_on="2026-12-10").json()[
        "happened_on"
    ] == ("2026-12-10")


def test_withdrawn_work_is_no_longer_owed(house: SmallHouse, admin: Program) -> None:
    """With its ground, once."""
    task = first(admin, kind="dated", state="in_progress")["id"]
    assert admin.post(f"/assignments/{task}/withdraw", ground="").status_code == 422
    assert admin.post(f"/assignments/{task}/withdraw", ground="15/QĐ-UBND").status_code == 200
    assert admin.post(f"/assignments/{task}/withdraw", ground="15/QĐ-UBND").status_code == 409

    assert state_of(house, task) == "withdrawn"


# ------------------------------------------------------------------ rights


def moves(house: SmallHouse) -> int:
    """How many moves there are."""
    with reading(house.engine) as session:
        return len(session.exec(select(Transition)).all())


def test_a_coordinator_of_another_plan_changes_nothing(house: SmallHouse, admin: Program) -> None:
    """Ids of another plan, alone or among own ones, by every deed: 403, recorded, nothing moved."""
    stranger = Program(house, Role.COORDINATOR, plans=("cchc-2024",))
    late = first(admin, state="overdue", kind="report")["id"]
    before = moves(house)
    bodies: dict[str, dict[str, Any]] = {
        f"/assignments/{late}/start": {},
        f"/assignments/{late}/report": {"reason_late": "x"},
        f"/assignments/{late}/accept": {},
        f"/assignments/{late}/return": {"reason": "x"},
        f"/assignments/{late}/extension": {"until": "2026-12-30", "reason": "x"},
        f"/assignments/{late}/extension/grant": {"until": "2026-12-30", "reason": "x"},
        f"/assignments/{late}/extension/refuse": {"reason": "x"},
        f"/assignments/{late}/withdraw": {"ground": "x"},
        "/nudge": {"assignments": [late]},
        "/plans/kl50/periods/2026/accept": {},
        "/plans/kl50/periods/2026/close": {"incomplete": True, "reason": "x"},
        "/plans/kl50/periods/2026/nudge": {},
        "/plans/kl50/milestones/qd": {"document": "x"},
        "/plans/kl50/requests": {"report": "dot-xuat", "units": ["truong-01"], "due": "2026-12-30", "title": "x"},
    }
    for path, body in bodies.items():
        assert stranger.post(path, **body).status_code == 403, path
    with reading(house.engine) as session:
        denied = session.exec(select(Deed).where(Deed.outcome == "denied")).all()

    assert moves(house) == before
    assert len(denied) == len(bodies)
    assert {row.actor for row in denied} == {stranger.login}


def test_a_token_that_reads_reads(house: SmallHouse, admin: Program) -> None:
    """It sees what its account sees and is refused every deed."""
    reader = Program(house, writes=False)
    late = first(reader, state="overdue", kind="report")["id"]
    answer = reader.post(f"/assignments/{late}/start")

    assert (answer.status_code, answer.json()) == (403, {"detail": "khoá này chỉ được đọc"})


def test_viewers_and_officers(house: SmallHouse) -> None:
    """A leader looks and changes nothing; a unit's officer sees nothing of the office."""
    viewer, officer = Program(house, Role.VIEWER), Program(house, Role.OFFICER)

    assert viewer.get("/plans")
    assert viewer.post("/assignments/1/start").status_code == 403
    assert officer.ask("GET", "/plans").status_code == 403
    assert viewer.ask("GET", "/audit/proof").status_code == 403


def test_a_session_works_with_its_form_token(house: SmallHouse) -> None:
    """The pages' own scripts may use the API; another site may not."""
    lan = browser(house)

    assert lan.get(f"{V1}/plans").status_code == 200
    stop = {"ground": "15/QĐ-UBND"}
    assert lan.ask("POST", f"{V1}/assignments/1/withdraw", json=stop).status_code == 403
    assert lan.ask("POST", f"{V1}/assignments/1/withdraw", {"x-csrf-token": lan.csrf}, json=stop).status_code == 200


@pytest.mark.parametrize("token", ["", "dd_x", "x"])
def test_without_a_token_nothing(house: SmallHouse, token: str) -> None:
    """401 with the scheme, also for a body that is no JSON; the token's row is untouched."""
    app = create_app(house)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    for method, path in (("GET", "/plans"), ("POST", "/nudge"), ("GET", "/nowhere-but-404")):
        answer = Browser(app).ask(method, V1 + path, headers | {"content-type": "application/json"},
                                  content=b"{" if method == "POST" else None)  # fmt: skip
        if path != "/nowhere-but-404":
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
    with reading(house.engine) as session:
        assert session.exec(select(ApiToken)).all() == []


# ------------------------------------------------------------------ what nobody should be able to send


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x", "state": "reported"},
        {"reason": "x", "by": "lan"},
        {"reason": "x", "accepted_at": "2026-12-18"},
        {"reason": 5},
        {"reason": ""},
        {"reason": "x" * 2001},
        {"reason": "a\x00b"},
        {"reason": "x", "redo_by": "9999-12-31"},
        {"reason": "x", "redo_by": "14/12/2026"},
        {"reason": "x", "\ud800": 1},
        [],
        None,
        "x",
    ],
)
def test_a_body_of_another_shape_is_refused(house: SmallHouse, admin: Program, body: Any) -> None:
    """Mass assignment, wrong types, too long, no such day: 422, and nothing moved."""
    import json

    before = moves(house)
    answer = admin.ask("POST", "/assignments/1/return", content=json.dumps(body).encode(),
                       headers={"content-type": "application/json"})  # fmt: skip

    assert answer.status_code == 422, answer.text
    assert "giá trị không đọc được" in answer.json()["detail"]
    assert moves(house) == before


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://lan:x@kho.example/a", "file:///etc/passwd", "kho.example"]
)
def test_a_proof_is_a_web_address(house: SmallHouse, admin: Program, url: str) -> None:
    """Nothing that a browser would run, no password, no file."""
    late = first(admin, state="overdue", kind="report")["id"]
    before = moves(house)

    assert admin.post(f"/assignments/{late}/report", reason_late="x", links=[url]).status_code == 409
    assert moves(house) == before


def test_html_stays_text(house: SmallHouse, admin: Program) -> None:
    """What a program writes is shown as it is, on no page as markup."""
    late = first(admin, state="overdue", kind="report")["id"]
    said = "<script>alert(1)</script>"
    assert admin.post(f"/assignments/{late}/report", text=said, reason_late=said, document=said).status_code == 200

    assert admin.get(f"/assignments/{late}")["answers"][0]["reason_late"] == said
    for path in ("/", "/plans/kl50"):
        assert said not in browser(house).get(path).text


# ------------------------------------------------------------------ the description


def test_the_description_names_every_address_and_is_not_public(house: SmallHouse, admin: Program) -> None:
    """OpenAPI 3 with each error as a shape; the page for people lists the same addresses, in two languages."""
    document = browser(house).get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert {"/api/v1/plans", "/api/v1/assignments/{assignment_id}/report"} <= set(document["paths"])
    assert not [path for path in document["paths"] if not path.startswith(V1)]
    for path, methods in document["paths"].items():
        for one in methods.values():
            assert {"401", "403", "422"} <= set(one["responses"]), path
            assert one["summary"]
    lan = browser(house)
    page, english = lan.get("/api").text, lan.get("/api?lang=en").text
    assert all(path in page for path in document["paths"])
    assert "Các kế hoạch" in page
    assert "Plans" in english
    assert Browser(create_app(house)).get("/api/openapi.json").status_code == 401
