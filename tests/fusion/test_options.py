"""Options that are fields of a dataclass: in the signature, by keyword only, with their defaults."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import pytest

from avaffect.errors import ModelError
from avaffect.fusion import HGRJCA, RJCMA, create_fusion, fusion_class, list_fusions
from avaffect.fusion.options import takes

from .cases import DIMS


@dataclass(frozen=True, kw_only=True)
class Settings:
    depth: int = 2
    word: str = "none"


class Made:
    @takes(Settings)
    def __init__(self, dims: dict[str, int], options: Settings) -> None:
        self.dims, self.options = dims, options


def test_options_arrive_as_the_dataclass() -> None:
    made = Made(dims=DIMS, depth=5)
    assert (made.dims, made.options) == (DIMS, Settings(depth=5))
    with pytest.raises(TypeError, match="deep"):
        Made(dims=DIMS, deep=1)
    with pytest.raises(TypeError):
        Made(DIMS)


def test_the_signature_has_each_option_with_its_default() -> None:
    parameters = inspect.signature(Made).parameters
    assert {name: p.default for name, p in parameters.items() if name != "dims"} == {
        "depth": 2,
        "word": "none",
    }
    assert parameters["dims"].default is inspect.Parameter.empty


def test_a_subclass_may_take_options_of_its_own() -> None:
    class Child(HGRJCA):
        def __init__(self, *, dims: dict[str, int], extra: int = 1) -> None:
            super().__init__(dims=dims, iterations=extra)

    assert list(inspect.signature(Child).parameters) == ["dims", "extra"]
    assert Child(dims=DIMS).gated.steps.iterations == 1


@pytest.mark.parametrize("name", list_fusions())
def test_every_fusion_names_its_options(name: str) -> None:
    """No option hides behind ``**options``: `create_fusion` could not name the nearest."""
    parameters = inspect.signature(fusion_class(name)).parameters
    assert "dims" in parameters
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters.values())
    assert all(p.default is not inspect.Parameter.empty for key, p in parameters.items() if key != "dims")


def test_a_family_shares_options_and_keeps_its_own_defaults() -> None:
    assert inspect.signature(HGRJCA).parameters["share_steps"].default is True
    assert inspect.signature(RJCMA).parameters["share_steps"].default is False
    for name, option in (("jca", "iterations"), ("rjcma", "correlation"), ("hgrjca", "gating")):
        with pytest.raises(ModelError, match=f"has no option '{option}'"):
            create_fusion(name, dims=DIMS, **{option: 1})
