"""Our search at Spotify, before the loopback Spotify."""

from collections.abc import Iterator

import pytest

from daemon.errors import AuthExpired, RateLimited, Unreachable
from daemon.models import Alias, Service, Track
from integrations.sandbox import faults
from integrations.sandbox.spotify import local_file_object, track_object
from integrations.spotify import SpotifySearch
from tests.contracts.faults_table import BROKEN, RATE_LIMITED
from tests.integrations.spotify_stage import SpotifyStage, spotify_stage

SONG = track_object("Glass Harbour", ["Mira Vale", "Sunder"], isrc="QZSBX2400011", duration_ms=213_500)
OTHER = track_object("Paper Lanterns", ["The Quiet Engines"], isrc="QZSBX2400012")
WANTED = Track(title="Glass Harbour", artists=("Mira Vale",))


@pytest.fixture
def stage(tmp_path, patience_s) -> Iterator[SpotifyStage]:
    with spotify_stage(tmp_path, patience_s=patience_s) as stage:
        stage.twin.add(SONG, OTHER)
        yield stage


def titles(found):
    return [track.title for track in found]


def asked(stage):
    return [line.query for line in stage.log.of("spotify", path="/v1/search")]


def test_what_is_found_is_told_in_full(stage):
    (found,) = SpotifySearch(stage.session()).recordings(WANTED, 10)
    assert (found.title, found.artists, found.isrc) == ("Glass Harbour", ("Mira Vale", "Sunder"), "QZSBX2400011")
    assert (found.duration_s, found.release_date) == (213.5, "2024-03-01")
    assert found.aliases == (Alias(service=Service.SPOTIFY, id=SONG["id"]),)
    assert found.urls == {Service.SPOTIFY: SONG["external_urls"]["spotify"]}


def test_names_are_one_question_with_fields(stage):
    SpotifySearch(stage.session()).recordings(WANTED, 7)
    assert asked(stage) == [
        {"q": 'track:"Glass Harbour" artist:"Mira Vale"', "limit": "7", "offset": "0", "type": "track"}
    ]


def test_the_isrc_is_asked_first(stage):
    wanted = Track(title="Something else", artists=("Nobody",), isrc="QZSBX2400012")
    assert titles(SpotifySearch(stage.session()).recordings(wanted, 5)) == ["Paper Lanterns"]
    assert [query["q"] for query in asked(stage)] == ["isrc:QZSBX2400012"]


def test_names_are_asked_where_the_isrc_is_unknown(stage):
    wanted = Track(title="Glass Harbour", artists=("Mira Vale",), isrc="QZSBX2499999")
    assert titles(SpotifySearch(stage.session()).recordings(wanted, 5)) == ["Glass Harbour"]
    assert len(asked(stage)) == 2


def test_the_nearest_title_comes_first(stage):
    stage.twin.add(
        track_object("Glass Harbour (Solano Remix)", ["Mira Vale"]),
        track_object("Glass Harbour (Live at the Pier)", ["Mira Vale"]),
    )
    found = titles(SpotifySearch(stage.session()).recordings(WANTED, 2))
    assert found == ["Glass Harbour", "Glass Harbour (Solano Remix)"]


def test_no_more_than_spotify_gives_at_once(stage):
    stage.twin.add(*(track_object(f"Glass Harbour {number}", ["Mira Vale"]) for number in range(20)))
    assert len(SpotifySearch(stage.session()).recordings(WANTED, 50)) == 10
    assert [query["limit"] for query in asked(stage)] == ["10"]


@pytest.mark.parametrize(
    ("wanted", "query"),
    [
        (Track(title='The "Glass" Harbour', artists=('"Mira" Vale',)), 'track:"The Glass Harbour" artist:"Mira Vale"'),
        (Track(title="Glass Harbour"), 'track:"Glass Harbour"'),
        (Track(title="artist: unknown", artists=("A", "B")), 'track:"artist: unknown" artist:"A"'),
        (Track(title="word " * 60, artists=("name " * 60,)), f'track:"{"word " * 27}word" artist:"{"name " * 15}name"'),
        (Track(title="a" * 300, artists=("b" * 300,)), f'track:"{"a" * 140}" artist:"{"b" * 80}"'),
        (Track(title="硝子の港", artists=("夜の港",)), 'track:"硝子の港" artist:"夜の港"'),
    ],
)
def test_how_names_are_put(stage, wanted, query):
    SpotifySearch(stage.session()).recordings(wanted, 5)
    assert [one["q"] for one in asked(stage)] == [query]


@pytest.mark.parametrize(("wanted", "limit"), [(Track(title=""), 5), (Track(title=' " '), 5), (WANTED, 0)])
def test_nothing_is_asked_about_nothing(stage, wanted, limit):
    assert SpotifySearch(stage.session()).recordings(wanted, limit) == ()
    assert asked(stage) == []


def test_what_spotify_does_not_have_is_not_there(stage):
    assert SpotifySearch(stage.session()).recordings(Track(title="Low Tide", artists=("Sunder",)), 5) == ()


def test_what_is_no_track_of_spotifys_is_left_out(stage):
    stage.twin.tracks["file"] = {**local_file_object("Glass Harbour", "Mira Vale"), "album": SONG["album"]}
    assert titles(SpotifySearch(stage.session()).recordings(WANTED, 5)) == ["Glass Harbour"]


@pytest.mark.parametrize("trouble", [*BROKEN, *RATE_LIMITED], ids=str)
def test_trouble_is_an_error_and_never_an_empty_answer(stage, trouble):
    search = SpotifySearch(stage.session())
    stage.faults.add("spotify", trouble.fault, route="/v1/search", times=None)
    with pytest.raises(trouble.error) as caught:
        search.recordings(WANTED, 5)
    assert caught.value.retry_after_s == trouble.retry_after_s
    assert not [secret for secret in stage.secrets() if secret in str(caught.value)]


def test_a_page_that_is_none(stage):
    stage.faults.add("spotify", faults.answer(200, b'{"tracks": {"items": null}}'), route="/v1/search")
    with pytest.raises(Unreachable, match="not Spotify's"):
        SpotifySearch(stage.session()).recordings(WANTED, 5)


def test_a_log_in_that_is_over(stage):
    stage.twin.accounts.revoke()
    with pytest.raises(AuthExpired, match="login spotify"):
        SpotifySearch(stage.session()).recordings(WANTED, 5)


def test_patience_is_told(stage):
    stage.faults.add("spotify", faults.rate_limited(30), route="/v1/search")
    with pytest.raises(RateLimited, match="30 s"):
        SpotifySearch(stage.session()).recordings(WANTED, 5)
