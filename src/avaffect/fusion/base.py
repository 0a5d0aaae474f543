"""What every fusion takes and gives: named streams and masks in, fused features and weights out.

Axes used in this folder: ``b`` batch, ``t`` and ``s`` time (ticks), ``d`` or ``f`` feature,
``k`` gate candidate or hidden unit, ``n`` a count of ticks. ``m`` names a stream (modality).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from avaffect.errors import ModelError

from .layers.masking import keep, where_available

ABSENT = ("learned", "zero")


@dataclass
class Fused:
    """The result of a fusion.

    Attributes
    ----------
    features : (b, t, f) torch.Tensor
        The fused sequence. Finite at every tick; a tick at which every stream is masked carries
        no information and is for the caller to mark as missing.
    weights : dict of torch.Tensor
        What the fusion decided, by name, one row per tick, time on axis 1:

        ``gate.<stream>.<l>`` (b, t, 2)
            gate of iteration ``l`` (from 1): share of the un-attended (0), the attended (1) features;
        ``stage.<stream>`` (b, t, k)
            gate across the candidates of all iterations;
        ``modality`` (b, t, m)
            share of each stream, in the order of ``dims``; exactly 0 where a stream is masked;
        ``attended.<stream>`` (b, t) in [0, 1]
            share of the stream's output that is taken from its attended features, and not from its
            un-attended input: near 1 the stream leans on the attention among all streams, near 0 on
            itself. Of the fusions that gate attended against un-attended features: ``dca``,
            ``grjca``, ``hgrjca``;
        ``share.<stream>`` (b, t) in [0, 1]
            the stream's own share of the fused features: near 1 the output relies on this stream,
            near 0 on the others. They sum to one over the available streams, and are exactly 0 where
            a stream is masked. Of the fusions that gate stream against stream: ``iaca``;
        ``gain.<stream>`` (b, t, d_m) in (0, 1)
            what each feature of the stream is multiplied by, of ``feedback``;
        ``attention.<stream>`` (b, t, s) and ``correlation.<stream>`` (b, d, f)
            maps, only with ``maps=True``: they are large, and the second has no time axis. Fusions
            of several iterations or layers number them, ``attention.audio.1``.

        At a tick where a stream is masked its gates are what the gate makes of an empty input; the
        masks the caller passed say which of them mean something.
    losses : dict of torch.Tensor
        In training mode: losses of the fusion itself by name, one number each, for the training to add
        (``fit.loss.fusion`` of a recipe). ``discriminator`` of ``bibimodal``.
    """

    features: Tensor
    weights: dict[str, Tensor] = field(default_factory=dict)
    losses: dict[str, Tensor] = field(default_factory=dict)


STREAM_WEIGHTS = ("attended", "share")
"""Kinds of weight that are one number a stream and tick: see `Fused`."""


def stream_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The ``attended.<stream>`` and ``share.<stream>`` (b, t) among a fusion's weights, by full name."""
    return {name: weight for name, weight in weights.items() if name.split(".")[0] in STREAM_WEIGHTS}


torch.export.register_dataclass(Fused, serialized_type_name="avaffect.Fused")


