"""Everything that predicts runs where torch and what trains cannot be imported."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_BLOCKED = """
import sys

BLOCKED = {"torch", "lightning", "onnx", "onnxscript", "safetensors", "silero_vad", "mtcnn", "joblib"}

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with all of that blocked, in the processes that it starts too."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text(_BLOCKED)
        path = os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": path}
        )


def test_it_is_blocked() -> None:
    done = run("import subprocess, sys\nsys.exit(subprocess.call([sys.executable, '-c', 'import torch']))")
    assert "No module named 'torch'" in done.stderr


def test_the_command_line_predicts(sample_clip: Path, tmp_path: Path) -> None:
    done = run(
        "from avaffect.cli import main\nmain()",
        *("predict", str(sample_clip), "--out", str(tmp_path), "--plot"),
    )
    assert done.returncode == 0, done.stderr[-1000:]
    assert (tmp_path / "sample.csv").stat().st_size > 10_000
    assert (tmp_path / "sample.png").is_file()


def test_everything_that_predicts_is_imported() -> None:
    code = (
        "import avaffect, numpy as np\n"
        "import avaffect.live, avaffect.batch, avaffect.outputs, avaffect.draw, avaffect.evaluate\n"
        "for name in avaffect.list_models():\n"
        "    predictor = avaffect.load(name)\n"
        "    if 'audio' in predictor.spec.streams:\n"
        "        trace = predictor.process_signal(samples=np.zeros(16000, np.float32), sample_rate=16000)\n"
        "        assert len(trace) == 13\n"
    )
    done = run(code)
    assert done.returncode == 0, done.stderr[-1000:]


def test_what_needs_torch_says_how_to_get_it(tmp_path: Path) -> None:
    for arguments in (["train", "recipe.yaml"], ["export", "hgrjca.default", "--onnx", str(tmp_path / "x")]):
        done = run("from avaffect.cli import main\nmain()", *arguments)
        assert done.returncode == 2, done.stderr
        assert "pip install 'avaffect[train" in done.stderr.replace("\n", " ")


def test_a_name_that_needs_torch_says_how_to_get_it() -> None:
    code = "import avaffect\ntry: avaffect.create_fusion\nexcept avaffect.ModelError as error: print(error)"
    done = run(code)
    assert "needs torch, which is not installed: pip install 'avaffect[train]'" in done.stdout, done.stderr
