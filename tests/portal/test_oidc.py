"""Signing in through the office's own server: a small one on loopback, honest and dishonest."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pydantic import SecretStr
from sqlmodel import select

from actions.accounts import create_account
from models.accounts import Account, Deed, PortalSession, Role
from models.database import reading, transaction
from portal.app import create_app
from portal.rights import COOKIE

from .conftest import Browser, SmallHouse, browser
from .ledger_rows import NOW

CLIENT, CLIENT_SECRET = "dondoc", "bi-mat-cua-chuong-trinh"
STAMP = int(NOW.timestamp())


@dataclass
class Provider:
    """An OpenID server: it gives codes, and an id token for each; a test may change what it says."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={"kid": "k1"}))
    signs: Any = None  # (header, claims) -> token; None: honestly
    changes: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    description: dict[str, str] = field(default_factory=dict)

    def authorize(self, address: str) -> tuple[str, str]:
        """A person signs in over there: (code, state)."""
        query = parse_qs(urlsplit(address).query)
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return code, query["state"][0]

    def token(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """The token endpoint: each code once, with its verifier."""
        self.asked.append(form)
        query = self.codes.pop(form["code"][0], None)
        if query is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != query["code_challenge"][0]:
            return 400, {"error": "invalid_grant"}
        claims = {"iss": self.issuer, "sub": "nguoi-1", "aud": CLIENT, "iat": STAMP, "exp": STAMP + 300,
                  "nonce": query["nonce"][0], "email": "lan@so.example", "email_verified": True}  # fmt: skip
        claims = {name: value for name, value in (claims | self.changes).items() if value is not None}
        token = self.signs(claims) if self.signs else jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)
        return 200, {"id_token": token, "access_token": "x", "token_type": "Bearer"}

    def answer(self, path: str, form: dict[str, list[str]] | None) -> tuple[int, dict[str, Any]]:
        """One request."""
        if path == "/.well-known/openid-configuration":
            found = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                     "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks"}  # fmt: skip
            return 200, found | self.description
        if path == "/jwks":
            return 200, dict(KeySet([self.key]).as_dict(private=False))
        if path == "/token" and form is not None:
            return self.token(form)
        return 404, {}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The server, on a port of its own."""
    here = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*here.answer(urlsplit(self.path).path, None))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._send(*here.answer(self.path, parse_qs(body)))

        def _send(self, status: int, document: dict[str, Any]) -> None:
            raw = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield here
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def office(house: SmallHouse, provider: Provider) -> SmallHouse:
    """A house that knows the server, with an account whose login is an e-mail address."""
    with transaction(house.engine) as session:
        create_account(session, NOW, by="test", login="lan@so.example", name="Nguyễn Thị Lan", role=Role.VIEWER)
    update = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(CLIENT_SECRET)}
    return replace(house, settings=house.settings.model_copy(update=update))


def sign_in(house: SmallHouse, provider: Provider, next_: str = "/messages") -> tuple[Browser, Any]:
    """A browser goes there and comes back: (browser, answer)."""
    here = Browser(create_app(house))
    gone = here.ask("GET", "/oidc", params={"next": next_})
    assert gone.status_code == 303, gone.text
    code, state = provider.authorize(gone.headers["location"])
    return here, here.get(f"/oidc/back?code={code}&state={state}")


def denied(house: SmallHouse) -> list[str | None]:
    """Why somebody was not let in."""
    with reading(house.engine) as session:
        return [row.detail for row in session.exec(select(Deed).where(Deed.outcome == "denied"))]


def test_somebody_signs_in_through_the_office(office: SmallHouse, provider: Provider) -> None:
    """Code, PKCE, state and nonce; the account is found by its verified e-mail, and from then on by its subject."""
    page = Browser(create_app(office)).get("/sign-in").text
    assert "Đăng nhập bằng tài khoản cơ quan" in page
    here, answer = sign_in(office, provider)

    assert answer.headers["location"] == "/messages"
    assert "Nguyễn Thị Lan" in here.get("/messages").text
    assert provider.asked[0]["redirect_uri"] == ["http://127.0.0.1:8000/oidc/back"]
    with reading(office.engine) as session:
        assert session.exec(select(Account)).one().oidc_subject == "nguoi-1"
    provider.changes = {"email": "doi-ten@so.example", "email_verified": None}
    assert sign_in(office, provider)[0].get("/messages").status_code == 200


def test_it_leads_nowhere_else(office: SmallHouse, provider: Provider) -> None:
    """`next` is a path of this portal."""
    assert sign_in(office, provider, "//evil.example")[1].headers["location"] == "/"


def _with(key: Any, alg: str) -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode({"alg": alg, "kid": "k1"}, claims, key, algorithms=[alg])


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
             for part in ({"alg": "none"}, claims)]  # fmt: skip
    return ".".join([*parts, ""])


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-program"},
        {"aud": ["another-program"]},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": STAMP - 61},
        {"exp": None},
        {"iat": STAMP + 3600},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"azp": "another-program"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_is_refused(office: SmallHouse, provider: Provider, changes: dict[str, Any]) -> None:
    """Another audience, issuer, nonce, a time that has passed, a claim that is missing: no session, recorded."""
    provider.changes = changes
    here, answer = sign_in(office, provider)

    assert answer.status_code == 403
    assert COOKIE not in here.cookies
    assert len(denied(office)) == 1
    with reading(office.engine) as session:
        assert session.exec(select(PortalSession)).all() == []


def test_a_forged_token_is_refused(office: SmallHouse, provider: Provider) -> None:
    """Another key of the same name, no signature, the public key taken as a shared secret, garbage."""
    public = provider.key.as_pem(private=False)
    forgeries: list[Any] = [
        _with(RSAKey.generate_key(2048, parameters={"kid": "k1"}), "RS256"),
        _unsigned,
        lambda claims: _hmac(public, claims),
        lambda claims: "a.b.c",
        lambda claims: None,
        lambda claims: {"a": 1},
    ]
    for forge in forgeries:
        provider.signs = forge
        here, answer = sign_in(office, provider)
        assert answer.status_code == 403
        assert COOKIE not in here.cookies

    assert len(denied(office)) == len(forgeries)


def _hmac(public: bytes, claims: dict[str, Any]) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    import hmac

    mark = hmac.new(public, f"{header}.{body}".encode(), hashlib.sha256).digest()
    return f"{header}.{body}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def test_a_state_works_once_and_in_its_own_browser(office: SmallHouse, provider: Provider) -> None:
    """Replayed, another browser's, none, or ten minutes old: refused before anything is asked of the server."""
    app = create_app(office)
    lan, thief = Browser(app), Browser(app)
    code, state = provider.authorize(lan.get("/oidc").headers["location"])
    cookie = dict(lan.cookies)
    thief.get("/oidc")
    assert thief.get(f"/oidc/back?code={code}&state={state}").status_code == 400
    assert Browser(app).get(f"/oidc/back?code={code}&state={state}").status_code == 400
    assert Browser(app, cookies=dict(cookie)).get(f"/oidc/back?code={code}&state=").status_code == 400
    assert provider.asked == []
    assert lan.get(f"/oidc/back?code={code}&state={state}").status_code == 303
    provider.codes[code] = {"nonce": ["x"], "code_challenge": ["x"]}
    again = Browser(app, cookies=dict(cookie)).get(f"/oidc/back?code={code}&state={state}")

    assert again.status_code == 400
    assert len(provider.asked) == 1


