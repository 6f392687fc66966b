"""The measurement of LMAM beside self-attention."""

from dataclasses import replace

from erc_core.benchmarks.matching_attention import compare, page


def test_both_are_measured_and_every_weight_is_counted():
    light, full = compare(width=8, rank=2, length=3, utterances=6, rounds=1)
    assert (light.module, light.rank, full.module, full.rank) == ("LMAM", 2, "Self-attention", 0)
    assert light.parameters == 3 * (2 * 9 * 2 + 9 + 2 * 9 + 9 * 8 + 8)
    assert min(light.forward_s, light.training_s, full.forward_s, full.training_s) > 0


def test_the_page_says_where_the_factorised_form_is_not_faster():
    light, full = compare(width=8, rank=2, length=3, utterances=6, rounds=1)
    slow = page([(replace(light, training_s=2.0), replace(full, training_s=1.0))])
    assert "| not faster: 0.50 times the speed with" in slow
    fast = page([(replace(light, training_s=1.0), replace(full, training_s=2.0))])
    assert "| faster: 2.00 times the speed with" in fast
