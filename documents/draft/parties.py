"""Who does what in a sentence or a cell: “X chủ trì, phối hợp với Y và Z triển khai thực hiện …”."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from calendars.lexicon import LEADS

from .register import Found, Register
from .words import Token, fold, keys, tokens

_NOT_VERBS = {
    "phòng", "sở", "ubnd", "các đơn vị", "đơn vị", "trường", "ủy ban", "uỷ ban", "dịp", "nhân dịp", "sáng", "chiều",
    "lần", "đợt",
    "kế hoạch", "chương trình", "in", "thi", "thu", "chi", "cấp", "lập", "mở", "trả", "ký", "xét", "họp", "tiếp",
    "nhân", "riêng",
    "kết quả", "số liệu", "quyết định", "văn bản", "đề án", "nghị quyết", "dự thảo", "chuyên đề", "hội nghị", "đã",
    "cần", "phải",
}  # fmt: skip
_MORE_VERBS = (
    "cân đối|đẩy mạnh|trong việc|trong công tác|trong quá trình|thống nhất|tham gia|căn cứ|chịu trách nhiệm|"
    "có trách nhiệm|"
    "ưu tiên|khuyến khích|chỉ đạo|trên cơ sở|trên địa bàn|là|để|nhằm|theo quy định|theo chức năng|thường xuyên|định kỳ|"
    "hằng năm|hàng năm|hoàn thành|khi có|kịp thời|chủ động|tích cực|có kế hoạch|tổ chức thực hiện|chủ trì|phối hợp|"
    "tham mưu|"
    "triển khai|thực hiện|làm|giúp|tổng hợp|trình|liên quan đến|về việc|về|gửi|đưa|đảm bảo|bảo đảm|phụ trách|"
    "đầu mối|nâng cao|"
    "xem xét|lựa chọn|tập trung|cụ thể hóa|cụ thể hoá|thẩm định|tự|kết hợp|lãnh đạo thực hiện|tăng cường|vận động|"
    "được|đề ra|"
    "xong|sẽ|tiến hành|cung ứng|cung cấp|thực thi|chấp hành|quán triệt|vận hành|phát huy|trong|trước|sau"
)
VERBS = frozenset(tuple(verb.split()) for verb in (*LEADS, *_MORE_VERBS.split("|")) if verb not in _NOT_VERBS)
_LONGEST_VERB = max(len(verb) for verb in VERBS)
HEADS = frozenset(
    tuple(head.split())
    for head in [
        "sở",
        "phòng",
        "ban",
        "bộ",
        "cục",
        "chi cục",
        "vụ",
        "viện",
        "văn phòng",
        "ủy ban",
        "uỷ ban",
        "ubnd",
        "ub",
        "hội đồng",
        "hđnd",
        "hội",
        "hiệp hội",
        "liên hiệp",
        "câu lạc bộ",
        "tập đoàn",
        "chi nhánh",
        "đảng bộ",
        "đoàn",
        "mặt trận",
        "mttq",
        "ubmttq",
        "ubmttqvn",
        "công an",
        "bộ chỉ huy",
        "ban chỉ huy",
        "trường",
        "trung tâm",
        "thanh tra",
        "các",
        "những",
        "cơ quan",
        "đơn vị",
        "tòa án",
        "toà án",
        "viện kiểm sát",
        "kho bạc",
        "bảo hiểm",
        "bhxh",
        "ngân hàng",
        "báo",
        "đài",
        "liên đoàn",
        "liên minh",
        "công ty",
        "tổng công ty",
        "ngành",
        "toàn thể",
        "tất cả",
        "đảng ủy",
        "đảng uỷ",
        "thành ủy",
        "thành uỷ",
        "huyện ủy",
        "huyện uỷ",
        "tỉnh ủy",
        "tỉnh uỷ",
        "quận ủy",
        "thường trực",
        "tổ",
        "hạt",
        "trạm",
        "bệnh viện",
        "chủ tịch",
        "giám đốc",
        "thủ trưởng",
        "lãnh đạo",
        "công chức",
        "cán bộ",
        "bộ phận",
        "bí thư",
        "tp",
        "thuế",
        "hải quan",
        "quân sự",
        "điện lực",
        "bưu điện",
        "doanh nghiệp",
        "hợp tác xã",
        "thôn",
        "cấp ủy",
        "cấp uỷ",
        "nhóm",
        "vp",
        "pgd",
        "sgd",
        "sgdđt",
        "catp",
        "công đoàn",
        "chính phủ",
        "thủ tướng",
        "nhà trường",
        "người đứng đầu",
        "trưởng",
        "hiệu trưởng",
        "chánh",
        "quỹ",
        "ubkt",
        "btv",
        "btg",
        "bch",
        "đội",
        "ông",
        "bà",
        "đồng chí",
        "đ/c",
        "xã",
        "phường",
        "quận",
        "huyện",
        "mỗi",
        "từng",
        "đại học",
        "học viện",
        "thư viện",
        "bảo tàng",
        "nhà",
        "tổ chức chính trị",
        "lđlđ",
        "bhxh",
        "kbnn",
        "vnpt",
        "viettel",
    ]
)
NO_HEADS = frozenset(
    tuple(pair.split())
    for pair in [
        "tổ chức",
        "báo cáo",
        "ban hành",
        "ban đầu",
        "hội nghị",
        "hội thảo",
        "hội nhập",
        "bộ tiêu",
        "viện dẫn",
        "đoàn kết",
        "xã hội",
        "ngành nghề",
        "nhà nước",
        "vụ việc",
        "đội ngũ",
        "trường hợp",
        "phòng chống",
        "phòng ngừa",
        "phòng cháy",
        "sở hữu",
        "từng bước",
        "quỹ đất",
        "bộ máy",
        "bộ thủ",
        "tổ công",
        "cán cân",
        "nhóm nhiệm",
        "công đoạn",
        "thuế suất",
        "nhà ở",
        "nhà đầu",
        "đài thọ",
        "vụ mùa",
        "hội đủ",
        "trưởng thành",
        "thường trực,",
    ]
) - {("tổ", "công")}
TITLES = (
    "chánh",
    "thủ trưởng",
    "người đứng đầu",
    "giám đốc",
    "lãnh đạo",
    "chủ tịch",
    "trưởng",
    "đồng chí",
    "hiệu trưởng",
    "tất cả",
    "toàn thể",
)
_TITLE = re.compile(rf"(?:{'|'.join(TITLES)})\s+(?=\S)", re.IGNORECASE)
_SEPARATORS = {",", ";", "/", "+", "\n"}
_JOINERS = {"va\u0300", "cung\u0300", "voi\u0301", "hoặc"} | {keys(w)[0] for w in ("cùng", "với", "hoặc")}
_LEAD_IN = re.compile(
    r"^(?:(?:[-–+*•]\s*)|(?:giao(?:\s+(?:cho|nhiệm vụ cho))?|yêu cầu|đề nghị|trách nhiệm của|phân công|do|là|cho)\s+)+",
    re.IGNORECASE,
)
MOST_OF_A_NAME = 25


def unit_list(text: str, register: Register) -> tuple[list[Found], str]:
    """The units a text names from its first word on, and the text after them (from the verb on)."""
    words = tokens(text)
    spans: list[tuple[int, int, Found]] = []
    index, parted = 0, True
    while index < len(words):
        token = words[index]
        if _is_separator(token, text, words, index):
            index, parted = index + 1, True
            continue
        if not parted:
            break
        if token.mark and token.key not in {"(", "“", '"'}:
            break
        found, following = _one(text, words, index, register)
        if found is None:
            break
        spans.append((token.start, following, found))
        index, parted = following, False
    end = words[index].start if index < len(words) else len(text)
    return [found for _, _, found in spans], text[end:].strip()


def _is_separator(token: Token, text: str, words: list[Token], index: int) -> bool:
    if token.mark:
        if token.key == "." and text[token.end : token.end + 2].strip(" .") == "":
            return True
        return token.key in _SEPARATORS or token.key in {"-", "–", "•"}
    if token.key not in _JOINERS:
        return False
    following = words[index + 1] if index + 1 < len(words) else None
    return following is not None


def _one(  # noqa: PLR0912  (one case a way a name can end)
    text: str, words: list[Token], index: int, register: Register
) -> tuple[Found | None, int]:
    """The unit that begins at a token, and the index after it; None when a verb or nothing stands there."""
    start = words[index].start
    unit_id, doubt, after = register.at(words, index)
    if unit_id is not None and _ends_here(text, words, after, register):
        return Found(text[start : words[after - 1].end], unit_id, doubt), after
    titled = _TITLE.match(text, start)
    if titled:
        inner = next((i for i in range(index, len(words)) if words[i].start >= titled.end()), len(words))
        unit_id, doubt, after = register.at(words, inner)
        if unit_id is not None and _ends_here(text, words, after, register):
            return Found(text[start : words[after - 1].end], unit_id, doubt), after
    if not _opens_name(text, words, index):
        return None, index
    end = index + 1
    depth = 0
    generic = _raw(text, words, index, 1)[0] in {"các", "những", "mọi"}
    while end < len(words):
        token = words[end]
        depth += (token.key == "(") - (token.key == ")")
        if depth < 0 or token.key in {".", ":", ";"}:
            break
        if tuple(one.key for one in words[max(index, end - 4) : end]) == _ASSEMBLY and _council_next(words, end + 1):
            end += 5
            continue
        generic = generic or token.key == _CAC
        if depth == 0 and generic and (token.key in {",", "-"} or token.key in _JOINERS):
            more = _generic(text, words, end + 1, register)
            if more:
                end = more
                continue
        if depth == 0 and token.key in {",", "/", "+"} and _next_opens(text, words, end + 1, register):
            break
        if depth == 0 and token.key in _JOINERS and _next_opens(text, words, end + 1, register):
            break
        if (
            depth == 0
            and not token.mark
            and end > index
            and _is_verb(text, words, end)
            and not _after_head(words, end, index, text)
        ):
            break
        end += 1
    while end > index + 1 and (
        (words[end - 1].mark and words[end - 1].key not in {")", "”", '"'}) or words[end - 1].key in _JOINERS
    ):
        end -= 1
    printed = text[start : words[end - 1].end].strip(" ,;.")
    if end - index > MOST_OF_A_NAME or not printed:
        return None, index
    like = register.like(printed)
    if like:
        return Found(printed, like, f"“{printed}” chỉ gần giống nhóm “{register.units.groups[like].name}”"), end
    return Found(printed, None, None), end


_GENERIC = re.compile(
    r"(?:sở|ban|ngành|đoàn thể|địa phương|đơn vị|cơ quan|quận|huyện|thị xã|thành phố|xã|phường|thị trấn|phòng|"
    r"tổ chức|doanh nghiệp|"
    r"cấp|hội|trường|đặc khu|cá nhân|trung tâm|bộ|văn phòng|chi cục)(?![^\W\d_])(?:\s+(?:chính trị - xã hội|thuộc|"
    r"trực thuộc|chuyên môn))*"
)


def _generic(text: str, words: list[Token], index: int, register: Register) -> int | None:
    """“các sở, ban, ngành, địa phương”: the index after one more word of such a run."""
    if index >= len(words) or words[index].mark or register.at(words, index)[0] is not None:
        return None
    match = _GENERIC.match(text, words[index].start)
    if not match:
        return None
    after = next((i for i in range(index, len(words)) if words[i].start >= match.end()), len(words))
    if after < len(words) and not words[after].mark and words[after].key not in _JOINERS:
        raw = text[words[after].start : words[after].end]
        if raw[:1].isupper():
            return None
    return after


def _ends_here(text: str, words: list[Token], index: int, register: Register) -> bool:
    """Whether a known name that ends before `index` is the whole name and not the beginning of a longer one."""
    if index >= len(words):
        return True
    token = words[index]
    if tuple(one.key for one in words[max(0, index - 4) : index]) == _COUNCIL and not token.mark:
        return token.key in _JOINERS or _is_verb(text, words, index)
    if token.mark:
        if token.key in {"-", "–"}:
            return not _capital(text, words, index + 1)
        if token.key in {",", "/"} and index + 1 < len(words):
            return _next_opens(text, words, index + 1, register) or not _capital(text, words, index + 1)
        return True
    if token.key in _JOINERS:
        return _next_opens(text, words, index + 1, register) or not _capital(text, words, index + 1)
    if _is_verb(text, words, index):
        return True
    raw = text[token.start : token.end]
    return raw[:1].islower() and (token.key not in _PLACE_WORDS)


_CAC = keys("các")[0]
_COUNCIL, _ASSEMBLY = keys("ủy ban nhân dân"), keys("hội đồng nhân dân")


def _council_next(words: list[Token], index: int) -> bool:
    """“Văn phòng HĐND và UBND xã” is one office."""
    return tuple(one.key for one in words[index : index + 4]) == _COUNCIL


_PLACE_WORDS = {keys(word)[0] for word in ("huyện", "tỉnh", "quận", "xã", "phường", "các", "cấp")}


def _capital(text: str, words: list[Token], index: int) -> bool:
    return index < len(words) and text[words[index].start : words[index].start + 1].isupper()


def _next_opens(text: str, words: list[Token], index: int, register: Register) -> bool:
    """Whether a new unit begins at `index`."""
    if index >= len(words):
        return True
    if words[index].mark:
        return words[index].key in {"-", "–", "+", "•"}
    if register.at(words, index)[0] is not None:
        return True
    return _opens_name(text, words, index) or _is_verb(text, words, index)


def _raw(text: str, words: list[Token], index: int, size: int) -> tuple[str, ...]:
    return tuple(text[token.start : token.end].lower() for token in words[index : index + size])


def _opens_name(text: str, words: list[Token], index: int) -> bool:
    """Whether a word begins a unit's name: a word such as Sở, Phòng, các, or an abbreviation of one."""
    if index >= len(words) or words[index].mark:
        return False
    if _raw(text, words, index, 2) in NO_HEADS:
        return False
    return any(_raw(text, words, index, size) in HEADS for size in (1, 2, 3)) or _raw_expanded(text, words, index)


