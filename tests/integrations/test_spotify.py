"""Our Spotify parts, through the real spotipy, before the loopback Spotify."""

import builtins
import json
import logging
import stat
import webbrowser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited, Refused, Unreachable
from daemon.models import Consent
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.spotify.answers import seconds_to_wait, verdict
from tests.integrations.spotify_stage import CLIENT_SECRET, REDIRECT, REFRESH_TOKEN, SpotifyStage, spotify_stage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SILENT_BUSY = Fault("answer", 503, (("Retry-After", "120"),))


@pytest.fixture(autouse=True)
def nobody_is_there(monkeypatch) -> None:
    """A daemon that asks, or opens a browser, waits for ever."""

    def never(*_args, **_kwargs):
        raise AssertionError("the daemon asked a person")

    monkeypatch.setattr(builtins, "input", never)
    monkeypatch.setattr(webbrowser, "open", never)


@pytest.fixture(params=[False, True], ids=["secret", "pkce"])
def either(request, tmp_path) -> Iterator[SpotifyStage]:
    """A stage for each way to log in; `session()` is of that way."""
    with spotify_stage(tmp_path, pkce=request.param) as stage:
        if request.param:
            usual = stage.session
            stage.session = lambda **changes: usual(**({"client_secret": None} | changes))  # type: ignore[method-assign]
        yield stage


@pytest.fixture
def stage(tmp_path, patience_s) -> Iterator[SpotifyStage]:
    with spotify_stage(tmp_path, patience_s=patience_s) as stage:
        yield stage


def who(session) -> str:
    return str(session.who())


def failure(session, kind: type[DaemonError] = DaemonError) -> Any:
    with pytest.raises(kind) as caught:
        who(session)
    return caught.value


# --- the log-in ------------------------------------------------------------------------------------------------------


def test_without_a_log_in_nothing_is_asked_of_anybody(stage):
    error = failure(stage.session(refresh_token=None), AuthExpired)
    assert error.service == "spotify"
    assert "cratekeeper login spotify" in str(error)
    assert stage.log.of() == []


def test_a_seed_becomes_a_cache_that_only_its_owner_reads(either):
    assert who(either.session()) == "Sandbox Listener"
    assert stat.S_IMODE(either.cache.stat().st_mode) == 0o600
    assert [file.name for file in either.cache.parent.iterdir()] == [either.cache.name]
    assert who(either.session(refresh_token=None)) == "Sandbox Listener"
    assert either.token_requests() == 1


def test_the_cache_comes_before_the_seed(stage):
    who(stage.session())
    assert who(stage.session(refresh_token="SECRET-of-another-time")) == "Sandbox Listener"


def test_a_token_that_has_run_out_is_refreshed(either):
    session = either.session()
    who(session)
    before = either.kept()
    either.keep(expires_at=0)

    assert who(session) == "Sandbox Listener"
    assert either.kept()["access_token"] != before["access_token"]
    assert who(either.session()) == "Sandbox Listener"
    assert either.token_requests() == 2


def test_a_log_in_that_is_over(either):
    either.twin.accounts.revoke()
    error = failure(either.session(), AuthExpired)
    assert "cratekeeper login spotify" in str(error)
    assert REFRESH_TOKEN not in str(error)


def test_an_app_that_spotify_does_not_know(stage):
    error = failure(stage.session(client_secret="SECRET-wrong"), AuthExpired)
    assert "SPOTIFY_CLIENT_SECRET" in str(error)
    assert "SECRET-wrong" not in str(error)


def test_a_log_in_that_allows_too_little(stage):
    session = stage.session()
    who(session)
    stage.keep(scope="user-library-read")
    assert "user-read-currently-playing" in str(failure(session, AuthExpired))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"refresh_token": "x"}', b"\xff\xfe\x00"])
def test_a_cache_that_makes_no_sense(stage, content):
    stage.cache.parent.mkdir()
    stage.cache.write_bytes(content)
    assert str(stage.cache) in str(failure(stage.session(), AuthExpired))


