"""A small office whose units answer at the portal: a plan with lines, dated work and targets; a clock a test sets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import anyio
import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from actions.advance import advance
from actions.gather_letters import gather_letters
from config.bootstrap import post_of, rules_of
from config.clock import Clock
from config.keys import keys_of
from config.plan_files import Config
from config.settings import Settings
from models.accounts import Deed, LinkPurpose
from models.database import reading, transaction
from models.ledger import Assignment
from models.outbox import Letter
from notifications.deliver import Counts, deliver_due
from notifications.post import Post
from portal.app import create_app
from tests.office import Office, at, plan_spec, rules, unit, units_spec

from .conftest import SECRET, Browser, shipped

PUBLIC = "http://cong.example"
LINES = [
    {"code": "1", "title": "Tuyên truyền, phổ biến", "lead": "truong", "when": "Thường xuyên"},
    {"code": "2", "title": "Đổi mới <quản lý> & dạy học", "lead": "truong", "when": "Thường xuyên",
     "targets": [{"text": "Tỷ lệ hài lòng đạt 90%", "goal": ">= 90%", "baseline": {"year": "2021", "value": None}}]},
    {"code": "3", "title": "Kiểm tra nội bộ", "lead": "truong", "when": "Thường xuyên"},
]  # fmt: skip
DATED = {"code": "4", "title": "Kế hoạch năm học", "lead": "th-1", "when": "Quý I/2026", "deliverable": "Kế hoạch"}
REPORT = {"quy": {"when": "Báo cáo quý: ngày 25 tháng cuối của quý", "by": "truong", "to": "so/tccb"}}
WORDS_ONLY = {
    "id": "loi",
    "title": "Kế hoạch chỉ hỏi bằng lời",
    "issued_by": "so",
    "issued_on": "2026-01-05",
    "valid": {"from": "2026-01-01", "to": "2026-12-31"},
    "track_from": "2026-01-05",
    "tracker": "so/tccb",
    "leadership": "so/lanh-dao",
    "reports": {"quy": {"when": "Báo cáo quý: ngày 25 tháng cuối của quý", "by": "th-3", "to": "so/tccb"}},
    "tasks": [{"code": "1", "title": "Việc của trường khác", "lead": "th-2", "when": "Quý I/2026"}],
}


class HandClock(Clock):
    """Shows what a test has set."""

    moment: datetime

    def now(self) -> Any:
        return self.moment


@dataclass(frozen=True)
class UnitHouse:
    """The wired house of the small office."""

    engine: Engine
    settings: Settings
    clock: HandClock = field(default_factory=HandClock)
    config: Config = field(default_factory=shipped)

    @property
    def rules(self) -> Any:
        return rules_of(self.config)

    @property
    def post(self) -> Post:
        return post_of(self.settings, self.config, self.rules, shifted=False)

    def take_up(self, config: Config) -> None:
        """Nothing here changes a config."""
        raise NotImplementedError


@dataclass
class Desk:
    """A test's view: the office driven by days, and browsers that hold a unit's link."""

    house: UnitHouse
    office: Office
    app: FastAPI

    @property
    def now(self) -> Any:
        """What the clock shows."""
        return self.house.clock.now()

    def set(self, day: str, hour: int = 9, minute: int = 0) -> None:
        """Set the clock, and bring the ledger there."""
        self.house.clock.moment = at(day, hour, minute)
        with transaction(self.house.engine) as session:
            advance(session, self.house.rules, self.now)

    def post(self) -> Counts:
        """One round of the post: letters land in the mailbox folder."""
        with transaction(self.house.engine) as session:
            gather_letters(session, self.house.rules, self.now)
        return deliver_due(self.house.engine, self.house.post, self.now)

    def mail(self, recipient: str) -> list[str]:
        """The letters in one reader's mailbox folder, oldest first."""
        folder = self.house.settings.mailbox / recipient.replace("/", "-").replace(":", "-").replace("_", "-")
        return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.eml"))]

    def token(self, unit_id: str = "th-1", role: str = "dau_moi", purpose: LinkPurpose = LinkPurpose.UNIT,
              **more: Any) -> str:  # fmt: skip
        """A link's token, signed now."""
        signed_at = more.pop("signed_at", self.now)
        return keys_of(self.house.settings).link(purpose, unit_id, role, signed_at, **more)

    def guest(self, unit_id: str = "th-1", role: str = "dau_moi", **more: Any) -> Guest:
        """Somebody with the unit's link."""
        return Guest(self.app, base=PUBLIC, path=f"/u/{self.token(unit_id, role, **more)}")

    def assignment(self, words: str) -> Assignment:
        """`plan item period unit`."""
        with reading(self.house.engine) as session:
            return self.office.assignment(session, words)

    def report(self, unit_id: str = "th-1") -> int:
        """The number of a unit's report of the first quarter."""
        return self.assignment(f"kh quy 2026-Q1 {unit_id}").id or 0

    def lines(self, unit_id: str = "th-1") -> list[int]:
        """The numbers of its lines."""
        with reading(self.house.engine) as session:
            mine = select(Assignment.id).where(Assignment.covered_by == self.report(unit_id))
            return sorted(number for number in session.exec(mine) if number)

    def rows(self, table: Any, **where: Any) -> list[Any]:
        """Rows of a table, in order."""
        with Session(self.house.engine) as session:
            found = session.exec(select(table).order_by(table.id)).all()
            return [row for row in found if all(getattr(row, name) == value for name, value in where.items())]

    def deeds(self) -> list[tuple[str, str, str]]:
        """(who, what, outcome) of the audit."""
        return [(row.actor, row.what, row.outcome) for row in self.rows(Deed)]

    def letters(self) -> list[Letter]:
        """Every letter of the ledger."""
        return self.rows(Letter)

    def everything(self) -> dict[str, list[Any]]:
        """The whole ledger, to see that nothing has changed."""
        with self.house.engine.connect() as connection:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
            return {name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"')))) for (name,) in names}


@dataclass
class Guest(Browser):
    """Somebody with a link: the forms of its pages carry the link's own token."""

    path: str = ""

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """One request; cookies are kept by name, as one browser at one host does."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self.base) as client:
                kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
                return await client.request(method, path, headers={"cookie": kept} | (headers or {}), **more)

        answer = anyio.run(send)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def see(self, more: str = "", **headers: str) -> httpx.Response:
        """Look at a page of the desk, and keep what its forms must carry."""
        answer = self.get(self.path + more, **headers)
        if found := re.search(r'name="_csrf" value="([^"]+)"', answer.text):
            self.csrf = found[1]
        return answer

    def send(self, more: str, **data: Any) -> httpx.Response:
        """Send a form of the desk."""
        if not self.csrf:
            self.see()
        return self.post(self.path + more, **data)

    def fill(self, form: int, act: str = "send", files: Any = None, **changes: Any) -> httpx.Response:
        """Open a form, type into it, press a button: what a browser without scripts sends."""
        fields = fields_of(self.see(f"/forms/{form}").text) | changes
        return self.send(f"/forms/{form}", act=act, files=files, **fields)


def fields_of(html: str) -> dict[str, Any]:
    """The fields of the report form as a browser would send them, unchanged."""
    form = html.partition('class="report"')[2].partition("</form>")[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        attribute = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        kind = attribute.get("type", "text")
        if kind in ("file", "checkbox") or (kind == "radio" and " checked" not in tag):
            continue
        found[attribute["name"]] = attribute.get("value", "")
    for name, value in re.findall(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(value)
    for name, inner in re.findall(r'<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = chosen[1] if chosen else ""
    found.pop("_csrf", None)
    return found


def text_of(html: str) -> str:
    """The words of a page without its tags, single-spaced."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def open_desk(engine: Engine, home: Path, *, public: str | None = PUBLIC, day: str = "2026-03-02") -> Desk:
    """The office with two plans, the first quarter open, nothing answered."""
    settings = Settings(home=home, secret_key=SECRET, public_url=public)
    house = UnitHouse(engine, settings)
    house.clock.moment = at("2026-01-05")
    silent = unit("Truong khong lien lac", "truong", "so", contacts=False)
    office = Office(engine, rules(), units_spec(**{"th-9": silent}))
    office.apply(
        "2026-01-05",
        plan_spec(reports=REPORT, tasks=[*LINES, DATED]),
        plan_spec(**WORDS_ONLY),
    )
    desk = Desk(house, office, create_app(house))
    for month in (1, 2):
        desk.set(f"2026-{month:02d}-06")
    desk.set(day)
    return desk


def answers(desk: Desk, unit_id: str = "th-1", result: str = "in_progress") -> dict[str, str]:
    """Every line of a unit's report answered, and who fills it in."""
    found = {"by": "Nguyễn Văn A", "position": "Phó hiệu trưởng", "phone": "0900 000 001"}
    for line in desk.lines(unit_id):
        found |= {f"l{line}_result": result, f"l{line}_text": f"Đã làm phần {line}"}
    return found
