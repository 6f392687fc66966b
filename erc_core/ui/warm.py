"""Done while the server starts: what the first page needs, so that it answers at once."""

from __future__ import annotations

import gc
import importlib
import logging
import threading
import time

from erc_core.errors import ErcError

LOG = logging.getLogger(__name__)
PAUSE_S = 6.0  # what the first page does not need waits until it is drawn
# What pages import; the first visitor would wait for plotly's modules.
PAGES_NEED = ("erc_core.ui.frame", "erc_core.ui.layers", "erc_core.ui.intake", "erc_core.ui.panels")


def _warm_up() -> None:
    for module in PAGES_NEED:
        importlib.import_module(module)
    try:
        _prepare_examples()
    except ErcError as error:
        # The page that needs what failed shows the same error to its user.
        LOG.warning("The server could not be warmed up: %s", error)
    # What is there by now stays anyway: no later collection has to walk all modules.
    gc.collect()
    gc.freeze()


def _prepare_examples() -> None:
    from erc_core import pipeline
    from erc_core.jobs import queue
    from erc_core.ui.bundle import BUNDLED
    from erc_core.ui.clips import envelope_of, still
    from erc_core.ui.desk import store, usable_models
    from erc_core.ui.examples import example_cards, file_all_results
    from erc_core.ui.results import ANALYSE

    cards, models = example_cards(), usable_models()
    for card in cards:
        if not card.still:
            still(card.media, card.middle_s)
    time.sleep(PAUSE_S)
    file_all_results()
    for card in cards:
        dialogue = store().dialogue(card.dialogue, BUNDLED)
        envelope_of(dialogue)
        for model in models[:1]:
            known = model.checkpoint and pipeline.analysis_key(dialogue, model.checkpoint)
            if not known or store().analysis(known, BUNDLED) is None:  # what came with it is of other weights
                params = {"dialogue": card.dialogue, "model": model.name}
                queue.submit(store(), ANALYSE, params, BUNDLED, f"{card.title} by {model.card.title}")


def start_warm_up() -> None:
    """File the examples and ask for their analyses in a thread of its own; returns at once."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
