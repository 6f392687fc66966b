"""Pages run through the shell, and what they say."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from erc_core import pipeline
from erc_core.pipeline import Example
from erc_core.settings import load_settings
from erc_core.store.store import Store
from erc_core.ui.bundle import file_result

KEPT_MODEL = "dq_former"
ROOT = Path(__file__).resolve().parent.parent.parent
every_example = pipeline.examples  # the fixture of an empty server takes it away


def keep_example(name: str, *models: str) -> Example:
    """File an example in the store with the results that come with it."""
    example = next(one for one in every_example() if one.name == name)
    store = Store(load_settings())
    store.put_media(example.clip, owner="")
    store.put_dialogue(example.dialogue, "")
    for model in models:
        assert file_result(example, model, store), "make examples writes the results of these weights"
    store.close()
    return example


def run_page(name: str, **params: str) -> AppTest:
    """Open a page; where a dialogue is named and no model, by the model whose answers these tests keep."""
    if "dialogue" in params:
        params = {"model": KEPT_MODEL, **params}
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
