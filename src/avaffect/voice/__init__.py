"""Sound as networks get it: log-mel spectrograms, speech activity, level relative to the speaker's own."""

from .level import (
    NO_SPEECH,
    SpeechLevel,
    frame_level,
    reference_level,
    relative,
    shared_level,
    shrunk_level,
    speech_level,
)
from .logmel import PRESETS, LogMel, LogMelSettings, LogMelStream, log_mel, mel_filters, preset
from .speech import SpeechStream, resample, share, speech_active, speech_probability

__all__ = [
    "NO_SPEECH",
    "PRESETS",
    "LogMel",
    "LogMelSettings",
    "LogMelStream",
    "SpeechLevel",
    "SpeechStream",
    "frame_level",
    "log_mel",
    "mel_filters",
    "preset",
    "reference_level",
    "relative",
    "resample",
    "share",
    "shared_level",
    "shrunk_level",
    "speech_active",
    "speech_level",
    "speech_probability",
]
