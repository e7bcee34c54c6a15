"""A simulation on paper: who will be told what and when, as rows for a spreadsheet, as a calendar, as one page.

Each takes the document of `actions.simulate.run_simulation`. The page is one file without script or outside request.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jinja2
from icalendar import Event

from actions.announce import ISSUE_STEP
from models.lifecycle import State
from models.specs import PlanSpec, UnitsSpec

from .feed import STAMP, new_calendar

HERE = Path(__file__).resolve().parent
ROLES = {"van_thu": "văn thư", "dau_moi": "đầu mối", "thu_truong": "thủ trưởng"}
TONES = {"opening": "Giao việc, mở kỳ", "reminder": "Nhắc trước hạn", "late": "Quá hạn"}
KINDS = {"dated": "nhiệm vụ", "report": "báo cáo", "covered": "nội dung báo cáo"}
STATES = {
    None: "",
    State.ASSIGNED.value: "đã giao",
    State.IN_PROGRESS.value: "đang thực hiện",
    State.REPORTED.value: "đã báo cáo",
    State.OVERDUE.value: "quá hạn",
    State.MISSED.value: "không báo cáo",
    State.WITHDRAWN.value: "dừng thực hiện",
}
WEEKDAYS = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật")
BEHAVIOURS = {
    "none": "không đơn vị nào báo cáo",
    "on-time": "mọi đơn vị báo cáo đúng hạn",
    "late": "mọi đơn vị báo cáo muộn",
    "random": "đơn vị báo cáo ngẫu nhiên, số gieo",
    "recorded": "đơn vị báo cáo như đã ghi trong",
}
SECRET = "nhiệm vụ mật, xem tại hệ thống"
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Names:
    """How units and plans are called on paper."""

    plans: Mapping[str, PlanSpec]
    units: UnitsSpec

    def unit(self, unit_id: str) -> str:
        """A unit's short name, or its id when the config no longer has it."""
        unit = self.units.units.get(unit_id)
        return (unit.short or unit.name) if unit else unit_id

    def recipient(self, recipient: str) -> str:
        """`Trường 1, đầu mối`."""
        unit_id, _, role = recipient.rpartition(":")
        return f"{self.unit(unit_id)}, {ROLES.get(role, role)}"

    def plan(self, plan_id: str) -> str:
        """A plan's title, or its id when it must not be said."""
        plan = self.plans.get(plan_id)
        return plan.title if plan and not plan.confidential else plan_id


def behaviour_words(behaviour: str) -> str:
    """`random:7` as a person says it."""
    name, _, seed = behaviour.partition(":")
    return f"{BEHAVIOURS.get(name, name)} {seed}".strip()


# ------------------------------------------------------------------ rows

CSV_COLUMNS = ("at", "what", "plan", "task", "period", "unit", "step", "from", "to", "recipient", "recipient_name",
               "channel", "subject", "letter")  # fmt: skip


def csv_text(result: Mapping[str, Any], names: Names) -> str:
    """Everything that happens, in the order of time: `what` is opens, due, move, message, receipt or held."""
    rows = sorted(_csv_rows(result, names), key=lambda row: (row["at"], CSV_ORDER[row["what"]]))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, CSV_COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({name: inert(str(value)) for name, value in row.items() if value is not None} for row in rows)
    return out.getvalue()


CSV_ORDER = {"opens": 0, "due": 1, "move": 2, "message": 3, "receipt": 4, "held": 5}
CSV_LISTS = {"message": "notices", "receipt": "receipts", "held": "held"}


def _csv_rows(result: Mapping[str, Any], names: Names) -> Iterator[dict[str, Any]]:
    for period in result["periods"]:
        item = f"bao-cao:{period['task']}" if period["kind"] == "report" else period["task"]
        same = {"plan": period["plan"], "task": item, "period": period["period"], "subject": _title(period)}
        if period["opened_at"]:
            yield {"at": period["opened_at"], "what": "opens", **same}
        yield {"at": period["due_on"].isoformat(), "what": "due", **same}
    for move in result["transitions"]:
        yield {"at": move["at"], "what": "move", **_words(move), "from": move["from"], "to": move["to"]}
    for kind in ("message", "receipt", "held"):
        for notice in result[CSV_LISTS[kind]]:
            yield {
                "at": notice["on"].isoformat() if kind == "held" else notice["at"],
                "what": kind,
                **_words(notice),
                **{name: notice[name] for name in ("step", "recipient", "channel")},
                "recipient_name": names.recipient(notice["recipient"]),
                "subject": notice.get("subject"),
                "letter": notice.get("letter"),
            }


