"""What is too large for Notion: carried all the same, read back as was foretold, and never mistaken for an edit."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.board.remembered import same
from daemon.models import Filed, Service, Track
from tests.board.office import SOUNDCLOUD_URL, SPOTIFY_ID, SPOTIFY_URL, Office, an_office
from tests.ledger.given import a_file

EMOJI = "👩🏽‍🎤🇮🇸é" * 625
ARABIC = "ليلة العبارة " * 385
"""5,000 letters each, in words of their own direction."""
MANY = tuple(f"Artist No. {number}" for number in range(130))
LONG_FINGERPRINT = bytes(range(251)) * 747
"""250,000 characters as they stand in the cell."""
LONG_ADDRESS = "https://i.scdn.co/image/" + "c" * 3000
SHOWN = 100
"""Pieces of text, or relations: Notion takes no more."""
QUERY = "POST data_sources"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        office.first_contact()
        yield office


def filed(office: Office, **told: Any) -> str:
    """A track that is done, carried, and as it says."""
    track = Track(**{"title": "Night Ferry", "artists": ("Ada Reyes",), "urls": {Service.SPOTIFY: SPOTIFY_URL}, **told})
    track_id = str(office.liked(track))
    office.ends(track_id, Filed(files=(a_file(),)))
    return track_id


def carried_for_good(office: Office, track_id: str) -> dict[str, Any]:
    """Carries it, and sees that everything rests: nothing is refused, nothing is asked again, nothing is the person's.
    Answers the row as it is read."""
    office.log.clear()
    assert [one.error for one in office.outbox.carry_due()] == [None]
    assert {line.status for line in office.log.of("notion")} == {200}
    row = office.reader.row(office.row_id(track_id))
    foretold = office.board.as_read(office.showing.of(office.ledger.tracks.get(track_id)))
    assert {column: value for column, value in foretold.items() if not same(value, row.values[column])} == {}

    office.ledger.outbox.enqueue("notion", track_id)
    assert office.carry() == []
    office.clock.forward(3600)
    assert office.look() == [QUERY]
    assert office.reconciling.run().put_right == 0
    assert office.carry() == []
    mirror = office.ledger.outbox.mirror("notion", track_id)
    assert (office.ledger.tracks.get(track_id).edits, mirror.theirs) == ({}, frozenset())
    assert office.reader.row(row.id).values == row.values
    return dict(row.values)


@pytest.mark.parametrize("title", [EMOJI, ARABIC, EMOJI[::-1], "e" + "\u0301" * 5000, "\u202e" + ARABIC], ids=range(5))
def test_a_title_of_five_thousand_letters_stands_there_whole(office: Office, title: str) -> None:
    track_id = filed(office, title=title)
    assert office.ledger.tracks.get(track_id).track.title == title
    assert carried_for_good(office, track_id)["Title"] == title


def test_of_a_hundred_and_thirty_artists_a_hundred_are_related_and_all_are_named(office: Office) -> None:
    track_id = filed(office, artists=MANY)
    there = carried_for_good(office, track_id)
    assert there["Artist Name"] == ", ".join(MANY)
    assert len(office.row_of(track_id)["Artist"]) == SHOWN
    assert len(set(office.row_of(track_id)["Artist"])) == SHOWN
    assert office.ledger.tracks.get(track_id).track.artists == MANY


def test_a_hundred_and_thirty_artists_are_made_once(office: Office) -> None:
    carried_for_good(office, filed(office, artists=MANY))
    url = "https://open.spotify.com/track/0000000000000000000007"
    again = Track(title="Ferry at Noon", artists=MANY[::-1], urls={Service.SPOTIFY: url})
    other = office.liked(again, Service.SPOTIFY, "0000000000000000000007", url)
    office.ends(other, Filed(files=(a_file(),)))
    assert office.carry() == [QUERY, "POST pages"], "every artist is known"


@pytest.mark.parametrize("fingerprint", [LONG_FINGERPRINT[:3000], LONG_FINGERPRINT], ids=len)
def test_a_long_fingerprint_is_cut_in_the_row_alone(office: Office, fingerprint: bytes) -> None:
    track_id = filed(office)
    office.ledger.sounds.claim(track_id, fingerprint, 215.0, index_words=(), is_twin=lambda _theirs, _s: None)
    text = base64.b64encode(fingerprint).decode()
    there = carried_for_good(office, track_id)["Fingerprint"]
    assert there == text if len(text) <= 200_000 else text.startswith(there.removesuffix("…"))
    assert len(there) > 199_000 or there == text
    assert office.ledger.sounds.words(track_id) == fingerprint


def test_a_fingerprint_that_differs_from_the_one_before_is_written(office: Office) -> None:
    track_id = filed(office)
    for sound in (LONG_FINGERPRINT[:3000], LONG_FINGERPRINT[4:3004]):
        office.ledger.sounds.claim(track_id, sound, 215.0, index_words=(), is_twin=lambda _theirs, _s: None)
        office.ledger.outbox.enqueue("notion", track_id)
        there = carried_for_good(office, track_id)["Fingerprint"]
        assert there == base64.b64encode(sound).decode()


def test_an_address_of_three_thousand_characters_is_left_out(office: Office) -> None:
    track_id = filed(office, artwork_url=LONG_ADDRESS)
    assert carried_for_good(office, track_id)["Image URL"] is None
    assert office.ledger.tracks.get(track_id).track.artwork_url == LONG_ADDRESS


def test_a_track_whose_only_address_is_too_long_has_one_row(office: Office) -> None:
    """It stands in no column to be found by: what is known of its row is in the ledger alone."""
    url = f"{SOUNDCLOUD_URL}?{'s' * 3000}"
    track_id = office.liked(Track(title="x", urls={Service.SOUNDCLOUD: url}), Service.SOUNDCLOUD, url, url)
    office.ends(track_id, Filed(files=(a_file(),)))
    carried_for_good(office, track_id)
    assert len(office.rows()) == 1


@pytest.mark.parametrize("genre", ["House, Deep, Dub", ", ,", "g" * 300, "Drum, " * 60])
def test_a_genre_with_commas_is_an_option_and_stays_whole_in_the_ledger(office: Office, genre: str) -> None:
    track_id = filed(office, genre=genre)
    there = carried_for_good(office, track_id)["Genre"]
    assert there == (genre.split(",")[0].strip()[:SHOWN] or None)
    assert office.ledger.tracks.get(track_id).track.genre == genre


def test_everything_at_once(office: Office) -> None:
    """Together they are more than one request takes."""
    track_id = filed(
        office, title=EMOJI * 10, artists=MANY, album=ARABIC * 30, artwork_url=LONG_ADDRESS, genre="House, Deep"
    )
    office.ledger.sounds.claim(track_id, LONG_FINGERPRINT, 215.0, index_words=(), is_twin=lambda _theirs, _s: None)
    there = carried_for_good(office, track_id)
    assert (there["Title"], there["Album"]) == (EMOJI * 10, ARABIC * 30)
    assert office.board.find({"Spotify ID": SPOTIFY_ID}).id == office.row_id(track_id)
