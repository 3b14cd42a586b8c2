"""Plain values to Notion's and back."""

from __future__ import annotations

import json
import math
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.notion.columns import STATUS_SYNONYMS, Column, Fitted
from integrations.notion.values import Unreadable, as_answered, from_property, to_property


def fitted(kind: str, *options: str, scale: float = 1.0, words: bool = False) -> Fitted:
    column = Column(name="Ours", types=(kind,), synonyms=STATUS_SYNONYMS if words else {})
    return Fitted(column=column, name="Theirs", type=kind, options=options, scale=scale)


TEXT, NUMBER, URL, DATE = fitted("rich_text"), fitted("number"), fitted("url"), fitted("date")
STATUS = fitted("status", "To-do", "in progress", "Complete", words=True)
GENRE = fitted("select", "House", "Techno")
GENRES = fitted("multi_select", "House")


def option(name: str | None) -> Any:
    return None if name is None else {"name": name}


WRITTEN: list[tuple[str, Fitted, Any, Any]] = [
    ("text", TEXT, "Ærø", [{"text": {"content": "Ærø"}}]),
    ("no text", TEXT, None, []),
    ("empty text", TEXT, "", []),
    ("several names as text", TEXT, ["A", "B"], [{"text": {"content": "A, B"}}]),
    ("a number as text", TEXT, 12, [{"text": {"content": "12"}}]),
    ("what UTF-8 cannot hold", TEXT, "a\ud800b\x00c", [{"text": {"content": "a\ufffdbc"}}]),
    ("title", fitted("title"), "T", [{"text": {"content": "T"}}]),
    ("a number", NUMBER, 127.99999, 128),
    ("a fraction", NUMBER, 0.87654, 0.877),
    ("milliseconds", fitted("number", scale=1000.0), 215.5, 215500),
    ("no number", NUMBER, None, None),
    ("address", URL, " https://a.example/x ", "https://a.example/x"),
    ("no address", URL, None, None),
    ("empty address", URL, "", None),
    ("ticked", fitted("checkbox"), True, True),
    ("unticked", fitted("checkbox"), None, False),
    ("known option", GENRE, "house", option("House")),
    ("new option", GENRE, "Dub", option("Dub")),
    ("option with a comma", GENRE, "Dub, Techno", option("Dub")),
    ("first of several options", GENRE, ["Techno", "Dub"], option("Techno")),
    ("endless option", GENRE, "x" * 200, option("x" * 100)),
    ("no option", GENRE, "", None),
    ("options", GENRES, "house, Dub,house", [option("House"), option("Dub")]),
    ("no options", GENRES, None, []),
    ("too many options", GENRES, [f"{n}" for n in range(200)], [option(f"{n}") for n in range(100)]),
    ("status by synonym", STATUS, "Done", option("Complete")),
    ("status in another case", STATUS, "Processing", option("in progress")),
    ("no status", STATUS, None, None),
    ("word of ours for a select", fitted("select", "Complete", words=True), "Done", option("Complete")),
    ("new word for a select", fitted("select", words=True), "Done", option("Done")),
    ("day", DATE, "2026-11-20", {"start": "2026-11-20"}),
    ("month", DATE, "2026-11", {"start": "2026-11-01"}),
    ("year", DATE, "2026", {"start": "2026-01-01"}),
    ("moment", DATE, "2026-11-20T13:00:00.5+01:00", {"start": "2026-11-20T12:00:00+00:00"}),
    ("moment without a zone", DATE, "2026-11-20T12:00:00", {"start": "2026-11-20T12:00:00+00:00"}),
    ("no date", DATE, None, None),
    ("relation", fitted("relation"), "x", [{"id": "x"}]),
    ("relations", fitted("relation"), ["x", "y"], [{"id": "x"}, {"id": "y"}]),
    ("the same relation twice", fitted("relation"), ["x", "y", "x"], [{"id": "x"}, {"id": "y"}]),
    ("a relation in another spelling", fitted("relation"), "AB" * 16, [{"id": str(UUID("ab" * 16))}]),
    ("too many relations", fitted("relation"), list(map(str, range(150))), [{"id": f"{n}"} for n in range(100)]),
    ("several values as text", TEXT, [1, "A"], [{"text": {"content": "1, A"}}]),
    ("an endless option of wide letters", GENRE, "🎧" * 60, option("🎧" * 50)),
    ("an option that ends inside a letter", GENRE, "x" * 99 + "e\u0301y", option("x" * 99)),
]


