"""CMATH's formulas against numbers worked out by hand or step by step, and its switches."""

import math

import pytest
import torch
import torch.nn.functional as F

from erc_core.models.base import Batch, ModalityInput
from erc_core.models.cmath import Cmath, CMATransformer, fuse_gaussians, gate, squared_error, teacher_divergence
from erc_core.types import IEMOCAP6, MELD7

VECTORS = {"inputs": {"t": 5, "a": 4, "v": 3}, "encoders": False, "width": 8, "heads": 2, "dropout": 0.0}


def batch_of(T=4, B=1, absent=(), seed=0, speakers=2):
    generator = torch.Generator().manual_seed(seed)
    present = torch.ones(B, T, 3, dtype=torch.bool)
    for place in absent:
        present[place] = False
    inputs = {
        m: ModalityInput(torch.randn(B, T, 1, w, generator=generator), present[..., k].unsqueeze(-1))
        for k, (m, w) in enumerate(VECTORS["inputs"].items())
    }
    labels, names = torch.arange(B * T).view(B, T) % 6, torch.arange(T).expand(B, T) % speakers
    return Batch(inputs, torch.ones(B, T, dtype=torch.bool), present, names, labels)


def built(labels=MELD7, **config):
    torch.manual_seed(0)
    return Cmath(labels, {**VECTORS, **config}).eval()


def states(T=3, D=8, absent=()):
    torch.manual_seed(1)
    there = {m: torch.full((1, T), m not in absent) for m in "tav"}
    return {m: torch.randn(1, T, D) for m in "tav"}, there


def test_an_auxiliary_modality_enriches_the_centre_eq_9_and_10():
    torch.manual_seed(0)
    block = CMATransformer("t", ("t", "a", "v"), 8, 2, 0.0).eval()
    found, there = states()
    seen = {}
    block.gates["a"].register_forward_hook(lambda module, given, out: seen.update(a=given[0]))
    block(found, there)
    cross = block.blocks["a"]
    attended = cross.attention(found["t"], found["a"], there["a"])[0]
    inner = cross.norm_attention(attended + found["t"])
    assert torch.allclose(seen["a"], cross.norm_inner(cross.inner(inner) + inner), atol=1e-6)


def test_the_centre_takes_in_what_the_others_gathered_eq_11():
    torch.manual_seed(0)
    block = CMATransformer("a", ("t", "a", "v"), 8, 2, 0.0).eval()
    found, there = states()
    seen = {}
    block.gates["a"].register_forward_hook(lambda module, given, out: seen.update(own=given[0]))
    block(found, there)
    total = sum(block.blocks[m].attention(found["a"], found[m], there[m])[0] for m in "tav")
    own = block.blocks["a"]
    inner = own.norm_attention(total + found["a"])
    assert torch.allclose(seen["own"], own.norm_inner(own.inner(inner) + inner), atol=1e-6)


def test_the_gate_mixes_each_dimension_by_a_softmax_over_the_sources_eq_12():
    sources = torch.tensor([[[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]]])
    scores = torch.tensor([[[[0.0, 0.0], [math.log(2), 0.0], [math.log(3), math.log(8)]]]])
    mixed, shares = gate(sources, scores, torch.ones(1, 1, 3, dtype=torch.bool))
    assert shares[0, 0, :, 0].tolist() == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    assert mixed[0, 0].tolist() == pytest.approx([(1 + 4 + 9) / 6, (10 + 20 + 240) / 10])


def test_a_source_that_the_dialogue_lacks_has_no_share():
    torch.manual_seed(0)
    block = CMATransformer("t", ("t", "a", "v"), 8, 2, 0.0).eval()
    found, there = states(absent="v")
    first = block(found, there)
    second = block({**found, "v": found["v"] + 100}, there)
    assert torch.equal(first["out"], second["out"])
    assert not first["shares"][:, :, 2].any()
    assert torch.allclose(first["shares"].sum(2), torch.ones(1, 3, 8))


