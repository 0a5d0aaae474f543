"""Corpora of the real layout, made up and tiny, and a recipe that trains on them in seconds."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import yaml
from skimage.data import astronaut

from avaffect.corpus.speech import Utterance
from avaffect.corpus.store import FeatureStore
from avaffect.train.feature_cache import read_pools
from avaffect.train.recipe import read_corpus_recipe
from avaffect.train.run import run

from .stores import made_up_store

NAMES = [
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
    "unknown", "NF",
]  # fmt: skip


def portrait(size: int) -> np.ndarray:
    """A public-domain face that fills the picture: (size, size) uint8."""
    face = cv2.cvtColor(astronaut()[60:210, 150:300], cv2.COLOR_RGB2GRAY)
    return cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)


def made_up_faces(folder: Path, rng: np.random.Generator, count: int = 48) -> None:
    face = portrait(48).astype(float)
    noisy = np.clip(face + rng.normal(0, 6, (count, 48, 48)), 0, 255).astype(np.uint8)
    votes = np.zeros((count, 10), np.uint8)
    votes[np.arange(count), np.arange(count) % 9] = 7  # every ninth has "unknown" as first choice
    votes[np.arange(count), (np.arange(count) + 1) % 8] += 3
    np.savez(
        folder / "fer2013_ferplus.npz",
        X=noisy,
        ferplus_votes=votes,
        ferplus_names=np.array(NAMES),
        split=(np.arange(count) // 12).clip(0, 2).astype(np.uint8)[::-1],
        leak_dup=np.arange(count) % 11 == 0,
    )
    large = np.repeat(portrait(64)[None, ..., None], 24, axis=0).repeat(3, axis=3)
    np.savez(
        folder / "diffusionfer_va.npz",
        X=np.clip(large + rng.normal(0, 6, large.shape), 0, 255).astype(np.uint8),
        va=rng.uniform(-1, 1, (24, 2)).astype(np.float32),
        is_test=np.arange(24) % 4 == 0,
    )


def made_up_voices(
    folder: Path,
    rng: np.random.Generator,
    *,
    corpus: str,
    speakers: Sequence[str],
    emotions: Sequence[str],
    intensity: str,
) -> None:
    """A corpus by name: one clip of half a second to one for each speaker and emotion."""
    folder.mkdir(exist_ok=True)
    rows, sounds, at = [], [], 0
    header = (
        "corpus,file,start,stop,dur,orig_dur,trim_off,peak,speaker,gender,emotion,sentence,intensity,lang"
    )
    for number, speaker in enumerate(speakers):
        for emotion in emotions:
            length = int(rng.integers(8000, 16000))
            time = np.arange(length) / 16000
            pitch = 100 + 40 * number + 40 * len(emotion)
            sounds.append(3000 * np.sin(2 * np.pi * pitch * time) * rng.uniform(0.5, 1, length))
            place = f"{at},{at + length},0,0,0,0.1"
            rows.append(f"{corpus},{at}.wav,{place},{corpus}_{speaker},M,{emotion},s,{intensity},en")
            at += length
    (folder / f"{corpus}.csv").write_text("\n".join([header, *rows]) + "\n")
    samples = np.concatenate(sounds).astype(np.int16)
    with av.open(str(folder / f"{corpus}.flac"), "w") as container:
        stream = container.add_stream("flac", rate=16000, layout="mono")
        block = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        block.rate = 16000
        for packet in [*stream.encode(block), *stream.encode(None)]:
            container.mux(packet)


ACTORS, ACTED = ("ann", "ben", "cy", "di"), ("neutral", "happiness", "anger")
"""Who acts what in `made_up_actors`."""


def made_up_actors(folder: Path) -> None:
    """A video of a second for each actor and emotion, one face, lit and turned, and a tone."""
    folder.mkdir()
    face = cv2.resize(astronaut()[30:240, 120:330], (144, 144), interpolation=cv2.INTER_AREA)
    rows = ["file,actor,emotion,take"]
    for acted, emotion in enumerate(ACTED):
        for number, actor in enumerate(ACTORS):
            lit = np.clip(face.astype(float) * (0.8 + 0.15 * acted), 0, 255).astype(np.uint8)
            picture = np.ascontiguousarray(lit[:, ::-1] if number % 2 else lit)
            pitch = 150 + 100 * acted + 20 * number
            tone = (0.1 * np.sin(2 * np.pi * pitch * np.arange(16000) / 16000)).astype(np.float32)
            name = f"{emotion}_{actor}.mp4"
            write_video(folder / name, [picture] * 12, tone)
            rows.append(f"{name},{actor},{emotion},1")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")


def write_video(path: Path, pictures: Sequence[np.ndarray], tone: np.ndarray) -> None:
    """RGB pictures at 12 a second, and mono sound at 16 kHz."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=12)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=16000, layout="mono")
        for picture in pictures:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        for start in range(0, len(tone), 1024):
            block = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
            block.rate, block.pts = 16000, start
            container.mux(sound.encode(block))
        container.mux(sound.encode(None))


