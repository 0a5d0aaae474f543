"""VoxCeleb1 (Nagrani et al., Interspeech 2017): utterances, aligned faces, and lists of trials.

::

    wav/id10270/5r0dWxy17C8/00001.wav       sound, by speaker, video and utterance
    faces/Name_Of_Person/5r0dWxy17C8/1/     aligned faces of the utterance, *.jpg, numbered
    vox1_meta.csv                           tab-separated: VoxCeleb1 ID, VGGFace1 ID (the name), ...
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..corpus.base import need_folder
from ..errors import DataError, nearest
from ..text import one_line, read_text
from .segments import Segments, from_files


@dataclass(frozen=True)
class Trial:
    """Two utterances by their paths in the list, and whether they are of one person."""

    target: bool
    first: str
    second: str


def read_trials(path: Path) -> list[Trial]:
    """The trials of a list such as veri_test.txt: lines of "1 PATH PATH", 1 for one person and 0 for two.

    Raises
    ------
    DataError
        If a line is something else, or there is none.
    """
    trials = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 3 or parts[0] not in ("0", "1"):
            raise DataError(f"{path}, line {number}: {one_line(line)!r}; expected 0 or 1 and two paths")
        trials.append(Trial(parts[0] == "1", parts[1], parts[2]))
    if not trials:
        raise DataError(f"{path}: holds no trials; expected lines of 0 or 1 and two paths")
    return trials


def read_training_list(path: Path) -> list[tuple[str, str]]:
    """Identity and path of each line of a training list.

    Raises
    ------
    DataError
        If a line is something else, or there is none.
    """
    found = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) < 2:
            raise DataError(f"{path}, line {number}: {one_line(line)!r}; expected an identity and a path")
        found.append((parts[0], parts[1]))
    if not found:
        raise DataError(f"{path}: names no utterance; expected lines of an identity and a path")
    return found


class VoxCeleb:
    """The corpus in its folders.

    Parameters
    ----------
    wav, faces : Path
        Folders of the sound and of the aligned faces.
    meta : Path
        The table that gives each identity its name.

    Raises
    ------
    DataError
        If a folder is missing, or the table has other columns.
    """

    def __init__(self, wav: Path, faces: Path, meta: Path) -> None:
        self.wav = need_folder(Path(wav), "the folder of VoxCeleb's sound, with one folder a speaker")
        self.faces = need_folder(Path(faces), "the folder of aligned faces, with one folder a person")
        rows = list(csv.reader(read_text(Path(meta)).splitlines(), delimiter="\t"))
        if not rows or rows[0][:2] != ["VoxCeleb1 ID", "VGGFace1 ID"]:
            raise DataError(f"{meta}: expected a table that begins with VoxCeleb1 ID, VGGFace1 ID, and tabs")
        self.names = {row[0]: row[1] for row in rows[1:] if len(row) > 1}
        self._identities = {name: identity for identity, name in self.names.items()}

    def files(self, utterance: str) -> tuple[Path, list[Path]]:
        """Sound and faces of an utterance, the faces in the order of their numbers.

        Parameters
        ----------
        utterance : str
            As a trial list has it, ``id10270/5r0dWxy17C8/00001.wav``, or a training list, with the name of
            the person and perhaps a folder between: ``Name/1.6/5r0dWxy17C8/1.wav``.

        Raises
        ------
        DataError
            If the person is unknown, the path is no such path, or the sound is not there.
        """
        parts = PurePosixPath(utterance).parts
        if len(parts) < 3 or not PurePosixPath(parts[-1]).stem.isdigit():
            raise DataError(f"{utterance}: expected SPEAKER/VIDEO/NUMBER.wav")
        person, video, number = parts[0], parts[-2], int(PurePosixPath(parts[-1]).stem)
        identity = person if person in self.names else self._identities.get(person)
        if identity is None:
            raise DataError(
                f"{utterance}: unknown person; {nearest(person, [*self.names, *self._identities])}"
            )
        sound = self.wav / identity / video / f"{number:05d}.wav"
        if not sound.is_file():
            raise DataError(f"{sound}: no such file; {utterance} is in the list")
        faces = (self.faces / self.names[identity] / video / str(number)).glob("*.jpg")
        return sound, sorted(faces, key=_number)

    def segments(self, utterance: str) -> Segments:
        """The segments of an utterance; without faces where none were cut."""
        return from_files(*self.files(utterance))


def _number(path: Path) -> tuple[int, str]:
    """So that 10.jpg comes after 9.jpg."""
    digits = "".join(c for c in path.stem if c.isdigit())
    return int(digits or 0), path.name
