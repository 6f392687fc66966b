"""Every backbone with the module in each place, without it, and what is its own."""

import numpy as np
import pytest
import torch

from erc_core.errors import InputError
from erc_core.models._fusion import FUSIONS
from erc_core.models.base import MODELS, Sample, collate
from erc_core.models.dialogue_gcn import edges
from erc_core.models.dialogue_rnn import Direction, reversed_order
from erc_core.models.mm_dfn import graph
from erc_core.types import MELD7, FeatureRow, Features

BACKBONES = ("bc_lstm", "text_cnn", "dialogue_rnn", "dialogue_gcn", "mm_dfn", "m2fnet", "emocaps")
EMBEDDINGS = ("early", "early_residual", "late")
WIDTHS = {"t": 5, "a": 4, "v": 3}


def build(name, **config):
    torch.manual_seed(0)
    kind = MODELS.get(name)
    return kind(MELD7, {**kind.tiny, "encoders": False, "inputs": WIDTHS, **config}).eval()


def dialogue(utterances, seed):
    rng = np.random.default_rng(seed)
    features = tuple(
        Features(
            "d",
            m,
            "vectors",
            tuple(FeatureRow(f"u{t}", rng.normal(size=width).astype(np.float32)) for t in range(utterances)),
        )
        for m, width in WIDTHS.items()
    )
    return Sample(features, tuple(t % 2 for t in range(utterances)), tuple(t % 7 for t in range(utterances)))


