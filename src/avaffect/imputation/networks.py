"""Encoders and decoders of the mutually supervised VAE: layers of features, and images.

An encoder gives a diagonal Gaussian over the latents, a decoder the location of a Laplace distribution over
what was observed. The published networks are `feature_encoder` and `feature_decoder` for flat MNIST digits,
`image_encoder` and `image_decoder` for SVHN.

Axes: ``b`` batch, ``k`` sample, ``z`` latent, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from .distributions import Gaussian


class GaussianEncoder(nn.Module):
    """A network with two linear layers behind it: location, and softplus of the scale.

    Parameters
    ----------
    body : nn.Module
        (b, ...) to (b, width).
    width, latent : int
    least : float
        No scale is below it.
    """

    def __init__(self, body: nn.Module, width: int, latent: int, *, least: float = 1e-3) -> None:
        super().__init__()
        self.body, self.least = body, least
        self.location, self.scale = nn.Linear(width, latent), nn.Linear(width, latent)

    def forward(self, x: Tensor) -> Gaussian:
        """The distribution (b, z) of the latents."""
        features = self.body(x)
        return Gaussian(
            self.location(features), functional.softplus(self.scale(features)).clamp_min(self.least)
        )


class Decoder(nn.Module):
    """A network from latents to a location, for any number of samples.

    Parameters
    ----------
    body : nn.Module
        (n, z) to (n, ...).
    bounded : bool
        The output goes through a sigmoid: for observations in [0, 1].
    """

    def __init__(self, body: nn.Module, *, bounded: bool = True) -> None:
        super().__init__()
        self.body, self.bounded = body, bounded

    def forward(self, z: Tensor) -> Tensor:
        """(b, z) to (b, ...), or (k, b, z) to (k, b, ...)."""
        flat = self.body(z.flatten(0, -2))
        out = flat.unflatten(0, z.shape[:-1])
        return out.sigmoid() if self.bounded else out


def feature_encoder(dim: int, latent: int, *, hidden: Sequence[int] = (512, 512)) -> GaussianEncoder:
    """Encoder of vectors: two hidden layers, ELU behind the first and softplus behind the second."""
    first, second = hidden
    body = nn.Sequential(nn.Linear(dim, first), nn.ELU(), nn.Linear(first, second), nn.Softplus())
    return GaussianEncoder(body, second, latent)


def feature_decoder(
    latent: int, dim: int, *, hidden: Sequence[int] = (512, 512), bounded: bool = True
) -> Decoder:
    """Decoder of vectors: hidden layers with ReLU."""
    sizes = [latent, *hidden]
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return Decoder(nn.Sequential(*layers, nn.Linear(sizes[-1], dim)), bounded=bounded)


def image_encoder(
    latent: int, *, channels: int = 3, widths: Sequence[int] = (32, 64, 128, 512)
) -> GaussianEncoder:
    """Encoder of 32 x 32 images: four convolutions with batch normalisation, ReLU behind all but the last.

    The first three halve the image, the last covers what is left of it, 4 x 4. In evaluation mode the batch
    normalisation uses its running statistics, so that an image's code does not depend on the others in the
    batch; the published program never sets that mode.
    """
    layers: list[nn.Module] = []
    for a, b in pairwise([channels, *widths[:-1]]):
        layers += [nn.Conv2d(a, b, 4, stride=2, padding=1), nn.BatchNorm2d(b), nn.ReLU()]
    last = [nn.Conv2d(widths[-2], widths[-1], 4), nn.BatchNorm2d(widths[-1]), nn.Flatten()]
    return GaussianEncoder(nn.Sequential(*layers, *last), widths[-1], latent, least=1e-4)


def image_decoder(
    latent: int, *, channels: int = 3, widths: Sequence[int] = (128, 64, 32), bounded: bool = True
) -> Decoder:
    """Decoder of 32 x 32 images: four transposed convolutions with ReLU between them."""
    layers: list[nn.Module] = [nn.Unflatten(1, (latent, 1, 1)), nn.ConvTranspose2d(latent, widths[0], 4)]
    for a, b in pairwise([*widths, channels]):
        layers += [nn.ReLU(), nn.ConvTranspose2d(a, b, 4, stride=2, padding=1)]
    return Decoder(nn.Sequential(*layers), bounded=bounded)
