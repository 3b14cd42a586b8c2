"""What the person orders by what they write into a row. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.board.merging import ORDERS_TO_STOP, Known, changed_by_hand, is_link
from daemon.board.minutes import moment
from daemon.board.remembered import is_empty
from daemon.models import BoardRow, Service, Status, Track, TrackRef

REST_S = 180.0
"""How long nobody has touched a row that is to be searched for: somebody may still be typing. By Notion's clock, which
shows the minute only: two minutes at least."""

_SETTLED = frozenset(Status) - {Status.QUEUED, Status.PROCESSING}
_RUN_AGAIN_FROM = frozenset(
    {Status.FAILED, Status.NEEDS_REVIEW, Status.METADATA_ONLY, Status.REJECTED, Status.SKIP},
)
_PINNING = {"SoundCloud URL": Service.SOUNDCLOUD, "YouTube URL": Service.YOUTUBE}
_NAMING = ("Spotify ID", "Spotify URL")
_DASH = re.compile(r"\s+[-–—]\s+")


# --- on a row that we know -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Redo:
    """Run it again."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Leave it, for ever."""

    status: Status


@dataclass(frozen=True, slots=True)
class Pin:
    """Take the sound from here and nowhere else."""

    ref: TrackRef


@dataclass(frozen=True, slots=True)
class Unpin:
    """The sound may come from anywhere again."""

    service: Service


@dataclass(frozen=True, slots=True)
class KnownAs:
    """An id of this track; nothing to fetch."""

    ref: TrackRef


RowOrder = Redo | Dismiss | Pin | Unpin | KnownAs


def orders_in(
    known: Known,
    there: Mapping[str, Any],
    status: Status,
    ref_of_address: Callable[[str, str], TrackRef | None],
) -> list[RowOrder]:
    """What the person ordered since the row was seen, in the order in which it is to be done: what the track is and
    where its sound is first. `status` is where the track stands; `ref_of_address` is told a column and its text."""
    return [*_addresses(known, there, ref_of_address), *_what_to_do(known, there, status)]


def _what_to_do(known: Known, there: Mapping[str, Any], status: Status) -> list[RowOrder]:
    word = there.get("Status")
    changed = changed_by_hand(known, there, "Status")
    # An order to stop needs nothing to compare with: it is obeyed also in a column that was never seen before.
    if word in ORDERS_TO_STOP and word != status and (changed or "Status" not in known.seen):
        return [Dismiss(Status(word))]
    ticked = there.get("Redo") is True and is_empty(known.seen.get("Redo"))
    if ticked or (changed and word == Status.QUEUED and status in _RUN_AGAIN_FROM):
        return [Redo()]
    return []


def _addresses(
    known: Known, there: Mapping[str, Any], ref_of_address: Callable[[str, str], TrackRef | None]
) -> list[RowOrder]:
    orders: list[RowOrder] = []
    for column in (*_NAMING, *_PINNING):
        if not changed_by_hand(known, there, column):
            continue
        if is_empty(there[column]):
            orders += [Unpin(_PINNING[column])] if column in _PINNING else []
            continue
        ref = ref_of_address(column, there[column])
        if ref is not None and not _is_respelt(column, known.seen[column], ref, ref_of_address):
            orders.append(KnownAs(ref) if ref.service is Service.SPOTIFY else Pin(ref))
    return _once_each(orders)


def _is_respelt(column: str, before: Any, ref: TrackRef, ref_of_address: Callable[[str, str], TrackRef | None]) -> bool:
    """Whether the address that stood there led to the same place."""
    was = ref_of_address(column, before) if isinstance(before, str) and before else None
    return was is not None and was.alias == ref.alias


def _once_each(orders: Sequence[RowOrder]) -> list[RowOrder]:
    """Without a second order that names the same id: Spotify has two columns."""
    kept: list[RowOrder] = []
    named = set()
    for order in orders:
        if isinstance(order, Pin | KnownAs):
            if order.ref.alias in named:
                continue
            named.add(order.ref.alias)
        kept.append(order)
    return kept


