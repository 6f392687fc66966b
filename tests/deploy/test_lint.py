"""The files of deploy/ pass the linters of their kinds, and the linters notice what is wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.server import ROOT

DEPLOY = ROOT / "deploy"
SCRIPTS = (DEPLOY / "start.sh", ROOT / ".ci" / "run", ROOT / ".ci" / "packages")


def linter(name: str) -> str:
    """Return a linter of requirements-dev.txt; without it the test is skipped, and with CI=true it fails."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    found = shutil.which(name, path=beside)
    if found is None:
        missing = f"no {name} found: pip install -r requirements-dev.txt"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return str(found)


def lint(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([linter(str(command[0])), *command[1:]], capture_output=True, text=True, timeout=120)


def schema_check(file: Path) -> subprocess.CompletedProcess[str]:
    return lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)


def test_the_dockerfile_passes_its_linter(tmp_path: Path) -> None:
    done = lint("hadolint", "--no-color", DEPLOY / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")
    bad = tmp_path / "Dockerfile"
    bad.write_text((DEPLOY / "Dockerfile").read_text().replace("python:3.11-slim-bookworm", "python:latest"))
    assert "DL3007" in lint("hadolint", "--no-color", bad).stdout


def test_the_compose_file_is_one_by_the_specification(tmp_path: Path) -> None:
    done = schema_check(DEPLOY / "compose.yaml")
    assert done.returncode == 0, done.stdout
    bad = tmp_path / "compose.yaml"
    bad.write_text((DEPLOY / "compose.yaml").read_text().replace("depends_on:", "depends:"))
    assert "depends" in schema_check(bad).stdout


def test_the_proxy_s_file_is_read_as_nginx_reads_it(tmp_path: Path) -> None:
    crossplane = pytest.importorskip("crossplane") if os.environ.get("CI") != "true" else __import__("crossplane")

    def errors(site: str) -> list[str]:
        (tmp_path / "site.conf").write_text(site)
        whole = tmp_path / "nginx.conf"  # the image reads the file so, within http
        whole.write_text(f"events {{}}\nhttp {{\n    include {tmp_path / 'site.conf'};\n}}\n")
        read = crossplane.parse(str(whole), strict=True, check_ctx=True, check_args=True)
        return [str(error["error"]) for error in read["errors"]]

    # What stands in a map are values, which the reader takes for unknown directives.
    site = re.sub(r"^map [^{]*\{[^}]*\}", "", (DEPLOY / "nginx.conf").read_text(), flags=re.MULTILINE)
    assert errors(site) == []
    assert errors(site.replace("proxy_read_timeout 1h", "proxy_read_time 1h"))
    assert errors(site.replace("proxy_buffering off", "proxy_buffering perhaps"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_pass_their_linter(script: Path, tmp_path: Path) -> None:
    done = lint("shellcheck", script)
    assert (done.returncode, done.stdout) == (0, "")
    bad = tmp_path / "bad.sh"
    bad.write_text("#!/bin/sh\ncd $1\n")
    assert "SC2086" in lint("shellcheck", bad).stdout
