"""Every table, so that the metadata is whole wherever it is asked for."""

from __future__ import annotations

from sqlmodel import SQLModel

from . import accounts, append_only, audit, forms, ledger, outbox, plan, units

METADATA = SQLModel.metadata
MODULES = (units, plan, ledger, outbox, audit, accounts, forms, append_only)
