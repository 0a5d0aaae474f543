"""People, streams and masks of a recording: gaps, ticks, whose voice, and the options of the tracker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avaffect.errors import AvaffectError, ModelError
from avaffect.face.align import SIZE
from avaffect.media import Frame
from avaffect.model import AffectModel
from avaffect.runtime.torch import TorchRuntime
from avaffect.spec import Stream
from avaffect.streams.assemble import RecordingStreams, StreamReader
from avaffect.streams.audio import AudioStream
from avaffect.streams.person import Person
from avaffect.streams.visual import VisualStream


def seen(track, ticks, *, mouth=None, height=50.0, frames=50):
    """A person with a face at these ticks, whose feature is the tick; mouth motion by tick."""
    person = Person(track)
    for frame in range(frames):
        person.see(frame, np.array([0, 0, height, height]), 1.0)
    for tick in ticks:
        person.features[tick] = np.full(128, tick, np.float32)
    for tick, motion in enumerate(mouth or ()):
        person.mouth[tick] = motion
    return person


def assembled(spec, people=(), *, frames=50, sound=None):
    """Pictures at 25 Hz, and sound that is speech throughout."""
    times = np.arange(frames) / 25
    audio = None
    if sound is not None:
        ticks = round(sound * spec.tick_rate)
        audio = AudioStream(np.ones((ticks, 128), np.float32), np.ones(ticks), np.ones(ticks, bool), sound)
    return RecordingStreams(VisualStream(times, np.arange(frames), list(people)), audio, spec)


def test_quality_is_known_between_first_and_last_sight_and_while_there_is_sound(debug_spec):
    person = seen(1, [5, 7, 9], frames=20)
    person.detail[5], person.detail[7], person.detail[9] = -1.0, 0.0, -0.5
    recording = assembled(debug_spec, [person], sound=1.0)
    assert np.isnan(recording.of(person).quality["snr"]).all()  # not measured
    detail = recording.of(person).quality["detail"]
    np.testing.assert_allclose(detail[4:10], [-1, -1, -0.5, 0, -0.25, -0.5])
    assert np.isnan(detail[10:]).all()
    assert "detail" not in recording.of(None).quality
    part = recording.of(person, (6, 9)).quality["detail"]
    np.testing.assert_allclose(part, detail[6:9])


def test_short_gaps_of_the_face_are_closed_and_masked_ticks_are_zero(debug_spec):
    person = seen(1, [0, 1, 5, 6, 20])
    streams = assembled(debug_spec, [person]).of(person)
    assert np.flatnonzero(streams.masks["visual"]).tolist() == [0, 1, 2, 3, 4, 5, 6, 20]
    np.testing.assert_allclose(streams.features["visual"][:7, 0], [0, 1, 2, 3, 4, 5, 6])
    assert (streams.features["visual"][7:20] == 0).all()
    assert not streams.masks["audio"].any()
    assert (streams.features["audio"] == 0).all()
    assert streams.speaking is None


def test_ticks_last_as_long_as_pictures_or_sound(debug_spec):
    assert assembled(debug_spec, sound=3.0).ticks == 38
    assert assembled(debug_spec, sound=1.0).ticks == 25
    alone = assembled(debug_spec, frames=0, sound=3.0)
    assert (alone.ticks, len(alone.times), set(alone.numbers)) == (38, 38, {-1})
    np.testing.assert_allclose(alone.ends - alone.times, 0.08)
    assert assembled(debug_spec, frames=0).ticks == 0
    assert assembled(debug_spec, frames=1).ticks == 1  # a single picture lasts one tick


def test_a_person_who_listens_has_no_voice_and_nobody_else_loses_it(debug_spec):
    everywhere = range(25)
    speaker = seen(1, everywhere, mouth=[1.0] * 25)
    listener = seen(2, everywhere, mouth=[0.05] * 25)
    unreadable = seen(3, everywhere)
    recording = assembled(debug_spec, [speaker, listener, unreadable], sound=2.0)
    assert recording.of(speaker).masks["audio"].all()
    assert (recording.of(speaker).speaking > 0.9).all()
    streams = recording.of(listener)
    assert not streams.masks["audio"].any()
    assert (streams.features["audio"] == 0).all()
    assert streams.masks["visual"].all()
    assert recording.of(unreadable).masks["audio"].all()
    assert np.isnan(recording.of(unreadable).speaking).all()
    nobody = recording.of(None)
    assert not nobody.masks["audio"].any()  # the voice is the speaker's
    assert not nobody.masks["visual"].any()
    assert nobody.speaking is None
    assert assembled(debug_spec, [listener], sound=2.0).of(None).masks["audio"].all()
    assert assembled(debug_spec, sound=2.0).of(None).masks["audio"].all()


def test_the_main_person_is_the_most_prominent(debug_spec):
    small, large, short = seen(1, [0], height=40), seen(2, [0], height=60), seen(3, [0], height=90, frames=10)
    assert assembled(debug_spec, [small, large, short]).main_person is large
    assert assembled(debug_spec).main_person is None


def test_only_the_streams_of_the_model_are_made(debug_spec):
    spec = replace(debug_spec, streams={"visual": debug_spec.streams["visual"]}, fusion=None)
    person = seen(1, range(25), mouth=[1.0] * 25)
    streams = assembled(spec, [person], sound=2.0).of(person)
    assert list(streams.masks) == list(streams.features) == ["visual"]
    assert (streams.speaking > 0.9).all()


def test_cut_faces_keep_the_voice_for_their_lips_are_not_read(debug_spec):
    reader = StreamReader(TorchRuntime(AffectModel(debug_spec).eval()))
    crop = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    times = np.arange(50) / 25
    recording = reader.read_cut_faces(times, range(10, 50), lambda frame: None if frame == 30 else crop, None)
    assert recording.ticks == 25
    person = recording.main_person
    assert person.features.ticks.tolist() == list(range(5, 25))
    assert np.isnan(person.mouth.between(0, 25)).all()
    assert reader.read_cut_faces(times, [], lambda frame: crop, None).main_person is None


def test_a_model_that_cannot_read_recordings_says_what_to_do(debug_spec):
    stored = {name: replace(stream, encoder=None) for name, stream in debug_spec.streams.items()}
    with pytest.raises(
        ModelError, match=r"concat\.debug has no encoder for the stream 'audio': .*encoders=MODEL"
    ):
        StreamReader(TorchRuntime(AffectModel(replace(debug_spec, streams=stored))))
    streams = {**debug_spec.streams, "depth": Stream(8, temporal_dim=16)}
    with pytest.raises(ModelError, match=r"the stream 'depth', which cannot be read from a recording"):
        StreamReader(TorchRuntime(AffectModel(replace(debug_spec, streams=streams))))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detection_interval": 0}, "detection_interval=0: expected seconds above 0"),
        ({"detection_interval": float("nan")}, "detection_interval=nan"),
        ({"min_face": 11}, "min_face=11: expected pixels, at least 12"),
        ({"min_face": float("inf")}, "min_face=inf"),
    ],
)
def test_options_out_of_range(debug_spec, options, message):
    with pytest.raises(AvaffectError, match=message):
        StreamReader(TorchRuntime(AffectModel(debug_spec)), **options)


@pytest.fixture(scope="module")
def portrait():
    data = pytest.importorskip("skimage.data")
    return data.astronaut()[:256, 96:352]  # a face of 105 px


def test_the_detection_interval_is_how_long_a_newcomer_waits(debug_spec, portrait):
    """One face from the start, a small one beside it from second 0.4 on: too small a change for a cut."""
    alone = np.full((256, 640, 3), 128, np.uint8)
    alone[:, :256] = portrait
    both = alone.copy()
    both[64:192, 400:528] = portrait[::2, ::2]
    frames = [Frame(k, k / 25, alone if k < 10 else both) for k in range(50)]
    found = {}
    for interval in (0.2, 1.4):
        reader = StreamReader(TorchRuntime(AffectModel(debug_spec).eval()), detection_interval=interval)
        first, second = reader.read(iter(frames), None).people
        assert first.frames.tolist() == list(range(50))
        found[interval] = second.frames[0]
        assert second.frames.tolist() == list(range(found[interval], 50))
    # Every other frame is looked at, from the second on; who is found in one is traced back to the one before
    # it, and through the looks of half a second.
    assert found == {0.2: 10, 1.4: 21}


def test_min_face_leaves_out_smaller_people(debug_spec, portrait):
    def people(**options):
        frames = (Frame(k, k / 25, portrait) for k in range(15))
        return len(
            StreamReader(TorchRuntime(AffectModel(debug_spec).eval()), **options).read(frames, None).people
        )

    assert (people(), people(min_face=80), people(min_face=130)) == (1, 1, 0)
