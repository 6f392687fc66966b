"""The papers' figures name what they need, and the command line says what is there."""

import pytest

from erc_core.cli import main
from erc_core.corpus_run import Ask
from erc_core.errors import UnknownNameError
from erc_core.models import checkpoints
from erc_core.models.base import model_class
from erc_core.models.checkpoints import CONFIG
from erc_core.paper_figures import FIGURES, figures_of, subset_asks
from erc_core.paper_needs import needs_of
from erc_core.settings import load_settings
from erc_core.training.systems import plan_of

ISSUED = {  # what the papers' pictures must be live on any corpus
    "dq_former": {"Fig. 3", "Fig. 4", "Fig. 5", "Table 4"},
    "df_erc": {"Fig. 6", "Fig. 7", "Fig. 8", "Fig. 10", "Fig. 11", "Table 2", "Table 3"},
    "cmath": {"Fig. 3", "Fig. 5", "Fig. 7", "Table 5"},
    "lmam": {"Fig. 5", *(f"Table {number}" for number in ("V", "VI", "IX", "X", "XI", "XII"))},
    "amuse": {"Table III", "Table IV", "Table V"},
}


@pytest.mark.parametrize("system", list(FIGURES))
def test_every_figure_says_what_it_is_drawn_from_and_names_variants_that_can_be_trained(system):
    figures = figures_of(system)
    assert ISSUED[system] <= {figure.number for figure in figures}
    assert all(figure.drawn_from and figure.reading for figure in figures)
    for name in {name for figure in figures for name in figure.trained}:
        variant = name.partition("+")[2]
        known = variant in model_class(system).variants
        assert known or plan_of(system, variant).modalities


def test_subsets_are_those_of_the_modalities_both_switched_off_and_trained_alone():
    asks = subset_asks("df_erc")
    assert len(asks) == 12
    assert Ask("df_erc", ("v",)) in asks
    assert Ask("df_erc+only_ta", ("v",)) in asks


def test_a_variant_s_weights_are_found_in_the_folder_that_is_set(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ERC_RUNS", str(tmp_path))
    monkeypatch.setattr(checkpoints, "ROOT", tmp_path / "bundled")  # whatever comes with the program
    need = next(one for one in needs_of("df_erc", load_settings()) if one.number == "Fig. 6")
    assert need.found == ()
    assert "--variant no_utterance_ddm" in need.commands[0]
    folder = tmp_path / "checkpoints" / "df_erc+no_utterance_ddm"
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text("{}")
    need = next(one for one in needs_of("df_erc", load_settings()) if one.number == "Fig. 6")
    assert (need.found, need.commands) == (("df_erc+no_utterance_ddm",), ())
    assert main(["papers", "--model", "df_erc"]) == 0
    said = capsys.readouterr().out
    assert str(tmp_path / "checkpoints") in said
    assert "found    df_erc+no_utterance_ddm" in said


def test_an_unknown_system_lists_those_that_papers_draw():
    with pytest.raises(UnknownNameError, match="dq_former, df_erc"):
        needs_of("bc_lstm", load_settings())
