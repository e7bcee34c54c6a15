"""The five shipped plans, the units and the ladders say what the documents say.

Read with ruamel.yaml alone, every scalar as the string that stands in the file, so that these facts do not depend on
how the product reads its own configuration.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
SEEDS = ROOT.parent / "shared" / "seeds"

SEED_OF = {
    "sgddt-hp-kl50": "000",
    "pgd-haian-cchc-2024": "001",
    "sgddt-bt-cchc-2022": "002",
    "ubnd-konray-nq19": "003",
    "ubnd-hp-kl134": "004",
}
PLANS = tuple(SEED_OF)

CODES = {
    "sgddt-hp-kl50": ["III.1", "III.2(1)", *(f"III.2({n})" for n in range(3, 11))],
    "pgd-haian-cchc-2024": [f"{s}.{n}" for s, last in enumerate((3, 3, 2, 2, 4, 3, 4), 1) for n in range(1, last + 1)],
    "sgddt-bt-cchc-2022": [
        f"{section}.{n}"
        for section, last in (("I", 4), ("II", 3), ("III", 3), ("VI", 3), ("V", 5), ("VI", 2), ("VII", 4))
        for n in range(1, last + 1)
    ],
    "ubnd-konray-nq19": [
        f"II.{s}-{n}" for s, last in enumerate((2, 3, 3, 4, 2, 5, 1, 1), 1) for n in range(1, last + 1)
    ],
    "ubnd-hp-kl134": [
        code
        for s, last in enumerate((4, 2, 2, 1, 2, 1, 3, 2, 1, 1, 6, 1, 1, 1), 1)
        for code in ([f"III.{s}"] if last == 1 else [f"III.{s}-{n}" for n in range(1, last + 1)])
    ],
}

HANDED_DOWN = ("lead", "cooperating", "tracker", "when", "due", "deliverable", "duty", "asked_in", "ladder", "read_as")
ROLES = {"van_thu", "dau_moi", "thu_truong"}
BLANK = (None, "", "null")


# ------------------------------------------------------------------------------------------------- reading


@cache
def read(name: str) -> Any:
    return YAML(typ="base").load((CONFIG / name).read_text(encoding="utf-8"))


def plan(plan_id: str) -> dict[str, Any]:
    return read(f"plans/{plan_id}.yaml")


def units() -> dict[str, dict[str, Any]]:
    return read("units.yaml")["units"]


def groups() -> dict[str, dict[str, Any]]:
    return read("units.yaml")["groups"]


def nodes(tree: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in tree:
        yield node
        yield from nodes(node.get("tasks", []))


def tasks(plan_id: str) -> list[dict[str, Any]]:
    """The leaves of the tree, each with what it was handed down."""

    def leaves(tree: list[dict[str, Any]], handed: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for node in tree:
            values = handed | {key: node[key] for key in HANDED_DOWN if key in node}
            if "tasks" in node:
                yield from leaves(node["tasks"], values)
            else:
                yield values | node

    return list(leaves(plan(plan_id)["tasks"], {}))


def task(plan_id: str, identity: str) -> dict[str, Any]:
    return next(task for task in tasks(plan_id) if identity in (task.get("id"), task["code"]))


def own_id(task: dict[str, Any]) -> str:
    return task.get("id") or re.sub(r"[^a-z0-9]+", "-", task["code"].lower()).strip("-")


def listed(value: Any) -> list[Any]:
    if value in BLANK:
        return []
    return value if isinstance(value, list) else [value]


def parties(value: Any) -> list[str]:
    return [side["unit"] if isinstance(side, dict) else side for side in listed(value)]


def members(reference: str) -> list[str]:
    if reference in units():
        return [reference]
    group = groups()[reference]
    if rule := group.get("rule"):
        kinds, left_out = listed(rule["kind"]), listed(rule.get("except"))
        return [
            unit_id
            for unit_id, unit in units().items()
            if unit.get("parent") == rule["under"] and unit["kind"] in kinds and unit_id not in left_out
        ]
    return [unit for member in group.get("members", []) for unit in members(member)]


def is_open(reference: str) -> bool:
    return groups().get(reference, {}).get("open") == "true"


def references(plan_id: str) -> Iterator[str]:
    """Every unit or group a plan names."""
    one = plan(plan_id)
    yield from (one[key] for key in ("issued_by", "tracker", "leadership", "sender") if key in one)
    yield from (document["by"] for key in ("parents", "basis") for document in one.get(key, []))
    yield from (milestone["ask"] for milestone in one.get("milestones", {}).values())
    for report in one["reports"].values():
        yield from (name for key in ("by", "to", "via") for name in listed(report.get(key)) if name != "leads")
    for node in nodes(one["tasks"]):
        yield from (name for key in ("lead", "cooperating", "tracker") for name in parties(node.get(key)))


def responsible(plan_id: str) -> set[str]:
    """Units that lead, report, track or are the leadership of a plan."""
    one = plan(plan_id)
    names = [one["tracker"], one["leadership"]]
    names += [name for report in one["reports"].values() for name in listed(report["by"]) if name != "leads"]
    names += [name for task in tasks(plan_id) for name in parties(task["lead"])]
    names += [node["tracker"] for node in nodes(one["tasks"]) if "tracker" in node]
    return {unit for name in names for unit in members(name)}


# ------------------------------------------------------------------------------------------------- form


@pytest.mark.parametrize("name", [*(f"plans/{p}.yaml" for p in PLANS), "units.yaml", "escalation.yaml"])
def test_files_are_clean_text(name: str) -> None:
    """A shipped file is composed Unicode without tabs or no-break spaces, so that it can be searched and diffed."""
    text = (CONFIG / name).read_text(encoding="utf-8")

    assert unicodedata.is_normalized("NFC", text)
    assert not set("\t\u00a0\u200b\ufeff") & set(text)


def test_the_folder_holds_the_five_plans() -> None:
    """Each plan lies in a file named by its id."""
    assert {path.stem for path in (CONFIG / "plans").glob("*.yaml")} == set(PLANS)
    assert all(plan(plan_id)["id"] == plan_id for plan_id in PLANS)


@pytest.mark.parametrize("plan_id", PLANS)
def test_codes_are_the_printed_ones(plan_id: str) -> None:
    """Every task stands under its printed code, in printed order, none missing and none added."""
    assert [task["code"] for task in tasks(plan_id)] == CODES[plan_id]


def test_counts() -> None:
    """The five documents hold 10, 21, 24, 21 and 28 tasks."""
    assert [len(tasks(plan_id)) for plan_id in PLANS] == [10, 21, 24, 21, 28]


@pytest.mark.parametrize("plan_id", PLANS)
def test_task_ids_are_unique(plan_id: str) -> None:
    """Where the document prints a number twice, our own id tells the tasks apart."""
    twice = [name for name, times in Counter(own_id(task) for task in tasks(plan_id)).items() if times > 1]

    assert twice == []


@pytest.mark.parametrize("plan_id", PLANS)
def test_every_task_has_a_title_and_a_lead(plan_id: str) -> None:
    """No task is without a title or without somebody named for it."""
    assert all(task["title"] and parties(task["lead"]) for task in tasks(plan_id))


@pytest.mark.parametrize("plan_id", PLANS)
def test_every_name_is_known(plan_id: str) -> None:
    """Every unit or group a plan names stands in units.yaml."""
    assert set(references(plan_id)) <= set(units()) | set(groups())


@pytest.mark.parametrize("plan_id", PLANS)
def test_reports_and_milestones_named_elsewhere_exist(plan_id: str) -> None:
    """What a report feeds or joins, what a task is asked in and what it waits for is in the same plan."""
    one = plan(plan_id)
    reports = [name for r in one["reports"].values() for key in ("feeds", "together_with") for name in r.get(key, [])]
    reports += [name for node in nodes(one["tasks"]) for name in node.get("asked_in", [])]
    waits = [part["waits_for"] for n in nodes(one["tasks"]) for part in [n, *n.get("parts", [])] if "waits_for" in part]

    assert set(reports) <= set(one["reports"])
    assert set(waits) == set(one.get("milestones", {}))


@pytest.mark.parametrize("plan_id", PLANS)
def test_open_groups_are_only_printed(plan_id: str) -> None:
    """An open group never reports, tracks or hears an escalation, and never leads alone."""
    one = plan(plan_id)
    bearers = [one["tracker"], one["leadership"], *(n for r in one["reports"].values() for n in listed(r["by"]))]

    assert not any(is_open(name) for name in bearers)
    assert all(not all(is_open(name) for name in parties(task["lead"])) for task in tasks(plan_id))


# ------------------------------------------------------------------------------------------------- units


def test_units_and_groups_share_one_id_space() -> None:
    """No id is both a unit and a group, and every parent, successor, member and rule leads somewhere."""
    known = set(units()) | set(groups())
    named = [unit["parent"] for unit in units().values() if "parent" in unit]
    named += [successor["unit"] for unit in units().values() for successor in unit.get("successors", [])]
    named += [member for group in groups().values() for member in group.get("members", [])]
    named += [group["rule"]["under"] for group in groups().values() if "rule" in group]

    assert not set(units()) & set(groups())
    assert set(named) <= known


def test_closed_groups_have_members() -> None:
    """A group that is not open resolves to at least one unit; an open one has none."""
    assert all(bool(members(name)) != is_open(name) for name in groups())


@pytest.mark.parametrize("plan_id", PLANS)
def test_who_is_responsible_can_be_reached(plan_id: str) -> None:
    """Every unit that leads, reports, tracks or decides has its three addresses, Party bodies and the Front none."""
    for unit_id in responsible(plan_id):
        unit = units()[unit_id]
        expected = ROLES if unit.get("system", "state") == "state" else set()
        assert set(unit.get("contacts", {})) == expected, unit_id


def test_addresses_are_placeholders() -> None:
    """Every address lies in a reserved domain, sample units in their own, and none is used twice."""
    addresses = [
        (unit.get("sample") == "true", contact["email"])
        for unit in units().values()
        for contact in unit.get("contacts", {}).values()
    ]

    assert all(email.endswith("@mau.example" if sample else "@dondoc.example") for sample, email in addresses)
    assert len({email for _, email in addresses}) == len(addresses)


def test_schools_are_samples() -> None:
    """Every school and subordinate unit below an office is a sample and says so in its name."""
    below_offices = {i: u for i, u in units().items() if u["kind"] in ("truong", "don-vi") and i != "ttpvhcc-bt"}

    assert all(unit.get("sample") == "true" and " mẫu " in unit["name"] for unit in below_offices.values())
    assert not any("valid_to" in unit or "successors" in unit for unit in below_offices.values())


def test_schools_of_hai_an() -> None:
    """Twelve sample schools owe the reports, ten of them the tasks; two schools of several levels owe only reports."""
    with_tasks, reporting = members("truong-haian"), members("truong-haian-bc")

    assert (len(with_tasks), len(reporting)) == (10, 12)
    assert set(reporting) - set(with_tasks) == {"mau-ha-pt-1", "mau-ha-pt-2"}


def test_reporters_of_the_city() -> None:
    """Twenty-three bodies owe the city the yearly report; fourteen are sample districts and seventeen have ended."""
    reporters = [units()[unit_id] for unit_id in members("cac-so-nganh-dia-phuong-hp")]

    assert len(reporters) == 23
    assert Counter(unit["kind"] for unit in reporters) == {"so": 7, "cong-an": 1, "dai-hoc": 1, "ubnd-huyen": 14}
    assert sum(unit.get("sample") == "true" for unit in reporters) == 14
    assert sum(unit.get("valid_to") == "2025-06-30" for unit in reporters) == 17
    assert set(members("ubnd-quan-huyen-hp")) <= set(members("cac-so-nganh-dia-phuong-hp"))
    assert "sgddt-hp" not in members("cac-so-nganh-dia-phuong-hp")


def test_units_of_the_district_level_have_ended() -> None:
    """The district of Kon Rẫy, Hải An's education office and Bến Tre's department ended on 30/6/2025."""
    ended = {i for i, unit in units().items() if "valid_to" in unit}

    assert {units()[i]["valid_to"] for i in ended} == {"2025-06-30"}
    assert {"ubnd-konray", "pgd-haian", "ubnd-haian", "sgddt-bt", "sldtbxh-hp", "skhdt-hp", "stttt-hp"} <= ended
    assert {i for i in units() if i.startswith(("ubnd-konray/", "sgddt-bt/", "pgd-haian/"))} <= ended
    assert {s["unit"] for s in units()["sgddt-bt"]["successors"]} == {"sgddt-vinhlong"}
    assert {s["kind"] for s in units()["ubnd-konray"]["successors"]} == {"split"}
    assert all("ended_by" in units()[i] for i in ended)


def test_units_that_go_on_have_no_end() -> None:
    """Hải Phòng's committee, its education department and the departments that kept their work go on."""
    going_on = ("ubnd-hp", "sgddt-hp", "sgddt-hp/tccb", "snv-hp", "stc-hp", "skhcn-hp", "svhtt-hp", "catp-hp", "dhhp")

    assert not any("valid_to" in units()[unit_id] for unit_id in going_on)


