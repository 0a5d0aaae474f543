"""The default models compared on the same paired sequences of test faces and test speakers.

    python benchmarks/default.py work=runs/default --out docs/default.md --json default.json

Needs a finished run of recipes/hgrjca.default.yaml (its work folder, for the features of the test faces and
clips) and the models of the family: by default ``WORK/NAME/model`` where that exists, else the embedded model
of the name.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from system_comparison import corruption_strata, differences, gate_correlations, late_fusion, scores
from torch import Tensor

from avaffect import checkpoint
from avaffect.comparison.held_gates import held_gates, mean_gates
from avaffect.comparison.markdown import table
from avaffect.evaluate.bootstrap import Estimate
from avaffect.model import AffectModel
from avaffect.spec import TARGETS
from avaffect.train.calibrate import coverages
from avaffect.train.evaluate import predict_sequences, predictions
from avaffect.train.feature_cache import cached_pool
from avaffect.train.feature_pool import FeaturePool
from avaffect.train.paired import SequenceCorruption
from avaffect.train.paired_batches import evaluation_sets, held_out
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe

ROOT = Path(__file__).parents[1]
FAMILY = ("hgrjca", "jca", "audio", "visual")
FROZEN = "hgrjca, gates held"


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    settings = read_corpus_recipe(options.recipe, ["data=.", *options.overrides])
    models = {name: checkpoint.load(reference_of(settings, name, getattr(options, name))) for name in FAMILY}
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


def reference_of(settings: CorpusRecipe, name: str, given: str | None) -> str | Path:
    """The folder or name of a model of the family."""
    full = f"{name}.{settings.name.partition('.')[2]}"
    folder = settings.work / full / "model"
    return given or (folder if folder.is_dir() else full)


def measure(
    settings: CorpusRecipe, models: Mapping[str, AffectModel], *, count: int, resamples: int
) -> dict[str, Any]:
    """All figures; JSON can hold them but for the estimates."""
    pool = cached_pool(settings, "test")
    found: dict[str, Any] = {}
    for kind, data in evaluation_sets(settings, pool, count=count).items():
        said = {name: predict_sequences(model.network, data)[0] for name, model in models.items()}
        said |= late_fusion(models["audio"], models["visual"], data)
        gated = models["hgrjca"].network
        with held_gates(mean_gates(gated, data)):
            said[FROZEN] = predict_sequences(gated, data)[0]
        found[kind] = {
            "ccc": scores(said, data, resamples=resamples),
            "difference": differences(said, data, "hgrjca", resamples=resamples),
            "strata": {
                name: {
                    "share": float(ticks.mean()),
                    "ccc": scores(said, data, ticks=ticks, resamples=resamples),
                }
                for name, ticks in corruption_strata(data).items()
            },
            "gates": gate_correlations(models["hgrjca"], data, resamples=resamples),
        }
    usual = as_trained(settings, pool, count)
    found["coverage"] = {
        name: coverages(
            partial(predictions, m.network, usual), m.network.streams, TARGETS, m.spec.calibration
        )
        for name, m in models.items()
    }
    return found


def as_trained(settings: CorpusRecipe, pool: FeaturePool, count: int) -> dict[str, Tensor]:
    """Sequences corrupted as often as those of training."""
    ticks, seed = settings.paired.ticks[1], settings.seed + 11
    return held_out(pool, count=count, ticks=ticks, seed=seed, corruption=SequenceCorruption())


def report(
    settings: CorpusRecipe,
    models: Mapping[str, AffectModel],
    found: Mapping[str, Any],
    options: argparse.Namespace,
) -> str:
    """The page in Markdown."""
    seconds = settings.paired.ticks[1] / models["hgrjca"].spec.tick_rate
    about = HEAD.format(
        day=datetime.date.today().isoformat(),
        count=options.sequences,
        seconds=seconds,
        resamples=options.resamples,
    )
    return "\n".join(
        [
            about,
            *(ccc_section(kind, found[kind]) for kind in ("clean", "corrupted")),
            GATES,
            gates_table(found["corrupted"]["gates"]),
            STRATA,
            strata_table(found["corrupted"]["strata"]),
            COVERAGE.format(coverage=models["hgrjca"].spec.coverage),
            coverage_table(found["coverage"]),
        ]
    )


def ccc_section(kind: str, found: Mapping[str, Any]) -> str:
    rows = []
    for name, by in found["ccc"].items():
        difference = found["difference"].get(name)
        cells = [cell(by[target]) for target in TARGETS]
        cells += [cell(difference[target], sign=True) if difference else "" for target in TARGETS]
        rows.append([name, *cells])
    head = ["system", "valence", "arousal", "hgrjca minus it, valence", "hgrjca minus it, arousal"]
    return f"### {TITLES[kind]}\n\n{table(head, rows)}\n"


def gates_table(gates: Mapping[str, Mapping[str, Estimate]]) -> str:
    rows = []
    for name, by in gates.items():
        stream = name.removeprefix("attended.")
        cells = [cell(by[other], sign=True) for other in ("audio", "visual")]
        rows.append([f"{stream} from joint attention", *cells])
    return table(["share", "with corrupted voice", "with corrupted face"], rows) + "\n"


def strata_table(found: Mapping[str, Any]) -> str:
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
    "corrupted": "Corrupted: spans missing, blurred, dark, occluded, noisy",
}

HEAD = """\
# The default models compared

<!-- not run: needs a finished run of the recipe -->
```sh
python benchmarks/default.py work=runs/default --out docs/default.md
```

Written by that command on {day}, on {count} clean and {count} corrupted sequences of {seconds:.1f} s each.
They are composed of test faces and test speakers, as in training ([training](training.md#the-default-model)).
None of these people were used in training. But the label is a proxy, the weighted mean of what face and voice
express. So the figures say how well two streams are combined, not how well people are read.

`hgrjca`, `jca`: both streams; they differ in the gates only. `audio`, `visual`: models of one stream, with
the same encoders. `late`: the mean of these two. `late, available`: the mean of those whose stream is
available at the tick. `hgrjca, gates held`: the same weights with every gate held at its mean over these
sequences, so that no gate depends on the input.

CCC over all ticks at which a face or a voice is available, for all systems. Where a system's own stream is
missing, the tick is scored with its output for empty input. Intervals (95 %) resample the sequences
{resamples} times, the same for all systems: they hold for other sequences of these few test speakers, not
for other speakers.

## CCC
"""

GATES = """\
## Do the gates follow corruption?

Correlation, on corrupted sequences, of the corruption of each stream with the share that a stream takes from
joint attention instead of its own features, where both streams are available. A gate that works is high with
corruption of its own stream, and low or negative with that of the other.
"""

STRATA = """\
## By what is wrong

CCC of valence / arousal on the corrupted sequences, by what is wrong at the tick. The label leaves out what
is corrupted, unless there is nothing else.
"""

COVERAGE = """\
## Coverage

Share of labels inside the interval, meant to be {coverage:.2f}, on sequences of test people that are
corrupted as often as those of training. `all`: over all ticks as they occur; the others also with one stream
hidden.
"""


if __name__ == "__main__":
    main()
