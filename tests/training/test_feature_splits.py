"""Feature pickles as encoded splits: what is absent stays absent, and a label of its own set counts."""

import pickle

import numpy as np
import pytest
import torch

from erc_core.data.feature_pickles import FeatureDialogue
from erc_core.errors import InputError, UnknownNameError
from erc_core.training.feature_splits import feature_split
from erc_core.training.system_evaluation import reads_encodings
from erc_core.training.system_runs import feature_splits
from erc_core.types import MELD7, Dialogue, FeatureRow, Features, LabelSet, Utterance
from tests.data.corpus_layouts import make_meld_features

LABELS = LabelSet("two", ("calm", "cross"))


def talk(name, labels, modalities, missing=()):
    """Return a dialogue whose rows count upwards; ``missing`` names modality and utterance."""
    said = tuple(
        Utterance(f"u{i}", "AB"[i % 2], "words", float(i), i + 0.9, label=label) for i, label in enumerate(labels)
    )

    def row(m, width, i):
        if (m, f"u{i}") in missing:
            return FeatureRow(f"u{i}", None, "no face")
        return FeatureRow(f"u{i}", np.full(width, i, np.float32))

    features = tuple(
        Features(name, m, f"{m}-test", tuple(row(m, width, i) for i in range(len(said))))
        for m, width in modalities.items()
    )
    return FeatureDialogue(Dialogue.of(name, "test", said), features)


def test_dialogues_are_laid_out_in_order_with_what_each_has():
    split = feature_split([
        talk("first", ["calm", "cross"], {"t": 3, "v": 2}, {("v", "u1")}),
        talk("second", ["cross"], {"t": 3}),
    ], LABELS)  # fmt: skip
    assert split.sizes.tolist() == [2, 1]
    assert split.labels.tolist() == [0, 1, 1]
    assert split.speakers.tolist() == [0, 1, 0]
    batch = split.batch(torch.arange(2), 0, sequences=False)
    assert batch.present[0].tolist() == [[True, False, True], [True, False, False]]
    assert batch.present[1, 0].tolist() == [True, False, False]
    assert batch.inputs["t"].values[0, 1, 0].tolist() == [1.0, 1.0, 1.0]


def test_who_reads_keyframes_has_no_picture_of_a_file_of_vectors():
    split = feature_split([talk("first", ["calm", "cross"], {"t": 3, "v": 2})], LABELS)
    assert split.batch(torch.arange(1), 0, sequences=False).present[0].tolist() == [[True, False, True]] * 2
    assert split.batch(torch.arange(1), 0, sequences=True).present[0].tolist() == [[True, False, False]] * 2


def test_no_dialogue_at_all_is_refused():
    with pytest.raises(InputError, match="no dialogue"):
        feature_split([], LABELS)


def test_a_label_of_another_set_is_refused():
    with pytest.raises(UnknownNameError, match="furious"):
        feature_split([talk("first", ["furious"], {"t": 3})], LABELS)


@pytest.mark.parametrize(("model", "corpus", "encoded"), [
    ("df_erc", "composite", True),
    ("df_erc+no_cfm", "iemocap-features", True),
    ("df_erc", "meld", False),
    ("dq_former", "composite", False),
    ("no_such_model", "composite", False),
])  # fmt: skip
def test_systems_are_measured_on_encodings_where_there_are_some(model, corpus, encoded):
    assert reads_encodings(model, corpus) is encoded


@pytest.mark.parametrize("count", [2, 3, 12])
def test_no_dialogue_of_a_file_both_trains_and_stops(tmp_path, count):
    root = make_meld_features(tmp_path)
    fields = list(pickle.loads((root / "MELD_features_raw1.pkl").read_bytes()))
    fields = [dict.fromkeys(range(count), part[0]) if isinstance(part, dict) else part for part in fields]
    fields[7] = list(range(count))
    (root / "MELD_features_raw1.pkl").write_bytes(pickle.dumps(tuple(fields)))
    fit, inner, labels, _ = feature_splits({"meld-features": root}, "meld-features")
    assert len(fit) + len(inner) == count
    assert min(len(fit), len(inner)) > 0
    assert labels == MELD7
