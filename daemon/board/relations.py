"""Artists and playlists as rows of their own, which the rows of tracks point to: each made once, and remembered."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import Any

from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.ports import Relatives

ARTIST, PLAYLISTS = "Artist", "Playlists"


class RelationIds:
    """Asks Notion only for a name that was never seen before."""

    def __init__(self, ledger: Ledger, relatives: Callable[[], Relatives]) -> None:
        self._ledger = ledger
        self._relatives = relatives

    def of(self, track: TrackRow, columns: Collection[str]) -> dict[str, Any]:
        """What these relation columns are to hold; without those that the person does not have. Raises what the port
        raises."""
        named = {ARTIST: artists_of(track), PLAYLISTS: [track.playlist] if track.playlist else []}
        wanted = {column: names for column, names in named.items() if column in columns}
        return {
            column: self._ids(column, names) if names else None
            for column, names in wanted.items()
            if not names or self._relatives().has(column)
        }

    def forget(self, column: str, page_ids: Sequence[str]) -> None:
        """Those rows are of no use any more: the person has thrown one of them away."""
        self._ledger.board.forget_related(column, page_ids)

    def _ids(self, column: str, names: Sequence[str]) -> list[str]:
        keys = {name_key(name): name for name in reversed(names)}
        known = {key: page_id for key in keys if (page_id := self._ledger.board.related(column, key))}
        if new := [name for key, name in keys.items() if key not in known]:
            # Looked up first, always: the person may have made it, or an earlier create was done and its answer lost.
            found = {name_key(name): page_id for name, page_id in self._relatives().find(column, new).items()}
            self._ledger.board.remember_related(column, found)
            known |= found
        for key, name in keys.items():
            if key not in known:
                known[key] = self._relatives().create(column, name)
                self._ledger.board.remember_related(column, {key: known[key]})
        return list(dict.fromkeys(known[name_key(name)] for name in names))


def artists_of(track: TrackRow) -> list[str]:
    """Everybody whose work it is, each once: the main artists, the guests, and who remixed it."""
    by_key: dict[str, str] = {}
    for name in (*track.track.artists, *track.track.featured, *track.track.remixers):
        if name.strip():
            by_key.setdefault(name_key(name), name.strip())
    return list(by_key.values())


def name_key(name: str) -> str:
    """Equal for what people take for one name: case, spaces and ways to write an accent aside."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
