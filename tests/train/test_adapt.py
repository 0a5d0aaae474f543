"""The second training of the face encoder: labels, batches, and who is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avaffect.corpus.acted import ActedClip
from avaffect.corpus.emotions import VALENCE_AROUSAL
from avaffect.corpus.faces import EMOTIONS
from avaffect.progress import silent
from avaffect.train import adapt
from avaffect.train.acted import ActedRecording
from avaffect.train.adapt import SURE, AdaptBatches, acted_faces, adapt_face
from avaffect.train.recipe import read_corpus_recipe
from avaffect.train.voice_clips import AnalysedClip

from .conftest import STRANGERS, utterance, write_recipe
from .test_face import faces_of


def recording(actor: str, emotion: str, level: int, faces: int) -> ActedRecording:
    """So many faces of one gray level."""
    item = AnalysedClip(utterance("acted", emotion, f"acted_{actor}"), np.ones(100, bool), 0.0, float("nan"))
    pixels = np.full((faces, 112, 112), level, np.uint8)
    return ActedRecording(ActedClip(Path("x.mp4"), actor, emotion), pixels, np.arange(faces), item)


def test_labels_are_smoothed_and_those_of_the_clip() -> None:
    faces = acted_faces([recording("a", "anger", 10, 2), recording("b", "calm", 200, 3)]).corpus
    assert len(faces) == 5
    assert faces.images[:, 0, 0].tolist() == [10] * 2 + [200] * 3
    np.testing.assert_allclose(faces.emotions.sum(axis=1), 1, rtol=1e-6)
    assert faces.emotions[0, EMOTIONS.index("anger")] == pytest.approx(SURE)
    others = np.delete(faces.emotions[0], EMOTIONS.index("anger"))
    np.testing.assert_allclose(others, (1 - SURE) / 7, rtol=1e-5)
    assert "calm" not in EMOTIONS  # it counts as the nearest
    assert EMOTIONS[int(faces.emotions[2].argmax())] == "neutral"
    np.testing.assert_allclose(faces.valence_arousal[0], 0.9 * np.array(VALENCE_AROUSAL["anger"]), rtol=0.15)
    assert not faces.rated.any()


def test_half_of_a_batch_is_acted_and_emotions_are_even() -> None:
    recordings = [
        recording("a", "anger", 20, 30),
        recording("b", "anger", 80, 2),
        recording("a", "fear", 240, 1),
    ]
    stills = [faces_of(12, rated=False), faces_of(6, rated=True)]
    batches = AdaptBatches(recordings, stills, [1, 4], draws=80, batch=8, seed=0)
    batches._batch = lambda items, rng: {"items": items}  # type: ignore[method-assign, assignment]
    drawn = [np.asarray(batch["items"]) for batch in batches.epoch(0)]
    assert len(drawn) == len(batches) == 10
    for items in drawn:
        assert (items[:, 0] == 2).sum() == 4
    everything = np.concatenate([np.asarray(b["items"]) for k in range(20) for b in batches.epoch(k)])
    acted = everything[everything[:, 0] == 2, 1]
    assert set(acted) <= set(range(33))
    assert float((acted == 32).mean()) == pytest.approx(1 / 2, abs=0.06)  # fear, by one face
    assert float(np.isin(acted, (30, 31)).mean()) == pytest.approx(1 / 4, abs=0.06)  # a clip of two in anger
    rest = everything[everything[:, 0] < 2]
    assert float((rest[:, 0] == 1).mean()) == pytest.approx(24 / 36, abs=0.06)
    np.testing.assert_array_equal(next(batches.epoch(0))["items"], drawn[0])


def test_a_batch_has_the_labels_of_its_faces() -> None:
    recordings = [recording("a", "anger", 20, 3), recording("b", "happiness", 240, 3)]
    batch = next(AdaptBatches(recordings, [faces_of(6, rated=True)], [1], draws=8, batch=8, seed=0).epoch(0))
    assert batch["images"].shape == (8, 56, 56)
    assert batch["rated"].tolist() == [True] * 4 + [False] * 4
    for affect, votes in zip(batch["affect"][4:], batch["emotions"][4:], strict=True):
        name = EMOTIONS[int(votes.argmax())]
        sign = np.sign(VALENCE_AROUSAL[name][0])
        assert np.sign(float(affect[0])) == sign


def test_no_fold_sees_its_actors(tmp_path: Path, corpora: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_corpus_recipe(write_recipe(tmp_path, corpora, STRANGERS))
    people = [recording(actor, "anger", 100, 2) for actor in ("ann", "ben", "cy", "di")]
    shown: dict[str, set[str]] = {}

    class Stopped(Exception):
        pass

    def fit(module: object, batches: AdaptBatches, *, stage: str, **rest: object) -> None:
        shown[stage] = set(batches.people)
        if stage == "adapt all":
            raise Stopped

    class Batches(AdaptBatches):
        def __init__(self, recordings: list[ActedRecording], *given: object, **named: object) -> None:
            self.people = [recording.clip.actor for recording in recordings]

    class Module:
        def __init__(self, *given: object) -> None:
            self.heads = self

        def load_state_dict(self, state: object) -> None:
            pass

        def kept_parts(self) -> tuple[None, None]:
            return None, None

    class Net:
        def train(self) -> Net:
            return self

        def state_dict(self) -> dict[str, object]:
            return {}

    monkeypatch.setattr(adapt, "read_recordings", lambda *given: people)
    monkeypatch.setattr(adapt, "read_corpora", lambda *given: {})
    monkeypatch.setattr(adapt, "load_base", lambda *given: (Net(), Net()))
    monkeypatch.setattr(adapt, "FaceModule", Module)
    monkeypatch.setattr(adapt, "AdaptBatches", Batches)
    monkeypatch.setattr(adapt, "fit", fit)
    monkeypatch.setattr(adapt, "save_result", lambda *given: None)
    with pytest.raises(Stopped):
        adapt_face(settings, silent)
    assert shown == {
        "adapt fold0": {"ben", "di"},
        "adapt fold1": {"ann", "cy"},
        "adapt all": {"ann", "ben", "cy", "di"},
    }
