"""`--mode daemon` as a process of its own, against the sandbox."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from daemon.login.consent import LASTS_DAYS
from daemon.models import Status
from integrations.sandbox import faults
from integrations.sandbox.music import Piece
from integrations.sandbox.spotify import Playing
from tests.house import a_home, until
from tests.lives import IN_A_HURRY, family_of, living, watching
from tests.program import changed

NIGHT_FERRY = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 10.0, seed=71)
LONG_FERRY = Piece("Long Ferry", "Ada Reyes", 126.0, "Am", 41.0, seed=72)
AUDIO = "/*.128.mp3"
"""Where SoundCloud's twin has streams."""
PLAYER = "/v1/me/player"
LIKED = "/v1/me/tracks"
LONG_S = 60.0
NEVER_S = 3600.0
"""The sandbox answers only when it is closed: nothing of it is in the log before."""


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path, SYNC_INTERVAL_S="1") as home:
        yield home


@pytest.fixture
def watch(home):
    with watching(home) as watch:
        yield watch


class Systemd:
    """What systemd would have heard."""

    def __init__(self, folder):
        self.socket = folder / "notify"
        self.said: list[str] = []
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.bind(str(self.socket))
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def environ(self, watchdog_s):
        return {"NOTIFY_SOCKET": str(self.socket), "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}

    def count(self, word):
        return sum(message.startswith(word) for message in self.said)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
            mouth.sendto(b"", str(self.socket))
        self._thread.join()
        self._ear.close()

    def _listen(self):
        while message := self._ear.recv(1000).decode():
            self.said.append(message)


@pytest.fixture
def systemd(tmp_path_factory):
    systemd = Systemd(tmp_path_factory.mktemp("n"))  # a socket's path is short
    yield systemd
    systemd.close()


@contextmanager
def a_daemon(home, systemd=None, **pace):
    if systemd:
        home.environ |= systemd.environ(watchdog_s=0.3)
    with living(home, changed(pace={**IN_A_HURRY, **pace})) as daemon:
        yield daemon


def two_looks(home):
    looks = home.world.log.of("spotify", path=PLAYER)
    return looks if len(looks) == 2 else None


def said(daemon, words):
    return next((number for number, line in enumerate(daemon.said) if words in line), None)


def test_it_looks_at_once_files_what_is_liked_meanwhile_and_tells_systemd_all_along(home, watch, systemd):
    home.environ["SYNC_INTERVAL_S"] = "300"
    with a_daemon(home, systemd) as daemon:
        until(lambda: said(daemon, "looked: "), "the first look")
        assert said(daemon, "started; no tracks yet") < said(daemon, "looked: ")
        assert systemd.said[0] == "READY=1\nSTATUS=no tracks yet"

        second = home.run("--mode", "daemon")
        assert second.returncode == 75
        assert "(daemon) works on this host already; there is one daemon to a host" in second.stderr
    home.environ["SYNC_INTERVAL_S"] = "1"
    with a_daemon(home, systemd) as daemon:
        until(lambda: said(daemon, "looked: "), "the first look")
        home.world.person.likes_on_soundcloud(NIGHT_FERRY)
        until(lambda: watch.is_quiet(1), "the like", timeout_s=LONG_S)
        until(lambda: "STATUS=1 done" in systemd.said, "a line about it")
        assert systemd.count("WATCHDOG=1") > 3
        assert daemon.stop() == 0
        until(lambda: "STOPPING=1" in systemd.said, "its last word")
    assert len(home.music) == 3
    assert [row["Status"] for row in home.rows] == ["Done"]


def is_hungry(systemd):
    """Whether a second goes by without a meal: ten of them, at the pace of before."""
    fed = systemd.count("WATCHDOG=1")
    time.sleep(1.0)
    return systemd.count("WATCHDOG=1") == fed


@pytest.mark.torture
def test_a_service_that_hangs_delays_nobody_is_told_and_leaves_the_watchdog_hungry(home, watch, systemd):
    home.world.faults.add("spotify", faults.slow(NEVER_S), route="/v1/*", times=None)
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    with a_daemon(home, systemd, hangs_after_s=3.0) as daemon:
        until(lambda: watch.is_quiet(1), "the like, filed and carried", timeout_s=LONG_S)
        assert not home.world.log.of("spotify", path="/v1/"), "Spotify has answered nothing yet"
        assert watch.ledger.tracks.count_by_status() == {Status.DONE: 1}
        until(lambda: said(daemon, "spotify-liked hangs") is not None, "word of it")
        assert systemd.count("WATCHDOG=1") > 0, "while all was well"
        until(lambda: is_hungry(systemd), "the last meal, for some were on their way")
        assert daemon.stop() == 0


def test_what_plays_is_taken_and_the_player_asked_again_just_after_the_end(home, watch):
    home.environ["SYNC_INTERVAL_S"] = "300"
    home.world.person.plays_on_spotify(LONG_FERRY)
    playing = home.world.twins.spotify.playing
    home.world.twins.spotify.playing = Playing(item=playing.item, progress_ms=34_000)
    with a_daemon(home):
        first, second = until(lambda: two_looks(home), "the look after the end")
        assert 7.5 < second.at - first.at < 12, "seven seconds were left, and one more"
        until(lambda: watch.is_quiet(1), "the track", timeout_s=LONG_S)
        assert [row.found_in for row in watch.ledger.tracks.newest(2)] == ["spotify-playing"]
        assert len(home.world.log.of("spotify", path=LIKED)) == 1, "only the watch looked again"


def test_a_parked_spotify_is_not_asked_while_the_others_are(home, watch):
    watch.ledger.services.park("spotify", time.time() + 3600, "banned for an hour")
    home.world.person.plays_on_spotify(LONG_FERRY)
    with a_daemon(home) as daemon:
        until(lambda: sum("looked: " in line for line in daemon.said) >= 3, "three looks")
        assert said(daemon, "spotify-playing parked: banned for an hour") is not None
        assert said(daemon, "spotify waits") is not None
    assert home.world.log.of("spotify") == []
    assert home.world.log.of("notion")


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_stopped_in_a_download_it_is_gone_at_once_and_goes_on_with_what_is_there(home, watch, order):
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    home.world.faults.add("soundcloud", faults.cut(40_000), route=AUDIO)
    home.world.faults.add("soundcloud", faults.slow(NEVER_S), route=AUDIO)
    with a_daemon(home) as daemon:
        parts = (home.folder / "var" / "work").glob
        until(lambda: [part for part in parts("*/*/*.part") if part.stat().st_size], "half a download")
        assert daemon.stop(order) == 0
        assert family_of(home) == []
    [row] = watch.ledger.tracks.unfinished()
    assert row.status is Status.PROCESSING

    home.world.faults.clear()
    home.world.log.clear()
    with a_daemon(home) as daemon:
        until(lambda: watch.is_quiet(1), "the track", timeout_s=LONG_S)
        assert said(daemon, "started; 1 processing") is not None, "in one line, what it found"
        assert daemon.stop() == 0
    audio = [line.status for line in home.world.log.of("soundcloud") if line.path.endswith(".mp3")]
    assert audio == [206], "the rest, and not the beginning again"
    assert watch.begun().count((row.id, "resolve")) == 1


def test_a_log_in_that_ends_soon_is_told_once_a_day(home):
    assert home.run("--mode", "single").returncode == 0
    kept = home.folder / "var" / "spotify-token.json"
    almost_over = time.time() - (LASTS_DAYS - 10.5) * 86_400
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"consented_at": almost_over, "consent_known": True}))
    with a_daemon(home) as daemon:
        until(lambda: sum("looked: " in line for line in daemon.said) >= 3, "three looks")
        assert sum("The Spotify log-in ends in 10 days" in line for line in daemon.said) == 1
