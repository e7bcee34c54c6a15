"""Deadlines as an iCalendar feed (RFC 5545): one event a deadline, with a stable UID and an alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from icalendar import Alarm, Calendar, Event

from models.specs import UnitsSpec

ALARM_BEFORE = timedelta(days=3)
STAMP = datetime(2024, 1, 1, tzinfo=UTC)  # the same input gives the same bytes; SEQUENCE and dates say what changed


class Titled(Protocol):
    """A plan, as its file or the ledger has it."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def confidential(self) -> bool:
        """Whether nothing of it may be named."""



def feed(
    rows: Iterable[Mapping[str, Any]],
    plans: Mapping[str, Titled],
    units: UnitsSpec,
    *,
    name: str = "Đôn đốc",
) -> bytes:
    """A feed of `calendar` rows. Lines of a report are in its event; a row with `confidential` is not named."""
    calendar = new_calendar(name)
    for row in rows:
        if row["kind"] != "covered":
            calendar.add_component(_event(row, plans, units))
    document: bytes = calendar.to_ical()
    return document


def new_calendar(name: str) -> Calendar:
    """An empty calendar of this name, as calendar programs want it."""
    calendar = Calendar()
    calendar.add("prodid", "-//Dondoc//Don doc//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Asia/Ho_Chi_Minh")
    return calendar


def _event(row: Mapping[str, Any], plans: Mapping[str, Titled], units: UnitsSpec) -> Event:
    event = Event()
    event.add("uid", f"{row['plan']}.{row['kind']}.{row['task']}.{row['period']}@dondoc")
    event.add("dtstamp", STAMP)
    event.add("dtstart", row["due_on"])
    event.add("dtend", row["due_on"] + timedelta(days=1))
    what = "Báo cáo" if row["kind"] == "report" else "Hạn"
    event.add("summary", _summary(row, plans, what))
    event.add("description", "\n".join(_details(row, plans, units)))
    event.add("categories", [row["plan"]])
    event.add("transp", "TRANSPARENT")
    if row["provisional"]:
        event.add("status", "TENTATIVE")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Sắp đến hạn")
    alarm.add("trigger", (row["remind_from"] - row["due_on"]) - ALARM_BEFORE)
    event.add_component(alarm)
    return event


def _summary(row: Mapping[str, Any], plans: Mapping[str, Titled], what: str) -> str:
    if plans[row["plan"]].confidential or row.get("confidential"):
        return f"{what}: có nhiệm vụ đến hạn"
    return f"{what} {row['label']}: {row['code'] or ''} {row['title']}".replace("  ", " ")


def _details(row: Mapping[str, Any], plans: Mapping[str, Titled], units: UnitsSpec) -> list[str]:
    plan = plans[row["plan"]]
    if plan.confidential or row.get("confidential"):
        return ["Xem tại hệ thống."]
    names = [units.units[unit].short or units.units[unit].name for unit in row["units"] if unit in units.units]
    days = f"Nhắc từ {row['remind_from']:%d/%m/%Y}; còn đúng hạn đến hết {row['late_after']:%d/%m/%Y}"
    lines = [plan.title, f"“{row['phrase']}”" if row["phrase"] else row["source"], days]
    if row["cutoff_on"]:
        lines.append(f"Số liệu chốt đến {row['cutoff_on']:%d/%m/%Y}")
    if names:
        lines.append("Đơn vị: " + ", ".join(names[:10]) + (f" và {len(names) - 10} đơn vị" if len(names) > 10 else ""))
    if row["provisional"]:
        lines.append("Lịch nghỉ tạm tính")
    return lines
