"""The twin searches as Spotify does: fields, limits, order; asked through spotipy."""

from collections.abc import Iterator

import jsonschema
import pytest
import requests
import spotipy

from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog, Server
from integrations.sandbox.spotify import SpotifyTwin, track_object
from tests.integrations.sandbox import spotify_shapes as shapes

ORIGINAL = track_object("Glass Harbour", ["Mira Vale", "Sunder"], isrc="QZSBX2400011", album="Tides")
REMIX = track_object("Glass Harbour (Solano Remix)", ["Mira Vale"], isrc="QZSBX2400013", album="Tides Remixed")
COVER = track_object("Glass Harbour", ["Anouk Fields"], isrc="QZSBX2400014", release_date="2019-05-01")
ACCENTS = track_object("Café Über d'Été", ["Björk Åse"], isrc="QZSBX2400015")


@pytest.fixture
def spotify() -> Iterator[spotipy.Spotify]:
    twin = SpotifyTwin(client_id="client", client_secret="hush")
    twin.add(REMIX, ORIGINAL, COVER, ACCENTS)
    with Server(twin, faults=Faults(), log=RequestLog()) as server, requests.Session() as session:
        form = {"grant_type": "refresh_token", "refresh_token": twin.accounts.consent()}
        token = session.post(f"{server.url}/api/token", data=form, auth=("client", "hush"), timeout=5).json()
        client = spotipy.Spotify(auth=token["access_token"], requests_session=session, requests_timeout=5)
        client.prefix = f"{server.url}/v1/"
        client.twin = twin
        yield client


def found(spotify, query, **more):
    answer = spotify.search(query, type="track", **more)
    jsonschema.validate(answer, shapes.FOUND_TRACKS)
    return answer["tracks"]["items"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('track:"glass harbour" artist:"mira vale"', [ORIGINAL, REMIX]),
        ("track:glass harbour artist:mira vale", [ORIGINAL, REMIX]),
        ('artist:"mira vale" track:"glass harbour"', [ORIGINAL, REMIX]),
        ('track:"glass harbour"', [ORIGINAL, COVER, REMIX]),
        ('track:"glass harbour (solano remix)"', [REMIX]),
        ('track:"glass harbour" solano', [REMIX]),
        ('track:"mira vale"', []),
        ('artist:"glass harbour"', []),
        ('track:"glass" artist:"anouk fields"', [COVER]),
        ('artist:"sunder"', [ORIGINAL]),
        ("isrc:QZSBX2400014", [COVER]),
        ("isrc:qzsbx2400014", [COVER]),
        ("isrc:QZSBX24000", []),
        ("isrc:QZSBX2400014 track:lanterns", []),
        ("year:2019", [COVER]),
        ("album:remixed glass", []),
        ("album:tides", [ORIGINAL, REMIX]),
        ("cafe uber dete", [ACCENTS]),
        ('track:"CAFÉ" artist:"bjork"', [ACCENTS]),
        ("glass harb", [ORIGINAL, COVER, REMIX]),
        ("glas harbour", []),
        ('track:""', []),
    ],
)
def test_fields_and_order(spotify, query, expected):
    assert [track["id"] for track in found(spotify, query)] == [track["id"] for track in expected]


def test_the_popular_one_of_two_equals_comes_first(spotify):
    spotify.twin.add({**COVER, "popularity": 80})
    assert [track["id"] for track in found(spotify, "track:glass")][:2] == [COVER["id"], ORIGINAL["id"]]


def test_pages(spotify):
    spotify.twin.add(*(track_object(f"Tram {number:02}", ["Ana"]) for number in range(12)))
    assert len(found(spotify, "tram")) == 10  # spotipy asks for ten; Spotify itself would give five
    assert [track["name"] for track in found(spotify, "tram", limit=10, offset=10)] == ["Tram 10", "Tram 11"]
    page = spotify.search("tram", limit=4, offset=4, type="track")["tracks"]
    assert (page["total"], page["limit"], page["offset"]) == (12, 4, 4)
    following = spotify.next(page)["tracks"]["items"]
    assert [track["name"] for track in following] == ["Tram 08", "Tram 09", "Tram 10", "Tram 11"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"q": "tram", "limit": 11}, "Invalid limit"),
        ({"q": "tram", "limit": 0}, "Invalid limit"),
        ({"q": "tram", "offset": 1001}, "Invalid offset"),
        ({"q": " "}, "No search query"),
        ({"q": "a" * 251}, "maximum length of 250"),
        ({"q": "tram", "type": "colour"}, "Bad search type"),
    ],
)
def test_what_is_refused(spotify, asked, said):
    with pytest.raises(spotipy.SpotifyException, match=said) as caught:
        spotify.search(**asked)
    assert caught.value.http_status == 400
