"""`avaffect export`: a model in a form that runs without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ..files import as_text
from .printed import Console


def export(
    model: Annotated[
        str, typer.Argument(help="Name of an embedded model, or a model's folder.", show_default=False)
    ],
    onnx: Annotated[
        Path,
        typer.Option(
            "--onnx", help="Folder for the model and its graphs; MODEL itself adds them.", show_default=False
        ),
    ],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write into a folder that holds another model.")
    ] = False,
) -> None:
    """Write a model's networks as ONNX graphs, so that it predicts without torch.

    The folder is a model like any other: `avaffect predict VIDEO --model FOLDER`. The graphs take their
    weights from the safetensors files beside them; any ONNX runtime opens them. Needs
    `pip install 'avaffect[export]'`.

    Example: avaffect export out/mymodel --onnx out/mymodel-light
    """
    from ..export.model import export_model

    folder = export_model(model, onnx, overwrite=overwrite)
    Console().print(f"Written: {escape(as_text(folder))}", highlight=False, soft_wrap=True)
