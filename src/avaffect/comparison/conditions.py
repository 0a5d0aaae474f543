"""What is done to clips of actors before they are read, and clips side by side as networks read them.

Axes: ``n`` clip, ``t`` tick of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import DataError
from ..train.feature_pool import MODALITIES, Pair
from .damage import Mask, spans

OTHER, DEGRADED = "other", "degraded"
SHARES = (0.3, 0.6, 1.0)
"""Of the ticks of a degraded stream."""


@dataclass(frozen=True)
class Condition:
    """What is done to one stream of every clip.

    Attributes
    ----------
    stream : str
        ``audio`` or ``visual``.
    kind : {"other", "degraded"}
        Taken from another clip of the same actor with another emotion, the label stays that of the stream
        that is kept; or behind noise and other voices, or blurred, dark and occluded.
    share : float
        Of the ticks of a degraded stream; of another clip's all.
    """

    stream: str
    kind: str
    share: float = 1.0

    @property
    def key(self) -> str:
        """A name for files and tables, such as ``audio.degraded.30``."""
        return f"{self.stream}.{self.kind}.{round(100 * self.share)}"


def every_condition() -> list[Condition]:
    """All conditions but that of intact clips."""
    others = [Condition(stream, OTHER) for stream in MODALITIES]
    return others + [Condition(stream, DEGRADED, share) for stream in MODALITIES for share in SHARES]


@dataclass(frozen=True, eq=False)
class ClipBatch:
    """Clips side by side, masked behind their ends.

    Attributes
    ----------
    data : dict of str to torch.Tensor
        As `avaffect.train.evaluate.predict_sequences` takes them: streams (n, t, d), masks (n, t), and
        ``affect`` (n, t, 2), the label of the clip at every tick.
    hit : (n, t) bool numpy.ndarray
        True where the stream of the condition is available, but not the clip's own, or degraded.
    """

    data: dict[str, Tensor]
    hit: Mask

    def available(self, streams: Sequence[str]) -> Mask:
        """Ticks at which one of these streams is available, (n, t)."""
        return np.logical_or.reduce([self.data[f"{name}_mask"].numpy() for name in streams])


def clip_batch(
    clips: Sequence[Pair],
    condition: Condition | None,
    beside: Mapping[str, Sequence[Pair]],
    random: np.random.Generator,
) -> ClipBatch:
    """Clips in a condition; None: as they are.

    Parameters
    ----------
    clips : sequence of Pair
    condition : Condition or None
    beside : mapping of str to sequence of Pair
        All clips by actor: where another clip's stream comes from.
    random : np.random.Generator

    Raises
    ------
    DataError
        If a stream is to come from another clip, and an actor has none with another emotion.
    """
    changed = [_changed(clip, condition, beside, random) for clip in clips]
    ticks = max(len(hit) for _, hit in changed)
    data = {"affect": torch.from_numpy(np.stack([np.repeat(c.affect[None], ticks, axis=0) for c in clips]))}
    for name in MODALITIES:
        data[name] = torch.from_numpy(np.stack([_padded(clip.intact[name], ticks) for clip, _ in changed]))
        masks = np.stack([_padded(clip.masks[name], ticks) for clip, _ in changed])
        data[f"{name}_mask"] = torch.from_numpy(masks)
    return ClipBatch(data, np.stack([_padded(hit, ticks) for _, hit in changed]))


def _changed(
    clip: Pair,
    condition: Condition | None,
    beside: Mapping[str, Sequence[Pair]],
    random: np.random.Generator,
) -> tuple[Pair, Mask]:
    """A clip in a condition, and the ticks hit (t,)."""
    ticks = len(clip.masks["audio"])
    if condition is None:
        return clip, np.zeros(ticks, bool)
    name = condition.stream
    if condition.kind == OTHER:
        values, mask = _replaced(name, clip, beside[clip.actor], random)
        hit = mask
    else:
        hit, mask = spans(ticks, condition.share, random), clip.masks[name]
        values = np.where(hit[:, None], clip.corrupted[name], clip.intact[name])
    return replace(clip, intact=clip.intact | {name: values}, masks=clip.masks | {name: mask}), hit & mask


def _replaced(
    name: str, clip: Pair, own: Sequence[Pair], random: np.random.Generator
) -> tuple[NDArray[np.float32], Mask]:
    """A stream (t, d) of another clip of the actor with another emotion, masked behind its end."""
    others = [each for each in own if not np.allclose(each.affect, clip.affect)]
    if not others:
        raise DataError(f"{clip.actor} has one emotion only; expected two or more of every actor")
    donor, ticks = others[int(random.integers(len(others)))], len(clip.masks[name])
    return _padded(donor.intact[name][:ticks], ticks), _padded(donor.masks[name][:ticks], ticks)


def _padded(values: NDArray, ticks: int) -> NDArray:
    """Zeros (False) behind the end."""
    return np.concatenate([values, np.zeros((ticks - len(values), *values.shape[1:]), values.dtype)])