def test_a_token_that_cannot_be_kept_lasts_in_memory(tmp_path, caplog):
    with spotify_stage(tmp_path, pkce=True) as stage:
        stage.cache = tmp_path / ("x" * 250)  # room for the name, none for a part's
        session = stage.session(client_secret=None)
        assert who(session) == who(session) == "Sandbox Listener"
        assert stage.token_requests() == 1
    assert str(stage.cache) in caplog.text


def test_a_token_refused_before_its_time_is_refreshed_once(stage):
    session = stage.session()
    who(session)
    stage.twin.accounts.forget_access()
    assert who(session) == "Sandbox Listener"

    body = b'{"error": {"status": 401, "message": "Invalid access token"}}'
    stage.faults.add("spotify", faults.answer(401, body), route="/v1/me/", times=None)
    before = len(stage.log.of(path="/v1/me/"))
    assert type(failure(session)) is AuthExpired
    assert len(stage.log.of(path="/v1/me/")) == before + 2


def test_threads_do_not_refresh_over_each_other(tmp_path):
    with spotify_stage(tmp_path, pkce=True) as stage:
        session = stage.session(client_secret=None)
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda _: who(session), range(8))) == ["Sandbox Listener"] * 8
        assert stage.token_requests() == 1


def test_the_persons_netrc_does_not_replace_the_token(stage, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert who(stage.session()) == "Sandbox Listener"


def test_tokens_stay_out_of_the_log(stage, caplog):
    caplog.set_level(logging.DEBUG)
    session = stage.session()
    who(session)
    stage.faults.add("spotify", faults.html(), times=None)
    failure(session)
    assert [secret for secret in stage.secrets() if secret in caplog.text] == []


def test_two_processes_do_not_refresh_over_each_other(tmp_path):
    with spotify_stage(tmp_path, pkce=True) as stage:
        who(stage.session(client_secret=None))
        stage.keep(expires_at=0)
        stage.faults.add("spotify", faults.slow(0.2), route="/api/token", times=None)
        sessions = [stage.session(client_secret=None, timeout_s=5) for _ in range(3)]
        with ThreadPoolExecutor(3) as threads:
            assert list(threads.map(who, sessions)) == ["Sandbox Listener"] * 3
        assert stage.token_requests() == 2


# --- the day of consent ----------------------------------------------------------------------------------------------


def test_the_day_of_consent_outlives_refreshing(either):
    session = either.session(refresh_token=None, clock=lambda: 1_000.0)
    assert session.consent() is None
    session.redeem(sent_back(session, "state-1"), "state-1")

    later = either.session(refresh_token=None, clock=lambda: 9_000.0)
    either.keep(expires_at=0)
    who(later)

    assert either.token_requests() == 2
    assert later.consent() == Consent(given_at=1_000)


def test_logging_in_again_is_a_new_consent(stage):
    for day in (1_000.0, 5_000.0):
        session = stage.session(clock=lambda day=day: day)
        session.redeem(sent_back(session, "state-1"), "state-1")
        assert session.consent() == Consent(given_at=day)


def test_a_seed_counts_from_its_first_use_and_says_so(either, caplog):
    caplog.set_level(logging.DEBUG)
    who(either.session(clock=lambda: 1_000.0))
    later = either.session(clock=lambda: 9_000.0)
    either.keep(expires_at=0)
    who(later)
    assert later.consent() == Consent(given_at=1_000, known=False)
    assert caplog.text.count("six months count from now") == 1


def test_a_seed_that_was_changed_later_is_told(stage):
    who(stage.session())
    assert not stage.session().ignores_seed()
    assert not stage.session(refresh_token=None).ignores_seed()
    changed = stage.session(refresh_token="SECRET-newer")
    stage.keep(expires_at=0)
    who(changed)
    assert changed.ignores_seed()
    assert "SECRET-newer" not in stage.cache.read_text()

    changed.redeem(sent_back(changed, "state-1"), "state-1")
    assert not changed.ignores_seed()


def test_a_cache_from_before_all_this_is_no_trouble(stage):
    who(stage.session())
    older = {name: stage.kept()[name] for name in ("access_token", "refresh_token", "expires_at", "scope")}
    stage.cache.write_text(json.dumps(older))
    session = stage.session(refresh_token="SECRET-newer", clock=lambda: 1_000.0)
    assert session.consent() is None
    assert not session.ignores_seed()
    stage.keep(expires_at=0)
    who(session)
    assert session.consent() == Consent(given_at=1_000, known=False)


def test_logging_in_repairs_a_cache_that_makes_no_sense(stage):
    stage.cache.parent.mkdir()
    stage.cache.write_bytes(b"{")
    session = stage.session()
    session.redeem(sent_back(session, "state-1"), "state-1")
    assert who(session) == "Sandbox Listener"


def test_a_log_in_that_cannot_be_kept_is_none(stage, tmp_path):
    stage.cache = tmp_path / ("x" * 250)  # room for the name, none for a part's
    session = stage.session()
    with pytest.raises(Refused, match="cannot be kept"):
        session.redeem(sent_back(session, "state-1"), "state-1")


# --- logging in ------------------------------------------------------------------------------------------------------


def sent_back(session, state: str) -> str:
    """Where a person's browser ends after the consent page."""
    return httpx.get(session.authorize_url(state), trust_env=False).headers["Location"]


def test_a_person_logs_in(either):
    session = either.session(refresh_token=None)
    address = sent_back(session, "state-1")

    session.redeem(address, "state-1")

    assert address.startswith(REDIRECT)
    assert who(session) == who(either.session(refresh_token=None)) == "Sandbox Listener"


def test_a_person_says_no(either):
    either.twin.accounts.denies = True
    session = either.session(refresh_token=None)
    with pytest.raises(Refused, match="access_denied"):
        session.redeem(sent_back(session, "state-1"), "state-1")


@pytest.mark.parametrize("address", ["", "nonsense", f"{REDIRECT}?code=abc&state=other", f"{REDIRECT}?state=state-1"])
def test_an_address_that_is_no_answer(stage, address):
    with pytest.raises(Refused, match="not the answer"):
        stage.session().redeem(address, "state-1")
    assert stage.log.of() == []


def test_a_code_that_was_used_already(either):
    session = either.session(refresh_token=None)
    address = sent_back(session, "state-1")
    session.redeem(address, "state-1")
    with pytest.raises(AuthExpired):
        session.redeem(address, "state-1")


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_a_short_hiccup_goes_unnoticed(stage):
    session = stage.session()
    who(session)
    stage.faults.add("spotify", faults.server_error(502))
    stage.faults.add("spotify", faults.reset())
    assert who(session) == "Sandbox Listener"
    assert len(stage.pauses) == 2
    assert sum(stage.pauses) < 3


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (faults.server_error(503), 3),
        (faults.reset(), 3),
        (SILENT_BUSY, 1),
        (faults.rate_limited(5), 1),
        (faults.html(200), 1),
        (faults.slow(30), 1),
        (faults.answer(403, b"no"), 1),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
def test_what_is_tried_again_quickly(stage, fault, tries):
    session = stage.session()
    who(session)
    stage.faults.add("spotify", fault, times=None)
    failure(session)
    assert len(stage.pauses) == tries - 1


def test_patience_that_a_5xx_asks_for_is_kept(stage):
    stage.faults.add("spotify", SILENT_BUSY)
    assert failure(stage.session(), Unreachable).retry_after_s == 120


def test_refreshing_is_never_repeated_by_itself(stage):
    stage.faults.add("spotify", faults.lost(), route="/api/token")
    failure(stage.session(), Unreachable)
    assert stage.token_requests() == 1


def test_a_rate_limit_on_refreshing_keeps_its_number(stage):
    stage.faults.add("spotify", faults.rate_limited(86400), route="/api/token")
    error = failure(stage.session(), RateLimited)
    assert error.retry_after_s == 86400
    assert "24.0 hours" in str(error)


def test_a_token_answer_without_a_token(stage):
    stage.faults.add("spotify", faults.answer(200, b"{}"), route="/api/token")
    failure(stage.session(), Unreachable)


def test_nobody_listens(stage):
    error = failure(stage.session(accounts_url="http://127.0.0.1:1"), Unreachable)
    assert "cannot be reached" in str(error)


@pytest.mark.parametrize("url", ["nonsense", "http://", "http://[::1"])
def test_an_address_that_is_none(stage, url):
    failure(stage.session(accounts_url=url), Unreachable)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error": "a string"}', Refused, "a string"),
        (400, b'{"error": {"status": 400, "message": "Invalid limit"}}', Refused, "Invalid limit"),
        (400, b'{"error": "invalid_grant", "error_description": "Refresh token revoked"}', AuthExpired, "revoked"),
        (400, b'{"error": "invalid_client"}', AuthExpired, "SPOTIFY_CLIENT_ID"),
        (401, b'{"error": {"status": 401, "message": "The access token expired"}}', AuthExpired, "login spotify"),
        (401, b"", AuthExpired, "login spotify"),
        (403, b'{"error": {"status": 403, "message": "Insufficient client scope"}}', AuthExpired, "Insufficient"),
        (403, b"Check settings, the user may not be registered.", AuthExpired, "Premium"),
        (403, b"<html>Blocked</html>", Unreachable, "proxy"),
        (404, b'{"error": {"status": 404, "message": "Resource not found"}}', NotFound, "not found"),
        (404, b'{"error": null}', NotFound, "does not have"),
        (418, b"[]", Refused, "418"),
        (429, b"", RateLimited, "slow down"),
        (500, b'{"error": {"status": 500}}', Unreachable, "500"),
        (408, b"", Unreachable, "408"),
        (200, b"", Unreachable, "proxy"),
        (200, b"plain words", Unreachable, "proxy"),
        (304, b"", Unreachable, "304"),
    ],
)
def test_what_an_answer_means(status, body, kind, words):
    problem = verdict(status, {}, body, now=NOW)
    assert isinstance(problem, kind)
    assert words in str(problem)


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b"{}"), (201, b'{"a": 1}')])
def test_answers_to_go_by(status, body):
    assert verdict(status, {}, body, now=NOW) is None


