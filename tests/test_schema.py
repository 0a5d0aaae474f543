"""What others wrote is read within bounds, and each mistake is one short line."""

from __future__ import annotations

from avaffect.schema import short


def test_values_are_short_in_messages() -> None:
    nested: list[object] = ["a" * 1000]
    for _ in range(50):
        nested = [nested] * 10
    circle: list[object] = []
    circle.append(circle)
    for value in (nested, circle, "x\ny" * 1000, 10**5000, {"a": {"b": {"c": {"d": 1}}}}, None):
        assert len(short(value)) <= 200
        assert "\n" not in short(value)
