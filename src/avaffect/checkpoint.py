"""Models as torch modules, from disk and to it; `model_folder` says what lies where."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse
from safetensors.torch import save as serialise
from torch import nn

from .arguments import checks_types
from .construction import constructing
from .encoder import Encoder
from .errors import ModelError
from .files import replacing
from .model import AffectModel
from .model_folder import CARD, ENCODERS, GRAPH, NETWORK, SPEC, encoder_files, find, read_spec, read_weights
from .spec import Stream

NOT_STORED = 4_000_000
"""Numbers that a network may hold beside its weights: tables that it computes itself."""

State = Mapping[str, torch.Tensor]


@checks_types
def load(reference: str | Path) -> AffectModel:
    """Build a model from its spec and load its weights (float32, evaluation mode).

    Raises
    ------
    ModelError
        If there is no such model, or the weights do not fit the spec.
    """
    folder = find(reference)
    spec = read_spec(folder)
    encoders = {
        name: _encoder_weights(folder, name, stream)
        for name, stream in spec.streams.items()
        if stream.encoder is not None
    }
    network = {folder / NETWORK: _weights(folder / NETWORK)}
    files = [state for weights in (network, *encoders.values()) for state in weights.values()]
    held = sum(value.numel() for state in files for value in state.values())
    with constructing(str(folder / SPEC), largest=held + NOT_STORED):
        model = AffectModel(spec)
    for name, encoder in model.encoders.items():
        _fill(encoder, encoders[name])
    _fill(model.network, network)
    return model.eval()


@checks_types
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
        Store floating-point tensors as float16: half the size, read back as float32. A file of an
        encoder is stored so in any case if that loses nothing: frozen parts that were published in float16.
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
        shared.mkdir(parents=True, exist_ok=True)
        digests = []
        for state in _parts(cast(Encoder, encoder)):
            content = _content(state, half=half or _is_half(state))
            digests.append(hashlib.sha256(content).hexdigest())
            _write(shared / f"{digests[-1]}.safetensors", content)
        streams[name] = replace(streams[name], encoder_weights=tuple(digests))
    _write(folder / NETWORK, _content(model.network.state_dict(), half=half))
    _write(folder / CARD, card.encode())
    (folder / GRAPH).unlink(missing_ok=True)  # of other weights
    # Last: a folder with a spec is a whole model.
    _write(folder / SPEC, replace(model.spec, streams=streams).to_json().encode())
    return folder


def _parts(encoder: Encoder) -> list[State]:
    """The weights of an encoder, file by file: first its own, then those of each frozen part."""
    state = encoder.state_dict()
    frozen = [
        {name: value for name, value in state.items() if name.startswith(f"{part}.")}
        for part in encoder.frozen
    ]
    own = {name: value for name, value in state.items() if not any(name in part for part in frozen)}
    return [own, *frozen]


def _encoder_weights(folder: Path, name: str, stream: Stream) -> dict[Path, State]:
    """The weights of a stream's encoder by the files that they lie in."""
    paths = encoder_files(folder, name, stream)
    return {path: _weights(path, digest) for path, digest in paths.items()}


def _weights(path: Path, digest: str = "") -> State:
    """The tensors of a file; ``digest`` is the SHA-256 that the file is named by.

    Raises
    ------
    ModelError
        If the file cannot be read, is not the one that was named, or holds weights that no training gives.
    """
    content = read_weights(path)
    try:
        state = parse(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelError(f"{path} does not fit its {SPEC}: {_reason(error)}") from error
    if digest and hashlib.sha256(content).hexdigest() != digest:
        raise ModelError(f"{path} is not the file that its name says: it was changed; copy it again")
    for name, value in state.items():
        if value.is_floating_point() and not value.isfinite().all():
            raise ModelError(
                f"{path}: {name} holds values that are no finite numbers; copy or train it again"
            )
    return state


def _fill(module: nn.Module, files: Mapping[Path, State]) -> None:
    """Put the tensors of some files into a module."""
    own, whole = module.state_dict(), {}
    for path, state in files.items():
        for name, value in state.items():
            if name in own and value.is_floating_point() != own[name].is_floating_point():
                raise ModelError(
                    f"{path} does not fit its {SPEC}: {name} is {_kind(value)}; expected {_kind(own[name])}"
                )
            whole[name] = _widen(value)
    try:
        module.load_state_dict(whole)
    except RuntimeError as error:
        where = " with ".join(map(str, files))
        raise ModelError(f"{where} does not fit its {SPEC}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _kind(value: torch.Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _content(state: State, *, half: bool) -> bytes:
    """Tensors as a safetensors file."""
    return serialise({k: (_narrow(v) if half else v).contiguous().cpu() for k, v in state.items()})


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(content)


def _is_half(state: State) -> bool:
    """Whether float16 holds all values of a file exactly."""
    return all(torch.equal(_widen(_narrow(value)), value) for value in state.values())


def _widen(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value


def _narrow(value: torch.Tensor) -> torch.Tensor:
    """As float16, unless that is too small for it."""
    fits = value.is_floating_point() and bool(value.half().isfinite().all())
    return value.half() if fits else value
