"""A trace in a notebook: well-formed, safe for hostile names, of bounded size, true to the table."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avaffect.trace import Trace
from avaffect.trace.describe import MEANING
from avaffect.trace.preview import FILES, LINES, PEOPLE

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "a<script>alert(1)</script>&\"'\x00\n\u202e--><svg onload=x>.mp4"


def page(trace: Trace) -> ElementTree.Element:
    """What the notebook gets, read by a strict parser, after a trip through UTF-8."""
    return ElementTree.fromstring(trace._repr_html_().encode("utf-8"))


def cells(root: ElementTree.Element) -> list[list[str]]:
    return [["".join(cell.itertext()).strip() for cell in row] for row in root.iter("tr")]


def lines(root: ElementTree.Element, target: str) -> list[np.ndarray]:
    """Points of each drawn line, (n, 2), pixels."""
    paths = [path.get("d") for path in root.iter(f"{SVG}path") if path.get("class") == target]
    found = []
    for path in paths:
        for part in path.removeprefix("M").split("M"):
            assert part.endswith("h0")
            points = part.removesuffix("h0").split("L")
            found.append(np.array([[float(x) for x in point.split(" ")] for point in points]))
    return found


def test_the_figures_are_the_summarys(make_trace):
    trace = make_trace(2.0)
    root = page(trace)
    head, row = cells(root)
    shown = dict(zip(head, row, strict=True))
    (one,) = trace.summary()["people"]
    assert shown[""] == "■ person 1"
    assert shown["seconds"] == "2.0"
    for target in ("valence", "arousal"):
        level = one[target]
        expected = f"{level['mean']:+.2f} ± {level['sd']:.2f}".replace("-", "−")
        assert shown[target] == expected
    assert shown["face"] == "100 %"
    assert shown["speech"] == f"{100 * one['speech_share']:.0f} %"
    text = "".join(root.itertext())
    assert "clips/interview.mp4: 1 person, 2.0 s, model hgrjca.default" in text
    assert "Shaded: 90 % intervals." in text
    assert MEANING in text
    assert "many people" not in text


def test_the_picture_holds_the_tables_values(made):
    start, end = made.times(2.0)
    rows = made.person(start, end)
    made.blank(rows, slice(10, 15), "valence")
    root = page(Trace(rows))
    (arousal,) = lines(root, "arousal")
    first, second = lines(root, "valence")
    assert (len(first), len(second)) == (10, 35)  # broken where there is no prediction
    for points, column in ((arousal, "arousal"), (np.concatenate([first, second]), "valence")):
        known = rows[column].dropna()
        at = known.index.get_level_values("start")
        # Both axes are straight: one factor and one offset fit every point to the picture's 0.1 pixel.
        assert np.abs(np.polyval(np.polyfit(at, points[:, 0], 1), at) - points[:, 0]).max() < 0.06
        slope, _ = fit = np.polyfit(known, points[:, 1], 1)
        assert slope < 0  # up is more
        assert np.abs(np.polyval(fit, known) - points[:, 1]).max() < 0.06


def test_a_long_recording_is_thinned_and_the_page_stays_small(made):
    start, end = made.times(400.0)
    parts = [made.person(start, end, track=k + 1, seed=k, file=f"{k // 6}.mp4") for k in range(36)]
    table = pd.concat(parts).sort_values(["file", "start"], kind="stable")
    root = page(Trace(table))
    assert len(Trace(table)._repr_html_()) < 250_000
    assert len(list(root.iter(f"{SVG}svg"))) == FILES
    assert len(lines(root, "valence")) == FILES * LINES
    assert len(cells(root)) == 1 + PEOPLE
    text = "".join(root.itertext())
    assert "The first 30 of 36 rows" in text
    assert "The first 3 of 6 files are drawn." in text
    assert "Of many people those seen longest are drawn." in text
    # The dots in the table are for those who are drawn.
    assert text.count("■") == FILES * LINES


def test_hostile_names_are_text(made):
    start, end = made.times(0.4)
    one = made.person(start, end, file=HOSTILE)
    two = made.person(start, end, file="b/" + HOSTILE)
    meta = made.META | {"model": HOSTILE}
    for trace in (Trace(one, meta=meta), Trace(pd.concat([one, two]), meta=meta)):
        root = page(trace)
        known = {"div", "b", "span", "table", "tr", "th", "td", SVG + "svg", SVG + "path", SVG + "text"}
        assert {element.tag for element in root.iter()} <= known
        attributes = {name for element in root.iter() for name in element.attrib}
        assert not any(name.startswith("on") or name in {"href", "src"} for name in attributes)
        assert "<script>alert(1)" in "".join(root.itertext())
        assert "\n" not in repr(trace)


def test_files_of_one_name_are_told_apart(made):
    start, end = made.times(0.4)
    both = [made.person(start, end, file=f"study/{folder}/P01.mp4") for folder in "AB"]
    trace = Trace(pd.concat(both))
    assert [row[0] for row in cells(page(trace))] == ["file", "A/P01.mp4", "B/P01.mp4"]
    assert "A/P01.mp4: 1 person" in trace.describe()
    assert "B/P01.mp4: 1 person" in trace.describe()


def test_text_takes_the_pages_colour(make_trace):
    root = page(make_trace(0.4))
    texts = list(root.iter(f"{SVG}text"))
    assert len(texts) > 6
    assert {text.get("fill") for text in texts} == {"currentColor"}
    assert "background" not in ElementTree.tostring(root, encoding="unicode")
    assert "http" not in make_trace(0.4)._repr_html_().replace("http://www.w3.org/2000/svg", "")


def test_an_empty_trace_says_so(make_trace):
    empty = Trace(make_trace(0.2).table.iloc[:0])
    assert "".join(page(empty).itertext()) == empty.describe()


def test_without_a_value_the_summary_still_shows(made):
    rows = made.person(*made.times(1.0), track=None)
    made.blank(rows, slice(None), "face", "attended", "share", "valence", "arousal", "voiced")
    root = page(Trace(rows))
    _, row = cells(root)
    assert row == ["nobody in view", "1.0", "–", "–", "–", "0 %", "no sound", "100 %"]
    assert lines(root, "valence") == []


def test_a_voice_alone_is_called_a_voice(made):
    rows = made.person(*made.times(1.0), track=None, file="message.wav")
    made.blank(rows, slice(None), "face")
    root = page(Trace(rows))
    assert cells(root)[1][0] == "voice"
    (line,) = (p for p in root.iter(f"{SVG}path") if p.get("class") == "valence")
    assert line.get("stroke") == "currentColor"


@pytest.mark.parametrize("frames", [1, 2])
def test_a_few_frames_are_seen(made, frames):
    root = page(Trace(made.person(*made.times(frames / 25))))
    (points,) = lines(root, "valence")
    assert len(points) == frames


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_trace_shows_itself(made, data):
    """Rows and values missing anywhere, rows without length, any times."""
    n = data.draw(st.integers(1, 12))
    steps = data.draw(st.lists(st.floats(0, 5000), min_size=n + 1, max_size=n + 1))
    edges = data.draw(st.floats(-10, 1e5)) + np.cumsum(steps)
    start = np.maximum.accumulate(edges[:-1])
    rows = made.person(start, np.maximum(edges[1:], start), track=data.draw(st.sampled_from([None, 1])))
    rows = rows[~rows.index.duplicated()]
    for prefix in ("valence", "arousal", "face", "voiced", "valence_", "speaking"):
        gone = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
        made.blank(rows, np.array(gone), prefix)
    assert page(Trace(rows)).tag == "div"


def test_it_loads_no_drawing_library(make_trace, tmp_path):
    path = make_trace(0.4).to_parquet(tmp_path / "a.parquet")
    code = (
        "import sys; from avaffect.trace import read_trace\n"
        f"read_trace({str(path)!r})._repr_html_()\n"
        "sys.exit(' '.join({'matplotlib', 'torch', 'cv2'} & set(sys.modules)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
