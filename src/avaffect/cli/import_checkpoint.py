"""`avaffect import-checkpoint`: a published state dict in, our network's weights out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ..files import as_text, replacing, writable_file
from .printed import Console


def import_checkpoint(
    checkpoint: Annotated[Path, typer.Argument(help="A file of torch.save.", show_default=False)],
    name: Annotated[
        str, typer.Option("--as", help="The published network, e.g. rjca.icassp2023.", show_default=False)
    ],
    head_input: Annotated[
        str | None,
        typer.Option("--head-input", help="What the heads of a JCA file see: visual or attended."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write; default: NAME.safetensors.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is no imported network.")
    ] = False,
) -> None:
    """Turn a published checkpoint into safetensors under our names.

    The file is read with weights_only=True: no code in it is run. It is refused, with a list, if weights
    are missing, unexpected or of another shape.

    Example: avaffect import-checkpoint official.pt --as rjca.icassp2023
    """
    from safetensors.torch import save

    from ..fusion.published import import_checkpoint as read

    target = out or Path(f"{name}.safetensors")
    writable_file(target, inputs=[checkpoint], is_ours=_is_imported, overwrite=overwrite)
    network = read(checkpoint, name, head_input=head_input)
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    with replacing(target) as part:
        metadata = {"network": name, "source": as_text(checkpoint.name)}
        if head_input is not None:
            metadata["head_input"] = head_input
        part.write_bytes(save(state, metadata=metadata))
    count = sum(value.numel() for value in network.parameters())
    Console().print(f"{escape(str(target))}: {name}, {count:,} parameters", highlight=False, soft_wrap=True)


def _is_imported(path: Path) -> bool:
    """Whether a file was written by this verb."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return "network" in (file.metadata() or {})
    except (SafetensorError, OSError):
        return False
