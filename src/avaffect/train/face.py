"""The face stage: train the face encoder on votes over emotions and on valence and arousal.

The votes teach what expressions look like. The rated faces teach where they lie in valence and arousal.
Proxies made from votes and ratings do not have the same scale. So the network predicts on the scale of the
ratings, and the proxies are compared through an affine map of their own. The map is learned in training and
is no part of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..construction import constructing
from ..corpus.faces import EMOTIONS, FaceSet, diffusionfer, ferplus, framings
from ..corpus.splits import SPLITS
from ..encoder import Encoder, check_encoder, create_encoder
from ..errors import DataError
from ..face.mtcnn import MTCNN
from ..files import replacing
from ..loss import CCCLoss
from ..metric import regression_metrics, uar
from ..npz import Expected, read_npy
from ..progress import Hook
from .batches import Batch, Batches
from .claims import claim
from .face_augmentation import FaceAugmentation, augment, crop_face
from .module import EncoderModule
from .recipe import CorpusRecipe, Fit
from .rendered import TICK_RATE
from .result import load_result, save_result
from .selection import with_mean_ccc
from .trainer import fit

_READERS = {"ferplus": ferplus, "diffusionfer": diffusionfer}


@dataclass(frozen=True)
class AlignedFaces:
    """A corpus of faces, and where each is cut.

    Attributes
    ----------
    corpus : FaceSet
    matrices : (n, 2, 3) float64 numpy.ndarray
        From pixels of each picture to those of its 56x56 crop.
    """

    corpus: FaceSet
    matrices: NDArray[np.float64]

    def part(self, split: str) -> AlignedFaces:
        """The items of one split."""
        chosen = self.corpus.part(split)
        return AlignedFaces(chosen, self.matrices[self.corpus.split == SPLITS.index(split)])


class FaceHeads(nn.Module):
    """Emotion logits and valence-arousal as linear functions of the embedding."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.emotion = nn.Linear(dim, len(EMOTIONS))
        self.affect = nn.Linear(dim, 2)
        self.proxy_scale = nn.Parameter(torch.ones(2))
        self.proxy_shift = nn.Parameter(torch.zeros(2))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(n, d) to emotion logits (n, 8) and valence-arousal (n, 2) on the scale of the ratings."""
        return self.emotion(features), self.affect(features)

    def as_proxy(self, affect: Tensor) -> Tensor:
        """Valence-arousal (n, 2) on the scale of the vote proxies."""
        return affect * self.proxy_scale + self.proxy_shift


class FaceBatches(Batches):
    """Augmented batches of several corpora, mixed."""

    def __init__(
        self,
        parts: list[AlignedFaces],
        repeats: list[int],
        *,
        batch: int,
        seed: int,
        augmentation: FaceAugmentation,
    ) -> None:
        self.parts = parts
        self.batch = batch
        self.seed = seed
        self.augmentation = augmentation
        self.items = np.concatenate(
            [
                np.tile(np.stack([np.full(len(p.corpus), k), np.arange(len(p.corpus))], 1), (n, 1))
                for k, (p, n) in enumerate(zip(parts, repeats, strict=True))
            ]
        )

    def __len__(self) -> int:
        return len(self.items) // self.batch

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        rng = np.random.default_rng((self.seed, number))
        order = rng.permutation(len(self.items))[: len(self) * self.batch]
        for chosen in order.reshape(-1, self.batch):
            yield self._batch(self.items[chosen], rng)

    def _batch(self, items: NDArray[np.intp], rng: np.random.Generator) -> Batch:
        images, emotions, affect, rated = [], [], [], []
        for part, item in items:
            faces = self.parts[part]
            images.append(augmented_crop(faces, item, rng, self.augmentation))
            emotions.append(faces.corpus.emotions[item])
            affect.append(faces.corpus.valence_arousal[item])
            rated.append(faces.corpus.rated[item])
        return {
            "images": torch.from_numpy(np.stack(images)),
            "emotions": torch.from_numpy(np.stack(emotions)),
            "affect": torch.from_numpy(np.stack(affect)),
            "rated": torch.from_numpy(np.array(rated)),
        }


def augmented_crop(
    faces: AlignedFaces, item: int, rng: np.random.Generator, augmentation: FaceAugmentation
) -> NDArray[np.uint8]:
    """The crop of one face of a corpus, augmented: (56, 56) uint8."""
    crop = crop_face(faces.corpus.images[item], faces.matrices[item], rng, augmentation=augmentation)
    return augment(crop, rng, augmentation)


class FaceModule(EncoderModule[Encoder, FaceHeads]):
    """Soft-label cross entropy on the votes, 1 - CCC on their proxies, squared error on the ratings."""

    def __init__(self, encoder: Encoder, plan: Fit) -> None:
        super().__init__(encoder, FaceHeads(encoder.dim), plan)
        self.ccc = CCCLoss()

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch of `FaceBatches`."""
        images = self.encoder.preprocess(batch["images"]).to(memory_format=torch.channels_last)
        logits, affect = self.heads(self.encoder.features(images))
        logits, affect = logits.float(), affect.float()
        rated = batch["rated"]
        loss, parts = affect.new_zeros(()), {}
        if not rated.all():
            parts = self._losses_on_votes(logits[~rated], affect[~rated], batch, ~rated)
            loss = loss + (parts["emotion"] + parts["proxy"])
        if rated.any():
            parts["rated"] = functional.mse_loss(affect[rated], batch["affect"][rated])
            loss = loss + 4 * parts["rated"]  # few of the faces are rated, and errors of ratings are small
        return loss, parts

    def _losses_on_votes(
        self, logits: Tensor, affect: Tensor, batch: Batch, voted: Tensor
    ) -> dict[str, Tensor]:
        emotion = functional.cross_entropy(logits, batch["emotions"][voted])
        proxies, labels = self.heads.as_proxy(affect), batch["affect"][voted]
        proxy = self.ccc(proxies, labels) + functional.mse_loss(proxies, labels)
        return {"emotion": emotion, "proxy": proxy}