# ------------------------------------------------------------------------------------------------- each plan


def test_hai_phong_department_report() -> None:
    """The yearly report goes to the city through the home affairs department and feeds the tracker's own report."""
    report = plan("sgddt-hp-kl50")["reports"]["nam"]

    assert report["when"] == "Định kỳ trước ngày 15/12 hàng năm"
    assert (report["by"], report["to"], report["via"]) == ("don-vi-thuoc-truc-thuoc", ["ubnd-hp"], "snv-hp")
    assert (report["cutoff"], report["collect_by"], report["feeds"]) == ("nd-09-2019", "04/12", ["tong-hop"])
    assert "sgddt-hp/lanh-dao" not in members("don-vi-thuoc-truc-thuoc")


def test_hai_phong_department_leads() -> None:
    """The personnel office leads five tasks, planning and finance two, the head office one, all units together two."""
    leads = Counter(name for task in tasks("sgddt-hp-kl50") for name in parties(task["lead"]))

    assert leads == {
        "sgddt-hp/tccb": 5,
        "sgddt-hp/khtc": 2,
        "sgddt-hp/van-phong": 1,
        "don-vi-thuoc-truc-thuoc": 2,
    }


def test_tasks_past_before_tracking_wait_for_a_decision() -> None:
    """Two tasks due before tracking began are unknown; a task that is the plan itself is done."""
    assert {t["code"] for t in tasks("sgddt-hp-kl50") if t.get("at_start") == "unknown"} == {"III.2(7)", "III.2(8)"}
    assert task("pgd-haian-cchc-2024", "1.1")["at_start"]["done"] == ["pgd-haian"]
    assert task("sgddt-bt-cchc-2022", "I.1")["at_start"]["done"] == ["sgddt-bt/van-phong"]


