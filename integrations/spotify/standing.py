"""How a source stands, in a line for doctor."""

from __future__ import annotations

from collections.abc import Callable

from daemon.errors import AuthExpired, DaemonError, Transient
from daemon.models import Check
from integrations.spotify.answers import LOG_IN


def standing(name: str, look: Callable[[], str]) -> Check:
    """The line that comes of one harmless look. Raises nothing."""
    try:
        return Check(name=name, level="ok", text=f"logged in to Spotify; {look()}")
    except Transient as error:
        return Check(name=name, level="warning", text=str(error), todo="Nothing, unless it lasts: the daemon waits.")
    except AuthExpired as error:
        return Check(name=name, level="problem", text=str(error), todo=f"{LOG_IN.capitalize()}.")
    except DaemonError as error:
        return Check(name=name, level="problem", text=str(error), todo="Check the SPOTIFY_… settings.")
