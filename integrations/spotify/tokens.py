"""The token cache: one file that only its owner can read, never half written, and never refreshed by two at once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

from spotipy.cache_handler import CacheHandler

from daemon.errors import AuthExpired
from daemon.models import Consent, Json, Service
from integrations.spotify.answers import LOG_IN

logger = logging.getLogger(__name__)


class TokenCache(CacheHandler):  # type: ignore[misc]  # spotipy has no types
    """spotipy's cache handler over a file. While there is no file, a `seed` (a refresh token) stands for a log-in
    whose access token has run out. Without `keeps_access` only a new refresh token is worth writing. `learnt` is told
    every token that passes through here.

    Beside the token the file says when the person agreed, and which seed stood in the settings then: refreshing
    changes neither.
    """

    def __init__(
        self,
        path: Path,
        *,
        scope: str,
        seed: str | None = None,
        learnt: Callable[[str], None] | None = None,
        keeps_access: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._scope = scope
        self._seed = seed
        self._learnt = learnt
        self._keeps_access = keeps_access
        self._clock = clock
        self._unsaved: Json | None = None
        self._agreed_at: float | None = None

    def get_cached_token(self) -> Json | None:
        """A token dictionary of spotipy's, or None when nobody has logged in. Raises AuthExpired when the file makes
        no sense."""
        token = self._kept() or self._seeded()
        if token is not None:
            self._tell(token)
        return token

    def save_token_to_cache(self, token_info: Json) -> None:
        """Replaces the file in one step. A token that cannot be written (a full disk, say) is kept in memory, for a
        refresh may have ended the one in the file."""
        token = {"scope": self._scope, **token_info, **self._origin()}
        self._tell(token)
        if not self._keeps_access and not self._is_renewed(token):
            self._unsaved = token
            return
        try:
            _write_private(self.path, json.dumps(token))
        except OSError as error:
            logger.warning(
                "The Spotify log-in cannot be kept in %s (%s); it lasts until the daemon ends.", self.path, error
            )
            self._unsaved = token
        else:
            self._unsaved = None

    @property
    def is_on_disk(self) -> bool:
        """Whether another process would find what was saved last."""
        return self._unsaved is None and self.path.exists()

    def consent(self) -> Consent | None:
        """When the person agreed; None while no token is kept. Raises AuthExpired when the file makes no sense."""
        kept = self._kept() or {}
        given_at = kept.get("consented_at")
        if not isinstance(given_at, (int, float)):
            return None
        return Consent(given_at=given_at, known=kept.get("consent_known") is True)

    def ignores_seed(self) -> bool:
        """Whether the settings hold a seed that came after the log-in that is kept, and so counts for nothing. Raises
        AuthExpired when the file makes no sense."""
        kept = self._kept() or {}
        return self._seed is not None and "seed_sha256" in kept and kept["seed_sha256"] != _digest(self._seed)

    @contextmanager
    def fresh_consent(self) -> Iterator[None]:
        """Inside it, a token that is saved comes of a yes that the person gives now."""
        self._agreed_at = self._clock()
        try:
            yield
        finally:
            self._agreed_at = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes from refreshing meanwhile: with PKCE a refresh token is good for one use. The lock is
        the folder's own, so that it leaves no file behind; without a folder there is nobody to wait for."""
        try:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            yield
            return
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _kept(self) -> Json | None:
        if self._unsaved is not None:
            return self._unsaved
        try:
            token = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise self._unreadable() from error
        if not _is_token(token):
            raise self._unreadable()
        return token

    def _origin(self) -> Json:
        """Where the log-in came from; of the one that stands, unless the person agrees just now."""
        if self._agreed_at is not None:
            return {"consented_at": self._agreed_at, "consent_known": True, "seed_sha256": _digest(self._seed)}
        kept = self._kept() or {}
        if "consented_at" not in kept:
            logger.debug("Nobody told us when you let us in at Spotify: the six months count from now.")
        return {
            "consented_at": kept.get("consented_at", self._clock()),
            "consent_known": kept.get("consent_known", False),
            "seed_sha256": kept.get("seed_sha256", _digest(self._seed)),
        }

    def _tell(self, token: Json) -> None:
        if self._learnt is not None:
            for name in ("access_token", "refresh_token"):
                if token.get(name):
                    self._learnt(str(token[name]))

    def _is_renewed(self, token: Json) -> bool:
        before = self.get_cached_token()
        return before is None or before["refresh_token"] != token.get("refresh_token")

    def _seeded(self) -> Json | None:
        if self._seed is None:
            return None
        return {"access_token": "", "refresh_token": self._seed, "expires_at": 0, "scope": self._scope}

    def _unreadable(self) -> AuthExpired:
        text = f"The Spotify log-in in {self.path} cannot be read: {LOG_IN}, or remove the file."
        return AuthExpired(text, service=Service.SPOTIFY)


def _is_token(token: Any) -> TypeGuard[Json]:
    if not isinstance(token, dict):
        return False
    return isinstance(token.get("refresh_token"), str) and isinstance(token.get("expires_at"), (int, float))


def _digest(seed: str | None) -> str | None:
    return hashlib.sha256(seed.encode()).hexdigest() if seed else None


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600 from its first byte
    part = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