def train_face(settings: CorpusRecipe, hook: Hook) -> None:
    """Train the encoder, unless ``work/face`` holds the result; measure it on held-out faces."""
    folder = settings.folder("face")
    if claim(settings, "face"):
        return
    plan = settings.face.fit
    # Before the data: reading them draws random numbers, or none where landmarks are cached.
    module = FaceModule(_create(settings), plan)
    corpora = read_corpora(settings, settings.face.corpora)
    batches = FaceBatches(
        [faces.part("train") for faces in corpora.values()],
        [settings.face.rated_repeats if faces.corpus.rated.all() else 1 for faces in corpora.values()],
        batch=plan.batch,
        seed=settings.seed,
        augmentation=FaceAugmentation(),
    )
    net, heads = module.kept_parts()
    trained_on = list(corpora.values())

    def measure(split: str = "val") -> dict[str, float]:
        return {
            f"{name}/{key}": value
            for name, faces in corpora.items()
            for key, value in evaluate(net, heads, faces.part(split), trained_on=trained_on).items()
        }

    fit(
        module,
        batches,
        measure=lambda: with_mean_ccc(measure()),
        folder=folder,
        stage="face",
        seed=settings.seed,
        hook=hook,
    )
    unseen = {
        name: evaluate(net, heads, faces, trained_on=trained_on)
        for name, faces in read_corpora(settings, settings.face.unseen).items()
    }
    figures = {**{split: measure(split) for split in SPLITS[1:]}, "unseen": unseen}
    save_result(folder, {"encoder": net, "heads": heads}, figures)


def load_base(settings: CorpusRecipe) -> tuple[Encoder, FaceHeads]:
    """The encoder and its heads as this stage has trained them, in evaluation mode.

    `avaffect.train.adapt.load_face` gives what is used in prediction.

    Raises
    ------
    DataError
        If the stage is not done.
    """
    net = _create(settings)
    heads = FaceHeads(net.dim)
    load_result(settings, "face", {"encoder": net, "heads": heads})
    return net, heads


