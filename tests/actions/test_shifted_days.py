"""A house on a shifted clock sends exactly the letters the simulation has for that day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from actions.behaviour import Behaviour
from actions.simulate import run_simulation
from cli.up import apply_config
from config.bootstrap import deliver_letters, wire
from config.clock import parse_moment
from config.settings import Settings
from models.database import reading
from models.outbox import Letter, Notice
from tests.actions.test_simulated_years import S1, shipped

DAYS = {
    "2024-02-26": "an opening",
    "2024-05-27": "an opening",
    "2024-03-14": "a reminder",
    "2024-06-13": "a reminder",
    "2024-03-26": "a lapse",
    "2024-06-25": "a lapse",
}


@pytest.fixture(scope="module")
def simulated() -> dict[str, set[tuple[str, str, str]]]:
    """{day: {(recipient, sender, step)}} of S1's year with silent units."""
    config, rules = shipped()
    result = run_simulation(
        [config.plans[S1]], config.units, rules, date(2024, 1, 1), date(2024, 7, 1), Behaviour.parse("none")
    )
    found: dict[str, set[tuple[str, str, str]]] = {}
    for notice in result["notices"]:
        found.setdefault(notice["at"][:10], set()).add((notice["recipient"], notice["sender"], notice["step"]))
    return found


@pytest.mark.parametrize("day", DAYS)
def test_a_live_day_sends_the_letters_of_the_simulated_day(
    day: str, simulated: dict[str, set[tuple[str, str, str]]], tmp_path: Path
) -> None:
    """Two openings, two reminders, two lapses: same recipients, same steps, nobody else, all delivered."""
    house = wire(Settings(home=tmp_path), at=parse_moment(day))
    apply_config(house)

    deliver_letters(house)

    with reading(house.engine) as session:
        query = (
            select(Letter, Notice)
            .join(Notice, Notice.letter_id == Letter.id)  # type: ignore[arg-type]
            .where(Letter.day == date.fromisoformat(day), Notice.plan_id == S1)
        )
        rows = session.exec(query).all()
        sent = {(letter.recipient, letter.sender_id, notice.step) for letter, notice in rows}
        states = {letter.state for letter, _ in rows}
    house.engine.dispose()
    assert sent == simulated[day]
    assert states == {"sent"}
    assert len(list((house.settings.mailbox).rglob("*.eml"))) == len({recipient for recipient, _, _ in sent})
