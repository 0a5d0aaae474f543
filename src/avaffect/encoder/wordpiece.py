"""Words to pieces of a vocabulary, as uncased BERT cuts them.

Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers" (arXiv 1810.04805); pieces as in
Wu et al. 2016 (arXiv 1609.08144).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

BEGIN, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
LONGEST_WORD = 100
"""Characters; a longer word is unknown as a whole."""

_CJK = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """A vocabulary and the way from text to its numbers.

    Parameters
    ----------
    vocabulary : sequence of str
        Pieces in the order of their numbers; "##" begins those that continue a word.

    Examples
    --------
    >>> pieces = WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##happy", "!"])
    >>> pieces("Unhappy!", longest=8), pieces("odd", longest=8)
    ([2, 4, 5, 6, 3], [2, 1, 3])
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.number = {piece: i for i, piece in enumerate(vocabulary)}

    def __call__(self, text: str, *, longest: int) -> list[int]:
        """Numbers of a text's pieces between those of begin and end; at most ``longest`` of them."""
        pieces: list[int] = []
        for word in words(text):
            pieces += self._pieces(word)
            if len(pieces) >= longest - 2:
                break
        return [self.number[BEGIN], *pieces[: longest - 2], self.number[END]]

    def _pieces(self, word: str) -> list[int]:
        """The longest piece that the word begins with, then of the rest, and so on."""
        found: list[int] = []
        start = 0
        while start < len(word) <= LONGEST_WORD:
            prefix = "##" if start else ""
            stop = next(
                (end for end in range(len(word), start, -1) if prefix + word[start:end] in self.number), None
            )
            if stop is None:
                return [self.number[UNKNOWN]]
            found.append(self.number[prefix + word[start:stop]])
            start = stop
        return found or [self.number[UNKNOWN]]


def words(text: str) -> Iterator[str]:
    """Words and signs, in lower case and without accents.

    >>> list(words("Caf\\u00e9, isn't it?"))
    ['cafe', ',', 'isn', "'", 't', 'it', '?']
    """
    word = ""
    for character in unicodedata.normalize("NFD", _spaced(text)).lower():
        if unicodedata.category(character) == "Mn":
            continue
        if character.isspace() or _is_sign(character):
            if word:
                yield word
            if not character.isspace():
                yield character
            word = ""
        else:
            word += character
    if word:
        yield word


def _spaced(text: str) -> str:
    """Text without control characters, and Chinese characters each a word of its own."""
    kept = []
    for character in text:
        code = ord(character)
        if character in "\t\n\r" or unicodedata.category(character) == "Zs":
            kept.append(" ")
        elif any(low <= code <= high for low, high in _CJK):
            kept.append(f" {character} ")
        elif code not in (0, 0xFFFD) and not unicodedata.category(character).startswith("C"):
            kept.append(character)
    return "".join(kept)


def _is_sign(character: str) -> bool:
    """Punctuation, and all other signs of ASCII, as BERT has it."""
    code = ord(character)
    ascii_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_sign or unicodedata.category(character).startswith("P")
