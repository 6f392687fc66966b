"""The table of evidence: cells come from the explanations, and a spreadsheet takes none for a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from erc_core.evidence import evidence_rows, signed_names, strongest, table_cells, table_columns, table_csv
from erc_core.explanation import Attribution, Characters, Explanation, Fidelity, Target
from erc_core.types import Dialogue, Span, Utterance
from tests.ui.sample_analysis import MODEL, sample_analysis, sample_dialogue


def explanation(utterance: str, *words: tuple[str, float]) -> Explanation:
    found = tuple(
        Attribution("word", name, value, utterance, "t", characters=Characters(0, 1)) for name, value in words
    )
    target = Target(utterance, "joy", "probability", 0.6, 0.1, "joy")
    none = (Fidelity.none("not asked"),)
    return Explanation("d", target, MODEL, "lime_words", (), 0, found, none, 0.1, 8, 4, "removed", "A hint.")


def test_the_strongest_units_are_those_farthest_from_zero_in_the_utterance_itself() -> None:
    found = explanation("u1", ("a", 0.1), ("b", -0.5), ("c", 0.0), ("d", 0.2), ("e", 0.3))
    assert signed_names(strongest(found, "u1")) == "b −0.50, e +0.30, d +0.20"
    assert strongest(found, "u2") == ()


def test_stretches_of_sound_are_told_by_when_they_are_heard_in_the_clip() -> None:
    plain, worded = (
        Attribution("audio_span", name, 0.5, "u1", "a", Span(7.31, 7.81)) for name in ("2.99 to 3.49 s", "garage")
    )
    assert signed_names((plain, worded)) == "7.3 to 7.8 s +0.50, garage (7.3 to 7.8 s) +0.50"


def test_what_hardly_matters_is_never_told_to_move_less_than_it_does() -> None:
    few = explanation("u1", ("a", 0.0014), ("b", 0.0))
    assert few.reading == (
        "These units hardly matter here: none moves the probability of joy by more than 0.002. Of their order: a hint."
    )
    one = explanation("u1", ("a", 0.0072))
    assert (
        one.reading == "This hardly matters here: it does not move the probability of joy by more than 0.008. A hint."
    )


def test_a_row_tells_predictions_modes_reasons_and_gaps() -> None:
    analysis = sample_analysis()
    rows = evidence_rows(
        analysis.dialogue, [analysis], analysis, {"u1": (explanation("u1", ("job", 0.4)),)}, ("u1", "u6")
    )
    cells = dict(zip(table_columns(["DQ-Former"]), table_cells(rows[0]), strict=True))
    assert cells["truth"] == "surprise"
    assert cells["DQ-Former says"] == analysis.prediction.label_of(0)
    assert cells["T explanation"] == "job +0.40"
    assert cells["A explanation"] == ""
    assert rows[1].reasons["a"] == "missing: shorter than 0.1 s"
    assert rows[1].alone["a"] == ""
    assert rows[1].truth == ""


def test_an_export_reads_back_and_holds_no_formula() -> None:
    lines = ("=cmd()", "+1", "@x", "-2", 'a "quoted", line\nbreak')
    dialogue = Dialogue.of("d", "test", tuple(Utterance(f"u{i}", "=A", t, i, i + 1) for i, t in enumerate(lines)))
    sample = sample_analysis(sample_dialogue())
    prediction = replace(
        sample.prediction,
        utterances=tuple(u.id for u in dialogue.utterances),
        probabilities=sample.prediction.probabilities[:5],
        unimodal=(),
        missing=(),
    )
    analysis = replace(sample, dialogue=dialogue, prediction=prediction)
    rows = evidence_rows(dialogue, [analysis], analysis, {}, prediction.utterances)
    text = table_csv(["=model"], rows)
    table = list(csv.reader(io.StringIO(text)))
    assert not [cell for row in table for cell in row if cell[:1] in ("=", "+", "@", "-")]
    assert table[5][2] == lines[4]
    assert len(table) == 6


def test_units_that_hardly_move_the_answer_are_said_to_before_their_order_is() -> None:
    strong = explanation("u1", ("job", 0.3))
    assert strong.reading == strong.sentence
    slight = explanation("u1", ("job", -0.0004), ("the", 0.0))
    assert slight.reading.startswith("These units hardly matter here: none moves the probability of joy by more than")
    assert slight.reading.endswith(slight.sentence[1:])
