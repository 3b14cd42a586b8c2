"""`cratekeeper`, the same as `python -m daemon`. Imports next to nothing, so that `--help` is there at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

_MODES = ("single", "daemon", "url", "batch", "all", "reprocess", "status")

_EPILOG = """\b
Modes:
  single     one track by the chain, all the way, then exit
  daemon     the loop: looks every SYNC_INTERVAL_S, works, until it is told to stop
  url        what --url names: a Spotify, SoundCloud or YouTube link to a track, a playlist
             or a set, any other link that yt-dlp knows, an audio file, a folder
  batch      up to --limit tracks by the chain
  all        everything that was ever liked and is not yet in the crate
  reprocess  up to --limit tracks that failed, or whose files are missing, once more
  status     how everything stands; asks nobody outside

\b
Exit codes:
  0   done, or nothing to do
  1   the track failed for good
  75  try again later
  78  the configuration is wrong
"""


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.option("--mode", type=click.Choice(_MODES), help="What to do; see below.")
@click.option("--url", metavar="LINK", help="With --mode url: the link, the file or the folder.")
@click.option("--limit", type=click.IntRange(min=1), help="With batch and reprocess.  [default: 10]")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout; the log on stderr.")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The .env to read.  [default: the one in the project's folder]",
)
@click.version_option(package_name="cratekeeper", message="cratekeeper %(version)s")
@click.pass_context
def cli(
    context: click.Context,
    mode: str | None,
    url: str | None,
    limit: int | None,
    dry_run: bool,
    as_json: bool,
    env_file: Path | None,
) -> None:
    """Cratekeeper: what you like on Spotify or SoundCloud becomes a checked, analysed, tagged file in your crate, an
    item in Eagle, and a row in Notion that tells you the truth about it.
    """
    if context.invoked_subcommand is not None:
        return
    if mode is None:
        click.echo(context.get_help())
        return
    if (mode == "url") != (url is not None):
        raise click.UsageError("--mode url and --url LINK go together.")
    from daemon.cli import runs
    from daemon.cli.modes import Wish

    wish = Wish(mode=mode, url=url, limit=limit, as_json=as_json)
    context.exit(runs.run(wish, dry_run=dry_run, env_file=env_file))


@cli.group()
def login() -> None:
    """Log in to a service."""


@login.command("spotify")
@click.option("--no-browser", is_flag=True, help="Only print the address; open nothing.")
@click.pass_context
def login_spotify(context: click.Context, no_browser: bool) -> None:
    """Log in to Spotify: in the browser where there is one, else by an address to open and an answer to paste.

    Works over ssh. The log-in holds for six months; `doctor` says when it ends.
    """
    from daemon.cli import runs

    context.exit(runs.login_spotify(_env_file(context), no_browser=no_browser))


@cli.group()
def init() -> None:
    """Set up what is outside."""


@init.command("notion", short_help="Find or make the databases, and add missing columns.")
@click.option("--page", metavar="ADDRESS", help="The page to make missing databases under: its address or its id.")
@click.option("--all", "make_all", is_flag=True, help="Agent-Tasks and Issues+Questions too.")
@click.option("--yes", is_flag=True, help="Do it without a question; also writes the new ids into the .env.")
@click.pass_context
def init_notion(context: click.Context, page: str | None, make_all: bool, yes: bool) -> None:
    """Look at the Notion databases: find them, say what is missing, and with your consent make them or add columns.

    Your own columns are never changed. Without a terminal and without --yes it only says what it would do.
    """
    from daemon.cli import runs

    dry_run: bool = context.find_root().params["dry_run"]
    context.exit(runs.init_notion(_env_file(context), page=page, make_all=make_all, yes=yes, dry_run=dry_run))


@cli.command(short_help="Say where its sound is to come from, for ever.")
@click.argument("track")
@click.argument("link")
@click.pass_context
def pin(context: click.Context, track: str, link: str) -> None:
    """Say where a track's sound is to come from, for ever: a link at YouTube, SoundCloud or elsewhere, or a file.

    TRACK is its link, words of its artist and title, or its key.
    """
    from daemon.cli import runs

    context.exit(runs.decide(_env_file(context), lambda desk: desk.pin(track, link)))


@cli.command(short_help="Take that back.")
@click.argument("track")
@click.pass_context
def unpin(context: click.Context, track: str) -> None:
    """Take back what was chosen for a track: its sound is searched for again."""
    from daemon.cli import runs

    context.exit(runs.decide(_env_file(context), lambda desk: desk.unpin(track)))


@cli.command(short_help="Say that a source is wrong.")
@click.argument("track")
@click.argument("link", required=False)
@click.pass_context
def reject(context: click.Context, track: str, link: str | None) -> None:
    """Say that a source is wrong: it is never taken for this track again, and another one is looked for.

    Without LINK the source is meant that the track's files were made from; they are moved aside, not deleted.
    """
    from daemon.cli import runs

    context.exit(runs.decide(_env_file(context), lambda desk: desk.reject(track, link)))


@cli.command(short_help="Answer which of the candidates it is.")
@click.argument("track")
@click.argument("choice", required=False)
@click.pass_context
def choose(context: click.Context, track: str, choice: str | None) -> None:
    """Answer which of the candidates a track is: CHOICE is a number or a link. Without it, shows what there is."""
    from daemon.cli import runs

    context.exit(runs.decide(_env_file(context), lambda desk: desk.choose(track, choice)))


@cli.group(invoke_without_command=True, short_help="Downloads that were refused.")
@click.option("--json", "as_json", is_flag=True, help="One list on stdout.")
@click.pass_context
def quarantine(context: click.Context, as_json: bool) -> None:
    """Downloads that were refused (cut short, silent, another recording …): list them, release or discard them."""
    if context.invoked_subcommand is None:
        from daemon.cli import runs

        context.exit(runs.decide(_env_file(context), lambda desk: desk.quarantined(as_json=as_json)))


@quarantine.command()
@click.argument("kept", metavar="ID")
@click.pass_context
def release(context: click.Context, kept: str) -> None:
    """You have listened to it, and it is good: the track is made from it."""
    from daemon.cli import runs

    context.exit(runs.decide(_env_file(context), lambda desk: desk.release(kept)))


@quarantine.command()
@click.argument("kept", metavar="ID")
@click.pass_context
def discard(context: click.Context, kept: str) -> None:
    """Delete it, and never take its source for that track again."""
    from daemon.cli import runs

    context.exit(runs.decide(_env_file(context), lambda desk: desk.discard(kept)))


@cli.command(short_help="Look at every row in Notion, and put right what differs.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def reconcile(context: click.Context, as_json: bool) -> None:
    """Look at every row of the Tracks database: take in what you did there, put right what differs.

    The daemon does it once a week; exits 75 while something could not be taken in or written yet.
    """
    from daemon.cli import runs

    context.exit(runs.reconcile(_env_file(context), as_json=as_json))


class _Verbs(click.Command):
    """Its help ends with the verbs; their words are there before anything else of the program is imported."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from daemon.service.errands.lines import LINES

        with formatter.section("Verbs"):
            formatter.write_dl([(f"{line.name} {line.takes}".strip(), line.help) for line in LINES])
        super().format_epilog(ctx, formatter)


