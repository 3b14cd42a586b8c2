"""Carries a filed track into Eagle, under an item id that follows from our own key: adding twice adds once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from daemon.errors import NotFound, Unreachable
from daemon.ledger import Ledger
from daemon.ledger.tracks import TrackRow
from daemon.models import Format, Service, Shelved, Track
from daemon.outbox import Carried
from daemon.ports import Cabinet
from daemon.quality import source_quality

_LOOKS_AFTER_S = (0.1, 0.3, 0.6, 1.0)
"""Importing a file from the same machine takes moments; what takes longer is looked for at a later time."""
_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SOUND = "source"
"""Under this name the mirror keeps where the sound of the item came from."""
_ID_LENGTH = 13
"""Eagle's own item ids look so: `KZ4QHJ3XG9Q2M`."""


class EagleCarrier:
    """Port `Carrier` of `daemon.outbox` for Eagle. Import there is asynchronous: an item counts once it is seen."""

    def __init__(
        self, ledger: Ledger, cabinet: Callable[[], Cabinet], *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._ledger = ledger
        self._cabinet = cabinet
        self._pause = pause

    def carry(self, track_id: str) -> Carried:
        """Adds the M4A unless the item is there. Raises Unreachable while Eagle has not imported it yet."""
        row = self._ledger.tracks.get(track_id)
        item_id, cabinet = self._item_id(row), self._cabinet()
        if not cabinet.has(item_id):
            file = the_file([file.shelved for file in self._ledger.files.of(track_id) if file.missing_since is None])
            cabinet.add(
                item_id,
                Path(file.path),
                name=f"{row.track.artist} - {row.track.title}",
                website=address_of(row.track),
                tags=tags_of(row),
                annotation=annotation_of(row),
            )
            if not self._appears(cabinet, item_id):
                raise Unreachable("Eagle has not imported the item yet; it is looked for again later.")
        self._ledger.outbox.enqueue("notion", track_id)  # whose row names the item
        return Carried(item_id, {_SOUND: _sound_of(row)})

    def _item_id(self, row: TrackRow) -> str:
        """One item a track; another one once the person has decided for another source: what is in Eagle is never
        exchanged or deleted."""
        mirror = self._ledger.outbox.mirror("eagle", row.id)
        if mirror is None:
            return item_id_of(row.id)
        is_another = mirror.seen.get(_SOUND, _sound_of(row)) != _sound_of(row)
        return item_id_of(f"{row.id} {_sound_of(row)}") if is_another and self._was_decided(row) else mirror.remote_id

    def _was_decided(self, row: TrackRow) -> bool:
        return bool(self._ledger.decisions.of(row.id))

    def _appears(self, cabinet: Cabinet, item_id: str) -> bool:
        for wait_s in _LOOKS_AFTER_S:
            if cabinet.has(item_id):
                return True
            self._pause(wait_s)
        return cabinet.has(item_id)


def _sound_of(row: TrackRow) -> str | None:
    return row.fetched.url if row.fetched else None


def item_id_of(track_id: str) -> str:
    """The item's id in Eagle; the same for the same track, for ever."""
    number = int.from_bytes(hashlib.sha256(track_id.encode()).digest(), "big")
    digits = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_ID_ALPHABET))
        digits.append(_ID_ALPHABET[digit])
    return "".join(digits)


def the_file(files: Sequence[Shelved]) -> Shelved:
    """The library's M4A, or what the library has instead. Raises NotFound when it has nothing."""
    ours = [file for file in files if file.role == "library"]
    if not ours:
        raise NotFound("There is no file of this track in the library to give to Eagle.")
    return min(ours, key=lambda file: list(Format).index(file.format))


def address_of(track: Track) -> str | None:
    """The page where it was found, before any other."""
    return next(
        (track.urls[service] for service in Service if service is not Service.FILE and service in track.urls), None
    )


def tags_of(row: TrackRow) -> tuple[str, ...]:
    """What a person sorts their crate by."""
    heard = row.heard
    tags = [row.track.genre] if row.track.genre else []
    if heard and heard.key:
        tags.append(heard.key.camelot)
    if heard and heard.tempo:
        tags.append(f"{heard.tempo.bpm:.0f} BPM")
    return tuple(tags)


def annotation_of(row: TrackRow) -> str:
    """One line on where it comes from and what it was."""
    quality = source_quality(row.heard, row.fetched) if row.heard and row.fetched else ""
    return "; ".join(part for part in (row.track.album, quality, f"cratekeeper {row.id}") if part)
