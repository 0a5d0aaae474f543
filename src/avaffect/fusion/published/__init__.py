"""Whole published networks, from their backbones' features to valence and arousal, or a person's embedding.

For comparison and for the authors' own checkpoints. Unlike the fusions they hold temporal models
and heads, know one length, and have the sizes of their papers' code. Two are the fusion alone, because
no more of them can run as published: `ca.fg2021` and `rjcma.abaw6`.
"""

from __future__ import annotations

from .checkpoint import import_checkpoint
from .keys import PUBLISHED_KEYS
from .presets import create_published, list_published

__all__ = ["PUBLISHED_KEYS", "create_published", "import_checkpoint", "list_published"]
