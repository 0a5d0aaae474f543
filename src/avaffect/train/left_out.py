"""Figures on people never seen: clips read by encoders and a network without their corpus or actor.

From these come the scale of the values, the widths of the intervals, and how much the fusion is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
from numpy.typing import NDArray

from ..evaluate.bootstrap import interval
from ..metric import ccc, regression_metrics
from ..model import FusionNetwork
from ..predict.frame_table import with_exactly
from ..progress import Hook
from ..spec import TARGETS
from .acted import CORPUS
from .calibrate import HalfWidths, half_widths
from .feature_cache import read_pools
from .feature_pool import ClipFeatures
from .folds import fold_of
from .fusion import load_folds, pool_folds
from .prediction import Prediction
from .recipe import CorpusRecipe

Scale = dict[str, tuple[float, float]]

RESAMPLES = 2000
MOST = 300


@dataclass(frozen=True, eq=False)
class LeftOutClip:
    """A clip, and the fold that leaves it out.

    Attributes
    ----------
    corpus : str
    fold : str
    streams : dict of str to (t, d) float32 numpy.ndarray
    masks : dict of str to (t,) bool numpy.ndarray
    affect : (2,) float32 numpy.ndarray
        Valence and arousal, proxies.
    """

    corpus: str
    fold: str
    streams: dict[str, NDArray[np.float32]]
    masks: dict[str, NDArray[np.bool_]]
    affect: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Clips and the network of each fold.

    Attributes
    ----------
    clips : list of LeftOutClip
    networks : dict of str to FusionNetwork
    """

    clips: list[LeftOutClip]
    networks: dict[str, FusionNetwork]

    @torch.inference_mode()
    def predict(self, hide: Collection[str] = ()) -> list[Prediction]:
        """What each clip's network says of it, with some streams hidden throughout."""
        found = []
        for clip in self.clips:
            network = self.networks[clip.fold].eval()
            masks = {name: clip.masks[name] & (name not in hide) for name in network.streams}
            out = network(
                {name: torch.from_numpy(clip.streams[name])[None] for name in masks},
                {name: torch.from_numpy(mask)[None] for name, mask in masks.items()},
            )
            labels = np.repeat(clip.affect[None], len(out.values[0]), axis=0)
            found.append(Prediction(out.values[0].numpy(), labels, masks, {}))
        return found


