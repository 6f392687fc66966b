"""The server takes what the settings say."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from streamlit import config


def test_uploads_are_limited_by_the_same_setting_as_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERC_DATA", str(tmp_path))
    monkeypatch.setenv("ERC_MAX_SIZE_MB", "7")
    before = config.get_option("server.maxUploadSize")
    monkeypatch.delitem(sys.modules, "app", raising=False)
    try:
        importlib.import_module("app")
        assert config.get_option("server.maxUploadSize") == 7
    finally:
        config.set_option("server.maxUploadSize", before)
        sys.modules.pop("app", None)
