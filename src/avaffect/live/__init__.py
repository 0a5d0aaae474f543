"""Reading while it happens: pictures and sound are pushed, ticks come back."""

from .predictor import StreamingPredictor
from .stats import Stats
from .tick import PersonTick, Tick

__all__ = ["PersonTick", "Stats", "StreamingPredictor", "Tick"]
