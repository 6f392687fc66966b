"""The verb ``bench``: each benchmark measures, prints JSON or a page, and writes the page where it is told to."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from erc_core.errors import InputError
from erc_core.settings import load_settings
from erc_core.verb_arguments import ROOT_HELP, add_verb, print_result, roots_of, write_file

Measured = tuple[object, str]  # as plain data, and as a page


def add_verbs(verbs: Any) -> None:
    """Add the verb to the command line."""
    bench = add_verb(verbs, "bench", "measure and write the tables of the documentation")
    bench.add_argument("name", choices=sorted(BENCHMARKS))
    bench.add_argument("--write", type=Path, help="write the page into this file")
    bench.add_argument("--root", action="append", default=[], metavar="NAME=DIR", help=ROOT_HELP)
    models = "of deletion, explain_truth, models and train: a model, or several; else all"
    bench.add_argument("--model", action="append", default=[], help=models)
    bench.add_argument("--runs", type=Path, help="of explain_truth: holds seed_clips; else ERC_RUNS")
    rounds = "of clip, explain and scale: how often; medians are taken"
    bench.add_argument("--rounds", type=int, default=1, help=rounds)
    bench.add_argument("--dialogues", type=int, default=1000, help="of scale: how many are analysed in each run")
    bench.add_argument("--minutes", default="1,3,10", help="of clip: lengths of the clips")
    bench.set_defaults(run=_bench)


def _bench(options: argparse.Namespace) -> None:
    data, page = BENCHMARKS[options.name](options)
    if options.write:
        write_file(options.write, page)
    print_result(options, data, page)


def _explain(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks.explain import measure, page

    figures = measure(load_settings(), options.rounds)
    return asdict(figures), page(figures)


def _explain_truth(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks import explain_truth
    from erc_core.truth_checks import read_checks, sums, write_checks

    clips = options.runs / "seed_clips"
    plan = explain_truth.Plan(clips if clips.is_dir() else None, roots_of(options.root), options.model)
    found = explain_truth.measure(plan, load_settings(), options.tell)
    if options.write:
        if options.model and (kept := read_checks()) is not None:  # the other models' cases stay
            found = kept.renewed(found)
        write_checks(found)
    return [asdict(row) for row in sums(found.checks)], explain_truth.page(found)


def _clip(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks import clip

    figures = clip.measure(_lengths(options.minutes), options.rounds)
    return [asdict(one) for one in figures], clip.page(figures)


def _deletion(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks import deletion

    found = deletion.measure(load_settings(), models=options.model, progress=options.tell)
    return [asdict(one) for one in found], deletion.page(found)


def _index(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks import index

    found = index.pages()
    return [asdict(one) for one in found], index.page(found)


def _models(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks import models

    found = models.measure(load_settings(), options.model)
    return [asdict(one) for one in found], models.page(found)


def _results(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks.results import results

    page = results(roots_of(options.root), load_settings(), options.runs)
    return {"page": page}, page


def _scale(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks import scale

    found = scale.measure(load_settings(), options.dialogues, options.rounds, options.tell)
    return asdict(found), scale.page(found)


def _train(options: argparse.Namespace) -> Measured:
    from erc_core.benchmarks import train

    found = train.measure(options.model, progress=options.tell)
    return [asdict(one) for one in found], train.page(found)


BENCHMARKS: Mapping[str, Callable[[argparse.Namespace], Measured]] = {
    "clip": _clip,
    "deletion": _deletion,
    "explain": _explain,
    "explain_truth": _explain_truth,
    "index": _index,
    "models": _models,
    "results": _results,
    "scale": _scale,
    "train": _train,
}


def _lengths(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0.2 <= length <= 60 for length in found):
        raise InputError("Unusable lengths", got=text, allowed="minutes from 0.2 to 60, such as 1,3,10")
    return found
