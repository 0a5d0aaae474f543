"""Reading on a Ray cluster: the same results, also when a machine is lost midway.

The whole cluster takes half a minute of CPU and is asked for by AVAFFECT_RAY=1.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ray", reason="needs the extra 'scale'")

FILES = 8
SLOW = """
from multiprocessing import parent_process
import os, time

if parent_process():
    from avaffect.predict import Predictor

    real = Predictor.process_file

    def process_file(self, path, *args, **known):
        with open(f"started/{path.stem}-{os.getppid()}", "w"):
            time.sleep(3)
        return real(self, path, *args, **known)

    Predictor.process_file = process_file
"""


def sound(path: Path, seed: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        file.writeframes(np.random.default_rng(seed).integers(-900, 900, 8000).astype("<i2").tobytes())
    return path


@pytest.fixture
def study(tmp_path):
    (tmp_path / "in").mkdir()
    for seed in range(FILES):
        sound(tmp_path / f"in/{seed}.wav", seed)
    return tmp_path


def predict(*options, cwd):
    command = [sys.executable, "-m", "avaffect", *options]
    env = os.environ | {"NO_COLOR": "1"}
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )


def test_no_cluster_is_one_line(study):
    run = predict("predict", "in", "-o", "out", "--ray", "127.0.0.1:1", "-f", "csv", "--no-plot", cwd=study)
    _, told = run.communicate(timeout=300)
    assert run.returncode == 2
    assert "Traceback" not in told
    assert "no Ray cluster at '127.0.0.1:1'" in told


def test_what_an_actor_does_survives_a_crash(study, monkeypatch):
    from avaffect.outputs import plan
    from avaffect.predict.context import Context
    from avaffect.run.job import Job, Read
    from avaffect.run.on_ray import _Reader, _Setting

    monkeypatch.chdir(study)
    (study / "crash.py").write_text(
        "from multiprocessing import parent_process\nimport os, signal\n"
        "from avaffect.predict import Predictor\nreal = Predictor.process_file\n"
        "def process_file(self, path, *args, **known):\n"
        "    if path.stem == '1': os.kill(os.getpid(), signal.SIGSEGV)\n"
        "    return real(self, path, *args, **known)\n"
        "if parent_process(): Predictor.process_file = process_file\n"
    )
    sys.path.append(str(study))
    targets = plan([(Path("in"), Path(f"in/{k}.wav")) for k in range(2)], Path("out"), ["csv"])
    setting = _Setting(Job("audio.default", plugins=("crash",)), str(study))
    requests = [pickle.dumps((setting, Read(target, Context()))) for target in targets]
    requests = np.array(requests, dtype=object)
    answers = _Reader()({"number": np.arange(2), "request": requests})["answer"]
    good, bad = map(pickle.loads, answers)
    assert good.outputs == (Path("out/0.csv"),)
    assert str(bad) == "in/1.wav: the process that read it was ended by SIGSEGV, a crash in a library"
    assert not list((study / "out").glob("1.*"))


@pytest.mark.skipif("AVAFFECT_RAY" not in os.environ, reason="AVAFFECT_RAY=1 runs it: half a minute of CPU")
def test_two_machines_of_which_one_is_lost_give_what_one_process_gives(study, monkeypatch):
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_worker_niceness", "0")  # on a busy machine they would have no turn

    (study / "slow.py").write_text(SLOW)
    (study / "started").mkdir()
    plain = ("predict", "in", "-m", "audio.default", "-f", "csv", "-f", "parquet", "--no-plot")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        lost = cluster.add_node(num_cpus=1)
        run = predict(
            "--plugin", "slow.py", *plain, "-o", "ray", "--workers", "2", "--ray", cluster.address, cwd=study
        )  # fmt: skip
        began = time.monotonic()
        while len({name.name.split("-")[1] for name in (study / "started").iterdir()}) < 2:
            assert time.monotonic() - began < 300, list((study / "started").iterdir())
            assert run.poll() is None, run.communicate()
            time.sleep(0.2)
        cluster.remove_node(lost, allow_graceful=False)
        out, told = run.communicate(timeout=500)
    finally:
        run.kill()
        cluster.shutdown()
    assert run.returncode == 0, told
    assert f"{FILES} recordings in ray/summary.tsv" in out
    started = [name.name.split("-")[0] for name in (study / "started").iterdir()]
    assert sorted(set(started)) == [str(k) for k in range(FILES)]
    alone = predict(*plain, "-o", "alone", cwd=study)
    alone.communicate(timeout=300)
    assert alone.returncode == 0
    contents = [
        {path.name: path.read_bytes() for path in (study / folder).iterdir()} for folder in ("ray", "alone")
    ]
    assert contents[0] == contents[1]
