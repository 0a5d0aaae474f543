"""The last stages of a run: train the fusion on paired sequences, calibrate it, write the model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from .. import __version__, checkpoint
from ..corpus.faces import SPLITS
from ..corpus.paired import CLEAN, WORN, FaceBank, Stock, VoiceBank, Wear
from ..corpus.speech import read_speech
from ..model import AffectModel
from ..spec import Component, Corpus, Spec, Stream
from .bank_files import load_faces, load_voices, save_faces, save_voices
from .banks import face_bank, voice_bank
from .calibrate import coverages, half_widths
from .card import CORPORA, LICENCE, MEANING, write_card
from .face_stage import load_face, read_corpora
from .fit import EpochData, EveryEpochs, Hook, fit
from .fusion import FusionModule, PairedBatches, after_encoders, held_out
from .judge import advantage, error_by_damage, judge, trust_in_damage
from .recipe import Recipe
from .result import is_done, load_result, save_result
from .slips import face_errors, slip, voice_errors
from .voice_clips import hear
from .voice_stage import load_voice


def spec_of(settings: Recipe) -> Spec:
    """The untrained model's description."""
    plan = settings.fusion
    options = {"audio": settings.voice.options, "visual": settings.face.options}
    encoders = {"audio": "voice", "visual": "face"}
    preprocessing: dict[str, dict[str, Any]] = {"audio": {"logmel": "default16k"}, "visual": {"crop": 112}}
    return Spec(
        name=settings.name,
        streams={
            name: Stream(
                encoder=Component(encoders[name], options[name]),
                temporal=Component(plan.temporal.name, plan.temporal.options),
                dim=int(options[name].get("dim", 128)),
                fused_dim=plan.fused_dim,
                preprocessing=preprocessing[name],
            )
            for name in ("audio", "visual")
        },
        fusion=Component(plan.mechanism.name, plan.mechanism.options),
        joint=Component(plan.joint.name, plan.joint.options) if plan.joint else None,
        head=plan.head,
        window=plan.window,
        coverage=settings.calibration.coverage,
        meaning=MEANING,
        licence=LICENCE,
        corpora=tuple(Corpus(*row) for row in CORPORA),
        code_version=__version__,
    )


def face_banks(settings: Recipe, hook: Hook) -> dict[str, FaceBank]:
    """Features of every face by split, computed where they are not cached."""
    caches = _caches(settings, "faces")
    if not all(cache.is_file() for cache in caches.values()):
        net, heads = load_face(settings)
        corpora = read_corpora(settings).values()
        for split, cache in caches.items():
            parts = [faces.part(split) for faces in corpora]
            views, seed = settings.fusion.views, settings.seed
            save_faces(cache, face_bank(net, heads, parts, views=views, seed=seed, hook=hook))
    return {split: load_faces(cache) for split, cache in caches.items()}


def voice_banks(settings: Recipe, hook: Hook) -> dict[str, VoiceBank]:
    """Features of every clip by split, computed where they are not cached."""
    caches = _caches(settings, "voices")
    if not all(cache.is_file() for cache in caches.values()):
        net, _ = load_voice(settings)
        items = hear(read_speech(settings.data / settings.voice.speech, settings.voice.corpora))
        for split, cache in caches.items():
            part = [item for item in items if item.clip.split == split]
            views, seed = settings.fusion.views, settings.seed
            save_voices(cache, voice_bank(net, part, views=views, seed=seed, hook=hook))
    return {split: load_voices(cache) for split, cache in caches.items()}


def _caches(settings: Recipe, kind: str) -> dict[str, Path]:
    folder = settings.work / "fusion"
    folder.mkdir(parents=True, exist_ok=True)
    return {split: folder / f"{kind}.{split}.npz" for split in SPLITS}


def read_stocks(settings: Recipe, hook: Hook) -> dict[str, Stock]:
    """What sequences are made of, by split: no face and no speaker is in two of them."""
    faces, voices = face_banks(settings, hook), voice_banks(settings, hook)
    stocks = {split: Stock(faces[split], voices[split]) for split in SPLITS}
    face_heads, voice_heads = load_face(settings)[1], load_voice(settings)[1]
    stocks["train"] = replace(
        stocks["train"],
        face_slip=slip(*(face_errors(face_heads, faces[split]) for split in ("train", "val"))),
        voice_slip=slip(*(voice_errors(voice_heads, voices[split]) for split in ("train", "val"))),
    )
    return stocks


