"""What keeps the Tracks board true beside the daily work: its columns watched, its rows looked at all together."""

from __future__ import annotations

import logging
from collections.abc import Callable

from daemon.board.reconciling import Reconciled
from daemon.errors import DaemonError
from daemon.service.rooms import Rooms, TracksBoard

log = logging.getLogger(__name__)

_NOTION = "notion"


class Upkeep:
    """Looks when it is due; a service that is parked is left alone."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def daily(self) -> None:
        """The columns, and once a week every row."""
        self._unless_parked(self._look)

    def after_carrying(self) -> None:
        """What Notion refused may be a column that is gone: then the person hears of it now, and not tomorrow."""
        if (board := self._rooms.board) is not None:
            self._unless_parked(lambda _board: board.columns.look(again=False))

    def _look(self, board: TracksBoard) -> None:
        board.columns.look()
        board.reconciling.look_after_doubles()
        if board.reconciling.is_due():
            tell(board.reconciling.run())

    def _unless_parked(self, act: Callable[[TracksBoard], object]) -> None:
        board = self._rooms.board
        if board is None or self._rooms.ledger.services.parked(_NOTION) is not None:
            return
        try:
            act(board)
        except DaemonError as error:
            log.warning("Notion could not be looked through: %s", error)


def tell(done: Reconciled) -> None:
    """One line about it."""
    log.info("%s", in_words(done))


def in_words(done: Reconciled) -> str:
    """What came of looking at every row."""
    parts = [
        f"{done.orders} new orders" if done.orders else "",
        f"{done.put_right} to be put right" if done.put_right else "",
        f"{done.thrown_away} thrown away by you, and left alone" if done.thrown_away else "",
        f"{done.later} busy now, and looked at again soon" if done.later else "",
    ]
    rows = "1 row" if done.rows == 1 else f"{done.rows} rows"
    return f"Looked at {rows} in Notion: " + (", ".join(filter(None, parts)) or "all as it should be") + "."
