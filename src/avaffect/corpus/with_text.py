"""A model with the pretrained text encoder beside its own encoders."""

from __future__ import annotations

from dataclasses import replace

from ..model import AffectModel
from ..spec import Component, Corpus, Stream


def with_text(model: AffectModel) -> AffectModel:
    """A model's encoders and the pretrained text encoder; what stands behind them is untrained.

    It extracts features of three streams; `avaffect train` then trains what is behind.

    Raises
    ------
    ModelError
        If the text encoder is not installed.
    """
    from ..encoder.text import pretrained

    encoder = pretrained()
    options = {"vocabulary": len(encoder.get_buffer("vocabulary"))}
    text = Stream(encoder.dim, Component("text", options), preprocessing=dict(encoder.preprocessing))
    weights = Corpus("all-MiniLM-L6-v2 (1.17 billion pairs of sentences)", "Apache-2.0", "text encoder")
    spec = replace(
        model.spec,
        streams={**model.spec.streams, "text": text},
        fusion=Component("concat"),
        fused_temporal=None,
        calibration={},
        corpora=(*model.spec.corpora, weights),
    )
    made = AffectModel(spec)
    for name, own in model.encoders.items():
        made.encoders[name].load_state_dict(own.state_dict())
    made.encoders["text"].load_state_dict(encoder.state_dict())
    return made.eval()
