"""Encoders: one network per modality, from raw input to features; one file each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..arguments import checks_types
from ..registry import Registry
from .base import AudioEncoder, Encoder, VisualEncoder, check_encoder

__all__ = [
    "AudioEncoder",
    "Encoder",
    "VisualEncoder",
    "check_encoder",
    "create_encoder",
    "list_encoders",
    "register",
]

_Kind = TypeVar("_Kind", bound=type[Encoder])

ENCODERS: Registry[Encoder] = Registry(
    "encoder",
    "avaffect.encoders",
    {
        "face": "avaffect.encoder.face:FaceNet",
        "voice": "avaffect.encoder.voice:VoiceNet",
        "whisper": "avaffect.encoder.whisper:WhisperVoice",
    },
    base="avaffect.encoder.base:Encoder",
)


@checks_types
def register(name: str) -> Callable[[_Kind], _Kind]:
    """Class decorator: make an encoder known by name to `create_encoder`.

    Raises
    ------
    ModelError
        The name is taken.
    """
    return ENCODERS.register(name)


def list_encoders() -> list[str]:
    """Names that `create_encoder` takes, sorted.

    >>> list_encoders()
    ['face', 'voice', 'whisper']
    """
    return ENCODERS.names()


@checks_types
def create_encoder(name: str, **options: Any) -> Encoder:
    """Build an encoder by name, with untrained weights.

    Parameters
    ----------
    name : str
        One of `list_encoders()`.
    **options
        Keyword options of the encoder's class.

    Raises
    ------
    ModelError
        Unknown name or option (the nearest is named), or values that do not fit.

    Examples
    --------
    >>> create_encoder("face", widths=(8, 16)).dim
    128
    """
    return ENCODERS.create(name, **options)
