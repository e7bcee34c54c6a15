"""How much of a hand-written plan a draft of its document finds, task by task; prints the table of docs/drafting.md.

    python tests/documents/draft/compare.py [FOLDER OF SEEDS]

Recall: of what the hand-written plan says, how much the draft says too. Precision: of what the draft says, how much the
hand-written plan says too. What an admin added that no document prints (internal deadlines) is not counted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT)) if str(ROOT) not in sys.path else None

from calendars.phrases import Context, PhraseError, read  # noqa: E402
from config.plan_files import Config, load_config  # noqa: E402
from config.shapes import fit  # noqa: E402
from config.yaml_text import read_document  # noqa: E402
from documents.draft.drafting import draft_of  # noqa: E402
from documents.draft.model import Draft  # noqa: E402
from documents.draft.read_text import read_text  # noqa: E402
from documents.draft.words import fold  # noqa: E402
from documents.draft.write import Writer  # noqa: E402
from models.specs import PlanSpec, Task, flatten  # noqa: E402

SEEDS = ROOT.parent / "shared" / "seeds"
PLANS = {
    "000": "sgddt-hp-kl50",
    "001": "pgd-haian-cchc-2024",
    "002": "sgddt-bt-cchc-2022",
    "003": "ubnd-konray-nq19",
    "004": "ubnd-hp-kl134",
}
KINDS = ("nhiệm vụ", "chủ trì", "phối hợp", "thời gian", "sản phẩm", "báo cáo", "văn bản", "chỉ tiêu")


@dataclass
class Score:
    """What was expected, what was drafted, what is right in both."""

    expected: int = 0
    drafted: int = 0
    right: int = 0
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.drafted if self.drafted else 1.0

    def add(self, name: str, expected: Iterable[str], drafted: Iterable[str]) -> None:
        """Compare two sets of one task."""
        want, got = set(expected), set(drafted)
        self.expected, self.drafted, self.right = (
            self.expected + len(want),
            self.drafted + len(got),
            self.right + len(want & got),
        )
        self.missing += [f"{name}: {one}" for one in sorted(want - got)]
        self.extra += [f"{name}: {one}" for one in sorted(got - want)]


@lru_cache(maxsize=1)
def config() -> Config:
    """The shipped config."""
    return load_config(ROOT / "config")


def seed(number: str, folder: Path = SEEDS) -> str | None:
    """The text of a seed, None when it is not there."""
    found = sorted(folder.glob(f"{number}_*.txt")) if folder.is_dir() else []
    return found[0].read_text(encoding="utf-8") if found else None


def drafted(text: str) -> tuple[Draft, str]:
    """The draft of a text, and its YAML."""
    draft = draft_of(read_text(text), config().units, days=config().working_days)
    return draft, Writer(draft).text("mau.txt")


def as_plan(yaml: str) -> PlanSpec:
    """A drafted YAML as a plan; what a person must fill in is filled in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nhap.yaml"
        path.write_text(yaml.replace("track_from: chua-ro", "track_from: 2026-01-01"), encoding="utf-8")
        document = read_document(path)
        plan = fit(document, PlanSpec)
        assert plan is not None, [str(finding) for finding in document.findings if finding.level == "error"]
        return plan


def compare(hand: PlanSpec, plan: PlanSpec) -> dict[str, Score]:
    """The score of each kind."""
    scores = {kind: Score() for kind in KINDS}
    mine, theirs = flatten(hand), flatten(plan)
    pairs = matched(mine, theirs)
    tasks = scores["nhiệm vụ"]
    tasks.expected, tasks.drafted, tasks.right = len(mine), len(theirs), len(pairs)
    tasks.missing = [one.code or one.title for one in mine if id(one) not in {id(a) for a, _ in pairs}]
    tasks.extra = [one.code or one.title for one in theirs if id(one) not in {id(b) for _, b in pairs}]
    for want, got in pairs:
        name = want.code or want.title
        scores["chủ trì"].add(name, (p.unit for p in want.lead), (p.unit for p in got.lead))
        scores["phối hợp"].add(name, (p.unit for p in want.cooperating), (p.unit for p in got.cooperating))
        _time(scores["thời gian"], name, want.when, got.when, hand)
        _text(scores["sản phẩm"], name, want.deliverable, got.deliverable)
    _reports(scores["báo cáo"], hand, plan)
    cited = [{_number(d.number) for d in (*one.parents, *one.basis)} for one in (hand, plan)]
    scores["văn bản"].add("", *cited)
    goals = [
        sorted(t.goal.replace(" ", "") for t in (*one.targets, *(t for task in flatten(one) for t in task.targets)))
        for one in (hand, plan)
    ]
    numbered = [{f"{goal}#{side[:i].count(goal)}" for i, goal in enumerate(side)} for side in goals]
    scores["chỉ tiêu"].add("", *numbered)
    return scores


