"""What sentences do to the truth about words: written freely for each emotion, or with the emotion in one planted word.

``python -m erc_core.benchmarks.planted_words --write`` speaks dialogues from seeds in both wordings, without a
picture, and asks every system by LIME for the strongest words of each line whose words carry the emotion.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy import signal

from erc_core import pipeline
from erc_core.benchmarks.explain_truth import LONG, SETTINGS, TOP
from erc_core.benchmarks.machine import described
from erc_core.benchmarks.seed_clips import LINES, SEEDS
from erc_core.explainers._words import WORD
from erc_core.explaining import Request, explain_features
from erc_core.features.acoustic import RATE_HZ as HEARD_HZ
from erc_core.features.acoustic import log_mel
from erc_core.features.base import EXTRACTORS
from erc_core.inference import loaded_model
from erc_core.models.checkpoints import Loaded
from erc_core.settings import ASSETS, Settings, load_settings
from erc_core.synthesis.dialogues import Wording, generate_script
from erc_core.synthesis.script import Script, parse_script
from erc_core.synthesis.sound import mix
from erc_core.synthesis.timeline import lay_out
from erc_core.synthesis.voice import RATE_HZ, speak
from erc_core.truth_checks import chance_of_top, wilson
from erc_core.types import Dialogue, FeatureRow, Features, Utterance, frozen_array, silent

PAGE = ASSETS.parent / "docs" / "benchmarks" / "planted_words.md"
ASKED: Mapping[Wording, int] = {"planted": 40, "free": 20}  # lines


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """A line of a spoken dialogue whose words carry the emotion.

    Attributes:
        dialogue: the whole of it, with labels
        position: index of the line
        features: what models read of the dialogue, by extractor
        key_words: the planted words, lower case
    """

    dialogue: Dialogue
    position: int
    features: dict[str, Features]
    key_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What one system's LIME names first of one line.

    Attributes:
        wording: how the sentences were made
        model: name of the system
        label: the line's emotion
        text: its words
        key_words: the planted ones
        named: the strongest words, strongest first
        right: whether the system predicts the line's emotion
        chance: how likely a random order names a planted word
    """

    wording: Wording
    model: str
    label: str
    text: str
    key_words: tuple[str, ...]
    named: tuple[str, ...]
    right: bool
    chance: float

    @property
    def hit(self) -> bool:
        """Whether a planted word is among them."""
        return bool(set(self.named) & set(self.key_words))


def spoken_lines(wording: Wording, settings: Settings) -> Iterator[SpokenLine]:
    """Yield the lines of the measuring seeds' dialogues that are long enough and whose words carry the emotion."""
    for seed in SEEDS:
        script = parse_script(generate_script(seed, LINES, wording=wording), f"{wording}-{seed}")
        dialogue, features = spoken(script, settings)
        for position, line in enumerate(script.lines):
            keys = tuple(word.lower() for phrase in line.key_words for word in WORD.findall(phrase))
            if line.emotion != "neutral" and "text" in line.informative() and keys and _words(line.text) >= LONG:
                yield SpokenLine(dialogue, position, features, keys)


def _words(text: str) -> int:
    return len(WORD.findall(text))


def spoken(script: Script, settings: Settings) -> tuple[Dialogue, dict[str, Features]]:
    """Speak a script and return it as a dialogue with what models read of its words and its sound.

    Raises:
        MissingResourceError: espeak-ng is not installed
    """
    timeline = lay_out(script, speak(script))
    track = signal.resample_poly(mix(script, timeline).mean(axis=1), HEARD_HZ, RATE_HZ).astype(np.float32)
    utterances, heard, seen = [], [], []
    for cue in timeline.cues:
        name = f"u{cue.number + 1}"
        line = cue.line
        utterances.append(Utterance(name, line.speaker, line.text, cue.start_s, cue.end_s, label=line.emotion))
        wave = track[round(cue.start_s * HEARD_HZ) : round(cue.end_s * HEARD_HZ)]
        heard.append(FeatureRow(name, frozen_array(log_mel(wave))))
        seen.append(FeatureRow(name, None, "no picture is drawn"))
    dialogue = Dialogue.of(script.title, "studio", tuple(utterances))
    words = EXTRACTORS.get("history_tokens-1")(dialogue, None, settings, silent)
    features = {
        "history_tokens-1": words,
        "log_mel-1": Features(dialogue.id, "a", "log_mel-1", tuple(heard)),
        "visual-1": Features(dialogue.id, "v", "visual-1", tuple(seen)),
    }
    return dialogue, features


