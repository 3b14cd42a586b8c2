"""Notion in a process of its own: a large workspace, its clock, an outage on order, and a list of what it was asked."""

from __future__ import annotations

import multiprocessing
import random
import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.managers import BaseManager
from typing import Any

from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.server import Request, RequestLog, Response, Server

BEGIN = 1_780_000_000.0
"""When the first row was made, by the simulated clock."""
NEW_ARTISTS = tuple(f"Liked Artist {number:02}" for number in range(60))
"""Who the tracks are by that are new later; every other one has a row from the beginning."""
PLAYLISTS = tuple(f"Playlist {number}" for number in range(8))
"""The same."""

_ROWS_A_MINUTE = 20
_OLD_ARTISTS = 1200
_BASE62 = string.digits + string.ascii_letters
_KEYS = (("Am", "8A"), ("Em", "9A"), ("F", "7B"), ("G", "9B"), ("Dm", "7A"), ("C", "8B"))
_GENRES = ("House", "Techno", "Dub", "Ambient", "Drum & Bass", "Disco", "Electro", "Jazz")
_UNPROCESSED = 0.05
_FAILED = 0.03
_WISHES = 0.01
"""Rows with a title and an artist alone."""
_FINGERPRINTED = 1 / 3
_FINGERPRINT = 3400
"""Characters, of four minutes as `fpcalc` writes them."""


