"""MELD, RAVDESS and FER2013 in their published layouts, a few items each, made by the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

LINES = [
    ("I am so happy, this is wonderful!", "joy"),
    ("Get out of here, I hate you!", "anger"),
    ("The meeting starts at nine.", "neutral"),
    ("Oh my God, you scared me!", "surprise"),
]
HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"


def write_small_corpora(folder: Path, lines: int = 4) -> dict[str, Path]:
    """Write the three corpora, with so many lines a dialogue, and return their folders by name."""
    roots = {name: folder / name for name in ("meld", "ravdess", "fer2013")}
    for root in roots.values():
        root.mkdir()
    rows = [
        f'{i},"{text}",{"AB"[i % 2]},{label},x,{i // lines},{i % lines},1,1,"00:00:0{i % 4},000","00:00:0{i % 4},900"'
        for i, (text, label) in enumerate(LINES * 6)
    ]
    rng = np.random.default_rng(0)
    for split in ("train", "dev"):
        content = HEAD + "\n".join(rows) + "\n"
        (roots["meld"] / f"{split}_sent_emo.csv").write_text(content, encoding="utf-8")
    for actor in (17, 18):
        for emotion in range(1, 9):
            sound = rng.normal(0, 0.1, 8000) * np.sin(np.arange(8000) / (20 + emotion))
            path = roots["ravdess"] / f"03-01-0{emotion}-01-01-01-{actor}.wav"
            soundfile.write(path, sound.astype(np.float32), 16_000)
    for split in ("train", "validation"):
        images = rng.integers(0, 256, (42, 48, 48), dtype=np.uint8)
        np.savez(roots["fer2013"] / f"{split}.npz", images=images, labels=np.arange(42) % 7)
    return roots
