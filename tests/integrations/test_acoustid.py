"""Our AcoustID part, before the loopback AcoustID."""

import io
import logging
from collections.abc import Iterator

import av
import numpy as np
import pytest
import soxr

from daemon.errors import AuthExpired, RateLimited, Unreachable
from daemon.models import Track
from daemon.pipeline.listening import chromaprint
from daemon.pipeline.recognising import judge_recognised
from integrations.acoustid import AcoustId
from integrations.sandbox import faults
from integrations.sandbox.acoustid import Recording
from integrations.sandbox.faults import Fault
from integrations.sandbox.music import Piece, play
from integrations.sandbox.world import World, recorded
from tests.integrations.acoustid_stage import KEY, AcoustIdStage, acoustid_stage, another_rip, sound

SONG = Recording(title="Glass Harbour", artists=("Mira Vale",), duration_s=213)


@pytest.fixture
def stage(patience_s) -> Iterator[AcoustIdStage]:
    with acoustid_stage(patience_s) as stage:
        yield stage


def requests(stage) -> int:
    return len(stage.log.of("acoustid", method="POST", path="/v2/lookup"))


def complaint(code: int, message: str, status: int = 400) -> Fault:
    return faults.answer(status, f'{{"status": "error", "error": {{"code": {code}, "message": "{message}"}}}}'.encode())


# --- what is asked ---------------------------------------------------------------------------------------------------


def test_the_key_is_in_no_address_and_in_no_log(stage, caplog):
    caplog.set_level(logging.DEBUG)
    stage.acoustid().recognise(sound(1), 213)
    (line,) = stage.log.of("acoustid")
    assert (line.method, line.path, dict(line.query), line.status) == ("POST", "/v2/lookup", {}, 200)
    assert KEY not in caplog.text


def test_the_first_two_minutes_are_enough(stage):
    """AcoustID has the first 120 s of most recordings; a later end must not matter."""
    stage.twin.know(sound(1, 948), 500, SONG)
    (found,) = stage.acoustid().recognise([*sound(1, 948), *sound(2, 3000)], 500)
    assert (found.score, stage.twin.searched) == (1.0, [948])


@pytest.mark.parametrize(("duration_s", "found"), [(213.99, 1), (219.9, 1), (222, 0), (205.9, 0), (0.4, 0)])
def test_whole_seconds_are_told(stage, duration_s, found):
    stage.twin.know(sound(1), 213, SONG)
    assert len(stage.acoustid().recognise(sound(1), duration_s)) == found


def test_no_words_are_no_question(stage):
    assert stage.acoustid().recognise([], 2.5) == ()
    assert requests(stage) == 0


def test_three_a_second_at_most(stage):
    acoustid = stage.acoustid()
    for _ in range(7):
        acoustid.recognise(sound(1), 213)
    assert stage.clock.pauses == pytest.approx([1 / 3] * 6)


def test_after_a_while_nobody_waits(stage):
    acoustid = stage.acoustid()
    acoustid.recognise(sound(1), 213)
    stage.clock.now_s += 5
    acoustid.recognise(sound(1), 213)
    assert stage.clock.pauses == []


# --- what an answer means --------------------------------------------------------------------------------------------


def test_a_recording_is_told_once_with_its_best_score(stage):
    stage.twin.know(another_rip(sound(1), 0.05), 213, SONG)
    stage.twin.know(sound(1), 213, SONG, Recording(title="Glass Harbour (live)"), Recording(title=""))
    found = stage.acoustid().recognise(sound(1), 213)
    assert [(one.title, one.score, one.artists, one.duration_s) for one in found] == [
        ("Glass Harbour", 1.0, ("Mira Vale",), 213.0),
        ("Glass Harbour (live)", 1.0, (), None),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": "ok", "results": [{"id": "x", "score": 0.9}]}',
        b'{"status": "ok", "results": [{"id": "x", "score": 0.9, "recordings": null}]}',
        b'{"status": "ok", "results": [{"id": "x", "score": 0.9, "recordings": [{"id": "y"}, 7, {"title": "Z"}]}]}',
    ],
)
def test_what_has_no_name_is_left_out(stage, body):
    stage.faults.add("acoustid", faults.answer(200, body))
    assert stage.acoustid().recognise(sound(1), 213) == []


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (complaint(4, "invalid API key"), AuthExpired, "ACOUSTID_API_KEY"),
        (complaint(17, "unknown application"), AuthExpired, "ACOUSTID_API_KEY"),
        (faults.answer(403, b"Forbidden"), Unreachable, "HTTP 403"),
        (complaint(14, "rate limit exceeded", 429), RateLimited, "slow down"),
        (complaint(14, "rate limit exceeded"), RateLimited, "slow down"),
        (complaint(3, "invalid fingerprint"), Unreachable, "invalid fingerprint"),
        (complaint(5, f"internal error for {KEY}", 500), Unreachable, "internal error for …"),
        (complaint(13, "service currently unavailable", 503), Unreachable, "currently unavailable"),
        (Fault("answer", 503, (("Retry-After", "60"),), b"{}"), RateLimited, "no time for us"),
        (Fault("answer", 503, (("Retry-After", "soon"),), b"{}"), Unreachable, "HTTP 503"),
        (faults.answer(404, b"Not found"), Unreachable, "ACOUSTID_API_BASE"),
        (faults.answer(302, b""), Unreachable, "ACOUSTID_API_BASE"),
        (faults.answer(200, b'{"status": "ok"}'), Unreachable, "HTTP 200"),
        (faults.answer(200, b'{"status": "ok", "results": ["x"]}'), Unreachable, "without its score"),
        (faults.answer(200, b'{"status": "ok", "results": [{"id": "x"}]}'), Unreachable, "without its score"),
        (faults.html(200), Unreachable, "ACOUSTID_API_BASE"),
        (faults.slow(30), Unreachable, "in time"),
        (faults.reset(), Unreachable, "broke the connection off"),
    ],
)
def test_what_an_answer_means(stage, fault, error, words):
    stage.faults.add("acoustid", fault, times=None)
    with pytest.raises(error) as caught:
        stage.acoustid().recognise(sound(1), 213)
    assert words in str(caught.value)
    assert KEY not in str(caught.value)


