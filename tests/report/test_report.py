"""The report of a recording as a page."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from avaffect.errors import DataError
from avaffect.report import write_overview, write_report
from avaffect.report.cite import PAPERS
from avaffect.spec import VAGUE
from avaffect.trace import Edits, Span, Trace


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def trace(made, sample_clip):
    """A made-up trace of the first 3 s of the sample: highest valence around 1 s, lowest around 2 s."""
    rows = made.person(*made.times(3.0), file=str(sample_clip))
    start = rows.index.get_level_values("start")
    rows["valence"] = 0.8 * np.exp(-8 * (start - 1.0) ** 2) - 0.8 * np.exp(-8 * (start - 2.0) ** 2)
    rows["valence_lo"], rows["valence_hi"] = rows["valence"] - 0.1, rows["valence"] + 0.1
    made.blank(rows, start < 0.4, "face", "valence", "arousal")
    rows.loc[start < 0.4, "source"] = pd.NA
    rows.loc[start < 0.4, "voiced"] = 0.1
    return Trace(rows, meta=made.META)


def test_a_report_holds_everything_and_loads_nothing(trace, tmp_path):
    edited = trace.edited(Edits({1: "<Ana>"}, excluded=(Span(2.8, 3.0),)))
    page = Page(write_report(edited, tmp_path / "r.html"))
    addresses = [v for _, a in page.tags for k, v in a.items() if k in ("src", "href", "data", "xlink:href")]
    assert len(addresses) == 4
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    text = " ".join(page.text.split())
    for words in (
        "Edited: person 1 is <Ana>; 2.8-3 s excluded.", "no face and no speech", "excluded", "13 %",
        "non-commercial research only", "avaffect (version", "Art. 5(1)(f)", *PAPERS,
    ):  # fmt: skip
        assert words in text
    assert (tmp_path / "r.html").stat().st_size < 150_000


def test_moments_have_their_time_value_and_picture(trace, tmp_path):
    page = Page(write_report(trace, tmp_path / "r.html"))
    found = re.findall(r"(highest|lowest) (valence|arousal)([+−][\d.]+) at ([\d.]+) s", page.text)
    times = {(end, target): float(time) for end, target, _, time in found}
    assert times["highest", "valence"] == pytest.approx(1.0, abs=0.2)
    assert times["lowest", "valence"] == pytest.approx(2.0, abs=0.2)
    images = [a["src"] for tag, a in page.tags if tag == "img"]
    pictures = [Image.open(io.BytesIO(base64.b64decode(src.partition(",")[2]))) for src in images]
    assert {picture.height for picture in pictures} == {150}


def test_values_under_the_pointer_are_the_tables(trace, tmp_path):
    page = Page(write_report(trace, tmp_path / "r.html"))
    (given,) = (json.loads(a["data-values"]) for _, a in page.tags if "data-values" in a)
    (person,) = given["people"]
    np.testing.assert_allclose(person["time"], trace.table["pts"], atol=1e-3)
    expected = [None if np.isnan(v) else round(v, 3) for v in trace.table["valence"]]
    assert person["valence"] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("source", ["gone.mp4", "changed.mp4"])
def test_without_the_recording_there_are_no_pictures_and_it_is_said(made, trace, tmp_path, source):
    meta = {**made.META, "source": {"size": 1, "head": "0"}}
    (tmp_path / "changed.mp4").write_bytes(b"x")
    page = Page(write_report(Trace(trace.table, meta=meta), tmp_path / "r.html", tmp_path / source))
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert "There are no pictures of the moments: the recording" in page.text


def test_an_overview_leads_to_all_reports(make_trace, tmp_path):
    traces = [make_trace(1.0, people=2, file=f"{k} ä#.mp4") for k in range(2)]
    (tmp_path / "A").mkdir()
    reports = [tmp_path / "A" / f"{k} ä#_report.html" for k in range(2)]
    page = Page(write_overview(traces, reports, tmp_path / "index.html"))
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert links == [f"A/{k}%20%C3%A4%23_report.html" for k in (0, 0, 1, 1)]


def test_reports_and_overview_say_what_was_edited(make_trace, tmp_path):
    plain, edited = make_trace(1.0, people=3, file="P01.mp4"), make_trace(1.0, people=3, file="P02.mp4")
    traces = [plain, edited.edited(Edits({2: "B & C"}, dropped=(3,)))]
    paths = [tmp_path / "1.html", tmp_path / "2.html"]
    pages = [Page(write_report(trace, path)) for trace, path in zip(traces, paths, strict=True)]
    told = "person 2 is B & C; person 3 left out."
    assert ["dited:" in page.text for page in pages] == [False, True]
    assert f"Edited: {told}" in pages[1].text
    overview = Page(write_overview(traces, paths, tmp_path / "index.html")).text
    assert f"P02.mp4 is edited: {told}" in overview
    assert overview.count("edited") == 1


def test_a_report_warns_of_intervals_as_wide_as_a_blind_guess(make_trace, tmp_path):
    trace = make_trace(1.0)
    assert VAGUE not in Page(write_report(trace, tmp_path / "r.html")).text
    trace.table["valence_lo"], trace.table["valence_hi"] = -1.0, 1.0
    text = Page(write_report(trace, tmp_path / "r.html")).text
    assert f"Do not read the valence of person 1. The intervals are {VAGUE}." in text


def test_what_has_no_report(make_trace, tmp_path):
    both = Trace.concat([make_trace(0.2, file="a"), make_trace(0.2, file="b")])
    with pytest.raises(DataError, match="a report is of one recording, the trace has 2 files"):
        write_report(both, tmp_path / "r.html")


def test_the_papers_are_those_of_the_citation_file():
    text = " ".join((Path(__file__).parents[2] / "CITATION.cff").read_text(encoding="utf-8").split())
    for paper in PAPERS:
        title = paper.split("). ", 1)[1].split(". CVPR")[0]
        assert title in text
        assert paper.rpartition("arXiv:")[2] in text
