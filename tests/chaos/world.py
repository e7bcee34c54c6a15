"""One world: a house of five real processes and a mail server, killed so many times, brought to rest and counted.

The seed decides who is killed where, what the mail server does and how the clock jumps. It cannot decide how the
machine interleaves the processes, so the same seed gives the same plan and not the same run.
"""

from __future__ import annotations

import ctypes
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import make_url, text

from config.bootstrap import House, deliver_letters, tick
from models.crash import arm
from models.database import open_ledger, reading
from tests.chaos.house import ROUNDS, Place, enter, found
from tests.chaos.mail_server import serve
from tests.chaos.postgres import Server
from tests.chaos.tally import Tally, count

CAST = ("scheduler", "scheduler", "deliverer", "deliverer", "unit")
POINTS_OF = {
    "scheduler": ("between-lapse-and-plan", "inside-seal"),
    "deliverer": ("after-letters", "before-claim", "after-claim", "after-send", "after-settle"),
    "unit": ("before-commit",),
    "worker": ("between-lapse-and-plan", "after-claim", "after-send", "inside-seal"),
}
RANDOM = "at random"
DISK_BYTES = 12 << 20
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG: nobody outlives the chaos
JUMPS = (timedelta(hours=1), timedelta(days=1))


@dataclass
class World:
    """What is there and what has happened."""

    place: Place
    dice: random.Random
    seed: str
    kills: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    small_disk: bool = False
    server: Server | None = None  # the PostgreSQL server, when it is ours to kill
    calm: Any = field(default_factory=lambda: RawValue("b", 0))
    tight: Any = field(default_factory=lambda: RawValue("b", 0))  # newborns get a small file size limit
    pids: dict[int, tuple[str, str]] = field(default_factory=dict)  # pid: (role, armed point)
    births: int = 0
    _returning: list[tuple[float, timedelta]] = field(default_factory=list)

    # -------------------------------------------------------------- processes

    def fork(self, role: str, point: str, deed: Callable[[], None]) -> int:
        """A child that does `deed` and nothing of ours."""
        self.births += 1
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self.pids[pid] = (role, point)
            return pid
        self._be_born(deed)

    def _be_born(self, deed: Callable[[], None]) -> NoReturn:
        with suppress(BaseException):
            ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
            deed()
        os._exit(3)

    def start(self, role: str) -> None:
        """One process of the house, most of them armed to die at a named step."""
        points = POINTS_OF[role]
        armed = points and self.dice.random() < 0.7
        point = f"{self.dice.choice(points)}:{self.dice.randint(1, 4)}" if armed else ""
        seed = f"{self.seed}:{self.births}"
        self.fork(role, point, lambda: self._live(role, point, seed))

    def _live(self, role: str, point: str, seed: str) -> None:
        if self.tight.value:
            self._limit_files()
        arm(point or None)
        dice, house = random.Random(seed), enter(self.place)
        while True:
            try:
                ROUNDS[role](house, self.place, dice)
            except Exception as error:  # as the worker of `dondoc up`: note it, and the next round comes
                with (self.place.notes / "errors").open("a") as notes:
                    notes.write(f"{role} {type(error).__name__}: {' '.join(str(error).split())[:120]}\n")
                time.sleep(0.01)

    def _limit_files(self) -> None:
        """Where no small disk can be made: a file may not grow beyond what it is and a little more."""
        sizes = [path.stat().st_size for path in self.place.home.glob("ledger.db*")]
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        most = max(sizes, default=0) + 16_384
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    def start_mail(self) -> None:
        """The mail server; it may die of itself and is then started again."""
        seed = f"{self.seed}:mail:{self.births}"
        self.fork("mail", "", lambda: serve(self.place.smtp_port, self.place.received, seed, self.calm))

    def reap(self) -> None:
        """Count the dead and put others in their place."""
        while self.pids:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            role, point = self.pids.pop(pid, ("helper", ""))  # nobody of ours: Prefect's server
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            if role == "mail":
                self.events["mail server died"] += 1
                self.start_mail()
            elif role == "helper":
                continue
            elif killed:
                self.kills[point.partition(":")[0] or RANDOM] += 1
                self.start(role)
            else:
                raise RuntimeError(f"a {role} ended by itself ({status}); see {self.place.notes}")

    def kill_somebody(self) -> None:
        """SIGKILL wherever it happens to be."""
        pid = self.dice.choice([pid for pid, (role, _) in self.pids.items() if role in ROUNDS])
        self.pids[pid] = (self.pids[pid][0], "")
        os.kill(pid, signal.SIGKILL)

    def end_all(self) -> None:
        """Nobody is left."""
        for pid in list(self.pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in list(self.pids):
            os.waitpid(pid, 0)
        self.pids.clear()

    # -------------------------------------------------------------- a life

    def live(self, kills: int) -> Tally:
        """Be killed so many times, come to rest, be counted."""
        found(self.place)
        try:
            self.start_mail()
            for role in CAST:
                self.start(role)
            while self.kills.total() < kills:
                until = time.monotonic() + self.dice.uniform(0.1, 0.6)
                while time.monotonic() < until:
                    time.sleep(0.005)
                    self.reap()
                if self.dice.random() < 0.4:
                    self.kill_somebody()
                self.happen()
            self.end_all()
            return self.rest()
        finally:
            self.end_all()

    def happen(self) -> None:
        """Time goes by, and now and then something breaks."""
        clock = self.place.clock
        if self.dice.random() < 0.3:
            clock.to_morning()
            self.events["days"] += 1
        else:
            clock.step(timedelta(minutes=self.dice.uniform(0, 20)))
        for due, back in [each for each in self._returning if each[0] <= time.monotonic()]:
            self._returning.remove((due, back))
            clock.step(back)
        luck = self.dice.random()
        if luck < 0.06:
            jump = self.dice.choice(JUMPS) * self.dice.choice((1, -1))
            clock.step(jump)
            self.events[f"clock {'forward' if jump > timedelta() else 'back'} {abs(jump)}"] += 1
            self._returning.append((time.monotonic() + self.dice.uniform(0.1, 0.6), -jump))
        elif luck < 0.12:
            self.events["ledger locked"] += 1
            seconds = self.dice.uniform(0.1, 0.8)
            self.fork("helper", "", lambda: self._lock(seconds))
        elif luck < 0.16 and self.place.url.startswith("sqlite"):
            self.events["disk full"] += 1
            self._fill_disk(self.dice.uniform(0.1, 0.5))
        elif luck < 0.15 and self.server:
            self.events["PostgreSQL died"] += 1
            self.server.die()
            self._wait(self.dice.uniform(0, 0.5))
            self.server.start()

    def _lock(self, seconds: float) -> None:
        engine = open_ledger(self.place.url)
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE letters, assignments IN ACCESS EXCLUSIVE MODE"))
            else:
                connection.execute(text("SELECT 1"))  # our BEGIN is IMMEDIATE: the write lock is ours
            time.sleep(seconds)
        os._exit(0)

    def _fill_disk(self, seconds: float) -> None:
        if not self.small_disk:
            self.tight.value = 1
            self.kill_somebody()
            self._wait(seconds)
            self.tight.value = 0
            return
        ballast = self.place.home / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as full:
            while True:
                full.write(b"\0" * 4096)
        self._wait(seconds)
        ballast.unlink()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.005)
            self.reap()

    # -------------------------------------------------------------- rest

    def rest(self) -> Tally:
        """A calm mail server, one scheduler, one deliverer, three days on which letters leave; then the count."""
        self.calm.value = 1
        self.start_mail()
        for _, back in self._returning:
            self.place.clock.step(back)
        house = enter(self.place)
        try:
            for _day in range(3):
                self._to_sending_day(house)
                for _round in range(60):
                    tick(house)
                    counts = deliver_letters(house)
                    self.place.clock.step(timedelta(minutes=20))
                    if not counts and _round > 3:
                        break
                    time.sleep(0.02 if counts.left or counts.failed else 0)
            for _ in range(3):  # tomorrow's steps stay tomorrow's: what is due today must be out
                deliver_letters(house)
            now = self.place.clock.now()
            with reading(house.engine) as session:
                return count(session, self.place, now)
        finally:
            house.engine.dispose()

    def _to_sending_day(self, house: House) -> None:
        """The next morning on which letters leave: over 30/4 and 1/5 none does, and waiting is not losing."""
        self.place.clock.to_morning()
        while not house.rules.is_sending_day(self.place.clock.now().date()):
            tick(house)
            self.place.clock.to_morning()


# ------------------------------------------------------------------ places


def small_disk(folder: Path) -> bool:
    """A disk of a few megabytes at `folder`, when this machine lets us: root, with mounts allowed."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    size = f"size={DISK_BYTES}"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True, check=False)
    return done.returncode == 0


def take_away(folder: Path) -> None:
    """The small disk goes."""
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def fresh_database(server: str, name: str) -> str:
    """A new database on a PostgreSQL server; its URL, with a limit on how long anybody waits for a lock."""
    _on_server(server, f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).update_query_dict({"options": "-c lock_timeout=400"})
    return url.render_as_string(hide_password=False)


def drop_database(server: str, name: str) -> None:
    """It goes, and whoever is still in it."""
    _on_server(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _on_server(server: str, statement: str) -> None:
    engine = open_ledger(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