def test_what_a_busy_service_asks_for(stage):
    stage.faults.add("acoustid", Fault("answer", 503, (("Retry-After", "60"),), b"{}"))
    with pytest.raises(RateLimited) as caught:
        stage.acoustid().recognise(sound(1), 213)
    assert caught.value.retry_after_s == 60


@pytest.mark.parametrize(
    "fault", [faults.reset(), faults.lost(), faults.cut(3), faults.server_error(503), faults.rate_limited()]
)
def test_a_hiccup_is_asked_again(stage, fault):
    stage.twin.know(sound(1), 213, SONG)
    stage.faults.add("acoustid", fault, times=2)
    assert stage.acoustid().recognise(sound(1), 213)
    assert requests(stage) == 3


@pytest.mark.parametrize("fault", [faults.slow(30), faults.rate_limited(60), complaint(4, "invalid API key")])
def test_what_will_not_pass_is_not_asked_again(stage, fault):
    stage.faults.add("acoustid", fault, times=1)
    with pytest.raises((Unreachable, RateLimited, AuthExpired)):
        stage.acoustid().recognise(sound(1), 213)
    assert requests(stage) <= 1  # what comes too late is not in the log yet


def test_nobody_is_there():
    acoustid = AcoustId(KEY, "http://127.0.0.1:1", 1.0, pause=lambda _: None)
    with pytest.raises(Unreachable) as caught:
        acoustid.recognise(sound(1), 213)
    check = acoustid.check()
    acoustid.close()
    told = "AcoustID at http://127.0.0.1:1 cannot be reached; look at the network, and at ACOUSTID_API_BASE if you have"
    assert str(caught.value) == f"{told} set it."
    assert (check.level, check.todo) == (
        "warning",
        "Nothing, unless it lasts: tracks are filed without AcoustID's word.",
    )


# --- doctor ----------------------------------------------------------------------------------------------------------


def test_a_check_searches_for_nothing(stage):
    check = stage.acoustid().check()
    assert (check.level, check.text) == ("ok", "AcoustID answers, and knows our key")
    assert (requests(stage), stage.twin.searched) == (1, [])


@pytest.mark.parametrize("key", ["wrong", "", "schlüssel mit leerzeichen"])
def test_a_key_that_is_none(stage, key):
    check = stage.acoustid(api_key=key).check()
    assert (check.name, check.level, check.todo) == (
        "acoustid",
        "problem",
        "Correct ACOUSTID_API_KEY, or clear it.",
    )
    assert "acoustid.org/new-application" in check.text


def test_a_proxy_in_the_environment_is_not_asked_for_this_machine(stage, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert stage.acoustid().check().level == "ok"


# --- in the whole sandbox --------------------------------------------------------------------------------------------


def words_of(piece: Piece) -> list[int]:
    """What somebody with the record itself has sent in."""
    sound = soxr.resample(play(piece, 48_000).mean(axis=0), 48_000, chromaprint.SAMPLE_RATE_HZ)
    words: list[int] = chromaprint.fingerprint(sound).tolist()
    return words


def words_of_download(piece: Piece) -> list[int]:
    """What we hear in what a service has."""
    to_mono = av.AudioResampler("fltp", "mono", chromaprint.SAMPLE_RATE_HZ)
    with av.open(io.BytesIO(recorded(piece, "mp3", 96).data)) as file:
        frames = [part.to_ndarray() for frame in file.decode(audio=0) for part in to_mono.resample(frame)]
    words: list[int] = chromaprint.fingerprint(np.concatenate(frames, axis=1)[0]).tolist()
    return words


def test_a_wrong_recording_of_the_right_length_is_caught(tmp_path):
    right = Piece("Glass Harbour", "Mira Vale", 124.0, "Am", 18.0, seed=11)
    wrong = Piece("Copper Sun", "Anouk Fields", 110.0, "D", 18.0, seed=14)
    unknown = Piece("Low Tide", "Sunder", 128.0, "Gm", 18.0, seed=13)
    wanted = Track(title=right.title, artists=(right.artist,), duration_s=right.duration_s)
    with World(tmp_path) as world:
        for piece in (right, wrong):
            known = Recording(title=piece.title, artists=(piece.artist,), duration_s=piece.duration_s)
            world.twins.acoustid.know(words_of(piece), piece.duration_s, known)
        environ = world.environ()
        assert "ACOUSTID_API_KEY" not in environ
        acoustid = AcoustId(world.twins.acoustid.client_key, environ["ACOUSTID_API_BASE"])
        verdicts = {
            piece.title: judge_recognised(
                wanted, acoustid.recognise(words_of_download(piece), piece.duration_s)
            ).verdict
            for piece in (right, wrong, unknown)
        }
        acoustid.close()
    assert verdicts == {"Glass Harbour": "confirmed", "Copper Sun": "another", "Low Tide": "unknown"}
