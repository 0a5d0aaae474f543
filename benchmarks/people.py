"""How the cost of a recording grows with the number of people in it.

    python benchmarks/people.py --people 50 100 200

Made-up people come one after the other, each in view for a little more than a second, at 12.5 frames per
second, while somebody speaks throughout: the longer the recording, the more people. Given are seconds of
processor time: "track" follows painted faces that a made-up detector finds, "speaker" tells who speaks and
whose the voice is, "model" is the network with the making of the table. The last column is the cost of one
person, which should stay the same.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import torch

import avaffect
from avaffect.face import FaceTracker
from avaffect.face.align import SIZE, TEMPLATE
from avaffect.face.detector import Detection
from avaffect.media import Frame
from avaffect.predict import Predictor
from avaffect.streams.assemble import RecordingStreams
from avaffect.streams.audio import AudioStream
from avaffect.streams.person import Person
from avaffect.streams.timing import Timing
from avaffect.streams.visual import VisualStream

FRAME_RATE = 12.5
STAY = 16
"""Frames for which each person is in view; one comes every half of it, so that two are there at once."""

SIDE = 48
"""Pixels: width of a painted face."""


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--model", default="hgrjca.default")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    predictor = avaffect.load(arguments.model)
    print(f"{'people':>7}{'seconds':>9}{'track':>9}{'speaker':>9}{'model':>9}{'ms/person':>11}")
    for people in arguments.people:
        length = people * STAY // 2 + STAY // 2
        track, _ = _timed(_follow, people, length)
        speaker, recording = _timed(_assemble, predictor, people, length)
        model, _ = _timed(predictor._trace, "made up", recording, Timing())
        cost = 1e3 * (track + speaker + model) / people
        print(f"{people:7}{length / FRAME_RATE:9.1f}{track:9.2f}{speaker:9.2f}{model:9.2f}{cost:11.1f}")


def _present(frame: int, people: int) -> list[int]:
    """Who is in view: person k comes at frame k STAY / 2."""
    latest = frame // (STAY // 2)
    return [person for person in (latest - 1, latest) if 0 <= person < people]


def _assemble(predictor: Predictor, people: int, length: int) -> RecordingStreams:
    """Streams in which everybody's features and lips are noise."""
    random = np.random.default_rng(0)
    made = [Person(number + 1) for number in range(people)]
    dims = {name: stream.dim for name, stream in predictor.spec.streams.items()}
    for frame in range(length):
        for number in _present(frame, people):
            made[number].see(frame, np.array([0, 0, SIDE, SIDE], np.float32), 0.99)
            made[number].features[frame] = random.normal(size=dims["visual"]).astype(np.float32)
            made[number].mouth[frame] = float(random.uniform(0, 1))
    voice = random.normal(size=(length, dims["audio"])).astype(np.float32)
    sound = AudioStream(voice, np.ones(length), np.ones(length, dtype=bool), length / FRAME_RATE)
    times = np.arange(length) / FRAME_RATE
    return RecordingStreams(VisualStream(times, np.arange(length), made), sound, predictor.spec)


def _follow(people: int, length: int) -> int:
    """Number of people that the tracker found."""
    stage = _Stage(people)
    tracker = FaceTracker(stage)
    found = {face.track for frame in range(length) for face in tracker.update(stage.picture(frame))}
    return len(found)


class _Stage:
    """Painted faces; as the detector it finds exactly those that are shown."""

    def __init__(self, people: int) -> None:
        self.people = people
        self.shown: list[Detection] = []

    def picture(self, frame: int) -> Frame:
        """The next frame."""
        image = np.full((100, 4 * SIDE, 3), 120, np.uint8)
        self.shown = []
        for person in _present(frame, self.people):
            left, top = 2 * SIDE * (person % 2) + SIDE // 2, 24
            face = np.random.default_rng(person).integers(0, 256, (10, 10, 3), np.uint8)
            image[top : top + SIDE, left : left + SIDE] = cv2.resize(face, (SIDE, SIDE))
            box = np.array([left, top, left + SIDE, top + SIDE], np.float32)
            marks = (TEMPLATE * SIDE / SIZE + (left, top)).astype(np.float32)
            self.shown.append(Detection(box, marks, 0.99))
        return Frame(frame, frame / FRAME_RATE, image)

    def detect(self, image: np.ndarray) -> list[Detection]:
        """Everybody who is shown."""
        return list(self.shown)

    def refine(self, image: np.ndarray, boxes: np.ndarray) -> list[Detection | None]:
        """The face whose box lies nearest to each, at most half a side away."""
        found: list[Detection | None] = []
        for box in boxes:
            near = [face for face in self.shown if np.abs(face.box - box).max() < SIDE / 2]
            found.append(near[0] if near else None)
        return found


def _timed(work: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    """Seconds of processor time, and the result."""
    start = time.process_time()
    result = work(*given)
    return time.process_time() - start, result


if __name__ == "__main__":
    main()
