"""The comparison of systems as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from erc_core.training.system_results import NamedScore, SystemResult
from erc_core.types import Interval


def comparison_table(results: Sequence[SystemResult], split: str) -> str:
    """Return the tables as Markdown."""
    n = results[0].scores.n
    head = "weighted F1 | UAR | accuracy | ECE | parameters | forward, ms | s an epoch |"
    lines = [f"| composite {split}, n = {n:,} | {head}", "|" + " --- |" * 8]
    for r in results:
        s = r.scores
        cells = [_interval(i) for i in (s.weighted_f1_interval, s.uar_interval, s.accuracy_interval)]
        epoch = f"{r.cost.epoch_s:.1f}" if r.cost.epoch_s else ""  # not every checkpoint says it
        cost = f"{r.cost.parameters:,} | {r.cost.forward_ms:.1f} | {epoch}"
        lines.append(f"| {r.name} | {' | '.join(cells)} | {s.ece:.4f} | {cost} |")
    for title, pick in (
        ("Modalities kept", lambda r: r.subsets),
        ("Modalities missing at random", lambda r: r.missing),
        ("Utterances of the dialogue", lambda r: r.lengths),
    ):
        lines += _columns(title, results, pick)
    for r in results:
        if r.ablations:
            whole = NamedScore("as it is", r.scores.weighted_f1, n)
            lines += ["", f"| {r.name}: variant, weighted F1 | |", "| --- | --- |"]
            lines += [f"| {x.name} | {x.weighted_f1:.4f} |" for x in (whole, *r.ablations)]
    lines += _seed_lines(results) + _mechanism_lines(results)
    return "\n".join(lines) + "\n"


def _columns(
    title: str, results: Sequence[SystemResult], pick: Callable[[SystemResult], Sequence[NamedScore]]
) -> list[str]:
    names = list(dict.fromkeys(x.name for r in sorted(results, key=lambda r: -len(pick(r))) for x in pick(r)))
    lines = ["", f"| {title}, weighted F1 | {' | '.join(names)} |", "|" + " --- |" * (len(names) + 1)]
    for r in results:
        found = {x.name: f"{x.weighted_f1:.4f}" for x in pick(r)}
        lines.append(f"| {r.name} | {' | '.join(found.get(name, '') for name in names)} |")
    return lines


def _seed_lines(results: Sequence[SystemResult]) -> list[str]:
    head = "| weighted F1 over seeds | seeds | mean | deviation | trained on one modality alone (seeds) |"
    lines = ["", head, "|" + " --- |" * 5]
    for r in results:
        if r.seeds is not None:
            alone = ", ".join(f"{x.name} {x.weighted_f1:.4f} ({x.n})" for x in r.seeds.alone) or "not trained"
            lines.append(f"| {r.name} | {r.seeds.seeds} | {r.seeds.mean:.4f} | {r.seeds.deviation:.4f} | {alone} |")
    return lines


def _mechanism_lines(results: Sequence[SystemResult]) -> list[str]:
    head = "| AUROC of a mechanism | modality | against uninformative | n | against misleading | n |"
    lines = ["", head, "|" + " --- |" * 6]
    for r in results:
        for one in r.mechanisms:
            cells = f"{_interval(one.uninformative)} | {one.n[0]} | {_interval(one.misleading)} | {one.n[1]}"
            lines.append(f"| {r.name}: {one.mechanism} | {one.modality} | {cells} |")
        if r.sigma_tells_error is not None:
            cell = _interval(r.sigma_tells_error)
            lines.append(f"| {r.name}: fused sigma tells wrong answers | | {cell} | {r.scores.n} | | |")
    return lines


def _interval(value: Interval) -> str:
    return f"{value.value:.4f} [{value.low:.4f}, {value.high:.4f}]"
