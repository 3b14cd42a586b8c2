"""The Tracks board, put together: who reads it, who writes it, and who looks after its columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.board import adoption
from daemon.board.carrier import NotionCarrier
from daemon.board.changes import Changes
from daemon.board.columns import Columns
from daemon.board.intake import Intake, Obey
from daemon.board.reconciling import Reconciling
from daemon.board.relations import RelationIds
from daemon.board.showing import Showing
from daemon.ledger import Ledger
from daemon.service.rooms import TracksBoard
from daemon.wiring.outside import Outside


@dataclass(frozen=True, slots=True)
class BoardRoom:
    """Both directions."""

    board: TracksBoard
    carrier: NotionCarrier


def open_board(outside: Outside, ledger: Ledger, obey: Obey, host_id: str, clock: Callable[[], float]) -> BoardRoom:
    """Asks nobody, and imports no client library, before it must."""
    adoption.move_to(ledger, outside.tracks_database)
    intake = Intake(ledger, Showing(ledger), obey, outside.ref_of_address)
    changes = Changes(ledger, outside.row_reader, intake, outside.ref_of_title, host_id=host_id, clock=clock)
    return BoardRoom(
        TracksBoard(
            changes=changes,
            reconciling=Reconciling(ledger, outside.board, outside.row_reader, changes, intake, clock),
            columns=Columns(ledger, outside.board),
        ),
        NotionCarrier(
            ledger, outside.board, outside.row_reader, intake, changes, RelationIds(ledger, outside.relatives)
        ),
    )
