"""Annotated videos: every frame, its own time, its own rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avaffect.draw import annotate
from avaffect.draw.overlay_layout import Layout
from avaffect.errors import DataError, MediaError
from avaffect.media import VideoSink, frames, probe
from avaffect.trace import Edits, Trace
from avaffect.trace.meta import recording

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
    x1, y1, x2, y2 = Layout(*SIZE).clock(0.0, "bottom left")
    clocks = [f.image[y1:y2, x1:x2].astype(int) for f in after]
    assert all(clock.mean() < 100 for clock in clocks)  # dark, also on a frame without rows
    assert np.abs(clocks[0] - clocks[11]).max() > 100  # 00:00.0 and 00:00.6
    rest = [f.image[y2 + 8 :].astype(int) for f in after]
    drawn = [bool(np.abs(image - 128).max() > 60) for image in rest]
    assert drawn == [3 <= k <= 9 for k in range(12)]
    x1, y1, x2, y2 = Layout(*SIZE).panel(0, "bottom left")
    assert after[5].image[y1:y2, x1:x2].mean() < 80  # the dark panel
    assert abs(after[5].image[:15, 200:240].mean() - 128) < 4
    end = trace.table.index.get_level_values("end")[-1]
    assert calls[-1][1:] == pytest.approx((end, end))
    assert {what for what, _, _ in calls} == {clip.name}
    assert [done for _, done, _ in calls][:10] == pytest.approx([f.pts for f in before][:10])


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


def test_another_video_is_refused_and_another_file_is_warned_of(clip, trace, tmp_path, caplog):
    """By the times and the number of its pictures; a file of the same pictures is perhaps a copy."""

    def video(name: str, times: np.ndarray, grey: int = 128) -> Path:
        path = tmp_path / name
        with VideoSink(path, width=SIZE[0], height=SIZE[1]) as sink:
            for time in times:
                sink.write(np.full((SIZE[1], SIZE[0], 3), grey, np.uint8), float(time))
        return path

    times = np.array([frame.pts for frame in frames(clip)])
    out = tmp_path / "out.mp4"
    with pytest.raises(
        DataError, match=r"picture 6 of .*even.mp4 is at 0.24 s, in the trace at 0.40 s: it is"
    ):
        annotate(trace, video("even.mp4", np.arange(12) * 0.04), out)
    with pytest.raises(DataError, match="short.mp4 has 8 pictures, the trace 10: it is not the video"):
        annotate(trace, video("short.mp4", times[:8]), out)
    assert not out.exists()
    known = Trace(trace.table, meta={**trace.meta, "recording": recording(clip)})
    annotate(known, clip, out)
    assert not caplog.records
    annotate(known, video("copy.mp4", times, grey=127), out)
    (record,) = caplog.records
    assert "copy.mp4 is not the file that was read" in record.message


def test_names_that_no_font_can_write_are_told_once(clip, trace, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", list)
    monkeypatch.setattr("avaffect.draw.letters._found", {})
    annotate(trace.edited(Edits(names={1: "\u738b\u5c0f\u660e"})), clip, tmp_path / "out.mp4")
    (line,) = [line for line in caplog.messages if "font" in line]
    assert line.startswith(
        "no font here has the letters of \u738b\u5c0f\u660e: the video shows numbers instead"
    )
    caplog.clear()
    annotate(trace.edited(Edits(names={1: "Zo\u00e9"})), clip, tmp_path / "again.mp4")
    assert not [line for line in caplog.messages if "font" in line]
