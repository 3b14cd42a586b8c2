"""Doctor's round: every check there is, in the order in which a person sets things up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from daemon.ledger import Ledger
from daemon.models import Check, ShelfRole
from daemon.pipeline.shelving.shelf import folder_memo
from daemon.service.doctor import judge_place, look_at
from daemon.service.pausing import in_words
from daemon.settings import Loaded, Settings
from daemon.wiring.outside import Outside

NamedCheck = tuple[str, Callable[[], Check]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the ledger knows that concerns doctor; nothing where there is none yet."""

    of_folder: Callable[[str], str | None] = lambda _name: None
    paused_since: float | None = None


_FEATURES = (
    ("artists_db_id", "ARTISTS_DB_ID", "artist pages are not kept"),
    ("agent_tasks_db_id", "AGENT_TASKS_DB_ID", "questions to you stay in the log and in `status`"),
    ("issues_db_id", "ISSUES_DB_ID", "issues stay in the log"),
    ("playlists_db_id", "PLAYLISTS_DB_ID", "the Playlists column is left alone"),
)


def checks(loaded: Loaded, outside: Outside, remembered: Remembered) -> Iterator[NamedCheck]:
    """Each with its name; nothing is asked before it is called, and nothing is changed."""
    settings = loaded.settings
    yield "settings", partial(_settings, loaded)
    yield "ledger", partial(_ledger, settings)
    if remembered.paused_since is not None:
        yield "paused", partial(_paused, remembered.paused_since)
    yield from outside.checks()
    for field, name, consequence in _FEATURES:
        if outside.has_notion and getattr(settings, field) is None:
            yield name, partial(_off, name, consequence)
    for name, folder, role in _folders(settings):
        yield name, partial(_folder, name, folder, role, remembered.of_folder)


def _settings(loaded: Loaded) -> Check:
    place = f"read from {loaded.env_file}" if loaded.env_file else "no .env was read; the environment and defaults"
    if loaded.warnings:
        text = f"{place}. {' '.join(loaded.warnings)}"
        return Check(name="settings", level="warning", text=text, todo="Correct or remove those lines.")
    return Check(name="settings", level="ok", text=f"{place}.")


def _ledger(settings: Settings) -> Check:
    if settings.database_url is not None:
        current = Ledger.is_current(settings.ledger_url.get_secret_value())
        text = "PostgreSQL answers." if current else "PostgreSQL answers; its tables are made at the next start."
        return Check(name="ledger", level="ok", text=text)
    file = settings.var_dir / "ledger.db"
    if not file.exists():
        return Check(name="ledger", level="ok", text=f"{file}: not there yet, will be made.")
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            damage = [line for (line,) in database.execute("PRAGMA quick_check") if line != "ok"]
    except sqlite3.Error as error:
        if error.sqlite_errorname == "SQLITE_READONLY_ROLLBACK":
            text = f"{file}: a write was cut off; it is undone at the next start."
            return Check(name="ledger", level="ok", text=text)
        damage = [str(error)]
    if damage:
        text = f"{file} is damaged: {damage[0]}"
        return Check(name="ledger", level="problem", text=text, todo="Put the newest backup of that file in its place.")
    return Check(name="ledger", level="ok", text=f"{file} is sound.")


def _paused(since: float) -> Check:
    return Check(name="paused", level="warning", text=f"{in_words(since)}.", todo="`cratekeeper job resume` ends that.")


def _off(name: str, consequence: str) -> Check:
    return Check(name=name, level="ok", text=f"not set: {consequence}.")


def _folders(settings: Settings) -> Iterator[tuple[str, Path, ShelfRole | None]]:
    yield "OUT_DIR", settings.out_dir, "library"
    if settings.backup_dir:
        yield "BACKUP_DIR", settings.backup_dir, "backup"
    if settings.wav_backup_dir:
        yield "WAV_BACKUP_DIR", settings.wav_backup_dir, "wav_backup"
    yield "VAR_DIR", settings.var_dir, None


def _folder(name: str, folder: Path, role: ShelfRole | None, recall: Callable[[str], str | None]) -> Check:
    return judge_place(look_at(name, folder, recall(folder_memo(role, folder)) if role else None))
