"""Models of the voice alone and of the face alone: tables, plots and annotated videos all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from avaffect import checkpoint, load, media
from avaffect.draw import annotate, plot
from avaffect.errors import ModelError
from avaffect.model import AffectModel
from avaffect.trace.columns import GATES


@pytest.fixture(scope="module")
def one_stream(debug_spec, tmp_path_factory):
    """``one_stream(name)``: a predictor of the made-up model with that stream only."""

    def make(name):
        torch.manual_seed(0)
        calibration = {name: {"valence": 0.4, "arousal": 0.3}}
        spec = replace(debug_spec, streams={name: debug_spec.streams[name]}, calibration=calibration)
        folder = tmp_path_factory.mktemp(name)
        checkpoint.save(AffectModel(spec), folder, card="made up")
        return load(folder)

    return make


@pytest.fixture
def short(sample_clip):
    """Two seconds of a clip in which somebody speaks: pictures and sound, as `process_signal` takes them."""
    frames = [frame for frame in media.frames(sample_clip) if frame.pts < 2.0]
    samples, _, _ = media.read_audio(sample_clip)
    pictures = {"frames": [frame.image for frame in frames], "times": [frame.pts for frame in frames]}
    return pictures, {"samples": samples[:32000], "sample_rate": 16000}


def test_a_model_of_the_voice_looks_for_nobody(one_stream, short):
    predictor = one_stream("audio")
    assert predictor.reader.detector is None
    pictures, sound = short
    trace = predictor.process_signal(**pictures, **sound)
    table = trace.table
    assert len(table) == len(pictures["frames"])
    np.testing.assert_allclose(table["pts"], pictures["times"])
    assert table[["track", "face_conf", "speaking", *GATES]].isna().all(axis=None)
    assert table["valence"].notna().any()
    np.testing.assert_allclose((table["valence_hi"] - table["valence_lo"]).dropna(), 0.8, atol=1e-9)


def test_a_model_of_the_voice_says_nothing_without_sound(one_stream, short):
    pictures, _ = short
    trace = one_stream("audio").process_signal(**{name: items[:10] for name, items in pictures.items()})
    assert trace.table["valence"].isna().all()
    assert "no sound" in trace.describe()
    assert "face" not in trace.describe().split("no prediction")[1].splitlines()[0]


def test_a_model_of_the_face_needs_no_voice(one_stream, short):
    predictor = one_stream("visual")
    pictures, sound = short
    with_sound = predictor.process_signal(**pictures, **sound).table
    without = predictor.process_signal(**pictures).table
    assert with_sound["track"].eq(1).all()
    assert with_sound["valence"].notna().mean() > 0.9
    np.testing.assert_array_equal(with_sound["valence"], without["valence"])
    assert with_sound["voiced"].notna().all()
    assert without[["voiced", "speaking"]].isna().all(axis=None)


def test_a_model_of_the_face_hears_a_voice_in_vain(one_stream, short):
    trace = one_stream("visual").process_signal(**short[1])
    assert trace.table["valence"].isna().all()
    assert trace.table["voiced"].notna().any()
    assert "no prediction for 100 % of the time: no face\n" in trace.describe()


@pytest.mark.parametrize("name", ["audio", "visual"])
def test_results_are_drawn(one_stream, short, name, tmp_path):
    pictures, sound = short
    images, times = pictures["frames"][:15], pictures["times"][:15]
    source = tmp_path / "clip.mp4"
    with media.VideoSink(source, width=images[0].shape[1], height=images[0].shape[0]) as sink:
        for image, time in zip(images, times, strict=True):
            sink.write(image, time)
    trace = one_stream(name).process_signal(frames=images, times=times, **sound, name=str(source))
    plot(trace, tmp_path / "plot.png")
    annotate(trace, source, tmp_path / "annotated.mp4")
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    assert sum(1 for _ in media.frames(tmp_path / "annotated.mp4")) == 15


def test_a_model_of_other_targets_is_refused_when_it_is_loaded(debug_spec, tmp_path):
    for targets in (("mood",), ("arousal",), ("valence", "arousal", "dominance")):
        widths = {where: dict.fromkeys(targets, 0.3) for where in debug_spec.calibration}
        spec = replace(debug_spec, targets=targets, calibration=widths)
        folder = checkpoint.save(AffectModel(spec), tmp_path / targets[0], card="made up")
        with pytest.raises(ModelError, match=f"predicts {', '.join(targets)}; expected valence and arousal"):
            load(folder)
