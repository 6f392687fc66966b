"""Explaining an utterance: the methods that fit a model, one explanation, and its background job."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from erc_core import pipeline
from erc_core.errors import InputError, UnknownNameError, UnsupportedError
from erc_core.explainers.base import (
    EXPLAINERS,
    Case,
    Explainer,
    ExplainerCard,
    FacePlace,
    Finding,
    Params,
    ParamSpec,
    build,
    settings_of,
    specs,
)
from erc_core.explanation import Explanation, Target
from erc_core.jobs.context import JobContext
from erc_core.models.base import model_class
from erc_core.models.checkpoints import Loaded, model_ref
from erc_core.settings import Settings, load_settings
from erc_core.store.keys import result_key
from erc_core.store.store import Store
from erc_core.types import Dialogue, Features, Knob, ModelRef, Progress, silent

if TYPE_CHECKING:
    from erc_core.explainers._predict import Predictor

KIND = "explanation"
AGREE = 0.02  # largest difference of a probability between two precisions that count as one


@dataclass(frozen=True, slots=True)
class MethodStatus:
    """A method and whether it applies to a model, or the reason why not."""

    card: ExplainerCard
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be explained, and how.

    Attributes:
        model: name of the model
        utterance: id of the utterance
        method: name of the explainer
        params: the method's parameters that differ from their default
        label: the label to speak for or against; empty for the predicted one
        seed: of the method's draws
        knobs: the model's knobs that differ from their default
    """

    model: str
    utterance: str
    method: str
    params: Mapping[str, str | int | float | bool]
    label: str = ""
    seed: int = 0
    knobs: tuple[Knob, ...] = ()

    def settings(self) -> Params:
        """Return all parameters of the method.

        Raises:
            UnknownNameError: there is no such method or parameter
            InputError: a value is out of its range
        """
        return build(EXPLAINERS.get(self.method).params, self.params)


def methods(model: str, features: Sequence[Features] = ()) -> tuple[MethodStatus, ...]:
    """Return all methods, each with the reason where it does not apply to a model.

    Args:
        model: name of the model
        features: what it reads of a dialogue, where the answer shall be about that dialogue

    Raises:
        UnknownNameError: there is no such model
    """
    card = model_class(model).card
    return tuple(MethodStatus(kind.card, kind().unsupported(card, features) or "") for kind in EXPLAINERS)


def check_request(request: Request) -> None:
    """Say at once what explaining would say after the clip was read, which may take minutes.

    Raises:
        UnknownNameError: there is no such model, method, parameter or label
        UnsupportedError: the method does not apply to this model
        MissingResourceError: the model's weights are not there
        InputError: a parameter is out of its range
    """
    request.settings()
    labels = model_ref(request.model).labels
    if request.label:
        labels.index(request.label)
    reason = EXPLAINERS.get(request.method)().unsupported(model_class(request.model).card, ())
    if reason is not None:
        raise UnsupportedError(reason, do="choose another method")


def explain(
    dialogue: Dialogue,
    clip: Path | None,
    request: Request,
    settings: Settings,
    *,
    features: Sequence[Features] | None = None,
    progress: Progress = silent,
) -> Explanation:
    """Explain one prediction.

    Args:
        dialogue: the conversation
        clip: its file, None where there is none
        request: what is to be explained, and how
        settings: device, precision, limits
        features: what the model reads of the dialogue, where that is known already
        progress: told of the steps, and may stop the work

    Raises:
        UnknownNameError: there is no such model, method, parameter, utterance or label
        UnsupportedError: the method does not apply to this model or utterance
        MissingResourceError: the model's weights are not there
        InputError: a parameter is out of its range, or the clip cannot be decoded
        CancelledError: ``progress`` asked to stop
    """
    from erc_core.inference import loaded_model

    check_request(request)
    position = dialogue.position(request.utterance)
    loaded = loaded_model(request.model, settings)
    if features is None:
        features = pipeline.extract(dialogue, clip, request.model, settings, progress)
    places = _places(dialogue, clip, position, features, request, settings)
    return explain_features(dialogue, position, features, loaded, request, settings, places, progress)


