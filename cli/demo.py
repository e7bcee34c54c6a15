"""`demo`: years of the five plans with units that behave like units, in the portal, to look at.

The ledger is made once, below `<home>/demo`, and again when what it is made from has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from actions.behaviour import Behaviour
from actions.move import Refused
from actions.simulate import keep_ledger, run_simulation, scratch_ledger
from config.bootstrap import load_rules, whole_letters
from config.findings import ConfigError
from config.settings import Settings
from models.migrations.upgrade import newest

from .common import REFUSED, USAGE, day_option, fail, shown
from .simulate import progress_bar

FIRST, LAST = "2022-01-01", "2026-12-16"  # the last day: one report is two days late, another comes
SEED = "1"
CODE = ("calendars", "models", "actions", "notifications")  # what a simulation runs through
ROOT = Path(__file__).resolve().parent.parent


def demo(
    first: Annotated[str, typer.Option("--from", help="từ ngày")] = FIRST,
    last: Annotated[str, typer.Option("--to", help="đến ngày, cũng là hôm nay của trang theo dõi")] = LAST,
    seed: Annotated[str, typer.Option("--seed", help="số gieo cách các đơn vị trả lời")] = SEED,
    port: Annotated[int | None, typer.Option(help="cổng của trang theo dõi")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="không mở trình duyệt")] = False,
    again: Annotated[bool, typer.Option("--again", help="làm lại sổ dù không có gì thay đổi")] = False,
    only_make: Annotated[bool, typer.Option("--only-make", help="chỉ làm sổ, không mở trang")] = False,
) -> None:
    """Xem thử: nhiều năm của năm kế hoạch, trên trang theo dõi chỉ xem. (Years of the plans, to look at.)"""
    settings = Settings()
    start, end = day_option(first), day_option(last)
    if start > end:
        fail("--from đứng sau --to", USAGE)
    folder = settings.home / "demo"
    ledger, note = folder / "ledger.db", folder / "made-from.json"
    made_from = {"from": first, "to": last, "seed": seed, "schema": newest(), "inputs": _inputs(settings.config)}
    if again or not ledger.exists() or _noted(note) != made_from:
        try:
            config, rules = load_rules([])
        except ConfigError as error:
            for finding in error.findings:
                typer.echo(str(finding), err=True)
            raise typer.Exit(REFUSED) from None
        typer.echo(f"Chạy {len(config.plans)} kế hoạch từ {start:%d/%m/%Y} đến {end:%d/%m/%Y} …", err=True)
        engine = scratch_ledger(stamped=True)
        behaviour = Behaviour.parse(f"random:{seed}")
        with progress_bar("ngày", (end - start).days + 1) as step:
            run_simulation(config.plans.values(), config.units, rules, start, end, behaviour,
                           subjects=whole_letters(config, rules), progress=step, engine=engine)  # fmt: skip
        try:
            note.unlink(missing_ok=True)
            keep_ledger(engine, ledger)
            note.write_text(json.dumps(made_from), encoding="utf-8")
        except OSError as error:
            fail(f"không ghi được {shown(ledger)}: {error.strerror or error}")
        except Refused as refusal:
            fail(str(refusal))
    if only_make:
        typer.echo(shown(ledger))
        return
    from .viewing import show

    raise typer.Exit(show(ledger, settings, at=None, port=port or settings.port, browser=not no_browser))


def _noted(note: Path) -> object:
    try:
        return json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _inputs(config: Path) -> str:
    """A hash of everything the ledger is made from: the config, and the code that lives it."""
    said = hashlib.sha256()
    for file in sorted(_files(config)):
        said.update(str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name).encode())
        said.update(file.read_bytes())
    return said.hexdigest()


def _files(config: Path) -> Iterator[Path]:
    for pattern in ("*.yaml", "plans/*.yaml", "letters/**/*.j2"):
        yield from config.glob(pattern)
    for folder in CODE:
        for ending in ("py", "lark", "j2"):
            yield from (ROOT / folder).rglob(f"*.{ending}")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(demo)
