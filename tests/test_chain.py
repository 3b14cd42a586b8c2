"""The chain: every answer of a source against every verdict, and what is taken up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.chain import Answer, Link, Parking, ask, choose, walk, worth_taking
from daemon.errors import AuthExpired, NotFound, RateLimited, Refused, Unreachable
from daemon.models import Service, TrackRef


def ref(number, service=Service.SPOTIFY):
    return TrackRef(service=service, id=str(number), url=f"https://example.invalid/{number}", found_in="test")


class Source:
    """A source that says what it is told to say, once for every call."""

    name = "spotify-liked"

    def __init__(self, *says):
        self.says = list(says)
        self.asked = 0

    def newest(self, limit):
        said = self.says[min(self.asked, len(self.says) - 1)]
        self.asked += 1
        if isinstance(said, Exception):
            raise said
        return said[:limit]

    def newest_first(self):
        raise NotImplementedError

    def check(self):
        raise NotImplementedError


def new(_ref):
    return "new"


@pytest.mark.parametrize(
    ("says", "standing", "verdict", "asked"),
    [
        ([[]], "new", "nothing new", 1),
        ([[ref(1)]], "new", "found", 1),
        ([[ref(1)]], "incomplete", "found", 1),
        ([[ref(1)]], "settled", "nothing new", 1),
        ([[ref(1)]], "waiting", "nothing new", 1),
        ([Unreachable("no answer"), [ref(1)]], "new", "found", 2),
        ([Unreachable("no answer")], "new", "failed", 2),
        ([NotFound("no such profile")], "new", "failed", 1),
        ([Refused("no")], "new", "failed", 1),
        ([RateLimited("later", service="spotify", retry_after_s=9)], "new", "parked", 1),
        ([AuthExpired("log in again", service="spotify")], "new", "parked", 1),
    ],
)
def test_what_a_source_says_becomes_one_verdict(says, standing, verdict, asked):
    source = Source(*says)
    answer = ask(source, lambda _ref: standing, limit=5, lookback=5)
    assert (answer.verdict, source.asked) == (verdict, asked)
    assert bool(answer.refs) == (verdict == "found")
    assert bool(answer.text) == (verdict in ("failed", "parked"))


@pytest.mark.parametrize(
    ("error", "parking"),
    [
        (RateLimited("later", service="spotify", retry_after_s=9), Parking("spotify", 9, "later")),
        (RateLimited("later", service="spotify"), Parking("spotify", None, "later")),
        (AuthExpired("log in", service="spotify"), Parking("spotify", None, "log in")),
        (RateLimited("later, whoever said it"), None),
    ],
)
def test_a_service_that_asks_for_patience_is_named_with_its_time(error, parking):
    assert ask(Source(error), new, limit=1, lookback=1).park == parking


def test_a_link_without_a_source_says_what_to_set_and_a_parked_one_is_not_asked():
    source = Source([ref(1)])
    links = [Link("a", None, "Set SPOTIFY_CLIENT_ID."), Link("b", lambda: source)]
    chosen = walk(links, new, lambda name: "until noon" if name == "b" else None, limit=1, lookback=1)
    assert chosen.answers == (
        Answer("a", "not configured", text="Set SPOTIFY_CLIENT_ID."),
        Answer("b", "parked", text="until noon"),
    )
    assert source.asked == 0


def test_the_chain_asks_no_further_than_it_has_to_and_goes_on_past_a_failure():
    first, second, third = Source(Unreachable("x")), Source([ref(1)]), Source([ref(2)])
    links = [Link("first", lambda: first), Link("second", lambda: second), Link("third", lambda: third)]
    chosen = walk(links, new, lambda _name: None, limit=1, lookback=1)
    assert [r.id for r in chosen.refs] == ["1"]
    assert [answer.verdict for answer in chosen.answers] == ["failed", "found"]
    assert third.asked == 0


def test_the_same_track_from_two_sources_is_taken_once():
    chosen = choose([Answer("a", "found", (ref(1),)), Answer("b", "found", (ref(1), ref(2)))], limit=5)
    assert [r.id for r in chosen.refs] == ["1", "2"]


@given(
    standings=st.lists(st.sampled_from(["new", "incomplete", "waiting", "settled"]), max_size=40),
    limit=st.integers(1, 10),
    lookback=st.integers(0, 10),
)
def test_new_ones_are_never_hidden_by_known_ones(standings, limit, lookback):
    refs = [ref(number) for number in range(len(standings))]
    taken = list(worth_taking(refs, lambda r: standings[int(r.id)], limit=limit, lookback=lookback))
    everything_new = [r for r in refs if standings[int(r.id)] == "new"]
    assert len(taken) <= limit
    assert [r for r in taken if standings[int(r.id)] == "new"] == everything_new[: len(taken)][
        : sum(standings[int(r.id)] == "new" for r in taken)
    ]
    if len(taken) < limit:
        assert set(everything_new) <= set(taken)
    assert all(standings[int(r.id)] in ("new", "incomplete") for r in taken)
