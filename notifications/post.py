"""The post: which channel carries a letter, how fast, and what happens when one fails. Wired once, at start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .channel import Channel, Outcome
from .wording import Wording

# RFC 2606 and 6761: names nobody owns. A placeholder address never meets a real server.
RESERVED = (".example", ".invalid", ".test", ".localhost")
RESERVED_SECOND_LEVEL = ("example.com", "example.net", "example.org")


@dataclass(frozen=True)
class Backoff:
    """How long a refused letter waits: `first`, then `factor` times as long up to `longest`; `tries` in all."""

    first: timedelta = timedelta(minutes=5)
    factor: float = 3.0
    longest: timedelta = timedelta(hours=8)
    tries: int = 8

    def after(self, tries: int) -> timedelta | None:
        """The wait after the n-th try (n from 1); None when the letter is given up."""
        if tries >= self.tries:
            return None
        return min(self.longest, self.first * self.factor ** (tries - 1))


@dataclass
class Pace:
    """The rate and the health of one channel in this process: a slot every `spacing` seconds, a rest after a failure.

    Guarded by a lock: several deliverers share it. A channel rests `rest` seconds after it was down, twice as long
    each time in a row, at most `longest_rest`; meanwhile its letters stay planned and other channels go on.
    """

    spacing: float = 0.0
    rest: float = 30.0
    longest_rest: float = 900.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _next_slot: float = 0.0
    _rests_until: float = 0.0
    _down_in_a_row: int = 0

    @property
    def resting(self) -> bool:
        """Whether the channel failed a moment ago and is left alone for now."""
        return self.clock() < self._rests_until

    def wait_for_slot(self) -> None:
        """Return when the next letter may leave."""
        with self._lock:
            now = self.clock()
            slot = max(now, self._next_slot)
            self._next_slot = slot + self.spacing
        if slot > now:
            self.sleep(slot - now)

    def learn(self, outcome: Outcome) -> None:
        """Remember whether the channel answered."""
        with self._lock:
            if not outcome.channel_down:
                self._down_in_a_row, self._rests_until = 0, 0.0
                return
            self._down_in_a_row += 1
            rest = min(self.longest_rest, self.rest * 2 ** (self._down_in_a_row - 1))
            self._rests_until = self.clock() + rest


@dataclass(frozen=True)
class Post:
    """Everything delivery needs, in one value.

    `channels` maps a contact's channel (`email`) to who carries it; what has none lands in `mailbox`. `only_loopback`
    is for a shifted clock: no letter may leave this machine. `lease` is how long a claimed letter may stay "sending"
    before it counts as unknown. `spacing` is seconds between two letters of a channel, by the contact's channel.
    `sign(body, recipient, now)` puts signed addresses in the place of a body's doors, in the envelope only: the ledger
    keeps no link that opens anything.
    """

    mailbox: Channel
    wording: Wording
    channels: Mapping[str, Channel] = field(default_factory=dict)
    only_loopback: bool = False
    lease: timedelta = timedelta(minutes=15)
    backoff: Backoff = field(default_factory=Backoff)
    spacing: Mapping[str, float] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    sign: Callable[[str, str, datetime], str] | None = None

    def carrier(self, channel: str, address: str | None, *, sample: bool) -> Channel:
        """Who carries a letter: the contact's own channel where it may be used, else the local mailbox."""
        chosen = self.channels.get(channel)
        if chosen is None or sample:
            return self.mailbox
        if chosen.loopback:
            return chosen
        if self.only_loopback or (address and is_reserved(address)):
            return self.mailbox
        return chosen

    def pace(self, channel: Channel) -> Pace:
        """The pace of a channel; made on first use."""
        spacing = {carrier.name: self.spacing.get(name, 0.0) for name, carrier in self.channels.items()}
        return self.paces.setdefault(channel.name, Pace(spacing=spacing.get(channel.name, 0.0)))


def is_reserved(address: str) -> bool:
    """Whether an address lies in a domain kept for examples and tests."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return f".{domain}".endswith(RESERVED) or any(
        domain == name or domain.endswith(f".{name}") for name in RESERVED_SECOND_LEVEL
    )
