"""Appendix tables: which column is what, which row is a section, a task, the rest of the row before, or nothing known.

Every row is accounted for: `Sorted.counts` adds up to the rows read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from calendars.phrases import Context, Reading

from .blocks import Block, Line, Place, Row
from .numbering import Mark, cell_mark, split_mark
from .parties import HEADS, NO_HEADS
from .times import reading_of
from .words import fold, keys

# What a column holds, by words of its header without diacritics. The longest match wins.
HEADERS = {
    "code": (
        "stt", "tt", "so tt", "so thu tu", "thu tu", "ma so", "ma nhiem vu", "muc", "s tt", "no", "so muc", "ma",
    ),
    "title": (
        "noi dung", "noi dung cong viec", "noi dung nhiem vu", "noi dung thuc hien", "nhiem vu", "nhiem vu cu the",
        "cong viec",
        "ten nhiem vu", "hoat dong", "giai phap", "dau viec", "nhiem vu giai phap", "nhiem vu trong tam",
        "ten cong viec",
        "noi dung hoat dong", "nhiem vu cong viec", "noi dung cong tac", "cac nhiem vu", "viec can lam",
        "nhiem vu duoc giao",
        "ten de an", "danh muc nhiem vu", "ten chuong trinh", "noi dung trien khai", "linh vuc nhiem vu",
        "de an nhiem vu",
        "nhom nhiem vu", "noi dung chu yeu", "ten van ban", "chi tieu nhiem vu",
    ),
    "deliverable": (
        "san pham", "ket qua", "san pham hoan thanh", "ket qua san pham", "san pham ket qua", "ket qua dau ra",
        "ket qua dat duoc",
        "ket qua can dat", "ket qua yeu cau", "san pham du kien", "ket qua du kien", "san pham dau ra",
        "hinh thuc van ban",
        "san pham cu the", "yeu cau san pham", "dau ra", "ket qua thuc hien", "san pham dat duoc", "hinh thuc san pham",
        "yeu cau ket qua", "san pham hoan thanh ket qua", "muc tieu ket qua", "hinh thuc the hien",
    ),
    "when": (
        "thoi gian", "thoi han", "tien do", "thoi gian thuc hien", "thoi gian hoan thanh", "thoi han hoan thanh",
        "han hoan thanh",
        "lo trinh", "thoi diem", "thoi gian trinh", "moc thoi gian", "tien do thuc hien", "ngay hoan thanh",
        "thoi gian trien khai",
        "ke hoach thoi gian", "thoi gian bao cao", "lo trinh thuc hien", "han", "thoi gian ban hanh",
    ),
    "start": ("bat dau", "tu ngay", "thoi gian bat dau", "ngay bat dau"),
    "end": ("ket thuc", "den ngay", "thoi gian ket thuc", "ngay ket thuc"),
    "lead": (
        "chu tri", "co quan chu tri", "don vi chu tri", "phong chu tri", "don vi dau moi", "co quan dau moi",
        "bo phan chu tri",
        "co quan chu tri thuc hien", "don vi chu tri thuc hien", "co quan tham muu", "don vi tham muu", "phu trach",
        "dau moi",
        "co quan don vi chu tri", "don vi co quan chu tri", "co quan chu tri tham muu", "chu tri thuc hien",
        "nguoi phu trach",
        "don vi phu trach", "co quan soan thao", "don vi tham muu chu tri",
    ),
    "does": (
        "don vi thuc hien", "co quan thuc hien", "phan cong", "phan cong thuc hien", "trach nhiem",
        "trach nhiem thuc hien",
        "co quan don vi thuc hien", "don vi", "co quan", "bo phan thuc hien", "nguoi thuc hien",
        "don vi trien khai", "phan cong nhiem vu",
        "don vi ca nhan thuc hien", "co quan chu tri phoi hop", "chu tri phoi hop", "don vi chu tri phoi hop",
        "noi thuc hien",
        "to chuc thuc hien", "don vi co quan thuc hien", "co quan phan cong", "phan cong trach nhiem",
        "to chuc ca nhan thuc hien",
    ),
    "cooperating": (
        "phoi hop", "co quan phoi hop", "don vi phoi hop", "phoi hop thuc hien", "co quan don vi phoi hop",
        "phong phoi hop",
        "don vi co quan phoi hop", "co quan phoi hop thuc hien", "bo phan phoi hop",
    ),
    "note": ("ghi chu", "luu y", "ghi chu khac"),
}  # fmt: skip
_BY_HEADER = {name: column for column, names in HEADERS.items() for name in names}
_OTHER = (
    "kinh phi",
    "du toan",
    "can cu",
    "van ban giao",
    "lanh dao",
    "nguon",
    "don vi tinh",
    "dvt",
    "muc tieu",
    "chi tieu",
    "ket qua hien nay",
)
DITTO = {"nt", "-nt-", "nhu tren", "(nt)", '"', "''", "”", "-//-", "//", "như trên", "- nt -", '"nt"', "–nt–"}
FIELDS = ("title", "deliverable", "when", "lead", "does", "cooperating", "note", "start", "end")
MOST_HEADER_ROWS = 6


@dataclass
class Entry:
    """A logical row: a task or a section. `cells` are texts by column; `other` the columns of no known kind."""

    place: Place
    mark: Mark | None
    cells: dict[str, str]
    other: dict[str, str] = field(default_factory=dict)
    section: bool = False
    table: int = 0
    doubts: list[str] = field(default_factory=list)
    field_doubts: dict[str, list[str]] = field(default_factory=dict)
    rows: int = 1


@dataclass
class Sorted:
    """What became of the rows of all tables."""

    entries: list[Entry] = field(default_factory=list)
    leftovers: list[tuple[Row, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    loose: set[int] = field(default_factory=set)  # ids of rows that are layout and were read as lines


@dataclass
class _Columns:
    """The columns of a table: kind -> grid columns; `names` the headers of all columns."""

    kinds: dict[str, list[int]]
    names: list[str]
    guessed: bool = False

    @property
    def width(self) -> int:
        return len(self.names)

    def text(self, texts: list[str], kind: str) -> str:
        found = [texts[i] for i in self.kinds.get(kind, []) if i < len(texts) and texts[i].strip()]
        return "\n".join(dict.fromkeys(found))


@lru_cache(maxsize=5_000)
def column_kind(header: str) -> str | None:
    """What a column holds, by its header; None when the header says nothing known."""
    words = re.sub(r"[^a-z0-9 ]+", " ", re.sub(r"\(.*?\)", " ", fold(header).replace("\n", " ")))
    text = " ".join(
        word for word in words.split() if word not in {"va", "hoac", "cac", "cua", "du"} or len(words.split()) < 2
    )
    text = text.replace("sp ", "san pham ") if text.startswith("sp ") else text
    if not text or len(words.split()) > 12:
        return None
    if text in _BY_HEADER:
        return _BY_HEADER[text]
    if "phoi hop" in text:
        return "does" if "chu tri" in text else "cooperating"
    if "chu tri" in text or "dau moi" in text:
        return "lead"
    if text.startswith(_OTHER):
        return None
    best = max(
        (name for name in _BY_HEADER if len(name) > 4 and (text.startswith(f"{name} ") or f" {name}" in f" {text}")),
        key=len,
        default=None,
    )
    return _BY_HEADER[best] if best else None


def sort_rows(blocks: list[Block], context: Context) -> Sorted:
    """Sort every row of a document."""
    return _Sorting(context).run(blocks)


class _Sorting:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.out = Sorted()
        self.columns: _Columns | None = None
        self.table = 0

    def run(self, blocks: list[Block]) -> Sorted:
        for rows, apart in _tables(blocks):
            self._table(rows, apart)
        return self.out

    # ------------------------------------------------------------------ one table

    def _table(self, rows: list[Row], apart: bool) -> None:
        header, used = self._header(rows)
        if header is not None:
            self.columns = header
            self.table += 1
            self.out.counts["header"] += used
            body = rows[used:]
        elif self.columns is not None and not apart and _width(rows) <= self.columns.width and _width(rows) > 1:
            body = rows  # the table goes on after a page
        else:
            guessed = _guessed(rows, self.context)
            if guessed is None:
                self._loose(rows)
                return
            self.columns, body = guessed, rows
            self.table += 1
        self._body(body, self.columns)

    def _loose(self, rows: list[Row]) -> None:
        """A table that is no list of tasks: a layout of lines, or figures."""
        self.columns = None
        layout = _width(rows) <= 2
        for row in rows:
            if not any(text.strip() for text in row.texts):
                self.out.counts["blank"] += 1
            elif layout:
                self.out.loose.add(id(row))
                self.out.counts["layout"] += 1
            else:
                self.out.counts["leftover"] += 1
                self.out.leftovers.append((row, "bảng không có cột nhiệm vụ nào nhận ra được"))

    def _header(self, rows: list[Row]) -> tuple[_Columns | None, int]:
        """(columns, rows used by the header) when one of the first rows is a header."""
        for index, row in enumerate(rows[:MOST_HEADER_ROWS]):
            columns = _columns(row)
            if columns is None:
                continue
            used = index + 1
            if used < len(rows):
                merged = _sub_header(columns, rows[used])
                if merged:
                    columns, used = merged, used + 1
            if used < len(rows) and _is_column_numbers(rows[used]):
                used += 1
            return columns, used
        return None, 0

    # ------------------------------------------------------------------ rows

    def _body(self, rows: list[Row], columns: _Columns) -> None:
        numbered = bool(columns.kinds.get("code")) and any(cell_mark(columns.text(row.texts, "code")) for row in rows)
        last: Entry | None = self.out.entries[-1] if self.out.entries else None
        index = 0
        after_break = True
        while index < len(rows):
            row = rows[index]
            skip = self._repeated_header(rows, index, columns)
            if skip:
                self.out.counts["header"] += skip
                index, after_break = index + skip, True
                continue
            after_break = after_break or row.opens
            if not any(text.strip() for text in row.texts):
                self.out.counts["blank"] += 1
            else:
                following = self._next_numbered(rows, index + 1, columns)
                last = self._row(row, columns, last, numbered=numbered, after_break=after_break, following=following)
                after_break = False
            index += 1

    def _next_numbered(self, rows: list[Row], start: int, columns: _Columns) -> Row | None:
        """The next row that bears a number; repeated headers do not count."""
        for index in range(start, min(start + 12, len(rows))):
            row = rows[index]
            if cell_mark(columns.text(row.texts, "code")) and not _is_column_numbers(row):
                return row
        return None

    def _repeated_header(self, rows: list[Row], index: int, columns: _Columns) -> int:
        row = rows[index]
        texts = [fold(text).strip() for text in row.texts]
        known = {fold(name).strip() for name in columns.names if name.strip()}
        filled = [text for text in texts if text]
        if len(filled) >= 2 and sum(text in known for text in filled) >= max(2, len(filled) * 0.7):
            used = 1
            if index + 1 < len(rows) and _is_column_numbers(rows[index + 1]):
                used = 2
            elif index + 1 < len(rows):
                below = [fold(text).strip() for text in rows[index + 1].texts if text.strip()]
                used += bool(below) and len(below) >= 2 and all(any(text in name for name in known) for text in below)
            return used
        again = _columns(row)
        if again and again.kinds.keys() & {"title"} and len(again.kinds) >= 3:
            if again.kinds != columns.kinds:
                columns.kinds, columns.names = again.kinds, again.names
            return 1
        return 1 if _is_column_numbers(row) and row.opens else 0

    def _row(
        self,
        row: Row,
        columns: _Columns,
        last: Entry | None,
        *,
        numbered: bool,
        after_break: bool,
        following: Row | None,
    ) -> Entry | None:
        texts = row.texts
        section = self._section(row, columns, following)
        if section:
            self.out.counts["section"] += 1
            self.out.entries.append(section)
            return section
        texts, shifted = self._unshifted(texts, columns)
        entry = self._entry(row, texts, columns)
        if shifted:
            entry.doubts.append("hàng lệch cột, đã dịch lại")
        if last is not None and last.table == self.table and self._goes_on(row, entry, last, numbered, after_break):
            self._append(last, entry, row, columns)
            self.out.counts["continuation"] += 1
            return last
        if not entry.cells.get("title"):
            if last is not None and not last.section and last.table == self.table and any(entry.cells.values()):
                self._append(last, entry, row, columns)
                last.doubts.append(f"{row.place} không có nội dung, đã ghép vào hàng trên")
                self.out.counts["continuation"] += 1
                return last
            self.out.counts["leftover"] += 1
            self.out.leftovers.append((row, "hàng không có nội dung nhiệm vụ"))
            return last
        if numbered and entry.mark is None:
            entry.doubts.append("hàng không có số thứ tự")
        self._ditto(entry, last)
        self.out.counts["task"] += 1
        self.out.entries.append(entry)
        return entry

    def _entry(self, row: Row, texts: list[str], columns: _Columns) -> Entry:
        mark = cell_mark(columns.text(texts, "code"))
        cells = {kind: columns.text(texts, kind).strip() for kind in FIELDS}
        code = columns.text(texts, "code").strip()
        doubts = []
        if mark is None and code:
            opened, rest = split_mark(code)
            if opened.kind and not rest:
                mark = opened
            elif not cells["title"]:
                mark, cells["title"] = (opened if opened.kind else None), rest or code
            else:
                doubts.append(f"ô số thứ tự ghi “{code[:40]}”")
        if mark is None and cells["title"] and not columns.kinds.get("code"):
            opened, rest = split_mark(cells["title"])
            if opened.kind and opened.kind not in {"dash", "plus", "star"} and rest:
                mark, cells["title"] = opened, rest
        if cells["start"] or cells["end"]:
            cells["when"] = (
                f"từ {cells['start']} đến {cells['end']}"
                if cells["start"] and cells["end"]
                else cells["end"] or cells["start"]
            )
            doubts.append("ghép từ hai cột bắt đầu, kết thúc")
        known = {i for found in columns.kinds.values() for i in found}
        other = {
            columns.names[i] if i < len(columns.names) else f"cột {i + 1}": text.strip()
            for i, text in enumerate(texts)
            if i not in known and text.strip()
        }
        if columns.guessed:
            doubts.append("bảng không có dòng tiêu đề, cột được đoán theo nội dung")
        return Entry(row.place, mark, cells, other, table=self.table, doubts=doubts)

    def _section(self, row: Row, columns: _Columns, following: Row | None) -> Entry | None:
        """A section row: one text across the row, or a number and a title and nothing else."""
        filled = [(i, cell.text.strip()) for i, cell in enumerate(row.cells) if cell.text.strip() and not cell.above]
        distinct = list(dict.fromkeys(text for _, text in filled))
        if not distinct or len(distinct) > 2:
            return None
        spans = any(cell.covered for cell in row.cells)
        code_columns = columns.kinds.get("code", [])
        if len(distinct) == 2:
            mark = cell_mark(distinct[0]) or (split_mark(distinct[0])[0] if not split_mark(distinct[0])[1] else None)
            title = distinct[1]
            in_code = filled[0][0] in code_columns
            if not (
                mark and mark.kind and in_code and filled[-1][0] in [*columns.kinds.get("title", []), filled[0][0] + 1]
            ):
                return None
            heading = (
                mark.kind in {"roman", "part"}
                or (mark.kind == "letter" and title.isupper())
                or title.isupper()
                or spans
            )
            if not heading and not _governs(mark, following, columns):
                return None
            return Entry(row.place, mark, {"title": title}, section=True, table=self.table)
        text = distinct[0]
        mark, title = split_mark(text)
        first = filled[0][0]
        if any(cell.above and cell.text.strip() for cell in row.cells):
            return None
        whole = spans or len(row.cells) == 1 or len(row.cells) < columns.width
        if mark.kind in {"roman", "part"} and title:
            return Entry(row.place, mark, {"title": title}, section=True, table=self.table)
        if cell_mark(text) is not None and not title:
            return None
        if (whole and (len(text) < 250) and not text[:1].islower()) or (text.isupper() and len(text) > 3):
            entry = Entry(
                row.place,
                mark if mark.kind not in {"", "dash", "plus", "star"} else None,
                {"title": title},
                section=True,
            )
            entry.table = self.table
            return entry
        if first in code_columns and title and mark.kind in {"number", "dotted"} and _governs(mark, following, columns):
            return Entry(row.place, mark, {"title": title}, section=True, table=self.table)
        return None

    def _goes_on(self, row: Row, entry: Entry, last: Entry, numbered: bool, after_break: bool) -> bool:
        """Whether a row is the rest of the row before it, split by a page or by lines inside a merged cell."""
        title = entry.cells.get("title", "")
        merged = _all_above(row, self.columns, "title") and bool(title)
        if merged and not last.section:
            return True
        if entry.mark is not None:
            return False
        if last.section:
            return bool(
                after_break and title[:1].islower() and not entry.cells.get("lead") and not entry.cells.get("when")
            )
        if not numbered and not after_break:
            return bool(title[:1].islower()) and not entry.cells.get("when") and not entry.cells.get("lead")
        if not title:
            return True
        if title[:1].islower():
            return True
        if not after_break:
            return False
        complete = bool(entry.cells.get("lead") or entry.cells.get("does")) and bool(entry.cells.get("when"))
        open_end = not last.cells.get("title", "").rstrip().endswith((".", ";", ":"))
        own = sum(bool(entry.cells.get(kind)) for kind in ("lead", "does", "when", "deliverable", "cooperating"))
        return numbered and not complete and open_end and own <= 1 and not title[:1].isupper()

    def _append(self, last: Entry, entry: Entry, row: Row, columns: _Columns) -> None:
        merged = _all_above(row, columns, "title")
        if merged and "ô gộp nhiều hàng, các hàng được ghép lại" not in last.doubts:
            last.doubts.append("ô gộp nhiều hàng, các hàng được ghép lại")
        for kind in FIELDS:
            text = entry.cells.get(kind, "")
            if not text or _all_above(row, columns, kind):
                continue
            before = last.cells.get(kind, "")
            if text == before:
                continue
            if not before:
                last.cells[kind] = text
                continue
            joint = " " if _joins(before, text) and not merged else "\n"
            last.cells[kind] = f"{before}{joint}{text}"
        for name, text in entry.other.items():
            last.other[name] = f"{last.other[name]} {text}" if name in last.other else text
        last.doubts += [doubt for doubt in entry.doubts if doubt not in last.doubts and not columns.guessed]
        last.rows += 1

    def _ditto(self, entry: Entry, last: Entry | None) -> None:
        for kind in ("when", "lead", "does", "cooperating", "deliverable"):
            if fold(entry.cells.get(kind, "")).strip() in DITTO:
                above = last.cells.get(kind, "") if last is not None and not last.section else ""
                entry.cells[kind] = above
                entry.field_doubts.setdefault(kind, []).append("ô ghi “như trên”, lấy của hàng trên")

    def _unshifted(self, texts: list[str], columns: _Columns) -> tuple[list[str], bool]:
        """The texts moved back under their columns when the row plainly stands one column off."""
        if not any(text.strip() for text in texts) or columns.width < 4:
            return texts, False
        here = self._fit(texts, columns)
        width = max(columns.width, len(texts))
        padded = texts + [""] * (width - len(texts))
        moved = []
        if not padded[-1].strip():
            moved.append(["", *padded[:-1]])
        if not padded[0].strip():
            moved.append([*padded[1:], ""])
        best = max(moved, key=lambda one: self._fit(one, columns), default=None)
        if best is None or self._fit(best, columns) < here + 2:
            return texts, False
        if not columns.kinds.get("code") or (
            cell_mark(columns.text(best, "code")) and not cell_mark(columns.text(texts, "code"))
        ):
            return best, True
        return texts, False

    def _fit(self, texts: list[str], columns: _Columns) -> int:
        """How well texts stand under their columns: times under time, units under units, numbers under numbers."""
        score = 0
        when = columns.text(texts, "when").strip()
        if when:
            score += 2 if isinstance(reading_of(_one_line(when), self.context), Reading) else -1
        for kind in ("lead", "does", "cooperating"):
            text = columns.text(texts, kind).strip()
            if text:
                unit = _is_unitish(text)
                score += 1 if unit else -1
                if not unit and re.search(r"\d", text):
                    score -= 2 * isinstance(reading_of(_one_line(text)[:200], self.context), Reading)
        code = columns.text(texts, "code").strip()
        if code:
            score += 1 if cell_mark(code) else -2
        title = columns.text(texts, "title").strip()
        if title:
            score += -2 if cell_mark(title) or (_is_unitish(title) and len(title) < 40) else 1
        return score


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _is_unitish(text: str) -> bool:
    words = tuple(re.findall(r"[^\W_]+", text.lower())[:3])
    if words[:2] in NO_HEADS:
        return False
    return any(words[:size] in HEADS for size in (1, 2, 3)) or (text.isupper() and len(text) > 2 and text.isalpha())


def _joins(before: str, after: str) -> bool:
    """Whether two parts of a cell are one sentence broken by the page."""
    return (
        after[:1].islower()
        or after[:1].isdigit()
        or (not before.rstrip().endswith((".", ";", ":")) and not after.startswith(("-", "+")))
    )


def _all_above(row: Row, columns: _Columns | None, kind: str) -> bool:
    """Whether the cells of a kind only repeat the merged cell above."""
    if columns is None:
        return False
    cells = [row.cells[i] for i in columns.kinds.get(kind, []) if i < len(row.cells)]
    return bool(cells) and all(cell.above for cell in cells)


def _governs(mark: Mark, following: Row | None, columns: _Columns) -> bool:
    """Whether the row below is numbered under this one: 1 then 1.1, 1 then a)."""
    if following is None:
        return False
    below = cell_mark(columns.text(following.texts, "code"))
    if below is None:
        return False
    if below.kind == "dotted" and below.number.startswith(f"{mark.number}."):
        return True
    return below.rank > mark.rank


def _width(rows: list[Row]) -> int:
    return max((len(row.cells) for row in rows), default=0)


def _columns(row: Row) -> _Columns | None:
    """The columns that a header row names; None when it is no header."""
    kinds: dict[str, list[int]] = {}
    hits = 0
    texts = _spread(row)
    for index, text in enumerate(texts):
        kind = column_kind(text)
        if kind:
            kinds.setdefault(kind, []).append(index)
            hits += not row.cells[index].covered
    if hits < 2 or len(kinds) < 2 or not {"title", "deliverable"} & kinds.keys():
        return None
    if not kinds.keys() & {"when", "lead", "does", "deliverable", "cooperating", "start", "end"}:
        return None
    filled = [text for cell, text in zip(row.cells, texts, strict=True) if text and not cell.covered]
    if any(len(text) > 90 or cell_mark(text) for text in filled) or hits < 0.6 * len(filled):
        return None
    if "title" not in kinds:
        kinds["title"] = kinds.pop("deliverable")
    for kind in ("title", "code"):
        if len(kinds.get(kind, [])) > 1 and not row.cells[kinds[kind][1]].covered:
            kinds[kind] = kinds[kind][:1]
    return _Columns(kinds, texts)


def _spread(row: Row) -> list[str]:
    """Header texts by grid column; a cell that spans gives its text to all columns below it."""
    texts: list[str] = []
    for cell in row.cells:
        texts.append(texts[-1] if cell.covered and texts else cell.text.strip())
    return texts


def _sub_header(columns: _Columns, row: Row) -> _Columns | None:
    """The columns with the names of a second header row put in: Đơn vị thực hiện -> Chủ trì | Phối hợp."""
    texts = [cell.text.strip() for cell in row.cells]
    fresh = [(i, text) for i, text in enumerate(texts) if text and not row.cells[i].above and i < columns.width]
    if not fresh or any(len(text) > 60 for _, text in fresh):
        return None
    known = [(i, column_kind(text)) for i, text in fresh]
    same = [i for i, text in fresh if fold(text) != fold(columns.names[i])]
    if (
        not same
        or sum(kind is not None for _, kind in known) < max(1, len(fresh) * 0.6)
        or cell_mark(texts[0] if texts else "")
    ):
        return None
    kinds = {kind: [i for i in found if i not in {j for j, _ in fresh}] for kind, found in columns.kinds.items()}
    for i, own in known:
        kind = own or next((k for k, found in columns.kinds.items() if i in found), None)
        if kind:
            kinds.setdefault(kind, []).append(i)
    names = list(columns.names)
    for i, text in fresh:
        names[i] = text
    return _Columns({kind: sorted(found) for kind, found in kinds.items() if found}, names)


def _is_column_numbers(row: Row) -> bool:
    """(1) (2) (3) or A B 1 2 under the header."""
    texts = [text.strip().strip("().[] ") for text in row.texts if text.strip()]
    if len(texts) < 3:
        return False
    digits = [int(text) for text in texts if text.isdigit()]
    rest = [text for text in texts if not text.isdigit()]
    return (
        len(digits) >= 2
        and digits == list(range(digits[0], digits[0] + len(digits)))
        and digits[0] <= 3
        and all(re.fullmatch(r"[A-Da-d]|\d\s*=.*", text) for text in rest)
    )


def _guessed(rows: list[Row], context: Context) -> _Columns | None:
    """Columns by what stands in them, for a table without a header: times, units, numbers; the longest text is the
    task.
    """
    width = _width(rows)
    if width < 3 or len(rows) < 2:
        return None
    sample = rows[:40]
    share: dict[str, list[float]] = {"code": [], "when": [], "units": [], "length": []}
    for i in range(width):
        texts = [row.cells[i].text.strip() for row in sample if i < len(row.cells) and row.cells[i].text.strip()]
        count = len(texts) or 1
        share["code"].append(sum(cell_mark(text) is not None for text in texts) / count)
        share["when"].append(sum(_is_time(text, context) for text in texts) / count if texts else 0)
        share["units"].append(sum(_is_unitish(text) for text in texts) / count if texts else 0)
        share["length"].append(sum(len(text) for text in texts) / max(1, len(sample)))
    kinds: dict[str, list[int]] = {}
    free = set(range(width))
    for kind, name, least in (("code", "code", 0.5), ("when", "when", 0.5)):
        best = max(free, key=lambda i: share[name][i])
        if share[name][best] >= least:
            kinds[kind] = [best]
            free.discard(best)
    units = sorted((i for i in free if share["units"][i] >= 0.6), key=lambda i: i)
    if not units or ("when" not in kinds and "code" not in kinds):
        return None
    free -= set(units)
    if not free:
        return None
    kinds["lead"] = units[:1]
    if len(units) > 1:
        kinds["cooperating"] = units[1:2]
    title = max(free, key=lambda i: share["length"][i])
    kinds["title"] = [title]
    free.discard(title)
    if free:
        rest = max(free, key=lambda i: share["length"][i])
        if share["length"][rest] > 0:
            kinds["deliverable"] = [rest]
    return _Columns(kinds, [""] * width, guessed=True)


def _is_time(text: str, context: Context) -> bool:
    if len(text) > 120 or cell_mark(text):
        return False
    reading = reading_of(_one_line(text), context)
    return isinstance(reading, Reading) and reading.kind not in {"none", "external_reference"}


def is_layout(blocks: list[Block]) -> set[int]:
    """The ids of the rows that only lay out lines: a letterhead, recipients beside a signature."""
    found: set[int] = set()
    sorting = _Sorting(Context())
    seen = False
    for rows, apart in _tables(blocks):
        if sorting._header(rows)[0] is not None:
            seen = True
        elif (_width(rows) <= 2 and (apart or not seen)) or (_width(rows) <= 3 and len(rows) <= 3 and not seen):
            found |= {id(row) for row in rows}
            seen = False
    return found


def _tables(blocks: list[Block]) -> Iterator[tuple[list[Row], bool]]:
    """The tables of a document, and whether prose stands between each and the one before it."""
    rows: list[Row] = []
    apart = prose = False
    for block in blocks:
        if isinstance(block, Line):
            prose = prose or len(keys(block.text)) > 3
            continue
        new = bool(rows) and (
            (block.place.table, block.place.page, block.place.sheet)
            != (rows[-1].place.table, rows[-1].place.page, rows[-1].place.sheet)
            or (prose and block.opens)
        )
        if new:
            yield rows, apart
            rows, apart = [], prose
        elif not rows:
            apart = prose
        prose = False
        rows.append(block)
    if rows:
        yield rows, apart
