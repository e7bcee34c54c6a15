"""The one sentence that explains a reading, in Vietnamese and English; rules turned back into phrases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from calendars.reading import Reading
from calendars.recurring import NO_DAY
from calendars.rules import LAST, ROMAN, Daily, Entry, Monthly, Rule, Weekly

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNITS = {"day": "ngày", "workday": "ngày làm việc", "week": "tuần", "month": "tháng", "year": "năm"}
UNITS_EN = {"day": "days", "workday": "working days", "week": "weeks", "month": "months", "year": "years"}
ARROW, NOTE = " → ", " · "
NOTES = {
    "event": "chờ sự kiện, chưa tính được hạn",
    "external_reference": "theo văn bản khác, chưa xác định hạn",
    "on_demand": "mở bằng tay khi có yêu cầu, không lập lịch",
    "continuous": "không có hạn",
    "open_start": "không có hạn cuối",
}
NOTES_EN = {
    "event": "waits for the event, no due day yet",
    "external_reference": "set by another document, no due day yet",
    "on_demand": "opened by hand on request, never scheduled",
}


def vietnamese_day(day: date) -> str:
    """14/12/2026 (thứ Hai)"""
    return f"{day:%d/%m/%Y} ({WEEKDAYS[day.weekday()]})"


def english_day(day: date) -> str:
    """Monday 14/12/2026"""
    return f"{WEEKDAYS_EN[day.weekday()]} {day:%d/%m/%Y}"


def explain(reading: Reading) -> Reading:
    """The reading with `restated` (a phrase that re-reads to the same dates and rule) and its two sentences."""
    restated = restate(reading)
    note = NOTES.get(reading.kind, "")
    if reading.kind == "continuous" and reading.due is not None:
        note = "làm suốt kỳ, kết quả cuối cùng vào ngày cuối"
    if reading.kind == "event" and reading.due is not None:
        note = f"hạn {vietnamese_day(reading.due)}"
    if reading.kind == "recurring" and reading.rule is None:
        note = "chưa rõ kỳ và ngày"
    if reading.kind == "recurring" and NO_DAY in reading.warnings:
        note = "không in ngày, hạn là ngày cuối kỳ"
    said = restated or "chưa tính được ngày"
    if reading.cutoff:
        note = f"{note}; số liệu chốt đến {reading.cutoff}".removeprefix("; ")
    shown = f"{reading.phrase.strip() or '(trống)'}{ARROW}{said}{NOTE + note if note else ''}"
    english = f"{reading.phrase.strip() or '(blank)'}{ARROW}{in_english(reading)}"
    return replace(reading, restated=restated, explanation=shown, explanation_en=english)


def explained_part(explanation: str) -> str:
    """The re-readable part of an explanation: after the last arrow, before the note."""
    return explanation.rsplit(ARROW, 1)[-1].split(NOTE, 1)[0]


def restate(reading: Reading) -> str:
    """The reading in the package's own words; "" when it has no date to restate."""
    if reading.parts:
        return "; ".join(part.restated or restate(part) for part in reading.parts)
    match reading.kind:
        case "none":
            return "không có thời hạn"
        case "recurring":
            return to_text(reading.rule, reading) if reading.rule else "định kỳ"
        case "continuous":
            review = "" if reading.rule is None else " " + _review(reading.rule)
            return f"thường xuyên{review}{_from_to(reading.start, reading.due)}"
        case "open_start":
            if reading.start is None:
                return "từ nay" if reading.period == "issue" else ""
            return f"từ ngày {reading.start:%d/%m/%Y}"
        case "event" | "external_reference" | "on_demand":
            return _anchored(reading)
    return _dated(reading)


def _dated(reading: Reading) -> str:
    if reading.due is None:
        return ""
    day = vietnamese_day(reading.due)
    if reading.due_time is not None:
        opened = f"từ ngày {reading.start:%d/%m/%Y} " if reading.start and reading.start != reading.due else ""
        return f"{opened}trước {reading.due_time:%H} giờ {reading.due_time:%M} ngày {day}"
    if reading.start is not None and reading.start <= reading.due:
        if reading.start == reading.due:
            return f"ngày {day}"
        return f"từ ngày {reading.start:%d/%m/%Y} đến hết ngày {day}"
    return f"đến hết ngày {day}" if reading.kind == "until" else f"hạn cuối {day}"


