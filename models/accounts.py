"""Who may enter the portal, with what, and what each of them did there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from .columns import UTCDateTime, one_of


class Role(StrEnum):
    """What an account may do: the rights themselves stand in `portal/rights.py`."""

    ADMIN = "admin"  # quản trị: accounts, plans as config, settings, and all a coordinator does
    COORDINATOR = "coordinator"  # cán bộ theo dõi: the deeds on the plans given to the account
    OFFICER = "officer"  # cán bộ đơn vị: answers for one unit
    VIEWER = "viewer"  # lãnh đạo: sees everything, changes nothing


class Account(SQLModel, table=True):
    """A person who signs in. `password_hash` is Argon2's; without one only a link or the office's own sign-in opens.

    `unit_id` is the unit an officer answers for. `oidc_subject` is who the office's sign-in server says this is.
    """

    __tablename__ = "accounts"
    __table_args__ = (one_of("role", Role),)

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(unique=True)
    name: str
    role: str
    unit_id: str | None = Field(default=None, foreign_key="units.id")
    password_hash: str | None = None
    oidc_subject: str | None = Field(default=None, unique=True)
    active: bool = True
    created_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    created_by: str
    last_login_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))


class AccountPlan(SQLModel, table=True):
    """A plan a coordinator looks after."""

    __tablename__ = "account_plans"

    account_id: int = Field(primary_key=True, foreign_key="accounts.id")
    plan_id: str = Field(primary_key=True, foreign_key="plans.id")


class PortalSession(SQLModel, table=True):
    """A browser that has signed in. `id` is the SHA-256 of what its cookie holds: the ledger opens nothing."""

    __tablename__ = "portal_sessions"

    id: str = Field(primary_key=True)
    account_id: int = Field(foreign_key="accounts.id", index=True)
    created_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    seen_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))


class OneTimePurpose(StrEnum):
    """What a link that works once is for."""

    FIRST_ADMIN = "first_admin"  # printed at the first start: make the first account
    PASSWORD = "password"  # set a password: a new account, or a forgotten one


class OneTimeLink(SQLModel, table=True):
    """A link that works once; `key_hash` is the SHA-256 of its key."""

    __tablename__ = "one_time_links"
    __table_args__ = (one_of("purpose", OneTimePurpose),)

    key_hash: str = Field(primary_key=True)
    purpose: str
    account_id: int | None = Field(default=None, foreign_key="accounts.id")
    created_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))


class ApiToken(SQLModel, table=True):
    """A program that acts for an account; `key_hash` is the SHA-256 of its token. Without `writes` it only reads."""

    __tablename__ = "api_tokens"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="accounts.id", index=True)
    name: str
    key_hash: str = Field(unique=True)
    writes: bool = False
    created_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime))


class LinkPurpose(StrEnum):
    """What a signed link opens."""

    UNIT = "unit"  # the page of a unit, from its letter
    HEAD = "head"  # the head's approval of a draft
    FEED = "feed"  # the calendar feed of a unit


class LinkCutoff(SQLModel, table=True):
    """Links of one purpose to one unit that were signed before `since` open nothing any more (thu hồi)."""

    __tablename__ = "link_cutoffs"
    __table_args__ = (one_of("purpose", LinkPurpose),)

    unit_id: str = Field(primary_key=True, foreign_key="units.id")
    purpose: str = Field(primary_key=True)
    since: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    by: str


class Outcome(StrEnum):
    """How a deed at the portal ended."""

    DONE = "done"
    REFUSED = "refused"  # a rule of the life cycle said no
    DENIED = "denied"  # no right, a forged or expired link, a wrong password


class Deed(SQLModel, table=True):
    """Who did, or tried, what at the portal; append-only and sealed. `actor` is a login, or the unit of a link."""

    __tablename__ = "deeds"
    __table_args__ = (
        one_of("outcome", Outcome),
        Index("ix_deeds_at", "at"),
        Index("ix_deeds_actor_id", "actor", "id"),
        Index("ix_deeds_what_id", "what", "id"),
        Index("ix_deeds_outcome_id", "outcome", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    actor: str
    role: str
    what: str
    target: str
    outcome: str
    detail: str | None = Field(default=None, sa_column=Column(Text))