@given(st.integers(200, 599), st.binary(max_size=40) | st.from_regex(r'\{"error": .{0,20}\}').map(str.encode))
def test_whatever_comes_there_is_a_verdict(status, body):
    problem = verdict(status, {}, body, now=NOW)
    assert problem is None or f"{problem}".endswith(".")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("5", 5),
        ("86400", 86400),
        ("0.5", 0.5),
        ("-3", 0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60),
        ("Fri, 20 Nov 2026 12:01:00 -0000", 60),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_how_long_to_wait(header, seconds):
    assert seconds_to_wait(header, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_time_or_none(header):
    seconds = seconds_to_wait(header, NOW)
    assert seconds is None or seconds >= 0


def test_no_secret_in_any_error(stage):
    """Whatever goes wrong, wherever: what a person reads holds no secret."""
    session = stage.session()
    who(session)
    texts = []
    for fault in (
        faults.rate_limited(5),
        faults.server_error(),
        faults.html(),
        faults.reset(),
        faults.answer(403, b""),
    ):
        for route in ("/v1/*", "/api/token"):
            stage.faults.clear()
            stage.faults.add("spotify", fault, route=route, times=None)
            stage.keep(expires_at=0 if route == "/api/token" else 2**40)
            texts.append(str(failure(session)))
    assert [text for text in texts for secret in [*stage.secrets(), CLIENT_SECRET] if secret in text] == []
