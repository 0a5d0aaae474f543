"""The media files of a folder."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

from ..address import Address, place
from ..arguments import checks_types
from ..errors import MediaError, advice
from ..record import owned

log = logging.getLogger(__name__)

_VIDEO = (
    "3g2 3gp 3gp2 3gpp amv asf avi bik dav divx dv dvr-ms evo f4v flv gif gxf h264 h265 hevc insv ivf"
    " lrv m1v m2p m2t m2ts m2v m4v mjpeg mjpg mk3d mkv mod mov mp4 mpe mpeg mpg mpv mts mxf nsv nut"
    " ogm ogv ogx qt rm rmvb roq tod tp trp ts vob vro webm wmv wtv xvid y4m"
)
_SOUND = (
    "3ga aac ac3 aif aifc aiff amr ape au awb caf dff dsf dts ec3 eac3 flac gsm loas m4a m4b m4r mka"
    " mlp mp1 mp2 mp3 mpa mpc oga ogg opus ra rf64 snd sph spx tak tta voc w64 wav wave weba wma wv"
)
MEDIA_ENDINGS = frozenset(f".{name}" for name in f"{_VIDEO} {_SOUND}".split())

_MOST_TOLD = 10  # warnings about one folder


@dataclass
class Contents:
    """What is in a folder.

    Attributes
    ----------
    media : list of Path
        Video and audio files, sorted.
    ours : list of Path
        Those that this program wrote (annotated videos), by the records beside them.
    others : list of Path
        Files with another ending that this program did not write.
    broken : list of str
        What was not looked at, one line each: folders that may not be read, links to nothing, links to a
        folder above, and pipes and devices that are named like media.
    """

    media: list[Path] = field(default_factory=list)
    ours: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@checks_types
def list_media(folder: Path | str, *, recursive: bool = False) -> list[Path]:
    """The video and audio files of a folder, by their endings, sorted.

    Hidden files and those that avaffect wrote are left out. Folders that may not be read and links to
    nothing are logged as warnings.

    Parameters
    ----------
    folder : path
    recursive : bool
        Look in the folders within it too, also in those that are links, but not in a folder that the link
        itself lies in.

    Raises
    ------
    MediaError
        If there is no such folder, it is a file, or it may not be read.
    """
    return look_into(folder, recursive=recursive).media


def look_into(folder: Path | str, *, recursive: bool = False) -> Contents:
    """All that is in a folder, as `list_media` sees it; with the same parameters and errors."""
    if isinstance(address := place(folder), Address):
        raise MediaError(f"{address}: is an address, a folder was expected; give the addresses of its files")
    folder = Path(folder)
    try:
        names = _names(folder)
    except FileNotFoundError as error:
        raise MediaError(f"{folder}: no such folder; check the spelling or give the full path") from error
    except NotADirectoryError as error:
        raise MediaError(f"{folder}: is a file, a folder was expected; name the folder it is in") from error
    except OSError as error:
        raise MediaError(f"{folder}: cannot be read ({error.strerror}); {advice(error)}") from error
    found = Contents()
    linked: list[Path] = []
    seen = {_identity(folder)}
    _collect(folder, names, recursive, seen, linked, found)
    # After the folders that are no links: what lies in this folder itself is found under its own name.
    while linked:
        link = linked.pop(0)
        identity = _identity(link)
        if identity in seen:
            continue
        if link.resolve() in (*folder.resolve().parents, *link.parent.resolve().parents):
            found.broken.append(f"{link}: left out, the link leads to a folder above it; name that folder")
        else:
            seen.add(identity)
            _enter(link, seen, linked, found)
    for line in found.broken[:_MOST_TOLD]:
        log.warning("%s", line)
    if len(found.broken) > _MOST_TOLD:
        log.warning("%s: %d more like this", folder, len(found.broken) - _MOST_TOLD)
    found.media.sort()
    return found


def _enter(folder: Path, seen: set[tuple[int, int]], linked: list[Path], found: Contents) -> None:
    try:
        names = _names(folder)
    except OSError as error:
        found.broken.append(f"{folder}: left out, cannot be read ({error.strerror}); {advice(error)}")
        return
    _collect(folder, names, True, seen, linked, found)


def _collect(
    folder: Path,
    names: list[str],
    recursive: bool,
    seen: set[tuple[int, int]],
    linked: list[Path],
    found: Contents,
) -> None:
    """Sort what is in a folder, and in the folders within it."""
    ours = owned(folder, names)
    for name in sorted(names):
        path = folder / name
        # macOS writes "._clip.mp4" beside "clip.mp4" on disks of other systems: it is no video.
        if name.startswith("."):
            continue
        is_media = path.suffix.lower() in MEDIA_ENDINGS
        try:
            is_link = path.is_symlink()
            if path.is_dir():
                if not recursive:
                    continue
                if is_link:
                    linked.append(path)
                    continue
                seen.add(_identity(path))
                _enter(path, seen, linked, found)
            elif path.is_file():
                if name not in ours:
                    (found.media if is_media else found.others).append(path)
                elif is_media:
                    found.ours.append(path)
            elif path.exists():  # a pipe would be waited for
                if is_media:
                    found.broken.append(f"{path}: left out, it is a pipe or a device, a file was expected")
            elif is_link and (is_media or recursive):
                found.broken.append(f"{path}: left out, the link leads to nothing; fetch what it stands for")
        except OSError as error:
            found.broken.append(f"{path}: left out, cannot be looked at ({error.strerror})")


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _identity(folder: Path) -> tuple[int, int]:
    state = os.stat(folder)
    return state.st_dev, state.st_ino
