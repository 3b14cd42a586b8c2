"""The person's own files: who they say they are, and a copy of them to work on. Nothing here changes or moves one."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

import mutagen

from daemon.errors import BadMedia, DaemonError, NotFound, Refused, Transient
from daemon.models import Fetched, Service, Source, Track, TrackRef
from daemon.ports import Progress

_log = logging.getLogger(__name__)

_SERVICE = Service.FILE
AUDIO_SUFFIXES = frozenset(
    {".aac", ".aif", ".aifc", ".aiff", ".ape", ".caf", ".flac", ".m4a", ".mka", ".mp2", ".mp3", ".oga", ".ogg"}
    | {".opus", ".wav", ".wma", ".wv"}
)

_SAMPLES = 16
_SAMPLE_BYTES = 65_536
_BLOCK_BYTES = 1_048_576
_SAID_EVERY_S = 0.5
_TRACK_NUMBER = re.compile(r"\d{1,3}(?:\.\s+|\s+[-–—]\s+)(?=\S)")
_DASH = re.compile(r"\s+[-–—]\s+")


def audio_files(folder: Path) -> Iterator[Path]:
    """The audio files in a folder and below it, each folder's own ones first, by name. Hidden files and folders are
    passed over, and so are symbolic links, which may lead out of it or back into it. Raises NotFound, Refused when the
    folder itself cannot be read; one below it that cannot be is told in the log."""
    _readable_folder(folder)
    for place, folders, files in os.walk(folder, onerror=_tell):
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=str.casefold)
        for name in sorted(files, key=str.casefold):
            file = Path(place, name)
            if file.suffix.lower() in AUDIO_SUFFIXES and not name.startswith(".") and not file.is_symlink():
                yield file


def file_ref(file: Path, *, found_in: str = "url", playlist: str | None = None) -> TrackRef:
    """A file as a source would offer it. Raises NotFound, Refused when it cannot be read."""
    path = file.resolve()
    return TrackRef(
        service=_SERVICE, id=content_id(path), url=path.as_uri(), found_in=found_in, playlist=playlist or None
    )


def folder_items(folder: Path, *, found_in: str = "url") -> Iterator[TrackRef]:
    """The audio files of a folder, each content once, with the folder's name as their playlist. One that cannot be
    read is told in the log, and passed over."""
    seen: set[str] = set()
    for file in audio_files(folder):
        try:
            ref = file_ref(file, found_in=found_in, playlist=folder.resolve().name)
        except DaemonError as error:
            _log.warning("%s", error)
            continue
        if ref.id not in seen:
            seen.add(ref.id)
            yield ref


def content_id(file: Path) -> str:
    """What tells a file from every other, wherever it lies and whatever it is called: a hash of its size and of
    sixteen samples spread over it, so that a folder of large files is known again without reading them whole. The
    samples cannot be the beginning alone: sounds that start with the same silence, or the same cover, are common.
    Changed tags make it another file; the sound tells then. Raises NotFound, Refused."""
    try:
        size = file.stat().st_size
        digest = hashlib.sha256(f"{size}:".encode())
        with file.open("rb") as stream:
            for start in _sample_starts(size):
                stream.seek(start)
                digest.update(stream.read(_SAMPLE_BYTES))
    except OSError as error:
        raise _unreadable(file, error) from error
    return digest.hexdigest()[:32]


def _sample_starts(size: int) -> Sequence[int]:
    """Evenly spread, the first at the beginning and the last at the end; of a small file everything."""
    if size <= _SAMPLES * _SAMPLE_BYTES:
        return range(0, size, _SAMPLE_BYTES)
    return [(size - _SAMPLE_BYTES) * number // (_SAMPLES - 1) for number in range(_SAMPLES)]


class LocalFiles:
    """The ports `Catalogue` and `Fetcher` over files on this machine."""

    def describe(self, ref: TrackRef) -> Track:
        """What its tags say; where they are silent, its name (“Artist - Title”). Raises NotFound, Refused, BadMedia
        when it is no audio."""
        file = path_of(ref.url)
        read = _opened(file)
        artist, title = named(file.stem)
        tags = read.tags or {}
        told_title = _texts(tags, "title", "TIT2")
        artists = _texts(tags, "artist", "TPE1") or ((artist,) if artist and not told_title else ())
        length_s = getattr(read.info, "length", 0.0)
        return Track(
            title=told_title[0] if told_title else title,
            artists=artists,
            album=next(iter(_texts(tags, "album", "TALB")), None),
            duration_s=length_s if length_s > 0 else None,
            isrc=next(iter(_texts(tags, "isrc", "TSRC")), None),
            genre=next(iter(_texts(tags, "genre", "TCON")), None),
            aliases=(ref.alias,),
        )

    def fetch(self, source: Source, into: Path, progress: Progress) -> Fetched:
        """A copy of the file as `into`/source.<ext>. Raises NotFound, Refused, BadMedia when it is no longer the file
        that was given, Transient when the disk is full."""
        file = path_of(source.candidate.url)
        target = into / f"source{file.suffix.lower()}"
        try:
            _copy(file, target, progress)
        except OSError as error:
            raise _unreadable(file, error) from error
        if content_id(target) != source.candidate.id:
            raise BadMedia(f"{file} has changed since it was given. Give it again.")
        info = _opened(target).info
        bitrate_bps = getattr(info, "bitrate", 0)
        return Fetched(
            path=str(target),
            size=target.stat().st_size,
            service=_SERVICE,
            url=source.candidate.url,
            codec=getattr(info, "codec", None) or file.suffix.lower().removeprefix("."),
            bitrate_kbps=bitrate_bps / 1000 if bitrate_bps else None,
            duration_s=source.candidate.duration_s,
        )


def path_of(url: str) -> Path:
    """The path that a `file:` address names."""
    return Path(url2pathname(urlsplit(url).path))


def named(stem: str) -> tuple[str | None, str]:
    """Artist and title, as a file's name tells them: `01. Ana - Night Bus`, `Ana - Night Bus`, `Night_Bus`."""
    words = (stem if " " in stem else stem.replace("_", " ")).strip()
    words = _TRACK_NUMBER.sub("", words, count=1) if _TRACK_NUMBER.match(words) else words
    parts = _DASH.split(words, maxsplit=1)
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else (None, words or stem)


