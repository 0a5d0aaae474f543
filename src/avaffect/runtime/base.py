"""What prediction asks of a model, NumPy arrays in and out, whatever runs it.

Axes: ``n`` faces or sentences, ``b`` windows, ``t`` ticks, ``d`` feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..spec import Spec
from ..windows import Piece

CHUNK, CONTEXT = 60.0, 4.0
"""Seconds of sound encoded at once, about, and the least context on either side; an encoder may need more."""


class Runtime(ABC):
    """A loaded model.

    Attributes
    ----------
    spec : Spec
    hop, context : int
        Of the voice encoder, see `avaffect.encoder.AudioEncoder`; 0 without one.
    positional : bool
        Whether an output of the network depends on the position of its tick in the input. Where it does not,
        masked ticks at either end can be cut off: the other outputs stay the same.
    fixed_length : bool
        Whether the network takes windows of one length only.
    """

    spec: Spec
    hop: int = 0
    context: int = 0
    positional: bool
    fixed_length: bool

    @abstractmethod
    def encode_faces(self, crops: np.ndarray) -> np.ndarray:
        """(n, 112, 112, 3) uint8 aligned crops to (n, d) float32."""

    @abstractmethod
    def encode_voice(self, frames: np.ndarray, lead: int = 0) -> np.ndarray:
        """Log-mel of one of `pieces`, (frames, mels) float32, to (t, d) float32.

        ``lead`` ticks of it come before those that are kept.
        """

    @abstractmethod
    def encode_sentences(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) float32, one row a sentence."""

    @abstractmethod
    def pieces(self, ticks: int) -> Iterator[Piece]:
        """Pieces in which a voice of so many ticks is encoded as if at once."""

    @abstractmethod
    def fuse(
        self, streams: Mapping[str, np.ndarray], masks: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Run the network over windows.

        Parameters
        ----------
        streams : mapping of str to (b, t, d) float32 np.ndarray
        masks : mapping of str to (b, t) np.ndarray of bool

        Returns
        -------
        dict of str to np.ndarray
            First ``values`` (b, t, targets); then (b, t) each, the ``attended.<stream>`` and
            ``share.<stream>`` of the fusion, see `avaffect.fusion.Fused`.
        """
