"""Where the audio of a track may come from, in order of worth: what the person decided, the place where it was liked,
and what a search finds. Each room of the order answers its sources, best first; what the person rejected, and what lies
in quarantine, is never among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from daemon.errors import NeedsPerson
from daemon.ledger import Ledger
from daemon.models import Asked, Candidate, Choice, Failed, MetadataOnly, Service, Source, Track, TrackRef, Weighed
from daemon.ports import Finder

_CANDIDATES = 12
"""Hits that one search is asked for: what stands behind them was never the right one."""
AS_LIKED = "as-liked"
_ASKED_ABOUT = 3
RELEASE = "release "


class Sources:
    """The sources of one house's tracks."""

    def __init__(self, ledger: Ledger, finder: Callable[[], Finder], preference: Sequence[str]) -> None:
        """`preference` is VERSION_PREFERENCE: the versions wanted, the most wanted first."""
        self._ledger = ledger
        self._finder = finder
        self._preference = tuple(preference)

    @property
    def prefers_other_versions(self) -> bool:
        """Whether something else than what was liked is looked for first."""
        return bool(self._preference) and self._preference[0] != AS_LIKED

    def pinned(self, track_id: str) -> tuple[Source, ...]:
        """The one that the person chose, for ever; empty where they did not."""
        candidate = self._ledger.decisions.pinned(track_id)
        if candidate is None:
            return ()
        kept = self._ledger.quarantine.released(track_id)
        released = kept is not None and kept.candidate is not None and kept.candidate.place == candidate.place
        evidence = "you released it from quarantine" if released else "you chose it"
        return (Source(candidate=candidate, score=1.0, evidence=evidence, trusted=True),)

    def liked_place(self, track_id: str, ref: TrackRef, track: Track) -> tuple[Source, ...]:
        """The place where it was liked, if audio can be had there at all."""
        if ref.service is Service.SPOTIFY:  # which has everything but the sound
            return ()
        candidate = candidate_at(ref, track)
        offered = self._allowed(track_id, [candidate])
        return tuple(Source(candidate=one, score=1.0, evidence="the very track that was liked") for one in offered)

    def searched(self, track_id: str, track: Track, preference: Sequence[str]) -> tuple[Source, ...]:
        """What a search finds and the score accepts, best first. Asks with other words while nothing fits; keeps what
        was weighed, and why."""
        # Not at the top: what compares names would cost an idle daemon 6 MB.
        from daemon.pipeline import matching

        seen: dict[str, Candidate] = {}
        weighed: list[Weighed] = []
        for words in matching.queries(track, preference):
            found = self._finder().candidates(words, _CANDIDATES)
            seen |= {one.place: one for one in self._allowed(track_id, found) if one.place not in seen}
            weighed = matching.weigh(track, list(seen.values()), preference)
            if matching.accepted(weighed):
                break
        self._ledger.tracks.remember_weighed(track_id, weighed)
        return matching.accepted(weighed)

    def as_preferred(self, track_id: str, track: Track) -> tuple[Source, ...]:
        """Other versions of the recording that the person would rather have than the one they came across."""
        found = self.searched(track_id, track, self._preference)
        return tuple(source for source in found if source.as_version is not None)

    def as_liked(self, track_id: str, track: Track) -> tuple[Source, ...]:
        """The recording that was liked, by search."""
        return self.searched(track_id, track, (AS_LIKED,))

    def none_left(
        self, track_id: str, track: Track, refusals: Sequence[str], *, is_protected: bool
    ) -> MetadataOnly | Asked | Failed:
        """What it means that nothing could be had: there is something for the person to decide, or there is not."""
        choices = open_choices(self._ledger, track_id)
        name = f"{track.artist} - {track.title}"
        if choices:
            return Asked(question=_question(name, choices, refusals), choices=tuple(choices))
        if refusals and not is_protected:
            return Failed(reason=" ".join(refusals), step="fetch")
        return MetadataOnly(reason=" ".join(refusals) or f"No search found {name}.")

    def still_wanted(self, track_id: str) -> bool:
        """Whether the source that was fetched for the track is what the person would have now: they may have decided
        otherwise while it was worked on."""
        source = self._ledger.tracks.get(track_id).source
        if source is None:
            return True
        pinned = self._ledger.decisions.pinned(track_id)
        is_barred = bool({source.candidate.place, source.candidate.url} & barred(self._ledger, track_id))
        return pinned.place == source.candidate.place if pinned else not is_barred

    def _allowed(self, track_id: str, candidates: Iterable[Candidate]) -> list[Candidate]:
        names = barred(self._ledger, track_id)
        return [one for one in candidates if one.place not in names and one.url not in names]


def barred(ledger: Ledger, track_id: str) -> frozenset[str]:
    """Places and addresses that are not taken: rejected by the person, or refused and kept for them to hear."""
    rejected = [one.candidate for one in ledger.decisions.of(track_id) if one.verdict == "rejected"]
    kept = [one.candidate for one in ledger.quarantine.of(track_id) if one.state != "released"]
    return frozenset(name for one in (*rejected, *kept) if one is not None for name in (one.place, one.url))


def open_choices(ledger: Ledger, track_id: str) -> list[Choice]:
    """What the person can choose from: the doubtful candidates of the last search, and what lies in quarantine."""
    from daemon.pipeline import matching

    names = barred(ledger, track_id)
    doubtful = [
        Choice(label=f"{one.candidate.title} ({one.candidate.channel})", value=one.candidate.url, why=one.evidence)
        for one in matching.doubtful(list(ledger.tracks.get(track_id).weighed))
        if not names & {one.candidate.place, one.candidate.url}
    ]
    held = [kept for kept in ledger.quarantine.of(track_id) if kept.state == "held"]
    return [*doubtful[:_ASKED_ABOUT], *(release_choice(kept.id, kept.reason) for kept in held)]


def candidate_at(ref: TrackRef, track: Track) -> Candidate:
    """The place that a reference names, as a candidate."""
    return Candidate(
        service=ref.service,
        id=ref.id,
        url=ref.url,
        title=track.title,
        artists=track.artists,
        duration_s=track.duration_s,
    )


def release_choice(kept_id: str, why: str = "") -> Choice:
    """The answer `it is right after all` to the question about a download in quarantine."""
    return Choice(label=f"the download in quarantine, {kept_id}", value=f"{RELEASE}{kept_id}", why=why)


def cannot_be_used(source: Source, why: str) -> NeedsPerson:
    """What a person chose is not replaced behind their back."""
    question = (
        f"The source that you chose, {source.candidate.url}, cannot be used: {why} Choose another one "
        "(`cratekeeper pin`), or take your choice back (`cratekeeper unpin`)."
    )
    return NeedsPerson(question)


def titled(track: Track, source: Source) -> Track:
    """The track as what is fetched for it is called: another version is not filed under the liked one's name."""
    if source.as_version is None:
        return track
    return replace(track, title=f"{track.title} ({source.as_version})", duration_s=source.candidate.duration_s)


def _question(name: str, choices: Sequence[Choice], refusals: Sequence[str]) -> str:
    if all(choice.value.startswith(RELEASE) for choice in choices):
        return f"The download for {name} was refused: {' '.join(refusals)} Listen to it, and release or discard it."
    return f"Which of these is {name}?"
