"""A draft as YAML: every value with the place it came from, every doubt as KIỂM TRA on its own line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from models.specs import parse_partial_date

from .blocks import Place
from .garbled import GARBLED_PAPER
from .model import Aim, Cited, Draft, Job, Parties, Report, Said
from .words import shortened

MARK = "# KIỂM TRA"
LEFT = "# CÒN SÓT"
_PLAIN = re.compile(r"[^\W\d_][\w ./()%&–-]*[\w).%]|[^\W_]", re.UNICODE)
_TRAPS = {"null", "true", "false", "yes", "no", "on", "off", "nan", "inf", "y", "n"}
_SILENT_ROLES = {None, "chủ trì", "phối hợp"}
WIDTH = 118


def quoted(text: str, *, flow: bool = False) -> str:
    """A scalar as YAML writes it: plain when nothing in it could be read otherwise."""
    text = re.sub(r"\s+", " ", text).strip()
    safe = _PLAIN.fullmatch(text) and text.lower() not in _TRAPS and " #" not in text and ": " not in text
    if safe and not (flow and ("," in text)):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Writer:
    """Writes one draft. `marked` counts the lines that carry a mark."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.all_doubtful = draft.garbled >= GARBLED_PAPER
        self.lines: list[str] = []
        self.marked = 0

    # ------------------------------------------------------------------ lines

    def put(self, line: str, place: Place | None = None, doubts: Iterable[str] = (), *, field: bool = True) -> None:
        """One line with its comment. `field` is False for structure that says nothing of the document."""
        doubts = [re.sub(r"\s+", " ", doubt) for doubt in doubts if doubt]
        if field and (self.all_doubtful or place in self.draft.bad_places):
            doubts.append("chữ quét lỗi, đối chiếu bản giấy")
        where = str(place) if place is not None else ""
        comment = ""
        if doubts:
            self.marked += 1
            comment = f"  {MARK}: {'; '.join(doubts)}{f' ({where})' if where else ''}"
        elif where:
            comment = f"  # {where}"
        self.lines.append(f"{line}{comment}")

    def said(self, key: str, said: Said | None, indent: str = "", *, missing: bool = False) -> None:
        """`key: value`; a None is left out, or written as null with its doubts when `missing`."""
        if said is None or (said.value is None and not missing):
            return
        value = "null" if said.value is None else quoted(said.value)
        self.put(f"{indent}{key}: {value}", said.place, said.doubts)

    def units(self, key: str, parties: Parties, indent: str) -> None:
        """A list of units on one line, or one line a unit when a role is printed."""
        sides = parties.sides
        if not sides:
            if parties.doubts:
                self.put(f"{indent}{key}: chua-ro", parties.place, parties.doubts)
            return
        if all(side.role in _SILENT_ROLES for side in sides):
            names = ", ".join(quoted(side.unit, flow=True) for side in sides)
            self.put(f"{indent}{key}: {names if len(sides) == 1 else f'[{names}]'}", parties.place, parties.doubts)
            return
        self.put(f"{indent}{key}:", parties.place, parties.doubts)
        for side in sides:
            value = (
                quoted(side.unit)
                if side.role in _SILENT_ROLES
                else f"{{unit: {quoted(side.unit, flow=True)}, as: {quoted(side.role or '', flow=True)}}}"
            )
            self.put(f"{indent}  - {value}", parties.place, parties.doubts)

    # ------------------------------------------------------------------ the whole

    def text(self, source: str) -> str:
        """The YAML. `source` is the file's name."""
        draft = self.draft
        self.lines += [
            f"# Bản nháp do dondoc draft lập từ “{source}”: rà từng dòng có {MARK[2:]}, rồi đổi status thành issued."
        ]
        self.lines += [f"# {remark}" for remark in draft.remarks]
        self.put(f"id: {quoted(draft.id.value or '')}", field=False)
        self.said("title", draft.title)
        self.said("number", draft.number, missing=True)
        self.put("status: draft", field=False)
        self.said("issued_by", draft.issued_by)
        self.said("issued_on", self._day(draft.issued_on), missing=True)
        self._valid()
        self.said("track_from", self._day(draft.track_from))
        self.said("tracker", draft.tracker)
        self.said("leadership", draft.leadership)
        for key, cites in (("parents", draft.parents), ("basis", draft.basis)):
            if cites:
                self.lines.append(f"{key}:")
                for cite in cites:
                    self._cite(cite)
        if draft.milestones:
            self.lines += ["", "milestones:"]
            for name, said in draft.milestones.items():
                self.put(f"  {name}: {{text: {quoted(said.value or '', flow=True)}}}", said.place, said.doubts)
        if draft.targets:
            self.lines += ["", "targets:"]
            for aim in draft.targets:
                self._aim(aim, "  ")
        if draft.reports:
            self.lines += ["", "reports:"]
            for report in draft.reports:
                self._report(report)
        self.lines.append("")
        if draft.jobs:
            self.lines.append("tasks:")
            for job in draft.jobs:
                self._job(job, "  ")
        else:
            self.put("tasks: []", None, ["không thấy nhiệm vụ nào"])
        self.lines += list(_tail(draft))
        return "\n".join(_printable(line) for line in self.lines) + "\n"

    def _day(self, said: Said) -> Said:
        """A date in ISO form."""
        try:
            value = str(parse_partial_date(said.value)) if said.value else None
        except ValueError:
            return said
        return Said(value, said.place, said.doubts)

    def _valid(self) -> None:
        first, last = self.draft.valid_from, self.draft.valid_to
        if first.value:
            self.put(f"valid: {{from: {first.value}, to: {last.value or 'null'}}}", first.place, first.doubts)

    def _cite(self, cite: Cited) -> None:
        parts = [f"number: {quoted(cite.number, flow=True)}", f"date: {cite.date or 'null'}"]
        if cite.by:
            parts.append(f"by: {quoted(cite.by, flow=True)}")
        if cite.note:
            parts.append(f"note: {quoted(cite.note, flow=True)}")
        self.put(f"  - {{{', '.join(parts)}}}", cite.place, cite.doubts)

    def _aim(self, aim: Aim, indent: str) -> None:
        self.put(f"{indent}- text: {quoted(aim.text)}", aim.place, aim.doubts)
        self.put(f'{indent}  goal: "{aim.goal}"', aim.place, aim.doubts)
        for key, value in (("from", aim.start), ("by", aim.by)):
            if value:
                self.put(f"{indent}  {key}: {value}", aim.place, aim.doubts)
        if aim.baseline:
            self.put(
                f"{indent}  baseline: {{year: {aim.baseline}, value: null}}",
                aim.place,
                ["bản in không ghi số liệu gốc"],
            )
        if aim.soft:
            self.put(f"{indent}  soft: true", aim.place)
        if aim.exception:
            self.put(f"{indent}  except: {quoted(aim.exception)}", aim.place, aim.doubts)

    def _report(self, report: Report) -> None:
        self.put(f"  {report.id}:", report.place)
        if report.code:
            self.put(f"    code: {quoted(report.code)}", report.place)
        self.said("when", report.when, "    ")
        self.units("by", report.by, "    ")
        self.units("to", report.to, "    ")
        if report.via:
            self.put(f"    via: {quoted(report.via.unit)}", report.place, report.to.doubts)

    def _job(self, job: Job, indent: str) -> None:
        first = True
        if job.full and job.title.value and len(job.full) > len(job.title.value) + 3:
            self.lines += [
                f"{indent}# {line}" for line in _folded(f"Nguyên văn: {shortened(job.full, 2000)}", WIDTH - len(indent))
            ]

        def lead(line: str) -> str:
            nonlocal first
            start = f"{indent}- " if first else f"{indent}  "
            first = False
            return f"{start}{line}"

        doubts = list(job.doubts)
        if job.code:
            self.put(lead(f"code: {_code(job.code)}"), job.place, doubts)
            doubts = []
        if job.id:
            self.put(lead(f"id: {job.id}"), None, doubts, field=False)
            doubts = []
        self.put(
            lead(f"title: {quoted(job.title.value or 'không có tên')}"), job.title.place, [*doubts, *job.title.doubts]
        )
        inner = f"{indent}  "
        self.units("lead", job.lead, inner)
        self.units("cooperating", job.cooperating, inner)
        self.said("deliverable", job.deliverable, inner)
        self.said("when", job.when, inner)
        if job.waits_for:
            self.put(
                f"{inner}waits_for: {job.waits_for}",
                job.when.place if job.when else None,
                ["mốc sự kiện do máy đặt tên"],
            )
        self.said("duty", job.duty, inner)
        if job.notes:
            self.put(f"{inner}note: {quoted(shortened('; '.join(job.notes), 500))}", job.place)
        if job.targets:
            self.lines.append(f"{inner}targets:")
            for aim in job.targets:
                self._aim(aim, f"{inner}  ")
        if job.below:
            self.lines.append(f"{inner}tasks:")
            for one in job.below:
                self._job(one, f"{inner}  ")


