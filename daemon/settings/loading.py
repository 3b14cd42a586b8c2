"""Where the settings are, and how they are read: the real environment first, then the `.env`, then the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs
from pydantic import ValidationError

from daemon.errors import ConfigError, Problem
from daemon.settings.declared import Settings
from daemon.settings.env_file import EnvFile, read_env_file
from daemon.settings.readers import place

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ENV_FILE_NAME = "CRATEKEEPER_ENV_FILE"
"""Names the `.env` to read. Only the real environment can say it: the file cannot say where it is."""

_SOURCE_FOLDER = Path(__file__).absolute().parents[2]
_SIMILAR_ENOUGH = 0.8
"""difflib's ratio: one slip in a short name, a few in a long one."""


class Home(NamedTuple):
    """Where this installation keeps its things."""

    root: Path
    env_file: Path | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and what else the person should know of them."""

    settings: Settings
    warnings: tuple[str, ...]
    env_file: Path | None
    root: Path


def home(environ: Mapping[str, str], explicit: Path | None = None, *, source_folder: Path = _SOURCE_FOLDER) -> Home:
    """The project's root and the `.env` to read: `explicit` (from a command line, so below the current folder where
    it is relative), else what CRATEKEEPER_ENV_FILE says, else the root's own if there is one.

    The root is the source folder where we run from one, else the person's data folder. Raises ConfigError when a file
    that was named is not there.
    """
    installed = not (source_folder / "pyproject.toml").is_file()
    root = platformdirs.user_data_path("cratekeeper", appauthor=False) if installed else source_folder
    named = environ.get(ENV_FILE_NAME, "").strip()
    if explicit is not None:
        return Home(root, _existing(str(explicit), below=Path.cwd(), named_by="--env-file"))
    if named:
        return Home(root, _existing(named, below=root, named_by=ENV_FILE_NAME))
    own = root / ".env"
    return Home(root, own if own.is_file() else None)


def load(environ: Mapping[str, str], env_file: Path | None, root: Path) -> Loaded:
    """Reads every setting. An empty value counts as not set, so that the next place to look is asked.

    Relative paths are below the folder of the `.env` if one is given, else below `root`. Raises ConfigError with every
    problem at once; no message holds a value.
    """
    root = root.absolute()
    env_file = env_file.absolute() if env_file else None
    written = read_env_file(env_file, environ) if env_file else EnvFile({}, frozenset(), ())
    values = {name: written.values.get(name.upper(), "") for name in Settings.model_fields}
    values |= {name: environ[name.upper()] for name in values if environ.get(name.upper(), "").strip()}
    given = {name: value for name, value in values.items() if value.strip()}
    base = env_file.parent if env_file else root
    warnings = written.warnings + tuple(_unknown(written, env_file))
    try:
        settings = Settings.model_validate(given, context={"base": base})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise ConfigError([_problem(detail) for detail in details], warnings) from None
    return Loaded(settings, warnings, env_file, root)


def _existing(text: str, *, below: Path, named_by: str) -> Path:
    try:
        path = below / place(text)
    except ValueError as error:
        raise ConfigError([Problem(named_by, str(error))]) from error
    if not path.is_file():
        raise ConfigError([Problem(named_by, f"there is no file {path}. Correct the path, or leave it out.")])
    return path


def _problem(detail: ErrorDetails) -> Problem:
    what = detail.get("ctx", {}).get("error", detail["msg"])
    return Problem(str(detail["loc"][0]).upper(), str(what))


def _unknown(written: EnvFile, env_file: Path | None) -> Iterable[str]:
    names = [name.upper() for name in Settings.model_fields]
    for name in written.values:
        if name in names or name in written.used_within:
            continue
        if name == ENV_FILE_NAME:
            yield f"{env_file}: {name} counts only in the real environment; here it is ignored."
            continue
        similar = get_close_matches(name.upper().replace("-", "_"), names, n=1, cutoff=_SIMILAR_ENOUGH)
        hint = f"did you mean {similar[0]}?" if similar else "it is ignored."
        yield f"{env_file}: {name} is no setting of ours; {hint}"
