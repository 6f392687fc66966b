"""Small files in the published layouts of the corpora, with sentences of our own."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

MELD_HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
MELD_ROWS = {
    "train": (
        '1,"Well, that\x92s the last of the tea.",Ada,neutral,neutral,0,0,1,1,"00:10:00,500","00:10:02,000"\n'
        '2,Oh no!,Ben,surprise,negative,0,1,1,1,"00:10:02,250","00:10:03,000"\n'
        '3,We have soup,Ada,joy,positive,3,1,1,2,"00:05:10,000","00:05:12,000"\n'
        '4,Is there soup?,Cleo,neutral,neutral,3,0,1,2,"00:05:20,000","00:05:22,000"\n'
    ),
    "dev": '1,The lamp is out again.,Ben,sadness,negative,0,0,1,4,"0:01:00,000","0:01:01,500"\n',
    "test": '1,Who moved the ladder?,Cleo,anger,negative,0,0,1,5,"0:01:00,000","0:01:01,500"\n',
}


def make_meld(root: Path) -> Path:
    """Text tables as Windows wrote them: C1 controls, in UTF-8."""
    for split, rows in MELD_ROWS.items():
        (root / f"{split}_sent_emo.csv").write_text(MELD_HEADER + rows, encoding="utf-8")
    return root


def make_meld_raw(root: Path) -> Path:
    """The archive with a clip an utterance; one of them is missing."""
    make_meld(root)
    for folder in ("train_splits", "dev_splits_complete", "output_repeated_splits_test"):
        (root / folder).mkdir()
        (root / folder / "dia0_utt0.mp4").write_bytes(b"clip")
    (root / "train_splits" / "dia3_utt1.mp4").write_bytes(b"clip")
    return root


def make_emorynlp(root: Path) -> Path:
    header = "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode,Start_Time,End_Time\n"
    rows = (
        "The boat is here.,['Ada Stone'],Joyful,1,1,{season},2,00:00:02.000,00:00:03.500\n"
        "\"Come in, come in.\",\"['Ben Hill', 'Cleo Ray']\",Powerful,1,2,{season},2,00:00:04.000,00:00:05.000\n"
        "Not this one.,['Ada Stone'],Mad,1,1,{season},3,00:00:02.000,00:00:03.500\n"
    )
    for season, split in enumerate(("train", "dev", "test"), start=1):
        (root / f"emorynlp_{split}_final.csv").write_text(header + rows.format(season=season))
    return root


def write_wave(path: Path, rate_hz: int = 16_000, seconds: float = 0.2, pitch_hz: float = 220.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(rate_hz * seconds)) / rate_hz
    soundfile.write(path, (0.2 * np.sin(2 * np.pi * pitch_hz * time)).astype(np.float32), rate_hz)


def make_ravdess(root: Path, actors: tuple[int, ...] = (1, 15, 17, 21)) -> Path:
    for actor in actors:
        for name in ("03-01-01-01-01-01", "03-01-02-01-01-01", "03-01-05-02-02-01", "03-01-03-01-01-02"):
            write_wave(root / f"Actor_{actor:02d}" / f"{name}-{actor:02d}.wav", pitch_hz=100 + 10 * actor)
        # A song and a picture with sound, which are not spoken takes.
        (root / f"Actor_{actor:02d}" / f"03-02-01-01-01-01-{actor:02d}.wav").write_bytes(b"song")
        (root / f"Actor_{actor:02d}" / f"01-01-01-01-01-01-{actor:02d}.mp4").write_bytes(b"clip")
    return root


def make_emodb(root: Path) -> Path:
    for name in ("03a01Fa", "03a02Wc", "12b10Na", "15a05La", "15a05Ta"):
        write_wave(root / "wav" / f"{name}.wav")
    return root


def face_pictures(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 48), dtype=np.uint8)


def make_fer2013(root: Path) -> Path:
    for seed, split in enumerate(("train", "validation", "test")):
        labels = np.array(["angry", "happy", "neutral"])
        names = np.array([f"{split}_{index}.jpg" for index in range(3)])
        np.savez(root / f"{split}.npz", images=face_pictures(3, seed), labels=labels, names=names)
    return root


def make_fer2013_table(root: Path) -> Path:
    rows = []
    for seed, usage in enumerate(("Training", "PublicTest", "PrivateTest")):
        for emotion, picture in zip((0, 3, 6), face_pictures(3, seed), strict=True):
            rows.append(f"{emotion},{' '.join(str(value) for value in picture.ravel())},{usage}\n")
    (root / "fer2013.csv").write_text("emotion,pixels,Usage\n" + "".join(rows))
    return root


def make_iemocap(root: Path, dialogues_a_session: int = 2) -> Path:
    for session in range(1, 6):
        for number in range(1, dialogues_a_session + 1):
            _make_iemocap_dialogue(root / f"Session{session}", f"Ses0{session}F_impro{number:02d}")
    return root


def _make_iemocap_dialogue(folder: Path, name: str) -> None:
    files = {
        f"dialog/EmoEvaluation/{name}.txt": (
            "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
            f"[9.5000 - 11.0000]\t{name}_M000\texc\t[4.0000, 4.0000, 3.0000]\nC-E2:\tExcited;\t()\n\n"
            f"[6.2500 - 8.2500]\t{name}_F000\tneu\t[2.5000, 2.5000, 2.5000]\nC-E2:\tNeutral;\t()\n\n"
            f"[12.0000 - 13.0000]\t{name}_F001\txxx\t[2.5000, 2.5000, 2.5000]\n\n"
            f"[14.0000 - 15.5000]\t{name}_M001\tfru\t[2.5000, 2.5000, 2.5000]\n\n"
        ),
        f"dialog/EmoEvaluation/._{name}.txt": "\x00\x05\x16\x07",
        f"dialog/EmoEvaluation/Categorical/{name}_e2_cat.txt": f"{name}_F000 :Neutral state; ()\n",
        f"dialog/transcriptions/{name}.txt": (
            f"{name}_F000 [006.2500-008.2500]: Where is the counter?\n"
            f"{name}_MXX0: Mhm.\n"
            f"{name}_M000 [009.5000-011.0000]: Right behind you!\n"
            f"{name}_F001 [012.0000-013.0000]: Oh.\n"
            f"{name}_M001 [014.0000-015.5000]: I said that before.\n"
        ),
        f"dialog/avi/DivX/{name}.avi": "clip",
        f"sentences/wav/{name}/{name}_F000.wav": "sound",
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)


def vectors(count: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32) + 0.01


def iemocap_entries() -> tuple[dict[str, object], ...]:
    """The nine entries of the DialogueGCN file for two dialogues, lists of arrays inside."""
    names = {
        "Ses01F_impro01": ["Ses01F_impro01_F000", "Ses01F_impro01_M000"],
        "Ses05M_impro02": ["Ses05M_impro02_M000"],
    }
    count = {key: len(value) for key, value in names.items()}
    silent = {key: list(vectors(number, 342, 3)) for key, number in count.items()}
    silent["Ses01F_impro01"][1] = np.zeros(342, dtype=np.float32)
    return (
        names,
        {"Ses01F_impro01": ["F", "M"], "Ses05M_impro02": ["M"]},
        {"Ses01F_impro01": [2, 4], "Ses05M_impro02": [3]},
        {key: list(vectors(number, 100, 1)) for key, number in count.items()},
        {key: list(vectors(number, 1582, 2)) for key, number in count.items()},
        silent,
        {"Ses01F_impro01": ["Where is the counter?", "Right behind you!"], "Ses05M_impro02": ["Not\x92again."]},
        ["Ses01F_impro01"],
        ["Ses05M_impro02"],
    )


def meld_entries() -> tuple[object, ...]:
    """The ten entries of MELD_features_raw1.pkl: dialogues are numbers, speakers one-hot."""
    keys = (0, 1039, 1153)
    return (
        {key: ["0", "1"] for key in keys},
        {key: [[0] * 8 + [1], [1] + [0] * 8] for key in keys},
        {key: [0, 6] for key in keys},
        {key: vectors(2, 600, key) for key in keys},
        {key: vectors(2, 300, key + 1) for key in keys},
        {key: vectors(2, 342, key + 2) for key in keys},
        {key: ["The kettle sings.", "Take it off!"] for key in keys},
        [0, 1039],
        [1153],
        {key: [0, 1] for key in keys},
    )


def roberta_entries() -> list[object]:
    """The ten entries of COSMIC's RoBERTa files: four layers, and dev apart from train."""
    keys = ("0", "1", "2")
    layers = [{key: list(vectors(2, 1024, layer)) for key in keys} for layer in range(4)]
    speakers = {key: [["Ada"], ["Ben"]] for key in keys}
    return [
        {key: ["0", "1"] for key in speakers},
        {key: [0, 6] for key in keys},
        *layers,
        {key: ["It floats.", "It does not."] for key in keys},
        ["0"],
        ["1"],
        ["2"],
    ]


def make_iemocap_features(root: Path) -> Path:
    (root / "IEMOCAP_features.pkl").write_bytes(pickle.dumps(iemocap_entries(), protocol=2))
    return root


def make_meld_features(root: Path) -> Path:
    (root / "MELD_features_raw1.pkl").write_bytes(pickle.dumps(meld_entries(), protocol=4))
    return root


def make_emorynlp_features(root: Path) -> Path:
    (root / "emorynlp_features_roberta.pkl").write_bytes(pickle.dumps(roberta_entries(), protocol=3))
    return root


MAKERS: dict[str, Callable[[Path], Path]] = {
    "meld": make_meld,
    "emorynlp": make_emorynlp,
    "ravdess": make_ravdess,
    "emodb": make_emodb,
    "fer2013": make_fer2013,
    "iemocap": make_iemocap,
    "iemocap-4": make_iemocap,
    "iemocap-811": make_iemocap,
    "iemocap-4-811": make_iemocap,
    "iemocap-features": make_iemocap_features,
    "meld-features": make_meld_features,
    "emorynlp-features": make_emorynlp_features,
}
