"""Transcripts in the forms that people and programs write."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.transcript import Cue, Word, read_transcript, recognise, transcript_beside, transcript_of

VTT = """WEBVTT - a talk

NOTE
no cue --> here

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v.loud Anna>I am <i>very</i> glad &amp; happy.</v>
<v Ben>So am I.</v>

01:00:03.000 --> 01:00:04.000
It goes
on.

01:00:05.000 --> 01:00:06.000
[laughter]
"""

SRT = """1
00:00:01,000 --> 00:00:02,500
{\\an8}<b>Hello there.</b>

2
00:00:03,000 --> 00:00:04,250
Good bye.
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def sentences(path: Path) -> list[tuple[str, str | None, tuple[tuple[float, float], ...]]]:
    return [(each.text, each.speaker, each.spans) for each in read_transcript(path).sentences]


def test_webvtt_has_speakers_and_no_tags(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vtt", VTT)
    assert sentences(path) == [
        ("I am very glad & happy.", "Anna", ((1.0, 2.5),)),
        ("So am I.", "Ben", ((1.0, 2.5),)),
        ("It goes on.", None, ((3603.0, 3604.0),)),
    ]
    assert read_transcript(path).speakers == ("Anna", "Ben")
    assert [each.text for each in read_transcript(path).of("Ben").sentences] == ["So am I."]


def test_time_stamps_within_a_cue_are_those_of_its_words(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:03.000\nWell<00:01.400> <c>I</c><00:02.000> know.\n"
    assert sentences(written(tmp_path / "a.vtt", text)) == [
        ("Well I know.", None, ((1.0, 1.4), (1.4, 2.0), (2.0, 3.0)))
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_srt(tmp_path: Path, newline: str) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(SRT.replace("\n", newline).encode())
    assert sentences(path) == [("Hello there.", None, ((1.0, 2.5),)), ("Good bye.", None, ((3.0, 4.25),))]


def test_words_become_sentences_at_full_stops_pauses_and_other_speakers() -> None:
    words = [(0.0, "He"), (0.3, "left."), (0.6, "Then"), (2.5, "why"), (2.8, "not?")]
    cues = [Cue(start, start + 0.3, text, "A") for start, text in words]
    cues.append(Cue(0.4, 0.5, "Oh", "B"))
    assert [(s.text, s.speaker) for s in transcript_of(cues).sentences] == [
        ("He left.", "A"),
        ("Oh", "B"),
        ("Then", "A"),
        ("why not?", "A"),
    ]


def test_a_sentence_that_nothing_ends_is_cut() -> None:
    cue = Cue(0, 200, "", words=tuple(Word(i, i + 1, f"w{i}") for i in range(130)))
    found = transcript_of([Cue(0, 200, "text", words=cue.words)]).sentences
    assert [len(each.spans) for each in found] == [60, 60, 10]


@pytest.mark.parametrize(
    "content",
    [
        {"segments": [{"start": 1, "end": 2, "text": " Oh no.", "words": [
            {"word": " Oh", "start": 1, "end": 1.25}, {"word": " no.", "start": 1.5, "end": 2}]}]},
        {"result": [{"word": "Oh", "start": 1, "end": 1.25, "conf": 1},
                    {"word": "no.", "start": 1.5, "end": 2}]},
        [{"text": "Oh", "start": 1, "end": 1.25}, {"text": "no.", "start": 1.5, "end": 2}],
        {"transcription": [{"offsets": {"from": 1000, "to": 1250}, "text": " Oh"},
                           {"offsets": {"from": 1500, "to": 2000}, "text": " no."}]},
    ],
    ids=["whisper", "vosk", "list", "whisper.cpp"],
)  # fmt: skip
def test_what_recognisers_write(tmp_path: Path, content: object) -> None:
    path = written(tmp_path / "a.json", json.dumps(content))
    assert sentences(path) == [("Oh no.", None, ((1.0, 1.25), (1.5, 2.0)))]


def test_a_word_without_times_is_left_out_and_a_speaker_is_kept(tmp_path: Path) -> None:
    words = [{"word": "In", "start": 0, "end": 1}, {"word": "1999"}]
    segment = {"start": 0, "end": 2, "text": "In 1999", "speaker": "S1", "words": words}
    path = written(tmp_path / "a.json", json.dumps({"segments": [segment]}))
    assert sentences(path) == [("In", "S1", ((0.0, 1.0),))]


TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
{tiers}
"""


def tier(name: str, *spans: tuple[float, float, str]) -> str:
    rows = "\n".join(f'{begin}\n{end}\n"{text}"' for begin, end, text in spans)
    return f'"IntervalTier"\n"{name}"\n0\n3\n{len(spans)}\n{rows}'


def test_textgrid_words_of_two_speakers(tmp_path: Path) -> None:
    tiers = [
        tier("Anna - words", (0, 0.5, "yes"), (0.5, 0.9, "")),
        tier("Anna - phones", (0, 0.5, "j")),
        tier("Ben - words", (1, 1.5, "well"), (1.5, 2, "yes")),
    ]
    path = written(tmp_path / "a.TextGrid", TEXTGRID.format(tiers="\n".join(["3", *tiers])))
    assert sentences(path) == [
        ("yes", "Anna", ((0.0, 0.5),)),
        ("well yes", "Ben", ((1.0, 1.5), (1.5, 2.0))),
    ]


def test_a_textgrid_of_ratings_is_no_transcript(tmp_path: Path) -> None:
    tiers = [tier("valence", (0, 3, "0.5")), tier("phones", (0, 1, "a")), tier("pitch", (0, 1, "b"))]
    path = written(tmp_path / "a.TextGrid", TEXTGRID.format(tiers="\n".join(["3", *tiers])))
    with pytest.raises(DataError, match="no tier named words or word or transcript; it has phones, pitch"):
        read_transcript(path)
    assert transcript_beside(tmp_path / "a.mp4") is None


def test_elan(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.eaf",
        '<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="500"/>'
        '<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="1500"/></TIME_ORDER><TIER TIER_ID="Transcript"><ANNOTATION>'
        '<ALIGNABLE_ANNOTATION ANNOTATION_ID="x" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>'
        "Good day</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>",
    )
    assert sentences(path) == [("Good day", None, ((0.5, 1.5),))]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.vtt", "WEBVTT\n\n00:02.000 --> 00:01.000\nno\n", "ends before it begins"),
        ("a.vtt", "WEBVTT\n\nsoon --> later\nno\n", "is no time of a cue"),
        (
            "a.vtt",
            'WEBVTT\n\nNOTE avaffect {}\n\n00:00.000 --> 00:01.000\n{"people": []}\n',
            "avaffect wrote",
        ),
        ("a.srt", "just text", "no subtitles in it"),
        ("a.json", "{", "is no JSON"),
        ("a.json", '{"a": 1}', "holds no transcript"),
        ("a.json", '[{"text": "a", "start": 2, "end": 1}]', "no begin and end in seconds"),
        ("a.json", '[{"start": 0, "end": 1}]', "has no text"),
        ("a.docx", "", "expected one of .vtt, .srt"),
    ],
)
def test_what_is_no_transcript_is_said(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_transcript(written(tmp_path / name, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_transcript(tmp_path / "a.vtt")


def test_the_transcript_beside_a_recording(tmp_path: Path) -> None:
    recording = tmp_path / "talk.mp4"
    assert transcript_beside(recording) is None
    for name in ("talk.avaffect.json", "talking.vtt", "talk.json"):
        written(tmp_path / name, '{"settings": {}}')
    assert transcript_beside(recording) is None
    own = written(tmp_path / "talk.en.vtt", VTT)
    written(tmp_path / "talk.csv", "")
    assert transcript_beside(recording) == own
    written(tmp_path / "talk.srt", SRT)
    with pytest.raises(DataError, match=r"several transcripts lie beside it, talk\.en\.vtt, talk\.srt"):
        transcript_beside(recording)


def test_equal_transcripts_have_equal_digests(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a.srt", SRT), written(tmp_path / "b.srt", SRT)
    assert read_transcript(first).digest == read_transcript(second).digest
    changed = written(tmp_path / "c.srt", SRT.replace("Hello", "Hullo"))
    assert read_transcript(first).digest != read_transcript(changed).digest


def test_recognised_words_become_sentences(
    tmp_path: Path, sample_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a recogniser in the place of faster-whisper: what it is given, and what becomes of its words."""
    heard: dict[str, object] = {}

    class Recogniser:
        def __init__(self, folder: str, **options: object) -> None:
            heard["folder"] = folder

        def transcribe(self, samples: np.ndarray, **options: object) -> tuple[list[SimpleNamespace], None]:
            heard["samples"], heard["options"] = samples, options
            words = [SimpleNamespace(start=i, end=i + 0.5, word=f" {w}") for i, w in enumerate(("Oh", "no."))]
            return [SimpleNamespace(start=0, end=2, text=" Oh no.", words=words)], None

    monkeypatch.setattr("avaffect.transcript.recogniser.find_spec", lambda _: object())
    fake = SimpleNamespace(WhisperModel=Recogniser)
    monkeypatch.setattr("avaffect.transcript.recogniser.import_module", lambda _: fake)
    with pytest.raises(DataError, match=r"no model\.bin in it"):
        recognise(sample_clip, tmp_path)
    (tmp_path / "model.bin").touch()
    found = recognise(sample_clip, tmp_path, language="en")
    assert [(each.text, each.spans) for each in found.sentences] == [("Oh no.", ((0, 0.5), (1, 1.5)))]
    assert heard["samples"].dtype == np.float32
    assert len(heard["samples"]) == pytest.approx(160_000, abs=3200)  # ten seconds at 16 kHz
    assert heard["options"] == {"language": "en", "word_timestamps": True}


def test_recognition_without_the_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avaffect.transcript.recogniser.find_spec", lambda _: None)
    with pytest.raises(DataError, match="pip install"):
        recognise("talk.mp4", tmp_path)
