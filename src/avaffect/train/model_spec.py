"""The spec of the model that a recipe trains, from either source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import singledispatch
from typing import Any

import torch

from .. import __version__, checkpoint, model_folder
from ..construction import constructing
from ..corpus.encode import encoders_hash
from ..corpus.store import FeatureStore
from ..corpus.with_text import with_text
from ..encoder import create_encoder
from ..errors import DataError, ModelError, nearest
from ..face import list_detectors
from ..model import AffectModel
from ..spec import Corpus, Spec, Stream
from .corpus_terms import corpora_of, licence_of, meaning_of
from .recipe import CorpusRecipe, Recipe, StoreRecipe


@singledispatch
def spec_of(recipe: Recipe) -> Spec:
    """The description of the model that a recipe trains, before calibration and figures.

    Raises
    ------
    DataError, ModelError
        If the store or the encoders do not fit the recipe.
    """
    raise NotImplementedError(type(recipe))


@spec_of.register
def _from_corpora(recipe: CorpusRecipe) -> Spec:
    parts = {"audio": recipe.voice.encoder, "visual": recipe.face.encoder}
    streams: dict[str, Stream] = {}
    for name in recipe.streams:
        # On meta for its size alone: no weights, nothing drawn.
        with constructing(f"recipe {recipe.name}"), torch.device("meta"):
            encoder = create_encoder(parts[name].name, **parts[name].options)
        streams[name] = Stream(
            dim=encoder.dim,
            encoder=parts[name].component,
            preprocessing=dict(encoder.preprocessing),
        )
    return _spec(
        recipe,
        streams,
        meaning=meaning_of(recipe),
        licence=licence_of(recipe),
        corpora=corpora_of(recipe),
    )


@spec_of.register
def _from_store(recipe: StoreRecipe) -> Spec:
    store = FeatureStore(recipe.store)
    names = tuple(sorted(store.dims)) if recipe.streams is None else recipe.streams
    _check_known(names, store.dims, f"{store.path} has no stream")
    targets = store.targets if recipe.targets is None else recipe.targets
    _check_known(targets, store.targets, f"{store.path} has no rating of")
    meta = store.recordings[0].meta
    corpus = Corpus(meta.corpus, "its authors' terms", "the network behind the encoders")
    about = {
        "targets": targets,
        "tick_rate": store.tick_rate,
        "features": meta.encoders,
        "meaning": f"As rated in the training data (corpus {meta.corpus!r}), on a scale from -1 to 1.",
    }
    if recipe.encoders is None:
        streams = {name: Stream(store.dims[name]) for name in names}
        return _spec(recipe, streams, **about, licence=f"the terms of {meta.corpus}", corpora=(corpus,))
    base = encoders_of(recipe, store).spec
    _check_known(names, base.streams, f"{recipe.encoders} has no encoder of the stream")
    return _spec(
        recipe,
        {name: base.streams[name] for name in names},
        **about,
        licence=f"the terms of {meta.corpus}, and of the encoders: {base.licence or 'unknown'}",
        corpora=(*_of_encoders(base.corpora), corpus),
    )


def encoders_of(recipe: StoreRecipe, store: FeatureStore) -> AffectModel:
    """The model whose encoders made the store.

    Raises
    ------
    DataError
        If they did not.
    """
    base = checkpoint.load(str(recipe.encoders))
    if "text" in store.dims and "text" not in base.spec.streams:
        base = with_text(base)
    if not _made(base, store):
        others = [name for name in model_folder.embedded() if _made(checkpoint.load(name), store)]
        hint = (
            f"give encoders={others[0]}, whose encoders made it"
            if others
            else "give the model that it was extracted with, or drop encoders: it then reads stores only"
        )
        raise DataError(f"{store.path} was not made by the encoders of {recipe.encoders}; {hint}")
    return base


def _made(model: AffectModel, store: FeatureStore) -> bool:
    """Whether a model's encoders made the features of a store."""
    return store.recordings[0].meta.encoders in {encoders_hash(model, name) for name in list_detectors()}


def _of_encoders(corpora: Iterable[Corpus]) -> tuple[Corpus, ...]:
    """What of a model's corpora its encoders are trained on: its fusion is left behind."""
    uses = [(corpus, [use for use in corpus.use.split(", ") if "encoder" in use]) for corpus in corpora]
    return tuple(replace(corpus, use=", ".join(kept)) for corpus, kept in uses if kept)


def _spec(recipe: Recipe, streams: Mapping[str, Stream], **about: Any) -> Spec:
    """Streams that end at the encoders, and the recipe's network behind them."""
    temporal = recipe.temporal.component if recipe.temporal else None
    spec = Spec(
        name=recipe.name,
        streams={
            name: replace(stream, temporal=temporal, temporal_dim=_temporal_dim(recipe, name))
            for name, stream in streams.items()
        },
        fusion=recipe.fusion.component if recipe.fusion else None,
        fused_temporal=recipe.fused_temporal.component if recipe.fused_temporal else None,
        fused_temporal_dim=recipe.fused_temporal_dim,
        standardise=recipe.standardise,
        head=recipe.head,
        window=recipe.window,
        coverage=recipe.calibration.coverage,
        code_version=__version__,
        **about,
    )
    if fault := spec.misfit():
        raise DataError(f"recipe {recipe.name}: {fault}")
    return spec


def _temporal_dim(recipe: Recipe, stream: str) -> int | None:
    sizes = recipe.temporal_dim
    if not isinstance(sizes, dict):
        return sizes
    if stream not in sizes:
        raise ModelError(
            f"temporal_dim has no size for the stream {stream!r}; give one number, or one for each stream"
        )
    return sizes[stream]


def _check_known(names: Iterable[str], known: Iterable[str], problem: str) -> None:
    for name in names:
        if name not in known:
            raise DataError(f"{problem} {name!r}; {nearest(name, known)}")
