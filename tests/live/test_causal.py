"""What is read of a tick: the same in a stream and from a file, and nothing of what comes later."""

from __future__ import annotations

import inspect
import wave

import numpy as np
import pytest

from avaffect.errors import AvaffectError, DataError, ModelError
from avaffect.live import CausalPredictor, StreamingPredictor
from avaffect.media import AudioBlock, Frame
from avaffect.predict import Predictor, load
from avaffect.streams.assemble import PersonStreams

from .conftest import Start, events, run

LAG = 0.24
VALUES = ("valence", "valence_lo", "valence_hi", "arousal", "arousal_lo", "arousal_hi", "speaking")


@pytest.fixture(scope="module")
def causal():
    return CausalPredictor("hgrjca.default", lag=LAG)


@pytest.fixture(scope="module")
def table(causal, start):
    """The first seconds of the sample, read as a recording."""
    trace = causal.process_signal(
        frames=(frame.image for frame in start.frames),
        times=[frame.pts for frame in start.frames],
        samples=start.sound,
        sample_rate=16000,
    )
    assert trace.meta["causal"]
    assert trace.meta["lag"] == LAG
    return trace.table


@pytest.fixture(scope="module")
def ticks(causal, start):
    """The same, pushed in pieces of an odd length that come a little late."""
    pushes = events(start, 0.0437)
    random = np.random.default_rng(0)
    late = [(time + random.uniform(0, 0.02), push) for time, push in pushes if time < 3.1]
    return run(StreamingPredictor(causal, lag=LAG, patience=1.0), late + [p for p in pushes if p[0] >= 3.1])


def test_a_stream_gives_what_causal_reading_of_the_recording_does(ticks, table):
    assert [tick.index for tick in ticks] == list(range(40))
    compared = 0
    for tick in ticks:
        rows = table[(table["pts"] >= tick.start - 1e-6) & (table["pts"] < tick.end - 1e-6)]
        assert len(rows) == 2 * max(len(tick.people), 1)
        for person in tick.people:
            mine = rows[rows["track"] == person.track] if person.track else rows[rows["track"].isna()]
            expected = [getattr(person, name) for name in VALUES]
            for _, row in mine.iterrows():
                np.testing.assert_allclose(row[list(VALUES)].astype(float), expected, atol=1e-6)
                assert (row["source"] if isinstance(row["source"], str) else None) == person.source
                compared += 1
    assert compared > 60


def test_rows_are_those_of_the_pictures(table, start):
    seen = table[table["track"] == 1]
    assert seen["frame"].is_monotonic_increasing
    assert seen["frame"].iloc[-1] == start.frames[-1].index
    assert seen["pts"].iloc[0] >= 0.23  # half a second less the lag: before that it was no person


def test_what_comes_later_changes_nothing(causal, start, ticks):
    cut = 1.6
    before = [frame for frame in start.frames if frame.pts < cut]
    black = [Frame(f.index, f.pts, np.zeros_like(f.image)) for f in start.frames if cut <= f.pts < 2]
    noise = np.random.default_rng(0).normal(0, 0.3, 8000).clip(-1, 1).astype(np.float32)
    other = Start(before + black, np.concatenate([start.sound[: round(cut * 16000)], noise]))
    found = run(StreamingPredictor(causal, lag=LAG, patience=1.0), events(other, 0.04))
    known = int((cut - LAG - 0.01) * 12.5)  # the spectrum reaches 7.5 ms further
    assert [tick.as_dict() | {"delay": None} for tick in found[:known]] == [
        tick.as_dict() | {"delay": None} for tick in ticks[:known]
    ]


def test_a_tick_is_read_as_the_end_of_a_recording(causal, start):
    """Masks, features of the face and who speaks are those of `StreamReader` on the recording so far."""
    stream = StreamingPredictor(causal, patience=1.0)
    seen: list[list[PersonStreams]] = []
    original = stream._reader._reported

    def note(recording, at):
        span = (0, len(seen) + 1)
        seen.append([recording.of(person, span) for person in recording.people])
        return original(recording, at)

    stream._reader._reported = note
    ticks = run(stream, events(start, 0.04))
    for tick in ticks[20::9]:
        # One picture a tick, the first from its middle on: at 25 Hz every other one.
        pictures = [f for f in start.frames[1::2] if f.pts < tick.end]
        sound = AudioBlock(0.0, start.sound[: round(tick.end * 16000)])
        whole = causal.reader.read(iter(pictures), iter([sound]))
        (expected,), (ours,) = whole.people, seen[tick.index]
        theirs = whole.of(expected, (0, tick.index + 1))
        for name, mask in theirs.masks.items():
            np.testing.assert_array_equal(ours.masks[name], mask)
        np.testing.assert_allclose(ours.features["visual"], theirs.features["visual"], atol=1e-5)
        np.testing.assert_allclose(ours.speaking, theirs.speaking, atol=1e-6)
        # Of the voice, the latest frame of the spectrum is the only one that differs.
        apart = np.abs(ours.features["audio"] - theirs.features["audio"]).mean()
        assert apart < 0.02 * theirs.features["audio"].std()


def test_a_baseline_counts_from_its_end_on(tmp_path, start):
    path = tmp_path / "talk.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes((start.sound[:32000] * 32767).astype(np.int16).tobytes())
    predictor = CausalPredictor("audio.default")
    known = predictor.contexts([path], baseline="0.5-1")
    table = predictor.process_file(path, context=known[path]).table
    there = table["valence_rel"].notna() | table["valence"].isna()
    assert there[table["pts"] > 1].all()
    assert not table["valence_rel"][table["pts"] < 0.95].notna().any()
    assert table["valence_rel"].notna().any()
    with pytest.raises(DataError, match="same_setup measures .* leave one of them out"):
        predictor.contexts([path], same_setup=True)


def test_options_out_of_range():
    with pytest.raises(AvaffectError, match=r"lag=-1.0: expected seconds from 0 to 5"):
        CausalPredictor("visual.default", lag=-1.0)


def test_settings_say_that_it_is_causal(causal):
    assert causal.settings["causal"]
    assert causal.settings["lag"] == LAG


@pytest.mark.parametrize("make", [load, CausalPredictor])
def test_all_ways_to_a_predictor_take_its_options_and_heed_them(make):
    """Each lists them, with their defaults, for whoever looks at its signature."""
    expected = dict(inspect.signature(Predictor).parameters)
    found = dict(inspect.signature(make).parameters)
    found.pop("lag", None)
    assert found == expected
    given = {
        "people": "main", "detection_interval": 1.0, "min_face": 40.0, "audio_track": 2, "audio_channel": 1,
    }  # fmt: skip
    assert {*given, "reference", "detector"} == {*expected}
    assert given.items() <= make("visual.default", **given).meta.items()
    with pytest.raises(ModelError, match="nobody"):
        make("visual.default", detector="nobody")
