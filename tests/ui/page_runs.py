"""Pages run through the shell, and what they say."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parent.parent.parent


def run_page(name: str, **params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "erc_core" / "ui" / "shell.py"), default_timeout=240)
    app.run()
    for key, value in params.items():
        app.query_params[key] = value
    app.switch_page(str(ROOT / "pages" / name)).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    found = [*app.markdown, *app.caption, *app.info, *app.title, *app.subheader]
    return "\n".join([str(item.value) for item in found] + [str(item.proto.body) for item in app.get("html")])
