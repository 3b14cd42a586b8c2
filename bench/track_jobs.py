"""What `one_track` has done in a worker process (`daemon.children`): the whole job, and the floor under it.

Both answer the CPU seconds of their parts, and `peak_mb`, the most memory that this process ever held. `since_start` is
the CPU of the whole process, imports and all.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

from daemon.models import Format, Json, Tags
from daemon.ports import Progress
from daemon.wiring import jobs

_BITS: Final = 16
_STATUS = Path("/proc/self/status")


def whole(*, audio: str, work: str, artwork: str, progress: Progress) -> Json:
    """What a track costs the daemon: `listen`, and `render` with its tags."""
    tags = Tags(
        title="Four Minutes",
        artists=("Nobody",),
        bpm=124.0,
        initial_key="Am",
        artwork_jpeg=Path(artwork).read_bytes(),
        provenance={"source_quality": "a bench"},
    )
    formats, packed = [format_.value for format_ in Format], jobs.tags_to_json(tags)
    clock = _Clock()
    making: dict[str, Any] = {"audio": audio, "work": work, "formats": formats, "bits": _BITS, "sample_rate_hz": None}
    jobs.listen(**making, progress=progress)
    listen_s = clock.lap_s()
    jobs.render(**making, tags=packed, progress=progress)
    return {
        "listen": listen_s,
        "render": clock.lap_s(),
        "since_start": time.process_time(),
        "peak_mb": _peak_mb(),
    }


def floor(*, audio: str, work: str, artwork: str, progress: Progress) -> Json:
    """Three files without having heard or tagged anything: one decode, ALAC, WAV, AIFF."""
    del artwork, progress
    from integrations import ffmpeg

    clock = _Clock()
    decoded = ffmpeg.decode(Path(audio))
    decode_s = clock.lap_s()
    pcm = ffmpeg.quantise(decoded.samples, decoded.sample_rate_hz, _BITS, seed=1)
    for format_ in (Format.WAV, Format.AIFF):
        ffmpeg.render(pcm, format_, Path(work) / f"floor.{format_}")
    pcm_s = clock.lap_s()
    ffmpeg.render(pcm, Format.M4A, Path(work) / "floor.m4a")
    return {"decode": decode_s, "pcm": pcm_s, "alac": clock.lap_s(), "peak_mb": _peak_mb()}


class _Clock:
    """CPU seconds of this process, lap by lap."""

    def __init__(self) -> None:
        self._since_s = time.process_time()

    def lap_s(self) -> float:
        now_s = time.process_time()
        lap_s, self._since_s = now_s - self._since_s, now_s
        return lap_s


def _peak_mb() -> float:
    """Linux counts the parent's memory into a child's `ru_maxrss`; its own page of the process knows better."""
    if _STATUS.exists():
        [line] = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024 / 1e6
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6
