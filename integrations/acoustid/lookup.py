"""Asking AcoustID: the lookup of its web service, version 2, as an application that has a key."""

from __future__ import annotations

import functools
import gzip
import ipaddress
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import tenacity

from daemon.errors import AuthExpired, DaemonError, Transient
from daemon.models import Check, Recognised
from integrations.acoustid.answers import SERVICE, is_hiccup, key_refused, recordings_in, results_of, unreachable
from integrations.acoustid.fingerprint_text import fingerprint_text
from integrations.acoustid.pace import Pace

BASE_URL = "https://api.acoustid.org"
_PATH = "/v2/lookup"
_PER_S = 3.0
"""What AcoustID allows."""
_TRIES = 3
_WORDS_MOST = 948
"""The first 120 seconds, which is all that `fpcalc` listens to, and so all that AcoustID has of most recordings."""
_NOBODYS_TRACK = "00000000-0000-0000-0000-000000000000"


class AcoustId:
    """A register of fingerprints (port `Recogniser`). Use from any thread; `close` it at the end."""

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        timeout_s: float = 10.0,
        *,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`api_key` is an application's. `pause` waits for our turn, and between quick tries."""
        self._api_key = api_key
        self._base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            timeout=timeout_s, trust_env=not _is_loopback(base_url), headers={"User-Agent": "cratekeeper"}
        )
        self._pace = Pace(_PER_S, clock, pause)
        self._quickly = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.3, max=2),
            retry=tenacity.retry_if_exception(_is_broken_line) | tenacity.retry_if_result(is_hiccup),
            retry_error_callback=_last_outcome,
            sleep=pause,
        )

    def close(self) -> None:
        """Lets go of every connection."""
        self._http.close()

    def recognise(self, fingerprint: Sequence[int], duration_s: float) -> Sequence[Recognised]:
        """The recordings that this fingerprint (Chromaprint words of the whole track) belongs to, surest first; empty:
        it knows none, or nobody has named them. Raises AuthExpired, RateLimited, Unreachable."""
        words = [int(word) for word in fingerprint[:_WORDS_MOST]]
        if not words:  # less than three seconds of sound have none, and belong to no recording
            return ()
        results = self._look_up(
            duration=str(max(1, int(duration_s))), fingerprint=fingerprint_text(words), meta="recordings"
        )
        return recordings_in(results, self._base_url)

    def check(self) -> Check:
        """Asks after a track that is nobody's: AcoustID looks at the key, and searches nothing. Raises nothing."""
        try:
            self._look_up(trackid=_NOBODYS_TRACK)
        except Transient as error:
            todo = "Nothing, unless it lasts: tracks are filed without AcoustID's word."
            return Check(name=SERVICE, level="warning", text=str(error), todo=todo)
        except AuthExpired as error:
            return Check(name=SERVICE, level="problem", text=str(error), todo="Correct ACOUSTID_API_KEY, or clear it.")
        except DaemonError as error:
            return Check(name=SERVICE, level="problem", text=str(error), todo="Check the ACOUSTID_… settings.")
        return Check(name=SERVICE, level="ok", text="AcoustID answers, and knows our key")

    def _look_up(self, **question: str) -> list[Any]:
        if not self._api_key:
            raise key_refused()
        form = {"client": self._api_key, "format": "json", **question}
        body = gzip.compress(urlencode(form).encode(), mtime=0)  # AcoustID prefers it so
        try:
            response: httpx.Response = self._quickly(functools.partial(self._post, body))
        except httpx.HTTPError as error:
            raise unreachable(error, self._base_url) from error
        return results_of(response, self._base_url, self._api_key)

    def _post(self, body: bytes) -> httpx.Response:
        self._pace.wait()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
        return self._http.post(f"{self._base_url}{_PATH}", content=body, headers=headers)


def _is_broken_line(error: BaseException) -> bool:
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException)


def _is_loopback(base_url: str) -> bool:
    """A proxy that the environment names would only be in the way of one on this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _last_outcome(state: tenacity.RetryCallState) -> httpx.Response:
    """The last answer, or the last exception raised again: judging is the caller's."""
    assert state.outcome is not None  # noqa: S101 -- tenacity calls back after a try only
    response: httpx.Response = state.outcome.result()
    return response
