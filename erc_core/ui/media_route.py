"""Clips go out only by signed links of the browser that brought them.

How a link is bound to its browser: ``SessionCookie``, a middleware of the app, gives each browser a random cookie that
scripts cannot read. Streamlit passes it to the page (``st.context.cookies``), and ``session_of`` makes the session's
identifier of it, which owns dialogues in the store. A link carries a hash of that identifier and of who is signed in,
the clip's hash and the time of its end, signed with a key that only this data folder holds; the route answers where the
signature is right, the time is not over, and the request comes with the cookies of the same session and person.

What that protects: a link that was copied, guessed or altered, or that is used after its time or from another browser,
is answered as if there were no such clip. What it does not protect: whoever has the cookie is the session, so another
person at the same browser profile sees the same clips, and so does whoever reads the traffic of a server without HTTPS.
A browser that refuses cookies has no session; it can be shown the bundled examples, whose links name no session.

A clip that somebody else shares goes out by a link that names the share too, and the route asks the store, each time,
whether that has been taken back.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erc_core.settings import Settings
from erc_core.store.files import ContentFiles
from erc_core.store.keys import checked_sha256
from erc_core.store.store import Store

PATH = "/api/media/"
COOKIE = "erc_session"
SIGNED_IN = "_streamlit_user"  # Streamlit's cookie of who is signed in; a long one goes on in SIGNED_IN__1 and so on
PUBLIC = ""  # the session of links to bundled examples: every browser may use them
WINDOW_S = 6 * 3600  # a link holds for one to two of these; within one it stays the same, so a player does not reload
_COOKIE_FORM = re.compile(r"[A-Za-z0-9_-]{43}")
_TELLS_WHO = re.compile(rf"{SIGNED_IN}(__\d+)?")
_VERSION, _SHARED = b"\x01", b"\x02"
_TIME_BYTES = 8
_HASH_BYTES = 32
_LENGTH = 1 + _TIME_BYTES + 3 * _HASH_BYTES
_DAY_S = 86_400
HEADERS = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; sandbox",
}
# What a clip begins with, from which byte on, and what it is then. Anything else goes out as bytes without a meaning.
_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\x89PNG", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
)


def session_of(cookies: Mapping[str, str]) -> str | None:
    """Return the session's identifier, or None for a browser without our cookie.

    It is a hash, so that neither links nor the store's rows tell the cookie itself.
    """
    value = cookies.get(COOKIE, "")
    return hashlib.sha256(value.encode("ascii")).hexdigest()[:32] if _COOKIE_FORM.fullmatch(value) else None


def viewer_of(cookies: Mapping[str, str]) -> str | None:
    """Return for whom links are signed: the browser's session, and who is signed in there, if anybody is.

    Who signs out takes the links along: the next person at that browser opens none of them.
    """
    session = session_of(cookies)
    told = [f"{name}={cookies[name]}" for name in sorted(cookies) if _TELLS_WHO.fullmatch(name)]
    if session is None or not told:
        return session
    return hashlib.sha256("\n".join((session, *told)).encode()).hexdigest()[:32]


def session_cookie(settings: Settings) -> Middleware:
    """Return the middleware that gives each browser its cookie: ``st.App(..., middleware=[session_cookie(...)])``."""
    return Middleware(SessionCookie, max_age_s=int(max(settings.keep_days, 1) * _DAY_S))


class SessionCookie:
    """Adds the cookie to an answer to a browser that has none.

    Args:
        app: what answers
        max_age_s: how long the browser keeps it; as long as the store keeps clips
    """

    def __init__(self, app: ASGIApp, max_age_s: int) -> None:
        self._app = app
        self._max_age_s = max_age_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with our cookie where the browser has none."""
        if scope["type"] != "http" or session_of(HTTPConnection(scope).cookies) is not None:
            await self._app(scope, receive, send)
            return
        secure = "; Secure" if scope["scheme"] == "https" else ""
        value = f"{COOKIE}={secrets.token_urlsafe(_HASH_BYTES)}; Path=/; Max-Age={self._max_age_s}"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers.append("set-cookie", f"{value}; HttpOnly; SameSite=Lax{secure}")
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def sign_media(settings: Settings, session: str, sha256: str, now_s: float | None = None, *, share: str = "") -> str:
    """Return the path of a link to a clip, for one session.

    Args:
        session: from ``viewer_of``; ``PUBLIC`` for the clip of a bundled example
        sha256: names the clip
        now_s: seconds since 1970, now if not given
        share: identity of the share by which this session sees the clip; empty where it is its own

    Raises:
        StoreError: ``sha256`` is no content hash
    """
    now_s = time.time() if now_s is None else now_s
    end_s = (int(now_s) // WINDOW_S + 2) * WINDOW_S
    through = bytes.fromhex(checked_sha256(share)) if share else b""
    begin = (_SHARED if share else _VERSION) + end_s.to_bytes(_TIME_BYTES, "big")
    content = begin + _hash(session) + through + bytes.fromhex(checked_sha256(sha256))
    return PATH + base64.urlsafe_b64encode(content + _signature(_key(settings), content)).decode("ascii").rstrip("=")


def media_routes(settings: Settings) -> list[Route]:
    """Return the route that answers the links: ``st.App(..., routes=media_routes(settings))``."""
    files = ContentFiles(settings.data)
    key = _key(settings)

    @cache
    def store() -> Store:
        return Store(settings)

    def serve(request: Request) -> Response:
        found = _permitted(key, request.path_params["token"], viewer_of(request.cookies), time.time())
        allowed = found is not None and (not found.share or store().holds(found.share))
        path = files.path("media", found.sha256) if found is not None and allowed else None
        if path is None or not path.is_file():
            return PlainTextResponse("There is no such clip, or the link is over.", status_code=404)
        return FileResponse(path, headers=HEADERS, media_type=_media_type(path))

    return [Route(PATH + "{token}", serve, methods=["GET"])]


@dataclass(frozen=True, slots=True)
class _Permitted:
    """The hash of a clip, and the identity of the share that must still hold; empty where none is needed."""

    sha256: str
    share: str = ""


def _permitted(key: bytes, token: str, session: str | None, now_s: float) -> _Permitted | None:
    """Return what a link gives to a session, or None."""
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    content, signature = data[:-_HASH_BYTES], data[-_HASH_BYTES:]
    long = {_VERSION: _LENGTH, _SHARED: _LENGTH + _HASH_BYTES}
    if len(data) != long.get(data[:1]) or not hmac.compare_digest(signature, _signature(key, content)):
        return None
    end_s = int.from_bytes(content[1 : 1 + _TIME_BYTES], "big")
    owner, *through = (content[at : at + _HASH_BYTES] for at in range(1 + _TIME_BYTES, len(content), _HASH_BYTES))
    allowed = (_hash(PUBLIC), _hash(session)) if session is not None else (_hash(PUBLIC),)
    if now_s >= end_s or owner not in allowed:
        return None
    sha256 = through.pop().hex()
    return _Permitted(sha256, through[0].hex() if through else "")


def _hash(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()


def _signature(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, b"media link" + content, "sha256")


def _key(settings: Settings) -> bytes:
    """Return the data folder's key; the first to ask makes it, readable by this user alone."""
    path = settings.data / "media.key"
    if not path.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=settings.data)  # mode 600
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_HASH_BYTES))
            file.flush()
            os.fsync(file.fileno())
        _link(Path(name), path)
    return path.read_bytes()


def _link(new: Path, path: Path) -> None:
    """Give a finished file its name, unless another process was faster."""
    try:
        path.hardlink_to(new)
    except FileExistsError:
        return
    finally:
        new.unlink()


def _media_type(path: Path) -> str:
    with path.open("rb") as file:
        beginning = file.read(16)
    for offset, mark, media_type in _BEGINNINGS:
        if beginning[offset:].startswith(mark):
            return media_type
    return "application/octet-stream"
