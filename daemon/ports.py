"""What an integration promises. One verb each, plus `check()` for doctor. Implementations live in `integrations/`,
their loopback twins in `integrations/sandbox/`; one contract suite per port in `tests/contracts/` holds them to it.

Every call has a timeout, raises only what `daemon.errors` draws, and answers `None` or an empty list only for "there is
nothing", never for "it failed".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from daemon.models import (
    BoardRow,
    Candidate,
    Check,
    Fetched,
    Format,
    Gone,
    Heard,
    Json,
    Recognised,
    Rendered,
    Source,
    Tags,
    Track,
    TrackRef,
)

Progress = Callable[[float | None, str], None]
"""Called now and then with a fraction from 0 to 1 (None: unknown) and a few words: `progress(0.4, "2.1 of 5.2 MB")`."""


HistoryPage = tuple[Sequence[TrackRef | Gone], str]
"""A page of everything that was ever liked, and the bookmark behind it."""


class Checkable(Protocol):
    """Everything that doctor asks."""

    def check(self) -> Check:
        """How it stands, in one line, without changing anything. Raises nothing."""
        ...


class TrackSource(Checkable, Protocol):
    """One link of the fallback chain."""

    name: str
    """As the settings and the faces call it: `spotify-playing`."""

    def newest(self, limit: int) -> Sequence[TrackRef]:
        """The newest first, at most `limit`. Empty means: nothing there."""
        ...

    def newest_first(self) -> Iterator[TrackRef]:
        """Everything that is there, newest first, asked for page by page as it is taken."""
        ...


class Catalogue(Protocol):
    """A service that knows who a track is."""

    def describe(self, ref: TrackRef) -> Track:
        """Who it is, as this service tells it. Raises NotFound when it is gone or private."""
        ...


class Finder(Protocol):
    """A place to search for audio."""

    def candidates(self, words: str, limit: int) -> Sequence[Candidate]:
        """What a search for these words finds, in the service's own order."""
        ...


class Register(Protocol):
    """A catalogue that can be searched for a recording."""

    def recordings(self, track: Track, limit: int) -> Sequence[Track]:
        """What it has under that ISRC, or else under those artists and that title; best first by its own lights. Which
        of them is the same recording is not for it to say."""
        ...


class Recogniser(Checkable, Protocol):
    """A register of fingerprints."""

    def recognise(self, fingerprint: Sequence[int], duration_s: float) -> Sequence[Recognised]:
        """The recordings that this fingerprint (Chromaprint words of the whole track) belongs to, surest first; empty:
        it knows none. Raises Transient, AuthExpired."""
        ...


class Fetcher(Protocol):
    """Downloads."""

    def fetch(self, source: Source, into: Path, progress: Progress) -> Fetched:
        """The audio of `source`, complete, as one file in `into`. A `.part` left by an earlier try is taken up again.
        Raises Protected, NotFound, BadMedia, Transient, AuthExpired."""
        ...


class Studio(Protocol):
    """Decodes, listens and encodes. The work is done in worker processes."""

    def listen(self, audio: Path, work: Path, progress: Progress) -> Heard:
        """Decodes the whole file once and tells everything about it; fingerprint and peaks are written into `work`, and
        the sound as it will be in the files, for `render`. Raises BadMedia when it is not whole, not audio, or too long
        for every format; Transient when the disk of `work` is full, or does not take it."""
        ...

    def render(
        self, audio: Path, work: Path, formats: Sequence[Format], tags: Tags, progress: Progress
    ) -> Sequence[Rendered]:
        """One finished, tagged, read-back file per format in `work`, all with the same sound; without those formats
        that cannot hold so much of it (as `listen` has flagged). May be repeated: it makes the same files again, also
        when what `listen` left in `work` is gone. Raises as `listen` does."""
        ...


class Artwork(Protocol):
    """Cover pictures."""

    def jpeg(self, url: str, page: str | None = None) -> bytes | None:
        """The largest picture that the service has, as a square JPEG of at most 1,400 px and 1 MB; None when there is
        none to be had. Nothing is asked of the person's own network, but of the very host of `page`, the track's own
        address. Never raises."""
        ...


class Cabinet(Checkable, Protocol):
    """Eagle: items that we add under ids of our own choosing."""

    def has(self, item_id: str) -> bool:
        """Whether the open library holds that item. Raises Refused when the wrong library is open."""
        ...

    def add(
        self, item_id: str, file: Path, *, name: str, website: str | None, tags: Sequence[str], annotation: str
    ) -> None:
        """Adds the file. Import is asynchronous: ask `has` before believing it."""
        ...


class RowReader(Protocol):
    """The Tracks database, read from its oldest row on."""

    def rows(self, created_from: str | None) -> Iterator[BoardRow]:
        """Every row that was made at that moment or later (None: every row), oldest first, however many there are."""
        ...


class Board(Checkable, Protocol):
    """The Notion Tracks database, as rows of plain values under the names in `settings-and-schema.md`."""

    def find(self, keys: Mapping[str, str]) -> str | None:
        """The id of a row in which any of these columns holds this value, or None."""
        ...

    def create(self, values: Mapping[str, Any]) -> tuple[str, Json]:
        """A new row; answers its id and the values as they now stand there."""
        ...

    def update(self, row_id: str, values: Mapping[str, Any]) -> Json:
        """Changes the given columns only; answers the values as they now stand there."""
        ...
