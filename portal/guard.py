"""What every answer carries and every request must pass, whoever asks: headers, sizes, where a form came from."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.keys import Keys
from config.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANY_ADDRESS = ("0.0.0.0", "::", "")
TOKEN_FIELD = "_csrf"
TOKEN_HEADER = "x-csrf-token"
FORM_BYTES = 2 * 1024 * 1024
UPLOAD_BYTES = 64 * 1024 * 1024  # a unit's form with several files; each is held to its own limit later

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with "no-referrer" browsers send our own forms with `Origin: null`
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NO_STORE = "no-store"
FOR_A_YEAR = "public, max-age=31536000, immutable"  # the address carries the content's hash


class Headers:
    """The security headers on every answer; nothing but static files is kept by a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                fixed = scope["path"].startswith("/static/") and message["status"] == HTTPStatus.OK
                headers["Cache-Control"] = FOR_A_YEAR if fixed and scope["query_string"] else NO_STORE
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def hosts_of(settings: Settings) -> list[str]:
    """The names this portal answers to: a name that a stranger points at loopback is not among them."""
    if settings.host in ANY_ADDRESS:
        return ["*"]
    public = (settings.public_url or "").partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    return sorted({*LOOPBACK, "[::1]", settings.host, *([public] if public else [])})


def is_secure(request: Request, settings: Settings) -> bool:
    """Whether the browser reached us by HTTPS, directly or through the office's own front."""
    public = urlsplit(settings.public_url or "")
    return request.url.scheme == "https" or (public.scheme == "https" and request.url.hostname == public.hostname)


# ------------------------------------------------------------------ forms come from our own pages


def csrf_of(keys: Keys, of: str) -> str:
    """What the forms of one session, or of one link, must carry."""
    return keys.digest("csrf", of)


def check_origin(request: Request) -> None:
    """Refuse a form another site sent: the browser says where it came from."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in (None, "same-origin", "none") or (
        origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    ):
        raise HTTPException(HTTPStatus.FORBIDDEN, "biểu mẫu không đến từ trang này")


async def check_token(request: Request, wanted: str) -> None:
    """Refuse a form without the token of its session."""
    given = request.headers.get(TOKEN_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        field = (await request.form()).get(TOKEN_FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise HTTPException(HTTPStatus.FORBIDDEN, "biểu mẫu đã cũ: mở lại trang rồi gửi lại")


# ------------------------------------------------------------------ sizes


class TooLarge(HTTPException):
    """More bytes than a form of this kind has."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "gửi quá nhiều dữ liệu một lần")


class BodyLimit:
    """Stop reading a request that is larger than its kind may be, before anything is done with it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        multipart = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        most = UPLOAD_BYTES if multipart else FORM_BYTES
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            await _refuse(send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise TooLarge
            return message

        await self.app(scope, counted, send)


async def _refuse(send: Send) -> None:
    body = "Gửi quá nhiều dữ liệu một lần.\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
    await send({"type": "http.response.start", "status": HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "headers": headers})
    await send({"type": "http.response.body", "body": body})