def test_targets_of_the_staff_reduction() -> None:
    """A target keeps its own dates and its base year, whose figure the document does not give."""
    targets = task("sgddt-hp-kl50", "III.2(6)")["targets"]

    assert [(t["goal"], t["from"], t["by"]) for t in targets] == [
        (">= 5%", "2022-01-01", "2026-12-31"),
        (">= 10%", "2022-01-01", "2026-12-31"),
    ]
    assert all(t["baseline"]["year"] == "2021" and t["baseline"]["value"] in BLANK for t in targets)


def test_hai_an_reports_join() -> None:
    """The half-year report of the schools is one submission with the quarter's, and the office owes its own."""
    reports = plan("pgd-haian-cchc-2024")["reports"]

    assert reports["6-thang-nam"]["together_with"] == ["quy"]
    assert {name for name, report in reports.items() if "feeds" in report} == {"quy", "6-thang-nam"}
    assert (reports["tong-hop"]["by"], reports["tong-hop"]["to"]) == ("pgd-haian", ["sgddt-hp", "ubnd-haian"])
    assert reports["dot-xuat"]["when"].startswith("Báo cáo đột xuất")


def test_hai_an_rows_shared_with_schools() -> None:
    """Fourteen of the twenty-one rows are shared by the office and the schools, seven are the office's alone."""
    leads = Counter(tuple(parties(task["lead"])) for task in tasks("pgd-haian-cchc-2024"))

    assert leads == {("pgd-haian", "truong-haian"): 14, ("pgd-haian",): 7}


