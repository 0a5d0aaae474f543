"""Encoders with weights and activations of 8 bits: how much faster they run, and what that costs.

    python benchmarks/int8.py PATH/javanese --clips 48

Each encoder of a model is quantised by ONNX Runtime: "dynamic" (activations measured as they come) and
"static" (by what ``examples/sample.mp4`` gives; channel by channel; convolutions and products). Milliseconds
are of processor time on one thread, of the float graph and its quantised form in turn, medians; the ratio is
the median of the pairs. The scores are of the means of clips (`avaffect.corpus.acted`) whose emotion has
coordinates: CCC of valence and arousal with the float encoders, and with quantised ones in their place.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from avaffect import load
from avaffect.corpus.acted import ActedClip, read_acted
from avaffect.metric import regression_metrics
from avaffect.predict import Predictor
from avaffect.session import Session, set_threads
from avaffect.spec import TARGETS

SAMPLE = Path(__file__).parents[1] / "examples" / "sample.mp4"
METHODS = ("dynamic", "static")
Inputs = Mapping[str, np.ndarray]


class Heard:
    """A session that keeps what it is given."""

    def __init__(self, session: Session) -> None:
        self.session, self.given = session, list[Inputs]()
        self.inputs = session.inputs

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        return self.run(inputs)

    def run(self, inputs: Inputs) -> list[np.ndarray]:
        self.given.append({name: np.array(value) for name, value in inputs.items()})
        return self.session.run(inputs)


class Examples(CalibrationDataReader):
    """Inputs by which the ranges of activations are found."""

    def __init__(self, given: Sequence[Inputs]) -> None:
        self._left = iter(given)

    def get_next(self) -> Inputs | None:
        return next(self._left, None)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", type=Path, help="videos of actors with labels.csv")
    parser.add_argument("--model", default="hgrjca.default")
    parser.add_argument("--clips", type=int, default=48, help="how many, evenly from all")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(arguments)
    set_threads(1)
    predictor = load(options.model, people="main")
    floats = predictor.model._encoders
    given = heard(predictor)
    with tempfile.TemporaryDirectory() as folder:
        made = {
            (name, method): Session(quantised(session.path, method, given[name], Path(folder)))
            for name, session in floats.items()
            for method in METHODS
        }
        for (name, method), session in made.items():
            print(speed(name, method, floats[name], session, given[name], options.rounds), flush=True)
        clips = read_acted(options.videos)
        clips = clips[:: max(1, len(clips) // options.clips)]
        print(score("float", predictor, clips), flush=True)
        for method in METHODS:
            predictor.model._encoders = {name: made[name, method] for name in floats}
            print(score(method, predictor, clips), flush=True)


def heard(predictor: Predictor) -> dict[str, list[Inputs]]:
    """What each encoder is given while the sample is read."""
    floats = predictor.model._encoders
    ears = {name: Heard(session) for name, session in floats.items()}
    predictor.model._encoders = ears
    predictor.process_file(SAMPLE)
    predictor.model._encoders = floats
    return {name: ear.given for name, ear in ears.items()}


def quantised(graph: Path, method: str, given: Sequence[Inputs], folder: Path) -> Path:
    """The graph with 8 bits, in a file of its own."""
    whole, plain, result = (folder / f"{graph.stem}.{what}.onnx" for what in ("whole", "plain", method))
    onnx.save(onnx.load(graph), whole)  # its weights lie in other files
    quant_pre_process(whole, plain, skip_symbolic_shape=True)
    if method == "dynamic":
        quantize_dynamic(plain, result, weight_type=QuantType.QInt8)
    else:
        quantize_static(
            plain, result, Examples(given), per_channel=True, op_types_to_quantize=["Conv", "MatMul", "Gemm"]
        )
    return result


def speed(
    name: str, method: str, whole: Session, small: Session, given: Sequence[Inputs], rounds: int
) -> str:
    """Milliseconds of both, their ratio, and how alike their features are."""
    expected, found = (np.concatenate([s.run(each)[0].ravel() for each in given]) for s in (whole, small))
    pairs = [tuple(timed(session, given) for session in (whole, small)) for _ in range(rounds)]
    of_whole, of_small = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    alike = np.corrcoef(expected, found)[0, 1]
    plain = small.path.with_name(small.path.name.replace(f".{method}.", ".plain."))
    sizes = [path.stat().st_size / 1e6 for path in (plain, small.path)]
    return (
        f"{name:7} {method:8} float {of_whole:7.1f} ms, int8 {of_small:7.1f} ms, {ratio:5.2f} x as fast,"
        f" r of features {alike:.4f}, {sizes[0]:.1f} to {sizes[1]:.1f} MB"
    )


def timed(session: Session, given: Sequence[Inputs]) -> float:
    """Milliseconds of processor time for all of it."""
    start = time.process_time()
    for each in given:
        session.run(each)
    return 1e3 * (time.process_time() - start)


def score(what: str, predictor: Any, clips: Sequence[ActedClip]) -> str:
    """CCC of the means of clips with the coordinates of their emotions."""
    values = np.array(list(means(predictor, clips)))
    labels = np.array([clip.valence_arousal for clip in clips])
    found = regression_metrics(values, labels)
    figures = ", ".join(f"CCC {found[f'ccc_{t}']:.3f} r {found[f'r_{t}']:.3f} ({t})" for t in TARGETS)
    return f"{what:16} {figures}, {len(clips)} clips"


def means(predictor: Any, clips: Sequence[ActedClip]) -> Iterator[list[float]]:
    for clip in clips:
        table = predictor.process_file(clip.path).table
        yield [float(table[target].mean()) for target in TARGETS]


if __name__ == "__main__":
    main()
