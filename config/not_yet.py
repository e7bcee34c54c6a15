"""The one list of what the loader keeps and shows but nothing acts on yet. `check` says so; a key leaves once built."""

from __future__ import annotations

NOT_YET: dict[str, str] = {
    "attachments": "chưa đính kèm vào thư giao việc",
    "parts": "chỉ là dòng trả lời trong báo cáo; thời gian và điều kiện riêng chưa được theo dõi",
    "successors": "chưa tự chuyển nhiệm vụ sang đơn vị kế thừa; hãy sửa lead, by trong kế hoạch",
    "draft": "chưa soạn văn bản dự thảo kèm theo bậc này",
}


def not_yet(key: str) -> str:
    """The sentence about a key of the list."""
    return f"“{key}” được lưu và hiện ra nhưng chưa có tác dụng: {NOT_YET[key]} (not yet acted on)"
