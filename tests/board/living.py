"""A year of a board in a minute: two machines, a person who types whenever they like, and everything that can go wrong
between them. Afterwards every row is right, no edit is lost, no row is there twice.

`BoardLife` is a Hypothesis machine; `tests/board/test_living.py` runs it, and `bench/board_life.py` runs it for long.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from daemon.board.in_flight import InFlight
from daemon.board.merging import merge
from daemon.board.remembered import is_empty, same
from daemon.errors import DaemonError
from daemon.ledger import Ledger
from daemon.ledger.tables import metadata
from daemon.models import Failed, Filed, Service, Status, Track
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import NotionTwin, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog
from tests.board.office import Office
from tests.ledger.given import NOON, Clock, a_file

_IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
_clock = Clock()
NUMBERS = st.integers(0, 5)
"""Few, so that the same track is met from several sides."""
HOSTS = st.sampled_from(["studio", "laptop"])
WORDS = ("Title", "Album", "Genre", "Key")
FAULTS = {
    "lost": faults.lost,
    "reset": faults.reset,
    "limited": lambda: faults.rate_limited(1),
    "limited for hours": lambda: faults.rate_limited(7200),
    "overloaded": lambda: faults.answer(
        529, b'{"object":"error","status":529,"code":"service_overload","message":"x"}'
    ),
    "conflict": lambda: faults.answer(409, b'{"object":"error","status":409,"code":"conflict_error","message":"x"}'),
    "broken": lambda: faults.server_error(500),
    "page": lambda: faults.html(502),
    "page for an answer": lambda: faults.html(200),
    "cut": lambda: faults.cut(20),
    "late": lambda: faults.slow(3600),
}
ROUTES = ("/v1/pages", "/v1/pages/*", "/v1/data_sources/*", "*")


class KilledError(BaseException):
    """The process is gone."""


class DyingTransport(TwinTransport):
    """Kills the process at a request: before the twin hears of it, or when it has acted and nobody heard the answer."""

    dies_at: int | None = None
    has_acted = False

    def handle_request(self, request):
        if self.dies_at is None:
            return super().handle_request(request)
        self.dies_at -= 1
        if self.dies_at >= 0:
            return super().handle_request(request)
        self.dies_at = None
        if self.has_acted:
            super().handle_request(request)
        raise KilledError


def spotify_id(number):
    return f"{number:022d}"


def spotify_url(number):
    return f"https://open.spotify.com/track/{spotify_id(number)}"


_opened: dict[str, Ledger] = {}
"""Each machine's way into the one ledger. Opened once for all lives: making a ledger takes longer than a life does."""


@contextmanager
def ledgers() -> Iterator[None]:
    """Lives go on in here."""
    with tempfile.TemporaryDirectory(prefix="cratekeeper-board-", dir=_IN_MEMORY) as folder, ExitStack() as stack:
        for host in ("studio", "laptop"):
            _opened[host] = stack.enter_context(Ledger.open(f"sqlite:///{folder}/ledger.sqlite", _clock))
        yield
        _opened.clear()


def _emptied(ledger: Ledger) -> None:
    with ledger.tracks._store.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