def _words(row: Mapping[str, Any]) -> dict[str, str]:
    return dict(zip(("plan", "task", "period", "unit"), row["assignment"].split(" "), strict=False))


def _title(period: Mapping[str, Any]) -> str:
    if period["confidential"]:
        return SECRET
    return " ".join(filter(None, (period["code"], period["title"])))


def inert(text: str) -> str:
    """A cell a spreadsheet will not take for a formula."""
    return "'" + text if text[:1] in "=+-@\t\r" else text


# ------------------------------------------------------------------ a calendar


def ics_bytes(result: Mapping[str, Any], names: Names) -> bytes:
    """Each letter as an event at its hour, each due day as one of the whole day; the same input, the same bytes."""
    calendar = new_calendar("Đôn đốc: chạy thử")
    for letter in letters_of(result):
        calendar.add_component(_letter_event(letter, names))
    for period in result["periods"]:
        if period["kind"] != "covered":
            calendar.add_component(_due_event(period))
    document: bytes = calendar.to_ical()
    return document


def _letter_event(letter: Letter, names: Names) -> Event:
    event = Event()
    event.add("uid", f"thu.{letter.at:%Y-%m-%d}.{letter.recipient}.{letter.channel}.{letter.sender}@dondoc")
    event.add("dtstamp", STAMP)
    event.add("dtstart", letter.at.astimezone(UTC))  # a program that reads it shows its own time
    event.add("duration", timedelta(minutes=15))
    event.add("summary", f"Thư: {names.recipient(letter.recipient)}: {letter.subject or ''}".rstrip(": "))
    event.add("description", "\n".join(f"{n['step']}: {n['assignment']}" for n in letter.notices))
    event.add("categories", ["thư"])
    event.add("transp", "TRANSPARENT")
    return event


def _due_event(period: Mapping[str, Any]) -> Event:
    event = Event()
    asked_in = f".{period['asked_in']}" if period["asked_in"] else ""
    event.add("uid", f"{period['plan']}.{period['kind']}.{period['task']}{asked_in}.{period['period']}@dondoc")
    event.add("dtstamp", STAMP)
    event.add("dtstart", period["due_on"])
    event.add("dtend", period["due_on"] + timedelta(days=1))
    what = "Báo cáo" if period["kind"] == "report" else "Hạn"
    event.add("summary", f"{what} {period['label']}: {_title(period)}")
    event.add("categories", [period["plan"]])
    event.add("transp", "TRANSPARENT")
    if period["provisional"]:
        event.add("status", "TENTATIVE")
    return event


# ------------------------------------------------------------------ letters


@dataclass
class Letter:
    """One letter of a simulation, with its notices."""

    at: datetime
    recipient: str
    channel: str
    sender: str
    subject: str | None
    notices: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """The most serious of its notices."""
        return max((str(notice["tone"]) for notice in self.notices), key=list(TONES).index)


def letters_of(result: Mapping[str, Any]) -> list[Letter]:
    """The letters of a simulation in the order of time."""
    found: dict[int, Letter] = {}
    for notice in result["notices"]:
        if notice["letter"] not in found:
            at = datetime.fromisoformat(notice["at"])
            found[notice["letter"]] = Letter(
                at, notice["recipient"], notice["channel"], notice["sender"], notice["subject"]
            )
        found[notice["letter"]].notices.append(notice)
    return sorted(found.values(), key=lambda letter: (letter.at, letter.recipient))


# ------------------------------------------------------------------ one page


@dataclass
class Line:
    """One line of the page: what letters of one day say alike, and to whom; or a day something is due."""

    tone: str
    label: str
    texts: list[str]
    to: list[str]


