"""`avaffect verify`: two recordings in; whether one person is in both."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .predict_options import Detector
from .printed import Console, write_json


class Stream(StrEnum):
    """By what people are compared."""

    FACE = "face"
    VOICE = "voice"


def verify(
    first: Annotated[Path, typer.Argument(help="A video or sound file of one person.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="Another.", show_default=False)],
    only: Annotated[
        Stream | None,
        typer.Option(help="Compare by the face or the voice alone; by default by both.", show_default=False),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(
            help="Score from which on both are taken for one person. At 0, one person is as likely as two;"
            " a higher one takes fewer people for another."
        ),
    ] = 0.0,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            help="Folder of a trained network. By default the scores of face and voice are added.",
            show_default=False,
        ),
    ] = None,
    detector: Detector = "mtcnn",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON for a script to read.")
    ] = False,
) -> None:
    """Tell whether two recordings are of the same person, by face and voice, and by each alone.

    Each recording should show, and let hear, one person. The face needs `pip install 'avaffect[verify]'`;
    `--only voice` does without.

    A score is no proof of an identity. It was calibrated on ten actors who were filmed once each: other
    light, other microphones and other years make one person look and sound like two, and relatives and people
    of one sex and age are taken for one another. Compare only recordings of people who agreed to it.

    Example: avaffect verify monday.mp4 friday.mp4
    """
    import torch

    from ..verify.model import SHIPPED
    from ..verify.verifier import Verifier

    torch.set_num_threads(1)
    verifier = Verifier(
        model=model or SHIPPED,
        only=None if only is None else only.value,
        threshold=threshold,
        detector=detector,
    )
    result = verifier(first, second)
    if as_json:
        write_json(result.summary())
        return
    Console(soft_wrap=True).print(result.describe(), markup=False, highlight=False)