def explain_features(
    dialogue: Dialogue,
    position: int,
    features: Sequence[Features],
    loaded: Loaded,
    request: Request,
    settings: Settings,
    places: tuple[FacePlace | None, ...] = (),
    progress: Progress = silent,
) -> Explanation:
    """Explain the prediction for the utterance at ``position`` from features; see :func:`explain`."""
    from erc_core.explainers._predict import Predictor, Variant
    from erc_core.inference import chosen_precision

    began = time.perf_counter()
    explainer = EXPLAINERS.get(request.method)()
    params = request.settings()
    reason = explainer.unsupported(loaded.model.card, features)
    if reason is not None:
        raise UnsupportedError(reason, do="choose another method")
    shown = Predictor(dialogue, features, loaded, position, chosen_precision(settings, loaded.device), request.knobs)
    answers = shown.answers([Variant()])
    predictor, doubts = _predictor(shown, explainer, dialogue, settings)
    labels = loaded.ref.labels
    predicted = int(answers.probabilities[0].argmax())
    label = labels.index(request.label) if request.label else predicted
    case = Case(dialogue, position, predictor.features, label, predictor, request.seed, places)
    finding: Finding = explainer.explain(case, params, progress)
    value = (answers.logits if params.scale == "logit" else answers.probabilities)[0, label]
    target = Target(
        dialogue.utterances[position].id,
        labels.labels[label],
        params.scale,
        float(value),
        finding.empty_value,
        labels.labels[predicted],
    )
    return Explanation(
        dialogue=dialogue.id,
        target=target,
        model=loaded.ref,
        method=request.method,
        params=settings_of(params),
        seed=request.seed,
        attributions=finding.attributions,
        fidelity=finding.fidelity,
        seconds=time.perf_counter() - began,
        samples=predictor.samples,
        distinct=predictor.distinct,
        baseline=finding.baseline,
        sentence=finding.sentence,
        curves=finding.curves,
        maps=finding.maps,
        changes=finding.changes,
        notes=(*finding.notes, *doubts),
        device=str(loaded.device),
        precision=predictor.precision,
    )


def _predictor(
    shown: Predictor, explainer: Explainer[Any], dialogue: Dialogue, settings: Settings
) -> tuple[Predictor, tuple[str, ...]]:
    """Return what answers the changed versions, and why it is not the precision that the method would like.

    Args:
        shown: answers as the pages do
        explainer: the method
        dialogue: the conversation
        settings: the precision that was asked for
    """
    from erc_core.explainers._predict import Predictor, Variant
    from erc_core.inference import sampling_precision

    wanted = shown.precision
    if explainer.card.gradients:
        wanted = "float32"
    elif explainer.card.sampled:
        wanted = sampling_precision(settings, shown.device)
    if wanted == shown.precision:
        return shown, ()
    other = Predictor(dialogue, shown.features, shown.loaded, shown.position, wanted, shown.knobs)
    before, after = (one.answers([Variant()]).probabilities[0] for one in (shown, other))
    if np.abs(before - after).max() > AGREE and wanted != "float32":
        return shown, (f"{wanted} would have changed this prediction, so it was explained in {shown.precision}.",)
    return other, ()


def _places(
    dialogue: Dialogue,
    clip: Path | None,
    position: int,
    features: Sequence[Features],
    request: Request,
    settings: Settings,
) -> tuple[FacePlace | None, ...]:
    """Return where the keyframes' faces lie in their frames, for methods that draw on them; else nothing."""
    units = set(EXPLAINERS.get(request.method).card.units)
    row = next((f.rows[position].values for f in features if f.modality == "v"), None)
    if clip is None or row is None or not units & {"face_region", "action_unit", "image_region"}:
        return ()
    from erc_core.face_places import face_places

    return face_places(clip, dialogue, position, np.asarray(row, dtype=np.float32), settings)


