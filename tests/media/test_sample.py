"""The clip of the demo is what scripts/make_sample.py says it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avaffect.media import frames, probe, read_audio

SAMPLE = Path(__file__).parents[2] / "examples" / "sample.mp4"


def test_pictures():
    info = probe(SAMPLE)
    assert (info.width, info.height, info.frame_rate) == (640, 360, 25)
    assert SAMPLE.stat().st_size < 600_000
    assert [f.pts for f in frames(SAMPLE)] == pytest.approx(np.arange(250) / 25, abs=1e-4)


def test_voice_pause_voice():
    samples, start, spans = read_audio(SAMPLE)
    assert (start, len(spans)) == (0, 1)

    def loudness(first, last):
        return 20 * np.log10(np.sqrt((samples[int(first * 16000) : int(last * 16000)] ** 2).mean()))

    quiet, lively, pause, low = (loudness(*s) for s in ((0.3, 1.5), (3, 4.8), (6.9, 8.2), (8.6, 9.5)))
    assert lively > quiet + 5 > low + 2
    assert pause < low - 30
