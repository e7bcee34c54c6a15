"""Report duties and the unit that watches over the plan, found in the sentences that give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from calendars.phrases import Context

from .blocks import Place
from .model import Parties, Report, Said
from .parties import Side, unit_list
from .prose import Node, flat, heading_units
from .register import Found, Register
from .times import Timed, find_times

_REPORTS = re.compile(r"\bbáo cáo\b", re.IGNORECASE)
_SENDS = re.compile(r"\b(?:gửi|báo cáo)\b", re.IGNORECASE)
_TO = re.compile(r"\b(?:về|gửi(?:\s+về)?|cho|lên|với|trình)\s+", re.IGNORECASE)
_DIRECT = re.compile(r"\bbáo cáo\s+", re.IGNORECASE)
_VIA = re.compile(r"\(?\s*(?:qua|thông qua)\s+", re.IGNORECASE)
_FOR = re.compile(r"\s+(?:để|nhằm)\s+", re.IGNORECASE)
_SPLIT = re.compile(r"(?<=[.;])\s+")
_NO_DUTY = re.compile(r"(?:xây dựng|viết|soạn|tổ chức) báo cáo|báo cáo viên|chế độ báo cáo(?! :)", re.IGNORECASE)
_DONE = re.compile(r"kết quả|tình hình|tiến độ|đánh giá|sơ kết|tổng kết|đột xuất|định kỳ|quý|năm|tháng", re.IGNORECASE)
_PLAN = r"(?:kế hoạch|chương trình)(?: này)?"


def reports_in(root: Node, register: Register, context: Context, issuer: str | None) -> list[Report]:
    """The report duties of the body."""
    found: list[Report] = []
    used: set[str] = set()
    for node in flat(root):
        if node.section in {"purpose", "targets"} or not _REPORTS.search(node.text):
            continue
        for sentence in _sentences(node):
            for report in _report(node, sentence, register, context, issuer):
                name, number = report.id, 2
                while report.id in used:
                    report.id, number = f"{name}-{number}", number + 1
                used.add(report.id)
                found.append(report)
    return found


def _sentences(node: Node) -> list[str]:
    return [one for one in _SPLIT.split(node.text) if _REPORTS.search(one)]


def _report(node: Node, sentence: str, register: Register, context: Context, issuer: str | None) -> Iterator[Report]:
    if _NO_DUTY.search(sentence) and not _SENDS.search(_NO_DUTY.sub("", sentence)):
        return
    at = [match.start() for match in _REPORTS.finditer(sentence)]
    timed = [one for one in find_times(sentence, context) if _belongs(one, at, sentence)]
    if not timed or not _DONE.search(sentence):
        return
    dated = [one for one in timed if one.kind not in {"external_reference", "continuous", "event"}]
    if node.section != "organising" and not any(one.kind == "recurring" or "đột xuất" in one.phrase for one in dated):
        return
    if any(
        re.search(r"\d", one.phrase) for one in dated
    ):  # “định kỳ hằng năm … (trước ngày 30/11 hằng năm)” is one report
        dated = [
            one for one in dated if re.search(r"\d", one.phrase) or "đột xuất" in one.phrase or "kết" in one.phrase
        ]
    if not dated:
        dated = [one for one in timed if one.kind == "external_reference"][:1]
    by = _reporter(node, sentence, register)
    to, via, doubts = _recipients(sentence, register)
    for one in _one_each(dated):
        when = Said(one.phrase, node.place)
        when.doubts += list(one.reading.warnings)
        parties = Parties(to, node.place, list(doubts))
        if not to:
            parties.doubts.append(
                "câu không ghi gửi cho ai; tạm lấy cơ quan ban hành" if issuer else "câu không ghi gửi cho ai"
            )
            if issuer:
                parties.sides = [Side(Found("cơ quan ban hành", issuer))]
        yield Report(_name(one), node.place, node.number or _above(node), by, parties, when, via)


def _belongs(one: Timed, at: list[int], sentence: str) -> bool:
    """Whether a time stands with the verb “báo cáo” of its sentence and not with something else in it."""
    if one.kind != "external_reference" and re.search(
        r"(?:ngân sách|dự toán|kế hoạch|nhiệm vụ|giai đoạn)\s*$", sentence[: one.start], re.IGNORECASE
    ):
        return False
    if any(one.start <= place < one.end for place in at):
        return True
    return any(abs(place - one.end) < 160 or 0 <= one.start - place < 260 for place in at) and one.kind != "continuous"


def _one_each(timed: list[Timed]) -> list[Timed]:
    """“định kỳ (…) hoặc báo cáo đột xuất” is two reports; several times of one sentence are one each."""
    out: list[Timed] = []
    for one in timed:
        parts = re.split(r"\s+(?:hoặc|và)\s+(?=(?:báo cáo\s+)?đột xuất)", one.phrase)
        if len(parts) == 2 and one.reading.parts:
            out += [
                Timed(parts[0], one.start, one.end, one.reading.parts[0]),
                Timed(parts[1], one.start, one.end, one.reading.parts[-1]),
            ]
        else:
            out.append(one)
    return out


def _name(one: Timed) -> str:
    text = one.phrase.lower()
    for words, name in (
        ("đột xuất", "dot-xuat"), ("khi có yêu cầu", "dot-xuat"), ("sơ kết", "so-ket"), ("tổng kết", "tong-ket"),
        ("quý", "quy"),
        ("6 tháng", "6-thang"), ("06 tháng", "6-thang"), ("tháng 11", "thang-11"), ("hằng tháng", "thang"),
        ("hàng tháng", "thang"),
        ("năm", "nam"), ("tuần", "tuan"), ("định kỳ", "dinh-ky"),
    ):  # fmt: skip
        if words in text:
            return name
    return "bao-cao"


def _above(node: Node) -> str | None:
    for one in node.path:
        if one.number:
            siblings = [child for child in one.children if not child.number]
            return f"{one.number}-{siblings.index(node) + 1}" if node in siblings and len(siblings) > 1 else one.number
    return None


def _reporter(node: Node, sentence: str, register: Register) -> Parties:
    """The subject of the sentence, of its paragraph, or the unit that heads it."""
    unknown: list[Found] = []
    for text in (sentence, node.text):
        found, rest = unit_list(_subject(text), register)
        if found and rest:
            if any(one.id for one in found):
                return Parties([Side(one) for one in found], node.place)
            unknown = unknown or found
    if unknown and not node.path:
        return Parties([Side(one) for one in unknown], node.place)
    for above in node.path:
        units = heading_units(above, register)
        if units:
            return Parties([Side(one) for one in units[0]], above.place)
        found, rest = unit_list(_subject(above.text), register)
        if found and rest:
            return Parties([Side(one) for one in found], above.place)
    if unknown:
        return Parties([Side(one) for one in unknown], node.place)
    return Parties([], node.place, ["không thấy ai phải báo cáo"])


def _subject(text: str) -> str:
    return re.sub(r"^\s*(?:đề nghị|giao|yêu cầu|trách nhiệm của|\(|định kỳ,?)\s+", "", text, flags=re.IGNORECASE)


def _recipients(sentence: str, register: Register) -> tuple[list[Side], Side | None, list[str]]:
    """(to, via, doubts) of a sentence."""
    via = None
    match = _VIA.search(sentence)
    if match:
        found, _ = unit_list(sentence[match.end() :], register)
        if found:
            via = Side(found[0])
        sentence = sentence[: match.start()] + " " + re.sub(r"^[^)]*\)?", "", sentence[match.end() :], count=1)
    first = _REPORTS.search(sentence)
    start = first.start() if first else 0
    sends = re.search(r"\bgửi\b", sentence, re.IGNORECASE)
    if sends and sends.start() < start:
        start = sends.start()
    clause = sentence[start:]
    for_what = _FOR.search(clause)
    clause = clause[: for_what.start()] if for_what and for_what.start() > 12 else clause
    for match in _TO.finditer(clause):
        found, _ = unit_list(clause[match.end() :], register)
        if (found and found[0].id is not None) or (found and match.group().lower().startswith(("về", "gửi"))):
            return [Side(one) for one in found], via, []
    for match in _DIRECT.finditer(sentence):
        found, _ = unit_list(sentence[match.end() :], register)
        if found:
            return [Side(one) for one in found], via, []
    before = sentence[:start]
    advised = re.search(r"tham mưu(?:\s+(?:cho|giúp))?\s+(.{4,60})$", before.strip(), re.IGNORECASE)
    if advised:
        found, _ = unit_list(advised[1], register)
        if found:
            return [Side(found[0])], via, ["câu ghi tham mưu cho nơi này báo cáo, không ghi gửi cho ai"]
    return [], via, []


# ------------------------------------------------------------------ the tracker


@dataclass
class Watcher:
    """A unit that a sentence makes watch over the plan; a larger weight is a plainer sentence."""

    found: Found
    place: Place
    weight: int
    sentence: str


_WATCH = (
    (6, re.compile(rf"(?:là )?(?:cơ quan|đơn vị|bộ phận) (?:thường trực|đầu mối)[^.;]*(?:{_PLAN}|theo dõi|đôn đốc|"
    rf"tham mưu)", re.IGNORECASE)),
    (5, re.compile(rf"(?:theo dõi|đôn đốc)[^.;]{{0,60}}(?:theo dõi|đôn đốc)[^.;]{{0,200}}{_PLAN}", re.IGNORECASE)),
    (4, re.compile(rf"(?:theo dõi|đôn đốc|kiểm tra)[^.;]{{0,160}}{_PLAN}", re.IGNORECASE)),
    (4, re.compile(r"theo dõi tiến độ(?: thực hiện)?", re.IGNORECASE)),
    (3, re.compile(rf"(?:đầu mối|chủ trì)[^.;]{{0,60}}(?:tổng hợp|theo dõi)[^.;]{{0,160}}{_PLAN}", re.IGNORECASE)),
    (2, re.compile(r"\btheo dõi\b", re.IGNORECASE)),
)  # fmt: skip


def watchers(root: Node, register: Register) -> list[Watcher]:
    """Who tracks the plan, the plainest first."""
    found: list[Watcher] = []
    for node in flat(root):
        if node.section not in {"organising", "tasks"}:
            continue
        for sentence in _SPLIT.split(node.text):
            weight = next((weight for weight, form in _WATCH if form.search(sentence)), 0)
            if not weight:
                continue
            given = bool(re.match(r"\s*giao\b", sentence, re.IGNORECASE))
            who = unit_list(_subject(sentence), register)
            units = who[0] if who[1] else []
            if not units and sentence is not node.text:
                first = unit_list(_subject(node.text), register)
                units = first[0] if first[1] else []
            if not units:
                head = next(
                    (heading_units(above, register) for above in node.path if heading_units(above, register)), None
                )
                units = head[0] if head else []
            if len(units) != 1 or (units[0].id in register.units.groups):
                continue
            if weight == 2 and node.section != "organising":
                continue
            found.append(Watcher(units[0], node.place, weight + given, sentence))
    return sorted(found, key=lambda one: -one.weight)
