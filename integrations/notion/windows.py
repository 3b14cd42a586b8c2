"""Every row of a data source by the time of its making or of its last edit, however many there are.

A query ends at 10,000 rows, and only says so. The next one then begins at the minute where it ended: all of Notion's
times are floored to the minute. Where one minute holds more rows than a query tells (an import makes tens of thousands
in one), they are told apart by what their texts contain, and never by what we believe of Notion's alphabet: what
contains a letter, what does not, and what is empty are together everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from daemon.errors import Refused
from daemon.models import Json
from integrations.notion.columns import Fit, Fitted
from integrations.notion.table import PAGE_SIZE, Table, pages_of

QUERY_LIMIT = 10_000
_SPLITS_LIMIT = 16
_TELLING = (
    "Title",
    "Name",
    "Artist Name",
    "Album",
    "Spotify ID",
    "Spotify URL",
    "SoundCloud URL",
    "YouTube URL",
    "ISRC",
)
"""Columns whose texts differ from row to row."""
_LOOKED_AT = 200
"""Characters of a text from which a letter is chosen."""
_LEAST_SHARE = 0.01
"""A letter that parts fewer rows than this from the rest is of no help."""

Stamp = Literal["created_time", "last_edited_time"]


class Windows:
    """Reads all rows that meet the conditions of `only`, in the order of `stamp`. A row may come twice; none is left
    out without an error."""

    def __init__(self, table: Table, fit: Fit, stamp: Stamp, only: Sequence[Json] = ()) -> None:
        self._table = table
        self._fit = fit
        self._stamp = stamp
        self._only = only
        # An edit puts a row at the end of the order, while we read. Then a cursor is not to be relied on: it may be
        # that very row which it names.
        self._order_moves = stamp == "last_edited_time"
        columns = (fit.columns.get(ours) for ours in _TELLING)
        self._telling = [there for there in columns if there and there.type in ("title", "rich_text", "url")]

    def pages(self, since: str | None) -> Iterator[Json]:
        """Every row whose stamp is that minute or later (None: every row), asked for as it is taken. Raises what the
        edge raises, and Refused when a minute holds more rows than can be told apart."""
        begin = None if since is None else _minute(since)
        while True:
            last, more, sample = begin, False, _Sample(self._telling)
            for answer, behind in self._answers([] if begin is None else [self._from(begin)], self._stamp):
                more = behind
                for page in pages_of(answer):
                    last = _minute(page[self._stamp])
                    if last == begin:
                        sample.add(page)
                    yield page
                if more and self._order_moves:
                    break
            if not more or last is None:
                return
            if last != begin:
                begin = last
                continue
            minute = [self._from(last), self._before(last + _MINUTE)]
            yield from self._crowd(minute) if self._order_moves else self._parted(minute, sample, _SPLITS_LIMIT)
            begin = last + _MINUTE

    def _answers(self, conditions: Sequence[Json], stamp: Stamp) -> Iterator[tuple[Json, bool]]:
        """The answers to one query, each with whether there are rows behind it, whether or not Notion tells them."""
        body: Json = {"sorts": [{"timestamp": stamp, "direction": "ascending"}], "page_size": PAGE_SIZE}
        if conditions or self._only:
            body["filter"] = {"and": [*conditions, *self._only]}
        count = 0
        for answer in self._table.answers(self._fit, body):
            count += len(answer["results"])
            yield answer, bool(answer["has_more"]) or count >= QUERY_LIMIT or _is_cut_short(answer)

    def _crowd(self, conditions: Sequence[Json], splits_left: int = _SPLITS_LIMIT) -> Iterator[Json]:
        """All rows that meet the conditions, in parts if need be."""
        sample, more = _Sample(self._telling), False
        for answer, behind in self._answers(conditions, "created_time"):
            more = behind
            for page in pages_of(answer):
                sample.add(page)
                yield page
        if more:
            yield from self._parted(conditions, sample, splits_left)

    def _parted(self, conditions: Sequence[Json], sample: _Sample, splits_left: int) -> Iterator[Json]:
        """The same, when they are more than a query tells."""
        parts = sample.parts() if splits_left else []
        if not parts:
            raise Refused(
                f"{self._fit.place} in Notion has more than {QUERY_LIMIT:,} rows of one and the same minute "
                f"({conditions[0][self._stamp]['on_or_after']}), too much alike to be told apart: Notion does not show "
                "all of them. Delete what is not needed, or move some thousands of them to another database."
            )
        for part in parts:
            yield from self._crowd([*conditions, *part], splits_left - 1)

    def _from(self, minute: datetime) -> Json:
        return {"timestamp": self._stamp, self._stamp: {"on_or_after": _told(minute)}}

    def _before(self, minute: datetime) -> Json:
        return {"timestamp": self._stamp, self._stamp: {"before": _told(minute)}}


class _Sample:
    """What the texts of some rows contain."""

    def __init__(self, columns: Iterable[Fitted]) -> None:
        self._columns = tuple(columns)
        self._count = 0
        self._with_letter: Counter[tuple[int, str]] = Counter()
        self._filled: Counter[int] = Counter()

    def add(self, page: Json) -> None:
        self._count += 1
        for index, column in enumerate(self._columns):
            if text := _text_of(page, column):
                self._filled[index] += 1
                letters = {letter for letter in text[:_LOOKED_AT].casefold() if letter.isalnum()}
                self._with_letter.update((index, letter) for letter in letters)

    def parts(self) -> list[list[Json]]:
        """Conditions that part such rows as evenly as may be; together they hold for every row there can be. Empty
        where nothing parts them."""
        shares = {key: min(count, self._count - count) for key, count in self._with_letter.items()}
        shares |= {(index, ""): min(count, self._count - count) for index, count in self._filled.items()}
        if not shares or max(shares.values()) < _LEAST_SHARE * self._count:
            return []
        index, letter = max(shares, key=lambda key: (shares[key], key))
        column = self._columns[index]

        def that(condition: Json) -> Json:
            return {"property": column.name, column.type: condition}

        empty, filled = [that({"is_empty": True})], that({"is_not_empty": True})
        if not letter:
            return [empty, [filled]]
        return [empty, [that({"contains": letter})], [filled, that({"does_not_contain": letter})]]


_MINUTE = timedelta(minutes=1)


def _minute(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(second=0, microsecond=0)


def _told(minute: datetime) -> str:
    return minute.strftime("%Y-%m-%dT%H:%M:00.000Z")


def _is_cut_short(answer: Json) -> bool:
    status = answer.get("request_status")
    return isinstance(status, dict) and status.get("type") == "incomplete"


def _text_of(page: Json, column: Fitted) -> str:
    value = page["properties"].get(column.name, {}).get(column.type) or ""
    return value if isinstance(value, str) else "".join(piece["plain_text"] for piece in value)
