"""The BBFN network (arXiv 2107.13669, ICMI 2021): word by word features to one sentiment."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from ..bibimodal import BiBimodal


class BBFN(nn.Module):
    """`BiBimodal`, the first tick of its output, and a residual layer.

    ::

        y   = BiBimodal(streams) at the first tick        both streams of both pairs, 4 d
        y   = y + Linear(ReLU(Linear(y)))
        out = Linear(y)

    The first tick is the first word, or the mark before it that BERT's features begin with.

    Parameters
    ----------
    fusion : BiBimodal
    """

    def __init__(self, fusion: BiBimodal) -> None:
        super().__init__()
        self.fusion = fusion
        dim = fusion.output_dim
        self.residual = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))
        self.out = nn.Linear(dim, 1)

    def forward(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Predict.

        Parameters
        ----------
        streams : mapping of name to (b, t, dims[name]) torch.Tensor
        masks : mapping of name to (b, t) bool torch.Tensor
            True up to the end of each sequence.

        Returns
        -------
        prediction : (b, 1) torch.Tensor
        losses : dict of torch.Tensor
            The fusion's own, in training mode: ``discriminator``.
        """
        fused = self.fusion(streams, masks)
        y = fused.features[:, 0]
        return self.out(y + self.residual(y)), fused.losses
