"""Parts of one's own in a single file, without a package."""

from avaffect.encoder import register as register_encoder
from avaffect.encoder.voice import VoiceNet
from avaffect.fusion import Fused, Fusion, register


@register("sum")
class Sum(Fusion):
    """The streams added up; all of one size."""

    def __init__(self, *, dims):
        super().__init__(dims=dims, places={})
        self.output_dim = next(iter(self.dims.values()))

    def fuse(self, streams, masks):
        """Streams (b, t, d), 0 where masked, to their sum (b, t, d)."""
        return Fused(sum(streams.values()))


@register_encoder("wide_voice")
class WideVoice(VoiceNet):
    """The voice network with twice the channels."""

    def __init__(self, *, dim=128):
        super().__init__(dim=dim, widths=(32, 96, 192))
