"""The comparison of the default models, on small synthetic corpora; and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import default
import pytest
from system_comparison import late_fusion

from avaffect.errors import DataError
from avaffect.metric import ccc
from avaffect.train.evaluate import predict_sequences
from avaffect.train.feature_cache import cached_pool
from avaffect.train.paired_batches import evaluation_sets
from avaffect.train.recipe import read_corpus_recipe
from avaffect.train.run import run

DOCS = Path(__file__).parents[2] / "docs"


def test_the_family_compared(encoded: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    work = tmp_path / "work"
    for name, changes in {
        "debug": [],
        "jca": ["fusion={name: jca}"],
        "audio": ["streams=[audio]", "fusion={name: concat}"],
        "visual": ["streams=[visual]", "fusion={name: concat}"],
    }.items():
        short = ["fit.epochs=1", "paired.steps=2", "calibration.sequences=8"]
        run(encoded, [f"name={name}.test", f"output={work / name}.test/model", *short, *changes])
    out, table = tmp_path / "default.md", tmp_path / "default.json"
    default.main(
        [f"--recipe={encoded}", f"--hgrjca={work / 'debug.test' / 'model'}", "--sequences=8"]
        + [f"--out={out}", f"--json={table}", "--resamples=50", "paired.ticks=[12, 20]"]
    )
    assert out.read_text() in capsys.readouterr().out
    found = json.loads(table.read_text())
    settings = read_corpus_recipe(encoded, ["paired.ticks=[12, 20]"])
    data = evaluation_sets(settings, cached_pool(settings, "test"), count=8)["corrupted"]
    models = [
        default.checkpoint.load(default.reference_of(settings, name, None)) for name in ("audio", "visual")
    ]
    labels, labelled = data["affect"].numpy()[..., 0], data["labelled"].numpy()
    predictions = {"audio": predict_sequences(models[0].network, data)[0], **late_fusion(*models, data)}
    for name, values in predictions.items():
        want = ccc(values[..., 0], labels, labelled)
        assert found["corrupted"]["ccc"][name]["valence"]["value"] == pytest.approx(want, abs=1e-6)
        difference = found["corrupted"]["ccc"]["hgrjca"]["valence"]["value"] - want
        assert found["corrupted"]["difference"][name]["valence"]["value"] == pytest.approx(
            difference, abs=1e-6
        )
    assert set(found["coverage"]["audio"]) == {"audio", "all"}
    assert set(found["coverage"]["hgrjca"]) == {"audio+visual", "audio", "visual", "all"}
    assert set(found["corrupted"]["gates"]) == {"attended.audio", "attended.visual"}


def test_no_run_to_compare(recipe: Path) -> None:
    with pytest.raises(DataError, match="faces.test.npz is missing: train the recipe first"):
        default.main([f"--recipe={recipe}", *(f"--{n}=hgrjca.default" for n in default.FAMILY)])


def test_the_page_has_the_text_of_the_script() -> None:
    page = (DOCS / "default.md").read_text(encoding="utf-8")
    for text in (default.HEAD, default.GATES, default.STRATA, default.COVERAGE, *default.TITLES.values()):
        assert re.search(re.sub(r"\\\{\w+(:[^}]*)?\\\}", ".*", re.escape(text)), page), text
