"""What Alembic runs. `daemon.ledger.migrate` hands in a connection, inside the transaction and behind the lock; there
is no alembic.ini, and logging is left alone."""

from __future__ import annotations

from alembic import context

from daemon.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
