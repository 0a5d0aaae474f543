"""Sound of any sample rate to 16 kHz, piece by piece."""

from __future__ import annotations

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from ..media import SAMPLE_RATE


class Resampler:
    """FFmpeg's band-limited resampler over pieces that follow each other.

    Parameters
    ----------
    rate : int
        Samples per second (Hz) of the pieces.

    Examples
    --------
    >>> resampler = Resampler(48000)
    >>> sum(len(resampler.push(np.zeros(480, np.float32))) for _ in range(100)) // 100
    159
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)

    def push(self, samples: np.ndarray) -> np.ndarray:
        """The next piece, (n,) float32, at 16 kHz: (m,) float32. A few samples come with the next one."""
        if self.rate == SAMPLE_RATE or not len(samples):
            return samples
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None], format="flt", layout="mono")
        frame.sample_rate = self.rate
        parts = [part.to_ndarray()[0] for part in self._resampler.resample(frame)]
        return np.concatenate([np.zeros(0, np.float32), *parts])
