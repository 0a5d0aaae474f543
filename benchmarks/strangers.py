"""How well people are read who were never met: the figures of a finished run, beside another model's results.

    avaffect predict PATH/javanese -o results -f csv --people main --model NAME
    python benchmarks/strangers.py work=runs/default --beside results --out docs/strangers.md

Needs a finished run of recipes/hgrjca.default.yaml with videos of actors: in it every clip was read by
encoders and a network that were trained without its corpus, or without the actor. ``--beside`` takes the
tables of a model that has never seen any of the videos, such as an earlier default.
"""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avaffect import __version__
from avaffect.comparison.markdown import table
from avaffect.corpus.acted import read_acted
from avaffect.corpus.emotions import VALENCE_AROUSAL
from avaffect.corpus.speech import INTENSITY
from avaffect.metric import regression_metrics
from avaffect.progress import silent
from avaffect.spec import TARGETS
from avaffect.streams.quality import DETAIL, SNR
from avaffect.train.acted import CORPUS
from avaffect.train.corpus_terms import CORPORA
from avaffect.train.feature_cache import read_pools
from avaffect.train.fusion import pool_folds
from avaffect.train.left_out import LeftOut, read_left_out, scaled
from avaffect.train.left_out import clip_means as left_out_means
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe
from avaffect.train.result import load_figures
from avaffect.train.step import step_response

