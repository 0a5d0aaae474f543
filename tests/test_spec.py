"""The spec survives being written and read, and says what is wrong with a bad one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avaffect.errors import ModelError
from avaffect.spec import VAGUE, Spec

FALLING = {target: [[1.0, 0.1], [0.0, 0.2]] for target in ("valence", "arousal")}


def test_json_round_trip(debug_spec):
    assert Spec.from_json(debug_spec.to_json()) == debug_spec


def test_the_scale_survives(debug_spec):
    spec = replace(debug_spec, scale={"valence": (1.5, -0.25)})
    assert Spec.from_json(spec.to_json()) == spec
    assert debug_spec.scale == {}


def test_what_widens_intervals_survives(debug_spec):
    curve = ((-1.0, 0.25), (0.0, 0.0))
    widening = {"audio": {"snr": {"valence": curve, "arousal": curve}}}
    spec = replace(debug_spec, widening=widening)
    assert Spec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("widths", "vague"),
    [
        ((0.4, 0.5), ()),
        ((0.89, 1.5), ()),  # with one stream alone nothing is said, with both a little
        ((0.9, 1.2), ("valence",)),
        ((), ()),
    ],
)
def test_intervals_of_a_blind_guess_are_known(debug_spec, widths, vague):
    """Nine in ten values drawn evenly from -1 to 1 lie within 0.9 of the middle."""
    names = ("audio+visual", "audio")
    calibration = {n: {"valence": w, "arousal": 0.3} for n, w in zip(names, widths, strict=False)}
    assert replace(debug_spec, calibration=calibration).vague == vague


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("src/avaffect/serve/page/js/result/summary.js", VAGUE),
        ("docs/faq.md", VAGUE.partition(":")[0]),
        ("docs/guide.md", VAGUE.partition(":")[0]),
    ],
)
def test_page_and_documents_say_the_same_of_such_intervals(file, words):
    assert words in (Path(__file__).parents[1] / file).read_text(encoding="utf-8")


def test_unknown_key_names_the_nearest(debug_spec):
    raw = json.loads(debug_spec.to_json()) | {"windov": 3}
    with pytest.raises(ModelError, match="did you mean 'window'"):
        Spec.from_json(json.dumps(raw))


@pytest.mark.parametrize("broken", ["", "{", '{"name": "x"}', '{"name": "x", "streams": {"audio": {}}}'])
def test_broken_spec_is_a_model_error(broken):
    with pytest.raises(ModelError):
        Spec.from_json(broken)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("streams", [1], "streams: Input should be an object"),
        ("streams", {}, "streams: .*at least 1 item"),
        ("streams", {"a.b": {"dim": 3}}, "streams.a.b.*pattern"),
        ("streams/audio/dim", "128", "streams.audio.dim: Input should be a valid integer, but it is '128'"),
        ("streams/audio/dim", True, "streams.audio.dim: Input should be a valid integer"),
        ("streams/audio/dim", 0, "streams.audio.dim: Input should be greater than or equal to 1"),
        ("streams/audio/dim", 2 * 10**7, "streams.audio.dim: Input should be less than"),
        ("streams/audio/dimm", 3, "unknown key 'streams.audio.dimm'; did you mean 'dim'"),
        ("streams/audio/encoder", {"name": 5}, "streams.audio.encoder.name: Input should be a valid string"),
        ("streams/audio/encoder/nam", 5, "unknown key 'streams.audio.encoder.nam'; did you mean 'name'"),
        (
            "streams/audio/encoder_weights",
            ["../../x"],
            "streams.audio.encoder_weights.0: String should match",
        ),
        ("streams/audio/encoder_weights", "0" * 64, "streams.audio.encoder_weights: Input should be a valid"),
        ("head", {"hiden": 3}, "unknown key 'head.hiden'; did you mean 'hidden'"),
        ("targets", [], "targets: .*at least 1 item"),
        ("targets", ["arousal", "arousal"], "targets: .*name one twice"),
        ("range", [1], "the key 'range.1' is missing"),
        ("range", [1, -1], r"range: expected \[lowest, highest\]"),
        ("range", [5, 6], r"range: expected \[lowest, highest\]"),
        ("tick_rate", 0, "tick_rate: Input should be greater than 0"),
        ("tick_rate", 1e308, "tick_rate: Input should be less than or equal to 1000"),
        ("tick_rate", float("nan"), "tick_rate: Input should be a finite number"),
        ("window", 1e9, "window: .* ticks; expected 1 to 20000"),
        ("window", 1e-9, "window: .* ticks; expected 1 to 20000"),
        ("coverage", 1, "coverage: Input should be less than 1"),
        ("calibration", {"audio": {"valence": 1}}, "calibration.audio: no half-width of 'arousal'"),
        ("calibration", {"text": {}}, "calibration: 'text' is none of audio, visual"),
        ("scale", {"valense": [1.0, 0.0]}, "scale: 'valense' is none of the targets valence, arousal"),
        ("scale", {"valence": [0, 0.0]}, "scale.valence.0: Input should be greater than 0"),
        ("scale", {"valence": [1.0, float("inf")]}, "scale.valence.1: Input should be a finite number"),
        ("widening", {"text": {}}, "widening: 'text': expected a condition of calibration"),
        ("widening", {"audio": {"loudness": {}}}, r"widening.audio.loudness.*be 'detail' or 'snr'"),
        ("widening", {"audio": {"snr": {}}}, "widening.audio.snr: expected the targets valence, arousal"),
        ("widening", {"audio": {"snr": FALLING}}, "widening.audio.snr.valence: expected rising measures"),
        ("calibration/audio/valence", -1, "calibration.audio.valence: Input should be greater"),
    ],
)
def test_each_mistake_names_its_key(debug_spec, place, value, message):
    raw = json.loads(debug_spec.to_json())
    *parents, last = place.split("/")
    inner = raw
    for key in parents:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(ModelError, match=f"spec.json: {message}") as caught:
        Spec.from_json(json.dumps(raw))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["null", "5", "[" * 100_000, '{"coverage":' + "9" * 5000 + "}"])
def test_json_of_other_kinds(text):
    with pytest.raises(ModelError, match=r"spec.json: (Input should be an object|not valid JSON)"):
        Spec.from_json(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_change_gives_a_spec_or_a_line(debug_spec, data):
    raw = json.loads(debug_spec.to_json())
    inner = raw
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inner[key], dict | list) or data.draw(st.booleans()):
            inner[key] = data.draw(VALUES)
            break
        inner = inner[key]
    check_value_or_line(json.dumps(raw))


@given(st.text())
@settings(deadline=None)
def test_any_text_gives_a_spec_or_a_line(text):
    check_value_or_line(text)


def check_value_or_line(text):
    fault = ""
    try:
        again = Spec.from_json(text)
        assert Spec.from_json(again.to_json()) == again
    except ModelError as error:
        fault = str(error)
    assert "\n" not in fault
