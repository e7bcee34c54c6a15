"""JSON Schemas of the config files, so that an editor completes keys and explains them in Vietnamese.

`python -m config.schema` writes them beside the shipped config; a test keeps them equal to the specs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from models.specs import CalendarsSpec, EscalationSpec, HolidaysSpec, PlanSpec, UnitsSpec

FOLDER = Path(__file__).resolve().parent
SHAPES: dict[str, tuple[type[BaseModel], str]] = {
    "plan.schema.json": (PlanSpec, "Kế hoạch (plans/*.yaml)"),
    "units.schema.json": (UnitsSpec, "Đơn vị và nhóm đơn vị (units.yaml)"),
    "escalation.schema.json": (EscalationSpec, "Bậc thang đôn đốc (escalation.yaml)"),
    "calendars.schema.json": (CalendarsSpec, "Lịch báo cáo đặt tên (calendars.yaml)"),
    "holidays.schema.json": (HolidaysSpec, "Ngày nghỉ và ngày làm bù (holidays.yaml)"),
}
_DAY = r"^(\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{1,2}-\d{1,2})$"
_SCALAR = ["string", "number", "boolean"]


class _Untitled(GenerateJsonSchema):
    """No English titles made from the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file, by its file name."""
    shape, title = SHAPES[name]
    made = shape.model_json_schema(schema_generator=_Untitled)
    made["$defs"] = {key: _as_written(value) for key, value in made.get("$defs", {}).items()}
    body = _as_written({key: value for key, value in made.items() if key != "$defs"})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **body, "$defs": made["$defs"]}


def _as_written(node: Any) -> Any:
    """The schema of what stands in YAML rather than of what it becomes: an editor sees `1.10` as a number."""
    if isinstance(node, list):
        return [_as_written(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "properties" in node:
        return _model(node)
    changed = {key: _as_written(value) for key, value in node.items() if key != "default"}
    if node.get("type") == "string" and "enum" not in node and "const" not in node:
        changed |= {"type": "string", "pattern": _DAY} if changed.pop("format", "") == "date" else {"type": _SCALAR}
    elif node.get("type") == "boolean":
        changed |= {"type": ["boolean", "string"], "enum": [True, False, "có", "không"]}
    return changed


def _model(node: dict[str, Any]) -> dict[str, Any]:
    """A closed shape; a partial date, which is one in Python only, is a scalar. English docstrings stay out."""
    if set(node["properties"]) == {"year", "month", "day"}:
        return {"type": ["string", "number"], "pattern": r"^(\d{4}(-\d{1,2}){0,2}|(\d{1,2}/){0,2}\d{4})$"}
    kept = {key: value for key, value in node.items() if key not in {"title", "description", "properties"}}
    return {**kept, "properties": {key: _as_written(value) for key, value in node["properties"].items()}}


def text(name: str) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema(name), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write every schema beside the shipped config."""
    for name in SHAPES:
        (FOLDER / name).write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
