"""The twin speaks AcoustID's web service, and says no where AcoustID does."""

import gzip
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import jsonschema
import pytest

from integrations.sandbox.acoustid import CLIENT_KEY, AcoustIdTwin, Recording
from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog, Server
from tests.integrations.acoustid_stage import another_rip, sound
from tests.integrations.fpcalc_vector import TEXT, WORDS
from tests.integrations.sandbox.spotify_shapes import list_of, only, shape

SONG = Recording(title="Low Tide", artists=("Sunder", "Mira Vale"), duration_s=32)

UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
NUMBER, WORD = {"type": "number"}, {"type": "string"}
ARTIST = shape(id=UUID, name=WORD, joinphrase__maybe=WORD)
RECORDING = shape(id=UUID, title__maybe=WORD, duration__maybe=NUMBER, artists__maybe=list_of(ARTIST))
RESULT = shape(id=UUID, score={"type": "number", "minimum": 0, "maximum": 1}, recordings__maybe=list_of(RECORDING))
FOUND = shape(status=only("ok"), results=list_of(RESULT))
ERROR = shape(status=only("error"), error=shape(code={"type": "integer"}, message=WORD))

GOOD = {"client": CLIENT_KEY, "format": "json", "duration": "32", "fingerprint": TEXT, "meta": "recordings"}


class Stand:
    def __init__(self, twin: AcoustIdTwin, http: httpx.Client) -> None:
        self.twin, self.http = twin, http

    def post(self, **changes) -> httpx.Response:
        form = {name: value for name, value in (GOOD | changes).items() if value is not None}
        return self.http.post("/v2/lookup", data=form)

    def results(self, **changes):
        answer = self.post(**changes)
        assert answer.status_code == 200, answer.text
        jsonschema.validate(answer.json(), FOUND)
        return answer.json()["results"]


@pytest.fixture
def stand() -> Iterator[Stand]:
    twin = AcoustIdTwin()
    with Server(twin, faults=Faults(), log=RequestLog()) as server, httpx.Client(base_url=server.url) as http:
        yield Stand(twin, http)


def test_what_it_knows_it_names_in_full(stand):
    own_id = stand.twin.know(WORDS, 32.6, SONG, Recording(title=""))
    (result,) = stand.results()
    assert (result["id"], result["score"]) == (own_id, 1.0)
    named, nameless = result["recordings"]
    assert (named["id"], named["title"], named["duration"]) == (SONG.id, "Low Tide", 32.0)
    assert [(artist["name"], artist.get("joinphrase")) for artist in named["artists"]] == [
        ("Sunder", " & "),
        ("Mira Vale", None),
    ]
    assert list(nameless) == ["id"]


def test_a_query_and_gzip_do_as_well(stand):
    stand.twin.know(WORDS, 32, SONG)
    assert stand.http.get("/v2/lookup", params=GOOD).json()["results"][0]["score"] == 1.0
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
    packed = stand.http.post("/v2/lookup", content=gzip.compress(urlencode(GOOD).encode()), headers=headers)
    assert packed.json()["results"][0]["score"] == 1.0


@pytest.mark.parametrize(("meta", "has"), [("recordings", True), ("recordings sources", True), (None, False)])
def test_recordings_are_told_to_who_asks_for_them(stand, meta, has):
    stand.twin.know(WORDS, 32, SONG)
    assert ("recordings" in stand.results(meta=meta)[0]) is has


@pytest.mark.parametrize(("duration", "found"), [("25", 1), ("39", 1), ("24", 0), ("40", 0)])
def test_another_length_is_not_compared(stand, duration, found):
    stand.twin.know(WORDS, 32, SONG)
    assert len(stand.results(duration=duration)) == found


@pytest.mark.parametrize(
    ("known", "least", "most"),
    [
        (WORDS, 1.0, 1.0),
        (another_rip(WORDS, 0.05), 0.85, 0.95),
        (another_rip(WORDS, 0.15), 0.6, 0.8),
        (sound(9, 7) + WORDS, 1.0, 1.0),
        (WORDS[5:], 1.0, 1.0),
    ],
)
def test_scores_follow_the_bits(stand, known, least, most):
    stand.twin.know(known, 32, SONG)
    assert least <= stand.results()[0]["score"] <= most


def test_another_sound_is_not_found(stand):
    stand.twin.know(sound(9, 300), 32, SONG)
    assert stand.results() == []


def test_the_surest_comes_first_and_no_more_than_ten(stand):
    for seed in range(14):
        stand.twin.know(another_rip(WORDS, 0.005 * seed, seed), 32, Recording(title=f"Rip {seed}"))
    scores = [result["score"] for result in stand.results()]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 10


def test_a_track_is_told_by_its_id_without_a_search(stand):
    own_id = stand.twin.know(WORDS, 32, SONG)
    by_id = {"fingerprint": None, "duration": None}
    assert [result["id"] for result in stand.results(trackid=own_id, **by_id)] == [own_id]
    assert stand.results(trackid="00000000-0000-0000-0000-000000000000", **by_id) == []
    assert stand.twin.searched == []


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"client": None}, 2, 'missing required parameter "client"'),
        ({"client": "wrong"}, 4, "invalid API key"),
        ({"client": "wrong", "fingerprint": None}, 4, "invalid API key"),
        ({"format": "yaml"}, 1, 'unknown format "yaml"'),
        ({"duration": None}, 2, 'missing required parameter "duration"'),
        ({"duration": "0"}, 2, 'missing required parameter "duration"'),
        ({"duration": "32.5"}, 2, 'missing required parameter "duration"'),
        ({"fingerprint": None}, 2, 'missing required parameter "fingerprint"'),
        ({"fingerprint": TEXT[:40]}, 3, "invalid fingerprint"),
        ({"fingerprint": f"AA{TEXT[2:]}"}, 3, "invalid fingerprint"),
        ({"trackid": "no-uuid"}, 7, 'parameter "trackid" is not a valid UUID'),
    ],
)
def test_what_is_refused(stand, changes, code, message):
    answer = stand.post(**changes)
    assert answer.status_code == 400
    jsonschema.validate(answer.json(), ERROR)
    assert answer.json()["error"] == {"code": code, "message": message}


def test_there_is_nothing_else(stand):
    assert stand.http.post("/v2/submit", data=GOOD).status_code == 404
    assert stand.http.put("/v2/lookup", data=GOOD).status_code == 404
