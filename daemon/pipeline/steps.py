"""The steps of `daemon.pipeline.ingest`, each with its real part. A step may run twice; its effect may not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import NeedsPerson, NotFound, RateLimited, Transient
from daemon.ledger import Ledger
from daemon.ledger.sounds import TwinOf
from daemon.models import (
    Candidate,
    Choice,
    Duplicate,
    Fetched,
    Filed,
    Format,
    Heard,
    Json,
    Outcome,
    Postponed,
    Rendered,
    Service,
    Source,
    Track,
    TrackRef,
)
from daemon.pipeline import matching
from daemon.pipeline.judging import outcome_of
from daemon.pipeline.owed import Owed
from daemon.pipeline.proof import prove
from daemon.pipeline.shelving import Shelf
from daemon.pipeline.tagging import tags_for
from daemon.pipeline.telling import Tell, telling
from daemon.ports import Artwork, Catalogue, Fetcher, Finder, Studio
from daemon.quality import source_quality

_CANDIDATES = 10
_SEARCHED = Service.YOUTUBE
"""Whom the finder asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a workflow is begun with."""

    track_id: str
    attempt: int
    ref: TrackRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the steps work with; wiring puts it together."""

    ledger: Ledger
    catalogues: Mapping[Service, Callable[[], Catalogue]]
    finder: Callable[[], Finder]
    fetcher: Fetcher
    studio: Studio
    artwork: Callable[[], Artwork]
    shelf: Shelf
    owed: Owed
    work_dir: Path
    formats: tuple[Format, ...]
    tell: Tell
    clock: Callable[[], float]


