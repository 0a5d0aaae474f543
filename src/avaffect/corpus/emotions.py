"""Where emotion categories lie on the valence-arousal circumplex: the one table of proxies.

Corpora of posed faces and acted speech name a category, not a valence and an arousal. A target made from
a category is a *proxy*: the mean rating that people gave to the emotion's name, not to the face or voice.

Source of the coordinates: Russell, J. A. & Mehrabian, A. (1977), "Evidence for a three-factor theory of
emotions", Journal of Research in Personality 11, 273-294, pleasure and arousal means in [-1, 1].
Entries marked *ours* have no row of their own there and are our choice.
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
        "calm": (0.40, -0.40),  # ours: "relaxed" (0.68, -0.46) drawn towards neutral
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
    """Valence and arousal, each in [-1, 1], that stand for an emotion's name.

    >>> coordinates("angry")
    (-0.51, 0.59)

    Raises
    ------
    KeyError
        If the emotion is neither in the table nor an alias.
    """
    key = emotion.lower().replace(" ", "_")
    return VALENCE_AROUSAL[ALIASES.get(key, key)]
