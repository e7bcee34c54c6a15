"""From sorted rows and from the tree of paragraphs to tasks: one road for every shape of assignment."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from calendars.phrases import Context, PhraseError, Reading

from .blocks import Place
from .model import Job, Leftover, Parties, Said
from .numbering import RANK
from .parties import Side, _one_line, assigned, unit_list
from .prose import (
    CLOSING,
    Node,
    assignment_line,
    flat,
    heading_units,
    is_label_line,
    labels,
    last_time,
    own_units,
    trailing_assignment,
)
from .register import Found, Register
from .tables import Entry
from .times import find_times, reading_of
from .words import fold, shortened

_NOUNS = r"kế hoạch|đề án|chương trình|phương án|dự án|đề cương|danh mục|bộ tiêu chí|quy trình"
_DELIVERS = (
    re.compile(
        rf"\b(?:xây dựng|đề xuất|lập|ban hành|trình ban hành)(?:\s+và\s+(?:tổ chức\s+)?(?:triển khai|thực hiện|"
        rf"ban hành))?"
        rf"(?:\s+(?:các|phê duyệt|nội dung))?\s+(?P<noun>(?:{_NOUNS})\b[^,;:.()]*)",
        re.IGNORECASE,
    ),
    re.compile(rf"\btrình\b[^,;.()]{{4,80}}?\bvề\s+(?P<noun>(?:{_NOUNS})\b[^,;.()]*)", re.IGNORECASE),
    re.compile(
        r"\bban hành\s+(?P<noun>(?:chính sách|quyết định|nghị quyết|quy chế|quy định)\b[^,;.()]*)", re.IGNORECASE
    ),
)
_NOUN_ENDS = re.compile(
    r"\s+(?:để|nhằm|theo|trên|đảm bảo|bảo đảm|và tổ chức|phù hợp|của đơn vị|cho|gắn với|những|đối với|thuộc|do|tại|"
    r"số)\s"
)
_DUTY_TIME = re.compile(
    r"^(?:trước|hoàn thành|trong|xong|chậm nhất|quý|tháng|trung hạn|hằng|hàng|định kỳ|\d)", re.IGNORECASE
)
_WITH = re.compile(r"\bphối\s*hợp(?:\s+chặt chẽ)?\s+(?:với|cùng(?:\s+với)?)\s+", re.IGNORECASE)
INFERRED = "suy từ câu, bản in không có cột hay nhãn sản phẩm"


def deliverable_in(text: str, context: Context) -> str | None:
    """A document that the sentence says will be made, when it says so plainly."""
    for clause in re.split(r"[;.]\s+", text):
        if re.match(r"\W*(?:hằng|hàng) (?:năm|quý|tháng)", clause, re.IGNORECASE):
            continue  # a part with a time of its own
        for form in _DELIVERS:
            match = form.search(clause)
            if match:
                noun = _NOUN_ENDS.split(match["noun"])[0].strip()
                if len(noun.split()) >= 3 and not re.search(r"\d+/", noun):
                    return noun[:1].upper() + noun[1:]
    return None


def parties_of(text: str, register: Register, place: Place) -> tuple[Parties, Parties, Said | None, str]:
    """(lead, cooperating, duty, rest) that a cell or a label's value gives."""
    who = assigned(text, register)
    lead = Parties(who.lead, place, list(who.doubts))
    if not who.lead and text.strip():
        lead.sides = [Side(Found(shortened(_one_line(text), 120), None))]
        lead.doubts.append("không nhận ra tên đơn vị")
    duty = Said(who.duty, place) if who.duty else None
    return lead, Parties(who.cooperating, place), duty, who.rest


def list_of(text: str, register: Register, place: Place) -> Parties:
    """The units of a Phối hợp cell."""
    text = text.strip()
    if not text or fold(text) in {"khong", "-", "x", "/"}:
        return Parties()
    who = assigned(text, register)
    sides = [*who.lead, *who.cooperating]
    parties = Parties([Side(side.found) for side in sides], place)
    if not sides:
        parties.sides = [Side(Found(shortened(_one_line(text), 120), None))]
        parties.doubts.append("không nhận ra tên đơn vị")
    elif who.rest.strip(" .;,)"):
        parties.doubts.append(f"còn chữ chưa đọc: “{shortened(who.rest, 60)}”")
    return parties


