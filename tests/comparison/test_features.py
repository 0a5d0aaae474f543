import numpy as np
import pytest

from avaffect.comparison.features import CONTEXTS, Scaler, fit_scalers, read_segments, scaled, with_context
from avaffect.errors import DataError

from .conftest import film


def test_statistics_of_a_second_are_those_of_its_frames(segments):
    arrays = film()
    frames = arrays["run2_audio"][25 * 10 : 25 * 11].astype(float)
    loud = np.log10(frames[:, 0] + 1e-4)
    audio = segments[1].streams["audio"][10]
    assert audio[:4] == pytest.approx([loud.mean(), loud.std(), loud.min(), loud.max()], abs=1e-5)
    assert audio[7] == pytest.approx(frames[:, 1].mean(), abs=1e-6)
    bits = np.unpackbits(arrays["run2_phash"], axis=1).astype(float)
    earlier = np.abs(bits[250:275] - bits[225:250]).mean(axis=1)
    assert segments[1].streams["visual"][10, -2] == pytest.approx(earlier.mean(), abs=1e-6)


def test_labels_are_means_of_labelled_frames_and_missing_without(segments):
    labels = segments[0].labels
    assert np.isnan(labels[4:12]).all()  # frames 100 to 299
    arousal = film()["run1_arousal"][25 * 20 : 25 * 21].mean()
    assert labels[20, 1] == pytest.approx(arousal, abs=1e-5)
    assert len(labels) == 64  # whole seconds only
    assert np.isfinite(labels[[0, 3, 12]]).all()


def test_context_equals_a_plain_reference_over_available_ticks():
    random = np.random.default_rng(1)
    values, available = random.normal(size=(90, 3)), random.random(90) < 0.6
    values[~available] = 1e9  # must not matter
    found = with_context(values, available)
    for i, width in enumerate(CONTEXTS):
        for tick in (0, 3, 40, 89):
            around = slice(max(tick - width // 2, 0), tick + width // 2 + 1)
            near = values[around][available[around]]
            mean = found[tick, 3 * (1 + 2 * i) : 3 * (2 + 2 * i)]
            spread = found[tick, 3 * (2 + 2 * i) : 3 * (3 + 2 * i)]
            if len(near):
                assert mean == pytest.approx(near.mean(0), abs=1e-9)
                assert spread == pytest.approx(near.std(0), abs=1e-6)
            else:
                assert np.isnan(mean).all()
    assert np.isnan(found[~available, :3]).all()


def test_a_segment_knows_nothing_of_the_others(tmp_path, segments):
    arrays = film()
    for key in ("audio", "visual"):
        arrays[f"run2_{key}"] = arrays[f"run2_{key}"] * 3 + 1
    np.savez(tmp_path / "other.npz", **arrays)
    other = read_segments(tmp_path / "other.npz")
    for i in (0, 2, 3, 4):
        for name, values in segments[i].streams.items():
            np.testing.assert_array_equal(values, other[i].streams[name])
    assert not np.allclose(segments[1].streams["audio"], other[1].streams["audio"])


def test_scaling_is_by_the_training_segments(segments):
    available = np.ones(len(segments[0].labels), bool)
    rows = np.concatenate(
        [with_context(s.streams["audio"], np.ones(len(s.labels), bool)) for s in segments[1:]]
    )
    expected = (with_context(segments[0].streams["audio"], available) - rows.mean(0)) / rows.std(0)
    both = dict.fromkeys(("audio", "visual"), available)
    found = scaled(segments[0].streams, both, fit_scalers(segments[1:]))["audio"]
    np.testing.assert_allclose(found, np.clip(expected, -5, 5), atol=1e-4)


def test_a_constant_feature_is_scaled_to_zero():
    assert (Scaler([np.full((5, 1), 3.0)])(np.full((2, 1), 3.0)) == 0).all()


def test_too_few_segments_are_refused(tmp_path):
    np.savez(tmp_path / "short.npz", **film(segments=2))
    with pytest.raises(DataError, match="2 segments; expected 3 or more"):
        read_segments(tmp_path / "short.npz")
