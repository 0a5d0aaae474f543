"""The second training of the face encoder: on faces of actors who speak, among those of its first training.

The pictures of the first training are stills. Somebody who speaks opens the mouth, and is taken for
somebody who smiles. Here the encoder sees people speak while they are angry, sad or afraid. It is trained so
for every fold without the actors of that fold, and once with all of them (`avaffect.train.folds`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ..corpus.emotions import coordinates
from ..corpus.faces import EMOTIONS, FaceSet
from ..encoder import Encoder
from ..metric import regression_metrics
from ..progress import Hook
from .acted import ActedRecording, read_recordings
from .batches import Batch
from .claims import claim, is_done
from .face import AlignedFaces, FaceBatches, FaceHeads, FaceModule, load_base, predict_faces, read_corpora
from .face_augmentation import FaceAugmentation
from .folds import ALL, Fold, folds_of
from .recipe import CorpusRecipe
from .result import load_result, save_result
from .trainer import fit

SURE = 0.85
"""Share of the label that the acted emotion gets; the rest is spread evenly, as raters do not all agree."""

HALVED = np.array([[0.5, 0.0, -0.25], [0.0, 0.5, -0.25]])
"""From pixels of an aligned face, 112x112, to those of its crop at half size."""


def acted_faces(recordings: Sequence[ActedRecording]) -> AlignedFaces:
    """All faces of some recordings, with the labels of their clips."""
    images = np.concatenate([recording.faces for recording in recordings])
    counts = [len(recording.faces) for recording in recordings]
    votes = np.repeat([_votes(recording.clip.emotion) for recording in recordings], counts, axis=0)
    affect = np.repeat([recording.affect for recording in recordings], counts, axis=0)
    number = len(images)
    return AlignedFaces(
        FaceSet(
            images=images,
            emotions=votes.astype(np.float32),
            valence_arousal=affect.astype(np.float32),
            rated=np.zeros(number, bool),
            split=np.zeros(number, np.int8),
            agreed=np.ones(number, bool),
        ),
        np.repeat(HALVED[None], number, axis=0),
    )


def _votes(emotion: str) -> NDArray[np.floating]:
    """An emotion that faces have no class for counts as the nearest in valence and arousal."""
    place = {name: np.array(coordinates(name)) for name in EMOTIONS}
    nearest = min(EMOTIONS, key=lambda name: float(np.sum((place[name] - coordinates(emotion)) ** 2)))
    chosen = emotion if emotion in EMOTIONS else nearest
    return np.where(np.array(EMOTIONS) == chosen, SURE, (1 - SURE) / (len(EMOTIONS) - 1))


class AdaptBatches(FaceBatches):
    """Half acted faces, emotions and clips evenly, and half those of the first training."""

    def __init__(
        self,
        recordings: Sequence[ActedRecording],
        parts: list[AlignedFaces],
        repeats: list[int],
        *,
        draws: int,
        batch: int,
        seed: int,
    ) -> None:
        super().__init__(parts, repeats, batch=batch, seed=seed, augmentation=FaceAugmentation())
        self.stills = self.items
        self.parts = [*parts, acted_faces(recordings)]
        self.steps = max(1, draws // batch)
        ends = np.cumsum([len(recording.faces) for recording in recordings])
        spans = [np.arange(end - len(r.faces), end) for end, r in zip(ends, recordings, strict=True)]
        self.clips: dict[str, list[NDArray[np.intp]]] = {}
        for span, recording in zip(spans, recordings, strict=True):
            self.clips.setdefault(recording.clip.emotion, []).append(span)

    def __len__(self) -> int:
        return self.steps

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        rng = np.random.default_rng((self.seed, number))
        emotions = sorted(self.clips)
        for _ in range(self.steps):
            items = [tuple(self.stills[rng.integers(len(self.stills))]) for _ in range(self.batch // 2)]
            while len(items) < self.batch:
                clips = self.clips[emotions[rng.integers(len(emotions))]]
                items.append((len(self.parts) - 1, int(rng.choice(clips[rng.integers(len(clips))]))))
            yield self._batch(np.array(items), rng)


def adapt_face(settings: CorpusRecipe, hook: Hook) -> None:
    """Train on acted faces, with all actors and without those of each fold; measure on those left out."""
    plan, stage = settings.face.adapt, settings.folder("adapt")
    if plan is None or claim(settings, "adapt"):
        return
    recordings = read_recordings(settings, hook)
    corpora = list(read_corpora(settings, settings.face.corpora).values())
    stills = [faces.part("train") for faces in corpora]
    repeats = [settings.face.rated_repeats if faces.corpus.rated.all() else 1 for faces in corpora]
    folds = folds_of(settings, [r.voice.clip.speaker for r in recordings])
    for fold in (*folds, Fold(ALL, frozenset())):
        folder = stage / fold.name
        if is_done(folder):
            continue
        seen = [r for r in recordings if r.voice.clip.speaker not in fold.units]
        net, heads = load_base(settings)
        module = FaceModule(net.train(), plan.fit)
        module.heads.load_state_dict(heads.state_dict())
        batches = AdaptBatches(
            seen, stills, repeats, draws=plan.draws, batch=plan.fit.batch, seed=settings.seed
        )
        fit(module, batches, folder=folder, stage=f"adapt {fold.name}", seed=settings.seed, hook=hook)
        net, heads = module.kept_parts()
        save_result(folder, {"encoder": net, "heads": heads}, {})
    save_result(stage, {}, {"left_out": _figures(settings, folds, recordings)})


def load_face(settings: CorpusRecipe, fold: str = ALL) -> tuple[Encoder, FaceHeads]:
    """The encoder, and its heads, of a fold or of all actors; that of the first training without a second.

    Raises
    ------
    DataError
        If the stage is not done.
    """
    net, heads = load_base(settings)
    if settings.face.adapt is not None:
        load_result(settings, "adapt", {"encoder": net, "heads": heads}, part=fold)
    return net, heads


@torch.inference_mode()
def _figures(
    settings: CorpusRecipe, folds: Sequence[Fold], recordings: Sequence[ActedRecording]
) -> dict[str, float]:
    """How well actors are read that were left out: one value a clip, of the encoder of its fold."""
    means, labels = [], []
    for fold in folds:
        net, heads = load_face(settings, fold.name)
        for recording in (r for r in recordings if r.voice.clip.speaker in fold.units):
            affect = predict_faces(net, heads, acted_faces([recording]))["affect"]
            means.append(heads.as_proxy(torch.from_numpy(affect)).numpy().mean(axis=0))
            labels.append(recording.affect)
    return regression_metrics(np.stack(means), np.stack(labels))