class BoardLife(RuleBasedStateMachine):
    """One workspace, one ledger, two machines."""

    def __init__(self) -> None:
        super().__init__()
        self.ledgers = _opened
        for ledger in self.ledgers.values():
            _emptied(ledger)
        _clock.at = NOON
        self.clock, self.orders = _clock, Faults()
        self.twin = NotionTwin(clock=self.clock)
        self.database_id = seed_tracks_database(self.twin)
        self.transports: dict[str, DyingTransport] = {}
        self.offices: dict[str, Office] = {}
        for host in self.ledgers:
            self.starts(host)
        self.typed: dict[str, dict[str, Any]] = {}
        """What the person typed into shared cells last, by row and column."""
        self.locked: dict[str, dict[str, Any]] = {}
        self.words = itertools.count(1)
        self.stopped: dict[str, str] = {}
        """Rows whose tracks the person has dismissed, and how."""

    def teardown(self) -> None:
        self.ends_well()
        for office in self.offices.values():
            office.edge.close()

    # --- machines ---

    def starts(self, host: str) -> None:
        transport = DyingTransport(self.twin, self.orders, RequestLog())
        self.transports[host] = transport
        ledger = self.ledgers[host]
        office = Office(
            ledger,
            self.clock,
            self.twin,
            self.database_id,
            self.orders,
            RequestLog(),
            host_id=host,
            transport=transport,
        )
        ledger.outbox.take_back(host)
        self.offices[host] = office

    @contextmanager
    def living(self, host: str):
        """What fails is tried again another time; what is killed is started again."""
        try:
            yield self.offices[host]
        except DaemonError:
            pass
        except KilledError:
            self.offices[host].edge.close()
            self.starts(host)

    def rows(self) -> dict[str, dict[str, Any]]:
        return self.twin.rows(self.database_id)

    def row_named(self, number: int) -> str | None:
        """The row that the person means: the oldest with that address."""
        return next(
            (
                row
                for row, values in self.rows().items()
                if values["Spotify URL"] == spotify_url(number) or values["Spotify ID"] == spotify_id(number)
            ),
            None,
        )

    # --- what happens ---

    @initialize(before=st.lists(NUMBERS, max_size=3, unique=True))
    def first_contact(self, before):
        """Rows that were there before us."""
        source = self.offices["studio"].source_id
        for number in before:
            self.twin.add_row_as_person(
                source,
                {"Title": f"old {number}", "Spotify URL": spotify_url(number), "Downloaded": True, "BPM": 100 + number},
            )
        self.clock.forward(3600)
        self.offices["studio"].first_contact()

    @rule(number=NUMBERS, host=HOSTS)
    def is_liked(self, number, host):
        told = Track(
            title=f"Track {number}", artists=(f"Artist {number % 3}",), urls={Service.SPOTIFY: spotify_url(number)}
        )
        self.offices[host].liked(told, Service.SPOTIFY, spotify_id(number), spotify_url(number))

    @rule(host=HOSTS, well=st.booleans())
    def is_worked_on(self, host, well):
        ledger = self.ledgers[host]
        for row in ledger.tracks.unfinished()[:2]:
            ledger.tracks.restart(row.id)
            done = Filed(files=(a_file(f"/music/{row.id}-{next(self.words)}.m4a"),))
            ledger.tracks.finish(row.id, done if well else Failed(reason="no sound in it", step="listen"))

    @rule(number=NUMBERS, host=HOSTS, genre=st.sampled_from(["House", "Dub", "Ambient"]))
    def more_is_learnt(self, number, host, genre):
        ledger = self.ledgers[host]
        track_id = ledger.tracks.find(Service.SPOTIFY, spotify_id(number))
        if track_id is not None:
            ledger.tracks.describe(track_id, Track(title="", genre=genre, album=f"{genre} {number}"))
            ledger.outbox.enqueue("notion", track_id)

    @rule(host=HOSTS)
    def carries(self, host):
        with self.living(host) as office:
            office.outbox.carry_due()

    @rule(host=HOSTS)
    def looks(self, host):
        with self.living(host) as office:
            office.changes.catch_up()

    @rule(host=HOSTS)
    def looks_at_everything(self, host):
        with self.living(host) as office:
            office.reconciling.run()

    @rule(seconds=st.sampled_from([1, 30, 90, 700, 4000]))
    def time_passes(self, seconds):
        self.clock.forward(seconds)

    @rule(kind=st.sampled_from(sorted(FAULTS)), route=st.sampled_from(ROUTES), times=st.sampled_from([1, 2, 5]))
    def line_goes_bad(self, kind, route, times):
        self.orders.add("notion", FAULTS[kind](), route=route, times=times)

    @rule()
    def line_is_mended(self):
        self.orders.clear()

    @rule(host=HOSTS, after=st.integers(0, 4), has_acted=st.booleans())
    def will_be_killed(self, host, after, has_acted):
        self.transports[host].dies_at, self.transports[host].has_acted = after, has_acted

    @rule(host=HOSTS)
    def is_started_again(self, host):
        self.offices[host].edge.close()
        self.starts(host)

    # --- what the person does ---

    def edit(self, row, values):
        self.twin.edit_as_person(row, values)

    @rule(number=NUMBERS, column=st.sampled_from(WORDS))
    def edits_a_word(self, number, column):
        if (row := self.row_named(number)) is not None:
            word = f"mine {next(self.words)}"
            self.edit(row, {column: word})
            self.typed.setdefault(row, {})[column] = word

    @rule(number=NUMBERS)
    def edits_the_tempo(self, number):
        if (row := self.row_named(number)) is not None:
            bpm = 60 + next(self.words) / 10
            self.edit(row, {"BPM": bpm})
            self.typed.setdefault(row, {})["BPM"] = bpm

    @rule(number=NUMBERS, column=st.sampled_from(["Status", "Downloaded", "M4A File Path"]))
    def meddles(self, number, column):
        if (row := self.row_named(number)) is not None:
            wrong = {"Status": "Processing", "Downloaded": False, "M4A File Path": "elsewhere"}
            self.edit(row, {column: wrong[column]})
            if column == "Status":
                self.stopped.pop(row, None)

    @rule(number=NUMBERS)
    def ticks_redo(self, number):
        if (row := self.row_named(number)) is not None:
            self.edit(row, {"Redo": True})
            self.stopped.pop(row, None)

    @rule(number=NUMBERS, word=st.sampled_from(["Rejected", "Skip"]))
    def has_enough_of_it(self, number, word):
        row = self.row_named(number)
        if row is not None and self.rows()[row]["Status"] != Status.DUPLICATE and not self.rows()[row]["Redo"]:
            self.clock.forward(30)  # the few seconds between our look and our write are nobody's
            self.edit(row, {"Status": word})
            self.stopped[row] = word

    @rule(number=NUMBERS)
    def locks_a_column(self, number):
        if (row := self.row_named(number)) is not None:
            self.edit(row, {"Last Used": "2026-11-20", "Locked Fields": ["ISRC"]})
            self.typed.setdefault(row, {})["Locked Fields"] = ["ISRC"]

    @rule(number=NUMBERS, titled=st.booleans())
    def types_a_row(self, number, titled):
        source = self.offices["studio"].source_id
        values = {"Spotify URL": spotify_url(number)}
        if titled:
            values["Title"] = f"typed {next(self.words)}"
        row = self.twin.add_row_as_person(source, values)
        if titled:
            self.typed[row] = {"Title": values["Title"]}

    @rule(number=NUMBERS)
    @precondition(lambda self: len(self.rows()) > 1)
    def throws_away(self, number):
        if (row := self.row_named(number)) is not None:
            self.twin.trash_as_person(row)

    # --- and at the end ---

    def ends_well(self) -> None:
        """Everything works again, and there is time enough."""
        self.orders.clear()
        for transport in self.transports.values():
            transport.dies_at = None
        for host in ("studio", "laptop", "studio"):
            self.clock.forward(8000)
            self.offices[host].changes.catch_up()
            self.is_worked_on_well(host)
            self.offices[host].outbox.carry_due()
        self.offices["studio"].reconciling.run()
        self.clock.forward(8000)
        self.offices["studio"].outbox.carry_due()
        self.every_row_is_right()
        self.no_edit_is_lost()
        self.no_order_to_stop_is_lost()
        self.no_row_is_there_twice()
        self.nothing_moves_any_more()

    def is_worked_on_well(self, host: str) -> None:
        ledger = self.ledgers[host]
        for row in ledger.tracks.unfinished():
            ledger.tracks.restart(row.id)
            ledger.tracks.finish(row.id, Filed(files=(a_file(f"/music/{row.id}-{next(self.words)}.m4a"),)))

    def every_row_is_right(self) -> None:
        office = self.offices["studio"]
        ledger = office.ledger
        for row in office.reader.rows(None):
            track_id = ledger.board.track_at(row.id)
            if track_id is None and row.values["Status"] == Status.PROCESSING:
                continue  # somebody said so before we looked: it is no order of ours
            assert track_id is not None, f"nobody knows the row {row.values}"
            mirror = ledger.outbox.mirror("notion", track_id)
            assert mirror.gone is None
            if not mirror.wrote:
                continue  # it was there before us, and there was nothing to say
            known = InFlight(ledger).known(mirror)
            wanted = office.showing.of(ledger.tracks.get(track_id))
            left = merge(wanted, known, row.values)
            assert not left.write, f"{row.values['Title']}: still to be written: {left.write}"
            for column in ("Status", "Downloaded", "M4A File Path"):
                if column not in wanted or (is_empty(wanted[column]) and column not in mirror.wrote):
                    continue  # we never had anything to say there
                assert same(office.board.as_read(wanted)[column], row.values[column]), column

    def no_edit_is_lost(self) -> None:
        rows = self.rows()
        for row, typed in self.typed.items():
            for column, value in typed.items() if row in rows else ():
                assert rows[row][column] == value, f"{column} was {value!r} and is {rows[row][column]!r}"
        ledger = self.ledgers["studio"]
        for row, typed in self.typed.items():
            track_id = ledger.board.track_at(row)
            if row in rows and track_id is not None and ledger.tracks.get(track_id).attempt:
                track = ledger.tracks.get(track_id)
                known = {"Title": track.track.title, "Album": track.track.album, "BPM": track.edits.get("bpm")}
                for column in known.keys() & typed.keys():
                    assert known[column] == typed[column], f"{column} is not known to the ledger: {track}"

    def no_order_to_stop_is_lost(self) -> None:
        rows = self.rows()
        for row, word in self.stopped.items():
            assert row not in rows or rows[row]["Status"] in (word, Status.DUPLICATE), rows[row]

    def no_row_is_there_twice(self) -> None:
        for number in range(6):
            alike = [
                values
                for row, values in self.rows().items()
                if values["Spotify URL"] == spotify_url(number) and self.ledgers["studio"].board.track_at(row)
            ]
            ours = [values for values in alike if values["Status"] != Status.DUPLICATE]
            assert len(ours) <= 1, f"{number} is there {len(ours)} times: {ours}"
        names = [values["Name"] for values in self.artists()]
        assert len(names) == len(set(names)), names

    def artists(self) -> list[dict[str, Any]]:
        return [dict(values) for values in self.twin.rows(self.artists_id).values()]

    @property
    def artists_id(self) -> str:
        return next(database["id"] for database in self.twin.dump()["databases"] if database["title"] == "Artists")

    def nothing_moves_any_more(self) -> None:
        before = self.rows()
        for host, office in self.offices.items():
            self.clock.forward(8000)
            office.changes.catch_up()
            assert not [one for one in office.outbox.carry_due() if one.error], host
        assert self.rows() == before
