"""Cross-corpus test of the encoders: each corpus is left out of the training once, and measured.

    python benchmarks/cross_corpus.py data=PATH --out docs/cross_corpus.md
    python benchmarks/cross_corpus.py data=PATH --encoders voice whisper --only ravdess tess acted

Trains the face and voice encoder of the recipe once for every corpus, on all others, and measures it on the
whole of the corpus left out. Voices come from all corpora that the recipe trains or measures on, and from its
videos of actors. Several voice encoders are compared with the same clips, views and number of steps; one that
is not the recipe's has its default options. Faces lie in WORK/CORPUS, voices in WORK/ENCODER (WORK/CORPUS.N,
WORK/ENCODER.N with --epochs N). A training that is done is skipped; one that was stopped is resumed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from avaffect import voice
from avaffect.comparison.markdown import number, table
from avaffect.metric import pcc
from avaffect.progress import silent
from avaffect.spec import TARGETS
from avaffect.train.acted import CORPUS
from avaffect.train.claims import claim, is_done
from avaffect.train.corpus_terms import CORPORA
from avaffect.train.face import AlignedFaces, read_corpora
from avaffect.train.folds import Fold
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe
from avaffect.train.result import load_figures
from avaffect.train.run import run
from avaffect.train.voice import figures_without, read_clips, train_without
from avaffect.train.voice_clips import AnalysedClip

ROOT = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    settings = read_corpus_recipe(options.recipe, options.overrides)
    found: dict[str, Any] = {"voice": voices_left_out(settings, options), "face": {}}
    names = left_out(settings.face.corpora, options.only)
    faces = aligned_faces(settings, options.work) if names else {}
    for name in names:
        found["face"][name] = {"items": len(faces[name].corpus)} | train_faces(settings, options, name)
    epochs = {stage: options.epochs or getattr(settings, stage).fit.epochs for stage in found}
    given = f" --encoders {' '.join(options.encoders)}" if options.encoders else ""
    text = report(found, epochs, shorter=given + (f" --epochs {options.epochs}" if options.epochs else ""))
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
    parser.add_argument("--encoders", nargs="+", default=[], metavar="NAME", help="of voices, to compare")
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


def voices_left_out(settings: CorpusRecipe, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Figures by corpus and encoder, and of the baseline."""
    corpora = [*settings.voice.corpora, *settings.voice.unseen, *([CORPUS] if settings.acted else [])]
    names = left_out(corpora, options.only)
    found: dict[str, dict[str, Any]] = {}
    for encoder in (options.encoders or [settings.voice.encoder.name]) if names else []:
        own = recipe_of(settings, options, encoder)
        share(settings.folder("acted"), own.folder("acted"), "*")
        share(options.work / "acted", own.folder("acted"), "*")
        claim(own, "voice")
        clips = read_clips(own, silent)
        share(own.folder("acted"), options.work / "acted", "*")
        for name in names:
            fold = Fold(name, frozenset([name]))
            print(f"voice without {name}: {own.folder('voice') / name}", file=sys.stderr, flush=True)
            train_without(own, clips, fold, silent)
            items = [clip.item for clip in clips if clip.item.clip.corpus == name]
            found.setdefault(name, {"encoders": {}} | simple_voice(items))
            found[name]["encoders"][encoder] = figures_without(own, [fold], clips)[name]
    return found


def recipe_of(settings: CorpusRecipe, options: argparse.Namespace, encoder: str) -> CorpusRecipe:
    """The recipe with a voice encoder, that trains on all corpora."""
    corpora = [*settings.voice.corpora, *settings.voice.unseen]
    work = options.work / (f"{encoder}.{options.epochs}" if options.epochs else encoder)
    changes = [f"work={work}", f"voice.corpora=[{', '.join(corpora)}]", "voice.unseen=[]"]
    if encoder != settings.voice.encoder.name:
        changes += [f"voice.encoder={{name: {encoder}, options: {{}}}}", "voice.published=null"]
    if options.epochs:
        changes.append(f"voice.fit.epochs={options.epochs}")
    return read_corpus_recipe(options.recipe, [*options.overrides, *changes])


