"""The unit's report form: from its fields to a `Body`. Names of fields are the contract with `form/report.html`.

A line's fields begin with `l<assignment>_`, a target's with `t<target>_`. Only lines and targets of the form itself are
read; whoever sends others is told of by `strangers`.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from starlette.datastructures import FormData, UploadFile

from actions.draft_body import Body, FigureBody, File, LineBody, Paper
from actions.evidence import store_file
from actions.move import Refused
from actions.unit_page import FormPage

SHORT, LONG, NARRATIVE = 300, 10_000, 40_000
MOST_FILES = 20
CHUNK = 1 << 20
_LINE = re.compile(r"l(\d{1,18})_\w+")
_OWN = re.compile(r"^[lt]\d+_")  # a field's name without the line or target it belongs to
LIMITS = {"text": LONG, "difficulties": LONG, "proposals": LONG, "narrative": NARRATIVE, "reason_late": LONG}


def text(form: FormData, name: str) -> str:
    """One text field: NFC, no characters that do not print, no blanks around. Refused when it is too long."""
    value = form.get(name)
    if not isinstance(value, str):
        return ""
    plain = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(c for c in plain if c.isprintable() or c in "\n\t").strip()
    most = LIMITS.get(_OWN.sub("", name), SHORT)
    if len(plain) > most:
        raise Refused(f"một ô dài quá {most} ký tự; rút gọn, hoặc gửi kèm tệp")
    return plain


def number(form: FormData, name: str) -> int:
    """A whole number; 0 for what is none."""
    value = form.get(name)
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else 0


def numbers(form: FormData, name: str) -> list[int]:
    """The whole numbers of a field that stands several times (ticked boxes)."""
    found = [value for value in form.getlist(name) if isinstance(value, str)]
    return [int(value) for value in found if re.fullmatch(r"\d{1,18}", value)]


def strangers(form: FormData, page: FormPage) -> list[int]:
    """The lines a form speaks of that are not on its page."""
    named = {int(found[1]) for key in form if (found := _LINE.fullmatch(key))} | set(numbers(form, "pick"))
    return sorted(named - {line.id for line in page.lines})


def read_body(form: FormData, page: FormPage) -> Body:
    """What was typed. Files that lie there already stay, but for those ticked off; new ones are `new_files`."""
    kept = page.body
    body = Body(
        by=text(form, "by"),
        position=text(form, "position"),
        phone=text(form, "phone"),
        narrative=text(form, "narrative"),
        reason_late=text(form, "reason_late"),
        number=text(form, "number"),
        day=text(form, "day"),
        about=text(form, "about"),
        files=_kept(form, "drop", kept.files),
    )
    for line in page.lines:
        at = f"l{line.id}_"
        body.lines[line.id] = LineBody(
            result=text(form, f"{at}result"),
            text=text(form, f"{at}text"),
            number=text(form, f"{at}number"),
            day=text(form, f"{at}day"),
            about=text(form, f"{at}about"),
            difficulties=text(form, f"{at}difficulties"),
            proposals=text(form, f"{at}proposals"),
            files=_kept(form, f"{at}drop", kept.lines.get(line.id, LineBody()).files),
        )
    for target in page.targets:
        at = f"t{target.id}_"
        body.figures[target.id] = FigureBody(
            numerator=text(form, f"{at}numerator"),
            denominator=text(form, f"{at}denominator"),
            note=text(form, f"{at}note"),
            baseline=text(form, f"{at}baseline"),
        )
    return body


def _kept(form: FormData, name: str, files: Iterable[File]) -> list[File]:
    dropped = set(form.getlist(name))
    return [file for file in files if file.sha256 not in dropped]


def read_paper(form: FormData, body: Body) -> Paper:
    """What was typed where a unit says it has sent a document."""
    return Paper(
        by=body.by,
        position=body.position,
        phone=body.phone,
        number=text(form, "paper_number"),
        day=text(form, "paper_day"),
        received=text(form, "paper_received"),
        rest=text(form, "paper_result"),
        reason_late=text(form, "paper_reason") or body.reason_late,
    )


def new_files(form: FormData, page: FormPage, body: Body, home: Path) -> list[str]:
    """Store what was uploaded and name it in `body`; the sentences of what is not accepted.

    When one file is not accepted none is named, so that nobody sends a report short of a proof.
    """
    wrong, stored = [], []
    for where, upload in _uploads(form, page, body):
        try:
            stored.append((where, keep(upload, home)))
        except Refused as refused:
            wrong.append(str(refused))
    if not wrong:
        for where, file in stored:
            if file.sha256 not in {one.sha256 for one in where}:
                where.append(file)
    if len(body.all_files) > MOST_FILES:
        wrong.append(f"nhiều nhất {MOST_FILES} tệp trong một báo cáo; gộp lại hoặc gửi đường dẫn")
    return wrong


def _uploads(form: FormData, page: FormPage, body: Body) -> Iterator[tuple[list[File], UploadFile]]:
    places = [("files", body.files), ("paper_files", body.files)]
    places += [(f"l{line.id}_files", body.lines[line.id].files) for line in page.lines]
    for name, files in places:
        for value in form.getlist(name):
            if isinstance(value, UploadFile) and value.filename:
                yield files, value


def keep(upload: UploadFile, home: Path) -> File:
    """One uploaded file into the store of evidence, judged by what is in it."""
    with tempfile.NamedTemporaryFile(prefix="dondoc-") as copy:
        upload.file.seek(0)
        while chunk := upload.file.read(CHUNK):
            copy.write(chunk)
        copy.flush()
        proof = store_file(home, Path(copy.name), upload.filename or "")
    return File(proof.name, proof.sha256 or "", proof.size or 0, proof.media_type or "")
