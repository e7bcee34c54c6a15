"""Wire once: settings, clock, ledger, rules and the post. Tests call the same function with stand-ins."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from actions.advance import advance
from actions.audit import seal
from actions.gather_letters import gather_letters
from actions.heartbeat import POST, TICK, beat, last_moment
from actions.rule_versions import note_rules
from actions.rules import Rules
from actions.simulate import Compose
from models.database import open_ledger, reading, transaction
from models.migrations.upgrade import upgrade
from models.plan import Milestone
from models.read_only import LedgerUnreadable, open_read_only
from notifications.channel import Channel
from notifications.deliver import Counts, deliver_due
from notifications.mailbox_channel import MailboxChannel
from notifications.post import Post
from notifications.wording import Wording, compose_many, subjects_of

from .clock import Clock, clock_at, stopped_at
from .doors import UNIT_DOOR, signer
from .keys import keys_of
from .ping import ping
from .plan_files import Config, load_config
from .settings import Settings

RUNNING = "running.json"
LEDGER = "ledger.db"


@dataclass(eq=False)
class House:
    """Everything an entrance needs. `changes` counts how often its config was changed while it was up."""

    settings: Settings
    clock: Clock
    engine: Engine
    config: Config
    rules: Rules
    post: Post
    changes: int = 0

    def take_up(self, config: Config) -> None:
        """Work by another config from now on: portal, worker and post of this process share the house."""
        rules = rules_of(config)
        wording = wording_of(config, rules, self.settings.links, self.settings.link_days)
        self.post = replace(self.post, wording=wording)
        self.config, self.rules = config, rules
        self.changes += 1


def rules_of(config: Config) -> Rules:
    """The office's rules as its config says them."""
    return Rules(days=config.working_days, escalation=config.escalation, calendars=config.calendars)


def load_rules(folders: Iterable[Path] = ()) -> tuple[Config, Rules]:
    """The config (of the first folder given, or of the settings) and its rules, without a ledger."""
    folder = next((path for path in folders if path.is_dir()), Settings().config)
    config = load_config(folder)
    return config, rules_of(config)


def subjects(config: Config, rules: Rules) -> Compose:
    """How a simulation words the subjects of its letters: as the post would."""
    wording = wording_of(config, rules, None)
    return lambda session, ids, now: {
        letter: (subject, None) for letter, subject in subjects_of(session, ids, now, wording).items()
    }


def whole_letters(config: Config, rules: Rules) -> Compose:
    """How a simulation words whole letters, for a ledger that will be looked at."""
    wording = wording_of(config, rules, None)
    return lambda session, ids, now: compose_many(session, ids, now, wording)


def wording_of(config: Config, rules: Rules, links: str | None, link_days: int | None = None) -> Wording:
    """How letters are worded: an office's own templates lie in `<config>/letters`."""
    own = config.folder / "letters"
    return Wording(
        calendar=rules.days,
        folders=(own,) if own.is_dir() else (),
        links=links,
        unit_page=UNIT_DOOR,
        link_days=link_days,
    )


def post_of(settings: Settings, config: Config, rules: Rules, *, shifted: bool) -> Post:
    """The channels of this office. Apprise is loaded only when one is configured."""
    channels: dict[str, Channel] = {}
    if settings.email_url:
        from notifications.apprise_channel import AppriseEmail

        channels["email"] = AppriseEmail(settings.email_url)
    return Post(
        mailbox=MailboxChannel(settings.mailbox),
        wording=wording_of(config, rules, settings.links, settings.link_days),
        channels=channels,
        only_loopback=shifted,
        sign=signer(keys_of(settings), settings.links) if settings.links else None,
    )


def deliver_letters(house: House) -> Counts:
    """One round of the post: gather what is due into letters, then deliver each in its own transaction."""
    with transaction(house.engine) as session:
        gather_letters(session, house.rules, house.clock.now())
    counts = deliver_due(house.engine, house.post, house.clock.now)
    with transaction(house.engine) as session:
        beat(session, POST, house.clock.now(), counts.said or None)
    return counts


def tick(house: House) -> None:
    """One round of time: the whole ledger to now, set-based; then what is new is sealed, and a sign of life sent."""
    with transaction(house.engine) as session:
        now = house.clock.now()
        note_rules(session, house.rules, now)
        advance(session, house.rules, now)
        beat(session, TICK, now)
    with transaction(house.engine) as session:
        seal(session, house.clock.now())
    if not house.clock.shifted:  # a rehearsal says nothing of the real house
        ping(house.settings.ping_url)


def shifted_home(home: Path, at: pendulum.DateTime) -> Path:
    """The data folder of a shifted clock: one for each moment, so that it never touches the real ledger."""
    return home / "at" / at.format("YYYY-MM-DDTHHmm")


