"""The start-up path of the image, without Docker, and the files around it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import fields
from pathlib import Path

import yaml

from erc_core.settings import PREFIX, Settings
from tests.browser.server import ROOT, free_port, wait_until_healthy

DEPLOY = ROOT / "deploy"


def test_the_start_script_checks_starts_the_server_and_ends_with_it(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "ERC_DATA": str(tmp_path / "data"),
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_PORT": str(port),
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen([DEPLOY / "start.sh"], cwd=tmp_path, env=environment, stdout=output, stderr=output)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", server, log, patience_s=200)
        plain = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20).headers["set-cookie"]
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"X-Forwarded-Proto": "https"})
        behind_https = urllib.request.urlopen(asked, timeout=20).headers["set-cookie"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) in (0, -signal.SIGTERM)
    finally:
        server.kill()
    assert "HttpOnly" in plain
    assert "Secure" not in plain
    assert "Secure" in behind_https
    assert "ok      store" in log.read_text()


def test_a_start_without_what_is_needed_stops_and_says_so(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHON": sys.executable, "ERC_DATABASE": "sqlite:////proc/nothing/store.sqlite"}
    ended = subprocess.run(
        [DEPLOY / "start.sh"],
        env={**environment, "ERC_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ended.returncode == 1
    assert "MISSING store" in ended.stdout


def test_the_script_is_plain_shell() -> None:
    subprocess.run(["sh", "-n", DEPLOY / "start.sh"], check=True)


def test_the_image_copies_what_is_there_and_what_the_ignore_file_lets_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists()
            assert source in let_through
    commands = re.findall(r"^([A-Z]+) ", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert commands[0] == "FROM"
    assert commands.index("USER") < commands.index("CMD")


def test_compose_starts_the_script_with_settings_that_exist() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"app", "proxy", "database", "scheduler", "worker"}
    assert "ports" not in services["app"]
    known = {PREFIX + item.name.upper() for item in fields(Settings)}
    assert {name for name in services["app"]["environment"] if name.startswith(PREFIX)} <= known
    assert services["worker"]["command"][3] == "tcp://scheduler:8786"
    assert set(compose["volumes"]) == {"data", "database"}


def test_the_proxy_lets_sockets_large_uploads_and_pieces_of_clips_through() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    assert text.count("{") == text.count("}")
    for needed in ("proxy_set_header Upgrade", "X-Forwarded-Proto", "client_max_body_size", "proxy_buffering off"):
        assert needed in text
