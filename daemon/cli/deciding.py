"""`pin`, `unpin`, `reject`, `choose` and `quarantine`: what a person decides, said back to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from daemon import links
from daemon.errors import Refused
from daemon.ledger.quarantine import Kept
from daemon.ledger.tracks import TrackRow
from daemon.logs import tamed
from daemon.models import Choice, Status, TrackRef
from daemon.pipeline.sources import RELEASE
from daemon.secrets import Masker
from daemon.service import deciding
from daemon.service.deciding import Decided
from daemon.service.rooms import Rooms
from daemon.settings import Settings
from daemon.wiring.by_hand import refs_of
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside

_BY = "command line"
_NEXT = "It is taken up at the next look of the daemon; `cratekeeper --mode batch` does it now."


class Desk:
    """One decision of a person's, in a house of its own."""

    def __init__(self, rooms: Rooms, outside: Outside, masker: Masker) -> None:
        self._rooms = rooms
        self._outside = outside
        self._masker = masker

    def pin(self, track: str, link: str) -> None:
        row = self._track(track)
        ref = self._ref(link)
        self._say_decided(deciding.pin(self._rooms, row, ref, _BY), f"From now on it is taken from {ref.url}.")

    def unpin(self, track: str) -> None:
        self._say_decided(deciding.unpin(self._rooms, self._track(track)), "What was chosen for it is forgotten.")

    def reject(self, track: str, link: str | None) -> None:
        row = self._track(track)
        decided = deciding.reject(self._rooms, row, self._ref(link) if link else None, _BY)
        where = link or (row.source.candidate.url if row.source else "that source")
        self._say_decided(decided, f"It is never taken from {where} again.")

    def choose(self, track: str, choice: str | None) -> None:
        row = self._track(track)
        if choice is None:
            self._say_all(_choices_in_words(row, deciding.choices(self._rooms, row)))
        elif choice.isdecimal():
            decided = deciding.choose(self._rooms, row, int(choice), _BY)
            self._say_decided(decided, f"Choice {choice} is what it is made from.")
        else:
            self.pin(track, choice)

    def quarantined(self, *, as_json: bool) -> None:
        held = self._rooms.ledger.quarantine.held()
        if as_json:
            click.echo(self._masker.mask(json.dumps([self._values(kept) for kept in held], ensure_ascii=False)))
        else:
            self._say_all(self._held_in_words(held))

    def release(self, kept_id: str) -> None:
        kept = self._rooms.ledger.quarantine.get(kept_id)
        self._say_decided(deciding.release(self._rooms, kept, _BY), "The download is good: it is made from it.")

    def discard(self, kept_id: str) -> None:
        kept = self._rooms.ledger.quarantine.get(kept_id)
        self._say_decided(deciding.discard(self._rooms, kept, _BY), "The download was thrown away.")

    def _track(self, text: str) -> TrackRow:
        link = links.read(text)
        is_link = not isinstance(link, links.Unusable | links.FolderLink)
        return deciding.track_of(self._rooms, text, self._ref(text) if is_link else None)

    def _ref(self, text: str) -> TrackRef:
        """The one track behind a link. A link that names a list is refused before anybody is asked what is in it."""
        if isinstance(links.read(text), links.CollectionLink):
            raise Refused(f"{text} is a list; give the link of one track.")
        refs = iter(refs_of(text, self._outside))
        ref = next(refs)
        if next(refs, None) is not None:
            raise Refused(f"{text} leads to several tracks. Give the link of one.")
        return ref

    def _say_decided(self, decided: Decided, what: str) -> None:
        row = decided.row
        lines = [f"{row.track.artist} - {row.track.title}: {what}", *(f"  {note}" for note in decided.notes)]
        if row.status is Status.QUEUED:
            lines.append(_NEXT)
        self._say_all(lines)

    def _say_all(self, lines: Iterator[str] | list[str]) -> None:
        click.echo(self._masker.mask("\n".join(map(tamed, lines))))

    def _held_in_words(self, held: tuple[Kept, ...]) -> Iterator[str]:
        if not held:
            yield "Nothing is in quarantine."
            return
        for kept in held:
            track = self._rooms.ledger.tracks.get(kept.track_id).track
            yield f"{kept.id}  {track.artist} - {track.title}, {kept.size / 1e6:.1f} MB, {_day(kept.at)}"
            yield f"  {kept.reason}"
            yield f"  {kept.path}"
        yield "Listen to one, then: cratekeeper quarantine release ID, or: cratekeeper quarantine discard ID"

    @staticmethod
    def _values(kept: Kept) -> dict[str, object]:
        return {
            "id": kept.id,
            "track": kept.track_id,
            "path": kept.path,
            "size": kept.size,
            "reason": kept.reason,
            "source": kept.fetched.url,
            "since": _day(kept.at),
        }


def decide(settings: Settings, masker: Masker, act: Callable[[Desk], None]) -> int:
    """Opens the house for one decision; answers the exit code. Raises what is wrong with it, in words."""
    with _desk(settings, masker) as desk:
        act(desk)
    return 0


@contextmanager
def _desk(settings: Settings, masker: Masker) -> Iterator[Desk]:
    outside = Outside(settings, masker.add)
    with open_house(settings, lambda _told: None, outside) as rooms:
        yield Desk(rooms, outside, masker)


def _choices_in_words(row: TrackRow, choices: list[Choice]) -> Iterator[str]:
    name = f"{row.track.artist} - {row.track.title}"
    if not choices:
        yield f"{name} ({row.status.value.lower()}): there is nothing to choose from; `cratekeeper pin` takes any link."
        return
    yield f"{name} ({row.status.value.lower()}):"
    for number, choice in enumerate(choices, start=1):
        yield f"  {number}  {choice.label}"
        yield f"     {choice.why}"
        if not choice.value.startswith(RELEASE):
            yield f"     {choice.value}"
    yield f"Choose: cratekeeper choose {row.id[:12]} NUMBER, or a link to something else."


def _day(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
