"""`check` prints what it understood, so that a wrong member or a wrong day is seen before anything is sent."""

from __future__ import annotations

from typing import Any

from config.explain import explain
from config.plan_files import load_config


def test_groups_print_their_members(folder: Any, right: Any) -> None:
    """A group made by rule shows whom the rule took in."""
    units = right.units + "  moi-noi: {name: Mọi nơi, rule: {under: so}}\n"
    folder.write("units.yaml", units)
    folder.check_plan(tasks="tasks:\n  - {title: a, lead: moi-noi, cooperating: lien-quan, when: Thường xuyên}\n")

    lines = explain(load_config(folder.path), "ke-hoach")

    assert "  nhóm moi-noi (Mọi nơi): 4 đơn vị: so/tccb, so/lanh-dao, truong-a, truong-b" in lines
    assert "  nhóm lien-quan (Các đơn vị liên quan): nhóm mở, chỉ in ra" in lines


def test_times_print_their_reading(folder: Any) -> None:
    """Each report and task shows its phrase, how it was read and what kind of thing it is."""
    folder.check_plan(
        tasks="tasks:\n  - code: I\n    title: Mục I\n    when: Thường xuyên\n    lead: cac-truong\n"
        "    tasks:\n      - {code: I.1, title: a}\n      - {code: I.2, title: b, when: Trước ngày 15/12/2026}\n"
        "      - {title: c, due: 10/12/2026}\n"
    )

    text = "\n".join(explain(load_config(folder.path), "ke-hoach"))

    assert "báo cáo nam: “trước ngày 15/12 hằng năm” → " in text
    assert "nhiệm vụ i-1 (I.1): “Thường xuyên” (theo lời dẫn mục I) → " in text
    assert "14/12/2026" in text
    assert "due: 10/12/2026 [có hạn]" in text
