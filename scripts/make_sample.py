"""Make examples/sample.mp4, the clip that the demo runs on.

    python scripts/make_sample.py [examples/sample.mp4]

It carries nobody's rights. The picture is the portrait of Eileen Collins by NASA, in the public
domain, as it comes with scikit-image (`skimage.data.astronaut`), moved and warped over time; she
never made these faces. The voice is no one's: pulses through resonators, in syllables that mean
nothing. Run again, it makes the same clip.

What happens, in seconds:

==========  =======================================================================================
0.0 - 1.8   she talks quietly and hardly smiles
1.8 - 5.0   she grows lively: the smile widens, pitch and loudness rise
5.0 - 6.6   the camera looks aside at the model of the shuttle: there is a voice and no face
6.8 - 8.4   nobody speaks: there is a face and no voice; the smile fades
8.4 - 10.0  she talks on, low and slow
==========  =======================================================================================
"""

from __future__ import annotations

import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut
from synthetic_voice import RATE, mouth_opening, syllables, voice

from avaffect.media import VideoSink

SECONDS, PICTURES = 10.0, 25  # length, and pictures per second
WIDTH, HEIGHT = 640, 360

# The score: seconds, and what holds there; in between, smooth.
SMILE = ((0, 0.15), (1.8, 0.3), (3.0, 1.0), (5.0, 1.0), (6.8, 0.8), (8.2, 0.1), (10, 0.0))
BROWS = ((0, 0.0), (1.8, 0.1), (3.0, 0.9), (4.6, 0.7), (6.8, 0.1), (8.4, -0.4), (10, -0.5))
LIVELY = ((0, 0.15), (1.6, 0.2), (3.2, 1.0), (4.8, 1.0), (6.5, 0.35), (8.4, 0.0), (10, 0.0))
ASIDE = ((0, 0), (4.85, 0), (5.15, 1), (6.45, 1), (6.75, 0), (10, 0))
BLINKS = (0.9, 3.4, 7.3, 7.9, 9.4)
PHRASES = ((0.15, 1.65), (1.95, 3.35), (3.5, 4.9), (5.05, 6.7), (8.4, 9.75))


def level(score: tuple[tuple[float, float], ...], seconds: np.ndarray | float) -> np.ndarray:
    """A score read at some times, without corners."""
    times, values = np.array(score, float).T
    place = np.clip(np.searchsorted(times, seconds, side="right") - 1, 0, len(times) - 2)
    x = np.clip((seconds - times[place]) / (times[place + 1] - times[place]), 0, 1)
    return values[place] + (values[place + 1] - values[place]) * x * x * (3 - 2 * x)


def lively(seconds: np.ndarray | float) -> np.ndarray:
    """How lively she is, 0 to 1."""
    return level(LIVELY, seconds)


def face(portrait: np.ndarray, x: np.ndarray, y: np.ndarray, seconds: float, mouth: float) -> np.ndarray:
    """The portrait seen at (x, y), with the face of that moment.

    The face is moved by soft bumps: (middle, reach, shift), all in the portrait's pixels.
    """
    smile, brows = float(level(SMILE, seconds)), float(level(BROWS, seconds))
    blink = max(float(np.exp(-(((seconds - at) / 0.06) ** 2))) for at in BLINKS)
    less = 1 - smile  # the portrait itself smiles fully
    bumps = (
        ((204, 141), (9, 8), (4.5 * less, 4.5 * less)),  # corners of the mouth
        ((250, 140), (9, 8), (-4.5 * less, 4.5 * less)),
        ((196, 128), (12, 9), (0, 2.5 * less)),  # cheeks
        ((257, 128), (12, 9), (0, 2.5 * less)),
        ((227, 141), (15, 4.5), (0, 3 * less)),  # lips, nearer to each other
        ((227, 153), (16, 4.5), (0, -2.5 * less)),
        ((227, 160), (24, 9), (0, 7 * mouth)),  # lower lip and chin
        ((227, 176), (26, 9), (0, 4 * mouth)),
        ((200, 90), (13, 5), (0.8 * min(brows, 0) * -2, -3.5 * brows)),  # brows
        ((251, 92), (13, 5), (0.8 * min(brows, 0) * 2, -3.5 * brows)),
        ((202, 98), (9, 3.2), (0, 4.5 * blink)),  # lids
        ((246, 100), (9, 3.2), (0, 4.5 * blink)),
    )
    from_x, from_y = x.copy(), y.copy()
    for middle, reach, shift in bumps:
        near = np.exp(-(((x - middle[0]) / reach[0]) ** 2 + ((y - middle[1]) / reach[1]) ** 2) / 2)
        from_x -= near * shift[0]
        from_y -= near * shift[1]
    seen = cv2.remap(
        portrait,
        from_x.astype(np.float32),
        from_y.astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    ).astype(np.float32)
    # between the teeth and the lower lip, along its edge, an open mouth is dark
    along = (from_x - 226) / 18
    inside = (along / 0.72) ** 2 + ((from_y - 149.6 + 7.5 * along**2) / 1.5) ** 2
    dark = (np.clip(1.6 - inside, 0, 1) * min(1.0, 1.3 * mouth))[..., None]
    return seen * (1 - dark) + np.array([70, 24, 26]) * dark


def pictures(mouth: np.ndarray) -> Iterator[np.ndarray]:
    """The pictures one by one, (HEIGHT, WIDTH, 3) uint8 RGB."""
    portrait = astronaut()
    column, row = np.meshgrid(np.arange(WIDTH) - WIDTH / 2, np.arange(HEIGHT) - HEIGHT / 2)
    for number, opened in enumerate(mouth):
        seconds = number / PICTURES
        energy, aside = float(lively(seconds)), float(level(ASIDE, seconds))
        sway = np.sin(2 * np.pi * np.array([0.31, 0.23, 0.27]) * seconds + (0, 1, 2)) * (0.5 + energy)
        tilt = np.radians(1.6 * sway[0])
        zoom = 2.05 + 0.12 * energy + 0.05 * sway[1] + 1.0 * aside
        # the camera's middle: her face, or the shuttle beside her
        middle_x = (1 - aside) * (228 + 5 * sway[2]) + aside * 406
        middle_y = (1 - aside) * (112 + 3 * sway[1]) + aside * 98
        x = middle_x + (np.cos(tilt) * column + np.sin(tilt) * row) / zoom
        y = middle_y + (np.cos(tilt) * row - np.sin(tilt) * column) / zoom
        yield face(portrait, x, y, seconds, float(opened)).clip(0, 255).astype(np.uint8)


def main(path: Path) -> None:
    """Write the clip."""
    random = np.random.default_rng(1995)
    said = syllables(PHRASES, lively, random)
    sound = voice(said, PHRASES, lively, SECONDS, random)
    times = np.arange(int(SECONDS * PICTURES)) / PICTURES
    mouth = mouth_opening(said, times) * (0.35 + 0.65 * lively(times))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        track = Path(folder) / "voice.wav"
        with wave.open(str(track), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes((sound * 32767).astype("<i2").tobytes())
        with VideoSink(path, width=WIDTH, height=HEIGHT, source=track) as sink:
            for time, picture in zip(times, pictures(mouth), strict=True):
                sink.write(picture, float(time))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "examples/sample.mp4")
