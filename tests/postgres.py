"""A PostgreSQL cluster of the tests' own, in a temporary folder, reached by a socket there and not by the network."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

_START_S = 30.0
_DEBIAN = Path("/usr/lib/postgresql")


def find_programs() -> Path | None:
    """Return the folder of initdb and postgres, the newest of those that there are, or None."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@dataclass
class Cluster:
    """A running server that takes connections through the socket in ``folder``."""

    folder: Path

    def emptied(self) -> str:
        """Empty the database and return its SQLAlchemy address; a new one each time would cost a thousand files."""
        with psycopg.connect(host=str(self.folder), user="erc", dbname="postgres", autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return f"postgresql+psycopg://erc@/postgres?host={self.folder}"


@contextmanager
def cluster(programs: Path) -> Iterator[Cluster]:
    """Run a cluster; as the user postgres where we are root, because initdb refuses root."""
    with tempfile.TemporaryDirectory(prefix="erc-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = _server_user()
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "erc", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*initdb, "--locale=C"], user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-k", folder, *options],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            _wait(folder, server)
            yield Cluster(folder)
        finally:
            server.send_signal(
                signal.SIGQUIT
            )  # end now: nobody needs the data, and a plain termination waits for connections
            server.wait()


def _server_user() -> str | None:
    return "postgres" if os.geteuid() == 0 else None


def _wait(folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(host=str(folder), user="erc", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)
