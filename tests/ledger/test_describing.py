"""What a description does to what was known: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.ledger import Ledger
from daemon.ledger.describing import DESCRIPTION, description_after
from daemon.ledger.values import from_json, to_json
from daemon.models import Service, Track
from tests.ledger.given import a_ref

SPOTIFY_URL = {Service.SPOTIFY: "https://open.spotify.example/1"}
KNOWN = Track(
    title="Glass Harbour (Mira Vale Remix)",
    artists=("Kilo Nine",),
    featured=("Ada Reyes",),
    remixers=("Mira Vale",),
    version=("remix",),
    album="Crossings",
    isrc="QZSBX2400021",
    urls=SPOTIFY_URL,
    origins={"artists": "spotify", "featured": "title", "version": "title", "album": "spotify", "isrc": "spotify"},
)


def after(known: Track, *told: Track) -> Track:
    """`known` as the ledger reads it once all of that was told, in turn."""
    plain: dict[str, Any] = to_json(known)
    for one in told:
        plain = plain | description_after(plain, one)
    return from_json(Track, plain)


def without(*fields: str) -> dict[str, str]:
    return {name: origin for name, origin in KNOWN.origins.items() if name not in fields}


@pytest.mark.parametrize(
    ("told", "changed"),
    [
        (Track(title=""), {}),
        (Track(title="", featured=("Sunder",)), {"featured": ("Sunder",), "origins": without("featured")}),
        (Track(title="", remixers=("Sunder",), version=("edit",)), {
            "remixers": ("Sunder",), "version": ("edit",), "origins": without("version"),
        }),
        (Track(title="", artists=("Kilo Nine",)), {
            "featured": (), "remixers": (), "version": (), "origins": without("featured", "version"),
        }),
        (Track(title="", artists=("Sunder",), featured=("Ada Reyes",)), {
            "artists": ("Sunder",), "remixers": (), "version": (), "origins": without("artists", "version"),
        }),
    ],
    ids=["nothing", "a guest", "another remixer", "the same artists", "other artists, the same guest"],
)  # fmt: skip
def test_artists_guests_remixers_and_version_are_one_statement(told: Track, changed: dict[str, Any]) -> None:
    assert after(KNOWN, told) == replace(KNOWN, **changed)


@pytest.mark.parametrize(
    ("told", "isrc_is_from", "album_is_from"),
    [
        (Track(title="", isrc="QZSBX2400021"), "spotify", "spotify"),
        (Track(title="", isrc="QZSBX2400021", origins={"isrc": "soundcloud"}), "soundcloud", "spotify"),
        (Track(title="", isrc="GB0000000000"), None, "spotify"),
        (Track(title="", isrc="GB0000000000", origins={"isrc": "soundcloud"}), "soundcloud", "spotify"),
        (Track(title="", origins={"isrc": "soundcloud", "album": "soundcloud"}), "spotify", "spotify"),
    ],
    ids=["repeated", "repeated by another", "changed by nobody", "changed by another", "named without a value"],
)
def test_a_value_keeps_the_name_of_who_said_it(
    told: Track, isrc_is_from: str | None, album_is_from: str | None
) -> None:
    origins = after(KNOWN, told).origins
    assert (origins.get("isrc"), origins.get("album")) == (isrc_is_from, album_is_from)


def test_an_origin_of_something_that_is_no_column_is_kept() -> None:
    told = Track(title="", urls={Service.YOUTUBE: "https://youtube.example/y"}, origins={"url_youtube": "search"})
    assert after(KNOWN, told).origins == {**KNOWN.origins, "url_youtube": "search"}


names = st.lists(st.sampled_from("abcd"), max_size=2).map(tuple)
words = st.sampled_from([None, "a", "b"])
descriptions = st.builds(
    Track,
    title=st.sampled_from(["", "a", "b"]),
    artists=names,
    featured=names,
    remixers=names,
    version=names,
    album=words,
    isrc=words,
    genre=words,
    duration_s=st.sampled_from([None, 1.0, 2.0]),
    urls=st.dictionaries(st.sampled_from(list(Service)), st.sampled_from("ab")),
    origins=st.dictionaries(st.sampled_from([*DESCRIPTION, "url_web"]), st.sampled_from(["spotify", "title"])),
)


@given(descriptions, descriptions)
def test_what_is_told_stands_and_what_is_left_out_stays(known: Track, told: Track) -> None:
    result = after(known, told)

    for name in DESCRIPTION:
        was, is_, said = (getattr(track, name) for track in (known, result, told))
        is_told = bool(said) or (bool(told.artists) and name in ("featured", "remixers", "version"))
        assert is_ == (said if is_told else was), name
        if not is_told:
            assert result.origins.get(name) == known.origins.get(name)
        elif name in told.origins:
            assert result.origins[name] == told.origins[name]
    assert result.urls == {**known.urls, **told.urls}


@given(descriptions, descriptions)
def test_telling_it_twice_is_telling_it_once(known: Track, told: Track) -> None:
    assert after(known, told, told) == after(known, told)


def test_the_ledger_describes_by_that_rule(ledger: Ledger) -> None:
    track_id = ledger.tracks.open(a_ref("one"), KNOWN).track_id
    told = Track(title="", artists=("Sunder",), album="Elsewhere", origins={"album": "soundcloud"})

    first = ledger.tracks.get(track_id).track
    ledger.tracks.describe(track_id, told)

    assert first == replace(KNOWN, urls=SPOTIFY_URL, aliases=first.aliases)
    assert ledger.tracks.get(track_id).track == after(first, told)
