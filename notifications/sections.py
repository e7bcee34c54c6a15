"""A letter's sections: its notices by plan and wording, each with the words its template may use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models.lifecycle import Kind
from models.outbox import Letter, Notice
from models.plan import Plan
from models.units import Unit

from .facts import Facts, role_of, unit_of
from .rows import Reader, Words, plain_name, receipt_number
from .tongues import day_text

SECRET = "mat"  # the wording of what is confidential: no title, no content
SECRET_RECEIPT = "mat-bien-nhan"  # the receipt of such a report
SYSTEM = "Hệ thống theo dõi nhiệm vụ"  # speaks when a sender's letter goes to the sender itself
LATE_DAYS = 3  # working days a late unit is given
ASK_BEFORE = 3  # working days before the due day by which an extension is to be asked for
AUTHORITIES = ("so", "ubnd")  # kinds of bodies that may say "yêu cầu" to those below them

# The most serious first: the subject of a letter is that of its first section. An office's own wordings come last.
SERIOUSNESS = (
    "bao-cao-lanh-dao", "don-doc-lan-2", "qua-han-tong-hop", "qua-han", "de-nghi-som-gui", "tra-lai",
    "danh-sach-chua-bao-cao", "chua-co-phan-hoi", "con-thieu", "nhac-den-han", "de-nghi-bao-cao", "mo-tong-hop",
    "de-nghi-soan-cong-van", "chot-ky", "giao-nhiem-vu", "giao-viec", "cho-su-kien", "bien-nhan",
    SECRET_RECEIPT, SECRET,
)  # fmt: skip
ASKED_FOR = frozenset({"lien-ket", "trinh-duyet"})  # a person's own request: its letter names no work, only a link
LISTS = frozenset(
    {"danh-sach-chua-bao-cao", "bao-cao-lanh-dao", "chot-ky", "de-nghi-soan-cong-van", "chua-co-phan-hoi"}
)
CONSOLIDATION = frozenset({"mo-tong-hop", "con-thieu", "qua-han-tong-hop"})


@dataclass(frozen=True)
class Section:
    """One plan and one wording of a letter; `words` feed its template."""

    plan_id: str
    wording: str
    words: Words


def sections_of(
    reader: Reader,
    letter: Letter,
    *,
    link: str | None,
    page_of: Callable[[str], str | None],
    link_days: int | None = None,
) -> list[Section]:
    """The sections of a letter, the most serious first, then in the order of plans.

    `link` is where the recipient answers, `page_of(plan id)` where a plan can be looked at; None where there is none.
    A link that the post signs for this letter stays open for `link_days`.
    """
    facts = reader.facts
    shared = letter_words(reader, letter, link=link)
    ends = reader.today + timedelta(days=link_days) if link and link_days else None
    shared["het_han_lien_ket"] = reader.day(ends)
    found: dict[tuple[str, str], list[Notice]] = {}
    for notice in facts.notices_of_letter.get(letter.id or 0, []):
        hidden = SECRET_RECEIPT if notice.wording == "bien-nhan" else SECRET
        secret = is_secret(facts, notice) and notice.wording not in ASKED_FOR
        key = ("", hidden) if secret else (notice.plan_id, notice.wording)
        found.setdefault(key, []).append(notice)
    made = [
        Section(
            plan_id, wording, shared | section_words(reader, letter, wording, notices) | {"trang": page_of(plan_id)}
        )
        for (plan_id, wording), notices in found.items()
    ]
    return sorted(made, key=lambda section: (seriousness(section.wording), section.plan_id, section.wording))


def seriousness(wording: str) -> int:
    """A small number for a serious wording."""
    return SERIOUSNESS.index(wording) if wording in SERIOUSNESS else len(SERIOUSNESS)


def is_secret(facts: Facts, notice: Notice) -> bool:
    """Whether the plan or the process is confidential."""
    assignment = facts.assignments.get(notice.assignment_id or 0)
    key = facts.occurrences[assignment.occurrence_id].process_key if assignment else notice.process_key
    process = facts.processes.get(key)
    return facts.plans[notice.plan_id].confidential or bool(process and process.confidential)


# ------------------------------------------------------------------ the letter


def letter_words(reader: Reader, letter: Letter, *, link: str | None) -> Words:
    """What every section of one letter shares: who writes to whom, in which register, on which day."""
    facts, tongue = reader.facts, reader.tongue
    unit, sender = facts.units[unit_of(letter.recipient)], facts.units[letter.sender_id]
    agency = facts.agency(sender)
    relation = relation_of(facts, unit, sender)
    return {
        "kinh_gui": greeting(reader, letter, unit),
        "nguoi_nhan": unit.name,
        "don_vi": unit.name,
        "don_vi_ngan": unit.short,
        "noi_gui": SYSTEM if unit.id == sender.id else sender.name,
        "don_vi_gui": sender.name,
        "co_quan": agency.name,
        "ky_ten": signature(unit, sender, agency),
        "quan_he": relation,
        "de_nghi": {"cap_tren": "kính đề nghị", "ngang_cap": "trân trọng đề nghị"}.get(relation, "đề nghị"),
        "yeu_cau": demand(relation, sender),
        "quy_danh": {"cap_tren": unit.name, "ngang_cap": "Quý cơ quan"}.get(relation, "đơn vị"),
        "la_thu_truong": role_of(letter.recipient) == "thu_truong",
        "lien_ket": link,
        "ngay": day_text(reader.today),
        "thu_ngay": tongue.weekday(reader.today),
    }


def relation_of(facts: Facts, unit: Unit, sender: Unit) -> str:
    """`cap_tren`, `ngang_cap` or `truc_thuoc`, seen from the sender's agency."""
    agency = facts.agency(sender)
    if unit.kind == "lanh-dao" or facts.is_above(unit, agency):
        return "cap_tren"
    if unit.id == agency.id or facts.is_above(agency, unit):
        return "truc_thuoc"
    return "ngang_cap"


