"""The ending of an "unknown name" message."""

from avaffect.errors import nearest


def test_nearest_prefers_a_close_name():
    assert nearest("jac", ["jca", "transformer"]) == "did you mean 'jca'?"


def test_nearest_lists_all_when_none_is_close():
    assert nearest("???", ["b", "a"]) == "known: a, b"
