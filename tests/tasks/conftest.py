from __future__ import annotations

from tests.ledger.conftest import ready_made, url

__all__ = ["ready_made", "url"]
