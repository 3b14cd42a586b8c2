"""CPU of `cratekeeper --help`: what a person types first answers at once, so heavy imports are lazy. Limit: 0.4 s.

Beside it stand Python alone, and Python with the command line's library.
"""

from __future__ import annotations

from bench.costs import cpu_of, python, repeated
from bench.report import Report

_TIMES = 11
_LIMIT_CPU_S = 0.4


def measure() -> Report:
    floor = cpu_of("python -c pass", repeated(_TIMES, python("-c", "pass")), "floor")
    library = cpu_of("import click", repeated(_TIMES, python("-c", "import click")), "floor")
    ours = cpu_of("cratekeeper --help", repeated(_TIMES, python("-m", "daemon", "--help")))
    return Report(
        name="help",
        about="CPU of a fresh process, bytecode compiled before.",
        numbers=(ours.over(floor).over(library).within(_LIMIT_CPU_S), floor, library),
    )