def demand(relation: str, sender: Unit) -> str:
    """A department writes đề nghị; only an authority itself writes yêu cầu, and only to those below it."""
    if relation == "truc_thuoc" and sender.kind.startswith(AUTHORITIES):
        return "yêu cầu"
    return {"cap_tren": "kính đề nghị", "ngang_cap": "trân trọng đề nghị"}.get(relation, "đề nghị")


def greeting(reader: Reader, letter: Letter, unit: Unit) -> str:
    """A unit by its name, its head as Thủ trưởng, leadership as Lãnh đạo."""
    if unit.kind == "lanh-dao":
        return reader.tongue.leaders_of(plain_name(unit))
    wordings = {notice.wording for notice in reader.facts.notices_of_letter.get(letter.id or 0, [])}
    if wordings == {"bao-cao-lanh-dao"}:
        return reader.tongue.leaders_of(unit.name)
    return reader.tongue.head_of(unit.name) if role_of(letter.recipient) == "thu_truong" else unit.name


def signature(unit: Unit, sender: Unit, agency: Unit) -> list[str]:
    """The lines below a letter; to itself a sender signs as the system that keeps its list."""
    if unit.id == sender.id:
        return [SYSTEM, agency.name]
    return [sender.name] if sender.id == agency.id else [sender.name, agency.name]


# ------------------------------------------------------------------ a section


def section_words(reader: Reader, letter: Letter, wording: str, notices: Sequence[Notice]) -> Words:
    """The words of one plan and one wording."""
    if wording in (SECRET, SECRET_RECEIPT):
        return {
            "n": len({notice.assignment_id or notice.id for notice in notices}),
            "ma_bien_nhan": ", ".join(sorted(receipt_numbers(reader.facts, notices))),
            **contact_words(reader, letter, None),
        }
    plan = reader.facts.plans[notices[0].plan_id]
    rows = rows_of(reader, notices)
    tracker = tracker_of(reader.facts, notices, plan)
    return {
        **plan_words(reader, plan),
        **contact_words(reader, letter, tracker),
        **row_words(reader, rows),
        **whole_plan_words(reader, wording, notices),
        **list_words(reader, wording, notices, rows),
        "ban_trinh": [] if wording != "trinh-duyet" else drafts_of(reader, notices),
    }


