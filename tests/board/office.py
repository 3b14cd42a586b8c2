"""The whole board of one machine or two, before the twin of Notion, in one process and on one clock."""

from __future__ import annotations

from contextlib import contextmanager

from daemon.board.adoption import adopt_all
from daemon.board.carrier import NotionCarrier
from daemon.board.changes import Changes
from daemon.board.columns import Columns
from daemon.board.intake import Intake
from daemon.board.reconciling import Reconciling
from daemon.board.relations import RelationIds
from daemon.board.showing import Showing
from daemon.ledger import Ledger
from daemon.models import Service, Track, TrackRef
from daemon.outbox import Outbox
from daemon.service.obeying import Obeying
from daemon.wiring.outside import Outside
from integrations.notion import TRACKS, NotionBoard, NotionEdge, NotionRelatives, NotionRows, Table
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.notion.transport import TwinTransport
from integrations.sandbox.server import RequestLog
from tests.ledger.given import Clock

SPOTIFY_ID = "4uLU6hMCjMI75M1A2tKUQC"
SPOTIFY_URL = f"https://open.spotify.com/track/{SPOTIFY_ID}"
SOUNDCLOUD_URL = "https://soundcloud.com/ada/night-ferry"
YOUTUBE_URL = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
NIGHT_FERRY = Track(title="Night Ferry", artists=("Ada Reyes",), duration_s=215.0, urls={Service.SPOTIFY: SPOTIFY_URL})


class Office:
    """One machine: a board on a ledger."""

    def __init__(self, ledger, clock, twin, database_id, orders, log, *, host_id="here", transport=None):
        self.ledger, self.clock, self.twin, self.faults, self.log = ledger, clock, twin, orders, log
        self.database_id = database_id
        [self.source_id] = twin.data_source_ids(database_id)
        self.edge = NotionEdge(
            SANDBOX_TOKEN,
            base_url="http://notion.invalid",
            sleep=lambda _s: None,
            clock=clock,
            transport=transport or TwinTransport(twin, faults=orders, log=log),
        )
        table = Table(self.edge, database_id, TRACKS)
        self.board, self.reader = NotionBoard(self.edge, table), NotionRows(table)
        relatives = NotionRelatives(self.edge, table)
        self.lost: list[str] = []
        obey = Obeying(ledger, lambda _track_id: (), lambda _track_id: self.lost)
        self.showing = Showing(ledger)
        self.intake = intake = Intake(ledger, self.showing, obey, Outside.ref_of_address)
        self.changes = Changes(ledger, lambda: self.reader, intake, Outside.ref_of_title, host_id=host_id, clock=clock)
        self.reconciling = Reconciling(ledger, lambda: self.board, lambda: self.reader, self.changes, intake, clock)
        self.columns = Columns(ledger, lambda: self.board)
        self.carrier = NotionCarrier(
            ledger,
            lambda: self.board,
            lambda: self.reader,
            intake,
            self.changes,
            RelationIds(ledger, lambda: relatives),
        )
        self.outbox = Outbox(ledger, {"notion": self.carrier}, host_id=host_id, clock=clock)

    # --- what happens here ---

    def first_contact(self):
        return adopt_all(self.ledger, self.reader, clock=self.clock)

    def liked(self, track=NIGHT_FERRY, service=Service.SPOTIFY, id=SPOTIFY_ID, url=SPOTIFY_URL):
        ref = TrackRef(service=service, id=id, url=url, found_in=f"{service}-liked")
        return self.ledger.tracks.open(ref, track).track_id

    def ends(self, track_id, outcome):
        self.ledger.tracks.restart(track_id)
        self.ledger.tracks.finish(track_id, outcome)

    # --- what is asked ---

    def asked(self, act):
        """What was asked of Notion meanwhile."""
        self.log.clear()
        act()
        return [f"{line.method} {line.path.split('/')[2]}" for line in self.log.of("notion")]

    def carry(self):
        """One round of the outbox."""
        return self.asked(self.outbox.carry_due)

    def look(self):
        """One look at what the person did."""
        return self.asked(self.changes.catch_up)

    def settle(self):
        """Looks and carries until nothing moves any more."""
        for _ in range(5):
            self.clock.forward(3600)
            self.changes.catch_up()
            self.outbox.carry_due()

    # --- how it stands ---

    def waiting(self, track_id):
        waiting = self.ledger.outbox.waiting(track_id)
        return next((entry for entry in waiting if entry.target == "notion"), None)

    def rows(self):
        return self.twin.rows(self.database_id)

    def row_id(self, track_id):
        return self.ledger.outbox.mirror("notion", track_id).remote_id

    def row_of(self, track_id):
        return self.rows()[self.row_id(track_id)]

    def edits(self, track_id, **values):
        """The person edits the track's row, a while later."""
        self.clock.forward(600)
        self.twin.edit_as_person(
            self.row_id(track_id), {name.replace("_", " "): value for name, value in values.items()}
        )

    def types(self, **values):
        """The person makes a row, a while later. Answers its id."""
        self.clock.forward(600)
        return self.twin.add_row_as_person(
            self.source_id, {name.replace("_", " "): value for name, value in values.items()}
        )


@contextmanager
def an_office(folder):
    """A board of one machine in a new workspace."""
    clock, orders, log = Clock(), Faults(), RequestLog()
    twin = NotionTwin(clock=clock)
    with Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", clock) as ledger:
        office = Office(ledger, clock, twin, seed_tracks_database(twin), orders, log)
        with office.edge:
            yield office
