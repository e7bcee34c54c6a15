"""What units really did, as a file: one row for each deed (docs/simulate.md has the format).

CSV with a header line (`,` or `;`), or JSON, a list of objects with the same keys. Every bad row is a sentence with
its line; a file with one bad row is not used at all.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from models.lifecycle import Result
from models.specs import PlanSpec, UnitsSpec, flatten, parse_date

COLUMNS = ("plan", "task", "period", "unit", "started", "reported", "entered", "result", "document", "reason")
REQUIRED = ("plan", "task", "unit")
MOST_BYTES = 20_000_000
REPORT = "bao-cao"


class BadRecord(ValueError):
    """The file cannot be used; `sentences` say where and why, a line each."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = list(sentences)
        super().__init__("\n".join(self.sentences))


@dataclass(frozen=True)
class RecordedDeed:
    """One deed: a unit began, or filed a result, on a day.

    `acted_on` is the day it came into the ledger, `received_on` the day that counts. An empty `period` means whatever
    is open of that task that day. `line` is its line in the file.
    """

    line: int
    process_key: str
    period: str
    unit: str
    acted_on: date
    begins: bool = False
    received_on: date | None = None
    result: Result = Result.DONE
    document: str | None = None
    reason: str | None = None

    @property
    def words(self) -> str:
        """The assignment as `PLAN TASK PERIOD UNIT`."""
        plan, _, item = self.process_key.partition(":")
        return " ".join(filter(None, (plan, item, self.period, self.unit)))


def read_deeds(text: str, plans: Mapping[str, PlanSpec], units: UnitsSpec, *, name: str) -> list[RecordedDeed]:
    """The deeds of a file, in its order; `name` is what errors call it. Raises BadRecord with every bad line."""
    reader = _Reader(plans, units)
    wrong: list[str] = []
    deeds: list[RecordedDeed] = []
    try:
        for line, row in _rows(text):
            try:
                deeds += reader.deeds(line, row)
            except ValueError as error:
                wrong.append(f"{name}:{line}: {error}")
    except _Unreadable as error:
        wrong.append(f"{name}:{error.line}: {error}")
    if wrong:
        raise BadRecord(wrong)
    if not deeds:
        raise BadRecord([f"{name}:1: tệp không có dòng nào; cần dòng tiêu đề: {', '.join(COLUMNS)}"])
    return deeds


# ------------------------------------------------------------------ rows


class _Unreadable(Exception):
    """The file as a whole cannot be read from this line on."""

    def __init__(self, line: int, sentence: str) -> None:
        self.line = line
        super().__init__(sentence)


