"""How our columns are found among a person's."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.notion.columns import STATUS_SYNONYMS, TRACKS, Fit, Mistyped, best_fit, fit_source


def source(columns: dict[str, str], source_id: str = "s") -> dict[str, Any]:
    schemas = {
        name: {"type": kind, kind: {"options": [{"name": "A"}]} if kind in ("select", "status") else {}}
        for name, kind in columns.items()
    }
    return {"id": source_id, "title": [{"plain_text": f"source {source_id}"}], "properties": schemas}


def fit(**columns: str) -> Fit:
    return fit_source(TRACKS, source(columns), "Tracks")


FITS = [
    ("its own name", {"Album": "rich_text"}, "Album", ("Album", "rich_text", 1.0)),
    ("another case, outer spaces", {" aLBUM ": "rich_text"}, "Album", (" aLBUM ", "rich_text", 1.0)),
    ("an alias", {"Spotify Track ID": "rich_text"}, "Spotify ID", ("Spotify Track ID", "rich_text", 1.0)),
    ("its own name before an alias", {"Tempo": "number", "BPM": "number"}, "BPM", ("BPM", "number", 1.0)),
    ("the alias of the right type", {"BPM": "rich_text", "Tempo": "number"}, "BPM", ("Tempo", "number", 1.0)),
    ("the exact spelling", {"bpm": "number", "BPM": "number"}, "BPM", ("BPM", "number", 1.0)),
    ("milliseconds", {"Duration (ms)": "number"}, "Duration (s)", ("Duration (ms)", "number", 1000.0)),
    ("seconds under another name", {"Audio Duration (Seconds)": "number"}, "Duration (s)",
     ("Audio Duration (Seconds)", "number", 1.0)),
    ("status as a status", {"Status": "status"}, "Status", ("Status", "status", 1.0)),
    ("status as a select", {"Status": "select"}, "Status", ("Status", "select", 1.0)),
    ("artists as text", {"Artists": "rich_text"}, "Artist Name", ("Artists", "rich_text", 1.0)),
    ("artists as a relation", {"Artists": "relation"}, "Artist", ("Artists", "relation", 1.0)),
    ("any title", {"Song": "title"}, "Title", ("Song", "title", 1.0)),
]  # fmt: skip


@pytest.mark.parametrize(("_why", "columns", "ours", "expected"), FITS, ids=[row[0] for row in FITS])
def test_finds(_why: str, columns: dict[str, str], ours: str, expected: tuple[str, str, float]) -> None:
    found = fit(**columns).columns[ours]
    assert (found.name, found.type, found.scale) == expected


def test_reports_what_is_missing_and_what_is_of_another_type() -> None:
    seen = fit(Title="title", BPM="formula", Downloaded="select")
    assert list(seen.columns) == ["Title"]
    assert seen.mistyped == (
        Mistyped(ours="BPM", name="BPM", type="formula", wanted=("number",)),
        Mistyped(ours="Downloaded", name="Downloaded", type="select", wanted=("checkbox",)),
    )
    assert {"BPM", "Downloaded", "Title"}.isdisjoint(seen.missing)
    assert len(seen.missing) == len(TRACKS) - 3


def test_a_column_serves_one_of_ours_only() -> None:
    seen = fit(Artist="rich_text")
    assert seen.columns["Artist Name"].name == "Artist"
    assert "Artist" in seen.missing
    assert seen.mistyped == ()


def test_chooses_the_data_source_that_fits_most() -> None:
    few = fit_source(TRACKS, source({"Name": "title"}, "few"), "Tracks")
    many = fit_source(TRACKS, source({"Name": "title", "BPM": "number"}, "many"), "Tracks")
    same = fit_source(TRACKS, source({"Name": "title", "Album": "rich_text"}, "same"), "Tracks")
    assert best_fit([few, many, same]).data_source_id == "many"


def test_of_data_sources_that_fit_alike_the_first_is_chosen_and_says_which_it_is() -> None:
    first = fit_source(TRACKS, source({"Name": "title", "BPM": "number"}, "first"), "Tracks")
    second = fit_source(TRACKS, source({"Name": "title", "Album": "rich_text"}, "second"), "Tracks")
    chosen = best_fit([first, second])
    assert chosen.data_source_id == "first"
    assert chosen.place == 'data source "source first" of database "Tracks"'


def test_an_only_data_source_goes_by_the_databases_name() -> None:
    alone = {**source({"Name": "title"}), "title": [{"plain_text": "Tracks"}]}
    assert best_fit([fit_source(TRACKS, alone, "Tracks")]).place == '"Tracks"'
    twice = best_fit([fit_source(TRACKS, alone, "Tracks")] * 2)
    assert twice.place == 'data source "Tracks" of database "Tracks"'


ARTISTS = [
    ({"Artist": "rich_text"}, {"Artist Name": "Artist"}),
    ({"Artists": "rich_text"}, {"Artist Name": "Artists"}),
    ({"Artist": "relation"}, {"Artist": "Artist"}),
    ({"Artist": "relation", "Artist Name": "rich_text"}, {"Artist": "Artist", "Artist Name": "Artist Name"}),
    ({"Artist": "rich_text", "Artists": "relation"}, {"Artist": "Artists", "Artist Name": "Artist"}),
    ({"Artist": "relation", "Artists": "rich_text"}, {"Artist": "Artist", "Artist Name": "Artists"}),
]


@pytest.mark.parametrize(("columns", "expected"), ARTISTS)
def test_artists_as_relation_or_text_or_both(columns: dict[str, str], expected: dict[str, str]) -> None:
    seen = fit(**columns)
    assert {ours: fitted.name for ours, fitted in seen.columns.items()} == expected
    assert seen.mistyped == ()


def test_knows_a_column_by_its_id_and_where_a_relation_leads() -> None:
    there = source({"BPM": "number", "Artist": "relation"})
    there["properties"]["BPM"]["id"] = "%3Aab"
    there["properties"]["Artist"]["relation"] = {"database_id": "d", "data_source_id": "artists"}
    seen = fit_source(TRACKS, there, "Tracks")
    assert seen.columns["BPM"].property_id == "%3Aab"
    assert seen.columns["Artist"].points_to == "artists"


CALLED = [
    ("BPM", ["BPM"]),
    (" bpm ", ["BPM"]),
    ("Tempo", ["BPM"]),
    ("averagebpm", ["BPM"]),
    ("Titel", ["Title"]),  # their own spelling
    ("Name", ["Title"]),
    ("Artist", ["Artist Name"]),  # their text column of that name
    ("Artists", ["Artist Name", "Artist"]),  # either could be meant
    ("Mood", ["Mood"]),
]


@pytest.mark.parametrize(("name", "expected"), CALLED)
def test_knows_what_the_person_means_by_a_columns_name(name: str, expected: list[str]) -> None:
    assert fit(Titel="title", Artist="rich_text", Tempo="number").columns_called(name) == expected


def test_no_synonym_stands_under_two_words() -> None:
    words = [word.casefold() for ours, theirs in STATUS_SYNONYMS.items() for word in (ours, *theirs)]
    assert len(words) == len(set(words))


def test_no_column_of_ours_is_an_alias_of_an_earlier_one_of_its_type() -> None:
    claimed: set[tuple[str, str]] = set()
    for column in TRACKS:
        names = {(name.casefold(), kind) for name, _scale in column.names() for kind in column.types}
        assert not claimed & {(column.name.casefold(), kind) for kind in column.types}
        claimed |= names
