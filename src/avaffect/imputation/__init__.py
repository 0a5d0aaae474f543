"""Imputation of a missing stream by mutual supervision of two variational autoencoders (MEME)."""

from __future__ import annotations

from .mutual import MutualVAE

__all__ = ["MutualVAE"]
