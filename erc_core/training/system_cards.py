"""Model cards of trained systems, written by the training that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from erc_core.models.base import ModelCard
from erc_core.models.checkpoints import Temperatures
from erc_core.training.cards import FER_TERMS, LIMITS, MELD_TERMS, MINILM_TERMS, RAVDESS_TERMS

LICENCE = "Trained on non-commercial data (CC BY-NC-SA 4.0): research use only, apart from the code."


def write_system_card(folder: Path, card: ModelCard, facts: Mapping[str, Any], temperatures: Temperatures) -> None:
    """Write ``CARD.md`` of a system's checkpoint.

    Args:
        folder: the checkpoint
        card: of the model
        facts: plan, recipe, sizes and figures of the training
        temperatures: what calibrates the probabilities
    """
    plan = facts["plan"]
    variant = f" --variant {plan['variant']}" if plan["variant"] else ""
    seed = f" --seed {plan['seed']}" if plan["seed"] else ""
    roots = "--root meld=DIR --root ravdess=DIR --root fer2013=DIR"
    title = f"{card.title} ({plan['variant']})" if plan["variant"] else card.title
    lines = [f"# {title}", "", card.paper, "", "Its fusion over the shared encoders, which lie beside it.", ""]
    if card.finding:
        lines += ["## What its own mechanism tells", "", card.finding, ""]
    lines += ["## How it differs from the paper", "", *(f"- {item}" for item in card.deviations), ""]
    lines += ["## Data and terms", "", *(f"- {x}" for x in (MELD_TERMS, RAVDESS_TERMS, FER_TERMS, MINILM_TERMS))]
    lines += ["", LICENCE, "", "## Training", ""]
    lines += [
        f"- {items:,} utterances, {facts['draws']} pairings: {what}" for what, items in facts["trained_on"].items()
    ]
    lines += [f"- {line}" for line in facts["features"]]
    lines.append(f"- stopped and calibrated on {facts['inner_items']:,} others")
    lines.append(f"- {facts['parameters']:,} parameters beside the encoders, {facts['seconds_per_epoch']} s an epoch")
    lines += [f"- {key}: {value}" for key, value in facts["recipe"].items()]
    lines.append("- temperatures: " + ", ".join(f"{name} {value:.3f}" for name, value in asdict(temperatures).items()))
    lines += ["", "Figures on that inner split, which are optimistic because it chose the weights:", ""]
    lines += [f"- {key}: {value:.4f}" for key, value in facts["inner_figures"].items()]
    lines += [
        "",
        "Figures on dev, with intervals, and whether the mechanism tells the truth: docs/results.md.",
    ]
    lines += ["", "## Reproduce", "", "```"]
    lines.append(f"python -m erc_core train {card.name}{variant}{seed} {roots}")
    lines.append(f"python -m erc_core compare --corpus composite {roots} --split dev --models {card.name}")
    lines += ["```", "", "## Limits", "", *(f"- {item}" for item in LIMITS)]
    (folder / "CARD.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
