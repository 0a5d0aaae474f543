"""The voice of a stream: as of a recording, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.live.sound import SoundReader, boundary, spectrum
from avaffect.live.usual_level import UsualLevel
from avaffect.media import AudioBlock
from avaffect.model import AffectModel
from avaffect.runtime.torch import TorchRuntime
from avaffect.streams.audio import audio_stream
from avaffect.streams.timeline import Timeline
from avaffect.streams.timing import Timing

TICKS = Timeline(12.5)


@pytest.fixture(scope="module")
def model(debug_spec):
    return TorchRuntime(AffectModel(debug_spec).eval())


def read(model, sound, ticks, *, reference=None, forget=()):
    """The sound tick by tick; lets go of 50 ticks after each of ``forget``."""
    reader = SoundReader(model, TICKS, reference)
    lead, taken = spectrum(model.spec).padding, 0
    for tick in range(ticks):
        end = boundary(tick, TICKS, lead)
        reader.push(sound[taken:end], np.array([True]))
        taken = end
        stream = reader.stream()
        if tick in forget:
            reader.forget(50)
    return reader, stream


def test_it_is_that_of_the_recording_so_far(model, start):
    ticks = 36
    _, found = read(model, start.sound, ticks)
    whole = audio_stream(iter([AudioBlock(0.0, start.sound[: ticks * 1280])]), model, TICKS, Timing())
    np.testing.assert_array_equal(found.active, whole.active)
    np.testing.assert_allclose(found.speech[:-1], whole.speech[:-1], atol=1e-6)
    assert found.active.sum() > 20
    # The recording ends in the middle of the last frame of the spectrum: the last ticks feel it.
    earlier = found.active & (np.arange(ticks) < ticks - 14)
    np.testing.assert_allclose(found.features[earlier], whole.features[:][earlier], atol=2e-3)


def test_what_is_let_go_of_leaves_the_rest_as_it_was(model, start):
    sound = np.concatenate([start.sound, start.sound])
    _, whole = read(model, sound, 78, reference=-2.5)
    reader, rest = read(model, sound, 78, reference=-2.5, forget={70})
    assert len(reader) == 28
    np.testing.assert_array_equal(rest.active, whole.active[50:])
    np.testing.assert_allclose(rest.speech, whole.speech[50:], atol=1e-6)
    np.testing.assert_allclose(rest.features[14:], whole.features[64:], atol=1e-4)


def test_the_level_of_all_speech_stays_known(model, start):
    sound = np.concatenate([start.sound, 0.1 * start.sound])
    whole, _ = read(model, sound, 78)
    rest, _ = read(model, sound, 78, forget={70})
    expected, found = (reader.level.with_later(reader._levels) for reader in (whole, rest))
    assert found.level == pytest.approx(expected.level, abs=0.3)
    assert rest.level.with_later(np.zeros(0)).seconds > 1


def test_the_median_of_levels():
    usual, levels = UsualLevel(100.0), np.random.default_rng(0).normal(-3, 1, 1001)
    usual.add(levels[:400])
    found = usual.with_later(levels[400:])
    assert found.level == pytest.approx(np.median(levels), abs=0.002)
    assert found.seconds == pytest.approx(10.01)
    assert np.isnan(UsualLevel(100.0).with_later(np.zeros(0)).level)
