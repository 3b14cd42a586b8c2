"""What an integration promises. One verb each, plus `check()` for doctor. Implementations live in `integrations/`,
their loopback twins in `integrations/sandbox/`; one contract suite per port in `tests/contracts/` holds them to it.

Every call has a timeout, raises only what `daemon.errors` draws, and answers `None` or an empty list only for "there is
nothing", never for "it failed".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    Layout,
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
        """Every row that was made at that moment or later (None: every row), oldest first, however many there are. A
        row may come twice; one in the trash does not come at all."""
        ...

    def changed(self, edited_from: str) -> Iterator[BoardRow]:
        """Every row that anybody has edited at that moment or later, in the order of those edits, however many there
        are. A row may come twice. Where nothing was edited it costs one request."""
        ...

    def row(self, row_id: str) -> BoardRow:
        """One row as it stands now, in the trash or not. Raises RowGone when nobody can see it any more, though the
        database is there."""
        ...


class Board(Checkable, Protocol):
    """The Notion Tracks database, as rows of plain values under the names in `settings-and-schema.md`."""

    def find(self, keys: Mapping[str, str]) -> BoardRow | None:
        """The oldest row in which any of these columns holds this value, or None."""
        ...

    def create(self, values: Mapping[str, Any]) -> BoardRow:
        """A new row, as it now stands there. Raises Unreachable when it may have been made all the same: `find` comes
        before another `create`."""
        ...

    def update(self, row_id: str, values: Mapping[str, Any]) -> BoardRow:
        """Changes the given columns only; answers the row as it now stands there. Raises RowGone."""
        ...

    def as_read(self, values: Mapping[str, Any]) -> Json:
        """How these values would be read back from the columns that are there: rounded, cut, in the person's words and
        back. Asks nobody where the columns are known."""
        ...

    def layout(self, *, again: bool = True) -> Layout:
        """How the database is built now; with `again` False as it was read last."""
        ...


class Relatives(Protocol):
    """The databases that the relation columns `Artist` and `Playlists` point to: rows with a name."""

    def has(self, column: str) -> bool:
        """Whether the Tracks database has that relation, and we may see what it points to."""
        ...

    def find(self, column: str, names: Sequence[str]) -> dict[str, str]:
        """The rows that are called so, case and outer spaces aside: by the name asked for, the id of the oldest. Names
        that nobody has are left out. At most one request for a hundred names."""
        ...

    def create(self, column: str, name: str) -> str:
        """A new row of that name; answers its id. Raises Unreachable when it may have been made all the same: `find`
        comes before another `create`."""
        ...


class TaskBoard(Checkable, Protocol):
    """A database of tasks that is shared with people and other agents (Agent-Tasks, Issues+Questions), as rows of plain
    values under the names in `settings-and-schema.md`. `BoardRow.ref` is always None."""

    def changed(self, edited_from: str) -> Iterator[BoardRow]:
        """Every row addressed to us that anybody has edited in that minute or later, in the order of those edits,
        however many there are. Addressed to us: its title begins with `cratekeeper:`, case aside, or its `Job` is not
        empty; whether that is a job of ours is for the caller to see. A row may come twice; one in the trash does not
        come at all. Where no more than a page of them was edited, it costs one request."""
        ...

    def row(self, row_id: str) -> BoardRow:
        """One row as it stands now, in the trash or not. Raises RowGone when nobody can see it any more, though the
        database is there."""
        ...

    def find(self, key: str, title: str, but_not: Collection[str] = ()) -> BoardRow | None:
        """The oldest living row with that `Dedupe Key`; where there is no such column, with that very title, unless its
        `Source Agent` says that it is somebody else's. Those with these ids are passed over."""
        ...

    def create(self, values: Mapping[str, Any]) -> BoardRow:
        """A new row, as it now stands there; without its `Track` where that cannot be pointed to. Raises Unreachable
        when it may have been made all the same: `find` comes before another `create`."""
        ...

    def update(self, row_id: str, values: Mapping[str, Any]) -> BoardRow:
        """Changes the given columns only (but for a `Track` as above); answers the row as it now stands there. Raises
        RowGone, and then nothing has changed."""
        ...

    def as_read(self, values: Mapping[str, Any]) -> Json:
        """How these values would be read back from the columns that are there. Asks nobody where the columns are
        known."""
        ...
