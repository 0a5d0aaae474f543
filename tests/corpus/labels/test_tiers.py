"""What ELAN, Praat, CARMA and DARMA save."""

import numpy as np
import pytest

from avaffect.corpus.labels.carma import read_carma
from avaffect.corpus.labels.tiers import read_tiers
from avaffect.errors import DataError
from avaffect.tiers import read_eaf, read_textgrid

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2017-09-05T14:53:24+06:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="file:///a.mp4" MIME_TYPE="video/mp4"{origin}/></HEADER>
<TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1500"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2250"/>{slot}
</TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="Valence">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>0.5</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="{end}">
<ANNOTATION_VALUE>{second}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER>
<TIER LINGUISTIC_TYPE_REF="t" PARENT_REF="Valence" TIER_ID="arousal">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a2">
<ANNOTATION_VALUE>-0.25</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
</TIER>
<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="words"/>
</ANNOTATION_DOCUMENT>
"""

LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "valence"
        xmin = 0
        xmax = 3
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = "0.5"
        intervals [2]:
            xmin = 1.5
            xmax = 2.25
            text = ""
        intervals [3]:
            xmin = 2.25
            xmax = 3
            text = "-1"
    item [2]:
        class = "TextTier"
        name = "arousal"
        xmin = 0
        xmax = 3
        points: size = 2
        points [1]:
            number = 0.1
            mark = "0.2"
        points [2]:
            number = 1.1
            mark = "0.3"
"""
SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
2
"IntervalTier"
"valence"
0
3
3
0
1.5
"0.5"
1.5
2.25
""
2.25
3
"-1"
! a comment with a number 7
"TextTier"
"arousal"
0
3
2
0.1
"0.2"
1.1
"0.3"
"""

CARMA = """Time of Rating,12-Jun-2021 10:00:00
Multimedia File,a.mp4
Lower Label,very negative
Upper Label,very positive
Minimum Value,{low}
Maximum Value,{high}
Number of Steps,9
Second,Rating
%%%%%%,%%%%%%
0.5,{low}
1,NaN
1.5,{high}
"""
DARMA = """Time of Rating,12-Jun-2021 10:00:00,,
Multimedia File,a.mp4,,
Magnitude,1000,,
Second,Valence,Arousal,Button
%%%%%%,%%%%%%,%%%%%%,%%%%%%
1,500,-250,0
2,NaN,NaN,NaN
3,-1000,1000,1
"""


def eaf(path, *, origin="", slot="", end="ts3", second="-0.5"):
    path.write_text(EAF.format(origin=origin, slot=slot, end=end, second=second))
    return path


def test_elan(tmp_path):
    tiers = read_tiers(eaf(tmp_path / "a.eaf"))
    np.testing.assert_allclose(tiers["valence"].times, [0, 1.5])
    np.testing.assert_allclose(tiers["valence"].ends, [1.5, 2.25])
    np.testing.assert_allclose(tiers["valence"].values, [0.5, -0.5])
    # A dependent tier takes the times of what it refers to.
    np.testing.assert_allclose(tiers["arousal"].times, [1.5])
    np.testing.assert_allclose(tiers["arousal"].ends, [2.25])


def test_elan_problems(tmp_path):
    with pytest.raises(
        DataError, match="could not convert string to float: 'happy'; its annotations must be"
    ):
        read_tiers(eaf(tmp_path / "a.eaf", second="happy"))
    with pytest.raises(DataError, match="annotation a2 of tier 'Valence' has no times"):
        read_eaf(eaf(tmp_path / "b.eaf", slot='<TIME_SLOT TIME_SLOT_ID="ts4"/>', end="ts4"))
    with pytest.raises(DataError, match="media have an offset"):
        read_eaf(eaf(tmp_path / "c.eaf", origin=' TIME_ORIGIN="400"'))
    (tmp_path / "d.eaf").write_text("valence")
    with pytest.raises(DataError, match="not readable as ELAN's XML"):
        read_eaf(tmp_path / "d.eaf")


@pytest.mark.parametrize(
    ("text", "encoding"), [(LONG, "utf-8"), (SHORT, "utf-8"), (LONG, "utf-16"), (SHORT, "utf-16")]
)
def test_praat_long_and_short(tmp_path, text, encoding):
    path = tmp_path / "a.TextGrid"
    path.write_text(text, encoding=encoding)
    tiers = read_tiers(path)
    np.testing.assert_allclose(tiers["valence"].times, [0, 2.25])  # the empty interval is no rating
    np.testing.assert_allclose(tiers["valence"].ends, [1.5, 3])
    np.testing.assert_allclose(tiers["valence"].values, [0.5, -1])
    np.testing.assert_allclose(tiers["arousal"].times, [0.1, 1.1])
    np.testing.assert_allclose(tiers["arousal"].values, [0.2, 0.3])
    assert tiers["arousal"].ends is None


def test_praat_problems(tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_text(SHORT[: SHORT.index('"TextTier"')])
    with pytest.raises(DataError, match="cut off or damaged"):
        read_textgrid(path)
    path.write_text("0.1 0.2")
    with pytest.raises(DataError, match="not a Praat TextGrid"):
        read_textgrid(path)
    path.write_text(SHORT.replace('"valence"', '"words"').replace('"arousal"', '"pitch"'))
    with pytest.raises(DataError, match="no tier named valence or arousal; it has words, pitch"):
        read_tiers(path)


def test_carma_rows_are_means_of_the_time_before_them_on_a_stated_scale(tmp_path):
    path = tmp_path / "a.valence.csv"
    path.write_text(CARMA.format(low=-100, high=100))
    rating = read_carma(path)["rating"]
    np.testing.assert_allclose(rating.times, [0, 0.5, 1])
    np.testing.assert_allclose(rating.ends, [0.5, 1, 1.5])
    np.testing.assert_allclose(rating.values, [-1, np.nan, 1])
    path.write_text(CARMA.format(low=0, high=10).replace("1.5,10", "1.5,5"))
    np.testing.assert_allclose(read_carma(path)["rating"].values, [-1, np.nan, 0])


def test_darma_has_two_axes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(DARMA)
    axes = read_carma(path)
    np.testing.assert_allclose(axes["valence"].values, [0.5, np.nan, -1])
    np.testing.assert_allclose(axes["arousal"].values, [-0.25, np.nan, 1])
    np.testing.assert_allclose(axes["arousal"].ends, [1, 2, 3])


def test_not_carma(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("second,rating\n1,2\n")
    with pytest.raises(DataError, match="not a file saved by CARMA or DARMA"):
        read_carma(path)


def test_another_xml_is_not_elan(tmp_path):
    (tmp_path / "a.eaf").write_text("<html></html>")
    with pytest.raises(DataError, match="its root is <html>; expected ELAN's <ANNOTATION_DOCUMENT>"):
        read_eaf(tmp_path / "a.eaf")


def test_carma_without_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Minimum Value,-100\nMaximum Value,100\nSecond,Rating\n%%%%%%,%%%%%%\n")
    with pytest.raises(DataError, match="no ratings in it"):
        read_carma(path)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"a\.TextGrid: cannot be read \(No such file"):
        read_textgrid(tmp_path / "a.TextGrid")