def _number(number: str) -> str:
    return fold(number).replace(" ", "").replace("-", "/")


def _time(score: Score, name: str, want: str | None, got: str | None, hand: PlanSpec) -> None:
    if want and got and same_time(want, got, hand):
        got = want
    score.add(name, [want] if want else [], [got] if got else [])


def same_time(one: str, other: str, hand: PlanSpec) -> bool:
    """Whether two phrases are the same words, or fall due on the same days."""
    if fold(one).strip(" .") == fold(other).strip(" ."):
        return True
    context = Context(issued_on=hand.issued_from, valid_from=hand.valid.from_, valid_to=hand.valid.to)
    try:
        first, second = read(one, context), read(other, context)
    except PhraseError:
        return False
    window = (date(2020, 1, 1), date(2032, 1, 1))
    days = [{due for _, due in reading.dues(*window)} for reading in (first, second)]
    return (
        first.kind == second.kind
        and days[0] == days[1]
        and bool(days[0] or first.kind in {"external_reference", "on_demand"})
    )


def _text(score: Score, name: str, want: str | None, got: str | None) -> None:
    if want and got and overlap(want, got) >= 0.6:
        got = want
    score.add(name, [want] if want else [], [got] if got else [])


def overlap(one: str, other: str) -> float:
    """Share of the words of the shorter text that the longer one has."""
    first, second = set(fold(one).split()), set(fold(other).split())
    return len(first & second) / max(1, min(len(first), len(second)))


def _reports(score: Score, hand: PlanSpec, plan: PlanSpec) -> None:
    printed = {key: one for key, one in hand.reports.items() if one.when}
    left = dict(plan.reports)
    score.expected, score.drafted = len(printed), len(left)
    for key, want in printed.items():
        hits = {
            name: one
            for name, one in left.items()
            if set(one.by) & set(want.by)
            and one.when
            and (same_time(want.when or "", one.when, hand) or overlap(want.when or "", one.when) >= 0.7)
        }
        best = max(hits, key=lambda name: len(set(hits[name].to) & set(want.to)), default=None)
        if best is None:
            score.missing.append(key)
        elif set(left[best].to) & set(want.to) and left[best].via == want.via:
            score.right += 1
            del left[best]
        else:
            score.missing.append(f"{key} (nơi nhận)")
    score.extra = list(left)


def matched(mine: list[Task], theirs: list[Task]) -> list[tuple[Task, Task]]:
    """Tasks that stand for the same printed item: by code in printed order, then by order and words."""
    pairs: list[tuple[Task, Task]] = []
    free = list(theirs)
    for want in mine:
        same = next((one for one in free if _code(one.code) == _code(want.code)), None)
        if same is not None:
            free.remove(same)
            pairs.append((want, same))
    done = {id(a) for a, _ in pairs}
    for want in mine:
        if id(want) in done or not free:
            continue
        best = max(free, key=lambda one: SequenceMatcher(None, fold(want.title), fold(one.title)).ratio())
        if overlap(want.title, best.title) >= 0.5:
            free.remove(best)
            pairs.append((want, best))
    return pairs


def _code(code: str) -> str:
    return fold(code).removesuffix("-1")


def table(folder: Path = SEEDS) -> str:
    """The Markdown table: recall / precision of each kind for each seed."""
    rows = ["| bản in | " + " | ".join(KINDS) + " |", "|---" * (len(KINDS) + 1) + "|"]
    for number, name in PLANS.items():
        text = seed(number, folder)
        if text is None:
            continue
        scores = compare(config().plans[name], as_plan(drafted(text)[1]))
        cells = [f"{s.recall:.2f} / {s.precision:.2f} ({s.expected})" for s in scores.values()]
        rows.append(f"| S{int(number)} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main() -> None:
    """Print the table, and with --why what is missing and what is too much."""
    folder = Path(next((word for word in sys.argv[1:] if not word.startswith("-")), SEEDS))
    print(table(folder))
    if "--why" in sys.argv:
        for number, name in PLANS.items():
            text = seed(number, folder)
            if text is not None:
                for kind, score in compare(config().plans[name], as_plan(drafted(text)[1])).items():
                    for word, rows in (("thiếu", score.missing), ("thừa", score.extra)):
                        for row in rows:
                            print(f"S{int(number)} {kind} {word}: {row}")


if __name__ == "__main__":
    main()
