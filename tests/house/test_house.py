"""The house keeps its own rules: floors, pins with reasons, a lock without addresses, two commands that are there."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

FLOORS = ("calendars", "models", "actions", "notifications", "documents", "config", "flows", "portal", "cli")
TARGETS = ("install", "run", "test", "check", "demo", "chaos", "bench", "lock", "clean")


def files_of(root: Path) -> Iterator[Path]:
    """Every file git keeps or would keep; in a tree without git, every file outside hidden and built folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, check=False, capture_output=True, text=True
    )
    if listed.returncode == 0:
        yield from (root / name for name in listed.stdout.split("\0") if name and (root / name).is_file())
        return
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(part.startswith(".") or part in {"var", "__pycache__"} for part in parts):
            yield path


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock(root: Path) -> list[Requirement]:
    """The pins of requirements.lock."""
    lines = (root / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [Requirement(line.rstrip("\\ ")) for line in lines if line and not line.startswith((" ", "#", "-"))]


# ------------------------------------------------------------------------------------------------- the lock


def test_the_lock_records_no_address(root: Path) -> None:
    """The lock says what is installed and its hash, never from where."""
    text = (root / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)


def test_every_pin_carries_a_hash(root: Path) -> None:
    """`pip --require-hashes` can check each package."""
    blocks = re.split(r"\n(?=\S)", (root / "requirements.lock").read_text(encoding="utf-8"))

    assert [block.split()[0] for block in blocks if block.strip() and "--hash=sha256:" not in block] == []


def test_the_lock_answers_the_project_file(project: dict[str, Any], lock: list[Requirement]) -> None:
    """Each requirement of pyproject.toml is met by a pin: whoever changes one runs `make lock`."""
    pinned = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in lock}
    texts = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    asked = {text: Requirement(text) for text in texts}

    unmet = [text for text, one in asked.items() if pinned.get(canonicalize_name(one.name), "0") not in one.specifier]

    assert unmet == []


def test_this_environment_is_the_lock(lock: list[Requirement]) -> None:
    """What the tests run on is what a fresh machine gets."""
    here = {}
    for pin in lock:
        if pin.marker is None or pin.marker.evaluate():
            here[pin.name] = (str(pin.specifier).removeprefix("=="), importlib.metadata.version(pin.name))

    assert {name: pair for name, pair in here.items() if Version(pair[0]) != Version(pair[1])} == {}


def test_a_bound_says_its_reason(root: Path) -> None:
    """A pin or an upper bound has a comment on the line above."""
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    bound = re.compile(r'^\s*"[A-Za-z0-9_.\[\]-]+[^"]*(==|<)')

    silent = [line.strip() for above, line in pairwise(lines)
              if bound.match(line) and not above.strip().startswith("#")]  # fmt: skip

    assert silent == []


# ------------------------------------------------------------------------------------------------- the floors


