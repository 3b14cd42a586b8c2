"""Finding what is new, over many looks: nothing is offered twice, nothing is skipped for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.chain import Link, Reach, ask, in_turn, sift
from daemon.errors import AuthExpired, NotFound, RateLimited, Unreachable
from daemon.models import Service, TrackRef

REACH = Reach(lookback=5, batch=5)
EVERYTHING = 10**6
"""Opened before a kill: no kill came."""
FIRST = Reach(lookback=5, batch=5, first_contact=True)


def ref(number, service=Service.SPOTIFY):
    return TrackRef(service=service, id=str(number), url=f"https://example.invalid/{number}", found_in="test")


def refs(*numbers):
    return [ref(number) for number in numbers]


def ids(found):
    return [int(one.id) for one in found]


class Counted:
    """A lazy list that counts how far it was read."""

    def __init__(self, items):
        self.items, self.read = items, 0

    def __iter__(self):
        for item in self.items:
            self.read += 1
            yield item


# --- what is new in a list ---


@pytest.mark.parametrize(
    ("kind", "listed", "known", "new", "read"),
    [
        ("likes", [3, 2, 1], {1, 2, 3}, [], 3),
        ("likes", [4, 3, 2, 1], {1, 2, 3}, [4], 4),
        ("likes", range(30, 0, -1), set(range(1, 11)), list(range(30, 10, -1)), 25),
        ("likes", [9, 8, 5, 4, 3, 2, 1], {8, 5, 4, 3, 2, 1}, [9], 6),
        ("likes", [9, 8, 7, 6, 5, 4, 3, 2, 1], {9, 8, 7, 6, 5}, [], 5),
        ("rows", [9, 8, 7, 6, 5, 4, 3, 2, 1], {9, 8, 7, 6, 5}, [4, 3, 2, 1], 9),
        ("rows", range(20, 0, -1), set(), [20, 19, 18, 17, 16], 5),
        ("moment", [7], set(), [7], 1),
        ("moment", [7], {7}, [], 1),
        ("likes", [], set(), [], 0),
    ],
)
def test_what_is_new_and_how_far_one_has_to_read_for_it(kind, listed, known, new, read):
    counted = Counted(refs(*listed))
    found = sift(counted, lambda one: int(one.id) in known, kind, REACH)
    assert (ids(found.new), counted.read) == (new, read)


def test_on_first_contact_the_history_is_told_from_what_comes_after():
    counted = Counted(refs(*range(10_000, 0, -1)))
    found = sift(counted, lambda _one: False, "likes", FIRST)
    assert ids(found.new) == [10_000, 9_999, 9_998, 9_997, 9_996]
    assert ids(found.before) == list(range(9_995, 9_950, -1))
    assert counted.read == 50, "one page, of ten thousand"


def test_a_long_lookback_does_not_turn_history_into_news():
    history = refs(*range(300, 0, -1))
    first = sift(history, lambda _one: False, "likes", Reach(lookback=500, batch=5, first_contact=True))
    known = {one.id for one in (*first.new, *first.before)}
    assert ids(sift(history, lambda one: one.id in known, "likes", Reach(lookback=500, batch=5)).new) == []


# --- many looks ---


class Likes:
    """Somebody's likes, newest first, and what we have made known of them."""

    def __init__(self):
        self.list: list[int] = []
        self.known: set[int] = set()
        self.before: set[int] = set()
        self.contact = False
        self.next = 0

    def like(self, count):
        for _ in range(count):
            self.next += 1
            self.list.insert(0, self.next)

    def unlike(self, place):
        if self.list:
            self.list.pop(place % len(self.list))

    def look(self, opened_before_kill):
        found = sift(
            refs(*self.list),
            lambda one: int(one.id) in self.known | self.before,
            "likes",
            REACH if self.contact else FIRST,
        )
        oldest_first = list(reversed(ids(found.new)))
        for number in oldest_first[:opened_before_kill]:
            assert number not in self.known, "offered twice"
            self.known.add(number)
        if opened_before_kill >= len(oldest_first) and not self.contact:
            self.contact = True
            self.before = set(ids(found.before))


actions = st.lists(
    st.one_of(
        st.tuples(st.just("like"), st.integers(1, 20)),
        st.tuples(st.just("unlike"), st.integers(0, 3)),
        st.tuples(st.just("look"), st.sampled_from([0, 1, 3, EVERYTHING])),
    ),
    max_size=30,
)


@given(actions)
def test_over_any_sequence_of_likes_looks_and_kills_what_was_liked_is_found_once(sequence):
    likes = Likes()
    likes.look(EVERYTHING)  # the first contact, with nothing there: everything after it counts
    likes.contact = True
    for what, number in sequence:
        getattr(likes, what)(number)
    likes.look(EVERYTHING)
    assert set(likes.list) <= likes.known


# --- whose turn it is ---


def test_a_busy_first_source_starves_nobody():
    lines = {"playing": ["p"], "soundcloud": list("abcdefgh"), "liked": list("xyz"), "by hand": ["h"]}
    order = ["playing", "soundcloud", "liked", "notion"]
    assert in_turn(lines, order, 5) == ["p", "a", "x", "h", "b"]


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(), max_size=9)), st.integers(0, 30))
def test_turns_lose_nobody_and_keep_each_lines_order(lines, limit):
    named = {name: [(name, place) for place in range(len(line))] for name, line in lines.items()}
    taken = in_turn(named, "abc", limit)
    assert len(taken) == min(limit, sum(map(len, named.values())))
    for name, line in named.items():
        assert [one for one in taken if one[0] == name] == line[: sum(one[0] == name for one in taken)]


# --- one source ---


class Source:
    name = "spotify-liked"

    def __init__(self, *says):
        self.says, self.asked = list(says), 0

    def newest_first(self):
        said = self.says[min(self.asked, len(self.says) - 1)]
        self.asked += 1
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, Exception):
                raise one
            yield one


def link(source):
    return Link("spotify-liked", lambda: source)


@pytest.mark.parametrize(
    ("says", "known", "verdict", "asked"),
    [
        ([[]], False, "nothing new", 1),
        ([refs(1)], False, "found", 1),
        ([refs(1)], True, "nothing new", 1),
        ([Unreachable("no answer"), refs(1)], False, "found", 2),
        ([Unreachable("no answer")], False, "failed", 2),
        ([[*refs(3, 2), Unreachable("in the middle")]], False, "failed", 2),
        ([[*refs(3, 2), Unreachable("in the middle")], refs(3, 2, 1)], False, "found", 2),
        ([NotFound("no such profile")], False, "failed", 1),
        ([RateLimited("later", service="spotify", retry_after_s=9)], False, "parked", 1),
        ([AuthExpired("log in again", service="spotify")], False, "parked", 1),
        ([[*refs(1), RateLimited("later", service="spotify")]], False, "parked", 1),
    ],
)
def test_every_answer_of_a_source_has_its_verdict(says, known, verdict, asked):
    source = Source(*says)
    answer = ask(link(source), lambda _one: known, REACH)
    assert (answer.verdict, source.asked) == (verdict, asked)
    assert bool(answer.refs) == (verdict == "found")
    assert bool(answer.text) == (verdict in ("failed", "parked"))


def test_half_a_list_is_no_list():
    late = iter([False, False, True, True, True, True])
    source = Source(refs(3, 2, 1))
    answer = ask(link(source), lambda _one: False, REACH, out_of_time=lambda: next(late))
    assert (answer.verdict, answer.refs) == ("failed", ())
    assert "SOURCE_TIMEOUT_S" in answer.text
