import torch

from erc_core.encodings import Encoding, EncodingCache, padded, row_key


def test_the_longest_unused_encodings_leave_first():
    one = Encoding(torch.zeros(4, 8))
    cache = EncodingCache(limit_bytes=3 * one.size_bytes)
    for name in "abc":
        cache.put(name, Encoding(torch.zeros(4, 8)))
    cache.get("a")
    cache.put("d", Encoding(torch.zeros(4, 8)))
    assert cache.get("b") is None
    assert all(cache.get(name) is not None for name in "acd")


def test_memory_stays_under_its_limit_whatever_comes():
    cache = EncodingCache(limit_bytes=10_000)
    for number in range(100):
        cache.put(str(number), Encoding(torch.zeros(number + 1, 8)))
    kept = [cache.get(str(number)) for number in range(100)]
    assert sum(one.size_bytes for one in kept if one is not None) <= 10_000


def test_rows_of_other_content_shape_or_kind_have_other_names():
    zeros = torch.zeros(2, 3).numpy()
    assert row_key(zeros) == row_key(zeros.copy())
    assert len({row_key(zeros), row_key(zeros.T), row_key(zeros.astype("float64")), row_key(zeros + 1)}) == 4


def test_absent_rows_are_padded_and_masked():
    values, mask = padded([None, Encoding(torch.ones(2, 3)), Encoding(None)])
    assert values.shape == (3, 2, 3)
    assert mask.sum() == 2
    assert padded([None, Encoding(None)]) is None
