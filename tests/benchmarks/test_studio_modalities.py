"""Studio dialogues modality by modality: what carries an emotion, what is counted, what stands on the page."""

from dataclasses import replace

from erc_core.benchmarks.studio_modalities import Answer, carrier_of, measure, page
from erc_core.benchmarks.truth_cases import Known, TruthCase
from erc_core.features.base import EXTRACTORS
from erc_core.inference import loaded_model
from erc_core.settings import Settings
from erc_core.types import MELD7, Dialogue, FeatureRow, Features, silent
from tests.ui.sample_analysis import sample_dialogue

JOY, ANGER = MELD7.index("joy"), MELD7.index("anger")


def test_what_carries_an_emotion_is_told_from_what_is_known():
    assert carrier_of(Known((), rest_is_silent=False)) == "none"
    assert carrier_of(Known(("a",), rest_is_silent=True)) == "a"
    assert carrier_of(Known(("a",), rest_is_silent=False)) == "more"  # the others show something else
    assert carrier_of(Known(("t", "v"), rest_is_silent=True)) == "more"


def test_a_system_answers_from_all_it_reads_and_from_each_modality(tmp_path):
    settings = Settings(data=tmp_path)
    said = tuple(replace(u, label=u.label or "neutral") for u in sample_dialogue().utterances)
    dialogue = Dialogue.of("The call", "test", said)
    words = EXTRACTORS.get("history_tokens-1")(dialogue, None, settings, silent)
    unheard = tuple(FeatureRow(u.id, None, "no sound") for u in dialogue.utterances)
    features = {"history_tokens-1": words, "log_mel-1": Features(dialogue.id, "a", "log_mel-1", unheard)}
    known = tuple(Known(("t",), rest_is_silent=True) for _ in dialogue.utterances)
    case = TruthCase("studio", "The call", dialogue, None, features, known)
    found = measure([case], [loaded_model("dq_former", settings)], settings)
    count = len(dialogue.utterances)
    assert [one.given for one in found[::count]] == [("t", "a"), ("t",), ("a",)]
    assert {one.carrier for one in found} == {"t"}
    both, alone = found[:count], found[count : 2 * count]
    assert [one.predicted for one in both] == [one.predicted for one in alone]  # there is nothing to hear
    assert [MELD7.labels[one.truth] for one in both] == [u.label for u in dialogue.utterances]


def test_the_page_sets_all_beside_each_alone_and_counts_by_what_carries():
    def answers(given, predicted):
        return [Answer("one", given, JOY, predicted, "a"), Answer("one", given, ANGER, ANGER, "t")]

    rows = page([*answers(("t", "a"), JOY), *answers(("t",), ANGER), *answers(("a",), JOY)]).splitlines()
    f1 = next(row for row in rows if row.startswith("| one | 1.000"))
    assert f1.endswith("| not read |")
    assert f1.split(" | ")[2].startswith("0.333")  # words alone: joy is taken for anger
    right = rows[-1]
    assert right.split(" | ")[1].startswith("100% [")
    assert right.split(" | ")[3] == "none"
