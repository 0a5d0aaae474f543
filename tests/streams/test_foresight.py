"""Searches are begun before it is their turn, and nothing else changes by it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from avaffect.face import FaceTracker
from avaffect.face.align import SIZE, TEMPLATE
from avaffect.face.detector import Detection
from avaffect.media import Frame
from avaffect.streams.timeline import Timeline
from avaffect.streams.visual import VisualStreamReader

RATE, SIDE = 25.0, 60
FACE = np.random.default_rng(0).integers(0, 256, (SIDE // 4, SIDE // 4, 3), np.uint8)


class Stage:
    """A painted face, or none, in each frame; as the detector, it sees it, and notes what it is asked for."""

    def __init__(self, faces: str, cuts: tuple[int, ...] = ()) -> None:
        backgrounds = np.random.default_rng(1).integers(0, 256, (len(cuts) + 1, 9, 16, 3), np.uint8)
        self.frames: list[Frame] = []
        for index, face in enumerate(faces):
            shot = backgrounds[sum(cut <= index for cut in cuts)]
            image = cv2.resize(shot, (320, 180), interpolation=cv2.INTER_NEAREST)
            if face == "x":
                image[60 : 60 + SIDE, 100 : 100 + SIDE] = cv2.resize(FACE, (SIDE, SIDE))
            self.frames.append(Frame(index, index / RATE, image))
        self._faces = faces
        self.proposed: list[int] = []
        self.searched: list[int] = []
        self.taken: list[int] = []

    def propose(self, image: np.ndarray) -> np.ndarray:
        self.proposed.append(self._index(image))
        return np.full((1, 4), self.proposed[-1])

    def detect_others(
        self, image: np.ndarray, known: np.ndarray, proposed: np.ndarray | None = None
    ) -> list[Detection]:
        index = self._index(image)
        self.searched.append(index)
        if proposed is not None:
            assert (proposed == index).all()
            self.taken.append(index)
        return [] if len(known) else self._seen(index)

    def detect(self, image: np.ndarray) -> list[Detection]:
        return self.detect_others(image, np.empty((0, 4)))

    def refine(self, image: np.ndarray, boxes: np.ndarray) -> list[Detection | None]:
        return [next(iter(self._seen(self._index(image))), None) for _ in boxes]

    def _index(self, image: np.ndarray) -> int:
        return next(frame.index for frame in self.frames if frame.image is image)

    def _seen(self, index: int) -> list[Detection]:
        box = np.array([100, 60, 100 + SIDE, 60 + SIDE], np.float32)
        marks = (TEMPLATE * SIDE / SIZE + (100, 60)).astype(np.float32)
        return [Detection(box, marks, 0.99)] if self._faces[index] == "x" else []


def read(stage: Stage, *, ahead: bool) -> list[tuple[int, list[int], list[list[float]]]]:
    """Who was where; with ``ahead`` searches are begun up to eight frames before."""
    reader = VisualStreamReader(
        FaceTracker(stage), lambda crops: np.zeros((len(crops), 1), np.float32), Timeline(12.5)
    )
    if not ahead:
        for frame in stage.frames:
            reader.add(frame)
    else:
        shown = reader.shown(stage.frames)
        waiting = [next(shown) for _ in range(8)]
        while waiting:
            waiting += [following for following in [next(shown, None)] if following]
            for _, looks in reader.follow([waiting.pop(0)]):
                reader.take(looks)
    people = reader.finish().people
    return [(p.track, list(p.frames), np.stack(p.boxes).tolist()) for p in people]


@pytest.mark.parametrize(
    ("faces", "cuts"),
    [
        ("x" * 100, ()),
        ("x" * 100, (40, 41, 77)),
        ("x" * 37 + " " * 30 + "x" * 43, ()),
        (" " * 25 + "x" * 40 + " " * 25, (30,)),
        (" " * 40, ()),
    ],
)
def test_what_is_found_does_not_depend_on_it(faces: str, cuts: tuple[int, ...]) -> None:
    alone, ahead = Stage(faces, cuts), Stage(faces, cuts)
    assert read(ahead, ahead=True) == read(alone, ahead=False)
    assert ahead.searched == alone.searched
    assert not alone.proposed
    assert ahead.taken


def test_every_search_of_a_quiet_scene_and_at_cuts_is_begun_before_its_turn() -> None:
    stage = Stage("x" * 150, (50, 51, 110))
    read(stage, ahead=True)
    assert {0, 50, 51, 110} < set(stage.searched)
    assert stage.proposed == stage.taken == stage.searched


def test_what_was_foreseen_in_vain_is_dropped() -> None:
    stage = Stage("x" * 23 + " " * 40)
    read(stage, ahead=True)
    assert set(stage.proposed) > set(stage.taken)


def test_while_nobody_is_in_sight_nothing_is_foreseen() -> None:
    stage = Stage(" " * 100)
    read(stage, ahead=True)
    assert len(stage.searched) > 20
    assert stage.proposed == [0]
