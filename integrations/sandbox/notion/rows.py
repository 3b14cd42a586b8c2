"""The rows of one data source in the orders in which they are asked for, so that a query need not read them all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence

from integrations.sandbox.notion.property_types import plain_reader
from integrations.sandbox.notion.records import Page, Property
from integrations.sandbox.notion.texts import Texts

TIMESTAMPS = ("created_time", "last_edited_time")


def _created(page: Page) -> tuple[str, int]:
    return page.stamp.created_time, page.number


def _edited(page: Page) -> tuple[str, int]:
    return page.stamp.last_edited_time, page.number


class Rows:
    """Every row, those in the trash included. Every change to a row is told here."""

    def __init__(self, rows: Iterable[Page] = ()) -> None:
        self.version = 0
        """Another one after every change."""
        self._made = sorted(rows, key=lambda page: page.number)
        self._created = sorted(self._made, key=_created)
        self._edited = sorted(self._made, key=_edited)
        self._texts: dict[str, Texts] = {}

    def __iter__(self) -> Iterator[Page]:
        """In the order in which they were made."""
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    # --- changes -----------------------------------------------------------------------------------------------------

    def add(self, page: Page) -> None:
        self._made.append(page)
        _insert(self._created, page, _created)
        _insert(self._edited, page, _edited)
        self._noted(page, self._texts)

    def remove(self, page: Page) -> None:
        """It is gone for good."""
        for ordered, key in ((self._created, _created), (self._edited, _edited)):
            del ordered[bisect_left(ordered, key(page), key=key)]
        del self._made[bisect_left(self._made, page.number, key=lambda row: row.number)]
        self.forget()

    def touch(self, page: Page, now: str, by: str, columns: Iterable[str] = ()) -> None:
        """It was edited: the time, the editor, and the ids of the columns whose values are others now."""
        if now != page.stamp.last_edited_time:
            del self._edited[bisect_left(self._edited, _edited(page), key=_edited)]
            page.stamp.last_edited_time = now
            _insert(self._edited, page, _edited)
        page.stamp.last_edited_by = by
        self._noted(page, columns)

    def forget(self) -> None:
        """Values have changed behind the rows' backs (a column is void)."""
        self._texts.clear()
        self.version += 1

    # --- asking ------------------------------------------------------------------------------------------------------

    def in_time(self, timestamp: str, earliest: str | None, latest: str | None) -> Sequence[Page]:
        """The rows made or edited between two times, both included, in that order. None: no end on that side."""
        ordered = self._created if timestamp == "created_time" else self._edited

        def time_of(page: Page) -> str:
            return str(getattr(page.stamp, timestamp))

        first = 0 if earliest is None else bisect_left(ordered, earliest, key=time_of)
        behind = len(ordered) if latest is None else bisect_right(ordered, latest, key=time_of)
        return ordered[first:behind]

    def holding(self, column: Property, part: str, *, whole: bool) -> dict[str, Page] | None:
        """By id, at least every row whose text in `column` holds (`whole`: is) `part`, case aside. None: read them
        all."""
        texts = self._texts.get(column.id)
        if texts is None or texts.is_stale:
            read = plain_reader(column)
            texts = self._texts[column.id] = Texts((page, read(page) or "") for page in self._made)
        if texts.is_too_long:
            return None
        return texts.equalling(part) if whole else texts.holding(part)

    def _noted(self, page: Page, columns: Iterable[str]) -> None:
        self.version += 1
        for column_id in columns:
            if texts := self._texts.get(column_id):
                texts.note(page)


def _insert(ordered: list[Page], page: Page, key: Callable[[Page], tuple[str, int]]) -> None:
    if ordered and key(ordered[-1]) > key(page):
        insort(ordered, page, key=key)
    else:
        ordered.append(page)
