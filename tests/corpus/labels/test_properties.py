"""Whatever bytes a label file holds, reading it gives labels or one line that says what is wrong."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from avaffect.corpus.labels import LabelOptions, Labels, read_label_file
from avaffect.corpus.labels.table import read_table
from avaffect.errors import DataError
from avaffect.evaluate import read_labels, read_subjects
from avaffect.streams.timeline import Timeline

EAF = """<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="1500"/></TIME_ORDER>
<TIER TIER_ID="valence"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="x" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">
<ANNOTATION_VALUE>0.5</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER><TIER TIER_ID="arousal">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="y" ANNOTATION_REF="x"><ANNOTATION_VALUE>0.1</ANNOTATION_VALUE>
</REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"""
GRID = """File type = "ooTextFile"
Object class = "TextGrid"
0
2
<exists>
1
"IntervalTier"
"valence"
0
2
1
0
2
"0.9"
"""
GOOD = {
    "a.eaf": EAF,
    "a.TextGrid": GRID,
    "a.csv": "file;pts;end;valence;arousal\na.mp4;0;1;0,1;0,2\nb.mp4;0;1e9;-5;NA\n",
    "b.csv": "time,valence,arousal\n0:00:00.5,0.1,0.2\n00:01:00,0.1,nan\n",
    "c.csv": "frame\tvalence\tarousal\n0\t0.1\t0.2\n1\t0.1\t0.2\n",
    "a.valence.csv": "Minimum Value,-100\nMaximum Value,100\nSecond,Rating\n%%%%%%,%%%%%%\n1,50\n2,NaN\n",
    "b.arousal.csv": "Filename,Minimum Value,Maximum Value,Second,Rating\na,-1,1,1,0.5\nb,-1,1,1,0.5\n",
    "darma.csv": "Magnitude,10\nSecond,valence,arousal\n%%%%,%%%%,%%%%\n1,2,3\n",
    "c.valence.arff": "@relation x\n@attribute time numeric\n@attribute Gold numeric\n@data\n0,0.5\n0.04,?\n",
    "a.txt": "valence,arousal\n0.1,-5\n0.2,0.3\n",
}  # fmt: skip
QUICK = settings(
    max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


def or_one_line(function):
    """What it returns, or None if it fails with one line."""
    found, message = None, ""
    try:
        found = function()
    except DataError as error:
        message = str(error)
    assert "\n" not in message
    return found


def read(path, content, options=None):
    """Read everything of a file; the one error that there may be is a line."""
    path.write_bytes(content)
    for reader in (lambda: read_label_file(path, options), lambda: read_labels(path, options)):
        for found in or_one_line(reader) or ():
            if isinstance(found, Labels):
                for ratings in (or_one_line(found.checked) or {}).values():
                    assert len(ratings.at(Timeline(12.5), 50)) == 50


def test_the_files_that_are_changed_below_are_good(tmp_path):
    for name, text in GOOD.items():
        (tmp_path / name).write_text(text)
        for labels in read_label_file(tmp_path / name):
            assert (
                any(np.isfinite(r.values).any() for r in labels.checked().values()) or "b.mp4" in labels.name
            )


@pytest.mark.parametrize("name", GOOD)
@QUICK
@given(data=st.data())
def test_changed_files(tmp_path, name, data):
    content = bytearray(GOOD[name].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(at, min(at + 20, len(content))))
        part = data.draw(st.one_of(st.binary(max_size=6), st.sampled_from(PARTS)))
        content[at:end] = part
    read(tmp_path / name, bytes(content))


TEXT = st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
CELLS = ["0", "1,5", "1.5", "NA", "x", "", "-5", "0:01", "1e400"]
PARTS = [
    *(b"", b"\n", b",", b";", b'"', b":", b"\r", b"!", b"<!--", b"%%%%%%", b"\xff\xfe", b"\x00", b"\xe9"),
    *(b"1e999", b"nan", b"-1", b"1e308", b"0x1", b"1e9", b"9" * 20, b"x", b"valence", b"file", b"time"),
]


@pytest.mark.parametrize("ending", [".csv", ".eaf", ".TextGrid", ".arff", ".txt", ".valence.csv"])
@QUICK
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(max_size=200).map(lambda t: t.encode("utf-8", "ignore"))
    )
)
@example(content=b"")
@example(content=b"\xff\xfe")
@example(content=b"\xef\xbb\xbf")
@example(content=b'"')
@example(content=b"," * 200_000)
@example(content=b"time,valence,arousal\n" + b'"' + b"x" * 200_000)
def test_any_bytes(tmp_path, ending, content):
    read(tmp_path / f"a{ending}", content)


@QUICK
@given(
    cells=st.lists(st.lists(st.sampled_from(CELLS), min_size=3, max_size=3)),
    mark=st.sampled_from([",", ";", "\t", " ", "|"]),
    unit=st.sampled_from([None, "ms", "frames", "min"]),
)
def test_any_cells(tmp_path, cells, mark, unit):
    lines = [mark.join(row) for row in [["time", "valence", "arousal"], *cells]]
    read(tmp_path / "a.csv", "\n".join(lines).encode(), LabelOptions(time_unit=unit))


@QUICK
@given(
    content=st.one_of(st.binary(max_size=100), st.sampled_from([b"file,subject\n", b"file,subject\na,b,c\n"]))
)
def test_any_table_of_subjects(tmp_path, content):
    path = tmp_path / "subjects.csv"
    path.write_bytes(content)
    for reader in (read_subjects, read_table):
        or_one_line(lambda reader=reader: reader(path))


def test_annotations_that_refer_in_a_circle(tmp_path):
    refs = "".join(
        f'<REF_ANNOTATION ANNOTATION_ID="{i}" ANNOTATION_REF="{(i + 1) % 2000}"/>' for i in range(2000)
    )
    path = tmp_path / "a.eaf"
    path.write_text(f'<ANNOTATION_DOCUMENT><TIER TIER_ID="valence">{refs}</TIER></ANNOTATION_DOCUMENT>')
    with pytest.raises(DataError, match="refers to itself; save it again in ELAN"):
        read_label_file(path)


def test_entities_are_refused(tmp_path):
    path = tmp_path / "a.eaf"
    path.write_text('<!DOCTYPE x [<!ENTITY a "b">]><ANNOTATION_DOCUMENT>&a;</ANNOTATION_DOCUMENT>')
    with pytest.raises(DataError, match="it defines entities"):
        read_label_file(path)


MEMORY = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
from avaffect.corpus.labels import read_label_file
from avaffect.streams.timeline import Timeline
ratings = read_label_file(Path(sys.argv[1]))[0].checked()["valence"]
print(ratings.at(Timeline(12.5), 10).tolist())
"""


def test_intervals_of_any_length_take_no_memory(tmp_path):
    path = tmp_path / "a.csv"
    rows = "".join(f"{i},1e{9 + i % 300},0.5,0\n" for i in range(1000))
    path.write_text("start,end,valence,arousal\n-1,1e9,0.5,0\n" + rows)
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, env=os.environ, check=False
    )
    assert run.stdout.strip() == str([0.5] * 10), run.stderr
