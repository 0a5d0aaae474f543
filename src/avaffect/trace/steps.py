"""The most even steps that a recording is cut into."""

from __future__ import annotations

from ..errors import DataError
from ..schema import printable

MOST = 1_000_000
"""Even steps of one recording: of more, a step or a time in it is wrong as a rule."""
MOST_ROWS = 10 * MOST
"""The same of rows of a table."""


def check_steps(
    file: str, span: tuple[float, float], rate: float, *, most: int = MOST, advice: str = "give a longer step"
) -> None:
    """Raise a `DataError` if a span of a file holds too many steps.

    Parameters
    ----------
    file : str
    span : (float, float)
        Seconds.
    rate : float
        Steps per second.
    most : int
    advice : str
        Ends the message.
    """
    count = (span[1] - span[0]) * rate
    if count > most:
        shown = f"{count:,.0f}" if count < 1e12 else f"{count:.0e}"
        raise DataError(
            f"{printable(file)}: {shown} steps from second {span[0]:g} to {span[1]:g}; expected at most"
            f" {most:,}: check its times, or {advice}"
        )
