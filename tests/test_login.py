"""`cratekeeper login spotify`: a real session before the loopback Spotify, a real listener, and a pipe to type into."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.cli.login import browser_of, login_spotify
from daemon.errors import ConfigError
from daemon.login.answer import Came, Closed, Doors, Patience, judge
from daemon.login.consent import EndsSoon, Fine, Over, check, consent_standing, last_day, warning
from daemon.models import Consent
from daemon.secrets import Masker, secrets_of
from daemon.settings import load
from integrations.sandbox import faults
from tests.integrations.spotify_stage import CLIENT_ID, CLIENT_SECRET, SpotifyStage, spotify_stage

DAY_S = 86_400.0
LEAP_S = 700.0


class Clock:
    """Leaps at every look."""

    def __init__(self, leap_s: float) -> None:
        self.now = 0.0
        self.leap_s = leap_s

    def __call__(self) -> float:
        self.now += self.leap_s
        return self.now


def patience(leap_s: float = 0) -> Patience:
    return Patience(turn_s=0.05, clock=Clock(leap_s))


@dataclass
class Desk:
    """A person before the terminal."""

    stage: SpotifyStage
    redirect_uri: str
    keyboard: int
    typed: int
    threads: ThreadPoolExecutor
    client_secret: str | None = None
    shown: list[str] = field(default_factory=list)
    """The addresses that the browser was given."""
    visits: list[Future[httpx.Response]] = field(default_factory=list)

    def type(self, text: str) -> None:
        os.write(self.keyboard, text.encode())

    def leave(self) -> None:
        """Nobody types any more."""
        os.close(self.keyboard)
        self.keyboard = -1

    def browse(self, address: str) -> bool:
        """A browser: shows the consent page, and follows to where it is sent back."""
        self.shown.append(address)
        self.visits.append(self.threads.submit(httpx.get, address, follow_redirects=True, trust_env=False, timeout=10))
        return True

    def sent_back(self, address: str) -> str:
        """Where the browser of another machine ends."""
        self.shown.append(address)
        return httpx.get(address, trust_env=False).headers["Location"]

    def log_in(self, *, leap_s: float = 0, **changes) -> int:
        secret = {"SPOTIFY_CLIENT_SECRET": self.client_secret} if self.client_secret else {}
        settings = load(
            {"SPOTIFY_CLIENT_ID": CLIENT_ID, "SPOTIFY_REDIRECT_URI": self.redirect_uri, **secret},
            None,
            self.stage.cache.parent,
        ).settings
        usual: dict[str, Any] = {"open_browser": self.browse, "typed": self.typed, "patience": patience(leap_s)}
        return login_spotify(settings, Masker(secrets_of(settings)), self.session, **(usual | changes))

    def session(self):
        return self.stage.session(
            client_secret=self.client_secret, redirect_uri=self.redirect_uri, refresh_token=None, timeout_s=5
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def a_desk(folder, client_secret: str | None = None) -> Iterator[Desk]:
    typed, keyboard = os.pipe()
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    with spotify_stage(folder) as stage, ThreadPoolExecutor(2) as threads:
        desk = Desk(stage, redirect, keyboard, typed, threads, client_secret)
        try:
            yield desk
        finally:
            os.close(typed)
            if desk.keyboard >= 0:
                desk.leave()


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


# --- logging in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [None, CLIENT_SECRET], ids=["pkce", "secret"])
def test_the_browser_on_this_machine_brings_the_answer(tmp_path, capsys, secret):
    with a_desk(tmp_path, secret) as desk:
        assert desk.log_in() == 0
        page = desk.visits[0].result()
        assert (page.status_code, "close this one" in page.text) == (200, True)
        assert desk.session().who() == "Sandbox Listener"
        assert desk.stage.cache.stat().st_mode & 0o777 == 0o600
        hidden = desk.stage.secrets()
    said = capsys.readouterr().out
    assert "Logged in to Spotify as Sandbox Listener. The log-in lasts until " in said
    assert [secret for secret in hidden if secret in said] == []


def test_over_ssh_the_answer_is_pasted(desk, capsys):
    asked: list[str] = []

    def elsewhere(address: str) -> bool:
        """Somebody reads the address off the screen, opens it on another machine, and pastes where they end."""
        asked.append(address)
        desk.type(f"  {desk.sent_back(address)} \n")
        return False

    assert desk.log_in(open_browser=elsewhere) == 0
    said = capsys.readouterr().out
    assert asked[0] in said
    assert "paste it here" in said
    assert parse_qs(urlsplit(asked[0]).query)["code_challenge_method"] == ["S256"]


def test_without_a_browser_none_is_opened(desk, capsys):
    desk.leave()
    assert desk.log_in(open_browser=None, leap_s=LEAP_S) == 1
    assert desk.shown == []
    assert "Open this address in a browser" in capsys.readouterr().out


def test_a_busy_port_leaves_the_paste(desk, capsys):
    with socket.create_server(("127.0.0.1", urlsplit(desk.redirect_uri).port)):
        assert desk.log_in(open_browser=lambda address: desk.type(f"{desk.sent_back(address)}\n") or True) == 0
    assert "its port is in use" in capsys.readouterr().out


def test_a_busy_port_and_nobody_who_types(desk, capsys):
    desk.leave()
    with socket.create_server(("127.0.0.1", urlsplit(desk.redirect_uri).port)):
        assert desk.log_in(open_browser=None) == 1
    assert "No answer came" in capsys.readouterr().out


def test_a_no_is_a_no(desk, capsys):
    desk.stage.twin.accounts.denies = True
    assert desk.log_in() == 1
    assert "told not to let us in" in capsys.readouterr().out
    assert not desk.stage.cache.exists()


def test_nonsense_and_yesterdays_answer_are_asked_again(desk, capsys):
    def elsewhere(address: str) -> bool:
        right = desk.sent_back(address)
        old = right.replace("state=", "state=old")
        desk.type(f"what?\n\n{desk.redirect_uri}\nhttp://[::1\n{old}\n{right}\n")
        return False

    assert desk.log_in(open_browser=elsewhere) == 0
    said = capsys.readouterr().out
    assert said.count("That is not the answer") == 3
    assert said.count("answer to another log-in") == 1


def test_strangers_at_the_door_change_nothing(desk):
    """A favicon, a port scan, a POST, somebody else's answer, a line that breaks: and then the browser."""

    def browse(address: str) -> bool:
        def visit() -> None:
            with httpx.Client(trust_env=False, timeout=10) as client:
                base = desk.redirect_uri.removesuffix("/callback")
                assert client.get(f"{base}/favicon.ico").status_code == 404
                assert client.post(desk.redirect_uri).status_code == 404
                assert client.get(desk.redirect_uri).status_code == 200
                assert client.get(f"{desk.redirect_uri}?code=x&state=theirs").status_code == 200
                with socket.create_connection(("127.0.0.1", urlsplit(desk.redirect_uri).port)) as scan:
                    scan.sendall(b"\x16\x03\x01")
                with socket.create_connection(("127.0.0.1", urlsplit(desk.redirect_uri).port)):
                    client.get(desk.sent_back(address))

        desk.visits.append(desk.threads.submit(visit))
        return True

    assert desk.log_in(open_browser=browse) == 0
    desk.visits[0].result()