def test_ben_tre_sections_have_their_own_trackers() -> None:
    """Personnel tracks organisation and civil service, finance tracks public finance, the head office all the rest."""
    trackers = {own_id(t): t.get("tracker", plan("sgddt-bt-cchc-2022")["tracker"]) for t in tasks("sgddt-bt-cchc-2022")}
    by_section = {
        section: {tracker for name, tracker in trackers.items() if name.rsplit("-", 1)[0] == section}
        for section in ("i", "ii", "iii", "iv", "v", "vi", "vii")
    }

    assert by_section == {
        "i": {"sgddt-bt/van-phong"},
        "ii": {"sgddt-bt/van-phong"},
        "iii": {"sgddt-bt/van-phong"},
        "iv": {"sgddt-bt/tccb"},
        "v": {"sgddt-bt/tccb"},
        "vi": {"sgddt-bt/khtc"},
        "vii": {"sgddt-bt/van-phong"},
    }


def test_ben_tre_reports() -> None:
    """The head office reports by the reform calendar, and every lead sends its part five working days before."""
    reports = plan("sgddt-bt-cchc-2022")["reports"]

    assert (reports["cchc"]["calendar"], reports["cchc"]["by"]) == ("cchc", "sgddt-bt/van-phong")
    assert (reports["gop-cchc"]["by"], reports["gop-cchc"]["feeds"]) == ("leads", ["cchc"])
    assert reports["gop-cchc"]["due"] == "5 working days before cchc"
    assert "when" not in reports["gop-cchc"]


