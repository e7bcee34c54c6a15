"""Whatever an editor, a slip or a paste does to a file, the answer is findings, never an exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.findings import Finding
from config.plan_files import SHIPPED, check_paths

PLANS = sorted((SHIPPED / "plans").glob("*.yaml"))
MARKS = [*":[]{},#*&!%@>?\n\t\u00a0“\"'\x00\ufeff|~", ": ", "- ", " #", "---\n", "\n  - ", "<<: ", "a: b", "null"]
WORDS = ["2024-02-30", "9999-12-31", "31/12", "5 working days before nam", "feeds: [nam]", "hằng năm", "leads"]
PIECES = st.one_of(st.sampled_from(MARKS + WORDS), st.text(max_size=5))
EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["insert", "delete", "line", "swap", "indent"]), PIECES),
    min_size=1,
    max_size=4,
)


def edited(text: str, edits: list[tuple[int, str, str]]) -> str:
    """The text after slips of the hand at given places."""
    for where, kind, piece in edits:
        at = where % (len(text) + 1)
        lines = text.split("\n")
        row = where % len(lines)
        if kind == "insert":
            text = text[:at] + piece + text[at:]
        elif kind == "delete":
            text = text[:at] + text[at + 1 + len(piece) :]
        elif kind == "line":
            text = "\n".join([*lines[:row], *lines[row + 1 :]])
        elif kind == "swap":
            text = "\n".join([*lines[:row], *lines[row : row + 2][::-1], *lines[row + 2 :]])
        else:
            text = "\n".join([*lines[:row], "  " + lines[row], *lines[row + 1 :]])
    return text


def written(folder: Path, text: str) -> list[Finding]:
    """The findings of a text as a plan of the shipped units."""
    file = folder / "x.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    return check_paths([file])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.sampled_from(PLANS), edits=EDITS)
def test_a_shipped_plan_after_a_slip_gives_findings(tmp_path: Path, plan: Path, edits: list[Any]) -> None:
    """Each finding of a slipped plan has a place inside the file and one sentence."""
    text = edited(plan.read_text(encoding="utf-8"), edits)

    for finding in written(tmp_path, text):
        assert finding.line >= 1
        assert finding.column >= 1
        assert finding.message
        assert "\n" not in str(finding)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_gives_findings(tmp_path: Path, text: str) -> None:
    """Any text at all is answered with at least one error."""
    assert [one for one in written(tmp_path, text) if one.level == "error"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["units.yaml", "escalation.yaml", "holidays.yaml", "calendars.yaml"]), edits=EDITS)
def test_the_other_files_after_a_slip_give_findings(tmp_path: Path, name: str, edits: list[Any]) -> None:
    """Units, ladders, days off and calendars are as patient as plans."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    file = tmp_path / name
    file.write_text(edited(text, edits), encoding="utf-8", errors="surrogatepass", newline="")

    assert isinstance(check_paths([file]), list)
