"""What the five papers draw: each figure and table, what it is drawn from here, how it differs, and what it needs.

The page *Papers' figures* draws them, ``python -m erc_core papers`` says which can be drawn on this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from erc_core.corpus_run import Ask
from erc_core.models.base import model_class
from erc_core.types import MODALITIES, Modality

ROOTS = "--root meld=DIR --root ravdess=DIR --root fer2013=DIR"
DQ_ROOTS = "--root meld=DIR --root ravdess=DIR"
TRAIN = "python -m erc_core train"
COMPARE = f"python -m erc_core compare --corpus composite {ROOTS}"


@dataclass(frozen=True, slots=True)
class PaperFigure:
    """A figure or table of a paper.

    Attributes:
        system: the model's name
        number: as the paper counts it, such as ``Fig. 3``
        title: what it is about
        reading: how to read it
        drawn_from: what it is drawn from here, and how it differs from the paper's
        asks: runs that it needs beside the model's own
        compare: arguments of ``compare`` whose kept outcomes it shows; empty for none
        tables: the LMAM paper's comparisons that it shows
    """

    system: str
    number: str
    title: str
    reading: str
    drawn_from: str
    asks: tuple[Ask, ...] = ()
    compare: str = ""
    tables: tuple[str, ...] = ()

    @property
    def trained(self) -> tuple[str, ...]:
        """Names of the variants that it needs."""
        return tuple(dict.fromkeys(ask.model for ask in self.asks if "+" in ask.model))


def variant_asks(system: str, prefixes: Sequence[str] = ("",)) -> tuple[Ask, ...]:
    """Return a run of each of a system's variants whose name begins with one of the prefixes."""
    names = model_class(system).variants
    return tuple(Ask(f"{system}+{name}") for prefix in prefixes for name in names if name.startswith(prefix))


def subset_asks(system: str) -> tuple[Ask, ...]:
    """Return the runs on every subset of a system's modalities: the rest switched off, and trained on it alone."""
    own: tuple[Modality, ...] = tuple(m for m in MODALITIES if m in model_class(system).card.modalities)
    subsets = [kept for size in range(1, len(own)) for kept in combinations(own, size)]
    off = [tuple(m for m in own if m not in kept) for kept in subsets]
    alone = [Ask(f"{system}+only_{''.join(kept)}", rest) for kept, rest in zip(subsets, off, strict=True)]
    return (*(Ask(system, rest) for rest in off), *alone)


def train_command(name: str) -> str:
    """Return the command that trains a variant such as ``df_erc+no_cfm``."""
    system, _, variant = name.partition("+")
    return f"{TRAIN} {system} --variant {variant} {DQ_ROOTS if system == 'dq_former' else ROOTS}"


def figures_of(system: str) -> tuple[PaperFigure, ...]:
    """Return a system's figures, in the order in which they are shown; none for a model without a paper's figures."""
    return tuple(FIGURES[system]()) if system in FIGURES else ()


def _dq_former() -> Iterable[PaperFigure]:
    name = "dq_former"
    yield PaperFigure(
        name, "Fig. 3", "confidence over the layers",
        "A violin is the spread of a modality's confidence in a layer; under the dashed line it is masked.",
        "Eq. 7, every utterance whose emotion is known. The paper draws its early variant on IEMOCAP, over all layers; "
        "the weights as they are fuse in the upper layers only, so the early variant stands beside them.",
        (Ask(f"{name}+early"),),
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 4", "acoustic confidence where one modality leads",
        "Utterances that the model gets right and only one of the two heads alone does too. If the confidence told "
        "which modality to trust, audio-dominated ones would lie further to the right.",
        "Penultimate fusion layer, as in the paper; density by a Gaussian kernel. The paper's is of IEMOCAP, and its "
        "single modalities are models of their own; ours are the two heads of the same model.",
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 5", "case study: waveform, transcript, confidences",
        "Utterances where the voice alone or the words alone were right. A loud voice that is trusted has tall "
        "acoustic bars.",
        "The paper shows two utterances of each kind from IEMOCAP; here those come first whose leading modality is "
        "surest, and others can be chosen. A corpus without recordings has no waveform.",
    )  # fmt: skip
    yield PaperFigure(
        name, "Table 4", "modalities missing",
        "Weighted F1 with both modalities and with one of them missing: absent, as this program leaves it out, and "
        "set to zero, as the paper does.",
        "Zero is silence of the same length, and token number 0 in place of every token. The paper adds models tuned "
        "on one modality; the encoders' own figures stand on the page Models.",
        tuple(Ask(name, (m,), zeroed) for zeroed in (False, True) for m in ("a", "t")),
    )  # fmt: skip
    yield PaperFigure(
        name, "Table 3", "where fusion begins, and without dynamic priority",
        "Weighted F1 of the trained variants. The paper's further rows, tau 0.2 and none, are the slider on the page "
        "Layer confidence.",
        "Trained on the composite corpus of MELD's words and RAVDESS's voices, with frozen encoders; the paper trains "
        "each on MELD and IEMOCAP.",
        variant_asks(name),
    )  # fmt: skip


