"""One log-in to Spotify, kept fresh: never prompts, never opens a browser, never waits as long as Spotify asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spotipy

from daemon.errors import AuthExpired, NotFound, Refused
from daemon.models import Json, Service
from integrations.spotify.answers import LOG_IN, JudgingSession, TokenRefused, nonsense
from integrations.spotify.tokens import TokenCache

API_URL = "https://api.spotify.com/v1/"
ACCOUNTS_URL = "https://accounts.spotify.com"
SCOPE = "user-library-read user-read-currently-playing"

# At debug level spotipy writes tokens into the log, and at error level what we translate and say ourselves.
logging.getLogger("spotipy").setLevel(logging.CRITICAL)


class SpotifySession:
    """Asks Spotify things as one person. Without a `client_secret` the log-in is by PKCE. Use from any thread; `close`
    it at the end."""

    def __init__(
        self,
        client_id: str,
        client_secret: str | None,
        redirect_uri: str,
        cache_path: Path,
        *,
        refresh_token: str | None = None,
        api_url: str = API_URL,
        accounts_url: str = ACCOUNTS_URL,
        timeout_s: float = 10.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`refresh_token` stands for a log-in as long as there is no cache at `cache_path`. `pause` waits the moments
        between quick tries."""
        self._http = JudgingSession(pause)
        self._cache = TokenCache(cache_path, scope=SCOPE, seed=refresh_token)
        self._lock = threading.Lock()
        self._login = _login(client_id, client_secret, redirect_uri, self._cache, self._http, timeout_s)
        self._login.OAUTH_TOKEN_URL = f"{accounts_url.rstrip('/')}/api/token"
        self._login.OAUTH_AUTHORIZE_URL = f"{accounts_url.rstrip('/')}/authorize"
        self._client = spotipy.Spotify(requests_session=self._http, requests_timeout=timeout_s)
        self._client.prefix = f"{api_url.rstrip('/')}/"

    def close(self) -> None:
        """Lets go of every connection."""
        self._http.close()

    def ask(self, question: Callable[[spotipy.Spotify], Any]) -> Json | None:
        """The answer to one call of spotipy's; None for "no content". Raises AuthExpired, RateLimited, Unreachable,
        NotFound, Refused, and nothing else."""
        token = self._access_token()
        try:
            return self._put(question, token)
        except TokenRefused:  # withdrawn, or this computer's clock is wrong
            token = self._access_token(refused=token)
        try:
            return self._put(question, token)
        except TokenRefused as error:
            raise AuthExpired(str(error), service=Service.SPOTIFY) from error

    # --- logging in: what `cratekeeper login spotify` needs ----------------------------------------------------------

    def authorize_url(self, state: str) -> str:
        """Where the person says yes. `state` is a word of ours that comes back with the answer."""
        url: str = self._login.get_authorize_url(state)
        return url

    def redeem(self, answer_url: str, state: str) -> None:
        """Logs in with the address that the person was sent back to, after `authorize_url` of the same session. Raises
        Refused when it is not the answer to this `state`, or the person said no."""
        try:
            told_state, code = self._login.parse_auth_response_url(answer_url)
        except spotipy.SpotifyOauthError as error:
            raise Refused(
                f"Spotify was told not to let us in ({error.error}): {LOG_IN} again to change that."
            ) from error
        if told_state != state or code is None:
            raise Refused(f"That address is not the answer to this log-in: {LOG_IN} again, and paste the newest one.")
        with self._lock, _SensibleTokens():
            self._login.get_access_token(code, check_cache=False, **self._token_only)

    @property
    def _token_only(self) -> dict[str, bool]:
        """One of spotipy's two log-ins answers a dictionary, and warns of it, unless told otherwise."""
        return {"as_dict": False} if isinstance(self._login, spotipy.SpotifyOAuth) else {}

    # --- tokens ------------------------------------------------------------------------------------------------------

    def _put(self, question: Callable[[spotipy.Spotify], Any], token: str) -> Json | None:
        self._client.set_auth(token)
        try:
            answer: Json | None = question(self._client)
        except spotipy.SpotifyException as error:  # spotipy's own: it was never sent
            raise NotFound(f"Spotify can have nothing of that name: {error.msg}") from error
        return answer

    def _access_token(self, refused: str | None = None) -> str:
        """A token that has time left and is not the one that was `refused`. One thread at a time: with PKCE a refresh
        token is good for one use."""
        with self._lock, _SensibleTokens():
            token = self._cache.get_cached_token()
            if token is None:
                raise AuthExpired(f"Nobody has logged in to Spotify yet: {LOG_IN}.", service=Service.SPOTIFY)
            if not set(SCOPE.split()) <= set(str(token.get("scope")).split()):
                text = f"The Spotify log-in does not allow all that is needed ({SCOPE}): {LOG_IN}."
                raise AuthExpired(text, service=Service.SPOTIFY)
            if token.get("access_token") == refused or self._login.is_token_expired(token):
                token = self._login.refresh_access_token(token["refresh_token"])
            return str(token["access_token"])


class _SensibleTokens:
    """Inside it, spotipy's stumbling over a token answer without the usual fields is an Unreachable."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, (KeyError, TypeError)):
            raise nonsense("a token without its fields") from error


def _login(
    client_id: str,
    client_secret: str | None,
    redirect_uri: str,
    cache: TokenCache,
    http: JudgingSession,
    timeout_s: float,
) -> Any:
    shared = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE.split(),
        "cache_handler": cache,
        "requests_session": http,
        "requests_timeout": timeout_s,
        "open_browser": False,
    }
    if client_secret:
        return spotipy.SpotifyOAuth(client_secret=client_secret, **shared)
    return spotipy.SpotifyPKCE(**shared)