def train_fusion(settings: Recipe, hook: Hook) -> None:
    """Train everything after the encoders unless ``work/fusion`` holds the result."""
    folder = settings.work / "fusion"
    if is_done(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    stocks = read_stocks(settings, hook)
    plan = settings.fusion
    model = AffectModel(spec_of(settings))
    batches = PairedBatches(
        stocks["train"],
        steps=plan.steps,
        batch=plan.fit.batch,
        ticks=plan.ticks,
        seed=settings.seed,
        wear=Wear(),
    )
    module = FusionModule(
        model=model,
        steps=plan.fit.epochs * plan.steps,
        rate=plan.fit.rate,
        weight_decay=plan.fit.weight_decay,
        warmup=plan.fit.warmup,
        decay=plan.fit.average,
    )
    watched = _sets(settings, stocks["val"], count=100)

    def measure() -> dict[str, float]:
        return {
            f"{name}/{key}": value
            for name, data in watched.items()
            for key, value in judge(module.averaged(), data).items()
        }

    fit(
        module,
        EpochData(batches),
        stage="fusion",
        folder=folder,
        epochs=plan.fit.epochs,
        precision=plan.fit.precision,
        seed=settings.seed,
        hook=hook,
        callbacks=(EveryEpochs(measure, every=4),),
    )
    model = module.averaged()
    sets = _sets(settings, stocks["test"], count=plan.held_out)
    figures = {name: _figures(model, data) for name, data in sets.items()}
    save_result(folder, {"after": after_encoders(model)}, figures)
    (folder / "last.ckpt").unlink(missing_ok=True)


def _sets(settings: Recipe, stock: Stock, *, count: int) -> dict[str, dict[str, Tensor]]:
    ticks, seed = settings.fusion.ticks[1], settings.seed + 1
    return {
        name: held_out(stock, count=count, ticks=ticks, seed=seed, wear=wear)
        for name, wear in (("clean", CLEAN), ("worn", WORN))
    }


def _figures(model: AffectModel, data: dict[str, Tensor]) -> dict[str, Any]:
    return {
        **judge(model, data),
        "advantage": advantage(model, data),
        "trust": trust_in_damage(model, data),
        "error": error_by_damage(model, data),
    }


def calibrate(settings: Recipe, hook: Hook) -> None:
    """Interval half-widths on validation identities, their coverage on test identities."""
    folder = settings.work / "calibration"
    if is_done(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    stocks = read_stocks(settings, hook)
    model = AffectModel(spec_of(settings))
    load_result(settings.work / "fusion", {"after": after_encoders(model)})
    model.eval()
    usual = {
        use: held_out(
            stocks[use],
            count=settings.calibration.sequences,
            ticks=settings.fusion.ticks[1],
            seed=settings.seed + 7,
            wear=Wear(),
        )
        for use in ("val", "test")
    }
    widths = half_widths(model, usual["val"], coverage=settings.calibration.coverage)
    figures = {"half_widths": widths, "coverage": coverages(model, usual["test"], widths)}
    save_result(folder, {}, figures)


def export(settings: Recipe, _hook: Hook) -> None:
    """Put the stages together and write spec, weights and card to the recipe's `output`."""
    figures = {
        stage: json.loads((settings.work / stage / "figures.json").read_text(encoding="utf-8"))
        for stage in ("face", "voice", "fusion", "calibration")
    }
    spec = replace(
        spec_of(settings),
        calibration=figures["calibration"]["half_widths"],
        metrics=_flat(figures),
    )
    model = AffectModel(spec)
    load_result(settings.work / "fusion", {"after": after_encoders(model)})
    model.encoders["visual"].load_state_dict(load_face(settings)[0].state_dict())
    model.encoders["audio"].load_state_dict(load_voice(settings)[0].state_dict())
    checkpoint.save(model.eval(), settings.output, card=write_card(spec, figures), half=True)


def _flat(figures: dict, prefix: str = "") -> dict[str, float]:
    """Nested figures as ``stage/key/...``: number, lists left out."""
    flat: dict[str, float] = {}
    for key, value in figures.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}/")
        elif isinstance(value, float):
            flat[f"{prefix}{key}"] = round(value, 4)
    return flat
