"""Two ways to break the promise on purpose: a count that never finds anything proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, update
from sqlmodel import col

from models.database import transaction
from models.outbox import Letter, LetterState
from notifications import deliver
from notifications.apprise_channel import AppriseEmail
from notifications.channel import Delivery, Envelope, Outcome
from notifications.post import Post


def resend() -> None:
    """A letter whose sender died, or of which nobody knows, is sent again, as most systems do."""
    send: Any = AppriseEmail.send

    def hopeful(self: AppriseEmail, envelope: Envelope) -> Outcome:
        outcome = send(self, envelope)
        return Outcome(Delivery.FAILED) if outcome.delivery is Delivery.UNKNOWN else outcome

    def lapse(engine: Engine, post: Post, now: datetime) -> int:
        with transaction(engine) as session:
            session.execute(
                update(Letter)
                .where(col(Letter.state) == LetterState.SENDING, col(Letter.claimed_at) <= now - post.lease)
                .values(state=LetterState.PLANNED.value, claimed_at=None)
                .execution_options(synchronize_session=False)
            )
        return 0

    AppriseEmail.send = hopeful  # type: ignore[method-assign]
    deliver.lapse_leases = lapse


def forget() -> None:
    """Every fifth letter is called sent and never leaves."""
    send: Any = AppriseEmail.send

    def careless(self: AppriseEmail, envelope: Envelope) -> Outcome:
        gone = int(envelope.code[2:]) % 5 == 0
        return Outcome(Delivery.SENT) if gone else send(self, envelope)

    AppriseEmail.send = careless  # type: ignore[method-assign]


SABOTAGES: dict[str, Callable[[], None]] = {"resend": resend, "forget": forget}
