"""What the right audio needs: who remixed a track and who said so, what was weighed, decided and refused for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds to tracks and files, and makes three tables. No row of the first release is touched."""
    _widen_tracks()
    _widen_files()
    _make_decisions()
    _make_quarantine()
    _make_paces()


def _widen_tracks() -> None:
    op.add_column("tracks", sa.Column("featured", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("tracks", sa.Column("remixers", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("tracks", sa.Column("version", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("tracks", sa.Column("origins", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("tracks", sa.Column("weighed", sa.JSON))
    op.add_column("tracks", sa.Column("progress", sa.JSON))
    op.add_column("tracks", sa.Column("decided_attempt", sa.Integer))


def _widen_files() -> None:
    op.add_column("files", sa.Column("withdrawn_at", sa.Double))
    op.add_column("files", sa.Column("set_aside", sa.Text))


def _make_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("track_id", sa.Text, sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("candidate", sa.JSON, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )


def _make_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("track_id", sa.Text, sa.ForeignKey("tracks.id"), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("fetched", sa.JSON, nullable=False),
        sa.Column("heard", sa.JSON),
        sa.Column("candidate", sa.JSON),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("decided_at", sa.Double),
    )
    op.create_index("ix_quarantine_track_id", "quarantine", ["track_id"])
    op.create_index("ix_quarantine_state", "quarantine", ["state", "at"])


def _make_paces() -> None:
    op.create_table(
        "paces",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("next_at", sa.Double, nullable=False),
    )
