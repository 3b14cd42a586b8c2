"""`choose`: the answer to which of the candidates a track is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from daemon import links
from daemon.errors import NotFound, Refused
from daemon.identity.writing import words_and_signs
from daemon.jobs.verbs import Blocked, GoOn, Portion, Verb, Wording
from daemon.ledger.tracks import TrackRow
from daemon.models import Choice, Json
from daemon.pipeline.sources import RELEASE
from daemon.service import deciding
from daemon.service.errands.desk import Desk
from daemon.service.errands.lines import CHOOSE
from daemon.service.errands.waiting import UNDER_WAY, wait_for
from daemon.tasks import answers
from daemon.tasks.rows import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """What is asked."""

    track_id: str
    choice: str
    """A number, a link, or what cannot be understood; empty: nobody has said."""
    offered: tuple[str, ...] = ()
    """What the numbers stood for in the question that this answers; empty: for what is offered now."""


def choose(desk: Desk) -> Verb[Choose]:
    """Done in three portions: find out what the number means, decide, wait. A number may mean another one as soon as
    the track has been searched for again; what it meant when the person read it is what is kept."""
    rooms = desk.rooms

    def read(wording: Wording) -> Choose:
        return _Reading(desk, wording).read()

    def work(asked: Choose, memory: Json) -> Portion:
        row = rooms.ledger.tracks.get(asked.track_id)
        try:
            if not asked.choice:
                return _question(desk, row)
            if "value" not in memory:
                value = _meant(desk, row, asked)
                return GoOn(memory={"track_id": row.id, "value": value, "attempt": row.attempt}, of=1)
            if "decided" not in memory:
                # Somebody has begun since: then it is decided, and the kill came before that could be kept.
                if row.attempt == memory["attempt"]:
                    _decide(desk, row, memory["value"])
                return GoOn(memory={**memory, "decided": True}, of=1, text=name_of(row))
        except Refused as error:
            return _question(desk, row, f"{error} ")
        return wait_for(rooms, row.id, memory)

    def would(asked: Choose) -> str:
        row = rooms.ledger.tracks.get(asked.track_id)
        if not asked.choice:
            return f"Would ask: {_question(desk, row).question}"
        return f"Would make {name_of(row)} from {_meant(desk, row, asked)}"

    return CHOOSE.verb(input=Choose, read=read, work=work, would=would)


# --- what is meant ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """A track, and the choice on a line of its own or as the last word. Where the row leads to a track, or was about
    one before, the choice alone will do."""

    desk: Desk
    wording: Wording

    def read(self) -> Choose:
        text = self.wording.text
        *above, last = self.wording.lines or (text,)
        title, (name, _space, word) = " ".join(above), last.rpartition(" ")
        if _is_choice(self.desk, last) and (row := self._answered(title)):
            return self._asked(row, last)
        if (row := self._called(text)) and _is_whole_name(row, text):  # `Song 2` is a name
            return self._asked(row, "")
        if name and _is_choice(self.desk, word) and (row := self._called(f"{title} {name}".strip())):
            return self._asked(row, word)
        if title and (row := self._called(title)):
            return self._asked(row, last)
        return self._asked(self.desk.track(self.wording), last if self.wording.track_id else "")

    def _asked(self, row: TrackRow, choice: str) -> Choose:
        before = self.wording.before
        offered = tuple(before.get("offered", ())) if row.id == before.get("track_id") else ()
        if before and not offered and answers.number_in(choice) is not None:
            choice = ""  # it was of a list that the row shows no more, or of another track's: they are shown this one
        return Choose(track_id=row.id, choice=choice, offered=offered)

    def _answered(self, title: str) -> TrackRow | None:
        """Which track a choice is for that stands alone, below a title."""
        if self.wording.track_id is not None:
            return self.desk.track(self.wording)
        if not title:
            return None if self._is_own_link() else self._before()
        name, _space, word = title.rpartition(" ")
        is_numbered = name != "" and answers.number_in(word) is not None  # by one that was none of the choices
        return self._called(title) or (self._called(name) if is_numbered else None)

    def _is_own_link(self) -> bool:
        """Whether a link that stands alone is that of a track of ours: then it says which."""
        if answers.number_in(self.wording.text) is not None:
            return False
        try:
            self.desk.track(self.wording)
        except NotFound:
            return False
        return True

    def _called(self, name: str) -> TrackRow | None:
        """Which track is called so here; of several the one that this row was about before. Raises Refused where it
        could be several."""
        if not name:
            return None
        if self.wording.track_id is not None:
            row = self.desk.track(self.wording)
            return row if _is_named(row, name) else None
        try:
            return self.desk.track(Wording(text=name))
        except NotFound:
            return None
        except Refused:
            before = self._before()
            if before is None or not _is_named(before, name):
                raise
            return before

    def _before(self) -> TrackRow | None:
        track_id = self.wording.before.get("track_id")
        return None if track_id is None else self.desk.rooms.ledger.tracks.get(track_id)


def _is_named(row: TrackRow, name: str) -> bool:
    return deciding.is_named(row, words_and_signs(name))


def _is_whole_name(row: TrackRow, text: str) -> bool:
    """Whether nothing in it is left to be a choice; in `Song 2 2` there is."""
    return Counter(words_and_signs(text)) <= Counter(words_and_signs(f"{row.track.artist} {row.track.title}"))


def _is_choice(desk: Desk, text: str) -> bool:
    if answers.number_in(text) is not None:
        return True
    return " " not in text and not isinstance(desk.link_in(text), links.Unusable | links.FolderLink)


def _meant(desk: Desk, row: TrackRow, asked: Choose) -> str:
    """What will be decided, whatever is asked about the track meanwhile: an address, or a download in quarantine.
    Raises Refused where that is none of what there is."""
    offered = asked.offered or tuple(choice.value for choice in deciding.choices(desk.rooms, row))
    number = answers.number_in(asked.choice)
    if number is not None and 1 <= number <= len(offered):
        return offered[number - 1]
    if number is not None or not _is_choice(desk, asked.choice):
        raise Refused(f"“{asked.choice}” is none of the choices.")
    return asked.choice


def _question(desk: Desk, row: TrackRow, why: str = "") -> Blocked:
    choices = deciding.choices(desk.rooms, row)
    offered = [choice.value for choice in choices]
    return Blocked(question=f"{why}{_in_words(row, choices)}", memory={"track_id": row.id, "offered": offered})


def _decide(desk: Desk, row: TrackRow, value: str) -> None:
    """Repeating it changes nothing."""
    values = [choice.value for choice in deciding.choices(desk.rooms, row)]
    if value in values:
        deciding.choose(desk.rooms, row, values.index(value) + 1, desk.by)
    elif value.startswith(RELEASE):
        kept = desk.rooms.ledger.quarantine.get(value.removeprefix(RELEASE))
        if kept.state != "released":
            deciding.release(desk.rooms, kept, desk.by)
    elif row.status not in UNDER_WAY or not _is_pinned_at(desk, row, value):
        ref = desk.ref_of(value)
        if ref is None:
            raise Refused(f"{value} is no link any more.")
        deciding.pin(desk.rooms, row, ref, desk.by)


def _is_pinned_at(desk: Desk, row: TrackRow, url: str) -> bool:
    pinned = desk.rooms.ledger.decisions.pinned(row.id)
    return pinned is not None and pinned.url == url


def _in_words(row: TrackRow, choices: Sequence[Choice]) -> str:
    if not choices:
        return f"For {name_of(row)} ({row.status.value.lower()}) there is nothing to choose from; give a link."
    said = [f"Which is {name_of(row)}? Write a number beside the track, or a link to another:"]
    for number, choice in enumerate(choices, start=1):
        where = "" if choice.value.startswith(RELEASE) else f" {choice.value}"
        said.append(f"{number}  {choice.label}, {choice.why}{where}")
    return "\n".join(said)
