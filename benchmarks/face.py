"""How long faces take: the whole picture searched, and known faces followed, in one run.

    python benchmarks/face.py examples/sample.mp4 --threads 1

Milliseconds of processor time a frame, so that other work on the machine counts little; medians
over the clip. "search" is the whole cascade, "follow" its last two stages on the faces that the
search found, "track" the tracker with all it does (both of these at their times, alignment, cuts,
looks), of which the mean is given.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import torch

from avaffect.face import FaceTracker, create_detector
from avaffect.media import frames


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clip", nargs="+")
    parser.add_argument("--detector", default="mtcnn")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(given)
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    detector = create_detector(arguments.detector)
    print(f"{'search':>8}{'follow':>8}{'ratio':>7}{'track':>8}{'frames':>8}{'faces':>7}  clip")
    for clip in arguments.clip:
        tracker = FaceTracker(detector)
        search, follow, track, faces = [], [], [], 0
        detector.detect(next(frames(clip)).image)  # the first call sets things up
        for frame in frames(clip):
            cost, found = _timed(detector.detect, frame.image)
            search.append(cost)
            if found:
                boxes = np.stack([f.box for f in found])
                follow.append(_timed(detector.refine, frame.image, boxes)[0])
            cost, seen = _timed(tracker.update, frame)
            track.append(cost)
            faces += len(seen)
        whole, part = statistics.median(search), statistics.median(follow) if follow else float("nan")
        figures = f"{whole:8.2f}{part:8.2f}{whole / part:7.1f}{statistics.mean(track):8.2f}"
        print(f"{figures}{len(track):8}{faces:7}  {clip}")


def _timed(work: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    """Milliseconds of processor time and the result."""
    start = time.process_time()
    result = work(*given)
    return 1e3 * (time.process_time() - start), result


if __name__ == "__main__":
    main()
