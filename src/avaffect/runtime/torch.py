"""A model as torch modules: for training features, models without graphs, and text encoders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import numpy as np
import torch

from ..encoder import AudioEncoder, TextEncoder
from ..fusion import stream_weights
from ..model import AffectModel
from ..sliding import fixed_length
from ..windows import Piece
from .base import CHUNK, CONTEXT, Runtime


class TorchRuntime(Runtime):
    """A model that is loaded already, in evaluation mode.

    Attributes
    ----------
    model : AffectModel
    """

    def __init__(self, model: AffectModel) -> None:
        self.model, self.spec = model, model.spec
        if "audio" in model.encoders:
            voice = self._voice
            # Whole hops: what `encode_voice` is given then begins where a window does.
            self.hop, self.context = voice.hop, -(-voice.context // voice.hop) * voice.hop
        self.positional, self.fixed_length = model.network.positional, fixed_length(model.network)

    @property
    def _voice(self) -> AudioEncoder:
        return cast(AudioEncoder, self.model.encoders["audio"])

    @torch.inference_mode()
    def encode_faces(self, crops: np.ndarray) -> np.ndarray:
        return self.model.encode("visual", torch.from_numpy(crops)).numpy()

    @torch.inference_mode()
    def encode_voice(self, frames: np.ndarray, lead: int = 0) -> np.ndarray:
        return self.model.encode("audio", torch.from_numpy(frames)[None])[0].numpy()

    @torch.inference_mode()
    def encode_sentences(self, texts: Sequence[str]) -> np.ndarray:
        encoder = cast(TextEncoder, self.model.encoders["text"])
        return self.model.encode("text", encoder.tokens(texts)).numpy()

    def pieces(self, ticks: int) -> Iterator[Piece]:
        rate = self.spec.tick_rate
        return self._voice.pieces(ticks, round(CHUNK * rate), context=round(CONTEXT * rate))

    @torch.inference_mode()
    def fuse(
        self, streams: Mapping[str, np.ndarray], masks: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        out = self.model.network(
            {name: torch.from_numpy(x) for name, x in streams.items()},
            {name: torch.from_numpy(mask) for name, mask in masks.items()},
        )
        found = {"values": out.values, **stream_weights(out.weights)}
        return {name: value.numpy() for name, value in found.items()}
