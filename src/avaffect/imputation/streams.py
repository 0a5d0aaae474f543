"""Filling what is missing in one of two feature streams from the other, tick by tick.

Axes: ``n`` ticks, of one recording or of many, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ..errors import ModelError
from ..files import replacing
from ..progress import Hook, silent
from .mutual import MutualVAE
from .networks import feature_decoder, feature_encoder
from .training import MutualFit, first_rows, train


class StreamImputer(nn.Module):
    """A mutually supervised VAE on two standardised feature streams.

    A tick is one example: what a voice sounds like at a moment says something of how the face looks then, and
    the other way round. The features are standardised, and the decoders' last layer is linear.

    Parameters
    ----------
    dims : mapping of str to int
        Feature size of each of the two streams.
    latent : int
    hidden : sequence of two int
        Of encoders and decoders.
    pseudo_inputs : int
        Learned inputs of each stream, for ticks that lack the other.

    Examples
    --------
    >>> torch.manual_seed(0)  # doctest: +ELLIPSIS
    <torch...>
    >>> voice = torch.randn(200, 3)
    >>> streams = {"audio": voice, "visual": torch.cat([voice, -voice], dim=1)}
    >>> masks = {"audio": torch.arange(200) % 3 > 0, "visual": torch.arange(200) % 4 > 0}
    >>> imputer = StreamImputer({"audio": 3, "visual": 6}, latent=4, hidden=(16, 16), pseudo_inputs=8)
    >>> imputer.fit(streams, masks, MutualFit(rounds=5))
    >>> filled, known = imputer(streams, masks)
    >>> filled["visual"].shape, bool(known["visual"].all())
    (torch.Size([200, 6]), False)
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        *,
        latent: int = 16,
        hidden: Sequence[int] = (128, 128),
        pseudo_inputs: int = 128,
    ) -> None:
        super().__init__()
        if len(dims) != 2:
            raise ModelError(f"{len(dims)} streams {list(dims)}; imputation is between two")
        self.dims = dict(dims)
        self.model = MutualVAE(
            {name: feature_encoder(dim, latent, hidden=hidden) for name, dim in dims.items()},
            {name: feature_decoder(latent, dim, hidden=hidden, bounded=False) for name, dim in dims.items()},
            {name: torch.zeros(pseudo_inputs, dim) for name, dim in dims.items()},
        )
        for name, dim in dims.items():
            self.register_buffer(f"mean_{name}", torch.zeros(dim))
            self.register_buffer(f"deviation_{name}", torch.ones(dim))

    def fit(
        self,
        streams: Mapping[str, Tensor],
        masks: Mapping[str, Tensor],
        plan: MutualFit | None = None,
        *,
        seed: int = 0,
        hook: Hook = silent,
    ) -> None:
        """Learn from ticks that have both streams, and from those that have one.

        Parameters
        ----------
        streams : mapping of str to (n, d) torch.Tensor
        masks : mapping of str to (n,) torch.BoolTensor
            True where the stream is there.
        plan : MutualFit, optional
        seed : int
        hook : callable
            As for `training.train`.

        Raises
        ------
        DataError
            If no tick has both.
        """
        for name in self.dims:
            known = streams[name][masks[name]]
            if len(known):
                spread = known.std(0, correction=0)
                self.get_buffer(f"mean_{name}").copy_(known.mean(0))
                # A feature that never changes stays where it is: only its mean is taken off.
                self.get_buffer(f"deviation_{name}").copy_(spread.where(spread > 1e-6, 1.0))
        scaled = {name: self._scaled(name, streams[name]) for name in self.dims}
        starts = first_rows(scaled, {name: masks[name] for name in self.dims}, self._pseudo_inputs)
        with torch.no_grad():
            for name, rows in starts.items():
                self.model.pseudo_inputs[name][: len(rows)] = rows
        train(
            self.model,
            scaled,
            {name: masks[name] for name in self.dims},
            plan or MutualFit(),
            seed=seed,
            hook=hook,
        )

    def forward(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Fill each stream where it is missing and the other is there.

        Returns
        -------
        streams : dict of str to (n, d) torch.Tensor
            As given where they are known; 0 where neither is.
        masks : dict of str to (n,) torch.BoolTensor
            True where at least one of the two is there.
        """
        first, second = self.dims
        known = masks[first] | masks[second]
        filled = {}
        for name, other in ((first, second), (second, first)):
            values = torch.where(masks[name][:, None], streams[name], 0.0)
            lacking = masks[other] & ~masks[name]
            values[lacking] = self.impute(other, streams[other][lacking])
            filled[name] = values
        return filled, dict.fromkeys(self.dims, known)

    def impute(self, source: str, values: Tensor) -> Tensor:
        """The other stream at ticks of the stream ``source``: (n, d) to (n, d of the other)."""
        other = self.model.other(source)
        standard = self.model.impute(source, self._scaled(source, values))
        return standard * self.get_buffer(f"deviation_{other}") + self.get_buffer(f"mean_{other}")

    def save(self, path: str | Path) -> Path:
        """Write the weights as a safetensors file."""
        with replacing(path) as part:
            part.write_bytes(save({name: value.contiguous() for name, value in self.state_dict().items()}))
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> StreamImputer:
        """Read what `save` wrote; sizes are those of the tensors.

        Raises
        ------
        ModelError
            If the file cannot be read or is of something else.
        """
        try:
            state = load_file(path)
            names = [key.removeprefix("mean_") for key in state if key.startswith("mean_")]
            pseudo = {name: state[f"model.pseudo_inputs.{name}"] for name in names}
            latent, second = state[f"model.encoders.{names[0]}.location.weight"].shape
            first = len(state[f"model.encoders.{names[0]}.body.0.weight"])
            dims = {name: rows.shape[1] for name, rows in pseudo.items()}
            imputer = cls(dims, latent=latent, hidden=(first, second), pseudo_inputs=len(pseudo[names[0]]))
            imputer.load_state_dict(state)
        except (OSError, ValueError, KeyError, IndexError, RuntimeError, SafetensorError) as error:
            raise ModelError(f"{path} holds no imputer ({' '.join(str(error).split())[:200]})") from error
        return imputer.eval()

    @property
    def _pseudo_inputs(self) -> int:
        return len(next(iter(self.model.pseudo_inputs.values())))

    def _scaled(self, name: str, values: Tensor) -> Tensor:
        return (values - self.get_buffer(f"mean_{name}")) / self.get_buffer(f"deviation_{name}")
