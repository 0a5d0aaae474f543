"""The multimodal bottleneck transformer, MBT (arXiv 2107.00135, NeurIPS 2021): from pixels to labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Beta
from torch.nn.functional import binary_cross_entropy_with_logits

from avaffect.errors import ModelError

from ..base import at_least, one_of
from ..layers.bottleneck import BottleneckEncoder

READ_OUTS = ("class", "mean")


class PatchEmbedding(nn.Module):
    """An array cut into patches without overlap, each to one token by a linear layer.

    Tokens come in the order of the axes, the last one fastest: time, row, column for tubes of a video.

    Parameters
    ----------
    size, patch : sequence of int
        Of the array and of a patch, axis by axis, without channels.
    channels : int
    width : int
        Of a token.

    Raises
    ------
    ModelError
        A patch does not divide the array.
    """

    def __init__(self, size: Sequence[int], patch: Sequence[int], *, channels: int, width: int) -> None:
        super().__init__()
        if len(size) != len(patch) or any(p < 1 or s % p for s, p in zip(size, patch, strict=True)):
            raise ModelError(f"patches of {tuple(patch)} in {tuple(size)}; expected divisors, axis by axis")
        self.size, self.patch, self.channels = tuple(size), tuple(patch), channels
        self.tokens = math.prod(s // p for s, p in zip(size, patch, strict=True))
        self.project = nn.Linear(math.prod(patch) * channels, width)

    def forward(self, x: Tensor) -> Tensor:
        """(b, *size, channels) to (b, tokens, width)."""
        if tuple(x.shape[1:]) != (*self.size, self.channels):
            raise ModelError(
                f"an input of shape {tuple(x.shape)}; expected (batch, {', '.join(map(str, self.size))}, "
                f"{self.channels})"
            )
        axes = range(len(self.size))
        parts = [n for s, p in zip(self.size, self.patch, strict=True) for n in (s // p, p)]
        cut = x.reshape(-1, *parts, self.channels)  # each axis as (which patch, where in it)
        order = [0, *(1 + 2 * axis for axis in axes), *(2 + 2 * axis for axis in axes), cut.dim() - 1]
        return self.project(cut.permute(order).reshape(len(x), self.tokens, -1))


class MBT(nn.Module):
    """Patches or tubes of each stream through transformers that meet in bottlenecks, and one shared head.

    ::

        x_m     = [class token_m; PatchEmbedding_m(input_m)] + positions_m     a learned table
        x       = BottleneckEncoder(x)
        y_m     = Linear(first token of x_m)                                   one head for all streams
        y       = mean of y_m                                                  at test

    Parameters
    ----------
    sizes, patches : mapping of stream name to sequence of int
        Size of the input and of its patches; (time, mel) of a spectrogram, (frames, rows, columns) of a
        video. The order is the published one, sound first.
    classes : int
    width, heads, hidden, layers, fusion_layer, bottlenecks, exchange, share_blocks
        As in `BottleneckEncoder`. The published code makes one bottleneck more than its setting.
    channels : int
        3 as published, the one of the spectrogram repeated.
    read_out : {"class", "mean"}
        What the head reads: the class token, or the mean over the tokens, which has no class token. The
        published code stops on the second with a bottleneck.
    stochastic_depth : float
        As ``skip`` of `BottleneckEncoder`.
    """

    def __init__(
        self,
        *,
        sizes: Mapping[str, Sequence[int]],
        patches: Mapping[str, Sequence[int]],
        classes: int,
        width: int = 768,
        heads: int = 12,
        hidden: int = 3072,
        layers: int = 12,
        fusion_layer: int = 8,
        bottlenecks: int = 5,
        exchange: str = "bottleneck",
        share_blocks: bool = False,
        channels: int = 3,
        read_out: str = "class",
        stochastic_depth: float = 0.3,
    ) -> None:
        super().__init__()
        at_least("classes", classes, 1)
        if set(sizes) != set(patches):
            raise ModelError(f"sizes of {sorted(sizes)} and patches of {sorted(patches)}; expected the same")
        self.read_out = one_of("read_out", read_out, READ_OUTS)
        self.embed = nn.ModuleDict(
            {
                name: PatchEmbedding(sizes[name], patches[name], channels=channels, width=width)
                for name in sizes
            }
        )
        self.token, self.position = nn.ParameterDict(), nn.ParameterDict()
        for name, embedding in self.embed.items():
            count = int(embedding.tokens)  # type: ignore[arg-type]
            if read_out == "class":
                self.token[name] = nn.Parameter(torch.zeros(width))
                count += 1
            self.position[name] = nn.Parameter(0.02 * torch.randn(count, width))
        self.encoder = BottleneckEncoder(
            list(sizes),
            width=width,
            heads=heads,
            hidden=hidden,
            layers=layers,
            fusion_layer=fusion_layer,
            bottlenecks=bottlenecks,
            exchange=exchange if len(sizes) > 1 else "none",
            share_blocks=share_blocks,
            eps=1e-6,
            gelu="tanh",
            skip=stochastic_depth,
        )
        self.head = nn.Linear(width, classes)
        self._start()

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Logits of each stream, (b, classes): what the loss of training takes.

        Parameters
        ----------
        inputs : mapping of stream name to (b, *size, channels) torch.Tensor
            A spectrogram as (b, time, mel, channels), a video as (b, frames, rows, columns, channels).
        """
        encoded = self.encode(inputs)
        if self.read_out == "mean":
            return {name: self.head(tokens.mean(dim=1)) for name, tokens in encoded.items()}
        return {name: self.head(tokens[:, 0]) for name, tokens in encoded.items()}

    def predict(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Logits at test: the mean over the streams; (b, classes)."""
        return torch.stack(list(self(inputs).values())).mean(dim=0)

    def encode(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Tokens of each stream behind the last norm, the class token first; (b, n, width)."""
        tokens = {}
        for name, embedding in self.embed.items():
            x = embedding(inputs[name])
            if name in self.token:
                x = torch.cat([self.token[name].expand(len(x), 1, -1), x], dim=1)
            tokens[name] = x + self.position[name]
        masks = {name: x.new_ones(x.shape[:2], dtype=torch.bool) for name, x in tokens.items()}
        return self.encoder(tokens, masks)

    def _start(self) -> None:
        """Start values as published: Xavier kernels, MLP biases near zero, a head of zeros."""
        for layer in self.encoder.layers:
            for block in layer.values():  # type: ignore[operator]
                for kernel in (*block.attention.project.weight.chunk(3), block.attention.out.weight):
                    nn.init.xavier_uniform_(kernel)
                nn.init.zeros_(block.attention.project.bias)
                nn.init.zeros_(block.attention.out.bias)
                for part in (block.feed_forward[0], block.feed_forward[3]):
                    nn.init.xavier_uniform_(part.weight)
                    nn.init.normal_(part.bias, std=1e-6)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)


