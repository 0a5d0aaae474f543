"""What comes behind the reading of a recording takes little more memory than the table that it makes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from avaffect import Trace, read_trace
from avaffect.predict.frame_table import Reading
from avaffect.predict.recording_rows import recording_table, shares
from avaffect.streams.assemble import RecordingStreams
from avaffect.streams.person import Person
from avaffect.streams.timeline import Timeline
from avaffect.streams.visual import VisualStream
from avaffect.trace import tabular

ROW = 23 * 8 + 40  # bytes that a row of the table takes, with its index


def made(spec, frames):
    """A recording of one person, and what a network may have said of them and of nobody."""
    person = Person(1)
    for frame in range(frames):
        person.see(frame, np.array([0, 0, 9, 9]), 0.9)
    person.features[0] = np.zeros(spec.streams["visual"].dim)
    visual = VisualStream(np.arange(frames) / 12.5, np.arange(frames), [person])
    recording = RecordingStreams(visual, None, spec)
    of = shares(recording, main_only=False)
    readings = [
        Reading(np.zeros((frames, 2)), {"visual": there, "audio": ~np.ones(frames, bool)}, {})
        for there in (np.ones(frames, bool), np.zeros(frames, bool))
    ]
    return recording, of, readings


def peak(work):
    """The result, and the bytes of memory that were taken at most."""
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def trace(spec, frames):
    """Of a made recording."""
    return Trace(recording_table("a.mp4", *made(spec, frames), spec, Timeline(spec.tick_rate)))


def test_the_table_is_in_memory_once(debug_spec):
    trace(debug_spec, 10)  # imports
    _, some = peak(lambda: trace(debug_spec, 10_000))
    long, more = peak(lambda: trace(debug_spec, 40_000))
    assert len(long) == 40_000
    assert (more - some) / 30_000 < 2 * ROW  # with what it is made of


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_long_table_is_written_in_pieces(debug_spec, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(tabular, "_ROWS", 50)
    long = trace(debug_spec, 500)
    write = getattr(long, f"to_{kind}")
    write(tmp_path / f"first.{kind}")  # imports
    whole, taken = peak(lambda: write(tmp_path / f"whole.{kind}"))
    pd.testing.assert_frame_equal(read_trace(whole).table, long.table)
    monkeypatch.setattr(tabular, "_ROWS", 500)
    once, more = peak(lambda: write(tmp_path / f"once.{kind}"))
    assert whole.read_bytes() == once.read_bytes()
    assert taken < 0.7 * more
