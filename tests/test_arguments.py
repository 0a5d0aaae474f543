"""Public functions say in one line which argument is of a wrong type."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

import avaffect
from avaffect import checkpoint
from avaffect.arguments import _hint, checks_types, fits, is_checked
from avaffect.corpus.extract import extract
from avaffect.errors import AvaffectError
from avaffect.media import VideoSink
from avaffect.trace import Trace

PACKAGES = [
    "predict",
    "trace",
    "draw",
    "media",
    "evaluate",
    "corpus",
    "train",
    "fusion",
    "encoder",
    "temporal",
    "face",
    "voice",
]
TENSORS_ALONE = {"stream_weights", "set_temperature"}
"""Parts of networks, which know torch only."""


class Odd:
    """Of no type that is asked for."""

    def __repr__(self) -> str:
        return "odd\nvalue" * 50


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    packages = [avaffect, *(importlib.import_module(f"avaffect.{name}") for name in PACKAGES)]
    functions = {
        name: getattr(package, name)
        for package in packages
        for name in package.__all__
        if inspect.isfunction(getattr(package, name)) and name not in TENSORS_ALONE
    }
    yield from (functions | {"checkpoint.load": checkpoint.load, "checkpoint.save": checkpoint.save}).items()
    yield "corpus.extract", extract
    for kind in (avaffect.Predictor, Trace, VideoSink, avaffect.Spec):
        for name, member in vars(kind).items():
            if (name == "__init__" or not name.startswith("_")) and inspect.isfunction(member):
                yield f"{kind.__name__}.{name}", member


@pytest.mark.parametrize(
    ("name", "function"), public_functions(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_argument_of_each_public_function(name: str, function: Callable[..., Any]) -> None:
    parameters = inspect.signature(function).parameters
    named = {
        n: p for n, p in parameters.items() if n != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }
    assert is_checked(function) or not named
    first: list[Any] = [None] if "self" in parameters else []
    for wanted, parameter in named.items():
        hint = _hint(parameter, inspect.unwrap(function).__globals__)
        assert hint is not Any, f"{wanted} of {name} has no annotation that can be read"
        if fits(Odd(), hint):
            continue
        # Arguments are looked at in order: the others come behind, or are as wrong as this one.
        with pytest.raises(AvaffectError, match=r"^\w+: \w+=odd value.*: expected ") as caught:
            function(
                *first, **{n: Odd() for n in named if n == wanted or parameters[n].default is parameter.empty}
            )
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: avaffect.Predictor("jca.default").process_file(5),  # type: ignore[arg-type]
            "process_file: path=5: expected text, a path or an address",
        ),
        (lambda: avaffect.load(5), "load: reference=5: expected text or a path"),  # type: ignore[arg-type]
        (lambda: avaffect.plot(5), "plot: trace=5: expected a Trace"),  # type: ignore[arg-type]
        (
            lambda: avaffect.load("hgrjca.default", min_face="40"),  # type: ignore[arg-type]
            "load: min_face='40': expected a number or None",
        ),
        (
            lambda: avaffect.create_fusion("jca", dims=[8, 8]),  # type: ignore[arg-type]
            "create_fusion: dims=[8, 8]: expected a mapping",
        ),
        (lambda: avaffect.read_trace(None), "read_trace: path=None: expected text or a path"),  # type: ignore[arg-type]
        (lambda: Trace([1]), "Trace: table=[1]: expected a DataFrame"),  # type: ignore[arg-type]
    ],
)
def test_what_is_said(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(AvaffectError) as caught:
        call()
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (1, float, True),
        (np.float32(1), float, True),
        (np.int64(1), int, True),
        (1.0, int, False),
        (True, float, False),
        (np.bool_(True), bool, True),
        (1, bool, False),
        ("a", str | Path, True),
        (Path("a"), str | Path, True),
        (b"a", str | Path, False),
        ([0, 1], tuple[float, float], True),
        ([0, 1, 2], tuple[float, float], False),
        (np.array([0.0, 1.0]), tuple[float, float], True),
        (pd.Series(["a.mp4"]), Sequence[str | Path], True),
        ("ab", tuple[str, ...], False),
        (["a", 5], Sequence[str], False),
        ({"a": 1}, Mapping[str, int], True),
        ({"a": "b"}, Mapping[str, int], False),
        (len, Callable[[str], int], True),
        (5, Callable[[str], int], False),
        ("all", Literal["all", "main"], True),
        ("none", Literal["all", "main"], False),
        (np.array(["all", "main"]), Literal["all", "main"], False),
        ([[1, 2]], np.ndarray, True),
        ("ab", np.ndarray, False),
        (Odd(), Any, True),
        (iter([Odd()]), Iterator[int], True),  # it can be read once only
    ],
)
def test_what_fits(value: object, hint: Any, expected: bool) -> None:
    assert fits(value, hint) == expected


def test_arguments_in_any_form_are_looked_at() -> None:
    @checks_types
    def total(first: int, *rest: int, scale: float = 1.0, **more: int) -> float:
        return scale * (first + sum(rest) + sum(more.values()))

    assert total(1, 2, scale=2, a=3) == 12
    for call, said in (
        (lambda: total("1"), "first='1'"),  # type: ignore[arg-type]
        (lambda: total(1, 2, "3"), r"rest\[1\]='3'"),  # type: ignore[arg-type]
        (lambda: total(1, a=None), "a=None"),  # type: ignore[arg-type]
        (lambda: total(1, scale=None), "scale=None"),  # type: ignore[arg-type]
    ):
        with pytest.raises(AvaffectError, match=f"total: {said}: expected a"):
            call()
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        total()  # type: ignore[call-arg]
