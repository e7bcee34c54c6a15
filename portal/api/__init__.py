"""The same as JSON: `/api/v1/…`, with a token or a browser's session; described by `/api/openapi.json`."""

from __future__ import annotations

from . import deeds, description, look

routers = (look.router, deeds.router, description.router)
