"""A sign of life to somebody outside who rings when it stops coming (`DONDOC_PING_URL`); unset, nothing is sent."""

from __future__ import annotations

import logging

from pydantic import SecretStr

LOG = logging.getLogger("dondoc.ping")
SECONDS = 10.0


def ping(url: SecretStr | None) -> bool:
    """Ask the address once; whether it answered well. Never raises.

    The address is a secret: neither it nor an error that repeats it is logged.
    """
    if url is None:
        return False
    import httpx

    try:
        answer = httpx.get(url.get_secret_value(), timeout=SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        LOG.warning("the outgoing ping failed: %s", type(error).__name__)
        return False
    if not answer.is_success:
        LOG.warning("the outgoing ping was answered with %s", answer.status_code)
    return answer.is_success
