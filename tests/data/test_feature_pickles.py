from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus_layouts import (
    iemocap_entries,
    make_emorynlp_features,
    make_iemocap_features,
    make_meld_features,
    meld_entries,
    roberta_entries,
    vectors,
)

from erc_core.data.base import CORPORA
from erc_core.data.counts import counts
from erc_core.data.feature_pickles import LAYOUTS, IemocapFeatures, MeldFeatures, read_fields
from erc_core.errors import InputError


def written(root: Path, content: object, name: str = "IEMOCAP_features.pkl") -> Path:
    path = root / name
    path.write_bytes(pickle.dumps(content))
    return path


def test_iemocaps_file_gives_dialogues_with_three_modalities(tmp_path: Path) -> None:
    (item,) = IemocapFeatures().read(make_iemocap_features(tmp_path), "train")
    first, second = item.dialogue.utterances
    assert (first.id, first.speaker, first.text, first.label) == (
        "Ses01F_impro01_F000",
        "Ses01_F",
        "Where is the counter?",
        "neutral",
    )
    assert second.label == "excited"
    assert [(part.modality, part.extractor) for part in item.features] == [
        ("t", "IEMOCAP_features:text"),
        ("a", "IEMOCAP_features:audio"),
        ("v", "IEMOCAP_features:visual"),
    ]
    assert np.array_equal(item.features[1].rows[0].values, vectors(2, 1582, 2)[0])
    assert item.features[0].dialogue == item.dialogue.id
    assert "others made" in item.dialogue.notes[0]


def test_features_that_are_all_zero_are_absent_with_the_reason(tmp_path: Path) -> None:
    (item,) = IemocapFeatures().read(make_iemocap_features(tmp_path), "train")
    assert item.features[2].present().tolist() == [True, False]
    assert item.features[2].rows[1].reason == "the file's visual features are all zero"


def test_sentences_are_repaired(tmp_path: Path) -> None:
    (item,) = IemocapFeatures().read(make_iemocap_features(tmp_path), "test")
    assert item.dialogue.utterances[0].text == "Not’again."


def test_melds_file_has_speakers_by_position_and_dev_within_train(tmp_path: Path) -> None:
    items = MeldFeatures().read(make_meld_features(tmp_path), "train")
    assert [item.dialogue.title.split()[-1] for item in items] == ["0", "1039"]
    assert [u.speaker for u in items[0].dialogue.utterances] == ["speaker 9", "speaker 1"]
    assert [u.label for u in items[0].dialogue.utterances] == ["neutral", "anger"]
    assert MeldFeatures().found(tmp_path) == ("train", "test")


def test_roberta_files_keep_their_four_layers_apart_and_have_a_dev_split(tmp_path: Path) -> None:
    corpus = CORPORA.get("emorynlp-features")()
    (item,) = corpus.read(make_emorynlp_features(tmp_path), "dev")
    assert [part.extractor.split(":")[1] for part in item.features] == ["text1", "text2", "text3", "text4"]
    assert {part.modality for part in item.features} == {"t"}
    assert [u.label for u in item.dialogue.utterances] == ["joyful", "scared"]
    assert [u.speaker for u in item.dialogue.utterances] == ["0", "1"]


def sample(layout: str) -> tuple[object, ...]:
    """Content in a layout, from the entries of the three files."""
    entries = dict(zip(LAYOUTS["MMGCN for MELD"], meld_entries(), strict=True))
    keys = entries["labels"]
    layers = {f"text{layer}": {key: vectors(2, 1024, layer) for key in keys} for layer in range(1, 5)}
    entries |= layers | {"dev": [1039], "other": {key: ["neutral", "negative"] for key in keys}}
    return tuple(entries[name] for name in LAYOUTS[layout])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_published_layout_is_told_from_the_others(tmp_path: Path, layout: str) -> None:
    fields = read_fields(written(tmp_path, sample(layout)))
    assert tuple(fields) == LAYOUTS[layout]


def test_the_samples_of_the_three_corpora_are_of_their_layouts(tmp_path: Path) -> None:
    for content, layout in ((iemocap_entries(), "DialogueGCN"), (roberta_entries(), "COSMIC")):
        assert tuple(read_fields(written(tmp_path, content))) == LAYOUTS[layout]


def test_the_file_may_be_named_itself_and_has_to_be_where_there_are_several(tmp_path: Path) -> None:
    path = written(tmp_path, iemocap_entries(), "my_own_name.pkl")
    assert IemocapFeatures().found(path) == ("train", "test")
    for name in ("IEMOCAP_features.pkl", "IEMOCAP_features_raw.pkl"):
        written(tmp_path, iemocap_entries(), name)
    with pytest.raises(InputError, match=r"several feature files.*IEMOCAP_features\.pkl, IEMOCAP_features_raw\.pkl"):
        IemocapFeatures().found(tmp_path)


def test_the_counts_of_a_feature_file_are_those_of_its_utterances(tmp_path: Path) -> None:
    train, test = counts(IemocapFeatures(), [make_iemocap_features(tmp_path)])
    assert (train.items, train.dialogues, train.verdict) == (2, 1, "nothing published")
    assert (test.items, test.dialogues, test.verdict) == (1, 1, "differs")


@pytest.mark.parametrize("content", [{"a": 1}, [1, 2, 3], tuple(range(9)), ({},) * 10])
def test_an_unknown_layout_is_refused_and_the_known_ones_are_listed(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match=r"has no layout that is known here.*DialogueGCN: ids, speakers"):
        read_fields(written(tmp_path, content))


def test_a_malicious_feature_file_is_refused_by_the_corpus(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.system, ("exit 1",)

    written(tmp_path, (*iemocap_entries()[:-1], Evil()))
    with pytest.raises(InputError, match="because it would run code"):
        IemocapFeatures().read(tmp_path, "train")


def damaged(position: int, value: object) -> tuple[object, ...]:
    entries = [dict(entry) if isinstance(entry, dict) else entry for entry in iemocap_entries()]
    entries[position]["Ses01F_impro01"] = value  # type: ignore[index]
    return tuple(entries)


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        (1, ["F"], r"differ in length\. got: 2 labels, 2 sentences, 1 speakers, 2 names"),
        (2, [2, 6], r"out of range\. got: 6\. allowed: 0 to 5"),
        (4, list(vectors(3, 1582)), r"The audio features .* do not fit its utterances\. got: 3\. allowed: 2"),
        (3, [np.full(100, np.nan), np.ones(100)], "are not finite numbers"),
    ],
)
def test_parts_that_do_not_fit_together_are_named(tmp_path: Path, position: int, value: object, message: str) -> None:
    written(tmp_path, damaged(position, value))
    with pytest.raises(InputError, match=message):
        IemocapFeatures().read(tmp_path, "train")


def test_a_dialogue_that_one_part_lacks_is_named(tmp_path: Path) -> None:
    entries = iemocap_entries()
    del entries[4]["Ses01F_impro01"]
    written(tmp_path, entries)
    with pytest.raises(InputError, match="The entry audio lacks dialogue Ses01F_impro01"):
        IemocapFeatures().read(tmp_path, "train")