def _raw_expanded(text: str, words: list[Token], index: int) -> bool:
    raw = text[words[index].start : words[index].end]
    first = words[index]
    if raw.isupper() and len(raw) > 1 and index + 1 < len(words) and words[index + 1].start == first.start:
        run = [token.key for token in words[index : index + 3] if token.start == first.start]
        return any(keys(" ".join(head)) == tuple(run[: len(head)]) for head in HEADS)
    return False


def _is_verb(text: str, words: list[Token], index: int) -> bool:
    """Whether a verb that no name contains begins here; names print their verbs with a capital."""
    token = words[index]
    if token.mark or not text[token.start : token.end].islower():
        return False
    return any(_raw(text, words, index, size) in VERBS for size in range(_LONGEST_VERB, 0, -1))


def _after_head(words: list[Token], index: int, start: int, text: str) -> bool:
    """“Phòng tổ chức cán bộ”, “các tổ chức thành viên”: the verb belongs to the name."""
    before = text[words[index - 1].start : words[index - 1].end].lower()
    here = text[words[index].start : words[index].end].lower()
    return (
        index - 1 == start
        and (before in {"phòng", "ban", "tổ", "trung tâm", "tâm"} or (before in {"các", "cơ", "quan"} and here == "tổ"))
    ) or (before in {"các", "cơ", "những"} and here in {"tổ", "cơ", "thanh", "lãnh", "chương", "dự"})


