"""The published networks by name, with their sizes."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from torch import nn

from avaffect.errors import ModelError, nearest

from ..bibimodal import BiBimodal
from ..ca import CA
from ..coattention import CoAttention
from ..feedback import Feedback
from .bbfn import BBFN
from .jca import JCANetwork
from .mbt import MBT
from .mmlatch import MMLatch
from .person import PersonNetwork
from .recurrent import RecurrentNetwork, dca_fusion, rjca_fusion


def jca_abaw3(*, head_input: str = "visual") -> JCANetwork:
    """JCA as entered in ABAW3: 8 ticks, one network per target; 231,041 parameters.

    Counted: two encoders 512 -> 128 (131,328), the JCA block (17,536: W_j 2 x 64, W 2 x 256,
    W_c 2 x 8,192, W_h 2 x 256), one head 640 -> 128 -> 1 (82,177). Not counted: the backbones.

    The head of 640 sees the visual backbone feature and the attended visual one. The current
    published code concatenates 256 features in front of it and cannot run; its earlier commits and
    the count are this. ``head_input="attended"`` is the paper's network (181,889).
    """
    return JCANetwork(window=8, targets=("target",), head_input=head_input)


def jca_tbiom(*, head_input: str = "visual") -> JCANetwork:
    """JCA of the journal code's `cam.py`: 16 ticks, valence and arousal; 314,626 parameters.

    Counted: two encoders (131,328), the JCA block (18,944: W_j 2 x 256, W 2 x 512, W_c 2 x 8,192,
    W_h 2 x 512), two heads 640 -> 128 -> 1 (164,354). Not counted: the backbones. The network that the
    same repository trains is `coattention.tbiom`.

    The heads see the visual backbone feature and the attended visual one;
    ``head_input="attended"`` is the paper's network (216,322).
    """
    return JCANetwork(window=16, targets=("valence", "arousal"), head_input=head_input)


def jca_tbiom512(*, head_input: str = "visual") -> JCANetwork:
    """JCA of the journal code's `Jcam_512.py`: 16 ticks, one network per target; 199,425 parameters.

    Counted: the JCA block on the backbones' 512 + 512 features (68,096: W_j 2 x 256, W 2 x 512,
    W_c 2 x 32,768, W_h 2 x 512), one head 1024 -> 128 -> 1 (131,329).

    The head sees the visual backbone feature and the attended visual one.
    """
    return JCANetwork(window=16, targets=("target",), head_input=head_input, encoders=False)


def coattention_tbiom(*, published_layout: bool = False) -> RecurrentNetwork:
    """What the T-BIOM repository trains, its `orig_cam.py`: 16 ticks; 8,586,323 parameters.

    Counted: spatial attention (838,193), one co-attention layer (2,625,056), joint BLSTM (4,991,488),
    two heads (65,793 each). It is `rjca.icassp2023` without the BLSTMs of single streams.
    """
    return RecurrentNetwork(rjca_fusion(), published_layout=published_layout, stream_temporal=False)


def ca_fg2021() -> CA:
    """CA's fusion of 1024 + 1024 features, audio first; 1,048,576 parameters.

    The published `cam.py` lacks a transpose, by which it multiplies features by a map over time: it runs at
    1,024 ticks alone. This is the paper's equation on its weight W, at any length.
    """
    return CA(dims={"audio": 1024, "visual": 1024}, absent="zero")


def rjcma_abaw6() -> CoAttention:
    """RJCMA's co-attention of 256 visual, 128 audio and 128 text features; 300 ticks; 1,790,056 parameters.

    Counted: two layers of 895,028, of which the query map, 2 x 262,656, is computed and not used. It is not
    built here, which leaves 1,264,744. The TCNs before it have another width in the published settings, so
    that the whole network does not run.
    """
    dims = {"visual": 256, "audio": 128, "text": 128}
    return CoAttention(dims=dims, layers=2, mixing="time", window=300, query="joint", absent="zero")


def rjca_icassp2023(*, published_layout: bool = False) -> RecurrentNetwork:
    """RJCA with BLSTMs as in the ICASSP code: 16 ticks; 15,947,859 parameters.

    Counted: audio and visual BLSTM (3,680,768 each), spatial attention (838,193), one co-attention
    layer (2,625,056), joint BLSTM (4,991,488), two heads (65,793 each). Not counted: the backbones.
    With its one layer the published network is not recursive.
    """
    return RecurrentNetwork(rjca_fusion(), published_layout=published_layout)


def dca_icme2024(*, published_layout: bool = False) -> RecurrentNetwork:
    """DCA as in the ICME code: 16 ticks; 18,574,967 parameters.

    Counted: what `rjca.icassp2023` counts, a second co-attention layer (2,625,056), and two gates
    (1,026 each). Not counted: the backbones.
    """
    return RecurrentNetwork(dca_fusion(), published_layout=published_layout)


def mbt_audioset() -> MBT:
    """MBT as trained on AudioSet: 8 s of log-mel and 32 frames to 527 labels; 175,009,295 parameters.

    Counted: patch embeddings (590,592 audio, 1,180,416 visual), positions (401 and 3,137 of 768), two class
    tokens, five bottlenecks, two times twelve blocks (7,087,872 each), norm, head (405,263). Its input:
    800 x 128 log-mel, (x - 1.102) / 2.762, its channel three times, in patches of 16 x 16; 32 frames of
    224 x 224 in [-1, 1] in tubes of 2 x 16 x 16.
    """
    return MBT(
        sizes={"audio": (800, 128), "visual": (32, 224, 224)},
        patches={"audio": (16, 16), "visual": (2, 16, 16)},
        classes=527,
    )


def mmlatch_mosei(*, batching: str = "intended", top_down: str = "recurrent") -> MMLatch:
    """MMLatch as trained on CMU-MOSEI: text 300, audio 74, visual 35 features a word; 2,741,153 parameters.

    Counted: encoders (351,600 text, 170,800 audio, 139,600 visual), fuser (971,600), the LSTMs of the
    feedback (1,107,352), output (201). ``top_down="none"`` has 1,633,801.

    ``batching="intended"`` is what the published program means, "published" what it does, and "masked" has
    masks everywhere; see `Feedback`.
    """
    dims = {"text": 300, "audio": 74, "visual": 35}
    return MMLatch(Feedback(dims=dims, size=100, batching=batching, top_down=top_down, absent="zero"))


def bbfn_mosei(*, discriminator: bool = True) -> BBFN:
    """BBFN for CMU-MOSEI: text 300, audio 74, visual 35 features a word; 1,013,571 parameters.

    Counted: convolutions (49,080), two pairs (456,405 each), residual layer (51,520), output (161). Of a
    pair, 80 are a last norm that the published program does not use; it is not built, which leaves
    1,013,411. Not counted: the table of words.
    """
    dims = {"text": 300, "audio": 74, "visual": 35}
    return BBFN(BiBimodal(dims=dims, discriminator=discriminator, absent="zero"))


def rjca_pv() -> PersonNetwork:
    """RJCA for person verification: 8 segments, face 512, voice 192; 14,822,624 parameters.

    Counted: BLSTMs of the face (3,680,768) and the voice (520,128), two co-attention layers
    (2,584,992), joint BLSTM (6,953,408), pooling (361,920), linear layer (721,408). Not counted: the
    encoders of face and voice, the class weights of the training.
    """
    return PersonNetwork(dims={"visual": 512, "audio": 192})


def dca_pv() -> PersonNetwork:
    """DCA for person verification: as `rjca_pv`, a gate in place of the joint BLSTM; 7,870,628 parameters.

    The gates have 1,026 (face) and 386 (voice). The published forward cannot run as it is: its spatial
    attention needs maps of 7 x 7 and gets one vector a face. It is left out, as in `rjca_pv`.
    """
    return PersonNetwork(dims={"visual": 512, "audio": 192}, kind="dca")


_PUBLISHED: dict[str, Callable[..., nn.Module]] = {
    "jca.abaw3": jca_abaw3,
    "jca.tbiom": jca_tbiom,
    "jca.tbiom512": jca_tbiom512,
    "coattention.tbiom": coattention_tbiom,
    "ca.fg2021": ca_fg2021,
    "rjca.icassp2023": rjca_icassp2023,
    "dca.icme2024": dca_icme2024,
    "rjcma.abaw6": rjcma_abaw6,
    "mbt.audioset": mbt_audioset,
    "mmlatch.mosei": mmlatch_mosei,
    "bbfn.mosei": bbfn_mosei,
    "rjca-pv": rjca_pv,
    "dca-pv": dca_pv,
}


def list_published() -> list[str]:
    """Names that `create_published` knows, sorted.

    >>> "jca.tbiom" in list_published()
    True
    """
    return sorted(_PUBLISHED)


def create_published(name: str, **options: bool | str) -> nn.Module:
    """Build a published network, from its backbones' features to its output, not trained.

    Parameters
    ----------
    name : str
        One of `list_published()`; the function of that name here tells what it is made of.
    **options
        Those of the function of that name: ``head_input`` of the JCA networks, for example.

    Raises
    ------
    ModelError
        Unknown name or option.

    >>> sum(each.numel() for each in create_published("jca.abaw3").parameters())
    231041
    """
    if name not in _PUBLISHED:
        raise ModelError(f"unknown published network {name!r}; {nearest(name, _PUBLISHED)}")
    build = _PUBLISHED[name]
    known = inspect.signature(build).parameters
    for option in options:
        if option not in known:
            raise ModelError(f"{name!r} has no option {option!r}; {nearest(option, known)}")
    return build(**options)
