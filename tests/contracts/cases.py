"""Who is held to the contracts: add a line to `SOURCES` or `CABINETS`, and the suites run it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from daemon.ports import Cabinet, TrackSource
from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog
from integrations.sandbox.spotify import Playing, saved_track, track_object
from integrations.spotify import SpotifyLiked, SpotifyPlaying
from tests.integrations.eagle_stage import TOKEN, eagle_stage
from tests.integrations.spotify_stage import SpotifyStage, spotify_stage


@dataclass
class SourceStage:
    """A source before its twin."""

    source: TrackSource
    show: Callable[[int], list[str]]
    """Lets the outside have so many tracks, or as many as it can; answers their ids, newest first."""
    faults: Faults
    log: RequestLog
    system: str
    route: str
    """Where faults hit the source's own question."""
    secrets: Callable[[], list[str]]


@dataclass
class CabinetStage:
    """A cabinet before its twin."""

    cabinet: Cabinet
    items: Callable[[], list[str]]
    """The ids of what is in the twin's library, in order."""
    let_import_take: Callable[[int], None]
    """Lets an added item be seen only from the nth later request on."""
    open_other_library: Callable[[], None]
    faults: Faults
    log: RequestLog
    system: str
    secrets: Callable[[], list[str]]


@contextlib.contextmanager
def _spotify_playing(folder: Path, patience_s: float) -> Iterator[SourceStage]:
    with spotify_stage(folder, patience_s=patience_s) as stage:

        def show(count: int) -> list[str]:
            song = track_object("Night Bus", ["Ana"], isrc="DEZZ92400001")
            stage.twin.playing = Playing(item=song) if count else None
            return [song["id"]][:count]

        source = SpotifyPlaying(stage.session())
        yield _spotify(stage, source, show, "/v1/me/player/currently-playing")


@contextlib.contextmanager
def _spotify_liked(folder: Path, patience_s: float) -> Iterator[SourceStage]:
    with spotify_stage(folder, patience_s=patience_s) as stage:

        def show(count: int) -> list[str]:
            songs = [track_object(f"Song {number}", ["Ana"]) for number in range(count)]
            stage.twin.liked = [saved_track(song, "2026-01-01T10:00:00Z") for song in songs]
            return [song["id"] for song in songs]

        source = SpotifyLiked(stage.session())
        yield _spotify(stage, source, show, "/v1/me/tracks")


def _spotify(stage: SpotifyStage, source: TrackSource, show: Callable[[int], list[str]], route: str) -> SourceStage:
    return SourceStage(source, show, stage.faults, stage.log, "spotify", route, stage.secrets)


@contextlib.contextmanager
def _eagle(patience_s: float) -> Iterator[CabinetStage]:
    with eagle_stage(patience_s) as stage:

        def let_import_take(requests: int) -> None:
            stage.twin.imports_after = requests

        def open_other_library() -> None:
            stage.twin.library_path = "/libraries/Other.library"

        yield CabinetStage(
            cabinet=stage.cabinet(),
            items=lambda: [item["id"] for item in stage.twin.items],
            let_import_take=let_import_take,
            open_other_library=open_other_library,
            faults=stage.faults,
            log=stage.log,
            system="eagle",
            secrets=lambda: [TOKEN],
        )


SOURCES: dict[str, Callable[[Path, float], AbstractContextManager[SourceStage]]] = {
    "spotify-playing": _spotify_playing,
    "spotify-liked": _spotify_liked,
}
CABINETS: dict[str, Callable[[float], AbstractContextManager[CabinetStage]]] = {
    "eagle": _eagle,
}
