"""The proxy of deploy/ in front of the real application: the page, its socket, a large upload, and a clip in pieces."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

from erc_core.ui.media_route import COOKIE
from tests.browser.server import ROOT, free_port
from tests.browser.session import PATIENCE_S, Session, connected, first_cookie

START_S = 20.0
LARGE = 3_000_000  # bytes; without a word nginx takes one million
# What Debian's and the image's own file say around the site, with every path in a folder of the test's.
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def configured(folder: Path, app_url: str, address: str) -> Path:
    """Write the example with the test's addresses, and what stands around it."""
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for there, here in (("http://app:8501", app_url), ("listen 80;", f"listen {address};")):
        assert site.count(there) == 1
        site = site.replace(there, here)
    (folder / "site.conf").write_text(site)
    whole = folder / "nginx.conf"
    whole.write_text(AROUND.format(folder=folder))
    return whole


@pytest.fixture
def proxy(app_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of an nginx that runs the example; without the program the test is skipped."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        pytest.skip("no nginx found: install Debian's package nginx-light")
    address = f"127.0.0.1:{free_port()}"
    log = tmp_path / "error.log"
    running = subprocess.Popen([nginx, "-p", tmp_path, "-e", log, "-c", configured(tmp_path, app_url, address)])
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"http://{address}/_stcore/health", timeout=5).close()
                break
            except urllib.error.URLError:
                said = log.read_text() if log.exists() else ""
                assert running.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.1)
        yield f"http://{address}"
    finally:
        running.terminate()
        running.wait(timeout=20)


def asked(url: str, cookie: str, content: bytes | None = None, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    """Ask as the page does; with content, put that there."""
    method = "GET" if content is None else "PUT"
    request = urllib.request.Request(url, content, {"Cookie": cookie, **headers}, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.status, answer.headers, answer.read()


async def upload_address(socket: ClientConnection, name: str) -> str:
    """Ask for an address to put a file at, as Streamlit's uploader does."""
    message = BackMsg()
    message.file_urls_request.file_names.append(name)
    await socket.send(message.SerializeToString())
    while True:
        content = await asyncio.wait_for(socket.recv(), PATIENCE_S)
        assert isinstance(content, bytes)
        answer = ForwardMsg.FromString(content)
        if answer.WhichOneof("type") == "file_urls_response":
            return str(answer.file_urls_response.file_urls[0].upload_url)


def test_the_page_an_upload_and_a_clip_in_pieces_pass_the_proxy(proxy: str, tmp_path: Path) -> None:
    async def visit() -> None:
        cookie = first_cookie(proxy)
        assert cookie.startswith(f"{COOKIE}=")
        async with connected(proxy, cookie) as socket:
            page = await Session(socket).show("")
            clip = re.search(r"/api/media/[\w-]+", page.text)
            assert clip is not None
            status, headers, piece = await asyncio.to_thread(asked, proxy + clip[0], cookie, Range="bytes=4-11")
            assert (status, piece[:4], len(piece)) == (206, b"ftyp", 8)
            assert re.fullmatch(r"bytes 4-11/\d+", headers["content-range"])

            address = proxy + await upload_address(socket, "large.mp4")
            token = (await asyncio.to_thread(asked, f"{proxy}/_stcore/health", cookie))[1]["set-cookie"]
            token = token.partition(";")[0]
            form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="large.mp4"\r\n\r\n%b\r\n--b--\r\n'
            whole, kind = form % (b"\0" * LARGE), "multipart/form-data; boundary=b"
            headers = {"Content-Type": kind, "X-Xsrftoken": token.partition("=")[2]}
            status, _, _ = await asyncio.to_thread(asked, address, f"{cookie}; {token}", whole, **headers)
            assert status == 204

    # In a thread of its own: tests in a browser before this one leave a loop running in the main thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, visit()).result()
    assert list((tmp_path / "body").iterdir()) == []  # it went straight through
