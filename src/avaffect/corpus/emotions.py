"""Valence and arousal of emotion categories: one table of proxies.

Corpora of posed faces and acted speech give a category, not valence and arousal. A target computed from a
category is a *proxy*: the mean rating that people gave to the emotion's name, not to the face or the voice.

Source of the coordinates: Russell, J. A. & Mehrabian, A. (1977), "Evidence for a three-factor theory of
emotions", Journal of Research in Personality 11, 273-294, pleasure and arousal means in [-1, 1].
Entries marked *ours* are not in that table and are our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

VALENCE_AROUSAL: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "neutral": (0.00, 0.00),  # ours: the origin
        "happiness": (0.81, 0.51),
        "sadness": (-0.63, -0.27),
        "anger": (-0.51, 0.59),
        "fear": (-0.64, 0.60),
        "disgust": (-0.60, 0.35),
        "surprise": (0.40, 0.67),
        "boredom": (-0.65, -0.62),
        "calm": (0.40, -0.40),  # ours: "relaxed" (0.68, -0.46) moved towards neutral
        "contempt": (-0.40, 0.20),  # ours: between disgust and neutral
    }
)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "angry": "anger",
        "happy": "happiness",
        "joy": "happiness",
        "sad": "sadness",
        "fearful": "fear",
        "disgusted": "disgust",
        "surprised": "surprise",
        "ps": "surprise",
        "pleasant_surprise": "surprise",
        "bored": "boredom",
    }
)


def coordinates(emotion: str) -> tuple[float, float]:
    """Valence and arousal of an emotion's name, each in [-1, 1].

    >>> coordinates("angry")
    (-0.51, 0.59)

    Raises
    ------
    KeyError
        If the emotion is neither in `VALENCE_AROUSAL` nor in `ALIASES`.
    """
    key = emotion.lower().replace(" ", "_")
    return VALENCE_AROUSAL[ALIASES.get(key, key)]
