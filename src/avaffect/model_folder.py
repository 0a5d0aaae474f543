"""Models on disk: a folder of ``spec.json``, ``network.safetensors``, a model card, and encoders' weights.

An encoder's weights lie in files named by their own SHA-256, ``encoders/HASH.safetensors``, in the model's
folder or beside it: one for each of its frozen parts, one for the rest. Models that share an encoder, or a
frozen part of it, share the file. Nothing is ever unpickled here.

Where `avaffect.export` made them, ONNX graphs lie beside: ``network.onnx``, and ``encoders/HASH.onnx`` by the
first file of the encoder. Their weights are those files.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

from .errors import ModelError, nearest
from .schema import LARGEST_TEXT
from .spec import Spec, Stream
from .text import read_text

NETWORK, SPEC, CARD, ENCODERS = "network.safetensors", "spec.json", "card.md", "encoders"
GRAPH = "network.onnx"


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
    """The spec of a model, without its weights.

    Raises
    ------
    ModelError
        If there is no such model, or its spec does not describe one.
    """
    path = find(reference) / SPEC
    text = read_text(path, "a model's description", largest=LARGEST_TEXT, error=ModelError)
    return Spec.from_json(text, name=str(path))


def read_card(reference: str | Path) -> str:
    """The card of a model, markdown.

    Raises
    ------
    ModelError
        If there is no such model, or it has no card that can be read.
    """
    text = read_text(find(reference) / CARD, "the model's card", largest=LARGEST_TEXT, error=ModelError)
    return "".join(c for c in text if c.isprintable() or c in "\n\t")  # no commands to the terminal


def weights_hash(reference: str | Path) -> str:
    """SHA-256 over the weights of the network and the encoders: what identifies a model in results."""
    folder = find(reference)
    digest = hashlib.sha256(read_weights(folder / NETWORK))
    for name, stream in sorted(read_spec(folder).streams.items()):
        digest.update(" ".join([name, *stream.encoder_weights]).encode())
    return digest.hexdigest()


def encoder_files(folder: Path, name: str, stream: Stream) -> dict[Path, str]:
    """The files of a stream's encoder, in the model's folder or beside it, and the SHA-256 of each.

    Raises
    ------
    ModelError
        If one is not there.
    """
    if not stream.encoder_weights:
        raise ModelError(f"{folder / SPEC} names no weights of its {name} encoder; save the model again")
    found = {}
    for digest in stream.encoder_weights:
        places = [place / ENCODERS / f"{digest}.safetensors" for place in (folder, folder.resolve().parent)]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise ModelError(
                f"{folder} lacks the weights of its {name} encoder: expected {places[0]}; copy all of it"
            )
        found[path] = digest
    return found


def read_weights(path: Path) -> bytes:
    """A file of weights, as it is.

    Raises
    ------
    ModelError
        If it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"{path} is not a regular file; expected weights in safetensors")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); copy the whole folder") from error
