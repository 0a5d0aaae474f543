"""The voice encoder on Whisper's first blocks: log-mel in, one feature vector per tick out.

Whisper (Radford et al. 2023, "Robust speech recognition via large-scale weak supervision") was trained on
680,000 hours of speech. Its first blocks stay as they were published; a linear layer on them is trained::

    h_0 = GELU(conv2(GELU(conv1(x)))) + positions              50 Hz
    a_l = h_(l-1) + Attention(LayerNorm(h_(l-1)))
    h_l = a_l + W2 GELU(W1 LayerNorm(a_l))
    y   = ReLU(W standardise([mean of h_L over a tick, level]))

Attention sees windows of 4 s, so that recordings of any length can be read: window k gives the ticks from
k HOP to (k + 1) HOP - 1, and sees MARGIN ticks more on each side. Positions count from where the window would
begin if there were sound on all sides. Windows are shorter than the clips of the training: what comes later
in a window than any clip lasts would be read as nothing that was learned.

Whisper takes its input relative to the loudest moment. Here it is relative to the recording's reference
level, which is put where the speech of an ordinary recording lies. The level itself stands beside the last
block's output.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import DataError, ModelError
from ..npz import Expected, read_npz
from ..voice import preset
from ..voice.level import PRIOR_LEVEL
from .base import AudioEncoder

LOGMEL = "whisper16k"
STRIDE = 8
"""Log-mel frames per tick."""

POSITIONS = 4
"""Whisper's positions per tick; each is two log-mel frames."""

HOP, MARGIN = 25, 12
"""Ticks of a window that are kept (2 s), and that it sees besides on each side (about 1 s)."""

LOWEST_DEVIATION = 1e-4
"""What features are divided by at least: one that never changes must not become noise."""


