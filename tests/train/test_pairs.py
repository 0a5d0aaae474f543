"""Real pairs: face and voice of a clip on the same ticks, their file, and sequences made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from avaffect import voice
from avaffect.corpus.acted import ActedClip
from avaffect.errors import DataError
from avaffect.progress import silent
from avaffect.train.acted import ActedRecording
from avaffect.train.feature_pool import Pair, by_actor, load_pairs, save_pairs
from avaffect.train.paired import CLEAN, SequenceCorruption
from avaffect.train.pairs import compose_pairs, extract_pairs
from avaffect.train.voice_clips import AnalysedClip

from .conftest import utterance


class Places(nn.Module):
    """The place of each face, from 1, or the mean of each tick's eight frames: (..., 1)."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if self.kind == "visual":
            return torch.arange(1.0, len(inputs) + 1)[:, None]
        return inputs.unflatten(1, (-1, 8)).mean((2, 3))[..., None]


def recording(actor: str, level: int, ticks: list[int]) -> ActedRecording:
    """A face of one gray level at some ticks; a second of noise that speaks in its second half."""
    voiced = np.arange(100) >= 56  # from tick 7 on
    item = AnalysedClip(utterance("acted", speaker=actor), voiced, 0.0, float("nan"))
    faces = np.full((len(ticks), 112, 112), level, np.uint8)
    return ActedRecording(ActedClip(Path("x.mp4"), actor, "anger"), faces, np.array(ticks), item)


def test_faces_and_voice_lie_at_their_ticks() -> None:
    asked: list[str] = []

    def encoders_of(actor: str) -> tuple[nn.Module, nn.Module]:
        asked.append(actor)
        return Places("audio"), Places("visual")

    recordings = [recording("ann", 90, [1, 2, 5, 11, 12, 30]), recording("ben", 120, [40])]
    ann, ben = extract_pairs(recordings, encoders_of, voice.LogMel(), seed=0, hook=silent)
    assert asked == ["ann", "ben"]
    assert (ann.actor, ben.actor) == ("ann", "ben")
    assert len(ann.masks["audio"]) == len(ann.masks["visual"]) == 12  # whole ticks of a second
    # What lies behind the end of the sound is left out.
    assert np.flatnonzero(ann.masks["visual"]).tolist() == [1, 2, 5, 11]
    assert np.flatnonzero(ann.masks["audio"]).tolist() == [7, 8, 9, 10, 11]
    assert not ben.masks["visual"].any()
    for features in (ann.intact, ann.corrupted):
        for name, mask in ann.masks.items():
            assert features[name].shape == (12, 1)
            assert (features[name][~mask] == 0).all()
            assert (features[name][mask] != 0).all()
        np.testing.assert_array_equal(features["visual"][[1, 2, 5, 11], 0], [1, 2, 3, 4])
    np.testing.assert_array_equal(ann.affect, np.array(utterance("acted").valence_arousal, np.float32))


def made_up(actor: str, number: int, ticks: int) -> Pair:
    """Features are the pair's number, corrupted ones are negative; the first tick has no face."""
    value = np.full((ticks, 1), number, np.float32)
    masks = {"audio": np.arange(ticks) % 3 > 0, "visual": np.arange(ticks) > 0}
    intact = {name: np.where(mask[:, None], value, 0) for name, mask in masks.items()}
    affect = np.array([number / 100, -number / 100], np.float32)
    return Pair(actor, intact, {name: -x for name, x in intact.items()}, masks, affect)


PAIRS = [
    made_up(actor, 10 * k + j, 6 + j) for k, actor in enumerate(("ann", "ben", "cy"), 1) for j in range(5)
]


