"""Our own verbs: what can be ordered in a row of Agent-Tasks, and as `cratekeeper job <verb>`.

A verb is a room beside this one, a line here, and its words in `lines`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from daemon.jobs.verbs import Table, Verb
from daemon.service.errands.lines import LINES

if TYPE_CHECKING:
    from daemon.service.errands.desk import Desk


def errands(desk: Desk) -> Table:
    """The table of verbs, which are imported when one is wanted: `lines` is enough to say what there is."""
    return Table.late(LINES, lambda: _made(desk))


def _made(desk: Desk) -> Iterable[Verb[Any]]:
    from daemon.service.errands.choosing import choose
    from daemon.service.errands.crate import enrich, verify
    from daemon.service.errands.pausing import pause, resume
    from daemon.service.errands.redoing import redo
    from daemon.service.errands.reporting import report
    from daemon.service.errands.syncing import sync

    return (
        sync(desk),
        redo(desk),
        verify(desk),
        choose(desk),
        enrich(desk),
        report(desk),
        pause(desk),
        resume(desk),
    )
