"""Frames and samples in memory, checked and brought to the form that media files are read in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..errors import MediaError
from ..media import AudioBlock, Frame
from ..media.clock import LONGEST
from ..media.sound import resample, scaled
from ..media.source import LONGEST_PAUSE, SAMPLE_RATES

LOUDEST = 8.0
"""Floats beyond this cannot be meant as samples in [-1, 1]; a little more than 1 is clipping."""

RARE = 8.0
"""Seconds: times whose first steps are all longer are taken for milliseconds."""

QUIETEST = 2.0**-8
"""32-bit sound that never exceeds this (-48 dB) is taken for sound of fewer bits that was not shifted."""

_WHOLE = (np.int8, np.uint8, np.int16, np.int32)


def signal_frames(
    frames: Iterable[np.ndarray] | None, times: Iterable[float] | None
) -> Iterator[Frame] | None:
    """Pictures with their times; None where neither is given. Both are read one at a time.

    Raises
    ------
    MediaError
        If one comes without the other, or, while they are read, a picture or a time is not as expected.
    """
    if frames is None and times is None:
        return None
    if times is None:
        raise MediaError("frames without times: give times=, the seconds of each frame")
    if frames is None:
        raise MediaError("times without frames: give frames=, one (h, w, 3) uint8 RGB picture for each time")
    if not isinstance(times, Iterable):
        raise MediaError(
            f"times={times!r}: expected the seconds of each frame, e.g. np.arange(len(frames)) / {times!r}"
        )
    if not isinstance(frames, Iterable):
        raise MediaError(f"frames={frames!r}: expected pictures, (h, w, 3) uint8 RGB each")
    return _frames(frames, times)


def signal_blocks(samples: np.ndarray | None, sample_rate: float | None) -> Iterator[AudioBlock] | None:
    """Sound from second 0 as one block of one channel at 16 kHz; None where neither is given.

    Raises
    ------
    MediaError
        If one comes without the other, or one of them is not as `Predictor.process_signal` expects it.
    """
    if samples is None and sample_rate is None:
        return None
    if sample_rate is None:
        raise MediaError("samples without sample_rate: give sample_rate=, samples per second, e.g. 16000")
    if samples is None:
        raise MediaError(f"sample_rate={sample_rate} without samples: give samples=, (n,) in [-1, 1]")
    rate = _checked_rate(sample_rate)
    return iter([AudioBlock(0.0, resample(checked_samples(samples), rate))])


def _checked_rate(sample_rate: float) -> int:
    low, high = SAMPLE_RATES
    try:
        rate = float(sample_rate)
    except (TypeError, ValueError):
        rate = float("nan")
    if not low <= rate <= high or rate != int(rate):
        raise MediaError(
            f"sample_rate={sample_rate!r}: expected a whole number of samples per second, "
            f"from {low} to {high}, e.g. 16000"
        )
    return int(rate)


def checked_samples(samples: np.ndarray) -> np.ndarray:
    """Samples of one channel as (n,) float32 in [-1, 1]; a `MediaError` says what else was given."""
    try:
        given = np.asarray(samples)
    except (ValueError, TypeError, RuntimeError) as error:  # unequal lists, a tensor with a gradient
        raise MediaError(f"samples cannot be made an array ({error}): expected (n,) in [-1, 1]") from error
    if np.ma.is_masked(samples):
        raise MediaError("samples are masked in places: expected a number everywhere; use samples.filled(0)")
    what = f"samples are {given.dtype} {given.shape}"
    if given.dtype.kind not in "iuf":
        raise MediaError(f"{what}: expected numbers, float in [-1, 1] or whole numbers of 8 to 32 bits")
    if given.dtype.kind in "iu" and given.dtype.newbyteorder("=") not in _WHOLE:
        raise MediaError(
            f"{what}: what their largest value is cannot be known; give int16, int32 or uint8 as stored, "
            "or divide them to float in [-1, 1]"
        )
    if given.ndim == 2 and min(given.shape) > 0:
        axis = int(np.argmin(given.shape))
        raise MediaError(f"{what}: expected one channel, (n,); give samples.mean(axis={axis})")
    if given.ndim != 1:
        raise MediaError(f"{what}: expected one channel, (n,)")
    if not np.isfinite(given).all():
        raise MediaError("samples hold NaN or infinity: expected numbers in [-1, 1]; use np.nan_to_num")
    found = scaled(given)
    loudest = float(np.abs(found).max(initial=0.0))
    if given.dtype.kind == "i" and given.dtype.itemsize == 4 and 0 < loudest <= QUIETEST:
        raise MediaError(
            f"{what} and reach {loudest * 2**31:.0f} only, next to silence as 32-bit sound: divide them by "
            "the largest possible value, 32768 for 16-bit sound, 8388608 for 24-bit sound, 2147483648 for 32"
        )
    if given.dtype.kind == "f" and loudest > LOUDEST:
        raise MediaError(
            f"{what} and reach {loudest:.6g}: expected at most 1; divide them by the largest possible value, "
            "32768 for 16-bit sound"
        )
    return found


def _frames(images: Iterable[np.ndarray], times: Iterable[float]) -> Iterator[Frame]:
    last, clock = -np.inf, iter(times)
    count, rare, shape = 0, 0, None
    for index, image in enumerate(images):
        image = np.asarray(image)
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise MediaError(f"frame {index} is {image.dtype} {image.shape}: expected (h, w, 3) uint8 RGB")
        time = next(clock, None)
        if time is None:
            raise MediaError(f"{index} times for more frames: expected one time a frame")
        if image.shape != (shape := shape or image.shape):
            raise MediaError(f"frame {index} is {image.shape}, frame 0 {shape}: expected one size for all")
        time = _checked_time(time, index, last)
        rare = rare + 1 if index and time - last >= RARE else 0
        if rare == 3 and rare == index:
            raise MediaError(
                f"frames 0 to {index} are {time / index:.3g} s apart: expected times in seconds, less than "
                f"{RARE:g} apart; divide milliseconds by 1000"
            )
        last, count = time, index + 1
        yield Frame(index, time, image)
    if next(clock, None) is not None:
        raise MediaError(f"more than {count} times for {count} frames: expected one time a frame")


def _checked_time(given: float, index: int, last: float) -> float:
    """A frame's time in seconds, after that of the frame before it (``last``; -inf for the first)."""
    try:
        time = float(given)
    except (TypeError, ValueError) as error:
        raise MediaError(f"frame {index} has the time {given!r}: expected seconds, a number") from error
    if not last < time < np.inf:
        raise MediaError(f"frame {index} is at {time} s, not after {last} s: times must increase")
    if time < 0:
        raise MediaError(
            f"frame {index} is at {time} s: times count from the start of the recording, expected 0 or more; "
            "subtract the first time from all"
        )
    if time > LONGEST:
        raise MediaError(
            f"frame {index} is at {time:.10g} s: expected seconds from the start of the recording, at most "
            f"{float(LONGEST):.0f} (48 hours); subtract the first time of a clock such as time.time(), and "
            "divide milliseconds by 1000"
        )
    if index and time - last > float(LONGEST_PAUSE):
        raise MediaError(
            f"frame {index} is at {time:.10g} s, the one before at {last:.10g} s: expected at most an hour "
            "between two; give seconds, or each part by itself"
        )
    return time
