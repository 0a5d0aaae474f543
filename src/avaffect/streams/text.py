"""The text stream: features of what is said, at the ticks in which it is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..runtime import Runtime
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


def text_stream(transcript: Transcript, model: Runtime, timeline: Timeline) -> TextStream:
    """Encode a transcript; where two sentences are spoken at once, the later one counts.

    Parameters
    ----------
    transcript : Transcript
    model : Runtime
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


def _encode(texts: Sequence[str], model: Runtime) -> np.ndarray:
    """(s, d) float32; sentences of like length together."""
    out = np.zeros((len(texts), model.spec.streams["text"].dim), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for begin in range(0, len(order), BATCH):
        chosen = order[begin : begin + BATCH]
        out[chosen] = model.encode_sentences([texts[i] for i in chosen])
    return out
