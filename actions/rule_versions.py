"""What `escalation.yaml` said, and since when: noted when a plan is applied, with every tick, and in each transaction
that decides notices, so that what was decided is never older than the version it was decided by."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from models.audit import RuleVersion

from .rules import Rules


def note_rules(session: Session, rules: Rules, now: datetime) -> None:
    """Write a new version when the ladders or the sending rules are not those of the last one."""
    last = session.exec(select(RuleVersion.fingerprint).order_by(col(RuleVersion.id).desc()).limit(1)).first()
    fingerprint = rules.fingerprint
    if last != fingerprint:
        session.add(RuleVersion(fingerprint=fingerprint, since=now, spec=rules.spec))
        session.flush()
