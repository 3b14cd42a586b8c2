"""Who is it: what its service tells, what the ledger knows, and what Spotify adds."""

from __future__ import annotations

from dataclasses import replace

from daemon.errors import AuthExpired, DaemonError, NotFound, RateLimited
from daemon.models import Duplicate, Service, Track, TrackRef
from daemon.pipeline.enriching import enriched_by, told_by
from daemon.pipeline.steps.desk import Desk, Order
from daemon.pipeline.telling import telling

_RECORDINGS = 10
"""Spotify answers no more at once."""


class Knowing(Desk):
    """The steps before anything is downloaded."""

    def resolve(self, order: Order) -> Track:
        """Who it is: asks the service that it was found at, and keeps the answer."""
        with telling(self._parts.tell, order.track_id, "resolve") as account:
            # Not at the top, here and below: what compares names would cost an idle daemon 6 MB.
            from daemon.identity.credits import credited

            said = self._told_enough(order.ref) or self._described(order.ref)
            track = credited(told_by(order.ref.service, said))
            account.result = f"{track.artist} - {track.title}"
            return track

    def known(self, order: Order, track: Track) -> Duplicate | None:
        """Whether an id of this track belongs to another one already; before anything is downloaded."""
        with telling(self._parts.tell, order.track_id, "known") as account:
            taken = self._ledger.tracks.describe(order.track_id, track)
            if not taken:
                account.result = "new"
                return None
            account.result = "known under another id"
            alias = taken[0].alias
            return Duplicate(of=taken[0].track_id, evidence=f"the same {alias.service.value} id, {alias.id}")

    def enrich(self, order: Order, track: Track) -> Track:
        """What Spotify knows beyond the place where it was found: album, ISRC, date and its own address, where its
        search leaves no doubt. Without an answer, and whatever it answers, nothing waits and nothing fails."""
        register = self._parts.register
        if register is None or Service.SPOTIFY in track.urls:
            return track
        with telling(self._parts.tell, order.track_id, "enrich") as account:
            if self._ledger.services.parked(Service.SPOTIFY) is not None:
                account.result = "Spotify rests; it goes on without"
                return track
            from daemon.identity.agreement import agreeing

            try:
                found = agreeing(track, register().recordings(track, _RECORDINGS))
                if found is None and (corrected := self._as_corrected(order, track)) != track:
                    # What somebody else called it may have been wrong.
                    found = agreeing(corrected, register().recordings(corrected, _RECORDINGS))
            except DaemonError as trouble:
                if isinstance(trouble, RateLimited | AuthExpired):  # else it is no reason to ask for no likes either
                    self._park(trouble)
                account.result = f"goes on without: {trouble}"
                return track
            if found is None:
                account.result = "Spotify has nothing that is surely the same"
                return track
            enriched = enriched_by(track, found)
            self._ledger.tracks.describe(order.track_id, replace(enriched, aliases=()))
            account.result = f"Spotify knows it: {found.urls.get(Service.SPOTIFY)}"
            return enriched

    def _told_enough(self, ref: TrackRef) -> Track | None:
        """What the source said of it, if its service is not to be asked now and that will do."""
        told = ref.told
        if told is None or self._ledger.services.parked(ref.service) is None:
            return None
        return told if told.title and told.artists and told.duration_s else None

    def _described(self, ref: TrackRef) -> Track:
        open_catalogue = self._parts.catalogues.get(ref.service)
        if open_catalogue is None:
            raise NotFound(f"{ref.url}: {ref.service.value} is not set up, so nobody can say what it is.")
        self._leave_in_peace(ref.service)
        return open_catalogue().describe(ref)
