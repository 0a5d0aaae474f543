"""Cross-corpus test of the encoders: each corpus is left out of the training once, and measured.

    python benchmarks/cross_corpus.py data=PATH --out docs/cross_corpus.md

Trains the face and voice encoder of the recipe once for every corpus, on all others, in a work folder of its
own (WORK/CORPUS, or WORK/CORPUS.EPOCHS with --epochs), and measures it on the whole of the corpus left out.
A training that is done is skipped; one that was stopped is resumed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from avaffect import voice
from avaffect.comparison.markdown import number, table
from avaffect.corpus.speech import read_speech
from avaffect.metric import pcc
from avaffect.spec import TARGETS
from avaffect.train.claims import is_done
from avaffect.train.corpus_terms import CORPORA
from avaffect.train.face import AlignedFaces, read_corpora
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe
from avaffect.train.result import load_figures
from avaffect.train.run import run
from avaffect.train.voice_clips import AnalysedClip, analyse_clips

Stage = Literal["face", "voice"]
ROOT = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    settings = read_corpus_recipe(options.recipe, options.overrides)
    found: dict[str, Any] = {"voice": {}, "face": {}}
    for name in left_out(settings.voice.corpora, options.only):
        found["voice"][name] = train(settings, options, "voice", name) | simple_voice(settings, name)
    names = left_out(settings.face.corpora, options.only)
    faces = aligned_faces(settings, options.work) if names else {}
    for name in names:
        found["face"][name] = {"items": len(faces[name].corpus)} | train(settings, options, "face", name)
    epochs = {stage: options.epochs or getattr(settings, stage).fit.epochs for stage in found}
    text = report(found, epochs, shorter=f" --epochs {options.epochs}" if options.epochs else "")
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="of the recipe, e.g. data=PATH threads=2")
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "hgrjca.default.yaml")
    parser.add_argument("--work", type=Path, default=Path("runs/cross_corpus"))
    parser.add_argument("--epochs", type=int, help="shorter than the recipe's; the table says so")
    parser.add_argument("--only", nargs="+", default=[], metavar="CORPUS", help="leave out these alone")
    parser.add_argument("--out", type=Path, help="Markdown")
    parser.add_argument("--json", type=Path)
    return parser.parse_intermixed_args(arguments)


def left_out(corpora: Sequence[str], only: Sequence[str]) -> list[str]:
    """The corpora to leave out: all, or some; none where nothing would be left to train on.

    >>> left_out(["ravdess", "tess"], ["tess"]), left_out(["ravdess"], [])
    (['tess'], [])
    """
    return [name for name in corpora if len(corpora) > 1 and (not only or name in only)]


def train(settings: CorpusRecipe, options: argparse.Namespace, stage: Stage, name: str) -> dict[str, Any]:
    """Figures of a corpus from an encoder trained on the others, and of its test part from the recipe's."""
    work = options.work / (f"{name}.{options.epochs}" if options.epochs else name)
    others = [other for other in getattr(settings, stage).corpora if other != name]
    changes = [f"work={work}", f"{stage}.corpora=[{', '.join(others)}]", f"{stage}.unseen=[{name}]"]
    if options.epochs:
        changes.append(f"{stage}.fit.epochs={options.epochs}")
    print(f"{stage} without {name}: {work}", file=sys.stderr, flush=True)
    share_landmarks(options.work / "face", work / "face")
    run(options.recipe, [*options.overrides, *changes], stages=[stage])
    figures: dict[str, Any] = load_figures(work / stage)["unseen"][name]
    home = settings.work / stage
    known = load_figures(home)["test"] if is_done(home) else {}
    return figures | {f"home/{key}": known.get(f"{name}/{key}", np.nan) for key in figures}


def aligned_faces(settings: CorpusRecipe, work: Path) -> dict[str, AlignedFaces]:
    """The face corpora; their landmarks do not depend on the training, and are found once."""
    share_landmarks(settings.work / "face", work / "face")
    return read_corpora(settings.model_copy(update={"work": work}), settings.face.corpora)


def share_landmarks(have: Path, want: Path) -> None:
    """Copy the landmarks that another run has found."""
    want.mkdir(parents=True, exist_ok=True)
    for path in have.glob("*.npy"):
        if not (want / path.name).is_file():
            shutil.copy(path, want / path.name)


def simple_voice(settings: CorpusRecipe, name: str) -> dict[str, Any]:
    """Sizes of a voice corpus, and the correlation of loudness and spectral centroid with arousal.

    Each is z-scored, over the corpus or over the speaker's clips, and their mean correlated with the proxy.
    """
    items = analyse_clips(read_speech(settings.data / settings.voice.speech, [name]))
    values = np.array([loudness_and_centroid(item) for item in items])
    arousal = np.array([item.clip.valence_arousal[1] for item in items])
    speakers = np.array([item.clip.speaker for item in items])
    by_speaker = np.empty(len(items))
    for speaker in np.unique(speakers):
        by_speaker[speakers == speaker] = z_mean(values[speakers == speaker])
    return {
        "items": len(items),
        "speakers": len(set(speakers)),
        "classes": len({item.clip.emotion for item in items}),
        "simple/corpus": pcc(z_mean(values), arousal),
        "simple/speaker": pcc(by_speaker, arousal),
    }


