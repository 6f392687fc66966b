"""Checkpoints: a folder with ``config.json``, ``model.safetensors`` (half precision) and a card for people.

A model's encoders lie in folders of their own, so that several models share one copy.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn

from erc_core.errors import MissingResourceError
from erc_core.models.base import ErcModel, model_class
from erc_core.settings import ASSETS, load_settings
from erc_core.types import LabelSet, Modality, ModelRef

ROOT = ASSETS / "checkpoints"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TRAINED = "checkpoints"  # of variants and further seeds, below the folder of trainings
_ENCODERS: WeakValueDictionary[tuple[str, str, str], nn.Module] = WeakValueDictionary()
_SHARING = threading.Lock()
PREFIX = "encoder."  # encoders are kept with their own heads, as ``encoder.*`` and ``head.*``


@dataclass(frozen=True, slots=True)
class Temperatures:
    """Divisors of the logits that calibrate them.

    Attributes:
        fused: of the model's answer from several modalities
        only_t: of the model's answer where an utterance has words alone
        only_a: the same for sound
        only_v: the same for the picture
        t: of the head that reads words alone
        a: of the head that reads sound alone
        v: of the head that reads the picture alone
    """

    fused: float = 1.0
    only_t: float = 1.0
    only_a: float = 1.0
    only_v: float = 1.0
    t: float = 1.0
    a: float = 1.0
    v: float = 1.0

    def of(self, present: Collection[Modality]) -> float:
        """Return the divisor of the model's answer for an utterance that has these modalities."""
        only = {"t": self.only_t, "a": self.only_a, "v": self.only_v}
        return only[next(iter(present))] if len(present) == 1 else self.fused


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in evaluation mode with its weights, and what identifies them; ``encoders`` those of its encoders."""

    model: ErcModel
    ref: ModelRef
    temperatures: Temperatures
    encoders: str = ""

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return next(self.model.parameters()).device

    def encodes(self, modality: Modality) -> str:
        """Name what the model makes of a row: equal for models that share the encoder and read it alike."""
        name = self.model.encoding_name(modality)
        return f"{name}/{self.encoders}" if name and self.encoders else self.ref.sha256


def checkpoint_folder(name: str, root: Path | None = None) -> Path:
    """Return the folder of a model's or an encoder's checkpoint; it need not be there.

    Args:
        name: of the model or the encoder
        root: look only here; None: in the folder that ERC_CHECKPOINTS names, then among the bundled ones, and a
            variant at last among the trainings' checkpoints
    """
    places = (root,) if root is not None else checkpoint_places(variants="+" in name)
    return next((place / name for place in places if (place / name / CONFIG).is_file()), places[-1] / name)


def checkpoint_places(variants: bool = False) -> tuple[Path, ...]:
    """Return the folders in which checkpoints are looked for, in this order.

    Args:
        variants: also where trainings write those of variants and further seeds
    """
    settings = load_settings()
    own = (Path(settings.checkpoints),) if settings.checkpoints else ()
    return (*own, ROOT, *((settings.runs / TRAINED,) if variants else ()))


def trained_variants() -> tuple[str, ...]:
    """Return the names of all variants that have a checkpoint in any of the folders, sorted."""
    return tuple(sorted({name for place in checkpoint_places(variants=True) for name in variant_names(place)}))


def own_variants() -> tuple[str, ...]:
    """Return the names of variants, such as ``df_erc+mine``, that lie in the folder that ERC_CHECKPOINTS names."""
    own = load_settings().checkpoints
    return variant_names(Path(own)) if own else ()


def save_weights(folder: Path, state: Mapping[str, Tensor], config: Mapping[str, Any]) -> None:
    """Write a checkpoint; floating-point weights are rounded to half precision.

    Args:
        folder: made if it is not there
        state: the weights by name
        config: what is needed to build the model again, JSON
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    half = {
        name: (value.half() if value.dtype.is_floating_point else value).contiguous().cpu()
        for name, value in state.items()
    }
    save_file(half, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")


def save_model(folder: Path, model: ErcModel, temperatures: Temperatures, root: Path = ROOT) -> None:
    """Write a model without its encoders; their checkpoints must be in ``root`` already.

    Raises:
        MissingResourceError: an encoder has no checkpoint
    """
    own = {k: v for k, v in model.state_dict().items() if k.split(".")[0] not in model.encoders}
    config = {
        "model": model.card.name,
        "labels": {"name": model.labels.name, "labels": list(model.labels.labels)},
        "config": model.config,
        "temperatures": asdict(temperatures),
        "encoders": {name: weights_hash(root / name) for name in model.encoders.values()},
    }
    save_weights(folder, own, config)


@lru_cache(maxsize=64)
def _hash_of(path: Path, modified_ns: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def weights_hash(folder: Path) -> str:
    """Return the sha256 of a checkpoint's weights.

    Raises:
        MissingResourceError: there are none
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise MissingResourceError(
            f"The checkpoint {folder.name} has no weights",
            got=f"no {WEIGHTS} in {folder.name}",
            do="restore assets/checkpoints, or train it (see docs/training.md)",
        )
    found = path.stat()
    return _hash_of(path, found.st_mtime_ns, found.st_size)


def count_parameters(name: str, root: Path | None = None) -> int:
    """Return how many numbers a model's weights hold, its encoders' included, without loading them.

    Raises:
        MissingResourceError: a part of it is not there or cannot be read
    """
    folder = checkpoint_folder(name, root)
    encoders = (checkpoint_folder(encoder, root) for encoder in read_config(folder)["encoders"])
    return sum(count_weights(part) for part in (folder, *encoders))


def count_weights(folder: Path) -> int:
    """Return how many numbers one checkpoint's own weights hold, read from the header of their file.

    Raises:
        MissingResourceError: there are none, or they cannot be read
    """
    from safetensors import SafetensorError, safe_open

    weights_hash(folder)  # says clearly when there are none
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            return sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise MissingResourceError(
            f"The weights of {folder.name} cannot be read", got=error, do="restore assets/checkpoints"
        ) from error


def read_config(folder: Path) -> dict[str, Any]:
    """Return a checkpoint's configuration.

    Raises:
        MissingResourceError: there is none, or it cannot be read
    """
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text())
    except FileNotFoundError as error:
        raise MissingResourceError(
            f"There is no checkpoint {folder.name}", got=f"no {CONFIG}", do="restore assets/checkpoints, or train it"
        ) from error
    except (OSError, ValueError) as error:
        raise MissingResourceError(
            f"The checkpoint {folder.name} cannot be read", got=error, do="restore assets/checkpoints, or train it"
        ) from error
    return config


def model_ref(name: str, root: Path | None = None) -> ModelRef:
    """Identify a model by its weights, the encoders' included, without loading it.

    Raises:
        MissingResourceError: a part of it is not there, or an encoder is not the one that it was trained with
        UnknownNameError: there is no such model
    """
    model_class(name)
    folder = checkpoint_folder(name, root)
    config = read_config(folder)
    for encoder, trained_with in config["encoders"].items():
        found = weights_hash(checkpoint_folder(encoder, root))
        if found != trained_with:
            raise MissingResourceError(
                f"{name} was trained with another {encoder}",
                got=found[:12],
                allowed=trained_with[:12],
                do="train it anew",
            )
    parts = [weights_hash(folder), *config["encoders"].values()]
    digest = hashlib.sha256("".join(parts).encode()).hexdigest()
    return ModelRef(name, digest, LabelSet(config["labels"]["name"], tuple(config["labels"]["labels"])))


def variant_names(root: Path = ROOT) -> tuple[str, ...]:
    """Return the variants of models that have a checkpoint, such as ``bc_lstm+lmam``, sorted."""
    return tuple(sorted(path.parent.name for path in root.glob(f"*+*/{CONFIG}")))


def load_encoder(module: nn.Module, folder: Path) -> None:
    """Load an encoder's weights into a module.

    Raises:
        MissingResourceError: they are not there, or do not fit
    """
    state = {k.removeprefix(PREFIX): v for k, v in _read_weights(folder).items() if k.startswith(PREFIX)}
    _fill(module, state, folder.name)


def load_classifier(module: nn.Module, folder: Path) -> None:
    """Load an encoder with its own head, in evaluation mode.

    Raises:
        MissingResourceError: they are not there, or do not fit
    """
    _fill(module, _read_weights(folder), folder.name)
    module.eval()


def load_model(name: str, root: Path | None = None, device: torch.device | str = "cpu") -> Loaded:
    """Build a model and load its weights; models that share an encoder hold one copy: not to be trained.

    Raises:
        MissingResourceError: a part of it is not there or does not fit
        UnknownNameError: there is no such model
    """
    ref, folder = model_ref(name, root), checkpoint_folder(name, root)
    config = read_config(folder)
    model = model_class(name)(ref.labels, config["config"])
    for attribute, encoder in model.encoders.items():
        setattr(
            model, attribute, _shared(model.get_submodule(attribute), checkpoint_folder(encoder, root), str(device))
        )
    own = _read_weights(folder)
    inherited = {k: v for k, v in model.state_dict().items() if k.split(".")[0] in model.encoders}
    _fill(model, {**inherited, **own}, name)
    encoders = "/".join(config["encoders"].values())
    return Loaded(model.to(device).eval(), ref, Temperatures(**config["temperatures"]), encoders)


def _shared(module: nn.Module, folder: Path, device: str) -> nn.Module:
    """Return the process's one copy of an encoder, which is ``module``, loaded, where there is none yet."""
    key = (weights_hash(folder), device, str(module))
    with _SHARING:
        found = _ENCODERS.get(key)
        if found is None:
            load_encoder(module, folder)
            _ENCODERS[key] = found = module.to(device)
    return found


def _read_weights(folder: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights_hash(folder)  # says clearly when there are none
    try:
        state = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise MissingResourceError(
            f"The weights of {folder.name} cannot be read", got=error, do="restore assets/checkpoints"
        ) from error
    return {k: v.float() if v.dtype.is_floating_point else v for k, v in state.items()}


def _fill(module: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    try:
        module.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise MissingResourceError(
            f"The weights of {name} do not fit its configuration",
            got=str(error).splitlines()[-1].strip(),
            do="restore assets/checkpoints, or train it",
        ) from error
