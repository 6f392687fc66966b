"""Encoded splits: what is kept comes back, and fold encoders' rows come into the final one's coordinates."""

import pytest
import torch

from erc_core.errors import MissingResourceError
from erc_core.training.encoded_corpus import Rows, cross_fitted, joined, load_split, ridge_map, save_split
from tests.training.encoded import WIDTHS, encoded_split


def sequences(seed=0, n=30, width=4):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(0, 5, (n,), generator=generator)
    return Rows(
        torch.randn(n, width, generator=generator), torch.randn(int(lengths.sum()), width, generator=generator), lengths
    )


def test_items_are_taken_with_their_sequences_in_any_order():
    found = sequences()
    picked = found.take(torch.tensor([7, 2, 2]))
    for place, item in enumerate((7, 2, 2)):
        start, length = int(found.starts[item]), int(found.lengths[item])
        own = picked.states[int(picked.starts[place]) : int(picked.starts[place]) + length]
        assert torch.equal(own, found.states[start : start + length])
    whole = joined([found.take(torch.arange(10)), found.take(torch.arange(10, 30))])
    assert torch.equal(whole.states, found.states)


def test_a_negative_index_gives_an_empty_sequence():
    values, mask = sequences().padded(torch.tensor([-1, 3]))
    assert not mask[0].any()
    assert not values[0].any()
    assert mask[1].sum() == sequences().lengths[3]


def test_a_ridge_map_finds_a_rotation_and_says_how_well_it_fits():
    source = sequences(n=400)
    turn = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1)))[0]
    target = Rows(source.vectors @ turn + 2, source.states @ turn + 2, source.lengths)
    mapping = ridge_map(source, target)
    assert mapping.explained > 0.99
    assert torch.allclose(mapping(source.states), target.states, atol=0.1)
    noise = Rows(torch.randn(400, 4), torch.randn_like(source.states), source.lengths)
    assert ridge_map(source, noise).explained < 0.1


def test_every_item_is_read_by_an_encoder_that_has_not_seen_it():
    final = sequences(n=60)
    final = Rows(final.vectors.half(), final.states.half(), final.lengths)
    folds = torch.tensor([0, 1, -1] * 20)
    asked = {}

    def read(fold, index):
        asked.setdefault(fold, []).append(folds[index].tolist())
        return final.take(index)

    found, explained = cross_fitted(folds, read)
    for fold in (0, 1):
        reference, own = asked[fold]  # what the map is fitted on, then what is encoded
        assert fold not in reference
        assert set(own) == {fold}
    assert set(asked[None][0]) == {-1}
    assert len(explained) == 2
    assert torch.allclose(found.vectors.float(), final.vectors.float(), atol=0.2)
    assert torch.equal(found.lengths, final.lengths)


def test_a_saved_split_comes_back(tmp_path):
    split = encoded_split()
    save_split(split, tmp_path / "a" / "dev.safetensors")
    found = load_split(tmp_path / "a" / "dev.safetensors")
    index = torch.tensor([3, 0])
    for sequenced in (False, True):
        first, second = split.batch(index, 1, sequenced), found.batch(index, 1, sequenced)
        assert all(torch.equal(first.inputs[m].values, second.inputs[m].values) for m in "tav")
    assert list(found.flags("a")) == list(split.flags("a"))
    with pytest.raises(MissingResourceError):
        load_split(tmp_path / "nothing")


def test_a_batch_holds_vectors_or_sequences_of_its_dialogues():
    split = encoded_split()
    index = torch.tensor([2, 5])
    vectors, whole = split.batch(index, 0, False), split.batch(index, 0, True)
    T = int(split.sizes[index].max())
    assert {m: tuple(x.values.shape) for m, x in vectors.inputs.items()} == {m: (2, T, 1, w) for m, w in WIDTHS.items()}
    assert whole.inputs["t"].values.shape == (2, T, 3, 6)
    assert torch.equal(vectors.utterances.sum(1), split.sizes[index])
    assert torch.equal(vectors.labels >= 0, vectors.utterances)
    start = int(split.sizes[:2].sum())
    assert torch.equal(vectors.inputs["t"].values[0, 0, 0], split.words.vectors[start].float())
    silent = split.draws[0].sound[start : start + int(split.sizes[2])] < 0
    assert torch.equal(~vectors.present[0, : len(silent), 1], silent)