def _from_to(start: date | None, due: date | None) -> str:
    begun = f" từ ngày {start:%d/%m/%Y}" if start else ""
    return begun + (f" đến hết ngày {due:%d/%m/%Y}" if due else "")


def _anchored(reading: Reading) -> str:
    anchor = reading.anchor or ""
    if reading.kind == "on_demand" and anchor.lower().startswith("yêu cầu"):
        anchor = f"theo {anchor}"
    if reading.offset is None or reading.kind != "event":
        return anchor
    count = f"{abs(reading.offset)} {UNITS[reading.offset_unit]}"
    if anchor == "ngày ban hành kế hoạch":
        return f"{count} kể từ ngày ban hành kế hoạch"
    return f"{count} {anchor[:1].lower()}{anchor[1:]}"


def _review(rule: Rule) -> str:
    """How often a continuous task is looked at."""
    return ", ".join(dict.fromkeys(_reviewed(entry) for entry in rule.entries))


def _reviewed(entry: Entry) -> str:
    if not isinstance(entry, Monthly):
        return "hằng tuần"
    if entry.term:
        return "mỗi học kỳ"
    if entry.by_due:
        return "2 lần/tháng"
    return "mỗi năm học" if entry.phase == 8 and entry.span == 9 else _every(entry)


# --- rules -------------------------------------------------------------------------------------------------------


def to_text(rule: Rule, reading: Reading | None = None) -> str:
    """A Vietnamese phrase that reads back to the same rule (under strict "trước")."""
    clock = reading.due_time if reading is not None else None
    latest = f"trước {clock:%H} giờ {clock:%M}" if clock else "chậm nhất"
    bounds = _from_to(rule.first, rule.last)
    texts = []
    grouped: dict[int, list[Monthly]] = {}
    for entry in rule.entries:
        if isinstance(entry, Monthly) and entry.by_due:
            if entry.step not in grouped:
                texts.append("")
                grouped[entry.step] = []
                order = len(texts) - 1
            grouped[entry.step].append(entry)
            texts[order] = _several(grouped[entry.step], latest)
        elif not (isinstance(entry, Monthly) and entry.term == 2):
            texts.append(_entry(entry, latest))
    return "; ".join(text + bounds for text in texts)


def _several(entries: list[Monthly], latest: str) -> str:
    """Several dates of one period: "chậm nhất ngày 10 và ngày 20 hằng tháng"."""
    every = _every(entries[0])
    if entries[0].step == 12:
        return f"{latest} {' và '.join(_yearly_date(e) for e in entries)} hằng năm"
    days = [
        _entry(e, latest, force=True).removesuffix(f" {every}").removesuffix(",") for e in (_plain(e) for e in entries)
    ]
    first, *rest = days
    return f"{first} và {' và '.join(d.removeprefix(latest).strip() for d in rest)}, {every}"


def _plain(entry: Monthly) -> Monthly:
    return replace(entry, by_due=False)


def _entry(entry: Entry, latest: str, *, force: bool = False) -> str:
    if isinstance(entry, Daily):
        every = "mỗi ngày làm việc" if entry.working else "hằng ngày"
        return f"{latest} {every}" if latest != "chậm nhất" else every
    if isinstance(entry, Weekly):
        return f"{latest} {WEEKDAYS[entry.weekday].lower()} hằng tuần"
    if entry.shift:
        side = "sau" if entry.shift > 0 else "trước"
        unit = "ngày làm việc" if entry.shift_working else "ngày"
        return f"{abs(entry.shift)} {unit} {side} khi kết thúc {_noun(entry)}"
    if entry.term:
        return "mỗi học kỳ"
    if entry.step >= 12:
        return _yearly(entry, latest)
    if _undated(entry) and not force:
        return _every(entry)
    if entry.step == 1:
        place = _place(entry, latest)
        inside = (
            " của tháng,"
            if (entry.due_day < 0 or entry.working or _week(entry)) and not place.endswith("tháng")
            else ""
        )
        return f"{place}{' của tháng sau,' if entry.due_month else inside} hằng tháng"
    period = "quý" if entry.step == 3 else "kỳ"
    if entry.due_month < 0:
        return f"trước ngày 01 của tháng thứ 1 của {period}, {_every(entry)}"
    number, after = entry.due_month % entry.span + 1, " sau" if entry.due_month >= entry.span else ""
    return f"{_place(entry, latest)} của tháng thứ {number} của {period}{after}, {_every(entry)}"


