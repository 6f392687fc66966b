"""ERC Lens: ``streamlit run app.py``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from streamlit import config, runtime

from erc_core.jobs.supervisor import start_workers, stop_workers
from erc_core.settings import load_settings
from erc_core.ui.guard import show_unexpected
from erc_core.ui.media_route import media_routes, session_cookie
from erc_core.ui.own_files import OwnFiles, only_own
from erc_core.ui.record_route import record_routes
from erc_core.ui.warm import start_warm_up

SETTINGS = load_settings()
FILES = OwnFiles()
config.set_option("server.maxUploadSize", SETTINGS.max_size_mb)  # what is larger is refused while it arrives


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Keep the workers running for as long as the server does, and each page's files for its browser alone."""
    FILES.watch(runtime.get_instance().media_file_mgr)
    start_workers(SETTINGS)
    start_warm_up()
    try:
        yield
    finally:
        stop_workers()


app = st.App(
    "erc_core/ui/shell.py",
    lifespan=lifespan,
    routes=[*media_routes(SETTINGS), *record_routes(SETTINGS)],
    middleware=[session_cookie(SETTINGS), only_own(FILES)],
    on_script_error=show_unexpected,
)
