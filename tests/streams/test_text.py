"""Words at ticks: which ticks have which sentence, and whose words they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from avaffect.corpus import with_text as joined
from avaffect.corpus.with_text import with_text
from avaffect.model import AffectModel
from avaffect.runtime.torch import TorchRuntime
from avaffect.spec import Component, Stream
from avaffect.streams.assemble import RecordingStreams, StreamReader
from avaffect.streams.audio import AudioStream
from avaffect.streams.person import Person
from avaffect.streams.text import text_stream
from avaffect.streams.timeline import Timeline
from avaffect.streams.visual import VisualStream
from avaffect.transcript import Cue, Word, transcript_of

VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nyes\nno\nwell\n.\n"
SIZES = {
    "dim": 6,
    "layers": 1,
    "heads": 2,
    "hidden": 8,
    "pieces": 8,
    "longest": 9,
    "vocabulary": len(VOCABULARY),
}


def model(debug_spec) -> AffectModel:
    """An untrained model of words alone, with a small vocabulary."""
    stream = Stream(6, Component("text", SIZES), "", {"tokens": "wordpiece"})
    torch.manual_seed(0)
    made = AffectModel(replace(debug_spec, streams={"text": stream}, fusion=None, calibration={})).eval()
    made.encoders["text"].vocabulary.copy_(torch.tensor(list(VOCABULARY.encode()), dtype=torch.uint8))
    return made


SAID = transcript_of(
    [
        Cue(0.0, 0.5, "yes no"),
        Cue(0.6, 2.0, "well no.", words=(Word(0.72, 0.88, "well"), Word(1.6, 1.605, "no."))),
    ]
)


def test_ticks_have_the_sentence_that_is_spoken(debug_spec) -> None:
    made = model(debug_spec)
    found = text_stream(SAID, TorchRuntime(made), Timeline(12.5))
    values, mask = found.stream(30)
    # Centres are at 0.04, 0.12, ...; the last word is shorter than a tick, which has it all the same.
    assert np.flatnonzero(mask).tolist() == [*range(6), 9, 10, 20]
    with torch.no_grad():
        own = made.encode("text", made.encoders["text"].tokens(["yes no", "well no."])).numpy()
    np.testing.assert_allclose(values[:6], np.tile(own[0], (6, 1)), atol=1e-6)
    np.testing.assert_allclose(values[[9, 10, 20]], np.tile(own[1], (3, 1)), atol=1e-6)
    assert not values[~mask].any()
    shifted, _ = found.stream(5, first=8)
    np.testing.assert_array_equal(shifted, values[8:13])


def test_nothing_said_is_no_words(debug_spec) -> None:
    values, mask = text_stream(transcript_of([]), TorchRuntime(model(debug_spec)), Timeline(12.5)).stream(4)
    assert values.shape == (4, 6)
    assert not mask.any()


def seen(track: int) -> Person:
    person = Person(track)
    for frame in range(50):
        person.see(frame, np.array([0, 0, 1, 1]), 1.0)
    return person


def test_words_go_with_the_voice(debug_spec) -> None:
    made = model(debug_spec)
    spec = made.spec
    pictures = VisualStream(np.arange(50) / 25, np.arange(50), [seen(1)])
    said = text_stream(SAID, TorchRuntime(made), Timeline(12.5))
    speech = np.where(np.arange(25) < 8, 1.0, 0.0)
    sound = AudioStream(np.zeros((25, 0), np.float32), speech, speech > 0.5, 2.0)
    alone = RecordingStreams(pictures, None, spec, said)
    assert np.flatnonzero(alone.of(alone.people[0]).masks["text"]).tolist() == [*range(6), 9, 10, 20]
    assert not alone.of(None).masks["text"].any()
    heard = RecordingStreams(pictures, sound, spec, said)
    assert np.flatnonzero(heard.of(heard.people[0]).masks["text"]).tolist() == [*range(6)]
    assert not RecordingStreams(pictures, sound, spec).of(pictures.people[0]).masks["text"].any()


def test_the_reader_takes_a_transcript(debug_spec) -> None:
    found = StreamReader(TorchRuntime(model(debug_spec))).read(None, None, transcript=SAID)
    assert found.text is not None
    assert found.ticks == 0  # words alone make no rows: they are of a recording


def test_a_text_encoder_joins_the_others(debug_spec, monkeypatch: pytest.MonkeyPatch) -> None:
    small = model(debug_spec).encoders["text"]
    monkeypatch.setattr("avaffect.encoder.text.pretrained", lambda: small)
    small_text = Component("text", SIZES)
    monkeypatch.setattr(
        joined, "Component", lambda name, *options: small_text if options else Component(name)
    )
    torch.manual_seed(1)
    base = AffectModel(debug_spec)
    made = with_text(base)
    assert list(made.spec.streams) == ["audio", "visual", "text"]
    assert made.spec.streams["text"].dim == 6
    for name, encoder in base.encoders.items():
        for key, value in encoder.state_dict().items():
            torch.testing.assert_close(made.encoders[name].state_dict()[key], value)
    tokens = small.tokens(["well"])
    torch.testing.assert_close(made.encode("text", tokens), small(tokens))
