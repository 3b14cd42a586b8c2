"""The ports whose work is done in child processes: downloads, and everything that touches samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from daemon.children import Children
from daemon.models import Fetched, Format, Heard, Json, Rendered, Source, Tags
from daemon.ports import Progress
from daemon.wiring.jobs import tags_to_json

_LISTEN_LIMIT_S = 10 * 60.0
_RENDER_LIMIT_S = 15 * 60.0


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

    def __init__(self, children: Children, *, bits: Literal[16, 24]) -> None:
        self._children = children
        self._bits = bits

    def listen(self, audio: Path, work: Path, progress: Progress) -> Heard:
        arguments = {"audio": str(audio), "work": str(work)}
        answer = self._children.run("daemon.wiring.jobs:listen", arguments, progress, timeout_s=_LISTEN_LIMIT_S)
        return TypeAdapter(Heard).validate_python(answer)

    def render(
        self, audio: Path, work: Path, formats: Sequence[Format], tags: Tags, progress: Progress
    ) -> Sequence[Rendered]:
        arguments = {
            "audio": str(audio),
            "work": str(work),
            "formats": [format_.value for format_ in formats],
            "bits": self._bits,
            "tags": tags_to_json(tags),
        }
        answer = self._children.run("daemon.wiring.jobs:render", arguments, progress, timeout_s=_RENDER_LIMIT_S)
        return TypeAdapter(list[Rendered]).validate_python(answer)
