"""The default models against each other on the same sequences of held-out faces and speakers.

    python benchmarks/default.py work=runs/default --out docs/default.md --json default.json

Needs a finished run of recipes/hgrjca.default.yaml (its work folder, for the features of the test faces and
clips) and the models of the family: by default ``WORK/NAME/model`` where that is, else the model that ships
with the package under the name.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from avaffect import checkpoint
from avaffect.comparison.markdown import table
from avaffect.evaluate.bootstrap import Estimate
from avaffect.model import AffectModel
from avaffect.spec import TARGETS
from avaffect.train.fusion.calibrate import coverages
from avaffect.train.fusion.family import gains, gates_and_damage, late, places, scores
from avaffect.train.fusion.frozen import frozen_gates
from avaffect.train.fusion.module import held_out, predict
from avaffect.train.fusion.stage import sequences
from avaffect.train.fusion.stock import kept_stock
from avaffect.train.paired import Stock, Wear
from avaffect.train.recipe import Recipe, read_recipe

ROOT = Path(__file__).parents[1]
FAMILY = ("hgrjca", "jca", "audio", "visual")
FROZEN = "hgrjca, gates held"


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    settings = read_recipe(options.recipe, ["data=.", *options.overrides])
    models = {name: checkpoint.load(place(settings, name, getattr(options, name))) for name in FAMILY}
    found = measure(settings, models, count=options.sequences, resamples=options.resamples)
    text = report(settings, models, found, options)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2, default=asdict) + "\n", encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="of the recipe, e.g. work=runs/default")
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "hgrjca.default.yaml")
    for name in FAMILY:
        parser.add_argument(f"--{name}", help="folder or name of this model")
    parser.add_argument("--sequences", type=int, default=300, help="of each kind")
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="Markdown")
    parser.add_argument("--json", type=Path)
    return parser.parse_intermixed_args(arguments)


def place(settings: Recipe, name: str, given: str | None) -> str | Path:
    """The folder or name of a model of the family."""
    full = f"{name}.{settings.name.partition('.')[2]}"
    folder = settings.work / full / "model"
    return given or (folder if folder.is_dir() else full)


def measure(
    settings: Recipe, models: Mapping[str, AffectModel], *, count: int, resamples: int
) -> dict[str, Any]:
    """All figures, JSON-able but for estimates."""
    stock = kept_stock(settings, "test")
    found: dict[str, Any] = {}
    for kind, data in sequences(settings, stock, count=count).items():
        said = {name: predict(model, data)[0] for name, model in models.items()}
        said |= late(models["audio"], models["visual"], data)
        with frozen_gates(models["hgrjca"], data) as model:
            said[FROZEN] = predict(model, data)[0]
        found[kind] = {
            "ccc": scores(said, data, resamples=resamples),
            "gain": gains(said, data, "hgrjca", resamples=resamples),
            "places": {
                name: {
                    "share": float(ticks.mean()),
                    "ccc": scores(said, data, counted=ticks, resamples=resamples),
                }
                for name, ticks in places(data).items()
            },
            "gates": gates_and_damage(models["hgrjca"], data, resamples=resamples),
        }
    usual = as_trained(settings, stock, count)
    found["coverage"] = {name: coverages(m, usual, m.spec.calibration) for name, m in models.items()}
    return found


def as_trained(settings: Recipe, stock: Stock, count: int) -> dict[str, Tensor]:
    """Sequences damaged as often as those of training."""
    ticks, seed = settings.fusion.ticks[1], settings.seed + 11
    return held_out(stock, count=count, ticks=ticks, seed=seed, wear=Wear())


def report(
    settings: Recipe,
    models: Mapping[str, AffectModel],
    found: Mapping[str, Any],
    options: argparse.Namespace,
) -> str:
    """The page in Markdown."""
    seconds = settings.fusion.ticks[1] / models["hgrjca"].spec.tick_rate
    about = HEAD.format(
        day=datetime.date.today().isoformat(),
        count=options.sequences,
        seconds=seconds,
        resamples=options.resamples,
    )
    return "\n".join(
        [
            about,
            *(ccc_section(kind, found[kind]) for kind in ("clean", "worn")),
            GATES,
            gates_table(found["worn"]["gates"]),
            PLACES,
            place_table(found["worn"]["places"]),
            COVERAGE.format(coverage=models["hgrjca"].spec.coverage),
            coverage_table(found["coverage"]),
        ]
    )


def ccc_section(kind: str, found: Mapping[str, Any]) -> str:
    rows = []
    for name, by in found["ccc"].items():
        less = found["gain"].get(name)
        cells = [cell(by[target]) for target in TARGETS]
        cells += [cell(less[target], sign=True) if less else "" for target in TARGETS]
        rows.append([name, *cells])
    head = ["system", "valence", "arousal", "hgrjca above it, valence", "hgrjca above it, arousal"]
    return f"### {TITLES[kind]}\n\n{table(head, rows)}\n"


def gates_table(gates: Mapping[str, Mapping[str, Estimate]]) -> str:
    rows = []
    for name, by in gates.items():
        stream = name.removeprefix("attended.")
        cells = [cell(by[other], sign=True) for other in ("audio", "visual")]
        rows.append([f"{stream} from joint attention", *cells])
    return table(["share", "with damaged voice", "with damaged face"], rows) + "\n"


def place_table(found: Mapping[str, Any]) -> str:
    systems = list(next(iter(found.values()))["ccc"])
    rows = []
    for name, of in found.items():
        values = (of["ccc"][system] for system in systems)
        cells = [" / ".join(f"{by[target].value:.2f}" for target in TARGETS) for by in values]
        rows.append([name, f"{of['share']:.0%}", *cells])
    return table(["wrong", "ticks", *systems], rows) + "\n"


def coverage_table(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    rows = [
        [name, condition, *(f"{by[target]:.3f}" for target in TARGETS)]
        for name, conditions in found.items()
        for condition, by in conditions.items()
    ]
    return table(["model", "available", *TARGETS], rows) + "\n"


def cell(figure: Estimate, *, sign: bool = False) -> str:
    """A figure and its interval.

    >>> cell(Estimate(0.5, 0.25, 0.75))
    '0.500 [0.250, 0.750]'
    """
    form = "+.3f" if sign else ".3f"
    return f"{figure.value:{form}} [{figure.low:{form}}, {figure.high:{form}}]"


TITLES = {
    "clean": "Clean: nothing but the pauses of speech",
    "worn": "Damaged: spans missing, blurred, dark, occluded, noisy",
}

HEAD = """\
# The default models compared

