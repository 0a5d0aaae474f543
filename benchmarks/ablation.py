"""What each part of the default training contributes to people never met: one part left out at a time.

    python benchmarks/ablation.py work=runs/default data=PATH --out docs/ablation.md

Needs a finished run of the recipe. For each row the networks of all folds are trained anew, from the encoders
of that run, with one part changed; all are measured on the same clips of actors and corpora left out. Runs
lie in WORK (runs/ablation); what is done is not done again.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from avaffect.comparison.markdown import table
from avaffect.metric import ccc
from avaffect.model import FusionNetwork
from avaffect.progress import silent
from avaffect.spec import TARGETS
from avaffect.train import paired
from avaffect.train.acted import CORPUS, read_recordings
from avaffect.train.adapt import load_face
from avaffect.train.claims import is_done
from avaffect.train.feature_cache import log_mel_of, read_pools
from avaffect.train.feature_extraction import extract_voices
from avaffect.train.feature_pool import FeaturePool, by_actor
from avaffect.train.fusion import train_folds
from avaffect.train.left_out import (
    LeftOut,
    LeftOutClip,
    clip_means,
    figures,
    fit_scale,
    read_left_out,
    scaled,
)
from avaffect.train.model_spec import spec_of
from avaffect.train.pairs import extract_pairs
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe
from avaffect.train.result import load_from
from avaffect.train.voice import load_voice, read_clips

ROOT = Path(__file__).parents[1]
Pools = Mapping[str, FeaturePool]
GUESSED = {"audio": (0.3, 0.4), "visual": (0.7, 0.6)}


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    recipe = read_corpus_recipe(options.recipe, options.overrides)
    torch.set_num_threads(recipe.threads)
    usual = read_left_out(recipe, silent)
    rows = [row("as it is", usual, recipe), row("without the scale", usual, recipe, scale=False)]
    chosen = {name: of for name, of in VARIANTS.items() if not options.only or of.__name__ in options.only}
    for name, variant in chosen.items():
        print(name, file=sys.stderr, flush=True)
        networks = variant_networks(recipe, variant, options.work / variant.__name__, sorted(usual.networks))
        rows.append(row(name, LeftOut(usual.clips, networks), recipe))
        print(table(HEAD, rows), file=sys.stderr, flush=True)
    text = PAGE.format(
        day=datetime.date.today().isoformat(),
        recipe=recipe.name,
        table=table(HEAD, rows),
        only=f" --only {' '.join(options.only)}" if options.only else "",
    )
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="of the recipe, e.g. data=PATH threads=2")
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "hgrjca.default.yaml")
    parser.add_argument("--work", type=Path, default=Path("runs/ablation"))
    names = [variant.__name__ for variant in VARIANTS.values()]
    parser.add_argument("--only", nargs="+", default=[], choices=names, metavar="ROW", help=" ".join(names))
    parser.add_argument("--out", type=Path, help="Markdown")
    return parser.parse_intermixed_args(arguments)


def variant_networks(
    recipe: CorpusRecipe, variant: Variant, work: Path, folds: Sequence[str]
) -> dict[str, FusionNetwork]:
    """The network of each fold, trained where it does not lie in ``work``."""
    if not all(is_done(work / fold) for fold in folds):
        with variant(recipe, read_pools(recipe, silent)) as (changed, pools):
            train_folds(changed, pools, work, silent)
    found = {}
    for fold in folds:
        found[fold] = FusionNetwork(spec_of(recipe))
        load_from(work / fold, {"network": found[fold]})
    return found


Variant = Callable[[CorpusRecipe, Pools], contextmanager]


@contextmanager
def guessed_shares(recipe: CorpusRecipe, pools: Pools) -> Iterator[tuple[CorpusRecipe, Pools]]:
    """Voice and face weigh in the labels as was once guessed, not as raters of CREMA-D do."""
    with patch.object(paired, "LABEL_SHARES", GUESSED):
        yield recipe, pools


@contextmanager
def made_pairs(recipe: CorpusRecipe, pools: Pools) -> Iterator[tuple[CorpusRecipe, Pools]]:
    """Sequences are made of faces and voices of different people alone."""
    assert recipe.acted is not None
    yield recipe.model_copy(update={"acted": recipe.acted.model_copy(update={"share": 0.0})}), pools


@contextmanager
def more_pairs(recipe: CorpusRecipe, pools: Pools) -> Iterator[tuple[CorpusRecipe, Pools]]:
    """Twice as many of the sequences are real pairs."""
    assert recipe.acted is not None
    share = min(1.0, 2 * recipe.acted.share)
    yield recipe.model_copy(update={"acted": recipe.acted.model_copy(update={"share": share})}), pools


@contextmanager
def untaught_gates(recipe: CorpusRecipe, pools: Pools) -> Iterator[tuple[CorpusRecipe, Pools]]:
    """Nothing tells the gates where a stream is corrupted."""
    loss = recipe.fit.loss.model_copy(update={"gate": 0.0})
    yield recipe.model_copy(update={"fit": recipe.fit.model_copy(update={"loss": loss})}), pools


@contextmanager
def known_faces(recipe: CorpusRecipe, pools: Pools) -> Iterator[tuple[CorpusRecipe, Pools]]:
    """Rendered faces tell as much as faces that the encoder knows."""
    yield recipe, {**pools, "train": replace(pools["train"], face_generalisation_error=(0.0, 0.0))}


@contextmanager
def known_people(recipe: CorpusRecipe, pools: Pools) -> Iterator[tuple[CorpusRecipe, Pools]]:
    """Features to train on come from encoders that have met the people."""
    hearing, seeing, logmel = load_voice(recipe)[0], load_face(recipe)[0], log_mel_of(recipe)
    items = [clip.item for clip in read_clips(recipe, silent) if clip.item.clip.corpus != CORPUS]
    items = [item for item in items if item.clip.split == "train"]
    voices = extract_voices(
        lambda _: hearing, logmel, items, views=recipe.paired.views, seed=recipe.seed, hook=silent
    )
    recordings = read_recordings(recipe, silent)
    pairs = extract_pairs(recordings, lambda _: (hearing, seeing), logmel, seed=recipe.seed, hook=silent)
    yield recipe, {**pools, "train": replace(pools["train"], voices=voices, pairs=by_actor(pairs))}


VARIANTS: Mapping[str, Variant] = {
    "gates not taught what is corrupted": untaught_gates,
    "real pairs in 60 % of the sequences instead of 30 %": more_pairs,
    "without real pairs of face and voice": made_pairs,
    "rendered faces read as well as known ones": known_faces,
    "labels by guessed shares (face 70 % of valence, 60 % of arousal)": guessed_shares,
    "encoders that have met the people (no cross-fitting)": known_people,
}


def row(name: str, found: LeftOut, recipe: CorpusRecipe, *, scale: bool = True) -> list[str]:
    """Figures on the actors left out: both streams, each alone, and what fusion adds."""
    steps = dict.fromkeys(TARGETS, (1.0, 0.0))
    by = figures(scaled(found, fit_scale(scaled(found, steps)) if scale else steps), recipe.streams)[CORPUS]
    cells = [name]
    for target in TARGETS:
        cells += [f"{by[f'fusion/{kind}_{target}']:.2f}" for kind in ("r", "ccc")]
        cells += [f"{by[f'{stream}/ccc_{target}']:.2f}" for stream in recipe.streams]
        low, high = by[f"advantage/{target}/low"], by[f"advantage/{target}/high"]
        cells.append(f"{by[f'advantage/{target}']:+.2f} [{low:+.2f}, {high:+.2f}]")
    return [*cells, *(f"{value:.2f}" for value in torn_apart(found))]


def torn_apart(found: LeftOut, *, draws: int = 5) -> tuple[float, float]:
    """CCC of valence with the label of the face, and with that of the voice, where they are of two clips.

    The clips of a fold pass their voices round; a voice that is too short begins again.
    """
    clips = [clip for clip in found.clips if clip.corpus == CORPUS]
    rng = np.random.default_rng(0)
    agreement = []
    for _ in range(draws):
        heard = list(range(len(clips)))
        for fold in found.networks:
            own = rng.permutation([i for i, clip in enumerate(clips) if clip.fold == fold])
            for i, other in zip(own, np.roll(own, 1), strict=True):
                heard[i] = int(other)
        mixed = [with_voice(clip, clips[other]) for clip, other in zip(clips, heard, strict=True)]
        values = clip_means(LeftOut(mixed, found.networks).predict())[:, 0]
        labels = np.array([clip.affect[0] for clip in clips])
        agreement.append((ccc(values, labels), ccc(values, labels[heard])))
    face, voice = np.mean(agreement, axis=0)
    return float(face), float(voice)


def with_voice(clip: LeftOutClip, other: LeftOutClip) -> LeftOutClip:
    ticks = len(clip.masks["audio"])
    voice, mask = other.streams["audio"], other.masks["audio"]
    return replace(
        clip,
        streams={**clip.streams, "audio": np.resize(voice, (ticks, voice.shape[1]))},
        masks={**clip.masks, "audio": np.resize(mask, ticks)},
    )


HEAD = [
    "training",
    *(
        f"{target}{what}"
        for target in TARGETS
        for what in (" r", " CCC", ", voice alone", ", face alone", ", both less the better one [95 %]")
    ),
    "two clips: valence of the face",
    "two clips: valence of the voice",
]

PAGE = """\
# What each part contributes

<!-- not run: needs a finished run of the recipe -->
```sh
python benchmarks/ablation.py work=runs/default data=PATH --out docs/ablation.md{only}
```

Written by that command on {day}, for `{recipe}`. In each row one part of the training is changed, and the
networks of all folds are trained anew on the same encoders; one seed. All are measured alike: 240 clips of
actors whom neither encoder nor network has met, one value a clip, against the coordinates of the acted
emotion. A stream alone is the same network with the other hidden: CCC. Intervals resample clips. Differences
of a few hundredths mean little: there are ten actors, and each network was trained once.

Two clips: the face of one and the voice of another, and how valence then goes with the label of the face and
with that of the voice (CCC). Raters weigh the face 79 : 21 (`benchmarks/rated_shares.py`). In
conversations and films a voice tells little of valence, so a network that follows the voice more is worth
less there, though on acted sentences it is better.

{table}

What better encoders contribute is in [Cross-corpus test](cross_corpus.md) and
[People never met](strangers.md).
"""


if __name__ == "__main__":
    main()
