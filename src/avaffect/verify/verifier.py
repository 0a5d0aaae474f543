"""Whether two recordings are of one person, from face and voice together and from each alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MediaError, ModelError, nearest
from ..face import FaceDetector, create_detector
from . import face as face_encoder
from .model import SHIPPED, VerificationModel, load_model
from .segments import Segments, read_segments
from .train import network_similarity
from .trials import Recordings, Trials, similarities

STREAMS = ("face", "voice")


@dataclass(frozen=True)
class Evidence:
    """What face or voice alone says.

    Attributes
    ----------
    similarity : float
        Of the voice the cosine of the embeddings, in [0, 1]; of the face their distance with its sign turned.
    score : float
        Log-odds; above 0 one person is likelier.
    """

    similarity: float
    score: float


@dataclass(frozen=True)
class Verification:
    """The comparison of two recordings.

    Attributes
    ----------
    first, second : Path
    score : float
        Log-odds that one person is in both, as the model was calibrated.
    threshold : float
        Score from which on they are taken for one person.
    face, voice : Evidence or None
        None where one of the recordings has no face, or no speech, or it was not looked for.
    used : str
        What ``score`` is made of: "face and voice", "face", "voice" or "network".
    measured : str
        What the calibration is worth.
    notes : tuple of str
        What to know of the recordings.
    """

    first: Path
    second: Path
    score: float
    threshold: float
    face: Evidence | None
    voice: Evidence | None
    used: str
    measured: str
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """The decision."""
        return self.score >= self.threshold

    def describe(self) -> str:
        """The result in sentences."""
        verdict = "the same person" if self.same else "two people"
        by = "a network on face and voice" if self.used == "network" else self.used
        lines = [
            f"{self.first.name} and {self.second.name}: {verdict}, by {by}"
            f" (score {self.score:+.2f}, the same from {self.threshold:+.2f} on)."
        ]
        parts = []
        for name in STREAMS:
            evidence: Evidence | None = getattr(self, name)
            if evidence is None:
                parts.append(f"the {name} says nothing")
                continue
            says = "the same person" if evidence.score >= 0 else "two people"
            similar = evidence.similarity
            measure = f"distance {-similar:.2f}" if name == "face" else f"cosine {similar:.2f}"
            parts.append(f"the {name} says {says} ({evidence.score:+.2f}, {measure})")
        said = "; ".join(parts)
        lines.append(f"Alone, {said}.")
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes), f"Measured: {self.measured}"])

    def summary(self) -> dict[str, Any]:
        """The result as values for a script."""
        return {
            "first": str(self.first),
            "second": str(self.second),
            "same": self.same,
            "score": round(self.score, 4),
            "threshold": self.threshold,
            "used": self.used,
            "face": _as_values(self.face, "distance", -1),
            "voice": _as_values(self.voice, "cosine", 1),
            "notes": list(self.notes),
            "measured": self.measured,
        }


def _as_values(evidence: Evidence | None, name: str, sign: int) -> dict[str, float] | None:
    if evidence is None:
        return None
    return {name: round(sign * evidence.similarity, 4), "score": round(evidence.score, 4)}


class Verifier:
    """Compares recordings of people.

    Parameters
    ----------
    model : Path
        Folder of a `VerificationModel`; by default the scores of face and voice are added, with the weights
        that ship with avaffect.
    only : {"face", "voice"}, optional
        Compare by it alone.
    threshold : float
        Score from which on two recordings are taken for one person. 0 is where one person is as likely as
        two; higher, for fewer people taken for another.
    detector : str
        Face detector.

    Raises
    ------
    ModelError
        Unknown ``only``, no such model, or weights of the face encoder that are not installed.

    Examples
    --------
    >>> Verifier(only="voice").only
    'voice'
    """

    def __init__(
        self,
        *,
        model: Path = SHIPPED,
        only: str | None = None,
        threshold: float = 0.0,
        detector: str = "mtcnn",
    ) -> None:
        if only is not None and only not in STREAMS:
            raise ModelError(f"only={only!r}; {nearest(only, STREAMS)}")
        self.model: VerificationModel = load_model(model)
        self.only, self.threshold = only, threshold
        self.detector: FaceDetector | None = None
        if only != "voice":
            face_encoder.load()  # what is not installed is said before anything is read
            self.detector = create_detector(detector)

    def read(self, path: Path) -> Segments:
        """What is known of the person in a recording."""
        return read_segments(Path(path), self.detector, with_voice=self.only != "face")

    def __call__(self, first: Path | str, second: Path | str) -> Verification:
        """Compare the people in two recordings.

        Raises
        ------
        MediaError
            If a recording cannot be read, or one has a face alone and the other a voice alone.
        """
        return self.compare(Path(first), Path(second), self.read(Path(first)), self.read(Path(second)))

    def compare(self, first: Path, second: Path, one: Segments, other: Segments) -> Verification:
        """Compare two recordings that were read."""
        both = Recordings.of([one, other], [0, 1])
        trial = Trials.all_pairs(both.people)
        found = {name: float(values[0]) for name, values in similarities(both, trial).items()}
        evidence = {
            name: Evidence(value, self.model.score(name, value))
            for name, value in found.items()
            if np.isfinite(value)
        }
        if not evidence:
            what = "one shows a face alone, the other has a voice alone"
            raise MediaError(f"{first} and {second}: {what}; nothing can be compared")
        if self.model.network is not None and self.only is None:
            used = "network"
            score = self.model.score(used, float(network_similarity(self.model.network, both, trial)[0]))
        elif len(evidence) == 2:
            used = "face and voice"
            score = self.model.score("both", found["face"], found["voice"])
        else:
            (used,) = evidence
            score = evidence[used].score
        return Verification(
            first,
            second,
            score,
            self.threshold,
            evidence.get("face"),
            evidence.get("voice"),
            used,
            self.model.measured,
            tuple(self._notes(first, one) + self._notes(second, other)),
        )

    def _notes(self, path: Path, segments: Segments) -> list[str]:
        notes = []
        if segments.most_faces > 1:
            notes.append(f"{path.name} shows {segments.most_faces} faces at once; the largest was taken")
        if self.only != "voice" and not segments.has_face.any():
            notes.append(f"{path.name} shows no face")
        if self.only != "face" and not segments.has_voice.any():
            notes.append(f"{path.name} has no speech")
        return notes
