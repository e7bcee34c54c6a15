"""What signs links and sessions: one secret, and what it signs.

A link names its unit, its reader and when it was signed; the ledger keeps no key of it. A new secret, or a cut-off in
the ledger (`LinkCutoff`), makes links that were sent invalid.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pendulum
from itsdangerous import BadData, URLSafeSerializer

from models.accounts import LinkPurpose
from models.columns import ZONE

from .settings import Settings

FILE = "secret.key"


class BadLink(Exception):
    """A link that opens nothing: forged, of another purpose, or too old (then `link` says whose it was)."""

    def __init__(self, link: SignedLink | None = None) -> None:
        super().__init__("expired" if link else "forged")
        self.link = link


@dataclass(frozen=True)
class SignedLink:
    """What a link says: `about` is an id its purpose needs (a draft), `version` the one it was signed for."""

    purpose: LinkPurpose
    unit_id: str
    role: str
    signed_at: pendulum.DateTime
    about: int | None = None
    version: int | None = None


class Keys:
    """Signs and reads with one secret."""

    def __init__(self, secret: str, link_days: int = 60) -> None:
        self._secret = secret
        self.link_days = link_days

    def digest(self, purpose: str, text: str) -> str:
        """A keyed digest in hexadecimal, for one purpose."""
        return hmac.new(self._secret.encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def sign(self, purpose: str, text: str) -> str:
        """`text`, signed for one purpose; safe in an address and in a cookie."""
        return str(URLSafeSerializer(self._secret, salt=purpose).dumps(text))

    def unsign(self, purpose: str, signed: str) -> str | None:
        """What was signed, or None."""
        try:
            return str(URLSafeSerializer(self._secret, salt=purpose).loads(signed))
        except BadData:
            return None

    def link(
        self,
        purpose: LinkPurpose,
        unit_id: str,
        role: str,
        now: datetime,
        *,
        about: int | None = None,
        version: int | None = None,
    ) -> str:
        """A link's token, about 90 characters of `A-Za-z0-9_.-`."""
        said = [unit_id, role, round(now.timestamp() * 1000), about, version]
        return str(URLSafeSerializer(self._secret, salt=f"link-{purpose.value}").dumps(said))

    def read_link(self, purpose: LinkPurpose, token: str, now: datetime) -> SignedLink:
        """What a token says; BadLink when it is not ours, or was signed more than `link_days` ago.

        A feed does not age. Whether the ledger has cut it off is the caller's to ask.
        """
        try:
            said = URLSafeSerializer(self._secret, salt=f"link-{purpose.value}").loads(token)
            unit_id, role, at, about, version = said
            signed_at = pendulum.from_timestamp(int(at) / 1000, ZONE)
            link = SignedLink(purpose, str(unit_id), str(role), signed_at, about, version)
        except (BadData, ValueError, TypeError, OverflowError):
            raise BadLink from None
        if purpose is not LinkPurpose.FEED and now >= self.ends(link.signed_at):
            raise BadLink(link)
        return link

    def ends(self, signed_at: datetime) -> datetime:
        """When a link signed at that moment closes."""
        return signed_at + timedelta(days=self.link_days)


def keys_of(settings: Settings) -> Keys:
    """The keys of a house: from the environment, or from a file in its folder that only its user reads."""
    if settings.secret_key:
        return Keys(settings.secret_key.get_secret_value(), settings.link_days)
    return Keys(_kept(settings.home / FILE), settings.link_days)


def _kept(path: Path) -> str:
    """The secret in a file; two processes that make it at once end with one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{FILE}.{os.getpid()}-{secrets.token_hex(4)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").strip()