def _printable(line: str) -> str:
    """A line without the characters that YAML refuses."""
    return "".join(c if c.isprintable() else " " for c in line).rstrip()


def _code(code: str) -> str:
    return (
        code
        if re.fullmatch(r"[IVXLC]+(?:[.][\w()đ-]+)*", code) and not code.replace(".", "").isdigit()
        else f'"{code}"'
    )


def _folded(text: str, width: int) -> list[str]:
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _tail(draft: Draft) -> Iterator[str]:
    """What a person must still place: new units to paste, what was left over."""
    units = [one for one in draft.proposals.values() if not one.group]
    groups = [one for one in draft.proposals.values() if one.group]
    if units or groups:
        yield ""
        count = len(units) + len(groups)
        yield f"{MARK}: {count} đơn vị chưa có trong units.yaml; sửa rồi dán vào đó, hoặc đổi id ở trên"
    for title, rows in (("units", units), ("groups", groups)):
        if rows:
            yield f"# {title}:"
        for one in rows:
            yield f"#   {one.id}:"
            yield f"#     name: {quoted(one.name)}"
            if title == "units":
                yield f"#     kind: {one.kind}"
            else:
                yield "#     open: true" if one.open else "#     members: []"
    if draft.leftovers:
        yield ""
        yield f"{LEFT}: {len(draft.leftovers)} đoạn, hàng chưa xếp vào nhiệm vụ nào (KIỂM TRA từng dòng)"
        for left in draft.leftovers:
            yield f"#   {left.place}: “{shortened(left.text, 160)}” ({left.why})"


