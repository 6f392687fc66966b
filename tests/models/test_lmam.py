"""LMAM's equations, checked by hand."""

import math

import pytest
import torch

from erc_core.errors import InputError
from erc_core.models._fusion import Streams
from erc_core.models.base import collate
from erc_core.models.fusion_baselines import SelfAttention
from erc_core.models.lmam import Lmam, LowRankLinear, LowRankMatching
from erc_core.types import MELD7
from tests.contracts.test_models import sample


def module(width=6, rank=2, count=3):
    torch.manual_seed(0)
    return LowRankMatching(Streams(count, width), {"rank": rank})


def tiny(**config):
    torch.manual_seed(0)
    return Lmam(MELD7, {**Lmam.tiny, **config}).eval()


def there(*shape):
    return torch.ones(*shape, dtype=torch.bool)


@pytest.mark.parametrize("rank", [1, 3, 9])
def test_the_weight_has_the_rank_that_was_asked_for(rank):  # eq. 8, 9
    torch.manual_seed(0)
    layer = LowRankLinear(9, rank)
    weight = (layer.down.double() @ layer.up.double()).detach()
    assert torch.linalg.matrix_rank(weight) == rank
    expected = torch.linalg.svdvals(weight)
    torch.testing.assert_close(layer.singular_values(), expected[:rank], atol=1e-6, rtol=1e-5)
    assert expected[rank:].max() < 1e-6 if rank < 9 else True


def test_the_query_is_the_product_of_its_two_factors():  # eq. 9
    torch.manual_seed(0)
    layer, x = LowRankLinear(5, 2), torch.randn(3, 5)
    torch.nn.init.normal_(layer.bias)
    torch.testing.assert_close(layer(x), x @ (layer.down @ layer.up) + layer.bias)


@pytest.mark.parametrize("rank", [0, 8])
def test_an_impossible_rank_is_refused(rank):
    with pytest.raises(InputError, match="1 to 7"):
        module(width=6, rank=rank)


def test_a_full_rank_is_possible():
    assert module(width=6, rank=7)(torch.randn(1, 2, 3, 6), there(1, 2, 3)).values.shape == (1, 2, 3, 6)


def test_every_modality_matches_itself_and_the_others_by_the_paper():  # eq. 3 to 7, one number at a time
    found = module(width=3, rank=2)
    streams = torch.randn(1, 2, 3, 3)
    fused = found(streams, there(1, 2, 3))
    padded = torch.cat([streams[0], torch.ones(2, 3, 1)], -1)  # (T, M, W)
    for i, match in enumerate(found.matching):
        for t in range(2):
            query = padded[t, i] @ match.query.down @ match.query.up + match.query.bias
            matched = torch.zeros(4)
            for j in range(3):
                scores = [math.exp(math.tanh(float(query.detach() @ padded[s, j]) / math.sqrt(4))) for s in range(2)]
                for s in range(2):
                    share = scores[s] / sum(scores)
                    assert float(fused.attention.detach()[0, t, i, j, s]) == pytest.approx(share, abs=1e-5)
                    matched = matched + share * padded[s, j] / 3
            total = matched + padded[t, i]
            normal = (total - total.mean()) / torch.sqrt(total.var(unbiased=False) + match.norm.eps)
            normal = normal * match.norm.weight + match.norm.bias
            expected = torch.relu(match.out.weight @ normal + match.out.bias)
            torch.testing.assert_close(fused.values[0, t, i], expected, atol=1e-5, rtol=1e-4)


def test_attention_to_each_modality_sums_to_one_where_both_are_there():
    present = there(1, 4, 3)
    present[0, 1, 2] = False
    present[0, :, 1] = False
    attention = module()(torch.randn(1, 4, 3, 6) * present.unsqueeze(-1), present).attention
    sums = attention.sum(-1)[0]  # (T, M, M)
    torch.testing.assert_close(sums[0, 0], torch.tensor([1.0, 0.0, 1.0]))  # nothing to attend of the second modality
    assert not sums[1, 2].any()  # the third modality is not there to ask
    assert not attention[0, :, :, 2, 1].any()  # nor to be attended


def test_matches_are_averaged_over_the_modalities_that_the_dialogue_has():
    found = module(count=2)
    streams = torch.randn(1, 3, 2, 6)
    present = there(1, 3, 2)
    present[..., 1] = False
    alone = module(count=1)
    alone.matching[0].load_state_dict(found.matching[0].state_dict())
    with_absent = found(streams * present.unsqueeze(-1), present).values[:, :, 0]
    torch.testing.assert_close(with_absent, alone(streams[:, :, :1], there(1, 3, 1)).values[:, :, 0])


def test_an_absent_stream_stays_zero():
    present = there(1, 2, 3)
    present[0, 0, 1] = False
    values = module()(torch.randn(1, 2, 3, 6) * present.unsqueeze(-1), present).values
    assert not values[0, 0, 1].any()


def size(of):
    return sum(parameter.numel() for parameter in of.parameters())


def test_at_width_512_and_rank_45_it_has_under_a_third_of_the_weights_of_self_attention():
    shape = Streams(3, 512)
    light, full = LowRankMatching(shape, {"rank": 45}), SelfAttention(shape, {})
    # Each modality: two factors and the bias of its query, norm, output; against four weights, the key without a bias.
    assert size(light) == 3 * (2 * 513 * 45 + 513 + 2 * 513 + 513 * 512 + 512)
    assert size(full) == 3 * (4 * 512 * 512 + 3 * 512 + 2 * 512)
    assert size(light) < size(full) / 3


def test_the_trace_has_attention_for_each_pair_and_the_rank_many_singular_values():
    model = tiny(rank=3)
    batch = collate([sample(model.card, 4, 0)])
    with torch.inference_mode():
        output = model(batch)
        arrays = {array.name: array for array in model.trace(output, batch, ("u0", "u1", "u2", "u3"))}
    pairs = {f"attention/{query}-{key}" for query in "tav" for key in "tav"}
    assert pairs | {"singular_values/t", "singular_values/a", "singular_values/v", "features_fused"} == set(arrays)
    assert arrays["attention/t-a"].axes == ("utterance", "attended")
    torch.testing.assert_close(torch.tensor(arrays["attention/t-a"].values.sum(1)), torch.ones(4))
    values = arrays["singular_values/a"].values
    assert values.shape == (3,)
    assert (values > 0).all()
    assert list(values) == sorted(values, reverse=True)


def test_the_module_can_be_had_with_any_modalities():
    model = tiny(inputs={"a": 5, "v": 4}, encoders=False)
    assert set(model.project) == {"a", "v"}
    assert model.streams == ("a", "v")
