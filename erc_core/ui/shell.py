"""The script that Streamlit runs: the bar of pages, then one page, with errors as boxes."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:  # Streamlit puts this script's folder on the path, not the project's
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from erc_core.ui.figure_files import begin_figures, draw_figure_files  # noqa: E402
from erc_core.ui.guard import guarded  # noqa: E402
from erc_core.ui.look import apply_look  # noqa: E402
from erc_core.ui.notices import help_switch  # noqa: E402
from erc_core.ui.people import draw_sign_in  # noqa: E402
from erc_core.ui.places import PAGES, PLACES, draw_lead  # noqa: E402
from erc_core.ui.sharing import open_share  # noqa: E402
from erc_core.ui.state import current_view, parse_view, query_of, settle_address  # noqa: E402
from erc_core.ui.tour import draw_tour, open_step  # noqa: E402

NAME = "ERC Lens"


def _bar(pages: dict[str, st.Page]) -> None:
    """Draw the bar; each link carries the view along, so that a page opens on what was on screen."""
    carried = {name: value for name, value in st.query_params.to_dict().items() if name not in ("job", "tour", "share")}
    with st.container(key="bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="brand">{NAME}</div>', width="content")
        for title, page in pages.items():
            st.page_link(page, label=title, query_params=query_of(parse_view(carried)))
        st.space("stretch")
        help_switch()
        draw_sign_in()


def main() -> None:
    """Draw the bar and run the page that the address names."""
    st.set_page_config(page_title=NAME, page_icon="🔎", layout="wide", initial_sidebar_state="collapsed")
    apply_look()
    settle_address()
    pages = {
        place.title: st.Page(
            PAGES / place.file, title=place.title, url_path=place.address or None, default=not place.address
        )
        for place in PLACES
    }
    chosen = st.navigation(list(pages.values()), position="hidden")
    with guarded():
        try:
            open_share(current_view())
            open_step(current_view())
        finally:  # the bar stays where an address leads to nothing
            _bar(pages)
        draw_tour(current_view())
        draw_lead(chosen.url_path)
        begin_figures()
        chosen.run()
        draw_figure_files(chosen.title)


main()
