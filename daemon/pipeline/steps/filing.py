"""The files: made, tagged, read back, and put where the person wants them."""

from __future__ import annotations

import shutil

from daemon.errors import BadMedia, NotFound, Transient
from daemon.models import Fetched, Filed, Heard, Postponed, Rendered, Track
from daemon.pipeline.shelving import LibraryWaits
from daemon.pipeline.steps.desk import Desk, Order
from daemon.pipeline.tagging import fingerprint_id, tags_for
from daemon.pipeline.telling import telling


class Filing(Desk):
    """The steps from sound to shelf."""

    def render(self, order: Order, track: Track, fetched: Fetched, heard: Heard) -> tuple[Rendered, ...]:
        """The finished files, tagged as the person corrected it and read back, in the work folder."""
        with telling(self._parts.tell, order.track_id, "render") as account:
            self._parts.disks.for_work(self._rendered_size(heard))
            track, heard = self._as_corrected(order, track), self._as_corrected_by_ear(order, heard)
            cover = self._parts.artwork().jpeg(track.artwork_url, order.ref.url) if track.artwork_url else None
            files = self._parts.studio.render(
                self._there(fetched.path),
                self._work(order),
                self._parts.formats,
                tags_for(
                    track,
                    heard,
                    fetched,
                    cover,
                    key_notation=self._parts.key_notation,
                    fingerprint_id=fingerprint_id(self._there(heard.fingerprint_path).read_bytes()),
                ),
                account.progress,
            )
            account.result = ", ".join(f"{file.format.value} {file.size / 1e6:.1f} MB" for file in files)
            return tuple(files)

    def shelve(self, order: Order, track: Track, rendered: tuple[Rendered, ...]) -> Filed | Postponed:
        """The files where the person wants them, never over another file. Where the library is away they wait for it,
        and nothing has to be made again."""
        with telling(self._parts.tell, order.track_id, "shelve") as account:
            if self._ledger.tracks.is_overtaken(order.track_id):
                raise Transient(
                    "You have decided about it meanwhile; this attempt counts for nothing.", retry_after_s=0.0
                )
            track = self._as_corrected(order, track)
            if put_off := self._parts.homecoming.resume(order.track_id, order.attempt, rendered):
                shutil.rmtree(self._work(order), ignore_errors=True)
                return put_off
            self._parts.withdrawals.carry_out(order.track_id)  # what was made from another source makes way first
            row = self._ledger.tracks.get(order.track_id)
            try:
                shelving = self._parts.shelf.shelve(order.track_id, track, order.ref.playlist, rendered, row.heard)
            except LibraryWaits as trouble:
                account.result = f"waits: {trouble}"
                put_off = self._parts.homecoming.keep(
                    order.track_id, order.attempt, track, order.ref.playlist, rendered, row.heard, trouble
                )
                shutil.rmtree(self._work(order), ignore_errors=True)  # all that is still wanted is kept elsewhere now
                return put_off
            except (NotFound, BadMedia) as gone:
                raise Transient(f"{gone} The track is begun anew.") from gone
            for file in shelving.files:
                self._ledger.files.record(order.track_id, file)
            if shelving.waiting:
                self._parts.owed.keep(order.track_id, track, order.ref.playlist, rendered, row.heard, shelving.waiting)
            account.result = ", ".join(
                [*(file.path for file in shelving.files), *(waiting.reason for waiting in shelving.waiting)]
            )
            return Filed(files=shelving.files)

    def _rendered_size(self, heard: Heard) -> int:
        """No format of ours takes more room than bare samples."""
        rate_hz = self._parts.sample_rate_hz or heard.sample_rate_hz
        frame_bytes = heard.channels * self._parts.sample_bits // 8
        return round(heard.duration_s * rate_hz) * frame_bytes * len(self._parts.formats)
