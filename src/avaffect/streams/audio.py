"""The audible half of a recording: voice features and speech activity by tick.

Sound passes through in blocks; what is kept is the log-mel spectrogram (about 13 kB a second of recording),
because the level that it is taken relative to is only known at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch

from .. import voice as sound
from ..encoder import AudioEncoder
from ..media import AudioBlock
from ..media.sound import SAMPLE_RATE
from ..model import AffectModel
from ..spec import Spec
from ..voice.speech import CHUNK_RATE
from .timeline import Timeline
from .timing import Stages

# Time stamps that disagree with the count of samples by less than this are jitter, not a gap.
TOLERANCE = 0.05
# Seconds of sound encoded at once, and the least context on either side; an encoder may need more.
CHUNK, CONTEXT = 60.0, 4.0
# Silence put in for a gap in the sound, at most so many seconds at a time.
FILL = 60.0


@dataclass(frozen=True)
class Voice:
    """What was heard, by tick from second 0 of the recording.

    Attributes
    ----------
    features : (t, d) np.ndarray
        Of the voice encoder.
    speech : (t,) np.ndarray
        Probability of speech; NaN where the recording has no sound.
    active : (t,) np.ndarray of bool
        Speech goes on here or just around.
    duration : float
        End of the sound in seconds.
    """

    features: np.ndarray
    speech: np.ndarray
    active: np.ndarray
    duration: float

    def stream(self, ticks: int) -> tuple[np.ndarray, np.ndarray]:
        """Features (ticks, d) and mask (ticks,): True where someone speaks."""
        features = np.zeros((ticks, self.features.shape[1]), dtype=np.float32)
        shared = min(ticks, len(self.features))
        features[:shared] = self.features[:shared]
        return features, self.active_at(ticks)

    def active_at(self, ticks: int) -> np.ndarray:
        """(ticks,) bool: someone speaks, whoever it is."""
        mask = np.zeros(ticks, dtype=bool)
        shared = min(ticks, len(self.active))
        mask[:shared] = self.active[:shared]
        return mask

    def speech_at(self, ticks: int) -> np.ndarray:
        """Probability of speech (ticks,), NaN where there is no sound."""
        out = np.full(ticks, np.nan)
        shared = min(ticks, len(self.speech))
        out[:shared] = self.speech[:shared]
        return out


class _Ear:
    """Brings blocks onto one unbroken run of samples from second 0, and notes where sound was."""

    def __init__(self, settings: sound.LogMelSettings) -> None:
        self.logmel = sound.LogMelStream(sound.LogMel(settings))
        self.speech = sound.SpeechStream()
        self.spans: list[tuple[float, float]] = []
        self.samples = 0
        self._frames: list[np.ndarray] = []
        self._speech: list[np.ndarray] = []

    def take(self, block: AudioBlock) -> None:
        """The next block; a gap before it is silence in the samples and missing in ``spans``."""
        ahead = block.start - self.samples / SAMPLE_RATE
        samples = block.samples
        if ahead > TOLERANCE or (self.samples == 0 and ahead > 0):
            missing = round(ahead * SAMPLE_RATE)
            for done in range(0, missing, round(FILL * SAMPLE_RATE)):
                self._push(np.zeros(min(round(FILL * SAMPLE_RATE), missing - done), np.float32))
        elif ahead < -TOLERANCE:
            samples = samples[round(-ahead * SAMPLE_RATE) :]
        if not len(samples):
            return
        begin = self.samples / SAMPLE_RATE
        self._push(samples)
        self.spans.append((begin, self.samples / SAMPLE_RATE))

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Log-mel (frames, mels) float16 and probabilities of speech (m,)."""
        self._frames.append(self._half(self.logmel.finish()))
        self._speech.append(self.speech.finish())
        return np.concatenate(self._frames), np.concatenate(self._speech)

    def present(self, timeline: Timeline, ticks: int) -> np.ndarray:
        """(ticks,) bool: where the recording has sound."""
        mask = np.zeros(ticks, dtype=bool)
        for begin, end in self.spans:
            mask[timeline.tick(begin) : timeline.count(end)] = True
        return mask

    def _push(self, samples: np.ndarray) -> None:
        self.samples += len(samples)
        with torch.inference_mode():
            self._frames.append(self._half(self.logmel.push(torch.from_numpy(samples))))
        self._speech.append(self.speech.push(samples))

    @staticmethod
    def _half(frames: torch.Tensor) -> np.ndarray:
        return frames.numpy().astype(np.float16)


def listen(
    blocks: Iterator[AudioBlock], model: AffectModel, timeline: Timeline, stages: Stages
) -> Voice | None:
    """Everything the model needs of a recording's sound; None if there is none.

    Parameters
    ----------
    blocks : iterator of AudioBlock
        16 kHz mono, in time order.
    """
    stream = model.spec.streams.get("audio")
    preset = sound.preset(str(stream.preprocessing["logmel"]) if stream else "default16k")
    ear = _Ear(preset)
    for block in stages.each("decode", blocks):
        with stages.time("voice"):
            ear.take(block)
    if not ear.samples:
        return None
    with stages.time("voice"):
        logmel, probability = ear.finish()
        ticks = timeline.count(ear.samples / SAMPLE_RATE)
        present = ear.present(timeline, ticks)
        talking = sound.speech_active(probability, CHUNK_RATE)
        active = sound.share(talking, ticks, new_rate=timeline.tick_rate) & present
        speech = sound.resample(probability, CHUNK_RATE, timeline.tick_rate, ticks)
        features = _encode(logmel, talking, model, preset.frame_rate, ticks)
    return Voice(features, np.where(present, speech, np.nan), active, ear.samples / SAMPLE_RATE)


@torch.inference_mode()
def _encode(
    logmel: np.ndarray, talking: np.ndarray, model: AffectModel, rate: float, ticks: int
) -> np.ndarray:
    """Voice features (ticks, d), chunk by chunk with context on both sides."""
    spec: Spec = model.spec
    if "audio" not in spec.streams:
        return np.zeros((ticks, 0), dtype=np.float32)
    reference = sound.reference_level(
        logmel, sound.share(talking, len(logmel), new_rate=rate), frame_rate=rate
    )
    per_tick = round(rate / spec.tick_rate)
    silence = np.full((ticks * per_tick - len(logmel), logmel.shape[1]), logmel.min(), np.float16)
    frames = np.concatenate([logmel, silence]) if len(silence) else logmel
    encoder = cast(AudioEncoder, model.encoders["audio"])
    chunk, context = round(CHUNK * spec.tick_rate), max(round(CONTEXT * spec.tick_rate), encoder.context)
    parts = []
    for begin in range(0, ticks, chunk):
        first, last = max(0, begin - context), min(ticks, begin + chunk + context)
        view = sound.relative(frames[first * per_tick : last * per_tick], reference)
        features = model.encode("audio", torch.from_numpy(view)[None])[0]
        parts.append(features[begin - first : min(begin + chunk, ticks) - first].numpy())
    return np.concatenate(parts)
