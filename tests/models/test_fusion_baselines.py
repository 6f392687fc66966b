"""The fusion baselines, checked by hand where a hand can."""

import torch

from erc_core.models._fusion import FUSIONS, Streams
from erc_core.models.base import MODELS
from erc_core.models.fusion_baselines import Add, Bottleneck, LowRankFusion, SelfAttention, TensorFusion

PRESENT = torch.ones(1, 2, 3, dtype=torch.bool)


def made(kind, **settings):
    torch.manual_seed(0)
    return kind(Streams(3, 4), {"rank": 2, **settings}).eval()


def streams():
    torch.manual_seed(1)
    return torch.randn(1, 2, 3, 4)


def test_every_module_is_a_model_of_its_own_but_lmam_which_is_a_system():
    baselines = {name for name in MODELS.names() if MODELS.get(name).card.role == "baseline"}
    assert baselines == {f"fusion_{name}" for name in FUSIONS.names() if name != "lmam"}


def test_the_pages_offer_systems_only():
    from erc_core import pipeline

    assert {status.card.role for status in pipeline.models()} == {"system"}


def test_addition_is_the_sum():
    x = streams()
    torch.testing.assert_close(made(Add)(x, PRESENT).values[:, :, 0], x[:, :, 0] + x[:, :, 1] + x[:, :, 2])


def test_tensor_fusion_is_the_outer_product_with_ones():
    found, x = made(TensorFusion), streams()
    factors = [torch.cat([torch.tanh(found.narrow[m](x[0, 0, m])), torch.ones(1)]) for m in range(3)]
    product = torch.einsum("i,j,k->ijk", *factors).flatten()
    torch.testing.assert_close(found(x, PRESENT).values[0, 0, 0], torch.relu(found.wide(product)))


def test_low_rank_fusion_is_the_sum_of_products_of_factors():
    found, x = made(LowRankFusion), streams()
    padded = torch.cat([x[0, 0], torch.ones(3, 1)], -1)
    total = found.bias.clone()
    for r in range(2):
        product = torch.ones(4)
        for m in range(3):
            product = product * (padded[m] @ found.factors[m, r])
        total = total + found.weights[r] * product
    torch.testing.assert_close(found(x, PRESENT).values[0, 0, 0], total)


def test_self_attention_has_keys_and_values_of_its_own():
    found, x = made(SelfAttention), streams()
    fused = found(x, PRESENT)
    query = found.query[0](x[0, :, 0])
    mixed = torch.zeros(2, 4)
    for j in range(3):
        shares = torch.softmax(query @ found.key[j](x[0, :, j]).T / 2, -1)
        torch.testing.assert_close(fused.attention[0, :, 0, j], shares)
        mixed = mixed + shares @ found.value[j](x[0, :, j]) / 3
    expected = torch.relu(found.last[0](found.norm[0](mixed + x[0, :, 0])))
    torch.testing.assert_close(fused.values[0, :, 0], expected)


def test_with_one_layer_nothing_crosses_the_bottleneck_yet():
    found = made(Bottleneck)
    found.layers = found.layers[:1]
    x = streams()
    other = x.clone()
    other[:, :, 1] += 1
    first, second = found(x, PRESENT).values, found(other, PRESENT).values
    torch.testing.assert_close(first[:, :, 0], second[:, :, 0])


def test_with_two_layers_modalities_speak_through_the_bottleneck():
    found, x = made(Bottleneck), streams()
    other = x.clone()
    other[:, :, 1] += torch.randn(4)
    assert not torch.allclose(found(x, PRESENT).values[:, :, 0], found(other, PRESENT).values[:, :, 0])
