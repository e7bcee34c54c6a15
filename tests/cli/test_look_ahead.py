"""`diff` before `apply`; `calendar` and `check` know the events of the ledger; the demo; the portal that only shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from config.settings import SHIPPED_CONFIG

AT = ("--at", "2024-03-20")
PLAN = "pgd-haian-cchc-2024"


def run(*words: str) -> Result:
    """Run `dondoc …`."""
    return CliRunner().invoke(app, list(words))


def document(result: Result) -> Any:
    """The one JSON document of a command that went well."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped config in a folder an admin may edit, and a house of its own."""
    folder = tmp_path / "config"
    (folder / "plans").mkdir(parents=True)
    for file in [*SHIPPED_CONFIG.glob("*.yaml"), *SHIPPED_CONFIG.glob("plans/*.yaml")]:
        shutil.copy(file, folder / file.relative_to(SHIPPED_CONFIG))
    monkeypatch.setenv("DONDOC_CONFIG", str(folder))
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return folder


def edit(config: Path, plan: str, old: str, new: str) -> None:
    """Replace one text of a plan's file."""
    file = config / "plans" / f"{plan}.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# ------------------------------------------------------------------ diff


def test_diff_of_an_edit_lists_each_message_it_cancels_and_adds(config: Path) -> None:
    """The quarterly report moves from the 25th to the 20th: the sentence, the sums and the lists agree; afterwards
    `apply` has nothing that was not foretold, and then `diff` has nothing to say."""
    run("apply", *AT)
    nothing = document(run("diff", PLAN, "--json", *AT))
    edit(config, PLAN, "ngày 25 tháng cuối của quý", "ngày 20 tháng cuối của quý")
    found = document(run("diff", PLAN, "--json", *AT))
    said = run("diff", PLAN, *AT).stdout
    applied = document(run("apply", PLAN, "--json", *AT))
    after = document(run("diff", PLAN, "--json", *AT))

    assert nothing["summary"] == after["summary"] == "không có gì thay đổi"
    cancelled, added = found["messages"]["cancelled"], found["messages"]["added"]
    assert cancelled
    assert added
    assert f"huỷ {len(cancelled)} lượt nhắc" in found["summary"]
    assert f"thêm {len(added)} lượt nhắc" in found["summary"]
    assert found["summary"][1:] in said
    assert all({"day", "recipient", "step", "assignment", "subject"} <= row.keys() for row in cancelled + added)
    assert all(row["subject"] for row in cancelled + added)
    lines = [line for line in said.splitlines() if re.match(r"(huỷ|thêm|dời) \d\d/\d\d/\d{4}", line)]
    moved = found["messages"]["moved"]
    assert len(lines) == len(cancelled) + len(added) - len(moved)
    assert {pair["before"]["due_on"][-2:] for pair in found["occurrences"]["moved"] if pair["before"]["task"] == "quy"}
    assert applied["plans"] == found["plans"]


def test_diff_keeps_to_the_window_it_is_asked_for(config: Path) -> None:
    """`--from` and `--to` bound what is listed; a window that is over is a question of usage."""
    run("apply", *AT)
    edit(config, PLAN, "ngày 25 tháng cuối của quý", "ngày 20 tháng cuối của quý")
    found = document(run("diff", PLAN, "--from", "2024-06-01", "--to", "2024-06-30", "--json", *AT))
    days = {row["day"] for row in found["messages"]["cancelled"] + found["messages"]["added"]}

    assert days
    assert {day[:7] for day in days} == {"2024-06"}
    assert run("diff", PLAN, "--to", "2024-03-01", *AT).exit_code == 2
    assert run("diff", PLAN, "--from", "2024-05-01", "--to", "2024-04-01", *AT).exit_code == 2


# ------------------------------------------------------------------ events the ledger knows of


@pytest.fixture
def waiting(config: Path) -> str:
    """A plan with a task that counts from an event: `<plan>`, applied."""
    (config / "plans" / "cho-su-kien.yaml").write_text(
        """id: cho-su-kien
title: Kế hoạch chờ sự kiện
issued_by: sgddt-hp
issued_on: 2026-01-05
valid: {from: 2026-01-01, to: 2027-12-31}
track_from: 2026-01-05
tracker: sgddt-hp/tccb
leadership: sgddt-hp/lanh-dao
milestones:
  nghi-dinh: {text: Nghị định mới}
tasks:
  - {code: "1", title: Xây dựng kế hoạch, lead: sgddt-hp/khtc, waits_for: nghi-dinh, due: 30 days after}
""",
        encoding="utf-8",
    )
    return "cho-su-kien"


