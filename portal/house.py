"""What the portal needs of the wired house."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Engine

from actions.rules import Rules
from config.clock import Clock
from config.plan_files import Config
from config.settings import Settings
from notifications.post import Post


class House(Protocol):
    """The wired house (`config.bootstrap.House`), or a test's own."""

    @property
    def engine(self) -> Engine:
        """The ledger."""

    @property
    def settings(self) -> Settings:
        """Addresses, ports, folders, secrets."""

    @property
    def clock(self) -> Clock:
        """What time the house believes it is."""

    @property
    def config(self) -> Config:
        """Plans, units and calendars as files say them."""

    @property
    def rules(self) -> Rules:
        """Ladders and working days."""

    @property
    def post(self) -> Post:
        """The channels."""

    def take_up(self, config: Config) -> None:
        """Work by another config from now on."""
