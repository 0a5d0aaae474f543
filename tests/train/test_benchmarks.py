"""The benchmark scripts of the default models, on made-up corpora."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.metric import ccc
from avaffect.train.fusion.family import late
from avaffect.train.fusion.module import predict
from avaffect.train.fusion.stage import sequences
from avaffect.train.fusion.stock import kept_stock
from avaffect.train.recipe import read_recipe
from avaffect.train.run import run
from avaffect.train.voice.clips import Heard

from .conftest import CLIPS


def script(name: str) -> ModuleType:
    """A file of benchmarks/ as a module."""
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = spec_from_file_location(f"benchmark_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_family_compared(encoded: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    work = tmp_path / "work"
    for name, changes in {
        "debug": [],
        "jca": ["fusion.mechanism={name: jca}"],
        "audio": ["fusion.streams=[audio]", "fusion.mechanism={name: concat}"],
        "visual": ["fusion.streams=[visual]", "fusion.mechanism={name: concat}"],
    }.items():
        short = ["fusion.fit.epochs=1", "fusion.steps=2", "calibration.sequences=8"]
        run(encoded, [f"name={name}.test", f"output={work / name}.test/model", *short, *changes])
    out, table = tmp_path / "default.md", tmp_path / "default.json"
    script("default").main(
        [f"--recipe={encoded}", f"--hgrjca={work / 'debug.test' / 'model'}", "--sequences=8"]
        + [f"--out={out}", f"--json={table}", "--resamples=50", "fusion.ticks=[12, 20]"]
    )
    assert out.read_text() in capsys.readouterr().out
    found = json.loads(table.read_text())
    settings = read_recipe(encoded, ["fusion.ticks=[12, 20]"])
    data = sequences(settings, kept_stock(settings, "test"), count=8)["worn"]
    benchmark = script("default")
    models = [
        benchmark.checkpoint.load(benchmark.place(settings, name, None)) for name in ("audio", "visual")
    ]
    labels, labelled = data["affect"].numpy()[..., 0], data["labelled"].numpy()
    said = {"audio": predict(models[0], data)[0], **late(*models, data)}
    for name, values in said.items():
        want = ccc(values[..., 0], labels, labelled)
        assert found["worn"]["ccc"][name]["valence"]["value"] == pytest.approx(want, abs=1e-6)
        less = found["worn"]["ccc"]["hgrjca"]["valence"]["value"] - want
        assert found["worn"]["gain"][name]["valence"]["value"] == pytest.approx(less, abs=1e-6)
    assert set(found["coverage"]["audio"]) == {"audio", "all"}
    assert set(found["coverage"]["hgrjca"]) == {"audio+visual", "audio", "visual", "all"}
    assert set(found["worn"]["gates"]) == {"attended.audio", "attended.visual"}


def test_no_run_to_compare(recipe: Path) -> None:
    with pytest.raises(DataError, match="faces.test.npz is missing: train the recipe first"):
        script("default").main(
            [f"--recipe={recipe}", *(f"--{n}=hgrjca.default" for n in script("default").FAMILY)]
        )


def test_every_corpus_is_left_out_once(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    both = ["voice.corpora=[ravdess, emogator]", "face.fit.batch=4"]
    out, table, work = tmp_path / "strangers.md", tmp_path / "strangers.json", tmp_path / "strangers"
    given = [f"--recipe={recipe}", f"--work={work}", "--epochs=1", f"--out={out}", f"--json={table}"]
    benchmark = script("strangers")
    benchmark.main([*given, *both])
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
    benchmark.main([*given, *both])
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert capsys.readouterr().out.strip() == text.strip()


def test_loudness_and_centroid(corpora: Path) -> None:
    """Louder is louder by as many bels; a higher tone lies in a higher band."""
    benchmark = script("strangers")
    time = np.arange(16000) / 16000

    class Tone:
        def __init__(self, gain: float, pitch: float) -> None:
            self.sound = (gain * np.sin(2 * np.pi * pitch * time)).astype(np.float32)

    def measured(gain: float, pitch: float) -> tuple[float, float]:
        return benchmark.loudness_and_centroid(Heard(Tone(gain, pitch), np.ones(100, bool), 0.0, 0.0))

    quiet, loud, high = measured(0.01, 300), measured(0.1, 300), measured(0.1, 2000)
    assert loud[0] - quiet[0] == pytest.approx(2, abs=0.01)  # bels of power: ten times the pressure
    assert loud[1] == pytest.approx(quiet[1], abs=0.5)
    assert high[1] > loud[1] + 15
