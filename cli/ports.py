"""Why something cannot start, in one sentence; whether a port can be taken."""

from __future__ import annotations

import errno
import socket


class CannotStart(Exception):
    """Why `up` does not start, in one sentence."""


def require_free(host: str, port: int, option: str) -> None:
    """Raise CannotStart unless `port` can be taken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"cổng {port} đang có chương trình khác dùng; chọn cổng khác bằng {option}") from None
        raise CannotStart(f"không mở được cổng {port} trên {host} ({error.strerror}); đổi {option}") from None
