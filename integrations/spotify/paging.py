"""Walking through a list that changes meanwhile: page by page, resumable, nothing skipped. Pure but for `fetch`.

Each page repeats the last lines of the one before. While it does, nothing has slipped through between the two; when it
does not, lines above were taken away, and we go back until the pages join again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from daemon.models import Json, TrackRef
from integrations.spotify.answers import nonsense

PAGE_MOST = 50
_OVERLAP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A piece of a walk."""

    refs: tuple[TrackRef, ...]
    """What is new on this page. After going back it may hold what an earlier page held."""
    bookmark: str
    """Given to `walk`, goes on behind this page."""
    total: int
    """How many lines there are in all, those among them that are no tracks of Spotify's included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """How far one has come."""

    offset: int = 0
    """Lines seen, from the top."""
    last_ids: tuple[str, ...] = ()
    """What the page seen last held."""
    last_added_at: str = ""
    """When the last of them was added; empty where the list is not in that order."""

    @classmethod
    def behind(cls, start: int, lines: Sequence[Json], *, by_date: bool) -> Bookmark:
        """Behind these lines, of which the first stands at `start`."""
        ids = tuple(mark_of(line) for line in lines)
        return cls(offset=start + len(lines), last_ids=ids, last_added_at=_date(lines[-1]) if by_date and lines else "")

    @classmethod
    def from_text(cls, text: str | None) -> Bookmark:
        """What `to_text` wrote; the beginning for anything else."""
        try:
            kept = json.loads(text or "")
            offset, last_ids, last_added_at = kept["offset"], kept["last_ids"], kept["last_added_at"]
        except (ValueError, KeyError, TypeError):
            return cls()
        makes_sense = isinstance(offset, int) and offset >= 0 and isinstance(last_ids, list)
        return cls(offset=offset, last_ids=tuple(last_ids), last_added_at=str(last_added_at)) if makes_sense else cls()

    def to_text(self) -> str:
        """For keeping over a restart."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def joins(self, lines: Sequence[Json]) -> bool:
        """Whether these lines begin no further down than where we were."""
        if any(mark_of(line) in self.last_ids for line in lines):
            return True
        return bool(lines and self.last_added_at) and _date(lines[0]) > self.last_added_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Lines that were not on the page before, and where one stands behind them."""

    lines: tuple[Json, ...]
    place: Bookmark
    total: int


def walk_lines(fetch: Callable[[int], Json], after: Bookmark, *, by_date: bool) -> Iterator[Stretch]:
    """Every line behind `after`. `fetch` answers a paging object of `PAGE_MOST` lines from an offset on. `by_date`: the
    list has the newest at the top, as liked tracks do, so that dates tell too where a page belongs."""
    place, more = after, True
    while more:
        start = max(0, place.offset - _OVERLAP)
        page = checked_page(fetch(start))
        while start > 0 and not place.joins(page["items"]):
            start = max(0, start - PAGE_MOST + _OVERLAP)
            page = checked_page(fetch(start))
        lines = page["items"]
        more = page.get("next") is not None
        if more and len(lines) <= _OVERLAP:
            raise nonsense("a page that leads nowhere")
        fresh = tuple(line for line in lines if mark_of(line) not in place.last_ids)
        place = Bookmark.behind(start, lines, by_date=by_date)
        yield Stretch(lines=fresh, place=place, total=page["total"])


def checked_page(page: Json | None) -> Json:
    """The page, if it is one. Raises Unreachable."""
    if page is None or not isinstance(page.get("items"), list) or not isinstance(page.get("total"), int):
        raise nonsense("a list without its lines")
    return page


def item_of(line: Json) -> Any:
    """What a line is about: under `track` among the liked, and in playlists under `item` since February 2026."""
    return line.get("item") or line.get("track")


def mark_of(line: Json) -> str:
    """What a line is known by; files from the person's disk have an address only, withdrawn tracks a date only."""
    item = item_of(line)
    own_id = (item.get("id") or item.get("uri")) if isinstance(item, dict) else None
    return str(own_id or _date(line))


def _date(line: Json) -> str:
    return str(line.get("added_at") or "")