def test_ben_tre_waits_for_a_decision() -> None:
    """The two tasks that follow the provincial decision wait for one named event."""
    waiting = {own_id(t): t["waits_for"] for t in tasks("sgddt-bt-cchc-2022") if "waits_for" in t}

    assert waiting == {"iv-2": "qd-bien-che", "iv-3": "qd-bien-che"}


def test_kon_ray_assignment_lines() -> None:
    """Twelve assignment lines without a number govern the twenty-one tasks; home affairs stands in eleven."""
    lines = [node for node in nodes(plan("ubnd-konray-nq19")["tasks"]) if "tasks" in node and "code" not in node]
    led = [t for t in tasks("ubnd-konray-nq19") if "ubnd-konray/noi-vu" in parties(t["lead"])]

    assert (len(lines), len(led)) == (12, 11)


def test_kon_ray_section_gives_its_time() -> None:
    """The four tasks of section II.4 inherit the time of its lead-in."""
    inherited = [t["code"] for t in tasks("ubnd-konray-nq19") if t.get("when") == "từ nay đến năm 2030"]

    assert inherited == ["II.4-1", "II.4-2", "II.4-3", "II.4-4"]


def test_kon_ray_roles() -> None:
    """Roles stand as printed: advising, carrying out, guiding; one line only cooperates."""
    both = {side["unit"]: side["as"] for side in task("ubnd-konray-nq19", "II.2-1")["lead"]}
    guides = [s for s in task("ubnd-konray-nq19", "II.1-1")["cooperating"] if isinstance(s, dict)]
    cooperating = [t["code"] for t in tasks("ubnd-konray-nq19") if t.get("duty") == "cooperate"]

    assert both == {"ubnd-konray/noi-vu": "tham mưu", "don-vi-su-nghiep-konray": "triển khai thực hiện"}
    assert guides == [{"unit": "btg-huyen-uy-konray", "as": "hướng dẫn"}]
    assert cooperating == ["II.7-1"]


def test_city_duties() -> None:
    """Five duties only cooperate and two are requests; the rest lead."""
    duties = {t["code"]: t["duty"] for t in tasks("ubnd-hp-kl134") if "duty" in t}

    assert duties == {
        "III.1-3": "cooperate",
        "III.2-2": "cooperate",
        "III.3-1": "cooperate",
        "III.7-2": "cooperate",
        "III.8-2": "cooperate",
        "III.12": "request",
        "III.13": "request",
    }


def test_city_reports_feed_the_department() -> None:
    """Three reports feed the department's own; the districts' two reports are one submission."""
    reports = plan("ubnd-hp-kl134")["reports"]

    assert {name: report.get("feeds", []) for name, report in reports.items()} == {
        "nam": ["tong-hop"],
        "thang-11": ["tong-hop", "gdnn"],
        "gdnn": ["tong-hop"],
        "tong-hop": [],
    }
    assert reports["thang-11"]["together_with"] == ["nam"]
    assert reports["thang-11"]["to"] == ["sgddt-hp", "sldtbxh-hp"]
    assert (reports["gdnn"]["when"], reports["gdnn"]["due"]) == ("định kỳ", "10/12")
    assert reports["nam"]["via"] == "sgddt-hp"


def test_leadership_hears_only_at_its_own_step() -> None:
    """In every ladder leadership is told by one approved step named for it, and never by substitution."""
    escalation = read("escalation.yaml")
    told = [step for ladder in escalation["ladders"].values() for step in ladder if "leadership" in step["to"]]

    assert told
    assert all(step["key"] == "lanh-dao" and step["approve"]["else"] == "hold" for step in told)
    assert not any("leadership" in names for names in escalation["substitution"].values())
    assert {choice["ladder"] for choice in escalation["choose"]} <= set(escalation["ladders"])


