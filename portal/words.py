"""The words of the screens. Vietnamese is the source; English is read from the catalogues in `locale/en/`,
one for each part of the portal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.pofile import read_po

from models.accounts import Role
from models.lifecycle import Kind, RunState, Stage, State
from models.outbox import LetterState, NoticeState

LOCALE = Path(__file__).resolve().parent / "locale"
VIETNAMESE, ENGLISH = "vi", "en"

Translate = Callable[[str], str]

KINDS: dict[Kind, str] = {
    Kind.DATED: "Nhiệm vụ có hạn",
    Kind.REPORT: "Báo cáo định kỳ",
    Kind.COVERED: "Thường xuyên, theo báo cáo",
}

TASK_STATES: dict[State, str] = {
    State.OVERDUE: "Quá hạn, chưa hoàn thành",
    State.ASSIGNED: "Đã giao, chưa thực hiện",
    State.IN_PROGRESS: "Đang thực hiện",
    State.REPORTED: "Đã báo cáo",
    State.MISSED: "Không báo cáo",
    State.WITHDRAWN: "Dừng thực hiện",
}

REPORT_STATES: dict[State, str] = {
    State.OVERDUE: "Quá hạn, chưa nộp",
    State.ASSIGNED: "Chờ báo cáo",
    State.IN_PROGRESS: "Đang soạn báo cáo",
    State.REPORTED: "Đã nộp",
    State.MISSED: "Không báo cáo",
    State.WITHDRAWN: "Không phải báo cáo",
}

# A line of a report owes nothing by itself: what is late is the report.
LINE_STATES: dict[State, str] = {
    State.OVERDUE: "Báo cáo quá hạn",
    State.ASSIGNED: "Chờ báo cáo",
    State.IN_PROGRESS: "Đang soạn báo cáo",
    State.REPORTED: "Đã báo cáo",
    State.MISSED: "Không báo cáo",
    State.WITHDRAWN: "Dừng thực hiện",
}

RUN_STATES: dict[RunState, str] = {
    RunState.ASSIGNED: "Đã giao",
    RunState.IN_PROGRESS: "Đang thực hiện",
    RunState.OVERDUE: "Quá hạn",
    RunState.REPORTED: "Đã báo cáo",
    RunState.CLOSED: "Đã chốt kỳ",
    RunState.WITHDRAWN: "Dừng thực hiện",
    RunState.EMPTY: "Chưa có đơn vị nào",
}

STAGES: dict[Stage, str] = {
    Stage.PLANNED: "Chưa đến kỳ",
    Stage.OPEN: "Đang mở",
    Stage.CLOSED: "Đã xong",
    Stage.UNDECIDED: "Chờ quyết định",
    Stage.UNTRACKED: "Trước thời điểm theo dõi",
    Stage.FINISHED: "Không mở, kế hoạch đã kết thúc",
    Stage.CANCELLED: "Không còn trong kế hoạch",
}

CONDITIONS: dict[str, str] = {
    "dated": "Có hạn",
    "recurring": "Định kỳ",
    "covered": "Hỏi trong báo cáo của đơn vị chủ trì",
    "waiting": "Chờ điều kiện",
    "undated": "Chưa xác định hạn",
    "on_demand": "Khi có yêu cầu",
}

LETTER_STATES: dict[LetterState, str] = {
    LetterState.PLANNED: "Chờ gửi",
    LetterState.SENDING: "Đang gửi",
    LetterState.SENT: "Đã gửi",
    LetterState.FAILED: "Chưa gửi được",
    LetterState.UNKNOWN: "Không rõ đã đến chưa",
    LetterState.SUPPRESSED: "Không gửi",
}

NOTICE_STATES: dict[NoticeState, str] = {
    NoticeState.PLANNED: "Chờ gửi",
    NoticeState.HELD: "Chờ duyệt",
    NoticeState.SENT: "Đã gửi",
    NoticeState.SUPPRESSED: "Không gửi",
}

ACCOUNT_ROLES: dict[Role, str] = {
    Role.ADMIN: "Quản trị",
    Role.COORDINATOR: "Cán bộ theo dõi",
    Role.OFFICER: "Cán bộ đơn vị",
    Role.VIEWER: "Lãnh đạo, chỉ xem",
}

ROLES: dict[str, str] = {"van_thu": "Văn thư", "dau_moi": "Đầu mối", "thu_truong": "Thủ trưởng"}

PLAN_MOODS: dict[str, str] = {
    "draft": "Dự thảo",
    "not_begun": "Chưa đến ngày theo dõi",
    "live": "Đang theo dõi",
    "ended": "Đã hết hiệu lực",
    "closed": "Đã đóng",
}


# What the bar at the top leads to: (right, key of the page, path, name).
PLACES = (
    ("see", "today", "/", "Hôm nay"),
    ("see", "plans", "/plans", "Kế hoạch"),
    ("see", "units", "/units", "Đơn vị"),
    ("see", "waiting", "/waiting", "Chờ xử lý"),
    ("see", "messages", "/messages", "Thư"),
    ("see", "audit", "/audit", "Nhật ký"),
    ("admin", "config", "/config", "Cấu hình"),
    ("admin", "accounts", "/accounts", "Tài khoản"),
    ("admin", "settings", "/settings", "Cài đặt"),
)


def N_(text: str) -> str:
    """Mark a sentence of the code that a page will show: it needs its English (gettext's own name for this)."""
    return text


HIDDEN = N_("Nội dung không hiển thị")  # instead of confidential words


def state_words(kind: str) -> dict[State, str]:
    """What each state is called for a task, for a report, and for a line of one."""
    return {Kind.REPORT.value: REPORT_STATES, Kind.COVERED.value: LINE_STATES}.get(kind, TASK_STATES)


def every_label() -> set[str]:
    """All Vietnamese labels above: each needs its English."""
    groups = (KINDS, TASK_STATES, REPORT_STATES, LINE_STATES, RUN_STATES, STAGES, CONDITIONS, LETTER_STATES,
              NOTICE_STATES, ROLES, PLAN_MOODS, ACCOUNT_ROLES)  # fmt: skip
    return {word for group in groups for word in group.values()} | {name for *_, name in PLACES}


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """{Vietnamese: English}; what has no translation is left out and stays Vietnamese."""
    table: dict[str, str] = {}
    for path in sorted((LOCALE / "en").glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale="en", charset="utf-8")
        table |= {str(one.id): str(one.string) for one in catalogue if one.id and one.string and not one.fuzzy}
    return table


@lru_cache(maxsize=2)
def translator(language: str) -> Translate:
    """The `_` of a page in one language."""
    if language != ENGLISH:
        return str
    table = english()
    return lambda text: table.get(text, text)


@lru_cache(maxsize=4096)
def short_date(day: date | None, language: str) -> str:
    """`14/12/2026`; in English `14 Dec 2026`, which nobody reads the other way round."""
    if day is None:
        return "–"
    return f"{day:%d/%m/%Y}" if language == VIETNAMESE else format_date(day, "d MMM y", locale="en_GB")


def long_date(day: date, language: str) -> str:
    """The day with its weekday."""
    return _long_date(date(day.year, day.month, day.day), language)


@lru_cache(maxsize=64)
def _long_date(day: date, language: str) -> str:
    if language == VIETNAMESE:
        return format_date(day, "EEEE, 'ngày' dd/MM/y", locale="vi")
    return format_date(day, "EEEE d MMMM y", locale="en_GB")


def moment(at: datetime | None, language: str) -> str:
    """A moment to the minute."""
    return f"{at:%H:%M} {short_date(at.date(), language)}" if at else "–"
