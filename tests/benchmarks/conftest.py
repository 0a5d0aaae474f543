"""Corpora and recipes for the scripts of benchmarks/: those of the tests of training."""

from __future__ import annotations

from ..train.conftest import corpora, encoded, encoders, recipe

__all__ = ["corpora", "encoded", "encoders", "recipe"]