def time_of(text: str, place: Place, context: Context) -> Said | None:
    """A time cell or label as a phrase; the way to join its lines that the grammar can read."""
    text = text.strip()
    if not text:
        return None
    flat_text = re.sub(r"\s+", " ", text)
    best: PhraseError | None = None
    for joint in (" ", "; "):
        phrase = re.sub(r"\s*\n\s*[-+•]?\s*", joint, text)
        phrase = re.sub(r"\s+", " ", phrase).strip()
        reading = reading_of(phrase, context)
        if isinstance(reading, Reading):
            return Said(phrase, place, [*reading.warnings])
        best = best or reading
        if "\n" not in text:
            break
    return Said(flat_text, place, [f"chưa đọc được: {best.reason}" if best else "chưa đọc được"])


# ------------------------------------------------------------------ tables


def table_jobs(entries: list[Entry], register: Register, context: Context) -> list[Job]:
    """The tree of tasks that the rows of the tables give."""
    roots: list[Job] = []
    unnumbered: Counter[int] = Counter()
    stack: list[tuple[float, Job, str]] = []
    table = 0
    for entry in entries:
        if entry.table != table:
            stack, table = [], entry.table
        rank = entry.mark.rank if entry.mark else (1.5 if entry.section else 99.0)
        if entry.mark and entry.mark.kind == "letter" and entry.section and not stack:
            rank = 0.5
        while stack and stack[-1][0] >= rank:
            stack.pop()
        if not entry.section and entry.mark is None and stack:
            while stack and not stack[-1][1].section:
                stack.pop()
        above = stack[-1][1] if stack else None
        job = _job(entry, register, context)
        job.code = _table_code(entry, above, stack[-1][2] if stack else "", unnumbered)
        (above.below if above else roots).append(job)
        stack.append((rank, job, entry.mark.number if entry.mark else ""))
    for job in _every(roots):
        if job.below and not job.section:
            job.section = True  # a numbered row with rows below it: a heading that hands down
    return roots


def _every(jobs: list[Job]) -> list[Job]:
    found = []
    for job in jobs:
        found += [job, *_every(job.below)]
    return found


def _table_code(entry: Entry, above: Job | None, printed: str, unnumbered: Counter[int]) -> str | None:
    """The code of a row under a heading whose own number is `printed`: 1.2 under I, 1 is I.1.2."""
    if entry.mark is None:
        if entry.section:
            return None
        if above is None or not above.code:
            return None
        unnumbered[id(above)] += 1
        return f"{above.code}-{unnumbered[id(above)]}"
    number = entry.mark.number
    if (
        entry.mark.kind == "dotted"
        and above is not None
        and above.code
        and printed
        and number.startswith(f"{printed}.")
    ):
        return f"{above.code}{number[len(printed) :]}"
    if entry.mark.kind == "dotted" or above is None or not above.code:
        return number
    if entry.mark.kind == "paren":
        return f"{above.code}({number})"
    return f"{above.code}.{number}"


def _job(entry: Entry, register: Register, context: Context) -> Job:
    cells, place = entry.cells, entry.place
    full = re.sub(r"\s*\n\s*", " ", cells.get("title", ""))
    job = Job(Said(shortened(full), place), place, full=full, section=entry.section, doubts=list(entry.doubts))
    if entry.section:
        return job
    both = "\n".join(text for text in (cells.get("lead"), cells.get("does")) if text)
    if both:
        job.lead, job.cooperating, job.duty, rest = parties_of(both, register, place)
        if job.duty and cells.get("lead"):
            job.duty = None
        timed = last_time(rest, context) if rest and not cells.get("when") else None
        if timed:
            job.when = Said(timed.phrase, place, ["thời gian nằm trong ô đơn vị"])
        elif rest.strip(" .;,)") and not re.match(r"\s*(?:triển khai|thực hiện|tổ chức)", rest):
            job.lead.doubts.append(f"còn chữ chưa đọc: “{shortened(rest, 60)}”")
    if cells.get("cooperating"):
        more = list_of(cells["cooperating"], register, place)
        job.cooperating.sides += more.sides
        job.cooperating.doubts += more.doubts
        job.cooperating.place = place
    job.when = job.when or time_of(cells.get("when", ""), place, context)
    if text := _joined(cells.get("deliverable", "")):
        job.deliverable = Said(text, place)
    if text := _joined(cells.get("note", "")):
        job.notes.append(text)
    job.notes += [f"{re.sub(chr(10), ' ', name)}: {_joined(text)}" for name, text in entry.other.items()]
    for kind, doubts in entry.field_doubts.items():
        for target in {
            "when": job.when,
            "deliverable": job.deliverable,
            "lead": job.lead,
            "does": job.lead,
            "cooperating": job.cooperating,
        }.items():
            if target[0] == kind and target[1] is not None:
                target[1].doubts += doubts
    return job


