"""Plain values to Notion's and back."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.notion.columns import STATUS_SYNONYMS, Column, Fitted
from integrations.notion.values import PIECE_LENGTH, PIECES_LIMIT, from_property, pieces, to_property


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
    ("too many relations", fitted("relation"), ["x"] * 150, [{"id": "x"}] * 100),
]


@pytest.mark.parametrize(("_why", "there", "plain", "expected"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_writes(_why: str, there: Fitted, plain: Any, expected: Any) -> None:
    assert to_property(there, plain) == {there.type: expected}


LEFT_OUT = [
    ("an unknown status", STATUS, "Duplicate"),
    ("not a number", NUMBER, math.nan),
    ("infinity", NUMBER, math.inf),
    ("text for a number", NUMBER, "128"),
    ("truth for a number", NUMBER, True),
    ("no address at all", URL, "see below"),
    ("another scheme", URL, "spotify:track:1"),
    ("an address with a blank", URL, "https://a.example/a b"),
    ("a broken address", URL, "https://[a/"),
    ("an endless address", URL, "https://a.example/" + "x" * 2000),
    ("a word for a date", DATE, "soon"),
    ("a day that never was", DATE, "2026-02-30"),
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


def answered(written: Any) -> Any:
    """What Notion answers to what was written."""
    for kind, value in written.items():
        if kind == "rich_text":
            return {kind: [{"plain_text": piece["text"]["content"]} for piece in value]}
    return written


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
    assert from_property(there, answered(json.loads(json.dumps(written)))) == plain


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(st.sampled_from("aé🎧ש\n"), min_size=1, max_size=40), st.integers(1, 1500))
def test_cutting_loses_nothing_and_no_piece_is_too_long(unit: str, times: int) -> None:
    text = unit * times
    cut = pieces(text)
    assert "".join(cut) == text
    assert all(0 < utf16_length(piece) <= PIECE_LENGTH for piece in cut)


@pytest.mark.parametrize("character", ["x", "🎧"])
def test_cutting_ends_at_a_hundred_pieces_with_an_ellipsis(character: str) -> None:
    whole = pieces(character * (PIECE_LENGTH * PIECES_LIMIT // utf16_length(character)))
    assert (len(whole), whole[-1][-1]) == (PIECES_LIMIT, character)
    over = pieces(character * (PIECE_LENGTH * PIECES_LIMIT + 1))
    assert (len(over), over[-1][-1]) == (PIECES_LIMIT, "…")
    assert utf16_length(over[-1]) <= PIECE_LENGTH
