"""Which unit or group of units.yaml a printed name means, seen from the office that issues the plan.

“Phòng Nội vụ” exists in every district: what stands nearest to the issuer wins, what belongs to another province is not
taken unless its own place name is printed. A name that matches only without diacritics, or by its beginning, is
doubtful.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from models.specs import UnitsSpec

from .words import Token, fold, keys, tokens

_LEVELS = ("thành phố", "tỉnh", "thị xã", "quận", "huyện", "thị trấn", "phường", "xã", "đặc khu")
_PLACED = re.compile(rf"^(?:Ủy|Uỷ) ban nhân dân (?P<level>{'|'.join(_LEVELS)}) (?P<name>.+)$")
_LEVEL_KEYS = [keys(level) for level in _LEVELS]
_OFFICE_WORDS = [keys(word) for word in ("Sở", "Bộ")]
_TAILS = [keys(f"{before}{word}") for word in (*_LEVELS, "Sở", "cơ quan Sở") for before in ("thuộc ", "")]
UNRELATED = 9
_AND, _CAC, _CO = "va\u0300", keys("các")[0], keys("có")[0]
_RELATED = keys("liên quan")


@dataclass(frozen=True)
class Found:
    """A printed name and whom it means; `id` None when nobody known. `doubt` says why one should look."""

    text: str
    id: str | None
    doubt: str | None = None


@dataclass(frozen=True)
class _Alias:
    id: str
    placed: bool = False  # its own place name is part of it
    bare: tuple[str, ...] = ()  # the place name left out of it
    cut: bool = False  # a shortened form of a group's name


class Register:
    """The names of units.yaml as a plan of `home` (a unit id, or None) prints them."""

    def __init__(self, units: UnitsSpec, home: str | None = None) -> None:
        self.units = units
        self.home = home if home in units.units else None
        self._exact: dict[tuple[str, ...], dict[str, _Alias]] = defaultdict(dict)
        self._folded: dict[tuple[str, ...], dict[str, _Alias]] = defaultdict(dict)
        for unit_id in units.units:
            for words, placed, bare in self._unit_names(unit_id):
                self._add(words, _Alias(unit_id, placed, bare))
        for group_id in units.groups:
            full = _respelled(keys(units.groups[group_id].name))
            for words in self._group_names(group_id):
                self._add(words, _Alias(group_id, cut=words not in (full, full[1:])))
        self.longest = max((len(words) for words in self._exact), default=0)

    def seen_from(self, home: str | None) -> Register:
        """The same register from another office."""
        other = copy.copy(self)  # the tables of names are the same from everywhere
        other.home = home if home in self.units.units else None
        for kept in ("_near", "_mine", "_benign"):
            other.__dict__.pop(kept, None)
        return other

    def _add(self, words: tuple[str, ...], alias: _Alias) -> None:
        if words and (len(words) > 1 or alias.id == words[0]):
            known = self._exact[words].get(alias.id)
            self._exact[words][alias.id] = alias if known is None or known.bare else known
            self._folded[tuple(fold(word) for word in words)].setdefault(alias.id, alias)

    # ------------------------------------------------------------------ names

    @cached_property
    def places(self) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
        """Proper name of a place -> its levels: (hải, an) -> [(quận), (phường)]."""
        found: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for unit in self.units.units.values():
            if match := _PLACED.match(unit.name):
                found[keys(match["name"])].append(keys(match["level"]))
        return dict(found)

    def _bare(self, words: tuple[str, ...], place: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(name without its place and level, the level said) of a name that ends with a place."""
        bare = words[: len(words) - len(place)]
        for level in self.places[place]:
            if bare[len(bare) - len(level) :] == level:
                return bare[: len(bare) - len(level)], level
        return bare, ()

    def _unit_names(self, unit_id: str) -> Iterator[tuple[tuple[str, ...], bool, tuple[str, ...]]]:
        """Names, whether with the place, and the place left out."""
        unit = self.units.units[unit_id]
        for name in dict.fromkeys((unit.name, unit.short or unit.name, re.sub(r"\s*\(.*?\)", "", unit.name))):
            words = _respelled(keys(name))
            place = self._place_at_end(words)
            yield words, bool(place), ()
            if place:
                core, said = self._bare(words, place)
                if len(core) > 1:
                    yield core, False, place
                    yield (*core, *place), True, ()
                    for level in [said] if said else self.places[place]:
                        yield (*core, *level), False, place
                        yield (*core, *level, *place), True, ()
        above = self.units.ancestors(unit_id)
        if above and unit.kind == "van-phong":
            yield keys("Văn phòng"), False, ()
        if above:  # “Văn phòng Sở” for “Văn phòng Sở Giáo dục và Đào tạo”
            for owner in (words for words, _ in self._owner_names(above[0])):
                for name in (unit.name, unit.short or unit.name):
                    words = _respelled(keys(name))
                    if len(words) > len(owner) and words[len(words) - len(owner) :] == owner:
                        yield (*words[: len(words) - len(owner)], owner[0]), False, ()

    def _owner_names(self, unit_id: str) -> Iterator[tuple[tuple[str, ...], bool]]:
        unit = self.units.units.get(unit_id)
        if unit is None:
            return
        words = _respelled(keys(unit.name))
        place = self._place_at_end(words)
        yield words, bool(place)
        if place:
            yield self._bare(words, place)[0], False

    @cached_property
    def _owners(self) -> list[tuple[str, ...]]:
        """Names of offices that a group's name may end with."""
        names = [owner for unit_id in self.units.units if "/" not in unit_id for owner, _ in self._owner_names(unit_id)]
        return [owner for owner in dict.fromkeys(names) if len(owner) > 2]

    def _place_at_end(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return max((place for place in self.places if words[len(words) - len(place) :] == place), key=len, default=())

    def _group_names(self, group_id: str) -> Iterator[tuple[str, ...]]:
        group = self.units.groups[group_id]
        for name in (group.name, group.short or group.name):
            words = _respelled(keys(name))
            forms = [words]
            for tail in _TAILS:
                if len(words) > len(tail) + 1 and words[len(words) - len(tail) :] == tail:
                    forms.append(words[: len(words) - len(tail)])
            for owner in self._owners:
                if len(words) > len(owner) + 1 and words[len(words) - len(owner) :] == owner:
                    forms += [words[: len(words) - len(owner)], (*words[: len(words) - len(owner)], owner[0])]
            for form in forms:
                yield form
                if form[0] == _CAC and len(form) > 2:
                    yield form[1:]

    # ------------------------------------------------------------------ nearness

    @cached_property
    def _mine(self) -> set[tuple[str, ...]]:
        """The places that home and the units above it are named after."""
        chain = [self.home, *self.units.ancestors(self.home)] if self.home else []
        names = [_respelled(keys(self.units.units[unit].name)) for unit in chain]
        return {place for place in self.places if any(_holds(name, place) for name in names)}

    @cached_property
    def _near(self) -> dict[str, int]:
        """Unit -> how far from home: 0 home or below it, 1 above, 2 beside, 3 under a common head, 4 same place or the
        nation, UNRELATED elsewhere."""
        if self.home is None:
            return {}
        above = self.units.ancestors(self.home)
        chain = [self.home, *above]
        mine = self._mine
        far = {}
        for unit_id, unit in self.units.units.items():
            over = self.units.ancestors(unit_id)
            words = _respelled(keys(unit.name))
            if unit_id == self.home or self.home in over:
                rank = 0
            elif unit_id in above:
                rank = 1
            elif above and over and set(over) & set(chain):
                rank = 2 if over[0] == above[0] else 3
            elif (
                (not over and not any(_holds(words, place) for place in self.places))
                or any(_holds(words, place) for place in mine)
                or (over and over[-1] not in chain and self._national(over[-1]))
            ):
                rank = 4
            else:
                rank = UNRELATED
            far[unit_id] = rank
        return far

    def _national(self, root: str) -> bool:
        words = _respelled(keys(self.units.units[root].name)) if root in self.units.units else ()
        return bool(words) and not any(_holds(words, place) for place in self.places)

    @cached_property
    def _tags(self) -> set[str]:
        """Endings of ids that stand for a place: hp of ubnd-hp, konray of ubnd-konray."""
        return {unit_id.split("/")[0].rsplit("-", 1)[-1] for unit_id in self.units.units if "-" in unit_id}

    def nearness(self, reference: str) -> int:
        """0 is nearest, UNRELATED belongs elsewhere; without a home everything is equally near."""
        if self.home is None:
            return 4
        if reference in self.units.units:
            return self._near[reference]
        group = self.units.groups[reference]
        if group.rule:
            return self._near.get(group.rule.under, UNRELATED)
        members = self.units.members_of(reference)
        if members:
            ranks = [self._near[member] for member in members]
            return max(ranks) if UNRELATED in ranks else min(ranks)
        tag = reference.rsplit("-", 1)[-1]
        own = {unit.split("/")[0].rsplit("-", 1)[-1] for unit in (self.home, *self.units.ancestors(self.home))}
        if tag in own:
            return 0 if tag == self.home.split("/")[0].rsplit("-", 1)[-1] else 2
        return UNRELATED if tag in self._tags else 4

    def _best(self, aliases: dict[str, _Alias]) -> tuple[str | None, str | None]:
        """(id, doubt) of the nearest of the units that bear a name."""
        ranked = sorted(
            ((0 if alias.placed else self.nearness(alias.id)) + 0.5 * alias.cut, alias.id)
            for alias in aliases.values()
            if not alias.bare or not self.home or alias.bare in self._mine
        )
        ranked = [one for one in ranked if one[0] < UNRELATED]  # half a step further for a shortened name
        if not ranked:
            return None, None
        best = [unit_id for rank, unit_id in ranked if rank == ranked[0][0]]
        if len(best) > 1:
            return best[0], f"có {len(best)} đơn vị cùng tên: {', '.join(best[:4])}"
        return best[0], None

    # ------------------------------------------------------------------ finding

    def at(self, words: list[Token], start: int) -> tuple[str | None, str | None, int]:
        """(id, doubt, index after it) of the longest known name that begins at `start`; (None, None, start) if none."""
        taken = _without_marks(words, start, self.longest)
        for table, why in ((self._exact, None), (self._folded, "chỉ khớp khi bỏ dấu")):
            for size in range(len(taken), 1, -1):
                name = tuple(key if why is None else folded for key, folded, _ in taken[:size])
                aliases = table.get(name)
                if not aliases:
                    continue
                unit_id, doubt = self._best(aliases)
                if unit_id is not None:
                    return unit_id, doubt or why, self._with_place(words, taken[size - 1][2] + 1)
        return None, None, start

    def _with_place(self, words: list[Token], index: int) -> int:
        """Past “Sở”, “huyện”, “thành phố Hải Phòng”, the issuer's own name, that only say where the unit belongs."""
        for _ in range(3):
            here = [token.key for token in words[index : index + 12] if not token.mark and token.key != _AND]
            if not here or words[index].mark or words[index].key == _AND:
                break
            phrase = next((one for one in self._benign if tuple(here[: len(one)]) == one), None)
            if not phrase:
                break
            left = len(phrase)
            while left:
                left -= not words[index].mark and words[index].key != _AND
                index += 1
        return index

    @cached_property
    def _benign(self) -> list[tuple[str, ...]]:
        found = [*_OFFICE_WORDS]
        if not self.home:
            found += _LEVEL_KEYS
        else:
            for unit in (self.home, *self.units.ancestors(self.home)):
                found += [words for words, _ in self._owner_names(unit)]
                words = _respelled(keys(self.units.units[unit].name))
                place = self._place_at_end(words)
                if place:
                    found.append(place)
                    found += [form for level in self.places[place] for form in (level, (*level, *place))]
        return sorted(dict.fromkeys(found), key=len, reverse=True)

    def like(self, text: str) -> str | None:
        """A near group whose name begins with these words (at least four), or says them in other order; for a
        proposal.
        """
        words = _respelled(keys(text))
        if len(words) < 4:
            return None
        for name, aliases in self._exact.items():
            if len(name) > len(words) and name[: len(words)] == words:
                unit_id, _ = self._best(aliases)
                if unit_id in self.units.groups:
                    return unit_id
        return None

    def exactly(self, text: str) -> Found:
        """The unit that the whole text names."""
        words = tokens(text)
        start = next((i for i, token in enumerate(words) if not token.mark), 0)
        unit_id, doubt, end = self.at(words, start)
        rest = [token for token in words[end:] if not token.mark]
        return Found(text, unit_id, doubt) if unit_id and not rest else Found(text, None)


def _holds(words: tuple[str, ...], place: tuple[str, ...]) -> bool:
    return any(words[i : i + len(place)] == place for i in range(len(words) - len(place) + 1))


def _respelled(words: tuple[str, ...]) -> tuple[str, ...]:
    """Doubled words once (“các các”), “có liên quan” as “liên quan”."""
    out: list[str] = []
    for i, word in enumerate(words):
        if out and word == out[-1]:
            continue
        if word == _CO and tuple(words[i + 1 : i + 3]) == _RELATED:
            continue
        out.append(word)
    return tuple(out)


def _without_marks(words: list[Token], start: int, most: int) -> list[tuple[str, str, int]]:
    """(key, folded, index) of the next words of a name: marks inside it and “và” do not count, a full stop ends it."""
    found: list[tuple[str, str, int]] = []
    for index in range(start, min(len(words), start + most * 2)):
        token = words[index]
        if token.mark:
            if token.key not in {",", "-", "–", "&"}:
                break
            continue
        if token.key == _AND or (found and token.key == found[-1][0]):
            continue
        following = tuple(t.key for t in words[index + 1 : index + 3])
        if token.key == _CO and following == _RELATED:
            continue
        found.append((token.key, token.folded, index))
    return found
