"""The voice of a stream, tick by tick: its spectrum, where somebody speaks, how loud they usually are.

The voice encoder runs once a tick. Features are the better the more sound is known on both sides: those of
the latest seconds are made anew each time, the others stay. An encoder with windows of its own
(`avaffect.runtime.Runtime.hop`) has them where those of the whole recording are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import voice
from ..media import SAMPLE_RATE
from ..runtime import Runtime
from ..spec import Spec
from ..streams.audio import AudioStream
from ..streams.quality import voice_snr
from ..streams.timeline import Timeline
from ..voice.speech import CHUNK_RATE
from ..windows import Piece, pieces
from .usual_level import UsualLevel

ANEW = 2.0
"""Seconds whose features are made anew each tick, with as much sound before them, by an encoder without
windows."""


class SoundReader:
    """Reads sound tick by tick, and keeps what was heard since the tick ``first``.

    Parameters
    ----------
    model : Runtime
    timeline : Timeline
    reference : float, optional
        Level in bels to which the voice is taken relative; by default that of the speech so far.
    level : UsualLevel, optional
        What is known of it from before.
    """

    def __init__(
        self,
        model: Runtime,
        timeline: Timeline,
        reference: float | None = None,
        level: UsualLevel | None = None,
    ) -> None:
        self._model, self._timeline, self._reference = model, timeline, reference
        stream = model.spec.streams.get("audio")
        preset = spectrum(model.spec)
        self._frame_rate = preset.frame_rate
        self._per_tick = round(preset.frame_rate / timeline.tick_rate)
        self._logmel = voice.LogMelStream(voice.LogMel(preset))
        self._speech = voice.SpeechStream()
        self.level = level or UsualLevel(preset.frame_rate)
        self._anew = round(ANEW * timeline.tick_rate)
        self._gone = self._made = 0  # ticks before ``first``, and since then those with features
        self._frames = np.zeros((0, preset.n_mels), np.float16)
        self._levels = np.zeros(0, np.float32)
        self._chances = np.zeros(0, np.float32)
        self._present = np.zeros(0, bool)
        self._features = np.zeros((0, stream.dim if stream else 0), np.float32)

    def __len__(self) -> int:
        """Ticks since ``first``."""
        return len(self._present)

    def push(self, samples: np.ndarray, present: np.ndarray) -> None:
        """Take the sound of the next ticks.

        Parameters
        ----------
        samples : (n,) float32 np.ndarray
            At 16 kHz, up to the `boundary` of the last of the ticks; zeros where there is no sound.
        present : (t,) np.ndarray of bool
            Ticks in which there is some.
        """
        frames = self._logmel.push(samples).astype(np.float16)
        self._frames = np.concatenate([self._frames, frames])
        self._levels = np.concatenate([self._levels, voice.frame_level(frames)])
        self._chances = np.concatenate([self._chances, self._speech.push(samples)])
        self._present = np.concatenate([self._present, present])
        new = np.zeros((len(present), self._features.shape[1]), np.float32)
        self._features = np.concatenate([self._features, new])

    def stream(self) -> AudioStream:
        """The sound since ``first``."""
        ticks, rate = len(self._present), self._timeline.tick_rate
        in_speech = voice.speech_active(self._chances, CHUNK_RATE)
        active = voice.share(in_speech, ticks, new_rate=rate) & self._present
        speech = voice.resample(self._chances, CHUNK_RATE, rate, ticks)
        if self._features.shape[1]:
            self._encode(in_speech, active)
        speech = np.where(self._present, speech, np.nan)
        snr = voice_snr(self._levels, self._frame_rate, ticks, rate)
        return AudioStream(self._features, speech, active, ticks / rate, snr)

    def forget(self, ticks: int) -> None:
        """Let go of the first ``ticks`` ticks: a whole number of frames and of chunks of speech."""
        frames, chunks = ticks * self._per_tick, round(ticks / self._timeline.tick_rate * CHUNK_RATE)
        in_speech = voice.speech_active(self._chances, CHUNK_RATE)
        voiced = voice.share(in_speech, len(self._levels), new_rate=self._frame_rate)
        self.level.add(self._levels[:frames][voiced[:frames]])
        self._frames, self._levels = self._frames[frames:], self._levels[frames:]
        self._chances = self._chances[chunks:]
        self._present, self._features = self._present[ticks:], self._features[ticks:]
        self._gone, self._made = self._gone + ticks, max(0, self._made - ticks)

    def _encode(self, in_speech: np.ndarray, active: np.ndarray) -> None:
        """Make the features of the latest ticks, as far as somebody speaks in them."""
        heard = [piece for piece in self._unfinished() if active[piece.begin : piece.end].any()]
        self._made = len(active)
        if not heard:
            return
        reference = self._reference
        if reference is None:
            voiced = voice.share(in_speech, len(self._levels), new_rate=self._frame_rate)
            reference = voice.shrunk_level(*self.level.with_later(self._levels[voiced]))
        for first, begin, end, last in heard:
            frames = self._frames[first * self._per_tick : last * self._per_tick]
            features = self._model.encode_voice(voice.relative(frames, reference), begin - first)
            self._features[begin:end] = features[begin - first : end - first]

    def _unfinished(self) -> Iterator[Piece]:
        """Pieces of which not all that the encoder sees was known the last time."""
        ticks, hop, context = len(self._present), self._model.hop, self._model.context
        if hop <= 1:
            begin = max(0, ticks - 2 * self._anew)
            yield Piece(begin, begin + (self._anew if begin else 0), ticks, ticks)
            return
        phase = self._gone % hop
        for piece in pieces(ticks + phase, hop, context):
            if piece.begin - phase + hop + context > self._made:
                yield Piece(*(max(0, place - phase) for place in piece))


def spectrum(spec: Spec) -> voice.LogMelSettings:
    """The settings of the spectrum that a model reads; of the usual one if it reads no voice."""
    stream = spec.streams.get("audio")
    return voice.preset(str(stream.preprocessing["logmel"]) if stream else "default16k")


def boundary(tick: int, timeline: Timeline, lead: int) -> int:
    """Samples of a recording up to the end of a tick, and ``lead`` more: frames of the spectrum overlap.

    >>> boundary(0, Timeline(12.5), 120)
    1400
    """
    return round((tick + 1) * SAMPLE_RATE / timeline.tick_rate) + lead
