"""Private files: to be saved, never shown, never kept on the way, never whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

PIECE = 1 << 16


def send_path(request: HttpRequest, path: Path, *, name: str, content_type: str) -> HttpResponseBase:
    """The file piece by piece; a server of sockets would gather what comes from a plain iterator."""
    response: HttpResponseBase
    if isinstance(request, ASGIRequest):
        response = StreamingHttpResponse(_pieces(path), content_type=content_type)
        response["Content-Length"] = str(path.stat().st_size)
    else:
        response = FileResponse(path.open("rb"), content_type=content_type)
    return private(response, name)


def private(response: HttpResponseBase, name: str) -> HttpResponseBase:
    """Headers of a download under this name."""
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        await asyncio.to_thread(file.close)
