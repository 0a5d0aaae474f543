"""The face stage of a run: align the corpora, train the encoder, measure it on held-out faces."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from ...corpus.faces import FaceSet, diffusionfer, ferplus, framings
from ...corpus.splits import SPLITS
from ...encoder.face import FaceNet
from ...face.mtcnn import MTCNN
from ...files import replacing
from ..agreement import agreement, recall
from ..fit import EpochData, EveryEpochs, Hook, fit
from ..recipe import Recipe
from ..result import is_done, load_result, save_result
from .augment import Damage
from .module import FaceBatches, FaceHeads, FaceModule, Faces, read_faces

_READERS = {"ferplus": ferplus, "diffusionfer": diffusionfer}


def read_corpora(settings: Recipe, names: Iterable[str]) -> dict[str, Faces]:
    """Face corpora with where each picture is cut; the landmarks are found once and kept."""
    folder = settings.work / "face"
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in names:
        corpus = _READERS[name](settings.data / getattr(settings.face, name))
        found[name] = Faces(corpus, _framings(corpus, folder / f"{name}.npy"))
    return found


def _framings(corpus: FaceSet, cache: Path) -> np.ndarray:
    if cache.is_file():
        return np.load(cache)
    matrices = framings(corpus.images, MTCNN().landmarks_of_crops)
    with replacing(cache) as part:
        np.save(part, matrices)
    return matrices


def train_face(settings: Recipe, hook: Hook) -> None:
    """Train the encoder unless ``work/face`` holds the result."""
    folder = settings.work / "face"
    if is_done(folder):
        return
    corpora = read_corpora(settings, settings.face.corpora)
    plan = settings.face.fit
    batches = FaceBatches(
        [faces.part("train") for faces in corpora.values()],
        [settings.face.rated_repeats if faces.corpus.rated.all() else 1 for faces in corpora.values()],
        batch=plan.batch,
        seed=settings.seed,
        damage=Damage(),
    )
    module = FaceModule(
        encoder=FaceNet(**settings.face.options),
        plan=plan,
        steps=plan.epochs * len(batches),
    )
    net, heads = module.averaged()
    taught = list(corpora.values())

    def measure(split: str = "val") -> dict[str, float]:
        return {
            f"{name}/{key}": value
            for name, faces in corpora.items()
            for key, value in evaluate(net, heads, faces.part(split), taught=taught).items()
        }

    fit(
        module,
        EpochData(batches),
        stage="face",
        folder=folder,
        plan=plan,
        seed=settings.seed,
        hook=hook,
        callbacks=(EveryEpochs(measure, every=4),),
    )
    unseen = {
        name: evaluate(net, heads, faces, taught=taught)
        for name, faces in read_corpora(settings, settings.face.unseen).items()
    }
    figures = {**{split: measure(split) for split in SPLITS[1:]}, "unseen": unseen}
    save_result(folder, {"encoder": net, "heads": heads}, figures)
    (folder / "last.ckpt").unlink(missing_ok=True)


def load_face(settings: Recipe) -> tuple[FaceNet, FaceHeads]:
    """The trained encoder and its heads, in evaluation mode."""
    net = FaceNet(**settings.face.options)
    heads = FaceHeads(net.dim)
    load_result(settings.work / "face", {"encoder": net, "heads": heads})
    return net, heads


def evaluate(net: FaceNet, heads: FaceHeads, faces: Faces, *, taught: Iterable[Faces]) -> dict[str, float]:
    """Figures of faces that were not trained on.

    Parameters
    ----------
    faces : Faces
        All rated, or all with votes.
    taught : iterable of Faces
        What the network was trained on: without votes it has no emotions to measure, without ratings it
        knows the scale of the proxies only.

    Returns
    -------
    dict
        ``ccc_`` and ``r_`` (Pearson) of valence and arousal. With votes, against the raters' first choice:
        ``accuracy`` over all images, ``accuracy_agreed`` over those where more than half of the raters chose
        the same, ``uar`` (unweighted average recall).
    """
    out = read_faces(net, heads, faces)
    corpus, affect = faces.corpus, out["affect"]
    voted = not corpus.rated.all()
    figures: dict[str, float] = {}
    if voted and not all(other.corpus.rated.all() for other in taught):
        choice = corpus.emotions.argmax(1)
        right = out["logits"].argmax(1) == choice
        figures["accuracy"] = float(right.mean())
        figures["accuracy_agreed"] = float(right[corpus.agreed].mean())
        figures["uar"] = recall(out["logits"], choice)
    if voted or not any(other.corpus.rated.any() for other in taught):
        with torch.inference_mode():
            affect = heads.as_proxy(torch.from_numpy(affect)).numpy()
    return figures | agreement(affect, corpus.valence_arousal)
