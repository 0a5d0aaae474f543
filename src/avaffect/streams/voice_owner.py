"""Whose voice is heard: each person's own, and what belongs to nobody in view.

In view, a person has the voice unless they are known to listen (`active_speaker`). Out of view, a person has
none: whoever is heard may be somebody else. There is one exception, somebody who speaks and turns away from
the camera for a moment: see `own_voice`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .active_speaker import is_speaking, speaking_probability
from .person import Person, in_view, person_span
from .timeline import Stretch, Timeline
from .visual import VisualStream

AWAY = 5.0
"""Seconds for which a person who is out of view keeps the voice at most."""

SHORTEST = 1.0
"""Seconds: while somebody is in view, a voice that is heard for less is not told apart from theirs."""


@dataclass(frozen=True, eq=False)
class Voice:
    """Of one person, tick by tick between first and last sight.

    Attributes
    ----------
    own : Stretch of bool
        Where the voice is taken for theirs.
    speaking : Stretch
        Probability that they speak; NaN where it is unknown.
    """

    own: Stretch
    speaking: Stretch


class Voices:
    """Whose the voice is at every tick of a recording.

    Parameters
    ----------
    visual : VisualStream
    active : (t,) np.ndarray of bool
        Where speech is heard, whoever speaks.
    ends : (n,) np.ndarray
        End of each frame in seconds.
    timeline : Timeline

    Attributes
    ----------
    unclaimed : Stretch of bool
        Where speech is heard that belongs to nobody in view; of the whole recording. While somebody is in
        view, only from `SHORTEST` seconds on: the ends of turns are not told that exactly.
    """

    def __init__(
        self, visual: VisualStream, active: np.ndarray, ends: np.ndarray, timeline: Timeline
    ) -> None:
        rate, ticks, people = timeline.tick_rate, len(active), visual.people
        spans = [slice(*person_span(person, visual.times, ends, timeline)) for person in people]
        views = [in_view(person, visual.times, ends, timeline) for person in people]
        motion = [p.mouth.between(s.start, s.stop) for p, s in zip(people, spans, strict=True)]
        found = speaking_probability(motion, active, rate, [span.start for span in spans])
        count = np.zeros(ticks, dtype=int)
        for span, seen in zip(spans, views, strict=True):
            count[span] += seen
        cuts = [timeline.tick(float(visual.times[cut])) for cut in visual.cuts]
        shot = np.searchsorted(cuts, np.arange(ticks), side="right")
        unclaimed = active.copy()
        self._voices: dict[int, Voice] = {}
        for person, span, seen, speaking in zip(people, spans, views, found, strict=True):
            alone = count[span] == seen
            own = own_voice(seen, speaking, active[span], alone, shot[span], round(AWAY * rate))
            # Out of view, what the mouth last did says nothing of a voice that is not theirs.
            told = np.where(seen | own, speaking, np.nan)
            self._voices[person.track] = Voice(Stretch(span.start, own), Stretch(span.start, told))
            unclaimed[span] &= ~own
        self.unclaimed = Stretch(0, _lasting(unclaimed, count > 0, round(SHORTEST * rate)))

    def of(self, person: Person) -> Voice:
        """What is known of a person's voice."""
        return self._voices[person.track]


def own_voice(
    in_view: np.ndarray,
    speaking: np.ndarray,
    active: np.ndarray,
    alone: np.ndarray,
    shot: np.ndarray,
    longest: int,
) -> np.ndarray:
    """Where the voice is taken for a person's own: (t,) bool.

    In view: where speech is heard and they are not known to listen. Out of view: after the last such tick,
    and before the next, as long as the same stretch of speech and the same shot go on, nobody else is in view
    and they are not known to listen; for ``longest`` ticks at most.

    Parameters
    ----------
    in_view : (t,) np.ndarray of bool
        Where the face is seen.
    speaking : (t,) np.ndarray
        `active_speaker.speaking_probability` of the person.
    active : (t,) np.ndarray of bool
        Where speech is heard, whoever speaks.
    alone : (t,) np.ndarray of bool
        Where nobody else is in view.
    shot : (t,) np.ndarray of int
        Number of the shot.

    Examples
    --------
    >>> seen = np.array([True, True, False, False, False, False, True])
    >>> everywhere, one_shot = np.ones(7, bool), np.zeros(7, int)
    >>> own_voice(seen, np.full(7, np.nan), everywhere, everywhere, one_shot, 1).astype(int)
    array([1, 1, 1, 0, 0, 1, 1])
    """
    candidate = active & is_speaking(speaking)
    own = candidate & in_view
    edges = np.flatnonzero(np.diff(in_view.astype(np.int8), prepend=1, append=1))
    for start, stop in edges.reshape(-1, 2):  # the times out of view
        free = candidate[start:stop] & alone[start:stop]
        after, before = np.zeros(stop - start, bool), np.zeros(stop - start, bool)
        if start > 0 and own[start - 1]:
            same = free & (shot[start:stop] == shot[start - 1])
            after[:longest] = np.logical_and.accumulate(same)[:longest]
        if stop < len(own) and own[stop]:
            same = free & (shot[start:stop] == shot[stop])
            before[::-1][:longest] = np.logical_and.accumulate(same[::-1])[:longest]
        own[start:stop] = after | before
    return own


def _lasting(unclaimed: np.ndarray, watched: np.ndarray, least: int) -> np.ndarray:
    """``unclaimed`` (t,) bool without the stretches of less than ``least`` ticks that are all ``watched``."""
    out = unclaimed.copy()
    edges = np.flatnonzero(np.diff(unclaimed.astype(np.int8), prepend=0, append=0))
    for start, stop in edges.reshape(-1, 2):
        if stop - start < least and watched[start:stop].all():
            out[start:stop] = False
    return out
