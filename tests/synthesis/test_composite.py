from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from erc_core.data.base import FaceImages, Take
from erc_core.errors import InputError
from erc_core.synthesis.composite import (
    PROBABILITIES,
    RELIABILITIES,
    SNR_DB,
    CompositeDialogue,
    CompositeUtterance,
    FaceRecipe,
    VoiceRecipe,
    build_composite,
    render_faces,
    render_take,
)
from erc_core.synthesis.degradations import blurred, speech_level
from erc_core.types import MELD7, Dialogue, Utterance

SPEAKERS = ("Ada", "Ben", "Cleo")
Wave = NDArray[np.float32]


def a_dialogue(number: int, count: int = 12) -> Dialogue:
    """A dialogue in which every label comes, neutral ones often."""
    labels = itertools.cycle((*MELD7.labels, "neutral", "neutral"))
    utterances = tuple(
        Utterance(f"dia{number}_utt{index}", SPEAKERS[(index + number) % 3], "Words.", index, index + 0.5, label)
        for index, label in zip(range(count), labels, strict=False)
    )
    return Dialogue.of(f"dialogue {number}", "made", utterances)


def some_takes(actors: int = 4, labels: tuple[str, ...] = MELD7.labels) -> tuple[Take, ...]:
    return tuple(
        Take(Path(f"{actor}-{label}-{copy}.wav"), f"actor-{actor}", label)
        for actor in range(actors)
        for label in labels
        for copy in range(2)
    )


def some_faces(labels: tuple[str, ...] = MELD7.labels, each: int = 4) -> FaceImages:
    names = tuple(f"{label}-{copy}" for label in labels for copy in range(each))
    images = np.random.default_rng(0).integers(0, 256, (len(names), 48, 48), dtype=np.uint8)
    return FaceImages(images, tuple(name.split("-")[0] for name in names), names)


def utterances_of(composite: tuple[CompositeDialogue, ...]) -> list[CompositeUtterance]:
    return [utterance for dialogue in composite for utterance in dialogue.utterances]


@pytest.fixture(scope="module")
def many() -> list[CompositeUtterance]:
    """Six thousand utterances, enough for shares to within two percent."""
    return utterances_of(build_composite([a_dialogue(n) for n in range(500)], some_takes(), some_faces(), seed=1))


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another() -> None:
    dialogues = [a_dialogue(n) for n in range(5)]
    first = build_composite(dialogues, some_takes(), some_faces(), seed=3)
    assert build_composite(dialogues, some_takes(), some_faces(), seed=3) == first
    assert build_composite(dialogues, some_takes(), some_faces(), seed=4) != first


def test_the_order_of_dialogues_and_takes_changes_nothing() -> None:
    dialogues = [a_dialogue(n) for n in range(5)]
    first = build_composite(dialogues, some_takes(), some_faces(), seed=3)
    turned = build_composite(dialogues[::-1], some_takes()[::-1], some_faces(), seed=3)
    assert turned[::-1] == first


def test_another_process_gives_the_same_corpus() -> None:
    program = (
        "from test_composite import *\n"
        "print(repr(build_composite([a_dialogue(n) for n in range(3)], some_takes(), some_faces(), seed=5)))"
    )
    path = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    here = build_composite([a_dialogue(n) for n in range(3)], some_takes(), some_faces(), seed=5)
    assert repr(here) in runs[0].replace("test_composite.", "")


def test_reliability_is_drawn_with_the_shares_asked_for(many: list[CompositeUtterance]) -> None:
    for recipes in ([u.voice for u in many], [u.face for u in many]):
        number = Counter(recipe.reliability for recipe in recipes if recipe is not None)
        for reliability, probability in zip(RELIABILITIES, PROBABILITIES, strict=True):
            assert number[reliability] / len(many) == pytest.approx(probability, abs=0.02)


def test_voice_and_face_are_drawn_independently(many: list[CompositeUtterance]) -> None:
    both = Counter((u.voice.reliability, u.face.reliability) for u in many if u.voice and u.face)
    for (name_a, share_a), (name_b, share_b) in itertools.product(
        zip(RELIABILITIES, PROBABILITIES, strict=True), repeat=2
    ):
        assert both[name_a, name_b] / len(many) == pytest.approx(share_a * share_b, abs=0.02)


def test_each_recipe_shows_what_its_reliability_says(many: list[CompositeUtterance]) -> None:
    for item in many:
        assert item.voice is not None
        assert item.face is not None
        for recipe, shown, neutral in (
            (item.voice, item.voice.take.label, "neutral_delivery"),
            (item.face, item.face.label, "neutral_face"),
        ):
            if recipe.reliability == "informative":
                assert (shown, recipe.degradation) == (item.utterance.label, "none")
            elif recipe.reliability == "misleading":
                assert shown not in (item.utterance.label, "neutral")
                assert recipe.degradation == "none"
            elif recipe.degradation == neutral:
                assert shown == "neutral" != item.utterance.label
            else:
                assert shown == item.utterance.label
                assert recipe.degradation in ("noise", "babble", "blur", "occlusion")


