"""A document as read -> the draft of its plan. Nothing is invented: what is not printed is left blank and marked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from calendars.phrases import Context, Reading
from calendars.working_days import WorkingDays
from models.specs import UnitsSpec, parse_partial_date, task_id

from .blocks import Block, Line, Paper, Place, Row
from .duties import reports_in, watchers
from .front import Front, cited, sorted_out
from .garbled import GARBLED_PAPER, is_garbled, paper_score
from .model import Draft, Job, Leftover, Parties, Proposal, Report, Said
from .parties import Side
from .prose import Body, cut, flat
from .register import Register
from .shapes import ProseShapes, prose_leftovers, table_jobs
from .tables import Sorted, is_layout, sort_rows
from .targets import targets_in
from .times import reading_of
from .words import fold, keys, shortened, slug

_RUINED = re.compile(r"s?tt\s+(?:noi dung|nhiem vu|ten nhiem vu)\b.*(?:thoi gian|don vi|chu tri|san pham)")
_RUINED_ROW = re.compile(r"(?P<n>\d{1,2}(?:\.\d{1,2})?)(?:\s*\||(?<=\.\d)\s|(?<=\.\d\d)\s)\s*(?P<text>.+)")
UNKNOWN = "chua-ro"  # stands where a required value is missing: `check` refuses it, and the line is marked
MOST_LEFTOVERS = 5_000
_KINDS = {
    "so": "so", "phong": "phong", "ban": "ban", "bo": "bo", "van phong": "van-phong", "truong": "truong",
    "trung tam": "don-vi",
    "uy ban nhan dan": "ubnd", "ubnd": "ubnd", "cong an": "cong-an", "thanh tra": "thanh-tra", "hoi": "doan-the",
    "doan": "doan-the", "mat tran": "mat-tran", "chi cuc": "chi-cuc", "cuc": "cuc",
}  # fmt: skip


def draft_of(paper: Paper, units: UnitsSpec, *, days: WorkingDays | None = None, plan_id: str | None = None) -> Draft:
    """The draft of a plan document. `units` are those it may name; `plan_id` replaces the id made from its number."""
    return _Drafting(paper, units, days).draft(plan_id)


class _Drafting:
    def __init__(self, paper: Paper, units: UnitsSpec, days: WorkingDays | None) -> None:
        self.paper, self.units, self.days = paper, units, days
        self.blocks = list(_flattened(paper.blocks))
        self.lines = [block for block in self.blocks if isinstance(block, Line)]
        self.rows = [block for block in self.blocks if isinstance(block, Row)]
        self.ruin = next((i for i, line in enumerate(self.lines) if _RUINED.match(fold(line.text))), len(self.lines))
        self.body: Body = cut(self.lines[: self.ruin])
        self.proposals: dict[str, Proposal] = {}
        self.named: dict[tuple[str, ...], str] = {}

    def draft(self, plan_id: str | None) -> Draft:
        front = Front(self.body.head, self.body.tail, self.units)
        number, title, issued = front.number(), front.title(), front.issued_on()
        issuer = front.issuer(number.value or number.note)
        first, last, why = front.years(title.note or "", issued.value)
        valid_from, valid_to = (
            Said(first, title.place, [why] if first else []),
            Said(last, title.place, [why] if last else []),
        )
        self.context = self._context(issued, first, last)
        register = front.open.seen_from(issuer.value)
        self.tag = (
            (issuer.value or "").split("/")[0].rpartition("-")[2]
        )  # sgddt-hp -> hp: the names of another place are others
        draft = Draft(
            id=Said(plan_id or _plan_id(issuer, number, title, issued)),
            title=title, number=number, issued_by=issuer, issued_on=issued, valid_from=valid_from, valid_to=valid_to,
            track_from=self._track_from(issued, first), tracker=Said(None), leadership=self._leadership(issuer.value),
            remarks=list(self.paper.remarks),
        )  # fmt: skip
        texts = [line.text for line in self.lines] + [" ".join(row.texts) for row in self.rows]
        draft.garbled = paper_score(texts)
        head = {id(line) for line in self.body.head}
        draft.parents, draft.basis = sorted_out(cited(self.lines, register), head, number.value)
        self._tasks(draft, register)
        self._targets(draft)
        self._tracker(draft, register)
        self._settle(draft, register)
        return draft

    # ------------------------------------------------------------------ head

    def _context(self, issued: Said, first: str | None, last: str | None) -> Context:
        begin = date.fromisoformat(first) if first else None
        end = date.fromisoformat(last) if last else None
        exact = None
        if issued.value:
            try:
                exact = parse_partial_date(issued.value).exact
            except ValueError:
                exact = None
        return Context(issued_on=exact or begin, valid_from=begin, valid_to=end, working_days=self.days)

    def _track_from(self, issued: Said, first: str | None) -> Said:
        if issued.value and issued.value.count("/") == 2 and not issued.doubts:
            return Said(
                issued.value, issued.place, ["ngày bắt đầu theo dõi do người quản trị đặt; tạm lấy ngày ban hành"]
            )
        if first:
            return Said(first, None, ["ngày bắt đầu theo dõi do người quản trị đặt; tạm lấy đầu năm kế hoạch"])
        return Said(UNKNOWN, None, ["ngày bắt đầu theo dõi do người quản trị đặt"])

    def _leadership(self, issuer: str | None) -> Said:
        for unit_id, unit in self.units.units.items():
            if issuer and unit.parent == issuer and unit.kind == "lanh-dao":
                return Said(unit_id, None, ["văn bản không nêu; lấy lãnh đạo của cơ quan ban hành"])
        return Said(UNKNOWN, None, ["văn bản không nêu lãnh đạo nhận báo cáo"])

    def _tracker(self, draft: Draft, register: Register) -> None:
        found = self.watching
        if not found:
            draft.tracker = Said(UNKNOWN, None, ["không thấy đơn vị được giao theo dõi, đôn đốc"])
            return
        best = found[0]
        doubts = []
        others = {one.found.id or one.found.text for one in found if one.weight == best.weight} - {
            best.found.id or best.found.text
        }
        if others:
            doubts.append(f"cũng có thể là {', '.join(sorted(others)[:3])}")
        if best.weight < 4:
            doubts.append("câu không nói rõ theo dõi, đôn đốc cả kế hoạch")
        value, more = self._unit(Side(best.found), register)
        draft.tracker = Said(value, best.place, doubts + more)

    # ------------------------------------------------------------------ tasks

    def _tasks(self, draft: Draft, register: Register) -> None:
        sorted_rows: Sorted = sort_rows([*self.blocks], self.context)
        draft.jobs = table_jobs(sorted_rows.entries, register, self.context)
        draft.jobs += self._ruined(draft)
        shapes = ProseShapes(register, self.context)
        governed = shapes.governed(self.body.root)
        if governed and draft.jobs:
            for job in every(governed):
                job.doubts.append("phụ lục cũng có bảng nhiệm vụ: xem có trùng không")
        draft.jobs += governed
        if not any(row.section is False for row in sorted_rows.entries):
            draft.jobs += self._by_units(shapes, governed)
        draft.leftovers += [
            Leftover(row.place, " | ".join(text for text in row.texts if text), why)
            for row, why in sorted_rows.leftovers
        ]
        draft.reports = reports_in(self.body.root, register, self.context, draft.issued_by.value)
        self.watching = [one for one in watchers(self.body.root, register) if one.weight >= 3]
        told = {report.place for report in draft.reports} | {one.place for one in self.watching}
        shapes.used |= {id(node) for node in flat(self.body.root) if node.place in told}
        rest = prose_leftovers(self.body.root, shapes.used)
        draft.leftovers += rest
        draft.counts = {
            "rows": len(self.rows),
            **{
                f"row_{name}": sorted_rows.counts[name]
                for name in ("task", "section", "continuation", "header", "blank", "leftover")
            },
            "paragraphs": len(flat(self.body.root)),
            "paragraphs_left": len(rest),
        }

    def _by_units(self, shapes: ProseShapes, governed: list[Job]) -> list[Job]:
        """Duties under headings that are units, when they are more than what is assigned otherwise.

        Where a plan assigns its tasks elsewhere, such a section only says what everybody does; it is left over.
        """
        used = set(shapes.used)
        found = shapes.by_units(self.body.root)
        if sum(not job.below for job in every(found)) > sum(not job.below for job in every(governed)):
            return found
        shapes.used = used
        return []

    def _ruined(self, draft: Draft) -> list[Job]:
        """Rows of a table whose columns ran into each other: a number and all of its words, nothing more is sure."""
        jobs: list[Job] = []
        for line in self.lines[self.ruin + 1 :]:
            row = _RUINED_ROW.match(line.text)
            text = re.sub(r"\s*\|\s*", " | ", row["text"] if row else line.text).strip(" |")
            if row and "." not in row["n"]:
                jobs.append(Job(Said(shortened(text), line.place), line.place, row["n"], full=text, section=True))
            elif row:
                job = Job(Said(text, line.place, ["các cột của bảng dính vào nhau"]), line.place, row["n"], full=text)
                (jobs[-1].below if jobs and jobs[-1].section else jobs).append(job)
            elif jobs:
                last = jobs[-1].below[-1] if jobs[-1].below else jobs[-1]
                last.full = f"{last.full} {text}"
            else:
                draft.leftovers.append(Leftover(line.place, line.text, "bảng có các cột dính vào nhau"))
        for job in every(jobs):
            job.title.value = shortened(job.full)
        return jobs

    def _targets(self, draft: Draft) -> None:
        for job in every(draft.jobs):
            if not job.below:
                job.targets = targets_in(job.full, job.place)
        told = {job.place for job in every(draft.jobs)}
        for node in flat(self.body.root):
            if node.place not in told and node.section != "purpose" and "%" in node.text and not node.children:
                draft.targets += targets_in(node.text, node.place)

    # ------------------------------------------------------------------ settling: ids, units, doubts

    def _settle(self, draft: Draft, register: Register) -> None:
        self._ids(draft)
        for job in every(draft.jobs):
            self._job(job, draft, register)
        self._leads(draft.jobs, handed=False)
        for report in draft.reports:
            self._report(report, register)
        if draft.issued_by.value is None:
            name = draft.issued_by.note
            draft.issued_by.value = self._propose(name) if name else UNKNOWN
        if draft.title.value is None:
            draft.title.value = UNKNOWN
        self._bad_places(draft)
        draft.proposals = self.proposals

    def _ids(self, draft: Draft) -> None:
        seen: set[str] = set()
        for job in every(draft.jobs):
            plain = task_id(job.code or job.title.value or "")
            if not plain:
                plain = "viec"
                job.id = plain
            if job.below and not job.code:
                continue
            if plain in seen or (job.code is None and len(plain) > 60):
                plain = plain[:60].strip("-")
                number = 2
                while f"{plain}-{number}" in seen:
                    number += 1
                job.id = f"{plain}-{number}"
                if job.code and not job.below:
                    job.doubts.append(f"số “{job.code}” in trùng, đặt id riêng")
            seen.add(job.id or plain)

    def _job(self, job: Job, draft: Draft, register: Register) -> None:
        for parties in (job.lead, job.cooperating):
            self._parties(parties, register)
        if job.lead.sides and (not job.duty or job.duty.value != "request"):
            self._reachable(job.lead, "chủ trì")
        if job.when and job.when.value:
            reading = reading_of(job.when.value, self.context)
            if not isinstance(reading, Reading):
                reason = f"chưa đọc được: {reading.reason}"
                if not any(doubt.startswith("chưa đọc được") for doubt in job.when.doubts):
                    job.when.doubts.append(reason)
            elif reading.kind == "event" and reading.anchor and not job.below:
                event = re.sub(
                    r"^(?:ngay\s+)?(?:sau|trước|khi|kể từ)\s+(?:khi\s+|ngày\s+)?(?:có\s+)?",
                    "",
                    reading.anchor,
                    flags=re.IGNORECASE,
                )
                name = slug(event, 40) or "su-kien"
                draft.milestones.setdefault(
                    name,
                    Said(
                        event or reading.anchor,
                        job.when.place,
                        ["mốc lấy từ cột thời gian; xem có phải cùng một sự kiện"],
                    ),
                )
                job.waits_for = name

    def _leads(self, jobs: Iterable[Job], *, handed: bool) -> None:
        for job in jobs:
            has = handed or bool(job.lead.sides)
            if job.below:
                self._leads(job.below, handed=has)
            elif not has:
                job.lead = Parties([], job.place, ["bản in không ghi đơn vị chủ trì"])

    def _parties(self, parties: Parties, register: Register) -> None:
        unique: dict[str, Side] = {}
        for side in parties.sides:
            value, doubts = self._unit(side, register)
            side.unit = value
            parties.doubts += [doubt for doubt in doubts if doubt not in parties.doubts]
            unique.setdefault(value, side)
        parties.sides = list(unique.values())

    def _unit(self, side: Side, register: Register) -> tuple[str, list[str]]:
        found = side.found
        if found.id:
            return found.id, [found.doubt] if found.doubt else []
        home = self.units.units.get(register.home or "")
        if home and home.kind == "so" and fold(found.text) == "so":
            return register.home or "", []
        exact = register.exactly(found.text)
        if exact.id:
            return exact.id, [exact.doubt] if exact.doubt else []
        return self._propose(found.text), [f"“{found.text[:60]}” chưa có trong units.yaml"]

    def _propose(self, name: str) -> str:
        name = re.sub(r"\s+", " ", name).strip(" .,;:-")
        known = self.named.get(keys(name))  # UBND and Ủy ban nhân dân are one name
        if known:
            return known
        base = slug(name, 50) or "don-vi"
        if self.tag and not base.endswith(self.tag):
            base = f"{base}-{self.tag}"
        if base in self.units.units or base in self.units.groups:
            base = f"{base}-moi"
        self.named[keys(name)] = base
        if base not in self.proposals:
            plain = fold(name)
            many = plain.startswith(("cac ", "nhung ", "tat ca", "toan the", "nganh ", "moi ")) or bool(
                re.match(r"(?:ubnd|uy ban nhan dan) (?:cac|cap|xa,|huyen,|quan,)", plain)
            )
            kind = next((kind for head, kind in _KINDS.items() if plain.startswith(f"{head} ")), "don-vi")
            self.proposals[base] = Proposal(base, name, kind, many, "lien quan" in plain)
        return base

    def _reachable(self, parties: Parties, doing: str) -> None:
        """A lead that only open or empty groups hold is refused by `check`: say so here."""
        known = [side.unit for side in parties.sides if side.unit in self.units.units or side.unit in self.units.groups]
        groups = [name for name in known if name in self.units.groups]
        empty = [name for name in groups if not self.units.members_of(name)]
        if empty:
            parties.doubts.append(f"nhóm “{empty[0]}” không có thành viên: không ai {doing}")

    def _report(self, report: Report, register: Register) -> None:
        self._parties(report.by, register)
        self._parties(report.to, register)
        self._reachable(report.by, "nộp báo cáo")
        if not report.by.sides:
            report.by.doubts = report.by.doubts or ["không thấy ai phải báo cáo"]
        if report.via:
            report.via.unit, doubts = self._unit(report.via, register)
            report.to.doubts += doubts

    def _bad_places(self, draft: Draft) -> None:
        bad: set[Place] = {line.place for line in self.lines if is_garbled(line.text)}
        bad |= {row.place for row in self.rows if is_garbled(" ".join(row.texts))}
        draft.bad_places = bad
        if draft.garbled >= GARBLED_PAPER:
            draft.remarks.append(
                f"chữ đọc ra bị lỗi ({draft.garbled:.0%} từ không phải tiếng Việt): mọi trường đều phải đối chiếu "
                f"bản giấy"
            )


def every(jobs: Iterable[Job]) -> list[Job]:
    """All nodes of the tree in printed order."""
    found = []
    for job in jobs:
        found += [job, *every(job.below)]
    return found


def _plan_id(issuer: Said, number: Said, title: Said, issued: Said) -> str:
    base = slug(issuer.value or issuer.note or "ke-hoach", 30)
    digits = re.match(r"\d+", number.value or "")
    year = re.search(r"20\d\d", issued.value or title.note or title.value or "")
    return "-".join(part for part in (base, f"kh{int(digits[0])}" if digits else "kh", year[0] if year else "") if part)


def _flattened(blocks: list[Block]) -> Iterable[Block]:
    """Tables that only lay out lines (a letterhead, a signature) given as lines."""
    loose = is_layout(blocks)
    for block in blocks:
        if isinstance(block, Row) and id(block) in loose:
            for cell in block.cells:
                if not cell.above:
                    for text in cell.text.split("\n"):
                        if text.strip():
                            yield Line(text.strip(), block.place)
        else:
            yield block
