"""Reading a transcript, whatever wrote it, and finding the one beside a recording."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError
from ..files import as_text
from ..spec import TARGETS
from ..text import listed
from ..tiers import ENDINGS as TIERS
from ..tiers import Span, tiers_of
from .recognised import read_json
from .sentences import Cue, Transcript, transcript_of
from .webvtt import read_subtitles

SUBTITLES = (".vtt", ".srt")
ENDINGS = (*SUBTITLES, *TIERS, ".json")
TIER_NAMES = (
    "words",
    "word",
    "transcript",
    "sentences",
    "sentence",
    "utterances",
    "utterance",
    "text",
    "default",
)
"""Tiers of these names hold what was said; the first that is there counts. "NAME - words" names a speaker."""


def read_transcript(path: str | Path) -> Transcript:
    """Read WebVTT, SRT, ELAN, a Praat TextGrid, or the JSON of a speech recogniser.

    Parameters
    ----------
    path : path
        The ending says what it is: .vtt, .srt, .eaf, .TextGrid, .json.

    Raises
    ------
    DataError
        If it cannot be read, has another ending, or is not what its ending says.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending in SUBTITLES:
        cues = read_subtitles(path)
    elif ending in TIERS:
        cues = _from_tiers(path)
    elif ending == ".json":
        cues = read_json(path)
    else:
        raise DataError(f"{path}: is no transcript by its ending; expected one of {', '.join(ENDINGS)}")
    return transcript_of(cues, as_text(path))


def transcript_beside(recording: str | Path) -> Path | None:
    """The transcript in a recording's folder: NAME.vtt beside NAME.mp4, or NAME.en.vtt; None without one.

    Of .eaf, .TextGrid and .json files only those are taken that hold what was said.

    Raises
    ------
    DataError
        If there are several.
    """
    recording = Path(recording)
    if not recording.parent.is_dir():
        return None
    stem = recording.stem
    found = sorted(
        path
        for path in recording.parent.iterdir()
        if path.suffix.lower() in ENDINGS
        and path.name.startswith(f"{stem}.")
        and path.name.count(".") <= stem.count(".") + 2
        and path != recording
        and _is_transcript(path)
    )
    if len(found) > 1:
        names = listed(path.name for path in found)
        raise DataError(
            f"{recording}: several transcripts lie beside it, {names}; give one of them, or move others"
        )
    return found[0] if found else None


def _is_transcript(path: Path) -> bool:
    """Whether a file holds what was said; subtitles do, unless avaffect wrote them."""
    try:
        return len(read_transcript(path)) > 0
    except DataError as error:
        return path.suffix.lower() in SUBTITLES and "avaffect wrote" not in str(error)


def _from_tiers(path: Path) -> list[Cue]:
    tiers = {name: spans for name, spans in tiers_of(path).items() if name.strip().lower() not in TARGETS}
    kinds = {name: name.strip().lower().rpartition(" - ")[2] for name in tiers}
    kind = next((known for known in TIER_NAMES if known in kinds.values()), None)
    chosen = [name for name in tiers if kinds[name] == kind] if kind else list(tiers)[: len(tiers) == 1]
    if not chosen:
        names = listed(tiers) or "none"
        raise DataError(f"{path}: no tier named {' or '.join(TIER_NAMES[:3])}; it has {names}")
    return [
        cue for name in chosen for cue in _of_tier(tiers[name], name.rpartition(" - ")[0].strip() or None)
    ]


def _of_tier(spans: list[Span], speaker: str | None) -> list[Cue]:
    """Cues of annotations; points, which have no end, are none."""
    return [
        Cue(begin, end, text, speaker)
        for begin, end, text in spans
        if end is not None and text.strip() and text.strip() not in ("<eps>", "sil", "sp")
    ]
