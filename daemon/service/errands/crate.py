"""`verify` and `enrich`, put together: the verbs about what is in the crate already."""

from __future__ import annotations

from daemon.jobs.verbs import Verb
from daemon.service.errands.desk import Desk
from daemon.service.errands.enriching import Enrich, Enriching
from daemon.service.errands.lines import ENRICH, VERIFY
from daemon.service.errands.verifying import Verify, Verifying


def verify(desk: Desk) -> Verb[Verify]:
    """Looks, and changes nothing."""
    rooms = desk.rooms
    verifying = Verifying(
        rooms.ledger,
        find=desk.track,
        reading=rooms.reading(),
        row=rooms.row_in_notion(),
        lost_files=rooms.lost_files,
        is_library_there=rooms.is_library_there,
        out_dir=rooms.folders["OUT_DIR"][0],
        key_notation=rooms.key_notation,
    )
    return VERIFY.verb(input=Verify, read=verifying.read, work=verifying.work)


def enrich(desk: Desk) -> Verb[Enrich]:
    """Fills in what is missing."""
    rooms = desk.rooms
    reading = rooms.reading()
    enriching = Enriching(
        rooms.ledger,
        listen=lambda path: reading.listen(path).heard,
        register=rooms.register,
        is_library_there=rooms.is_library_there,
        out_dir=rooms.folders["OUT_DIR"][0],
        clock=rooms.clock,
    )
    return ENRICH.verb(input=Enrich, read=enriching.read, work=enriching.work)
