"""What was said, when, and by whom: sentences, out of cues that are timed by sentence or by word."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

PAUSE = 1.0
"""Seconds without a word that end a sentence."""

LONGEST = 60
"""Words of a sentence that nothing ends."""

_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u2019\u201d)\]]*$")
_SOUND = re.compile(r"[\[(\u266a*].*[\])\u266a*]|[\u266a\W]*")


@dataclass(frozen=True)
class Word:
    """A word and its time in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Cue:
    """A piece of a transcript as its file has it.

    Attributes
    ----------
    start, end : float
        Seconds.
    text : str
    speaker : str or None
    words : tuple of Word
        Empty where the words have no times of their own.
    """

    start: float
    end: float
    text: str
    speaker: str | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """A sentence, or what stands for one.

    Attributes
    ----------
    text : str
    speaker : str or None
    spans : tuple of (float, float)
        Seconds in which it is spoken, in order: of each word where that is known, else of the whole.
    """

    text: str
    speaker: str | None
    spans: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Transcript:
    """All sentences of a recording, in order of their begin.

    Attributes
    ----------
    sentences : tuple of Sentence
    source : str
        The file it was read from, or what else it comes from.
    """

    sentences: tuple[Sentence, ...]
    source: str = field(default="", compare=False)

    def __len__(self) -> int:
        return len(self.sentences)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of those who speak, in order of appearance."""
        return tuple(dict.fromkeys(each.speaker for each in self.sentences if each.speaker))

    def of(self, speaker: str) -> Transcript:
        """What one of them says."""
        return Transcript(tuple(each for each in self.sentences if each.speaker == speaker), self.source)

    @property
    def digest(self) -> str:
        """SHA-256 over what is said, by whom and when."""
        return hashlib.sha256(repr(self.sentences).encode()).hexdigest()


def transcript_of(cues: Iterable[Cue], source: str = "") -> Transcript:
    """Sentences of cues.

    Words that have times are put together anew: a sentence ends at its full stop, before a pause of a second,
    where the speaker changes, or after sixty words. A cue of one word is such a word. Another cue without
    times of its words is a sentence. Descriptions of sounds, ``[laughs]``, are left out.

    >>> words = [Cue(0, 1, "Well"), Cue(1, 2, "then."), Cue(2, 3, "Go")]
    >>> for sentence in transcript_of(words).sentences:
    ...     print(sentence.text)
    Well then.
    Go
    """
    found = sorted(_sentences(cues), key=lambda sentence: sentence.spans[0])
    return Transcript(tuple(found), source)


def _sentences(cues: Iterable[Cue]) -> Iterator[Sentence]:
    waiting: dict[str | None, list[Word]] = {}  # by speaker: two may speak at once
    for cue in sorted(cues, key=lambda cue: (cue.start, cue.end)):
        text = " ".join(cue.text.split())
        if _SOUND.fullmatch(text):
            continue
        words = cue.words or ((Word(cue.start, cue.end, text),) if " " not in text else ())
        open_words = waiting.setdefault(cue.speaker, [])
        if words:
            open_words.extend(words)
        else:
            yield from _joined(open_words, cue.speaker)
            open_words.clear()
            yield Sentence(text, cue.speaker, ((cue.start, cue.end),))
    for speaker, rest in waiting.items():
        yield from _joined(rest, speaker)


def _joined(words: list[Word], speaker: str | None) -> Iterator[Sentence]:
    """Sentences of timed words."""
    ordered = sorted(words, key=lambda word: (word.start, word.end))
    first = 0
    for place, (word, following) in enumerate(pairwise([*ordered, None])):
        assert word is not None
        pause = following is None or following.start - word.end >= PAUSE
        if pause or _END.search(word.text) or place + 1 - first == LONGEST:
            part = ordered[first : place + 1]
            text = " ".join(" ".join(each.text for each in part).split())
            if not _SOUND.fullmatch(text):
                yield Sentence(text, speaker, tuple((each.start, each.end) for each in part))
            first = place + 1
