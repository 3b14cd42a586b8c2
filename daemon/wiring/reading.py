"""What is in the files on the shelf: tags, samples, and what is heard of them. Nothing in the library is written.

The jobs of the child process are here too, so nothing heavy is imported at the top.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from daemon.errors import NotFound, Refused
from daemon.models import Json, Tags
from daemon.pipeline.shelving.disk_errors import told_as_transient
from daemon.ports import Progress
from daemon.wiring.jobs import tags_from_json, tags_to_json

if TYPE_CHECKING:
    from daemon.children import Children
    from daemon.ports import Studio
    from daemon.service.errands.verifying import Decoded, Listened

_LIBRARY = "OUT_DIR"


class ShelfReader:
    """Reads in child processes. Every verb raises BadMedia for what is no audio of its name, NotFound, Refused for what
    may not be read, and Transient."""

    LIMIT_S = 30 * 60.0
    """The longest that it may take to read the largest file from the slowest share."""

    def __init__(self, children: Children, studio: Studio, scratch: Path) -> None:
        """`scratch` is where `listen` keeps what it makes, while it does."""
        self._children = children
        self._studio = studio
        self._scratch = scratch

    def tags(self, path: Path) -> Tags:
        """What the file's tags say."""
        answer = self._children.run("daemon.wiring.reading:tags", {"path": str(path)}, _untold, timeout_s=self.LIMIT_S)
        return tags_from_json(answer)

    def decode(self, path: Path) -> Decoded:
        """The whole file decoded, for its length and its samples alone."""
        from daemon.service.errands.verifying import Decoded

        answer = self._children.run(
            "daemon.wiring.reading:decode", {"path": str(path)}, _untold, timeout_s=self.LIMIT_S
        )
        return TypeAdapter(Decoded).validate_python(answer)

    def listen(self, path: Path) -> Listened:
        """What the pipeline hears of it. What that leaves on the disk is gone again."""
        from daemon.service.errands.verifying import Listened

        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="listening-") as work:
            heard = self._studio.listen(path, Path(work), _untold)
            return Listened(heard=heard, words=Path(heard.fingerprint_path).read_bytes())


# --- in the child ----------------------------------------------------------------------------------------------------


def tags(*, path: str, progress: Progress) -> Json:
    """The file's `Tags`, without its picture."""
    from integrations import tags as tagger

    with _readable(Path(path), progress) as file:
        return {**tags_to_json(tagger.read(file)), "artwork_jpeg": None}


def decode(*, path: str, progress: Progress) -> Json:
    """A `Decoded`: files of other formats with the same integers answer the same."""
    from integrations import ffmpeg

    samples, count = hashlib.sha256(), 0
    with _readable(Path(path), progress) as file, ffmpeg.open_sound(file) as sound:
        for block in sound.blocks():
            samples.update(block.T.astype("<f4").tobytes())
            count += block.shape[1]
        return {"duration_s": count / sound.facts.sample_rate_hz, "samples": samples.hexdigest()}


@contextmanager
def _readable(file: Path, progress: Progress) -> Iterator[Path]:
    progress(None, f"reading {file.name}")
    with told_as_transient(_LIBRARY, file.parent):
        try:
            yield file
        except FileNotFoundError as error:
            raise NotFound(f"{file} is not there any more.") from error
        except PermissionError as error:
            raise Refused(f"{file} may not be read by this program.") from error


def _untold(_fraction: float | None, _words: str) -> None:
    """Nobody looks on."""
