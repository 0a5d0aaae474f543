"""Valence and arousal from faces and voices, fused by gated joint cross-attention.

A first example::

    import avaffect

    predictor = avaffect.load("hgrjca.default")           # names: avaffect.list_models()
    trace = predictor.process_file("interview.mp4")       # a video, or sound alone
    print(trace.describe())                               # what was found, in words
    trace.table[["track", "valence", "arousal"]]          # a pandas table, one row a frame and person
    trace.to_csv("interview.csv")
    avaffect.plot(trace, "interview.png")
    avaffect.annotate(trace, "interview.mp4", "interview_annotated.mp4")
    again = avaffect.read_trace("interview.csv")

Valence (how pleasant) and arousal (how activated) are in [-1, 1]. They say how raters see an expression,
not what the person feels.

What to look at next
--------------------
`Predictor`       recordings to traces: files, folders, frames and samples in memory
`StreamingPredictor`
                  pictures and sound while they come: a camera, a call
`Trace`           the result: a table, its summary, and the formats that it is written in
`compare`, `synchrony`
                  two groups of recordings; two people at the same time
`create_fusion`   any fusion of the literature as a torch module, by name: `list_fusions`
`list_encoders`, `list_corpora`, `list_detectors`
                  the other parts that have names; your own package can add some (docs/extending.md)
`AvaffectError`   base of the errors that are the input's fault: each says in one line what to do
avaffect.train, avaffect.evaluate, avaffect.corpus
                  train on your own corpus, and measure
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import AvaffectError, DataError, MediaError, ModelError, one_line

if TYPE_CHECKING:
    from .contrast import compare, synchrony
    from .corpus import list_corpora
    from .draw import annotate, plot
    from .encoder import list_encoders
    from .face import list_detectors
    from .fusion import create_fusion, list_fusions
    from .live import StreamingPredictor
    from .predict import Predictor, list_models, load
    from .spec import Spec
    from .trace import Trace, read_trace

    __version__: str

__all__ = [
    "AvaffectError",
    "DataError",
    "MediaError",
    "ModelError",
    "Predictor",
    "Spec",
    "StreamingPredictor",
    "Trace",
    "annotate",
    "compare",
    "create_fusion",
    "list_corpora",
    "list_detectors",
    "list_encoders",
    "list_fusions",
    "list_models",
    "load",
    "plot",
    "read_trace",
    "synchrony",
]

_HOME = {
    "Predictor": "predict",
    "Spec": "spec",
    "StreamingPredictor": "live",
    "Trace": "trace",
    "annotate": "draw",
    "compare": "contrast",
    "create_fusion": "fusion",
    "list_corpora": "corpus",
    "list_detectors": "face",
    "list_encoders": "encoder",
    "list_fusions": "fusion",
    "list_models": "predict",
    "load": "predict",
    "plot": "draw",
    "read_trace": "trace",
    "synchrony": "contrast",
}


def __getattr__(name: str) -> Any:
    # torch and pandas load when first used: `import avaffect` and `--help` stay quick.
    if name in _HOME:
        try:
            return getattr(import_module(f".{_HOME[name]}", __name__), name)
        except ModuleNotFoundError as error:
            raise one_line(error, f"avaffect.{name}") from error
    if name == "__version__":
        return import_module("importlib.metadata").version("avaffect")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    loaded = {name for name in globals() if f"{__name__}.{name}" in sys.modules}
    return sorted({*__all__, *loaded, "__version__"})
