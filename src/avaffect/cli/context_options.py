"""Options that say what is known of recordings beside their own content."""

from __future__ import annotations

from typing import Annotated

import typer

_PANEL = "What you know of the recordings"

SameSetup = Annotated[
    bool,
    typer.Option(
        "--same-setup",
        help="One microphone, room and gain: recordings of one speaker share one reference level of the"
        " voice, so that the louder one is louder. By default each has its own.",
        rich_help_panel=_PANEL,
    ),
]
SpeakerFrom = Annotated[
    str | None,
    typer.Option(
        help="With --same-setup, who speaks: a table with the header file,speaker, or a regular expression"
        " (Python's) that is searched in the file's name, in the whole path if it holds a '/'; its"
        " group `(?P<speaker>...)`, or its first group, is the speaker: '^([A-Z]+)_'. By default one speaks"
        " in all.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Baseline = Annotated[
    list[str] | None,
    typer.Option(
        help="When people are neutral: START-END in seconds or hh:mm:ss (repeat for several), or a table with"
        " the header file,start,end, or file,start,end,track. Gives valence_rel and arousal_rel, relative to"
        " each person's own mean there.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
