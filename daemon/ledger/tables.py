"""The tables as they are now. How they came to be so is in `migrations/`; a test holds the two to each other.

Times are unix seconds, UTC, and end in `_at` (or are a `not_before`). Nothing ever deletes a track.
"""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA_VERSION = "0005"
"""The newest revision in `migrations/versions`. A database that says the same needs no migration."""


class PlainText(sa.TypeDecorator[str]):
    """Text that every database takes. People write titles with NUL or half a surrogate pair in them; PostgreSQL refuses
    the one, SQLite's driver the other."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 -- theirs
        if value is None:
            return None
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_Json = sa.JSON(none_as_null=True)

metadata = sa.MetaData()

tracks = sa.Table(
    "tracks",
    metadata,
    sa.Column("id", PlainText, primary_key=True),
    sa.Column("title", PlainText, nullable=False),
    sa.Column("artists", _Json, nullable=False),
    sa.Column("featured", _Json, nullable=False, server_default="[]"),
    sa.Column("remixers", _Json, nullable=False, server_default="[]"),
    sa.Column("version", _Json, nullable=False, server_default="[]"),
    sa.Column("album", PlainText),
    sa.Column("duration_s", sa.Double),
    sa.Column("isrc", PlainText),
    sa.Column("genre", PlainText),
    sa.Column("release_date", PlainText),
    sa.Column("artwork_url", PlainText),
    sa.Column("urls", _Json, nullable=False),
    sa.Column("origins", _Json, nullable=False, server_default="{}"),
    sa.Column("edits", _Json, nullable=False, server_default="{}"),
    sa.Column("found_in", PlainText, nullable=False),
    sa.Column("playlist", PlainText),
    sa.Column("status", PlainText, nullable=False),
    sa.Column("reason", PlainText),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("decided_attempt", sa.Integer),
    sa.Column("duplicate_of", PlainText, sa.ForeignKey("tracks.id", name="fk_tracks_duplicate_of")),
    sa.Column("weighed", _Json),
    sa.Column("source", _Json),
    sa.Column("fetched", _Json),
    sa.Column("heard", _Json),
    sa.Column("progress", _Json),
    sa.Column("not_before", sa.Double),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Index("ix_tracks_status", "status", "not_before"),
    sa.Index("ix_tracks_duplicate_of", "duplicate_of"),
    sa.Index("ix_tracks_updated_at", "updated_at", "id"),
)


def _track_id(*, primary_key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("track_id", PlainText, sa.ForeignKey("tracks.id"), primary_key=primary_key, nullable=nullable)


aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("service", PlainText, primary_key=True),
    sa.Column("id", PlainText, primary_key=True),
    _track_id(),
    sa.Index("ix_aliases_track_id", "track_id"),
)

hints = sa.Table(
    "hints",
    metadata,
    sa.Column("kind", PlainText, primary_key=True),
    sa.Column("value", PlainText, primary_key=True),
    _track_id(primary_key=True),
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", _Number, primary_key=True),
    _track_id(),
    sa.Column("role", PlainText, nullable=False),
    sa.Column("format", PlainText, nullable=False),
    sa.Column("path", PlainText, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("sha256", PlainText, nullable=False),
    sa.Column("filed_at", sa.Double, nullable=False),
    sa.Column("missing_since", sa.Double),
    sa.Column("withdrawn_at", sa.Double),
    sa.Column("set_aside", PlainText),
    sa.Index("ix_files_track_id", "track_id"),
    sa.Column("name_key", PlainText, nullable=False),
    sa.Index("uq_files_path", "path", unique=True),
    sa.Index("ix_files_name_key", "name_key"),
)

memos = sa.Table(
    "memos",
    metadata,
    sa.Column("name", PlainText, primary_key=True),
    sa.Column("value", PlainText, nullable=False),
)
"""Short notes that a room keeps for itself, under names of its own."""

fingerprints = sa.Table(
    "fingerprints",
    metadata,
    sa.Column("track_id", PlainText, sa.ForeignKey("tracks.id"), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("algorithm", sa.Integer, nullable=False),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("words", sa.LargeBinary, nullable=False),
    sa.Column("claimed_at", sa.Double, nullable=False),
    sa.Column("released_at", sa.Double),
    sa.Index("uq_fingerprints_number", "number", unique=True),
)

fingerprint_words = sa.Table(
    "fingerprint_words",
    metadata,
    sa.Column("word", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""About a hundred rows a track, so they are narrow: the word as a signed 32-bit number, the fingerprint by its
number."""

