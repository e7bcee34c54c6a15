"""What every command shares: which house it works on, how it prints, how it refuses."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from actions.move import Refused
from config.bootstrap import House, enter
from config.clock import parse_moment
from config.findings import ConfigError
from models.specs import parse_date

AsJson = Annotated[bool, typer.Option("--json", help="một tài liệu JSON trên stdout (one JSON document)")]
AtMoment = Annotated[str | None, typer.Option("--at", metavar="ISO", help="coi bây giờ là lúc này (now is)")]
By = Annotated[str, typer.Option("--by", help="ai làm việc này (who does it)")]
PlanOption = Annotated[str | None, typer.Option("--plan", help="mã kế hoạch (plan id)")]
REFUSED, USAGE = 1, 2


def fail(sentence: str, code: int = REFUSED) -> NoReturn:
    """End with one sentence on stderr."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def plain(value: object) -> object:
    """What JSON does not know: days and moments as ISO text, enums as their value."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value)


def print_json(document: Any) -> None:
    """One JSON document on stdout and nothing else."""
    sys.stdout.write(json_text(document))


def json_text(document: Any) -> str:
    """A JSON document as text."""
    return json.dumps(document, ensure_ascii=False, indent=2, default=plain) + "\n"


def write_out(path: Path | None, document: bytes) -> None:
    """A document to a file (`--out`), in one piece, or to stdout; a file that cannot be written is a sentence."""
    if path is None:
        sys.stdout.buffer.write(document)
        return
    partly = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partly.write_bytes(document)
        partly.replace(path)
    except OSError as error:
        partly.unlink(missing_ok=True)
        fail(f"không ghi được {path}: {error.strerror}")


@contextmanager
def house_at(at: str | None) -> Iterator[House]:
    """The house that is up, or the one in DONDOC_HOME; its errors become sentences and exit codes."""
    try:
        moment = parse_moment(at) if at else None
    except ValueError as error:
        fail(str(error), USAGE)
    try:
        yield enter(at=moment)
    except ConfigError as error:
        for finding in error.findings:
            typer.echo(str(finding), err=True)
        raise typer.Exit(REFUSED) from None
    except Refused as error:
        fail(str(error))


def console() -> Console:
    """A terminal as wide as it is; a pipe gets lines that are not folded."""
    return Console() if sys.stdout.isatty() else Console(width=200)


def day_option(text: str) -> date:
    """A day from the command line, 2024-03-20 or 20/03/2024."""
    try:
        return parse_date(text)
    except ValueError as error:
        fail(str(error), USAGE)


def shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
