"""Fusions of audio, visual and further streams, by name.

Every one takes streams (b, t, d) and masks (b, t), and returns `Fused`: features (b, t, f) and its
gates by name. One file a family; `docs/fusion.md` says what of each paper is exact and what is a choice.
"""

from __future__ import annotations

from .base import STREAM_WEIGHTS, AttentionFusion, Fused, Fusion, stream_weights
from .bibimodal import BiBimodal
from .bottleneck import Bottleneck
from .ca import CA
from .coattention import CoAttention
from .concat import Concat
from .dca import DCA
from .feedback import Feedback
from .grjca import GRJCA, HGRJCA
from .iaca import IACA
from .jca import JCA, RJCA, RJCMA
from .late import Late
from .layers.gate import ModalityGate, StageGate, set_temperature
from .lfan import LFAN
from .registry import create_fusion, fusion_class, list_fusions, register
from .transformer import Transformer

__all__ = [
    "CA",
    "DCA",
    "GRJCA",
    "HGRJCA",
    "IACA",
    "JCA",
    "LFAN",
    "RJCA",
    "RJCMA",
    "STREAM_WEIGHTS",
    "AttentionFusion",
    "BiBimodal",
    "Bottleneck",
    "CoAttention",
    "Concat",
    "Feedback",
    "Fused",
    "Fusion",
    "Late",
    "ModalityGate",
    "StageGate",
    "Transformer",
    "create_fusion",
    "fusion_class",
    "list_fusions",
    "register",
    "set_temperature",
    "stream_weights",
]
