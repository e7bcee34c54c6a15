"""`make bench`: run `figures()` of every `benchmarks/*_bench.py`, print a table, write `benchmarks/results.json`.

`python -m benchmarks.run ledger` runs the modules whose name contains a word. A module that breaks costs its own rows
and the exit code, never the others; a figure out of reach is shown, it does not fail the run.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"


class Figure(TypedDict):
    """One row: `ratio` is value over baseline (or the other way round), `reach` what the ratio has to reach."""

    figure: str
    value: float
    unit: str
    baseline: float
    ratio: float
    reach: float
    reached: bool


def benches(words: Sequence[str] = ()) -> list[str]:
    """Names of the bench modules, all or those whose name contains one of the words."""
    found = sorted(path.stem for path in HERE.glob("*_bench.py"))
    return [name for name in found if not words or any(word in name for word in words)]


def measure(names: Sequence[str], say: Callable[[str], None]) -> tuple[list[Figure], list[str]]:
    """The rows of the named modules, and the names of those that broke."""
    rows: list[Figure] = []
    broken: list[str] = []
    for name in names:
        say(f"{name} …")
        try:
            rows += [checked(row) for row in importlib.import_module(f"benchmarks.{name}").figures()]
        except Exception:
            traceback.print_exc()
            broken.append(name)
    return rows, broken


def checked(row: dict[str, Any]) -> Figure:
    """The row itself when it has exactly the keys of a figure; else a ValueError that names the difference."""
    wrong = row.keys() ^ Figure.__annotations__.keys()
    if wrong:
        raise ValueError(f"figure {row.get('figure')!r}: missing or unknown {', '.join(sorted(wrong))}")
    return cast(Figure, row)


def as_table(rows: Sequence[Figure]) -> Table:
    """The rows for people."""
    table = Table(title="Dondoc", title_justify="left")
    table.add_column("figure")
    for column in ("value", "baseline", "ratio", "reach"):
        table.add_column(column, justify="right")
    table.add_column("")
    for row in rows:
        below = (row["ratio"] <= row["reach"]) == row["reached"]
        table.add_row(
            row["figure"],
            f"{row['value']:,.4g} {row['unit']}",
            f"{row['baseline']:,.4g} {row['unit']}",
            f"{row['ratio']:,.3g}",
            f"{'≤' if below else '≥'} {row['reach']:g}",
            "[green]reached[/]" if row["reached"] else "[red]not reached[/]",
        )
    return table


def main(words: Sequence[str]) -> int:
    """Measure, print, write; 1 when a module broke or none was named rightly."""
    names = benches(words)
    if not names:
        print(f"no bench matches {' '.join(words)}; there are: {', '.join(benches())}", file=sys.stderr)
        return 1
    rows, broken = measure(names, lambda line: print(line, file=sys.stderr, flush=True))
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(as_table(rows))
    RESULTS.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if broken:
        console.print(f"broke: {', '.join(broken)}", style="red")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
