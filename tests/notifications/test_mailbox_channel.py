"""The local mailbox: readable files, whole or not at all."""

from __future__ import annotations

import dataclasses
import errno
import os
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from notifications.channel import Delivery, Envelope
from notifications.mailbox_channel import MailboxChannel, slug

from .conftest import NOW

LETTER = Envelope(
    recipient="so/tccb:dau_moi",
    address="dau-moi.tccb@so.example",
    subject="Danh sách 12 đơn vị chưa gửi báo cáo quý I/2024: " + "Kế hoạch số 193/KH-UBND " * 4,
    body="Kính gửi: Phòng Tổ chức Cán bộ\n\nĐẵng, ƯỢ, “ngoặc”.\n" + "một dòng rất dài " * 100 + "\n",
    code="TH000007",
    sender_name="Phòng TCCB - Sở GD&ĐT",
    at=NOW,
)


def test_a_letter_is_a_readable_file(tmp_path: Path) -> None:
    """The file stands under its recipient and day, shows Vietnamese in any editor, and parses as a message."""
    outcome = MailboxChannel(tmp_path).send(LETTER)

    path = tmp_path / "so-tccb-dau-moi" / "2024-03-26-TH000007.eml"
    content = path.read_bytes()
    message = message_from_bytes(content, policy=policy.default)
    assert outcome.delivery is Delivery.SENT
    assert "Subject: Danh sách 12 đơn vị chưa gửi báo cáo quý I/2024" in content.decode()
    assert "Kính gửi: Phòng Tổ chức Cán bộ" in content.decode()
    assert message["To"] == LETTER.address
    assert message["Subject"].strip() == LETTER.subject.strip()
    assert message.get_content() == LETTER.body
    assert message["Date"].datetime == NOW


def test_the_same_letter_twice_is_one_file(tmp_path: Path) -> None:
    """Writing again replaces the file; nothing half-written is left beside it."""
    channel = MailboxChannel(tmp_path)
    channel.send(LETTER)
    channel.send(dataclasses.replace(LETTER, body="khác\n"))

    [only] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert "khác" in only.read_text()


def test_a_letter_without_an_address_still_lands(tmp_path: Path) -> None:
    """The mailbox needs no address: the recipient's folder is enough."""
    MailboxChannel(tmp_path).send(dataclasses.replace(LETTER, address=None))

    [path] = tmp_path.rglob("*.eml")
    assert "so-tccb-dau-moi@hop-thu.invalid" in path.read_text()


def test_a_full_disk_is_a_failure_without_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome says what the disk said, keeps no path, and leaves no half file."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path))

    monkeypatch.setattr(os, "fsync", full)
    outcome = MailboxChannel(tmp_path).send(LETTER)

    assert (outcome.delivery, outcome.channel_down) == (Delivery.FAILED, True)
    assert "No space left" in (outcome.error or "")
    assert str(tmp_path) not in (outcome.error or "")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_recipient_cannot_climb_out_of_the_folder() -> None:
    """A recipient's name becomes plain letters, whatever is in it."""
    assert slug("../../etc:dau_moi") == "etc-dau-moi"
    assert slug("sgddt-hp/tccb:thu_truong") == "sgddt-hp-tccb-thu-truong"
