"""The files: made, tagged, read back, and put where the person wants them."""

from __future__ import annotations

from daemon.errors import Transient
from daemon.models import Fetched, Filed, Heard, Rendered, Track
from daemon.pipeline.steps.desk import Desk, Order
from daemon.pipeline.tagging import tags_for
from daemon.pipeline.telling import telling


class Filing(Desk):
    """The steps from sound to shelf."""

    def render(self, order: Order, track: Track, fetched: Fetched, heard: Heard) -> tuple[Rendered, ...]:
        """The finished files, tagged and read back, in the work folder."""
        with telling(self._parts.tell, order.track_id, "render") as account:
            self._parts.disks.for_work(_rendered_size(heard, len(self._parts.formats)))
            cover = self._parts.artwork().jpeg(track.artwork_url) if track.artwork_url else None
            files = self._parts.studio.render(
                self._there(fetched.path),
                self._work(order),
                self._parts.formats,
                tags_for(track, heard, fetched, cover),
                account.progress,
            )
            account.result = ", ".join(f"{file.format.value} {file.size / 1e6:.1f} MB" for file in files)
            return tuple(files)

    def shelve(self, order: Order, track: Track, rendered: tuple[Rendered, ...]) -> Filed:
        """The files where the person wants them, never over another file."""
        with telling(self._parts.tell, order.track_id, "shelve") as account:
            if self._ledger.tracks.is_overtaken(order.track_id):
                raise Transient("You have decided about its source meanwhile; it is begun anew.", retry_after_s=0.0)
            self._parts.withdrawals.carry_out(order.track_id)  # what was made from another source makes way first
            row = self._ledger.tracks.get(order.track_id)
            self._parts.disks.for_shelves(sum(file.size for file in rendered))
            shelving = self._parts.shelf.shelve(order.track_id, track, order.ref.playlist, rendered, row.heard)
            for file in shelving.files:
                self._ledger.files.record(order.track_id, file)
            if shelving.waiting:
                self._parts.owed.keep(order.track_id, track, order.ref.playlist, rendered, row.heard, shelving.waiting)
            account.result = ", ".join(
                [*(file.path for file in shelving.files), *(waiting.reason for waiting in shelving.waiting)]
            )
            return Filed(files=shelving.files)


def _rendered_size(heard: Heard, files: int) -> int:
    """No format of ours takes more room than 24 bits a sample."""
    return round(heard.duration_s * heard.sample_rate_hz) * heard.channels * 3 * files
