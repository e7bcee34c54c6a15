"""A config folder as a whole: what loads, what stands in for a missing file, and how files are checked."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config.findings import ConfigError
from config.plan_files import check_paths, load_config


def test_a_right_folder_loads(folder: Any) -> None:
    """The loaded config holds plans, units, ladders, days off and calendars, and knows where everything stands."""
    config = load_config(folder.path)

    assert list(config.plans) == ["ke-hoach"]
    assert config.plans["ke-hoach"].reports["nam"].by == ["cac-truong", "so/tccb"]
    assert config.units.members_of("cac-truong") == ["truong-a", "truong-b"]
    assert config.sources["ke-hoach"].name == "ke-hoach.yaml"
    assert config.place("ke-hoach", ("reports", "nam", "by", 1)) == (config.sources["ke-hoach"], 9, 59)
    assert "cchc" in config.calendars
    assert not config.working_days.is_working_day(date(2026, 1, 1))
    assert config.findings == []


def test_a_missing_file_is_the_shipped_one(folder: Any) -> None:
    """A folder without ladders has the shipped ladders, and their warnings stay out of its findings."""
    config = load_config(folder.path)

    assert "bao-cao" in config.escalation.ladders
    assert config.findings == []


def test_errors_of_every_file_are_raised_at_once(folder: Any) -> None:
    """A broken file hides no error of another; the error carries them all, in order."""
    folder.write("units.yaml", "units:\n  so: {name: Sở, kind: so, parent: x}\n")
    folder.write("escalation.yaml", "ladders: {}\nchoose: []\n")
    folder.write("holidays.yaml", "days_off: [{day: 2026-02-30, source: x}]\n")
    folder.write("calendars.yaml", "calendars: {thang: {periods: [{period: tuan, due: 20}]}}\n")
    folder.write("plans/hai.yaml", "id: hai\n\ttitle: x\n")

    with pytest.raises(ConfigError) as raised:
        load_config(folder.path)

    names = [Path(one.path).name for one in raised.value.findings]
    broken = ["calendars", "escalation", "hai", "holidays", "ke-hoach", "units"]
    assert sorted(set(names)) == [f"{name}.yaml" for name in broken]
    assert str(raised.value).count("\n") == len(names) - 1


def test_plans_may_be_named_one_by_one(folder: Any) -> None:
    """Only the plan files asked for are loaded."""
    other = folder.write("plans/hai.yaml", "id: [\n")

    assert list(load_config(folder.path, plans=[folder.path / "plans" / "ke-hoach.yaml"]).plans) == ["ke-hoach"]
    with pytest.raises(ConfigError):
        load_config(folder.path, plans=[other])


def test_two_plans_with_one_id_are_an_error(folder: Any, right: Any) -> None:
    """The second plan of an id names the file of the first."""
    folder.write("plans/trung.yaml", right.head + right.reports + right.tasks)

    (line,) = folder.check().lines
    assert line.startswith("trung.yaml:1:5: error: id “ke-hoach” đã dùng trong ")
    assert "ke-hoach.yaml" in line


def test_a_file_named_otherwise_than_its_plan_is_a_warning(folder: Any, right: Any) -> None:
    """A plan file is best named after its id."""
    folder.write("plans/khac.yaml", (right.head + right.reports + right.tasks).replace("id: ke-hoach", "id: mot"))

    assert folder.check().lines == ["khac.yaml:1:5: warning: tên tệp nên là mot.yaml cho khớp với id (file name)"]


def test_a_plan_alone_is_checked_against_the_units_beside_its_folder(folder: Any) -> None:
    """…/plans/x.yaml is checked with …/units.yaml, whose errors show and whose warnings do not."""
    assert folder.check("plans/ke-hoach.yaml").lines == []

    folder.write("units.yaml", "units: {}\n")

    assert "unknown-unit" in folder.check("plans/ke-hoach.yaml").codes()


def test_a_plan_elsewhere_is_checked_against_the_shipped_units(tmp_path: Path, right: Any) -> None:
    """A plan in a folder without units.yaml is checked with the shipped units."""
    file = tmp_path / "ke-hoach.yaml"
    file.write_text(right.head.replace("so/tccb", "sgddt-hp/tccb") + right.tasks, encoding="utf-8")

    messages = [one.message for one in check_paths([file])]

    assert any("“so”" in message for message in messages)
    assert not any("“sgddt-hp/tccb”" in message for message in messages)


def test_any_of_the_files_may_be_checked_alone(folder: Any) -> None:
    """units.yaml is known by its name, a copy of another name by its first key, a folder of plans by its plans."""
    folder.write("units-moi.yaml", "units: {so: {name: Sở}}\n")
    folder.write("nghi.yaml", "days_off: [{day: hôm qua, source: x}]\n")
    folder.check_plan(more="sender: ai-do\n")

    assert folder.check("units.yaml").lines == []
    assert folder.check("units-moi.yaml").codes() == {"missing-key"}
    assert folder.check("nghi.yaml").codes() == {"value"}
    assert folder.check("plans").codes() == {"unknown-unit"}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A mistyped config folder is an error, never an empty config."""
    with pytest.raises(ConfigError, match="không có thư mục cấu hình này"):
        load_config(tmp_path / "khong-co")


