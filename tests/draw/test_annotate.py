"""Annotated videos: every frame, its own time, its own rows; panels that stay where they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.draw import annotate
from avaffect.draw.moments import Moments
from avaffect.draw.overlay_layout import Layout
from avaffect.errors import DataError, MediaError
from avaffect.media import VideoSink, frames, probe
from avaffect.trace import Trace

SIZE = (320, 240)


@pytest.fixture
def clip(tmp_path):
    """Twelve grey frames, 320x240, at uneven times."""
    times = np.cumsum([0.0, *([0.04] * 5), 0.2, *([0.04] * 5)])
    path = tmp_path / "grey.mp4"
    with VideoSink(path, width=SIZE[0], height=SIZE[1]) as sink:
        for time in times:
            sink.write(np.full((SIZE[1], SIZE[0], 3), 128, np.uint8), float(time))
    return path


@pytest.fixture
def trace(clip, made) -> Trace:
    """One person in frames 3 to 9 of the clip."""
    start = np.array([frame.pts for frame in frames(clip)])
    rows = made.person(start[3:10], start[4:11], file=str(clip), first_frame=3)
    for name, value in zip(("face_x1", "face_y1", "face_x2", "face_y2"), (120, 20, 190, 90), strict=True):
        rows[name] = float(value)
    return Trace(rows, meta=made.META)


def test_every_frame_keeps_its_time_and_gets_its_rows(clip, trace, tmp_path):
    calls = []
    path = annotate(trace, clip, tmp_path / "out.mp4", hook=lambda *call: calls.append(call))
    before, after = list(frames(clip)), list(frames(path))
    assert [f.pts for f in after] == pytest.approx([f.pts for f in before], abs=1e-3)
    drawn = [bool(np.abs(f.image.astype(int) - 128).max() > 60) for f in after]
    assert drawn == [3 <= k <= 9 for k in range(12)]
    x1, y1, x2, y2 = Layout(*SIZE).panel(0, "bottom left")
    assert after[5].image[y1:y2, x1:x2].mean() < 80  # the dark panel
    assert abs(after[5].image[:15, 200:].mean() - 128) < 4
    end = trace.table.index.get_level_values("end")[-1]
    assert calls[-1] == pytest.approx((end, end))
    assert [done for done, _ in calls][:10] == pytest.approx([f.pts for f in before][:10])


def test_the_sound_stays(clips, made, tmp_path):
    source = clips / "grid_bbaf2n.mpg"
    start, end = made.times(3.0)
    trace = Trace(made.person(start, end, file=str(source)))
    info = probe(annotate(trace, source, tmp_path / "out.mp4"))
    assert info.has_audio
    assert (info.width, info.height) == (360, 288)
    assert info.duration == pytest.approx(3.0, abs=0.1)


def test_what_it_cannot_annotate(clip, trace, made, tmp_path):
    sound = made.person(*made.times(0.2), track=None, file="a.wav")
    sound["frame"] = pd.array([pd.NA] * len(sound), dtype="Int64")
    with pytest.raises(DataError, match="no row of the trace belongs to a frame"):
        annotate(Trace(sound), clip, tmp_path / "out.mp4")
    two = Trace.concat([trace, Trace(made.person(*made.times(0.2), file="b"))])
    with pytest.raises(DataError, match="one file, the trace has 2"):
        annotate(two, clip, tmp_path / "out.mp4")
    with pytest.raises(MediaError):
        annotate(trace, tmp_path / "none.mp4", tmp_path / "out.mp4")
    with pytest.raises(MediaError, match="overwrite"):
        annotate(trace, clip, clip)
    assert [p.name for p in tmp_path.iterdir()] == ["grey.mp4"]


def test_a_source_without_pictures_is_refused(clips, trace, tmp_path):
    import av

    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), format="s16", layout="mono")
        block.sample_rate = 16000
        container.mux(stream.encode(block))
    with pytest.raises(DataError, match=r"a\.wav has no pictures to draw on"):
        annotate(trace, path, tmp_path / "out.mp4")


def test_the_path_is_the_last_two_seconds_and_breaks_at_gaps(made):
    start, end = made.times(6.0)
    rows = made.person(start, end)
    moments = Moments(Trace(rows.drop(rows.index[60:90])))  # away from 2.4 to 3.6 s
    at = {k: moments.at(k, start[k]) for k in range(150)}
    np.testing.assert_allclose(at[55][0].path, rows[["valence", "arousal"]].iloc[5:56])
    assert at[70] == []
    first = at[95][0].path  # 1.8 to 3.8 s: rows 45 to 59, a break, rows 90 to 95
    assert len(first) == 15 + 1 + 6
    assert np.flatnonzero(np.isnan(first).any(axis=1)).tolist() == [15]
    assert len(at[149][0].path) == 51


def test_panels_keep_their_places(made):
    start, end = made.times(6.0)
    parts = [
        made.person(start[:50], end[:50], track=1),
        made.person(start, end, track=2, seed=1),
        made.person(start[60:], end[60:], track=3, seed=2, first_frame=60),  # 1 has left for good
        made.person(start[100:], end[100:], track=4, seed=3, first_frame=100),
    ]
    moments = Moments(Trace(pd.concat(parts).sort_values("start", kind="stable")))
    slots = [{m.track: m.slot for m in moments.at(k, start[k])} for k in range(150)]
    assert slots[10] == {1: 0, 2: 1}
    assert slots[55] == {2: 1}
    assert slots[60] == {2: 1, 3: 0}
    assert slots[120] == {2: 1, 3: 0, 4: 2}


def test_a_panel_waits_a_moment_for_someone_who_comes_back(made):
    start, end = made.times(6.0)
    away = np.r_[0:50, 65:150]  # 0.6 s
    parts = [
        made.person(start, end, track=1).iloc[away],
        made.person(start[55:], end[55:], track=2, seed=1, first_frame=55),
    ]
    moments = Moments(Trace(pd.concat(parts).sort_values("start", kind="stable")))
    slots = [{m.track: m.slot for m in moments.at(k, start[k])} for k in range(150)]
    assert slots[40] == {1: 0}
    assert slots[60] == {2: 1}
    assert slots[70] == {1: 0, 2: 1}


def test_panels_avoid_faces(made):
    rows = made.person(*made.times(1.0))
    layout = Layout(*SIZE)

    def best_dock(rows):
        moments = Moments(Trace(rows))
        return layout.best_dock(moments.boxes, moments.panels)

    for dock in ("top left", "bottom left", "top right", "bottom right"):
        x1, y1, x2, y2 = layout.panel(0, dock)
        for name, value in zip(("face_x1", "face_y1", "face_x2", "face_y2"), (x1, y1, x2, y2), strict=True):
            rows[name] = float(value)
        assert best_dock(rows) != dock
    made.blank(rows, slice(None), "face")
    assert best_dock(rows) == "bottom left"


def test_nobody_without_a_prediction_has_no_panel(made):
    rows = made.person(*made.times(0.4), track=None)
    made.blank(rows, slice(0, 5), "valence", "arousal")
    moments = Moments(Trace(rows))
    assert moments.at(2, 0.08) == []
    (voice,) = moments.at(7, 0.28)
    assert (voice.track, voice.slot) == (None, 0)


def test_nobody_takes_no_place_from_somebody(made):
    start, end = made.times(0.4)
    nobody = made.person(start[:4], end[:4], track=None)
    made.blank(nobody, slice(None), "valence", "arousal")
    somebody = made.person(start[4:], end[4:], first_frame=4)
    moments = Moments(Trace(pd.concat([nobody, somebody])))
    assert [[m.slot for m in moments.at(k, start[k])] for k in range(10)] == [[]] * 4 + [[0]] * 6
