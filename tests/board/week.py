"""A week with Notion, and every way in which Notion can fail in it.

First contact, tracks that are liked, done and carried, the person's edits and orders, a row thrown away, every row
looked at. The undisturbed week is lived once, a new process every morning, and its requests are counted; then a day is
lived again with a fault at one of them. The daemon goes on as it does: later, and from what the ledger knows. In the
evening everything is to stand as it did without.
"""

from __future__ import annotations

import pickle
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from daemon.board import adoption
from daemon.chain import Answer, Link
from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.models import Filed, Service, Track, TrackRef
from daemon.service.discovering import discover
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.notion import NotionTwin, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog
from tests.board.office import SOUNDCLOUD_URL, YOUTUBE_URL, Office
from tests.ledger.given import NOON, Clock, a_file

DAY_S = 24 * 3600.0
ROUND_S = 1200.0
MOST_ROUNDS = 24
"""Eight hours: whatever a fault asks for is over by then, and the day is not."""


def said(status: int, code: str) -> Fault:
    return faults.answer(status, b'{"object":"error","status":%d,"code":"%s","message":"x"}' % (status, code.encode()))


def until(now: float) -> Fault:
    return faults.rate_limited(format_datetime(datetime.fromtimestamp(now + 1800, UTC), usegmt=True))


