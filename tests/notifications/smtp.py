"""Real SMTP servers on 127.0.0.1: one that takes letters, and ones that misbehave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Inbox:
    """An SMTP handler that keeps what it takes; `refuse` answers RCPT with a 550."""

    refuse: set[str] = field(default_factory=set)
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address or say that the mailbox does not exist."""
        if address in self.refuse:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the letter."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        self.letters.append((list(envelope.rcpt_tos), message))
        return "250 2.0.0 taken"


@dataclass
class Door:
    """An authenticator that knows one password."""

    password: str

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == self.password.encode()
        return AuthResult(success=right, handled=True) if right else AuthResult(success=False, handled=False)


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[int]:
    """A server for the inbox; gives its port."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Talk = Callable[[socket.socket], None]


@contextmanager
def misbehaving(talk: Talk) -> Iterator[int]:
    """A raw server: `talk` holds each conversation until it returns, then the line is closed."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def hold(line: socket.socket) -> None:
        with line:
            try:
                talk(line)
            except OSError:
                return

    def listen() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=hold, args=(line,), daemon=True))
            threads[-1].start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)
        for each in threads:
            each.join(timeout=5)


def answers(line: socket.socket, until: str, then: Talk) -> None:
    """Speak SMTP properly up to the command `until` (a verb, or "." for the end of the data), then do `then`."""
    reader = line.makefile("rb")
    line.sendall(b"220 here\r\n")
    in_data = False
    while said := reader.readline():
        word = said.strip().decode(errors="replace")
        verb = "." if in_data and word == "." else "" if in_data else word.split(":")[0].split(" ")[0].upper()
        if verb == until:
            then(line)
            return
        if in_data:
            continue
        if verb == "DATA":
            in_data = True
            line.sendall(b"354 go on\r\n")
        elif verb == "QUIT":
            line.sendall(b"221 bye\r\n")
            return
        else:
            line.sendall(b"250 ok\r\n")
