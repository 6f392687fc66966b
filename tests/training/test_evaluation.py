"""Measuring the shipped weights on small corpora made here, in the published layouts."""

import pytest

from erc_core.errors import InputError
from erc_core.settings import Settings
from erc_core.training.evaluation import Request, acoustic_share_auroc, answers, evaluate, table
from tests.small_corpora import write_small_corpora


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    # Each line stands alone: what was said before would colour it.
    return write_small_corpora(tmp_path_factory.mktemp("corpora"), lines=1)


def test_words_alone_are_measured_with_the_model_and_with_the_encoder(roots):
    for request in (Request("meld", roots, "dev", modalities=("t",)), Request("meld", roots, "dev", encoder="text")):
        (row,) = evaluate(request, Settings())
        assert row.scores.n == 24
        assert row.scores.weighted_f1 > 0.4  # the four lines say what they mean; by chance it is 0.1


def test_the_words_say_more_than_always_neutral(roots):
    truth, probabilities = answers(Request("meld", roots, "dev", modalities=("t",)), Settings())
    assert (probabilities.argmax(1) == truth).mean() > 0.4 > (truth == 0).mean()


def test_sound_alone_is_measured_on_the_actors_of_the_split(roots):
    (row,) = evaluate(Request("ravdess", roots, "dev", encoder="acoustic"), Settings())
    assert row.scores.n == 16
    assert sum(map(sum, row.scores.confusion)) == 16


def test_the_composite_is_measured_with_and_without_each_modality(roots):
    request = Request("composite", roots, "dev")
    rows = evaluate(request, Settings())
    assert [row.name for row in rows] == ["DQ-Former (t+a)", "DQ-Former (t)", "DQ-Former (a)"]
    interval = acoustic_share_auroc(request, draws=50)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_the_table_names_the_split_and_its_size(roots):
    request = Request("meld", roots, "dev", encoder="text")
    text = table(request, evaluate(request, Settings()))
    assert text.startswith("| meld dev, n = 24 |")
    assert text.count("\n") == 3


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("meld", {}, "dev"), "The folder of meld is not given"),
        (Request("ravdess", {}, "dev"), "add --encoder acoustic"),
        (Request("fer2013", {}, "validation"), "add --encoder face"),
        (Request("iemocap", {}, "test"), "names other emotions than the models here. got: happy, sad, neutral"),
        (
            Request("ravdess", {}, "dev", encoder="text"),
            "allowed: acoustic on emodb, acoustic on ravdess, acoustic on studio, face on fer2013, text on meld",
        ),
    ],
)
def test_what_does_not_fit_is_refused(request_, message):
    with pytest.raises(InputError, match=message):
        evaluate(request_, Settings())