def measure(settings: Settings, asked: Mapping[Wording, int] = ASKED) -> list[Named]:
    """Ask every system about the first lines of both wordings.

    Raises:
        MissingResourceError: a system's weights are not there
    """
    names = [status.name for status in pipeline.models() if status.checkpoint is not None]
    systems = [loaded_model(name, settings) for name in names]
    found = []
    for wording, count in asked.items():
        for line in islice(spoken_lines(wording, settings), count):
            found += [_named(wording, line, system, settings) for system in systems]
            sys.stderr.write(f"{wording}: {len(found)} asked, {sum(one.hit for one in found)} named\n")
    return found


def _named(wording: Wording, line: SpokenLine, system: Loaded, settings: Settings) -> Named:
    utterance = line.dialogue.utterances[line.position]
    read = tuple(line.features[name] for name in system.model.card.extractors)
    label = utterance.label or ""
    request = Request(system.ref.name, utterance.id, "lime_words", SETTINGS, label)
    found = explain_features(line.dialogue, line.position, read, system, request, settings)
    order = [a.name.lower() for a in sorted(found.attributions, key=lambda a: -a.value)]
    planted = sum(name in line.key_words for name in order)
    return Named(
        wording,
        system.ref.name,
        label,
        utterance.text or "",
        line.key_words,
        tuple(order[:TOP]),
        found.target.predicted == label,
        chance_of_top(len(order), planted, TOP),
    )


def page(found: list[Named]) -> str:
    """Return the figures, and the lines in which no system named a planted word, as a Markdown page."""
    lines = [
        "# Where the emotion of a sentence lies",
        "",
        f"Written by `python -m erc_core.benchmarks.planted_words --write` {described()}. Dialogues from the measuring "
        "seeds, spoken, without a picture; the first lines of ten words or more whose words carry the emotion, on "
        "every system. Asked is LIME over words for the true emotion, whatever the system predicts; *named* is how "
        f"often a planted word is among its first {TOP}.",
        "",
        "*Free* sentences were written for each emotion, with the word that seemed to carry it marked by hand; the "
        "studio samples that encoders trained on are said so. *Planted* ones are frames that all emotions share, in "
        "which one word names the emotion: what tells emotions apart is that word and nothing else. Truth about "
        "words is measured on planted ones.",
        "",
        "| wording | system | lines | named | chance | of lines that the system gets right |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for wording in dict.fromkeys(one.wording for one in found):
        for model in dict.fromkeys(one.model for one in found):
            own = [one for one in found if (one.wording, one.model) == (wording, model)]
            chance = float(np.mean([one.chance for one in own]))
            right = [one for one in own if one.right]
            cells = (wording, model, str(len(own)), _share(own), f"{chance:.1%}", f"{_share(right)}, n = {len(right)}")
            lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Lines in which no system, or one at most, names a planted word", ""]
    lines += ["| wording | emotion | words | planted | systems that name it | named instead |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    groups: dict[tuple[str, str, str], list[Named]] = {}
    for one in found:
        groups.setdefault((one.wording, one.label, one.text), []).append(one)
    for (kind, label, text), own in groups.items():
        hits = sum(one.hit for one in own)
        if hits <= 1:
            others = [name for one in own for name in one.named]
            often = sorted(dict.fromkeys(others), key=lambda name: -others.count(name))[:TOP]
            planted = ", ".join(own[0].key_words)
            lines.append(f"| {kind} | {label} | {text} | {planted} | {hits} of {len(own)} | {', '.join(often)} |")
    return "\n".join(lines) + "\n"


def _share(own: list[Named]) -> str:
    if not own:
        return "-"
    share = wilson(sum(one.hit for one in own), len(own))
    return f"{share.value:.1%} [{share.low:.1%}, {share.high:.1%}]"


def main() -> None:
    """Measure, print the page, and write it where asked."""
    parser = argparse.ArgumentParser(description="Compare what explanations of words name in two wordings.")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    text = page(measure(load_settings()))
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
