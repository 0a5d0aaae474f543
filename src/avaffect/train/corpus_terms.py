"""The corpora of the default recipes: their terms, and what licence and meaning a model gets from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..spec import Corpus
from .recipe import ActedRecipe, CorpusRecipe


@dataclass(frozen=True)
class Terms:
    """Name and terms of use of a corpus.

    Attributes
    ----------
    name : str
        For tables.
    terms : str
        Its licence, or in words under which terms it is given out.
    free : bool
        True where any use is allowed, commercial use too.
    people : str
        Who is seen or heard in it.
    """

    name: str
    terms: str
    free: bool
    people: str


CORPORA: Mapping[str, Terms] = MappingProxyType(
    {
        "ferplus": Terms(
            "FER2013 with the FERPlus votes",
            "pictures: no clear licence (2013 challenge); votes: MIT",
            False,
            "web pictures of unknown people",
        ),
        "diffusionfer": Terms("DiffusionFER", "CC0", True, "synthetic faces, rated by two people"),
        "ravdess": Terms(
            "RAVDESS", "CC BY-NC-SA 4.0", False, "24 professional actors, North American English"
        ),
        "emodb4_full": Terms("EmoDB", "free for research", False, "10 actors, German"),
        "nemo": Terms("nEMO (subset)", "CC BY-NC-SA 4.0", False, "9 actors, Polish"),
        "tess": Terms("TESS (subset)", "CC BY-NC-ND 4.0", False, "2 actresses, Canadian English"),
        "emogator": Terms(
            "EmoGator (subset)", "Apache-2.0", True, "12 contributors, vocal bursts without words"
        ),
        "javanese": Terms(
            "Javanese acted videos",
            "MIT (the creator's; consent of the actors is not documented)",
            True,
            "10 actors, Javanese, four sentences in six emotions",
        ),
        "whisper": Terms("Whisper tiny.en, first blocks", "MIT", True, "680,000 hours of speech of the web"),
    }
)
"""By the name in recipes."""


def corpora_of(settings: CorpusRecipe) -> tuple[Corpus, ...]:
    """The corpora that a recipe trains on, and what each is used for.

    A model of one stream has no encoder for the other. But it learns from paired sequences, and both streams
    are in their labels.
    """
    uses = {
        "visual": ("face encoder, fusion", settings.face.corpora),
        "audio": ("voice encoder, fusion", settings.voice.corpora),
    }
    found = [
        Corpus(CORPORA[name].name, CORPORA[name].terms, use if stream in settings.streams else "labels")
        for stream, (use, names) in uses.items()
        for name in names
    ]
    if settings.acted is not None:
        use = " and ".join(name for name in ("face", "voice") if _ENCODED[name] in settings.streams)
        found.append(_acted(settings.acted, f"{use} encoder, fusion, scale, intervals"))
    if settings.voice.published is not None and "audio" in settings.streams:
        terms = CORPORA["whisper"]
        found.append(Corpus(terms.name, terms.terms, "voice encoder: frozen, as published by OpenAI"))
    return tuple(found)


_ENCODED = {"face": "visual", "voice": "audio"}


def _acted(acted: ActedRecipe, use: str) -> Corpus:
    terms = CORPORA.get(acted.folder.name)
    if terms is None:
        return Corpus(f"videos of actors ({acted.folder.name})", "their authors' terms", use)
    return Corpus(terms.name, terms.terms, use)


def _names(settings: CorpusRecipe) -> tuple[str, ...]:
    """All corpora of a recipe, that of its videos of actors too."""
    acted = () if settings.acted is None else (settings.acted.folder.name,)
    return (*settings.face.corpora, *settings.voice.corpora, *acted)


def is_free(settings: CorpusRecipe) -> bool:
    """True where every corpus of the recipe allows any use."""
    return all(name in CORPORA and CORPORA[name].free for name in _names(settings))


def licence_of(settings: CorpusRecipe) -> str:
    """Terms of the weights, for `Spec.licence`."""
    if not is_free(settings):
        return "non-commercial research only (terms of the training corpora)"
    terms = dict.fromkeys(CORPORA[name].terms.partition(" (")[0] for name in _names(settings))
    return f"MIT; trained on {_listed(list(terms))} data only"


def _listed(names: list[str]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def meaning_of(settings: CorpusRecipe) -> str:
    """What the numbers mean, for `Spec.meaning`."""
    verbs = {"visual": "looks", "audio": "sounds"}
    does = " and ".join(verb for stream, verb in verbs.items() if stream in settings.streams)
    votes = "and votes " if "ferplus" in settings.face.corpora else ""
    ratings = ", and ratings of synthetic faces" if "diffusionfer" in settings.face.corpora else ""
    return (
        f"How pleasant (valence) and how activated (arousal) an expression {does} to raters, each in "
        f"[-1, 1]; not what the person feels. Learnt from proxies: emotion names {votes}turned into valence "
        f"and arousal by published coordinates{ratings}."
    )