KINDS: dict[str, Callable[[float], Fault]] = {
    "lost": lambda _now: faults.lost(),
    "reset": lambda _now: faults.reset(),
    "late": lambda _now: faults.slow(3600),
    "500": lambda _now: faults.server_error(500),
    "429 for two hours": lambda _now: faults.rate_limited(7200),
    "429 for a second": lambda _now: faults.rate_limited(1),
    "429 until then": until,
    "429 until whenever": lambda _now: faults.rate_limited("whenever"),
    "429": lambda _now: faults.rate_limited(),
    "529": lambda _now: said(529, "service_overload"),
    "409": lambda _now: said(409, "conflict_error"),
    "502": lambda _now: faults.server_error(502),
    "503": lambda _now: faults.server_error(503),
    "504": lambda _now: faults.server_error(504),
    "HTML 200": lambda _now: faults.html(200),
    "HTML 502": lambda _now: faults.html(502),
    "cut": lambda _now: faults.cut(20),
    "401": lambda _now: said(401, "unauthorized"),
    "403": lambda _now: said(403, "restricted_resource"),
    "404": lambda _now: said(404, "object_not_found"),
}
"""What outside-systems.md names. Each is given the time."""
_HEALS_LATER = ("403",)
"""What an artist or a playlist belongs to is not to be seen: such a row is noticed when every row is looked at. A copy
that the person made of it meanwhile stays as it was made."""
_RELATIONS = ("Artist", "Playlists")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong, on which day, and at which of its requests."""

    kind: str
    day: int
    at: int
    asked: str

    def __str__(self) -> str:
        return f"{self.kind} on day {self.day} at request {self.at}, {self.asked}"


class TroubledTransport(TwinTransport):
    """Counts the requests, and orders the fault when its turn has come."""

    def __init__(self, twin: NotionTwin, orders: Faults, log: RequestLog, clock: Clock, trouble: Trouble | None):
        super().__init__(twin, orders, log)
        self.orders, self.clock, self.trouble = orders, clock, trouble
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.trouble is not None and self.count == self.trouble.at:
            self.orders.add("notion", KINDS[self.trouble.kind](self.clock()))
        self.count += 1
        return super().handle_request(request)


class Day:
    """One process on one machine, one workspace, and a person with habits."""

    def __init__(self, number: int, ledger: Ledger, clock: Clock, twin: NotionTwin, trouble: Trouble | None) -> None:
        self.number, self.clock, self.ledger, self.twin = number, clock, ledger, twin
        self.log, orders = RequestLog(), Faults()
        line = TroubledTransport(twin, orders, self.log, clock, trouble)
        self.office = Office(ledger, clock, twin, the_database(twin, "Tracks"), orders, self.log, transport=line)
        self.link = Link("notion", lambda: self.office.reader, kind="rows")
        self.rooms: Any = SimpleNamespace(
            ledger=ledger,
            board=self.office,
            services_of=lambda _name: ("notion",),
            clock=clock,
            lookback=20,
            batch=10,
            source_timeout_s=60.0,
        )

    # --- the daemon ---

    def goes_on(self) -> None:
        """As the loop does, until nothing moves any more."""
        for _ in range(MOST_ROUNDS):
            self.clock.forward(ROUND_S)
            answer = self.looks()
            carried = self.office.outbox.carry_due()
            waits = self.ledger.outbox.pending("notion") or self.ledger.services.parked("notion")
            if answer.verdict == "nothing new" and not carried and not waits:
                return
        raise AssertionError(f"no rest: {answer}, {carried}, {waits}")

    def looks(self) -> Answer:
        if not adoption.is_done(self.ledger):
            try:
                self.office.first_contact()
            except DaemonError as error:
                return Answer("notion", "failed", text=str(error))
        return discover(self.rooms, self.link)

    def looks_at_columns(self) -> None:
        self.at_last(self.office.columns.look)

    def at_last(self, act: Callable[[], object]) -> None:
        """Does what is done now and then, until it is done."""
        for _ in range(MOST_ROUNDS):
            try:
                act()
            except DaemonError:
                self.clock.forward(ROUND_S)
            else:
                return
        raise AssertionError("it never works")

    def works(self) -> None:
        """Everything that is open is done; what was only an address gets its name."""
        for row in self.ledger.tracks.unfinished():
            self.clock.forward(1)  # so that they are always carried in this order
            attempt = self.ledger.tracks.restart(row.id)
            url = next(iter(row.track.urls.values()), "")
            if not row.track.title:
                self.ledger.tracks.describe(row.id, Track(title=f"At {url}", artists=("Ada", "New Name")))
            name = f"{row.track.title or url}-{attempt}".replace("/", "_")
            self.ledger.tracks.finish(row.id, Filed(files=(a_file(f"/music/{name}.m4a"),)))

    def likes(self, title: str, *artists: str, playlist: str | None = None) -> None:
        url = spotify_url(LIKED[title])
        told = Track(title=title, artists=artists, album="Crossings", urls={Service.SPOTIFY: url})
        ref = TrackRef(
            service=Service.SPOTIFY,
            id=url.rpartition("/")[2],
            url=url,
            found_in="spotify-liked",
            playlist=playlist,
        )
        self.ledger.tracks.open(ref, told)
        self.clock.forward(1)

    # --- the days ---

    def lived(self) -> Day:
        self.clock.at = NOON + self.number * DAY_S
        with self.office.edge:
            DAYS[self.number](self)
            self.goes_on()
        return self

    def meets(self) -> None:
        """Rows that were there before: done, waiting, a wish, a note without anything, done without an address."""
        before: list[dict[str, Any]] = [
            {"Title": "Old", "Artist Name": "Ada", "Spotify URL": spotify_url(90), "Downloaded": True, "BPM": 99},
            {"Title": "Waiting", "Spotify URL": spotify_url(91)},
            {"Title": "A wish", "Artist Name": "Somebody"},
            {"Last Used": "2026-11-20"},
            {"Title": "Mine", "Artist Name": "Me", "Status": "Done", "Genre": "Dub"},
        ]
        self.twin.add_rows_as_person(self.office.source_id, before)
        self.clock.forward(3600)
        self.looks_at_columns()

    def hears(self) -> None:
        self.likes("Night Ferry", "Ada", "Bo")
        self.likes("Tin Roof", "Bo", playlist="Warm Up")
        self.likes("Salt", "Cid")
        self.works()

    def edits(self) -> None:
        edit, row = self.twin.edit_as_person, self.row
        edit(row("Night Ferry"), {"Title": "Night Ferry!!", "BPM": 63})
        edit(row("Tin Roof"), {"Genre": "Dub", "Key": "8A"})
        edit(row("Salt"), {"Redo": True})
        self.twin.add_row_as_person(self.office.source_id, {"SoundCloud URL": SOUNDCLOUD_URL, "Album": "my rips"})
        self.twin.add_row_as_person(self.office.source_id, {"Title": "Nobody Knows", "Artist Name": "Dee"})
        self.twin.duplicate_as_person(row("Tin Roof"))

    def answers(self) -> None:
        """What was ordered is done, and more is learnt."""
        self.works()
        for title in ("Night Ferry", "Salt"):
            self.learns(title, Track(title="", genre="House"))

    def meddles(self) -> None:
        self.twin.edit_as_person(self.row("Tin Roof"), {"Downloaded": False, "YouTube URL": YOUTUBE_URL})
        self.twin.edit_as_person(self.row("Night Ferry"), {"Status": "Skip"})
        self.twin.trash_as_person(self.row("Salt"))
        self.learns("Salt", Track(title="", isrc="QZSBX2400021"))

    def looks_at_everything(self) -> None:
        self.looks_at_columns()
        self.at_last(self.office.reconciling.run)

    def track(self, title: str) -> str:
        track_id = self.ledger.tracks.find(Service.SPOTIFY, f"{LIKED[title]:022d}")
        assert track_id is not None
        return track_id

    def row(self, title: str) -> str:
        return str(self.office.row_id(self.track(title)))

    def learns(self, title: str, more: Track) -> None:
        self.ledger.tracks.describe(self.track(title), more)
        self.ledger.outbox.enqueue("notion", self.track(title))

    # --- how it stands in the end ---

    def stands(self) -> dict[str, Any]:
        """By kind, in no order of their making: who failed comes later."""
        artists, playlists = self.names("Artists"), self.names("Playlists")
        rows = self.office.rows().values()
        return {
            "rows": sorted((plainly(row, artists | playlists) for row in rows), key=repr),
            "artists": sorted(artists.values()),
            "playlists": sorted(playlists.values()),
            "tracks": sorted((self.known(row) for row in self.ledger.tracks.newest(100)), key=repr),
            "unfinished": [
                *self.ledger.memos.beginning("notion/creating/"),
                *self.ledger.memos.beginning("notion/writing/"),
            ],
        }

    def names(self, database: str) -> dict[str, str]:
        rows = self.twin.rows(the_database(self.twin, database))
        return {row_id: str(values["Name"]) for row_id, values in rows.items()}

    def known(self, row: Any) -> dict[str, Any]:
        mirror = self.ledger.outbox.mirror("notion", row.id)
        pinned = self.ledger.decisions.pinned(row.id)
        return {
            "title": row.track.title,
            "genre": row.track.genre,
            "status": row.status,
            "reason": row.reason,
            "attempt": row.attempt,
            "of": row.duplicate_of and self.ledger.tracks.get(row.duplicate_of).track.title,
            "edits": row.edits,
            "pinned": pinned and pinned.url,
            "row": mirror and (sorted(mirror.theirs), mirror.gone, sorted(mirror.wrote), len(mirror.seen)),
            "for its files": self.ledger.memos.recall(f"retag/{row.id}") is not None,
        }


def the_database(twin: NotionTwin, title: str) -> str:
    [its_id] = [one["id"] for one in twin.dump()["databases"] if one["title"] == title]
    return str(its_id)


def plainly(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Without ids, and with moments to the day: what is done an hour later is done all the same."""
    plain = {**row, **{column: sorted(names[page] for page in row[column]) for column in _RELATIONS}}
    return plain | {column: (row[column] or "")[:10] for column in ("DateAdded", "Processed At")}


