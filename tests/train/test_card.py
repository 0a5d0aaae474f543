"""Model cards: the cards of the embedded models are what the generator writes for their recipes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import avaffect
from avaffect import checkpoint
from avaffect.spec import TARGETS, Spec
from avaffect.train.card import write_card
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe

ROOT = Path(__file__).parents[2]
RECIPES = {path.stem: path for path in (ROOT / "recipes").glob("*.yaml")}
NUMBER = re.compile(r"[+-]?\d\.\d{2,3}(?!\d)")
RESAMPLED = "minus the best other system"  # these figures are in the card only


def figures_of(spec: Spec) -> dict[str, Any]:
    """The stages' figures, from the flat ones that the spec keeps; without those of resampled sequences."""
    figures: dict[str, Any] = {
        "face": {"test": {}, "unseen": {}},
        "voice": {"left_out": {}, "unseen": {}},
        "fusion": {"clean": {}, "corrupted": {}},
        "calibration": {"half_widths": {}, "coverage": {}},
    }
    for path, value in spec.metrics.items():
        stage, part, key = path.split("/", 2)
        if part == "val":
            continue
        into = figures.setdefault(stage, {}).setdefault(part, {})
        first, _, rest = key.partition("/")
        by_name = part in ("unseen", "half_widths", "coverage", "strangers") or first in ("error", "gates")
        if by_name or (stage, part) == ("voice", "left_out"):
            into.setdefault(first, {})[rest] = value
        else:
            into[key] = value
    for kind in ("clean", "corrupted"):
        figures["fusion"][kind]["advantage"] = dict.fromkeys(TARGETS, (0.0, 0.0, 0.0))
        figures["fusion"][kind].setdefault("gates", {})
    return figures


def settings_of(name: str) -> CorpusRecipe:
    return read_corpus_recipe(RECIPES[name], ["data=."])


def numbers(card: str) -> list[float]:
    lines = (line for line in card.splitlines() if RESAMPLED not in line)
    return [float(number) for line in lines for number in NUMBER.findall(line)]


@pytest.mark.parametrize("name", avaffect.list_models())
def test_cards_of_the_embedded_models_are_what_their_recipes_give(name: str) -> None:
    spec = checkpoint.load(name).spec
    committed = (ROOT / "src" / "avaffect" / "weights" / name / "card.md").read_text()
    written = write_card(spec, settings_of(name), figures_of(spec))
    assert NUMBER.sub("#", committed) == NUMBER.sub("#", written)
    # The spec has four digits, the card three or two.
    assert numbers(committed) == pytest.approx(numbers(written), abs=0.0051)
    assert len(numbers(committed)) > 10


def card_of(name: str, **changes: Mapping[str, Any]) -> str:
    spec = checkpoint.load(name).spec
    return write_card(spec, settings_of(name), figures_of(spec) | changes)


def test_a_card_has_the_parts_of_its_streams_only() -> None:
    both, audio = card_of("hgrjca.default"), card_of("audio.default")
    for part in ("Face encoder", "Voice encoder", RESAMPLED, "- Faces of the training"):
        assert part in both
    assert "Voice encoder" in audio
    for part in ("Face encoder", RESAMPLED, "- Faces of the training"):
        assert part not in audio


def test_corpora_that_were_not_used_have_a_table_where_they_were_measured() -> None:
    title = "The same on whole corpora"
    assert title in card_of("hgrjca.open")
    assert title in card_of("hgrjca.default")  # TESS


def test_a_fusion_without_gates_has_no_correlations() -> None:
    assert "Correlation" in card_of("hgrjca.default")
    assert "Correlation" not in card_of("jca.default")
