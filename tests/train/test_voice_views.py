"""Views of clips: made once, kept, drawn evenly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from avaffect import voice
from avaffect.corpus.speech import EMOTIONS
from avaffect.encoder import create_encoder
from avaffect.errors import DataError
from avaffect.progress import silent
from avaffect.train.voice_clips import AnalysedClip, analyse_clips
from avaffect.train.voice_views import (
    CORPUS_SHARES,
    ClipViews,
    View,
    ViewBatches,
    collate_views,
    plain_input,
    read_views,
)

from .conftest import utterance


@pytest.fixture(scope="module")
def items() -> list[AnalysedClip]:
    return analyse_clips([utterance(), utterance("nemo", "sadness", gain=0.02)])


@pytest.fixture(scope="module")
def encoders() -> dict[str, Any]:
    torch.manual_seed(0)
    return {
        "voice": create_encoder("voice", dim=8, widths=(4, 4, 4)),
        "whisper": create_encoder("whisper", dim=8, blocks=1, width=8, heads=2),
    }


@pytest.mark.parametrize("name", ["voice", "whisper"])
def test_what_was_kept_is_what_is_made(
    tmp_path: Path, items: list[AnalysedClip], encoders: dict[str, Any], name: str
) -> None:
    net, seen = encoders[name], []
    made = [
        read_views(tmp_path / f"{k}.npz", net, items, count=2, seed=3, hook=lambda *a: seen.append(a))
        for k in (0, 0, 1)
    ]
    assert seen == [("voice views", 1, 2), ("voice views", 2, 2)] * 2  # the second time nothing is made
    for kept, again in zip(made[1], made[2], strict=True):
        assert kept.item in items
        assert len(kept.augmented) == 2
        for one, two in zip((kept.plain, *kept.augmented), (again.plain, *again.augmented), strict=True):
            np.testing.assert_array_equal(one.inputs, two.inputs)
            np.testing.assert_array_equal(one.active, two.active)
            assert one.active.any()
            assert len(one.inputs) % len(one.active) == 0
    # Network input: through the rest of the encoder it gives the features of the whole encoder.
    frames, voiced = plain_input(items[0], voice.LogMel(voice.preset(net.preprocessing["logmel"])))
    assert len(frames) == len(voiced) == 104  # whole ticks
    with torch.inference_mode():
        rest = net.eval().features(torch.from_numpy(made[0][0].plain.inputs).float()[None])
        torch.testing.assert_close(rest, net(torch.from_numpy(frames)[None]), atol=0.02, rtol=0.02)


def test_views_of_other_clips_are_refused(
    tmp_path: Path, items: list[AnalysedClip], encoders: dict[str, Any]
) -> None:
    path, net = tmp_path / "views.npz", encoders["voice"]
    read_views(path, net, items, count=1, seed=0, hook=silent)
    for others, count in ((items[:1], 1), (items[::-1], 1), (items, 2)):
        with pytest.raises(DataError, match="is of other clips or views; remove it"):
            read_views(path, net, others, count=count, seed=0, hook=silent)
    with np.load(path) as data:
        arrays = dict(data)
    np.savez(path, **{**arrays, "length": arrays["length"] - 1})
    with pytest.raises(DataError, match="is damaged; remove it"):
        read_views(path, net, items, count=1, seed=0, hook=silent)


def clip_of(corpus: str, emotion: str, value: float, ticks: int = 2) -> ClipViews:
    item = AnalysedClip(utterance(corpus, emotion), np.ones(100, bool), 0.0, 0.0)
    view = View(np.full((8 * ticks, 4), value, np.float16), np.ones(ticks, bool))
    return ClipViews(item, view, (view,))


def test_batches_are_even_and_repeat() -> None:
    clips = [clip_of("ravdess", "anger", 1)] * 9 + [clip_of("ravdess", "calm", 2)]
    clips += [clip_of("acted", "anger", 3), clip_of("acted", "sadness", 4)]
    batches = ViewBatches(clips, draws=1200, batch=300, seed=0)
    first, again = list(batches.epoch(0)), list(batches.epoch(0))
    assert len(first) == len(batches) == 4
    for one, two in zip(first, again, strict=True):
        for name, values in one.items():
            assert torch.equal(values, two[name])
    assert not torch.equal(first[0]["inputs"], next(batches.epoch(1))["inputs"])
    batch = {name: torch.cat([b[name] for b in first]) for name in first[0]}
    values = batch["inputs"][:, 0, 0]
    share = CORPUS_SHARES["acted"] / (CORPUS_SHARES["acted"] + CORPUS_SHARES["ravdess"])
    assert float((values > 2).float().mean()) == pytest.approx(share, abs=0.04)
    assert float((values == 2).sum() / (values <= 2).sum()) == pytest.approx(
        0.5, abs=0.06
    )  # one of ten clips
    sad = int((values == 4).nonzero()[0])
    assert [EMOTIONS[i] for i in batch["known"][sad].nonzero()[:, 0]] == ["sadness", "anger"]
    assert EMOTIONS[int(batch["emotion"][sad])] == "sadness"
    expected = utterance("acted", "sadness").valence_arousal
    assert batch["affect"][sad].tolist() == pytest.approx(expected)
    assert len(ViewBatches(clips, draws=2, batch=300, seed=0)) == 1


def test_a_shorter_view_is_filled_up_with_its_last_vector() -> None:
    short, long = clip_of("ravdess", "anger", 1, ticks=2).plain, clip_of("ravdess", "anger", 2, ticks=3).plain
    short.inputs[-1] = 7
    batch = collate_views([short, long])
    assert batch["mask"].tolist() == [[True, True, False], [True, True, True]]
    assert batch["inputs"].shape == (2, 24, 4)
    assert batch["inputs"][0, :15].eq(1).all()
    assert batch["inputs"][0, 15:].eq(7).all()
    assert batch["inputs"][1].eq(2).all()
