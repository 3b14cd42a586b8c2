"""Agent-Tasks: what the person is asked, what they order, and why a service is left alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Adds two tables and two columns. Why a service was parked before is not known: it counts as a wait."""
    op.create_table(
        "tasks",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("database", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("host_id", sa.Text),
        sa.Column("track_id", sa.Text, sa.ForeignKey("tracks.id")),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("wanted", _JSON, nullable=False),
        sa.Column("memory", _JSON, nullable=False),
        sa.Column("raised_at", sa.Double, nullable=False),
        sa.Column("closed_at", sa.Double),
        sa.Column("remote_id", sa.Text),
        sa.Column("sought", sa.Boolean, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("seen", _JSON, nullable=False),
        sa.Column("wrote", _JSON, nullable=False),
        sa.Column("carried_at", sa.Double),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Double),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until", sa.Double),
    )
    op.create_index("ix_tasks_due", "tasks", ["due_at"])
    op.create_index("ix_tasks_kind", "tasks", ["kind", "state"])
    op.create_index("ix_tasks_remote_id", "tasks", ["remote_id"])
    op.create_index("ix_tasks_track_id", "tasks", ["track_id"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("task_key", sa.Text, sa.ForeignKey("tasks.key")),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("track_id", sa.Text, sa.ForeignKey("tracks.id")),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked", _JSON),
        sa.Column("memory", _JSON, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("of_all", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("links", _JSON, nullable=False),
        sa.Column("turn_at", sa.Double),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("worked_on_by", sa.Text),
        sa.Column("begun_by", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("begun_at", sa.Double),
        sa.Column("ended_at", sa.Double),
    )
    op.create_index("ix_jobs_turn", "jobs", ["turn_at"])
    op.create_index("ix_jobs_task_key", "jobs", ["task_key"])
    op.create_index("ix_tracks_updated_at", "tracks", ["updated_at", "id"])
    op.add_column("services", sa.Column("kind", sa.Text, nullable=False, server_default="wait"))
    op.add_column("services", sa.Column("times", sa.Integer, nullable=False, server_default="1"))
