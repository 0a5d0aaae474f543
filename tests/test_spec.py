"""The spec survives being written and read, and says what is wrong with a bad one."""

import json

import pytest

from avaffect.errors import ModelError
from avaffect.spec import Spec


def test_json_round_trip(debug_spec):
    assert Spec.from_json(debug_spec.to_json()) == debug_spec


def test_unknown_key_names_the_nearest(debug_spec):
    raw = json.loads(debug_spec.to_json()) | {"windov": 3}
    with pytest.raises(ModelError, match="did you mean 'window'"):
        Spec.from_json(json.dumps(raw))


@pytest.mark.parametrize("broken", ["", "{", '{"name": "x"}', '{"name": "x", "streams": {"audio": {}}}'])
def test_broken_spec_is_a_model_error(broken):
    with pytest.raises(ModelError):
        Spec.from_json(broken)
