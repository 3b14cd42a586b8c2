"""`python -m bench.matching`: judges the scorer; with `--tuning --misses` it shows what went wrong."""

from __future__ import annotations

import click

from bench.matching.cases import CasesError
from bench.matching.report import tuning, verdicts


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--tuning", "only_tuning", is_flag=True, help="Only the half of the cases that may be tuned on.")
@click.option("--misses", is_flag=True, help="With --tuning: every case that is wrong, asked or missed, with evidence.")
@click.option("--class", "kinds", multiple=True, metavar="CLASS", help="With --tuning: only this class; repeatable.")
def main(only_tuning: bool, misses: bool, kinds: tuple[str, ...]) -> None:
    """Judges the scorer: numbers of both halves, or one half in detail."""
    if (misses or kinds) and not only_tuning:
        raise click.UsageError("--misses and --class go with --tuning: nobody looks into the half that is kept back.")
    try:
        for text in tuning(kinds, misses=misses) if only_tuning else (verdicts().as_text(),):
            click.echo(text)
    except CasesError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
