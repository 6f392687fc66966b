"""Pictures of every page in both themes: ``python -m tests.browser.screenshots [FOLDER]``.

They go to docs/screenshots where no folder is named.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from erc_core.whatif.edit_text import edits_text
from erc_core.whatif.edits import MuteSound, WordsEdit
from tests.browser.server import FLAGS, ROOT, find_browser, running_app
from tests.browser.steps import wait_for_stage

EDITS = (WordsEdit("u6", "They turned me down, there is no place and no money."), MuteSound("u6"))
SHOTS = {
    "browse": "?utterance=u3",
    "tour": "?tour=1",
    "analyse": "analyse",
    "layers": "layers?utterance=u4",
    "layers_what_if": "layers?utterance=u4&tau=0.45",
    "contributions_df_erc": "contributions?model=df_erc&utterance=u6",
    "contributions_cmath": "contributions?model=cmath&utterance=u6",
    "contributions_lmam": "contributions?model=lmam&utterance=u6",
    "contributions_amuse": "contributions?model=amuse&utterance=u6",
    "evidence": "evidence?model=df_erc&utterance=u6",
    "checks": "checks",
    "compare": "compare?utterance=u6",
    "what_if": "whatif?model=df_erc&utterance=u6&edits=" + quote(edits_text(EDITS)),
    "corpus": "corpus?model=df_erc",
    "papers": "papers",
    "models": "models",
}
WITHOUT_STAGE = ("analyse", "checks", "corpus", "papers", "models")
WIDTH, LOWEST, HIGHEST = 1360, 760, 3600
QUALITY = 78
SETTLE_MS = 3500


def take(page: Page, target: Path) -> None:
    """Make the window as high as the page and save it as WebP."""
    for _ in range(2):  # the stage grows with the window
        height = page.locator("[data-testid=stMain]").evaluate("node => node.scrollHeight")
        page.set_viewport_size({"width": WIDTH, "height": max(LOWEST, min(HIGHEST, int(height)))})
        page.wait_for_timeout(SETTLE_MS)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(target, "WEBP", quality=QUALITY, method=6)


def take_all(browser: Browser, url: str, folder: Path) -> None:
    """Walk over all pages, first in the light theme, then in the dark one."""
    for theme in ("light", "dark"):
        scheme = "dark" if theme == "dark" else "light"
        context = browser.new_context(viewport={"width": WIDTH, "height": 1000}, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(120_000)
        for name, path in SHOTS.items():
            page.set_viewport_size({"width": WIDTH, "height": LOWEST})
            page.goto(f"{url}/{path}")
            page.get_by_text("ERC Lens").first.wait_for()
            if name not in WITHOUT_STAGE:
                wait_for_stage(page)
            page.wait_for_timeout(SETTLE_MS)
            take(page, folder / f"{name}_{theme}.webp")
        context.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    path = find_browser()
    if path is None:
        raise SystemExit("No Chromium on PATH: install Debian's package chromium.")
    with tempfile.TemporaryDirectory() as data, running_app(Path(data)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        take_all(browser, url, folder)
        browser.close()


if __name__ == "__main__":
    main()
