"""Sound in memory brought to another rate."""

from __future__ import annotations

import av
import numpy as np

from ..errors import MediaError


def resample(samples: np.ndarray, rate: float, new_rate: int = 16000) -> np.ndarray:
    """Mono sound at a new rate, band-limited by FFmpeg's resampler.

    Parameters
    ----------
    samples : (n,) np.ndarray
        In [-1, 1].
    rate, new_rate : float, int
        Samples per second (Hz); ``rate`` is a whole number, as sound cards and files have it.

    Returns
    -------
    (round(n * new_rate / rate),) np.ndarray of float32

    Raises
    ------
    MediaError
        If the samples are not one-dimensional and finite, or the rate is not a positive whole number.
    """
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    if samples.ndim != 1:
        raise MediaError(
            f"samples of shape {samples.shape}: expected one channel, (n,); average the channels"
        )
    if rate <= 0 or rate != int(rate):
        raise MediaError(f"a rate of {rate} Hz: expected a positive whole number")
    if not np.isfinite(samples).all():
        raise MediaError("samples hold NaN or infinity: expected numbers in [-1, 1]")
    if rate == new_rate or not len(samples):
        return samples
    frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate = int(rate)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=new_rate)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    sound = np.concatenate([part.to_ndarray()[0] for part in parts])
    # The filter's tail is not sound of ours.
    return sound[: round(len(samples) * new_rate / rate)]
