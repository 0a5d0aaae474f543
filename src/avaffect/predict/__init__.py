"""From recordings to traces."""

from __future__ import annotations

from pathlib import Path

from ..checkpoint import embedded
from .predictor import Predictor

__all__ = ["Predictor", "list_models", "load"]


def load(reference: str | Path, *, people: str = "all", detector: str = "mtcnn") -> Predictor:
    """A predictor with the model of that name or in that folder; see `Predictor`."""
    return Predictor(reference, people=people, detector=detector)


def list_models() -> list[str]:
    """Names of the models that ship with avaffect."""
    return sorted(embedded())