def _rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("[", "{"):
        yield from _json_rows(text)
    else:
        yield from _csv_rows(text)


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",", strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise _Unreadable(1, f"không đọc được dòng tiêu đề ({error})") from None
    _check_names(1, names)
    if len(set(names)) != len(names):
        raise _Unreadable(1, "một cột có hai lần trong dòng tiêu đề")
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _Unreadable(reader.line_num, f"không đọc được dòng CSV ({error})") from None
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            yield reader.line_num, {"": f"{len(cells)} ô nhưng tiêu đề chỉ có {len(names)} cột"}
        else:
            yield reader.line_num, dict(zip(names, cells, strict=False))


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each object with the line it begins on."""
    decoder, position = json.JSONDecoder(), text.find("[")
    if position < 0 or text[:position].strip():
        raise _Unreadable(1, "cần một danh sách JSON: [{…}, {…}]")
    position = _skip(text, position + 1)
    while position < len(text) and text[position] != "]":
        line = text.count("\n", 0, position) + 1
        try:
            row, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise _Unreadable(error.lineno, f"không phải JSON ({error.msg})") from None
        except (ValueError, RecursionError):  # a number of thousands of digits, brackets within brackets
            raise _Unreadable(line, "không phải JSON đọc được") from None
        if isinstance(row, dict):
            yield line, {str(name).lower(): value for name, value in row.items()}
        else:
            yield line, {"": "cần một đối tượng {…}"}
        position = _skip(text, position)
        if position < len(text) and text[position] == ",":
            position = _skip(text, position + 1)
        elif position < len(text) and text[position] != "]":
            raise _Unreadable(text.count("\n", 0, position) + 1, "thiếu dấu phẩy giữa hai mục")
    if position >= len(text):
        raise _Unreadable(text.count("\n") + 1, "danh sách JSON không được đóng bằng ]")


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _check_names(line: int, names: Iterable[str]) -> None:
    names = list(names)
    for name in names:
        if name not in COLUMNS:
            raise _Unreadable(line, f"không có cột “{name}”; có: {', '.join(COLUMNS)}")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise _Unreadable(line, f"thiếu cột {', '.join(missing)}")


# ------------------------------------------------------------------ one row


class _Reader:
    """Knows the plans and the units a row may name."""

    def __init__(self, plans: Mapping[str, PlanSpec], units: UnitsSpec) -> None:
        self.plans, self.units = plans, units
        self._items: dict[str, dict[str, str]] = {}

    def deeds(self, line: int, row: Mapping[str, Any]) -> Iterator[RecordedDeed]:
        """What one row says: beginning, filing, or both. A ValueError is a sentence."""
        if "" in row:
            raise ValueError(row[""])
        cells = {name: self._text(name, value) for name, value in row.items()}
        if unknown := [name for name in cells if name not in COLUMNS]:
            raise ValueError(f"không có khoá “{unknown[0]}”; có: {', '.join(COLUMNS)}")
        if missing := [name for name in REQUIRED if not cells.get(name)]:
            raise ValueError(f"thiếu {', '.join(missing)}")
        key = self._process_key(cells["plan"], cells["task"])
        unit = _known(cells["unit"], self.units.units, "đơn vị")
        started, reported, entered = (self._day(cells, name) for name in ("started", "reported", "entered"))
        if not started and not reported:
            raise ValueError("cần ngày bắt đầu (started) hoặc ngày báo cáo (reported)")
        if entered and not reported:
            raise ValueError("entered là ngày nhập báo cáo vào sổ: cần cả reported")
        if started and reported and started > reported:
            raise ValueError(f"started {started:%d/%m/%Y} đứng sau reported {reported:%d/%m/%Y}")
        if entered and reported and entered < reported:
            raise ValueError(f"entered {entered:%d/%m/%Y} đứng trước reported {reported:%d/%m/%Y}")
        result = self._result(cells)
        where = (line, key, cells.get("period", ""), unit)
        if started:
            yield RecordedDeed(*where, started, begins=True)
        if reported:
            yield RecordedDeed(
                *where,
                entered or reported,
                received_on=reported,
                result=result,
                document=cells.get("document") or None,
                reason=cells.get("reason") or None,
            )

    def _text(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str | int):
            raise ValueError(f"{name} phải là một chuỗi")
        return str(value).strip()

    def _process_key(self, plan: str, item: str) -> str:
        _known(plan, self.plans, "kế hoạch")
        if plan not in self._items:
            reports = {f"{REPORT}:{name}": f"{plan}:{REPORT}:{name}" for name in self.plans[plan].reports}
            tasks = {task.id: f"{plan}:{task.id}" for task in flatten(self.plans[plan])}
            bare = {name.removeprefix(f"{REPORT}:"): key for name, key in reports.items()}
            self._items[plan] = bare | tasks | reports
        items = self._items[plan]
        return items[_known(item, items, f"nhiệm vụ hay báo cáo trong {plan}")]

    def _day(self, cells: Mapping[str, str], name: str) -> date | None:
        text = cells.get(name)
        if not text:
            return None
        try:
            return parse_date(text)
        except ValueError:
            raise ValueError(f"{name} “{text}” không phải là ngày; viết 2024-03-20 hoặc 20/03/2024") from None

    def _result(self, cells: Mapping[str, str]) -> Result:
        text = cells.get("result") or Result.DONE.value
        try:
            return Result(text)
        except ValueError:
            raise ValueError(f"result “{text}” không có; có: {', '.join(each.value for each in Result)}") from None


def _known(name: str, known: Iterable[str], what: str) -> str:
    known = list(known)
    if name in known:
        return name
    near = get_close_matches(name, known, n=3, cutoff=0.4)
    raise ValueError(f"không có {what} “{name}”" + (f"; có: {', '.join(near)}" if near else ""))
