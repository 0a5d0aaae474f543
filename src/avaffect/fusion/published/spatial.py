"""Audio-guided spatial attention: which place of the visual map goes with the sound.

After audio-visual event localisation, AVEL (Tian et al., ECCV 2018, arXiv 1803.08842), as the RJCA
and DCA networks use it in front of their visual stream.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from avaffect.errors import ModelError

from ..layers.masking import precise


class SpatialAttention(nn.Module):
    """Softmax over the positions of a feature map, guided by the audio of the same tick.

    With V (p, c) the map of a tick as p positions of c channels, a its audio feature::

        z[i] = w_h . tanh( W_v ReLU(W_1 V[i] + b_1) + (W_g ReLU(W_2 a + b_2))[i] )   (p)
        out  = Linear( sum_i softmax(z)[i] V[i] )                                    (dim_out)

    As in the published code the audio adds one number per position, the same for all rows of W_v
    (AVEL's paper adds one per row, the same for all positions; W_v has p rows, so both fit).

    For a 7 x 7 x 512 map, audio and output of 512 it has 838,193 parameters.

    Parameters
    ----------
    channels : int
        c.
    positions : int
        p, height times width.
    dim_audio, dim_out : int
        Feature sizes.
    published_layout : bool
        Read the map as the published code does: flattened channel by channel, then cut into p rows
        of c numbers without a transpose, so that a "position" is a run of values of neighbouring
        channels. Needed to run weights trained that way; wrong otherwise.
    """

    def __init__(
        self,
        channels: int = 512,
        positions: int = 49,
        *,
        dim_audio: int = 512,
        dim_out: int = 512,
        published_layout: bool = False,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.positions = positions
        self.published_layout = published_layout
        self.visual = nn.Linear(channels, dim_out)  # W_1
        self.audio = nn.Linear(dim_audio, dim_out)  # W_2
        self.visual_score = nn.Linear(dim_out, positions, bias=False)  # W_v
        self.audio_score = nn.Linear(dim_out, positions, bias=False)  # W_g
        self.score = nn.Linear(positions, 1, bias=False)  # w_h
        self.out = nn.Linear(channels, dim_out)

    def forward(self, maps: Tensor, audio: Tensor) -> tuple[Tensor, Tensor]:
        """Weigh the positions of each tick's map.

        Parameters
        ----------
        maps : (b, t, channels, height, width) torch.Tensor
        audio : (b, t, dim_audio) torch.Tensor

        Returns
        -------
        features : (b, t, dim_out) torch.Tensor
        weights : (b, t, positions) torch.Tensor
            Sum to one; row by row over the map, unless ``published_layout``.

        Raises
        ------
        ModelError
            A map of another size.
        """
        if maps.dim() != 5 or (maps.shape[2], math.prod(maps.shape[3:])) != (
            self.channels,
            self.positions,
        ):
            raise ModelError(
                f"visual maps of shape {tuple(maps.shape)}; expected (batch, time, {self.channels}, "
                f"height, width) with {self.positions} positions, not pooled features"
            )
        if self.published_layout:
            # (b, t, c, h, w) -> (b, t, c * p) -> (b, t, p, c): scrambled, on purpose
            places = maps.flatten(2).unflatten(2, (self.positions, self.channels))
        else:
            places = maps.flatten(3).transpose(2, 3)  # (b, t, c, p) -> (b, t, p, c)
        seen = self.visual_score(torch.relu(self.visual(places)))  # (b, t, p, p)
        heard = self.audio_score(torch.relu(self.audio(audio)))  # (b, t, p)
        scores = self.score(torch.tanh(seen + heard.unsqueeze(-1))).squeeze(-1)  # (b, t, p)
        weights = torch.softmax(precise(scores), dim=-1)
        found = weights.to(places.dtype).unsqueeze(2) @ places  # (b, t, 1, p) @ (b, t, p, c)
        return self.out(found.squeeze(2)), weights