def drafts_of(reader: Reader, notices: Iterable[Notice]) -> list[Words]:
    """The drafts a head is asked to approve: what each is (unless that is confidential), and its number in the link."""
    return [
        {"so": notice.step.removeprefix(f"{notice.wording}-"),
         "ten": None if is_secret(reader.facts, notice) else reader.row(notice)["ten"]}
        for notice in notices
    ]  # fmt: skip


def receipt_numbers(facts: Facts, notices: Iterable[Notice]) -> set[str]:
    """The numbers of what was received: all that a confidential receipt says."""
    received = (facts.submissions.get(notice.assignment_id or 0) for notice in notices)
    return {receipt_number(submission) for submission in received if submission}


def rows_of(reader: Reader, notices: Iterable[Notice]) -> list[Words]:
    """One row per assignment, by due day; an assignment that two steps speak of is one row."""
    seen: dict[int, Words] = {}
    for notice in notices:
        if notice.assignment_id and notice.assignment_id not in seen:
            seen[notice.assignment_id] = reader.row(notice)
    return sorted(seen.values(), key=lambda row: row["han_sap_xep"])


def plan_words(reader: Reader, plan: Plan) -> Words:
    """How the plan is called."""
    issuer = reader.facts.units[plan.issued_by]
    return {
        "ke_hoach": reader.tongue.plan(plan.number, plan.issued_on, issuer.short),
        "ke_hoach_ngan": reader.tongue.plan_short(plan.number, plan.issued_on, issuer.short),
        "trich_yeu": plan.title,
        "nam": f"{reader.today.year}",
    }


def tracker_of(facts: Facts, notices: Sequence[Notice], plan: Plan) -> str:
    """Who answers questions on a section: the tracker of its first work, else the plan's."""
    for notice in notices:
        assignment = facts.assignments.get(notice.assignment_id or 0)
        if assignment:
            return facts.processes[facts.occurrences[assignment.occurrence_id].process_key].tracker_id
    return plan.tracker_id


def contact_words(reader: Reader, letter: Letter, tracker: str | None) -> Words:
    """Whom to ask; nobody when the letter goes to that very unit."""
    facts = reader.facts
    unit = facts.units.get(tracker or "") or facts.units[letter.sender_id]
    if unit.id == unit_of(letter.recipient):
        return {"dau_moi": None, "dien_thoai": None, "email": None}
    reached = facts.contacts.get(f"{unit.id}:dau_moi") or facts.contacts.get(f"{unit.id}:van_thu") or {}
    return {"dau_moi": unit.name, "dien_thoai": reached.get("phone"), "email": reached.get("email")}


def row_words(reader: Reader, rows: Sequence[Words]) -> Words:
    """The rows, and what holds for all of them: the nearest day, the longest delay, the day a late unit is given."""
    reports = [row["ky"] for row in rows if row["la_bao_cao"]]
    tasks = [row for row in rows if not row["la_bao_cao"]]
    first = rows[0] if rows else {}
    due: date | None = first.get("han_sap_xep")
    ask_by = reader.days.shift(reader.days.on_or_before(due), -ASK_BEFORE) if due else None
    receivers = list(dict.fromkeys(row["noi_nhan"] for row in rows if row["noi_nhan"]))
    return {
        "dong": rows,
        "n": len(rows),
        "viec": reader.tongue.owed(reports, tasks),
        "ky": ", ".join(dict.fromkeys(row["ky"] for row in rows if row["ky"])),
        "mot_han": len({row["han"] for row in rows}) == 1,
        "han": first.get("han"),
        "thu": first.get("thu"),
        "han_noi_bo": first.get("han_noi_bo"),
        "so_ngay_con": min((row["so_ngay_con"] for row in rows), default=0),
        "so_ngay_tre": max((row["so_ngay_tre"] for row in rows), default=0),
        "noi_nhan": "; ".join(receivers) or None,
        "han_bo_sung": first.get("han_bo_sung") or day_text(reader.days.shift(reader.today, LATE_DAYS)),
        "han_xin_gia_han": day_text(ask_by) if ask_by and ask_by > reader.today else None,
        "so_lan": max((row["so_lan"] for row in rows), default=0),
        "cac_ngay": sorted({day for row in rows for day in row["cac_ngay"]}, key=by_date),
    }


