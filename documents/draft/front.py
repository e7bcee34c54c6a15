"""What stands before the first section and after the last: number, date, issuer, title, the documents a plan leans
on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from models.specs import UnitsSpec

from .blocks import Line, Place
from .model import Cited, Said
from .parties import unit_list
from .register import Register
from .words import fold, keys, shortened, slug, tokens

_TYPES = r"(?:KH|NQ|QĐ|CT|CTr|CTR|KL|TB|HD|NĐ|TT|TTLT|QC|QyĐ|ĐA|DA|PA|BC|TTr|CĐ|CV|PL|L|QH|UBND|SGD|VB|VPCP)"
_SYMBOL = re.compile(
    r"(?<![\w/])(?P<n>\d{1,5}[a-z]?)\s*(?P<sep>[/\-–])\s*(?:(?P<y>\d{4})\s*/\s*)?"
    r"(?P<rest>[A-ZĐ][A-Za-zĐđ]{0,5}(?:\s?[-–&]\s?[A-ZĐ0-9][A-Za-zĐđ0-9]*)*(?:\s?/\s?[A-ZĐ][A-ZĐa-z]*)*)"
)
_OWN = re.compile(r"(?:^|\s)(?:Số|SỐ|số)\s*[:.]?\s*(?P<n>[\d]*)[\s.…_]*(?P<rest>[/\-]\s*[A-ZĐ][A-ZĐa-z&/\-– ]*)")
_DATE = r"ngày\s*(?P<d>\d{0,2})[\s.…_]*tháng\s*(?P<m>\d{0,2})[\s.…_]*năm\s*(?P<y>\d{4})"
_PLACED = re.compile(rf"^(?P<place>[^,]{{2,40}}),\s*{_DATE}", re.IGNORECASE)
_CITED_DATE = re.compile(
    r"^[\s,(]*(?:ban hành\s+)?ng[àa]y\s*(?:(?P<d>\d{1,2})\s*(?:/|tháng)\s*(?P<m>\d{1,2})\s*(?:/|năm)\s*(?P<y>\d{4}))",
    re.IGNORECASE,
)
_OF = re.compile(r"^[\s,]*(?:của|do)\s+", re.IGNORECASE)
_KINDS = (
    "KẾ HOẠCH",
    "CHƯƠNG TRÌNH",
    "CHƯƠNG TRÌNH HÀNH ĐỘNG",
    "ĐỀ ÁN",
    "PHƯƠNG ÁN",
    "KE HOACH",
    "QUYẾT ĐỊNH",
    "CHỈ THỊ",
)
_RECITAL = re.compile(r"^(?:[-–]\s*)?(?:căn cứ|thực hiện|triển khai|theo|can c\w+|xét)\b", re.IGNORECASE)
_ISSUES = re.compile(r"\b(?:ban hành|xây dựng|triển khai|lập)\b", re.IGNORECASE)
_YEARS = re.compile(r"(?:giai đoạn|các năm)\s*(?P<a>20\d\d)\s*[-–]\s*(?P<b>20\d\d)", re.IGNORECASE)
_YEAR = re.compile(r"(?:năm|nam)\s*(?P<y>20\d\d)", re.IGNORECASE)


class Front:
    """The lines before the first section (`head`) and the closing ones with the signature (`tail`)."""

    def __init__(self, head: list[Line], tail: list[Line], units: UnitsSpec) -> None:
        self.head, self.tail, self.units = head, tail, units
        self.open = Register(units)
        self.title_index = next((i for i, line in enumerate(head) if _is_kind(line.text)), None)

    # ------------------------------------------------------------------ number and date

    def number(self) -> Said:
        """“193/KH-UBND” as printed; None with a doubt when it is blank or missing."""
        for line in self._letterhead():
            match = _OWN.search(line.text)
            if match:
                symbol = re.sub(r"\s+", "", re.split(r"\s+(?=[A-ZĐÀ-Ỹ]?[a-zà-ỹ])", match["rest"])[0])
                symbol = (
                    re.sub(r"(?<=[A-ZĐ])[A-ZĐ]$", "", symbol)
                    if match["rest"].rstrip().endswith(f" {symbol[-1:]}")
                    and not re.search(r"[-–&/]\s*\w$", match["rest"].rstrip())
                    else symbol
                )
                symbol = re.sub(r"(?<=[A-ZĐ])[A-ZĐ][a-z].*$", "", symbol).rstrip(",.;-/")
                if match["n"]:
                    return Said(f"{match['n']}{symbol}", line.place)
                return Said(None, line.place, [f"bản in để trống số, chỉ ghi “{symbol}”"], note=symbol)
            match_any = re.match(r"^\W*\w{0,6}\W*\s*(\d{1,4})\s*/\s*KH-\w+", line.text)
            if match_any:
                printed = _SYMBOL.search(line.text)
                if printed:
                    return Said(number_of(printed), line.place, ["số đọc từ dòng không rõ “Số:”"])
        return Said(None, None, ["không thấy số, ký hiệu"])

    def issued_on(self) -> Said:
        """The day, or the month or year that is known."""
        for line in self._letterhead():
            for match in re.finditer(_DATE, line.text, re.IGNORECASE):
                if _RECITAL.match(line.text):
                    continue
                day, month, year = match["d"], match["m"], match["y"]
                if day and month:
                    return Said(f"{int(day):02d}/{int(month):02d}/{year}", line.place, _impossible(day, month, year))
                value = f"{year}-{int(month):02d}" if month else year
                return Said(value, line.place, ["ngày ban hành để trống một phần"])
            plain = re.search(r"ngay\s+(\d{1,2})\s+thang\s+(\d{1,2})\s+nam\s+(\d{4})", line.text)
            if plain:
                return Said(f"{int(plain[1]):02d}/{int(plain[2]):02d}/{plain[3]}", line.place)
        return Said(None, None, ["không thấy ngày ban hành"])

    def _letterhead(self) -> list[Line]:
        stop = self.title_index if self.title_index is not None else min(len(self.head), 12)
        return [
            *self.head[: stop + 1],
            *(line for line in self.head[stop + 1 : stop + 4] if line.text.startswith("Số")),
        ]

    # ------------------------------------------------------------------ title

    def title(self) -> Said:
        """The lines between KẾ HOẠCH and the first recital."""
        if self.title_index is None:
            return Said(None, None, ["không thấy tên kế hoạch"])
        own = self.head[self.title_index]
        after = re.sub(rf"^(?:{'|'.join(_KINDS)})\s*:?\s*", "", own.text).strip()
        parts = [after] if after else []
        for line in self.head[self.title_index + 1 :]:
            recital = _RECITAL.match(line.text) and (parts or len(line.text) > 60)
            if recital and not (
                not parts
                and line.text.lower().startswith(("triển khai", "thực hiện"))
                and not line.text.endswith((";", ":"))
            ):
                break
            if parts and (
                _RECITAL.match(line.text) or (len(" ".join(parts)) > 60 and line.text.endswith((":", ";", ")")))
            ):
                break
            if parts and (line.text.endswith("như sau:") or self._who_issues(line.text)):
                break
            if re.fullmatch(r"[\W_]+", line.text) or line.text.startswith("("):
                continue
            parts.append(line.text)
            if len(" ".join(parts)) > 400:
                break
        if not parts:
            return Said(None, own.place, ["không thấy tên kế hoạch dưới dòng KẾ HOẠCH"])
        title = " ".join(parts).replace("**", "")
        place = self.head[self.title_index + (0 if after else 1)].place
        return Said(shortened(title), place, note=title)

    # ------------------------------------------------------------------ issuer

    def issuer(self, symbol: str) -> Said:
        """The unit that issues the plan, from the letterhead, the sentence that says so, the symbol, the place."""
        places = self._places()
        printed: list[tuple[str, Place, int]] = []
        for line in self.head:
            clause = self._who_issues(line.text)
            if clause:
                printed.append((clause, line.place, 3))
        for line in self._letterhead():
            if line.text.isupper() and _is_office(line.text) and not line.text.startswith(("SỐ", "CỘNG HÒA")):
                printed.append((line.text.title(), line.place, 2))
        for line in self.tail:
            match = re.match(r"(?:TM|T/M|KT|TL)\.?\s*(?P<who>(?:ỦY|UỶ) BAN NHÂN DÂN.*|BAN THƯỜNG VỤ.*)", line.text)
            if match:
                printed.append((match["who"].split("\n")[0].title(), line.place, 1))
        if symbol and (office := _office_of(symbol)):
            printed.append((office, self.head[0].place if self.head else Place(), 1))
        votes: Counter[str] = Counter()
        where: dict[str, tuple[Place, str]] = {}
        for text, place, weight in printed:
            for unit_id in self._meant(text, places):
                votes[unit_id] += weight
                where.setdefault(unit_id, (place, text))
        if not votes:
            if printed:
                text, place, _ = max(printed, key=lambda one: one[2])
                return Said(None, place, [f"cơ quan ban hành “{text}” chưa có trong units.yaml"], note=text)
            return Said(None, None, ["không thấy cơ quan ban hành"])
        best = votes.most_common()
        if len(best) > 1 and best[0][1] == best[1][1]:
            same = [unit for unit, count in best if count == best[0][1]]
            return Said(best[0][0], where[best[0][0]][0], [f"có thể là {', '.join(same[:3])}"])
        place, text = where[best[0][0]]
        return Said(best[0][0], place)

    def _who_issues(self, text: str) -> str | None:
        """“Sở GD&ĐT ban hành Kế hoạch …” -> the office, when the sentence (or its last clause) begins with it."""
        last = re.split(
            r"[,;)]\s+(?=(?:Sở|Ủy ban|Uỷ ban|UBND|Phòng|Ban|Bộ|Trường|Huyện ủy|Thành ủy|Tỉnh ủy|Cục|Chi cục|"
            r"Văn phòng)\b)",
            text,
        )
        for part in (last[-1], text):
            match = re.match(
                r"(?P<who>.{4,80}?)\s+(?:ban hành|xây dựng|lập|triển khai|tổ chức|xay dung|"
                r"ban hanh)\s+(?:và .{0,30})?(?:Kế hoạch|kế hoạch|Chương trình|K\S+ ho[aạ]ch|thực hiện)",
                part,
            )
            if match and _is_office(match["who"]) and not _RECITAL.match(match["who"]):
                return match["who"]
        return None

    def _places(self) -> Counter[tuple[str, ...]]:
        """Place names of the units as the front prints them; the line “Hải Phòng, ngày …” counts most."""
        found: Counter[tuple[str, ...]] = Counter()
        for line in self.head:
            words = keys(line.text)
            placed = _PLACED.match(line.text)
            for place in self.open.places:
                size = len(place)
                hits = sum(words[i : i + size] == place for i in range(len(words) - size + 1))
                plain = tuple(fold(word) for word in place)
                folded = tuple(fold(word) for word in words)
                hits = hits or min(1, sum(folded[i : i + size] == plain for i in range(len(folded) - size + 1)))
                if hits:
                    found[place] += hits + (5 if placed and keys(placed["place"]) == place else 0)
        return found

    def _meant(self, text: str, places: Counter[tuple[str, ...]]) -> list[str]:
        """Units that a printed issuer may be: by name, those of the place the front speaks of first."""
        register = self.open
        best: list[tuple[int, str]] = []
        words = keys(text)
        folded = tuple(fold(word) for word in words)
        for unit_id, unit in self.units.units.items():
            if unit.sample or "/" in unit_id:
                continue
            for name, placed, bare in register._unit_names(unit_id):
                whole = name == words or (len(name) > 2 and name == words[: len(name)] and placed)
                loose = tuple(fold(word) for word in name) == folded or _one_word_missing(name, words)
                if not (whole or loose):
                    continue
                mine = bare or register._place_at_end(name)
                weight = 100 if placed else places.get(mine, 0) if mine else 1
                over = [register._place_at_end(_names(self.units, above)) for above in self.units.ancestors(unit_id)]
                weight += max((places.get(place, 0) for place in over if place), default=0)
                if unit.valid_from and not placed:
                    weight -= 1
                if weight > 0:
                    best.append((weight + (1 if whole else 0), unit_id))
        top = max((weight for weight, _ in best), default=0)
        return list(dict.fromkeys(unit_id for weight, unit_id in best if weight == top))

    # ------------------------------------------------------------------ years

    def years(self, title: str, issued: str | None) -> tuple[str | None, str | None, str]:
        """(from, to, why) of the plan's own years, from its title."""
        if match := _YEARS.search(title):
            return f"{match['a']}-01-01", f"{match['b']}-12-31", "suy từ giai đoạn trong tên kế hoạch"
        plain = re.sub(r"ngày\s+\d.*?20\d\d", "", title)
        found = list(dict.fromkeys(match["y"] for match in _YEAR.finditer(plain)))
        if len(found) == 1 and not re.search(r"(?:đến|từ)\s+(?:năm|nam)", plain):
            return f"{found[0]}-01-01", f"{found[0]}-12-31", "suy từ năm trong tên kế hoạch"
        return None, None, ""


