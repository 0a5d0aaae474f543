"""The cross-corpus test of the encoders, on small synthetic corpora; and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cross_corpus
import numpy as np
import pytest

from avaffect.train.voice_clips import AnalysedClip

from ..train.conftest import CLIPS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_corpus_is_left_out_once(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    both = ["voice.corpora=[ravdess, emogator]", "face.fit.batch=4"]
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
    assert {path.parts[-3] for path in before if path.name == "figures.json"} == {
        f"{name}.1" for name in ("ravdess", "emogator", "ferplus", "diffusionfer")
    }
    capsys.readouterr()
    cross_corpus.main([*given, *both])
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert capsys.readouterr().out.strip() == text.strip()


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
