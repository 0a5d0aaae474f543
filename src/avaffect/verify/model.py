"""What turns similarities into scores, and a trained network, as files: JSON and safetensors.

A folder holds ``verify.json`` and, of a network, ``network.safetensors``. The calibration that ships with
avaffect is such a folder without a network.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from ..construction import constructing
from ..errors import ModelError
from ..files import replacing, writable_folder
from ..fusion.published.person import PersonNetwork
from ..schema import LARGEST_TEXT, Size, from_json
from ..text import read_text
from . import face, voice
from .calibration import Calibration
from .segments import SEGMENTS

SHIPPED = Path(__file__).parents[1] / "weights" / "verify"
SOURCES = {"face": 1, "voice": 1, "both": 2}
"""What is calibrated in every model, and of how many similarities."""

_DESCRIPTION, _NETWORK = "verify.json", "network.safetensors"
_INPUTS = {"visual": face.DIM, "audio": voice.DIM}
_LARGEST = 20_000_000  # numbers in a network
Finite = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Scale:
    """A `Calibration`, as it is stored."""

    weights: tuple[Finite, ...]
    bias: Finite


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Description:
    """A model of person verification.

    Attributes
    ----------
    calibration : mapping of str to Scale
        "face", "voice" and "both": of what the encoders alone find similar. With a network also "network".
    measured : str
        On whom the calibration was measured, and with which figures: printed with every result.
    network : mapping or None
        Options of `create_network`.
    """

    calibration: dict[str, Scale]
    measured: str
    network: dict[str, str | Size | Finite | dict[str, Size]] | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class VerificationModel:
    """A model in use: calibrations by name, a text on what they are worth, and a network or none."""

    calibration: Mapping[str, Calibration]
    measured: str
    network: PersonNetwork | None = None

    def score(self, name: str, *similarities: float) -> float:
        """Score of similarities by one of the calibrations."""
        return float(self.calibration[name](*similarities))


def create_network(options: Mapping[str, Any]) -> PersonNetwork:
    """The network of some options: ``kind``, ``dims``, ``embedding``, ``hidden``, ``dropout``.

    It reads the eight segments and the embeddings that this package makes.
    """
    return PersonNetwork(inputs=_INPUTS, segments=SEGMENTS, **options)


def save_model(
    folder: Path,
    calibration: Mapping[str, Calibration],
    measured: str,
    *,
    network: PersonNetwork | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Write a model's folder.

    Parameters
    ----------
    folder : Path
    calibration : mapping of name to Calibration
    measured : str
    network : PersonNetwork, optional
    options : mapping, optional
        What `create_network` made it from.
    """
    writable_folder(folder)
    scales = {name: Scale(each.weights, each.bias) for name, each in calibration.items()}
    description = Description(scales, measured, dict(options) if network and options else None)
    if network is not None:
        state = {name: value.half().contiguous() for name, value in network.state_dict().items()}
        with replacing(folder / _NETWORK) as part:
            part.write_bytes(save(state))
    with replacing(folder / _DESCRIPTION) as part:
        part.write_text(json.dumps(dataclasses.asdict(description), indent=2) + "\n", encoding="utf-8")


def load_model(folder: Path = SHIPPED) -> VerificationModel:
    """Read a model's folder; by default the calibration that ships with avaffect.

    Raises
    ------
    ModelError
        If it holds no such model, or its weights do not fit.
    """
    path = Path(folder) / _DESCRIPTION
    text = read_text(path, "the description of a verification model", largest=LARGEST_TEXT, error=ModelError)
    described = from_json(Description, text, ModelError, str(path))
    network = None if described.network is None else _network(described.network, Path(folder), str(path))
    needed = {**SOURCES, **({"network": 1} if network is not None else {})}
    calibration = {}
    for name, count in needed.items():
        scale = described.calibration.get(name)
        if scale is None or len(scale.weights) != count:
            raise ModelError(f"{path}: calibration {name!r} with {count} weights is missing")
        calibration[name] = Calibration(scale.weights, scale.bias)
    return VerificationModel(calibration, described.measured, network)


def _network(options: Mapping[str, Any], folder: Path, what: str) -> PersonNetwork:
    with constructing(what, largest=_LARGEST):
        network = create_network(options)
    try:
        state = {name: value.float() for name, value in load_file(folder / _NETWORK).items()}
        network.load_state_dict(state)
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder / _NETWORK}: not the weights that {what} describes ({reason})") from error
    return network.eval()
