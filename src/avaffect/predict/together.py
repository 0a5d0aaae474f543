"""The network over all people of a recording together: overlapping windows, cross-faded.

A window is only run where a person has a face or a voice, so that the cost of a person is that of the time
for which there is something to read. What is masked changes no other tick; at both ends of a window it is cut
off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..overlap import OverlapAdd, triangle
from ..runtime import Runtime
from ..windows import window_starts

BATCH = 4
"""Whole windows at a time; more are no quicker, and their memory stays with the runtime."""

TOGETHER = 4096
"""Ticks of people that are run together: enough to fill batches with short appearances."""


@dataclass
class Clip:
    """What the network reads of one person, from tick ``first`` of the recording on.

    Attributes
    ----------
    read : callable
        Features by stream, (stop - start, d), of ticks ``start`` to ``stop`` of the clip.
    masks : mapping of str to (t,) np.ndarray of bool
    first : int
        Tick of the recording that comes first.
    """

    read: Callable[[int, int], Mapping[str, np.ndarray]]
    masks: Mapping[str, np.ndarray]
    first: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.masks.values())))

    def part(self, start: int, stop: int) -> tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
        """Features and masks of some of its ticks."""
        return self.read(start, stop), {name: mask[start:stop] for name, mask in self.masks.items()}


class Output(NamedTuple):
    """What the network says of one person, over the ticks of its `Clip`.

    Attributes
    ----------
    values : (t, targets) np.ndarray
        NaN at ticks that no window with an available tick reaches.
    gates : dict of str to (t,) np.ndarray
        ``attended.<stream>`` or ``share.<stream>``, as in `avaffect.fusion.Fused`; empty for fusions
        without such gates, and where nothing is available at all.
    """

    values: np.ndarray
    gates: dict[str, np.ndarray]


def slide_all(model: Runtime, clips: Iterable[Clip], ticks: int) -> Iterator[Output]:
    """What `avaffect.sliding.slide` gives, for many people of a recording, in their order.

    Windows lie at the same ticks for everybody and weigh in by a triangle that is largest in their middle,
    where context is on both sides. A person's values are those of a run over the whole recording with
    everything masked that their clip does not cover.

    Parameters
    ----------
    ticks : int
        Length of the recording.
    """
    waiting: list[Clip] = []
    for clip in clips:
        waiting.append(clip)
        if sum(map(len, waiting)) >= TOGETHER:
            yield from _run(model, waiting, ticks)
            waiting = []
    yield from _run(model, waiting, ticks)


@dataclass(frozen=True)
class _Window:
    """Ticks ``start`` to ``stop`` of a clip, and how much each counts, (stop - start,).

    They stand behind ``lead`` masked ticks in an input of ``size`` ticks.
    """

    owner: int
    start: int
    stop: int
    share: np.ndarray
    lead: int
    size: int

    @property
    def place(self) -> slice:
        """Where in the input the ticks stand."""
        return slice(self.lead, self.lead + self.stop - self.start)


def _run(model: Runtime, clips: list[Clip], ticks: int) -> list[Output]:
    windows = [window for k, clip in enumerate(clips) for window in _windows(model, k, clip, ticks)]
    sums = [OverlapAdd(len(clip), taper=True) for clip in clips]
    for batch in _batches(windows):
        parts = [clips[window.owner].part(window.start, window.stop) for window in batch]
        features, masks = (
            {name: _stack([one[name] for one in some], batch) for name in some[0]}
            for some in zip(*parts, strict=True)
        )
        found = model.fuse(features, masks)
        for row, window in enumerate(batch):
            own = {name: values[row : row + 1, window.place] for name, values in found.items()}
            sums[window.owner].add([window.start], own, window.share)
    return [_output(done, len(model.spec.targets)) for done in sums]


def _windows(model: Runtime, owner: int, clip: Clip, ticks: int) -> Iterator[_Window]:
    """The windows in which the clip has an available tick.

    What is masked at their ends is left out, unless the network goes by the position of a tick.
    """
    fixed = model.fixed_length
    positional = fixed or model.positional
    window = round(model.spec.window * model.spec.tick_rate)
    length = min(ticks, window)
    share = triangle(length)
    there = np.flatnonzero(np.any(list(clip.masks.values()), axis=0)) + clip.first
    for begin in window_starts(ticks, window, max(1, window // 2)):
        left, right = np.searchsorted(there, [begin, begin + length])
        if left == right:
            continue
        start, stop = int(there[left]), int(there[right - 1]) + 1
        yield _Window(
            owner,
            start - clip.first,
            stop - clip.first,
            share[start - begin : stop - begin],
            lead=start - begin if positional else 0,
            size=window if fixed else length if positional else stop - start,
        )


def _batches(windows: list[_Window]) -> Iterator[list[_Window]]:
    """Windows of similar size together, the largest of each batch first."""
    ordered = sorted(windows, key=lambda window: window.size, reverse=True)
    room = BATCH * ordered[0].size if ordered else 0
    first = 0
    while first < len(ordered):
        after = first + max(1, room // ordered[first].size)
        yield ordered[first:after]
        first = after


def _stack(parts: list[np.ndarray], windows: list[_Window]) -> np.ndarray:
    """The windows' ticks as one input, (b, size, ...); zero, or masked, where a window has none."""
    out = np.zeros((len(windows), windows[0].size, *parts[0].shape[1:]), parts[0].dtype)
    for row, part, window in zip(out, parts, windows, strict=True):
        row[window.place] = part
    return out


def _output(done: OverlapAdd, targets: int) -> Output:
    means = done.means()
    return Output(means.pop("values", np.full((done.ticks, targets), np.nan)), means)
