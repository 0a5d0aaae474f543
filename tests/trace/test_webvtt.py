"""WebVTT: a small parser of our own reads the cues back."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.trace import Trace

SPAN = re.compile(r"(\d\d+):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d\d+):([0-5]\d):([0-5]\d)\.(\d{3})")


def parse(path) -> list[tuple[float, float, dict]]:
    """Cues as the standard reads them: blocks between empty lines, an arrow only in a cue's times."""
    first, *blocks = path.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    assert first == "WEBVTT"
    cues = []
    for block in blocks:
        if block.startswith("NOTE"):
            assert "-->" not in block
            continue
        times, payload = block.split("\n")
        found = SPAN.fullmatch(times)
        assert found
        assert "-->" not in payload
        h, m, s, ms, *end = (int(part) for part in found.groups())
        start = 3600 * h + 60 * m + s + ms / 1000
        cues.append((start, 3600 * end[0] + 60 * end[1] + end[2] + end[3] / 1000, json.loads(payload)))
    return cues


def test_cues_cover_the_time_one_after_another(make_trace, tmp_path):
    trace = make_trace(2.1, people=2)
    cues = parse(trace.to_webvtt(tmp_path / "t.vtt"))
    assert len(cues) == 11
    starts, ends, payloads = zip(*cues, strict=True)
    np.testing.assert_allclose(starts, np.arange(11) * 0.2, atol=1e-9)
    np.testing.assert_allclose(ends[:-1], starts[1:])
    assert ends[-1] == pytest.approx(2.08)  # the end of the last of 52 frames
    assert all([p["track"] for p in payload["people"]] == [1, 2] for payload in payloads)


def test_a_cue_holds_the_mean_of_its_rows(make_trace, tmp_path):
    trace = make_trace(1.0)
    cues = parse(trace.to_webvtt(tmp_path / "t.vtt", step=0.4))
    rows = trace.table["valence"].to_numpy()[10:20]  # frames of 0.4 to 0.8 s
    assert cues[1][2]["people"][0]["valence"] == pytest.approx(rows.mean(), abs=1e-4)


def test_what_is_missing_is_null_and_absent_people_are_absent(made, tmp_path):
    start, end = made.times(1.0)
    first, second = made.person(start, end), made.person(start[:5], end[:5], track=2)
    made.blank(first, slice(5, 10), "valence")
    made.blank(first, slice(10, 12), "face_conf")
    trace = Trace(pd.concat([first, second]).sort_values("start", kind="stable"))
    cues = parse(trace.to_webvtt(tmp_path / "t.vtt"))
    people = [cue[2]["people"] for cue in cues]
    assert [len(p) for p in people] == [2, 1, 1, 1, 1]
    assert people[1][0]["valence"] is None
    assert people[1][0]["arousal"] is not None
    known = first["face_conf"].to_numpy()[12:15].mean()  # two of the cue's five rows have no face
    assert people[2][0]["face_conf"] == pytest.approx(known, abs=1e-4)


def test_an_arrow_in_a_name_does_no_harm(made, tmp_path):
    trace = Trace(made.person(*made.times(0.2), file="a --> b\n.mp4"), meta={"note": "x-->y"})
    path = trace.to_webvtt(tmp_path / "t.vtt")
    assert len(parse(path)) == 1
    note = path.read_text(encoding="utf-8").split("\n\n")[1].removeprefix("NOTE avaffect ")
    assert json.loads(note) == {"file": "a --> b\n.mp4", "note": "x-->y"}


def test_hours_and_single_pictures(made, tmp_path):
    late = made.person(np.array([7205.0]), np.array([7205.0]))
    ((start, end, _),) = parse(Trace(late).to_webvtt(tmp_path / "t.vtt"))
    assert (start, end) == (7205.0, 7205.001)


def test_what_it_cannot_write(make_trace, tmp_path):
    both = Trace.concat([make_trace(0.2, file="a"), make_trace(0.2, file="b")])
    with pytest.raises(DataError, match="one video, the trace has 2"):
        both.to_webvtt(tmp_path / "t.vtt")
    with pytest.raises(DataError, match="at least 0.001 s"):
        make_trace(0.2).to_webvtt(tmp_path / "t.vtt", step=0)
