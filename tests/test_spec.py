"""The spec survives being written and read, and says what is wrong with a bad one."""

import json

import pytest

from avaffect.errors import ModelError
from avaffect.spec import Component, Corpus, Spec, Stream

SPEC = Spec(
    name="concat.debug",
    streams={
        "audio": Stream(
            Component("voice"), Component("tcn", {"levels": 2}), 128, 16, {"logmel": "default16k"}
        ),
        "visual": Stream(Component("face"), Component("tcn"), 128, 16, {"crop": 112}),
    },
    fusion=Component("concat", {"dropout": 0.1}),
    calibration={"audio": {"valence": 0.4, "arousal": 0.3}},
    corpora=(Corpus("made-up", "CC0", "tests"),),
)


def test_json_round_trip():
    assert Spec.from_json(SPEC.to_json()) == SPEC


def test_unknown_key_names_the_nearest():
    raw = json.loads(SPEC.to_json()) | {"windov": 3}
    with pytest.raises(ModelError, match="did you mean 'window'"):
        Spec.from_json(json.dumps(raw))


@pytest.mark.parametrize("broken", ["", "{", '{"name": "x"}', '{"name": "x", "streams": {"audio": {}}}'])
def test_broken_spec_is_a_model_error(broken):
    with pytest.raises(ModelError):
        Spec.from_json(broken)
