"""What the papers' figures need and whether it is on this machine: weights of variants, outcomes of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erc_core.errors import UnknownNameError
from erc_core.models.checkpoints import CONFIG, checkpoint_folder, checkpoint_places
from erc_core.paper_figures import FIGURES, PaperFigure, compare_command, figures_of, train_command
from erc_core.settings import Settings
from erc_core.training.compared import compared
from erc_core.training.lmam_outcomes import known_table, remembered


@dataclass(frozen=True, slots=True)
class Need:
    """What one figure needs beside the model's own weights.

    Attributes:
        system: the model's name
        number: of the figure
        title: of the figure
        found: weights of variants that are there, by name, and kept outcomes, as text
        commands: that train or measure what is missing
    """

    system: str
    number: str
    title: str
    found: tuple[str, ...]
    commands: tuple[str, ...]


def has_weights(name: str) -> bool:
    """Tell whether a model or a variant has a checkpoint in any of the folders."""
    return (checkpoint_folder(name) / CONFIG).is_file()


def needs_of(system: str, settings: Settings) -> tuple[Need, ...]:
    """Return what the figures of a system need; of all systems where none is named.

    Raises:
        UnknownNameError: the papers have no figures of such a system
        InputError: kept outcomes cannot be read
    """
    if system and system not in FIGURES:
        raise UnknownNameError("No paper's figures are drawn of it", got=system, allowed=", ".join(FIGURES))
    return tuple(_need(figure, settings) for name in ([system] if system else FIGURES) for figure in figures_of(name))


def _need(figure: PaperFigure, settings: Settings) -> Need:
    there = [name for name in figure.trained if has_weights(name)]
    commands = [train_command(name) for name in figure.trained if name not in there]
    kept = outcomes_text(figure, settings)
    if not kept and (command := compare_command(figure)):
        commands.append(command)
    return Need(figure.system, figure.number, figure.title, (*there, *kept), tuple(commands))


def outcomes_text(figure: PaperFigure, settings: Settings) -> tuple[str, ...]:
    """Say which outcomes of ``compare`` are kept for a figure.

    Raises:
        InputError: they cannot be read
    """
    if figure.compare:
        return tuple(f"compare on {one.corpus} {one.split}" for one in compared(settings.runs, figure.system))
    found = []
    for memory in remembered(settings.runs) if figure.tables else ():
        for table in figure.tables:
            known = known_table(memory, table)
            if known.lines:
                whole = len(known.lines) + len(known.missing)
                found.append(f"{len(known.lines)} of {whole} trainings on {memory.corpus}, {known.seeds} seeds")
    return tuple(found)


def needs_text(needs: Sequence[Need], settings: Settings) -> str:
    """Return the needs as text, figure by figure."""
    lines = [f"weights are looked for in {', '.join(map(str, checkpoint_places(variants=True)))}"]
    lines.append(f"outcomes of comparisons in {settings.runs} (ERC_RUNS)")
    for need in needs:
        lines += ["", f"{need.system} {need.number}: {need.title}"]
        lines += [f"  found    {one}" for one in need.found]
        lines += [f"  missing  {one}" for one in need.commands]
        lines += ["  nothing but the model's own weights"] * (not need.found and not need.commands)
    return "\n".join(lines)