def _df_erc() -> Iterable[PaperFigure]:
    name = "df_erc"
    yield PaperFigure(
        name, "Fig. 6", "similarity of the modalities, with and without utterance-level disentanglement",
        "Utterances in five equal groups by ψ, the mean cosine between their modalities, each model by its own ψ. "
        "Lines are the mean ψ, bars the weighted F1 of the group.",
        "Eq. 20. Modalities that are missing have no part in ψ. The paper's is of its own features on MELD.",
        (Ask(f"{name}+no_utterance_ddm"),),
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 7", "contributions by how hard an utterance is, with and without modality-level disentanglement",
        "Utterances in four equal groups by the cross-entropy of the answer, the easiest first. Lines are each "
        "modality's mean contribution, bars the weighted F1.",
        "Eq. 12. The cross-entropy is that of the calibrated answer, each model's own.",
        (Ask(f"{name}+no_modality_ddm"),),
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 8", "context by similarity, with full context, and with none",
        "Utterances in five equal groups by ψ of the model as it is; bars are the weighted F1 of each model.",
        "The variants are trained with the weight of the context fixed at 1 and at 0. They have no ψ of their own, so "
        "all are grouped by that of the model as it is.",
        (Ask(f"{name}+full_context"), Ask(f"{name}+no_context")),
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 10", "features after each level of disentanglement",
        "A point is one modality of one utterance. After the modality level the three should lie apart, after the "
        "utterance level the points of one utterance should lie together.",
        "t-SNE of the features of eq. 2 and eq. 4, at most 1,500 points; the layout is one of many, and only near "
        "neighbours mean anything.",
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 11", "how well contributions foresee the truth",
        "Above, the share of utterances whose contribution misses the true class probability by so much; below, how "
        "often that modality alone is right there.",
        "Eq. 14, the squared difference for each modality; TCP needs the true label: only labelled utterances count.",
    )  # fmt: skip
    yield PaperFigure(
        name, "Table 2", "without each part, and with attention in its place",
        "Weighted F1 of each trained variant, with its 95% interval; the dashed line is the model as it is.",
        "The variants are trained on the composite corpus; the paper trains each on MELD and IEMOCAP.",
        variant_asks(name), "--models df_erc --ablations",
    )  # fmt: skip
    yield PaperFigure(
        name, "Table 3", "subsets of the modalities",
        "Weighted F1 with these modalities alone: the others switched off in the model as it is, and trained with "
        "these alone.",
        "The paper trains each subset for itself.",
        subset_asks(name), "--models df_erc --modalities all",
    )  # fmt: skip


def _cmath() -> Iterable[PaperFigure]:
    name = "cmath"
    yield PaperFigure(
        name, "Fig. 3", "the fused features, by emotion",
        "A point is an utterance, coloured by its true emotion. Emotions that lie apart are told apart.",
        "t-SNE of the fused feature, at most 1,500 points. The paper sets four systems side by side; LMAM's fused "
        "features are drawn under LMAM.",
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 5", "F1 by the length of the conversation",
        "Weighted F1 of utterances by how many their dialogue has, with its 95% interval.",
        "The paper has three lengths and sets MultiDAG beside it, which is not part of this program.",
    )  # fmt: skip
    yield PaperFigure(
        name, "Fig. 7", "what is taken for what",
        "A row is a true emotion; its cells say what the model made of it.",
        "Counts; the paper's are shares of each true emotion, which here are the colour.",
    )  # fmt: skip
    yield PaperFigure(
        name, "Table 5", "subsets of the modalities",
        "Weighted F1 with these modalities alone: the others switched off in the model as it is, and trained with "
        "these alone.",
        "The paper removes one or two modalities and trains anew.",
        subset_asks(name), "--models cmath --modalities all",
    )  # fmt: skip
    yield PaperFigure(
        name, "Table 4", "without each part",
        "Weighted F1 of each trained variant, with its 95% interval; the dashed line is the model as it is.",
        "The variants are trained on the composite corpus; without Gaussians is ours.",
        variant_asks(name), "--models cmath --ablations",
    )  # fmt: skip


