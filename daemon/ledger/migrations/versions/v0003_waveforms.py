"""What a track's wave looks like is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes one table. Tracks that were heard before have no picture until they are heard again."""
    op.create_table(
        "waveforms",
        sa.Column("track_id", sa.Text, sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
    )