def size(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("embedding", EMBEDDINGS)
@pytest.mark.parametrize("name", BACKBONES)
def test_each_backbone_takes_the_module_in_each_place(name, embedding):
    plain, with_it = build(name), build(name, fusion="lmam", embedding=embedding)
    short, long = dialogue(3, 0), dialogue(6, 1)
    with torch.inference_mode():
        alone = with_it(collate([short]))
        together = with_it(collate([short, long])).logits
    torch.testing.assert_close(alone.logits[0], together[0, :3], atol=2e-5, rtol=1e-4)
    assert alone.internals["attention"].shape[1] == 3
    with torch.inference_mode():
        assert not torch.allclose(plain(collate([short])).logits, alone.logits)


@pytest.mark.parametrize("name", BACKBONES)
def test_each_backbone_has_the_weights_of_the_module_only_with_it(name):
    assert build(name).fusion is None
    late = build(name, fusion="lmam")
    assert size(late) > size(build(name))
    late.trace(late(collate([dialogue(3, 0)])), collate([dialogue(3, 0)]), ("a", "b", "c"))


def test_the_residual_way_adds_what_went_in():
    plain, residual = (build("text_cnn", fusion="lmam", embedding=e) for e in ("early", "early_residual"))
    residual.load_state_dict(plain.state_dict())
    for match in (*plain.fusion.matching, *residual.fusion.matching):
        torch.nn.init.zeros_(match.out.weight)
        torch.nn.init.zeros_(match.out.bias)
    without = build("text_cnn")
    without.load_state_dict({k: v for k, v in plain.state_dict().items() if not k.startswith("fusion.")})
    batch = collate([dialogue(3, 0)])
    with torch.inference_mode():
        torch.testing.assert_close(residual(batch).logits, without(batch).logits)
        assert not torch.allclose(plain(batch).logits, without(batch).logits)


@pytest.mark.parametrize("name", BACKBONES)
def test_without_another_word_the_module_stands_where_it_meets_several_modalities(name):
    model = build(name, **MODELS.get(name).variants["lmam"])
    assert model.streams == ("t", "a", "v")


def test_self_attention_takes_the_place_of_the_module():
    model = build("bc_lstm", fusion="self_attention")
    assert model(collate([dialogue(3, 0)])).internals["attention"].shape == (1, 3, 3, 3, 3)


@pytest.mark.parametrize("name", [n for n in FUSIONS.names() if FUSIONS.get(n).keeps_streams])
def test_a_module_that_keeps_streams_can_stand_before_a_backbone(name):
    assert build("emocaps", fusion=name, embedding="early")(collate([dialogue(3, 0)])).logits.shape == (1, 3, 7)


@pytest.mark.parametrize("name", FUSIONS.names())
def test_every_fusion_module_can_stand_in_emocaps(name):
    model = build("emocaps", fusion=name)
    short, long = dialogue(3, 0), dialogue(5, 1)
    with torch.inference_mode():
        alone, together = model(collate([short])).logits, model(collate([short, long])).logits
    torch.testing.assert_close(alone[0], together[0, :3], atol=2e-5, rtol=1e-4)


def test_a_module_that_makes_one_vector_cannot_stand_before_a_backbone():
    with pytest.raises(InputError, match=r"TFN makes one vector.*allowed: late"):
        build("emocaps", fusion="tfn", embedding="early")


def test_an_unknown_embedding_lists_the_known_ones():
    with pytest.raises(InputError, match="early, early_residual, late"):
        build("bc_lstm", fusion="lmam", embedding="middle")


def test_m2fnet_refuses_a_module_that_leaves_one_stream():
    with pytest.raises(InputError, match="keeps streams"):
        build("m2fnet", fusion="add")


def test_only_real_utterances_are_reversed():
    real = torch.tensor([[True, True, True], [True, True, False]])
    assert reversed_order(real).tolist() == [[2, 1, 0], [1, 0, 2]]


def test_a_partys_state_waits_while_others_speak():
    torch.manual_seed(0)
    pass_, x = Direction(4, 3), torch.randn(1, 3, 4)
    speakers = torch.tensor([[0, 1, 0]])
    found = pass_(x, speakers)
    zero = torch.zeros(1, 3)
    g1 = pass_.dialogue(torch.cat([x[:, 0], zero], -1), zero)
    q1 = pass_.party(torch.cat([x[:, 0], zero], -1), zero)  # nothing was said before: the context is zero
    e1 = pass_.emotion(q1, zero)
    torch.testing.assert_close(found[:, 0], e1)
    shares = torch.softmax(torch.stack([torch.zeros(1), (pass_.score(x[:, 1]) * g1).sum(-1)], -1), -1)
    q2 = pass_.party(torch.cat([x[:, 1], shares[:, 1:] * g1], -1), zero)  # the second speaker's own state is new
    torch.testing.assert_close(found[:, 1], pass_.emotion(q2, e1))
    other = pass_(x, torch.tensor([[0, 1, 1]]))
    assert not torch.allclose(found[:, 2], other[:, 2])


@pytest.mark.parametrize(("name", "reported"), [("dialogue_rnn", "emotion_attention"), ("dialogue_gcn", "edges")])
def test_a_backbones_own_attention_is_in_its_trace(name, reported):
    model, batch = build(name), collate([dialogue(3, 0)])
    with torch.inference_mode():
        arrays = {array.name: array for array in model.trace(model(batch), batch, ("a", "b", "c"))}
    assert arrays[reported].axes == ("utterance", "attended")
    np.testing.assert_allclose(arrays[reported].values.sum(1), 1, rtol=1e-5)


def test_edges_tell_speakers_and_order_within_the_window():
    found = edges(torch.tensor([[0, 1, 0]]), torch.ones(1, 3, dtype=torch.bool), window=1)[0]
    same_before, other_before, same_after, other_after = (kind.tolist() for kind in found.int())
    assert same_before == [[0, 0, 0], [0, 0, 0], [0, 0, 0]]  # utterance 0 is too far from 2
    assert other_before == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert same_after == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert other_after == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_the_graph_joins_a_modality_and_an_utterance_and_nothing_else():
    torch.manual_seed(0)
    present = torch.ones(1, 2, 2, dtype=torch.bool)
    found = graph(torch.randn(1, 2, 2, 4), present)[0]  # nodes t0, t1, a0, a1
    assert (found > 0).int().tolist() == [[1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1]]
    torch.testing.assert_close(found, found.T)