def _create(settings: CorpusRecipe) -> Encoder:
    with constructing(f"recipe {settings.name}"):
        encoder = create_encoder(settings.face.encoder.name, **settings.face.encoder.options)
    check_encoder(encoder, stream="visual", dim=encoder.dim, tick_rate=TICK_RATE)
    return encoder


def read_corpora(settings: CorpusRecipe, names: Iterable[str]) -> dict[str, AlignedFaces]:
    """Face corpora by name; landmarks are found once and kept in ``work/face``."""
    folder = settings.folder("face")
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in names:
        corpus = _READERS[name](settings.data / getattr(settings.face, name))
        found[name] = AlignedFaces(corpus, _framings(corpus, folder / f"{name}.npy"))
    return found


def _framings(corpus: FaceSet, cache: Path) -> NDArray[np.float64]:
    if cache.is_file():
        return _cached_framings(cache, len(corpus))
    matrices = framings(corpus.images, MTCNN().landmarks_of_crops)
    with replacing(cache) as part:
        np.save(part, matrices)
    return matrices


def _cached_framings(cache: Path, count: int) -> NDArray[np.float64]:
    advice = "remove it, and the landmarks are found again"
    try:
        matrices = read_npy(cache, Expected("f", (count, 2, 3)))
    except DataError as error:
        raise DataError(f"{error}; {advice}") from error
    if not np.isfinite(matrices).all():
        raise DataError(f"{cache} holds values that are no numbers; {advice}")
    return matrices


@torch.inference_mode()
def predict_faces(net: Encoder, heads: FaceHeads, faces: AlignedFaces) -> dict[str, NDArray]:
    """Plain aligned crops through the network: `features` (n, d), `logits` (n, 8), `affect` (n, 2)."""
    net.eval()
    heads.eval()
    out: dict[str, list[Tensor]] = {"features": [], "logits": [], "affect": []}
    rng = np.random.default_rng(0)  # a plain crop draws nothing from it
    for start in range(0, len(faces.corpus), 256):
        part = range(start, min(start + 256, len(faces.corpus)))
        crops = np.stack([crop_face(faces.corpus.images[i], faces.matrices[i], rng) for i in part])
        features = net(torch.from_numpy(crops))
        logits, affect = heads(features)
        for name, value in (("features", features), ("logits", logits), ("affect", affect)):
            out[name].append(value.float())
    return {name: torch.cat(values).numpy() for name, values in out.items()}


def evaluate(
    net: Encoder, heads: FaceHeads, faces: AlignedFaces, *, trained_on: Iterable[AlignedFaces]
) -> dict[str, float]:
    """Figures on faces that were not trained on.

    Parameters
    ----------
    faces : AlignedFaces
        All rated, or all with votes.
    trained_on : iterable of AlignedFaces
        Without votes in training there are no emotions to measure. Without ratings in training the network
        knows the scale of the proxies only.

    Returns
    -------
    dict
        ``ccc_`` and ``r_`` (Pearson) of valence and arousal. With votes, against the raters' first choice:
        ``accuracy`` over all images, ``accuracy_agreed`` over those where more than half of the raters chose
        the same, ``uar`` (unweighted average recall).
    """
    out = predict_faces(net, heads, faces)
    corpus, affect = faces.corpus, out["affect"]
    voted = not corpus.rated.all()
    figures: dict[str, float] = {}
    if voted and not all(other.corpus.rated.all() for other in trained_on):
        choice = corpus.emotions.argmax(1)
        right = out["logits"].argmax(1) == choice
        figures["accuracy"] = float(right.mean())
        figures["accuracy_agreed"] = float(right[corpus.agreed].mean())
        figures["uar"] = uar(out["logits"], choice)
    if voted or not any(other.corpus.rated.any() for other in trained_on):
        with torch.inference_mode():
            affect = heads.as_proxy(torch.from_numpy(affect)).numpy()
    return figures | regression_metrics(affect, corpus.valence_arousal)
