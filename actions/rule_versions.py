"""What `escalation.yaml` said, and since when: noted when a plan is applied and with every tick."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.audit import RuleVersion

from .rules import Rules
from .sealed_rows import sha256


def note_rules(session: Session, rules: Rules, now: datetime) -> None:
    """Write a new version when the ladders or the sending rules are not those of the last one."""
    last = session.exec(select(RuleVersion.fingerprint).order_by(col(RuleVersion.id).desc()).limit(1)).first()
    spec = rules_spec(rules)
    fingerprint = rules_fingerprint(spec)
    if last != fingerprint:
        session.add(RuleVersion(fingerprint=fingerprint, since=now, spec=spec))
        session.flush()


def rules_spec(rules: Rules) -> dict[str, Any]:
    """The ladders and sending rules as JSON."""
    found: dict[str, Any] = rules.escalation.model_dump(mode="json", by_alias=True)
    return found


def rules_fingerprint(spec: dict[str, Any]) -> str:
    """A hash of what the rules say, independent of their layout in the file."""
    return sha256(json.dumps(spec, ensure_ascii=False, sort_keys=True))[:16]
