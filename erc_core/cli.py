"""The command line: every verb has --help, --json and --quiet, and tells on standard error how far it is.

Exit status 0; 1 where a part failed; 2 with one line on standard error for what cannot be used; 130 where stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from erc_core import bench_verbs, media_verbs, upkeep_verbs
from erc_core.batch.arguments import add_batch
from erc_core.errors import ErcError
from erc_core.settings import load_settings
from erc_core.verb_arguments import (
    ROOT_HELP,
    Teller,
    add_verb,
    log_progress,
    print_json,
    print_made,
    print_result,
    roots_of,
    write_file,
)

if TYPE_CHECKING:
    from erc_core.types import Dialogue

MODEL_HELP = "a model; the verb models lists them (default: dq_former)"
SPLIT_HELP = "of the corpus (default: dev)"
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    options = make_parser().parse_args(arguments)
    options.tell = Teller(options.quiet)
    try:
        if getattr(options, "runs", "") is None:
            options.runs = load_settings().runs
        return int(options.run(options) or 0)
    except ErcError as error:
        options.tell.close()
        print(f"error: {error.sentence()}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        options.tell.close()
        print("stopped", file=sys.stderr)
        return 130
    finally:
        options.tell.close()


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs; what it reads has the verb's function as ``run``."""
    parser = argparse.ArgumentParser(
        prog="python -m erc_core",
        description="See why a model heard an emotion.",
        epilog="VERB --help tells the rest. Every verb knows --json and --quiet, and tells on standard error how far "
        "it is. Exit status: 0; 1 where a part failed; 2 with one line on standard error for what cannot be used; 130 "
        "where stopped.",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    _add_clip_verbs(verbs)
    add_batch(verbs)
    _add_setup_verbs(verbs)
    media_verbs.add_verbs(verbs)
    upkeep_verbs.add_verbs(verbs)
    bench_verbs.add_verbs(verbs)
    _add_training_verbs(verbs)
    return parser


def _add_clip_verbs(verbs: Verbs) -> None:
    analyse = add_verb(verbs, "analyse", "predict a clip's emotions and show what the model reports")
    analyse.add_argument("clip", type=Path, help="a video or audio file")
    analyse.add_argument("--transcript", type=Path, help="SRT, WebVTT, ELAN, or CSV with start_s,end_s,speaker,text")
    analyse.add_argument("--model", default="dq_former", help=MODEL_HELP)
    analyse.add_argument("--off", default="", help="modalities to switch off, such as a or t,a")
    analyse.add_argument("--tau", type=float, help="DQ-Former's mask threshold, 0 to 0.5")
    analyse.set_defaults(run=_analyse)

    explain = add_verb(verbs, "explain", "say why a model predicts what it does, and how far to trust that")
    explain.add_argument("clip", type=Path, help="a video or audio file")
    explain.add_argument("--transcript", type=Path, help="SRT, WebVTT, ELAN, or CSV with start_s,end_s,speaker,text")
    explain.add_argument("--utterance", required=True, help="its id, or its number counted from 1")
    explain.add_argument("--method", required=True, help="such as modality_shapley; an unknown name lists all")
    explain.add_argument("--model", default="dq_former", help=MODEL_HELP)
    explain.add_argument("--label", default="", help="the label to speak for or against; else the predicted one")
    explain.add_argument("--samples", type=int, help="most versions that are asked for")
    explain.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the method")
    explain.add_argument("--seed", type=int, default=0, help="of the versions that are drawn")
    explain.set_defaults(run=_explain)

    report = add_verb(verbs, "report", "write a clip's analysis as one HTML file that plays without a server")
    report.add_argument("clip", type=Path, help="a video or audio file")
    report.add_argument("--transcript", type=Path, help="SRT, WebVTT, ELAN, or CSV with start_s,end_s,speaker,text")
    report.add_argument("--model", default="dq_former", help=MODEL_HELP)
    report.add_argument("--out", type=Path, required=True, help="where the HTML file goes")
    report.set_defaults(run=_report)


def _add_setup_verbs(verbs: Verbs) -> None:
    models = add_verb(verbs, "models", "list the models, their checkpoints and cards")
    models.set_defaults(run=_models)

    studio = add_verb(
        verbs,
        "studio",
        "make a clip with known truth from a script; it is drawn frame by frame, which takes a while",
    )
    studio.add_argument("script", type=Path, help="YAML; assets/examples/README.md says what it may hold")
    studio.add_argument("--out", type=Path, required=True, help="where clip, transcript and truth go")
    studio.set_defaults(run=_studio)

    papers = add_verb(verbs, "papers", "say which of the papers' figures can be drawn here, and what is missing")
    papers.add_argument("--model", default="", help="of one system alone, such as df_erc")
    papers.set_defaults(run=_papers)

    setup = add_verb(verbs, "setup", "fetch the face model files")
    setup.set_defaults(run=_setup)


def _add_training_verbs(verbs: Verbs) -> None:
    train = add_verb(verbs, "train", "train an encoder or a model; a run that was stopped goes on")
    train.add_argument("what", help="text, acoustic, face, dq_former, or a system such as df_erc, cmath, amuse or lmam")
    train.add_argument("--root", action="append", default=[], metavar="NAME=DIR", help=ROOT_HELP)
    train.add_argument("--runs", type=Path, help="where the run lives; else ERC_RUNS")
    train.add_argument(
        "--checkpoints",
        type=Path,
        help="where checkpoints are read and written; otherwise the bundled ones, which are replaced",
    )
    train.add_argument("--epochs", type=int, help="fewer or more passes than the recipe's")
    train.add_argument("--variant", default="", help="of a system: an ablation, or only_t, only_ta and so on")
    train.add_argument("--seed", type=int, default=0, help="of a system's training")
    train.add_argument("--fold", type=int, help="leave this fold out, for features that fusion is trained on; from 0")
    train.set_defaults(run=_train)

    evaluate = add_verb(verbs, "evaluate", "measure a model or an encoder on a labelled split")
    features = [f"{name}-features" for name in ("meld", "iemocap", "emorynlp")]
    corpora = "composite, studio, or a corpus of erc_core/data, such as meld or iemocap-features"
    evaluate.add_argument("--corpus", required=True, help=corpora)
    evaluate.add_argument("--root", action="append", default=[], metavar="NAME=DIR", help=ROOT_HELP)
    evaluate.add_argument("--split", default="dev", help=SPLIT_HELP)
    evaluate.add_argument("--model", default="dq_former", help=MODEL_HELP)
    evaluate.add_argument(
        "--encoder", choices=["text", "acoustic", "face"], help="measure this encoder on its own corpus"
    )
    evaluate.add_argument("--modalities", default="", help="leave out all others, such as t")
    evaluate.add_argument("--baselines", action="store_true", help="add the majority class and, for text, MiniLM")
    evaluate.add_argument("--seed", type=int, default=0, help="of the composite corpus")
    evaluate.add_argument("--runs", type=Path, help="where encoded corpora are kept; else ERC_RUNS")
    evaluate.set_defaults(run=_evaluate)

    compare = add_verb(verbs, "compare", "measure the systems side by side, or run a paper's comparisons")
    compare.add_argument("--corpus", choices=["composite", *features], default="composite")
    compare.add_argument("--root", action="append", default=[], metavar="NAME=DIR", help=ROOT_HELP)
    compare.add_argument("--split", default="dev", help=SPLIT_HELP)
    compare.add_argument("--seed", type=int, default=0, help="of the pairing")
    compare.add_argument("--models", default="", help="such as df_erc,cmath; all that have weights otherwise")
    compare.add_argument("--ablations", action="store_true", help="add the variants that were trained")
    compare.add_argument("--modalities", choices=["alone", "all"], default="alone", help="all: every subset")
    compare.add_argument("--runs", type=Path, help="where variants and further seeds lie; else ERC_RUNS")
    compare.add_argument("--lmam", metavar="TABLES", help="train the LMAM paper's comparisons: backbones,rank or all")
    compare.add_argument("--seeds", type=int, default=3, help="with --lmam: trainings of each entry")
    compare.add_argument("--epochs", type=int, help="with --lmam: fewer or more passes than the recipe's")
    compare.add_argument("--write", type=Path, metavar="FILE", help="with --lmam: write the page here too")
    compare.set_defaults(run=_compare)


def _opened(options: argparse.Namespace) -> Dialogue:
    """Read the clip, and the transcript where one is given."""
    from erc_core import pipeline

    words = _read(options.transcript) if options.transcript else None
    name = options.transcript.name if options.transcript else ""
    return pipeline.open_clip(
        options.clip,
        load_settings(),
        name=options.clip.name,
        transcript=words,
        transcript_name=name,
        progress=options.tell,
    )


def _analyse(options: argparse.Namespace) -> None:
    from erc_core import pipeline
    from erc_core.report import analysis_json, analysis_text
    from erc_core.types import Knob

    knobs = () if options.tau is None else (Knob("tau", options.tau),)
    off = _modalities(options.off)
    pipeline.check_model(options.model, knobs)
    settings, dialogue = load_settings(), _opened(options)
    analysis = pipeline.analyse(
        dialogue, options.clip, options.model, settings, switched_off=off, knobs=knobs, progress=options.tell
    )
    print_result(options, analysis_json(analysis), analysis_text(analysis))


def _explain(options: argparse.Namespace) -> None:
    from erc_core import explaining
    from erc_core.explanation_report import explanation_json, explanation_text

    pairs = [*options.set, *([] if options.samples is None else [f"samples={options.samples}"])]
    params = explaining.read_params(options.method, pairs)
    request = explaining.Request(options.model, options.utterance, options.method, params, options.label, options.seed)
    explaining.check_request(request)
    settings, dialogue = load_settings(), _opened(options)
    request = replace(request, utterance=explaining.utterance_id(dialogue, options.utterance))
    found = explaining.explain(dialogue, options.clip, request, settings, progress=options.tell)
    print_result(options, explanation_json(found), explanation_text(found))


def _report(options: argparse.Namespace) -> None:
    from erc_core import pipeline
    from erc_core.html_report import report_clip

    pipeline.check_model(options.model)
    settings, dialogue = load_settings(), _opened(options)
    analysis = pipeline.analyse(dialogue, options.clip, options.model, settings, progress=options.tell)
    page = report_clip(analysis, options.clip, settings, pipeline.model_status(options.model).card.title)
    write_file(options.out, page)
    made = {"out": options.out, "bytes": len(page.encode()), "model": options.model}
    print_made(options, made, f"made {options.out}, {len(page) / 1e6:.1f} MB")


def _models(options: argparse.Namespace) -> None:
    from erc_core import pipeline
    from erc_core.models.base import ROLES

    found = pipeline.models(ROLES, variants=True)
    lines = []
    for status in found:
        state = (
            f"weights {status.checkpoint.sha256[:12]}" if status.checkpoint else status.reason.partition(" got: ")[0]
        )
        lines.append(f"{status.name:22} {status.card.title:24} {'+'.join(status.card.modalities):6} {state}")
    told = [{**asdict(status), "usable": status.checkpoint is not None} for status in found]
    print_result(options, told, "\n".join(lines))


def _papers(options: argparse.Namespace) -> None:
    from erc_core.paper_needs import needs_of, needs_text

    found = needs_of(options.model, load_settings())
    print_result(options, [asdict(need) for need in found], needs_text(found, load_settings()))


def _studio(options: argparse.Namespace) -> None:
    from erc_core.synthesis.studio import build_clip

    build_clip(options.script, options.out, options.tell)
    print_made(options, {"out": options.out}, f"made {options.out}")


def _setup(options: argparse.Namespace) -> None:
    from erc_core.media.faces import fetch_face_models

    folder = fetch_face_models(load_settings())
    print_made(options, {"face_models": folder}, f"face models: {folder}")


def _train(options: argparse.Namespace) -> None:
    from erc_core.models.checkpoints import ROOT
    from erc_core.training.runs import train
    from erc_core.training.system_runs import SystemOrder, is_system, train_one

    checkpoints = options.checkpoints or ROOT
    log_progress(options, "erc_core.training")
    if is_system(options.what):
        roots = roots_of(options.root)
        order = SystemOrder(
            options.what, roots, options.runs, checkpoints, options.variant, options.seed, options.epochs
        )
        print_json(train_one(order))
        return
    what = f"{options.what}+{options.variant}" if options.variant else options.what
    figures = train(what, roots_of(options.root), options.runs, checkpoints, options.epochs, options.fold, options.seed)
    print_json(figures)


def _evaluate(options: argparse.Namespace) -> None:
    from erc_core.training.evaluation import Request, evaluate, table
    from erc_core.training.system_evaluation import evaluate_system, reads_encodings

    request = Request(
        corpus=options.corpus,
        roots=roots_of(options.root),
        split=options.split,
        model=options.model,
        encoder=options.encoder or "",
        modalities=_modalities(options.modalities),
        baselines=options.baselines,
        seed=options.seed,
    )
    encoded = reads_encodings(options.model, options.corpus) and not options.encoder
    rows = evaluate_system(request, options.runs, load_settings()) if encoded else evaluate(request, load_settings())
    print_result(options, [asdict(row) for row in rows], table(request, rows))


def _compare(options: argparse.Namespace) -> None:
    from erc_core.errors import InputError
    from erc_core.models.checkpoints import ROOT
    from erc_core.training.compared import keep_compared
    from erc_core.training.comparison import compare
    from erc_core.training.comparison_tables import comparison_table
    from erc_core.training.system_results import Comparison

    if options.lmam:
        _compare_lmam(options)
        return
    if options.corpus != "composite":
        raise InputError("Trained systems are compared on the composite corpus", got=options.corpus, do="add --lmam")
    request = Comparison(
        roots=roots_of(options.root),
        split=options.split,
        checkpoints=ROOT,
        runs=options.runs,
        models=tuple(name for name in options.models.split(",") if name),
        ablations=options.ablations,
        subsets=options.modalities == "all",
        seed=options.seed,
    )
    results = compare(request, load_settings())
    keep_compared(results, request)
    print_result(options, [asdict(result) for result in results], comparison_table(results, options.split))


def _compare_lmam(options: argparse.Namespace) -> None:
    from erc_core.benchmarks.lmam import lmam_page
    from erc_core.training.lmam_runs import LmamRequest, lmam_report

    tables = () if options.lmam == "all" else tuple(options.lmam.split(","))
    request = LmamRequest(
        tables, options.corpus, roots_of(options.root), options.split, options.runs, options.seeds, options.epochs
    )
    page = lmam_report(request, load_settings())
    if options.write:
        write_file(options.write, lmam_page(page, request))
    print_result(options, {"page": page}, page)


def _modalities(text: str) -> tuple[Any, ...]:
    from erc_core.errors import InputError
    from erc_core.types import MODALITIES

    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if unknown := [part for part in found if part not in MODALITIES]:
        raise InputError("Unknown modality", got=", ".join(unknown), allowed="t (text), a (acoustic), v (visual)")
    return found


def _read(path: Path) -> bytes:
    from erc_core.errors import InputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("The file cannot be read", got=error, do="check its name") from error
