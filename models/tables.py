"""Every table, so that the metadata is whole wherever it is asked for."""

from __future__ import annotations

from sqlmodel import SQLModel

from . import append_only, audit, ledger, outbox, plan, units

METADATA = SQLModel.metadata
MODULES = (units, plan, ledger, outbox, audit, append_only)
