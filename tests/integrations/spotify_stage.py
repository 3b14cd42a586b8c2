"""Our Spotify parts before the loopback Spotify, with secrets that can be recognised."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog, Server
from integrations.sandbox.spotify import SpotifyTwin
from integrations.spotify import SpotifySession

CLIENT_ID = "our-app"
CLIENT_SECRET = "SECRET-of-the-app"
REFRESH_TOKEN = "SECRET-refresh-token"
REDIRECT = "http://127.0.0.1:8766/callback"


@dataclass
class SpotifyStage:
    twin: SpotifyTwin
    url: str
    cache: Path
    patience_s: float
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    pauses: list[float] = field(default_factory=list)
    """What the session would have waited between quick tries."""
    opened: list[SpotifySession] = field(default_factory=list)

    def session(self, **changes: Any) -> SpotifySession:
        """A new session, as after a restart."""
        usual: dict[str, Any] = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uri": REDIRECT,
            "cache_path": self.cache,
            "refresh_token": REFRESH_TOKEN,
            "api_url": f"{self.url}/v1/",
            "accounts_url": self.url,
            "timeout_s": self.patience_s,
            "pause": self.pauses.append,
        }
        session = SpotifySession(**(usual | changes))
        self.opened.append(session)
        return session

    def kept(self) -> dict[str, Any]:
        """The token in the cache."""
        token: dict[str, Any] = json.loads(self.cache.read_text())
        return token

    def keep(self, **changes: Any) -> None:
        """Changes the token in the cache."""
        self.cache.write_text(json.dumps(self.kept() | changes))

    def token_requests(self) -> int:
        return len(self.log.of(method="POST", path="/api/token"))

    def secrets(self) -> list[str]:
        """Everything that must not be shown to anybody."""
        kept = self.kept() if self.cache.is_file() else {}
        tokens = [kept[name] for name in ("access_token", "refresh_token") if kept.get(name)]
        return [CLIENT_SECRET, REFRESH_TOKEN, *tokens]


@contextlib.contextmanager
def spotify_stage(folder: Path, *, pkce: bool = False, patience_s: float = 20.0) -> Iterator[SpotifyStage]:
    """The person has logged in once, and `REFRESH_TOKEN` came of it; nothing is cached yet."""
    twin = SpotifyTwin(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    twin.accounts.consent(REFRESH_TOKEN, pkce=pkce)
    faults, log = Faults(), RequestLog()
    with Server(twin, faults=faults, log=log) as server:
        stage = SpotifyStage(twin, server.url, folder / "spotify" / "token.json", patience_s, faults, log)
        try:
            yield stage
        finally:
            for session in stage.opened:
                session.close()
