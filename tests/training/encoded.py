"""A small encoded split with a known signal, for tests of what reads one."""

import torch

from erc_core.media.action_unit_table import NUMBERS
from erc_core.training.encoded_corpus import Draw, EncodedSplit, Rows

WIDTHS = {"t": 6, "a": 5, "v": 4}


def rows(vectors, length):
    lengths = torch.full((len(vectors),), length)
    return Rows(vectors.half(), vectors.repeat_interleave(length, 0).half(), lengths)


def encoded_split(dialogues=12, seed=0, classes=3, clear=(1.0, 1.0, 1.0)):
    """Return dialogues of 3 to 6 utterances; ``clear`` tells how strongly each modality shows the label."""
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(3, 7, (dialogues,), generator=generator)
    N = int(sizes.sum())
    labels = torch.randint(0, classes, (N,), generator=generator)
    speakers = torch.cat([torch.arange(int(size)) % 2 for size in sizes])
    shown = torch.nn.functional.one_hot(labels, classes).float() * 4

    def vectors(width, strength):
        noise = torch.randn(N, width, generator=generator)
        noise[:, :classes] += shown * strength
        return noise

    words, sound, faces = (vectors(w, s) for w, s in zip(WIDTHS.values(), clear, strict=True))
    units = torch.rand(N, len(NUMBERS), generator=generator)
    heard = torch.randint(0, 3, (N,), generator=generator)
    place = torch.arange(N)
    silent = torch.where(torch.rand(N, generator=generator) < 0.1, -1, place)
    draw = Draw(
        silent, torch.stack([place, place.flip(0) * 0 - 1], 1), place.unsqueeze(1).repeat(1, 2) % 4, heard, heard
    )
    rooms = torch.randint(0, 255, (4, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return EncodedSplit(
        sizes, labels, speakers, rows(words, 3), rows(sound, 2), rows(faces, 1), units, rooms, (draw, draw)
    )
