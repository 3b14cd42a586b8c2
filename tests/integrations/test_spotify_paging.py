"""A walk through a list that changes meanwhile, as a value: whatever is liked and unliked, nothing is skipped."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from daemon.models import Json
from integrations.spotify.paging import PAGE_MOST, Bookmark, mark_of, walk_lines


class Likes:
    """A list of likes, newest at the top, and what the person does to it before each request."""

    def __init__(self, count: int, *, dated: bool) -> None:
        self._dated = dated
        self._made = 0
        self.lines: list[Json] = []
        self.requests = 0
        self.at_end = False
        self.like(count)

    def like(self, count: int) -> None:
        for _ in range(count):
            date = f"{self._made:09}" if self._dated else "one moment"
            self.lines.insert(0, {"added_at": date, "track": {"id": f"song {self._made}"}})
            self._made += 1

    def page(self, offset: int) -> Json:
        self.requests += 1
        self.at_end = offset + PAGE_MOST >= len(self.lines)
        items = self.lines[offset : offset + PAGE_MOST]
        return {"items": items, "total": len(self.lines), "next": None if self.at_end else "more"}


def walked(likes: Likes, meddle: Callable[[], None] = lambda: None, *, resuming: bool = False) -> list[str]:
    """The marks of all lines that came. With `resuming`, every page comes of a walk of its own, as after kills."""
    found: list[str] = []
    place, killed = Bookmark(), True
    while killed:
        killed = False
        for stretch in walk_lines(likes.page, place, by_date=True):
            found += [mark_of(line) for line in stretch.lines]
            place = Bookmark.from_text(stretch.place.to_text())
            meddle()
            killed = resuming and not likes.at_end
            if killed:
                break
    return found


def test_ten_thousand_likes_cost_their_pages_and_the_overlaps():
    likes = Likes(10_000, dated=True)
    found = walked(likes)
    assert found == [mark_of(line) for line in likes.lines]
    assert likes.requests == 209


def test_a_kill_at_page_100_repeats_at_most_one_page():
    likes = Likes(10_000, dated=True)
    walk = walk_lines(likes.page, Bookmark(), by_date=True)
    kept = [next(walk) for _ in range(99)]
    next(walk)  # asked for, and killed before it was dealt with
    found = [line for stretch in kept for line in stretch.lines]
    found += [line for stretch in walk_lines(likes.page, kept[-1].place, by_date=True) for line in stretch.lines]
    assert found == likes.lines
    assert likes.requests == 210


deeds = st.lists(st.tuples(st.sampled_from(["like", "unlike"]), st.integers(0, 300), st.integers(1, 70)), max_size=6)


@given(count=st.integers(0, 260), dated=st.booleans(), deeds=deeds, resuming=st.booleans())
def test_what_stays_is_found_whatever_happens_meanwhile(count, dated, deeds, resuming):
    likes = Likes(count, dated=dated)
    there = {mark_of(line) for line in likes.lines}
    to_do = list(deeds)

    def meddle() -> None:
        if to_do:
            deed, where, how_many = to_do.pop()
            if deed == "like":
                likes.like(how_many)
            else:
                del likes.lines[where : where + how_many]

    found = walked(likes, meddle, resuming=resuming)

    stayed = {mark_of(line) for line in likes.lines} & there
    assert stayed <= {*found}


@given(st.text())
def test_any_text_is_a_bookmark_or_none(text):
    assert Bookmark.from_text(text).offset >= 0
