"""Doors and links: the plain addresses a letter is kept with, and the signed ones it leaves with.

A door opens nothing: it says where a link is sent to. When a letter leaves, each door in it becomes a link for the one
who reads that letter; only the envelope holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import unquote

from models.accounts import LinkPurpose

from .keys import Keys

UNIT_DOOR = "/units-door/{unit}"
_DOOR = r"/(?P<door>units|heads)-door/(?P<unit>[\w./%~-]*[\w/%~-])"  # a full stop ends the sentence, not the address
_NUMBER = re.compile(r"(?P<unit>.+)/(?P<about>\d{1,18})-(?P<version>\d{1,9})")


def signer(keys: Keys, base: str) -> Callable[[str, str, datetime], str]:
    """For `Post.sign`: the doors below `base` in a body become the reader's own links.

    `/units-door/<unit>` becomes that unit's page, `/heads-door/<unit>/<draft>-<version>` one draft for its head. A door
    of another unit than the reader's stays a door.
    """
    door = re.compile(re.escape(base) + _DOOR)

    def sign(body: str, recipient: str, now: datetime) -> str:
        own, _, role = recipient.rpartition(":")

        def link(found: re.Match[str]) -> str:
            unit = unquote(found["unit"])
            if found["door"] == "units":
                return f"{base}/u/{keys.link(LinkPurpose.UNIT, own, role, now)}" if unit == own else found[0]
            named = _NUMBER.fullmatch(unit)
            if named is None or named["unit"] != own:
                return found[0]
            about, version = int(named["about"]), int(named["version"])
            return f"{base}/h/{keys.link(LinkPurpose.HEAD, own, role, now, about=about, version=version)}"

        return door.sub(link, body)

    return sign
