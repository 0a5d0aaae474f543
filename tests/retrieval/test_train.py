"""DDAG learns, and the drawings it is tried on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from avaffect.errors import DataError
from avaffect.retrieval import DDAG, Fit, describe, fit, rank
from avaffect.retrieval.drawings import draw, moved, read_faces
from avaffect.retrieval.pictures import augment
from avaffect.retrieval.train import share_of_rate


def blobs(people: int, copies: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a bright bar at a height of its own for each person, noisy."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), copies)
    images = random.integers(0, 60, (len(who), 48, 24, 3))
    for image, person in zip(images, who, strict=True):
        image[8 * person : 8 * person + 8] += 150
    return images.astype(np.uint8), who


def test_training_finds_people_across_modalities() -> None:
    torch.manual_seed(0)
    network = DDAG(6, width=4, depths=(1, 1, 1, 1), hidden=8)
    visible, people = blobs(6, 4, seed=0)
    infrared = 255 - blobs(6, 4, seed=1)[0]  # dark where the other is bright
    options = Fit(epochs=12, rate=0.05, stage_rate=0.05, people=6, pictures=2, pad=1)
    losses = fit(network, (visible, infrared), (people, people), options)
    assert losses[-1] < 0.5 * losses[0]
    query = describe(network, 255 - blobs(6, 2, seed=2)[0], "infrared")
    gallery = describe(network, blobs(6, 2, seed=3)[0], "visible")
    who = np.repeat(np.arange(6), 2)
    for name in ("whole", "parts"):
        assert np.allclose(np.linalg.norm(query[name], axis=1), 1, atol=1e-5)
        assert rank(query[name] @ gallery[name].T, who, who).rank1 > 0.8


def test_training_is_repeatable() -> None:
    visible, people = blobs(6, 2, seed=0)
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        network = DDAG(6, width=4, depths=(1, 1, 1, 1), hidden=8)
        runs.append(
            fit(network, (visible, visible), (people, people), Fit(epochs=2, people=6, pictures=1, pad=1))
        )
    assert runs[0] == runs[1]


def test_published_rates() -> None:
    shares = [share_of_rate(epoch) for epoch in range(81)]
    assert shares[:10] == pytest.approx([(epoch + 1) / 10 for epoch in range(10)])
    assert set(shares[10:20]) == {1.0}
    assert set(shares[20:50]) == {0.1}
    assert set(shares[50:]) == {0.01}


def test_augmented_pictures_are_cuts_of_the_padded_one() -> None:
    images, _ = blobs(3, 4, seed=0)
    made = augment(images, np.random.default_rng(0), pad=3)
    assert made.shape == images.shape
    for image, new in zip(images, made, strict=True):
        padded = np.pad(image, ((3, 3), (3, 3), (0, 0)))
        cuts = [padded[y : y + 48, x : x + 24] for y in range(7) for x in range(7)]
        assert any(np.array_equal(new, cut) or np.array_equal(new, cut[:, ::-1]) for cut in cuts)


def test_drawings_forget_colour_and_light() -> None:
    random = np.random.default_rng(0)
    gray = np.repeat(random.integers(40, 120, (1, 32, 32, 1)), 3, axis=-1).astype(np.uint8)
    assert np.abs(draw(gray).astype(int) - draw(2 * gray)).mean() < 2
    flat = draw(np.full((1, 32, 32, 3), (200, 30, 90), np.uint8))
    assert flat.min() >= 254


def test_moved_pictures_are_repeatable_and_differ() -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3)).astype(np.uint8)
    assert np.array_equal(moved(images, 1), moved(images, 1))
    assert not np.array_equal(moved(images, 1), moved(images, 2))


def test_archive_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.zip").write_text("no zip")
    with pytest.raises(DataError, match=r"expected a zip archive of numbered jpg files"):
        read_faces(tmp_path / "faces.zip")


def test_benchmark_runs(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        for number in range(1, 33):
            picture = np.random.default_rng(number).integers(0, 255, (64, 64, 3)).astype(np.uint8)
            archive.writestr(f"{number}.jpg", cv2.imencode(".jpg", picture)[1].tobytes())
    script = Path(__file__).parents[2] / "benchmarks" / "retrieval.py"
    run = subprocess.run(
        [sys.executable, script, tmp_path / "faces.zip", "--epochs", "1", "--width", "4"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "16 people trained with" in run.stdout
    assert [line.split()[0] for line in run.stdout.splitlines()[2:]] == ["whole", "parts", "pixels", "chance"]
