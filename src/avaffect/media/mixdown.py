"""From the channels of a sound track to one: a mean that loses no voice to silent or opposite channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Weight of each channel where a centre carries the dialogue, as in ITU-R BS.775; an LFE carries none.
_CENTRE, _FRONT, _OTHER = 1.0, 0.5**0.5, 0.5
_WEIGHTS = {"FC": _CENTRE, "FL": _FRONT, "FR": _FRONT, "LFE": 0.0, "LFE2": 0.0}

# A channel counts as silent while its loudest moment is 40 dB below that of the loudest channel.
_SILENT = 1e-4
# Power of the mean, relative to that of unrelated channels, below which they cancel each other and above
# which they no longer do.
_CANCEL, _AGREE = 0.1, 0.5
_LOUDER = 4.0  # how much louder (in power) another channel must be to take its place
_MEMORY = 0.1  # seconds over which power is averaged
# Second differences, over so many seconds, of means over as many: nothing of an offset, -32 dB of 50 Hz,
# -5 dB of 250 Hz, +8 dB of 1 kHz, and little of the hiss above 2 kHz.
_LAG = 1 / 2000
_NOTHING = 1e-10  # power (-100 dB) below which nothing is learned from a sound


class Mixdown:
    """Mixes pieces of sound with several channels into one channel, in order.

    The result is the weighted mean of all channels that have carried sound so far. While they cancel each
    other (one is the other with its sign reversed, as from a balanced microphone on a stereo socket), the
    loudest channel is taken alone. Both are judged in the band of speech: an offset or the hum of the mains
    that the channels share is no sound that they agree on.

    Parameters
    ----------
    names : sequence of str
        Name of each channel, such as "FL"; used where there is a front centre "FC".
    sample_rate : int
        Samples per second (Hz).

    Attributes
    ----------
    cancelled : float
        Seconds in which the channels cancelled each other.

    Examples
    --------
    >>> tone = np.sin(np.arange(1600) / 8).astype(np.float32)
    >>> mixdown = Mixdown(["FL", "FR"], 16000)
    >>> bool(np.allclose(mixdown(np.stack([tone, -tone], axis=1)), tone)), mixdown.cancelled
    (True, 0.1)
    """

    def __init__(self, names: Sequence[str], sample_rate: int) -> None:
        weights = [_WEIGHTS.get(name, _OTHER) if "FC" in names else 1.0 for name in names]
        self._weights = np.asarray(weights)
        self._sample_rate = sample_rate
        self._lag = max(1, round(_LAG * sample_rate))
        self._loudest = np.zeros(len(names))  # of each channel, power of its loudest piece
        self._power: NDArray[np.float64] | None = None  # recent, of each channel
        self._mixed = 0.0  # recent, of the mean
        self._cancels = False
        self._alone = 0  # the channel that is taken while they cancel
        self.cancelled = 0.0

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """(n, channel) float32 to (n,) float32."""
        if samples.shape[1] == 1 or not len(samples):
            return samples[:, 0]
        power = self._power_of(samples)
        self._loudest = np.maximum(self._loudest, power)
        active = self._loudest >= _SILENT * self._loudest.max()
        weights = self._weights * active
        share = weights / weights.sum() if weights.any() else active / active.sum()
        mixed = samples @ share.astype(np.float32)
        self._learn(power, float(self._power_of(mixed)), share, len(samples))
        if not self._cancels or self._power is None:
            return mixed
        self.cancelled += len(samples) / self._sample_rate
        if self._power[self._alone] < self._power.max() / _LOUDER:
            self._alone = int(np.argmax(self._power))
        return samples[:, self._alone]

    def _power_of(self, samples: np.ndarray) -> NDArray[np.float64]:
        """Power of (n, ...) samples, each channel by itself, in the band of speech."""
        lag = self._lag
        if len(samples) > 3 * lag:
            sums = np.cumsum(samples, axis=0, dtype=np.float64)
            means = (sums[lag:] - sums[:-lag]) / lag
            samples = means[2 * lag :] - 2 * means[lag:-lag] + means[: -2 * lag]
        return np.square(samples, dtype=np.float64).mean(axis=0)

    def _learn(self, power: np.ndarray, mixed: float, share: np.ndarray, count: int) -> None:
        if power.max() < _NOTHING:
            return
        if self._power is None:
            self._power, self._mixed = power, mixed
        else:
            keep = float(np.exp(-count / self._sample_rate / _MEMORY))
            self._power = keep * self._power + (1 - keep) * power
            self._mixed = keep * self._mixed + (1 - keep) * mixed
        unrelated = float((np.square(share) * self._power).sum())
        ratio = self._mixed / max(unrelated, 1e-30)
        self._cancels = ratio < (_AGREE if self._cancels else _CANCEL)
