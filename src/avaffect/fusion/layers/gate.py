"""The gate: per tick, how much of each candidate passes.

Basic form: dynamic cross-attention, DCA (arXiv 2403.19554, ICME 2024); over iterations: GRJCA and
HGRJCA (arXiv 2503.12261, CVPRW 2025).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from avaffect.errors import ModelError

from ..base import at_least, one_of
from .masking import masked_softmax, precise

SOURCES = ("last", "concat")
ACTIVATIONS = ("relu", "none")


class StageGate(nn.Module):
    """A softmax gate over candidates, one set of weights per tick, shared by all feature channels.

    With candidates ``X_0 .. X_{k-1}``, each (b, t, d)::

        Y = S W + c              S = X_{k-1} ("last") or [X_0, ..., X_{k-1}] ("concat")
        G = softmax(Y / T)       over the k candidates
        out = ReLU( sum_k G[k] * X_k )

    The published gate has k = 2 (0 un-attended, 1 attended), sees the attended features alone
    ("last"), and T = 0.1. Its paper writes no bias ``c``; its code has one, and so has this one.

    At T = 0.1 the gate saturates: a logit gap of 1 already gives the weights 0.99995 and 0.00005,
    and next to no gradient. T is a buffer, so that it travels with the weights and can be lowered
    in the course of training: `set_temperature`.

    Parameters
    ----------
    dim : int
        Feature size ``d`` of every candidate.
    n_candidates : int
        k. With one candidate the gate is 1 and has no weights.
    temperature : float
        T above.
    source : {"last", "concat"}
        What the gate looks at.
    activation : {"relu", "none"}
        Applied to the mixture; "relu" is the published one.
    """

    temperature: Tensor

    def __init__(
        self,
        dim: int,
        n_candidates: int = 2,
        *,
        temperature: float = 0.1,
        source: str = "last",
        activation: str = "relu",
    ) -> None:
        super().__init__()
        at_least("n_candidates", n_candidates, 1)
        self.source = one_of("source", source, SOURCES)
        self.activation = one_of("activation", activation, ACTIVATIONS)
        self.n_candidates = n_candidates
        self.register_buffer("temperature", torch.tensor(_positive(temperature)))
        sees = dim * n_candidates if source == "concat" else dim
        self.logits = nn.Linear(sees, n_candidates) if n_candidates > 1 else None

    def forward(self, candidates: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Mix the candidates.

        Parameters
        ----------
        candidates : sequence of (b, t, d) torch.Tensor

        Returns
        -------
        mixture : (b, t, d) torch.Tensor
        weights : (b, t, k) torch.Tensor
            Rows sum to one; float32 or better.
        """
        if len(candidates) != self.n_candidates:
            raise ModelError(f"{len(candidates)} candidates for a gate over {self.n_candidates}")
        last = candidates[-1]
        if self.logits is None:
            weights = torch.ones_like(precise(last[..., :1]))  # (b, t, 1)
        else:
            seen = torch.cat(list(candidates), dim=-1) if self.source == "concat" else last
            logits = precise(self.logits(seen))  # (b, t, k)
            weights = torch.softmax(logits / self.temperature.to(logits.dtype), dim=-1)
        mixture = _blend(weights, candidates)
        return (torch.relu(mixture) if self.activation == "relu" else mixture), weights


class StreamGates(nn.Module):
    """A `StageGate` for each stream; parameters as there."""

    def __init__(
        self,
        dims: Mapping[str, int],
        n_candidates: int = 2,
        *,
        temperature: float = 0.1,
        source: str = "last",
        activation: str = "relu",
    ) -> None:
        super().__init__()
        self.streams = nn.ModuleDict(
            {
                name: StageGate(
                    dim,
                    n_candidates,
                    temperature=temperature,
                    source=source,
                    activation=activation,
                )
                for name, dim in dims.items()
            }
        )

    def forward(
        self, candidates: Mapping[str, Sequence[Tensor]]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The mixture (b, t, d) and the weights (b, t, k) of each stream."""
        mixed: dict[str, Tensor] = {}
        weights: dict[str, Tensor] = {}
        for name, of_stream in candidates.items():
            mixed[name], weights[name] = self.streams[name](of_stream)
        return mixed, weights


class ModalityGate(nn.Module):
    """A softmax gate across streams: which of them to go by, tick by tick.

    With m streams X_1 .. X_m, each (b, t, d)::

        G   = softmax( ([X_1, ..., X_m] W + c) / T )      over the streams available at the tick
        out = ReLU( sum_m G[m] * X_m )

    Parameters
    ----------
    dim : int
        Feature size d of every stream.
    n_streams : int
    temperature : float
    """

    temperature: Tensor

    def __init__(self, dim: int, n_streams: int, *, temperature: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("temperature", torch.tensor(_positive(temperature)))
        self.logits = nn.Linear(dim * n_streams, n_streams)

    def forward(self, streams: Sequence[Tensor], masks: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Mix streams (b, t, d), each zero where its mask (b, t) is False.

        Returns
        -------
        mixture : (b, t, d) torch.Tensor
        weights : (b, t, m) torch.Tensor
            Exactly 0 where a stream is masked; rows sum to one where any is available.
        """
        logits = precise(self.logits(torch.cat(list(streams), dim=-1)))  # (b, t, m)
        available = torch.stack(list(masks), dim=-1)  # (b, t, m)
        weights = masked_softmax(logits / self.temperature.to(logits.dtype), available, dim=-1)
        return torch.relu(_blend(weights, streams)), weights


def _blend(weights: Tensor, candidates: Sequence[Tensor]) -> Tensor:
    """sum_k weights[..., k] * candidates[k]; (b, t, k) and k times (b, t, d) to (b, t, d)."""
    shares = weights.to(candidates[0].dtype).split(1, dim=-1)  # k times (b, t, 1)
    mixture = shares[0] * candidates[0]
    for share, candidate in zip(shares[1:], candidates[1:], strict=True):
        mixture = torch.addcmul(mixture, share, candidate)
    return mixture


def set_temperature(module: nn.Module, temperature: float) -> None:
    """Set the temperature of every gate inside a module (a fusion, or a model that holds one).

    Raises
    ------
    ModelError
        The temperature is not above zero, or the module has no gate.
    """
    gates = [each for each in module.modules() if isinstance(each, StageGate | ModalityGate)]
    if not gates:
        raise ModelError(f"{type(module).__name__} has no gate whose temperature could be set")
    for gate in gates:
        gate.temperature.fill_(_positive(temperature))


def _positive(temperature: float) -> float:
    if not temperature > 0:
        raise ModelError(f"temperature={temperature}; expected a number above 0, such as 0.1")
    return float(temperature)