class Block(nn.Module):
    """A transformer block (Vaswani et al. 2017) with normalisation first: (b, t, d) to the same.

    It attends to positions that are ``there``, (1, t) bool; to all by default.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width, eps=1e-5)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.feed_forward_norm = nn.LayerNorm(width, eps=1e-5)
        self.feed_forward_in = nn.Linear(width, 4 * width)
        self.feed_forward_out = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, there: Tensor | None = None) -> Tensor:
        parts = self.query_key_value(self.attention_norm(x)).unflatten(2, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (b, head, t, d / heads)
        attended = functional.scaled_dot_product_attention(query, key, value, there)
        x = x + self.attention_out(attended.transpose(1, 2).flatten(2))
        hidden = functional.gelu(self.feed_forward_in(self.feed_forward_norm(x)))
        return x + self.feed_forward_out(hidden)


class WhisperBlocks(nn.Module):
    """Whisper's two convolutions and first blocks, over windows.

    Parameters
    ----------
    bands, width, heads, blocks : int
        Mel bands; size of the blocks and number of their attention heads; number of blocks.
    """

    positions: Tensor

    def __init__(self, bands: int, width: int, heads: int, blocks: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(bands, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        window = (MARGIN + HOP + MARGIN) * POSITIONS
        self.register_buffer("positions", sinusoids(window, width), persistent=False)

    def forward(self, logmel: Tensor) -> Tensor:
        """Output of the last block.

        Parameters
        ----------
        logmel : (b, frames, bands) torch.Tensor
            An even number of frames at 100 Hz, as Whisper scales them.

        Returns
        -------
        (b, frames // 2, width) torch.Tensor
            At 50 Hz.
        """
        x = functional.gelu(self.conv1(logmel.transpose(1, 2)))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        hop, margin, length = HOP * POSITIONS, MARGIN * POSITIONS, x.shape[1]
        kept = []
        for begin in range(0, length, hop):
            start = begin - margin  # where the window begins, were there sound on all sides
            first, last = max(0, start), min(length, begin + hop + margin)
            seen = x[:, first:last] + self.positions[first - start : last - start]
            for block in self.blocks:
                seen = block(seen)
            kept.append(seen[:, begin - first : begin - first + hop])
        return torch.cat(kept, dim=1)

    def window(self, logmel: Tensor, lead: Tensor) -> Tensor:
        """The same of one window, which ``lead`` ticks of context precede; what lies beyond is not attended.

        The convolutions in front see a tick more on each side than the window.
        """
        x = functional.gelu(self.conv1(logmel.transpose(1, 2)))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        place = torch.arange(x.shape[1], device=x.device) + (MARGIN - lead) * POSITIONS
        there = ((place >= 0) & (place < len(self.positions)))[None]  # (1, t): for all that attend
        x = x + self.positions[place.clamp(0, len(self.positions) - 1)]
        for block in self.blocks:
            x = block(x, there)
        return x


def sinusoids(length: int, width: int) -> Tensor:
    """Encodings of the positions 0, 1, ..., sines and then cosines: (length, width) float32.

    Column i of both halves has the frequency 10000^(-i / (width / 2 - 1)) radians a position.

    >>> sinusoids(2, 4)[:, 2:]
    tensor([[1.0000, 1.0000],
            [0.5403, 1.0000]])
    """
    frequency = torch.logspace(0, -4, width // 2, dtype=torch.float64)
    angle = torch.arange(length, dtype=torch.float64)[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1).float()


class WhisperVoice(AudioEncoder):
    """Features of a voice from Whisper's first blocks.

    A new encoder has random blocks: `load_published` gives it Whisper's. `preprocess` runs the blocks, so
    what it gives can be computed once and kept; `features` is what is trained, after `measure_scale`.

    Parameters
    ----------
    dim : int
        Size of the features.
    blocks : int
        How many of Whisper's blocks are used.
    width, heads : int
        Size of the blocks and number of their attention heads: 384 and 6 are those of Whisper's ``tiny``.
    dropout : float
        Share of the block's outputs dropped while training.
    kernel : int
        Ticks that a convolution on the features covers, an odd number; 0 for none.

    Examples
    --------
    >>> net = WhisperVoice(width=8, heads=2).eval()
    >>> net(torch.zeros(2, 80, 80)).shape
    torch.Size([2, 10, 64])
    """

    preprocessing = {"logmel": LOGMEL}
    stride = STRIDE
    hop = HOP
    frozen = ("whisper",)
    bands: ClassVar[int] = preset(LOGMEL).n_mels

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        *,
        dim: int = 64,
        blocks: int = 2,
        width: int = 384,
        heads: int = 6,
        dropout: float = 0.2,
        kernel: int = 0,
    ) -> None:
        super().__init__()
        if blocks < 1 or width < 4 or width % 2 or heads < 1 or width % heads:
            raise ModelError(
                f"blocks={blocks}, width={width}, heads={heads}: expected a block or more, and an even width "
                "that the heads divide"
            )
        if kernel < 0 or (kernel > 0 and kernel % 2 == 0):
            raise ModelError(f"kernel={kernel}: expected an odd number of ticks, or 0 for no convolution")
        self.dim, self.heads = dim, heads
        # The convolutions in front reach one tick further than the window; the one behind into other windows.
        self.context = MARGIN + 1 + -(-(kernel // 2) // HOP) * HOP
        self.whisper = WhisperBlocks(self.bands, width, heads, blocks).requires_grad_(False)
        size = width + 1
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))
        self.dropout = nn.Dropout(dropout)
        self.embed = nn.Linear(size, dim)
        self.times = nn.Conv1d(dim, dim, kernel, padding=kernel // 2) if kernel else None

    @torch.no_grad()
    def preprocess(self, inputs: Tensor) -> Tensor:
        """What Whisper's blocks make of a log-mel, and its level.

        Parameters
        ----------
        inputs : (b, frames, 80) torch.Tensor
            Preset ``whisper16k`` at 100 Hz, relative to the recording's reference level
            (`avaffect.voice.relative`), in bels. Frames beyond the last whole tick are not seen.

        Returns
        -------
        (b, frames // 8, width + 1) torch.Tensor
            At 12.5 Hz: the mean over a tick of the last block's output; last the level in bels, the mean over
            the tick's frames.

        Raises
        ------
        ModelError
            If there is not one whole tick, or another number of bands.
        """
        ticks = inputs.shape[1] // STRIDE
        if ticks == 0 or inputs.shape[2] != self.bands:
            raise ModelError(
                f"log-mel of shape {tuple(inputs.shape)}: expected (batch, at least {STRIDE} frames, "
                f"{self.bands} bands)"
            )
        inputs = inputs[:, : ticks * STRIDE]
        return _by_tick(self.whisper(_as_whisper_scales(inputs)), inputs)

    def piece(self, inputs: Tensor, lead: Tensor) -> Tensor:
        if self.times is not None:
            raise ModelError("a whisper encoder with a kernel has no ONNX form; train one with kernel=0")
        inputs = inputs[:, : inputs.shape[1] // STRIDE * STRIDE]
        return self.features(_by_tick(self.whisper.window(_as_whisper_scales(inputs), lead), inputs))

    def features(self, inputs: Tensor) -> Tensor:
        """Features per tick: (b, t, width + 1) of `preprocess` to (b, t, dim), not negative."""
        x = self.dropout((inputs - self.mean) / self.deviation)
        x = functional.relu(self.embed(x))
        if self.times is None:
            return x
        return functional.relu(x + self.times(x.transpose(1, 2)).transpose(1, 2))

    @torch.no_grad()
    def measure_scale(self, ticks: Tensor) -> None:
        """Take the mean and standard deviation that features are brought to 0 and 1 by from data.

        Parameters
        ----------
        ticks : (..., width + 1) torch.Tensor
            What `preprocess` gave at the ticks of the training data that count.
        """
        ticks = ticks.reshape(-1, ticks.shape[-1]).double()
        self.mean.copy_(ticks.mean(dim=0))
        self.deviation.copy_(ticks.std(dim=0, correction=0).clamp_min(LOWEST_DEVIATION))

    @torch.no_grad()
    def load_published(self, path: str | Path) -> None:
        """Fill the blocks with published weights.

        Parameters
        ----------
        path : path
            An .npz file with ``conv1/weight``, ``layer_0/ffn/linear_0/weight`` and so on; ``linear_0`` of the
            attention holds query, key and value one below the other. More blocks than needed do not matter.

        Raises
        ------
        DataError
            If the file is no .npz, lacks an array, or holds one of another shape, or values that are not
            finite.
        """
        own = self.whisper.state_dict()
        names = {name: _published(name) for name in own}
        expected = {theirs: Expected("f", tuple(own[ours].shape)) for ours, theirs in names.items()}
        found = read_npz(Path(path), {**expected, "num_heads": Expected("iu", (1,))})
        heads = int(found["num_heads"][0])
        if heads != self.heads:
            raise DataError(
                f"{path}: weights of {heads} attention heads; expected {self.heads}: give the encoder "
                f"heads={heads}"
            )
        for ours, theirs in names.items():
            if not np.isfinite(found[theirs]).all():
                raise DataError(f"{path}: {theirs} holds values that are no finite numbers; fetch it again")
            own[ours].copy_(torch.from_numpy(found[theirs].astype(np.float32)))


def _as_whisper_scales(logmel: Tensor) -> Tensor:
    """Log-mel relative to the reference level, as of a recording of usual gain."""
    return (logmel + (PRIOR_LEVEL - preset(LOGMEL).offset) + 4) / 4


def _by_tick(heard: Tensor, logmel: Tensor) -> Tensor:
    """Means over ticks of the last block's output and, last, of the level in bels: (b, ticks, width + 1)."""
    heard = heard.unflatten(1, (-1, POSITIONS)).mean(dim=2)
    level = (10.0**logmel).mean(dim=2).log10().unflatten(1, (-1, STRIDE)).mean(dim=2)
    return torch.cat([heard, level.unsqueeze(2)], dim=2)


_PUBLISHED: Mapping[str, str] = {
    "attention_norm": "self_attention/layer_norm",
    "query_key_value": "self_attention/linear_0",
    "attention_out": "self_attention/linear_1",
    "feed_forward_norm": "ffn/layer_norm",
    "feed_forward_in": "ffn/linear_0",
    "feed_forward_out": "ffn/linear_1",
}


def _published(name: str) -> str:
    """The published name of one of our weights.

    >>> _published("blocks.0.attention_norm.weight"), _published("conv1.bias")
    ('layer_0/self_attention/layer_norm/gamma', 'conv1/bias')
    """
    *place, kind = name.split(".")
    if place[0] != "blocks":
        return f"{place[0]}/{kind}"
    if place[2].endswith("norm"):
        kind = {"weight": "gamma", "bias": "beta"}[kind]
    return f"layer_{place[1]}/{_PUBLISHED[place[2]]}/{kind}"