# --- on a row that we do not know ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adopt:
    """Somebody worked on it already: it becomes known as it stands."""

    status: Status


@dataclass(frozen=True, slots=True)
class Take:
    """Fetch what it points at."""

    ref: TrackRef


@dataclass(frozen=True, slots=True)
class Search:
    """Find what it names."""

    ref: TrackRef
    """The row itself, with everything that it tells."""


@dataclass(frozen=True, slots=True)
class Later:
    """It will be an order once it has rested: look again."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No order. Should it become one, that is an edit, and will be seen."""


NewRow = Adopt | Take | Search | Later | Nothing


def new_row_asks(
    row: BoardRow,
    *,
    now: float,
    from_before: bool,
    link_of_title: Callable[[str], TrackRef | None],
) -> NewRow:
    """What a row that is nobody's yet asks for. Who gave no address in rows that were there `from_before` us did not
    mean us, unless they tick Redo."""
    status = standing_of(row)
    if row.in_trash:
        return Nothing()
    if status is not None and (status in ORDERS_TO_STOP or not _is_ordered(row)):
        return Adopt(status) if row.ref or row.values.get("Title") else Nothing()
    if row.ref is not None:
        return Take(row.ref) if _waits(row) else Nothing()
    title = row.values.get("Title") or ""
    if is_link(title):
        ref = link_of_title(title.strip())
        return Take(ref) if ref and _waits(row) else Nothing()
    ref = ref_to(row)
    # A status of an old row says nothing: it may be what every row of a wish list begins with.
    if ref is None or not _waits(row) or (from_before and not _is_ordered(row)):
        return Nothing()
    return Search(ref) if moment(row.edited_at).timestamp() + REST_S <= now else Later()


def standing_of(row: BoardRow) -> Status | None:
    """What the person's row says of itself; None for one that nobody has worked on."""
    word = row.values.get("Status")
    if word in _SETTLED:
        return Status(word)
    return Status.DONE if row.values.get("Downloaded") else None


def ref_to(row: BoardRow) -> TrackRef | None:
    """The row itself as something to search for, with everything that it tells; None unless it names a title and who
    made it, be it in the title."""
    title, artists = _named(row.values)
    if not title or not artists:
        return None
    values = row.values
    track = Track(
        title=title,
        artists=artists,
        album=values.get("Album") or None,
        duration_s=values.get("Duration (s)"),
        isrc=values.get("ISRC") or None,
        genre=_line(values.get("Genre")),
        release_date=values.get("Release Date") or None,
        artwork_url=values.get("Image URL") or None,
    )
    return row_ref(row, track)


def row_ref(row: BoardRow, told: Track, found_in: str = "notion") -> TrackRef:
    """A row that is known by itself alone."""
    url = f"https://www.notion.so/{row.id.replace('-', '')}"
    return TrackRef(service=Service.NOTION, id=row.id, url=url, found_in=found_in, told=told)


def _named(values: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Title and artists; where only the title is filled, out of `Ada Reyes - Night Ferry`."""
    title = (values.get("Title") or "").strip()
    artists = _names(values.get("Artist Name") or "")
    if is_link(title):
        return "", ()
    if not artists and title:
        # Not at the top: what reads titles would cost an idle daemon 5 MB.
        from daemon.identity.reading import read

        if not read(title, (), uploaded=True).artists:
            return title, ()
        first, *rest = _DASH.split(title, maxsplit=1)
        return (rest[0], _names(first)) if rest else (title, ())
    return title, artists


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _line(value: Any) -> str | None:
    return (", ".join(value) if isinstance(value, list | tuple) else value) or None


def _waits(row: BoardRow) -> bool:
    """Whether nothing in it says that somebody means something else by it: `Wishlist`, say, or `In progress`."""
    return _is_ordered(row) or row.values.get("Status") in (None, "", Status.QUEUED)


def _is_ordered(row: BoardRow) -> bool:
    """Whether the person says outright that they mean us, whatever else the row says."""
    return row.values.get("Redo") is True
