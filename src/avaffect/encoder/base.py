"""What an encoder takes and gives: raw input of one modality in, features out.

An encoder is an `nn.Module` in one file, known by name. A recipe names it, with its options; everything else
that training and prediction need to know about it is said by the class.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from ..arguments import checks_types
from ..errors import ModelError
from ..face.align import SIZE
from ..voice import preset
from ..windows import Piece, pieces


class Encoder(nn.Module, ABC):
    """Base of all encoders; derive from `VisualEncoder`, `AudioEncoder` or `TextEncoder`.

    ``encoder(inputs)`` is ``encoder.features(encoder.preprocess(inputs))``. Training may call these two one
    by one; prediction calls ``encoder(inputs)``. In evaluation mode an input gives the same features
    whatever else is in the batch.

    Attributes
    ----------
    stream : str
        The modality that it reads: ``"audio"``, ``"visual"`` or ``"text"``.
    preprocessing : mapping
        What its input is made with; saved in `avaffect.spec.Stream.preprocessing`.
    frozen : tuple of str
        Names of the submodules whose weights come from elsewhere and are not trained. Their parameters have
        ``requires_grad=False``. `avaffect.checkpoint.save` writes each into a file of its own, which all
        models with the same weights share.
    dim : int
        Size of a feature vector.
    """

    stream: ClassVar[str]
    preprocessing: ClassVar[Mapping[str, Any]]
    frozen: ClassVar[tuple[str, ...]] = ()
    dim: int

    def preprocess(self, inputs: Tensor) -> Tensor:
        """Raw input to the network's input: nothing trained, no gradient. By default the input itself."""
        return inputs

    @abstractmethod
    def features(self, inputs: Tensor) -> Tensor:
        """The network on preprocessed input."""

    def load_published(self, path: str | Path) -> None:
        """Fill the `frozen` parts from their published file.

        Raises
        ------
        ModelError
            This encoder has none.
        """
        raise ModelError(f"{type(self).__name__} has no published weights; leave the file out")

    def measure_scale(self, inputs: Tensor) -> None:
        """Learn the scale of preprocessed input (n, ...) before training; by default nothing."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Raw input to features."""
        return self.features(self.preprocess(inputs))


class VisualEncoder(Encoder):
    """Reads aligned faces, each on its own.

    Raw input
        ``(n, 112, 112, 3)`` uint8: RGB pixels in 0..255; eyes, nose and mouth lie at the places of
        `avaffect.face.align.TEMPLATE`. Training may also give ``(n, h, w)`` gray pixels, the same square at
        another size, and floating point in 0..255: `preprocess` accepts all of these.
    Features
        ``(n, dim)``, one vector a face.
    """

    stream = "visual"
    preprocessing = {"crop": SIZE}


class AudioEncoder(Encoder):
    """Reads the log-mel spectrogram of a voice.

    Raw input
        ``(b, frames, n_mels)`` float32: log-mel of the preset that ``preprocessing`` names (``default16k``
        with 64 bands, if the class says nothing else) at 100 frames per second, in bels, relative to the
        recording's reference level (`avaffect.voice.relative`).
    Features
        ``(b, frames // stride, dim)``: vector ``k`` belongs to the frames from ``k * stride`` to
        ``(k + 1) * stride - 1``. The number of frames may be any from ``stride`` on.

    Attributes
    ----------
    stride : int
        Frames per tick: 8 frames at 100 Hz make 12.5 ticks per second, the tick rate of the embedded models.
    hop : int
        Ticks. Where a recording is cut must not change its features: long ones are encoded in pieces that
        begin at a multiple of this. 1 if the encoder treats all ticks alike.
    context : int
        Ticks on each side of its hop (of itself, if ``hop`` is 1) that a feature depends on at most. Pieces
        overlap by this much or more.
    """

    stream = "audio"
    preprocessing = {"logmel": "default16k"}
    stride: ClassVar[int] = 8
    hop: ClassVar[int] = 1
    context: int

    @property
    def tick_rate(self) -> float:
        """Feature vectors per second (Hz)."""
        return preset(self.preprocessing["logmel"]).frame_rate / self.stride

    def pieces(self, ticks: int, size: int, *, context: int = 0) -> Iterator[Piece]:
        """Pieces in which a recording is encoded as if at once.

        Parameters
        ----------
        ticks : int
            Length of the recording.
        size : int
            Ticks that a piece keeps, about: a multiple of ``hop``.
        context : int
            Ticks to see on each side at least; ``self.context`` or more are.
        """
        size = max(1, round(size / self.hop)) * self.hop
        context = -(-max(context, self.context) // self.hop) * self.hop
        return pieces(ticks, size, context)

    def piece(self, inputs: Tensor, lead: Tensor) -> Tensor:
        """A form of ``encoder(inputs)`` with an open number of frames, for ONNX graphs.

        Parameters
        ----------
        inputs : (b, frames, n_mels) torch.Tensor
            Of one piece. Where ``hop`` is above 1: of one hop at most, with ``context`` ticks on each side.
        lead : () int64 torch.Tensor
            Ticks of context before the hop: ``context``, or less where the recording begins.

        Returns
        -------
        (b, frames // stride, dim) torch.Tensor
            What it says of the context means nothing.

        Raises
        ------
        ModelError
            There is none.
        """
        if self.hop > 1:
            raise ModelError(f"{type(self).__name__} has no ONNX form: it does not define `piece`")
        return self(inputs)


class TextEncoder(Encoder):
    """Reads sentences, each on its own.

    Raw input
        ``(n, length)`` int64: what `tokens` makes of n sentences.
    Features
        ``(n, dim)``, one vector a sentence.
    """

    stream = "text"
    preprocessing = {"tokens": "wordpiece"}

    @abstractmethod
    def tokens(self, texts: Sequence[str]) -> Tensor:
        """(n, length) int64: sentences as numbers, 0 behind the end of shorter ones."""


@checks_types
def check_encoder(encoder: Encoder, *, stream: str, dim: int, tick_rate: float) -> None:
    """Raise unless an encoder gives what a model's spec says of it.

    Parameters
    ----------
    encoder : Encoder
    stream : str
        The modality that the model gives it.
    dim : int
        Size of a feature vector in the spec.
    tick_rate : float
        Ticks per second (Hz) of the model.

    Raises
    ------
    ModelError
        Saying which of the three differs.
    """
    name = type(encoder).__name__
    if encoder.stream != stream:
        raise ModelError(f"{name} reads the stream {encoder.stream!r}; the spec gives it {stream!r}")
    if encoder.dim != dim:
        raise ModelError(f"{name} gives features of size {encoder.dim}; the spec says dim={dim}")
    if isinstance(encoder, AudioEncoder) and encoder.tick_rate != tick_rate:
        raise ModelError(f"{name} gives {encoder.tick_rate:g} features a second; the spec says {tick_rate:g}")
