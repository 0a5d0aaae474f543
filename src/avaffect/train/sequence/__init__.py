"""Training on stored features: temporal networks, a fusion and a head, from a `FeatureStore`'s windows.

`SequenceModel` is what `AffectModel` has behind its encoders, for any streams; `fit_sequence` trains it, with
or without files; `predict` goes over whole recordings.
"""

from .checkpoint import SequenceSpec, load_sequence, save_sequence
from .fit import SequenceResult, fit_sequence
from .loss import SequenceLoss
from .model import SequenceModel
from .module import SequenceModule
from .replay import Replay, predict, score
from .settings import Loss, Schedule, SequenceFit

__all__ = [
    "Loss",
    "Replay",
    "Schedule",
    "SequenceFit",
    "SequenceLoss",
    "SequenceModel",
    "SequenceModule",
    "SequenceResult",
    "SequenceSpec",
    "fit_sequence",
    "load_sequence",
    "predict",
    "save_sequence",
    "score",
]
