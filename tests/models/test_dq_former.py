"""DQ-Former's equations, checked by hand."""

import dataclasses

import pytest
import torch

from erc_core.errors import InputError, UnknownNameError
from erc_core.models.base import collate
from erc_core.models.dq_former import TAU, CrossModalAttention, DQFormer, FusionLayer, confidence
from erc_core.types import MELD7, Knob
from tests.contracts.test_models import sample

BOTH = torch.tensor([[True, True]])


def tiny(**config):
    torch.manual_seed(0)
    return DQFormer(MELD7, {**DQFormer.tiny, **config}).eval()


def test_confidences_are_normalised_over_both_modalities():  # eq. 7
    normal, kept = confidence(torch.tensor([[0.9, 0.3]]), BOTH, TAU)
    torch.testing.assert_close(normal, torch.tensor([[0.75, 0.25]]))
    torch.testing.assert_close(kept, normal)


def test_a_share_under_tau_becomes_zero_and_the_other_is_not_renormalised():  # eq. 8
    normal, kept = confidence(torch.tensor([[0.95, 0.05]]), BOTH, 0.1)
    torch.testing.assert_close(normal, torch.tensor([[0.95, 0.05]]))
    torch.testing.assert_close(kept, torch.tensor([[0.95, 0.0]]))


def test_a_share_of_exactly_tau_is_kept():  # eq. 8 says c >= tau
    _, kept = confidence(torch.tensor([[0.5, 0.5]]), BOTH, 0.5)
    torch.testing.assert_close(kept, torch.tensor([[0.5, 0.5]]))


def test_above_one_half_both_can_be_masked():
    _, kept = confidence(torch.tensor([[0.5, 0.5]]), BOTH, 0.51)
    assert not kept.any()


def test_a_missing_modality_has_no_share():
    normal, _ = confidence(torch.tensor([[0.2, 0.9]]), torch.tensor([[True, False]]), TAU)
    torch.testing.assert_close(normal, torch.tensor([[1.0, 0.0]]))


def test_the_outer_residual_starts_from_the_query():  # eq. 4 as printed
    torch.manual_seed(0)
    block = CrossModalAttention(8, 2, 0.0).eval()
    query, memory, mask = torch.randn(1, 3, 8), torch.randn(1, 5, 8), torch.ones(1, 5, dtype=torch.bool)
    inner = block.norm_inner(query + block.attention(query, memory, mask)[0])
    torch.testing.assert_close(block(query, memory, mask)[0], block.norm_outer(query + block.inner(inner)))


def test_the_fused_query_is_the_sum_weighted_by_the_kept_shares():  # eq. 5, 6, 9
    torch.manual_seed(0)
    layer = FusionLayer(8, 2, 0.0, priority=True).eval()
    query = torch.randn(1, 3, 8)
    hidden = {m: torch.randn(1, 4, 8) for m in ("t", "a")}
    mask = torch.tensor([[True, True, True, False]])
    states = {m: (hidden[m], mask, mask) for m in hidden}
    fused, report = layer(query, states, BOTH, 0.0)
    own = layer.own(query)
    raw, gathered = [], []
    for m in ("t", "a"):
        raw.append(torch.sigmoid(layer.connet[m](hidden[m][:, :3].mean(1))))
        gathered.append(layer.cross[m](own, hidden[m], mask)[0])
    share = raw[0] / (raw[0] + raw[1])
    torch.testing.assert_close(report["confidence"][:, 0], share[:, 0])
    torch.testing.assert_close(fused, share[:, :, None] * gathered[0] + (1 - share)[:, :, None] * gathered[1])


def test_all_masked_gives_a_zero_sum_and_says_so():
    model = tiny()
    model.turn([Knob("tau", 0.5)])
    with torch.inference_mode():
        internals = model(collate([sample(model.card, 6, 0)])).internals
    shares, masked = internals["confidence"], internals["masked"]
    assert torch.equal(masked, ((shares < 0.5) & (shares > 0)).float())


def test_tau_is_turned_at_inference_and_returns_to_its_default():
    model = tiny()
    batch = collate([sample(model.card, 6, 0)])
    with torch.inference_mode():
        plain = model(batch).logits
        model.turn([Knob("tau", 0.5)])
        turned = model(batch).logits
        model.turn([])
        again = model(batch).logits
    assert torch.equal(plain, again)
    assert not torch.equal(plain, turned)


@pytest.mark.parametrize("knob", [Knob("tau", 0.6), Knob("temperature", 0.1)])
def test_a_knob_out_of_range_or_unknown_is_refused(knob):
    with pytest.raises(UnknownNameError, match=r"tau from 0\.0 to 0\.5"):
        tiny().turn([knob])


@pytest.mark.parametrize(("first", "layers"), [(1, ("1", "2", "3")), (2, ("2", "3")), (3, ("3",))])
def test_early_middle_and_late_fusion_start_where_they_say(first, layers):
    model = tiny(first_layer=first)
    batch = collate([sample(model.card, 2, 0)])
    with torch.inference_mode():
        arrays = model.trace(model(batch), batch, ("u0", "u1"))
    assert next(a for a in arrays if a.name == "confidence").ticks[1] == layers


def test_fusion_cannot_start_beyond_the_last_layer():
    with pytest.raises(InputError, match="allowed: 1 to 3"):
        tiny(first_layer=4)


def test_without_priority_both_modalities_are_summed_as_they_are():
    model = tiny(priority=False)
    assert not any("connet" in name for name, _ in model.named_parameters())
    batch = collate([sample(model.card, 2, 0)])
    with torch.inference_mode():
        assert torch.equal(model(batch).internals["raw_confidence"], torch.ones(1, 2, 2, 2))


def test_the_loss_is_the_sum_of_three_cross_entropies():  # eq. 14
    model = tiny()
    batch = collate([sample(model.card, 3, 0)])
    output = model(batch)
    expected = sum(
        torch.nn.functional.cross_entropy(logits[0], batch.labels[0])
        for logits in (output.logits, output.unimodal["t"], output.unimodal["a"])
    )
    torch.testing.assert_close(model.loss(output, batch), expected)


def test_an_utterance_without_a_label_teaches_nothing():
    model = tiny()
    batch = collate([sample(model.card, 3, 0)])
    output = model(batch)
    labels = batch.labels.clone()
    labels[0, 2] = -1
    some = dataclasses.replace(batch, labels=labels)
    first_two = collate([sample(model.card, 3, 0)])
    first_two.utterances[0, 2] = False
    torch.testing.assert_close(model.loss(output, some), model.loss(output, first_two))


def test_a_long_dialogue_is_encoded_in_chunks_with_the_same_answer():
    model = tiny()
    batch = collate([sample(model.card, 40, 0)])  # more than one chunk of 32
    with torch.inference_mode():
        whole = model(batch)
        model.training = True  # of the model alone, its parts stay in evaluation mode: no chunks, no dropout
        at_once = model(batch)
    torch.testing.assert_close(whole.logits, at_once.logits, atol=2e-5, rtol=1e-4)


def test_attention_of_each_query_sums_to_one_over_what_is_there():
    model = tiny()
    batch = collate([sample(model.card, 2, 0)])
    with torch.inference_mode():
        arrays = model.trace(model(batch), batch, ("u0", "u1"))
    words = next(a for a in arrays if a.name == "attention_t/u1")
    assert words.axes == ("layer", "query", "token")
    assert abs(words.values.sum(-1) - 1).max() < 1e-5