# ------------------------------------------------------------------ sentences


@dataclass
class Side:
    """A unit in its role as printed (`role`: chủ trì, tham mưu, hướng dẫn …); `unit` is its id once settled."""

    found: Found
    role: str | None = None
    unit: str = ""


@dataclass
class Assigned:
    """Who leads, who cooperates, in which duty, and what was left of the sentence."""

    lead: list[Side] = field(default_factory=list)
    cooperating: list[Side] = field(default_factory=list)
    duty: str | None = None  # cooperate, request
    rest: str = ""
    doubts: list[str] = field(default_factory=list)


_LEADS = re.compile(r"(?:làm\s+)?(?:đồng\s+)?chủ\s*trì(?:\s+thực hiện)?", re.IGNORECASE)
_WITH = re.compile(r"phối\s*hợp(?:\s+chặt chẽ|\s+thực hiện)?(?:\s+(?:với|cùng(?:\s+với)?))?\s*:?", re.IGNORECASE)
_ADVISES = re.compile(r"\btham mưu\b", re.IGNORECASE)
_DOES = re.compile(r"\b(?:triển khai(?:,?\s+thực hiện)?|tổ chức thực hiện|thực hiện)\b", re.IGNORECASE)
_GUIDED = re.compile(r"trên cơ sở hướng dẫn của\s+", re.IGNORECASE)
_REQUEST = re.compile(r"^\s*đề nghị\b", re.IGNORECASE)
_MAIN_LABEL = re.compile(r"(?:^|[;.\n])\s*(?:[-+]\s*)?(?:(?:cơ quan|đơn vị)\s+)?chủ\s*trì\s*:\s*", re.IGNORECASE)
_COOP_LABEL = re.compile(
    r"(?:^|[;.\n,(])\s*(?:[-+]\s*)?(?:(?:cơ quan|đơn vị)\s+)?phối\s*hợp(?:\s+thực hiện)?\s*:\s*", re.IGNORECASE
)


