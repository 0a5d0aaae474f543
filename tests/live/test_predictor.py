"""Pictures and sound are pushed, ticks come back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from avaffect.errors import AvaffectError, MediaError
from avaffect.live import StreamingPredictor

from .conftest import events, run


@pytest.fixture(scope="module")
def stream(predictor):
    return StreamingPredictor(predictor)


@pytest.fixture(scope="module")
def ticks(stream, start):
    return run(stream, events(start, 0.04))


def test_every_tick_comes_once_and_in_order(ticks):
    assert [tick.index for tick in ticks] == list(range(40))
    assert ticks[-1].end == pytest.approx(3.2)


def test_a_person_has_values_and_their_interval(ticks):
    (person,) = ticks[-1].people
    assert person.track == 1
    assert person.source == "face+voice"
    assert person.available == {"face": True, "voice": True}
    assert -1 <= person.valence_lo < person.valence < person.valence_hi <= 1
    assert person.box[0] < person.box[2]
    assert 0 <= person.gates["attended_audio"] <= 1


def test_nobody_is_there_before_the_face_was_seen_for_half_a_second(ticks):
    assert not ticks[3].people
    assert ticks[7].people


def test_a_tick_is_json(ticks):
    back = json.loads(json.dumps(ticks[-1].as_dict(), allow_nan=False))
    assert back["people"][0]["track"] == 1
    assert back["time"] == pytest.approx(3.16)


def test_the_trace_has_a_row_a_tick(stream, ticks):
    table = stream.trace().table
    assert len(table) == len(ticks)
    np.testing.assert_allclose(table["valence"].iloc[-1], ticks[-1].people[0].valence, atol=1e-6)
    assert table["track"].isna().sum() == sum(not t.people or t.people[0].track is None for t in ticks)


def test_figures_of_the_stream(stream, ticks, start):
    told = stream.stats.as_dict()
    assert told["frames"] == len(start.frames)
    assert told["frames_read"] == len(ticks)
    assert told["frames_late"] == told["sound_late"] == told["gaps"] == 0
    assert told["delay_median"] > 0


@pytest.mark.parametrize(
    ("image", "time", "message"),
    [
        (np.zeros((4, 4), np.uint8), 0.0, r"uint8 \(4, 4\): expected"),
        (np.zeros((4, 4, 3), np.float32), 0.0, "float32"),
        (np.zeros((4, 4, 3), np.uint8), -1.0, "time=-1.0: expected seconds"),
        (np.zeros((4, 4, 3), np.uint8), 1.7e9, "subtract the time at which it began"),
    ],
)
def test_pictures_that_are_refused(predictor, image, time, message):
    with pytest.raises(MediaError, match=message):
        StreamingPredictor(predictor).push_frame(image, time)


def test_options_out_of_range(predictor):
    with pytest.raises(AvaffectError, match=r"lag=9: expected seconds from 0 to 5"):
        StreamingPredictor(predictor, lag=9)
    with pytest.raises(AvaffectError, match="record=True"):
        StreamingPredictor(predictor, record=False).trace()


def test_a_long_pause_has_no_ticks(predictor, start):
    stream = StreamingPredictor(predictor)
    sound = start.sound[:8000]
    ticks = stream.push_samples(sound, 0.0) + stream.push_samples(sound, 100.0) + stream.finish()
    assert [tick.index for tick in ticks] == [*range(7), *range(1250, 1257)]
    assert stream.stats.skipped == pytest.approx(99.5)
    assert len(stream.trace().table) == 14


def test_other_sample_rates_are_brought_to_16_khz(predictor, start):
    values = []
    for rate in (16000, 48000):
        stream = StreamingPredictor(predictor)
        sound = np.repeat(start.sound[:16000], rate // 16000)
        ticks = []
        for piece in np.split(sound, 20):
            ticks += stream.push_samples(piece, sample_rate=rate)
        ticks += stream.finish()
        assert len(ticks) in (13, 12)
        values.append([tick.speech for tick in ticks[:12]])
    np.testing.assert_allclose(*values, atol=0.2)


def test_ticks_are_left_out_while_reading_is_behind(predictor, start):
    now = iter(np.arange(0, 1000, 0.2))
    stream = StreamingPredictor(predictor, hurry=0.5, clock=lambda: float(next(now)))
    # The first half of the sound came long ago, the other half just now.
    ticks = stream.push_samples(start.sound[:8000], 0.0, came=-10.0)
    ticks += stream.push_samples(start.sound[8000:16000], came=900.0)
    assert [tick.index for tick in ticks] == list(range(6, 12))
    assert stream.stats.left_out == 6
