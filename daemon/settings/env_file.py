"""The `.env` as the scripts before us read it: python-dotenv's grammar, `${NAME}` and `${NAME:-default}` filled in.

One step below `dotenv_values`, with the library's own parser: that tells the line of what it cannot read (where
`dotenv_values` drops it with a log message), and lets the real environment win inside `${…}` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from daemon.errors import ConfigError, Problem

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
"""What may be shown as a name. A token that slipped to the left of the `=` is longer, and is not repeated."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What a `.env` says."""

    values: Mapping[str, str]
    """Everything that has a value, whether we know the name or not; the last of two counts."""
    used_within: frozenset[str]
    """Names that other lines refer to as `${NAME}`."""
    warnings: tuple[str, ...]


def read_env_file(path: Path, environ: Mapping[str, str]) -> EnvFile:
    """Reads the file. Raises ConfigError when it is not readable text; lines that make no sense are only warned of."""
    values: dict[str, str] = {}
    used_within: set[str] = set()
    warnings: list[str] = []
    outside = {name: value for name, value in environ.items() if value}
    for binding in parse_stream(StringIO(_text_of(path))):
        if binding.error or (binding.key is not None and not _is_assignment(binding)):
            warnings.append(f"{path}, line {_line_of(binding)}: this is no NAME=value line, and was left out.")
        elif binding.key is not None:
            variables = _variables_in(binding.value or "")
            used_within |= {variable.name for variable in variables}
            known = {**values, **outside}
            warnings += [
                f"{path}: {binding.key} refers to ${{{name}}}, which is set neither here nor in the environment."
                for name in _unset(variables, known)
            ]
            values[binding.key] = _filled_in(binding.value or "", known)
    filled = {name: value for name, value in values.items() if value.strip()}
    return EnvFile(filled, frozenset(used_within), tuple(warnings))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(path), "is not UTF-8 text. Save it as UTF-8 in your editor.")]) from error
    except OSError as error:
        what = f"cannot be read ({error.strerror or 'unknown reason'}). Look at its path and permissions."
        raise ConfigError([Problem(str(path), what)]) from error


def _is_assignment(binding: Binding) -> bool:
    return binding.value is not None and _NAME.fullmatch(binding.key or "") is not None


def _line_of(binding: Binding) -> int:
    """Where the statement itself begins: the parser counts the empty lines before it as part of it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _variables_in(text: str) -> list[Variable]:
    return [atom for atom in parse_variables(text) if isinstance(atom, Variable)]


def _unset(variables: Iterable[Variable], known: Mapping[str, str]) -> list[str]:
    unset = {variable.name for variable in variables if variable.default is None and variable.name not in known}
    return sorted(name for name in unset if _NAME.fullmatch(name))


def _filled_in(text: str, known: Mapping[str, str]) -> str:
    return "".join(atom.resolve(known) for atom in parse_variables(text))