def explanation_key(dialogue: Dialogue, model: ModelRef, request: Request) -> str:
    """Return under which key an explanation is kept: equal requests of one state of the program share one."""
    return result_key(
        dialogue=dialogue.id,
        model=model.sha256,
        utterance=request.utterance,
        method=request.method,
        params={setting.name: setting.value for setting in settings_of(request.settings())},
        label=request.label,
        seed=request.seed,
        knobs={knob.name: knob.value for knob in request.knobs},
        code=load_settings().program,
    )


def kept_explanation(store: Store, dialogue: Dialogue, request: Request) -> Explanation | None:
    """Return an explanation that was computed before, None where there is none.

    Raises:
        MissingResourceError: the model's weights are not there
        StoreError: its file is gone or damaged
    """
    return store.result(KIND, explanation_key(dialogue, model_ref(request.model), request), Explanation)


def job_params(dialogue: Dialogue, request: Request) -> dict[str, Any]:
    """Return the parameters with which :func:`explain_job` is submitted."""
    return {
        "dialogue": dialogue.id,
        "model": request.model,
        "utterance": request.utterance,
        "method": request.method,
        "params": dict(request.params),
        "label": request.label,
        "seed": request.seed,
        "knobs": {knob.name: knob.value for knob in request.knobs},
    }


def explain_job(
    context: JobContext,
    dialogue: str,
    model: str,
    utterance: str,
    method: str,
    params: Mapping[str, Any],
    label: str = "",
    seed: int = 0,
    knobs: Mapping[str, float] | None = None,
) -> str:
    """Explain a prediction for a stored dialogue; returns the key of the kept explanation.

    Equal requests share one job, and its result stays for all that come later.
    """
    opened = context.store.dialogue(dialogue, context.owner)
    turned = tuple(Knob(name, value) for name, value in (knobs or {}).items())
    request = Request(model, utterance, method, params, label, seed, turned)
    key = explanation_key(opened, model_ref(model), request)
    if context.store.result(KIND, key, Explanation) is None:
        clip = context.store.media_path(opened.media.sha256) if opened.media else None
        features = pipeline.kept_features(context, opened, clip, model)
        found = explain(opened, clip, request, context.settings, features=features, progress=context.progress)
        context.store.put_result(KIND, key, found, dialogue=opened.id, model=model)
    return key


def utterance_id(dialogue: Dialogue, asked: str) -> str:
    """Return the id of the utterance that somebody asks for by its id or by its number, counted from 1.

    Raises:
        InputError: there is none
    """
    ids = [utterance.id for utterance in dialogue.utterances]
    if asked in ids:
        return asked
    if asked.isdecimal() and 1 <= int(asked) <= len(ids):
        return ids[int(asked) - 1]
    raise InputError("The dialogue has no such utterance", got=asked, allowed=f"1 to {len(ids)}, or an utterance's id")


def read_params(method: str, pairs: Sequence[str]) -> dict[str, str | int | float | bool]:
    """Read parameters written as ``NAME=VALUE`` by the kinds that the method declares.

    Raises:
        UnknownNameError: there is no such method or parameter
        InputError: a value is of another kind
    """
    known = {spec.name: spec for spec in specs(EXPLAINERS.get(method).params)}
    found: dict[str, str | int | float | bool] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        spec = known.get(name)
        if spec is None:
            raise UnknownNameError(f"{method} has no such parameter", got=pair, allowed=", ".join(known))
        found[name] = _read(spec, text)
    return found


def _read(spec: ParamSpec, text: str) -> str | int | float | bool:
    try:
        if spec.kind == "bool":
            return {"true": True, "false": False}[text]
        return int(text) if spec.kind == "int" else float(text) if spec.kind == "float" else text
    except (ValueError, KeyError) as error:
        raise InputError(
            f"The parameter {spec.name} cannot be read", got=text, allowed=f"a value such as {spec.default}"
        ) from error
