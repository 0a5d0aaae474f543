"""What reads recordings in a process of its own."""

import re
import subprocess
import sys
import wave

import numpy as np

from avaffect import outputs
from avaffect.predict.context import Context
from avaffect.progress import silent
from avaffect.run.figures import COLUMNS, figures
from avaffect.run.job import Job, Read
from avaffect.run.reader import Reader
from avaffect.trace import Trace


def test_a_table_alone_needs_no_drawing_and_no_live_reading():
    code = "import sys, avaffect.run.reader; print(*sorted({'matplotlib', 'avaffect.live'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [], "each process would load them"


def test_results_of_another_model_are_not_replaced_without_a_word(tmp_path, caplog):
    recordings = []
    for name in ("a", "b"):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
            file.writeframes(bytes(16000))
        recordings.append((tmp_path, tmp_path / f"{name}.wav"))
    targets = outputs.plan(recordings, tmp_path / "out", ["csv"])
    (tmp_path / "out").mkdir()
    told = []
    for model in ("audio.default", "audio.default", "jca.default"):
        reader = Reader(Job(model))
        caplog.clear()
        for target in targets:
            reader(Read(target, Context()), silent)
        told.append({line for line in caplog.messages if "replaced" in line})
    line = f"{tmp_path / 'out'}: results of audio.default are replaced by those of jca.default"
    assert told == [set(), set(), {line}]


def test_the_summary_of_a_run_is_explained(pytestconfig, make_trace):
    guide = (pytestconfig.rootpath / "docs/guide.md").read_text(encoding="utf-8")
    part = guide[guide.index("summary.tsv") : guide.index("recordings.xlsx")]
    told = set(re.findall(r"`([\w*]+)`", "".join(re.findall(r"^\|([^|]+)\|", part, re.MULTILINE))))
    starred = {name: re.sub("^(valence|arousal)", "*", name) for name in COLUMNS}
    assert [name for name in COLUMNS if not {name, starred[name]} & told] == []
    four = make_trace(3.0, people=4)
    assert figures(four.summary())["seconds_seen"] == 3.0
    half = four.table.query("track <= 2").copy()
    values = [name for name in half if name.startswith(("valence", "arousal"))]
    half.loc[(half["track"] == 2).to_numpy(), values] = np.nan
    assert figures(Trace(half).summary())["predicted_share"] == 0.5
