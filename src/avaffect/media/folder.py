"""The media files of a folder."""

from __future__ import annotations

from pathlib import Path

from ..errors import MediaError

_VIDEO = "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv ts vob webm wmv"
_SOUND = "aac aif aiff flac m4a mka mp2 mp3 oga ogg opus wav wma"
MEDIA_ENDINGS = frozenset(f".{name}" for name in f"{_VIDEO} {_SOUND}".split())


def list_media(folder: Path | str, *, recursive: bool = False) -> list[Path]:
    """The video and audio files of a folder, by their endings, sorted; hidden ones are left out.

    Parameters
    ----------
    folder : path
    recursive : bool
        Look in the folders within it too.

    Raises
    ------
    MediaError
        If there is no such folder, it is a file, or it may not be read.
    """
    folder = Path(folder)
    if not folder.exists():
        raise MediaError(f"{folder}: no such folder; check the spelling or give the full path")
    if not folder.is_dir():
        raise MediaError(f"{folder}: is a file, a folder was expected; name the folder it is in")
    try:
        found = sorted(folder.rglob("*") if recursive else folder.iterdir())
    except PermissionError as error:
        raise MediaError(f"{folder}: may not be read; change its permissions") from error
    return [path for path in found if _is_media(path, folder)]


def _is_media(path: Path, folder: Path) -> bool:
    # macOS writes "._clip.mp4" beside "clip.mp4" on disks of other systems: it is no video.
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in MEDIA_ENDINGS and path.is_file()
