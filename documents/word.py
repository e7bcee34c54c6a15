"""From a Word template and its words to a .docx.

Templates are Word files with Jinja tags (docxtpl). An office puts a file of the same name into `<config>/documents`;
`documents/make_templates.py` builds the shipped ones.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from docxtpl import DocxTemplate
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from .tables import printable

SHIPPED = Path(__file__).resolve().parent / "templates"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the same input gives the same bytes


class BadTemplate(ValueError):
    """A paper cannot be written; the sentence names the template and what is wrong with it."""


def template_of(name: str, folders: Sequence[Path] = ()) -> Path:
    """The office's own template of this name, or the shipped one."""
    return next((path for folder in folders if (path := folder / f"{name}.docx").is_file()), SHIPPED / f"{name}.docx")


def render(name: str, words: Mapping[str, Any], folders: Sequence[Path] = ()) -> bytes:
    """The template `name` filled with these words. Raises BadTemplate."""
    path = template_of(name, folders)
    try:
        template = DocxTemplate(path)
        template.render(_clean(words), jinja_env=_environment(), autoescape=True)
        buffer = io.BytesIO()
        template.save(buffer)
    except SecurityError as problem:
        raise BadTemplate(f"mẫu {path}: có chỗ điền không được phép ({problem})") from None
    except jinja2.UndefinedError as problem:
        raise BadTemplate(f"mẫu {path}: có chỗ điền không biết ({problem})") from None
    except jinja2.TemplateSyntaxError as problem:
        raise BadTemplate(f"mẫu {path}: chỗ điền viết sai ({problem})") from None
    except Exception as problem:  # whatever an office's own file is: a sentence, never a trace
        said = str(problem).partition("\n")[0] or type(problem).__name__
        raise BadTemplate(f"mẫu {path}: không đọc được như một tệp Word ({said})") from None
    return timeless(buffer.getvalue())


def _environment() -> jinja2.Environment:
    return SandboxedEnvironment(
        undefined=jinja2.StrictUndefined, finalize=lambda value: "" if value is None else value, autoescape=True
    )


def _clean(value: Any) -> Any:
    """Words without what XML cannot hold."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def timeless(document: bytes) -> bytes:
    """The same zip with the moment of writing taken out of it."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _EPOCH), source.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
