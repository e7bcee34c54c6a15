"""Signing in through the office's own server (OpenID Connect): authorization code with PKCE, state and nonce.

Set by DONDOC_OIDC_ISSUER, …_CLIENT_ID and …_CLIENT_SECRET; without them these addresses are not there. The server only
says who somebody is: the account must exist, and is found by its `sub`, or by a verified e-mail that is its login.
"""

from __future__ import annotations

import hmac
import json
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException

from config.settings import Settings
from models.accounts import Account, Outcome
from models.database import transaction

from ..guard import LOOPBACK, is_secure
from ..house import House
from ..pages import local_path
from ..record import note
from ..rights import Anybody, Door, Visitor
from ..signing_in import PER_LINK, Limits, address_of, enter

COOKIE = "dondoc_oidc"
PURPOSE = "oidc"
SECONDS = 600  # to sign in over there
LEEWAY = 60
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
TIMEOUT = 10.0
BAD = "máy chủ đăng nhập của cơ quan trả lời không đúng; thử lại, hoặc đăng nhập bằng mật khẩu"
OLD = "lượt đăng nhập này đã cũ hoặc đã dùng; bấm đăng nhập lại"
UNKNOWN = "chưa có tài khoản nào cho người này; xin quản trị viên tạo"
router = APIRouter(include_in_schema=False)


class NotTrusted(Exception):
    """What the sign-in server sent cannot be believed; the text is for the audit."""


@router.get("/oidc")
def go_there(request: Request, visitor: Anybody, next: str = "/") -> Response:
    """Off to the office's server, with a state, a nonce and a PKCE challenge of this browser's own."""
    door: Door = request.app.state.door
    settings = _settings(door.house)
    _limit(request)
    try:
        endpoint = _address(_discover(settings), "authorization_endpoint")
    except (httpx.HTTPError, NotTrusted, ValueError):
        raise HTTPException(HTTPStatus.BAD_GATEWAY, BAD) from None
    mine = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    query = {
        "response_type": "code",
        "scope": "openid email profile",
        "client_id": settings.oidc_client_id,
        "redirect_uri": _back(request),
        "state": mine["state"],
        "nonce": mine["nonce"],
        "code_challenge": create_s256_code_challenge(mine["verifier"]),
        "code_challenge_method": "S256",
    }
    response = RedirectResponse(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", HTTPStatus.SEE_OTHER)
    kept = json.dumps([*mine.values(), local_path(next), door.house.clock.now().timestamp()])
    response.set_cookie(COOKIE, door.keys.sign(PURPOSE, kept), max_age=SECONDS, path="/oidc", httponly=True,
                        samesite="lax", secure=is_secure(request, settings))  # fmt: skip
    return response


@router.get("/oidc/back")
def come_back(request: Request, visitor: Anybody, code: str = "", state: str = "", error: str = "") -> Response:
    """Back from there: the code is exchanged, the id token proved, the account found. Each state works once."""
    door: Door = request.app.state.door
    settings = _settings(door.house)
    _limit(request)
    said = door.keys.unsign(PURPOSE, request.cookies.get(COOKIE, ""))
    expected, nonce, verifier, path, began = json.loads(said) if said else ("", "", "", "/", 0.0)
    fresh = door.house.clock.now().timestamp() - began < SECONDS
    if not expected or not fresh or not hmac.compare_digest(state.encode(), expected.encode()) or _used(request, state):
        return _refuse(request, "state is old, used, or another browser's", OLD, HTTPStatus.BAD_REQUEST)
    if error or not code:
        return _refuse(request, f"the sign-in server says {error[:100] or 'nothing'}", BAD, HTTPStatus.FORBIDDEN)
    try:
        claims = _claims(door.house, settings, code, verifier, nonce, _back(request))
    except (httpx.HTTPError, NotTrusted, JoseError, ValueError) as why:
        return _refuse(request, f"id token not trusted: {type(why).__name__}", BAD, HTTPStatus.FORBIDDEN)
    with transaction(door.house.engine) as session:
        account = account_of(session, claims)
        account_id = account.id if account else None
    if account_id is None:
        return _refuse(request, "no account for this subject", UNKNOWN, HTTPStatus.FORBIDDEN)
    response = enter(request, account_id, local_path(path), "oidc sign-in")
    response.delete_cookie(COOKIE, path="/oidc", httponly=True, samesite="lax")
    return response


def account_of(session: Session, claims: dict[str, Any]) -> Account | None:
    """The active account of a subject; by a verified e-mail once, then the subject is kept with it."""
    subject = str(claims["sub"])
    found = session.exec(select(Account).where(Account.oidc_subject == subject)).first()
    if found is None and claims.get("email_verified") is True and isinstance(claims.get("email"), str):
        mail = claims["email"].strip().lower()
        found = session.exec(select(Account).where(Account.login == mail, col(Account.oidc_subject).is_(None))).first()
        if found is not None and found.active:
            found.oidc_subject = subject
    return found if found is not None and found.active else None


# ------------------------------------------------------------------ what the server says


def _discover(settings: Settings) -> dict[str, Any]:
    """The server's own description. NotTrusted when it is another's."""
    issuer = (settings.oidc_issuer or "").rstrip("/")
    with httpx.Client(timeout=TIMEOUT) as client:
        answer = client.get(_safe(f"{issuer}/.well-known/openid-configuration"))
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise NotTrusted("another issuer")
    return found


def _claims(house: House, settings: Settings, code: str, verifier: str, nonce: str, back: str) -> dict[str, Any]:
    """The proved claims of the id token that a code is exchanged for."""
    server = _discover(settings)
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else ""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier,
            "client_id": settings.oidc_client_id or ""}  # fmt: skip
    basic = httpx.BasicAuth(settings.oidc_client_id or "", secret) if secret else None
    with httpx.Client(timeout=TIMEOUT, auth=basic) as client:
        answer = client.post(_address(server, "token_endpoint"), data=body)
        answer.raise_for_status()
        token = answer.json().get("id_token")
        keys = client.get(_address(server, "jwks_uri"), auth=None)
        keys.raise_for_status()
    if not isinstance(token, str):
        raise NotTrusted("no id token")
    proved = jwt.decode(token, KeySet.import_key_set(keys.json()), algorithms=ALGORITHMS)
    now = int(house.clock.to_real(house.clock.now()).timestamp())
    jwt.JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY,
        iss={"essential": True, "value": str(server["issuer"])},
        sub={"essential": True},
        aud={"essential": True, "value": settings.oidc_client_id or ""},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(proved.claims)
    others = proved.claims.get("azp")
    if others is not None and others != settings.oidc_client_id:
        raise NotTrusted("made for another program")
    return dict(proved.claims)


