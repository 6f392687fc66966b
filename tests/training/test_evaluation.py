"""Measuring the shipped weights on small corpora made here, in the published layouts."""

import numpy as np
import pytest
import soundfile

from erc_core.errors import InputError
from erc_core.settings import Settings
from erc_core.training.evaluation import Request, acoustic_share_auroc, answers, evaluate, table

LINES = [
    ("I am so happy, this is wonderful!", "joy"),
    ("Get out of here, I hate you!", "anger"),
    ("The meeting starts at nine.", "neutral"),
    ("Oh my God, you scared me!", "surprise"),
]


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    meld, ravdess = tmp_path_factory.mktemp("meld"), tmp_path_factory.mktemp("ravdess")
    head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
    rows = [
        f'{i},"{text}",{"AB"[i % 2]},{label},x,{i // 4},{i % 4},1,1,"00:00:0{i % 4},000","00:00:0{i % 4},900"'
        for i, (text, label) in enumerate(LINES * 6)
    ]
    for split in ("train", "dev"):
        (meld / f"{split}_sent_emo.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    for actor in (17, 18):
        for emotion in range(1, 9):
            sound = rng.normal(0, 0.1, 8000) * np.sin(np.arange(8000) / (20 + emotion))
            soundfile.write(ravdess / f"03-01-0{emotion}-01-01-01-{actor}.wav", sound.astype(np.float32), 16_000)
    return {"meld": meld, "ravdess": ravdess}


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
        (
            Request("ravdess", {}, "dev", encoder="text"),
            "allowed: acoustic on emodb, acoustic on ravdess, acoustic on studio, face on fer2013, text on meld",
        ),
    ],
)
def test_what_does_not_fit_is_refused(request_, message):
    with pytest.raises(InputError, match=message):
        evaluate(request_, Settings())
