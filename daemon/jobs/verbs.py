"""A verb: a function with a typed input, which is called again and again until it says that it is done.

Each call does one portion (some seconds of work) and answers what came of it; what it must know the next time it
gives back as `memory`, which is kept in the ledger before the next call. So a kill repeats one portion at most,
progress is told for nothing, and a long job never stands in the way of a short one. A portion may run twice; its
effect may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

from daemon.errors import Refused
from daemon.models import Json

I = TypeVar("I")  # noqa: E741 -- the input of a verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What somebody wrote after the verb, and beside it."""

    text: str = ""
    """In one line."""
    track_id: str | None = None
    """The track that the row's relation points to; None where it points to none, or to one that we do not know."""
    lines: tuple[str, ...] = ()
    """The same as it is written there: what follows the verb in the title, then `Input`."""
    before: Json = field(default_factory=dict)
    """What the order before in the same row, of the same verb, remembered at its end: that of a question, what was
    asked. Empty where there was none."""

    @classmethod
    def of(cls, written: str, track_id: str | None = None, before: Json | None = None) -> Wording:
        lines = tuple(filter(None, map(str.strip, written.splitlines())))
        return cls(text=" ".join(lines), track_id=track_id, lines=lines, before=before or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOn:
    """Not done yet: call again, with this memory."""

    memory: Json = field(default_factory=dict)
    done: int = 0
    of: int = 0
    """How many of how many; 0 while nobody can say."""
    text: str = ""
    """What it is at, for the person."""
    wait_s: float = 0.0
    """How long nothing is to be done about it: somebody else works meanwhile."""
    tracks: tuple[str, ...] = ()
    """The tracks it waits for. A one-shot run sees them through itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Done."""

    text: str
    links: tuple[str, ...] = ()
    """Addresses and paths worth naming, one a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Only the person can say how it goes on; a new `Input` begins it anew."""

    question: str
    memory: Json | None = None
    """What was asked, for the order that answers it (`Wording.before`). None: what the portions before remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The portion could not be done, and is tried again then. Verbs raise what is transient, and need not answer it."""

    why: str
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It was tried, and it is not so, or cannot be."""

    reason: str


Portion = GoOn | Complete | Blocked | Later | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What one has to know of a verb to order it: known before anything is built or opened."""

    name: str
    takes: str
    """How the input is written: `<link>, or: likes`."""
    help: str
    """One sentence."""
    takes_track: bool = False
    """What the row's `Track` leads to is what it is about."""
    is_long: bool = False
    """Its portions take more than some seconds: those of other verbs do not wait for it."""

    def verb(
        self,
        *,
        input: type[I],
        read: Callable[[Wording], I],
        work: Callable[[I, Json], Portion],
        would: Callable[[I], str] | None = None,
    ) -> Verb[I]:
        """The line of the table that is called so."""
        return Verb(
            name=self.name,
            takes=self.takes,
            help=self.help,
            takes_track=self.takes_track,
            is_long=self.is_long,
            input=input,
            read=read,
            work=work,
            would=would,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Named, Generic[I]):
    """One line of the table."""

    input: type[I]
    """A frozen dataclass of plain values: it is kept as JSON."""
    read: Callable[[Wording], I]
    """Raises Refused (or NotFound) with a sentence for the person, who is told `takes` with it."""
    work: Callable[[I, Json], Portion]
    """One portion. Raises what `daemon.errors` draws: what is transient is tried again later, NeedsPerson blocks the
    job, the rest fails it."""
    would: Callable[[I], str] | None = None
    """For a dry run: what it would do, in words; changes nothing. None: its name and its input say it all."""


def in_words(verbs: Iterable[Named]) -> str:
    """Every verb with what it takes, for whoever wrote another."""
    return "; ".join(f"{verb.name} {verb.takes}".strip() for verb in verbs)


class Table:
    """The verbs by name. What they are called is known from the start; they themselves are made when one is wanted."""

    def __init__(self, verbs: Iterable[Verb[Any]]) -> None:
        made = {verb.name: verb for verb in verbs}
        self._lines: Mapping[str, Named] = made
        self._make: Callable[[], Mapping[str, Verb[Any]]] = lambda: made

    @classmethod
    def late(cls, lines: Iterable[Named], make: Callable[[], Iterable[Verb[Any]]]) -> Table:
        """`make` is called once, for the first verb that is wanted: what a verb works with is not imported before."""
        table = cls(())
        table._lines = {line.name: line for line in lines}
        table._make = cache(lambda: {verb.name: verb for verb in make()})
        return table

    def __iter__(self) -> Iterator[Named]:
        return iter(self._lines.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def get(self, name: str) -> Named | None:
        """Case and outer spaces aside."""
        return self._lines.get(name.strip().casefold())

    def in_words(self) -> str:
        """Every verb with what it takes, for whoever wrote another."""
        return in_words(self)

    def must(self, name: str) -> Verb[Any]:
        """Raises Refused, with the list of verbs."""
        if (line := self.get(name)) is None:
            raise Refused(f"“{name}” is none of our jobs. There are: {self.in_words()}.")
        return self._make()[line.name]
