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
from daemon.models import Consent, Json, Service
from integrations.spotify.answers import LOG_IN, JudgingSession, TokenRefused, nonsense
from integrations.spotify.tokens import TokenCache

API_URL = "https://api.spotify.com/v1/"
ACCOUNTS_URL = "https://accounts.spotify.com"
NEEDED = "user-library-read user-read-currently-playing"
"""Without these a log-in is of no use."""
ASKED = f"{NEEDED} playlist-read-private playlist-read-collaborative"
"""What a person is asked for: playlists are extra, and older log-ins go on without them."""

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
        learnt: Callable[[str], None] | None = None,
        keeps_access: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`refresh_token` stands for a log-in as long as there is no cache at `cache_path`. `pause` waits the moments
        between quick tries. `learnt` is told every token before it is used: it must not be read in any log. Without
        `keeps_access` the cache is written only when Spotify gave a new refresh token, which ends the one before."""
        self._http = JudgingSession(pause)
        self._cache = TokenCache(
            cache_path, scope=NEEDED, seed=refresh_token, learnt=learnt, keeps_access=keeps_access, clock=clock
        )
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
        Refused when it is not the answer to this `state`, the person said no, or the log-in cannot be kept."""
        try:
            told_state, code = self._login.parse_auth_response_url(answer_url)
        except spotipy.SpotifyOauthError as error:
            raise Refused(
                f"Spotify was told not to let us in ({error.error}): {LOG_IN} again to change that."
            ) from error
        if told_state != state or code is None:
            raise Refused(f"That address is not the answer to this log-in: {LOG_IN} again, and paste the newest one.")
        with self._lock, self._cache.alone(), self._cache.fresh_consent(), _SensibleTokens():
            self._login.get_access_token(code, check_cache=False, **self._token_only)
        if not self._cache.is_on_disk:
            raise Refused(
                f"Spotify has let us in, but that cannot be kept in {self._cache.path}: see that the disk has room and "
                f"that you may write there, then {LOG_IN} again."
            )

    def who(self) -> str:
        """The name of whom we are logged in as. Raises what `ask` raises."""
        me = self.ask(lambda spotify: spotify.me()) or {}
        return str(me.get("display_name") or me.get("id") or "somebody without a name")

    def consent(self) -> Consent | None:
        """When the person let us in; None while no log-in is kept. Asks nobody. Raises AuthExpired when what is kept
        makes no sense."""
        return self._cache.consent()

    def ignores_seed(self) -> bool:
        """Whether the `refresh_token` is newer than the log-in that is kept, and so counts for nothing."""
        return self._cache.ignores_seed()

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
        """A token that has time left and is not the one that was `refused`."""
        with self._lock, _SensibleTokens():
            token = self._usable_token()
            if self._is_stale(token, refused):
                token = self._refreshed(refused)
            return str(token["access_token"])

    def _refreshed(self, refused: str | None) -> Json:
        """One process at a time; what another one has refreshed meanwhile is taken."""
        with self._cache.alone():
            token = self._usable_token()
            if self._is_stale(token, refused):
                token = self._login.refresh_access_token(token["refresh_token"])
            return token

    def _usable_token(self) -> Json:
        token = self._cache.get_cached_token()
        if token is None:
            raise AuthExpired(f"Nobody has logged in to Spotify yet: {LOG_IN}.", service=Service.SPOTIFY)
        if not set(NEEDED.split()) <= set(str(token.get("scope")).split()):
            text = f"The Spotify log-in does not allow all that is needed ({NEEDED}): {LOG_IN}."
            raise AuthExpired(text, service=Service.SPOTIFY)
        return token

    def _is_stale(self, token: Json, refused: str | None) -> bool:
        return token.get("access_token") == refused or bool(self._login.is_token_expired(token))


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
        "scope": ASKED.split(),
        "cache_handler": cache,
        "requests_session": http,
        "requests_timeout": timeout_s,
        "open_browser": False,
    }
    if client_secret:
        return spotipy.SpotifyOAuth(client_secret=client_secret, **shared)
    return spotipy.SpotifyPKCE(**shared)