def test_it_waits_for_a_while_and_says_so(desk, capsys):
    assert desk.log_in(open_browser=None, leap_s=40) == 1
    said = capsys.readouterr().out
    assert "Still waiting for your yes (9 min left; Ctrl-C stops)." in said
    assert said.endswith("No answer came; nothing was changed. `cratekeeper login spotify` asks again.\n")


def test_ctrl_c(desk, capsys):
    def interrupted(_address: str) -> bool:
        raise KeyboardInterrupt

    assert desk.log_in(open_browser=interrupted) == 1
    assert capsys.readouterr().out.startswith("Stopped; nothing was changed.")


def test_spotify_is_away(desk, capsys):
    desk.stage.faults.add("spotify", faults.server_error(503), route="/api/token", times=None)
    assert desk.log_in() == 75
    assert "run `cratekeeper login spotify` again" in capsys.readouterr().out


def test_an_app_that_spotify_does_not_serve(desk, capsys):
    desk.stage.faults.add("spotify", faults.answer(403, b"User not registered"), route="/v1/me*", times=None)
    assert desk.log_in() == 1
    assert "list of users" in capsys.readouterr().out


def test_a_passing_fault_after_the_yes_takes_nothing_back(desk, capsys):
    desk.stage.faults.add("spotify", faults.rate_limited(60), route="/v1/me*", times=None)
    assert desk.log_in() == 0
    assert "Logged in to Spotify. The log-in lasts until" in capsys.readouterr().out


def test_without_a_client_id_nothing_begins(tmp_path):
    settings = load({}, None, tmp_path).settings

    def never():
        raise AssertionError("nothing to log in with")

    with pytest.raises(ConfigError, match="SPOTIFY_CLIENT_ID"):
        login_spotify(settings, Masker(), never)


