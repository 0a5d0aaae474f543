"""The T-BIOM (2023), RJCA (ICASSP 2023) and DCA (ICME 2024) networks, behind frozen backbones."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from avaffect.temporal.blstm import BLSTM

from ..base import Fusion
from ..coattention import CoAttention
from ..dca import DCA
from ..layers.masking import keep_known, unit
from .heads import relu_head
from .spatial import SpatialAttention

DIMS = {"visual": 512, "audio": 512}  # visual first, as published
WINDOW = 16


class RecurrentNetwork(nn.Module):
    """Audio features of 512 and visual maps of 512 x 7 x 7 to valence and arousal per tick.

    ::

        a = BLSTM( a / |a| )                             `BLSTM`, skip=True, normalise=True
        v = BLSTM( SpatialAttention( v / |v|, a ) )      the norm is over the whole map of a tick
        f = fusion( {"visual": v, "audio": a} )
        y = BLSTM( f )                                   joint, 1024 -> 512
        valence, arousal = relu_head(y), relu_head(y)

    Parameters
    ----------
    fusion : Fusion
        Of streams visual and audio, 512 each, to 1024.
    stream_temporal : bool
        The BLSTMs of single streams; the T-BIOM network has none.
    published_layout : bool
        As in `SpatialAttention`.
    """

    targets = ("valence", "arousal")

    def __init__(
        self, fusion: Fusion, *, published_layout: bool = False, stream_temporal: bool = True
    ) -> None:
        super().__init__()
        self.audio_temporal = _stream_temporal() if stream_temporal else None
        self.spatial = SpatialAttention(published_layout=published_layout)
        self.visual_temporal = _stream_temporal() if stream_temporal else None
        self.fusion = fusion
        self.joint_temporal = BLSTM(1024, 512, skip=True, normalise=True)
        self.heads = nn.ModuleList(relu_head(512) for _ in self.targets)

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None = None) -> Tensor:
        """Predict.

        Parameters
        ----------
        streams : {"audio": (b, 16, 512), "visual": (b, 16, 512, 7, 7)} torch.Tensor
        masks : mapping of name to (b, 16) bool torch.Tensor, optional

        Returns
        -------
        (b, 16, 2) torch.Tensor
            Valence and arousal, unbounded.
        """
        masks = {} if masks is None else masks
        maps = streams["visual"]
        flat = keep_known({"audio": streams["audio"], "visual": maps.flatten(2)}, masks)
        audio = unit(flat["audio"])
        if self.audio_temporal is not None:
            audio = self.audio_temporal(audio, masks.get("audio"))  # (b, t, 512)
        maps = unit(flat["visual"]).view_as(maps)  # one norm for c, h, w together
        visual, _ = self.spatial(maps, audio)  # (b, t, 512)
        if self.visual_temporal is not None:
            visual = self.visual_temporal(visual, masks.get("visual"))
        fused = self.fusion({"visual": visual, "audio": audio}, masks).features  # (b, t, 1024)
        joint = self.joint_temporal(fused)  # (b, t, 512)
        return torch.cat([head(joint) for head in self.heads], dim=-1)


def _stream_temporal() -> BLSTM:
    return BLSTM(512, 512, dropout=0.1, skip=True, normalise=True)


def rjca_fusion() -> CoAttention:
    """The fusion of `rjca.icassp2023` and `coattention.tbiom`: one layer, 2,625,056 parameters."""
    return CoAttention(dims=DIMS, layers=1, mixing="time", window=WINDOW, absent="zero")


def dca_fusion() -> DCA:
    """The fusion of `dca.icme2024`: two co-attention layers and two gates of 1,026 parameters."""
    options = {"layers": 2, "mixing": "time", "window": WINDOW}
    return DCA(dims=DIMS, attention="coattention", attention_options=options, absent="zero")
