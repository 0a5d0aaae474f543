"""What is known of a recording beside its content: the speaker's usual level, and when they are neutral."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from ..address import Place, absolute, place
from ..errors import DataError
from ..trace.spans import Span
from ..voice import SpeechLevel, shared_level
from .neutral import Given, baselines
from .speakers import speakers


@dataclass(frozen=True)
class Context:
    """Of one recording.

    Attributes
    ----------
    reference_level : float or None
        Bels: the level that the voice is taken relative to. None: the recording's own.
    baseline : tuple of Span
        Seconds in which people are neutral.
    """

    reference_level: float | None = None
    baseline: tuple[Span, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """What results depend on, as plain JSON; empty where nothing is known."""
        told: dict[str, Any] = {}
        if self.reference_level is not None:
            told["reference_level"] = self.reference_level
        if self.baseline:
            told["baseline"] = [list(span) for span in self.baseline]
        return told


class ContextOptions(TypedDict, total=False):
    """What a user can say of recordings; each is an argument by name.

    Attributes
    ----------
    same_setup : bool
        The recordings were made with one microphone, in one room, at one gain: those of one speaker share
        one reference level of the voice (`avaffect.voice.level`), so that the louder one is louder.
        By default each has its own.
    speaker_from : str, path or None
        Who speaks in which, see `avaffect.predict.speakers.speakers`; by default one speaker in all.
    baseline : str, path, sequence or None
        Spans in which people are neutral, see `avaffect.predict.neutral.baselines`. They give
        ``valence_rel`` and ``arousal_rel``, see `avaffect.trace.baseline`.
    """

    same_setup: bool
    speaker_from: str | Path | None
    baseline: Given | None


def contexts(
    paths: Sequence[str | Place],
    measure: Callable[[Place], SpeechLevel],
    *,
    same_setup: bool = False,
    speaker_from: str | Path | None = None,
    baseline: Given | None = None,
) -> dict[Place, Context]:
    """The context of each recording, by its path.

    Parameters
    ----------
    paths : sequence of path
    measure : callable
        The level of a recording's speech. Only used with ``same_setup``, and where a speaker has several
        recordings; one that cannot be read counts for nothing here.
    same_setup, speaker_from, baseline
        See `ContextOptions`.

    Raises
    ------
    DataError
        If an option is not as described, or speakers are given without ``same_setup``.
    """
    if speaker_from is not None and not same_setup:
        raise DataError(
            "speaker_from tells whose recordings share a level: give same_setup (--same-setup) too"
        )
    files = {place(path): absolute(path).replace(os.sep, "/") for path in paths}
    levels: dict[Place, float] = {}
    if same_setup:
        of = speakers(speaker_from, list(files.values()))
        groups: dict[str, list[Place]] = defaultdict(list)
        for path, file in files.items():
            groups[of[file]].append(path)
        for group in groups.values():
            if len(group) > 1:
                levels |= dict.fromkeys(group, shared_level(_measured(group, measure)))
    spans = {} if baseline is None else baselines(baseline, list(files.values()))
    return {path: Context(levels.get(path), spans.get(file, ())) for path, file in files.items()}


def _measured(paths: Sequence[Place], measure: Callable[[Place], SpeechLevel]) -> Iterator[SpeechLevel]:
    for path in paths:
        with suppress(Exception):  # whatever it is, it is told of when the recording's turn comes
            yield measure(path)
