"""The local mailbox: each letter a readable file, for when no channel is configured and for sample units."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

from .channel import Delivery, Envelope, Outcome

# Raw UTF-8 and no folding: a person opens these files, with any editor.
READABLE = SMTPUTF8.clone(linesep="\n", cte_type="8bit", max_line_length=0)
NOWHERE = "hop-thu.invalid"


@dataclass(frozen=True)
class MailboxChannel:
    """Writes `<folder>/<recipient>/<day>-<code>.eml`, whole or not at all; the same letter twice is one file."""

    folder: Path
    name: str = "mailbox"
    loopback: bool = True

    def send(self, envelope: Envelope) -> Outcome:
        """Write one letter; a full disk or a folder that may not be written is a failure with its reason."""
        try:
            write_whole(self.path(envelope), as_message(envelope))
        except OSError as error:
            reason = f"không ghi được thư vào hộp thư trên máy: {error.strerror or 'lỗi đĩa'}"
            return Outcome(Delivery.FAILED, reason, channel_down=True)
        return Outcome(Delivery.SENT)

    def path(self, envelope: Envelope) -> Path:
        """Where a letter lands."""
        return self.folder / slug(envelope.recipient) / f"{envelope.at:%Y-%m-%d}-{envelope.code}.eml"


def slug(recipient: str) -> str:
    """`sgddt-hp/tccb:dau_moi` as a folder name: `sgddt-hp-tccb-dau-moi`."""
    return re.sub(r"[^a-z0-9]+", "-", recipient.lower()).strip("-")


def as_message(envelope: Envelope) -> bytes:
    """The letter as an RFC 5322 message in plain UTF-8."""
    message = EmailMessage(policy=READABLE)
    message["From"] = Address(envelope.sender_name, "dondoc", NOWHERE)
    message["To"] = envelope.address or f"{slug(envelope.recipient)}@{NOWHERE}"
    message["Subject"] = envelope.subject
    message["Date"] = envelope.at
    message["Message-ID"] = f"<{envelope.code}@{NOWHERE}>"
    message.set_content(envelope.body, cte="8bit")
    return message.as_bytes()


def write_whole(path: Path, content: bytes) -> None:
    """Write beside, flush to the disk, then rename: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