_JOB_EPILOG = """\b
Exit codes:
  0   done
  1   failed for good, or it asks you something first
  2   there is no such verb, or its input cannot be read
  75  try again later
  78  the configuration is wrong
"""


@cli.command(cls=_Verbs, short_help="Do one job: sync, redo, choose, report …", epilog=_JOB_EPILOG)
@click.argument("verb", required=False)
@click.argument("words", metavar="[INPUT]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout; the log on stderr.")
@click.pass_context
def job(context: click.Context, verb: str | None, words: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Do one job now, to its end: the same that can be ordered in a row of Agent-Tasks.

    What was begun goes on at the next start when it is stopped; beside a running daemon the daemon does the work.
    """
    if verb is None:
        click.echo(context.get_help())
        return
    from daemon.cli.job import Order
    from daemon.cli.job import job as do

    before: dict[str, bool] = context.find_root().params
    order = Order(
        verb=verb,
        input=" ".join(words),
        as_json=as_json or before["as_json"],
        dry_run=dry_run or before["dry_run"],
    )
    context.exit(do(order, _env_file(context)))


@cli.command(short_help="Look at everything, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look at everything: settings, log-ins, columns, folders, programs. Changes nothing; exits 1 on a problem."""
    from daemon.cli import runs

    context.exit(runs.doctor(_env_file(context), as_json=as_json))


@cli.command(short_help="One track through the whole house, on the sandbox.")
@click.pass_context
def demo(context: click.Context) -> None:
    """One track through the whole house, against the built-in sandbox: no account, no network.

    Its files and its ledger are in var/demo; delete that folder to see it again from the start.
    """
    from daemon.cli import runs

    context.exit(runs.demo())


@cli.command(short_help="Serve loopback twins of every outside system.")
@click.option(
    "--port", type=click.IntRange(0, 65531), default=0, help="First of the ports to use.  [default: any that are free]"
)
@click.option(
    "--person",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What somebody does in Notion meanwhile: a JSON object a line.",
)
@click.pass_context
def sandbox(context: click.Context, port: int, person: Path | None) -> None:
    """Serve loopback twins of every outside system, AcoustID among them, and print the settings to use them."""
    from daemon.cli import runs

    context.exit(runs.sandbox(port, person))


def main() -> None:
    """The console script. Exits with the codes above, whatever threads a stuck step may have left."""
    from daemon.cli import exits
    from daemon.errors import ConfigError, DaemonError

    try:
        code = cli.main(standalone_mode=False) or exits.DONE
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the last flush must not fail too
        code = exits.DONE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was begun goes on at the next start.", err=True)
        code = exits.LATER
    except ConfigError as error:
        click.echo(_config_problems(error), err=True)
        code = exits.CONFIG
    except DaemonError as error:
        click.echo(f"{error}", err=True)
        code = exits.code_of(error)
    _leave(int(code))


def _env_file(context: click.Context) -> Path | None:
    """The option stands before the command's name."""
    file: Path | None = context.find_root().params["env_file"]
    return file


def _config_problems(error: Exception) -> str:
    from daemon.errors import ConfigError

    assert isinstance(error, ConfigError)  # noqa: S101 -- the caller has just caught one
    lines = [f"  {problem}" for problem in error.problems]
    count = "One setting is" if len(lines) == 1 else f"{len(lines)} settings are"
    hints = [f"  {hint}" for hint in error.hints]
    return "\n".join([f"{count} wrong; nothing was started.", *lines, *hints, "See .env.example for every name."])


def _leave(code: int) -> None:
    """Python would wait for a stuck step's thread; whoever asked for an end does not want to."""
    import threading

    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:  # daemon threads too: Python waits for those of a pool
        os._exit(code)
    sys.exit(code)
