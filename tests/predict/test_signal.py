"""Frames and samples in memory: brought to one form, or refused with what was given and what is expected."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.errors import MediaError
from avaffect.predict.signal import signal_blocks, signal_frames

TONE = 0.5 * np.sin(np.arange(1600) / 10)
IMAGE = np.zeros((32, 32, 3), np.uint8)


def read(samples, sample_rate=16000):
    (block,) = signal_blocks(samples, sample_rate)
    return block.samples


@pytest.mark.parametrize("dtype", [np.int8, np.int16, ">i2", np.int32])
def test_whole_numbers_are_scaled(dtype):
    stored = (TONE * np.iinfo(dtype).max).astype(dtype)
    np.testing.assert_allclose(read(stored), TONE, atol=1.1 / np.iinfo(dtype).max * 1.5 + 1e-6)


def test_unsigned_bytes_are_scaled_about_their_middle():
    np.testing.assert_allclose(read((128 + 127 * TONE).astype(np.uint8)), TONE, atol=0.02)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_floats_are_taken_as_they_are(dtype):
    np.testing.assert_allclose(read(TONE.astype(dtype)), TONE, atol=1e-3)


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        ((TONE * 32767).astype(np.int32), 16000, "reach 163.. only, next to silence .* 32768 for 16-bit"),
        ((TONE * 2**23).astype(np.int32), 16000, "8388608 for 24-bit sound"),
        (torch.from_numpy(TONE).requires_grad_(), 16000, "cannot be made an array"),
        ((TONE * 32767).astype(np.int64), 16000, r"int64 \(1600,\): .* int16"),
        (TONE * 32767, 16000, "reach 163.*: expected at most 1; divide"),
        (TONE > 0, 16000, "bool .*: expected numbers"),
        (TONE.astype(complex), 16000, "complex128"),
        (np.zeros((1600, 2)), 16000, r"\(1600, 2\): expected one channel, .*mean\(axis=1\)"),
        (np.zeros((2, 1600)), 16000, r"mean\(axis=0\)"),
        (np.zeros((2, 2, 2)), 16000, r"\(2, 2, 2\): expected one channel"),
        (np.array(0.0), 16000, "expected one channel"),
        ([[0.0], [0.0, 1.0]], 16000, "cannot be made an array"),
        (np.append(TONE, np.nan), 16000, "NaN or infinity"),
        (np.ma.masked_greater(TONE, 0.0), 16000, "masked in places"),
        (TONE, 0, "sample_rate=0: expected a whole number"),
        (TONE, 44100.5, "sample_rate=44100.5"),
        (TONE, float("nan"), "sample_rate=nan"),
        (TONE, "16k", "sample_rate='16k'"),
        (TONE, 1e12, "from 1000 to 1000000"),
    ],
)
def test_samples_that_are_refused(samples, rate, message):
    with pytest.raises(MediaError, match=message):
        signal_blocks(samples, rate)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([-1.0, 0.0], "frame 0 is at -1.0 s: .* subtract the first time"),
        ([1.7e9, 1.7e9 + 1], r"frame 0 is at 1700000000 s: .*48 hours.*divide milliseconds"),
        ([0.0, 90_000.0], "frame 1 is at 90000 s, the one before at 0 s: expected at most an hour"),
        ([0, 40, 80, 120, 160], "frames 0 to 3 are 40 s apart: .* divide milliseconds by 1000"),
        (["a", "b"], "frame 0 has the time 'a': expected seconds"),
        ([0.0, 0.0], "times must increase"),
        ([0.0, np.inf], "frame 1 is at inf s"),
    ],
)
def test_times_that_are_refused(times, message):
    with pytest.raises(MediaError, match=message):
        list(signal_frames([IMAGE] * len(times), times))


def test_pictures_are_of_one_size():
    with pytest.raises(MediaError, match=r"frame 1 is \(16, 32, 3\), frame 0 \(32, 32, 3\)"):
        list(signal_frames([IMAGE, IMAGE[:16]], [0.0, 0.1]))
    with pytest.raises(MediaError, match="frame 0 is uint8"):
        list(signal_frames([IMAGE[:0]], [0.0]))


def test_a_picture_a_second_is_read():
    assert [frame.pts for frame in signal_frames([IMAGE] * 9, range(9))] == list(range(9))
