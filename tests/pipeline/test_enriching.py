"""What one description adds to another."""

from __future__ import annotations

from daemon.models import Alias, Candidate, Service, Source, Track
from daemon.pipeline.enriching import enriched_by, found_at, told_by

UPLOAD = Track(
    title="glass harbour (remix)",
    artists=("mira vale",),
    duration_s=200.0,
    genre="House",
    aliases=(Alias(service=Service.SOUNDCLOUD, id="1001"),),
    urls={Service.SOUNDCLOUD: "https://soundcloud.com/mira/glass"},
)
CATALOGUE = Track(
    title="Glass Harbour - Remix",
    artists=("Mira Vale",),
    featured=("Ada Reyes",),
    album="Harbours",
    duration_s=201.0,
    isrc="QZSBX2400011",
    genre="Pop",
    release_date="2024-03-01",
    aliases=(Alias(service=Service.SPOTIFY, id="4uLU"),),
    urls={Service.SPOTIFY: "https://open.spotify.com/track/4uLU"},
)


def test_every_value_keeps_who_said_it():
    track = enriched_by(told_by(Service.SOUNDCLOUD, UPLOAD), CATALOGUE)
    assert (track.title, track.artists, track.featured) == ("Glass Harbour - Remix", ("Mira Vale",), ("Ada Reyes",))
    assert (track.genre, track.duration_s) == ("House", 200.0), "what the place says of its own sound stays"
    assert (track.album, track.isrc, track.release_date) == ("Harbours", "QZSBX2400011", "2024-03-01")
    assert track.origins == {
        "title": "spotify",
        "artists": "spotify",
        "featured": "spotify",
        "remixers": "spotify",
        "version": "spotify",
        "duration_s": "soundcloud",
        "genre": "soundcloud",
        "album": "spotify",
        "isrc": "spotify",
        "release_date": "spotify",
    }


def test_an_address_is_taken_over_and_an_id_is_not():
    track = enriched_by(UPLOAD, CATALOGUE)
    assert track.urls == UPLOAD.urls | CATALOGUE.urls
    assert track.aliases == UPLOAD.aliases


def test_what_was_told_before_keeps_its_origin():
    read = told_by(Service.SOUNDCLOUD, Track(title="A", artists=("B",), origins={"artists": "title"}))
    assert read.origins == {"artists": "title", "title": "soundcloud"}


def test_where_the_sound_came_from_is_an_address_and_an_alias_of_it():
    place = Candidate(service=Service.YOUTUBE, id="dQw4w9WgXcQ", url="https://youtu.be/x", title="")
    track = found_at(UPLOAD, Source(candidate=place, score=1.0, evidence=""))
    assert track.urls[Service.YOUTUBE] == "https://youtu.be/x"
    assert Alias(service=Service.YOUTUBE, id="dQw4w9WgXcQ") in track.aliases


def test_a_file_and_a_page_of_the_web_are_no_address_of_the_recording():
    place = Candidate(service=Service.WEB, id="https://x.example/a", url="https://x.example/a", title="")
    assert found_at(UPLOAD, Source(candidate=place, score=1.0, evidence="")) == UPLOAD