def utterance(
    corpus: str = "ravdess", emotion: str = "anger", speaker: str = "a", gain: float = 0.1
) -> Utterance:
    """A clip of noise of one second."""
    rng = np.random.default_rng(len(corpus) + len(emotion) + len(speaker))
    samples = (gain * 32767 * rng.uniform(-1, 1, 16000)).astype(np.int16)
    return Utterance(corpus, "x", speaker, "", "", emotion, "strong", "train", samples)


CLIPS = {"ravdess": 24, "emogator": 9}
"""Clips of each voice corpus whose emotion is one that is learnt."""


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of corpora as a recipe's `data` takes it."""
    folder = tmp_path_factory.mktemp("corpora")
    rng = np.random.default_rng(0)
    made_up_faces(folder, rng)
    made_up_voices(
        folder / "speech",
        rng,
        corpus="ravdess",
        speakers=("01", "02", "19", "20", "22", "23"),  # two of each split
        emotions=("neutral", "happiness", "sadness", "anger"),
        intensity="normal",
    )
    made_up_voices(
        folder / "speech",
        rng,
        corpus="emogator",
        speakers=("000001", "000271", "000301"),
        emotions=("Anger", "Amusement", "Serenity", "Awe"),
        intensity="",
    )
    made_up_actors(folder / "acted")
    return folder


SCHEDULE = {"name": "cosine", "warmup": 0.2}
FIT = {
    "epochs": 2,
    "batch": 4,
    "learning_rate": 0.003,
    "weight_decay": 0.05,
    "decay": "matrices",
    "schedule": SCHEDULE,
    "clip": 5.0,
    "checkpoint": "last",
    "measure_every": 4,
    "ema_decay": 0.5,
}
DEBUG: dict[str, Any] = {
    "name": "debug.test",
    "threads": 1,
    "temporal": {"name": "tcn", "options": {"levels": 2, "kernel": 3}},
    "temporal_dim": 16,
    "fusion": {"name": "hgrjca", "options": {"mixing": "feature", "iterations": 2}},
    "fit": {**FIT, "loss": {"mse": 2.0}, "noise": 0.15, "hide": 0.2},
    "face": {
        "encoder": {"name": "face", "options": {"dim": 16, "widths": [8, 16]}},
        "fit": {**FIT, "batch": 8, "schedule": {"name": "cosine", "warmup": 0.1}},
    },
    "voice": {
        "encoder": {"name": "voice", "options": {"dim": 16, "widths": [4, 8, 8]}},
        "corpora": ["ravdess", "emogator"],
        "views": 2,
        "draws": 16,
        "fit": FIT,
    },
    "paired": {"views": 2, "ticks": [12, 24], "steps": 4, "held_out": 6},
    "calibration": {"coverage": 0.9, "sequences": 12},
}


STRANGERS = {
    **DEBUG,
    "name": "strangers.test",
    "face": {**DEBUG["face"], "adapt": {"draws": 16, "fit": {**FIT, "epochs": 1, "batch": 8}}},
    "voice": {
        **DEBUG["voice"],
        "encoder": {"name": "whisper", "options": {"dim": 16, "blocks": 1, "width": 8, "heads": 2}},
        "fit": {**FIT, "epochs": 1},
    },
    "acted": {"folder": "acted", "folds": 2, "share": 0.5, "epochs": 1},
}
"""`DEBUG` with videos of actors, and another voice encoder."""


def write_recipe(folder: Path, corpora: Path, content: Mapping[str, Any] = DEBUG) -> Path:
    """A recipe that works in a folder of its own."""
    path = folder / "debug.yaml"
    places = {"data": str(corpora), "work": str(folder / "work"), "output": str(folder / "model")}
    path.write_text(yaml.safe_dump({**content, **places}))
    return path


@pytest.fixture
def recipe(tmp_path: Path, corpora: Path) -> Path:
    """A recipe for `corpora` that works in the test's own folder."""
    return write_recipe(tmp_path, corpora)


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory, corpora: Path) -> Path:
    """A work folder with trained encoders and the features of every face and clip."""
    folder = tmp_path_factory.mktemp("encoders")
    path = write_recipe(folder, corpora)
    run(path, stages=["face", "voice"])
    read_pools(read_corpus_recipe(path), lambda stage, done, total: None)
    return folder / "work"


@pytest.fixture
def encoded(recipe: Path, encoders: Path, tmp_path: Path) -> Path:
    """`recipe` with its encoders trained already."""
    shutil.copytree(encoders, tmp_path / "work")
    return recipe


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory, corpora: Path) -> Path:
    """The recipe `STRANGERS` after all of its stages; its work folder is not to be changed."""
    path = write_recipe(tmp_path_factory.mktemp("strangers"), corpora, STRANGERS)
    run(path)
    return path


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    """The store of `made_up_store`."""
    return made_up_store(tmp_path_factory.mktemp("store"))
