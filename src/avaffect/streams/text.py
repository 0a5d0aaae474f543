"""The text stream: features of what is said, at the ticks in which it is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch

from ..encoder import TextEncoder
from ..model import AffectModel
from ..spec import Component, Corpus, Stream
from ..transcript import Transcript
from .timeline import Stretch, Timeline

BATCH = 32  # sentences encoded at once


@dataclass(frozen=True, eq=False)
class TextStream:
    """What is said in a recording, by tick from second 0.

    Attributes
    ----------
    features : (s, d) np.ndarray
        Of each sentence, float32.
    spoken : (t,) np.ndarray of int
        The sentence that is spoken at each tick; -1 where none is.
    """

    features: np.ndarray
    spoken: np.ndarray

    def stream(self, ticks: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """From tick ``first`` on: features (ticks, d) float32; mask (ticks,), True where words are spoken."""
        spoken = Stretch(0, self.spoken).between(first, first + ticks, -1)
        mask = spoken >= 0
        values = np.zeros((ticks, self.features.shape[1]), dtype=np.float32)
        values[mask] = self.features[spoken[mask]]
        return values, mask


def text_stream(transcript: Transcript, model: AffectModel, timeline: Timeline) -> TextStream:
    """Encode a transcript; where two sentences are spoken at once, the later one counts.

    Parameters
    ----------
    transcript : Transcript
    model : AffectModel
        With a text encoder.
    timeline : Timeline
    """
    sentences = transcript.sentences
    ends = [end for sentence in sentences for _, end in sentence.spans]
    spoken = np.full(timeline.count(max(ends, default=0.0)) + 1, -1)
    for number, sentence in enumerate(sentences):
        for start, end in sentence.spans:
            spoken[_covered(start, end, timeline)] = number
    return TextStream(_encode([sentence.text for sentence in sentences], model), spoken)


def _covered(start: float, end: float, timeline: Timeline) -> slice:
    """The ticks whose centres lie in a span of seconds; if there are none, the one that covers its middle."""
    first, stop = (math.ceil(time * timeline.tick_rate - 0.5 - 1e-6) for time in (start, end))
    if stop <= first:
        first = timeline.tick((start + end) / 2)
        stop = first + 1
    return slice(max(first, 0), stop)


@torch.inference_mode()
def _encode(texts: Sequence[str], model: AffectModel) -> np.ndarray:
    """(s, d) float32; sentences of like length together."""
    encoder = cast(TextEncoder, model.encoders["text"])
    out = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for begin in range(0, len(order), BATCH):
        chosen = order[begin : begin + BATCH]
        out[chosen] = model.encode("text", encoder.tokens([texts[i] for i in chosen])).numpy()
    return out


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