LMAM_TABLES = (
    ("Table V", "equal_parameters", "as many parameters without the module",
     "A backbone with the module beside the same backbone made wider until it has as many weights."),
    ("Table VI", "backbones", "parameters and time of each backbone",
     "Weights and seconds an epoch of each backbone without the module and with it. If the module is slower at this "
     "size, it says so."),
    ("Table IX", "fusion_methods", "ways to fuse, inside EmoCaps",
     "Weighted F1 of EmoCaps with each way to fuse modalities, each tested against the module."),
    ("Table X", "modalities", "subsets of the modalities",
     "EmoCaps with the module, trained on every subset of modalities for itself."),
    ("Table XI", "embedding", "ways to embed the module",
     "Before the backbone, before it with a residual, and behind its feature extraction."),
    ("Table XII", "self_attention", "against self-attention",
     "EmoCaps with the module, and with self-attention in its place."),
)  # fmt: skip


def _lmam() -> Iterable[PaperFigure]:
    kept = "Trained once a seed on the corpus that is named, by `compare --lmam`; a dot is one seed. The paper has"
    yield PaperFigure(
        "lmam", "Fig. 5", "the rank of the matching weights",
        "Each dot is a training, the line their mean. A rank that is too small holds too little.",
        f"{kept} accuracy on IEMOCAP; here it is the weighted F1.", tables=("rank",),
    )  # fmt: skip
    for number, table, title, reading in LMAM_TABLES:
        yield PaperFigure("lmam", number, title, reading, f"{kept} IEMOCAP and MELD.", tables=(table,))
    yield PaperFigure(
        "lmam", "Features", "the fused features, by emotion",
        "A point is an utterance, coloured by its true emotion.",
        "t-SNE of the fused feature. The LMAM paper has no such figure; CMATH draws other systems' beside its own.",
    )  # fmt: skip


def _amuse() -> Iterable[PaperFigure]:
    reading = "Weighted F1 of each trained variant, with its 95% interval; the dashed line is the model as it is."
    corpus = "Trained on the composite corpus; the paper trains each on MELD and IEMOCAP."
    for number, title, prefixes, differs in (
        ("Table III", "how the parameters of the adaptive fusion are chosen", ("random_alpha", "equal_alpha"),
         "Test-1 draws them at random, Test-2 has one value for all."),
        ("Table IV", "gamma of the focal loss", ("gamma_",), "The model as it is has gamma 1."),
        ("Table V", "number of attention layers", ("layers_",), "The model as it is has four."),
    ):  # fmt: skip
        asks = variant_asks("amuse", prefixes)
        yield PaperFigure(
            "amuse", number, title, reading, f"{corpus} {differs}", asks, "--models amuse --ablations"
        )  # fmt: skip
    yield PaperFigure(
        "amuse", "Length", "F1 by the length of the conversation",
        "Weighted F1 of utterances by how many their dialogue has, with its 95% interval.",
        "The AMuSE paper has no such figure; CMATH's Fig. 5 does.",
    )  # fmt: skip


FIGURES = {"dq_former": _dq_former, "df_erc": _df_erc, "cmath": _cmath, "lmam": _lmam, "amuse": _amuse}


def lmam_command(tables: Sequence[str]) -> str:
    """Return the command that trains some of the LMAM paper's comparisons."""
    return f"{COMPARE} --lmam {','.join(tables)} --seeds 3"


def compare_command(figure: PaperFigure) -> str:
    """Return the command whose kept outcomes a figure shows; empty for none."""
    if figure.tables:
        return lmam_command(figure.tables)
    return f"{COMPARE} {figure.compare}" if figure.compare else ""