waveforms = sa.Table(
    "waveforms",
    metadata,
    _track_id(primary_key=True),
    sa.Column("peaks", sa.LargeBinary, nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    _track_id(primary_key=True),
    sa.Column("place", PlainText, primary_key=True),
    sa.Column("verdict", PlainText, nullable=False),
    sa.Column("candidate", _Json, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("by", PlainText, nullable=False),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", PlainText, primary_key=True),
    _track_id(),
    sa.Column("path", PlainText, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("reason", PlainText, nullable=False),
    sa.Column("step", PlainText, nullable=False),
    sa.Column("fetched", _Json, nullable=False),
    sa.Column("heard", _Json),
    sa.Column("candidate", _Json),
    sa.Column("state", PlainText, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("decided_at", sa.Double),
    sa.Index("ix_quarantine_track_id", "track_id"),
    sa.Index("ix_quarantine_state", "state", "at"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", _Number, primary_key=True),
    _track_id(nullable=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("step", PlainText, nullable=False),
    sa.Column("what", PlainText, nullable=False),
    sa.Column("detail", _Json, nullable=False),
    sa.Index("ix_events_track_id", "track_id"),
    sqlite_autoincrement=True,
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("target", PlainText, primary_key=True),
    _track_id(primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Double),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_error", PlainText),
    sa.Column("claimed_by", PlainText),
    sa.Column("claimed_until", sa.Double),
    sa.Index("ix_outbox_due", "target", "due_at"),
)

mirrors = sa.Table(
    "mirrors",
    metadata,
    sa.Column("target", PlainText, primary_key=True),
    _track_id(primary_key=True),
    sa.Column("remote_id", PlainText, nullable=False),
    sa.Column("seen", _Json, nullable=False),
    sa.Column("wrote", _Json, nullable=False, server_default="{}"),
    sa.Column("theirs", _Json, nullable=False, server_default="[]"),
    sa.Column("gone", PlainText),
    sa.Column("carried_revision", sa.Integer, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("ix_mirrors_remote_id", "target", "remote_id"),
)

related = sa.Table(
    "related",
    metadata,
    sa.Column("column_name", PlainText, primary_key=True),
    sa.Column("name_key", PlainText, primary_key=True),
    sa.Column("remote_id", PlainText, nullable=False),
)
"""The rows that relation columns of the Tracks database point to, by name."""

services = sa.Table(
    "services",
    metadata,
    sa.Column("name", PlainText, primary_key=True),
    sa.Column("not_before", sa.Double),
    sa.Column("reason", PlainText, nullable=False),
    sa.Column("since_at", sa.Double, nullable=False),
    sa.Column("kind", PlainText, nullable=False, server_default="wait"),
    sa.Column("times", sa.Integer, nullable=False, server_default="1"),
)

paces = sa.Table(
    "paces",
    metadata,
    sa.Column("service", PlainText, primary_key=True),
    sa.Column("next_at", sa.Double, nullable=False),
)
"""When each service may be asked next, for whoever asks then."""

hosts = sa.Table(
    "hosts",
    metadata,
    sa.Column("host_id", PlainText, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("mode", PlainText, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("heartbeat_at", sa.Double, nullable=False),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("key", PlainText, primary_key=True),
    sa.Column("database", PlainText, nullable=False),
    sa.Column("kind", PlainText, nullable=False),
    sa.Column("host_id", PlainText),
    _track_id(nullable=True),
    sa.Column("state", PlainText, nullable=False),
    sa.Column("urgency", sa.Integer, nullable=False),
    sa.Column("wanted", _Json, nullable=False),
    sa.Column("memory", _Json, nullable=False),
    sa.Column("raised_at", sa.Double, nullable=False),
    sa.Column("closed_at", sa.Double),
    sa.Column("remote_id", PlainText),
    sa.Column("sought", sa.Boolean, nullable=False),
    sa.Column("gone", sa.Boolean, nullable=False),
    sa.Column("seen", _Json, nullable=False),
    sa.Column("wrote", _Json, nullable=False),
    sa.Column("carried_at", sa.Double),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Double),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_error", PlainText),
    sa.Column("claimed_by", PlainText),
    sa.Column("claimed_until", sa.Double),
    sa.Index("ix_tasks_due", "due_at"),
    sa.Index("ix_tasks_kind", "kind", "state"),
    sa.Index("ix_tasks_remote_id", "remote_id"),
    sa.Index("ix_tasks_track_id", "track_id"),
)
"""Rows of Agent-Tasks and of Issues+Questions that are ours."""

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", PlainText, primary_key=True),
    sa.Column("task_key", PlainText, sa.ForeignKey("tasks.key")),
    sa.Column("verb", PlainText, nullable=False),
    sa.Column("input", PlainText, nullable=False),
    _track_id(nullable=True),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("state", PlainText, nullable=False),
    sa.Column("asked", _Json),
    sa.Column("memory", _Json, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("of_all", sa.Integer, nullable=False),
    sa.Column("text", PlainText, nullable=False),
    sa.Column("links", _Json, nullable=False),
    sa.Column("turn_at", sa.Double),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("worked_on_by", PlainText),
    sa.Column("begun_by", PlainText),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("begun_at", sa.Double),
    sa.Column("ended_at", sa.Double),
    sa.Index("ix_jobs_turn", "turn_at"),
    sa.Index("ix_jobs_task_key", "task_key"),
)
"""What was ordered, and how far it is."""
