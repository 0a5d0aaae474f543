"""The visual stream of one person whose faces were cut from the video beforehand, as in Aff-Wild2.

What is known of such a face is its crop and the time of its frame. How large it was in the picture, and where
its eyes and mouth are, is not known, and another program aligned it. So its lips are not read
(`avaffect.face.mouth` needs both), and the active-speaker test never takes the voice from the person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .person import Person
from .quality import face_detail
from .timeline import Timeline
from .visual import BATCH, Embed, VisualStream


def cut_face_stream(
    times: np.ndarray,
    with_face: Sequence[int],
    read: Callable[[int], np.ndarray | None],
    embed: Embed,
    timeline: Timeline,
) -> VisualStream:
    """The stream of one person from cut faces: of each tick the face nearest to its centre.

    Parameters
    ----------
    times : (n,) np.ndarray
        When each frame of the video is shown, in seconds.
    with_face : sequence of int
        Numbers, from 0, of the frames that have a cut face.
    read : callable
        Frame number to crop, (112, 112, 3) uint8 RGB, or None if it cannot be read: the tick then takes the
        next nearest.
    embed : callable
        (n, 112, 112, 3) uint8 crops to (n, d) float32.
    timeline : Timeline
    """
    frames = np.asarray(with_face, dtype=int)
    ticks = timeline.ticks(times[frames])
    distance = np.abs(times[frames] - (ticks + 0.5) / timeline.tick_rate)
    person = Person(track=1)
    waiting: dict[int, np.ndarray] = {}

    def flush() -> None:
        if waiting:
            crops = np.stack(list(waiting.values()))
            for tick, feature, detail in zip(waiting, embed(crops), face_detail(crops).tolist(), strict=True):
                person.features[tick], person.detail[tick] = feature, detail
            waiting.clear()

    last = -1
    for i in np.lexsort((distance, ticks)).tolist():  # tick by tick, the nearest to its centre first
        tick = int(ticks[i])
        if tick == last:
            continue
        crop = read(int(frames[i]))
        if crop is not None:
            waiting[tick] = crop
            last = tick
        if len(waiting) == BATCH:
            flush()
    flush()
    return VisualStream(times, np.arange(len(times)), [person] if len(person.features) else [])
