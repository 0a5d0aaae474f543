"""The page about the place of a voice in a recording."""

from __future__ import annotations

import re
import wave
from pathlib import Path

import numpy as np
import placement
import pytest

import avaffect
from avaffect import media


@pytest.fixture
def voices(sample_clip: Path, tmp_path: Path) -> list[Path]:
    """Two parts of the sample clip's voice."""
    samples = media.read_audio(sample_clip)[0]
    paths = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for path, begin in zip(paths, (0, 2), strict=True):
        part = samples[begin * media.SAMPLE_RATE : (begin + 2) * media.SAMPLE_RATE]
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, media.SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes((32767 * part).astype("<i2").tobytes())
    return paths


def test_the_page_is_what_is_printed_and_its_figures_are_those_of_the_model(
    voices: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "placement.md"
    placement.main([*map(str, voices), "--model", "audio.default", "--seconds", "1", f"--out={out}"])
    text = out.read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() == text.strip()
    assert "--model audio.default --out FILE" in text
    assert "each of 2 recordings" in text

    predictor = avaffect.load("audio.default")
    apart = np.stack([of[1] - of[0] for of in (_means(predictor, path) for path in voices)])
    row = re.search(r"\| audio.default \| 1 \| (.*) \|", text)
    assert row is not None
    assert np.isfinite(apart).all()
    shown = np.array(row[1].split(" | "), dtype=float).reshape(2, 2)  # target, (mean, mean without sign)
    np.testing.assert_allclose(shown[:, 0], apart.mean(axis=0), atol=6e-4)
    np.testing.assert_allclose(shown[:, 1], np.abs(apart).mean(axis=0), atol=6e-4)


def _means(predictor: avaffect.Predictor, path: Path) -> list[np.ndarray]:
    """Mean valence and arousal of a voice alone and a second late."""
    samples = media.read_audio(path)[0]
    quiet = np.random.default_rng(0).normal(0, placement.FLOOR, media.SAMPLE_RATE).astype(np.float32)
    late = np.concatenate([quiet, samples])
    found = []
    for sound, begin in ((samples, 0.0), (late, 1.0)):
        rows = predictor.process_signal(samples=sound, sample_rate=media.SAMPLE_RATE).table
        found.append(rows.loc[rows.pts >= begin, ["valence", "arousal"]].mean().to_numpy())
    return found
