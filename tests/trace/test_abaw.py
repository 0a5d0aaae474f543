"""ABAW's annotation files and submissions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.trace import Trace


def read(path) -> tuple[str, np.ndarray]:
    header, *rows = path.read_text().splitlines()
    return header, np.array([[float(x) for x in row.split(",")] for row in rows])


def test_one_row_a_frame_and_minus_five_where_nothing_is_predicted(made, tmp_path):
    rows = made.person(*made.times(1.0))
    made.blank(rows, slice(5, 8), "valence", "arousal")
    made.blank(rows, slice(10, 11), "arousal")  # half a prediction is none in this format
    rows = rows.drop(rows.index[20])
    header, values = read(Trace(rows).to_abaw(tmp_path / "v.txt"))
    assert header == "valence,arousal"
    assert values.shape == (25, 2)
    missing = [5, 6, 7, 10, 20]
    assert (values[missing] == -5).all()
    kept = np.setdiff1d(np.arange(25), missing)
    expected = rows.set_index("frame").loc[kept, ["valence", "arousal"]]
    np.testing.assert_allclose(values[kept], expected, atol=5e-5)
    assert "-5,-5" in (tmp_path / "v.txt").read_text().splitlines()


def test_the_person_seen_longest_is_written_and_the_voice_where_nobody_is(made, tmp_path):
    start, end = made.times(1.0)
    nobody = made.person(start[:5], end[:5], track=None, seed=5)
    brief = made.person(start[5:10], end[5:10], track=1, first_frame=5)
    long = made.person(start[5:], end[5:], track=2, seed=1, first_frame=5)
    trace = Trace(pd.concat([nobody, brief, long]).sort_values("start", kind="stable"))
    _, main = read(trace.to_abaw(tmp_path / "a.txt"))
    expected = np.append(nobody["valence"], long["valence"])
    np.testing.assert_allclose(main[:, 0], expected, atol=5e-5)
    _, first = read(trace.to_abaw(tmp_path / "b.txt", track=1, frames=12))
    assert len(first) == 12
    assert (first[:5] == -5).all()
    np.testing.assert_allclose(first[5:10, 0], brief["valence"], atol=5e-5)
    assert (first[10:] == -5).all()


def test_frames_can_be_fewer_or_more(make_trace, tmp_path):
    trace = make_trace(1.0)
    _, longer = read(trace.to_abaw(tmp_path / "a.txt", frames=30))
    assert longer.shape == (30, 2)
    assert (longer[25:] == -5).all()
    assert read(trace.to_abaw(tmp_path / "b.txt", frames=3))[1].shape == (3, 2)


def test_an_abaw_file_needs_one_video(make_trace, made, tmp_path):
    both = Trace.concat([make_trace(0.2, file="a"), make_trace(0.2, file="b")])
    with pytest.raises(DataError, match="one video, the trace has 2"):
        both.to_abaw(tmp_path / "a.txt")
    sound = made.person(*made.times(0.2), track=None, file="a.wav")
    sound["frame"] = pd.array([pd.NA] * len(sound), dtype="Int64")
    with pytest.raises(DataError, match="a.wav has no frames"):
        Trace(sound).to_abaw(tmp_path / "a.txt")