def mbt_loss(logits: Mapping[str, Tensor], targets: Tensor, *, smoothing: float = 0.3) -> Tensor:
    """Mean over the streams of their losses: sigmoid cross entropy, summed over classes, mean of the batch.

    Parameters
    ----------
    logits : mapping of stream name to (b, classes) torch.Tensor
    targets : (b, classes) torch.Tensor
        In [0, 1]; several classes may hold. They are smoothed to (1 - s) y + s / classes.
    smoothing : float
        s; 0.3 as published.
    """
    smooth = (1 - smoothing) * targets + smoothing / targets.shape[1]
    losses = [
        binary_cross_entropy_with_logits(each, smooth, reduction="sum") / len(targets)
        for each in logits.values()
    ]
    return torch.stack(losses).mean()


def mixup(
    inputs: Mapping[str, Tensor], targets: Tensor, *, alpha: float = 0.5
) -> tuple[dict[str, Tensor], Tensor]:
    """Mix a batch with itself in reverse order (arXiv 1710.09412), with one share for all of it.

    The share is drawn from Beta(alpha, alpha); it is the same for all streams and the targets.
    """
    share = float(Beta(alpha, alpha).sample())

    def mixed(x: Tensor) -> Tensor:
        return share * x + (1 - share) * x.flip(0)

    return {name: mixed(x) for name, x in inputs.items()}, mixed(targets)