@pytest.mark.parametrize(("_why", "there", "plain", "expected"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_writes(_why: str, there: Fitted, plain: Any, expected: Any) -> None:
    assert to_property(there, plain) == {there.type: expected}


LEFT_OUT = [
    ("an unknown status", STATUS, "Duplicate"),
    ("not a number", NUMBER, math.nan),
    ("infinity", NUMBER, math.inf),
    ("beyond all numbers", NUMBER, 10**400),
    ("beyond all numbers in milliseconds", fitted("number", scale=1000.0), 1e308),
    ("text for a number", NUMBER, "128"),
    ("truth for a number", NUMBER, True),
    ("no address at all", URL, "see below"),
    ("another scheme", URL, "spotify:track:1"),
    ("an address with a blank", URL, "https://a.example/a b"),
    ("a broken address", URL, "https://[a/"),
    ("an endless address", URL, "https://a.example/" + "x" * 2000),
    ("a word for a date", DATE, "soon"),
    ("a day that never was", DATE, "2026-02-30"),
    ("a moment before the first year", DATE, "0001-01-01T00:00:00+14:00"),
]


@pytest.mark.parametrize(("_why", "there", "plain"), LEFT_OUT, ids=[row[0] for row in LEFT_OUT])
def test_leaves_out_what_the_column_cannot_say(_why: str, there: Fitted, plain: Any) -> None:
    assert to_property(there, plain) is None


READ: list[tuple[str, Fitted, Any, Any]] = [
    ("text in pieces", TEXT, [{"plain_text": "a"}, {"plain_text": "b"}], "ab"),
    ("empty text", TEXT, [], None),
    ("milliseconds", fitted("number", scale=1000.0), 215500, 215.5),
    ("status by synonym", STATUS, {"name": "complete"}, "Done"),
    ("their own status", STATUS, {"name": "On hold"}, "On hold"),
    ("their word where we have none", GENRE, {"name": "Complete"}, "Complete"),
    ("no status", STATUS, None, None),
    ("options", GENRES, [{"name": "A"}, {"name": "B"}], ["A", "B"]),
    ("moment", DATE, {"start": "2026-11-20T13:00:00.000+01:00"}, "2026-11-20T12:00:00+00:00"),
    ("relation", fitted("relation"), [{"id": "x"}], ["x"]),
]


@pytest.mark.parametrize(("_why", "there", "answered", "expected"), READ, ids=[row[0] for row in READ])
def test_reads(_why: str, there: Fitted, answered: Any, expected: Any) -> None:
    assert from_property(there, {"type": there.type, there.type: answered}) == expected


UNREADABLE = [
    ("relations that are not all shown", fitted("relation"), {"relation": [{"id": "x"}], "has_more": True}),
    ("more mentions than are shown", TEXT, {"rich_text": [{"type": "mention", "plain_text": "@a"}] * 25}),
    ("a date of another calendar", DATE, {"date": {"start": "soon"}}),
    ("no number", NUMBER, {"number": math.inf}),
]


@pytest.mark.parametrize(("_why", "there", "shown"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_does_not_guess_what_is_not_shown_whole(_why: str, there: Fitted, shown: Any) -> None:
    with pytest.raises(Unreadable):
        from_property(there, shown)


names = st.text(st.characters(codec="utf-8", exclude_characters=",\x00"), min_size=1, max_size=100).filter(
    lambda name: name == name.strip()
)
ROUND_TRIPS = st.one_of(
    st.tuples(st.just(TEXT), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)),
    st.tuples(st.just(NUMBER), st.integers(-(10**9), 10**9) | st.integers(-(10**9), 10**9).map(lambda n: n / 1000)),
    st.tuples(st.just(fitted("number", scale=1000.0)), st.integers(0, 10**9).map(lambda n: n / 1000)),
    st.tuples(st.just(fitted("checkbox")), st.booleans()),
    st.tuples(st.just(GENRE), names.filter(lambda name: name.casefold() not in ("house", "techno"))),
    st.tuples(st.just(DATE), st.dates().map(lambda day: day.isoformat())),
    st.tuples(st.just(fitted("date")), st.datetimes().map(lambda t: t.replace(microsecond=0).isoformat() + "+00:00")),
    st.tuples(st.just(fitted("select", words=True)), st.sampled_from([str(word) for word in STATUS_SYNONYMS])),
    st.tuples(st.just(URL), st.from_regex(r"https://[a-z]{1,9}\.example/[a-z0-9]*", fullmatch=True)),
)


@given(ROUND_TRIPS)
def test_what_is_written_is_read_back(case: tuple[Fitted, Any]) -> None:
    there, plain = case
    written = to_property(there, plain)
    assert written is not None
    assert from_property(there, as_answered(there, json.loads(json.dumps(written)))) == plain
