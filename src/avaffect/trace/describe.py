"""A trace in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..spec import VAGUE
from .edits import Edits
from .meta import coverage, sound
from .names import display_names
from .summary import Level, Person, Summary

# Where a word begins, from the bottom of the scale up. The cuts are ours: a tenth either side of zero
# is within what two raters of the same clip differ by, and the outer thirds earn "very".
_STEPS = (-1.0, -0.65, -0.35, -0.1, 0.1, 0.35, 0.65)
_VALENCE = (
    "very unpleasant", "unpleasant", "mildly unpleasant", "neutral",
    "mildly pleasant", "pleasant", "very pleasant",
)  # fmt: skip
_AROUSAL = (
    "very calm", "calm", "fairly calm", "medium activation",
    "slightly activated", "activated", "highly activated",
)  # fmt: skip

# Of the speech, from which share on "... of it theirs" needs no further word.
_MOST = 0.9

_SOURCES = {"face+voice": "face and voice", "face": "the face alone", "voice": "the voice alone"}

# What the low and the high end of each scale mean.
ENDS = {"valence": ("unpleasant", "pleasant"), "arousal": ("calm", "activated")}
EMPTY = "The trace is empty: no frame and no sound was read."
MEANING = (
    "The numbers say how face and voice come across to raters, on scales from -1 to 1;"
    " they do not measure what a person feels."
)


def words(valence: float | None, arousal: float | None) -> str:
    """A point of the circumplex in words; what is None is left out.

    >>> words(0.2, -0.5)
    'mildly pleasant, calm'
    >>> words(-0.7, None)
    'very unpleasant'
    """
    named = [(valence, _VALENCE), (arousal, _AROUSAL)]
    return ", ".join(_word(value, scale) for value, scale in named if value is not None)


def describe(summary: Summary, meta: Mapping[str, Any]) -> str:
    """Who is in a trace, for how long, how they come across, and where nothing could be predicted.

    Parameters
    ----------
    summary : Summary
    meta : mapping
        What made the trace. ``model``, ``coverage``, ``sound`` and ``edits`` are read.
    """
    if not summary.people:
        return EMPTY
    lines = []
    for file, name in zip(summary.files, display_names(summary.files), strict=True):
        people = [person for person in summary.people if person.file == file]
        lines.append(_headline(name, people, meta))
        lines += _sound(sound(meta))
        if edited := Edits.of(meta, file).told():
            lines.append(f"  Edited: {edited}")
        for person in people:
            lines += _person(person, coverage(meta), alone=len(people) == 1)
    return "\n".join([*lines, MEANING])


def _word(value: float, scale: tuple[str, ...]) -> str:
    return scale[max(sum(value >= step for step in _STEPS) - 1, 0)]


def _headline(name: str, people: list[Person], meta: Mapping[str, Any]) -> str:
    count = sum(person.track is not None for person in people)
    who = "nobody in view" if count == 0 else "1 person" if count == 1 else f"{count} people"
    if count and any(person.track is None and person.source for person in people):
        who += " and a voice without a face"
    length = max(person.end for person in people) - min(person.start for person in people)
    model = f" (model {meta['model']})" if "model" in meta else ""
    return f"{name}: {who}, {length:.1f} s{model}"


def _sound(used: Mapping[str, Any]) -> list[str]:
    """A line on what was read of the sound, where that is not simply all of it."""
    said = []
    if used.get("tracks", 1) > 1:
        said.append(f"track {used['track']} of {used['tracks']} (--audio-track reads another)")
    if used.get("channel"):
        said.append(f"channel {used['channel']} of {used['channels']} alone")
    if used.get("cancelled"):
        said.append(f"its channels cancel each other for {used['cancelled']:.1f} s, the louder one was read")
    return [f"  Sound: {'; '.join(said)}"] if said else []


def _person(person: Person, held: float, *, alone: bool) -> list[str]:
    if person.track is not None:
        seen = f"in view {person.seconds_seen:.1f} of {person.seconds:.1f} s"
        called = f" ({person.name})" if person.name else ""
        first = f"  Person {person.track}{called}: {seen}"
    else:
        predicted = person.valence is not None or person.arousal is not None
        voice = "Voice" if alone else "Voice without a face"
        heard = predicted or (alone and person.speech_share is not None)
        first = f"  {voice if heard else 'Nobody in view'}: {person.seconds:.1f} s"
    if person.speech_share is None:
        first += ", no sound"
    else:
        first += f", speech in {percent(person.speech_share)} of the time"
    if person.speaking_share is not None:
        first += f", {percent(person.speaking_share)} of it theirs"
        if person.told_share < _MOST * (person.speech_share or 0.0):
            first += f" where that can be told ({percent(person.told_share)} of the time)"
    lines = [first]
    if person.valence or person.arousal:
        means = [level.mean if level else None for level in (person.valence, person.arousal)]
        lines.append(f"    overall {words(*means)}")
    lines += [
        f"    {name:<8} {_level(level, held)}"
        for name, level in (("valence", person.valence), ("arousal", person.arousal))
        if level is not None
    ]
    lines += _relative(person)
    if person.source:
        rests = [f"{_SOURCES[kind]} for {percent(share)}" for kind, share in person.source.items()]
        lines.append(f"    predicted from {', '.join(rests)} of the time")
    for reason, share in person.missing.items():
        lines.append(f"    no prediction for {percent(share)} of the time: {reason}")
    return lines


def _relative(person: Person) -> list[str]:
    """A line on the level above the person's own baseline, if they have one."""
    levels = {"valence": person.valence_rel, "arousal": person.arousal_rel}
    means = [f"{name} {level.mean:+.2f}" for name, level in levels.items() if level is not None]
    return [f"    against the baseline: {', '.join(means)}"] if means else []


def _level(level: Level, held: float) -> str:
    text = f"mean {level.mean:+.2f}, from {level.min:+.2f} to {level.max:+.2f}, sd {level.sd:.2f}"
    if level.reach is not None:
        text += f"; {percent(held)} interval about ±{level.reach:.2f}"
    if level.vague:
        text += f", {VAGUE}"
    return text


def percent(share: float) -> str:
    """A share in whole percent, that does not round a little to nothing nor nearly all to all.

    >>> percent(0.25), percent(0.001), percent(0.9971), percent(1 - 1e-9)
    ('25 %', '0.1 %', '99.7 %', '100 %')
    """
    share = round(share, 6) + 0.0  # sums of seconds are not exact; no "-0 %"
    if 0 < share < 0.01:
        return "under 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"
    if 0.99 < share < 1:
        return "over 99.9 %" if share > 0.999 else f"{100 * share:.1f} %"
    return f"{100 * share:.0f} %"
