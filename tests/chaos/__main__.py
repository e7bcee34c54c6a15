"""`python -m tests.chaos --runs N --seed S`: N times a process is killed; then what was lost or told twice is counted.

A run is one process of a house, lived until SIGKILL: at a named step, or wherever it happens to be. The last line is
`chaos: runs n lost a doubled b unknown c`; exit 1 when anything was lost or doubled, or the audit chain is broken.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos.house import Place, SharedClock
from tests.chaos.postgres import throw_away_server
from tests.chaos.prefect_rounds import make
from tests.chaos.sabotage import SABOTAGES
from tests.chaos.tally import Tally
from tests.chaos.world import World, drop_database, fresh_database, small_disk, take_away

KILLS_IN_A_WORLD = 50
DATABASES = ("sqlite", "postgresql")


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and judge."""
    options = _options(arguments)
    if options.sabotage:
        SABOTAGES[options.sabotage]()
    with ExitStack() as stack:
        wanted = [options.only] if options.only else list(DATABASES)
        server, mortal = options.postgres_url, None
        if "postgresql" in wanted and not server:
            mortal = stack.enter_context(throw_away_server())
            server = mortal.url if mortal else None
        if "postgresql" in wanted and not server:
            print("no PostgreSQL server on this machine: its half is not run", flush=True)
        kinds = [kind for kind in wanted if kind == "sqlite" or server]
        total, kills, events, began = Tally(), Counter[str](), Counter[str](), time.monotonic()
        number = 0
        while kills.total() < options.runs:
            kind = kinds[number % len(kinds)]
            left = -(-(options.runs - kills.total()) // (len(kinds) - number % len(kinds)))
            with _world(options.seed, number, kind, server) as world:
                world.server = mortal if kind == "postgresql" else None
                tally = world.live(min(options.world, left))
                _say(number, kind, world, tally)
                errors = _errors(world.place)
            _add(total, tally)
            kills, events, number = kills + world.kills, events + world.events + errors, number + 1
        if options.prefect_rounds:
            with _world(options.seed, number, "sqlite", server, disk=False) as world:
                prefect = make(world.place, world, world.place.notes.parent / "prefect", _free_port())
                tally = prefect.live_rounds(options.prefect_rounds)
                _say(number, f"sqlite, Prefect {options.prefect_rounds} times", prefect, tally)
                errors = _errors(prefect.place)
            _add(total, tally)
            kills, events = kills + prefect.kills, events + prefect.events + errors
        return _judge(total, kills, events, time.monotonic() - began, options.seed)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=(__doc__ or "").splitlines()[0])
    runs, seed = os.environ.get("CHAOS_RUNS") or 1000, os.environ.get("SEED") or 1
    parser.add_argument("--runs", type=int, default=int(runs), help="kills in all (CHAOS_RUNS)")
    parser.add_argument("--seed", type=int, default=int(seed), help="of the plan of kills (SEED)")
    parser.add_argument("--world", type=int, default=KILLS_IN_A_WORLD, help="kills before a world is counted")
    parser.add_argument("--postgres-url", help="a server to make databases on; default a throw-away one")
    rounds = os.environ.get("CHAOS_PREFECT_ROUNDS")
    said = "harms done to a Prefect server (CHAOS_PREFECT_ROUNDS); default 1 in 150 kills"
    parser.add_argument("--prefect-rounds", type=int, default=int(rounds) if rounds else None, help=said)
    parser.add_argument("--sabotage", choices=sorted(SABOTAGES), help="break a promise, to see that it is noticed")
    parser.add_argument("--only", choices=DATABASES, help="one database only")
    options = parser.parse_args(arguments)
    if options.runs < 1 or options.world < 1:
        parser.error("--runs and --world are at least 1")
    if options.prefect_rounds is None:
        options.prefect_rounds = options.runs // 150
    return options


@contextmanager
def _world(seed: int, number: int, kind: str, server: str | None, *, disk: bool = True) -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="dondoc-chaos-") as name:
        folder, notes, database = Path(name) / "home", Path(name) / "notes", f"chaos_{os.getpid()}_{number}"
        folder.mkdir()
        notes.mkdir()
        small = disk and kind == "sqlite" and number % 4 == 0 and small_disk(folder)  # the others: a file size limit
        url = fresh_database(server or "", database) if kind == "postgresql" else f"sqlite:///{folder}/ledger.db"
        said = f"{seed}:{number}"
        try:
            place = Place(url, folder, notes, _free_port(), SharedClock())
            yield World(place, random.Random(said), said, small_disk=small)
        finally:
            if small:
                take_away(folder)
            if kind == "postgresql":
                drop_database(server or "", database)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _errors(place: Place) -> Counter[str]:
    file = place.notes / "errors"
    lines = file.read_text().splitlines() if file.exists() else []
    return Counter("error: " + line.partition(" ")[2].partition(" [SQL")[0][:70] for line in lines)


def _add(total: Tally, one: Tally) -> None:
    for name, value in vars(one).items():
        setattr(total, name, getattr(total, name) + value)


def _say(number: int, kind: str, world: World, tally: Tally) -> None:
    disk = "small disk" if world.small_disk else "size limit" if kind == "sqlite" else "-"
    print(
        f"world {number + 1} {kind} ({disk}): kills {world.kills.total()}, days {world.events['days']}, "
        f"letters {tally.letters} sent {tally.sent} unknown {tally.unknown} (of which taken {tally.unknown_taken}), "
        f"notices {tally.notices}, reports {tally.reports}, lost {len(tally.lost)} doubled {len(tally.doubled)}",
        flush=True,
    )
    for what in (*tally.lost, *tally.doubled, *tally.broken):
        print(f"  ! {what}", flush=True)


def _judge(total: Tally, kills: Counter[str], events: Counter[str], seconds: float, seed: int) -> int:
    print("killed: " + ", ".join(f"{name} {times}" for name, times in sorted(kills.items())))
    print("happened: " + ", ".join(f"{name} {times}" for name, times in sorted(events.items())))
    print(
        f"letters {total.letters}: sent {total.sent}, tried more than once {total.retried}, unknown {total.unknown} of "
        f"which the server had taken {total.unknown_taken}; notices {total.notices}; reports {total.reports}; audit "
        f"{'broken' if total.broken else 'unbroken'}; seed {seed}; {seconds:.0f} s"
    )
    print(
        f"chaos: runs {kills.total()} lost {len(total.lost)} doubled {len(total.doubled)} unknown {total.unknown}",
        flush=True,
    )
    return 1 if total.lost or total.doubled or total.broken else 0


if __name__ == "__main__":
    sys.exit(main())
