"""What is given for each tick of a stream: who is there, and what is read from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

NAN = float("nan")


@dataclass(frozen=True)
class PersonTick:
    """One person at one tick. What is not known is NaN, or None.

    Attributes
    ----------
    track : int or None
        The person's number, from 1; None for a voice that belongs to nobody in view.
    valence, valence_lo, valence_hi, arousal, arousal_lo, arousal_hi : float
        Values in [-1, 1] and the ends of their intervals; NaN where neither face nor voice is there.
    source : str or None
        What they rest on: ``"face+voice"``, ``"face"`` or ``"voice"``.
    confidence : float
        Of the face, in [0, 1].
    box : tuple of float or None
        The face: x1, y1, x2, y2 in pixels of the pushed picture.
    speaking : float
        Probability that this person speaks.
    gates : mapping of str to float
        ``attended_audio``, ``attended_visual``, ``share_audio``, ``share_visual`` in [0, 1].
    """

    track: int | None
    valence: float = NAN
    valence_lo: float = NAN
    valence_hi: float = NAN
    arousal: float = NAN
    arousal_lo: float = NAN
    arousal_hi: float = NAN
    source: str | None = None
    confidence: float = NAN
    box: tuple[float, float, float, float] | None = None
    speaking: float = NAN
    gates: Mapping[str, float] = field(default_factory=dict)

    @property
    def available(self) -> dict[str, bool]:
        """Whether the face and the voice were there.

        >>> PersonTick(1, source="voice").available
        {'face': False, 'voice': True}
        """
        parts = (self.source or "").split("+")
        return {name: name in parts for name in ("face", "voice")}


@dataclass(frozen=True)
class Tick:
    """What was read at one tick.

    Attributes
    ----------
    index : int
        Number of the tick: it covers the seconds from ``start`` to ``end`` of the stream's clock.
    start, end : float
        Seconds.
    people : tuple of PersonTick
        Everyone in view by number, and last a voice that is nobody's; empty where nobody is there.
    speech : float
        Probability that somebody speaks; NaN without sound.
    frame : int or None
        Number of the picture that was looked at, counted over all that were pushed; None without one.
    delay : float
        Seconds from the arrival of that picture (without one, of the sound) to this tick.
    """

    index: int
    start: float
    end: float
    people: tuple[PersonTick, ...]
    speech: float = NAN
    frame: int | None = None
    delay: float = NAN

    @property
    def time(self) -> float:
        """Middle of the tick in seconds."""
        return (self.start + self.end) / 2

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: what is not known is None.

        >>> told = Tick(3, 0.24, 0.32, (PersonTick(1, valence=0.5),)).as_dict()
        >>> (person,) = told["people"]
        >>> person["valence"]
        0.5
        """
        people = [asdict(person) | {"available": person.available} for person in self.people]
        return _plain(asdict(self) | {"time": self.time, "people": people})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value
