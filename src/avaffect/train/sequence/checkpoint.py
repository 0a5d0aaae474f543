"""A trained sequence model on disk: a folder of ``model.safetensors`` and ``sequence.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ...errors import ModelError
from ...files import replacing
from ...spec import Component
from .model import SequenceModel

WEIGHTS, DESCRIPTION = "model.safetensors", "sequence.json"


@dataclass(frozen=True)
class SequenceSpec:
    """What a trained sequence model is.

    Attributes
    ----------
    name : str
    dims : mapping of str to int
        Feature size by stream, in the fusion's order.
    targets : tuple of str
    options : mapping
        Further arguments of `SequenceModel`; components as {"name": ..., "options": ...}.
    rate : float
        Ticks per second (Hz).
    window : float
        Seconds that it was trained on at once.
    corpus : str
    encoders : str
        What made the features: `avaffect.corpus.store.Meta.encoders`.
    metrics : mapping
        Validation figures.
    code_version : str
    """

    name: str
    dims: Mapping[str, int]
    targets: tuple[str, ...]
    options: Mapping[str, Any]
    rate: float
    window: float
    corpus: str = ""
    encoders: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    code_version: str = ""

    def model(self) -> SequenceModel:
        """The model, with untrained weights."""
        options = dict(self.options)
        for part in ("temporal", "fusion", "joint"):
            if options.get(part) is not None:
                options[part] = Component(**options[part])
        return SequenceModel(self.dims, targets=tuple(self.targets), **options)


def save_sequence(model: SequenceModel, spec: SequenceSpec, folder: Path) -> None:
    """Write weights and description; each is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / WEIGHTS) as part:
        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, part)
    with replacing(folder / DESCRIPTION) as part:
        part.write_text(json.dumps(asdict(spec), indent=2) + "\n", encoding="utf-8")


def load_sequence(folder: str | Path) -> tuple[SequenceModel, SequenceSpec]:
    """Read what `save_sequence` wrote, in evaluation mode.

    Raises
    ------
    ModelError
        If it is not there or not whole.
    """
    folder = Path(folder)
    try:
        spec = SequenceSpec(**json.loads((folder / DESCRIPTION).read_text(encoding="utf-8")))
        model = spec.model()
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, SafetensorError, ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: not a trained sequence model ({reason}); train it again") from error
    return model.eval(), spec
