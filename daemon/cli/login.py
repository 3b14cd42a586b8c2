"""`cratekeeper login spotify`: the one place where a person is asked."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from collections.abc import Callable, Mapping

import click

from daemon.errors import ConfigError, DaemonError, Problem, Transient
from daemon.login.answer import Came, Closed, Doors, LogIn, Patience, judge
from daemon.login.consent import last_day
from daemon.secrets import Masker
from daemon.settings import Settings

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_LATER = 75

_PATIENCE = Patience()
_AGAIN = "`cratekeeper login spotify`"

Say = Callable[[str], None]


def login_spotify(
    settings: Settings,
    masker: Masker,
    open_login: Callable[[], LogIn],
    *,
    open_browser: Callable[[str], bool] | None = None,
    typed: int | None = None,
    patience: Patience = _PATIENCE,
) -> int:
    """Logs in; answers the exit code. `open_browser` shows an address (None: nobody can, and the person does it);
    `typed` is where pasted lines come from. Raises ConfigError while SPOTIFY_CLIENT_ID is missing."""
    if not settings.spotify_client_id:
        what = "is not set. Make an app at developer.spotify.com/dashboard, and write its Client ID here."
        raise ConfigError([Problem("SPOTIFY_CLIENT_ID", what)])

    def say(text: str) -> None:
        click.echo(masker.mask(text))

    login = open_login()
    try:
        with Doors(settings.spotify_redirect_uri, typed) as doors:
            return _log_in(login, doors, settings.spotify_redirect_uri, say, open_browser, patience)
    except KeyboardInterrupt:
        say(f"Stopped; nothing was changed. {_AGAIN} begins anew.")
        return EXIT_FAILED
    except Transient as error:
        say(f"{error} Then run {_AGAIN} again.")
        return EXIT_LATER
    except DaemonError as error:
        say(str(error))
        return EXIT_FAILED
    finally:
        login.close()


def browser_of(environ: Mapping[str, str], platform: str) -> Callable[[str], bool] | None:
    """What opens a browser in front of the person; None over ssh, and on a machine without a desktop."""
    has_desktop = platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    return webbrowser.open if has_desktop and not environ.get("SSH_CONNECTION") else None


def this_browser() -> Callable[[str], bool] | None:
    """As `browser_of`, for this process."""
    return browser_of(os.environ, sys.platform)


def typed_here() -> int | None:
    """The file descriptor of what is typed; None where there is none."""
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _log_in(
    login: LogIn,
    doors: Doors,
    redirect_uri: str,
    say: Say,
    open_browser: Callable[[str], bool] | None,
    patience: Patience,
) -> int:
    state = secrets.token_urlsafe(16)
    address = login.authorize_url(state)
    shown = open_browser is not None and open_browser(address)
    say(_asking(address, redirect_uri, shown=shown, listening=doors.is_listening))
    answer = _answer(doors, state, redirect_uri, say, patience)
    if answer is None:
        return EXIT_FAILED
    login.redeem(answer, state)
    consent = login.consent()
    until = f" The log-in lasts until {last_day(consent)}." if consent else ""
    say(f"Logged in to Spotify{_as_whom(login)}.{until}")
    return EXIT_DONE


def _as_whom(login: LogIn) -> str:
    """Asked so that an app which Spotify does not serve is seen now; a passing fault takes nothing back."""
    try:
        return f" as {login.who()}"
    except Transient:
        return ""


def _asking(address: str, redirect_uri: str, *, shown: bool, listening: bool) -> str:
    paste = f"copy the address of that page (it begins with {redirect_uri}), paste it here, and press Enter."
    first = (
        "A browser opens; should it not, open this address yourself:" if shown else "Open this address in a browser:"
    )
    if listening:
        second = (
            "Say yes there, and on this machine the answer comes back by itself. From another machine (over ssh) you "
            f"end on a page that cannot be shown: {paste}"
        )
    else:
        second = (
            f"Nothing here can listen at {redirect_uri} (its port is in use, or it is not this machine's), so the "
            f"answer cannot come back by itself. Say yes there, and wherever you end: {paste}"
        )
    return f"{first}\n\n  {address}\n\n{second}"


def _answer(doors: Doors, state: str, redirect_uri: str, say: Say, patience: Patience) -> str | None:
    """The address that answers; None, and said why, when the person said no or nothing came."""
    try:
        for event in doors.answers(patience):
            if not isinstance(event, Came):
                say(f"Still waiting for your yes ({event.left_s / 60:.0f} min left; Ctrl-C stops).")
                continue
            match judge(event.address, state):
                case "yes":
                    return event.address
                case "no":
                    say(f"Spotify was told not to let us in; nothing was changed. {_AGAIN} asks again.")
                    return None
                case "another log-in's":
                    say("That is the answer to another log-in: use the address above, and its answer.")
                case "no answer" if event.pasted:
                    say(f"That is not the answer: paste the whole address that begins with {redirect_uri}.")
    except Closed:
        say(f"No answer came; nothing was changed. {_AGAIN} asks again.")
    return None
