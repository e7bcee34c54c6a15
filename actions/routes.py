"""Who is told: the ladder of a party by its relation to the sender, and the recipient behind each role.

A recipient is `<unit>:<contact role>`. The substitutions are those of `escalation.yaml`: when the tracker is itself
the late unit, the head of the unit, then the plan's tracker, then its head; leadership is never a substitute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from models.specs import Choice, PlanSpec, UnitsSpec

from .rules import Rules
from .schedule import PartyPlan, ProcessPlan

INTERNAL = ("phong", "van-phong", "thanh-tra", "lanh-dao")  # departments: they act in the name of their parent
LEAD_ROLES = ("dau_moi", "van_thu", "thu_truong")
HEAD_ROLES = ("thu_truong", "van_thu", "dau_moi")


@dataclass(frozen=True)
class Route:
    """The ladder of a party and whom each role of a step reaches; `silent` says why nothing is sent."""

    ladder: str | None
    silent: str | None
    to_lead: str | None = None
    to_head: str | None = None
    to_tracker: str | None = None
    to_tracker_head: str | None = None
    to_leadership: str | None = None
    to_consolidator: str | None = None


class Routes:
    """Routes for the parties of one plan on one day."""

    def __init__(self, plan: PlanSpec, units: UnitsSpec, rules: Rules, today: date) -> None:
        self.plan, self.units, self.rules, self.today = plan, units, rules, today

    def route(self, process: ProcessPlan, party: PartyPlan) -> Route:
        """The route of one party. A body asked with Đề nghị, a Party or Front body is never written to itself."""
        ladder = process.ladder or self._chosen_ladder(process, party.unit_id)
        tracker = self._tracker(process, party.unit_id)
        unit = self.units.units[party.unit_id]
        if unit.valid_to and unit.valid_to < self.today:
            return Route(ladder, f"đơn vị đã kết thúc ngày {unit.valid_to:%d/%m/%Y}", to_tracker=tracker)
        above = {
            "to_tracker": tracker,
            "to_tracker_head": self._head(process.tracker_id),
            "to_leadership": self._head(self.plan.leadership),
            "to_consolidator": self._consolidator(process),
        }
        if process.duty == "request" or unit.system != "state":
            return Route(ladder, "cơ quan được đề nghị: không gửi máy", **above)
        return Route(
            ladder, None, to_lead=self._lead(party.unit_id, process), to_head=self._head(party.unit_id), **above
        )

    # ------------------------------------------------------------------ ladders

    def _chosen_ladder(self, process: ProcessPlan, unit_id: str) -> str:
        facts = {
            "duty": "request" if self.units.units[unit_id].system != "state" else process.duty,
            "feeds_from_others": "true" if process.feeds_from else "false",
            "relation": self.relation(unit_id),
            "kind": process.kind,
        }
        return next(choice.ladder for choice in self.rules.escalation.choose if _holds(choice, facts))

    def relation(self, unit_id: str) -> str:
        """`noi-bo` (the sender's own or subordinate units) or `ngang-cap` (peers and higher bodies)."""
        house = self.agency(self.plan.sender or self.plan.tracker)
        return "noi-bo" if house == unit_id or house in self.units.ancestors(unit_id) else "ngang-cap"

    def agency(self, unit_id: str) -> str:
        """The body in whose name a unit acts: itself, or for a department the nearest body above."""
        for candidate in (unit_id, *self.units.ancestors(unit_id)):
            if self.units.units[candidate].kind not in INTERNAL:
                return candidate
        return unit_id

    # ------------------------------------------------------------------ recipients

    def _lead(self, unit_id: str, process: ProcessPlan) -> str | None:
        return self._contact(unit_id, LEAD_ROLES) or self._no_contact(unit_id, process)

    def _head(self, unit_id: str) -> str | None:
        return self._contact(unit_id, HEAD_ROLES)

    def _no_contact(self, unit_id: str, process: ProcessPlan) -> str | None:
        parent = self.units.units[unit_id].parent
        above = self._contact(parent, LEAD_ROLES) if parent else None
        return above or self._contact(process.tracker_id, LEAD_ROLES)

    def _tracker(self, process: ProcessPlan, unit_id: str) -> str | None:
        """The tracker; when it is the late unit: its head, then the plan's tracker, then that one's head."""
        if process.tracker_id != unit_id:
            return self._contact(process.tracker_id, LEAD_ROLES)
        own_head = self._contact(unit_id, ("thu_truong",))
        if own_head or self.plan.tracker == unit_id:
            return own_head
        return self._contact(self.plan.tracker, LEAD_ROLES)

    def _consolidator(self, process: ProcessPlan) -> str | None:
        receivers = [unit for unit in process.details.get("to", []) if unit in self.units.units]
        return self._contact(receivers[0], LEAD_ROLES) if receivers else None

    def _contact(self, unit_id: str, roles: tuple[str, ...]) -> str | None:
        unit = self.units.units.get(unit_id)
        if unit is None or unit.system != "state" or (unit.valid_to and unit.valid_to < self.today):
            return None
        return next((f"{unit_id}:{role}" for role in roles if role in unit.contacts), None)


def _holds(choice: Choice, facts: dict[str, str]) -> bool:
    return all(facts.get(name) == value for name, value in choice.when.items())