def _joined(text: str) -> str:
    """A cell's lines as one: a new item after “;”, the rest of a sentence after a space."""
    out = ""
    for line in (part.strip() for part in text.split("\n")):
        if not line:
            continue
        plain = re.sub(r"^[-+•–]\s*", "", line)
        joint = "" if not out else " " if plain[:1].islower() or out.endswith((";", ",", ".")) else "; "
        out = f"{out}{joint}{plain}"
    return out


# ------------------------------------------------------------------ prose


@dataclass
class _Group:
    """What a governing line or labels say of the items above them."""

    place: Place
    lead: Parties = field(default_factory=Parties)
    cooperating: Parties = field(default_factory=Parties)
    when: Said | None = None
    deliverable: Said | None = None
    duty: Said | None = None
    title: str | None = None
    content: str | None = None  # what a label “Nội dung:” adds to the title


class ProseShapes:
    """Walks the body; `used` are the ids of the nodes that became part of something."""

    def __init__(self, register: Register, context: Context) -> None:
        self.register, self.context = register, context
        self.used: set[int] = set()

    # ------------------------------------------------------------ governed items

    def governed(self, root: Node) -> list[Job]:
        """Tasks by labels, by assignment lines, by an assignment at the end of an item."""
        jobs, _ = self._visit(root)
        return jobs

    def _visit(  # noqa: PLR0912  (one case a kind of paragraph)
        self, node: Node
    ) -> tuple[list[Job], _Group | None]:
        """(tasks below a heading, what labels directly under it say of the heading itself)."""
        jobs: list[Job] = []
        pending: list[Node] = []
        own: _Group | None = None
        closed = True
        index = 0
        children = node.children
        while index < len(children):
            child = children[index]
            if is_label_line(child):
                run = [child]
                while index + 1 < len(children) and is_label_line(children[index + 1]):
                    index += 1
                    run.append(children[index])
                group = self._label_group(run)
                if pending:
                    jobs += self._emit(pending, group, node)
                elif not jobs and own is None:
                    own = group
                else:
                    self.used.difference_update(id(one) for one in run)
                pending, closed = [], True
            elif line := assignment_line(child, self.register, self.context):
                if pending:
                    self.used.add(id(child))
                    when = (
                        Said(line.timed.phrase, child.place, list(line.timed.reading.warnings)) if line.timed else None
                    )
                    duty = Said(line.who.duty, child.place) if line.who.duty else None
                    group = _Group(
                        child.place,
                        Parties(line.who.lead, child.place, list(line.who.doubts)),
                        Parties(line.who.cooperating, child.place),
                        when,
                        None,
                        duty,
                    )
                    jobs += self._emit(pending, group, node)
                    pending = []
                closed = True
            elif self._is_lead_in(child, children[index + 1 :]):
                self.used.add(id(child))
            else:
                if closed and pending:
                    pending = []
                closed = False
                done = self._child(child, node)
                if done is None:
                    pending.append(child)
                else:
                    jobs += done
            index += 1
        return jobs, own

    def _child(self, child: Node, above: Node) -> list[Job] | None:
        """The tasks of a child that is a heading or governs itself; None for an item still without an assignment."""
        if child.section in {"purpose", "targets", "funding"}:
            return []
        deeper = [one for one in child.children if RANK.get(one.mark.kind, 9) < 6.5 or not one.mark.kind]
        if deeper and child.mark.kind not in {"dash", "plus", "star"}:
            below, own = self._visit(child)
            before, inline = labels(child.text)
            if own is not None and not below:
                self._use_all(child)
                own.when = own.when or self._lead_in_time(child)
                own.content, own.title = own.title, None
                return [self._task(child, own, above)]
            if own is not None:
                self._hand_down(below, own)
            if not below:
                return None if inline or trailing_assignment(child.text, self.register) else []
            self.used.add(id(child))
            if len(below) == 1 and below[0].code == child.number and not below[0].below:
                below[0].full = f"{child.text}: {below[0].full}"
                below[0].when = below[0].when or self._lead_in_time(child)
                return below
            heading = Job(
                Said(shortened(child.text), child.place),
                child.place,
                child.number or None,
                full=child.text,
                below=below,
                section=True,
            )
            heading.when = self._lead_in_time(child)
            return [heading]
        if child.children and all(
            is_label_line(one) or assignment_line(one, self.register, self.context) for one in child.children
        ):
            _, own = self._visit(child)
            if own is not None:
                self._use_all(child)
                own.content, own.title = own.title, None
                return [self._task(child, own, above)]
            line = next(
                (found for one in child.children if (found := assignment_line(one, self.register, self.context))), None
            )
            if line:
                self._use_all(child)
                when = (
                    Said(line.timed.phrase, child.children[0].place, list(line.timed.reading.warnings))
                    if line.timed
                    else None
                )
                place = child.children[0].place
                group = _Group(place, Parties(line.who.lead, place), Parties(line.who.cooperating, place), when)
                return [self._task(child, group, above)]
        before, values = labels(child.text)
        if values and (before or "title" in values):
            self._use_all(child)
            group = self._values_group(values, child.place)
            group.title = before or group.title
            return [self._task(child, group, above)]
        trailing = trailing_assignment(child.text, self.register)
        if trailing:
            self._use_all(child)
            lead, cooperating, duty, rest = parties_of(trailing[1], self.register, child.place)
            timed = last_time(rest, self.context)
            when = Said(timed.phrase, child.place, list(timed.reading.warnings)) if timed else None
            return [self._task(child, _Group(child.place, lead, cooperating, when, None, duty, trailing[0]), above)]
        named = own_units(child, self.register) if child.mark.kind and not child.children else None
        if named and re.match(
            r"(?:làm\s+)?chủ trì(?!,? (?:theo dõi|đôn đốc|tổng hợp|giám sát))", named[1], re.IGNORECASE
        ):
            self._use_all(child)
            lead, cooperating, duty, rest = parties_of(child.text, self.register, child.place)
            timed = last_time(rest, self.context)
            doubts = [*timed.reading.warnings, "thời gian trong câu"] if timed else []
            when = Said(timed.phrase, child.place, doubts) if timed else None
            return [self._task(child, _Group(child.place, lead, cooperating, when, None, duty), above)]
        return None

    def _use_all(self, node: Node) -> None:
        self.used.add(id(node))
        self.used.update(id(one) for one in flat(node))

    def _is_lead_in(self, child: Node, following: list[Node]) -> bool:
        return not child.mark.kind and not child.children and child.text.rstrip().endswith(":") and bool(following)

    def _lead_in_time(self, heading: Node) -> Said | None:
        """A time in the sentence that leads in the items of a heading: they inherit it."""
        for child in heading.children:
            if not child.mark.kind and child.text.rstrip().endswith(":"):
                timed = [
                    one
                    for one in find_times(child.text, self.context)
                    if one.kind in {"window", "fixed_due", "until", "recurring"}
                ]
                if timed:
                    return Said(timed[-1].phrase, child.place, [*timed[-1].reading.warnings, "thời gian ở lời dẫn mục"])
        return None

    def _hand_down(self, jobs: list[Job], group: _Group) -> None:
        for job in jobs:
            job.lead = job.lead if job.lead.sides else group.lead
            job.when = job.when or group.when

    def _label_group(self, run: list[Node]) -> _Group:
        values: dict[str, str] = {}
        places: dict[str, Place] = {}
        for one in run:
            self._use_all(one)
            _, found = labels(one.text)
            text_below = "\n".join(child.text for child in one.children)
            if text_below and found:
                last = list(found)[-1]
                found[last] = f"{found[last]}\n{text_below}"
            for kind, value in found.items():
                values[kind] = f"{values[kind]}; {value}" if kind in values else value
                places.setdefault(kind, one.place)
        group = self._values_group(values, run[0].place)
        for kind, target in (("when", group.when), ("deliverable", group.deliverable)):
            if target is not None:
                target.place = places.get(kind, target.place)
        return group

    def _values_group(self, values: dict[str, str], place: Place) -> _Group:
        group = _Group(place, title=values.get("title"))
        who = "; ".join(values[kind] for kind in ("lead", "does") if kind in values)
        if who:
            group.lead, group.cooperating, group.duty, rest = parties_of(who, self.register, place)
            timed = last_time(rest, self.context) if "when" not in values else None
            if timed:
                group.when = Said(timed.phrase, place, list(timed.reading.warnings))
        if "cooperating" in values:
            group.cooperating.sides += list_of(values["cooperating"].rstrip(" ."), self.register, place).sides
            group.cooperating.place = place
        if "when" in values:
            group.when = time_of(values["when"], place, self.context)
        if "deliverable" in values:
            group.deliverable = Said(_joined(values["deliverable"]).rstrip("."), place)
        return group

    def _emit(self, pending: list[Node], group: _Group, above: Node) -> list[Job]:
        """One task, or an assignment line with the items it governs."""
        for one in pending:
            self._use_all(one)
        if len(pending) == 1:
            return [self._task(pending[0], group, above)]
        names = ", ".join(side.found.text for side in group.lead.sides)[:80]
        line = Job(
            Said(f"dòng phân công {names}".strip(), group.place),
            group.place,
            below=[self._task(one, _Group(one.place), above) for one in pending],
        )
        line.lead, line.cooperating, line.when, line.duty = group.lead, group.cooperating, group.when, group.duty
        line.section = True
        return [line]

    def _task(self, node: Node, group: _Group, above: Node) -> Job:
        text = group.title or node.text
        details = [
            child.text
            for child in flat(node)
            if not is_label_line(child) and not assignment_line(child, self.register, self.context)
        ]
        full = "; ".join([f"{text}: {group.content}" if group.content else text, *details])
        job = Job(Said(shortened(text), node.place), node.place, self._number(node, above), full=full)
        job.lead, job.cooperating, job.when, job.duty, job.deliverable = (
            group.lead,
            group.cooperating,
            group.when,
            group.duty,
            group.deliverable,
        )
        if not job.lead.sides and (group.when or group.deliverable):
            subject = own_units(node, self.register)
            if subject:
                job.lead = Parties([Side(found) for found in subject[0]], node.place)
        if job.deliverable is None:
            self._deliverable(job)
        parts = [one.phrase for one in find_times(full, self.context) if one.kind == "event"]
        if parts:
            job.doubts.append(f"trong câu có “{parts[0]}”: có thể là phần việc riêng")
        return job

    def _deliverable(self, job: Job) -> None:
        found = deliverable_in(job.full, self.context)
        plain = found and not found.lower().startswith(
            ("chính sách", "quyết định", "nghị quyết", "quy chế", "quy định")
        )
        submits = job.when and job.when.value and re.search(r"\btrình\b", job.when.value)
        if found and (plain or submits):
            job.deliverable = Said(found, job.place, [INFERRED])

    def _number(self, node: Node, above: Node) -> str | None:
        if node.number:
            return node.number
        items = [
            one
            for one in above.children
            if not one.number
            and not is_label_line(one)
            and not assignment_line(one, self.register, self.context)
            and not (not one.mark.kind and one.text.rstrip().endswith(":"))
        ]
        base = above.number or next((one.number for one in above.path if one.number), "")
        if not base:
            return f"{items.index(node) + 1}" if node in items and not above.parent else None
        if len(items) <= 1:
            alone = not node.mark.kind and not any(one.number for one in above.children)
            return base if alone else f"{base}-1"
        return f"{base}-{items.index(node) + 1}" if node in items else base

    # ------------------------------------------------------------ units as headings

    def by_units(self, root: Node) -> list[Job]:
        """Tasks of headings that are units, with the duties below; of items whose sentence begins with units."""
        nodes = flat(root)
        organising = any(node.section == "organising" and node.children for node in nodes)
        jobs: list[Job] = []
        done: set[int] = set()
        for node in nodes:
            if (
                id(node) in done
                or id(node) in self.used
                or node.section in {"purpose", "targets", "funding"}
                or (organising and node.section != "organising")
            ):
                continue
            if node.mark.kind in {"roman", "part"} and not heading_units(node, self.register):
                continue
            headed = heading_units(node, self.register) if node.children else None
            if headed:
                jobs.append(self._unit_heading(node, *headed))
                done.update(id(one) for one in flat(node))
                self._use_all(node)
                continue
            named = own_units(node, self.register) if node.mark.kind and not node.children else None
            if named and not re.match(r"(?:theo dõi|đôn đốc|tổng hợp|giám sát)", named[1]):
                job = self._duty(
                    node, node.number or None, named[0], asked=named[2], start=len(node.text) - len(named[1])
                )
                self._use_all(node)
                jobs.append(job)
        return jobs

    def _unit_heading(self, node: Node, units: list[Found], asked: bool) -> Job:
        items = node.children
        lead = Parties([Side(found, "Đề nghị" if asked else None) for found in units], node.place)
        if len(items) == 1 and not items[0].mark.kind:
            job = self._duty(items[0], node.number or None, units, asked=asked, start=0)
            job.lead.place = node.place
            return job
        heading = Job(
            Said(shortened(node.text), node.place), node.place, node.number or None, full=node.text, section=True
        )
        heading.lead = lead
        if asked:
            heading.duty = Said("request", node.place)
        count = 0
        for item in items:
            count += not item.number
            code = item.number or f"{node.number}-{count}"
            job = self._duty(item, code, units, asked=asked, start=0)
            if not job.lead.sides[len(units) :] and not job.duty:
                job.lead = Parties()
            heading.below.append(job)
        return heading

    def _duty(self, node: Node, code: str | None, units: list[Found], *, asked: bool, start: int) -> Job:
        full = "; ".join([node.text, *(child.text for child in flat(node))])
        text = full[start:].strip()
        job = Job(Said(shortened(text), node.place), node.place, code, full=full)
        role = "Đề nghị" if asked else None
        job.lead = Parties([Side(found, role) for found in units], node.place)
        if asked:
            job.duty = Said("request", node.place)
        elif re.match(r"phối hợp", text, re.IGNORECASE):
            job.duty = Said("cooperate", node.place, [] if len(text) < 400 else ["câu dài, chỉ mở đầu bằng “phối hợp”"])
        directs = re.match(r"(?:chủ động\s+)?(?:chỉ đạo|giao)\s+", text, re.IGNORECASE)
        if directs:
            others, rest = unit_list(text[directs.end() :], self.register)
            if others and re.match(r"chủ trì", rest):
                job.lead.sides = [Side(one.found, "Chỉ đạo") for one in job.lead.sides] + [
                    Side(one, "chủ trì") for one in others
                ]
        joins = _WITH.search(text)
        if joins:
            found, _ = unit_list(text[joins.end() :], self.register)
            job.cooperating = Parties([Side(one) for one in found], node.place)
            if not found:
                job.doubts.append("sau “phối hợp” không nhận ra đơn vị nào")
        self._deliverable(job)
        job.when = self._duty_time(text, node.place)
        return job

    def _duty_time(self, text: str, place: Place) -> Said | None:
        """A time inside a duty that does not belong to a report or to a document's name."""
        for clause in re.split(r";\s+|\.\s+", text):
            if re.search(r"\b(?:báo cáo|gửi)\b", clause, re.IGNORECASE):
                continue
            for one in find_times(clause, self.context):
                named = re.search(
                    r"(?:Chương trình|Đề án|Kế hoạch (?!và|tài|-|–)|Chiến lược|Quy hoạch|Nghị quyết|"
                    r"Luật)\s+[^,;]{0,80}$",
                    clause[: one.start],
                )
                if (
                    one.kind in {"external_reference", "on_demand", "event", "continuous"}
                    or named
                    or not _DUTY_TIME.match(one.phrase)
                ):
                    continue
                return Said(
                    one.phrase, place, [*one.reading.warnings, "cụm chữ trong câu, chưa chắc là thời gian của việc"]
                )
        return None


def prose_leftovers(root: Node, used: set[int]) -> list[Leftover]:
    """Paragraphs of the task sections that became nothing."""
    found = []
    for node in flat(root):
        heading = bool(node.children) and len(node.text) < 300
        closing = CLOSING.match(node.text)
        if (
            id(node) in used
            or heading
            or closing
            or node.section in {"purpose", "targets", "funding"}
            or len(node.text) < 25
        ):
            continue
        found.append(Leftover(node.place, node.text, "đoạn không nêu đơn vị, thời gian hay sản phẩm"))
    return found
