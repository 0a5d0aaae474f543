"""The model card: what the weights were trained on, what they are for, their figures and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..spec import TARGETS, VAGUE, Spec
from . import card_text as text
from .corpus_terms import CORPORA
from .recipe import CorpusRecipe

Figures = Mapping[str, Any]


def write_card(spec: Spec, settings: CorpusRecipe, figures: Mapping[str, Figures]) -> str:
    """The card as Markdown.

    Parameters
    ----------
    spec : Spec
        Of the finished model.
    settings : CorpusRecipe
    figures : mapping
        By stage: ``face``, ``voice``, ``fusion``, ``calibration``; each as the stage has saved it.
    """
    parts = [
        f"# {spec.name}\n\n{spec.meaning}\n",
        f"Licence of the weights: {spec.licence}.\n",
        "## Use\n",
        text.USE,
        "## Trained on\n",
        _table(("corpus", "terms", "used for"), [(c.name, c.terms, c.use) for c in spec.corpora]),
        text.targets(settings),
        "## Figures on held-out data\n",
        *(_face(figures["face"], figures.get("adapt", {})) if "visual" in spec.streams else []),
        *(_voice(figures["voice"]) if "audio" in spec.streams else []),
        *_sequences(spec, figures["fusion"]),
        *_calibration(spec, figures["calibration"]),
        *_vague(spec),
        "## Limits\n",
        text.limits(settings),
    ]
    return "\n".join(parts)


def write_store_card(spec: Spec) -> str:
    """The card of a model that was trained on a feature store, as Markdown."""
    rows = [(name, f"{value:.3f}") for name, value in spec.metrics.items()]
    parts = [
        f"# {spec.name}\n\n{spec.meaning}\n",
        f"Licence of the weights: {spec.licence}.\n",
        "## Trained on\n",
        _table(("corpus", "terms", "used for"), [(c.name, c.terms, c.use) for c in spec.corpora]),
        "## Validation\n",
        "CCC pooled over the validation recordings:\n",
        _table(("figure", "value"), rows),
        f"Intervals meant to cover {spec.coverage:.0%} come from the same recordings. Where these chose the "
        "epoch too, the figures are a little too good and the intervals a little too narrow.\n",
        *_vague(spec),
    ]
    return "\n".join(parts)


def _vague(spec: Spec) -> list[str]:
    """A warning, where intervals are so wide that the values say nothing."""
    if not spec.vague:
        return []
    named = " and ".join(spec.vague)
    return [f"The intervals of {named} are {VAGUE}.\n"]


def _face(figures: Figures, adapted: Figures) -> list[str]:
    acted = [text.ADAPT_FIGURES, _by_corpus(_flat({"acted": adapted["left_out"]}))] if adapted else []
    return [text.FACE_FIGURES, _by_corpus(figures["test"]), *_unseen(figures), *acted]


def _voice(figures: Figures) -> list[str]:
    return [text.VOICE_FIGURES, _by_corpus(_flat(figures["left_out"])), *_unseen(figures)]


def _unseen(figures: Figures) -> list[str]:
    flat = _flat(figures["unseen"])
    return [text.UNSEEN_FIGURES, _by_corpus(flat)] if flat else []


def _flat(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{name}/{key}": value for name, by in figures.items() for key, value in by.items()}


def _by_corpus(figures: Mapping[str, float]) -> str:
    """One row a corpus, from figures by ``CORPUS/FIGURE``."""
    names = list(dict.fromkeys(key.partition("/")[0] for key in figures))
    columns = list(dict.fromkeys(key.partition("/")[2] for key in figures))
    rows = [
        (
            CORPORA[name].name if name in CORPORA else name,
            *(_cell(figures.get(f"{name}/{column}"), column) for column in columns),
        )
        for name in names
    ]
    return _table(("corpus", *(column.replace("_", " ") for column in columns)), rows)


def _cell(value: float | None, column: str) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if column in ("clips", "speakers") else f"{value:.3f}"


def _sequences(spec: Spec, figures: Figures) -> list[str]:
    """Figures of the whole model on paired sequences; with two streams, also of each alone and their mean."""
    systems = ("fusion", *spec.streams, "mean") if len(spec.streams) == 2 else ("fusion",)
    rows = [
        (spec.name if system == "fusion" else system, *_row(figures, f"{system}/ccc_{{}}"))
        for system in systems
    ]
    head = ("system", *(f"{kind} {target}" for kind, target in _COLUMNS))
    if len(systems) == 1:
        return [text.ALONE_FIGURES, _table(head, rows)]
    gains = [
        "{:+.3f} ({:+.3f} to {:+.3f})".format(*figures[kind]["advantage"][target])
        for kind, target in _COLUMNS
    ]
    rows.append((f"{spec.name} minus the best other system (95 % interval, sequences resampled)", *gains))
    return [text.FUSION_FIGURES, _table(head, rows), *_gates(figures["corrupted"]["gates"])]


def _gates(figures: Mapping[str, float]) -> list[str]:
    """Correlation of each kind of gate with corruption, and which sign is good."""
    notes: list[str] = []
    for kind, meaning in (("attended", text.ATTENDED), ("share", text.SHARE)):
        lines = [
            f"- {name.replace('/', ' with ')}: {value:+.2f}"
            for name, value in figures.items()
            if name.startswith(f"{kind}.")
        ]
        notes += [meaning, "\n".join(lines) + "\n"] if lines else []
    return notes


_COLUMNS = tuple((kind, target) for kind in ("clean", "corrupted") for target in TARGETS)


def _row(figures: Figures, key: str) -> list[str]:
    return [f"{figures[kind][key.format(target)]:.3f}" for kind, target in _COLUMNS]


def _calibration(spec: Spec, figures: Figures) -> list[str]:
    """Figures on people never met, and of the intervals."""
    if "strangers" not in figures:
        about = (
            f"Intervals: half-width and share of labels inside it, meant to be {spec.coverage:.2f}, on test "
            "identities; `all` is over the ticks of sequences as they occur, each with its own width:\n"
        )
        return [about, _intervals(figures)]
    strangers: Figures = figures["strangers"]
    rows = [
        (corpus, system, *(f"{by[f'{system}/{key}']:.3f}" for key in _AFFECT))
        for corpus, by in strangers.items()
        for system in ("fusion", *spec.streams)
        if f"{system}/{_AFFECT[0]}" in by
    ]
    gains = [
        f"CCC of {target}, both streams less the better one: {by[f'advantage/{target}']:+.3f} (95 % interval "
        f"of resampled clips {by[f'advantage/{target}/low']:+.3f} to {by[f'advantage/{target}/high']:+.3f})."
        for by in strangers.values()
        for target in TARGETS
        if f"advantage/{target}" in by
    ]
    widths = [
        (name, *(f"{by[target]:.3f}" for target in TARGETS)) for name, by in figures["half_widths"].items()
    ]
    covered = [
        (corpus, *(f"{by[f'{target}/{kind}']:.3f}" for target in TARGETS for kind in ("ticks", "clips")))
        for corpus, by in figures["coverage"].items()
    ]
    return [
        text.STRANGER_FIGURES,
        _table(("corpus", "streams", *(key.replace("_", " ") for key in _AFFECT)), rows),
        *(f"{gain}\n" for gain in gains),
        text.COVERAGE_FIGURES.format(coverage=spec.coverage),
        _table(("corpus", *(f"{t}, {kind}" for t in TARGETS for kind in ("ticks", "clips"))), covered),
        "Half-widths:\n",
        _table(("available", *TARGETS), widths),
    ]


_AFFECT = tuple(f"{kind}_{target}" for target in TARGETS for kind in ("r", "ccc"))


def _intervals(figures: Figures) -> str:
    rows = []
    for name, shares in figures["coverage"].items():
        for target, share in shares.items():
            width = figures["half_widths"].get(name, {}).get(target)
            rows.append((name, target, "" if width is None else f"{width:.3f}", f"{share:.3f}"))
    return _table(("available", "target", "half-width", "covered"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