def _names(units: UnitsSpec, unit_id: str) -> tuple[str, ...]:
    return keys(units.units[unit_id].name) if unit_id in units.units else ()


def _one_word_missing(name: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """“Ủy ban nhân thành phố”: one word of a name of at least five lost in print."""
    return (
        len(name) >= 5
        and len(words) == len(name) - 1
        and any(name[:i] + name[i + 1 :] == words for i in range(1, len(name)))
    )


def _is_kind(text: str) -> bool:
    line = re.sub(r"[*#_\s]+", " ", text).strip()
    return line in _KINDS or any(line.startswith(f"{kind} ") and line[: len(kind)].isupper() for kind in _KINDS[:3])


def _is_office(text: str) -> bool:
    head = fold(text).split()
    return bool(head) and (
        head[0]
        in {
            "so",
            "ubnd",
            "uy",
            "phong",
            "ban",
            "bo",
            "truong",
            "cuc",
            "chi",
            "van",
            "huyen",
            "thanh",
            "tinh",
            "trung",
            "hoi",
            "cong",
            "vien",
            "benh",
            "lien",
            "mat",
            "doan",
            "dang",
        }
    )


def _office_of(symbol: str) -> str | None:
    """The office that a symbol names: /KH-UBND -> UBND, /KH-SGD&ĐT -> Sở Giáo dục và Đào tạo."""
    tail = symbol.rsplit("-", 1)[-1].rsplit("/", 1)[-1]
    letters = re.sub(r"[^A-ZĐ]", "", tail)
    if letters == "UBND":
        return "Ủy ban nhân dân"
    for lead, word in (("PGD", "Phòng"), ("SGD", "Sở")):
        if letters.startswith(lead):
            return f"{word} Giáo dục và Đào tạo"
    known = {
        "SNV": "Sở Nội vụ", "STC": "Sở Tài chính", "SYT": "Sở Y tế", "SXD": "Sở Xây dựng", "STP": "Sở Tư pháp",
        "SCT": "Sở Công Thương", "SKHCN": "Sở Khoa học và Công nghệ", "STTTT": "Sở Thông tin và Truyền thông",
        "SLĐTBXH": "Sở Lao động - Thương binh và Xã hội", "SKHĐT": "Sở Kế hoạch và Đầu tư",
        "SVHTT": "Sở Văn hóa và Thể thao",
    }  # fmt: skip
    return known.get(letters)


def _impossible(day: str, month: str, year: str) -> list[str]:
    import datetime

    try:
        datetime.date(int(year), int(month), int(day))
    except ValueError:
        return ["ngày không có trong lịch"]
    return []


# ------------------------------------------------------------------ cited documents


def number_of(match: re.Match[str]) -> str:
    """A symbol in one form: no spaces, an ordinary hyphen."""
    rest = re.sub(r"\s+", "", match["rest"]).replace("–", "-")
    year = f"{match['y']}/" if match["y"] else ""
    return f"{match['n']}{match['sep'].replace('–', '-')}{year}{rest}"


_NOT_NUMBERS = re.compile(r"^\d+[/\-](?:\d{4}$|CP$|[A-Z]$)")


def cited(lines: Iterable[Line], register: Register) -> list[tuple[Cited, Line, int]]:
    """Every document number in order, with its line and its place in the line."""
    found = []
    for line in lines:
        for match in _SYMBOL.finditer(line.text):
            number = number_of(match)
            if not re.search(_TYPES, number) or _NOT_NUMBERS.match(number) or number.startswith("0/"):
                continue
            after = line.text[match.end() :]
            dated = _CITED_DATE.match(after)
            day = f"{dated['y']}-{int(dated['m']):02d}-{int(dated['d']):02d}" if dated else None
            if dated and _impossible(dated["d"], dated["m"], dated["y"]):
                day = None
            rest = after[dated.end() :] if dated else after
            by = None
            if of := _OF.match(rest):
                units, _ = unit_list(re.split(r"\s+(?:khóa|khoá|về)\s", rest[of.end() :])[0], register)
                if units:
                    by = units[0].id or units[0].text
            found.append((Cited(number, line.place, day, by), line, match.start()))
    return found


def same_key(number: str) -> tuple[str, str]:
    """What stays the same in the ways one number is printed: 307-KH, 307-KH/TU, 307/KH-TU."""
    digits = re.match(r"\d+", number)
    kind = re.search(r"[/\-](?:\d{4}/)?([A-ZĐ][A-Za-zĐ]*)", number)
    year = re.search(r"/(\d{4})/", number)
    return ((digits[0].lstrip("0") if digits else number), f"{kind[1] if kind else ''}{year[1] if year else ''}")


def sorted_out(
    found: list[tuple[Cited, Line, int]], head: set[int], own: str | None
) -> tuple[list[Cited], list[Cited]]:
    """(parents, basis): the first document of each recital that is a plan, a decision or a conclusion; all others."""
    groups: dict[tuple[str, str], list[tuple[Cited, Line, int]]] = {}
    for one in found:
        if own and slug(one[0].number) == slug(own):
            continue
        groups.setdefault(same_key(one[0].number), []).append(one)
    parents: list[Cited] = []
    basis: list[Cited] = []
    for key, group in groups.items():
        dated = [one for one in group if one[0].date] or group
        first = dated[0][0]
        spelled = list(dict.fromkeys(one[0].number for one in group))
        number = max(spelled, key=lambda text: (sum(one[0].number == text for one in group), len(text)))
        dates = list(dict.fromkeys(one[0].date for one in group if one[0].date))
        by = next((one[0].by for one in dated if one[0].by), None)
        cite = Cited(number, first.place, first.date, by)
        if len(spelled) > 1:
            cite.note = f"In nhiều cách khác nhau: {', '.join(spelled[:4])}"
        if len(dates) > 1:
            cite.doubts.append(f"in nhiều ngày khác nhau: {', '.join(dates[:3])}")
        if not dates:
            twin = next(
                (other for other in groups if other[1] == key[1] and other[0] != key[0] and other[0].endswith(key[0])),
                None,
            )
            cite.doubts.append(f"bản in không ghi ngày{f'; gần giống số {twin[0]}' if twin else ''}")
        is_parent = any(_is_parent(found_in, line, at, head) for found_in, line, at in group)
        (parents if is_parent else basis).append(cite)
    return parents, basis


_PARENT_KINDS = re.compile(r"[/\-](?:\d{4}/)?(?:KH|CTr|CTR|KL|QĐ|QD|CT|ĐA|TB)\b")


def _is_parent(cite: Cited, line: Line, at: int, head: set[int]) -> bool:
    """The first number after Căn cứ or Thực hiện, or after a semicolon of such a recital."""
    if id(line) not in head or not _RECITAL.match(line.text) or not _PARENT_KINDS.search(cite.number):
        return False
    before = line.text[:at]
    if before.count("(") > before.count(")"):
        return False
    clause = re.split(r";", re.sub(r"\([^)]*\)", "", before))[-1]
    return not _SYMBOL.search(clause)


def words_of(text: str) -> int:
    """How many words a text has."""
    return sum(not token.mark for token in tokens(text))
