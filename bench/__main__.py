"""`python -m bench [name …]`: measures, and prints tables or JSON."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial

import click

from bench import machine
from bench.report import Report

# Before anybody imports numpy: one thread, as our own children have it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_NAMES = (
    "help", "cold_start", "tick", "idle", "stop", "first_sync", "ledger", "twins", "one_track", "agreement", "matching",
    "proof", "listening", "first_run", "notion", "board_life", "board_faults", "tasks",
)  # fmt: skip
_IDLE_S = 60.0
_LIVES = 5000


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, metavar="[NAME …]")
@click.option("--list", "listing", is_flag=True, help="Say what there is, and measure nothing.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout, with every single run in it.")
@click.option("--seconds", default=_IDLE_S, show_default=True, help="How long `idle` watches.")
@click.option("--lives", default=_LIVES, show_default=True, help="How many lives `board_life` lives.")
def main(names: tuple[str, ...], listing: bool, as_json: bool, seconds: float, lives: int) -> None:
    """Measures what the docs quote, here and now: all of it, or the benches named."""
    if unknown := set(names) - set(_NAMES):
        raise click.BadParameter(f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(_NAMES)}")
    if listing:
        for name in _NAMES:
            click.echo(f"{name:<12} {_first_line(name)}")
        return
    where = machine.describe()
    if not as_json:
        click.echo(where)
    reports = []
    for name in names or _NAMES:
        print(f"measuring {name} …", file=sys.stderr)
        reports.append(_bench(name, {"idle": seconds, "board_life": lives})())
        if not as_json:
            click.echo(f"\n{reports[-1].as_text()}")
    if as_json:
        click.echo(json.dumps({"machine": where, "reports": [report.as_json() for report in reports]}, indent=2))


def _bench(name: str, sizes: Mapping[str, float]) -> Callable[[], Report]:
    """Ready to be measured; some can be told how much of it."""
    measure: Callable[..., Report] = importlib.import_module(f"bench.{name}").measure
    return partial(measure, sizes[name]) if name in sizes else measure


def _first_line(name: str) -> str:
    return (importlib.import_module(f"bench.{name}").__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    main()
