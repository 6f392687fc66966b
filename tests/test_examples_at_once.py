"""Every example and every explanation of it opens without a model run: all that pages show of it comes with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from torch.nn.modules.module import register_module_forward_pre_hook

from erc_core import explaining, pipeline
from erc_core.evidence import RECOMMENDED
from erc_core.pipeline import Example
from erc_core.types import Analysis
from erc_core.ui.desk import Opened
from erc_core.ui.evidence import gather, open_requests
from erc_core.ui.media_route import COOKIE
from erc_core.ui.results import stored_analysis
from erc_core.ui.state import View

EXAMPLES = {example.name: example for example in pipeline.examples()}
SYSTEMS = {status.name: status for status in pipeline.models()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A server with an empty data folder, to which the examples are new."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ERC_DATA", str(tmp_path_factory.mktemp("data")))
        patch.setattr(ContextProxy, "cookies", {COOKIE: "c" * 43})
        st.cache_resource.clear()
        yield
        st.cache_resource.clear()


@pytest.fixture
def runs(server: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every run of any network, every reading of a clip and every explanation that is computed."""
    seen: list[str] = []
    for module, name in ((pipeline, "extract"), (pipeline, "analyse"), (explaining, "explain")):
        monkeypatch.setattr(module, name, lambda *given, _name=name, **named: seen.append(_name))
    hook = register_module_forward_pre_hook(lambda module, given: seen.append(type(module).__name__))
    yield seen
    hook.remove()


def answers(example: Example, analysis: Analysis, model: str, utterance: str) -> set[str]:
    """Return the recommended methods that have an answer for an utterance, by what is known of clip and model alone.

    A method has none where the model reads another part of the picture, where the utterance lacks what the method
    changes or the speaker's face is not seen, where one modality has nothing to interact with, and where the model
    sees no other utterance.
    """
    card = SYSTEMS[model].card
    missing = {gap.modality for gap in analysis.prediction.missing if gap.utterance == utterance}
    there = [modality for modality in card.modalities if modality not in missing]
    # Such as "u3, u5: no face in the picture moves its lips with the sound: the speaker is out of the picture."
    unseen = {u for note in analysis.notes if "no face in the picture" in note for u in note.split(":")[0].split(", ")}
    alone = not (card.whole_dialogue and card.sees_future) and example.dialogue.position(utterance) == 0
    parts = {"lime_face": "face", "lime_action_units": "action_units"}
    applies = {
        "modality_shapley": True,
        "modality_ablation": True,
        "modality_interaction": len(there) > 1,
        "lime_words": "t" in there,
        "gradients_words": "t" in there,
        "lime_sound": "a" in there,
        "context_removal": not alone,
        **{name: "v" in there and part in card.picture and utterance not in unseen for name, part in parts.items()},
    }
    assert set(applies) == set(RECOMMENDED)
    return {method for method, has in applies.items() if has}


@pytest.mark.parametrize("model", SYSTEMS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_and_all_its_explanations_open_without_a_model_run(name: str, model: str, runs: list[str]) -> None:
    example, status = EXAMPLES[name], SYSTEMS[model]
    assert status.checkpoint is not None
    analysis = stored_analysis(example.dialogue, status)
    assert analysis is not None, f"make examples: no analysis of {name} by these weights of {model}"
    assert analysis.prediction.model == status.checkpoint
    assert analysis.dialogue.utterances == example.dialogue.utterances
    lacking = []
    for utterance in example.dialogue.utterances:
        view = View(dialogue=example.dialogue.id, utterance=utterance.id, model=model)
        evidence = gather(Opened(view, example.dialogue, status, analysis, analysis, utterance.id))
        gone = answers(example, analysis, model, utterance.id) - set(evidence.found)
        lacking += [f"{utterance.id} {method}" for method in sorted(gone)]
        for method, found in evidence.found.items():
            assert (found.method, found.target.utterance) == (method, utterance.id)
            assert found.model == status.checkpoint
        if not gone:
            assert open_requests(evidence) == ()  # the button "Explain" has nothing left to ask for
    assert not lacking, f"make examples: of {name} by {model} {len(lacking)} are missing, such as {lacking[:3]}"
    assert runs == []
