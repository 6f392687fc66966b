"""Done while the server starts: what the first page needs, so that it answers at once."""

from __future__ import annotations

import logging
import threading

from erc_core.errors import ErcError

LOG = logging.getLogger(__name__)


def _warm_up() -> None:
    from erc_core.jobs import queue
    from erc_core.ui.bundle import BUNDLED
    from erc_core.ui.desk import store, usable_models
    from erc_core.ui.examples import example_cards
    from erc_core.ui.results import ANALYSE

    try:
        cards, models = example_cards(), usable_models()
        for card in cards:
            for model in models[:1]:
                params = {"dialogue": card.dialogue, "model": model.name}
                queue.submit(store(), ANALYSE, params, BUNDLED, f"{card.title} by {model.card.title}")
    except ErcError as error:
        # The page that needs what failed shows the same error to its user.
        LOG.warning("The server could not be warmed up: %s", error)


def start_warm_up() -> None:
    """File the examples and ask for their analyses in a thread of its own; returns at once."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
