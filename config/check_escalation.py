"""Whether escalation.yaml holds together: ladders that exist, a default, conditions that mean something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.not_yet import NOT_YET, not_yet
from config.remarks import Remark, unknown, warning
from models.specs import EscalationSpec, StepSpec

CONDITIONS: dict[str, tuple[str, ...]] = {
    "duty": ("lead", "cooperate", "request"),
    "feeds_from_others": ("true", "false"),
    "relation": ("noi-bo", "ngang-cap"),
    "kind": ("task", "report"),
}
SUBSTITUTES: dict[str, tuple[str, ...]] = {
    "tracker_is_lead": ("head", "plan_tracker", "tracker_head"),
    "no_contact": ("head", "parent_unit", "tracker"),
    "ended_unit": ("successor", "tracker"),
}
_HOUR = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")
_QUIET = (re.compile(r"\d{1,2}/\d{1,2}"), re.compile(r".*từ \d+ ngày làm việc trước Tết.*", re.IGNORECASE))


def check_escalation(escalation: EscalationSpec) -> Iterator[Remark]:
    """Remarks about escalation.yaml, in no order."""
    yield from _sending(escalation)
    for name, steps in escalation.ladders.items():
        yield from _ladder(name, steps)
    yield from _choices(escalation)
    yield from _substitution(escalation)
    yield from _drafts(escalation)


def _sending(escalation: EscalationSpec) -> Iterator[Remark]:
    sending = escalation.sending
    if not _HOUR.fullmatch(sending.at):
        yield Remark(("sending", "at"), f'“{sending.at}” không phải là giờ; viết "08:00" (not an hour)', "hour")
    for index, text in enumerate(sending.quiet):
        if not any(form.fullmatch(text.strip()) for form in _QUIET):
            message = f"chưa hiểu “{text}”; viết 20/11 hoặc “từ 3 ngày làm việc trước Tết…” (unknown quiet day)"
            yield Remark(("sending", "quiet", index), message, "quiet")


def _ladder(name: str, steps: list[StepSpec]) -> Iterator[Remark]:
    if not steps:
        yield Remark(("ladders", name), f"bậc thang “{name}” không có bậc nào (empty ladder)", "empty-ladder", key=True)
    first: dict[str, int] = {}
    for index, step in enumerate(steps):
        path = ("ladders", name, index)
        if step.key in first:
            message = f"bậc “{step.key}” đã có ở bậc thứ {first[step.key] + 1}: đặt key khác (duplicate step)"
            yield Remark((*path, "key"), message, "duplicate-step")
        first.setdefault(step.key, index)
        for key, value, least in (("before", step.before, 0), ("after", step.after, 0), ("every", step.every, 1)):
            if value is not None and value < least:
                yield Remark((*path, key), f"“{value}” phải từ {least} ngày làm việc trở lên (out of range)", "range")
        if step.times < 1:
            yield Remark((*path, "times"), f"“{step.times}” phải từ 1 lần trở lên (out of range)", "range")


def _choices(escalation: EscalationSpec) -> Iterator[Remark]:
    for index, choice in enumerate(escalation.choose):
        path = ("choose", index)
        if choice.ladder not in escalation.ladders:
            yield unknown("bậc thang", choice.ladder, escalation.ladders, (*path, "ladder"), "unknown-ladder")
        for key, value in choice.when.items():
            if key not in CONDITIONS:
                yield unknown("điều kiện", key, CONDITIONS, (*path, "when", key), "unknown-condition", key=True)
            elif value not in CONDITIONS[key]:
                yield unknown(f"giá trị của {key}", value, CONDITIONS[key], (*path, "when", key), "unknown-condition")
    if not escalation.choose or escalation.choose[-1].when:
        message = "dòng cuối của choose phải là mặc định, không có when: - {ladder: bao-cao} (no default)"
        yield Remark(("choose",), message, "no-default", key=True)


def _substitution(escalation: EscalationSpec) -> Iterator[Remark]:
    for case, roles in escalation.substitution.items():
        if case not in SUBSTITUTES:
            yield unknown("trường hợp thay thế", case, SUBSTITUTES, ("substitution", case), "unknown-case", key=True)
            continue
        for index, role in enumerate(roles):
            path = ("substitution", case, index)
            if role == "leadership":
                message = "leadership chỉ nhận ở bậc của mình, không bao giờ vì thay người khác: bỏ đi (leadership)"
                yield Remark(path, message, "leadership-substitute")
            elif role not in SUBSTITUTES[case]:
                yield unknown("người nhận thay", role, SUBSTITUTES[case], path, "unknown-substitute")


def _drafts(escalation: EscalationSpec) -> Iterator[Remark]:
    if "draft" not in NOT_YET:
        return
    for name, steps in escalation.ladders.items():
        for index, step in enumerate(steps):
            if step.draft:
                yield warning(("ladders", name, index, "draft"), not_yet("draft"), "not-yet", key=True)
                return
