"""What the person answers to a question, done: the same decisions as on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from daemon.board.intake import REFUSED
from daemon.board.lost_columns import do_without, lost_columns
from daemon.board.orders import Redo
from daemon.errors import NotFound, Refused
from daemon.models import Status, TrackRef
from daemon.pipeline.sources import RELEASE, candidate_at, is_one_place
from daemon.service import deciding
from daemon.service.deciding import Decided
from daemon.service.obeying import Obeying
from daemon.service.pausing import paused_since
from daemon.service.rooms import Rooms
from daemon.tasks.answers import Address, Answer, Chosen, LookAgain, Order, Word, Wrong, how_to_answer
from daemon.tasks.rows import name_of
from daemon.tasks.troubles import called

_UNDER_WAY = (Status.QUEUED, Status.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Does what was answered. Doing it again, after a kill in between, ends the same."""

    rooms: Rooms
    ref_of_address: Callable[[str], TrackRef | None]
    """The one track behind an address; None for what is none."""
    look_afresh: Callable[[], object] = lambda: None
    """So that the next look at this machine is a new one (`Survey.forget`)."""
    by: str = "notion"
    """Who decides, as it is kept with the decision."""

    def answer(self, kind: str, track_id: str | None, key: str, answer: Answer) -> str:
        """Answers a sentence of what was done. `kind` and `key` are those of the concern. Raises Refused or NotFound,
        with a sentence for the person, where it cannot be; and what the outside raises where that is asked."""
        match answer:
            case Wrong():
                raise Refused(answer.sentence)
            case Chosen():
                return self._choose(_track(track_id), answer)
            case Address():
                return self._pin(_track(track_id), answer.text)
            case Word():
                return self._do(kind, track_id, key, answer)
            case LookAgain():
                return self._look_again(kind, track_id, key)

    # --- words -------------------------------------------------------------------------------------------------------

    def _do(self, kind: str, track_id: str | None, key: str, answer: Word) -> str:
        match answer.word:
            case "release" | "discard":
                return self._hear(key.rpartition("/")[2], answer.word)
            case "retry":
                return self._retry(_track(track_id))
            case "reject":
                return self._none_of_these(_track(track_id), answer.shown)
            case "skip":
                return self._skip(kind, track_id, answer.shown)

    def _skip(self, kind: str, track_id: str | None, shown: Sequence[str]) -> str:
        if kind == "column":
            without = do_without(self.rooms.ledger, shown or lost_columns(self.rooms.ledger))
            return f"Done without: {', '.join(without) or 'nothing'}."
        if kind == "refused":
            return self._forget_order(_track(track_id))
        self.rooms.ledger.tracks.dismiss(_track(track_id), Status.SKIP)
        return "It is left alone for good. Redo in its row in Tracks takes it up again."

    def _retry(self, track_id: str) -> str:
        row = self.rooms.ledger.tracks.get(track_id)
        if row.status in _UNDER_WAY:
            return "It is under way already."
        Obeying(self.rooms.ledger, self.rooms.withdrawals.carry_out, self.rooms.lost_files)(row, Redo())
        return "It is tried once more."

    def _none_of_these(self, track_id: str, shown: Sequence[str]) -> str:
        """Of what the person has read, that is. What lies in quarantine stays there: that is deleted on their very word
        only."""
        row = self.rooms.ledger.tracks.get(track_id)
        offered = {choice.value for choice in deciding.choices(self.rooms, row)}.intersection(shown)
        wrong = [one.candidate for one in row.weighed if one.candidate.url in offered]
        if not wrong:
            if row.status in _UNDER_WAY:
                return "It is under way already."
            raise Refused("Nothing of that is offered any more. Look at what is by now, or write an address or `skip`.")
        for number, candidate in enumerate(wrong, start=1):
            self.rooms.ledger.decisions.reject(row.id, candidate, self.by, anew=number == len(wrong))
        notes = self.rooms.withdrawals.carry_out(row.id)
        return " ".join([f"Rejected: {', '.join(one.url for one in wrong)}. It is searched for again.", *notes])

    def _hear(self, kept_id: str, word: Order) -> str:
        """The person has heard what lies in quarantine."""
        kept = self.rooms.ledger.quarantine.get(kept_id)
        if word == "discard":
            return _said("It was thrown away.", deciding.discard(self.rooms, kept, self.by))
        if kept.state == "released":
            return "It was released already."
        return _said("The download is good: the track is made from it.", deciding.release(self.rooms, kept, self.by))

    def _forget_order(self, track_id: str) -> str:
        self.rooms.ledger.memos.forget(REFUSED + track_id)
        return "That order is forgotten."

    # --- where it is taken from --------------------------------------------------------------------------------------

    def _choose(self, track_id: str, chosen: Chosen) -> str:
        """What was offered under that number when it was asked; what is offered by now may be something else."""
        row = self.rooms.ledger.tracks.get(track_id)
        said = f"Choice {chosen.number} is what it is made from."
        pinned = self.rooms.ledger.decisions.pinned(track_id)
        if row.status in _UNDER_WAY and pinned and pinned.url == chosen.value:
            return said  # to decide it once more would have it begin anew
        values = [choice.value for choice in deciding.choices(self.rooms, row)]
        number = values.index(chosen.value) + 1 if chosen.value in values else 0
        if number or not chosen.value:
            return _said(said, deciding.choose(self.rooms, row, number or chosen.number, self.by))
        if chosen.value.startswith(RELEASE):
            return self._hear(chosen.value.removeprefix(RELEASE), "release")
        return self._pin(track_id, chosen.value)

    def _pin(self, track_id: str, address: str) -> str:
        row = self.rooms.ledger.tracks.get(track_id)
        ref = self.ref_of_address(address)
        if ref is None:
            raise Refused(f"{address} leads to no track that we can read. Give the address of its page.")
        said = f"From now on it is taken from {ref.url}."
        pinned = self.rooms.ledger.decisions.pinned(track_id)
        if row.status in _UNDER_WAY and pinned and is_one_place(pinned, candidate_at(ref, row.track)):
            return said
        return _said(said, deciding.pin(self.rooms, row, ref, self.by))

    # --- the person has seen to it -----------------------------------------------------------------------------------

    def _look_again(self, kind: str, track_id: str | None, key: str) -> str:
        about = key.removeprefix(f"{kind}/")
        match kind:
            case "login" | "eagle":
                return self._ask_again("eagle" if kind == "eagle" else about)
            case "failed":
                return self._retry(_track(track_id))
            case "refused":
                return self._forget_order(_track(track_id))
            case "choose" | "quarantine":
                return self._is_decided(kind, _track(track_id))
            case "column":
                return self._look_at_columns()
            case "volume" | "disk":
                return self._look_at_disks(kind, about)
        return self._is_over(kind, about)

    def _ask_again(self, service: str) -> str:
        self.rooms.ledger.services.clear(service)
        self.rooms.ledger.outbox.hurry(service)
        return f"{called(service)} is asked again now."

    def _is_decided(self, kind: str, track_id: str) -> str:
        row = self.rooms.ledger.tracks.get(track_id)
        if row.status is Status.NEEDS_REVIEW or (kind == "quarantine" and row.status is Status.FAILED):
            choices = deciding.choices(self.rooms, row) if kind == "choose" else ()
            raise Refused(f"{name_of(row)} still needs you. {how_to_answer(kind, choices)}")
        return "It is decided."

    def _look_at_columns(self) -> str:
        if self.rooms.board is not None:
            self.rooms.board.columns.look()
        if lost := lost_columns(self.rooms.ledger):
            raise Refused(f"Still missing: {', '.join(lost)}. {how_to_answer('column', ())}")
        return "The columns are there."

    def _look_at_disks(self, kind: str, about: str) -> str:
        self.look_afresh()
        if not about.endswith(f"/{self.rooms.host_id}"):
            return "The machine that it is about looks again within some minutes."
        if kind == "volume" and (reasons := self.rooms.owed.deliver()):
            raise Refused(" ".join(reasons))
        return "Looked again: what waited for it is brought there."

    def _is_over(self, kind: str, about: str) -> str:
        """What nobody can do anything about from here."""
        if kind == "consent" and (warning := self.rooms.consent_warning()) is not None:
            raise Refused(warning)
        if kind == "paused" and paused_since(self.rooms.ledger) is not None:
            raise Refused("It is paused still: `cratekeeper job resume` ends that.")
        if kind == "rate" and (parked := self.rooms.ledger.services.parked(about)) is not None:
            raise Refused(f"It is waited for still, and goes on by itself: {parked.reason}")
        return "Looked again."


def _track(track_id: str | None) -> str:
    if track_id is None:
        raise NotFound("The ledger does not know the track of this row.")
    return track_id


def _said(what: str, decided: Decided) -> str:
    return " ".join([what, *decided.notes])
