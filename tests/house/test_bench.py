"""The table of `make bench`: a list of figures, whatever one module does."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from benchmarks import run

ROW = {"figure": "one tick", "value": 0.5, "unit": "s", "baseline": 0.4, "ratio": 1.25, "reach": 1.2, "reached": False}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Bench modules made up on the spot, and a results file of their own."""
    monkeypatch.setattr(run, "HERE", tmp_path)
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results.json")

    def make(name: str, figures: Any) -> None:
        (tmp_path / f"{name}.py").touch()
        module = ModuleType(name)
        module.figures = figures  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"benchmarks.{name}", module)

    return make


def test_the_rows_of_every_module_are_written(bench: Any, tmp_path: Path) -> None:
    """results.json is one list, in the order of the modules."""
    bench("b_bench", lambda: [ROW])
    bench("a_bench", lambda: [ROW | {"figure": "first"}])

    assert run.main([]) == 0
    rows = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [row["figure"] for row in rows] == ["first", "one tick"]


def test_a_module_that_breaks_costs_its_own_rows_only(bench: Any, tmp_path: Path) -> None:
    """The others are still measured, and the exit code says that something broke."""
    bench("a_bench", lambda: 1 / 0)
    bench("b_bench", lambda: [ROW])
    bench("c_bench", lambda: [{"figure": "half"}])

    assert run.main([]) == 1
    assert len(json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))) == 1


def test_the_table_says_which_way_the_reach_points() -> None:
    """Some ratios must stay small, some must be large; the table tells them apart."""
    console = Console(width=140, record=True, file=io.StringIO())
    large = ROW | {"figure": "live", "ratio": 31.0, "reach": 20.0, "reached": True}

    console.print(run.as_table([run.checked(ROW), run.checked(large)]))
    text = console.export_text()

    assert "≤ 1.2" in text
    assert "≥ 20" in text
    assert "not reached" in text


def test_an_unknown_name_lists_what_there_is(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the finger is a sentence."""
    bench("ledger_bench", list)

    assert run.main(["legder"]) == 1
    assert "there are: ledger_bench" in capsys.readouterr().err


def test_every_bench_of_ours_has_figures(root: Path) -> None:
    """Each `*_bench.py` has the function that `make bench` calls."""
    without = [path.name for path in (root / "benchmarks").glob("*_bench.py")
               if "\ndef figures(" not in path.read_text(encoding="utf-8")]  # fmt: skip

    assert without == []
