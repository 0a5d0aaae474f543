"""Imputation of a missing stream by mutual supervision of two variational autoencoders (MEME)."""

from __future__ import annotations

from .mutual import MutualVAE
from .streams import StreamImputer
from .training import MutualFit, train

__all__ = ["MutualFit", "MutualVAE", "StreamImputer", "train"]
