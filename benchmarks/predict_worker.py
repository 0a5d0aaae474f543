"""A part of `predict.py`: measures one checkout on one file, once for each line that it reads.

    PYTHONPATH=CHECKOUT/src python benchmarks/predict_worker.py CLIP MODEL 1

It goes by what all versions of avaffect have in common, and prints figures as lines of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import local
from typing import Any

import av
import cv2

import avaffect
from avaffect import draw
from avaffect.face import track
from avaffect.streams import timing

STAGES = ("decode", "detect", "follow", "align", "encode", "rest of faces", "voice", "fusion")


class Measure:
    """Measures one checkout.

    Parameters
    ----------
    clip : str
    model : str
    outputs : bool
        Also table, plot and annotated video.
    """

    def __init__(self, clip: str, model: str, outputs: bool) -> None:
        self.clip, self.outputs = clip, outputs
        self.spent: dict[str, float] = defaultdict(float)
        self._within = local()  # a stage of this thread: what it calls counts with it
        cv2.setNumThreads(1)  # as the command line does
        if hasattr(timing, "perf_counter"):  # older versions measure on the clock
            timing.perf_counter = time.thread_time
        self.predictor = avaffect.load(model)
        reader: Any = self.predictor.reader
        # The last one also runs in a thread of its own, beside the rest of the search.
        stages = dict.fromkeys(("detect", "detect_others", "propose"), "detect") | {"_level": "beside"}
        for name, stage in stages.items():
            if hasattr(reader.detector, name):
                setattr(reader.detector, name, self._timed(stage, getattr(reader.detector, name)))
        reader.detector.refine = self._timed("follow", reader.detector.refine)
        owner, name = (reader, "_embed") if hasattr(reader, "_embed") else (reader.model, "encode_faces")
        setattr(owner, name, self._timed("encode", getattr(owner, name)))
        track.align = self._timed("align", track.align)  # type: ignore[assignment]

    def run(self) -> dict[str, float]:
        """Seconds by stage, and the peak of memory in MB."""
        self.spent.clear()
        decode = _spent(self._decode)
        trace, *whole = _spent(lambda: self.predictor.process_file(self.clip), keep=True)
        seconds = trace.meta["seconds"]
        faces = seconds.get("face", 0.0) + seconds.get("encode", 0.0)
        parts = sum(self.spent[name] for name in ("detect", "follow", "align", "encode"))
        known = self.spent | {
            "decode": seconds.get("decode", 0.0),
            "detect": self.spent["detect"] + self.spent["beside"],
            "rest of faces": max(faces - parts, 0.0),
            "voice": seconds.get("voice", 0.0),
            "fusion": seconds["model"],
        }
        figures = {name: known.get(name, 0.0) for name in STAGES}
        figures |= {"prediction": whole[0], "prediction, clock": whole[1]}
        figures |= {"decode only": decode[0], "decode only, clock": decode[1]}
        if self.outputs:
            figures |= self._written(trace)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {**figures, "duration": float(trace.meta["duration"]), "memory": memory}

    def _timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any) -> Any:
            if getattr(self._within, "stage", None):
                return work(*given)
            begin, self._within.stage = time.thread_time(), stage
            try:
                return work(*given)
            finally:
                self._within.stage = None
                self.spent[stage] += time.thread_time() - begin

        return timed

    def _decode(self) -> None:
        with av.open(self.clip) as container:
            for _ in container.decode(video=0):
                pass

    def _written(self, trace: Any) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            work: dict[str, Callable[[], Any]] = {
                "table": lambda: (trace.to_csv(folder / "a.csv"), trace.to_parquet(folder / "a.parquet")),
                "plot": lambda: draw.plot(trace, folder / "a.png"),
                "annotated video": lambda: draw.annotate(trace, self.clip, folder / "a.mp4"),
            }
            figures: dict[str, float] = {}
            for what, do in work.items():
                figures[what], figures[f"{what}, clock"] = _spent(do)
            return figures


def _spent(work: Callable[[], Any], keep: bool = False) -> Any:
    """Seconds of processor time and on the clock; with ``keep``, the result before them."""
    processor, clock = time.process_time(), time.perf_counter()
    result = work()
    spent = time.process_time() - processor, time.perf_counter() - clock
    return (result, *spent) if keep else spent


if __name__ == "__main__":
    measure = Measure(sys.argv[1], sys.argv[2], sys.argv[3] == "1")
    for _ in sys.stdin:
        print(json.dumps(measure.run()), flush=True)
