"""DF-ERC's formulas against numbers worked out by hand, and its switches."""

import math

import pytest
import torch

from erc_core.errors import InputError
from erc_core.models.base import Batch, ModalityInput, ModelOutput
from erc_core.models.df_erc import DFErc, Prototypes, consistency, contrast, contribution_fusion, true_class_probability
from erc_core.types import IEMOCAP6, MELD7

VECTORS = {"inputs": {"t": 5, "a": 4, "v": 3}, "encoders": False, "width": 8, "context": 4, "dropout": 0.0}


def batch_of(T=4, B=1, labels=None, absent=(), seed=0, speakers=2):
    generator = torch.Generator().manual_seed(seed)
    present = torch.ones(B, T, 3, dtype=torch.bool)
    for place in absent:
        present[place] = False
    inputs = {
        m: ModalityInput(torch.randn(B, T, 1, w, generator=generator), present[..., k].unsqueeze(-1))
        for k, (m, w) in enumerate(VECTORS["inputs"].items())
    }
    known = torch.arange(B * T).view(B, T) % 6 if labels is None else torch.tensor(labels).view(B, T)
    names = torch.arange(T).expand(B, T) % speakers
    return Batch(inputs, torch.ones(B, T, dtype=torch.bool), present, names, known)


def built(**config):
    torch.manual_seed(0)
    return DFErc(MELD7, {**VECTORS, **config}).eval()


def test_contrast_is_the_mean_over_pairs_with_every_other_item_below_eq_3():
    # Three items in the plane: cosines 0 (1,2), 1 (1,3), 0 (2,3); items 1 and 2 are of one group.
    items = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]])
    groups, real = torch.tensor([0, 0, 1]), torch.ones(1, 3, dtype=torch.bool)
    tau = 0.5
    first = -math.log(math.exp(0) / (math.exp(0) + math.exp(1 / tau)))
    second = -math.log(math.exp(0) / (math.exp(0) + math.exp(0)))
    assert contrast(items, groups, real, tau).item() == pytest.approx((first + second) / 2, abs=1e-6)


def test_contrast_ignores_items_that_are_not_there():
    items = torch.randn(1, 4, 3)
    groups, real = torch.tensor([0, 0, 1, 1]), torch.tensor([[True, True, True, False]])
    other = items.clone()
    other[0, 3] = 100.0
    assert contrast(items, groups, real, 0.3) == contrast(other, groups, real, 0.3)
    assert contrast(items, torch.arange(4), real, 0.3).item() == 0.0


def test_utterance_level_groups_the_three_modalities_of_one_utterance_eq_5():
    model, batch = built(ddm=("utterance",)), batch_of(T=2)
    output = model(batch)
    items = output.internals["utterance"].flatten(1, 2)
    expected = contrast(items, torch.tensor([0, 0, 0, 1, 1, 1]), torch.ones(1, 6, dtype=torch.bool), 0.3)
    assert torch.isclose(model.contrastive_loss(output), expected)


def test_modality_level_groups_the_utterances_of_one_modality_eq_3():
    model, batch = built(ddm=("modality",)), batch_of(T=2)
    output = model(batch)
    items = output.internals["modality"].flatten(1, 2)
    expected = contrast(items, torch.tensor([0, 1, 2, 0, 1, 2]), torch.ones(1, 6, dtype=torch.bool), 0.5)
    assert torch.isclose(model.contrastive_loss(output), expected)


def test_contribution_loss_is_the_squared_error_to_the_true_class_probability_eq_14():
    model, batch = built(), batch_of(T=2, labels=[3, 0])
    logits = torch.tensor([[[0.0] * 7, [math.log(6.0)] + [0.0] * 6]])  # true labels have 1/7 and 6/12
    weights = torch.tensor([[[0.5, 0.0, 0.0], [0.25, 0.0, 0.0]]])
    present = torch.tensor([[[True, False, False]] * 2])
    output = ModelOutput(logits, {"t": logits}, {"weights": weights, "present": present})
    cross_entropy = (math.log(7) + math.log(2)) / 2
    squared = ((0.5 - 1 / 7) ** 2 + (0.25 - 0.5) ** 2) / 2
    assert model.contribution_loss(output, batch).item() == pytest.approx(cross_entropy + squared, abs=1e-6)


def test_the_true_class_probability_learns_nothing_from_the_contribution():
    model, batch = built().train(), batch_of()
    output = model(batch)
    tcp = true_class_probability(output.unimodal["t"][0], batch.labels[0])
    torch.nn.functional.mse_loss(output.internals["weights"][0, :, 0], tcp.detach()).backward()
    assert all(p.grad is None for p in model.classify["t"].parameters())


