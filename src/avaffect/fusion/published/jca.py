"""The JCA networks of ABAW3 (CVPRW 2022) and T-BIOM (2023), behind frozen backbones."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..base import one_of
from ..jca import JCA
from ..layers.masking import keep_known
from .heads import linear_head

HEAD_INPUTS = ("visual", "attended")


class JCANetwork(nn.Module):
    """Backbone features of 512 to one number per target and tick.

    ::

        X_m  = Linear_{512 -> 128}(backbone feature of m)      the feature itself without encoders
        A    = JCA, convention A, window L, 32 rows of H
        out  = linear_head( [visual backbone feature, A_visual] )              head_input "visual"
             = linear_head( [A_audio, A_visual] )                              head_input "attended"

    "visual" is what was published and counted: the attended audio reaches no head. "attended" is
    what the paper says.

    Parameters
    ----------
    window : int
        L, in ticks; one tick is a window of 32 video frames.
    targets : tuple of str
        One head each.
    head_input : {"visual", "attended"}
    encoders : bool
        Fuse 128 features of each stream, or the 512 of the backbone.
    """

    def __init__(
        self, *, window: int, targets: tuple[str, ...], head_input: str = "visual", encoders: bool = True
    ) -> None:
        super().__init__()
        self.targets = targets
        self.head_input = one_of("head_input", head_input, HEAD_INPUTS)
        dim = 128 if encoders else 512
        dims = {"audio": dim, "visual": dim}
        self.encoders = nn.ModuleDict(
            {name: nn.Linear(512, dim) if encoders else nn.Identity() for name in dims}
        )
        self.fusion = JCA(
            dims=dims,
            correlation="feature",
            mixing="time",
            window=window,
            hidden=32,
            absent="zero",
        )
        dim_in = 512 + dim if head_input == "visual" else dim + dim
        self.heads = nn.ModuleList(linear_head(dim_in) for _ in targets)

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None = None) -> Tensor:
        """Predict.

        Parameters
        ----------
        streams : {"audio": (b, L, 512), "visual": (b, L, 512)} torch.Tensor
        masks : mapping of name to (b, L) bool torch.Tensor, optional

        Returns
        -------
        (b, L, targets) torch.Tensor
        """
        streams = keep_known(streams, masks)
        encoded = {name: encoder(streams[name]) for name, encoder in self.encoders.items()}
        features = self.fusion(encoded, masks).features  # (b, L, audio + visual)
        if self.head_input == "visual":
            attended = features[..., self.fusion.dims["audio"] :]
            features = torch.cat([streams["visual"], attended], dim=-1)
        return torch.cat([head(features) for head in self.heads], dim=-1)
