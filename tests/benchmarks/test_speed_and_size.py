"""Speed and size of a system: measured on the real weights, with the floor beside."""

import pytest

from erc_core.benchmarks.models import measured, page
from erc_core.cli import main
from erc_core.settings import Settings


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    return measured("df_erc", Settings(data=tmp_path_factory.mktemp("data")), rounds=2, shapes=((1, 3), (2, 4)))


def test_rates_stand_beside_their_floor(figures):
    assert [(r.dialogues, r.utterances) for r in figures.rates] == [(1, 3), (2, 4)]
    for rate in figures.rates:
        assert 0 < rate.whole_low <= rate.whole <= rate.whole_high
        assert rate.fusion > rate.whole  # encoding is most of it
        assert rate.floor > 0
    assert 0 < figures.own_parameters < figures.parameters
    assert figures.peak_mb > 100


def test_the_page_has_a_line_for_each_shape(figures):
    lines = page([figures]).splitlines()
    assert sum(line.startswith("| df_erc | ") for line in lines) == 3


def test_an_unknown_benchmark_lists_those_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["bench", "speed", "--json"])
    assert "models" in capsys.readouterr().err
