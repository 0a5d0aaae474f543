"""Models on disk: a folder of ``spec.json``, ``network.safetensors``, a model card, and encoders' weights.

An encoder's weights lie in a file named by their own SHA-256, ``encoders/HASH.safetensors``, in the model's
folder or beside it: models that share an encoder share the file. Nothing is ever unpickled here.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse
from safetensors.torch import save as serialise
from torch import nn

from .errors import ModelError, nearest
from .files import replacing
from .model import AffectModel
from .spec import Spec

NETWORK, SPEC, CARD, ENCODERS = "network.safetensors", "spec.json", "card.md", "encoders"


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
        raise ModelError(f"{folder} holds no model: expected a folder with {SPEC} and {NETWORK}")
    name = str(reference)
    if len(folder.parts) > 1:
        raise ModelError(f"no folder {name}; give the folder of a model, or a name: {', '.join(models)}")
    # Of an architecture without a tag the default is meant.
    hint = f"did you mean '{name}.default'?" if f"{name}.default" in models else nearest(name, models)
    raise ModelError(f"unknown model {name!r}; {hint}")


def read_spec(reference: str | Path) -> Spec:
    """The spec of a model, without its weights."""
    return Spec.from_json((find(reference) / SPEC).read_text(encoding="utf-8"))


def weights_hash(reference: str | Path) -> str:
    """SHA-256 over the weights of the network and the encoders: what identifies a model in results."""
    folder = find(reference)
    digest = hashlib.sha256((folder / NETWORK).read_bytes())
    for name, stream in sorted(read_spec(folder).streams.items()):
        digest.update(f"{name} {stream.encoder_weights}".encode())
    return digest.hexdigest()


def load(reference: str | Path) -> AffectModel:
    """Build a model from its spec and load its weights (float32, evaluation mode).

    Raises
    ------
    ModelError
        If there is no such model, or the weights do not fit the spec.
    """
    folder = find(reference)
    model = AffectModel(read_spec(folder))
    for name, encoder in model.encoders.items():
        _fill(encoder, _encoder_file(folder, name, model.spec.streams[name].encoder_weights))
    _fill(model.network, folder / NETWORK)
    return model.eval()


def save(
    model: AffectModel,
    folder: str | Path,
    *,
    card: str,
    half: bool = False,
    encoders: str | Path | None = None,
) -> Path:
    """Write a model's spec, weights and card.

    Parameters
    ----------
    folder : path
        Gets ``spec.json``, ``network.safetensors`` and ``card.md``.
    card : str
        The model card, markdown.
    half : bool
        Store floating-point tensors as float16: half the size, read back as float32.
    encoders : path, optional
        Where the encoders' files go, ``folder/encoders`` by default. Models in one folder share them in an
        ``encoders`` folder beside their own.

    Returns
    -------
    Path
        The folder.
    """
    folder = Path(folder)
    shared = folder / ENCODERS if encoders is None else Path(encoders)
    folder.mkdir(parents=True, exist_ok=True)
    streams = dict(model.spec.streams)
    for name, encoder in model.encoders.items():
        content = _content(encoder, half=half)
        digest = hashlib.sha256(content).hexdigest()
        shared.mkdir(parents=True, exist_ok=True)
        _write(shared / f"{digest}.safetensors", content)
        streams[name] = replace(streams[name], encoder_weights=digest)
    _write(folder / NETWORK, _content(model.network, half=half))
    _write(folder / CARD, card.encode())
    # Last: a folder with a spec is a whole model.
    _write(folder / SPEC, replace(model.spec, streams=streams).to_json().encode())
    return folder


def _encoder_file(folder: Path, stream: str, digest: str) -> Path:
    """Where the weights of an encoder lie: in the model's folder, or beside it."""
    places = [place / ENCODERS / f"{digest}.safetensors" for place in (folder, folder.resolve().parent)]
    for path in places:
        if path.is_file():
            return path
    raise ModelError(
        f"{folder} lacks the weights of its {stream} encoder: expected {places[0]}; copy all of it"
    )


def _fill(module: nn.Module, path: Path) -> None:
    """Load a file's tensors into a module."""
    try:
        state = parse(path.read_bytes())
        module.load_state_dict({name: _widen(value) for name, value in state.items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{path} does not fit its {SPEC}: {reason}") from error


def _content(module: nn.Module, *, half: bool) -> bytes:
    """A module's tensors as a safetensors file."""
    state = module.state_dict()
    return serialise({k: (_narrow(v) if half else v).contiguous().cpu() for k, v in state.items()})


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(content)


def _widen(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value


def _narrow(value: torch.Tensor) -> torch.Tensor:
    return value.half() if value.is_floating_point() else value
