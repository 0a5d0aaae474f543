"""What a file is called in words and pictures: as much of its path as tells it from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath


def display_names(files: Sequence[str]) -> list[str]:
    """Each file's name with its folder; with more of its path where two would read the same.

    >>> display_names(["study/A/P01.mp4", "study/B/P01.mp4", "talk.mp4"])
    ['A/P01.mp4', 'B/P01.mp4', 'talk.mp4']
    >>> display_names(["1/take/P01.mp4", "2/take/P01.mp4"])
    ['1/take/P01.mp4', '2/take/P01.mp4']
    """
    paths = [PurePath(file).parts for file in files]
    tails = [path[-2:] for path in paths]
    while len(set(tails)) < len(tails):
        count = Counter(tails)
        longer = [
            path[-len(tail) - 1 :] if count[tail] > 1 else tail
            for path, tail in zip(paths, tails, strict=True)
        ]
        if longer == tails:
            break
        tails = longer
    return [printable(str(PurePath(*tail))) for tail in tails]


def recordings(files: Sequence[str], most: int = 8) -> str:
    """Files in one line, each as `display_names` has it; of many, the first ones.

    >>> recordings([f"study/P0{k}.mp4" for k in range(4)], 2)
    'study/P00.mp4, study/P01.mp4 and 2 more'
    """
    more = f" and {len(files) - most} more" if len(files) > most else ""
    return ", ".join(shortened(name, 100) for name in display_names(files)[:most]) + more


def printable(text: str) -> str:
    """The text with a question mark in a box for everything that cannot be printed.

    A file's name may hold line breaks, control characters, and bytes that are no text.

    >>> printable("a\\nb\\udcff.mp4")
    'a\\ufffdb\\ufffd.mp4'
    """
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def shortened(name: str, most: int = 60) -> str:
    """A name with its middle left out if it is longer than ``most`` letters.

    >>> shortened("a_very_long_name.mp4", 11)
    'a_ver…e.mp4'
    """
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"