class Steps:
    """One method a step. What they return crosses the ledger's database as JSON."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ledger = parts.ledger

    # --- who is it ---------------------------------------------------------------------------------------------------

    def resolve(self, order: Order) -> Track:
        """Who it is: asks the service that it was found at, and keeps the answer."""
        with telling(self._parts.tell, order.track_id, "resolve") as account:
            track = self._told_enough(order.ref) or self._described(order.ref)
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

    # --- where the audio is ------------------------------------------------------------------------------------------

    def liked_place(self, order: Order, track: Track) -> tuple[Source, ...]:
        """The place where it was liked, if audio can be had there at all."""
        if order.ref.service is Service.SPOTIFY:  # which has everything but the sound
            return ()
        ref = order.ref
        candidate = Candidate(
            service=ref.service,
            id=ref.id,
            url=ref.url,
            title=track.title,
            artists=track.artists,
            duration_s=track.duration_s,
        )
        return (Source(candidate=candidate, score=1.0, evidence="the very track that was liked"),)

    def search(self, order: Order, track: Track) -> tuple[Source, ...]:
        """What a search finds and the score accepts, best first. Asks the person when only doubtful ones are left."""
        with telling(self._parts.tell, order.track_id, "search") as account:
            self._leave_in_peace(_SEARCHED)
            candidates = self._parts.finder().candidates(f"{track.artist} {track.title}", _CANDIDATES)
            ranked = matching.rank(track, candidates)
            sources = matching.accepted(ranked)
            if not sources and (doubtful := matching.doubtful(ranked)):
                raise NeedsPerson(
                    f"Which of these is {track.artist} - {track.title}?",
                    [Choice(label=one.candidate.title, value=one.candidate.url, why=one.evidence) for one in doubtful],
                )
            account.result = f"{len(sources)} of {len(candidates)} fit"
            return sources

    def fetch(self, order: Order, source: Source, number: int) -> Fetched:
        """The download, complete on disk. A `.part` of an earlier try is taken up again."""
        with telling(self._parts.tell, order.track_id, "fetch") as account:
            self._leave_in_peace(source.candidate.service)
            into = self._work(order) / f"source-{number}"
            into.mkdir(parents=True, exist_ok=True)
            fetched = self._parts.fetcher.fetch(source, into, account.progress)
            self._ledger.tracks.remember_source(order.track_id, source)
            self._ledger.tracks.remember_fetched(order.track_id, fetched)
            account.result = f"{fetched.size / 1e6:.1f} MB from {source.candidate.service.value}: {source.evidence}"
            return fetched

    # --- what it sounds like -----------------------------------------------------------------------------------------

    def listen(self, order: Order, track: Track, fetched: Fetched) -> Heard:
        """One decode that tells everything, and the proof that this is the whole track."""
        with telling(self._parts.tell, order.track_id, "listen") as account:
            heard = self._parts.studio.listen(self._there(fetched.path), self._work(order), account.progress)
            prove(track, fetched, heard)
            self._ledger.tracks.remember_heard(order.track_id, heard)
            account.result = _heard_in_words(heard, fetched)
            return heard

    def claim_sound(self, order: Order, heard: Heard) -> Duplicate | None:
        """Claims this recording for this track, unless another track has it already."""
        with telling(self._parts.tell, order.track_id, "claim") as account:
            # Not at the top: numpy would cost an idle daemon 11 MB, and every start a tenth of a second.
            from daemon.pipeline.twins import same_recording, sample_words, words_of

            packed = self._there(heard.fingerprint_path).read_bytes()
            words = words_of(packed)

            def bit_error(theirs: bytes, their_duration_s: float) -> float | None:
                return same_recording(words, heard.duration_s, words_of(theirs), their_duration_s)

            claim = self._ledger.sounds.claim(
                order.track_id, packed, heard.duration_s, index_words=sample_words(words), is_twin=bit_error
            )
            if isinstance(claim, TwinOf):
                account.result = "the crate has this recording"
                return Duplicate(of=claim.track_id, evidence=f"the same sound, {claim.bit_error:.1%} of bits differ")
            account.result = "a recording that the crate does not have"
            return None

    # --- files -------------------------------------------------------------------------------------------------------

    def render(self, order: Order, track: Track, fetched: Fetched, heard: Heard) -> tuple[Rendered, ...]:
        """The finished files, tagged and read back, in the work folder."""
        with telling(self._parts.tell, order.track_id, "render") as account:
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
            row = self._ledger.tracks.get(order.track_id)
            shelving = self._parts.shelf.shelve(order.track_id, track, order.ref.playlist, rendered, row.heard)
            for file in shelving.files:
                self._ledger.files.record(order.track_id, file)
            if shelving.waiting:
                self._parts.owed.keep(order.track_id, track, order.ref.playlist, rendered, row.heard, shelving.waiting)
            account.result = ", ".join(
                [*(file.path for file in shelving.files), *(waiting.reason for waiting in shelving.waiting)]
            )
            return Filed(files=shelving.files)

    # --- how it ended ------------------------------------------------------------------------------------------------

    def judge(self, order: Order, step: str, error: Json) -> Outcome:
        """What an error means for this track."""
        own = sum(_was_own_fault(event.detail) for event in self._ledger.events.of(order.track_id))
        outcome = outcome_of(error, step, attempt=order.attempt, own_faults=own, now=self._parts.clock())
        if isinstance(outcome, Postponed) and outcome.service:
            self._ledger.services.park(outcome.service, outcome.not_before, outcome.reason)
        return outcome

    def conclude(self, order: Order, outcome: Outcome) -> Outcome:
        """Clears the work folder, and writes the end into the ledger, which puts it into the outbox.

        In this order: what is at its end is never taken up again, so nobody would come back to clear up."""
        with telling(self._parts.tell, order.track_id, "conclude") as account:
            if not isinstance(outcome, Postponed):  # then a `.part` is worth keeping
                shutil.rmtree(self._work(order), ignore_errors=True)
            self._ledger.tracks.finish(order.track_id, outcome)
            account.result = outcome.kind
            return outcome

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

    def _leave_in_peace(self, service: Service) -> None:
        """Raises RateLimited while the service is parked: patience that one track was asked for is everybody's."""
        parking = self._ledger.services.parked(service)
        if parking is None:
            return
        wait_s = None if parking.not_before is None else parking.not_before - self._parts.clock()
        raise RateLimited(parking.reason, service=service, retry_after_s=wait_s)

    def _work(self, order: Order) -> Path:
        return self._parts.work_dir / order.track_id

    def _there(self, path: str) -> Path:
        """A file that an earlier step left in the work folder. Somebody may have cleared that folder since."""
        file = Path(path)
        if not file.exists():
            raise Transient(f"{file.name} is gone from the work folder; the track is begun anew.")
        return file


def _was_own_fault(ending: Json) -> bool:
    """Whether an earlier try was put off for no service's sake (the ledger keeps every ending as an event)."""
    return ending.get("kind") == "postponed" and ending.get("service") is None


def _heard_in_words(heard: Heard, fetched: Fetched) -> str:
    tempo = f"{heard.tempo.bpm:.2f} BPM" if heard.tempo else "no pulse"
    key = f"{heard.key.name} ({heard.key.camelot})" if heard.key else "no key"
    return f"{tempo}, {key}, {heard.duration_s:.1f} s, {source_quality(heard, fetched)}"
