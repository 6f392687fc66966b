"""Where the page's recorder sends what it recorded: straight into the store, for the session of its cookie.

A recording is taken only with the session's cookie, which browsers do not send along with another site's request, and
with a header that no other site may set. Its content is looked at later, by the job that opens it, as with any clip.
"""

from __future__ import annotations

import tempfile
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from erc_core.errors import ErcError
from erc_core.settings import Settings
from erc_core.store.store import Store
from erc_core.ui.media_route import session_of

PATH = "/api/recording"
HEADER = "x-erc-recording"
IN_MEMORY = 1 << 20  # a longer recording goes to a temporary file while it arrives


def record_routes(settings: Settings) -> list[Route]:
    """Return the route that takes recordings: ``st.App(..., routes=record_routes(settings))``."""
    most = settings.max_size_mb * 1_000_000

    @cache
    def store() -> Store:
        return Store(settings)

    async def take(request: Request) -> Response:
        session = session_of(request.cookies)
        if session is None or request.headers.get(HEADER) != "1":
            return _refused("Recordings are taken from the page Analyse a clip alone, with its cookie.", 403)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as content:
            size = 0
            async for part in request.stream():
                size += len(part)
                if size > most:
                    return _refused(f"The recording is larger than {settings.max_size_mb} MB.", 413)
                await run_in_threadpool(content.write, part)
            if not size:
                return _refused("The recording is empty.", 400)
            try:
                sha256 = await run_in_threadpool(lambda: store().put_media(content, owner=session))
            except ErcError as error:
                return _refused(error.sentence(), 400)
        return JSONResponse({"sha256": sha256}, headers={"cache-control": "no-store"})

    return [Route(PATH, take, methods=["POST"])]


def _refused(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status_code=status, headers={"cache-control": "no-store"})
