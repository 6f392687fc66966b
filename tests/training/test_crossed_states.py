"""States of the training words come from encoders that never saw them, in the final encoder's coordinates."""

import torch

from erc_core.training.crossed_states import crossed_pool

CPU = torch.device("cpu")
DEPTH, WIDTH = 2, 3


def sequences(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(2 + i % 3, WIDTH, generator=generator) for i in range(count)]


def reader(turn):
    """Return an encoder whose layers are the items, turned by a matrix of its own a layer."""

    def encode(values, mask):
        states = [values @ turn[layer] for layer in range(DEPTH)]
        return states, mask, mask

    return encode


def turned(seed):
    generator = torch.Generator().manual_seed(seed)
    return [torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=generator)).Q for _ in range(DEPTH)]


def test_each_sequence_is_read_by_its_folds_encoder_and_turned_into_the_final_ones_coordinates():
    items = sequences(120)
    folds = torch.arange(120) % 2
    turns = {None: turned(1), 0: turned(2), 1: turned(3)}
    asked = []

    def encoder(fold):
        asked.append(fold)
        return reader(turns[fold])

    found = crossed_pool(items, folds, encoder, CPU)
    assert set(asked) == {None, 0, 1}
    assert found.lengths.tolist() == [len(item) for item in items]
    for i in (0, 1, 57, 119):
        own = found.values[found.starts[i] : found.starts[i] + found.lengths[i]].float()
        for layer in range(DEPTH):
            wanted = items[i] @ turns[None][layer]
            assert torch.allclose(own[:, layer], wanted, atol=0.15), "bf16, and a ridge that shrinks a little"


def test_what_only_the_own_folds_encoder_does_is_kept():
    items = sequences(120)
    folds = torch.arange(120) % 2
    found = crossed_pool(
        items, folds, lambda fold: reader([torch.eye(WIDTH) * (2.0 if fold == 0 else 1.0)] * DEPTH), CPU
    )
    own = found.values[found.starts[0] : found.starts[0] + found.lengths[0], 0].float()
    assert torch.allclose(own, items[0], atol=0.15), "a fold's encoder of twice the size is brought to the final one's"
