"""The published networks by name, with their sizes."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from torch import nn

from avaffect.errors import ModelError, nearest

from .jca import JCANetwork
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
    W_h 2 x 512), two heads 640 -> 128 -> 1 (164,354). Not counted: the backbones. The same
    repository trains another network by default, on the block of ``coattention``.

    The heads see the visual backbone feature and the attended visual one;
    ``head_input="attended"`` is the paper's network (216,322).
    """
    return JCANetwork(window=16, targets=("valence", "arousal"), head_input=head_input)


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
    "rjca.icassp2023": rjca_icassp2023,
    "dca.icme2024": dca_icme2024,
    "rjca-pv": rjca_pv,
    "dca-pv": dca_pv,
}


def list_published() -> list[str]:
    """Names that `create_published` knows, sorted.

    >>> list_published()
    ['dca-pv', 'dca.icme2024', 'jca.abaw3', 'jca.tbiom', 'rjca-pv', 'rjca.icassp2023']
    """
    return sorted(_PUBLISHED)


def create_published(name: str, **options: bool | str) -> nn.Module:
    """Build a published network, from its backbones' features to its output, not trained.

    Parameters
    ----------
    name : str
        One of `list_published()`; the function of that name here tells what it is made of.
    **options
        ``head_input`` of the JCA networks, ``published_layout`` of the others.

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