def test_fusion_is_the_weighted_sum_eq_16():
    features = torch.tensor([[[[1.0, 2.0], [10.0, 0.0], [0.0, 4.0]]]])
    weights = torch.tensor([[[0.5, 0.1, 0.25]]])
    assert torch.allclose(contribution_fusion(features, weights), torch.tensor([[[1.5, 2.0]]]))


def test_prototypes_are_running_means_eq_18():
    prototypes = Prototypes(2, 1)
    prototypes.update(torch.tensor([[1.0], [3.0], [10.0]]), torch.tensor([0, 0, 1]))
    assert prototypes.mean.flatten().tolist() == [2.0, 10.0]
    prototypes.update(torch.tensor([[8.0]]), torch.tensor([0]))
    assert prototypes.mean.flatten().tolist() == [4.0, 10.0]
    assert prototypes.count.tolist() == [3, 1]


def test_only_what_is_farther_than_the_margin_is_drawn_to_its_prototype_eq_19():
    prototypes = Prototypes(1, 2)
    near, far = torch.tensor([[0.3, 0.0]]), torch.tensor([[1.0, 1.0]])  # squared errors 0.045 and 1
    loss = prototypes.margin_loss(torch.cat([near, far]), torch.tensor([0, 0]), 0.1)
    assert loss.item() == pytest.approx((0.0 + 0.9) / 2)


def test_psi_is_the_mean_cosine_of_the_pairs_that_are_there_eq_20():
    aligned = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]).expand(1, 4, 3, 2)  # cosines 0, -1, 0
    present = torch.tensor([[[True, True, True], [True, False, True], [False, True, False], [False, False, False]]])
    cosines, psi = consistency(aligned, present)
    assert psi[0].tolist() == pytest.approx([-1 / 3, -1.0, 1.0, 0.0])
    assert cosines[0, 0].tolist() == pytest.approx([0.0, -1.0, 0.0])
    assert torch.isnan(cosines[0, 1]).tolist() == [True, False, True]


def test_context_counts_as_much_as_the_modalities_disagree_eq_22():
    model, batch = built(), batch_of()
    seen = []
    model.predict.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    output = model(batch)
    fused, context = seen[0][..., :24], seen[0][..., 24:]
    whole = model.context(fused)[0]
    assert torch.allclose(context, whole * (1 - output.internals["psi"]).unsqueeze(-1), atol=1e-6)


@pytest.mark.parametrize(("refusion", "weight"), [("full", 1.0), ("zero", 0.0)])
def test_without_crm_context_is_taken_in_full_or_not_at_all(refusion, weight):
    output = built(refusion=refusion)(batch_of())
    assert output.internals["context_weight"].unique().tolist() == [weight]
    assert "psi" not in output.internals


def test_without_cfm_the_modalities_that_are_there_share_alike():
    output = built(fusion="mean")(batch_of(absent=[(0, 1, 2)]))
    assert output.internals["weights"][0, 0].tolist() == pytest.approx([1 / 3] * 3)
    assert output.internals["weights"][0, 1].tolist() == pytest.approx([1 / 2, 1 / 2, 0])


@pytest.mark.parametrize(
    "config",
    [{"ddm": ()}, {"fusion": "mean"}, {"fusion": "attention"}, *({"refusion": r} for r in ("full", "attention"))],
)
def test_every_ablation_and_replacement_trains(config):
    model, batch = built(**config).train(), batch_of()
    output = model(batch)
    loss = model.loss(output, batch)
    loss.backward()
    assert torch.isfinite(loss)
    assert {array.name for array in model.trace(output, batch, tuple("abcd"))} >= {"context_weight", "features_raw"}


def test_an_absent_modality_contributes_nothing():
    output = built()(batch_of(absent=[(0, 2, 1)]))
    assert output.internals["weights"][0, 2, 1] == 0
    assert (output.internals["weights"][0, 2, [0, 2]] > 0).all()


def test_prototypes_move_in_training_alone():
    model, batch = built(), batch_of()
    model.loss(model(batch), batch)
    assert not model.prototypes.count.any()
    model.train()
    model.loss(model(batch), batch)
    assert model.prototypes.count.sum() == 12


def test_other_labels_widths_and_very_long_dialogues_work():
    torch.manual_seed(0)
    model = DFErc(IEMOCAP6, VECTORS).eval()
    with torch.inference_mode():
        assert model(batch_of(T=1500, speakers=40)).logits.shape == (1, 1500, 6)


def test_an_unknown_replacement_is_refused():
    with pytest.raises(InputError, match="contribution, mean, attention"):
        built(fusion="sum")
