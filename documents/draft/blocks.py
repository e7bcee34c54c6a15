"""What every reader hands over: a document as a sequence of lines and table rows, each knowing where it stood.

The recognisers see nothing else, so .docx, .xlsx, .pdf and text share one road.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where something stands, as a person looks for it: page, sheet, table, row, line. Counted from 1."""

    line: int | None = None
    page: int | None = None
    sheet: str | None = None
    table: int | None = None
    row: int | None = None

    def __str__(self) -> str:
        parts = [
            f"trang tính “{self.sheet}”" if self.sheet else "",
            f"trang {self.page}" if self.page else "",
            f"bảng {self.table}" if self.table else "",
            f"hàng {self.row}" if self.row else "",
            f"dòng {self.line}" if self.line else "",
        ]
        return ", ".join(part for part in parts if part) or "không rõ chỗ"


@dataclass(frozen=True)
class Cell:
    """One cell of a row. `above`: it is the lower part of a vertically merged cell and repeats its text.

    `covered`: it lies under a cell that spans from its left; its text is empty.
    """

    text: str = ""
    above: bool = False
    covered: bool = False


@dataclass(frozen=True)
class Line:
    """A paragraph. `heading` is its heading level, 0 for none."""

    text: str
    place: Place
    heading: int = 0


@dataclass(frozen=True)
class Row:
    """A table row; cells stand in grid columns. `opens`: the first row of its table, or of its table on a page."""

    cells: tuple[Cell, ...]
    place: Place
    opens: bool = False

    @property
    def texts(self) -> list[str]:
        return [cell.text for cell in self.cells]


Block = Line | Row


@dataclass
class Paper:
    """A document as read. `format` is docx, xlsx, pdf or text; `remarks` say what the reader left out."""

    format: str
    blocks: list[Block]
    remarks: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the trip from the reading process."""
        rows = [[type(block).__name__, asdict(block)] for block in self.blocks]
        return {"format": self.format, "blocks": rows, "remarks": self.remarks}

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Paper:
        return cls(data["format"], list(_blocks(data["blocks"])), data["remarks"])


def _blocks(rows: list[Any]) -> Iterator[Block]:
    for kind, values in rows:
        place = Place(**values.pop("place"))
        if kind == "Row":
            cells = tuple(Cell(**cell) for cell in values.pop("cells"))
            yield Row(cells=cells, place=place, **values)
        else:
            yield Line(place=place, **values)
