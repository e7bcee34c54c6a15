"""The published JSON Schemas say what the loader accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from config.schema import FOLDER, SHAPES, schema, text


class Strings(yaml.SafeLoader):
    """YAML as an editor sees it, save that a day stays the text that was typed."""


Strings.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_committed_schema_is_the_generated_one(name: str) -> None:
    """`python -m config.schema` has been run since the specs last changed."""
    assert (FOLDER / name).read_text(encoding="utf-8") == text(name)


@pytest.mark.parametrize("name", SHAPES)
def test_a_schema_is_a_schema(name: str) -> None:
    """Each file is a valid JSON Schema with a Vietnamese title."""
    Draft202012Validator.check_schema(schema(name))

    assert schema(name)["title"].endswith(".yaml)")


def _shipped() -> list[tuple[str, Path]]:
    plans = [("plan.schema.json", path) for path in sorted((FOLDER / "plans").glob("*.yaml"))]
    others = ("units", "escalation", "holidays", "calendars")
    return plans + [(f"{name}.schema.json", FOLDER / f"{name}.yaml") for name in others]


@pytest.mark.parametrize(("name", "path"), _shipped(), ids=lambda value: getattr(value, "name", value))
def test_the_shipped_config_fits_its_schema(name: str, path: Path) -> None:
    """An editor with the schema underlines nothing in the shipped config."""
    data = yaml.load(path.read_text(encoding="utf-8"), Strings)

    assert not [error.message for error in Draft202012Validator(schema(name)).iter_errors(data)]


def test_every_key_is_explained_in_vietnamese() -> None:
    """Every key of every shape has a description."""
    missing: list[str] = []

    def look(node: Any, path: str) -> None:
        for key, value in node.get("properties", {}).items():
            if not value.get("description"):
                missing.append(f"{path}.{key}")
        for key, value in node.get("$defs", {}).items():
            look(value, key)

    for name in SHAPES:
        look(schema(name), name)
    assert not missing


def test_an_unknown_key_is_refused_by_the_schema() -> None:
    """The schema is as closed as the loader."""
    plan = json.loads(json.dumps({"id": "a", "title": "b", "trackers": "c"}))

    messages = [error.message for error in Draft202012Validator(schema("plan.schema.json")).iter_errors(plan)]
    assert any("trackers" in message for message in messages)