def test_where_the_label_is_neutral_only_degradation_is_uninformative(many: list[CompositeUtterance]) -> None:
    kinds = Counter(
        recipe.degradation
        for item in many
        if item.utterance.label == "neutral"
        for recipe in (item.voice, item.face)
        if recipe is not None and recipe.reliability == "uninformative"
    )
    assert set(kinds) == {"noise", "babble", "blur", "occlusion"}
    elsewhere = {item.voice.degradation for item in many if item.voice and item.utterance.label != "neutral"}
    assert elsewhere == {"none", "neutral_delivery", "noise", "babble"}


def test_face_pictures_show_the_label_that_the_recipe_names(many: list[CompositeUtterance]) -> None:
    faces = some_faces()
    for item in many[:300]:
        assert item.face is not None
        assert {faces.labels[position] for position in item.face.positions} == {item.face.label}
        assert len(set(item.face.positions)) == 3


def test_a_speaker_keeps_one_actor_within_a_dialogue_and_two_speakers_have_two() -> None:
    composite = build_composite([a_dialogue(n) for n in range(40)], some_takes(), None, seed=2)
    for dialogue in composite:
        heard = {(u.utterance.speaker, u.voice.take.actor) for u in dialogue.utterances if u.voice}
        assert heard == {(part.speaker, part.actor) for part in dialogue.casting}
        assert len({part.actor for part in dialogue.casting}) == 3
    assert len({dialogue.casting[0].actor for dialogue in composite}) > 1


def test_more_speakers_than_actors_share_them() -> None:
    (dialogue,) = build_composite([a_dialogue(0)], some_takes(actors=2), None, seed=2)
    assert Counter(part.actor for part in dialogue.casting).most_common(1)[0][1] == 2


def test_pools_of_two_splits_stay_apart() -> None:
    takes = some_takes(actors=6)
    train = [take for take in takes if take.actor < "actor-4"]
    other = [take for take in takes if take.actor >= "actor-4"]
    used = [
        {
            take.actor
            for u in utterances_of(build_composite([a_dialogue(n) for n in range(30)], pool, None, seed=1))
            if u.voice
            for take in (u.voice.take, *u.voice.babble)
        }
        for pool in (train, other)
    ]
    assert used == [{f"actor-{n}" for n in range(4)}, {"actor-4", "actor-5"}]


def test_what_the_pool_cannot_show_is_missing_with_the_reason() -> None:
    labels = ("neutral", "anger")
    composite = build_composite(
        [a_dialogue(n) for n in range(20)], some_takes(labels=labels), some_faces(labels), seed=1
    )
    absent = [u for u in utterances_of(composite) if u.voice is None]
    assert absent
    for item in absent:
        reason = next(missing for missing in item.missing if missing.modality == "a")
        assert reason.utterance == item.utterance.id
        assert reason.reason == f"the speaker's actor has no recording that fits {item.utterance.label}"
    assert all((u.voice is None) == any(m.modality == "a" for m in u.missing) for u in utterances_of(composite))


def test_without_pictures_each_face_is_missing_with_the_reason() -> None:
    for item in utterances_of(build_composite([a_dialogue(0)], some_takes(), None, seed=1)):
        assert item.face is None
        assert [missing.reason for missing in item.missing] == ["no face pictures were given"]


def test_an_utterance_without_label_and_a_pool_without_takes_are_refused() -> None:
    dialogue = a_dialogue(0)
    bare = dialogue.with_utterances((replace(dialogue.utterances[0], label=None),))
    with pytest.raises(InputError, match="Utterance dia0_utt0 has no label"):
        build_composite([bare], some_takes(), None, seed=1)
    with pytest.raises(InputError, match="needs recordings"):
        build_composite([dialogue], (), None, seed=1)


def voice_of(path: Path) -> Wave:
    """A second and a half of hum between silences, whose pitch and loudness depend on the name."""
    number = sum(path.name.encode()) % 7
    time = np.arange(24_000) / 16_000
    loud = (time > 0.2) & (time < 1.3)
    return (loud * (0.01 + 0.05 * number) * np.sin(2 * np.pi * (150 + 30 * number) * time)).astype(np.float32)


def recipes_of(many: list[CompositeUtterance], test: Callable[[VoiceRecipe], bool]) -> list[VoiceRecipe]:
    return [u.voice for u in many if u.voice is not None and test(u.voice)]


def test_an_undegraded_take_is_rendered_as_it_is(many: list[CompositeUtterance]) -> None:
    recipe = recipes_of(many, lambda voice: voice.degradation == "none")[0]
    assert np.array_equal(render_take(recipe, voice_of), voice_of(recipe.take.path))


