"""Reading while it happens: pictures and sound are pushed, ticks come back."""

from .offline import CausalPredictor
from .predictor import StreamingPredictor
from .stats import Stats
from .tick import PersonTick, Tick
from .worker import Worker

__all__ = ["CausalPredictor", "PersonTick", "Stats", "StreamingPredictor", "Tick", "Worker"]
