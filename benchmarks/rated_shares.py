"""How people weigh voice and face: the votes of CREMA-D's raters on the voice, the face, and both together.

    python benchmarks/rated_shares.py PATH/crema_ratings/tabulatedVotes.csv.gz

Cao, Cooper, Keutmann, Gur, Nenkova & Verma (2014), "CREMA-D: Crowd-sourced emotional multimodal actors
dataset". About ten raters voted on each of 7,442 clips in each of three forms. A clip's valence and arousal
are the mean coordinates of its votes (`avaffect.corpus.emotions`). What both together get is regressed on
what each alone gets; the shares are those of `avaffect.train.paired.LABEL_SHARES`. Intervals resample the
actors.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from avaffect.corpus.emotions import coordinates
from avaffect.spec import TARGETS

VOTES = {
    "A": "anger", "D": "disgust", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness",
}  # fmt: skip
FORMS = {1: "voice", 2: "face", 3: "both"}
RESAMPLES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("votes", help="tabulatedVotes.csv.gz of CREMA-D")
    table = pd.read_csv(parser.parse_args().votes, index_col=0)
    votes = table[list(VOTES)].to_numpy(float)
    place = np.array([coordinates(name) for name in VOTES.values()])
    affect = votes @ place / votes.sum(axis=1, keepdims=True)
    form = (table.index.to_numpy() // 100_000).astype(int)
    clips = sorted(set(table["fileName"]))
    where = {name: i for i, name in enumerate(clips)}
    values = np.full((len(FORMS), len(clips), 2), np.nan)
    values[form - 1, [where[name] for name in table["fileName"]]] = affect
    known = np.isfinite(values).all(axis=(0, 2))
    actors = np.array([name[:4] for name in clips])[known]
    values = values[:, known]
    print(f"{known.sum()} clips, {len(set(actors))} actors")
    rng = np.random.default_rng(0)
    for k, target in enumerate(TARGETS):
        voice, face, both = values[..., k]
        fitted = fit(voice, face, both)
        drawn = np.array([resampled(voice, face, both, actors, rng) for _ in range(RESAMPLES)])
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        share = fitted[0] / fitted[:2].sum()
        print(
            f"{target}: both = {fitted[0]:.2f} [{low[0]:.2f}, {high[0]:.2f}] voice "
            f"+ {fitted[1]:.2f} [{low[1]:.2f}, {high[1]:.2f}] face {fitted[2]:+.2f}; "
            f"share of the voice {share:.2f}; r of the voice {np.corrcoef(voice, both)[0, 1]:.2f}, "
            f"of the face {np.corrcoef(face, both)[0, 1]:.2f}"
        )


def fit(voice: np.ndarray, face: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Least squares: weights of voice and face, and a constant."""
    return np.linalg.lstsq(np.stack([voice, face, np.ones_like(face)], axis=1), both, rcond=None)[0]


def resampled(
    voice: np.ndarray, face: np.ndarray, both: np.ndarray, actors: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    names = np.unique(actors)
    rows = np.concatenate([np.flatnonzero(actors == name) for name in rng.choice(names, len(names))])
    return fit(voice[rows], face[rows], both[rows])


if __name__ == "__main__":
    main()
