"""The voice encoder: GE2E, 1.6 s of speech in, an embedding of the speaker out.

Wan et al., "Generalized end-to-end loss for speaker verification" (ICASSP 2018, arXiv 1710.10467). The
weights are those of Resemblyzer (Corentin Jemine and Resemble AI, Apache-2.0), trained on the speech of
several thousand people, most of it English; they ship with avaffect, rounded to float16.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from ..media.sound import SAMPLE_RATE

DIM = 256
SEGMENT = 25_600
"""Samples at 16 kHz of a segment: 1.6 s, what the network was trained on."""

_WEIGHTS = Path(__file__).parents[1] / "weights" / "verify" / "voice.safetensors"
_WINDOW, _HOP, _BANDS = 400, 160, 40
_LOUDNESS = 10 ** (-30 / 20)  # RMS that quieter sound is raised to: -30 dBFS


class SpeakerNet(nn.Module):
    """Mel spectrograms to embeddings.

    ::

        e = ReLU( Linear( last state of three stacked LSTMs ) ),  e / |e|
    """

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(_BANDS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, DIM)

    def forward(self, mel: Tensor) -> Tensor:
        """Embed (n, frames, 40) to (n, 256), of length 1."""
        _, (hidden, _) = self.lstm(mel)
        return functional.normalize(torch.relu(self.linear(hidden[-1])), dim=1)


def mel_power(samples: Tensor) -> Tensor:
    """Mel spectrogram, in power and not in its logarithm: (n, samples) to (n, samples // 160 + 1, 40).

    Hann windows of 25 ms centred every 10 ms, silence beyond the ends; Slaney's scale, triangles of area 1.
    """
    window = torch.hann_window(_WINDOW)
    spectrum = torch.stft(
        samples, _WINDOW, _HOP, window=window, center=True, pad_mode="constant", return_complex=True
    )
    return (_filters() @ spectrum.abs().square()).transpose(1, 2)


@functools.cache
def _filters() -> Tensor:
    """(40, 201) float32. Slaney (1998), "Auditory toolbox": linear below 1 kHz, logarithmic above."""
    step = np.log(6.4) / 27
    highest = 15 + np.log(SAMPLE_RATE / 2 / 1000) / step
    mels = np.linspace(0, highest, _BANDS + 2)
    corners = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (mels - 15)))
    bins = np.arange(_WINDOW // 2 + 1) * SAMPLE_RATE / _WINDOW
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangles = np.maximum(0, np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)))
    return torch.from_numpy((triangles * 2 / (right - left)).astype(np.float32))


def raised(samples: np.ndarray) -> np.ndarray:
    """Quiet sound made louder, to -30 dBFS; louder sound, and silence, as it is. Float32, 16 kHz."""
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return samples * np.float32(_LOUDNESS / loudness) if 0 < loudness < _LOUDNESS else samples


def embed_voices(segments: Sequence[np.ndarray]) -> np.ndarray:
    """Embeddings (n, 256) float32 of segments, each (25600,) float32 at 16 kHz."""
    if not len(segments):
        return np.zeros((0, DIM), np.float32)
    with torch.inference_mode():
        return load()(mel_power(torch.from_numpy(np.stack(segments)))[:, : SEGMENT // _HOP]).numpy()


@functools.cache
def load() -> SpeakerNet:
    """The network with its weights."""
    net = SpeakerNet()
    net.load_state_dict({name: value.float() for name, value in load_file(_WEIGHTS).items()})
    return net.eval().requires_grad_(False)
