"""One network per modality, from raw input to features; one file each."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import nn

from ..errors import ModelError, nearest

_ENCODERS = {"face": "FaceNet", "voice": "VoiceNet"}  # file -> class


def list_encoders() -> list[str]:
    """Names that `create_encoder` takes."""
    return sorted(_ENCODERS)


def create_encoder(name: str, **options: Any) -> nn.Module:
    """Build an encoder by name, with untrained weights.

    Parameters
    ----------
    name : str
        One of `list_encoders()`.
    **options
        Keyword arguments of the encoder's class.

    Raises
    ------
    ModelError
        If there is no such encoder, or it does not take the options.

    Examples
    --------
    >>> create_encoder("face", widths=(8, 16)).dim
    128
    """
    if name not in _ENCODERS:
        raise ModelError(f"unknown encoder {name!r}; {nearest(name, _ENCODERS)}")
    encoder = getattr(import_module(f".{name}", __name__), _ENCODERS[name])
    try:
        return encoder(**options)
    except TypeError as error:
        raise ModelError(f"encoder {name!r} does not take these options: {error}") from error
