"""Intervals from validation recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from avaffect.corpus.base import Features
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.corpus.windows import Windows
from avaffect.model import FusionNetwork
from avaffect.spec import TARGETS, Component
from avaffect.train.calibrate import HalfWidths, half_widths
from avaffect.train.prediction import Prediction
from avaffect.train.store import predict

from .stores import network_of


@pytest.fixture
def windows(tmp_path: Path) -> Windows:
    """Twelve recordings, in which the picture is there half of the time and the text never."""
    rng = np.random.default_rng(0)
    for number in range(12):
        streams = {name: rng.normal(size=(50, 3)).astype(np.float32) for name in ("audio", "visual", "text")}
        masks = {"audio": np.ones(50, bool), "visual": rng.random(50) > 0.5, "text": np.zeros(50, bool)}
        labelled = rng.random(50) > 0.2
        affect = np.where(labelled[:, None], rng.uniform(-1, 1, (50, 2)), np.nan).astype(np.float32)
        meta = Meta(f"r{number:02}", f"s{number}", "val", "made-up", ("valence", "arousal"), 12.5)
        write(tmp_path, meta, Features(streams, masks), affect, labelled, half=False)
    return Windows(FeatureStore(tmp_path).recordings, ticks=20, hop=10, labelled_only=False)


def widths_of(network: FusionNetwork, windows: Windows, *, coverage: float) -> HalfWidths:
    return half_widths(
        lambda hide: list(predict(network, windows, hide=hide).values()),
        network.streams,
        TARGETS,
        coverage=coverage,
    )


def test_by_what_is_available(windows: Windows) -> None:
    torch.manual_seed(0)
    dims = {"audio": 3, "visual": 3, "text": 3}
    model = network_of(dims, "concat", temporal=Component("tcn"), temporal_dim=4)
    widths = widths_of(model, windows, coverage=0.8)
    assert list(widths) == ["audio+visual", "audio", "visual"]  # nothing is known of text
    hidden = {"audio+visual": ["text"], "audio": ["visual", "text"], "visual": ["audio", "text"]}
    for condition, names in hidden.items():
        replays = predict(model, windows, hide=names)
        errors = []
        for stored in windows.recordings:
            tensors = stored.read()
            there = tensors["labelled"].numpy().copy()
            for name in condition.split("+"):
                there &= tensors[f"mask.{name}"].numpy()
            errors.append(np.abs(replays[stored.name].values - tensors["labels"].numpy())[there])
        pooled = np.sort(np.concatenate(errors), axis=0)
        # ceil(13 * 0.8) / 12 of the errors lie inside
        rank = int(np.ceil(11 / 12 * len(pooled))) - 1
        assert list(widths[condition].values()) == pytest.approx(pooled[rank].tolist(), abs=1e-6)


def test_few_recordings_give_the_largest_error(windows: Windows) -> None:
    few = Windows(windows.recordings[:3], ticks=20, hop=10, labelled_only=False)
    model = network_of({"audio": 3}, None, temporal_dim=4)
    errors = [np.abs(r.values - r.labels) for r in predict(model, few).values()]
    widths = widths_of(model, few, coverage=0.9)["audio"]
    assert list(widths.values()) == pytest.approx(np.nanmax(np.concatenate(errors), axis=0).tolist())


def test_groups_count_the_same_however_many_their_recordings() -> None:
    """Ninety recordings with errors up to 0.1, ten with errors up to 1: half of the weight each."""

    def recording(largest: float) -> Prediction:
        values = np.linspace(-largest, largest, 201)[:, None].repeat(2, axis=1).astype(np.float32)
        return Prediction(values, np.zeros_like(values), {"audio": np.ones(201, bool)}, {})

    recordings = [recording(0.1)] * 90 + [recording(1.0)] * 10
    groups = ["calm"] * 90 + ["wild"] * 10
    widths = {
        name: half_widths(lambda hide: recordings, ("audio",), TARGETS, coverage=0.9, groups=by)["audio"]
        for name, by in (("recordings", None), ("groups", groups))
    }
    # 0.91 of the ticks are all calm ones and a tenth of the wild ones.
    assert widths["recordings"]["valence"] == pytest.approx(0.1, abs=0.01)
    # 0.91 of the weight is the calm half and 0.82 of the wild one.
    assert widths["groups"]["valence"] == pytest.approx(0.82, abs=0.01)
    assert widths["groups"]["arousal"] == pytest.approx(0.82, abs=0.01)
