"""What `cratekeeper init notion` sees, offers and plans: the words between the command line and Notion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

TRACKS = "Tracks"
ARTISTS = "Artists"
PLAYLISTS = "Playlists"
AGENT_TASKS = "Agent-Tasks"
ISSUES = "Issues+Questions"

SETTING_OF = {
    TRACKS: "TRACKS_DB_ID",
    ARTISTS: "ARTISTS_DB_ID",
    PLAYLISTS: "PLAYLISTS_DB_ID",
    AGENT_TASKS: "AGENT_TASKS_DB_ID",
    ISSUES: "ISSUES_DB_ID",
}
"""The databases by the title that we give them, in the order in which a person thinks of them."""

_TYPE_WORDS = {"rich_text": "text", "multi_select": "multi-select"}

Standing = Literal["set", "found", "pointed", "new", "no page", "absent", "undecided", "hidden"]
"""How a database stands: its id is set; it was found by its title; Tracks points to it; it would be made; it would be,
if we knew where; nobody wants it made; several are called so; Tracks points to it, and it is not shared with us."""


@dataclass(frozen=True, slots=True)
class Place:
    """A database or a page in Notion."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column that would be added."""

    ours: str
    """Our name of it."""
    name: str
    """What it would be called: our name, or an alias where another column has that."""
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One database: what is there, and what would be done."""

    kind: str
    """The title that we give it."""
    standing: Standing
    there: Place | None = None
    data_source_id: str | None = None
    data_source: str | None = None
    """The name of the data source, where it was chosen out of several."""
    has: tuple[tuple[str, str], ...] = ()
    """Columns that are there: our name, and theirs."""
    adds: tuple[NewColumn, ...] = ()
    """Columns that would be added, or made with it."""
    notes: tuple[str, ...] = ()
    """What we would leave as it is, and why."""
    offers: tuple[Place, ...] = ()
    """The databases among which nobody has decided."""
    declined: frozenset[str] = frozenset()
    """The ids of those that the person said are not it."""

    @property
    def setting(self) -> str:
        return SETTING_OF[self.kind]

    @property
    def changes_something(self) -> bool:
        return self.standing == "new" or (self.there is not None and bool(self.adds))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundingPlan:
    """Everything that would be done in Notion, and where."""

    steps: tuple[Step, ...]
    page: Place | None
    """What new databases would be made under."""
    pages: tuple[Place, ...] = ()
    """What they could be made under, where nobody has decided."""

    @property
    def changes_something(self) -> bool:
        return any(step.changes_something for step in self.steps)


def in_the_app(column_type: str) -> str:
    """A column's type as Notion's app calls it."""
    return _TYPE_WORDS.get(column_type, column_type)


class Chooser(Protocol):
    """Who decides between what was found."""

    def database(self, kind: str, offers: Sequence[Place]) -> Place | Literal["none of them", "undecided"]:
        """Which of these is it?"""
        ...

    def page(self, pages: Sequence[Place]) -> Place | None:
        """Under which of these are databases to be made? None: nobody can say."""
        ...


class Founder(Protocol):
    """Who looks, and makes what is missing."""

    def who(self) -> str:
        """The name under which Notion knows us. Proves the token; raises AuthExpired."""
        ...

    def plan(self, chooser: Chooser, *, page_id: str | None = None, make_all: bool = False) -> FoundingPlan:
        """What there is and what would be done; changes nothing. Raises ConfigError, with every problem, for ids that
        lead nowhere."""
        ...

    def carry_out(self, plan: FoundingPlan, say: Callable[[str], None]) -> dict[str, Place]:
        """Does what is planned; answers where each database is now, by our title. May be repeated after any end.
        Raises Unreachable when a database may have been made and is not to be found yet."""
        ...
