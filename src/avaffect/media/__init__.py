"""Read the pictures and the sound of a media file on one clock, and write a video (with PyAV)."""

from .folder import list_media
from .info import MediaInfo, probe
from .sound import SAMPLE_RATE, AudioBlock, SoundUsed, audio, audio_track, read_audio, resample
from .video import Frame, frame_times, frames
from .writer import VideoSink

__all__ = [
    "SAMPLE_RATE",
    "AudioBlock",
    "Frame",
    "MediaInfo",
    "SoundUsed",
    "VideoSink",
    "audio",
    "audio_track",
    "frame_times",
    "frames",
    "list_media",
    "probe",
    "read_audio",
    "resample",
]