def test_calendar_and_check_know_the_day_of_an_event_the_ledger_has(config: Path, waiting: str) -> None:
    """Without a ledger the task has no day; once the event is recorded both say its day, and that it is the ledger's
    word."""
    window = ("--plan", waiting, "--from", "2026-01-01", "--to", "2027-12-31", "--json")
    before = run("calendar", *window)
    assert not (config.parent / "var").exists()
    assert run("apply", waiting).exit_code == 0
    deed = run("milestone", waiting, "nghi-dinh", "--document", "10/NĐ-CP, 02/03/2026", "--on", "2026-03-02")
    assert deed.exit_code == 0, deed.output
    after = run("calendar", *window)
    checked = run("check", str(config))

    assert document(before) == []
    assert before.stderr == ""
    assert [row["due_on"] for row in document(after)] == ["2026-04-01"]
    assert "theo sự kiện đã ghi trong sổ: nghi-dinh (02/03/2026)" in after.stderr
    assert "nghi-dinh (02/03/2026)" in checked.stderr
    assert re.search(r"nhiệm vụ .*\[có hạn\]", checked.stdout)


def test_a_ledger_that_cannot_be_read_does_not_stop_the_calendar(config: Path) -> None:
    """Something else lies where the ledger should be: a sentence on stderr, and the calendar without it."""
    (config.parent / "var").mkdir()
    (config.parent / "var" / "ledger.db").write_text("không phải sổ")
    result = run("calendar", "--from", "2026-12-01", "--to", "2026-12-31", "--json")

    assert document(result)
    assert "không phải tệp SQLite" in result.stderr


# ------------------------------------------------------------------ the portal alone


def free_port() -> int:
    """A port nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str, method: str = "GET") -> tuple[int, str]:
    """Status and body."""
    request = urllib.request.Request(url, method=method, data=b"" if method == "POST" else None)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def shown(config: Path, tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen[str]]]:
    """A short demo, served by a process of its own: (address, ledger, process)."""
    port = free_port()
    words = ["demo", "--from", "2024-02-20", "--to", "2024-04-05", "--no-browser", "--port", str(port)]
    command = [sys.executable, "-c", "from cli.main import run; run()", *words]
    log = tmp_path / "demo.err"
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True,
                                   env={**os.environ, "PYTHONPATH": str(SHIPPED_CONFIG.parent)})  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                fetch(address)
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
        yield address, tmp_path / "var" / "demo" / "ledger.db", process
    finally:
        process.kill()
        process.communicate()


def test_the_demo_shows_years_to_anybody_and_lets_nobody_write(
    shown: tuple[str, Path, subprocess.Popen[str]],
) -> None:
    """No account, no Prefect, no letters: today is the ledger's last moment, the letters can be read, a write is
    refused, the ledger stays as it is, Ctrl-C ends it well; the second start makes nothing again."""
    address, ledger, process = shown
    before = ledger.stat().st_mtime_ns, ledger.read_bytes()
    status, today = fetch(address)
    letters_status, letters = fetch(f"{address}/messages")
    refused, _ = fetch(f"{address}/sign-out", "POST")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    code = process.returncode
    again = run("demo", "--from", "2024-02-20", "--to", "2024-04-05", "--only-make")

    assert (status, letters_status) == (200, 200)
    assert "05/04/2024" in today
    assert "chỉ để xem" in today
    assert "Nhắc" in letters
    assert 400 <= refused < 500
    assert "(chỉ xem)" in said
    assert code in (0, -signal.SIGINT, 130)
    assert again.exit_code == 0
    assert (ledger.stat().st_mtime_ns, ledger.read_bytes()) == before
    assert sorted(path.name for path in ledger.parent.iterdir()) == ["ledger.db", "made-from.json"]


def test_the_demo_is_made_again_when_its_inputs_change(config: Path) -> None:
    """Another seed, an edited plan, `--again`: a new ledger; nothing changed: the old one, whatever its age."""
    words = ("demo", "--from", "2024-03-01", "--to", "2024-03-08", "--only-make")
    ledger = config.parent / "var" / "demo" / "ledger.db"

    def made(*more: str) -> int:
        result = run(*words, *more)
        assert result.exit_code == 0, result.output
        return ledger.stat().st_ino

    first = made()
    assert made() == first
    other_seed = made("--seed", "2")
    assert other_seed != first
    edit(config, PLAN, "ngày 25 tháng cuối của quý", "ngày 20 tháng cuối của quý")
    assert made("--seed", "2") != other_seed