def test_the_import_contracts_hold(root: Path) -> None:
    """Lower floors never import higher ones; Prefect and Apprise stay in their rooms."""
    linter = shutil.which("lint-imports", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert linter, "import-linter is not installed"

    done = subprocess.run([linter], cwd=root, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_every_floor_is_watched(project: dict[str, Any]) -> None:
    """A new top-level package cannot slip past the contracts."""
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    watched = {name.strip() for layer in layers for name in re.split("[:|]", layer)}

    assert watched == set(FLOORS)


def test_no_flow_file_hides_a_floor(root: Path) -> None:
    """A path entrypoint puts flows/ first on sys.path: a file there named like a top-level folder would win."""
    taken = {path.name for path in root.iterdir() if path.is_dir()} | set(FLOORS)

    assert sorted(path.name for path in (root / "flows").glob("*.py") if path.stem in taken) == []


def test_no_test_folder_is_a_package(root: Path) -> None:
    """With an `__init__.py`, tests/notifications/ would be the package `notifications` and hide the real one."""
    assert [str(path.relative_to(root)) for path in (root / "tests").rglob("__init__.py")] == []


def test_only_the_entrances_read_the_clock(root: Path) -> None:
    """Below config/, `now` is an argument: nobody there asks the machine what time it is."""
    asking = re.compile(r"\b(?:datetime|date|pendulum|DateTime|time)\.(?:now|today|utcnow|time)\(")
    lower = ("calendars", "models", "actions", "notifications", "documents")

    found = [
        f"{path.relative_to(root)}:{number}"
        for floor in lower
        for path in sorted((root / floor).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if asking.search(line.partition("#")[0])
    ]

    assert found == []


def test_every_module_says_what_it_is_for(root: Path) -> None:
    """A reader who opens a file meets one sentence first."""
    silent = [
        str(path.relative_to(root))
        for floor in (*FLOORS, "benchmarks")
        for path in sorted((root / floor).rglob("*.py"))
        if path.stat().st_size
        and "versions" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


# ------------------------------------------------------------------------------------------------- the two commands


def test_make_knows_its_targets(root: Path) -> None:
    """The targets that README and CONTRIBUTING name are there."""
    text = (root / "Makefile").read_text(encoding="utf-8")

    assert [name for name in TARGETS if not re.search(rf"^{name}:", text, re.MULTILINE)] == []


def test_an_old_python_is_a_clear_sentence(root: Path, tmp_path: Path) -> None:
    """On a machine whose Python is too old, `make install` says what is needed and how to get it."""
    for tool in ("make", "sh", "cat", "cksum", "sed", "grep", "rm"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(root / name, fresh)

    done = subprocess.run(
        ["make", "install"], cwd=fresh, env={"PATH": str(tmp_path)}, check=False, capture_output=True, text=True
    )

    assert done.returncode != 0
    assert "needs Python 3.11 or newer; found: Python 3.9.2" in done.stderr
    assert "apt-get install" in done.stderr


def test_what_ci_runs_is_what_people_run(root: Path) -> None:
    """.ci/run is `make check` and `make test`, nothing of its own."""
    script = root / ".ci" / "run"
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if line.startswith("make ")]

    assert os.access(script, os.X_OK)
    assert commands == ["make check", "make test"]


# ------------------------------------------------------------------------------------------------- what people read


def test_the_first_screen_has_the_two_commands(root: Path) -> None:
    """README: purpose, picture, `make run`, `make test`, all in the first 40 lines."""
    screen = (root / "README.md").read_text(encoding="utf-8").splitlines()[:40]

    assert "make run" in "\n".join(screen)
    assert "make test" in "\n".join(screen)
    assert any("docs/picture.svg" in line for line in screen)


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    """Every relative link of README, CONTRIBUTING and docs/ points at a file of the repository."""
    pages = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md"))]
    link = re.compile(r"""(?:\]\(|src="|href=")(?!https?:|mailto:|#)([^)"#\s]+)""")

    dead = [
        f"{page.name}: {target}"
        for page in pages
        for target in link.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert dead == []


def test_every_setting_is_on_its_page(root: Path) -> None:
    """docs/settings.md names every DONDOC_ variable of the code, and none that the code does not know."""
    from config.settings import Settings

    page = set(re.findall(r"DONDOC_[A-Z_]+[A-Z]", (root / "docs" / "settings.md").read_text(encoding="utf-8")))

    named = {
        name
        for floor in FLOORS
        for path in (root / floor).rglob("*.py")
        for name in re.findall(r"DONDOC_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert page == named | {f"DONDOC_{name.upper()}" for name in Settings.model_fields}


def test_the_glossary_knows_every_word_of_the_ledger(root: Path) -> None:
    """Each table, state, stage, kind, result and move of models/ stands in docs/glossary.md."""
    from sqlmodel import SQLModel

    from models import lifecycle, outbox

    glossary = set(re.findall(r"`([^`]+)`", (root / "docs" / "glossary.md").read_text(encoding="utf-8")))
    enums = (lifecycle.State, lifecycle.Stage, lifecycle.Kind, lifecycle.Result, lifecycle.Move, lifecycle.RunState,
             outbox.LetterState, outbox.NoticeState)  # fmt: skip
    words = {member.value for enum in enums for member in enum}
    tables = {mapper.class_.__name__ for mapper in SQLModel._sa_registry.mappers}

    assert sorted((words | tables) - glossary) == []


def test_every_shipped_plan_is_in_the_readme(root: Path) -> None:
    """README lists the plans that `make run` shows."""
    readme = (root / "README.md").read_text(encoding="utf-8")

    assert [p.stem for p in sorted((root / "config" / "plans").glob("*.yaml")) if f"`{p.stem}`" not in readme] == []


def test_no_file_names_a_place_of_one_machine(root: Path) -> None:
    """A path like a home directory in a kept file is true on one machine only."""
    place = re.compile(rb"(?<![\w.~-])/(?:root|home|Users|work)/[\w.-]")

    found = [
        f"{path.relative_to(root)}: {match.group().decode()}"
        for path in files_of(root)
        for match in [place.search(path.read_bytes())]
        if match
    ]

    assert found == []


def test_the_changelog_has_a_place_for_the_next_change(root: Path) -> None:
    """CHANGELOG.md keeps an Unreleased section."""
    assert "## [Unreleased]" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_names_every_command_and_no_other(root: Path) -> None:
    """The table of commands is the list of commands."""
    from typer.main import get_command

    from cli.main import app

    text = (root / "README.md").read_text(encoding="utf-8")
    table = text.split("## Commands", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}

    assert named == set(get_command(app).commands)  # type: ignore[attr-defined]


def test_the_readmes_plan_is_a_plan(root: Path, tmp_path: Path) -> None:
    """Whoever copies the example gets a plan that `check` accepts."""
    example = re.search(r"```yaml\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example
    for part in (root / "config").glob("*.yaml"):
        shutil.copy(part, tmp_path)
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "sgd-chuyen-doi-so.yaml").write_text(example[1], encoding="utf-8")

    command = [sys.executable, "-m", "cli.main", "check", str(tmp_path), "--json"]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)

    findings = json.loads(done.stdout)["findings"]
    assert [finding for finding in findings if "plans" in finding["path"]] == []
