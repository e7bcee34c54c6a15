"""Whom a plan cannot reach: always a warning, at the first place (‸) that needs them."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def more_units(folder: Any, right: Any) -> None:
    """Units that ended, that have no address, that belong to others; groups of them."""
    units, groups = right.units.split("groups:\n")
    folder.write(
        "units.yaml",
        units
        + "  cu: {name: Đơn vị cũ, kind: so, parent: ubnd, valid_to: 2025-06-30, ended_by: NQ 190/2025/QH15}\n"
        + "  cam: {name: Đơn vị không địa chỉ, kind: so, parent: ubnd}\n"
        + "  dang: {name: Ban Tuyên giáo, kind: co-quan-dang, system: party}\n"
        + "groups:\n"
        + groups
        + "  lan-lon: {name: Cũ và mới, members: [cu, truong-a]}\n"
        + "  mot-phan: {name: Mới biết một phần, members: [truong-a], complete: false}\n"
        + "  khong-thu: {name: Không địa chỉ, members: [cam, truong-a]}\n",
    )


@pytest.mark.usefixtures("more_units")
@pytest.mark.parametrize(
    ("lead", "code", "words"),
    [
        ("‸cu", "ended-unit", "đơn vị “cu” đã kết thúc ngày 30/06/2025 (NQ 190/2025/QH15); không gửi từ ngày đó"),
        ("[so/tccb, ‸lan-lon]", "ended-unit", "1/2 thành viên của nhóm “lan-lon” đã kết thúc"),
        ("‸mot-phan", "incomplete-group", "mới biết một phần thành viên (1 đơn vị)"),
        ("‸cam", "no-contact", "“cam” chưa có địa chỉ liên hệ"),
        ("‸khong-thu", "no-contact", "cam của nhóm “khong-thu” chưa có địa chỉ liên hệ"),
        ("‸cam", "no-report", "chủ trì 1 nhiệm vụ nhưng không phải nộp báo cáo nào"),
        ("‸khong-thu", "no-report", "1/2 thành viên của “khong-thu” chủ trì 1 nhiệm vụ"),
    ],
)
def test_a_lead_that_cannot_be_reached_is_a_warning(folder: Any, lead: str, code: str, words: str) -> None:
    """Ended, half-known and silent leads, and leads that owe no report, are said and stop nothing."""
    checked = folder.check_plan(tasks=f"tasks:\n  - {{title: a, lead: {lead}, when: Thường xuyên}}\n")

    assert checked.at_mark(code).level == "warning"
    assert words in checked.at_mark(code).message
    assert not checked.codes()


@pytest.mark.usefixtures("more_units")
def test_a_unit_is_said_once_for_a_plan(folder: Any) -> None:
    """Ten tasks of one ended unit are one warning."""
    tasks = "".join(f"  - {{code: I.{n}, title: a, lead: cu, when: Thường xuyên}}\n" for n in range(10))

    checked = folder.check_plan(tasks="tasks:\n" + tasks)

    assert len([one for one in checked.findings if one.code == "ended-unit"]) == 1


@pytest.mark.usefixtures("more_units")
def test_a_plan_that_ended_before_its_unit_says_nothing(folder: Any) -> None:
    """A unit that outlived the plan was there when it mattered."""
    checked = folder.check_plan(
        head=folder.right_head(without="track_from"),
        more="track_from: 2024-01-01\nvalid: {from: 2024-01-01, to: 2024-12-31}\n",
        tasks="tasks:\n  - {title: a, lead: cu, when: Thường xuyên}\n",
    )

    assert "ended-unit" not in checked.codes("warning")


@pytest.mark.usefixtures("more_units")
def test_nobody_is_asked_for_the_address_of_a_party_body(folder: Any) -> None:
    """A Party body is never written to by machine and needs no address."""
    checked = folder.check_plan(tasks="tasks:\n  - {title: a, lead: dang, duty: request, when: Thường xuyên}\n")

    assert not checked.lines


@pytest.mark.usefixtures("more_units")
def test_a_closed_plan_has_nobody_to_reach(folder: Any) -> None:
    """A plan kept for reference raises no doubt about reach."""
    checked = folder.check_plan(more="status: closed\n", tasks="tasks:\n  - {title: a, lead: cu, when: Thường xuyên}\n")

    assert not checked.lines
