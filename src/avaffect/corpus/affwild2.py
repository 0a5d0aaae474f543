"""Aff-Wild2 as the ABAW challenges distribute it: cropped faces, videos, and labels for every frame.

Expected at any depth under one folder (names in capitals are free)::

    .../VA_Estimation_Challenge/Train_Set/NAME.txt        "valence,arousal", then one row a frame
    .../VA_Estimation_Challenge/Validation_Set/NAME.txt   (-5 = not rated; older releases: VA_Set)
    .../Valence_Arousal_..._test_set....txt               names of the test set, if there is one
    .../cropped_aligned/NAME/00001.jpg                    112x112 faces; no file where no face was found
    .../BASE.mp4 or .avi                                  the videos; BASE is NAME without _left or _right

Row i of the labels and face number i (from 1) belong to the video's i-th frame and have its time stamp, so a
missing face shifts nothing. Sound comes from the video, on the same clock.

Kollias & Zafeiriou 2019, "Expression, affect, action unit recognition: Aff-Wild2"; the ABAW challenges.
"""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from ..abaw import read_annotation
from ..errors import DataError
from ..media import frame_times
from ..spec import TARGETS
from ..text import read_text
from .base import Corpus, Recording, need_folder
from .ratings import Ratings

log = logging.getLogger(__name__)

_SETS = {"Train_Set": "train", "Validation_Set": "val"}
_FACES = "cropped_aligned"
_TEST_LIST = re.compile(r"valence_?arousal.*test_?set.*\.txt", re.IGNORECASE)
_SIDE = re.compile(r"_(left|right)$")
# "video10_1" and "5-60-1920x1080-2" are parts of one longer video.
_PART = re.compile(r"(?<=\d)_\d+$|(?<=\dx\d{3})-\d+$|(?<=\dx\d{4})-\d+$")


def base_name(name: str) -> str:
    """The name of the video that a folder of faces was cropped from.

    >>> base_name("video5_left"), base_name("102")
    ('video5', '102')
    """
    return _SIDE.sub("", name)


def subject_of(name: str) -> str:
    """The subject: both people of a video and all parts of it count as one (no subject ids are published).

    >>> subject_of("5-60-1920x1080-2"), subject_of("video10_1_left"), subject_of("1-30-1280x720")
    ('5-60-1920x1080', 'video10', '1-30-1280x720')
    """
    return _PART.sub("", base_name(name))


class AffWild2(Corpus):
    """Aff-Wild2's valence and arousal, with the official split.

    Parameters
    ----------
    root : path
        Folder under which all files are.

    Raises
    ------
    DataError
        If the labels, the faces or the videos are not there.
    """

    name = "affwild2"

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        found = _survey(need_folder(self.root, "Aff-Wild2 with its annotations, cropped_aligned and videos"))
        _check(found, self.root)
        self._labels: dict[str, Path] = {}
        recordings = []
        for folder in found.annotations:
            for path in sorted(folder.glob("*.txt")):
                self._labels[path.stem] = path
                recordings.append(found.recording(path.stem, _SETS[folder.name], self.root))
        for name in found.test_names():
            if name not in self._labels:
                recordings.append(found.recording(name, "test", self.root))
        if recordings and not any(r.faces is not None and r.faces.is_dir() for r in recordings):
            raise DataError(
                f"{self.root}: none of {len(recordings)} labelled names has a folder in {_FACES}; "
                f"expected e.g. {_FACES}/{recordings[0].name}/00001.jpg"
            )
        super().__init__(recordings)

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """Ratings at the video's own frame times.

        -5 is unrated, each target by itself (`avaffect.abaw`). In some videos the numbers of rows and of
        decoded frames differ by a few: frames without a row are unrated, rows without a frame are left out,
        and the log says so.

        Raises
        ------
        DataError
            If the file is not as described, or the video is missing.
        """
        path = self._labels.get(recording.name)
        if path is None:
            return {}
        values = read_annotation(path)
        times = frame_times(need_video(recording))
        if len(values) != len(times):
            log.warning("%s: %d rows of labels, %d frames", recording.name, len(values), len(times))
        n = min(len(values), len(times))
        return {target: Ratings(times[:n], values[:n, i]) for i, target in enumerate(TARGETS)}

    def rating_files(self, recording: Recording) -> list[Path]:
        """The label file; none for the test set."""
        return [self._labels[recording.name]] if recording.name in self._labels else []


def need_video(recording: Recording) -> Path:
    """The recording's video.

    Raises
    ------
    DataError
        If it is not there; the error says what was looked for.
    """
    if recording.video is None:
        raise DataError(
            f"{recording.name}: no video {base_name(recording.name)}.mp4 or .avi; "
            "times and sound come from it; put it anywhere under the corpus's folder"
        )
    return recording.video


@dataclass
class _Found:
    """The files and folders found under the root."""

    annotations: list[Path] = field(default_factory=list)
    faces: dict[str, Path] = field(default_factory=dict)
    videos: dict[str, Path] = field(default_factory=dict)
    test_lists: list[Path] = field(default_factory=list)

    def recording(self, name: str, split: str, root: Path) -> Recording:
        """The recording of a name. A missing file is an error only when it is needed."""
        video = self.videos.get(name) or self.videos.get(base_name(name))
        faces = self.faces.get(name, root / _FACES / name)
        return Recording(name, subject_of(name), split, video=video, audio=video, faces=faces)

    def test_names(self) -> list[str]:
        """Names in the test lists, in their order."""
        return [
            name
            for path in self.test_lists
            for line in read_text(path).splitlines()
            if (name := line.strip())
        ]


def _survey(root: Path) -> _Found:
    """Find everything in one walk, without listing the faces (three million files)."""
    found = _Found()
    for here, folders, files in os.walk(root, followlinks=True):
        folders.sort()
        at = Path(here)
        if at.name == _FACES:
            found.faces |= {folder: at / folder for folder in folders}
            folders.clear()
            continue
        if at.name.upper().startswith("VA"):
            found.annotations += [at / name for name in _SETS if name in folders]
        for name in sorted(files):
            stem, ending = os.path.splitext(name)
            if ending.lower() in (".mp4", ".avi"):
                found.videos.setdefault(stem, at / name)
            elif _TEST_LIST.fullmatch(name):
                found.test_lists.append(at / name)
    return found


def _check(found: _Found, root: Path) -> None:
    if not found.annotations:
        raise DataError(
            f"{root}: no labels; expected a folder VA_Estimation_Challenge "
            "with Train_Set and Validation_Set in it"
        )
    if not found.faces:
        raise DataError(f"{root}: no faces; expected a folder {_FACES} with one folder a video in it")
    if not found.videos:
        raise DataError(
            f"{root}: no videos; expected the raw .mp4 and .avi files, which times and sound come from"
        )
