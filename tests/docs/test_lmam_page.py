"""What documents and the card say of LMAM in its backbones is what the outcomes that come with the program say."""

from __future__ import annotations

import re
from pathlib import Path

from erc_core.models.base import model_class
from erc_core.training.lmam_outcomes import known_table, remembered
from erc_core.training.lmam_tables import BACKBONES, NUMBERS, markdown, title_of

PAGE = (Path(__file__).parent.parent.parent / "docs" / "benchmarks" / "lmam.md").read_text(encoding="utf-8")
NOWHERE = Path("nowhere")


def shipped():
    (found,) = remembered(NOWHERE)
    return found


def test_each_table_of_the_page_is_written_from_the_shipped_outcomes():
    written = [table for table, number in NUMBERS.items() if f"| {number}, " in PAGE]
    assert "backbones" in written
    for table in written:
        known = known_table(shipped(), table)
        assert not known.missing, table
        assert markdown(table, known.lines, shipped().labels) in PAGE, table


def test_what_is_said_of_the_backbones_is_what_the_table_says():
    lines = known_table(shipped(), "backbones").lines
    module = [line for line in lines if line.entry.config.get("fusion") == "lmam"]
    assert len(module) == len(BACKBONES) == 7
    worse = {line.entry.against for line in module if line.verdict == "worse"}
    said = re.search(r"leaves (\w+) of seven backbones .*? makes (.+?) worse", model_class("lmam").card.finding)
    assert said is not None
    assert said[1] == {5: "five", 6: "six"}[7 - len(worse)]
    assert set(said[2].split(" and ")) == worse
    assert worse <= {title_of(name) for name in BACKBONES}
