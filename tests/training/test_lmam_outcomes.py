"""Outcomes of the LMAM paper's comparisons are read as far as a run came."""

import json

from erc_core.training.lmam_outcomes import known_table, remembered
from erc_core.training.lmam_tables import Outcome, Runner, entries_of
from erc_core.types import MELD7


def outcome(f1):
    return Outcome(f1, f1, tuple(f1 + c / 100 for c in range(7)), 10, 1.0)


def run(memory, table, count, seeds):
    """Train the first entries of a table, as far as a stopped run would have come."""
    runner = Runner(lambda entry, seed: outcome(0.5 + 0.1 * ("LMAM" in entry.title) + seed / 100), memory)
    for entry in entries_of(table, {}, MELD7)[:count]:
        runner.outcomes(entry, seeds)


def test_a_stopped_comparison_shows_its_finished_lines_and_names_the_others(tmp_path):
    memory = tmp_path / "lmam" / "composite-dev" / "outcomes-30.json"
    run(memory, "self_attention", 1, (0, 1))
    (found,) = remembered(tmp_path, tmp_path / "none")
    assert (found.corpus, found.split, found.epochs, found.labels) == ("composite", "dev", 30, MELD7)
    table = known_table(found, "self_attention")
    assert [line.entry.title for line in table.lines] == ["EmoCaps + self-attention"]
    assert (table.seeds, table.missing) == (2, ("EmoCaps + LMAM",))
    run(memory, "self_attention", 2, (0, 1))
    table = known_table(found, "self_attention")
    assert table.missing == ()
    assert table.lines[1].difference == table.lines[1].outcomes[0].weighted_f1 - 0.5
    assert known_table(found, "rank").lines == ()


def test_an_entry_with_fewer_seeds_than_others_is_not_shown_with_them(tmp_path):
    memory = tmp_path / "lmam" / "composite-dev" / "outcomes-2.json"
    run(memory, "self_attention", 2, (0,))
    run(memory, "self_attention", 1, (0, 1))
    table = known_table(remembered(tmp_path, tmp_path / "none")[0], "self_attention")
    assert (table.seeds, table.missing) == (2, ("EmoCaps + LMAM",))


def test_files_of_other_names_and_of_unknown_corpora_are_passed_over(tmp_path):
    for name in ("composite-dev/outcomes-best.json", "nothing-dev/outcomes-3.json", "composite/outcomes-3.json"):
        (tmp_path / "lmam" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lmam" / name).write_text(json.dumps({}))
    assert remembered(tmp_path, tmp_path / "none") == ()