def train_faces(settings: CorpusRecipe, options: argparse.Namespace, name: str) -> dict[str, Any]:
    """Figures of a corpus from an encoder trained on the others, and of its test part from the recipe's."""
    work = options.work / (f"{name}.{options.epochs}" if options.epochs else name)
    others = [other for other in settings.face.corpora if other != name]
    changes = [f"work={work}", f"face.corpora=[{', '.join(others)}]", f"face.unseen=[{name}]"]
    if options.epochs:
        changes.append(f"face.fit.epochs={options.epochs}")
    print(f"face without {name}: {work}", file=sys.stderr, flush=True)
    share(options.work / "face", work / "face", "*.npy")
    run(options.recipe, [*options.overrides, *changes], stages=["face"])
    figures: dict[str, Any] = load_figures(work / "face")["unseen"][name]
    home = settings.folder("face")
    known = load_figures(home)["test"] if is_done(home) else {}
    return figures | {f"home/{key}": known.get(f"{name}/{key}", np.nan) for key in figures}


def aligned_faces(settings: CorpusRecipe, work: Path) -> dict[str, AlignedFaces]:
    """The face corpora; their landmarks do not depend on the training, and are found once."""
    share(settings.folder("face"), work / "face", "*.npy")
    return read_corpora(settings.model_copy(update={"work": work}), settings.face.corpora)


def share(have: Path, want: Path, pattern: str) -> None:
    """Copy what another run has found: landmarks, or what was read of videos."""
    want.mkdir(parents=True, exist_ok=True)
    for path in have.glob(pattern):
        if not (want / path.name).is_file():
            shutil.copy(path, want / path.name)


def simple_voice(items: Sequence[AnalysedClip]) -> dict[str, Any]:
    """Sizes of a voice corpus, and the correlation of loudness and spectral centroid with arousal.

    Each is z-scored, over the corpus or over the speaker's clips, and their mean correlated with the proxy.
    """
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
    found: Mapping[str, Mapping[str, Mapping[str, Any]]], epochs: Mapping[str, int], *, shorter: str = ""
) -> str:
    """The page in Markdown; `shorter` is what the command had that shortened the training."""
    parts = [HEAD.format(day=datetime.date.today().isoformat(), shorter=shorter)]
    if found["voice"]:
        parts += [VOICE.format(epochs=epochs["voice"]), voice_table(found["voice"])]
    if found["face"]:
        parts += [FACE.format(epochs=epochs["face"]), face_table(found["face"])]
    return "\n".join(parts)


def voice_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [
            name_of(name),
            *([encoder] if len(by["encoders"]) > 1 else []),
            f"{by['items']:.0f}",
            f"{by['speakers']:.0f}",
            f"{number(own['uar'], 2)} ({1 / by['classes']:.2f})",
            *(number(own[key], 2) for key in AFFECT),
            number(by["simple/corpus"], 2),
            number(by["simple/speaker"], 2),
        ]
        for name, by in found.items()
        for encoder, own in by["encoders"].items()
    ]
    encoders = list(next(iter(found.values()))["encoders"])
    spoken = [by for name, by in found.items() if name not in WORDLESS]
    for encoder in encoders if len(spoken) > 1 else []:
        means = [np.mean([by["encoders"][encoder][key] for by in spoken]) for key in AFFECT]
        means += [np.mean([by[key] for by in spoken]) for key in SIMPLE]
        label = ["mean of those with words", *([encoder] if len(encoders) > 1 else [])]
        rows.append([*label, "", "", "", *(number(float(value), 2) for value in means)])
    kind = ["encoder"] if len(encoders) > 1 else []
    ends = ["arousal r, simple", "by speaker"]
    return table(["left out", *kind, "clips", "speakers", "UAR (chance)", *HEADS, *ends], rows) + "\n"


def name_of(corpus: str) -> str:
    return CORPORA[corpus].name if corpus in CORPORA else corpus


def face_table(found: Mapping[str, Mapping[str, float]]) -> str:
    rows = [[CORPORA[name].name, f"{by['items']:.0f}", *affect(by)] for name, by in found.items()]
    return table(["left out", "faces", *HEADS], rows) + "\n"


AFFECT = tuple(f"{kind}_{target}" for target in TARGETS for kind in ("r", "ccc"))
WORDLESS = ("emogator",)
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
