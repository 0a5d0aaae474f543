"""`avaffect import-checkpoint`: a published state dict in, our network's weights out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ..files import replacing


def import_checkpoint(
    checkpoint: Annotated[Path, typer.Argument(help="A file of torch.save.", show_default=False)],
    name: Annotated[
        str, typer.Option("--as", help="The published network, e.g. rjca.icassp2023.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write; default: NAME.safetensors.")
    ] = None,
) -> None:
    """Turn a published checkpoint into safetensors under our names.

    The file is read with weights_only=True: no code in it is run. It is refused, with a list, if weights
    are missing, unexpected or of another shape.

    Example: avaffect import-checkpoint official.pt --as rjca.icassp2023
    """
    from safetensors.torch import save_file

    from ..fusion.published import import_checkpoint as read

    network = read(checkpoint, name)
    target = out or Path(f"{name}.safetensors")
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    with replacing(target) as part:
        save_file(state, part, metadata={"network": name, "source": checkpoint.name})
    count = sum(value.numel() for value in network.parameters())
    Console().print(f"{escape(str(target))}: {name}, {count:,} parameters", highlight=False, soft_wrap=True)