def test_an_address_on_another_machine_is_not_listened_at():
    with Doors("https://crates.example/callback", None) as doors:
        assert not doors.is_listening
        with pytest.raises(Closed):
            next(doors.answers(patience()))


def test_what_comes_from_a_file_is_read_to_its_end(tmp_path):
    typed, keyboard = os.pipe()
    os.write(keyboard, b"first\nsecond without an end")
    os.close(keyboard)
    try:
        with Doors("https://crates.example/callback", typed) as doors:
            answers = doors.answers(patience())
            assert [next(answers), next(answers)] == [Came("first", True), Came("second without an end", True)]
            with pytest.raises(Closed):
                next(answers)
    finally:
        os.close(typed)


@pytest.mark.parametrize(
    ("environ", "platform", "opens"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, "darwin", False),
    ],
)
def test_where_a_browser_can_be_shown(environ, platform, opens):
    assert (browser_of(environ, platform) is not None) is opens


@pytest.mark.parametrize(
    ("address", "judgement"),
    [
        ("http://127.0.0.1:8766/callback?code=abc&state=s", "yes"),
        ("  http://127.0.0.1:8766/callback?state=s&code=abc\n", "yes"),
        ("http://127.0.0.1:8766/callback?error=access_denied&state=s", "no"),
        ("http://127.0.0.1:8766/callback?code=abc&state=other", "another log-in's"),
        ("http://127.0.0.1:8766/callback?error=access_denied", "another log-in's"),
        ("http://127.0.0.1:8766/callback?code=abc", "another log-in's"),
        ("http://127.0.0.1:8766/callback?code=abc&state=s&state=t", "another log-in's"),
        ("http://127.0.0.1:8766/callback?state=s", "no answer"),
        ("http://127.0.0.1:8766/callback?code=&state=s", "no answer"),
        ("http://[::1", "no answer"),
        ("AQDf3", "no answer"),
        ("", "no answer"),
    ],
)
def test_what_an_address_has_to_say(address, judgement):
    assert judge(address, "s") == judgement


@given(st.text())
def test_any_text_can_be_pasted(text):
    assert judge(text, "s") in ("no answer", "another log-in's", "no", "yes")


# --- how long it lasts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_days", "standing"),
    [
        (0, Fine()),
        (167.9, Fine()),
        (168, EndsSoon(14)),
        (168.1, EndsSoon(13)),
        (180.5, EndsSoon(1)),
        (181.5, EndsSoon(0)),
        (182, Over()),
        (400, Over()),
        (-3, Fine()),
    ],
)
def test_how_a_consent_stands(age_days, standing):
    assert consent_standing(1_000.0, 1_000.0 + age_days * DAY_S) == standing


@given(st.floats(0, 400 * DAY_S), st.floats(0, 400 * DAY_S))
def test_a_consent_never_gets_better(one_s, other_s):
    rank = {Fine: 0, EndsSoon: 1, Over: 2}
    earlier, later = sorted((one_s, other_s))
    assert rank[type(consent_standing(0.0, earlier))] <= rank[type(consent_standing(0.0, later))]


GIVEN = Consent(given_at=1_779_100_000)
"""18 May 2026."""


def test_the_last_day():
    assert last_day(GIVEN) == "16 November 2026"


@pytest.mark.parametrize(
    ("age_days", "words"),
    [
        (100, None),
        (170, "ends in 12 days (16 November 2026)"),
        (180.5, "ends tomorrow"),
        (181.5, "ends today"),
        (183, "were over on 16 November 2026"),
    ],
)
def test_what_a_person_is_told(age_days: float, words: Any):
    told: Any = warning(GIVEN, GIVEN.given_at + age_days * DAY_S)
    if words is None:
        assert told is None
    else:
        assert words in told
        assert "cratekeeper login spotify" in told


@pytest.mark.parametrize(
    ("consent", "age_days", "ignores_seed", "level", "words"),
    [
        (GIVEN, 1, False, "ok", "lasts until 16 November 2026."),
        (Consent(given_at=GIVEN.given_at, known=False), 1, False, "ok", "it may be earlier"),
        (GIVEN, 1, True, "warning", "SPOTIFY_REFRESH_TOKEN was changed"),
        (GIVEN, 175, True, "warning", "ends in 7 days"),
        (GIVEN, 200, False, "warning", "were over"),
        (None, 0, False, "warning", "none is kept yet"),
    ],
)
def test_doctors_line(consent, age_days, ignores_seed, level, words):
    line = check(consent, GIVEN.given_at + age_days * DAY_S, ignores_seed=ignores_seed)
    assert (line.level, words in line.text) == (level, True)
    assert bool(line.todo) is (level != "ok")
