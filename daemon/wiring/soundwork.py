"""How sound becomes a master and a master becomes files, in one pass each; and what is told and looked at meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from daemon.errors import BadMedia, Transient
from daemon.models import Format
from daemon.pipeline.room import keep_free
from daemon.ports import Progress

if TYPE_CHECKING:
    from integrations.ffmpeg import Master, OpenSound, Recipe, Samples

WORK = "VAR_DIR"
"""The setting that places the work folder."""


def recipe_of(audio: Path, bits: Literal[16, 24], sample_rate_hz: int | None) -> Recipe:
    """Raises Transient when the source is gone: somebody may have cleared the work folder. OSError as the disk does."""
    from integrations import ffmpeg

    try:
        return ffmpeg.Recipe.of(audio, bits, sample_rate_hz)
    except FileNotFoundError as error:
        raise Transient(f"{audio.name} is gone from the work folder; the track is begun anew.") from error


def make_master(
    sound: OpenSound,
    recipe: Recipe,
    folder: Path,
    progress: Progress,
    keep_free_bytes: int,
    hear: Callable[[Samples], None] = lambda _block: None,
) -> tuple[int, Master]:
    """The one pass over the decoded sound; answers how many samples of a channel there were, and the master."""
    from integrations import ffmpeg

    facts, count = sound.facts, 0
    pace = _Pace(progress, "decoding", facts.claimed_duration_s, facts.sample_rate_hz)
    with ffmpeg.MasterWriter(
        folder,
        recipe,
        channels=facts.channels,
        source_rate_hz=facts.sample_rate_hz,
        make_room=_Room(folder, keep_free_bytes).take,
    ) as writer:
        for block in sound.blocks():
            hear(block)
            writer.write(block)
            count += block.shape[1]
            pace.at(count)
        return count, writer.finish()


def held(formats: Sequence[Format], master: Master) -> list[Format]:
    """Those that can hold so much sound. Raises BadMedia when none of them can, and for none at all."""
    from integrations import ffmpeg

    if not master.frames:
        raise BadMedia(
            f"It is too short for a single sample at {master.spec.sample_rate_hz} Hz: choose another source."
        )
    able = [format_ for format_ in formats if ffmpeg.holds(format_, master.spec, master.frames)]
    if not able:
        hours = master.frames / master.spec.sample_rate_hz / 3600
        names = " and ".join(format_.upper() for format_ in formats)
        raise BadMedia(
            f"{hours:.1f} hours of sound pass 4 GB, more than {names} can hold: let M4A be made too (FILE_FORMATS)."
        )
    return able


def too_long(wanted: Sequence[Format], able: Sequence[Format]) -> tuple[str, ...]:
    """The flag that tells which files will not be made; none when all will."""
    left_out = [format_.upper() for format_ in wanted if format_ not in able]
    return (f"too long for {' and '.join(left_out)}",) if left_out else ()


def write(master: Master, targets: Mapping[Format, Path], progress: Progress) -> None:
    """All files in one pass over the master."""
    from integrations import ffmpeg

    spec, count = master.spec, 0
    pace = _Pace(progress, "rendering", master.frames / spec.sample_rate_hz, spec.sample_rate_hz)
    with ExitStack() as files:
        writers = [
            files.enter_context(ffmpeg.open_writer(format_, target, spec)) for format_, target in targets.items()
        ]
        for block in master.blocks():
            for writer in writers:
                writer.write(block)
            count += block.shape[1]
            pace.at(count)


class _Pace:
    """Tells how far it is, a few times a second at most."""

    _EVERY_S = 0.3

    def __init__(self, progress: Progress, words: str, duration_s: float | None, sample_rate_hz: int) -> None:
        self._progress = progress
        self._words = words
        self._duration_s = duration_s
        self._rate_hz = sample_rate_hz
        self._told_at = time.monotonic()
        progress(None, words)

    def at(self, count: int) -> None:
        """So many samples of a channel are done."""
        now = time.monotonic()
        if now < self._told_at + self._EVERY_S:
            return
        self._told_at = now
        done_s = count / self._rate_hz
        # What a header claims may be nonsense; a bar shows no more than all of it.
        fraction = min(1.0, done_s / self._duration_s) if self._duration_s and self._duration_s > 0 else None
        self._progress(fraction, f"{self._words}, minute {done_s / 60:.0f}")


class _Room:
    """Looks at the disk before every so many bytes."""

    _EVERY_BYTES = 64_000_000

    def __init__(self, folder: Path, keep_free_bytes: int) -> None:
        self._folder = folder
        self._keep_bytes = keep_free_bytes
        self._granted = 0

    def take(self, size: int) -> None:
        """Raises Transient when the disk would have less free than it is to keep."""
        if not self._keep_bytes:
            return  # then the disk itself says when it is full
        if size > self._granted:
            keep_free(self._folder, self._EVERY_BYTES, self._keep_bytes, WORK)
            self._granted = self._EVERY_BYTES
        self._granted -= size
