"""Weights of the authors' own checkpoints into our networks."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from avaffect.errors import ModelError, nearest

from .keys import PARTS, PUBLISHED_KEYS, UNUSED
from .presets import create_published

# The published training scripts put their scores, NumPy numbers, beside the weights. These are the
# names under which NumPy writes a number; none of them runs code of the file's choosing.
_NUMPY_NUMBER = np.float64(0).__reduce__()[0]
_NUMPY_NUMBERS: list[Any] = [
    (_NUMPY_NUMBER, "numpy.core.multiarray.scalar"),
    (_NUMPY_NUMBER, "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64)),
]

# What the restricted unpickler raises on a file it refuses, and on one that is no pickle at all.
_UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)


def import_checkpoint(path: str | Path, name: str, *, head_input: str | None = None) -> nn.Module:
    """Read a published checkpoint into the network of that name.

    Parameters
    ----------
    path : str or pathlib.Path
        A file of `torch.save`: a state dict, or a dict that holds one as "net" (the published
        scripts) or "state_dict". Read with ``weights_only=True``: no code in it is run.
    name : str
        One of `PUBLISHED_KEYS`. Of ``rjcma.abaw6`` the co-attention alone is read, also from a file of the
        whole network.
    head_input : {"visual", "attended"}, optional
        Of the JCA networks: what the heads of that file see; "visual" by default, as first published.

    Returns
    -------
    torch.nn.Module
        In eval mode, with ``published_layout=True`` where that exists, so that its forward is the
        published mathematics.

    Raises
    ------
    ModelError
        A name that is none of those; unreadable file; missing, unexpected, misshapen or infinite weights,
        all listed.
    """
    if name not in PUBLISHED_KEYS:
        raise ModelError(f"no published checkpoint is read as {name!r}; {nearest(name, PUBLISHED_KEYS)}")
    given = {
        key: value
        for key, value in _state_dict(_read(Path(path)), path).items()
        if key.startswith(PARTS.get(name, "")) and not key.startswith(UNUSED.get(name, ()))
    }
    options: dict[str, bool | str] = {} if head_input is None else {"head_input": head_input}
    if "spatial.out.weight" in PUBLISHED_KEYS[name]:
        options["published_layout"] = True
    network = create_published(name, **options)
    own = network.state_dict()
    keys = PUBLISHED_KEYS[name]
    _check(given, {theirs: own[ours] for ours, theirs in keys.items()}, path, name)
    # What is not in the map (the gates' temperature) is no weight, and stays as built.
    loaded = {ours: given[theirs].reshape(own[ours].shape) for ours, theirs in keys.items()}
    network.load_state_dict(own | loaded)
    return network.eval()


def _read(path: Path) -> object:
    if not path.is_file():
        raise ModelError(f"no checkpoint at {path}; expected a file written by torch.save")
    try:
        with torch.serialization.safe_globals(_NUMPY_NUMBERS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        # Not in torch's words: they advise to read it with what runs its code.
        raise ModelError(
            f"{path} is not a checkpoint that can be read safely: it is damaged, or holds more than tensors "
            "and numbers; expected a file of torch.save with these alone"
        ) from error


def _state_dict(content: object, path: str | Path) -> dict[str, Tensor]:
    for holder in ("net", "state_dict"):
        if isinstance(content, Mapping) and isinstance(content.get(holder), Mapping):
            content = content[holder]
    if not isinstance(content, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    ):
        raise ModelError(f"{path} holds no state dict; expected tensors by name, bare or under 'net'")
    # DataParallel puts "module." before every name.
    return {key.removeprefix("module."): value for key, value in content.items()}


def _check(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: str | Path, name: str) -> None:
    """Raise a `ModelError` that lists every key that is missing, unexpected or of another size."""
    faults = []
    if missing := sorted(set(wanted) - set(given)):
        faults.append(f"missing: {', '.join(missing)}")
    if unexpected := sorted(set(given) - set(wanted)):
        faults.append(f"unexpected: {', '.join(unexpected)}")
    misshapen = [
        f"{key} {tuple(given[key].shape)} for {_published_shape(key, wanted[key])}"
        for key in sorted(set(given) & set(wanted))
        if tuple(given[key].shape) != _published_shape(key, wanted[key])
    ]
    if misshapen:
        faults.append(f"of another shape: {', '.join(misshapen)}")
    if odd := sorted(key for key, value in given.items() if not _is_weight(value)):
        faults.append(f"no finite floating-point numbers: {', '.join(odd)}")
    if faults:
        raise ModelError(f"{path} does not fit {name}; {'; '.join(faults)}")


def _is_weight(value: Tensor) -> bool:
    """An ordinary tensor of finite floating-point numbers: not sparse, quantised or without values."""
    if value.layout != torch.strided or value.is_meta or value.is_quantized:
        return False
    return value.is_floating_point() and bool(value.isfinite().all())


def _published_shape(key: str, own: Tensor) -> tuple[int, ...]:
    """Shape in the published file.

    There the initial state has (h or c, layer, direction) in one axis, and the linear layers of the
    pooling are convolutions of one tick.
    """
    if key.endswith(".init_hidden"):
        return (own.shape[:-1].numel(), own.shape[-1])
    if key.startswith("asp.attention.") and own.dim() == 2:
        return (*own.shape, 1)
    return tuple(own.shape)
