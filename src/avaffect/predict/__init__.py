"""From recordings to traces."""

from __future__ import annotations

from pathlib import Path

from ..arguments import checks_types
from ..face.track import DETECTION_INTERVAL
from ..model_folder import embedded
from .predictor import Predictor

__all__ = ["Predictor", "list_models", "load"]


@checks_types
def load(
    reference: str | Path,
    *,
    people: str = "all",
    detector: str = "mtcnn",
    detection_interval: float = DETECTION_INTERVAL,
    min_face: float | None = None,
    audio_track: int | None = None,
    audio_channel: int | None = None,
) -> Predictor:
    """Load a model for prediction: one of `list_models()`, or a model's folder. See `Predictor`.

    >>> load("hgrjca.default", people="main", detection_interval=1.0, min_face=40).people
    'main'
    """
    return Predictor(
        reference,
        people=people,
        detector=detector,
        detection_interval=detection_interval,
        min_face=min_face,
        audio_track=audio_track,
        audio_channel=audio_channel,
    )


def list_models() -> list[str]:
    """Names of the models that ship with avaffect, sorted.

    >>> list_models()
    ['audio.default', 'hgrjca.default', 'hgrjca.open', 'jca.default', 'visual.default']
    """
    return sorted(embedded())