def by_date(text: str) -> tuple[str, str, str]:
    """Order dd/mm/yyyy by year, month, day."""
    day, month, year = text.split("/")
    return year, month, day


def whole_plan_words(reader: Reader, wording: str, notices: Sequence[Notice]) -> Words:
    """For notices without an assignment: all of a unit's work in a plan, or an event and the work that waits for it."""
    facts = reader.facts
    if wording == "giao-nhiem-vu":
        keys = dict.fromkeys((notice.plan_id, notice.unit_id) for notice in notices)
        work = [reader.line(line) for key in keys for line in facts.work.get(key, [])]
        for line in work:
            milestone = facts.milestones.get((notices[0].plan_id, line["cho"] or ""))
            line["cho"] = milestone.text if milestone else line["cho"]
        reports = [line for line in work if line["la_bao_cao"]]
        return {"nhiem_vu": [line for line in work if not line["la_bao_cao"]], "bao_cao": reports}
    events = dict.fromkeys(milestone.name for n in notices if (milestone := facts.milestone_of(n)) is not None)
    return {"su_kien": [event_words(facts, notices[0].plan_id, name) for name in events]}


def event_words(facts: Facts, plan_id: str, name: str) -> Words:
    """An awaited event and what waits for it."""
    waiting = [
        f"[{process.code}] {process.title}" if process.code else process.title
        for process in facts.processes.values()
        if process.plan_id == plan_id and process.waits_for == name and process.removed_on is None
    ]
    return {"ten": facts.milestones[plan_id, name].text, "nhiem_vu": waiting}


def list_words(reader: Reader, wording: str, notices: Sequence[Notice], rows: Sequence[Words]) -> Words:
    """For a list: its rows by unit, the totals of what it speaks of, and for a consolidator who is missing."""
    facts = reader.facts
    by_unit: dict[str, list[Words]] = {}
    for row in rows:
        by_unit.setdefault(row["don_vi"], []).append(row)
    groups = [
        {"don_vi": unit, "dong": of_unit, "so_lan": max(row["so_lan"] for row in of_unit)}
        for unit, of_unit in by_unit.items()
    ]
    ids = {facts.assignments[n.assignment_id].occurrence_id for n in notices if n.assignment_id in facts.assignments}
    occurrences = [facts.occurrences[each] for each in sorted(ids)]
    owed = {each.id: each for each in occurrences}.values()
    reports = [facts.occurrences[each].label for each in sorted(ids) if facts.occurrences[each].kind == Kind.REPORT]
    tasks = {row["ten"]: row for row in rows if not row["la_bao_cao"]}
    one_work = len(ids) == 1 and len({row["han"] for row in rows}) == 1
    words: Words = {"nhom": groups, "so_don_vi": len(groups), "tong_hop": [], "tong_so": []}
    words["viec_chung"] = rows[0] if one_work else None
    if wording in LISTS:
        words["tong_so"] = reader.totals(owed)
        words["viec"] = reader.tongue.owed(reports, list(tasks.values()))
    if wording in CONSOLIDATION:
        words["tong_hop"] = [total for each in occurrences for total in reader.consolidation(each)]
        words["con_thieu"] = list(dict.fromkeys(name for total in words["tong_hop"] for name in total["thieu"]))
    return words