def test_gaussians_are_averaged_over_what_is_there_eq_16():
    mu = torch.tensor([[[[1.0], [2.0], [6.0]], [[1.0], [2.0], [6.0]]]])
    present = torch.tensor([[[True, True, True], [True, False, True]]])
    centre, spread = fuse_gaussians(mu, mu * 2, present)
    assert centre.flatten().tolist() == pytest.approx([3.0, 3.5])
    assert spread.flatten().tolist() == pytest.approx([6.0, 7.0])


def test_noise_is_drawn_in_training_alone_and_scaled_by_sigma_eq_15_and_17():
    model, batch = built(), batch_of()
    output = model(batch)
    assert (output.internals["sigma"] > 0).all()
    rich = output.internals["rich"][:, :, 1]
    assert torch.allclose(output.internals["sigma"][:, :, 1], F.softplus(model.sigma["a"](rich)))
    centre = output.internals["mu"].mean(2)
    assert torch.allclose(output.internals["fused"], centre, atol=1e-6)
    model.train()
    torch.manual_seed(7)
    noisy = model(batch).internals
    torch.manual_seed(7)
    epsilon = torch.randn_like(centre)
    assert torch.allclose(noisy["fused"], noisy["mu"].mean(2) + epsilon * noisy["sigma"].mean(2), atol=1e-5)


def test_squared_error_is_the_mean_over_real_items_eq_3_and_18():
    first = torch.tensor([[[1.0, 1.0], [5.0, 5.0]]])
    assert squared_error(first, torch.zeros_like(first), torch.tensor([[True, False]])).item() == 1.0
    assert squared_error(first, torch.zeros_like(first), torch.tensor([[True, True]])).item() == 13.0


def test_divergence_is_that_of_the_student_from_the_teacher_eq_23():
    teacher = torch.tensor([[math.log(0.5), math.log(0.5)]])
    student = torch.tensor([[math.log(0.9), math.log(0.1)]])
    expected = 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)
    assert teacher_divergence(teacher, student).item() == pytest.approx(expected, abs=1e-6)


def test_the_teacher_learns_nothing_from_its_students():
    weights = {"low": 0.0, "high": 0.0}
    model, batch = built(), batch_of()
    gradients = []
    for change in ({}, {"low": 5.0, "high": 5.0}):
        model.config["weights"] = {**weights, **change}
        model.zero_grad()
        model.loss(model(batch), batch).backward()
        gradients.append(model.teacher.weight.grad.clone())
    assert torch.allclose(*gradients)


@pytest.mark.parametrize(
    "config",
    [
        {"reconstruction": False},
        {"cross": False},
        {"variational": False},
        {"distil": ()},
        {"distil": ("low",)},
        {"kernel": 3},
    ],
)
def test_every_module_can_be_left_out(config):
    model, batch = built(**config).train(), batch_of()
    output = model(batch)
    loss = model.loss(output, batch)
    loss.backward()
    assert torch.isfinite(loss)
    names = {array.name for array in model.trace(output, batch, tuple("abcd"))}
    assert ("gate" in names) == config.get("cross", True)
    assert ("sigma" in names) == config.get("variational", True)


def test_gate_shares_are_traced_in_the_order_of_the_ticks():
    model, batch = built(), batch_of(absent=[(0, slice(None), 2)])
    output = model(batch)
    gates = next(array for array in model.trace(output, batch, tuple("abcd")) if array.name == "gate")
    assert gates.ticks[1:] == (("t", "a", "v"), ("t", "a", "v"))
    shares = torch.from_numpy(gates.values.copy())
    assert torch.isnan(shares[:, 2]).all()  # the picture is absent as a centre
    assert not shares[:, :2, 2].any()  # and has no share as a source
    assert torch.allclose(shares[:, :2].sum(-1), torch.ones(4, 2), atol=1e-6)


def test_other_labels_many_speakers_and_very_long_dialogues_work():
    with torch.inference_mode():
        output = built(IEMOCAP6)(batch_of(T=1200, speakers=40))
    assert output.logits.shape == (1, 1200, 6)
    assert not any(name.startswith("attention/") for name in output.internals)


def test_attention_in_pieces_is_attention_at_once(monkeypatch):
    model, batch = built(), batch_of(T=9)
    whole = model(batch).logits
    monkeypatch.setattr("erc_core.models.cmath.QUERIES", 4)
    assert torch.allclose(model(batch).logits, whole, atol=1e-5)
