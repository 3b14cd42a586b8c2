"""`--mode single` beside others, and cut off in the middle: real processes on one installation."""

from __future__ import annotations

import signal

import pytest

from daemon.models import Status
from integrations.sandbox import faults
from integrations.sandbox.music import Piece
from tests.house import a_home, alive, until
from tests.program import changed

NIGHT_FERRY = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 10.0, seed=21)
AUDIO = "/*.128.mp3"
"""Where SoundCloud's twin has streams."""
QUICK = changed(pace={"tracks_poll_s": 0.1, "outbox_s": 0.3})
GENEROUS_S = 60
NEVER_S = 3600.0
"""The sandbox answers only when it is closed: nothing of it is in the log before."""


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


@pytest.fixture
def ledger(home):
    with home.ledger() as ledger:
        yield ledger


def begun(ledger, step):
    """How often a step has begun."""
    return [event.step for event in ledger.events.since(0) if event.what == "begun"].count(step)


def daemon_of(home):
    """A daemon that has looked once, and found nothing."""
    process = home.start("--mode", "daemon", program=QUICK)
    log = home.world.log
    looked = (lambda: log.of("spotify", path="/v1/me/tracks"), lambda: log.of("soundcloud", path="/users/"))
    for source in looked:
        until(source, "the daemon's first look")
    return process


def ended(process):
    out, err = process.communicate(timeout=GENEROUS_S)
    return process.returncode, out, err


def assert_done_once(home, ledger):
    assert ledger.tracks.count_by_status() == {Status.DONE: 1}
    assert len(home.music) == 3
    assert [row["Status"] for row in home.rows] == ["Done"]
    assert len(home.world.twins.eagle.items) == 1
    assert begun(ledger, "render") == 1


def test_beside_a_daemon_the_track_is_handed_over_and_waited_for(home, ledger):
    with alive(daemon_of(home)) as daemon:
        home.world.person.likes_on_soundcloud(NIGHT_FERRY)
        single = home.run("--mode", "single")
        assert single.returncode == 0, single.stderr
        assert f"process {daemon.pid} (daemon)" in single.stdout
        assert "Done by" in single.stdout
        assert "Night Ferry.m4a" in single.stdout
        assert "fetch:" not in single.stderr, "the daemon did the work"
        assert_done_once(home, ledger)
        daemon.send_signal(signal.SIGTERM)
        code, _out, err = ended(daemon)
        assert (code, "fetch:" in err) == (0, True)


def test_what_was_handed_to_a_daemon_that_is_killed_is_inherited_and_finished(home, ledger):
    with alive(daemon_of(home)) as daemon:
        home.world.person.likes_on_soundcloud(NIGHT_FERRY)
        home.world.faults.add("soundcloud", faults.slow(NEVER_S), route=AUDIO)
        with alive(home.start("--mode", "single")) as single:
            until(lambda: begun(ledger, "fetch"), "the daemon's download")
            daemon.kill()
            home.world.faults.clear()
            code, out, err = ended(single)
    assert code == 0, err
    assert "Done by" not in out
    assert "is gone" in err
    assert_done_once(home, ledger)
    assert begun(ledger, "resolve") == 1, "it went on behind what the daemon had recorded"


def test_two_at_once_do_one_track_once_and_both_tell_of_it(home, ledger):
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    home.world.faults.add("soundcloud", faults.slow(2), route=AUDIO)
    with alive(home.start("--mode", "single")) as one, alive(home.start("--mode", "single")) as other:
        ends = [ended(one), ended(other)]
    assert [code for code, _out, _err in ends] == [0, 0]
    assert all("Ada Reyes - Night Ferry" in out for _code, out, _err in ends)
    assert sorted("Done by" in out for _code, out, _err in ends) == [False, True]
    assert_done_once(home, ledger)
    assert begun(ledger, "fetch") == 1


def test_a_run_that_is_told_to_stop_leaves_at_once_and_the_next_goes_on_with_what_is_there(home, ledger):
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    home.world.faults.add("soundcloud", faults.cut(40_000), route=AUDIO)
    home.world.faults.add("soundcloud", faults.slow(NEVER_S), route=AUDIO)
    with alive(home.start("--mode", "single")) as single:
        work = home.folder / "var" / "work"
        until(lambda: [part for part in work.glob("*/*/*.part") if part.stat().st_size], "half a download")
        single.send_signal(signal.SIGTERM)
        code, _out, err = ended(single)
    assert code == 75
    assert "goes on at the next start" in err

    home.world.faults.clear()
    home.world.log.clear()
    again = home.run("--mode", "single")
    assert again.returncode == 0, again.stderr
    audio = [line.status for line in home.world.log.of("soundcloud") if line.path.endswith(".mp3")]
    assert audio == [206], "the rest, and not the beginning again"
    assert_done_once(home, ledger)
    assert begun(ledger, "resolve") == 1


def test_a_run_does_not_wait_for_who_never_answers_once_it_is_told_to_stop(home):
    home.world.faults.add("spotify", faults.slow(NEVER_S), route="/v1/*", times=None)
    with alive(home.start("--mode", "single")) as single:
        until(lambda: home.world.faults.met, "somebody who waits for an answer")
        single.send_signal(signal.SIGTERM)
        code, _out, err = ended(single)
    assert code == 75
    assert "goes on at the next start" in err
