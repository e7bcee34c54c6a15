"""Settings (admin): what is set, what `doctor` finds, a test letter. Secrets are named and never shown."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from actions.move import Refused
from config.doctor import examine
from models.accounts import Outcome
from models.database import reading
from notifications.channel import Delivery, Envelope
from notifications.post import is_reserved

from ..house import House
from ..pages import Pages
from ..record import deed, note
from ..rights import Admin
from ..words import N_

READ = ["GET", "HEAD"]
ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
SECRETS = ("database_url", "email_url", "ping_url", "secret_key", "oidc_client_secret")
PLAIN = ("home", "config", "public_url", "host", "port", "prefect_port", "link_days", "oidc_issuer", "oidc_client_id",
         "read_only")  # fmt: skip
LEVELS = {"ok": N_("tốt"), "warning": N_("lưu ý"), "error": N_("lỗi")}
OUTCOMES = {
    Delivery.SENT: N_("Đã gửi thư thử."),
    Delivery.FAILED: N_("Thư thử không đi được."),
    Delivery.UNKNOWN: N_("Không rõ thư thử đã đi chưa."),
}
router = APIRouter(include_in_schema=False)


@router.api_route("/settings", methods=READ)
def settings(request: Request, visitor: Admin) -> Response:
    """The page."""
    return _show(request)


def _show(
    request: Request, *, wrong: str | None = None, tried: tuple[str, str, str | None] | None = None, to: str = ""
) -> Response:
    house: House = request.app.state.door.house
    pages: Pages = request.app.state.pages
    here = house.settings
    with reading(house.engine) as session:
        findings = examine(house, session)  # type: ignore[arg-type]
    shown = [(f"DONDOC_{name.upper()}", str(getattr(here, name))) for name in PLAIN if getattr(here, name) is not None]
    hidden = [(f"DONDOC_{name.upper()}", getattr(here, name) is not None) for name in SECRETS]
    return pages.show(
        request, "settings.html", HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK, shown=shown,
        hidden=hidden, findings=findings, levels=LEVELS, mailbox=here.mailbox, email=here.email_url is not None,
        version=version("dondoc"), wrong=wrong, tried=tried, to=to,
    )  # fmt: skip


@router.post("/settings/test-letter")
def try_a_letter(request: Request, visitor: Admin, to: Annotated[str, Form(max_length=320)] = "") -> Response:
    """One letter to an address, by the rules of the post: a reserved address and a trial clock stay on this machine."""
    house: House = request.app.state.door.house
    address = to.strip()
    now = house.clock.now()
    if not ADDRESS.fullmatch(address):
        note(house, visitor, "test letter", "channel email", Outcome.REFUSED, "not an address")
        return _show(request, wrong="đây không phải là một địa chỉ thư điện tử", to=to)
    carrier = house.post.carrier("email", address, sample=False)
    body = f"Đây là thư thử của Dondoc, do {visitor.name} gửi lúc {now:%H:%M %d/%m/%Y}.\n\nKhông cần trả lời."
    envelope = Envelope(f"thu:{visitor.login}", address, "Thư thử của Dondoc", body, f"thu-{secrets.token_hex(6)}",
                        "Dondoc", now)  # fmt: skip
    house.post.pace(carrier).wait_for_slot()
    outcome = carrier.send(envelope)
    said = f"{address} · {carrier.name} · {outcome.delivery.value}" + (f" · {outcome.error}" if outcome.error else "")
    try:
        with deed(house, visitor, "test letter", said):
            if outcome.delivery is not Delivery.SENT:
                raise Refused(outcome.error or outcome.delivery.value)
    except Refused:
        return _show(request, tried=(OUTCOMES[outcome.delivery], carrier.name, outcome.error), to=to, wrong=None)
    why = N_("Địa chỉ mẫu: thư nằm trong hộp thư trên máy này.") if is_reserved(address) else None
    return _show(request, tried=(OUTCOMES[outcome.delivery], carrier.name, why), to=to)
