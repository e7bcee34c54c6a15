"""The commands as their users call them: words, JSON, exit codes; a house in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `dondoc …` in an empty house."""
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "var"))

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return call


def document(result: Result) -> Any:
    """The one JSON document of a command that went well."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_apply_writes_the_five_plans_and_the_second_time_nothing(run: Run) -> None:
    """`apply` twice: the second says nothing changed."""
    first = document(run("apply", "--json", "--at", "2026-11-21"))
    second = document(run("apply", "--json", "--at", "2026-11-21"))

    assert first["changed"] is True
    assert len(first["plans"]) == 6
    assert second["changed"] is False


def test_diff_says_what_would_change_and_changes_nothing(run: Run) -> None:
    """`diff` on an empty ledger lists everything, twice."""
    first = document(run("diff", "sgddt-hp-kl50", "--json", "--at", "2026-11-21"))
    second = document(run("diff", "sgddt-hp-kl50", "--json", "--at", "2026-11-21"))

    assert first == second
    assert "sgddt-hp-kl50:bao-cao:nam 2026" in first["plans"]["sgddt-hp-kl50"]["added"]["occurrences"]


def test_status_adds_up_and_prints_its_checksum(run: Run) -> None:
    """The two tables count each listed assignment once, and the same ledger prints the same checksum."""
    run("apply", "--at", "2026-12-10")
    found = document(run("status", "--json", "--at", "2026-12-10"))
    again = document(run("status", "--json", "--at", "2026-12-10"))
    rows = found["assignments"]

    assert rows
    assert sum(found["tables"]["tasks"].values()) == sum(row["kind"] != "report" for row in rows)
    assert sum(found["tables"]["reports"].values()) == sum(row["kind"] == "report" for row in rows)
    assert found["checksum"] == again["checksum"]


def test_a_report_on_the_command_line_answers_all_lines_of_the_period(run: Run) -> None:
    """`report PLAN TASK PERIOD UNIT` moves the report and its lines; a second one is refused with a sentence."""
    run("apply", "--at", "2026-11-21")
    where = ("sgddt-hp-kl50", "nam", "2026", "sgddt-hp/khtc")
    answer = document(run("report", *where, "--document", "12/BC, 20/11/2026", "--json", "--at", "2026-11-21"))
    mine = document(run("status", "--plan", where[0], "--unit", where[3], "--json", "--at", "2026-11-21"))
    again = run("report", *where, "--at", "2026-11-21")

    assert answer["state"] == "reported"
    assert answer["on_time"] is True
    assert {row["state"] for row in mine["assignments"] if row["period"] == "2026"} == {"reported"}
    assert again.exit_code == 1
    assert "trả lại trước" in again.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("report", "khong-co", "nam", "2026", "x"), 1, "không có kế hoạch"),
        (("report", "sgddt-hp-kl50", "nma", "2026", "x"), 1, "nam"),
        (("report", "sgddt-hp-kl50", "nam", "2099", "x"), 1, "không có kỳ"),
        (("report", "sgddt-hp-kl50", "nam", "2026", "khtc"), 1, "sgddt-hp/khtc"),
        (("report", "999999"), 1, "không có phần việc số"),
        (("report", "a", "b"), 1, "KẾ_HOẠCH"),
        (("report", "1", "--result", "xong"), 2, "done"),
        (("close", "sgddt-hp-kl50", "2026"), 1, "--incomplete"),
        (("close", "sgddt-hp-kl50", "1999"), 1, "không có kỳ"),
        (("phrase", "blah blah"), 1, "blah"),
        (("calendar", "--from", "2026-13-45"), 2, "2026-13-45"),
        (("calendar", "--format", "doc"), 2, "table"),
        (("simulate", "--from", "2026-02-01", "--to", "2026-01-01"), 2, "--from"),
        (("simulate", "--from", "2026-01-01", "--to", "2026-02-01", "--reports", "maybe"), 2, "on-time"),
        (("messages", "--state", "gone"), 2, "failed"),
        (("status", "--at", "hôm qua"), 2, "hôm qua"),
        (("apply", "khong-co"), 1, "không có kế hoạch"),
    ],
)
def test_what_cannot_be_done_is_one_clear_sentence(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    """Bad words end with a sentence that names the culprit or the choices, and with the right exit code."""
    run("apply", "--at", "2026-11-21")
    at = () if words[0] in ("phrase", "calendar", "simulate") or "--at" in words else ("--at", "2026-11-21")
    result = run(*words, *at)

    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_bad_config_stops_apply_and_leaves_the_ledger_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong unit in one plan: findings with line and column, exit 1, no row written."""
    from config.settings import SHIPPED_CONFIG

    config = tmp_path / "config"
    config.mkdir()
    for file in SHIPPED_CONFIG.glob("*.yaml"):
        (config / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (config / "plans").mkdir()
    plan = (SHIPPED_CONFIG / "plans" / "sgddt-hp-kl50.yaml").read_text(encoding="utf-8")
    target = config / "plans" / "sgddt-hp-kl50.yaml"
    target.write_text(plan, encoding="utf-8")
    monkeypatch.setenv("DONDOC_CONFIG", str(config))
    run("apply", "--at", "2026-11-21")
    before = document(run("status", "--json", "--at", "2026-11-21"))

    target.write_text(plan.replace("tracker: sgddt-hp/tccb", "tracker: sgddt-hp/tcccb", 1), encoding="utf-8")
    result = run("apply", "--at", "2026-11-21")
    target.write_text(plan, encoding="utf-8")

    assert result.exit_code == 1
    assert "sgddt-hp-kl50.yaml:" in result.stderr
    assert "sgddt-hp/tccb" in result.stderr
    after = document(run("status", "--json", "--at", "2026-11-21"))
    assert after | {"at": None} == before | {"at": None}


def test_calendar_has_the_fields_of_the_contract(run: Run) -> None:
    """Every row names its plan, task, kind, period, days, units and whether it is tracked."""
    rows = document(run("calendar", "--from", "2024-01-01", "--to", "2026-12-31", "--json"))
    wanted = {"plan", "task", "kind", "period", "phrase", "source", "opens_on", "cutoff_on", "due_on", "remind_from",
              "late_after", "units", "tracked", "provisional"}  # fmt: skip

    assert rows
    assert all(wanted <= set(row) for row in rows)
    assert {row["tracked"] for row in rows} == {True, False}


def test_simulate_has_the_fields_of_the_contract_and_repeats_itself(run: Run) -> None:
    """Same input, same bytes; notices carry the subject their letter would have."""
    words = ("simulate", "--plan", "sgddt-hp-kl50", "--from", "2026-11-01", "--to", "2026-12-31", "--json")
    first, second = run(*words, "--reports", "random:3"), run(*words, "--reports", "random:3")
    result = document(first)

    assert first.stdout == second.stdout
    assert set(result) >= {"occurrences", "assignments", "transitions", "notices"}
    assert set(result["transitions"][0]) == {"assignment", "from", "to", "at"}
    assert all(notice["subject"] for notice in result["notices"])


def test_everyday_commands_never_load_prefect() -> None:
    """Importing the commands loads neither Prefect nor Apprise nor FastAPI."""
    code = "import cli.main, sys; print([m for m in ('prefect', 'apprise', 'fastapi', 'alembic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_doctor_says_what_to_set(run: Run) -> None:
    """On a fresh house: no channel, placeholder addresses, no public address; nothing overdue and untold."""
    run("apply", "--at", "2026-11-21")
    findings = {f["code"]: f["level"] for f in document(run("doctor", "--json", "--at", "2026-11-21"))["findings"]}

    assert findings["email"] == "warning"
    assert findings["links"] == "warning"
    assert findings["overdue-untold"] == "ok"
