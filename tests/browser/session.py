"""A session as the server sees one: Streamlit's own messages over its socket, without a browser around them."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_S = 60.0


def first_cookie(url: str) -> str:
    """Open the app's page as a browser does, and return the cookies that it gives."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        return "; ".join(value.split(";", 1)[0] for value in answer.headers.get_all("set-cookie") or [])


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sent for one interaction."""

    seconds: float
    elements: int
    size_bytes: int
    text: str


class Session:
    """One connected session; ``show`` is an interaction, from the message to the end of the script's run.

    Args:
        socket: from ``connected``
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def show(self, query: str, page: str = "") -> Answer:
        """Ask for a view by its address, as the browser's buttons and the stage's picks do, and take all of it in.

        Args:
            query: the address's parameters, such as ``utterance=u3``
            page: the page's path, empty for the first
        """
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        begun_s = time.monotonic()
        await self._socket.send(message.SerializeToString())
        elements, size, texts = 0, 0, []
        started = False
        while True:
            content = await asyncio.wait_for(self._socket.recv(), PATIENCE_S)
            assert isinstance(content, bytes)
            answer = ForwardMsg.FromString(content)
            size += len(content)
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                started, elements, texts = True, 0, []
            elif kind == "delta":
                elements += 1
                texts.append(str(answer.delta.new_element))
            elif (
                kind == "script_finished" and started and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                return Answer(time.monotonic() - begun_s, elements, size, "\n".join(texts))


def connected(url: str, cookie: str) -> connect:
    """Return the connection of a session, to be opened with ``async with``."""
    parts = urlsplit(url)
    return connect(
        f"ws://{parts.netloc}/_stcore/stream",
        origin=f"{parts.scheme}://{parts.netloc}",  # type: ignore[arg-type]
        subprotocols=[Subprotocol("streamlit")],
        additional_headers={"Cookie": cookie},
        max_size=None,
        compression=None,
    )
