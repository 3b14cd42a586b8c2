"""Where the audio is, in order of worth, and fetching it."""

from __future__ import annotations

from daemon.models import Fetched, Outcome, Service, Source, Track
from daemon.pipeline.steps.desk import Desk, Order
from daemon.pipeline.telling import Account, telling

_SEARCHED = Service.YOUTUBE
"""Whom the finder asks."""


class Getting(Desk):
    """The steps from a name to a file."""

    def pinned(self, order: Order) -> tuple[Source, ...]:
        """What the person chose for it, ever."""
        return self._sources.pinned(order.track_id)

    def preferred(self, order: Order, track: Track) -> tuple[Source, ...]:
        """The version that the person would rather have than the one they liked (VERSION_PREFERENCE)."""
        if not self._sources.prefers_other_versions:
            return ()
        with telling(self._parts.tell, order.track_id, "prefer") as account:
            self._leave_in_peace(_SEARCHED)
            sources = self._sources.as_preferred(order.track_id, track)
            account.result = ", ".join(str(one.as_version) for one in sources[:1]) or "there is none"
            return sources

    def liked_place(self, order: Order, track: Track) -> tuple[Source, ...]:
        """The place where it was liked, if audio can be had there at all."""
        return self._sources.liked_place(order.track_id, order.ref, track)

    def search(self, order: Order, track: Track) -> tuple[Source, ...]:
        """What a search finds and the score accepts, best first: as it was liked, or else as VERSION_PREFERENCE would
        have it in its place. Where that finds nothing, it is searched for by the name that the person gave it: what
        somebody else called it may have been wrong."""
        with telling(self._parts.tell, order.track_id, "search") as account:
            self._leave_in_peace(_SEARCHED)
            sources = self._sources.as_liked(order.track_id, track)
            if not sources and (corrected := self._as_corrected(order, track)) != track:
                sources = self._sources.as_liked(order.track_id, corrected)
            self._ledger.services.answered(_SEARCHED)
            weighed = self._ledger.tracks.get(order.track_id).weighed
            account.result = f"{len(sources)} of {len(weighed)} fit"
            return sources

    def none_left(self, order: Order, track: Track, refusals: tuple[str, ...], is_protected: bool) -> Outcome:
        """What it means that nothing could be had."""
        return self._sources.none_left(order.track_id, track, refusals, is_protected=is_protected)

    def fetch(self, order: Order, source: Source, number: int) -> Fetched:
        """The download, complete on disk. A `.part` of an earlier try is taken up again."""
        with telling(self._parts.tell, order.track_id, "fetch") as account:
            into = self._work(order) / f"source-{number}"
            into.mkdir(parents=True, exist_ok=True)
            kept = self._quarantine.released_for(order.track_id, source)
            if kept is not None:
                fetched = self._quarantine.take_back(kept, into)
            else:
                self._leave_in_peace(source.candidate.service)
                self._parts.disks.for_work(0)
                self._wait_ones_turn(source.candidate.service, account)
                fetched = self._parts.fetcher.fetch(source, into, account.progress)
                self._ledger.services.answered(source.candidate.service)
            self._ledger.tracks.remember_source(order.track_id, source)
            self._ledger.tracks.remember_fetched(order.track_id, fetched)
            account.result = f"{fetched.size / 1e6:.1f} MB from {source.candidate.service.value}: {source.evidence}"
            return fetched

    def _wait_ones_turn(self, service: Service, account: Account) -> None:
        """A polite gap between downloads from one service, whoever begins them."""
        if service is Service.FILE:
            return
        wait_s = self._ledger.paces.book(service.value, self._parts.gap_s)
        if wait_s > 0:
            account.say("progress", f"waits {wait_s:.0f} s for its turn")
            self._parts.pause(wait_s)
