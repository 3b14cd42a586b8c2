"""The ports whose work is done in child processes: downloads, everything that touches samples, and tags: their library
is larger than an idle daemon may be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from daemon.children import Children
from daemon.library.retagging import Rewritten
from daemon.models import Fetched, Format, Heard, Json, Rendered, Source, Tags
from daemon.ports import Progress
from daemon.wiring.jobs import tags_to_json


class ChildFetcher:
    """Port `Fetcher`: one fresh child a download, because yt-dlp keeps log-ins in class attributes."""

    STALL_S = 10 * 60.0
    """yt-dlp gives up a dead line by itself, after two or three minutes; this ends what hangs in another way."""

    def __init__(self, children: Children, access: Json, keep_free_bytes: int = 0) -> None:
        """`access` is how the services are reached, as `integrations.ytdlp` wants it. A download stops before less
        than `keep_free_bytes` are free on its disk."""
        self._children = children
        self._access = access
        self._keep_free_bytes = keep_free_bytes

    @staticmethod
    def limit_s(duration_s: float | None) -> float:
        """The longest that a download may take: half an hour, and four times as long as it plays. So a long set gets
        through a line of a quarter of its bit rate; what trickles is ended at last, and its `.part` taken up later."""
        unknown_s = 60 * 60.0
        return 30 * 60.0 + 4 * (unknown_s if duration_s is None else duration_s)

    def fetch(self, source: Source, into: Path, progress: Progress) -> Fetched:
        place = source.candidate
        arguments = {
            "url": place.url,
            "service": place.service.value,
            "into": str(into),
            "access": self._access,
            "keep_free_bytes": self._keep_free_bytes,
        }
        answer = self._children.run(
            "daemon.wiring.jobs:fetch",
            arguments,
            progress,
            timeout_s=self.limit_s(place.duration_s),
            stall_s=self.STALL_S,
        )
        return TypeAdapter(Fetched).validate_python(answer)


class ChildStudio:
    """Port `Studio`: children that stay while there is work, because their imports cost more than most tracks."""

    MEMORY_BYTES = 1_500_000_000
    """What a child may take at the very most. A whole track takes a quarter of it; a file that makes a decoder take
    more ends one attempt of one track, and not the machine."""
    STALL_S = 15 * 60.0
    """The longest that a slow machine may think about the longest set without telling how far it is."""
    LIMIT_S = 12 * 3600.0
    """Ends what tells of progress for ever. A set of ten hours takes minutes, and an hour on a slow machine."""

    def __init__(
        self,
        children: Children,
        *,
        bits: Literal[16, 24],
        formats: Sequence[Format] = tuple(Format),
        sample_rate_hz: int | None = None,
        keep_free_bytes: int = 0,
    ) -> None:
        """All files get `bits` and `sample_rate_hz` (None: the source's own). `formats` are those that `render` will be
        asked for. The work folder's disk is not filled further than `keep_free_bytes`."""
        self._children = children
        self._formats = tuple(formats)
        self._making: Json = {"bits": bits, "sample_rate_hz": sample_rate_hz, "keep_free_bytes": keep_free_bytes}

    def listen(self, audio: Path, work: Path, progress: Progress) -> Heard:
        return TypeAdapter(Heard).validate_python(self._run("listen", audio, work, self._formats, progress))

    def render(
        self, audio: Path, work: Path, formats: Sequence[Format], tags: Tags, progress: Progress
    ) -> Sequence[Rendered]:
        answer = self._run("render", audio, work, formats, progress, tags=tags_to_json(tags))
        return TypeAdapter(list[Rendered]).validate_python(answer)

    def _run(
        self, job: str, audio: Path, work: Path, formats: Sequence[Format], progress: Progress, **more: Json
    ) -> Any:
        arguments = {
            "audio": str(audio),
            "work": str(work),
            "formats": [format_.value for format_ in formats],
            **self._making,
            **more,
        }
        return self._children.run(
            f"daemon.wiring.jobs:{job}", arguments, progress, timeout_s=self.LIMIT_S, stall_s=self.STALL_S
        )


class ChildTagger:
    """Writes tags into files that the person has."""

    LIMIT_S = 30 * 60.0
    """The longest that it may take to copy the largest file on the slowest share."""

    def __init__(self, children: Children) -> None:
        self._children = children

    def retag(self, path: Path, tags: Tags) -> Rewritten:
        """`daemon.wiring.jobs.retag` says what is promised and raised."""
        arguments = {"path": str(path), "tags": tags_to_json(tags)}
        answer = self._children.run("daemon.wiring.jobs:retag", arguments, _untold, timeout_s=self.LIMIT_S)
        return TypeAdapter(Rewritten).validate_python(answer)


def _untold(_fraction: float | None, _words: str) -> None:
    """Nobody looks on."""