```
python benchmarks/default.py work=runs/default --out docs/default.md
```

Written by that command on {day}: {count} sequences of {seconds:.1f} s each, clean and damaged, put together
from test faces and test speakers as in training ([training](training.md#the-default-model)). No one there
was seen or heard in training; but the label is a proxy, the weighted mean of what face and voice stand
for, and the figures say how well two streams are combined, not how well people are read.

`hgrjca`, `jca`: both streams, trained alike but for the gates. `audio`, `visual`: models of one stream, on
the same encoders. `late`: the mean of these two; `late, of those there`: of those whose stream is there at
the tick. `hgrjca, gates held`: the same weights with every gate held at its mean over these sequences, so
that nothing in them depends on what is seen or heard.

CCC over all ticks at which a face or a voice is there, for all systems, also where a system's own stream is
missing and it says what it says of nothing. Intervals (95 %) resample the sequences {resamples} times, the
same for all systems: they hold for other sequences of these few test speakers, not for other speakers.

## CCC
"""

GATES = """\
## Do the gates leave what is damaged?

Correlation, on damaged sequences, of damage with the share that a stream takes from joint attention instead
of its own features, where both streams are there. A gate that works is high with damage of its own stream,
and low or negative with that of the other.
"""

PLACES = """\
## By what is wrong

CCC of valence / arousal on the ticks of the damaged sequences where that is so. The label leaves out what
is damaged unless nothing else is there.
"""

COVERAGE = """\
## Coverage

Share of labels inside the interval, meant to be {coverage:.2f}, on sequences of test people damaged as
often as those of training; `all`: over all ticks as they occur, the others also with one stream hidden.
"""


if __name__ == "__main__":
    main()
