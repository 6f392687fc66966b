"""The verb and its job with the shipped model, on words alone."""

from __future__ import annotations

import json

import pytest

from erc_core.cli import main
from erc_core.errors import UnsupportedError
from erc_core.explaining import (
    KIND,
    Request,
    explain,
    explain_job,
    explanation_key,
    job_params,
    kept_explanation,
    methods,
    utterance_id,
)
from erc_core.explanation import Explanation
from erc_core.models.checkpoints import model_ref
from erc_core.settings import ASSETS, Settings
from erc_core.store.store import Store
from tests.explainers.known import dialogue

REQUEST = Request("dq_former", "u2", "modality_ablation", {})


class Context:
    """What a job's function gets, with a store and nobody who cancels."""

    def __init__(self, store: Store) -> None:
        self.store, self.settings, self.owner = store, store.settings, "ana"

    def progress(self, step: str, fraction: float) -> None:
        pass


@pytest.fixture
def context(tmp_path):
    store = Store(Settings(data=tmp_path))
    store.put_dialogue(dialogue(), "ana")
    yield Context(store)
    store.close()


def test_a_job_keeps_its_explanation_for_all_that_come_later(context):
    of = dialogue()
    assert kept_explanation(context.store, of, REQUEST) is None
    key = explain_job(context, **job_params(of, REQUEST))
    assert key == explanation_key(of, model_ref("dq_former"), REQUEST)
    kept = kept_explanation(context.store, of, REQUEST)
    assert isinstance(kept, Explanation)
    assert explain_job(context, **job_params(of, REQUEST)) == key
    assert context.store.result(KIND, key, Explanation).seconds == kept.seconds  # it was not computed again


def test_an_explanation_is_removed_with_its_dialogue(context):
    of = dialogue()
    explain_job(context, **job_params(of, REQUEST))
    context.store.delete_dialogue(of.id, "ana")
    assert kept_explanation(context.store, of, REQUEST) is None


def test_methods_that_do_not_apply_say_why():
    reasons = {status.card.name: status.reason for status in methods("dq_former")}
    assert reasons["lime_words"] == ""
    assert reasons["lime_action_units"] == "DQ-Former reads no pictures."


def test_a_method_that_does_not_apply_is_refused_with_its_reason():
    with pytest.raises(UnsupportedError, match="DQ-Former reads no pictures"):
        explain(dialogue(), None, Request("dq_former", "u2", "lime_face", {}), Settings())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--method", "lime_words", "--label", "bliss"), "joy"),
        (("--method", "lime_words", "--samples", "-5"), "a whole number from 48 to 20000"),
        (("--method", "modality_shapley", "--samples", "90"), "scale, scope"),
        (("--method", "lime_face"), "DQ-Former reads no pictures"),
        (("--method", "magic"), "modality_shapley"),
        (("--method", "lime_words", "--model", "bert"), "dq_former"),
    ],
)
def test_what_cannot_be_asked_is_said_before_the_clip_is_read(asked, said, capsys):
    assert main(["explain", "no such clip", "--utterance", "2", *asked]) == 2
    assert said in capsys.readouterr().err


def test_utterances_are_found_by_number_and_by_id():
    assert utterance_id(dialogue(), "2") == "u2"
    assert utterance_id(dialogue(), "u3") == "u3"


def test_the_command_line_explains(capsys):
    clip = ASSETS / "examples" / "radio_play" / "clip.m4a"
    arguments = ["explain", str(clip), "--transcript", str(clip.parent / "transcript.csv"), "--utterance", "2"]
    assert main([*arguments, "--method", "modality_shapley", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {a["modality"] for a in found["attributions"]} == {"t", "a"}
    assert main([*arguments, "--method", "magic"]) == 2
    assert "modality_shapley" in capsys.readouterr().err