def loudness_and_centroid(item: AnalysedClip) -> tuple[float, float]:
    """Means over the voiced frames: level in bels, centroid of the power in mel bands."""
    logmel = voice.log_mel(item.clip.sound)[item.voiced]
    power = 10.0 ** logmel.astype(np.float64)
    centroid = power @ np.arange(power.shape[1]) / power.sum(axis=1)
    return float(voice.frame_level(logmel).mean()), float(centroid.mean())


def z_mean(values: np.ndarray) -> np.ndarray:
    """Mean of the z-scored columns, (n, d) to (n,).

    >>> z_mean(np.array([[1.0, 10.0], [3.0, 30.0]]))
    array([-1.,  1.])
    """
    spread = values.std(axis=0)
    return ((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)).mean(axis=1)


def report(
    found: Mapping[str, Mapping[str, Mapping[str, float]]], epochs: Mapping[str, int], *, shorter: str = ""
) -> str:
    """The page in Markdown; `shorter` is what the command had that shortened the training."""
    parts = [HEAD.format(day=datetime.date.today().isoformat(), shorter=shorter)]
    if found["voice"]:
        parts += [VOICE.format(epochs=epochs["voice"]), voice_table(found["voice"])]
    if found["face"]:
        parts += [FACE.format(epochs=epochs["face"]), face_table(found["face"])]
    return "\n".join(parts)


def voice_table(found: Mapping[str, Mapping[str, float]]) -> str:
    rows = [
        [
            CORPORA[name].name,
            f"{by['items']:.0f}",
            f"{by['speakers']:.0f}",
            f"{beside(by, 'uar')} ({1 / by['classes']:.2f})",
            *affect(by),
            number(by["simple/corpus"], 2),
            number(by["simple/speaker"], 2),
        ]
        for name, by in found.items()
    ]
    if len(found) > 1:
        means = [np.mean([by[key] for by in found.values()]) for key in (*AFFECT, *SIMPLE)]
        rows.append(["mean", "", "", "", *(number(float(value), 2) for value in means)])
    head = ["left out", "clips", "speakers", "UAR (chance)", *HEADS, "arousal r, simple", "by speaker"]
    return table(head, rows) + "\n"


def face_table(found: Mapping[str, Mapping[str, float]]) -> str:
    rows = [[CORPORA[name].name, f"{by['items']:.0f}", *affect(by)] for name, by in found.items()]
    return table(["left out", "faces", *HEADS], rows) + "\n"


AFFECT = tuple(f"{kind}_{target}" for target in TARGETS for kind in ("r", "ccc"))
SIMPLE = ("simple/corpus", "simple/speaker")
HEADS = [f"{target} {kind}" for target in TARGETS for kind in ("r", "CCC")]


def affect(by: Mapping[str, float]) -> list[str]:
    return [beside(by, key) for key in AFFECT]


def beside(by: Mapping[str, float], key: str) -> str:
    """A figure of the left-out corpus, and in brackets that of its test part where it was not left out.

    >>> beside({"uar": 0.5, "home/uar": 0.75}, "uar"), beside({"uar": 0.5, "home/uar": np.nan}, "uar")
    ('0.50 [0.75]', '0.50')
    """
    home = by[f"home/{key}"]
    return number(by[key], 2) + ("" if np.isnan(home) else f" [{number(home, 2)}]")


HEAD = """\
# Cross-corpus test

<!-- not run: takes hours, and needs the corpora -->
```sh
python benchmarks/cross_corpus.py data=PATH{shorter} --out docs/cross_corpus.md
```

Written by that command on {day}. Each corpus is left out once: the encoder of the default recipe is trained
on all others and measured on the whole of it. People, language, pictures or microphones and raters are
others than in training. This is nearer to practical use than the held-out part of a corpus that was trained
on; the figures of that part stand in square brackets. CCC needs the right scale too, the correlation r does
not. The corpora have a few speakers each and every encoder was trained once: differences of a few hundredths
mean nothing.
"""

VOICE = """\
## Voice

{epochs} epochs. Valence and arousal are proxies: those of the acted emotion. UAR: unweighted average recall
of the corpus's emotions. `simple` is a baseline without training: correlation of the proxy with the mean of
z-scored loudness and spectral centroid of the clip. They are scaled over the whole corpus, or over each
speaker's own clips, which needs other recordings of the person. The vocal bursts of EmoGator have no words.
"""

FACE = """\
## Face

{epochs} epochs. FERPlus is compared with the proxies from its votes, DiffusionFER with ratings. With one of
the two left out, nothing relates the two scales to each other. Without FERPlus no emotions are taught, and
a thousand synthetic faces remain.
"""


if __name__ == "__main__":
    main()