def assigned(text: str, register: Register) -> Assigned:
    """What a label's value, a table cell or an assignment line says."""
    text = text.strip()
    result = Assigned(duty="request" if _REQUEST.match(text) else None)
    if _MAIN_LABEL.search(text) or _COOP_LABEL.search(text):
        return _labelled(text, register, result)
    body = _LEAD_IN.sub("", text)
    first, rest = unit_list(_one_line(body), register)
    if not first:
        result.rest = body
        return result
    result.lead = [Side(found) for found in first]
    _roles(rest, register, result)
    return result


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*[-+•*]?\s*", ", ", text)


def _labelled(text: str, register: Register, result: Assigned) -> Assigned:
    """“Chủ trì: X; Phối hợp: Y” in one cell."""
    marks = sorted(
        [(m.start(), m.end(), "lead") for m in _MAIN_LABEL.finditer(text)]
        + [(m.start(), m.end(), "coop") for m in _COOP_LABEL.finditer(text)]
    )
    before = text[: marks[0][0]].strip(" ;,.-")
    if before:
        result.lead += [Side(found) for found in unit_list(_one_line(before), register)[0]]
    for (_, start, kind), following in zip(marks, [*marks[1:], (len(text), 0, "")], strict=True):
        sides = [Side(found) for found in unit_list(_one_line(text[start : following[0]].strip(" ;,.)")), register)[0]]
        if kind == "lead":
            result.lead += sides
        else:
            result.cooperating += sides
    return result