def _undated(entry: Monthly) -> bool:
    plain = not entry.working and entry.open_month is None and not entry.between
    return plain and entry.due_day == LAST and entry.due_month == entry.span - 1


def _every(entry: Monthly) -> str:
    names = {1: "hằng tháng", 3: "hằng quý", 6: "6 tháng/lần", 12: "hằng năm"}
    if entry.step in names:
        return names[entry.step]
    return f"{entry.step} tháng/lần" if entry.step % 12 else f"{entry.step // 12} năm/lần"


def _noun(entry: Monthly) -> str:
    return {1: "tháng", 3: "quý", 6: "6 tháng", 9: "9 tháng", 12: "năm"}.get(entry.span, "kỳ")


def _week(entry: Monthly) -> str:
    if entry.open_day == -7 and entry.due_day == LAST:
        return "tuần cuối cùng"
    if (
        entry.open_month is None
        or entry.working
        or entry.due_day < 0
        or entry.open_day != entry.due_day - 6
        or entry.due_day % 7
    ):
        return "tuần thứ 5" if entry.open_day == 29 and entry.due_day == LAST and entry.open_month is not None else ""
    return f"tuần thứ {entry.due_day // 7}"


def _place(entry: Monthly, latest: str) -> str:
    """The day inside its month."""
    if entry.open_month is not None:
        if _week(entry):
            return _week(entry)
        if entry.open_day < 0:
            return f"{-entry.open_day} ngày cuối của tháng" if entry.step == 1 else f"{-entry.open_day} ngày cuối"
        end = f"ngày {entry.due_day:02d}" if entry.due_day > 0 else "ngày cuối cùng"
        return f"từ ngày {entry.open_day:02d} đến {end}"
    noun = "ngày làm việc" if entry.working else "ngày"
    if entry.due_day > 0:
        return f"{latest} {noun} {'thứ ' if entry.working else ''}{entry.due_day:02d}"
    return f"{latest} {noun} cuối cùng" if entry.due_day == LAST else f"trước {noun} cuối cùng"


def _yearly_date(entry: Monthly) -> str:
    month = (entry.phase + entry.due_month) % 12 + 1
    if entry.working:
        which = "cuối cùng" if entry.due_day < 0 else f"thứ {entry.due_day}"
        return f"ngày làm việc {which} của tháng {month}"
    if entry.due_day < 0:
        return f"ngày cuối cùng của tháng {month}"
    return f"ngày {entry.due_day:02d}/{month:02d}"


def _yearly(entry: Monthly, latest: str) -> str:
    if entry.step > 12:
        dated = "" if _undated(entry) else f"{latest} {_yearly_date(entry)}, "
        return f"{dated}{_every(entry)}"
    if entry.span == 12 and entry.phase == 0 and _undated(entry):
        return "hằng năm"
    if entry.phase == 8 and entry.span == 9 and _undated(entry):
        return "mỗi năm học"
    if entry.due_day < LAST:
        latest = "trước"  # before the last (working) day
    late = (entry.phase + entry.due_month) // 12
    beyond = {0: "", 1: " năm sau,", -1: " năm trước,"}.get(late, "")
    if entry.open_month is not None and not _week(entry):
        opened = f"từ ngày {entry.open_day:02d}/{(entry.phase + entry.open_month) % 12 + 1:02d}"
        month = (entry.phase + entry.due_month) % 12 + 1
        end = f"ngày {entry.due_day:02d}/{month:02d}" if entry.due_day > 0 else f"tháng {month}"
        return f"{_label(entry)}{opened} đến hết {end}{beyond} hằng năm"
    if entry.open_month is not None:
        return f"{_label(entry)}{_week(entry)} của tháng {(entry.phase + entry.due_month) % 12 + 1} hằng năm"
    return f"{_label(entry)}{latest} {_yearly_date(entry)}{beyond} hằng năm"