TODAY = "today.sqlite"
DAYS = (Day.meets, Day.hears, Day.edits, Day.answers, Day.meddles, Day.answers, Day.looks_at_everything)
LIKED = {"Night Ferry": 1, "Tin Roof": 2, "Salt": 3}


def spotify_url(number: int) -> str:
    return f"https://open.spotify.com/track/{number:022d}"


# --- weeks -----------------------------------------------------------------------------------------------------------


class Weeks:
    """The undisturbed week, and days of it lived again. One ledger, whose content is put back: it knows its queries."""

    def __init__(self, folder: Path, ledger: Ledger, clock: Clock) -> None:
        self.folder, self.ledger, self.clock = folder, ledger, clock
        self.evenings: list[dict[str, Any]] = []
        self.asked: list[list[str]] = []
        """What was asked of Notion on each day."""
        self.workspaces: list[bytes] = []
        """As they stood in the morning; the ledgers stand in files."""
        twin = NotionTwin(clock=clock)
        seed_tracks_database(twin)
        for number in range(len(DAYS)):
            self.workspaces.append(pickle.dumps(twin.dump()))
            copied(folder / TODAY, folder / f"morning-{number}")
            day = Day(number, ledger, clock, twin, None).lived()
            self.evenings.append(day.stands())
            self.asked.append([f"{line.method} {line.path}" for line in day.log.of("notion")])

    def troubles(self, kind: str) -> list[Trouble]:
        """One at every request of the week that can fail so."""
        requests = [(day, at, asked) for day, all_day in enumerate(self.asked) for at, asked in enumerate(all_day)]
        return [Trouble(kind, *request) for request in requests if _fits(kind, request[-1])]

    def with_it(self, trouble: Trouble) -> Day:
        """Its day, from the morning on, as it was."""
        copied(self.folder / f"morning-{trouble.day}", self.folder / TODAY)
        twin = NotionTwin(clock=self.clock)
        twin.load(pickle.loads(self.workspaces[trouble.day]))  # noqa: S301 -- our own
        return Day(trouble.day, self.ledger, self.clock, twin, trouble).lived()

    def differences(self, trouble: Trouble) -> list[str]:
        """What stands otherwise in the evening, or at the end of the week."""
        last = self.with_it(trouble)
        for later in range(trouble.day + 1, len(DAYS) if trouble.kind in _HEALS_LATER else 0):
            last = Day(later, self.ledger, self.clock, last.twin, None).lived()
        stands, expected = last.stands(), self.evenings[last.number]
        if trouble.kind in _HEALS_LATER:
            stands, expected = _without_what_copies_lack(stands), _without_what_copies_lack(expected)
        return [f"{what}: {one}" for what in expected for one in unlike(stands[what], expected[what])]


