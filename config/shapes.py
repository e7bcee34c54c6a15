"""A Document to the closed shape it should have; each mismatch is a Finding at its line and column, with the cure."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config import traps
from config.findings import Finding, KeyPath, nearest, quoted
from config.yaml_text import Document, Mapping, Node, Scalar, Sequence, plain

Shape = TypeVar("Shape", bound=BaseModel)


def fit(document: Document, shape: type[Shape]) -> Shape | None:
    """The document as `shape`, its mismatches added to `document.findings`; None when what is left is not enough.

    A value that does not fit is left out and the rest is tried again, so that one typo does not hide the checks of
    the whole file; `document.left_out` lists the key paths left out.
    """
    if document.root is None:
        return None
    data = plain(document.root)
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        misspelt = _misspelt(details)
        for detail in details:
            if tuple(detail["loc"]) not in misspelt:
                _add(document, shape, detail)
            _leave_out(document, data, detail)
    except RecursionError:
        message = "lồng nhau quá sâu (nested too deeply)"
        document.findings.append(Finding(document.name, 1, 1, "error", message, "too-deep"))
        return None
    try:
        return shape.model_validate(data)
    except ValidationError:
        return None


def _add(document: Document, shape: type[BaseModel], detail: Any) -> None:
    path = tuple(detail["loc"])
    of_key = bool(path) and path[-1] == "[key]"
    path = path[:-1] if of_key else path
    node = Scalar(0, 0, str(path[-1])) if of_key else document.node(path)
    if _other_branch(document, path):
        return
    about_key = of_key or detail["type"] in {"extra_forbidden", "missing"}
    line, column = document.place(path, key=about_key)
    message, code = _sentence(document, shape, detail, path, node)
    document.findings.append(Finding(document.name, line, column, "error", message, code))


def _misspelt(details: Iterable[Any]) -> set[KeyPath]:
    """The key paths of missing keys that stand there misspelt: the unknown key already says so."""
    missing = {tuple(one["loc"]) for one in details if one["type"] == "missing"}
    strange = [tuple(one["loc"]) for one in details if one["type"] == "extra_forbidden"]
    return {path for path in missing for other in strange if _is_near(path, other)}


def _is_near(path: KeyPath, other: KeyPath) -> bool:
    return path[:-1] == other[:-1] and bool(nearest(str(other[-1]), [str(path[-1])]))


def _other_branch(document: Document, path: KeyPath) -> bool:
    """Whether the error speaks of a branch of a union (`at_start`) that the node does not try to be."""
    for index, step in enumerate(path):
        if str(step).startswith("literal["):
            return isinstance(document.node(path[:index]), Mapping)
        if step == "DoneAtStart":
            return not isinstance(document.node(path[:index]), Mapping)
    return False


def _leave_out(document: Document, data: Any, detail: Any) -> None:
    """Take the value that does not fit out of `data`; a missing key has nothing to take out."""
    steps = _existing(document, tuple(detail["loc"]))
    if detail["type"] == "missing" or not steps:
        return
    document.left_out.append(steps)
    here = data
    for step in steps[:-1]:
        here = here.get(str(step)) if isinstance(here, dict) else here[int(step)] if isinstance(here, list) else None
        if here is None:
            return
    if isinstance(here, dict):
        here.pop(str(steps[-1]), None)


def _existing(document: Document, path: KeyPath) -> KeyPath:
    """The steps of a path that exist in the file, up to the last key of a mapping."""
    here: Node | None = document.root
    steps: list[str | int] = []
    keyed = 0
    for step in path:
        if isinstance(here, Mapping) and str(step) in here.items:
            here = here.items[str(step)]
            steps.append(step)
            keyed = len(steps)
        elif isinstance(here, Sequence) and isinstance(step, int) and step < len(here.items):
            here = here.items[step]
            steps.append(step)
    return tuple(steps[:keyed])


# ------------------------------------------------------------------------------------------------- sentences


def _sentence(
    document: Document, shape: type[BaseModel], detail: Any, path: KeyPath, node: Node | None
) -> tuple[str, str]:
    """(Vietnamese sentence with its cure, short English name)."""
    kind, key = detail["type"], str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return _unknown_key(document, shape, path, key)
    if kind == "missing":
        return _missing_key(shape, path, key, node)
    if kind == "value_error":
        return str(detail["ctx"]["error"]), "value"
    if kind in {"literal_error", "enum"}:
        return f"“{_text(node)}” không dùng được; viết một trong: {_choices(detail)} (not one of the choices)", "choice"
    if isinstance(node, Scalar) and node.text is None:
        return "đang để trống; ghi giá trị hoặc xoá dòng này (empty value)", "empty-value"
    if kind.startswith("int_") or kind.startswith("float_"):
        return f"“{_text(node)}” phải là một số nguyên (expected a number)", "type"
    if kind.startswith("greater_than") or kind.startswith("less_than"):
        return f"“{_text(node)}” ngoài khoảng cho phép (out of range)", "range"
    return _wrong_type(kind, node), "type"


def _choices(detail: Any) -> str:
    return str(detail["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")


def _text(node: Node | None) -> str:
    return traps.shorten(node.text or "", 60) if isinstance(node, Scalar) else _kind(node)


def _kind(node: Node | None) -> str:
    if isinstance(node, Mapping):
        return "nhóm khoá {…}"
    if isinstance(node, Sequence):
        return "danh sách […]"
    return "trống" if node is None or node.text is None else f"câu chữ “{traps.shorten(node.text)}”"


def _wrong_type(kind: str, node: Node | None) -> str:
    cure = ""
    if kind.startswith("string"):
        wanted = "một câu chữ"
        if isinstance(node, Mapping | Sequence) and node.flow:
            cure = "; nếu [ ] hoặc { } là chữ của văn bản thì đặt cả câu trong ngoặc kép"
    elif kind.startswith("list"):
        wanted = "một danh sách, mỗi mục bắt đầu bằng “- ”"
    else:
        wanted = "các dòng “khoá: giá trị”"
        if isinstance(node, Scalar) and node.text and (glued := traps.glued_value(node.text)):
            cure = f"; {glued}"
    return f"phải là {wanted}, đang là {_kind(node)}{cure} (wrong type)"


def _unknown_key(document: Document, shape: type[BaseModel], path: KeyPath, key: str) -> tuple[str, str]:
    known = list(keys_at(shape, path[:-1]))
    parent = document.node(path[:-1])
    before = list(parent.items)[: list(parent.items).index(key)] if isinstance(parent, Mapping) else []
    flow = isinstance(parent, Mapping) and parent.flow
    if cure := traps.unusual_key(key, in_flow=flow, before=before):
        return f"khoá lạ “{traps.shorten(key)}”: {cure} (unknown key)", "unknown-key"
    close = nearest(key, known)
    advice = f"có phải {quoted(close[:1])}?" if close else f"dùng được: {', '.join(known)}"
    return f"khoá lạ “{traps.shorten(key)}”; {advice} (unknown key)", "unknown-key"


def _missing_key(shape: type[BaseModel], path: KeyPath, key: str, node: Node | None) -> tuple[str, str]:
    meaning = keys_at(shape, path[:-1]).get(key)
    explained = f" ({meaning})" if meaning else ""
    if isinstance(node, Scalar) and node.text is None:
        return f"khoá “{key}”{explained} đang để trống; khoá này bắt buộc (required key is empty)", "missing-key"
    return f"thiếu khoá bắt buộc “{key}”{explained} (missing key)", "missing-key"


def keys_at(shape: type[BaseModel], path: KeyPath) -> dict[str, str]:
    """The keys known at a key path, each with its description."""
    here: list[Any] = [shape]
    for step in path:
        here = [inner for one in here for inner in _inside(one, step)]
    return {
        field.alias or name: field.description or ""
        for one in here
        for model in _models(one)
        for name, field in model.model_fields.items()
    }


def _inside(annotation: Any, step: str | int) -> Iterator[Any]:
    """The annotations that one step of a key path leads to; a step of a union's branch leads nowhere new."""
    for model in _models(annotation):
        for name, field in model.model_fields.items():
            if (field.alias or name) == str(step):
                yield field.annotation
                return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict and isinstance(step, str):
        yield arguments[1]
    elif origin in {types.UnionType, typing.Union, typing.Annotated}:
        for one in arguments[: 1 if origin is typing.Annotated else None]:
            yield from _inside(one, step)
    elif isinstance(step, int) and origin is list:
        yield arguments[0]
    else:
        yield annotation


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The shapes an annotation may be, not looking into lists or dicts."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {types.UnionType, typing.Union}:
        for one in arguments:
            yield from _models(one)
    elif origin is typing.Annotated:
        yield from _models(arguments[0])
