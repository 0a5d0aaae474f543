"""Open a container: pictures and sound on one clock; write an annotated video (PyAV, no ffmpeg)."""

from .folder import list_media
from .frametimes import frame_times
from .info import MediaInfo, probe
from .sound import AudioBlock, audio, read_audio
from .video import Frame, frames
from .writer import VideoSink

__all__ = [
    "AudioBlock",
    "Frame",
    "MediaInfo",
    "VideoSink",
    "audio",
    "frame_times",
    "frames",
    "list_media",
    "probe",
    "read_audio",
]