def test_a_file_given_twice_is_checked_once(folder: Any) -> None:
    """The same plan under two spellings of its path is one plan."""
    assert folder.check("plans/ke-hoach.yaml", "plans/../plans/ke-hoach.yaml").lines == []


def test_a_path_that_leads_nowhere_is_a_sentence(folder: Any, tmp_path: Path) -> None:
    """A missing file and an empty folder are findings."""
    (tmp_path / "trong").mkdir()

    assert "không có tệp này" in folder.check("plans/khong-co.yaml").lines[0]
    assert "không có tệp .yaml nào" in check_paths([tmp_path / "trong"])[0].message


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("holidays.yaml", "days_off: [{day: 2026-01-02, source: x}]\nwork_days: [{day: ‸2026-01-02, source: y}]\n",
         "both-on-and-off"),
        ("holidays.yaml", "‸off: []\n", "unknown-key"),
        ("holidays.yaml", "days_off: [{day: ‸2026-02-30, source: x}]\n", "value"),
        ("holidays.yaml", "days_off: [‸{day: 2026-02-03}]\n", "missing-key"),
        ("holidays.yaml", "decreed: [‸nay]\n", "type"),
        ("calendars.yaml", "calendars: {a: {periods: ‸[{period: tuan, due: 20}]}}\n", "calendar"),
        ("calendars.yaml", "calendars: {a: {periods: [{period: month, due: 20}], cutoff: ‸x}}\n", "setting"),
    ],
)  # fmt: skip
def test_days_off_and_calendars_are_checked(folder: Any, name: str, text: str, code: str) -> None:
    """holidays.yaml and calendars.yaml have their errors at their places too."""
    assert folder.check_file(name, text).at_mark(code).level == "error"


def test_many_errors_end_with_a_count(folder: Any) -> None:
    """Of a file with hundreds of errors the first two hundred are shown and the rest is counted."""
    tasks = "".join(f"  - {{code: I.{n}, title: a, lead: x}}\n" for n in range(500))

    lines = folder.check_plan(tasks="tasks:\n" + tasks).lines

    assert len(lines) == 201
    assert "điều nữa trong tệp này" in lines[-1]


def test_the_format_of_the_design_loads(root: Path) -> None:
    """The commented format that the design gives fits the shapes."""
    file = root.parent / "shared" / "plan-format.yaml"
    if not file.exists():
        pytest.skip("the commented format (../shared/plan-format.yaml) is not beside this checkout")

    shapes = {"unknown-key", "missing-key", "type", "value", "choice", "not-yaml", "colon", "cut-by-comma"}
    assert not [str(one) for one in check_paths([file]) if one.code in shapes]


def test_two_thousand_tasks_load_quickly(folder: Any, right: Any) -> None:
    """A plan of two thousand tasks is read and checked in about a second."""
    task = (
        "  - {{code: I.{n}, title: Việc số {n}, lead: cac-truong, cooperating: [so/tccb, lien-quan], "
        "when: Trước ngày {d}/12/2026}}\n"
    )
    tasks = "tasks:\n" + "".join(task.format(n=n, d=n % 28 + 1) for n in range(2000))
    folder.write("plans/ke-hoach.yaml", right.head + right.reports + tasks)

    begun = time.monotonic()
    config = load_config(folder.path)
    spent = time.monotonic() - begun

    assert len(config.plans["ke-hoach"].tasks) == 2000
    assert spent < 3