class SandboxNotion:
    """The twin behind its server, the person's hands, and the clock."""

    def __init__(self, rows: int) -> None:
        self._now = BEGIN
        self._twin = NotionTwin(clock=self.now)
        self._database_id = seed_tracks_database(self._twin)
        self._ids = {title: source_id for source_id, title in self._twin.data_source_titles().items()}
        self._fill(rows)
        self._watched = _Watched(self._twin, self._ids, self.now)
        self._server = Server(self._watched, faults=Faults(), log=RequestLog())
        self._server.start()

    def environ(self) -> dict[str, str]:
        """The settings that lead here."""
        return {
            "NOTION_TOKEN": SANDBOX_TOKEN,
            "TRACKS_DB_ID": self._database_id,
            "NOTION_BASE_URL": self._server.url,
        }

    def now(self) -> float:
        return self._now

    def forward(self, seconds: float) -> None:
        self._now += seconds

    def asked(self) -> Counter[str]:
        """How often what was asked, since the last time that this was."""
        asked, self._watched.asked = self._watched.asked, []
        return Counter(kind for _at, kind in asked)

    def moments(self) -> list[float]:
        """When it was asked since that time; nothing is forgotten by it."""
        return [at for at, _kind in self._watched.asked]

    def pages_asked(self) -> int:
        """How many pages of tracks so far; nothing is forgotten by it."""
        return sum(kind == _PAGE_OF_TRACKS for _at, kind in self._watched.asked)

    def set_down(self, is_down: bool) -> None:
        """An outage: whatever is asked, a proxy says that nobody is there."""
        self._watched.is_down = is_down

    def edit(self, edits: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """The person does."""
        for row_id, values in edits:
            self._twin.edit_as_person(row_id, values)

    def statuses(self) -> Counter[str]:
        """What the rows say."""
        return Counter(str(values["Status"]) for values in self._twin.rows(self._database_id).values())

    # --- a workspace as an older script has left it ---

    def _fill(self, rows: int) -> None:
        rng = random.Random(6)
        old = [f"Old Artist {number}" for number in range(_OLD_ARTISTS)]
        artists = dict(zip(old, self._named("Artists", old), strict=True))
        self._named("Artists", NEW_ARTISTS[::2])
        playlists = self._named("Playlists", [*(f"Crate {number}" for number in range(20)), *PLAYLISTS[::2]])
        for start in range(0, rows, _ROWS_A_MINUTE):
            numbers = range(start, min(start + _ROWS_A_MINUTE, rows))
            made = [dict(_row(rng, number, artists, playlists, self._now)) for number in numbers]
            self._twin.add_rows_as_person(self._ids["Tracks"], made)
            self._now += 60.0
        self._now += 24 * 3600.0

    def _named(self, place: str, names: Sequence[str]) -> list[str]:
        return self._twin.add_rows_as_person(self._ids[place], [{"Name": name} for name in names])


@contextmanager
def sandbox_elsewhere(rows: int) -> Iterator[SandboxNotion]:
    """One in another process: its memory and its CPU are not those of who is measured."""
    with _Elsewhere(ctx=multiprocessing.get_context("spawn")) as elsewhere:
        yield elsewhere.SandboxNotion(rows)  # type: ignore[attr-defined]


class _Elsewhere(BaseManager):
    pass


_Elsewhere.register("SandboxNotion", SandboxNotion)

_PAGE_OF_TRACKS = "POST data_sources/query (Tracks)"


class _Watched:
    """A twin that notes what it is asked, by method, route and place."""

    name = "notion"

    def __init__(self, twin: NotionTwin, ids: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._twin = twin
        self._clock = clock
        self._titles = {source_id: title for title, source_id in ids.items()}
        self.asked: list[tuple[float, str]] = []
        self.is_down = False

    def answer(self, request: Request) -> Response:
        self.asked.append((self._clock(), self._kind(request)))
        if self.is_down:
            return Response(503, b"<html>Service Unavailable</html>", (("Content-Type", "text/html"),))
        return self._twin.answer(request)

    def _kind(self, request: Request) -> str:
        route, *rest = request.path.removeprefix("/v1/").split("/")
        source_id = rest[0] if route == "data_sources" else ""
        if route == "pages" and request.method == "POST":
            source_id = str(request.json()["parent"]["data_source_id"])
        place = f" ({self._titles.get(source_id, source_id)})" if source_id else ""
        return " ".join([request.method, "/".join([route, *rest[1:]])]) + place


def _row(
    rng: random.Random, number: int, artists: Mapping[str, str], playlists: Sequence[str], now: float
) -> Iterator[tuple[str, Any]]:
    """Some 27 filled columns where the row was worked on, else what a person types."""
    names = rng.sample(sorted(artists), 2 if rng.random() < 0.2 else 1)
    yield "Title", f"Old Track {number}" + rng.choice(["", "", " (Extended Mix)", " (Dub)"])
    yield "Artist Name", ", ".join(names)
    share = rng.random()
    if share < _WISHES:
        return
    spotify_id = "".join(rng.choices(_BASE62, k=22))
    yield "Spotify URL", f"https://open.spotify.com/track/{spotify_id}"
    if share < _WISHES + _UNPROCESSED:
        return
    yield "Spotify ID", spotify_id
    yield from _described(rng, names, artists, playlists, now)
    if share < _WISHES + _UNPROCESSED + _FAILED:
        yield "Status", "Failed"
        yield "Sync Error", "No source was found."
        return
    yield from _processed(rng, f"{names[0]} - Old Track {number}", now)


def _described(
    rng: random.Random, names: Sequence[str], artists: Mapping[str, str], playlists: Sequence[str], now: float
) -> Iterator[tuple[str, Any]]:
    yield "Artist", [artists[name] for name in names]
    yield "Album", f"Album {rng.randrange(8000)}"
    yield "Source", rng.choice(["spotify-liked", "soundcloud-likes"])
    yield "ISRC", f"QZ{''.join(rng.choices(string.ascii_uppercase, k=3))}{rng.randrange(10**7):07}"
    yield "Duration (s)", round(rng.uniform(120, 480), 1)
    yield "Genre", rng.choice(_GENRES)
    yield "Image URL", f"https://i.scdn.co/image/ab67616d0000b273{rng.randbytes(12).hex()}"
    yield "DateAdded", _moment(now)
    yield "Release Date", f"{rng.randrange(1995, 2026)}-{rng.randrange(1, 13):02}-01"
    yield "Playlists", [rng.choice(playlists)]


def _processed(rng: random.Random, name: str, now: float) -> Iterator[tuple[str, Any]]:
    key, camelot = rng.choice(_KEYS)
    video = "".join(rng.choices(_BASE62, k=11))
    yield "YouTube URL", f"https://www.youtube.com/watch?v={video}"
    yield "BPM", float(rng.randrange(80, 176))
    yield "Key", key
    yield "Camelot", camelot
    yield "Downloaded", True
    yield "Status", "Done"
    yield "Processed At", _moment(now)
    for format_ in ("m4a", "wav", "aiff"):
        yield f"{format_.upper()} File Path", f"/Volumes/Music/Crates/{name}.{format_}"
    yield "Eagle File ID", f"M{rng.randbytes(6).hex().upper()}"
    yield "Download Source", f"youtube: https://www.youtube.com/watch?v={video}"
    yield "Loudness (LUFS)", round(rng.uniform(-14, -6), 1)
    if rng.random() < _FINGERPRINTED:
        yield "Fingerprint", "AQAD" + "".join(rng.choices(_BASE62, k=_FINGERPRINT))


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).replace(second=0, microsecond=0).isoformat()