def wire(settings: Settings | None = None, *, at: pendulum.DateTime | None = None) -> House:
    """Open the ledger (bringing its schema up to date) and load the config; a ConfigError carries its findings.

    With `at` the clock shows that moment, and all data lies in a folder of its own.
    """
    settings = settings or Settings()
    clock = Clock()
    if at is not None:
        settings = settings.model_copy(update={"home": shifted_home(settings.home, at), "database_url": None})
        clock = clock_at(at)
    return furnish(settings, clock)


def furnish(settings: Settings, clock: Clock) -> House:
    """A house with this clock on the ledger that `settings` names."""
    config = load_config(settings.config)
    rules = rules_of(config)
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_ledger(settings.ledger)
    upgrade(engine)
    return House(settings, clock, engine, config, rules, post_of(settings, config, rules, shifted=clock.shifted))


# ------------------------------------------------------------------ the house that is up


def note_running(house: House, base: Path, **facts: Any) -> Path:
    """Write down which house is up below `base`, so that everyday commands work on it; returns the file."""
    path = base / RUNNING
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"pid": os.getpid(), "home": str(house.settings.home.resolve()),
                "shift": house.clock.shift.total_seconds(), **facts}  # fmt: skip
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def running(base: Path) -> dict[str, Any] | None:
    """What `note_running` wrote, while that process lives."""
    try:
        document: dict[str, Any] = json.loads((base / RUNNING).read_text(encoding="utf-8"))
        os.kill(int(document["pid"]), 0)
    except PermissionError:
        return document
    except (OSError, ValueError, KeyError):
        return None
    return document


def enter(settings: Settings | None = None, *, at: datetime | None = None) -> House:
    """The house an everyday command works on: the one that is up in DONDOC_HOME, else the one that lies there.

    `at` replaces now. Where a shifted house is up, or the folder of that very moment exists, its ledger is meant.
    """
    settings = settings or Settings()
    clock = Clock()
    if found := running(settings.home):
        settings = _moved(settings, Path(found["home"]), shifted=bool(found["shift"]))
        clock = Clock(timedelta(seconds=found["shift"]))
    elif at is not None and (folder := shifted_home(settings.home, pendulum.instance(at))).exists():
        settings = _moved(settings, folder, shifted=True)
    return furnish(settings, clock_at(at) if at is not None else clock)


def recorded_milestones(settings: Settings | None = None) -> dict[str, dict[str, date]]:
    """{plan: {milestone: its day}} that the ledger of the house knows of; empty without a ledger.

    For commands that need no ledger: it is only looked at, never made. Raises LedgerUnreadable.
    """
    settings = settings or Settings()
    if found := running(settings.home):
        settings = _moved(settings, Path(found["home"]), shifted=bool(found["shift"]))
    if settings.database_url:
        engine = open_ledger(settings.ledger)
    elif (file := settings.home / LEDGER).exists():
        engine = open_read_only(file)
    else:
        return {}
    events: dict[str, dict[str, date]] = {}
    happened = select(Milestone).where(col(Milestone.happened_on).is_not(None))
    try:
        with reading(engine) as session:
            for row in session.exec(happened.order_by(col(Milestone.plan_id), col(Milestone.name))):
                events.setdefault(row.plan_id, {})[row.name] = row.happened_on or date.max
    except SQLAlchemyError as error:
        raise LedgerUnreadable(f"không đọc được sổ ({type(error).__name__})") from None
    finally:
        engine.dispose()
    return events


# ------------------------------------------------------------------ a ledger that is only looked at


def look_into(path: Path, settings: Settings | None = None, *, at: datetime | None = None) -> House:
    """A house on a ledger file that nobody can write to, at `at` or at the ledger's own last moment, its clock
    standing still. Nothing beside the file is made or changed. Raises LedgerUnreadable, ConfigError."""
    settings = (settings or Settings()).model_copy(
        update={"home": path.resolve().parent, "database_url": None, "email_url": None, "ping_url": None,
                "oidc_issuer": None, "host": "127.0.0.1", "read_only": True,
                "secret_key": SecretStr(secrets.token_hex(32))}
    )  # fmt: skip
    config = load_config(settings.config)
    rules = rules_of(config)
    engine = open_read_only(path)
    with reading(engine) as session:
        moment = at or last_moment(session)
    if moment is None:
        engine.dispose()
        raise LedgerUnreadable(f"sổ {path} còn trống; đặt --at để chọn thời điểm")
    return House(settings, stopped_at(moment), engine, config, rules, post_of(settings, config, rules, shifted=True))


def _moved(settings: Settings, home: Path, *, shifted: bool) -> Settings:
    update: dict[str, Any] = {"home": home}
    if shifted:
        update["database_url"] = None
    return settings.model_copy(update=update)
