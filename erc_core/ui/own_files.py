"""What Streamlit keeps for a page, a picture, a sound or an export, goes out only to the browser that the page is in.

Streamlit gives such a file an address under ``/media`` that is made of the file's content, and answers it to whoever
asks. ``OwnFiles`` notes for whom each file was made: for the same browser's session and person that links to clips are
signed for. ``OnlyOwn``, a middleware of the app, answers an address only with the cookies of one of those. Everybody
else, and a browser that refuses cookies, learns no more than of an address that leads to nothing.

A file that is made when its button is pressed belongs to the page with the button, whoever asks for it to be made.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from erc_core.ui.media_route import HEADERS, viewer_of

if TYPE_CHECKING:
    from streamlit.runtime.media_file_manager import MediaFileManager

FOLDER = "media"  # of Streamlit's addresses
MOST = 100_000  # pairs of a file and a viewer that are remembered; each run of a page tells its files anew
_MADE_FOR: ContextVar[str | None] = ContextVar("made_for", default=None)


def page_viewer() -> str | None:
    """Return for whom the page that runs here is drawn; None for a browser that refuses cookies."""
    return viewer_of(st.context.cookies)


class OwnFiles:
    """For whom each of Streamlit's files was made. Safe to share between threads.

    Args:
        viewer: tells for whom the page is that makes a file
        most: pairs of a file and a viewer to remember; the oldest go first
    """

    def __init__(self, viewer: Callable[[], str | None] = page_viewer, most: int = MOST) -> None:
        self._viewer = viewer
        self._most = most
        self._made: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = Lock()

    def watch(self, manager: MediaFileManager) -> None:
        """Note from now on each file that Streamlit's manager keeps."""
        add, add_deferred, execute_deferred = manager.add, manager.add_deferred, manager.execute_deferred

        def noted(*args: Any, **named: Any) -> str:
            address = add(*args, **named)
            self._note(address, self._viewer())
            return address

        def noted_later(make: Callable[[], Any], *args: Any, **named: Any) -> str:
            viewer = self._viewer()

            def made() -> Any:
                _MADE_FOR.set(viewer)
                return make()

            return add_deferred(made, *args, **named)

        def noted_now(file_id: str) -> str:
            before = _MADE_FOR.set(None)
            try:
                address = execute_deferred(file_id)
                self._note(address, _MADE_FOR.get())
            finally:
                _MADE_FOR.reset(before)
            return address

        for name, noting in (("add", noted), ("add_deferred", noted_later), ("execute_deferred", noted_now)):
            setattr(manager, name, noting)

    def belongs(self, address: str, viewer: str | None) -> bool:
        """Tell whether the file at an address was made for a viewer."""
        return viewer is not None and (_name(address), viewer) in self._made

    def _note(self, address: str, viewer: str | None) -> None:
        if viewer is None:
            return
        with self._lock:
            self._made[_name(address), viewer] = None
            self._made.move_to_end((_name(address), viewer))
            while len(self._made) > self._most:
                self._made.popitem(last=False)


def only_own(files: OwnFiles) -> Middleware:
    """Return the middleware that keeps files for their browsers: ``st.App(..., middleware=[only_own(...)])``."""
    return Middleware(OnlyOwn, files=files)


class OnlyOwn:
    """Answers Streamlit's addresses of files to the browsers alone that the files were made for.

    Args:
        app: what answers
        files: for whom the files were made
    """

    def __init__(self, app: ASGIApp, files: OwnFiles) -> None:
        self._app = app
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not _path(scope).startswith(_prefix()):
            await self._app(scope, receive, send)
        elif self._files.belongs(_path(scope), viewer_of(HTTPConnection(scope).cookies)):
            await self._app(scope, receive, _kept_by_nobody(send))
        else:
            await PlainTextResponse("File not found", status_code=404, headers=HEADERS)(scope, receive, send)


def _kept_by_nobody(send: Send) -> Send:
    """Forbid caches to keep an answer, and other sites to show it."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message.setdefault("headers", [])).update(HEADERS)
        await send(message)

    return send_with_headers


def _path(scope: Mapping[str, Any]) -> str:
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def _prefix() -> str:
    """Return how the addresses begin, under the folder that the server is set to."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/{FOLDER}/" if base else f"/{FOLDER}/"


def _name(address: str) -> str:
    """Return what names the file in an address; Streamlit leaves out the ending too."""
    return PurePosixPath(address.rpartition(f"/{FOLDER}/")[2]).stem
