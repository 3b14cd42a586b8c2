"""The token cache: one file that only its owner can read, never half written."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any, TypeGuard

from spotipy.cache_handler import CacheHandler

from daemon.errors import AuthExpired
from daemon.models import Json, Service
from integrations.spotify.answers import LOG_IN

logger = logging.getLogger(__name__)


class TokenCache(CacheHandler):  # type: ignore[misc]  # spotipy has no types
    """spotipy's cache handler over a file. While there is no file, a `seed` (a refresh token) stands for a log-in
    whose access token has run out."""

    def __init__(self, path: Path, *, scope: str, seed: str | None = None) -> None:
        self._path = path
        self._scope = scope
        self._seed = seed
        self._unsaved: Json | None = None

    def get_cached_token(self) -> Json | None:
        """A token dictionary of spotipy's, or None when nobody has logged in. Raises AuthExpired when the file makes
        no sense."""
        if self._unsaved is not None:
            return self._unsaved
        try:
            token = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return self._seeded()
        except (OSError, ValueError) as error:
            raise self._unreadable() from error
        if not _is_token(token):
            raise self._unreadable()
        return token

    def save_token_to_cache(self, token_info: Json) -> None:
        """Replaces the file in one step. A token that cannot be written (a full disk, say) is kept in memory, for a
        refresh may have ended the one in the file."""
        token = {"scope": self._scope, **token_info}
        try:
            _write_private(self._path, json.dumps(token))
        except OSError as error:
            logger.warning(
                "The Spotify log-in cannot be kept in %s (%s); it lasts until the daemon ends.", self._path, error
            )
            self._unsaved = token
        else:
            self._unsaved = None

    def _seeded(self) -> Json | None:
        if self._seed is None:
            return None
        return {"access_token": "", "refresh_token": self._seed, "expires_at": 0, "scope": self._scope}

    def _unreadable(self) -> AuthExpired:
        text = f"The Spotify log-in in {self._path} cannot be read: {LOG_IN}, or remove the file."
        return AuthExpired(text, service=Service.SPOTIFY)


def _is_token(token: Any) -> TypeGuard[Json]:
    if not isinstance(token, dict):
        return False
    return isinstance(token.get("refresh_token"), str) and isinstance(token.get("expires_at"), (int, float))


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
