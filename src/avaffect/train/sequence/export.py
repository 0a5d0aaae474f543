"""What was trained on a store, put behind the encoders that made the store: a model for prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ... import __version__, checkpoint
from ...corpus.encode import encoders_hash
from ...corpus.store import FeatureStore
from ...corpus.windows import Windows
from ...errors import DataError
from ...model import AffectModel
from ...spec import Component, Corpus, Spec
from . import SequenceModel, SequenceResult
from .calibrate import interval_widths
from .recipe import StoreRecipe

_DETECTORS = ("mtcnn", "yunet")


def whole_model(settings: StoreRecipe, store: FeatureStore, model: SequenceModel) -> AffectModel:
    """The named model's encoders, with place for the trained parts behind them.

    Raises
    ------
    DataError
        If the store was made by other encoders, or `AffectModel` has no place for what the recipe trains.
    """
    base = checkpoint.load(str(settings.encoders))
    if store.recordings[0].meta.encoders not in {encoders_hash(base, name) for name in _DETECTORS}:
        raise DataError(f"{store.path} was not made by the encoders of {settings.encoders}; drop encoders")
    problem = _misfit(settings, model, base.spec)
    if problem:
        raise DataError(f"a model for prediction {problem}; change that, or drop encoders")
    whole = AffectModel(_spec(settings, store, model, base.spec))
    whole.encoders.load_state_dict(base.encoders.state_dict())
    return whole


def save_whole(whole: AffectModel, result: SequenceResult, val: Windows, folder: Path) -> None:
    """Write the model with the trained parts in it, and intervals from the validation recordings."""
    for name, part in result.model.named_children():
        whole.network.get_submodule(name).load_state_dict(part.state_dict())
    whole.spec = replace(
        whole.spec,
        metrics={f"val/{k}": v for k, v in result.figures.items()},
        calibration=interval_widths(result.model, val, coverage=whole.spec.coverage),
    )
    checkpoint.save(whole.eval(), folder, card=_card(whole.spec))


def _misfit(settings: StoreRecipe, model: SequenceModel, base: Spec) -> str:
    """What keeps the recipe's parts out of `AffectModel`, if anything."""
    if settings.temporal is None or settings.fusion is None or settings.fused_dim is None:
        return "needs temporal, fused_dim and fusion"
    if settings.joint_dim is not None:
        return "has a joint network as wide as the fusion: no joint_dim"
    if settings.standardise:
        return "does not standardise features"
    if list(model.dims) != list(base.streams):
        return f"has the streams {list(base.streams)}, not {list(model.dims)}"
    return ""


def _spec(settings: StoreRecipe, store: FeatureStore, model: SequenceModel, base: Spec) -> Spec:
    temporal, fusion, fused = settings.temporal, settings.fusion, settings.fused_dim
    assert temporal is not None  # `_misfit` has looked
    assert fusion is not None
    assert fused is not None
    corpus = store.recordings[0].meta.corpus
    return replace(
        base,
        name=settings.name,
        streams={
            name: replace(
                stream,
                temporal=Component(temporal.name, temporal.options),
                temporal_dim=fused if isinstance(fused, int) else fused[name],
            )
            for name, stream in base.streams.items()
        },
        fusion=Component(fusion.name, fusion.options),
        fused_temporal=Component(settings.joint.name, settings.joint.options) if settings.joint else None,
        head=settings.head,
        targets=model.targets,
        window=settings.window,
        calibration={},  # that of the other model's fusion says nothing of this one's errors
        meaning=f"As the raters of {corpus} use the scale from -1 to 1.",
        licence=f"the terms of {corpus}, and of the encoders: {base.licence or 'unknown'}",
        corpora=(*base.corpora, Corpus(corpus, "its authors' terms", "everything behind the encoders")),
        metrics={},
        code_version=__version__,
    )


def _card(spec: Spec) -> str:
    figures = "".join(f"- {name}: {value:.3f}\n" for name, value in spec.metrics.items())
    corpora = "".join(f"- {c.name} ({c.terms}): {c.use}\n" for c in spec.corpora)
    return (
        f"# {spec.name}\n\n{spec.meaning}\n\nLicence of the weights: {spec.licence}.\n\n"
        f"## Made of\n\n{corpora}\n"
        f"## Validation\n\nCCC pooled over the validation recordings:\n\n{figures}\n"
        f"Intervals meant to cover {spec.coverage:.0%} come from the same recordings. Where these chose the "
        "epoch too, the figures are a little too good and the intervals a little too narrow.\n"
    )
