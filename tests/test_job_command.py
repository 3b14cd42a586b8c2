"""`cratekeeper job …` as a person meets it: the real command line, a sandbox world, real audio."""

from __future__ import annotations

import json
import signal
from dataclasses import replace

import pytest

from daemon.models import Status
from integrations.sandbox import faults
from integrations.sandbox.music import Piece
from integrations.sandbox.spotify import Playlist, playlist_line
from integrations.sandbox.world import recorded
from tests.house import a_home, alive, until
from tests.pipeline.works import on_youtube, only_known_to_spotify
from tests.program import changed

NIGHT_FERRY = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 10.0, seed=51)
SLOW_RIVER = Piece("Slow River", "Juno Park", 96.0, "C", 9.0, seed=52)
HILL_ROAD = Piece("Hill Road", "Ines Marlow", 118.0, "Am", 12.0, seed=53)
AUDIO = "/*.128.mp3"
QUICK = changed(pace={"tracks_poll_s": 0.1, "outbox_s": 0.3})
DONE, FAILED, MISREAD, LATER, CONFIG = 0, 1, 2, 75, 78


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def job(home, *words, code=DONE):
    """The one object on stdout."""
    ended = home.run("job", *words, "--json")
    assert ended.returncode == code, ended.stderr
    answer = json.loads(ended.stdout)
    assert answer["exit_code"] == code
    return answer


def a_playlist(home, *pieces):
    spotify = home.world.twins.spotify
    tracks = []
    for piece in pieces:
        home.world.person.likes_on_spotify(piece)
        tracks.append(spotify.liked.pop(0)["track"])
    lines = [playlist_line(track, "2026-01-01T00:00:00Z") for track in tracks]
    return f"https://open.spotify.com/playlist/{spotify.add_playlist(Playlist(name='Late Shift', lines=lines)).id}"


def known(home):
    with home.ledger() as ledger:
        return ledger.tracks.count_by_status()


# --- which job -------------------------------------------------------------------------------------------------------


def test_without_a_verb_one_sees_what_there_is_and_another_verb_is_told_the_same(home):
    shown = home.run("job")
    assert shown.returncode == DONE
    assert shown.stdout == home.run("job", "--help").stdout
    for words in ("sync <link>, or: likes", "choose <track> <number or link>", "resume", "75  try again later"):
        assert words in shown.stdout
    wrong = home.run("job", "snyc", "likes")
    assert (wrong.returncode, wrong.stdout) == (MISREAD, "")
    assert wrong.stderr.startswith("“snyc” is none of our jobs. There are: sync <link>, or: likes; redo <track>;")
    assert not (home.folder / "var").exists(), "nothing was opened for it"


def test_an_input_that_cannot_be_read_is_a_sentence_and_the_verbs(home):
    for words in (["sync"], ["sync", "liked"], ["redo", "nobody", "knows"], ["pause", "until", "monday"]):
        ended = home.run("job", *words)
        assert (ended.returncode, ended.stdout) == (MISREAD, ""), words
        assert "There are: sync <link>, or: likes;" in ended.stderr
    answer = job(home, "sync", "https://open.spotify.com/artist/0123456789012345678901", code=MISREAD)
    assert (answer["state"], answer["links"]) == ("misread", [])
    assert "An artist's page" in answer["text"]
    assert known(home) == {}


def test_a_wrong_setting_is_told_to_a_program_too(home):
    home.environ["SYNC_BATCH"] = "many"
    assert "SYNC_BATCH" in job(home, "report", code=CONFIG)["text"]


# --- sync ------------------------------------------------------------------------------------------------------------


def test_a_playlist_is_taken_up_and_seen_to_its_end_and_what_is_done_is_done(home):
    link = a_playlist(home, NIGHT_FERRY, SLOW_RIVER)
    would = home.run("job", "sync", link, "--dry-run")
    assert would.stdout.startswith("A dry run: nothing is changed, here or outside.\nWould take up: Ada Reyes")
    own = home.folder / "my crate"
    own.mkdir()
    (own / "Juno Park - Slow River.mp3").write_bytes(recorded(SLOW_RIVER, "mp3").data)
    assert "Would take up: " in home.run("job", "sync", str(own), "--dry-run").stdout, "who types here has files here"
    assert home.rows == []
    assert not (home.folder / "var" / "ledger.db").exists()

    ended = home.run("job", "sync", link)
    assert ended.returncode == DONE, ended.stderr
    said, *links = ended.stdout.splitlines()
    assert said == "2 tracks: 2 filed."
    rows = home.world.twins.notion.rows(home.world.twins.tracks_db_id)
    assert {one.rpartition("/")[2] for one in links} == {row_id.replace("-", "") for row_id in rows}
    assert "2 of 2" in ended.stderr
    assert len(home.music) == 6

    home.world.log.clear()
    assert job(home, "sync", link)["text"] == "2 tracks: 2 filed."
    assert home.world.log.of("youtube") == []


