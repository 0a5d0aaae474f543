"""What sequences are made of: features of every face and clip, computed once and kept in ``work/banks``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...corpus.speech import read_speech
from ...corpus.splits import SPLITS
from ...errors import DataError
from ..face.stage import load_face, read_corpora
from ..fit import Hook
from ..paired import FaceBank, Stock, VoiceBank
from ..recipe import Recipe
from ..voice.clips import hear
from ..voice.stage import load_voice
from .bank_files import load_faces, load_voices, save_faces, save_voices
from .banks import face_bank, voice_bank
from .slips import face_errors, slip, voice_errors


def face_banks(settings: Recipe, hook: Hook) -> dict[str, FaceBank]:
    """Features of every face by split, computed where they are not cached."""
    caches = _caches(settings, "faces")
    if not all(cache.is_file() for cache in caches.values()):
        net, heads = load_face(settings)
        corpora = read_corpora(settings, settings.face.corpora).values()
        for split, cache in caches.items():
            parts = [faces.part(split) for faces in corpora]
            views, seed = settings.fusion.views, settings.seed
            save_faces(cache, face_bank(net, heads, parts, views=views, seed=seed, hook=hook))
    return {split: load_faces(cache) for split, cache in caches.items()}


def voice_banks(settings: Recipe, hook: Hook) -> dict[str, VoiceBank]:
    """Features of every clip by split, computed where they are not cached.

    Raises
    ------
    DataError
        If the recipe's corpora have no speaker in one of the splits.
    """
    caches = _caches(settings, "voices")
    if not all(cache.is_file() for cache in caches.values()):
        net, _ = load_voice(settings)
        items = hear(read_speech(settings.data / settings.voice.speech, settings.voice.corpora))
        for split, cache in caches.items():
            part = [item for item in items if item.clip.split == split]
            if not part:
                raise DataError(
                    f"voice.corpora: no speaker of {', '.join(settings.voice.corpora)} is in the split "
                    f"{split!r}, which sequences need; add a corpus"
                )
            views, seed = settings.fusion.views, settings.seed
            save_voices(cache, voice_bank(net, part, views=views, seed=seed, hook=hook))
    return {split: load_voices(cache) for split, cache in caches.items()}


def kept_stock(settings: Recipe, split: str) -> Stock:
    """One split as a finished run has left it in the work folder, without corpora or encoders.

    Raises
    ------
    DataError
        If no run has.
    """
    faces, voices = (_caches(settings, kind)[split] for kind in ("faces", "voices"))
    for path in (faces, voices):
        if not path.is_file():
            raise DataError(f"{path} is missing: train the recipe first, or give its work=FOLDER")
    return Stock(load_faces(faces), load_voices(voices))


def _caches(settings: Recipe, kind: str) -> dict[str, Path]:
    folder = settings.work / "banks"
    return {split: folder / f"{kind}.{split}.npz" for split in SPLITS}


def read_stocks(settings: Recipe, hook: Hook) -> dict[str, Stock]:
    """What sequences are made of, by split: no face and no speaker is in two of them.

    Where the recipe does not say how far the encoders go astray with strangers, it is how much worse they do
    on the validation items than on those of their training.
    """
    faces, voices = face_banks(settings, hook), voice_banks(settings, hook)
    stocks = {split: Stock(faces[split], voices[split]) for split in SPLITS}
    face_slip, voice_slip = settings.fusion.face_slip, settings.fusion.voice_slip
    if face_slip is None:
        heads = load_face(settings)[1]
        face_slip = slip(*(face_errors(heads, faces[split]) for split in ("train", "val")))
    if voice_slip is None:
        readings = load_voice(settings)[1]
        voice_slip = slip(*(voice_errors(readings, voices[split]) for split in ("train", "val")))
    stocks["train"] = replace(stocks["train"], face_slip=face_slip, voice_slip=voice_slip)
    return stocks
