"""Whose a stage's folder is: ``recipe.json`` in it holds the settings that its result depends on.

A folder is used again only under the same settings. So a stage that is skipped, or goes on after a stop, is
never one of another seed, other data or another network.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.utilities import rank_zero_only
from pydantic.main import IncEx

from .. import model_folder
from ..corpus.store import FeatureStore
from ..errors import DataError, ModelError
from ..files import replacing
from ..record import Source
from ..schema import LARGEST_TEXT, short
from ..text import read_text
from .recipe import CorpusRecipe, Recipe, StoreRecipe
from .trainer import LAST

RECIPE, FIGURES = "recipe.json", "figures.json"
CACHE = "features"
"""The feature cache of a work folder has a record too."""

_MACHINES: IncEx = {"workers", "devices", "nodes"}
_NO_MATTER: dict[str, IncEx | bool] = {
    "threads": True,
    "output": True,
    "work": True,
    "data": True,  # by content
    "store": True,
    "face": {"fit": _MACHINES, "adapt": {"fit": _MACHINES}},
    "voice": {"fit": _MACHINES},
    "fit": _MACHINES,
}
"""What does not change a result: where it lies, and what computes it."""

_READS: Mapping[str, tuple[str, ...]] = {
    "acted": ("acted",),
    "face": ("face",),
    "adapt": ("face", "acted"),
    "voice": ("voice", "acted"),
    CACHE: ("face", "voice", "acted"),
}
"""Parts of a `CorpusRecipe` that a stage depends on whose folder several recipes may share."""

_SHOWN = 3  # differences in a message


def claim(recipe: Recipe, stage: str) -> bool:
    """Make the folder of a stage this recipe's; True where the stage is done already.

    Raises
    ------
    DataError
        If results of other settings lie in the folder, or it cannot be written to.
    """
    folder = recipe.folder(stage)
    check_claim(recipe, stage)
    if not _results(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / RECIPE, settings_of(recipe, stage))
        except OSError as error:
            raise DataError(f"cannot write to {folder} ({error.strerror}); choose another folder") from error
    return is_done(folder)


def check_claim(recipe: Recipe, stage: str) -> None:
    """Raise a `DataError` if results of other settings lie in the folder of a stage."""
    folder = recipe.folder(stage)
    found = _results(folder)
    if not found:
        return
    key = "work" if isinstance(recipe, CorpusRecipe) else "output"
    advice = f"give another {key}=FOLDER, or remove {folder}"
    path = folder / RECIPE
    if not path.is_file():
        raise DataError(f"{folder}: no {RECIPE} says by which settings {found[0].name} was made; {advice}")
    try:
        theirs = dict(_flat(json.loads(read_text(path, "the settings of a stage", largest=LARGEST_TEXT))))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged; {advice}") from error
    ours = dict(_flat(settings_of(recipe, stage)))
    keys = [key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key) and not _gone(key, ours)]
    if keys:
        changes = ", ".join(_change(key, theirs, ours) for key in keys[:_SHOWN])
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        raise DataError(f"{folder} holds a run of other settings ({changes}{more}); {advice}")


def check_output(recipe: Recipe) -> None:
    """Check that the finished model replaces nothing but an earlier one of this recipe.

    Raises
    ------
    DataError
        If another model or files of the same names lie in the recipe's `output`, or it is the feature store.
    """
    output, advice = recipe.output, "give another output=FOLDER"
    if isinstance(recipe, StoreRecipe) and output.exists() and output.resolve() == recipe.store.resolve():
        raise DataError(f"output={output} is the feature store; {advice}")
    if (output / model_folder.SPEC).is_file():
        try:
            there = model_folder.read_spec(output).name
        except ModelError as error:
            raise DataError(f"{error}; {advice}") from error
        if there != recipe.name:
            raise DataError(f"{output} holds the model {there}; {advice}")
        return
    files = [output / name for name in (model_folder.NETWORK, model_folder.CARD)]
    there_already = [path for path in files if os.path.lexists(path)]
    # Without a description they are of an export that was stopped, which comes after all other stages.
    if there_already and not is_done(recipe.folder("calibration")):
        raise DataError(f"{there_already[0]} is there already; {advice}")


def is_done(folder: Path) -> bool:
    """True when the stage of this folder has finished."""
    return (folder / FIGURES).is_file()


def settings_of(recipe: Recipe, stage: str) -> dict[str, Any]:
    """The settings that the result of a stage depends on, as plain JSON.

    Data stand in it by a digest of their content, which is None where they are not there (any more).
    """
    whole = recipe.model_dump(mode="json", exclude=_NO_MATTER)
    if stage != "calibration":
        del whole["calibration"]
    if not isinstance(recipe, CorpusRecipe):
        assert isinstance(recipe, StoreRecipe)
        return {**whole, "store": _digest_of_store(recipe)}
    parts = _READS.get(stage, ("face", "voice", "acted"))
    if stage in _READS:
        whole = {"seed": recipe.seed, **{part: whole[part] for part in parts}}
        _leave_out_the_rest(whole, recipe, stage)
    digests = {part: _digest(_files(recipe, part)) for part in parts if getattr(recipe, part) is not None}
    return {**whole, "data": digests}


def _leave_out_the_rest(settings: dict[str, Any], recipe: CorpusRecipe, stage: str) -> None:
    """Drop what the parts have for other stages, and add what the cache depends on besides; in place."""
    if stage == "face":
        del settings["face"]["adapt"]
    if settings.get("acted"):
        folds = ("folder",) if stage == "acted" else ("folder", "folds")
        settings["acted"] = {key: settings["acted"][key] for key in folds}
    if stage == "acted":
        del settings["seed"]
    if stage == CACHE:
        settings["paired"] = {"views": recipe.paired.views}


def _files(recipe: CorpusRecipe, part: str) -> list[Path]:
    """The files that a part of a recipe is trained on and measured on."""
    if part == "acted":
        assert recipe.acted is not None
        folder = recipe.data / recipe.acted.folder
        return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else [folder]
    corpora = getattr(recipe, part)
    names = (*corpora.corpora, *corpora.unseen)
    if part == "face":
        return [recipe.data / getattr(recipe.face, name) for name in names]
    published = [] if recipe.voice.published is None else [recipe.data / recipe.voice.published]
    sounds = [
        recipe.data / recipe.voice.speech / f"{name}.{kind}" for name in names for kind in ("csv", "flac")
    ]
    return sounds + published


def _digest(files: Iterable[Path]) -> str | None:
    """SHA-256 over size and beginning of files; None if one is not there."""
    total = hashlib.sha256()
    for path in files:
        if not path.is_file():
            return None
        source = Source.of(path)
        total.update(f"{path.name} {source.size} {source.head} ".encode())
    return total.hexdigest()


def _digest_of_store(recipe: StoreRecipe) -> str | None:
    """SHA-256 over what the recordings of a store were made from; None if it is not there."""
    if not recipe.store.is_dir():
        return None
    metas = "".join(stored.meta.to_json() for stored in FeatureStore(recipe.store))
    return hashlib.sha256(metas.encode()).hexdigest()


def _gone(key: str, ours: Mapping[str, Any]) -> bool:
    """Whether data are no more there to compare: what was made from them is used."""
    return key.partition(".")[0] in ("data", "store") and ours.get(key) is None


def _change(key: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    if key.partition(".")[0] in ("data", "store"):
        return f"{key}: other files"
    before, now = (short(values[key]) if key in values else "absent" for values in (theirs, ours))
    return f"{key}: it has {before}, the recipe {now}"


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested settings as ``key.sub``: value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{prefix}{key}.")
    else:
        yield prefix.removesuffix("."), value


def _results(folder: Path) -> list[Path]:
    """What a stage has left in a folder."""
    kinds = (FIGURES, LAST, "*.npz", f"*/{FIGURES}", f"*/{LAST}")
    return [path for kind in kinds for path in sorted(folder.glob(kind))]


@rank_zero_only
def _write(path: Path, settings: Mapping[str, Any]) -> None:
    with replacing(path) as part:
        part.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
