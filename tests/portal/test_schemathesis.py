"""Schemathesis against the OpenAPI description: with rights nothing breaks its own description, without them nothing
opens and nothing changes. Bounded: the same examples each time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine
from starlette.types import Receive, Scope, Send

from models.accounts import Role
from models.database import reading
from models.tables import METADATA
from portal.api.description import describe
from portal.app import create_app

from .conftest import SmallHouse
from .test_api import Program

EXAMPLES = 3
FEWEST = 26  # operations that the description has
KEEPS_ITS_WORD = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KNOWN = {"assignment_id": 3, "concern_id": 1, "plan_id": "kl50", "period": "2026", "name": "qd", "unit_id": "so/tccb"}
BASE = "http://127.0.0.1:8000"

Check = Callable[[Any, Any], None]


def everything(engine: Engine) -> dict[str, str]:
    """A hash of every row of every table but the audit of deeds, into which a denial is written."""
    found = {}
    with reading(engine) as session:
        for name, table in METADATA.tables.items():
            if name != "deeds":
                rows = session.execute(table.select().order_by(*table.primary_key.columns)).all()
                found[name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


class Bearing:
    """The app as one program meets it: its token, or none, with every request, whatever a case says of it."""

    def __init__(self, app: FastAPI, token: str | None) -> None:
        self.app = app
        self.own = [(b"authorization", f"Bearer {token}".encode())] if token else []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            others = [header for header in scope["headers"] if header[0] != b"authorization"]
            scope = {**scope, "headers": [*others, *self.own]}
        await self.app(scope, receive, send)


def ask_everything(app: FastAPI, token: str | None, check: Check, examples: int = EXAMPLES) -> int:
    """Right and wrong requests for every operation, every other one to something that is there; how many were sent."""
    schema = schemathesis.openapi.from_dict(describe(app))
    schema.app = Bearing(app, token)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= FEWEST
    sent = 0
    number = count()
    for operation in operations:

        def send(case: Any) -> None:
            nonlocal sent
            sent += 1
            if next(number) % 2 and case.path_parameters:
                case.path_parameters = {name: KNOWN.get(name, given_) for name, given_ in case.path_parameters.items()}
            check(case, case.call(base_url=BASE))

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
                continue
            bounded = settings(
                max_examples=examples if mode is GenerationMode.POSITIVE else 1,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            bounded(given(case=operation.as_strategy(generation_mode=mode))(_one(send)))()
    return sent


def _one(send: Callable[[Any], None]) -> Callable[[Any], None]:
    """A function of its own for each operation: Hypothesis names its argument."""

    def one(case: Any) -> None:
        send(case)

    return one


@pytest.mark.timeout(120)
def test_with_rights_every_answer_is_as_described(house: SmallHouse) -> None:
    """An admin's token: no server error, no undescribed status, body or header, whatever is sent."""
    codes: Counter[int] = Counter()

    def check(case: Any, answer: Any) -> None:
        codes[int(answer.status_code)] += 1
        case.validate_response(answer, checks=KEEPS_ITS_WORD)

    sent = ask_everything(create_app(house), Program(house).token, check)

    assert sent == codes.total() > 100
    assert {200, 404, 422} <= set(codes)  # requests reached the deeds, not only the door


@pytest.mark.parametrize("who", ["nobody", "forged", "officer", "reader"])
def test_without_rights_nothing_opens_and_nothing_changes(house: SmallHouse, who: str) -> None:
    """401 without a token or with a forged one; 403 to an officer, and to every deed with a token that only reads."""
    tokens = {"forged": "dd_" + "a" * 43}
    if who == "officer":
        tokens[who] = Program(house, Role.OFFICER).token
    if who == "reader":
        tokens[who] = Program(house, writes=False).token
    before = everything(house.engine)
    wanted = {"nobody": 401, "forged": 401, "officer": 403, "reader": 403}[who]

    def check(case: Any, answer: Any) -> None:
        if who != "reader" or case.method.upper() == "POST":
            # 422: a body that is no JSON of any shape, told to nobody but whoever has an account.
            assert int(answer.status_code) in ((wanted, 422) if wanted == 403 else (wanted,)), (case.method, case.path)
        case.validate_response(answer, checks=KEEPS_ITS_WORD)

    ask_everything(create_app(house), tokens.get(who), check, examples=1)

    assert everything(house.engine) == before
