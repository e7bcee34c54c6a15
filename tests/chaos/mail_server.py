"""An SMTP server that misbehaves by a seeded plan and keeps its own record of what it has taken."""

from __future__ import annotations

import asyncio
import os
import random
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

FATES = {  # how it behaves towards one letter: weight
    "take": 70,
    "later": 6,  # 451 to the recipient
    "never": 4,  # 550 to the recipient
    "refuse-content": 4,  # 554 after the content
    "hang": 3,  # says nothing until the other side has gone, and forgets the letter
    "hang-and-take": 3,  # the same, and keeps it
    "half-way": 4,  # closes the line in the middle of the conversation
    "take-and-close": 4,  # keeps the letter and closes the line instead of saying so
    "take-and-die": 2,  # keeps the letter and dies, with everything else it was doing
}
HANG_SECONDS = 0.8  # longer than a deliverer waits


class Moody:
    """The handler: one fate for each conversation."""

    def __init__(self, record: Path, dice: random.Random, calm: Any) -> None:
        self.record, self.dice, self.calm = record, dice, calm

    def _fate(self) -> str:
        return "take" if self.calm.value else self.dice.choices(list(FATES), list(FATES.values()))[0]

    def _keep(self, content: bytes) -> None:
        code = message_from_bytes(content)["X-Dondoc-Letter"]
        with self.record.open("a") as notes:
            notes.write(f"{code}\n")

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """The fate of this letter is thrown."""
        session.fate = self._fate()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Take an address, or not."""
        if session.fate == "half-way":
            server.transport.abort()
        if session.fate == "later":
            return "451 4.3.0 Try again later"
        if session.fate == "never":
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the content, or not, and say so, or not."""
        if session.fate == "refuse-content":
            return "554 5.7.1 Refused"
        if session.fate in ("hang", "hang-and-take"):
            await asyncio.sleep(HANG_SECONDS)
        if session.fate == "hang":
            server.transport.abort()
            return "451 4.3.0 Gone"
        self._keep(envelope.content)
        if session.fate == "take-and-close":
            server.transport.abort()
        if session.fate == "take-and-die":
            os._exit(7)
        return "250 2.0.0 Taken"


def serve(port: int, record: Path, seed: str, calm: Any) -> None:
    """Serve on loopback until the process ends."""
    moody = Moody(record, random.Random(seed), calm)
    loop = asyncio.new_event_loop()
    server = loop.create_server(lambda: SMTP(moody, hostname="127.0.0.1", loop=loop), "127.0.0.1", port)
    loop.run_until_complete(server)
    loop.run_forever()
