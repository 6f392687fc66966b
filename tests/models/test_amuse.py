"""AMuSE's formulas against numbers worked out by hand, and its switches."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from erc_core.errors import InputError
from erc_core.features.visual_layout import BACKGROUND, UNITS, Keyframe, pack_visual
from erc_core.media.action_unit_table import NUMBERS, SPEAKING
from erc_core.models._losses import focal_loss, noise_contrast
from erc_core.models._sequences import PICTURE, segments
from erc_core.models.amuse import Amuse, CentralLayer, OwnAttention, adaptive_fusion, coefficients, interpolation
from erc_core.models.base import Batch, ModalityInput
from erc_core.types import IEMOCAP6, MELD7

GIVEN = {"inputs": {"t": 5, "a": 4, "v": 3}, "encoders": False, "width": 8, "layers": 2, "context": 4, "dropout": 0.0}


def batch_of(T=4, absent=(), seed=0, speakers=2):
    generator = torch.Generator().manual_seed(seed)
    present = torch.ones(1, T, 3, dtype=torch.bool)
    for place in absent:
        present[place] = False
    frames = torch.rand(1, T, 2, 2 * UNITS + PICTURE + 1, generator=generator)
    frames[..., UNITS : 2 * UNITS] = 1.0  # all action units are measured
    frames[..., -1] = 1.0  # and there is a picture behind
    values = {
        "t": torch.randn(1, T, 6, 5, generator=generator),
        "a": torch.randn(1, T, 3, 4, generator=generator),
        "v": frames,
    }
    inputs = {m: ModalityInput(x, torch.ones(x.shape[:3], dtype=torch.bool)) for m, x in values.items()}
    names = torch.arange(T).view(1, T) % speakers
    return Batch(inputs, torch.ones(1, T, dtype=torch.bool), present, names, torch.arange(T).view(1, T) % 6)


def built(labels=MELD7, **config):
    torch.manual_seed(0)
    return Amuse(labels, {**GIVEN, **config}).eval()


def test_own_attention_is_linear_over_scaled_dot_products_of_the_states_themselves():
    torch.manual_seed(0)
    network = OwnAttention(2, 1)
    w = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [9.0, 9.0]]])
    found = network(w, torch.tensor([[True, True, False]]))
    share = 1 / (1 + math.exp(-1 / math.sqrt(2)))  # of the first state in itself
    assert torch.allclose(found[0, 0], network.layers[0](torch.tensor([share, 2 * (1 - share)])), atol=1e-6)
    assert not found[0, 2].any()


def test_peripheral_modes_are_injected_by_their_mean_over_the_modes_eq_1():
    torch.manual_seed(0)
    layer = CentralLayer(["a", "v"], 4, 1, 0.0).eval()
    with torch.no_grad():
        layer.dense.weight.zero_()
        layer.dense.bias.zero_()
    g = torch.randn(1, 2, 4)
    sources = {m: (torch.randn(1, 3, 4), torch.ones(1, 3, dtype=torch.bool)) for m in "av"}
    found, looked = layer(g, sources, torch.tensor([3]))
    total = torch.zeros_like(g)
    for m, (features, _) in sources.items():
        weights = (g @ layer.keys[m](features).transpose(1, 2) / 2.0 * layer.scale[m]).softmax(-1)
        assert torch.allclose(looked[m], weights, atol=1e-6)
        total = total + weights @ layer.values[m](features)
    assert torch.allclose(found, layer.norm(g + total / 3), atol=1e-6)


def test_heads_are_averaged():
    torch.manual_seed(0)
    layer = CentralLayer(["a"], 4, 2, 0.0).eval()
    source = {"a": (torch.randn(1, 3, 4), torch.ones(1, 3, dtype=torch.bool))}
    _, looked = layer(torch.randn(1, 2, 4), source, torch.tensor([2]))
    assert torch.allclose(looked["a"].sum(-1), torch.ones(1, 2), atol=1e-6)


def test_interpolation_is_the_closed_form_divided_dimension_by_dimension_eq_6():
    first, second = torch.tensor([[3.0, 4.0, 1.0, 1.0]]), torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    gradient = torch.tensor([[0.6, -0.8, 0.0, 0.0]])
    # epsilon = 0.2 / 2; ||difference|| = 5; ||gradient|| = 1; then 0.1 * 5 * 0.6 / 3, and a negative one is clipped
    expected = [0.1, 0.0, 0.0, 0.0]
    assert interpolation(first, second, gradient, 0.2)[0].tolist() == pytest.approx(expected)


def test_a_difference_of_zero_is_guarded_and_clipped():
    same, gradient = torch.ones(1, 2), torch.tensor([[1.0, -1.0]])
    assert torch.isfinite(interpolation(same, same, gradient, 0.2)).all()
    other = torch.tensor([[1.0, 3.0]])
    assert interpolation(same, other, gradient, 0.2).max() <= 1.0


def test_coefficients_are_the_listed_products_averaged_over_orders(monkeypatch):
    monkeypatch.setattr("erc_core.models.amuse.interpolation", lambda f, s, g, cap: torch.full_like(s, 0.25))
    x = torch.randn(2, 3, 1)
    present = torch.tensor([[True, True, True], [True, False, True]])
    alpha = coefficients(x, x, present, 0.2)[..., 0]
    # a1 = 0.25 * 0.25, a2 = 0.25 * 0.75, a3 = 0.75, each mode in each place twice; with two modes 0.25 and 0.75
    assert alpha[0].tolist() == pytest.approx([1 / 3] * 3)
    assert alpha[1].tolist() == pytest.approx([0.5, 0.0, 0.5])


def test_one_order_gives_the_listed_coefficients(monkeypatch):
    monkeypatch.setattr("erc_core.models.amuse.permutations", lambda modes: [(0, 1, 2)])
    shares = iter([0.4, 0.3])
    monkeypatch.setattr("erc_core.models.amuse.interpolation", lambda f, s, g, c: torch.full_like(s, next(shares)))
    x = torch.randn(1, 3, 1)
    alpha = coefficients(x, x, torch.ones(1, 3, dtype=torch.bool), 0.2)[0, :, 0]
    assert alpha.tolist() == pytest.approx([0.4 * 0.3, 0.3 * (1 - 0.4), 1 - 0.3])


def test_fusion_mixes_each_mode_with_the_others_eq_2():
    f = torch.tensor([[[1.0], [10.0], [100.0]]])
    alpha = torch.tensor([[[0.5], [0.2], [0.3]]])
    found = adaptive_fusion(f, alpha, torch.ones(1, 3, dtype=torch.bool))[0, :, 0]
    first = (0.2 * 10 + 0.8 * 1 + 0.3 * 100 + 0.7 * 1) / 3
    third = (0.5 * 1 + 0.5 * 100 + 0.2 * 10 + 0.8 * 100) / 3
    assert found[[0, 2]].tolist() == pytest.approx([first, third])


def test_fusion_keeps_an_only_mode_and_leaves_absent_ones_at_zero():
    f = torch.tensor([[[1.0], [10.0], [100.0]]])
    found = adaptive_fusion(f, torch.full_like(f, 0.5), torch.tensor([[False, True, False]]))
    assert found.flatten().tolist() == [0.0, 10.0, 0.0]


def test_the_gradient_by_hand_is_autograds():
    model = built()
    x = torch.randn(3, 8, requires_grad=True)
    logits = model.judge["a"](x)
    F.cross_entropy(logits, logits.argmax(-1), reduction="sum").backward()
    assert torch.allclose(model._gradient("a", x.detach()), x.grad, atol=1e-6)


def test_focal_loss_has_the_logarithm_eq_5():
    logits = torch.tensor([[math.log(3.0), 0.0]])  # p = 0.75
    ones = torch.ones(2)
    assert focal_loss(logits, torch.tensor([0]), 1.0, ones).item() == pytest.approx(-0.25 * math.log(0.75))
    assert focal_loss(logits, torch.tensor([0]), 2.0, ones).item() == pytest.approx(-0.0625 * math.log(0.75))


def test_noise_contrast_of_two_instances_eq_4():
    first, second = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    p = math.e / (math.e + 1)  # of an instance with itself at temperature 1
    noise = 1 / 3
    expected = -math.log(p / (p + noise)) - math.log(1 - (1 - p) / (1 - p + noise))
    assert noise_contrast(first, second, 1.0, 3).item() == pytest.approx(expected, abs=1e-6)


def test_sound_is_averaged_over_equal_parts():
    states = torch.arange(5.0).view(1, 5, 1).repeat(2, 1, 1)
    mask = torch.tensor([[True] * 4 + [False], [True, False, False, False, False]])
    found, kept = segments(states, mask, 2)
    assert found[0].flatten().tolist() == [0.5, 2.5]
    assert kept.tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize("config", [{"fusion": f} for f in ("random", "equal", "concat")] + [{"layers": 1}, {"nce": 0}])
def test_every_comparison_of_the_paper_trains(config):
    model, batch = built(**config).train(), batch_of()
    output = model(batch)
    loss = model.loss(output, batch)
    loss.backward()
    assert torch.isfinite(loss)
    names = {array.name for array in model.trace(output, batch, tuple("abcd"))}
    assert ("alpha" in names) == (config.get("fusion") != "concat")


def test_coefficients_sum_to_one_over_what_is_there():
    output = built()(batch_of(absent=[(0, 1, 2)]))
    alpha = output.internals["alpha"]
    assert torch.allclose(alpha.sum(2), torch.ones(1, 4, 8), atol=1e-5)
    assert not alpha[0, 1, 2].any()


def test_the_speaker_context_reads_one_speakers_utterances_alone():
    model = built()
    first, second = batch_of(speakers=4), batch_of(speakers=1)
    fused = torch.randn(1, 4, 24)
    apart = model._contexts(fused, first)[..., :8]
    alone = torch.cat([model.context["speaker"](fused[:, i : i + 1])[0] for i in range(4)], 1)
    assert torch.allclose(apart, alone, atol=1e-6)
    assert torch.allclose(model._contexts(fused, second)[..., :8], model.context["speaker"](fused)[0], atol=1e-6)


def test_other_labels_and_long_dialogues_in_pieces_work(monkeypatch):
    model, batch = built(IEMOCAP6), batch_of(T=30, speakers=12)
    with torch.inference_mode():
        whole = model(batch).logits
        monkeypatch.setattr("erc_core.models.amuse.CHUNK", 7)
        assert torch.allclose(model(batch).logits, whole, atol=1e-5)
    assert whole.shape == (1, 30, 6)


def test_an_unknown_fusion_is_refused():
    with pytest.raises(InputError, match="adaptive, random, equal, concat"):
        built(fusion="sum")


def test_equal_utterances_are_attended_once(monkeypatch):
    model, asked = built(), []
    inner = Amuse._spatial
    monkeypatch.setattr(Amuse, "_spatial", lambda self, e, b, t: (asked.append(len(b)), inner(self, e, b, t))[1])
    one = batch_of()
    inputs = {m: ModalityInput(x.values.repeat(5, 1, 1, 1), x.mask.repeat(5, 1, 1)) for m, x in one.inputs.items()}
    content = torch.arange(4).repeat(5, 1)
    content[3, 1] = 9
    rest = [x.repeat(5, *[1] * (x.ndim - 1)) for x in (one.utterances, one.present, one.speakers, one.labels)]
    with torch.inference_mode():
        found = model.decode(Batch(inputs, *rest, content)).logits
        assert asked == [5]
        torch.testing.assert_close(found, model.decode(one).logits.expand(5, -1, -1), atol=1e-5, rtol=1e-4)


def test_units_that_all_speech_moves_are_not_read():
    model, batch = built(), batch_of()
    found = model(batch).logits
    for place in range(UNITS):
        changed = batch.inputs["v"].values.clone()
        changed[..., place] = 5.0
        moved = batch.with_inputs({**batch.inputs, "v": ModalityInput(changed, batch.inputs["v"].mask)})
        assert torch.equal(model(moved).logits, found) == (NUMBERS[place] in SPEAKING)


def test_a_keyframe_on_which_no_unit_is_measured_counts_as_one_without_a_face():
    model, batch = built(), batch_of()
    values = batch.inputs["v"].values.clone()
    values[..., UNITS : 2 * UNITS] = 0.0
    blind = batch.with_inputs({**batch.inputs, "v": ModalityInput(values, batch.inputs["v"].mask)})
    values = values.clone()
    values[..., :UNITS] = 5.0
    same = batch.with_inputs({**batch.inputs, "v": ModalityInput(values, batch.inputs["v"].mask)})
    assert torch.equal(model(blind).logits, model(same).logits)
    assert not torch.equal(model(blind).logits, model(batch).logits)


def test_a_keyframe_that_shows_nothing_hides_none_behind_it():
    nothing = Keyframe(None, None, None)
    room = Keyframe(None, None, np.full((BACKGROUND, BACKGROUND, 3), 90, np.uint8))

    def read(*frames):
        rows = torch.from_numpy(pack_visual(frames)).unsqueeze(0)
        return built().read_rows("v", rows, torch.ones(1, len(frames), dtype=torch.bool))

    alone, real = read(room)
    found, kept = read(nothing, room, nothing)
    assert kept.tolist() == real.tolist() == [[True]]
    assert torch.equal(found, alone)
    assert read(nothing, nothing)[1].tolist() == [[False]]


def test_a_fading_keyframe_stays_measured_and_fades_evenly():
    model, found = built(), batch_of()
    frames = found.inputs["v"].values
    faded = model.faded("v", frames, 0.25)
    flags = torch.zeros(frames.shape[-1], dtype=torch.bool)
    flags[UNITS : 2 * UNITS] = flags[-1] = True
    assert torch.equal(faded[..., flags], frames[..., flags])
    torch.testing.assert_close(faded[..., ~flags], 0.25 * frames[..., ~flags])
    torch.testing.assert_close(model.faded("a", found.inputs["a"].values, 0.25), 0.25 * found.inputs["a"].values)