class Fusion(nn.Module, ABC):
    """Base of all fusions.

    A tick at which a stream is masked is emptied before anything is computed, whatever lies there
    (NaN included), takes part in no sum, and changes no other tick. In the output, the place of an
    absent stream holds a vector of its own: learned (from zeros), or zeros.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more where ``min_streams``/``max_streams`` allow; the order is the order of
        concatenation.
    absent : {"learned", "zero"}
        What the output holds in the place of an absent stream.
    maps : bool
        Also return the attention and correlation maps.
    places : mapping of stream name to feature size, optional
        For subclasses: the streams that have a place of their own in the output, and their size
        there; ``dims`` by default.

    Raises
    ------
    ModelError
        Too few or too many streams, a size below 1, or a name that is no identifier.
    """

    min_streams: ClassVar[int] = 2
    max_streams: ClassVar[int | None] = None
    positional: ClassVar[bool] = False
    """True for a fusion whose output depends on the position of a tick in the sequence. The sequences of
    others may be cut where every stream is masked at the ends."""
    output_dim: int

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        absent: str = "learned",
        maps: bool = False,
        places: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.dims = _checked_dims(type(self), dims)
        one_of("absent", absent, ABSENT)
        self.maps = maps
        self.absent = nn.ParameterDict()
        if absent == "learned":
            for name, dim in (self.dims if places is None else places).items():
                self.absent[name] = nn.Parameter(torch.zeros(dim))

    @abstractmethod
    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Fuse checked streams, zero where masked, with a mask for each."""

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None = None) -> Fused:
        """Fuse the streams tick by tick.

        Parameters
        ----------
        streams : mapping of name to (b, t, dims[name]) torch.Tensor
            All at one rate, tick ``k`` of each at the same instant.
        masks : mapping of name to (b, t) bool torch.Tensor, optional
            True where the stream is available; a stream without a mask is available throughout.

        Raises
        ------
        ModelError
            Streams or masks of other names or shapes than the fusion was built for.
        """
        masks = {} if masks is None else masks
        _check_names(self.dims, streams, masks)
        first = next(iter(self.dims))
        ticks = streams[first].shape[:2]
        cleaned: dict[str, Tensor] = {}
        available: dict[str, Tensor] = {}
        for name, dim in self.dims.items():
            stream = streams[name]
            if stream.dim() != 3 or stream.shape[-1] != dim or stream.shape[:2] != ticks:
                raise ModelError(
                    f"stream {name!r} has shape {tuple(stream.shape)}; expected (batch, time, {dim}) "
                    f"with the batch and time of {first!r}, {tuple(ticks)}"
                )
            if name not in masks:
                cleaned[name] = stream
                available[name] = torch.ones(stream.shape[:2], dtype=torch.bool, device=stream.device)
                continue
            mask = masks[name]
            if mask.dtype != torch.bool or mask.shape != ticks:
                raise ModelError(
                    f"mask {name!r} is {mask.dtype} of shape {tuple(mask.shape)}; "
                    f"expected torch.bool of shape {tuple(ticks)}, True where available"
                )
            cleaned[name] = keep(stream, mask)
            available[name] = mask
        return self.fuse(cleaned, available)

    def join(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Tensor:
        """Concatenate streams over features, with the absent vector where one is masked."""
        parts = [
            where_available(streams[name], masks[name], self.absent[name])
            if name in self.absent
            else keep(streams[name], masks[name])
            for name in streams
        ]
        return torch.cat(parts, dim=-1)  # (b, t, d_1 + d_2 + ...)


class AttentionFusion(Fusion):
    """A fusion that gives each stream an attended version of itself, of the same size.

    The output is the attended streams side by side; `attend` gives them one by one, for the fusions
    that put a gate behind (`dca`, `iaca`).
    """

    def __init__(self, *, dims: Mapping[str, int], absent: str = "learned", maps: bool = False) -> None:
        super().__init__(dims=dims, absent=absent, maps=maps)
        self.output_dim = sum(self.dims.values())

    @abstractmethod
    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The attended streams (zero where masked) and the named maps (empty without ``maps``)."""

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Concatenate the attended streams."""
        attended, weights = self.attend(streams, masks)
        return Fused(self.join(attended, masks), weights)


def one_of(option: str, given: str, allowed: tuple[str, ...]) -> str:
    """Return ``given`` if allowed, else raise a `ModelError` that lists what is."""
    if given not in allowed:
        raise ModelError(f"{option}={given!r}; expected one of {', '.join(map(repr, allowed))}")
    return given


def at_least(option: str, given: float, lowest: float) -> None:
    """Raise a `ModelError` if ``given`` is below ``lowest``."""
    if given < lowest:
        raise ModelError(f"{option}={given}; expected {lowest} or more")


def at_most(option: str, given: float, highest: float) -> None:
    """Raise a `ModelError` if ``given`` is above ``highest``."""
    if given > highest:
        raise ModelError(f"{option}={given}; expected {highest} or less")


def _checked_dims(kind: type[Fusion], dims: Mapping[str, int]) -> dict[str, int]:
    name = kind.__name__
    if len(dims) < kind.min_streams or (kind.max_streams is not None and len(dims) > kind.max_streams):
        most = "or more" if kind.max_streams is None else f"to {kind.max_streams}"
        raise ModelError(
            f"{name} was given {len(dims)} stream(s) {list(dims)}; it takes {kind.min_streams} {most}"
        )
    for stream, dim in dims.items():
        if not stream.isidentifier() or dim < 1:
            raise ModelError(
                f"stream {stream!r} of size {dim}; expected a name like 'audio' and a size of 1 or more"
            )
    return dict(dims)


def _check_names(dims: Mapping[str, int], streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> None:
    if set(streams) != set(dims):
        raise ModelError(f"given streams {sorted(streams)}; this fusion takes {sorted(dims)}")
    unknown = set(masks) - set(dims)
    if unknown:
        raise ModelError(f"masks for {sorted(unknown)}; this fusion takes {sorted(dims)}")
