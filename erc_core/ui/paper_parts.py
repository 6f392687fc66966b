"""What the drawings of the papers' figures share."""

from __future__ import annotations

from dataclasses import dataclass

from erc_core.corpus_run import Ask, Source
from erc_core.corpus_table import CorpusTable
from erc_core.errors import MissingResourceError
from erc_core.paper_figures import PaperFigure
from erc_core.pipeline import ModelStatus
from erc_core.plots.theme import Mode
from erc_core.trace_pool import TracePool
from erc_core.ui.corpus_runs import kept_pool, kept_table


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure of a paper as it is drawn.

    Attributes:
        source: what it is drawn from
        model: the system, as it is
        own: what the system told over the source; None where it was not run yet
        figure: which figure
        mode: light or dark theme
    """

    source: Source
    model: ModelStatus
    own: TracePool | None
    figure: PaperFigure
    mode: Mode

    @property
    def pool(self) -> TracePool:
        """What the system told over the source.

        Raises:
            MissingResourceError: it was not run yet
        """
        if self.own is None:
            raise MissingResourceError("The model was not run on this corpus", got=self.source.title, do="run it")
        return self.own

    @property
    def key(self) -> str:
        """Names the figure on the page."""
        return f"papers-{self.figure.system}-{self.figure.number.replace(' ', '').replace('.', '').lower()}"

    def pools(self) -> dict[str, TracePool]:
        """Return the system's own pool and those of the variants that were run, by what people call them."""
        found = {"as it is": self.pool}
        for ask in self.figure.asks:
            pool = kept_pool(self.source, ask)
            if pool is not None:
                found[variant_title(ask.model)] = pool
        return found

    def tables(self) -> dict[Ask, CorpusTable]:
        """Return the tables of the runs that the figure needs and that were made."""
        found = {ask: kept_table(self.source, ask) for ask in self.figure.asks}
        return {ask: table for ask, table in found.items() if table is not None}


def variant_title(name: str) -> str:
    """Return what people call a variant such as ``df_erc+no_cfm``."""
    return name.partition("+")[2].replace("_", " ")