# ------------------------------------------------------------------------------------------------- the documents


def squeezed(text: str) -> str:
    """Text without markdown asterisks and with every run of white space as one space."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).replace("*", "")).strip()


def seed(plan_id: str) -> str:
    found = sorted(SEEDS.glob(f"{SEED_OF[plan_id]}_*.txt"))
    if not found:
        pytest.skip("the source documents (../shared/seeds) are not beside this repository")
    return found[0].read_text(encoding="utf-8")


def appendix_rows(text: str) -> list[list[str]]:
    """The rows of the Bến Tre appendix, cells split by a page break joined again."""
    rows: list[list[str]] = []
    section = ""
    for line in text[text.index("Phụ lục\n") :].splitlines():
        cells = [cell.strip() for cell in line.split("\t")]
        if heading := re.match(r"(VII|VI|V|I{1,3})\b", cells[0]):
            section = heading[1]
        elif cells[0].isdigit():
            rows.append([f"{section}.{cells[0]}", *cells[1:]])
        elif len(cells) > 1 and not cells[0] and rows:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
    return rows


@pytest.mark.parametrize("plan_id", [p for p in PLANS if p not in ("pgd-haian-cchc-2024", "sgddt-bt-cchc-2022")])
def test_time_phrases_are_verbatim(plan_id: str) -> None:
    """Every time phrase of a task or report stands in the document, letter for letter."""
    text = squeezed(seed(plan_id))
    phrases = {t["when"] for t in tasks(plan_id) if "when" in t}
    phrases |= {part["when"] for t in tasks(plan_id) for part in t.get("parts", []) if "when" in part}
    phrases |= {report["when"] for report in plan(plan_id)["reports"].values() if "when" in report}

    assert [phrase for phrase in sorted(phrases) if phrase not in text] == []


def test_hai_phong_department_times_in_order() -> None:
    """The ten printed times stand on the ten tasks in their order, trailing stops included."""
    printed = re.findall(r"Thời gian thực hiện: (.+?)\s*\n", seed("sgddt-hp-kl50"))

    assert [t["when"] for t in tasks("sgddt-hp-kl50")] == printed


def test_ben_tre_appendix_row_by_row() -> None:
    """Each appendix row's lead, cooperating units, product and time are the printed ones."""
    names = {
        "Văn phòng Sở": ["sgddt-bt/van-phong"],
        "Phòng TCCB": ["sgddt-bt/tccb"],
        "Phòng Kế hoạch tài chính": ["sgddt-bt/khtc"],
        "Phòng Khảo thí, QLCLGD&CNTT": ["sgddt-bt/ktqlcl"],
        "Các phòng, Thanh tra Sở": ["cac-phong-thanh-tra-bt"],
        "Các phòng có liên quan": ["cac-phong-co-lien-quan-bt"],
        "Các phòng, Thanh tra Sở, các đơn vị được kiểm tra": ["cac-phong-thanh-tra-bt", "cac-don-vi-duoc-kiem-tra-bt"],
        "Các phòng, Thanh tra Sở, các đơn vị trực thuộc": ["cac-phong-thanh-tra-bt", "cac-don-vi-truc-thuoc-bt"],
        "Các đơn vị trực thuộc": ["cac-don-vi-truc-thuoc-bt"],
        "Các cơ quan, đơn vị có liên quan": ["cac-co-quan-don-vi-co-lien-quan-bt"],
        "Các cơ quan, đơn vị": ["cac-co-quan-don-vi-bt"],
        "Trung tâm phục vụ hành chính công": ["ttpvhcc-bt"],
        "": [],
    }
    printed = [
        (code, product, when, names[lead], names[cooperating.replace("Các Phòng", "Các phòng")])
        for code, _, product, when, lead, cooperating, _ in appendix_rows(seed("sgddt-bt-cchc-2022"))
    ]
    ours = [
        (t["code"], t.get("deliverable", ""), t["when"], parties(t["lead"]), parties(t.get("cooperating")))
        for t in tasks("sgddt-bt-cchc-2022")
    ]

    assert ours == printed


