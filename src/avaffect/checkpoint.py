"""Weights on disk: a folder of ``model.safetensors``, ``spec.json`` and the model card ``card.md``.

Nothing is ever unpickled here.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from .errors import ModelError, nearest
from .model import AffectModel
from .spec import Spec

WEIGHTS, SPEC, CARD = "model.safetensors", "spec.json", "card.md"


def embedded() -> dict[str, Path]:
    """The models that ship inside the package, by name."""
    root = Path(str(files("avaffect"))) / "weights"
    return {path.parent.name: path.parent for path in sorted(root.glob(f"*/{SPEC}"))}


def find(reference: str | Path) -> Path:
    """The folder of a model given by name (``hgrjca.default``) or by path.

    Raises
    ------
    ModelError
        If it is neither an embedded model nor a folder with a spec.
    """
    models = embedded()
    if str(reference) in models:
        return models[str(reference)]
    folder = Path(reference)
    if (folder / SPEC).is_file():
        return folder
    if folder.exists():
        raise ModelError(f"{folder} holds no model: expected a folder with {SPEC} and {WEIGHTS}")
    raise ModelError(f"unknown model {str(reference)!r}; {nearest(str(reference), models)}")


def read_spec(reference: str | Path) -> Spec:
    """The spec of a model, without its weights."""
    return Spec.from_json((find(reference) / SPEC).read_text(encoding="utf-8"))


def weights_hash(reference: str | Path) -> str:
    """SHA-256 of the weights file: what identifies a model in results."""
    return hashlib.sha256((find(reference) / WEIGHTS).read_bytes()).hexdigest()


def load(reference: str | Path) -> AffectModel:
    """Build a model from its spec and load its weights (float32, evaluation mode).

    Raises
    ------
    ModelError
        If there is no such model, or the weights do not fit the spec.
    """
    folder = find(reference)
    model = AffectModel(read_spec(folder))
    try:
        state = load_file(folder / WEIGHTS)
        model.load_state_dict({name: _widen(value) for name, value in state.items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder / WEIGHTS} does not fit its {SPEC}: {reason}") from error
    return model.eval()


def save(model: AffectModel, folder: str | Path, *, card: str, half: bool = False) -> Path:
    """Write a model's spec, weights and card.

    Parameters
    ----------
    half : bool
        Store floating-point tensors as float16: half the size, read back as float32.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: (_narrow(value) if half else value).contiguous() for name, value in model.state_dict().items()
    }
    temporary = folder / f".{WEIGHTS}.part"
    save_file(state, temporary)
    temporary.replace(folder / WEIGHTS)
    for name, text in ((SPEC, model.spec.to_json()), (CARD, card)):
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return folder


def _widen(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value


def _narrow(value: torch.Tensor) -> torch.Tensor:
    return value.half() if value.is_floating_point() else value
