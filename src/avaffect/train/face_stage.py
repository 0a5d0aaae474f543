"""The face stage of a run: align the corpora, train the encoder, measure it on held-out faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..corpus.faces import SPLITS, FaceSet, diffusionfer, ferplus, framings
from ..encoder.face import FaceNet
from ..face.mtcnn import MTCNN
from .augment import Damage
from .face import FaceBatches, FaceHeads, FaceModule, Faces, evaluate
from .fit import EpochData, EveryEpochs, Hook, fit
from .recipe import Recipe
from .result import is_done, save_result


def read_corpora(settings: Recipe) -> dict[str, Faces]:
    """The face corpora with where each picture is cut; the landmarks are found once and kept."""
    sets = {
        "ferplus": ferplus(settings.data / settings.face.ferplus),
        "diffusionfer": diffusionfer(settings.data / settings.face.diffusionfer),
    }
    folder = settings.work / "face"
    folder.mkdir(parents=True, exist_ok=True)
    return {name: Faces(s, _framings(s, folder / f"{name}.npy")) for name, s in sets.items()}


def _framings(corpus: FaceSet, cache: Path) -> np.ndarray:
    if cache.is_file():
        return np.load(cache)
    matrices = framings(corpus.images, MTCNN().landmarks_of_crops)
    part = cache.with_suffix(".part.npy")
    np.save(part, matrices)
    part.replace(cache)
    return matrices


def train_face(settings: Recipe, hook: Hook) -> None:
    """Train the encoder unless ``work/face`` holds the result."""
    folder = settings.work / "face"
    if is_done(folder):
        return
    corpora = read_corpora(settings)
    plan = settings.face.fit
    batches = FaceBatches(
        [faces.part("train") for faces in corpora.values()],
        [1, settings.face.rated_repeats],
        batch=plan.batch,
        seed=settings.seed,
        damage=Damage(),
    )
    module = FaceModule(
        encoder=FaceNet(**settings.face.options),
        steps=plan.epochs * len(batches),
        rate=plan.rate,
        weight_decay=plan.weight_decay,
        decay=plan.average,
        warmup=plan.warmup,
    )
    net, heads = module.averaged()

    def measure(split: str = "val") -> dict[str, float]:
        return {
            f"{name}/{key}": value
            for name, faces in corpora.items()
            for key, value in evaluate(net, heads, faces.part(split)).items()
        }

    fit(
        module,
        EpochData(batches),
        stage="face",
        folder=folder,
        epochs=plan.epochs,
        precision=plan.precision,
        seed=settings.seed,
        hook=hook,
        callbacks=(EveryEpochs(measure, every=4),),
    )
    figures = {split: measure(split) for split in SPLITS[1:]}
    save_result(folder, {"encoder": net, "heads": heads}, figures)
    (folder / "last.ckpt").unlink(missing_ok=True)


def load_face(settings: Recipe) -> tuple[FaceNet, FaceHeads]:
    """The trained encoder and its heads, in evaluation mode."""
    from .result import load_result

    net = FaceNet(**settings.face.options)
    heads = FaceHeads(net.dim)
    load_result(settings.work / "face", {"encoder": net, "heads": heads})
    return net, heads