def test_only_accounts_that_are_there_come_in(office: SmallHouse, provider: Provider) -> None:
    """Nobody is made by signing in; an unverified e-mail, another's subject and a closed account open nothing."""
    for changes in ({"email": "la@so.example"}, {"email_verified": False}, {"email_verified": "true"}, {"email": None}):
        provider.changes = changes
        assert sign_in(office, provider)[1].status_code == 403
    provider.changes = {}
    assert sign_in(office, provider)[1].status_code == 303
    provider.changes = {"sub": "nguoi-2"}  # the same address, now another person's
    assert sign_in(office, provider)[1].status_code == 403
    provider.changes = {}
    with transaction(office.engine) as session:
        session.exec(select(Account)).one().active = False
    assert sign_in(office, provider)[1].status_code == 403

    with reading(office.engine) as session:
        assert len(session.exec(select(Account)).all()) == 1


def test_a_server_that_says_no_or_lies_about_itself(office: SmallHouse, provider: Provider) -> None:
    """An error from there, another issuer, an endpoint over plain HTTP elsewhere: a sentence, no stack trace."""
    app = create_app(office)
    here = Browser(app)
    _, state = provider.authorize(here.get("/oidc").headers["location"])
    refused = here.get(f"/oidc/back?error=access_denied&state={state}")
    assert refused.status_code == 403
    for description in ({"issuer": "https://evil.example"}, {"authorization_endpoint": "http://evil.example/a"},
                        {"authorization_endpoint": "javascript:alert(1)"}):  # fmt: skip
        provider.description = description
        assert Browser(app).get("/oidc").status_code == 502

    assert CLIENT_SECRET not in str(denied(office))


def test_without_a_server_there_is_no_such_door(house: SmallHouse) -> None:
    """Neither the button nor the address."""
    assert "tài khoản cơ quan" not in browser(house, None).get("/sign-in").text
    assert browser(house, None).get("/oidc").status_code == 404
    assert browser(house, None).get("/oidc/back?code=a&state=b").status_code == 404