def test_what_is_newly_liked_is_taken_up_at_once(home):
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    assert job(home, "sync", "likes")["text"] == "Ada Reyes - Night Ferry: Done"
    assert job(home, "sync", "likes")["text"] == "Nothing new."
    assert len(home.music) == 3


def test_one_that_is_gone_is_1_and_one_that_is_put_off_is_75(home):
    track = home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    track.status = 404
    answer = job(home, "sync", track.url, code=FAILED)
    assert (answer["state"], track.url in answer["text"]) == ("failed", True)
    track.status = 200
    home.world.faults.add("soundcloud", faults.server_error(503), times=None)
    later = job(home, "sync", track.url, code=LATER)
    assert later["state"] == "later"
    assert "put off until" in later["text"]
    home.world.faults.clear()


def test_beside_a_daemon_the_daemon_does_the_work(home):
    with alive(home.start("--mode", "daemon", program=QUICK)) as daemon:
        until(lambda: home.world.log.of("spotify", path="/v1/me/tracks"), "the daemon's first look")
        link = a_playlist(home, NIGHT_FERRY)
        ended = home.run("job", "sync", link)
        assert (ended.returncode, ended.stdout.splitlines()[0]) == (DONE, "Ada Reyes - Night Ferry: Done")
        assert f"process {daemon.pid} (daemon) works on this host" in ended.stderr
        assert "fetch:" not in ended.stderr
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)


def test_who_is_told_to_stop_leaves_in_order_and_what_was_begun_goes_on(home):
    track = home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    home.world.faults.add("soundcloud", faults.slow(3600), route=AUDIO)
    with alive(home.start("job", "sync", track.url)) as process, home.ledger() as ledger:
        until(lambda: [one for one in ledger.events.since(0) if one.step == "fetch"], "its download")
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate(timeout=30)
    assert process.returncode == LATER
    assert "goes on at the next start" in err
    home.world.faults.clear()
    assert job(home, "sync", track.url)["text"] == "Ada Reyes - Night Ferry: Done"
    with home.ledger() as ledger:
        assert [one.what for one in ledger.events.since(0) if one.step == "resolve"].count("begun") == 1


# --- choose and redo -------------------------------------------------------------------------------------------------


def test_a_doubtful_track_is_asked_about_chosen_filed_and_made_again(home):
    link = only_known_to_spotify(home, HILL_ROAD).url
    video = on_youtube(home, replace(HILL_ROAD, duration_s=20.0), "hill_road_1", channel="Ines Marlow")
    assert "Needs review: Which of these is" in job(home, "sync", link)["text"]

    asked = job(home, "choose", "hill", "road", code=FAILED)
    assert asked["state"] == "blocked"
    assert video.url in asked["text"]
    assert "“7” is none of the choices" in job(home, "choose", "hill", "road", "7", code=FAILED)["text"]
    assert f"from {video.url}" in job(home, "choose", "hill road 1", "--dry-run")["text"]
    assert home.music == []
    assert job(home, "choose", "hill", "road", "1")["text"] == "Ines Marlow - Hill Road: Done"
    assert len(home.music) == 3

    lost = home.folder / "music" / "Unassigned" / "Ines Marlow - Hill Road.m4a"
    lost.unlink()
    assert job(home, "redo", "hill road")["text"] == "Ines Marlow - Hill Road: Done"
    assert lost.is_file()
    assert len(home.music) == 3


# --- pause and report ------------------------------------------------------------------------------------------------


def test_a_paused_daemon_finds_and_waits_and_what_a_person_types_is_done(home):
    assert "Paused since" in job(home, "pause")["text"]
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)  # the next look but the first is half a minute away
    with alive(home.start("--mode", "daemon", program=QUICK, SYNC_INTERVAL_S="30")) as daemon:
        with home.ledger() as ledger:
            until(ledger.tracks.unfinished, "the look that finds it")
        status = home.run("--mode", "status").stdout
        assert "Paused      since" in status
        assert job(home, "sync", a_playlist(home, SLOW_RIVER))["text"] == "Juno Park - Slow River: Done"
        report = job(home, "report")["text"]
        assert "In the last day: 1 filed." in report
        assert "Waiting: 1 to be taken up or under way." in report
        assert f"Running here: process {daemon.pid} (daemon)." in report
        daemon.send_signal(signal.SIGTERM)
        _out, err = daemon.communicate(timeout=30)
        assert "0 taken up" in err
    assert known(home) == {Status.DONE: 1, Status.QUEUED: 1}
    assert "tracks are taken up again" in job(home, "resume")["text"]
    assert "Paused" not in home.run("--mode", "status").stdout
