"""Looking up rows by a part of a text column without reading each row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from integrations.sandbox.notion.records import Page

_BETWEEN = "\0"
_FRESH_LIMIT = 500
_LENGTH_LIMIT = 20_000_000


class Texts:
    """All values of one column as one long text, case aside, as it was when this was made. Rows that have changed since
    are noted, and count as found: whoever asks looks at each row that is found, but at no other."""

    def __init__(self, rows: Iterable[tuple[Page, str]]) -> None:
        filled = [(page, text.casefold()) for page, text in rows if text]
        self._pages = [page for page, _text in filled]
        self._starts = [0, *accumulate(len(text) + len(_BETWEEN) for _page, text in filled)]
        self._joined = _BETWEEN.join(text for _page, text in filled)
        self._fresh: dict[str, Page] = {}
        self._exact: dict[str, tuple[int, ...]] | None = None

    @property
    def is_stale(self) -> bool:
        """Too much was noted: make another."""
        return len(self._fresh) > _FRESH_LIMIT

    @property
    def is_too_long(self) -> bool:
        """Reading the rows one by one is no slower."""
        return len(self._joined) > _LENGTH_LIMIT

    def note(self, page: Page) -> None:
        """The row is new, or has another value now."""
        self._fresh[page.id] = page

    def holding(self, part: str) -> dict[str, Page]:
        """Every row that holds `part`, case aside, by id; and some that do not."""
        return {**{page.id: page for page in self._settled(part.casefold())}, **self._fresh}

    def equalling(self, text: str) -> dict[str, Page]:
        """Every row whose value is `text`, case aside, by id; and some whose value it is not."""
        if self._exact is None:
            self._exact = {}
            for index, start in enumerate(self._starts[:-1]):
                value = self._joined[start : self._starts[index + 1] - len(_BETWEEN)]
                self._exact[value] = (*self._exact.get(value, ()), index)
        pages = (self._pages[index] for index in self._exact.get(text.casefold(), ()))
        return {**{page.id: page for page in pages}, **self._fresh}

    def _settled(self, part: str) -> Iterator[Page]:
        position = self._joined.find(part)
        while position >= 0:
            index = bisect_right(self._starts, position) - 1
            yield self._pages[index]
            position = self._joined.find(part, self._starts[index + 1])
