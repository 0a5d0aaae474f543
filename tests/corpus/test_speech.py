"""Reading the speech corpora: clips, proxies, splits by speaker, and files that are wrong."""

import av
import numpy as np
import pytest

from avaffect.corpus.emotions import coordinates
from avaffect.corpus.speech import CORPORA, EMOTIONS, HELD_OUT, read_speech
from avaffect.errors import DataError

HEADER = "corpus,file,start,stop,dur,speaker,gender,emotion,sentence,intensity,lang\n"


def write_flac(path, samples: np.ndarray, rate: int = 16000) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=rate, layout="mono", format="s16")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.fixture
def folder(tmp_path):
    samples = (np.arange(4000) % 3000 - 1500).astype(np.int16)
    write_flac(tmp_path / "ravdess.flac", samples)
    (tmp_path / "ravdess.csv").write_text(
        HEADER
        + "ravdess,a.wav,0,1500,0,ravdess_01,M,anger,s,strong,en\n"
        + "ravdess,b.wav,1500,4000,0,ravdess_22,F,anger,s,normal,en\n"
        + "ravdess,c.wav,100,200,0,ravdess_20,F,ennui,s,normal,en\n"
    )
    return tmp_path


def test_clips_are_cut_where_the_table_says(folder):
    first, second = read_speech(folder, ["ravdess"])  # ennui is no emotion of ours
    np.testing.assert_array_equal(first.samples, np.arange(1500) - 1500)
    assert len(second.samples) == 2500
    assert first.sound[0] == np.float32(-1500 / 32768)
    assert (first.speaker, first.split, second.split) == ("ravdess_01", "train", "test")


def test_intensity_scales_the_proxy(folder):
    strong, normal = (clip.valence_arousal for clip in read_speech(folder, ["ravdess"]))
    assert strong == coordinates("anger")
    assert normal == pytest.approx([0.75 * x for x in coordinates("anger")])


def test_problems_say_what_to_do(folder):
    with pytest.raises(DataError, match="data=PATH"):
        read_speech(folder, ["tess"])
    with pytest.raises(DataError, match="did you mean 'ravdess'"):
        read_speech(folder, ["ravdes"])
    (folder / "ravdess.csv").write_text(HEADER + "ravdess,a.wav,0,9999,0,x,M,anger,s,strong,en\n")
    with pytest.raises(DataError, match="4000 samples"):
        read_speech(folder, ["ravdess"])
    (folder / "ravdess.csv").write_text("corpus,file\n")
    with pytest.raises(DataError, match="no column 'start'"):
        read_speech(folder, ["ravdess"])


def test_sound_that_is_none_or_has_another_rate(folder):
    write_flac(folder / "ravdess.flac", np.zeros(8000, np.int16), rate=8000)
    with pytest.raises(DataError, match="8000 Hz"):
        read_speech(folder, ["ravdess"])
    (folder / "ravdess.flac").write_text("not sound")
    with pytest.raises(DataError, match="not readable as sound"):
        read_speech(folder, ["ravdess"])


def test_the_real_corpora(shared):
    clips = read_speech(shared / "data" / "speech")
    counts = {name: sum(clip.corpus == name for clip in clips) for name in CORPORA}
    assert counts == {
        "ravdess": 1440,
        "emodb4_full": 339,
        "nemo": 297,
        "tess": 350,
        "emogator": 120,
    }
    assert {clip.emotion for clip in clips} == set(EMOTIONS)
    assert all(0.4 < len(clip.samples) / 16000 < 10 for clip in clips)
    speakers = {split: {c.speaker for c in clips if c.split == split} for split in ("train", "test")}
    assert set(HELD_OUT) <= {clip.speaker for clip in clips}
    assert not speakers["train"] & speakers["test"]
    genders = [c.gender for c in clips if c.corpus == "ravdess" and c.split == "test"]
    assert 0.3 < genders.count("F") / len(genders) < 0.7