def marked_too(text: str, wrong: dict[int, str]) -> str:
    """The YAML with a mark on each line that `check` finds wrong and that bears none yet. `wrong`: line -> message."""
    lines = text.split("\n")
    for number, message in wrong.items():
        if 0 < number <= len(lines) and MARK not in lines[number - 1]:
            reason = re.sub(r"\s+", " ", message)
            lines[number - 1] = f"{lines[number - 1].split('  # ')[0]}  {MARK}: {reason}"
    return "\n".join(lines)


def summary(draft: Draft, text: str) -> dict[str, Any]:
    """What the draft holds, counted: tasks, sections, reports, leftovers, marked lines, and what became of each row."""
    jobs = _every(draft.jobs)
    rows = {name.removeprefix("row_"): count for name, count in draft.counts.items() if name.startswith("row_")}
    return {
        "tasks": sum(not job.below and not job.section for job in jobs),
        "sections": sum(bool(job.below) or job.section for job in jobs),
        "reports": len(draft.reports),
        "targets": len(draft.targets) + sum(len(job.targets) for job in jobs),
        "new_units": len(draft.proposals),
        "leftovers": len(draft.leftovers),
        "marked": sum(MARK in line and not line.startswith("#") for line in text.split("\n")),
        "garbled": round(draft.garbled, 3),
        "rows": {"all": draft.counts.get("rows", 0), **rows},
        "paragraphs": draft.counts.get("paragraphs", 0),
    }


def _every(jobs: Iterable[Job]) -> list[Job]:
    found = []
    for job in jobs:
        found += [job, *_every(job.below)]
    return found