def _roles(rest: str, register: Register, result: Assigned) -> None:
    """The roles that the verbs after the first units give."""
    leads = _LEADS.match(rest)
    if leads:
        _set_role(result.lead, "chủ trì")
        rest = rest[leads.end() :].lstrip(" ,;")
        rest = re.sub(r"^(?:và|,)\s*", "", rest)
    joins = _WITH.match(rest) or (_WITH.search(rest[:60]) if leads else None)
    after, left = unit_list(rest, register) if leads else ([], "")
    if after and re.match(r"(?:cùng\s+)?phối\s*hợp(?:\s+thực hiện)?\s*(?:[.;]|$)", left, re.IGNORECASE):
        result.cooperating += [Side(found) for found in after]  # “X chủ trì; Y phối hợp”
        rest = ""
    elif joins:
        others, rest = unit_list(rest[joins.end() :], register)
        result.cooperating += [Side(found) for found in others]
        if not others:
            result.doubts.append("sau “phối hợp” không nhận ra đơn vị nào")
        if not leads:
            advises = _ADVISES.match(rest)
            _set_role(result.lead, "tham mưu" if advises else "phối hợp")
            result.duty = result.duty or (None if advises else "cooperate")
            if advises:
                _does_too(rest, register, result)
    elif not leads:
        if _ADVISES.match(rest):
            _set_role(result.lead, "tham mưu")
        elif match := _DOES.match(rest):
            _set_role(result.lead, match.group().lower().replace(",", ""))
    for match in _GUIDED.finditer(rest):
        result.cooperating += [Side(found, "hướng dẫn") for found in unit_list(rest[match.end() :], register)[0][:1]]
    result.rest = rest


def _does_too(rest: str, register: Register, result: Assigned) -> None:
    """“X … tham mưu UBND huyện chỉ đạo, các đơn vị Y triển khai thực hiện”: Y does the work beside X."""
    for match in re.finditer(r"[,;]\s*", rest):
        found, after = unit_list(rest[match.end() :], register)
        does = _DOES.match(after)
        if found and does:
            result.lead += [Side(one, does.group().lower().replace(",", "")) for one in found]
            result.doubts.append("câu có hai bên cùng làm: một bên tham mưu, một bên triển khai")
            return


def _set_role(sides: list[Side], role: str) -> None:
    for side in sides:
        side.role = side.role or role


def begins_with_unit(text: str, register: Register) -> tuple[list[Found], str] | None:
    """(units, rest) when a sentence begins with units, else None."""
    found, rest = unit_list(_LEAD_IN.sub("", text.strip()), register)
    return (found, rest) if found else None


def is_named(found: Found) -> bool:
    """Whether a printed name has more to it than one word such as “Sở”."""
    return found.id is not None or len([word for word in keys(found.text) if fold(word) not in {"cac", "nhung"}]) > 1
