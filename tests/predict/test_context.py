"""What the user knows of recordings: one setup, who speaks, when they are neutral."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

import avaffect
from avaffect import media
from avaffect.errors import DataError, ModelError
from avaffect.predict.context import Context
from avaffect.predict.neutral import baselines, parse_span
from avaffect.predict.speakers import speakers
from avaffect.trace.baseline import Span

FILES = ["/study/P01/a_joy.wav", "/study/P02/b_joy.wav"]


def write(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def predictor():
    return avaffect.load("audio.default")


@pytest.fixture(scope="module")
def takes(sample_clip, tmp_path_factory):
    """One sentence twice, the second 10 dB louder."""
    folder = tmp_path_factory.mktemp("takes")
    samples, _, _ = media.read_audio(sample_clip)
    samples = 0.2 * samples[16000:48000] / np.abs(samples).max()
    return [
        write(folder / "P01_calm.wav", samples),
        write(folder / "P01_loud.wav", 10**0.5 * samples),
    ]


def arousal(trace, path):
    return trace.file(str(path)).table["arousal"].mean()


def test_recordings_of_one_setup_share_their_level(predictor, takes):
    alone = predictor.process_files(takes)
    together = predictor.process_files(takes, same_setup=True)
    calm, loud = takes
    gain = 1.0  # bels: 10 dB
    known = predictor.contexts(takes, same_setup=True)
    assert known[calm] == known[loud]
    # The level is that of both together: as far above the one as below the other, but for the prior.
    levels = [predictor.contexts([t, t.with_name("x")], same_setup=True)[t].reference_level for t in takes]
    assert levels[1] - levels[0] < gain
    assert levels[0] < known[calm].reference_level < levels[1]
    gap_alone = arousal(alone, loud) - arousal(alone, calm)
    gap_together = arousal(together, loud) - arousal(together, calm)
    assert gap_together > gap_alone + 0.02
    assert together.meta["reference_level"] == known[calm].reference_level


def test_a_single_recording_is_what_it_is_alone(predictor, takes):
    alone = predictor.process_file(takes[0])
    assert predictor.contexts(takes[:1], same_setup=True) == {takes[0]: Context()}
    other = predictor.contexts(takes, same_setup=True, speaker_from=r"_(\w+)\.wav")
    assert set(other.values()) == {Context()}  # each speaker has one recording
    given = Context(
        reference_level=predictor.contexts([takes[0], "x.wav"], same_setup=True)[takes[0]].reference_level
    )
    same = predictor.process_file(takes[0], context=given)
    np.testing.assert_array_equal(same.table["arousal"], alone.table["arousal"])


def test_levels_need_a_model_of_the_voice_and_speakers_need_levels(predictor):
    with pytest.raises(ModelError, match="visual.default reads no voice"):
        avaffect.load("visual.default").contexts(["a.wav"], same_setup=True)
    with pytest.raises(DataError, match="give same_setup"):
        predictor.contexts(["a.wav"], speaker_from="(a)")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^(\w)_", ["a", "b"]),
        (r"(?P<emotion>joy)|(?P<speaker>^\w)", ["a", "b"]),
        (r"/(P\d+)/", ["P01", "P02"]),
        (None, ["", ""]),
    ],
)
def test_speakers_from_a_pattern(pattern, expected):
    assert list(speakers(pattern, FILES).values()) == expected


def test_speakers_from_a_table(tmp_path):
    table = tmp_path / "who.csv"
    table.write_text("file;speaker\na_joy;Ann\nP02/b_joy.wav;Bo\n")
    assert speakers(table, FILES) == dict(zip(FILES, ["Ann", "Bo"], strict=True))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (r"P\d", "has no group"),
        (r"(", "is no regular expression"),
        (r"^(a)_", "b_joy.wav: .* finds no speaker"),
        ("file,speaker\na_joy,Ann\n", "no speaker of /study/P02/b_joy.wav"),
        ("file,speaker\na_joy,Ann\na_joy,Bo\n", "the speaker of a_joy is 'Ann' and 'Bo'"),
        ("file,name\na_joy,Ann\n", "no column 'speaker'"),
        ("who,speaker\na_joy,Ann\n", "no column 'file'"),
    ],
)
def test_speakers_that_are_none(given, message, tmp_path):
    if "\n" in given:
        (tmp_path / "who.csv").write_text(given)
        given = str(tmp_path / "who.csv")
    with pytest.raises(DataError, match=message):
        speakers(given, FILES)


def test_spans_as_typed_and_from_a_table(tmp_path, caplog):
    assert parse_span("0:30-01:00:00") == Span(30, 3600)
    assert baselines(["0-1", (2, 3)], FILES) == dict.fromkeys(FILES, (Span(0, 1), Span(2, 3)))
    table = tmp_path / "neutral.csv"
    table.write_text("file,start_ms,end_ms,track\na_joy,0,1500,\na_joy,2000,3000,2\nother,0,1,\n")
    assert baselines(table, FILES) == {FILES[0]: (Span(0, 1.5), Span(2, 3, 2)), FILES[1]: ()}
    assert "names what is not read: other" in caplog.text
    assert f"has no baseline of: {FILES[1]}" in caplog.text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("5", "expected START-END"),
        ("5-2", "expected START-END"),
        ("0-nan", "expected START-END"),
        (["0-1", "a.csv"], "give one table, or spans"),
        ("file,start,end\na_joy,3,2\n", "data row 1 is no span"),
        ("file,start,end,track\na_joy,1,2,0.5\n", "has track 0.5"),
        ("file,start\na_joy,3\n", "no column of ends"),
        ("file,start,end\nc,3,4\n", "names none of the recordings, but 'c'"),
    ],
)
def test_spans_that_are_none(given, message, tmp_path):
    if "\n" in given:
        (tmp_path / "neutral.csv").write_text(given)
        given = tmp_path / "neutral.csv"
    with pytest.raises(DataError, match=message):
        baselines(given, FILES)


def test_a_baseline_outside_of_the_recording_is_known_before_the_work(predictor, takes, monkeypatch):
    monkeypatch.setattr(predictor.reader, "read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(
        DataError, match=r"the baseline 50-60 s is outside of the recording, which lasts 2\.00 s"
    ):
        predictor.process_file(takes[0], context=Context(baseline=(Span(50, 60),)))


def test_files_get_values_relative_to_their_baseline(predictor, takes):
    whole = predictor.process_files(takes, baseline="0-1.6")
    for path in takes:
        table = whole.file(str(path)).table
        shift = (table["arousal"] - table["arousal_rel"]).dropna()
        assert len(shift) == table["arousal"].notna().sum()
        at = table["pts"].between(0, 1.59) & (table["voiced"] >= 0.5)
        assert np.ptp(shift) < 1e-12
        assert shift.iloc[0] == pytest.approx(table.loc[at, "arousal"].mean(), abs=1e-9)
    assert whole.meta["baseline"] == [[0.0, 1.6, None]]
