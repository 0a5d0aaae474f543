"""The scripts that measure speed run, and print what they say."""

from __future__ import annotations

import re
from pathlib import Path

import av
import bottleneck_cost
import face
import footage
import people
import predict
import pytest
import training
import voice

from avaffect.media import frame_times, probe


@pytest.fixture(scope="module")
def clip(sample_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first second of the sample clip."""
    path = tmp_path_factory.mktemp("clip") / "second.mp4"
    with av.open(str(sample_clip)) as source, av.open(str(path), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None and packet.pts * packet.time_base < 1:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return path


def test_predict(clip: Path, capsys: pytest.CaptureFixture) -> None:
    predict.main([str(clip), "--runs", "1", "--against", str(Path(predict.__file__).parent.parent)])
    out = capsys.readouterr().out
    assert "second.mp4: median of 1 runs" in out
    stages = ("decode", "detect", "follow", "align", "encode", "voice", "fusion", "table", "plot")
    for stage in (*stages, "annotated video", "decode only", "prediction", "prediction, clock"):
        row = re.search(rf"^{stage} +(\d+\.\d+) +(\d+\.\d|-) +\d+\.\d+ +(\d+\.\d|-)$", out, re.MULTILINE)
        assert row is not None, stage
    assert re.search(
        r"as long as decoding alone; peak memory \d{2,} MB \(earlier \d{2,} MB\)$", out, re.MULTILINE
    )


def test_footage(tmp_path: Path) -> None:
    path = footage.footage(tmp_path / "made.mp4", height=90, rate=10, seconds=12)
    info = probe(path)
    assert (info.height, info.width, info.has_audio) == (90, 160, True)
    assert info.duration == pytest.approx(12, abs=0.1)
    times = frame_times(path)
    assert len(times) == 120
    assert (times[1:] - times[:-1]).max() == pytest.approx(0.1, abs=1e-6)


def test_face(clip: Path, capsys: pytest.CaptureFixture) -> None:
    face.main([str(clip)])
    head, row = capsys.readouterr().out.strip().splitlines()
    figures = dict(zip(head.split(), row.split(), strict=True))
    assert float(figures["search"]) > float(figures["follow"]) > 0
    assert 20 <= int(figures["frames"]) <= 30
    assert int(figures["faces"]) > 0


def test_voice(capsys: pytest.CaptureFixture) -> None:
    voice.main(["--seconds", "5"])
    out = capsys.readouterr().out
    rows = re.findall(r"^([\w -]+?) +\d+ x real time  ", out, re.MULTILINE)
    parts = ("log-mel", "level", "network")
    assert rows == ["speech", *(f"{name} {part}" for name in ("voice", "whisper") for part in parts)]
    assert re.search(r"^whisper takes \d+\.\d times as long as voice$", out, re.MULTILINE)


def test_people(capsys: pytest.CaptureFixture) -> None:
    people.main(["--people", "3", "6"])
    head, *rows = capsys.readouterr().out.strip().splitlines()
    assert head.split() == ["people", "seconds", "track", "speaker", "model", "ms/person"]
    assert [int(row.split()[0]) for row in rows] == [3, 6]


def test_bottleneck_cost(capsys: pytest.CaptureFixture) -> None:
    bottleneck_cost.main(["--ticks", "8", "--layers", "1", "--seconds", "0"])
    _, _, *rows = capsys.readouterr().out.strip().splitlines()
    found = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[:2] for row in found] == [["8 + 8", name] for name in ("bottleneck", "tokens", "none")]
    assert found[0][3] == found[0][5] == "1.00"  # the yardstick


def test_training(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "training.md"
    small = ["--recordings", "2", "--seconds", "18", "--batch", "1", "--rounds", "1", "--stored", "1"]
    training.main([*small, "--threads", "1", f"--out={out}"])
    text = out.read_text()
    assert text.strip() in capsys.readouterr().out
    for windows in ("every tick", "published"):
        for network in ("jca.tbiom", "hgrjca.default"):
            assert len(re.findall(rf"^\| {windows} \| {network} \| \w+ \| \d", text, re.MULTILINE)) == 2
