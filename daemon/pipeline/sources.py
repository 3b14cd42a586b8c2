"""Where the audio of a track may come from, in order of worth: what the person decided, the place where it was liked,
and what a search finds. Each room of the order answers its sources, best first; what the person rejected, and what lies
in quarantine, is never among them.
"""

from __future__ import annotations

import re
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
_LIKELY_FIRST = ("accept", "ask", "decline")
_WITHOUT_SOUND = (Service.SPOTIFY, Service.NOTION)
"""They have everything but that."""
_SECRET = re.compile(r"secret_token=|/s-\w+")
"""In addresses of what SoundCloud shows only to those who were given the link; its page address leaves it out."""
RELEASE = "release "
_NEXT_STEP = "Give it another source (`cratekeeper pin`), or have it tried once more (`cratekeeper --mode reprocess`)."


class Sources:
    """The sources of one house's tracks."""

    def __init__(self, ledger: Ledger, finder: Callable[[], Finder], preference: Sequence[str]) -> None:
        """`preference` is VERSION_PREFERENCE: the versions wanted, the most wanted first."""
        self._ledger = ledger
        self._finder = finder
        liked_at = preference.index(AS_LIKED) if AS_LIKED in preference else len(preference)
        self._preferred = tuple(preference[: liked_at + 1])
        """What is wanted down to that which was liked."""
        self._instead = tuple(preference[liked_at + 1 :])
        """What will do where that cannot be found."""

    @property
    def prefers_other_versions(self) -> bool:
        """Whether something else than what was liked is looked for first."""
        return bool(self._preferred) and self._preferred[0] != AS_LIKED

    def pinned(self, track_id: str) -> tuple[Source, ...]:
        """The one that the person chose, for ever, as the version that it was weighed as; empty where they did not."""
        candidate = self._ledger.decisions.pinned(track_id)
        if candidate is None:
            return ()
        weighed = self._ledger.tracks.get(track_id).weighed
        known = next((one for one in weighed if one.candidate.place == candidate.place), None)
        kept = self._ledger.quarantine.released(track_id, candidate.place)
        evidence = "you released it from quarantine" if kept else "you chose it"
        return (
            Source(
                candidate=known.candidate if known else candidate,  # whose length is its own, and not the track's
                score=1.0,
                evidence=evidence,
                trusted=True,
                as_version=known.as_version if known else None,
            ),
        )

    def liked_place(self, track_id: str, ref: TrackRef, track: Track) -> tuple[Source, ...]:
        """The place where it was liked, if audio can be had there at all. `track` is what its service tells of it."""
        if ref.service in _WITHOUT_SOUND or _names_told(ref, track) & barred(self._ledger, track_id):
            return ()
        candidate = replace(candidate_at(ref, track), url=_page_told(ref, track))
        return (Source(candidate=candidate, score=1.0, evidence="the very track that was liked"),)

    def as_preferred(self, track_id: str, track: Track) -> tuple[Source, ...]:
        """Other versions of the recording that the person would rather have than the one they came across."""
        from daemon.pipeline import matching

        weighed = self._weighed(track_id, track, self._preferred)
        self._remember(track_id, weighed)
        return tuple(source for source in matching.accepted(weighed) if source.as_version is not None)

    def as_liked(self, track_id: str, track: Track) -> tuple[Source, ...]:
        """The recording that was liked, by search; where none will do, the versions that will do in its place."""
        from daemon.pipeline import matching

        weighed = self._weighed(track_id, track, (AS_LIKED,))
        if self._instead and not matching.accepted(weighed):
            weighed = _together(weighed, self._weighed(track_id, track, self._instead))
        self._remember(track_id, weighed)
        return matching.accepted(weighed)

    def _weighed(self, track_id: str, track: Track, preference: Sequence[str]) -> list[Weighed]:
        """What a search finds, best first. Asks with other words while nothing fits."""
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
        return weighed

    def _remember(self, track_id: str, weighed: Sequence[Weighed]) -> None:
        """Keeps what was weighed, and why. What was another version stays known as such when a later search leaves it
        out (it lies in quarantine, say): should the person choose it, it is filed under that version's name."""
        before = self._ledger.tracks.get(track_id).weighed
        versions = [one for one in before if one.as_version is not None]
        self._ledger.tracks.remember_weighed(track_id, _together(weighed, versions))

    def none_left(
        self, track_id: str, track: Track, refusals: Sequence[str], *, is_protected: bool
    ) -> MetadataOnly | Asked | Failed:
        """What it means that nothing could be had: there is something for the person to decide, or there is not."""
        choices = open_choices(self._ledger, track_id)
        name = f"{track.artist} - {track.title}"
        if choices:
            return Asked(question=_question(name, choices, refusals), choices=tuple(choices))
        if refusals and not is_protected:
            return Failed(reason=f"{' '.join(refusals)} {_NEXT_STEP}", step="fetch")
        return MetadataOnly(reason=" ".join(refusals) or f"No search found {name}.")

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
    """The place that a reference names, as a candidate; by its page address, where the track tells the page of that
    id, so that the one who gives the address later means the same place."""
    return Candidate(
        service=ref.service,
        id=ref.id,
        url=_page_told(ref, track) if _only_id(ref.service, track) == ref.id else ref.url,
        title=track.title,
        artists=track.artists,
        duration_s=track.duration_s,
    )


def is_one_place(one: Candidate, other: Candidate) -> bool:
    """Whether both are the same page."""
    return bool({one.place, one.url} & {other.place, other.url})


def _only_id(service: Service, track: Track) -> str | None:
    """The id that the service knows the track by, apart from addresses that stand for one; None where it has several,
    or none."""
    ids = {alias.id for alias in track.aliases if alias.service is service and "/" not in alias.id}
    return ids.pop() if len(ids) == 1 else None


def _page_told(ref: TrackRef, track: Track) -> str:
    """SoundCloud's page for people, where the track tells it; else the reference's own address. Elsewhere an id has
    one address."""
    page = track.urls.get(ref.service)
    is_told = ref.service is Service.SOUNDCLOUD and _is_told_of(ref, track) and not _SECRET.search(ref.url)
    return page if page and is_told else ref.url


def _is_told_of(ref: TrackRef, track: Track) -> bool:
    """Whether what the service tells of the track is about the place of the reference, which it was described by."""
    id = _only_id(ref.service, track)
    return id is not None and (ref.id == id or "/" in ref.id)


def _names_told(ref: TrackRef, track: Track) -> frozenset[str]:
    """All that a person may have called the place where it was liked: SoundCloud has two names for each."""
    names = [f"{ref.service.value}:{ref.id}", ref.url]
    if _is_told_of(ref, track):
        names += [f"{ref.service.value}:{_only_id(ref.service, track)}", track.urls.get(ref.service, ref.url)]
    return frozenset(names)


def _together(weighed: Sequence[Weighed], others: Sequence[Weighed]) -> list[Weighed]:
    """Two weighings as one: each place with the better verdict, those of the first before those of the second."""
    best: dict[str, Weighed] = {}
    for one in (*weighed, *others):
        known = best.setdefault(one.candidate.place, one)
        if _LIKELY_FIRST.index(one.verdict) < _LIKELY_FIRST.index(known.verdict):
            best[one.candidate.place] = one
    return sorted(best.values(), key=lambda one: _LIKELY_FIRST.index(one.verdict))


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
