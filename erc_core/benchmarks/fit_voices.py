"""Fit the projection that tells voices apart, and measure it on speakers that it has not heard.

``python -m erc_core.benchmarks.fit_voices --root ravdess=DIR --root emodb=DIR`` writes ``assets/voice``. It is fitted
on RAVDESS actors 1 to 16 and all of EmoDB. Measured are RAVDESS actors 17 to 20, and EmoDB by a projection that was
fitted on RAVDESS alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from erc_core.data.base import Take
from erc_core.data.emodb import read_emodb
from erc_core.data.ravdess import read_ravdess
from erc_core.data.waves import read_wave
from erc_core.media.voice_statistics import voice_statistics
from erc_core.media.voices import PROJECTION, Projection, group_voices

SHRINK = 0.05
DIRECTIONS = 20
TRAINED, MEASURED = range(1, 17), range(17, 21)
Floats = NDArray[np.float64]
Names = NDArray[np.str_]


def read_voices(takes: Sequence[Take]) -> tuple[Floats, Names]:
    """Return the statistics of recordings ``(N, 51)``, and the speaker of each; those without a voice are left out."""
    rows = [(voice_statistics(read_wave(take.path)), take.actor) for take in takes]
    known = [(statistics, actor) for statistics, actor in rows if statistics is not None]
    return np.array([statistics for statistics, _ in known]), np.array([actor for _, actor in known])


def fit(statistics: Floats, speakers: Names) -> Projection:
    """Fit the projection by linear discriminant analysis; the within-speaker covariance is shrunk to its diagonal."""
    mean, scale = statistics.mean(axis=0), statistics.std(axis=0) + 1e-6
    z = (statistics - mean) / scale
    groups = [z[speakers == name] for name in np.unique(speakers)]
    within = sum((group - group.mean(axis=0)).T @ (group - group.mean(axis=0)) for group in groups) / len(z)
    across = sum(len(group) * np.outer(group.mean(axis=0), group.mean(axis=0)) for group in groups) / len(z)
    within = (1 - SHRINK) * within + SHRINK * np.trace(within) / len(within) * np.eye(len(within))
    values, vectors = np.linalg.eigh(within)
    white = vectors / np.sqrt(values)
    strength, turned = np.linalg.eigh(white.T @ across @ white)
    best = np.argsort(-strength)[: min(DIRECTIONS, len(groups) - 1)]
    directions = white @ turned[:, best]
    points = [group @ directions for group in groups]
    own = np.mean([group.var(axis=0) for group in points], axis=0)
    directions = directions / np.sqrt(own)
    between = np.var([group.mean(axis=0) / np.sqrt(own) for group in points], axis=0)
    # The mean of a speaker's recordings is itself uncertain by one recording's share.
    between = np.maximum(between - 1 / np.mean([len(group) for group in groups]), 0.05)
    return Projection(mean, scale, directions, between)


def equal_error_rate(points: Floats, speakers: Names) -> float:
    """Return at which rate as many pairs of two speakers are taken for one as pairs of one for two."""
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    rows, columns = np.triu_indices(len(unit), 1)
    order = np.argsort(-(unit @ unit.T)[rows, columns])
    same = (speakers[rows] == speakers[columns])[order]
    missed = 1 - np.cumsum(same) / same.sum()
    false = np.cumsum(~same) / (~same).sum()
    place = int(np.argmin(np.abs(missed - false)))
    return float(missed[place] + false[place]) / 2


def grouping_accuracy(by: Projection, statistics: Floats, speakers: Names, talks: int = 60, seed: int = 1) -> float:
    """Return the share of recordings in their speaker's group, over random talks of one to four speakers."""
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(talks):
        chosen = rng.choice(np.unique(speakers), rng.integers(1, 5), replace=False)
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(speakers == one), rng.integers(3, 7), replace=False) for one in chosen]
        )
        groups = group_voices(by.point(statistics[rows]), by.between)
        common = [[np.sum((groups == g) & (speakers[rows] == s)) for s in chosen] for g in np.unique(groups)]
        places = linear_sum_assignment(-np.array(common))
        shares.append(np.array(common)[places].sum() / len(rows))
    return float(np.mean(shares))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, measure, and write the asset."""
    from safetensors.numpy import save_file

    parser = argparse.ArgumentParser(prog="fit_voices", description=__doc__)
    parser.add_argument("--root", action="append", default=[], required=True, metavar="NAME=DIR")
    pairs = (pair.partition("=") for pair in parser.parse_args(arguments).root)
    roots = {name: Path(folder) for name, _, folder in pairs}
    old, actors = read_voices(read_ravdess(roots["ravdess"], TRAINED))
    new, others = read_voices(read_ravdess(roots["ravdess"], MEASURED))
    emodb, germans = read_voices(read_emodb(roots["emodb"]))
    alone = fit(old, actors)
    both = fit(np.concatenate([old, emodb]), np.concatenate([actors, germans]))
    men = np.array([int(actor[-2:]) % 2 == 1 for actor in others])
    figures = {
        "ravdess_17_20_eer": equal_error_rate(both.point(new), others),
        "ravdess_17_20_men_eer": equal_error_rate(both.point(new[men]), others[men]),
        "ravdess_17_20_women_eer": equal_error_rate(both.point(new[~men]), others[~men]),
        "emodb_eer": equal_error_rate(alone.point(emodb), germans),
        "ravdess_17_20_talks": grouping_accuracy(both, new, others),
        "emodb_talks": grouping_accuracy(alone, emodb, germans),
    }
    PROJECTION.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: getattr(both, name).astype(np.float32) for name in Projection.__slots__}
    save_file(arrays, PROJECTION, metadata={name: f"{value:.4f}" for name, value in figures.items()})
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
