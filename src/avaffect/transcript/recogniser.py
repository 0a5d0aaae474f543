"""Speech recognition by faster-whisper, with a model that lies on disk."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .. import media
from ..errors import DataError, MediaError
from ..files import as_text
from ..media.sound import SAMPLE_RATE
from .sentences import Cue, Transcript, Word, transcript_of


def recognise(recording: str | Path, model: str | Path, *, language: str | None = None) -> Transcript:
    """What is said in a recording, with the time of each word.

    Needs the extra ``avaffect[recognise]``. Speakers are not told apart. Nothing is downloaded.

    Parameters
    ----------
    recording : path
        Video or audio.
    model : path
        Folder of a Whisper model in CTranslate2's format: ``model.bin``, ``config.json``, ``tokenizer.json``.
    language : str, optional
        Such as ``"en"``; by default the recogniser finds out.

    Raises
    ------
    DataError
        If faster-whisper is not installed, or the folder holds no model.
    MediaError
        If the recording has no sound, or cannot be read.
    """
    if find_spec("faster_whisper") is None:
        raise DataError("recognising speech needs faster-whisper: pip install 'avaffect[recognise]'")
    folder = Path(model)
    if not (folder / "model.bin").is_file():
        raise DataError(f"{folder}: no model.bin in it; expected a Whisper model in CTranslate2's format")
    samples = _samples(recording)
    whisper = import_module("faster_whisper").WhisperModel(str(folder), device="cpu", compute_type="int8")
    segments, _ = whisper.transcribe(samples, language=language, word_timestamps=True)
    cues = [
        Cue(
            segment.start,
            segment.end,
            segment.text,
            words=tuple(Word(word.start, word.end, word.word.strip()) for word in segment.words or ()),
        )
        for segment in segments
    ]
    return transcript_of(cues, as_text(recording))


def _samples(recording: str | Path) -> np.ndarray:
    """16 kHz mono from second 0, (n,) float32; silence where there is a gap."""
    blocks = list(media.audio(recording))
    if not blocks:
        raise MediaError(f"{recording}: has no sound to recognise speech in")
    end = max(round(block.start * SAMPLE_RATE) + len(block.samples) for block in blocks)
    samples = np.zeros(end, dtype=np.float32)
    for block in blocks:
        first = round(block.start * SAMPLE_RATE)
        part = block.samples[max(-first, 0) :]
        samples[max(first, 0) : max(first, 0) + len(part)] = part
    return samples
