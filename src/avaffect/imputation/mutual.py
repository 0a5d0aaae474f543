"""Mutually supervised VAE (MEME): two modalities, each the prior of the other, and either may be missing.

Joy, Shi, Torr, Rainforth, Schmon and Siddharth 2022, "Learning Multimodal VAEs through Mutual Supervision"
(ICLR, arXiv 2106.12570). There is no joint encoder and no fixed prior. Where a pair is complete, the encoder
of one modality is the prior of the other's latents. Where one is missing, its encoder on learned
pseudo-inputs is.

Axes: ``b`` batch, ``k`` sample, ``z`` latent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import ModelError
from .distributions import Gaussian, laplace_log_prob, log_mean_exp


@dataclass(frozen=True)
class Direction:
    """The terms of one direction, source s to target t, all (b,).

    Attributes
    ----------
    target, source : torch.Tensor
        log q(t | z) and log p(s | z) for one sample z of q(z | s).
    divergence : torch.Tensor
        KL(q(z | s) || q(z | t)): the target's encoder is the prior.
    evidence : torch.Tensor
        log q(t | s), the mean over the fresh samples and z.
    weight : torch.Tensor
        q(t | z) / q(t | s), without gradient.
    """

    target: Tensor
    source: Tensor
    divergence: Tensor
    evidence: Tensor
    weight: Tensor

    def loss(self, evidence_weight: float) -> Tensor:
        """Negative of the bound, mean over the batch."""
        bound = self.weight * (self.source - self.target - self.divergence)
        return -(bound + evidence_weight * self.evidence).mean()


class MutualVAE(nn.Module):
    """Two encoders, two decoders and pseudo-inputs.

    Parameters
    ----------
    encoders, decoders : mapping of str to nn.Module
        By modality, the same two: see `networks`.
    pseudo_inputs : mapping of str to (n, ...) torch.Tensor
        Where the learned inputs start: a batch of each modality. They are not kept in any range.
    fresh : int
        Samples for log q(t | s) beside the one that the bound uses.
    evidence_weight : float
        Of log q(t | s) in the loss.

    Raises
    ------
    ModelError
        If the parts are not of the same two modalities.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        decoders: Mapping[str, nn.Module],
        pseudo_inputs: Mapping[str, Tensor],
        *,
        fresh: int = 10,
        evidence_weight: float = 10.0,
    ) -> None:
        super().__init__()
        if len(encoders) != 2 or set(encoders) != set(decoders) or set(encoders) != set(pseudo_inputs):
            raise ModelError(
                f"encoders of {list(encoders)}, decoders of {list(decoders)}, pseudo-inputs of"
                f" {list(pseudo_inputs)}; expected the same two modalities of each"
            )
        self.modalities = tuple(encoders)
        self.encoders, self.decoders = nn.ModuleDict(encoders), nn.ModuleDict(decoders)
        self.pseudo_inputs = nn.ParameterDict(
            {name: nn.Parameter(x.detach().clone()) for name, x in pseudo_inputs.items()}
        )
        self.fresh, self.evidence_weight = fresh, evidence_weight

    def other(self, modality: str) -> str:
        """The other of the two."""
        first, second = self.modalities
        return second if modality == first else first

    def encode(self, modality: str, x: Tensor) -> Gaussian:
        """q(z | x), (b, z)."""
        out: Gaussian = self.encoders[modality](x)
        return out

    def loss(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Loss of a batch whose examples all have the same modalities: both, or one.

        Parameters
        ----------
        inputs : mapping of str to (b, ...) torch.Tensor
            Those that are there.
        """
        codes = {name: self.encode(name, x) for name, x in inputs.items()}  # each encoder once a step
        if len(inputs) == 1:
            ((name, x),) = inputs.items()
            return self.single(name, x, codes[name], self._noise(codes[name], 1))
        losses = []
        for name in self.modalities:
            noise, fresh = self._noise(codes[name], 1), self._noise(codes[name], self.fresh)
            losses.append(self.direction(name, inputs, codes, noise, fresh).loss(self.evidence_weight))
        return losses[0] + losses[1]

    def direction(
        self,
        source: str,
        inputs: Mapping[str, Tensor],
        codes: Mapping[str, Gaussian],
        noise: Tensor,
        fresh: Tensor,
    ) -> Direction:
        """The terms from a modality to the other, with standard normal noise (1, b, z) and (k, b, z)."""
        target = self.other(source)
        code = codes[source]
        z, others = code.sample(noise), code.sample(fresh)
        likelihoods = laplace_log_prob(inputs[target], self.decoders[target](torch.cat([others, z])))
        log_target, evidence = likelihoods[-1], log_mean_exp(likelihoods)
        return Direction(
            target=log_target,
            source=laplace_log_prob(inputs[source], self.decoders[source](z[0])),
            divergence=code.divergence(codes[target]),
            evidence=evidence,
            weight=(log_target - evidence).exp().detach(),
        )

    def single(self, name: str, x: Tensor, code: Gaussian, noise: Tensor) -> Tensor:
        """The loss where only one modality is there, with noise (1, b, z).

        Its prior is the mixture of what the other encoder makes of its first b pseudo-inputs.
        """
        absent = self.other(name)
        z = code.sample(noise)[0]
        prior = self.encode(absent, self.pseudo_inputs[absent][: len(x)])
        likelihood = laplace_log_prob(x, self.decoders[name](z))
        return -(likelihood - (code.log_prob(z) - prior.mixture_log_prob(z))).mean()

    @torch.inference_mode()
    def impute(self, source: str, x: Tensor) -> Tensor:
        """The other modality, decoded from the mean of q(z | x): (b, ...) to (b, ...).

        Uses the mode that the module is in; call `eval` first.
        """
        decoded: Tensor = self.decoders[self.other(source)](self.encode(source, x).location)
        return decoded

    @staticmethod
    def _noise(code: Gaussian, samples: int) -> Tensor:
        return torch.randn(samples, *code.location.shape, device=code.location.device)
