"""What the commands do: settings, log, house, run, card, exit code."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daemon import logs
from daemon.cli import exits, modes
from daemon.cli.modes import Wish
from daemon.cli.signals import until_stopped
from daemon.errors import ConfigError, DaemonError, Permanent, Problem
from daemon.ledger import Ledger
from daemon.secrets import Masker, secrets_of
from daemon.settings import Loaded, home, load
from daemon.wiring.outside import Outside

if TYPE_CHECKING:
    from daemon.cli.deciding import Desk

log = logging.getLogger("cratekeeper")


def run(wish: Wish, *, dry_run: bool, env_file: Path | None) -> int:
    """`--mode`; answers the exit code. Raises what ends the run, and has told it to whoever wants JSON."""
    try:
        loaded = loaded_from(env_file)
        with made_ready(loaded) as masker:
            if dry_run:
                from daemon.cli.dry_run import dry_run as say

                return say(wish, loaded.settings, masker)
            return modes.run(wish, loaded.settings, masker)
    except DaemonError as error:
        if wish.as_json:
            why = {"mode": wish.mode, "exit_code": exits.code_of(error), "error": str(error)}
            click.echo(json.dumps(why, ensure_ascii=False))
        raise


def doctor(env_file: Path | None, *, as_json: bool) -> int:
    """`cratekeeper doctor`; wrong settings are its first problems."""
    from daemon.cli import doctor as clinic

    try:
        loaded = loaded_from(env_file)
    except ConfigError as error:
        return clinic.say_problems(error, as_json=as_json)
    with made_ready(loaded) as masker:
        return clinic.doctor(loaded, masker, as_json=as_json)


def decide(env_file: Path | None, act: Callable[[Desk], None]) -> int:
    """What a person decides about a track's sound."""
    from daemon.cli import deciding

    loaded = loaded_from(env_file)
    with made_ready(loaded) as masker:
        return deciding.decide(loaded.settings, masker, act)


def login_spotify(env_file: Path | None, *, no_browser: bool) -> int:
    """`cratekeeper login spotify`; a log-in that worked ends the wait for it."""
    from daemon.cli.login import login_spotify as log_in
    from daemon.cli.login import this_browser, typed_here

    loaded = loaded_from(env_file)
    with made_ready(loaded) as masker:
        outside = Outside(loaded.settings, masker.add)
        browser = None if no_browser else this_browser()
        code = log_in(loaded.settings, masker, outside.spotify_login, open_browser=browser, typed=typed_here())
        if code == 0:
            with Ledger.open(loaded.settings.ledger_url.get_secret_value(), time.time) as ledger:
                ledger.services.clear("spotify")
    return code


def init_notion(env_file: Path | None, *, page: str | None, make_all: bool, yes: bool, dry_run: bool) -> int:
    """`cratekeeper init notion`."""
    from daemon.cli import init_notion as founding

    loaded = loaded_from(env_file)
    with made_ready(loaded) as masker:
        wish = founding.Wish(page=page, make_all=make_all, yes=yes, dry_run=dry_run)
        return founding.init_notion(loaded, masker, wish)


def reconcile(env_file: Path | None, *, as_json: bool) -> int:
    """`cratekeeper reconcile`."""
    from daemon.cli import reconcile as looking

    loaded = loaded_from(env_file)
    with made_ready(loaded) as masker:
        return looking.reconcile(loaded.settings, masker, as_json=as_json)


def demo() -> int:
    """`cratekeeper demo`: single mode against the sandbox, with a ledger of its own."""
    from daemon.wiring.demo import open_sandbox

    place = home({})
    folder = place.root / "var" / "demo"
    click.echo("No account needed: starting the sandbox and asking what somebody in it has liked …", err=True)
    with open_sandbox(folder) as environ:
        loaded = load(environ, None, folder)
        with made_ready(loaded) as masker:
            code = modes.run(Wish(mode="single"), loaded.settings, masker)
    click.echo()
    click.echo("That was the built-in sandbox: nothing left this machine. Delete var/demo to see it again.")
    click.echo("For your own accounts: cp .env.example .env, fill in what you have, and type make run again.")
    return code


def sandbox(port: int, person: Path | None = None) -> int:
    """`cratekeeper sandbox`: serves until it is stopped."""
    from daemon.wiring.demo import open_sandbox

    folder = home({}).root / "var" / "sandbox"
    with open_sandbox(folder, first_port=port, person=person) as environ:
        click.echo("# The sandbox runs until you press Ctrl-C. Put this into a .env to use it:")
        for name, value in environ.items():
            click.echo(f"{name}={value}")
        until_stopped(threading.Event.wait)
    return 0


def loaded_from(env_file: Path | None) -> Loaded:
    """The settings, from the environment and the `.env`. Raises ConfigError."""
    place = home(os.environ, env_file)
    return load(os.environ, place.env_file, place.root)


@contextmanager
def made_ready(loaded: Loaded) -> Iterator[Masker]:
    """The log set up so that no secret gets through, and the warnings about the settings in it."""
    masker = Masker(secrets_of(loaded.settings))
    undo = logs.set_up(loaded.settings.log_level, loaded.settings.log_format, masker)
    try:
        for warning in loaded.warnings:
            log.warning("%s", warning)
        with _errors_masked(masker):
            yield masker
    finally:
        undo()


@contextmanager
def _errors_masked(masker: Masker) -> Iterator[None]:
    """What ends the run is said by those who know no secrets, and so cannot mask them."""
    try:
        yield
    except ConfigError as error:
        problems = [Problem(one.setting, masker.mask(one.what)) for one in error.problems]
        raise ConfigError(problems, [masker.mask(hint) for hint in error.hints]) from None
    except DaemonError as error:
        kind = Permanent if isinstance(error, Permanent) else DaemonError
        raise kind(masker.mask(f"{error}")) from None
    except BrokenPipeError:
        raise  # whoever read our output has seen enough
    except Exception:
        log.critical("this is a bug: nobody expected this error", exc_info=True)
        raise click.exceptions.Exit(exits.FAILED) from None
