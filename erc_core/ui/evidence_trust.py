"""How far an explanation can be trusted, next to it: the sentence, the measures, the curves, where it comes from."""

from __future__ import annotations

import json

import streamlit as st

from erc_core.escape import escape
from erc_core.explanation import Explanation, Fidelity
from erc_core.explanation_report import explanation_json
from erc_core.plots.theme import Mode
from erc_core.plots.trust_curves import plot_trust_curves
from erc_core.ui.desk import while_shown
from erc_core.ui.panels import draw_figure

NAMES = {
    "completeness": "remainder",
    "local_fit": "local fit R²",
    "stability": "stability",
    "deletion": "deletion gain",
    "insertion": "insertion gain",
    "comprehensiveness": "comprehensiveness",
    "sufficiency": "sufficiency",
}


def unit_of(explanation: Explanation) -> str:
    """Return what an explanation's values are in, for an axis."""
    return f"{explanation.target.scale} of {explanation.target.label}"


def measure_html(fidelity: Fidelity) -> str:
    """Return one measure with its interval; what it means shows on hovering."""
    if fidelity.kind == "none":
        return f'<span title="{escape(fidelity.meaning)}">not measured</span>'
    between = "" if fidelity.low is None or fidelity.high is None else f" ({fidelity.low:.2f} to {fidelity.high:.2f})"
    return (
        f'<span title="{escape(fidelity.meaning)}">{NAMES[fidelity.kind]} <b>{fidelity.value:.2f}</b>{between}</span>'
    )


def trust_html(explanation: Explanation) -> str:
    """Return the plain sentence and the measures."""
    measures = "".join(measure_html(fidelity) for fidelity in explanation.fidelity)
    return f'<div class="trust"><p>{escape(explanation.reading)}</p><p class="facts">{measures}</p></div>'


def draw_trust(explanation: Explanation, mode: Mode, key: str) -> None:
    """Draw sentence and measures, and behind a fold the curves, the meaning of each measure and the provenance."""
    st.html(trust_html(explanation))
    with st.expander("How far to trust this, and how it was made"):
        if explanation.curves:
            st.caption(
                "If the order is right, the value falls faster than in random orders when the strongest units are "
                "removed first, and rises faster when they are put back first."
            )
            draw_figure(plot_trust_curves(explanation.curves, unit_of(explanation), mode), f"curves-{key}")
        lines = [f"- **{NAMES.get(f.kind, 'not measured')}**: {f.meaning}" for f in explanation.fidelity]
        st.markdown("\n".join(lines))
        st.html(f'<p class="facts">{provenance_html(explanation)}</p>')
        for note in explanation.notes:
            st.caption(note)
        st.download_button(
            "This explanation as JSON",
            while_shown(explanation.dialogue, lambda: json.dumps(explanation_json(explanation), indent=1)),
            f"{explanation.method}-{explanation.target.utterance}.json", "application/json", key=f"json-{key}",
            on_click="ignore",
        )  # fmt: skip


def provenance_html(explanation: Explanation) -> str:
    """Return all that is needed to repeat an explanation."""
    params = ", ".join(f"{setting.name} {setting.value}" for setting in explanation.params)
    known = (
        f"{explanation.method}: {params}",
        f"seed {explanation.seed}",
        f"{explanation.samples:,} versions, {explanation.distinct:,} distinct",
        f"in place of what is removed: {explanation.baseline}",
        f"{explanation.seconds:.1f} s on {explanation.device}, {explanation.precision}",
        f"weights {explanation.model.sha256[:12]}",
    )
    return "".join(f"<span>{escape(text)}</span>" for text in known)
