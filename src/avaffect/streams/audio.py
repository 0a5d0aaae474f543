"""The audio stream: features of the voice and speech activity by tick.

Sound passes through in blocks. The log-mel spectrogram is taken relative to a level that is only known at the
end; until then it is kept in a temporary file (about 13 kB a second of recording).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .. import voice as sound
from ..ahead import go_on
from ..media import AudioBlock
from ..media.sound import SAMPLE_RATE
from ..runtime import Runtime
from ..spec import Spec
from ..voice.speech import CHUNK_RATE
from .kept_rows import KeptRows
from .quality import voice_snr
from .timeline import Stretch, Timeline
from .timing import Timing

# Time stamps that differ from the count of samples by less than this (seconds) are jitter, not a gap.
TOLERANCE = 0.05
# A gap in the sound becomes silence. Of a long one only these seconds pass through the networks; the rest
# repeats what they say of silence.
SETTLE = 8.0
# Seconds that hold a whole number of samples, spectrum frames and speech probabilities alike.
WHOLE = 4
_BLOCK = 6000  # frames of the spectrum whose level is taken at once


@dataclass(frozen=True)
class AudioStream:
    """The sound of a recording, by tick from second 0.

    Attributes
    ----------
    features : (t, d) KeptRows or np.ndarray
        Of the voice encoder, float32; (t, 0) for a model without one.
    speech : (t,) np.ndarray
        Probability of speech; NaN where the recording has no sound.
    active : (t,) np.ndarray of bool
        True where someone speaks, pauses between words included.
    duration : float
        End of the sound in seconds.
    snr : (t,) np.ndarray or None
        `avaffect.streams.quality.voice_snr`; None where it was not measured.
    """

    features: KeptRows | np.ndarray
    speech: np.ndarray
    active: np.ndarray
    duration: float
    snr: np.ndarray | None = None

    def stream(self, ticks: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """From tick ``first`` on: features (ticks, d) float32; mask (ticks,), True where someone speaks."""
        place = first, first + ticks
        features = Stretch(0, self.features).between(*place, 0.0)
        return features, Stretch(0, self.active).between(*place, False)

    def active_at(self, ticks: int) -> np.ndarray:
        """(ticks,) bool: True where someone speaks, whoever it is."""
        return Stretch(0, self.active).between(0, ticks, False)

    def snr_at(self, ticks: int, first: int = 0) -> np.ndarray:
        """Signal-to-noise ratio of the voice (ticks,) in dB from tick ``first`` on, NaN where unknown."""
        if self.snr is None:
            return np.full(ticks, np.nan)
        return Stretch(0, self.snr).between(first, first + ticks, np.nan)

    @property
    def present(self) -> np.ndarray:
        """(t,) bool: where the recording has sound."""
        return np.isfinite(self.speech)

    def speech_at(self, ticks: int) -> np.ndarray:
        """Probability of speech (ticks,), NaN where there is no sound."""
        return Stretch(0, self.speech).between(0, ticks, np.nan)


class _BlockReader:
    """Turns blocks into log-mel and speech probability from second 0, and notes where there was sound."""

    def __init__(self, settings: sound.LogMelSettings) -> None:
        self.logmel = sound.LogMelStream(sound.LogMel(settings))
        self.frame_rate = settings.frame_rate
        self.speech = sound.SpeechStream()
        self.spans: list[tuple[float, float]] = []
        self.samples = 0
        self._frames = KeptRows(np.float16)
        self._speech = array("f")

    def add(self, block: AudioBlock) -> None:
        """Read the next block; a gap before it becomes silence, and is left out of ``spans``."""
        ahead = block.start - self.samples / SAMPLE_RATE
        samples = block.samples
        if ahead > TOLERANCE or (self.samples == 0 and ahead > 0):
            self._fill(round(ahead * SAMPLE_RATE))
        elif ahead < -TOLERANCE:
            samples = samples[round(-ahead * SAMPLE_RATE) :]
        if not len(samples):
            return
        begin = self.samples / SAMPLE_RATE
        self._push(samples)
        if self.spans and self.spans[-1][1] == begin:
            begin, _ = self.spans.pop()
        self.spans.append((begin, self.samples / SAMPLE_RATE))

    def finish(self) -> tuple[KeptRows, np.ndarray]:
        """Log-mel and probabilities of speech (m,)."""
        self._frames.add(self.logmel.finish())
        self._speech.frombytes(self.speech.finish().tobytes())
        return self._frames, np.array(self._speech)

    def present(self, timeline: Timeline, ticks: int) -> np.ndarray:
        """(ticks,) bool: where the recording has sound."""
        mask = np.zeros(ticks, dtype=bool)
        for begin, end in self.spans:
            mask[timeline.tick(begin) : timeline.count(end)] = True
        return mask

    def _fill(self, missing: int) -> None:
        """Take so many samples of silence."""
        wholes = max(0, int((missing / SAMPLE_RATE - SETTLE) // WHOLE))
        self._push(np.zeros(missing - wholes * WHOLE * SAMPLE_RATE, np.float32))
        if not wholes:
            return
        self.samples += wholes * WHOLE * SAMPLE_RATE
        frame = self._frames[len(self._frames) - 1 :]
        for _ in range(wholes):
            self._frames.add(np.repeat(frame, round(WHOLE * self.frame_rate), axis=0))
        self._speech.extend(self._speech[-1:] * round(wholes * WHOLE * CHUNK_RATE))

    def _push(self, samples: np.ndarray) -> None:
        self.samples += len(samples)
        self._frames.add(self.logmel.push(samples))
        self._speech.frombytes(self.speech.push(samples).tobytes())


def audio_stream(
    blocks: Iterator[AudioBlock],
    model: Runtime,
    timeline: Timeline,
    timing: Timing,
    reference: float | None = None,
) -> AudioStream | None:
    """Read the sound of a recording; None if there is none.

    Parameters
    ----------
    blocks : iterator of AudioBlock
        16 kHz mono, in time order.
    model : Runtime
        Its voice encoder is used, if it has one.
    timeline : Timeline
    timing : Timing
        Gets the seconds of "decode" and "voice".
    reference : float, optional
        Level in bels to which the voice is taken relative; by default the recording's own
        (`avaffect.voice.reference_level`).
    """
    preset = _preset(model.spec)
    reader = _BlockReader(preset)
    for block in timing.each("decode", blocks):
        go_on()
        with timing.measure("voice"):
            reader.add(block)
    if not reader.samples:
        return None
    with timing.measure("voice"):
        logmel, probability = reader.finish()
        ticks = timeline.count(reader.samples / SAMPLE_RATE)
        present = reader.present(timeline, ticks)
        in_speech = sound.speech_active(probability, CHUNK_RATE)
        active = sound.share(in_speech, ticks, new_rate=timeline.tick_rate) & present
        speech = sound.resample(probability, CHUNK_RATE, timeline.tick_rate, ticks)
        levels = _levels(logmel)
        if reference is None:
            level = _level(levels, in_speech, preset.frame_rate)
            reference = sound.shrunk_level(level.level, level.seconds)
        features = _encode(logmel, reference, model, preset.frame_rate, active)
        logmel.close()
        snr = voice_snr(levels, preset.frame_rate, ticks, timeline.tick_rate)
    speech = np.where(present, speech, np.nan)
    return AudioStream(features, speech, active, reader.samples / SAMPLE_RATE, snr)


def measure_speech(blocks: Iterator[AudioBlock], spec: Spec) -> sound.SpeechLevel:
    """The level of a recording's speech, and how much there is; nothing is encoded.

    Parameters
    ----------
    blocks : iterator of AudioBlock
        16 kHz mono, in time order.
    spec : Spec
        The level is measured on the spectrogram that its voice encoder reads.
    """
    preset = _preset(spec)
    reader = _BlockReader(preset)
    for block in blocks:
        reader.add(block)
    if not reader.samples:
        return sound.SpeechLevel(float("nan"), 0.0)
    logmel, probability = reader.finish()
    level = _level(_levels(logmel), sound.speech_active(probability, CHUNK_RATE), preset.frame_rate)
    logmel.close()
    return level


def _preset(spec: Spec) -> sound.LogMelSettings:
    stream = spec.streams.get("audio")
    return sound.preset(str(stream.preprocessing["logmel"]) if stream else "default16k")


def _levels(logmel: KeptRows) -> np.ndarray:
    """Level of each frame in bels."""
    blocks = [sound.frame_level(block) for block in logmel.blocks(_BLOCK)]
    return np.concatenate([np.zeros(0, np.float32), *blocks])


def _level(levels: np.ndarray, in_speech: np.ndarray, mel_rate: float) -> sound.SpeechLevel:
    voiced = sound.share(in_speech, len(levels), new_rate=mel_rate)
    if not voiced.any():
        return sound.NO_SPEECH
    return sound.SpeechLevel(float(np.median(levels[voiced])), float(voiced.sum()) / mel_rate)


def _encode(
    logmel: KeptRows, reference: float, model: Runtime, mel_rate: float, active: np.ndarray
) -> KeptRows:
    """Features of the voice (ticks, d), piece by piece with context on both sides; 0 where no one speaks."""
    spec: Spec = model.spec
    ticks, out = len(active), KeptRows(np.float32)
    dim = spec.streams["audio"].dim if "audio" in spec.streams else 0
    if not dim or not len(logmel):  # or less sound than one frame of the spectrum
        out.add(np.zeros((ticks, dim), np.float32))
        return out
    per_tick = round(mel_rate / spec.tick_rate)
    for first, begin, end, last in model.pieces(ticks):
        if not active[begin:end].any():  # a piece that no mask lets through
            out.add(np.zeros((end - begin, dim), np.float32))
            continue
        go_on()
        frames = logmel[first * per_tick : last * per_tick]
        missing = (last - first) * per_tick - len(frames)
        silence = np.full((missing, frames.shape[1]), logmel.lowest, np.float16)
        view = sound.relative(np.concatenate([frames, silence]), reference)
        out.add(model.encode_voice(view, begin - first)[begin - first : end - first])
    return out