def _opened(file: Path) -> Any:
    """The file as mutagen reads it."""
    try:
        read = mutagen.File(file, easy=True)
    except mutagen.MutagenError as error:
        if isinstance(error.__context__, OSError):
            raise _unreadable(file, error.__context__) from error
        raise BadMedia(f"{file} is not the audio that its name promises: {error}.") from error
    if read is None:
        raise BadMedia(
            f"{file} is no audio file that we can read. Give an MP3, M4A, FLAC, WAV, AIFF, OGG or Opus file."
        )
    return read


def _texts(tags: Any, *names: str) -> tuple[str, ...]:
    """The texts under the first of these names that has any; WAV and AIFF are tagged under the names of ID3 frames."""
    for name in names:
        texts = tuple(text for value in tags.get(name) or () if (text := str(value).strip()))
        if texts:
            return texts
    return ()


def _copy(file: Path, target: Path, progress: Progress) -> None:
    working = target.with_name(f"{target.name}.part")
    with file.open("rb") as source, working.open("wb") as copy:
        _pump(source, copy, os.fstat(source.fileno()).st_size, progress)
    working.replace(target)


def _pump(source: BinaryIO, copy: BinaryIO, size: int, progress: Progress) -> None:
    said_at = 0.0
    while block := source.read(_BLOCK_BYTES):
        copy.write(block)
        if (now := time.monotonic()) - said_at >= _SAID_EVERY_S:
            said_at = now
            progress(min(1.0, copy.tell() / size), f"{copy.tell() / 1e6:.1f} of {size / 1e6:.1f} MB")


def _readable_folder(folder: Path) -> None:
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise _unreadable(folder, error) from error


def _tell(error: OSError) -> None:
    _log.warning("%s", _unreadable(Path(error.filename or "?"), error))


def _unreadable(path: Path, error: OSError) -> DaemonError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Transient(f"There is no room left on the disk for a copy of {path}. Make room.", retry_after_s=600.0)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotFound(f"{path} is not there (any more). Look where it went, and give it again.")
    return Refused(f"{path} cannot be read ({error.strerror or error}). See that it may be read by this program.")
