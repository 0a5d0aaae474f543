"""Transcripts: what is said in a recording, when, and by whom."""

from __future__ import annotations

from .read import ENDINGS, read_transcript, transcript_beside
from .recogniser import recognise
from .sentences import Cue, Sentence, Transcript, Word, transcript_of

__all__ = [
    "ENDINGS",
    "Cue",
    "Sentence",
    "Transcript",
    "Word",
    "read_transcript",
    "recognise",
    "transcript_beside",
    "transcript_of",
]