@pytest.mark.parametrize("kind", ["noise", "babble"])
def test_a_degraded_take_has_the_ratio_that_is_recorded(many: list[CompositeUtterance], kind: str) -> None:
    for recipe in recipes_of(many, lambda voice: voice.degradation == kind)[:20]:
        assert recipe.snr_db is not None
        assert SNR_DB[0] <= recipe.snr_db <= SNR_DB[1]
        speech = voice_of(recipe.take.path).astype(np.float64)
        mixed = render_take(recipe, voice_of)
        assert mixed.dtype == np.float32
        assert mixed.shape == speech.shape
        # Where the speech is silent there is the disturbance alone, so its ratio to the rest can be measured: the
        # disturbance is found by removing what fits the speech.
        without = render_take(replace(recipe, snr_db=-120.0), voice_of).astype(np.float64)
        design = np.stack([speech, without], axis=1)
        (gain, noise_gain), *_ = np.linalg.lstsq(design, mixed.astype(np.float64), rcond=None)
        ratio = 20 * np.log10(gain * speech_level(speech) / (noise_gain * speech_level(without)))
        assert ratio == pytest.approx(recipe.snr_db, abs=0.1)


def test_the_loudness_of_a_degraded_take_does_not_depend_on_the_takes(many: list[CompositeUtterance]) -> None:
    recipe = recipes_of(many, lambda voice: voice.degradation == "noise")[0]
    quiet, loud = (render_take(recipe, lambda path, gain=gain: voice_of(path) * gain) for gain in (0.1, 3.0))
    assert np.allclose(quiet, loud, atol=1e-6)


def test_rendering_twice_gives_the_same_and_another_seed_another(many: list[CompositeUtterance]) -> None:
    recipe = recipes_of(many, lambda voice: voice.degradation == "noise")[0]
    assert np.array_equal(render_take(recipe, voice_of), render_take(recipe, voice_of))
    assert not np.array_equal(render_take(recipe, voice_of), render_take(replace(recipe, seed=1), voice_of))


def test_babble_is_made_of_other_actors(many: list[CompositeUtterance]) -> None:
    for recipe in recipes_of(many, lambda voice: voice.degradation == "babble"):
        assert len(recipe.babble) == 4
        assert recipe.take.actor not in {take.actor for take in recipe.babble}


def test_silent_recordings_are_rendered_without_division_by_zero(many: list[CompositeUtterance]) -> None:
    for kind in ("noise", "babble"):
        recipe = recipes_of(many, lambda voice, kind=kind: voice.degradation == kind)[0]
        assert np.isfinite(render_take(recipe, lambda path: np.zeros(1000, np.float32))).all()


def face_recipes(many: list[CompositeUtterance], kind: str) -> list[FaceRecipe]:
    return [u.face for u in many if u.face is not None and u.face.degradation == kind]


def test_pictures_are_shown_as_they_are_where_nothing_is_degraded(many: list[CompositeUtterance]) -> None:
    faces = some_faces()
    for kind in ("none", "neutral_face"):
        recipe = face_recipes(many, kind)[0]
        assert np.array_equal(render_faces(recipe, faces), faces.images[list(recipe.positions)])


def test_blurred_pictures_keep_neither_detail_nor_where_the_light_was(many: list[CompositeUtterance]) -> None:
    faces = some_faces()
    likeness = []
    for recipe in face_recipes(many, "blur")[:60]:
        originals = faces.images[list(recipe.positions)].astype(np.float64)
        for shown, original in zip(render_faces(recipe, faces).astype(np.float64), originals, strict=True):
            # Noise turns from one pixel to the next by about its own spread; a blur this wide does not.
            assert np.abs(np.diff(original, axis=0)).mean() > original.std()
            assert np.abs(np.diff(shown, axis=0)).mean() < 0.2 * shown.std()
            likeness.append(np.corrcoef(shown.ravel(), blurred(original, 10.0).ravel())[0, 1])
    # Half of what is seen would be a likeness of 0.7; the shadow is twice as strong as the face.
    assert 0.2 < np.mean(likeness) < 0.65


def test_a_plain_picture_is_blurred_without_division_by_zero(many: list[CompositeUtterance]) -> None:
    base = some_faces()
    plain = FaceImages(np.full_like(base.images, 90), base.labels, base.names)
    assert (render_faces(face_recipes(many, "blur")[0], plain) == 90).all()


def test_occlusion_covers_most_of_each_picture(many: list[CompositeUtterance]) -> None:
    faces = some_faces()
    for recipe in face_recipes(many, "occlusion")[:20]:
        pictures = render_faces(recipe, faces)
        same = pictures == faces.images[list(recipe.positions)]
        assert 0.08 < same.mean() < 0.4
        assert np.array_equal(pictures, render_faces(recipe, faces))


def test_faces_of_the_pool_are_not_written_to(many: list[CompositeUtterance]) -> None:
    faces = some_faces()
    before = faces.images.copy()
    for kind in ("none", "blur", "occlusion"):
        pictures = render_faces(face_recipes(many, kind)[0], faces)
        pictures[:] = 0
    assert np.array_equal(faces.images, before)