def test_ben_tre_report_phrases_are_verbatim() -> None:
    """The two report phrases stand in section V.3 of the document."""
    text = squeezed(seed("sgddt-bt-cchc-2022"))
    phrases = [r["when"] for r in plan("sgddt-bt-cchc-2022")["reports"].values() if "when" in r]

    assert len(phrases) == 2
    assert all(phrase in text for phrase in phrases)


def test_hai_an_rows_stand_in_the_scan() -> None:
    """Each row number of the scanned appendix is a task, in the same order."""
    text = seed("pgd-haian-cchc-2024")
    appendix = text[text.index("STT Noi dung") :]

    assert re.findall(r"^(\d\.\d) ", appendix, flags=re.MULTILINE) == [t["code"] for t in tasks("pgd-haian-cchc-2024")]


def test_kon_ray_lines_say_who_and_when() -> None:
    """The twelve printed assignment lines agree in order with ours on who is named first and on the time given."""
    printed = re.findall(r"^\*\\\* (.+?)\*$", seed("ubnd-konray-nq19"), flags=re.MULTILINE)
    first_named = {
        "Phòng Văn hoá": "ubnd-konray/vhtt",
        "Phòng Nội vụ": "ubnd-konray/noi-vu",
        "Phòng Giáo dục": "ubnd-konray/gddt",
        "Phòng Tài chính": "ubnd-konray/tai-chinh",
        "Thủ trưởng": "don-vi-su-nghiep-konray",
    }
    lines = [node for node in nodes(plan("ubnd-konray-nq19")["tasks"]) if "tasks" in node and "code" not in node]

    assert len(printed) == len(lines) == 12
    for sentence, line in zip(printed, lines, strict=True):
        assert parties(line["lead"])[0] == next(u for words, u in first_named.items() if sentence.startswith(words))
        time = re.search(r"(thường xuyên|hàng năm|hoàn thành trong tháng .+?)\.?$", sentence.strip())
        assert line.get("when") == (time[1] if time else None)


def test_city_duties_bullet_by_bullet() -> None:
    """The numbered units of section III hold as many duties as we have, and each first word agrees with the duty."""
    text = seed("ubnd-hp-kl134")
    section = text[text.index("III. TỔ CHỨC THỰC HIỆN") : text.index("Trong quá trình triển khai thực hiện Kế hoạch")]
    printed: list[str] = []
    for block in re.split(r"^(?=\d+\. )", section, flags=re.MULTILINE)[1:]:
        number, body = re.match(r"(\d+)\. (.*)", block, flags=re.DOTALL).groups()  # type: ignore[union-attr]
        bullets = re.findall(r"^- (.+)", body, flags=re.MULTILINE)
        printed += [f"III.{number}-{n} {words}" for n, words in enumerate(bullets, 1)] or [f"III.{number} {body}"]
    cooperating = [line.split()[0] for line in printed if line.split(" ", 1)[1].startswith("Phối hợp")]
    requested = [line.split()[0] for line in printed if line.split(" ", 1)[1].startswith("Đề nghị")]

    assert [line.split()[0] for line in printed] == [t["code"] for t in tasks("ubnd-hp-kl134")]
    assert cooperating == [t["code"] for t in tasks("ubnd-hp-kl134") if t.get("duty") == "cooperate"]
    assert requested == [t["code"] for t in tasks("ubnd-hp-kl134") if t.get("duty") == "request"]


@pytest.mark.parametrize("plan_id", PLANS)
def test_document_numbers_are_printed(plan_id: str) -> None:
    """Every parent and cited document stands in the source by its number; a scan is compared by its digits."""
    text = squeezed(seed(plan_id))
    numbers = [d["number"] for key in ("parents", "basis") for d in plan(plan_id)[key]]
    if plan_id == "pgd-haian-cchc-2024":
        numbers = [re.match(r"\d+", number)[0] for number in numbers]  # type: ignore[index]

    assert [number for number in numbers if number not in text] == []


@pytest.mark.parametrize("plan_id", [p for p in PLANS if p != "pgd-haian-cchc-2024"])
def test_titles_are_our_own_words(plan_id: str) -> None:
    """A task's title is short and is not a sentence taken from the document."""
    text = squeezed(seed(plan_id)).lower()
    titles = [t["title"] for t in tasks(plan_id)]

    assert [title for title in titles if len(title) > 95] == []
    assert [title for title in titles if len(title) > 50 and title.lower() in text] == []