def test_a_file_keeps_pairs(tmp_path: Path) -> None:
    path = tmp_path / "pairs.npz"
    save_pairs(path, PAIRS)
    for one, two in zip(PAIRS, load_pairs(path), strict=True):
        assert one.actor == two.actor
        np.testing.assert_array_equal(one.affect, two.affect)
        for kept, given in ((two.intact, one.intact), (two.corrupted, one.corrupted), (two.masks, one.masks)):
            for name, values in given.items():
                np.testing.assert_array_equal(kept[name], values)
    assert {actor: len(own) for actor, own in by_actor(load_pairs(path)).items()} == dict.fromkeys(
        ("ann", "ben", "cy"), 5
    )
    with np.load(path) as data:
        arrays = dict(data)
    np.savez(path, **{**arrays, "ticks": arrays["ticks"] + 1})
    with pytest.raises(DataError, match="do not add up"):
        load_pairs(path)


def test_clean_sequences_are_clips_of_one_actor_in_a_row() -> None:
    rng, pairs = np.random.default_rng(0), by_actor(PAIRS)
    for _ in range(20):
        found = compose_pairs(pairs, 40, rng, corruption=CLEAN)
        assert found.audio.shape == found.visual.shape == (40, 1)
        assert not found.audio_corrupted.any()
        assert not found.visual_corrupted.any()
        assert (found.audio[~found.audio_mask] == 0).all()
        seen = found.visual_mask & found.audio_mask
        np.testing.assert_array_equal(found.audio[seen], found.visual[seen])  # of the same clip
        numbers = found.visual[found.visual_mask, 0]
        assert len(set(numbers // 10)) == 1  # one actor
        assert len(set(numbers)) > 1
        np.testing.assert_array_equal(found.labelled, found.audio_mask | found.visual_mask)
        label = found.affect[found.labelled] * [1, -1]
        lowest, highest = numbers.min() / 100, numbers.max() / 100
        assert (label >= lowest - 1e-3).all()
        assert (label <= highest + 1e-3).all()


def test_an_unrelated_stream_is_of_the_same_actor_and_does_not_label() -> None:
    rng, pairs = np.random.default_rng(1), by_actor(PAIRS)
    always = SequenceCorruption(sequences=1.0, absent=0.0, missing=0.0, corrupted=0.0, unrelated=0.5)
    kinds = set()
    for _ in range(30):
        found = compose_pairs(pairs, 40, rng, corruption=always)
        off = {"audio": found.audio_corrupted, "visual": found.visual_corrupted}
        other = next(name for name, bad in off.items() if bad.any())
        kinds.add(other)
        true = "visual" if other == "audio" else "audio"
        mask = {"audio": found.audio_mask, "visual": found.visual_mask}
        values = {"audio": found.audio[:, 0], "visual": found.visual[:, 0]}
        assert not off[true].any()
        np.testing.assert_array_equal(off[other], mask[other])
        assert len({value // 10 for name in mask for value in values[name][mask[name]]}) == 1
        # Where both are there, the label lies among the clips that the true stream has near.
        both = mask["audio"] & mask["visual"]
        near = [
            values[true][max(0, t - 5) : t + 6][mask[true][max(0, t - 5) : t + 6]]
            for t in np.flatnonzero(both)
        ]
        for label, clips in zip(found.affect[both, 0], near, strict=True):
            assert clips.min() / 100 - 2e-3 <= label <= clips.max() / 100 + 2e-3
    assert kinds == {"audio", "visual"}


def test_corrupted_spans_take_corrupted_features() -> None:
    rng, pairs = np.random.default_rng(2), by_actor(PAIRS)
    always = SequenceCorruption(sequences=1.0, absent=0.0, missing=0.0, corrupted=1.0, unrelated=0.0)
    spans = 0
    for _ in range(10):
        found = compose_pairs(pairs, 40, rng, corruption=always)
        for values, mask, bad in (
            (found.audio, found.audio_mask, found.audio_corrupted),
            (found.visual, found.visual_mask, found.visual_corrupted),
        ):
            spans += bad.any()
            assert not (bad & ~mask).any()
            np.testing.assert_array_equal(values[mask, 0] < 0, bad[mask])
    assert spans > 10
