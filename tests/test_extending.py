"""docs/extending.md and its example package: the page shows the very files, and the files work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "extending.md"
SHOWN = [
    *(path for path in sorted((ROOT / "examples" / "plugin").rglob("*")) if path.suffix in (".py", ".toml")),
    ROOT / "examples" / "my_parts.py",
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the example package is installed into by pip, from a copy of it."""
    work = tmp_path_factory.mktemp("plugin")
    shutil.copytree(ROOT / "examples" / "plugin", work / "source")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", work / "site", work / "source"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    return work / "site"


@pytest.fixture(scope="module")
def python(installed: Path) -> Callable[..., str]:
    """A function that runs Python where the example package is installed; gives its standard output."""

    def run(*arguments: object, cwd: Path | None = None) -> str:
        path = os.pathsep.join([str(installed), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {"PYTHONPATH": path, "COLUMNS": "200", "NO_COLOR": "1"}
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=300, env=environment, cwd=cwd
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def found(python: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What tests/plugin_check.py found."""
    folder = tmp_path_factory.mktemp("made")
    (corpus := folder / "corpus").mkdir()
    for name in ("anna_1", "ben_1"):
        shutil.copy(ROOT / "examples" / "sample.mp4", corpus / f"{name}.mp4")
        (corpus / f"{name}.csv").write_text("seconds,valence,arousal\n0,0,5\n1,5,5\n2,10,5\n")
    answer = json.loads(python(Path(__file__).with_name("plugin_check.py"), folder))
    return {**answer, "folder": folder}


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.name)
def test_the_page_shows_the_very_file(path: Path) -> None:
    kind = "toml" if path.suffix == ".toml" else "python"
    block = f"```{kind}\n{path.read_text(encoding='utf-8')}```\n"
    assert block in PAGE.read_text(encoding="utf-8"), f"docs/extending.md does not show {path}"


def test_every_list_has_the_part_of_the_package(found: dict[str, Any]) -> None:
    for kind, name in (
        ("fusions", "mean_fusion"),
        ("encoders", "small_face"),
        ("corpora", "sliders"),
        ("detectors", "whole_picture"),
    ):
        assert name in found[kind]


def test_each_part_does_what_it_says(found: dict[str, Any]) -> None:
    assert found["fused"] == [2, 5, 16]
    assert found["encoded"] == found["encoded gray"] == [3, 24]
    assert found["face"] == [10, 0, 70, 60]
    assert found["recordings"] == ["anna", "ben"]
    assert found["valence"] == [-1, 0, 1]


def test_a_model_of_these_parts_predicts(found: dict[str, Any]) -> None:
    assert found["rows"] == found["faces"] == 25
    assert found["finite"]


def test_the_command_line_knows_the_parts(
    python: Callable[..., str], found: dict[str, Any], tmp_path: Path
) -> None:
    fusions = json.loads(python("-m", "avaffect", "fusions", "--json"))
    assert fusions["mean_fusion"]["package"] == "affect-parts"
    assert fusions["mean_fusion"]["summary"].startswith("The mean of the available streams")
    assert {said["package"] for said in fusions.values()} == {"avaffect", "affect-parts"}
    options = ["--model", found["folder"] / "model", "--detector", "whole_picture", "--no-video", "--no-plot"]
    python("-m", "avaffect", "predict", ROOT / "examples" / "sample.mp4", "--out", tmp_path, *options)
    assert (tmp_path / "sample.csv").is_file()


def test_one_file_adds_parts_too(python: Callable[..., str], tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "my_parts.py", tmp_path)
    fusions = json.loads(
        python("-m", "avaffect", "--plugin", "my_parts.py", "fusions", "--json", cwd=tmp_path)
    )
    assert fusions["sum"] == {"summary": "The streams added up; all of one size.", "package": "my_parts"}
    code = (
        "from avaffect.registry import load_plugins; load_plugins(['my_parts.py']);"
        "from avaffect.encoder import create_encoder; print(create_encoder('wide_voice', dim=32).dim)"
    )
    assert python("-c", code, cwd=tmp_path).split() == ["32"]
