"""The scripts that measure speed run, and print what they say."""

from __future__ import annotations

import re
from pathlib import Path

import av
import bottleneck_cost
import face
import people
import predict
import pytest
import training
import voice


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
    predict.main([str(clip), "--runs", "1"])
    out = capsys.readouterr().out
    assert "second.mp4: 1.0" in out
    for stage in ("face", "voice", "model", "all"):
        assert re.search(rf"^{stage} +\d+\.\d+ +\d", out, re.MULTILINE)


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
