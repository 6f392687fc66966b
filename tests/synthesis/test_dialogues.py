from __future__ import annotations

import pytest

from erc_core.errors import InputError
from erc_core.synthesis.dialogues import generate_script
from erc_core.synthesis.script import EMOTIONS, parse_script


def test_the_same_seed_writes_the_same_script_and_another_seed_another() -> None:
    assert generate_script(3) == generate_script(3)
    assert generate_script(3) != generate_script(4)


@pytest.mark.parametrize("seed", range(12))
def test_every_generated_script_can_be_read(seed: int) -> None:
    script = parse_script(generate_script(seed, lines=12, speakers=1 + seed % 4), f"generated-{seed}")
    assert len(script.lines) == 12
    assert len(script.speakers) == 1 + seed % 4


def test_one_carrier_leaves_exactly_one_channel_with_the_emotion() -> None:
    lines = parse_script(generate_script(1, lines=40, carriers="one"), "one").lines
    felt = [line for line in lines if line.emotion != "neutral"]
    assert felt
    assert all(len(line.informative()) == 1 for line in felt)


def test_a_long_dialogue_has_every_emotion() -> None:
    lines = parse_script(generate_script(2, lines=120, carriers="all"), "all").lines
    assert {line.emotion for line in lines} == set(EMOTIONS)


@pytest.mark.parametrize(("lines", "speakers"), [(0, 2), (201, 2), (4, 0), (4, 5)])
def test_numbers_out_of_range_are_refused(lines: int, speakers: int) -> None:
    with pytest.raises(InputError, match="allowed"):
        generate_script(1, lines, speakers)
