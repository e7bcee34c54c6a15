"""`draft`: a plan document in, a plan YAML to review out."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from config.findings import ConfigError
from config.plan_files import CALENDARS, ESCALATION, HOLIDAYS, UNITS, check_paths, load_units
from config.settings import Settings

from .common import USAGE, AsJson, fail, print_json


def draft(
    file: Annotated[Path, typer.Argument(help="văn bản kế hoạch: .docx, .xlsx, .pdf, .txt, .md (the document)")],
    out: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="ghi vào tệp này (write here)")
    ] = None,
    plan_id: Annotated[str | None, typer.Option("--id", help="mã kế hoạch (plan id)")] = None,
    as_json: AsJson = False,
) -> None:
    """Lập bản nháp YAML từ văn bản kế hoạch, để rà soát. (Draft a plan from its document.)"""
    from documents.draft.drafting import draft_of
    from documents.draft.limits import Unreadable
    from documents.draft.open_file import open_paper
    from documents.draft.write import Writer, marked_too, summary

    if plan_id is not None and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", plan_id):
        fail(f"mã kế hoạch “{plan_id[:80]}” chỉ gồm chữ thường không dấu, chữ số và dấu gạch nối", USAGE)
    if out is not None and out.exists():
        fail(f"đã có tệp “{out.name}”; chọn tên khác hoặc xoá tệp đó trước")
    folder = Settings().config
    try:
        units, days = load_units(folder)
        paper = open_paper(file)
        made = draft_of(paper, units, days=days, plan_id=plan_id)
    except Unreadable as error:
        fail(str(error))
    except ConfigError as error:
        fail(str(error))
    text = Writer(made).text(file.name)
    text = marked_too(text, _errors(text, made.id.value or "nhap", folder))
    counts = summary(made, text)
    if out is not None:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            fail(f"không ghi được “{out.name}”: {error.strerror}")
    if as_json:
        document: dict[str, Any] = {**counts, "id": made.id.value, "output": str(out) if out else None}
        if out is None:
            document["yaml"] = text
        print_json(document)
    elif out is None:
        typer.echo(text, nl=False)
    typer.echo(_sentence(counts), err=True)


def _errors(text: str, name: str, folder: Path) -> dict[int, str]:
    """Line -> what `check` finds wrong there, for the draft beside the units it was made with."""
    from documents.draft.drafting import UNKNOWN

    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "plans").mkdir()
        for one in (UNITS, ESCALATION, HOLIDAYS, CALENDARS):
            if (folder / one).exists():
                shutil.copyfile(folder / one, Path(scratch) / one)
        path = Path(scratch) / "plans" / f"{name}.yaml"
        findings = []
        for filled in dict.fromkeys((text, text.replace(f"track_from: {UNKNOWN}", "track_from: 2026-01-01"))):
            path.write_text(filled, encoding="utf-8")  # a second time with a day in it: one error hides others
            findings += check_paths([path])
    found: dict[int, str] = {}
    for finding in findings:
        if finding.level == "error" and finding.path.endswith(path.name):
            found.setdefault(finding.line, finding.message)
    return found


def _sentence(counts: dict[str, Any]) -> str:
    rows = counts["rows"]
    table = (
        f"; {rows['all']} hàng bảng = {rows['task']} nhiệm vụ + {rows['section']} mục + {rows['continuation']} "
        f"hàng nối tiếp"
        f" + {rows['header']} tiêu đề + {rows['blank']} trống + {rows['leftover']} còn sót"
        if rows["all"]
        else ""
    )
    return (
        f"{counts['tasks']} nhiệm vụ, {counts['sections']} mục, {counts['reports']} báo cáo, {counts['leftovers']} "
        f"còn sót, "
        f"{counts['marked']} dòng KIỂM TRA{table}"
    )


def add_to(app: typer.Typer) -> None:
    """Register this command."""
    app.command()(draft)
