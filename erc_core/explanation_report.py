"""An explanation as plain data and as text, for the command line and for exports."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from erc_core.explanation import Explanation


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data; what is not known is null."""
    plain = asdict(explanation)
    plain["model"] = {"name": explanation.model.name, "sha256": explanation.model.sha256}
    plain["params"] = {setting.name: setting.value for setting in explanation.params}
    return {key: _plain(value) for key, value in plain.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def explanation_text(explanation: Explanation) -> str:
    """Return an explanation as a table for a terminal, the strongest unit first."""
    target = explanation.target
    lines = [
        f"{explanation.method}: why {explanation.model.name} gives {target.utterance} {target.label} "
        f"with {target.scale} {target.value:.3f} (predicted: {target.predicted})",
        f"values in {target.scale} of {target.label}, then when in the clip, the modality, and the unit:",
    ]
    for attribution in explanation.ranked():
        when = f"{attribution.span.start_s:7.2f} s" if attribution.span else " " * 9
        lines.append(f"{attribution.value:+8.4f} {when}  {attribution.modality or ' '}  {attribution.title}")
    for change in explanation.changes:
        lines.append(f"without {', '.join(change.removed)}: {change.before} becomes {change.after}")
    for fidelity in explanation.fidelity:
        figure = "" if fidelity.kind == "none" else f" {fidelity.value:.4f}"
        between = "" if fidelity.low is None else f" ({fidelity.low:.4f} to {fidelity.high:.4f})"
        lines.append(f"{fidelity.kind}{figure}{between}: {fidelity.meaning}")
    lines.append(explanation.reading)
    counts = f"{explanation.samples} versions, {explanation.distinct} distinct"
    lines.append(f"removed units: {explanation.baseline}; {counts}; {explanation.seconds:.2f} s")
    lines += [f"note: {note}" for note in explanation.notes]
    return "\n".join(lines)
