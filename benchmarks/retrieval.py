"""Find the photograph of a face by a drawing of it: DDAG trained on half of the people, tested on the others.

    python benchmarks/retrieval.py PATH/omi_128.zip

The people are made up and the drawings are computed (`avaffect.retrieval.drawings`). Each drawing of a person
that was not trained with is a query; the photographs of all those people are the gallery. Beside the network
stands a comparison without any training: the photographs drawn in the same way, compared pixel by pixel.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from avaffect.retrieval.drawings import draw, moved, read_faces
from avaffect.retrieval.network import DDAG
from avaffect.retrieval.rank import Ranking, rank
from avaffect.retrieval.train import Fit, describe, fit


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("faces", type=Path, help="the archive of photographs")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--width", type=int, default=16, help="channels of the stem; ResNet-50 has 64")
    parser.add_argument("--depths", type=int, nargs=4, default=[1, 1, 1, 1], help="ResNet-50 has 3 4 6 3")
    parser.add_argument("--people", type=int, help="use only so many of the faces")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    faces = read_faces(arguments.faces)[: arguments.people]
    half = len(faces) // 2
    torch.manual_seed(arguments.seed)
    network = DDAG(half, width=arguments.width, depths=arguments.depths, hidden=64)
    start = time.perf_counter()
    _train(network, faces[:half], arguments.epochs, arguments.seed)
    print(f"{half} people trained with in {time.perf_counter() - start:.0f} s, {len(faces) - half} tested")
    drawings = draw(moved(faces[half:], seed=1))
    print(f"{'compared by':<14}{'rank 1':>8}{'rank 10':>9}{'mAP':>8}")
    found = describe(network, drawings, "infrared")
    gallery = describe(network, faces[half:], "visible")
    for name in ("whole", "parts"):
        _print(name, _ranked(found[name] @ gallery[name].T))
    _print("pixels", _ranked(_flat(drawings) @ _flat(draw(faces[half:])).T))
    chance = 1 / (len(faces) - half)
    print(f"{'chance':<14}{chance:8.3f}{10 * chance:9.3f}")


def _train(network: DDAG, faces: np.ndarray, epochs: int, seed: int) -> None:
    """Four views of each person in each modality, moved by chance."""
    views = [moved(faces, seed=100 + k) for k in range(4)]
    people = np.tile(np.arange(len(faces)), len(views))
    photographs, drawn = np.concatenate(views), np.concatenate([draw(view) for view in views[::-1]])
    options = Fit(epochs=epochs, rate=0.05, stage_rate=0.05, people=16, pictures=2, pad=4, seed=seed)
    fit(network, (photographs, drawn), (people, people), options)


def _flat(images: np.ndarray) -> np.ndarray:
    rows = images[..., 0].reshape(len(images), -1).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _ranked(similarity: np.ndarray) -> Ranking:
    people = np.arange(len(similarity))
    return rank(similarity, people, people)


def _print(name: str, ranking: Ranking) -> None:
    print(f"{name:<14}{ranking.rank1:8.3f}{ranking.cmc[9]:9.3f}{ranking.mean_ap:8.3f}")


if __name__ == "__main__":
    main()
