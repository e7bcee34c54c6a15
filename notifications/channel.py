"""What every way of telling people has in common: an envelope goes in, an outcome comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Delivery(StrEnum):
    """What became of one try."""

    SENT = "sent"  # the other side said it took the letter
    FAILED = "failed"  # it certainly did not: the letter may be tried again
    UNKNOWN = "unknown"  # nobody can say: never sent again by machine


@dataclass(frozen=True)
class Outcome:
    """One try. `error` is for people, secrets masked; `channel_down` says the fault lies with the channel itself."""

    delivery: Delivery
    error: str | None = None
    channel_down: bool = False


@dataclass(frozen=True)
class Envelope:
    """One letter, ready to leave: `recipient` is `<unit>:<role>`, `at` the moment of the claim."""

    recipient: str
    address: str | None
    subject: str
    body: str
    code: str
    sender_name: str
    at: datetime


class Channel(Protocol):
    """One way of telling people. `send` never raises for what the other side does; it says so in the outcome."""

    @property
    def name(self) -> str:
        """What `letters.carried_by` says, for example `apprise:email`."""

    @property
    def loopback(self) -> bool:
        """Whether nothing it carries can leave this machine."""

    def send(self, envelope: Envelope) -> Outcome:
        """Deliver one envelope."""


@dataclass
class RecordingChannel:
    """Keeps what it is given, for tests and for simulation. `outcomes` are handed out first, then every try is sent."""

    name: str = "recording"
    loopback: bool = True
    outcomes: list[Outcome] = field(default_factory=list)
    sent: list[Envelope] = field(default_factory=list)

    def send(self, envelope: Envelope) -> Outcome:
        """Record the envelope and give the next outcome."""
        self.sent.append(envelope)
        return self.outcomes.pop(0) if self.outcomes else Outcome(Delivery.SENT)