def _without_what_copies_lack(stands: dict[str, Any]) -> dict[str, Any]:
    rows = [{**row, **(dict.fromkeys(_RELATIONS) if row["Status"] == "Duplicate" else {})} for row in stands["rows"]]
    return {**stands, "rows": sorted(rows, key=repr)}


def unlike(stands: list[Any], expected: list[Any]) -> list[str]:
    """What is there and should not be, and what is missing; of two that are almost the same only what differs."""
    more, less = [one for one in stands if one not in expected], [one for one in expected if one not in stands]
    if len(more) == len(less) and all(isinstance(one, dict) for one in more):
        pairs = zip(more, less, strict=True)
        return [
            str({name: (one[name], other[name]) for name in one if one[name] != other[name]}) for one, other in pairs
        ]
    said = [*(f"+ {one}" for one in more), *(f"- {one}" for one in less)]
    return said or ([] if stands == expected else [f"{len(stands)} instead of {len(expected)}"])


def copied(ledger: Path, to: Path) -> None:
    """A database, also of one that is open: it only changes its content."""
    with closing(sqlite3.connect(ledger)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)


def _fits(kind: str, asked: str) -> bool:
    """A row that is there is sometimes not found; of databases and queries nobody says so."""
    return kind != "404" or asked.split()[1].startswith("/v1/pages/")


@contextmanager
def a_week() -> Iterator[Weeks]:
    """Lived once, without trouble."""
    in_memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    clock = Clock()
    with (
        tempfile.TemporaryDirectory(prefix="cratekeeper-week-", dir=in_memory) as folder,
        Ledger.open(f"sqlite:///{folder}/{TODAY}", clock) as ledger,
    ):
        yield Weeks(Path(folder), ledger, clock)
