"""Features of sound and picture for the benchmark: statistics of a second and of what surrounds it.

Chosen once, the same for every system. What is measured of a tick (`Segment.streams`) is kept apart from
its context (`with_context`), so that a damaged tick also damages the context of its neighbours, as it would
in life. Nothing here knows more than one segment: scaling is `Scaler`'s, from the training segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..corpus.ratings import label_ticks
from ..corpus.studyforrest import FRAME_RATE, Studyforrest
from ..errors import DataError
from ..spec import TARGETS
from ..streams.timeline import Timeline

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
STREAMS = ("audio", "visual")
FRAMES = int(FRAME_RATE)  # of a tick: ticks are seconds
CONTEXTS = (5, 15, 61)  # ticks, centred
_QUIET = 1e-4  # added to the rms before its logarithm; the film's loudest frame is 0.6
_CUT = 0.25  # share of hash bits that change with a frame where another picture begins


@dataclass(frozen=True)
class Segment:
    """One segment of the film in ticks of a second.

    Attributes
    ----------
    name : str
    streams : dict of str to (t, f) np.ndarray
        ``audio`` and ``visual``: statistics of each tick by itself.
    labels : (t, 2) np.ndarray
        Valence and arousal, mean over the labelled frames of the tick; NaN where there are none.
    """

    name: str
    streams: dict[str, Array]
    labels: Array


def read_segments(path: str | Path) -> list[Segment]:
    """The film's segments as features and labels.

    Parameters
    ----------
    path : path
        studyforrest's npz, see `corpus.studyforrest`.

    Raises
    ------
    DataError
        If the file is not as described, or holds fewer than three segments (one to test, two to train).
    """
    corpus = Studyforrest(path, phash=True)
    if len(corpus.recordings) < 3:
        raise DataError(f"{path}: {len(corpus.recordings)} segments; expected 3 or more to leave one out")
    segments = []
    for recording in corpus.recordings:
        frames = corpus.features(recording).streams
        count = len(frames["audio"]) // FRAMES  # an incomplete last second is left out
        labels, _ = label_ticks(corpus.ratings(recording), TARGETS, Timeline(1.0), count)
        streams = {"audio": _audio(frames["audio"], count), "visual": _visual(frames["visual"], count)}
        segments.append(Segment(recording.name, streams, labels.astype(np.float64)))
    return segments


def with_context(values: Array, available: Mask) -> Array:
    """Each tick's statistics, and mean and spread of each over 5, 15 and 61 s around it.

    Parameters
    ----------
    values : (t, f) np.ndarray
        What lies at unavailable ticks does not matter.
    available : (t,) np.ndarray of bool

    Returns
    -------
    (t, 7 f) np.ndarray
        Context of the available ticks alone; NaN where there is none.
    """
    kept = np.where(available[:, None], values, 0.0)
    parts = [np.where(available[:, None], values, np.nan)]
    for width in CONTEXTS:
        number = _moving_sum(available[:, None].astype(np.float64), width)
        number[number == 0] = np.nan
        mean = _moving_sum(kept, width) / number
        square = _moving_sum(kept**2, width) / number
        parts += [mean, np.sqrt(np.maximum(square - mean**2, 0.0))]
    return np.concatenate(parts, axis=1)


class Scaler:
    """Zero mean and unit variance, as measured on the training segments.

    Parameters
    ----------
    segments : sequence of (t, f) np.ndarray
        NaN does not count.
    """

    def __init__(self, segments: Sequence[NDArray[np.floating]]) -> None:
        rows = np.concatenate(segments)
        self.mean = np.nanmean(rows, axis=0)
        spread = np.nanstd(rows, axis=0)
        self.spread = np.where(spread > 1e-9, spread, 1.0)

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Scaled and limited to 5 deviations, (t, f); NaN stays."""
        return np.clip((values - self.mean) / self.spread, -5.0, 5.0).astype(np.float32)


def fit_scalers(segments: Sequence[Segment]) -> dict[str, Scaler]:
    """A scaler for each stream, from these segments undamaged."""
    return {
        name: Scaler([with_context(s.streams[name], np.ones(len(s.labels), bool)) for s in segments])
        for name in STREAMS
    }


def scaled(
    streams: Mapping[str, Array], available: Mapping[str, Mask], scalers: Mapping[str, Scaler]
) -> dict[str, NDArray[np.float32]]:
    """The streams as networks get them: context, scaled, (t, 7 f) each; NaN at unavailable ticks."""
    return {name: scalers[name](with_context(streams[name], available[name])) for name in STREAMS}


def _audio(frames: NDArray, count: int) -> Array:
    """Loudness and left-right difference of each tick, (count, 10)."""
    loud = np.log10(_by_tick(frames[:, 0], count) + _QUIET)
    side = _by_tick(frames[:, 1], count)
    low, high = np.quantile(loud, [0.1, 0.9], axis=1)
    steps = np.abs(np.diff(loud, axis=1)).mean(axis=1)
    return np.stack(
        [
            *(loud.mean(1), loud.std(1), loud.min(1), loud.max(1), low, high, steps),
            *(side.mean(1), np.abs(side).mean(1), side.std(1)),
        ],
        axis=1,
    )


def _visual(frames: NDArray, count: int) -> Array:
    """Brightness, its balance, and change of the picture in each tick, (count, 15)."""
    bright, right, down, change = (_by_tick(frames[:, i], count) for i in range(4))
    bits = frames[: count * FRAMES, 4:]
    second = np.abs(bits[FRAMES:] - bits[:-FRAMES]).mean(axis=1)  # against a second earlier
    second = np.concatenate([np.full(min(FRAMES, len(bits)), second[:1].mean()), second])
    return np.stack(
        [
            *(bright.mean(1), bright.std(1), bright.min(1), bright.max(1)),
            np.abs(np.diff(bright, axis=1)).mean(axis=1),
            *(right.mean(1), right.std(1), down.mean(1), down.std(1)),
            *(change.mean(1), change.max(1), np.median(change, axis=1), (change > _CUT).sum(axis=1)),
            *(_by_tick(second, count).mean(1), _by_tick(second, count).std(1)),
        ],
        axis=1,
    )


def _by_tick(values: NDArray, count: int) -> Array:
    return values[: count * FRAMES].reshape(count, FRAMES).astype(np.float64)


def _moving_sum(values: Array, width: int) -> Array:
    """Sum over ``width`` ticks around each, cut at the ends."""
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    ticks = np.arange(len(values))
    return total[np.minimum(ticks + width // 2 + 1, len(values))] - total[np.maximum(ticks - width // 2, 0)]
