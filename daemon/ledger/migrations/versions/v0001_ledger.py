"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes every table of the first release."""
    _make_tracks()
    _make_what_belongs_to_a_track()
    _make_fingerprints()
    _make_outbox()
    _make_surroundings()


def _make_tracks() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("artists", sa.JSON, nullable=False),
        sa.Column("album", sa.Text),
        sa.Column("duration_s", sa.Double),
        sa.Column("isrc", sa.Text),
        sa.Column("genre", sa.Text),
        sa.Column("release_date", sa.Text),
        sa.Column("artwork_url", sa.Text),
        sa.Column("urls", sa.JSON, nullable=False),
        sa.Column("found_in", sa.Text, nullable=False),
        sa.Column("playlist", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("duplicate_of", sa.Text, sa.ForeignKey("tracks.id", name="fk_tracks_duplicate_of")),
        sa.Column("source", sa.JSON),
        sa.Column("fetched", sa.JSON),
        sa.Column("heard", sa.JSON),
        sa.Column("not_before", sa.Double),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )
    op.create_index("ix_tracks_status", "tracks", ["status", "not_before"])
    op.create_index("ix_tracks_duplicate_of", "tracks", ["duplicate_of"])


def _track_id(*, primary_key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column("track_id", sa.Text, sa.ForeignKey("tracks.id"), primary_key=primary_key, nullable=nullable)


def _make_what_belongs_to_a_track() -> None:
    op.create_table(
        "aliases",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        _track_id(),
    )
    op.create_index("ix_aliases_track_id", "aliases", ["track_id"])
    op.create_table(
        "hints",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        _track_id(primary_key=True),
    )
    op.create_table(
        "files",
        sa.Column("id", _NUMBER, primary_key=True),
        _track_id(),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("filed_at", sa.Double, nullable=False),
        sa.Column("missing_since", sa.Double),
        sa.Column("name_key", sa.Text, nullable=False),
    )
    op.create_index("ix_files_track_id", "files", ["track_id"])
    op.create_index("uq_files_path", "files", ["path"], unique=True)
    op.create_index("ix_files_name_key", "files", ["name_key"])
    op.create_table(
        "memos",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", _NUMBER, primary_key=True),
        _track_id(nullable=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_track_id", "events", ["track_id"])


def _make_fingerprints() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("track_id", sa.Text, sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("algorithm", sa.Integer, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("claimed_at", sa.Double, nullable=False),
        sa.Column("released_at", sa.Double),
    )
    op.create_index("uq_fingerprints_number", "fingerprints", ["number"], unique=True)
    op.create_table(
        "fingerprint_words",
        sa.Column("word", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("target", sa.Text, primary_key=True),
        _track_id(primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Double),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until", sa.Double),
    )
    op.create_index("ix_outbox_due", "outbox", ["target", "due_at"])
    op.create_table(
        "mirrors",
        sa.Column("target", sa.Text, primary_key=True),
        _track_id(primary_key=True),
        sa.Column("remote_id", sa.Text, nullable=False),
        sa.Column("seen", sa.JSON, nullable=False),
        sa.Column("carried_revision", sa.Integer, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )


def _make_surroundings() -> None:
    op.create_table(
        "services",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("not_before", sa.Double),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since_at", sa.Double, nullable=False),
    )
    op.create_table(
        "hosts",
        sa.Column("host_id", sa.Text, primary_key=True),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("heartbeat_at", sa.Double, nullable=False),
    )
