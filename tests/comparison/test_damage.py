import numpy as np
import pytest

from avaffect.comparison.damage import SHARES, SPAN, Damage, apply, every_damage, spans
from avaffect.errors import DataError


@pytest.mark.parametrize("share", [0.0, *SHARES, 1.0])
@pytest.mark.parametrize("count", [61, 900])
def test_the_share_is_as_asked(share, count):
    assert spans(count, share, np.random.default_rng(3)).sum() == round(share * count)


def test_damage_comes_in_spans_not_single_ticks():
    hit = spans(5000, 0.1, np.random.default_rng(0))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hit, [0]]).astype(int)))
    lengths = edges[1::2] - edges[::2]
    assert np.median(lengths) >= SPAN[0]


def test_missing_masks_the_stream_and_nothing_else(segments):
    found = apply(segments[0], Damage("audio", "missing", 0.5), segments, np.random.default_rng(0))
    np.testing.assert_array_equal(found.available["audio"], ~found.hit)
    assert found.available["visual"].all()
    assert found.segment is segments[0]
    assert found.hit.sum() == round(0.5 * len(found.hit))


def test_other_takes_whole_pieces_of_another_segment(segments):
    one, donor = segments[0], segments[3]
    found = apply(one, Damage("visual", "other", 0.3), [one, donor], np.random.default_rng(0))
    values = found.segment.streams["visual"]
    assert all(mask.all() for mask in found.available.values())
    np.testing.assert_array_equal(values[~found.hit], one.streams["visual"][~found.hit])
    np.testing.assert_array_equal(found.segment.streams["audio"], one.streams["audio"])
    rows = {row.tobytes(): i for i, row in enumerate(donor.streams["visual"])}
    places = [rows[row.tobytes()] for row in values[found.hit]]  # each is a row of the donor's
    assert np.mean(np.diff(places) == 1) > 0.6
    assert found.segment.labels is one.labels


def test_a_segment_is_never_its_own_donor(segments):
    with pytest.raises(DataError, match="no segment but run1"):
        apply(segments[0], Damage("audio", "other", 0.3), segments[:1], np.random.default_rng(0))


def test_all_damages_have_their_own_name():
    keys = [damage.key for damage in every_damage()]
    assert len(set(keys)) == len(keys) == 20
    assert "audio.missing.30" in keys


def test_an_impossible_damage_is_refused():
    with pytest.raises(DataError, match="expected stream in"):
        Damage("audio", "gone", 0.3)
