"""What holds for every registered corpus: a new one is tested by being there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from corpus_layouts import MAKERS, make_fer2013, make_meld, make_ravdess

from erc_core.data.base import CORPORA, Corpus, FaceImages
from erc_core.data.counts import compared, counts, labels_of
from erc_core.data.feature_pickles import FeatureDialogue
from erc_core.data.ravdess import ACTORS
from erc_core.errors import InputError, ShapeError, UnknownNameError

NAMES = CORPORA.names()


def made(name: str, root: Path) -> tuple[Corpus[Any], Path]:
    return CORPORA.get(name)(), MAKERS[name](root)


def identities(content: Any) -> set[str]:
    if isinstance(content, FaceImages):
        return set(content.names)
    items = [item.dialogue if isinstance(item, FeatureDialogue) else item for item in content]
    return {item.id if hasattr(item, "utterances") else item.path.name for item in items}


@pytest.mark.parametrize("name", NAMES)
def test_a_corpus_is_registered_under_the_name_on_its_card(name: str) -> None:
    assert CORPORA.get(name)().card.name == name


@pytest.mark.parametrize("name", NAMES)
def test_each_split_in_a_folder_in_the_published_layout_is_found_and_read(name: str, tmp_path: Path) -> None:
    corpus, root = made(name, tmp_path)
    found = corpus.found(root)
    assert set(found) <= set(corpus.card.splits)
    assert {"train", "test"} <= set(found)
    for split in found:
        labels, _ = labels_of(corpus.read(root, split))
        assert labels
        assert set(labels) <= set(corpus.card.labels)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_in_two_splits_and_all_takes_everything(name: str, tmp_path: Path) -> None:
    corpus, root = made(name, tmp_path)
    parts = [identities(corpus.read(root, split)) for split in corpus.found(root)]
    assert sum(len(part) for part in parts) == len(set().union(*parts))
    assert identities(corpus.read_roots([root], "all")) == set().union(*parts)


@pytest.mark.parametrize("name", NAMES)
def test_reading_twice_gives_the_same(name: str, tmp_path: Path) -> None:
    corpus, root = made(name, tmp_path)
    first, second = (corpus.read_roots([root], "all") for _ in range(2))
    assert identities(first) == identities(second)
    assert labels_of(first) == labels_of(second)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_folder_is_told_what_was_expected_and_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    corpus = CORPORA.get(name)()
    with pytest.raises(InputError, match=r"does not hold .*got: holiday.jpg\. allowed: ") as raised:
        corpus.read_roots([tmp_path], "train")
    assert corpus.card.layout in str(raised.value.allowed)
    with pytest.raises(InputError, match="got: no such folder"):
        corpus.read_roots([tmp_path / "nowhere"], "all")
    with pytest.raises(InputError, match="does not hold"):
        corpus.read(tmp_path, "train")


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_split_lists_the_known_ones(name: str, tmp_path: Path) -> None:
    corpus, root = made(name, tmp_path)
    with pytest.raises(UnknownNameError, match=", ".join(corpus.card.splits)):
        corpus.read(root, "holdout")
    with pytest.raises(UnknownNameError, match="all"):
        corpus.read_roots([root], "holdout")


def test_splits_may_lie_in_several_folders(tmp_path: Path) -> None:
    for folder in ("seen", "kept"):
        (tmp_path / folder).mkdir()
    make_ravdess(tmp_path / "seen", (1, 2, 17))
    make_ravdess(tmp_path / "kept", (21, 24))
    corpus = CORPORA.get("ravdess")()
    roots = [tmp_path / "seen", tmp_path / "kept"]
    assert {take.actor for take in corpus.read_roots(roots, "all")} == {
        f"ravdess-{actor}" for actor in ("01", "02", "17", "21", "24")
    }
    assert {take.actor for take in corpus.read_roots(roots, "test")} == {"ravdess-21", "ravdess-24"}


@pytest.mark.parametrize(("name", "kind"), [("ravdess", "recording"), ("meld", "dialogue"), ("fer2013", "picture")])
def test_a_folder_given_twice_is_refused(name: str, kind: str, tmp_path: Path) -> None:
    corpus, root = made(name, tmp_path)
    with pytest.raises(InputError, match=f"One {kind} lies in two"):
        corpus.read_roots([root, root], "train")


def test_a_split_that_no_folder_holds_is_named(tmp_path: Path) -> None:
    make_ravdess(tmp_path, (1,))
    with pytest.raises(InputError, match="does not hold the split dev of RAVDESS"):
        CORPORA.get("ravdess")().read_roots([tmp_path], "dev")


def test_no_actor_of_ravdess_is_in_two_splits() -> None:
    actors = [actor for split in ACTORS.values() for actor in split]
    assert sorted(actors) == list(range(1, 25))


def test_counts_give_each_label_and_the_difference_to_what_was_published(tmp_path: Path) -> None:
    corpus = CORPORA.get("meld")()
    train = counts(corpus, [make_meld(tmp_path)])[0]
    assert (train.split, train.items, train.dialogues) == ("train", 4, 2)
    assert {entry.label: entry.count for entry in train.labels}["neutral"] == 2
    assert train.verdict == "differs"
    assert train.remark == "published: 9,989 items in 1,038 dialogues; here: 4 items in 2 dialogues"


def test_counts_know_the_exception_of_melds_table() -> None:
    published = CORPORA.get("meld").card.published[0]
    assert compared(9989, 1039, published) == ("as published", "")
    verdict, remark = compared(9989, 1038, published)
    assert verdict == "known exception"
    assert "1,039" in remark
    assert compared(9989, 1037, published)[0] == "differs"
    assert compared(5, None, None) == ("nothing published", "")


def test_counts_of_pictures_have_no_dialogues(tmp_path: Path) -> None:
    count = counts(CORPORA.get("fer2013")(), [make_fer2013(tmp_path)])[0]
    assert (count.items, count.dialogues) == (3, None)
    assert count.remark == "published: 28,709 items; here: 3 items"


def test_face_images_without_a_label_each_are_refused() -> None:
    import numpy as np

    with pytest.raises(ShapeError, match="2 labels, 1 names"):
        FaceImages(np.zeros((2, 48, 48), np.uint8), ("joy", "fear"), ("one",))