def page(result: Mapping[str, Any], names: Names, *, plans: Sequence[str]) -> str:
    """A page for people, by month and day, printable; it stands alone in one file."""
    months = _months(result, names)
    html: str = TEMPLATES.get_template("forecast.html").render(
        plans=[names.plan(plan) for plan in plans],
        start=_day(result["from"]),
        end=_day(result["to"]),
        behaviour=behaviour_words(result["reports"]),
        counts=result,
        messages=len(result["notices"]),
        months=months,
        held=_held(result, names),
        left_out=[*result["refused"], *result["unused"]],
        suppressed=result["suppressed"],
        day=_day,
    )
    return html


def _months(result: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    by_day: dict[date, list[Line]] = defaultdict(list)
    titles = {(p["plan"], p["task"], p["kind"] == "report", p["period"]): p for p in result["periods"]}
    letters = letters_of(result)
    for letter_day, line in _folded(letters, names, titles):
        by_day[letter_day].append(line)
    dues = [period for period in result["periods"] if period["kind"] != "covered" and _inside(result, period)]
    for period in dues:
        label = "" if period["label"].startswith("hạn ") else f" ({period['label']})"
        text = f"{KINDS[period['kind']].capitalize()}: {_title(period)}{label}"
        by_day[period["due_on"]].append(Line("due", "Đến hạn", [text], [names.plan(period["plan"])]))
    months: dict[tuple[int, int], list[tuple[date, list[Line]]]] = defaultdict(list)
    for day in sorted(by_day):
        months[day.year, day.month].append((day, by_day[day]))
    return [
        {
            "id": f"{year}-{month:02}",
            "title": f"Tháng {month}/{year}",
            "letters": sum((letter.at.year, letter.at.month) == (year, month) for letter in letters),
            "dues": sum((period["due_on"].year, period["due_on"].month) == (year, month) for period in dues),
            "days": [{"day": _long_day(day), "lines": lines} for day, lines in days],
        }
        for (year, month), days in months.items()
    ]


def _inside(result: Mapping[str, Any], period: Mapping[str, Any]) -> bool:
    return bool(result["from"] <= period["due_on"] <= result["to"])


def _folded(
    letters: Iterable[Letter], names: Names, titles: Mapping[Any, Mapping[str, Any]]
) -> Iterator[tuple[date, Line]]:
    """Letters of one day that say the same to many units are one line."""
    alike: dict[Any, list[Letter]] = defaultdict(list)
    for letter in letters:
        said = tuple(sorted({(notice["tone"], *_item(notice)) for notice in letter.notices}))
        role = letter.recipient.rpartition(":")[2]
        alike[letter.at.date(), letter.tone, letter.sender, role, said].append(letter)
    for (day, tone, _sender, _role, said), same in alike.items():
        texts = list(dict.fromkeys(_said(each, tone, titles, names) for each in said))
        yield day, Line(tone, TONES[tone], texts, [names.recipient(letter.recipient) for letter in same])


def _item(notice: Mapping[str, Any]) -> tuple[str, str, str]:
    plan, item, period, _unit = notice["assignment"].split(" ", 3)
    return plan, item if item != "-" else notice["step"], period


def _said(said: tuple[str, str, str, str], line: str, titles: Mapping[Any, Mapping[str, Any]], names: Names) -> str:
    """One thing a letter says; how, when that is not how its line is said."""
    tone, plan, item, period = said
    if period == "-":
        what = "toàn bộ nhiệm vụ được giao" if item == ISSUE_STEP else "hỏi về sự kiện đang chờ"
        return f"{names.plan(plan)}: {what}"
    found = titles.get((plan, item.removeprefix("bao-cao:"), item.startswith("bao-cao:"), period))
    if found is None:
        return f"{item}, {period}"
    due = f"hạn {_day(found['due_on'])}"
    when = found["label"] if found["label"] == due else f"{found['label']}, {due}"
    how = "" if tone == line else f"{TONES[tone]}: "
    return f"{how}{_title(found)} ({when})"


def _held(result: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """What waits for a person's word, folded by day and recipient."""
    alike: dict[tuple[date, str, str], int] = defaultdict(int)
    for notice in result["held"]:
        alike[notice["on"], names.recipient(notice["recipient"]), notice["step"]] += 1
    return [{"on": _day(on), "to": to, "step": step, "count": n} for (on, to, step), n in sorted(alike.items())]


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _long_day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()].capitalize()} {day:%d/%m}"