def _label(entry: Monthly) -> str:
    """The report's name before its date; "" for an unlabelled yearly date or window."""
    if entry.span == 12 and (entry.between or entry.open_month is not None):
        return ""
    months = f"tháng {entry.phase + 1}" if entry.span == 1 else f"tháng {entry.phase + 1}-{entry.phase + entry.span}"
    names = {
        (0, 12): "năm",
        (0, 9): "9 tháng",
        (8, 9): "năm học",
        (0, 6): "6 tháng đầu năm",
        (6, 6): "6 tháng cuối năm",
        **{(q * 3, 3): f"quý {ROMAN[q]}" for q in range(4)},
    }
    return f"báo cáo {names.get((entry.phase, entry.span), months)}: "


# --- English -----------------------------------------------------------------------------------------------------


def in_english(reading: Reading) -> str:
    """The same sentence for readers of the code."""
    if reading.parts:
        return "; ".join(in_english(part) for part in reading.parts)
    match reading.kind:
        case "none":
            return "no time frame"
        case "continuous":
            span = f" from {reading.start:%d/%m/%Y}" if reading.start else ""
            end = f" until {english_day(reading.due)}" if reading.due else ", no due day"
            return f"continuous{span}{end}{', reviewed: ' + rule_in_english(reading.rule) if reading.rule else ''}"
        case "recurring":
            return f"recurring: {rule_in_english(reading.rule)}" if reading.rule else "recurring, period not said"
        case "open_start":
            return (
                f"from {reading.start:%d/%m/%Y}, no due day" if reading.start else "from the plan's issue, no due day"
            )
        case "event" | "external_reference" | "on_demand":
            if reading.offset is not None:
                side = "after" if reading.offset >= 0 else "before"
                due = f", due {english_day(reading.due)}" if reading.due else ""
                return f"{abs(reading.offset)} {UNITS_EN[reading.offset_unit]} {side} the event “{reading.anchor}”{due}"
            return f"{NOTES_EN[reading.kind]} (“{reading.anchor}”)"
    if reading.due is None:
        return "due day not known: the year is missing"
    start = f" (from {reading.start:%d/%m/%Y})" if reading.start else ""
    at = f" before {reading.due_time:%H:%M}" if reading.due_time else ""
    return f"due {english_day(reading.due)}{at}{start}"


def rule_in_english(rule: Rule) -> str:
    """A rule in English, without a promise to re-read."""
    texts = [_entry_in_english(entry) for entry in rule.entries]
    bounds = (f" from {rule.first:%d/%m/%Y}" if rule.first else "") + (
        f" until {rule.last:%d/%m/%Y}" if rule.last else ""
    )
    return "; ".join(dict.fromkeys(texts)) + bounds


def _entry_in_english(entry: Entry) -> str:
    if isinstance(entry, Daily):
        return "every working day" if entry.working else "every day"
    if isinstance(entry, Weekly):
        return f"every {WEEKDAYS_EN[entry.weekday]}"
    kinds = {1: "month", 3: "quarter", 6: "half year", 12: "year"}
    every = f"every {kinds.get(entry.step, f'{entry.step} months')}"
    kind = "working day" if entry.working else "day"
    day = (
        f"the last {kind}"
        if entry.due_day == LAST
        else f"{kind} {entry.due_day}"
        if entry.due_day > 0
        else f"{kind} {-entry.due_day} from the end"
    )
    where = (
        f" of its month {entry.due_month + 1}"
        if entry.step > 1
        else ("" if entry.due_month == 0 else " of the next month")
    )
    if entry.step == 12:
        where = f" of month {(entry.phase + entry.due_month) % 12 + 1}"
    shift = ""
    if entry.shift:
        counted = "working days" if entry.shift_working else "days"
        shift = f" {'plus' if entry.shift > 0 else 'minus'} {abs(entry.shift)} {counted}"
    return f"{every}, {day}{where}{shift}"


def join(texts: Sequence[str]) -> str:
    """Vietnamese list: a, b và c."""
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " và " + texts[-1]
