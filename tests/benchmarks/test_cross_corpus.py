"""The cross-corpus test of the encoders, on small synthetic corpora; and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cross_corpus
import numpy as np
import pytest

from avaffect.train.voice_clips import AnalysedClip

from ..train.conftest import CLIPS, STRANGERS, write_recipe

DOCS = Path(__file__).parents[2] / "docs"


def test_every_corpus_is_left_out_once(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    both = ["voice.corpora=[ravdess]", "voice.unseen=[emogator]", "face.fit.batch=4"]
    out, table, work = tmp_path / "cross_corpus.md", tmp_path / "cross_corpus.json", tmp_path / "cross_corpus"
    given = [f"--recipe={recipe}", f"--work={work}", "--epochs=1", f"--out={out}", f"--json={table}"]
    cross_corpus.main([*given, *both])
    found = json.loads(table.read_text())
    assert {stage: set(by) for stage, by in found.items()} == {
        "voice": {"ravdess", "emogator"},
        "face": {"ferplus", "diffusionfer"},
    }
    assert found["voice"]["ravdess"]["items"] == CLIPS["ravdess"]
    assert found["voice"]["ravdess"]["speakers"] == 6
    assert found["face"]["diffusionfer"]["items"] == 24
    text = out.read_text()
    assert "1 epochs" in text
    assert "| RAVDESS | 24 | 6 |" in text

    # A second time everything is there already.
    before = {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.is_file()}
    done = {path.parent.relative_to(work) for path in before if path.name == "figures.json"}
    assert done == {Path(f"{name}.1/face") for name in ("ferplus", "diffusionfer")} | {
        Path(f"voice.1/voice/{name}") for name in CLIPS
    }
    capsys.readouterr()
    cross_corpus.main([*given, *both])
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert capsys.readouterr().out.strip() == text.strip()


def test_voice_encoders_are_compared_on_videos_of_actors_too(tmp_path: Path, corpora: Path) -> None:
    recipe = write_recipe(tmp_path, corpora, STRANGERS)
    table = tmp_path / "cross_corpus.json"
    given = [f"--recipe={recipe}", f"--work={tmp_path / 'cross'}", "--epochs=1", f"--json={table}"]
    small = "voice.encoder.options={dim: 16, blocks: 1, width: 8, heads: 2}"
    cross_corpus.main([*given, "--encoders", "voice", "whisper", "--only", "acted", "--", small])
    found = json.loads(table.read_text())
    assert found["face"] == {}
    assert set(found["voice"]) == {"acted"}
    by = found["voice"]["acted"]
    assert (by["items"], by["speakers"], by["classes"]) == (12, 4, 3)
    assert set(by["encoders"]) == {"voice", "whisper"}
    for own in by["encoders"].values():
        assert own["clips"] == 12
        assert -1 <= own["r_arousal"] <= 1
    text = cross_corpus.report(found, {"voice": 1, "face": 1})
    assert "| acted | whisper | 12 | 4 |" in text


def test_loudness_and_centroid(corpora: Path) -> None:
    """Louder is louder by as many bels; a higher tone lies in a higher band."""
    time = np.arange(16000) / 16000

    class Tone:
        def __init__(self, gain: float, pitch: float) -> None:
            self.sound = (gain * np.sin(2 * np.pi * pitch * time)).astype(np.float32)

    def measured(gain: float, pitch: float) -> tuple[float, float]:
        return cross_corpus.loudness_and_centroid(
            AnalysedClip(Tone(gain, pitch), np.ones(100, bool), 0.0, 0.0)
        )

    quiet, loud, high = measured(0.01, 300), measured(0.1, 300), measured(0.1, 2000)
    assert loud[0] - quiet[0] == pytest.approx(2, abs=0.01)  # bels of power: ten times the pressure
    assert loud[1] == pytest.approx(quiet[1], abs=0.5)
    assert high[1] > loud[1] + 15


def test_the_page_has_the_text_of_the_script() -> None:
    page = (DOCS / "cross_corpus.md").read_text(encoding="utf-8")
    for text in (cross_corpus.HEAD, cross_corpus.VOICE, cross_corpus.FACE):
        assert re.search(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)), page), text
