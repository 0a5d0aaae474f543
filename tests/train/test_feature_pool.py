"""Feature pools on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avaffect.train.feature_pool import (
    ClipFeatures,
    FaceFeatures,
    load_faces,
    load_voices,
    save_faces,
    save_voices,
)


def test_files_keep_the_features(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    intact, corrupted = rng.normal(size=(2, 5, 2, 4)).astype(np.float32)
    faces = FaceFeatures(intact, corrupted, np.zeros((5, 2), np.float32))
    voices = {
        speaker: [
            ClipFeatures(
                rng.random((n, 4), np.float32),
                rng.random((n, 4), np.float32),
                rng.random(n) < 0.5,
                rng.random(2, np.float32),
            )
            for n in (3, 7)
        ]
        for speaker in ("ann", "bob")
    }
    save_faces(tmp_path / "faces.npz", faces)
    save_voices(tmp_path / "voices.npz", voices)
    seen, heard = load_faces(tmp_path / "faces.npz"), load_voices(tmp_path / "voices.npz")
    np.testing.assert_allclose(seen.corrupted, faces.corrupted, atol=2e-3)
    assert list(heard) == ["ann", "bob"]
    for speaker, clips in voices.items():
        for one, two in zip(clips, heard[speaker], strict=True):
            np.testing.assert_allclose(one.intact, two.intact, atol=2e-3)
            np.testing.assert_array_equal(one.active, two.active)
            np.testing.assert_array_equal(one.affect, two.affect)