def read_left_out(recipe: CorpusRecipe, hook: Hook) -> LeftOut:
    """Clips of all actors and speech corpora that some fold leaves out, and the networks.

    Of a speech corpus there are at most `MOST` clips, so that none outweighs the others by far.
    """
    pools = read_pools(recipe, hook)
    pool, folds = pools["train"], pool_folds(recipe, pools)
    dims = {"visual": pool.faces.intact.shape[2]}
    clips = [
        LeftOutClip(CORPUS, fold.name, pair.intact, pair.masks, pair.affect)
        for actor, pairs in pool.pairs.items()
        if (fold := fold_of(actor, folds)) is not None
        for pair in pairs
    ]
    spoken: dict[str, list[LeftOutClip]] = {}
    for speaker, own in pool.voices.items():
        for clip in own[:: recipe.paired.views]:
            fold = fold_of(clip.corpus, folds) or fold_of(speaker, folds)
            if fold is not None:
                spoken.setdefault(clip.corpus, []).append(_spoken(clip, fold.name, dims))
    for left in spoken.values():
        clips += left[:: -(-len(left) // MOST)]
    return LeftOut(clips, load_folds(recipe, folds))


def _spoken(clip: ClipFeatures, fold: str, dims: Mapping[str, int]) -> LeftOutClip:
    """A clip without a picture."""
    ticks = len(clip.active)
    unseen = {name: np.zeros((ticks, dim), np.float32) for name, dim in dims.items()}
    return LeftOutClip(
        clip.corpus,
        fold,
        {"audio": clip.intact, **unseen},
        {"audio": clip.active, **{name: np.zeros(ticks, bool) for name in dims}},
        clip.affect,
    )


def clip_means(predictions: Sequence[Prediction]) -> NDArray[np.floating]:
    """Mean of each clip over the ticks at which some stream is available: (n, targets); NaN without any."""
    means = []
    for prediction in predictions:
        there = np.logical_or.reduce(list(prediction.masks.values()))
        means.append(prediction.values[there].mean(axis=0) if there.any() else np.full(len(TARGETS), np.nan))
    return np.stack(means)


def fit_scale(found: LeftOut, *, steps: int = 300) -> Scale:
    """Slope and shift of each target, so that clips of people never seen have the labels' mean and spread.

    With a correlation r, a matched mean and spread give the CCC its highest value among all maps of one
    slope, which is r. The videos of actors, with face and voice, count as much as all speech corpora
    together; each of these counts the same.

    Returns
    -------
    dict
        By target, as `avaffect.spec.Spec.scale`.
    """
    values = clip_means(found.predict())
    labels = np.stack([clip.affect for clip in found.clips])
    weights = _weights([clip.corpus for clip in found.clips]) * np.isfinite(values[:, 0])
    scale = {}
    for k, target in enumerate(TARGETS):
        z = np.arctanh(np.clip(np.nan_to_num(values[:, k]), -0.999, 0.999))
        goal = _moments(labels[:, k], weights)
        slope, shift = 1.0, 0.0
        for _ in range(steps):
            mean, spread = _moments(np.tanh(slope * z + shift), weights)
            slope = float(np.clip(slope * (goal[1] / max(spread, 1e-6)) ** 0.5, 0.1, 10.0))
            shift += 0.5 * (goal[0] - mean)
        scale[target] = (round(slope, 4), round(float(shift), 4))
    return scale


def _weights(corpora: Sequence[str]) -> NDArray[np.floating]:
    """The weight of each clip in the scale, by its corpus."""
    names, place, counts = np.unique(np.array(corpora), return_inverse=True, return_counts=True)
    spoken = np.sum(names != CORPUS)
    share = np.where(names == CORPUS, max(1, spoken), 1.0)
    return (share / counts)[place]


def _moments(values: NDArray[np.floating], weights: NDArray[np.floating]) -> tuple[float, float]:
    share = weights / weights.sum()
    mean = float(np.sum(share * values))
    return mean, float(np.sqrt(np.sum(share * (values - mean) ** 2)))


def scaled(found: LeftOut, scale: Scale) -> LeftOut:
    """The same with networks that give values on a scale."""
    for network in found.networks.values():
        slope, shift = torch.tensor([scale[target] for target in TARGETS]).unbind(dim=1)
        network.head.slope, network.head.shift = slope, shift
    return found


def coverage_by_fold(
    found: LeftOut, streams: Sequence[str], *, coverage: float
) -> dict[str, dict[str, float]]:
    """Share of labels inside intervals whose widths come from all other folds: by tick, and by clip mean.

    Each corpus counts the same in the widths.

    Returns
    -------
    dict
        By corpus with a stream that the networks have: ``valence/ticks``, ``valence/clips``, and so on.
    """
    predict = cache(lambda hide: found.predict(hide))  # the same for every fold
    hits: dict[str, dict[str, list[NDArray]]] = {}
    for fold in sorted({clip.fold for clip in found.clips}):
        others = partial(_of_other_folds, found, predict, fold)
        corpora = [clip.corpus for clip in found.clips if clip.fold != fold]
        widths = half_widths(others, streams, TARGETS, coverage=coverage, groups=corpora)
        for clip, prediction in zip(found.clips, predict(()), strict=True):
            if clip.fold == fold:
                _count(hits.setdefault(clip.corpus, {}), prediction, widths)
    return {
        corpus: {name: float(np.concatenate(values).mean()) for name, values in by.items()}
        for corpus, by in hits.items()
        if by
    }


def _of_other_folds(
    found: LeftOut,
    predict: Callable[[tuple[str, ...]], list[Prediction]],
    fold: str,
    hide: tuple[str, ...] = (),
) -> list[Prediction]:
    """The predictions, with some streams hidden, of all clips but those of a fold."""
    return [p for clip, p in zip(found.clips, predict(hide), strict=True) if clip.fold != fold]


def _count(hits: dict[str, list[NDArray]], prediction: Prediction, widths: HalfWidths) -> None:
    """Add whether labels lie inside: at each tick, and for the clip's mean."""
    ends = np.full(prediction.values.shape, np.nan)
    for condition, by in widths.items():
        ends[with_exactly(condition, prediction.masks)] = [by[target] for target in TARGETS]
    known = np.isfinite(ends[:, 0])
    if not known.any():
        return
    error = prediction.values[known] - prediction.labels[known]
    for k, target in enumerate(TARGETS):
        hits.setdefault(f"{target}/ticks", []).append(np.abs(error[:, k]) <= ends[known, k])
        inside = np.abs(error[:, k].mean()) <= ends[known, k].mean()
        hits.setdefault(f"{target}/clips", []).append(np.array([inside]))


def figures(found: LeftOut, streams: Sequence[str], *, seed: int = 0) -> dict[str, dict[str, float]]:
    """Figures by corpus, one value a clip: of the fusion, and of each stream alone in the same network.

    For videos of actors also ``advantage``: the CCC of the fusion less that of the better stream alone, with
    the 95 % interval of resampled clips.
    """
    systems = {"fusion": clip_means(found.predict())}
    for name in streams if len(streams) > 1 else ():
        systems[name] = clip_means(found.predict([other for other in streams if other != name]))
    labels = np.stack([clip.affect for clip in found.clips])
    corpora = np.array([clip.corpus for clip in found.clips])
    out: dict[str, dict[str, float]] = {}
    for corpus in dict.fromkeys(corpora.tolist()):
        own = corpora == corpus
        out[corpus] = {"clips": float(own.sum())}
        for name, values in systems.items():
            valid = own & np.isfinite(values).all(axis=1)
            if (name == "fusion" or corpus == CORPUS) and valid.sum() > 1:
                measured = regression_metrics(values[valid], labels[valid])
                out[corpus] |= {f"{name}/{key}": value for key, value in measured.items()}
    if len(streams) > 1 and CORPUS in out:
        out[CORPUS] |= _advantage(systems, labels, corpora == CORPUS, seed)
    return out


def _advantage(
    systems: Mapping[str, NDArray], labels: NDArray, own: NDArray[np.bool_], seed: int
) -> dict[str, float]:
    valid = own & np.logical_and.reduce([np.isfinite(values).all(axis=1) for values in systems.values()])
    rows = np.flatnonzero(valid)
    draws = np.random.default_rng(seed).choice(rows, (RESAMPLES, len(rows)))
    found: dict[str, float] = {}
    for k, target in enumerate(TARGETS):
        whole = {name: ccc(values[rows, k], labels[rows, k]) for name, values in systems.items()}
        rival = max((name for name in whole if name != "fusion"), key=whole.__getitem__)
        differences = [
            ccc(systems["fusion"][draw, k], labels[draw, k]) - ccc(systems[rival][draw, k], labels[draw, k])
            for draw in draws
        ]
        low, high = interval(np.array(differences))
        found |= {
            f"advantage/{target}": whole["fusion"] - whole[rival],
            f"advantage/{target}/low": float(low),
            f"advantage/{target}/high": float(high),
        }
    return found