def _address(server: dict[str, Any], name: str) -> str:
    return _safe(str(server.get(name, "")))


def _safe(address: str) -> str:
    """An address over HTTPS, or on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise NotTrusted("not over HTTPS")
    return address


# ------------------------------------------------------------------ pieces


def _settings(house: House) -> Settings:
    if not (house.settings.oidc_issuer and house.settings.oidc_client_id) or house.settings.read_only:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return house.settings


def _back(request: Request) -> str:
    """The address the server sends people back to; the one to register there."""
    house: House = request.app.state.door.house
    return f"{house.settings.links or str(request.base_url).rstrip('/')}/oidc/back"


def _limit(request: Request) -> None:
    limits: Limits = request.app.state.limits
    limits.hit(PER_LINK, "oidc", address_of(request))


def _used(request: Request, state: str) -> bool:
    """Whether a state has been answered; it has now."""
    used: dict[str, None] = request.app.state.__dict__.setdefault("oidc_used", {})
    if state in used:
        return True
    used[state] = None
    while len(used) > 10_000:
        del used[next(iter(used))]
    return False


def _refuse(request: Request, why: str, sentence: str, status: HTTPStatus) -> Response:
    """Recorded, and a page with a sentence; whatever was begun has to begin anew."""
    door: Door = request.app.state.door
    note(door.house, Visitor(login="oidc"), "oidc sign-in", "portal", Outcome.DENIED, why)
    response: Response = request.app.state.pages.show(request, "error.html", status, code=status, sentence=sentence)
    response.delete_cookie(COOKIE, path="/oidc", httponly=True, samesite="lax")
    return response
