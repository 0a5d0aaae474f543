"""The face stage: batches, figures, and encoders other than the package's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avaffect.corpus.faces import FaceSet
from avaffect.encoder import VisualEncoder
from avaffect.errors import ModelError
from avaffect.train import face
from avaffect.train.claims import is_done
from avaffect.train.face import AlignedFaces, FaceBatches, FaceHeads, evaluate, load_base, predict_faces
from avaffect.train.face_augmentation import WEAK, crop_face
from avaffect.train.recipe import read_corpus_recipe
from avaffect.train.run import run

HALVE = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]])


def faces_of(count: int, *, rated: bool) -> AlignedFaces:
    """Faces of one gray level each, which is also their label; the first half is for training."""
    rng = np.random.default_rng(int(rated))
    levels = np.linspace(20, 230, count)
    images = np.repeat(levels.astype(np.uint8), 112 * 112).reshape(count, 112, 112)
    emotions = np.full((count, 8), np.nan, np.float32)
    if not rated:
        emotions = rng.dirichlet(np.ones(8), count).astype(np.float32)
    affect = np.stack([levels / 255, -levels / 255], 1).astype(np.float32)
    split = (np.arange(count) >= count // 2).astype(np.int8)
    agreed = np.arange(count) % 2 == 0
    corpus = FaceSet(images, emotions, affect, np.full(count, rated), split, agreed)
    return AlignedFaces(corpus, HALVE + np.arange(count)[:, None, None] * 1e-6)


class Level(VisualEncoder):
    """Mean gray level in [0, 1] and its negative: what the labels of `faces_of` are."""

    def __init__(self) -> None:
        super().__init__()
        self.dim = 2
        self.scale = nn.Parameter(torch.ones(2))

    def preprocess(self, inputs: Tensor) -> Tensor:
        return inputs.float()[:, None] / 255

    def features(self, inputs: Tensor) -> Tensor:
        level = inputs.mean((1, 2, 3))
        return torch.stack([level, -level], 1) * self.scale


class Known(FaceHeads):
    """Heads that read `Level` off; emotions are always the first."""

    def __init__(self) -> None:
        super().__init__(2)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return torch.eye(8)[:1].expand(len(features), 8), features


def test_a_part_keeps_faces_and_matrices_together() -> None:
    faces = faces_of(10, rated=True)
    part = faces.part("val")
    assert len(part.corpus) == 5
    np.testing.assert_array_equal(part.matrices, faces.matrices[5:])
    np.testing.assert_array_equal(part.corpus.images, faces.corpus.images[5:])


def test_batches_mix_corpora_with_their_repeats_and_are_the_same_for_an_epoch() -> None:
    parts = [faces_of(12, rated=False), faces_of(6, rated=True)]
    batches = FaceBatches(parts, [1, 4], batch=6, seed=0, augmentation=WEAK)
    first = list(batches.epoch(0))
    assert len(first) == len(batches) == (12 + 4 * 6) // 6
    assert sum(int(batch["rated"].sum()) for batch in first) == 24
    assert first[0]["images"].shape == (6, 56, 56)
    assert torch.equal(first[0]["images"], next(batches.epoch(0))["images"])
    assert not torch.equal(first[0]["images"], next(batches.epoch(1))["images"])


def test_predictions_are_those_of_plain_crops() -> None:
    faces = faces_of(5, rated=True)
    out = predict_faces(Level(), Known(), faces)
    rng = np.random.default_rng(0)
    crops = [crop_face(i, m, rng) for i, m in zip(faces.corpus.images, faces.matrices, strict=True)]
    np.testing.assert_allclose(out["features"], Level()(torch.from_numpy(np.stack(crops))).detach())
    np.testing.assert_allclose(out["affect"], faces.corpus.valence_arousal, atol=1e-2)
    assert out["logits"].shape == (5, 8)


def test_figures_depend_on_what_was_rated_and_on_what_was_trained_on() -> None:
    voted, rated = faces_of(40, rated=False), faces_of(40, rated=True)
    heads = Known()
    with torch.no_grad():
        heads.proxy_shift += 0.5
    both = [voted, rated]
    on_ratings = evaluate(Level(), heads, rated, trained_on=both)
    assert on_ratings["ccc_valence"] == pytest.approx(1, abs=1e-3)
    assert "accuracy" not in on_ratings
    on_votes = evaluate(Level(), heads, voted, trained_on=both)
    assert on_votes["r_arousal"] == pytest.approx(1, abs=1e-3)
    assert on_votes["ccc_arousal"] < 0.9  # the labels here lie on the other scale
    first = voted.corpus.emotions.argmax(1) == 0
    assert on_votes["accuracy"] == pytest.approx(first.mean())
    assert on_votes["accuracy_agreed"] == pytest.approx(first[::2].mean())
    # Never trained on ratings: predictions for rated faces are on the scale of the proxies.
    assert evaluate(Level(), heads, rated, trained_on=[voted])["ccc_valence"] < 0.9
    # Never trained on votes: there are no emotions to measure.
    assert "accuracy" not in evaluate(Level(), heads, voted, trained_on=[rated])


def use(encoder: type[VisualEncoder]) -> Any:
    return lambda name, **options: encoder()


def test_another_encoder_of_faces_is_trained(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face, "create_encoder", use(Level))
    run(recipe, stages=["face"])
    settings = read_corpus_recipe(recipe)
    assert is_done(settings.work / "face")
    net, heads = load_base(settings)
    assert isinstance(net, Level)
    assert heads.affect.in_features == 2
    assert (net.scale != 1).any()


class Listening(Level):
    """An encoder of the wrong stream."""

    stream = "audio"


def test_an_encoder_of_another_stream_is_refused(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face, "create_encoder", use(Listening))
    with pytest.raises(ModelError, match="Listening reads the stream 'audio'"):
        run(recipe, stages=["face"])
