"""Acted speech with a named emotion: RAVDESS, EmoDB, nEMO, TESS, and the vocal bursts of EmoGator.

A corpus is two files: NAME.flac, all its clips one after the other in 16 kHz mono, and NAME.csv, one row for
each clip. Valence and arousal were not rated. A clip gets a proxy: the coordinates of its emotion (see
`avaffect.corpus.emotions`) times the factor of `INTENSITY` for its acted intensity. Splits are by speaker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import av
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, nearest
from ..media.sound import SAMPLE_RATE
from .base import need_training_file
from .emotions import coordinates

CORPORA = ("ravdess", "emodb4_full", "nemo", "tess", "emogator")
EMOTIONS = (
    "neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise",
)  # fmt: skip

INTENSITY: Mapping[str, float] = MappingProxyType({"": 0.9, "normal": 0.75, "strong": 1.0})
"""Factor of the emotion's coordinates by acted intensity (our choice); "" where none is given."""

BURSTS: Mapping[str, str] = MappingProxyType(
    {
        "Amusement": "happiness",  # ours: laughter
        "Anger": "anger",
        "Contentment": "calm",  # ours
        "Disgust": "disgust",
        "Elation": "happiness",  # ours
        "Fear": "fear",
        "Neutral": "neutral",
        "Sadness": "sadness",
        "Serenity": "calm",  # ours
        "Surprise (Positive)": "surprise",
    }
)
"""The ten of EmoGator's thirty classes that are one of `EMOTIONS` or near it; other clips are left out."""

HELD_OUT: Mapping[str, str] = MappingProxyType(
    {
        **{f"ravdess_{actor}": "val" for actor in (19, 20, 21)},
        **{f"ravdess_{actor}": "test" for actor in (22, 23, 24)},
        "emodb_14": "val",
        "emodb_15": "test",
        "emodb_16": "test",
        "nemo_MK0": "val",
        "nemo_KD0": "test",
        "nemo_WR0": "test",
        "tess_YAF": "test",
        "emogator_000271": "val",
        "emogator_000301": "test",
        "emogator_000331": "test",
    }
)
"""Speakers of the validation and test splits; all others train. TESS has two speakers and no validation."""

_COLUMNS = ("corpus", "file", "start", "stop", "speaker", "gender", "emotion", "intensity", "lang")


@dataclass(frozen=True, eq=False)
class Utterance:
    """One clip: its sound and its labels.

    Attributes
    ----------
    corpus, name, speaker, gender, language : str
        ``name`` is the file's name in the original corpus, ``speaker`` is unique over all corpora; gender
        may be "".
    emotion : str
        One of `EMOTIONS`.
    intensity : str
        "normal", "strong", or "" if the corpus has none.
    split : str
        One of `SPLITS`.
    samples : (n,) int16 numpy.ndarray
        At 16 kHz.
    """

    corpus: str
    name: str
    speaker: str
    gender: str
    language: str
    emotion: str
    intensity: str
    split: str
    samples: NDArray[np.int16]

    @property
    def sound(self) -> NDArray[np.float32]:
        """The samples as (n,) float32 in [-1, 1]."""
        return self.samples.astype(np.float32) / 32768.0

    @property
    def valence_arousal(self) -> tuple[float, float]:
        """Valence and arousal, the proxy from emotion and intensity, each in [-1, 1]."""
        share = INTENSITY[self.intensity]
        valence, arousal = coordinates(self.emotion)
        return share * valence, share * arousal


def read_speech(folder: Path, corpora: Iterable[str] = CORPORA) -> list[Utterance]:
    """The clips of some corpora with an emotion of `EMOTIONS`, in the order of their files.

    Parameters
    ----------
    folder : Path
        Holds NAME.flac and NAME.csv.
    corpora : iterable of str
        Names out of `CORPORA`.

    Raises
    ------
    DataError
        If a name is unknown, a file is missing or cannot be read, or a table has other columns.
    """
    return [clip for name in corpora for clip in _read_corpus(Path(folder), name)]


def _read_corpus(folder: Path, name: str) -> list[Utterance]:
    if name not in CORPORA:
        raise DataError(f"unknown speech corpus {name!r}; {nearest(name, CORPORA)}")
    table = _read_table(folder / f"{name}.csv")
    samples = _decode(folder / f"{name}.flac")
    if len(table) and int(table["stop"].max()) > len(samples):
        raise DataError(
            f"{folder / name}.flac has {len(samples)} samples, its table needs {table['stop'].max()}; "
            "fetch both files again"
        )
    names = BURSTS if name == "emogator" else {emotion: emotion for emotion in EMOTIONS}
    return [
        Utterance(
            corpus=name,
            name=str(row.file),
            speaker=str(row.speaker),
            gender=str(row.gender),
            language=str(row.lang),
            emotion=names[str(row.emotion)],
            intensity=str(row.intensity),
            split=HELD_OUT.get(str(row.speaker), "train"),
            samples=samples[int(str(row.start)) : int(str(row.stop))],
        )
        for row in table.itertuples()
        if row.emotion in names
    ]


def _read_table(path: Path) -> pd.DataFrame:
    table = pd.read_csv(need_training_file(path), keep_default_na=False)
    missing = [column for column in _COLUMNS if column not in table.columns]
    if missing:
        raise DataError(f"{path}: no column {missing[0]!r}; it has {', '.join(table.columns)}")
    return table


def _decode(path: Path) -> NDArray[np.int16]:
    """The whole of a mono 16 kHz file: (n,) int16."""
    try:
        with av.open(str(need_training_file(path))) as container:
            stream = container.streams.audio[0]
            if not stream.rate:
                raise DataError(f"{path}: not readable as sound; fetch it again")
            if stream.rate != SAMPLE_RATE or stream.channels != 1:
                raise DataError(
                    f"{path}: {stream.rate} Hz, {stream.channels} channels; expected 16000 Hz mono"
                )
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            parts = [
                out.to_ndarray()[0] for frame in container.decode(stream) for out in resampler.resample(frame)
            ]
    except (av.FFmpegError, IndexError) as error:
        raise DataError(f"{path}: not readable as sound ({error}); fetch it again") from error
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)
