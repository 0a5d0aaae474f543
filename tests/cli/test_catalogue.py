"""`avaffect fusions`, and names that are not known to the other verbs."""

from __future__ import annotations

import json
import os

from avaffect.fusion import list_fusions


def test_fusions_have_a_summary_and_a_package(avaffect):
    found = json.loads(avaffect("fusions", "--json").stdout)
    assert list(found) == list_fusions()
    assert {said["package"] for said in found.values()} == {"avaffect"}
    assert all(len(said["summary"]) > 10 for said in found.values())
    shown = avaffect("fusions").stdout
    assert all(name in shown for name in list_fusions())


def test_a_fusion_that_cannot_be_imported_is_listed_with_the_reason(avaffect, tmp_path, monkeypatch):
    (info := tmp_path / "broken_parts-1.0.dist-info").mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-parts\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[avaffect.fusions]\nbroken = no_such_parts:Fusion\n")

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    found = json.loads(avaffect("fusions", "--json").stdout)
    assert set(found) == {"broken", *list_fusions()}
    assert found["broken"]["package"] == "broken-parts"
    assert "No module named 'no_such_parts'" in found["broken"]["summary"]


def test_a_wrong_name_gets_the_nearest(avaffect, fails, sample_clip, tmp_path):
    run = avaffect("predict", sample_clip, "--out", tmp_path, "--detector", "yunett")
    fails(run, "unknown face detector 'yunett'", "did you mean 'yunet'?")
    fails(avaffect("extract", "folderr", tmp_path, tmp_path / "out"), "unknown corpus 'folderr'", "'folder'?")


def test_a_plugin_file_adds_a_fusion(avaffect, fails, tmp_path):
    (tmp_path / "own_parts.py").write_text(
        "from avaffect.fusion import Concat, register\n\n\n"
        "@register('own')\nclass Own(Concat):\n    '''Side by side, and mine.'''\n"
    )
    found = json.loads(avaffect("--plugin", "own_parts.py", "fusions", "--json", cwd=tmp_path).stdout)
    assert found["own"] == {"summary": "Side by side, and mine.", "package": "own_parts"}
    fails(avaffect("--plugin", "none.py", "fusions", cwd=tmp_path), "none.py: no such file")
