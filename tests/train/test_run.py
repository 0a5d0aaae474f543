"""The whole run on made-up corpora: all stages, resume, skip."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from avaffect import checkpoint
from avaffect.errors import DataError
from avaffect.train.run import run


def test_from_corpora_to_a_model_that_loads(recipe: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    output = run(recipe, hook=lambda stage, done, total: seen.append(stage))
    assert {"face", "voice", "fusion"} <= set(seen)

    model = checkpoint.load(output)
    assert model.spec.name == "debug.test"
    assert set(model.spec.calibration) == {"audio+visual", "audio", "visual"}
    assert model.spec.metrics["face/test/ferplus/accuracy"] <= 1
    crops = torch.randint(0, 255, (3, 112, 112, 3), dtype=torch.uint8)
    assert model.encode("visual", crops).shape == (3, 16)
    card = (output / "card.md").read_text()
    assert "Art. 5(1)(f)" in card
    assert "CC BY-NC-SA" in card

    # A second run finds every stage done and touches nothing.
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "work").rglob("figures.json")}
    seen.clear()
    run(recipe)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert not seen


class Killed(BaseException):
    """Stands for kill -9: nothing handles it."""


def test_a_stopped_run_goes_on_where_it_was(recipe: Path, tmp_path: Path) -> None:
    run(recipe, stages=["face"])

    def kill_in_the_second_epoch(stage: str, done: int, total: int) -> None:
        if done > total // 2:
            raise Killed

    again = f"work={tmp_path / 'again'}"
    with pytest.raises(Killed):
        run(recipe, [again], stages=["face"], hook=kill_in_the_second_epoch)
    assert (tmp_path / "again" / "face" / "last.ckpt").exists()
    assert not (tmp_path / "again" / "face" / "figures.json").exists()
    steps: list[int] = []
    run(recipe, [again], stages=["face"], hook=lambda stage, done, total: steps.append(done))
    assert steps == list(range(max(steps) // 2 + 1, max(steps) + 1))  # the second epoch, once
    unbroken, resumed = (
        load_file(tmp_path / work / "face" / "weights.safetensors") for work in ("work", "again")
    )
    for name, value in unbroken.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0)


def test_missing_data_is_one_line(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file; give the folder of corpora as data=PATH"):
        run(recipe, [f"data={tmp_path / 'nowhere'}"], stages=["face"])


def test_unknown_stage(recipe: Path) -> None:
    with pytest.raises(DataError, match="unknown stage 'fuse'; did you mean 'fusion'"):
        run(recipe, stages=["fuse"])


def test_a_stage_that_lacks_the_one_before_it_says_so(recipe: Path) -> None:
    with pytest.raises(DataError, match="run the stage 'face' first"):
        run(recipe, stages=["fusion"])