ROOT = Path(__file__).parents[1]
AFFECT = tuple(f"{kind}_{target}" for target in TARGETS for kind in ("r", "ccc"))
HEADS = tuple(f"{target} {kind}" for target in TARGETS for kind in ("r", "CCC"))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="of the recipe, e.g. work=runs/default data=PATH")
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "hgrjca.default.yaml")
    parser.add_argument("--beside", type=Path, help="folder of another model's csv results on the videos")
    parser.add_argument("--name", default="another model", help="what that model is called")
    parser.add_argument("--out", type=Path, help="Markdown")
    options = parser.parse_intermixed_args(arguments)
    recipe = read_corpus_recipe(options.recipe, ["data=.", *options.overrides])
    text = report(recipe, options.beside, options.name)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def report(recipe: CorpusRecipe, beside: Path | None, name: str) -> str:
    """The page."""
    figures = {stage: load_figures(recipe.folder(stage)) for stage in ("adapt", "voice", "calibration")}
    on_strangers = figures["calibration"]
    found = left_out_clips(recipe)
    values = left_out_means(found.predict())
    parts = [
        HEAD.format(day=datetime.date.today(), version=__version__, recipe=recipe.name),
        "## Voice\n",
        VOICE,
        voice_table(figures["voice"]),
        "## Face\n",
        FACE,
        table(["faces", *HEADS], [["actors left out", *affect(figures["adapt"]["left_out"])]]),
        "\n## Both\n",
        BOTH,
        both_table(recipe, on_strangers["strangers"], beside, name),
        *gains(on_strangers["strangers"]["acted"]),
        emotions(recipe, found, values, beside, name),
        voices(found, values),
        "## Intervals\n",
        INTERVALS.format(coverage=recipe.calibration.coverage),
        coverage_table(on_strangers["coverage"]),
        WIDENING.format(coverage=recipe.calibration.coverage),
        widening_table(on_strangers["widening"]),
        "## Time\n",
        STEP.format(**on_strangers["step"]),
        CAUSAL.format(**causal_step(recipe, found)),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def voice_table(figures: Mapping[str, Any]) -> str:
    rows = [row(label(name), by) for name, by in figures["left_out"].items()]
    rows += [row(f"{label(name)}, never trained on", by) for name, by in figures["unseen"].items()]
    return table(["left out", "clips", "speakers", "UAR", *HEADS], rows)


def row(name: str, by: Mapping[str, float]) -> list[str]:
    return [name, f"{by['clips']:.0f}", f"{by['speakers']:.0f}", f"{by['uar']:.2f}", *affect(by)]


def label(name: str) -> str:
    return CORPORA[name].name if name in CORPORA else "videos of actors"


def affect(by: Mapping[str, float], prefix: str = "") -> list[str]:
    return [f"{by[prefix + key]:.2f}" for key in AFFECT]


def both_table(
    recipe: CorpusRecipe, figures: Mapping[str, Mapping[str, float]], beside: Path | None, name: str
) -> str:
    rows = []
    for corpus, by in figures.items():
        for system in ("fusion", *recipe.streams):
            if f"{system}/{AFFECT[0]}" in by:
                what = "both" if system == "fusion" else f"{system} alone"
                heard = what if corpus == "acted" else "audio alone"
                rows.append([label(corpus), heard, f"{by['clips']:.0f}", *affect(by, f"{system}/")])
    if beside is not None:
        values, labels = clip_means(recipe, beside)
        own = regression_metrics(values, labels)
        rows.append([f"videos of actors, by {name}", "both", str(len(values)), *affect(own)])
    return table(["left out", "streams", "clips", *HEADS], rows)


def gains(by: Mapping[str, float]) -> list[str]:
    return [
        f"CCC of {target} on the videos, both streams less the better one alone: "
        f"{by[f'advantage/{target}']:+.3f} [{by[f'advantage/{target}/low']:+.3f}, "
        f"{by[f'advantage/{target}/high']:+.3f}] (95 %, clips resampled).\n"
        for target in TARGETS
    ]


def emotions(recipe: CorpusRecipe, found: LeftOut, values: np.ndarray, beside: Path | None, name: str) -> str:
    """Mean values by acted emotion: of actors left out, and of another model's results."""
    acted = np.array([clip.corpus == CORPUS for clip in found.clips])
    labels = np.stack([clip.affect for clip in found.clips])[acted]
    systems = {"": (values[acted], labels)}
    if beside is not None:
        systems[f", {name}"] = clip_means(recipe, beside)
    rows = []
    for emotion, place in VALENCE_AROUSAL.items():
        proxy = INTENSITY[""] * np.array(place)
        cells = []
        for means, known in systems.values():
            own = np.isclose(known, proxy, atol=1e-3).all(axis=1)
            cells += [f"{value:+.2f}" for value in np.nanmean(means[own], axis=0)] if own.any() else []
        if cells:
            rows.append([emotion, *(f"{value:+.2f}" for value in proxy), *cells])
    heads = [f"{target}{system}" for system in (" of the label", *systems) for target in TARGETS]
    return "Mean values on the videos by acted emotion:\n\n" + table(["emotion", *heads], rows) + "\n"


def voices(found: LeftOut, values: np.ndarray) -> str:
    """Mean valence by acted emotion, of the voice alone, each corpus by a network trained without it."""
    named = np.array([named_emotion(clip.affect) for clip in found.clips])
    of = np.array([clip.corpus for clip in found.clips])
    corpora = [corpus for corpus in dict.fromkeys(of.tolist()) if corpus != CORPUS]
    rows = []
    for emotion in VALENCE_AROUSAL:
        cells = []
        for corpus in corpora:
            own = (named == emotion) & (of == corpus)
            cells.append(f"{np.nanmean(values[own, 0]):+.2f} ({own.sum()})" if own.any() else "")
        if any(cells):
            rows.append([emotion, f"{INTENSITY[''] * VALENCE_AROUSAL[emotion][0]:+.2f}", *cells])
    heads = ["emotion", "label, plain", *map(label, corpora)]
    return f"{VOICES}\n{table(heads, rows)}\n"


def named_emotion(affect: np.ndarray) -> str:
    """The emotion whose coordinates these are, at any intensity; "" where none's are."""
    for emotion, place in VALENCE_AROUSAL.items():
        if any(np.allclose(affect, factor * np.array(place), atol=1e-3) for factor in INTENSITY.values()):
            return emotion
    return ""


def clip_means(recipe: CorpusRecipe, results: Path) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each clip's rows in a folder of csv results, and its proxy."""
    assert recipe.acted is not None
    values, labels = [], []
    for clip in read_acted(recipe.data / recipe.acted.folder):
        path = results / f"{clip.path.stem}.csv"
        if path.is_file():
            mean = pd.read_csv(path)[list(TARGETS)].mean().to_numpy()
            if np.isfinite(mean).all():
                values.append(mean)
                labels.append(INTENSITY[""] * np.array(clip.valence_arousal))
    return np.stack(values), np.stack(labels)


def coverage_table(figures: Mapping[str, Mapping[str, float]]) -> str:
    kinds = [f"{target}/{kind}" for target in TARGETS for kind in ("ticks", "clips")]
    rows = [[label(corpus), *(f"{by[kind]:.2f}" for kind in kinds)] for corpus, by in figures.items()]
    return table(["left out", *(kind.replace("/", ", ") for kind in kinds)], rows)


def widening_table(figures: Mapping[str, Mapping[str, Mapping[str, Sequence[Sequence[float]]]]]) -> str:
    rows = []
    for condition, measures in figures.items():
        for measure, curves in measures.items():
            first, second = (curves[target] for target in TARGETS)
            for (place, one), (_, two) in zip(first, second, strict=True):
                rows.append([condition, UNITS[measure].format(place), f"{one:.2f}", f"{two:.2f}"])
    return table(["available", "measure", *(f"added to {target}" for target in TARGETS)], rows) + "\n"


UNITS = {DETAIL: "face: {:+.2f} octaves", SNR: "voice: {:.0f} dB"}


def causal_step(recipe: CorpusRecipe, found: LeftOut) -> dict[str, float]:
    """The answer to a step of networks that know only what was there until then."""
    pools = read_pools(recipe, silent)
    return step_response(found, pools["train"].pairs, pool_folds(recipe, pools), causal=True)


def left_out_clips(recipe: CorpusRecipe) -> LeftOut:
    """Clips left out, and networks that give values on the scale of the model."""
    scale = load_figures(recipe.folder("calibration"))["scale"]
    return scaled(read_left_out(recipe, silent), {target: tuple(scale[target]) for target in TARGETS})


HEAD = """\
# People never met

<!-- not run: needs a finished run of the recipe -->
```sh
python benchmarks/strangers.py work=runs/default data=PATH --out docs/strangers.md
```

Written by that command on {day} with avaffect {version}, for `{recipe}`. Every clip was read by encoders and
a network that were trained without its corpus, or without the actor. One value a clip, its mean. The labels
are proxies: the coordinates of the acted emotion, not ratings. So the figures say how well acted emotions are
told apart on one scale by people the model has never met; those of spontaneous people will be lower.
"""

VOICES = """\
Mean valence by acted emotion, the voice alone (clips). Emotions are told apart within a corpus; beside that,
each corpus has an offset of its own, by language, microphone and manner: see the neutral ones. A baseline of
the person (`--baseline`) takes such an offset away. EmoGator has sounds without words.
"""

VOICE = """\
The voice encoder alone, before fusion and scale. UAR: unweighted average recall of the corpus's emotions.
"""

FACE = """\
The face encoder alone, on the videos of actors.
"""

BOTH = """\
The whole model, on the scale that it gives. A stream alone is the same network with the other stream hidden.
"""

INTERVALS = """\
Share of labels inside the intervals, meant to be {coverage:.2f}. The widths come from all other folds of
corpora and actors, each corpus with the same weight. `ticks`: the interval of each tick; `clips`: the mean of
a clip in the mean interval.
"""

WIDENING = """
What an unclear face and a noisy voice add to the half-width, as a square to the square. Measured on the same
clips, with faces made smaller and blurred and with noise added: {coverage:.0%} of the readings are no further
from those of the clear clip. A sharp face has a detail of about 0.3 octaves, one of 24 pixels -0.6, one
of 12 -0.9, one blurred by 4 pixels -1.2. Turned heads are too rare in these clips to learn from, and add
nothing.
"""

STEP = """\
A neutral clip followed at once by a happy one of the same actor, face and voice: {before:.0%} of the change
in valence shows 0.5 s before the step, {after:.0%} 0.5 s after it; half of it shows at {half_seconds:+.2f} s.
"""

CAUSAL = """
Causal reading (`--causal`, `avaffect live`, no lag): {before:.0%} 0.5 s before the step, {after:.0%} 0.5 s
after it, half of it at {half_seconds:+.2f} s. Of what is after a tick it knows nothing; what shows before the
step is the end of the neutral clip.
"""


if __name__ == "__main__":
    main()
