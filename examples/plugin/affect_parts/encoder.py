"""An encoder: a small convolutional network on gray faces."""

from torch import nn
from torch.nn import functional

from avaffect.encoder import VisualEncoder
from avaffect.encoder.face import standardise, to_gray


class SmallFace(VisualEncoder):
    """Three convolutions and a mean.

    Parameters
    ----------
    dim : int
        Size of a feature vector.
    """

    def __init__(self, *, dim=64):
        super().__init__()
        self.dim = dim
        layers = [nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in ((1, 16), (16, 32), (32, dim))]
        self.layers = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])

    def preprocess(self, inputs):
        """Faces (n, h, w, 3) or (n, h, w) in 0..255 to standardised gray pixels (n, 1, 56, 56)."""
        return standardise(functional.interpolate(to_gray(inputs), size=(56, 56), mode="area"))

    def features(self, inputs):
        """Gray pixels (n, 1, 56, 56) to features (n, dim)."""
        return self.layers(inputs).mean(dim=(2, 3))
