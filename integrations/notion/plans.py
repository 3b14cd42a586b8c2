"""Which columns each of the databases is to have, and what one that is there lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from daemon import founding
from daemon.founding import NewColumn, in_the_app
from daemon.models import Json, Status
from integrations.notion.columns import (
    AGENT_TASKS,
    ISSUES,
    PRIORITY_SYNONYMS,
    TASK_STATUS_SYNONYMS,
    TRACKS,
    Column,
    Fit,
    Mistyped,
)

_ENOUGH_COLUMNS = 5
"""A database of another name is taken for ours only if it has so many of our columns."""
_NOT_LOCKABLE = ("Redo", "Locked Fields")
_TASK_WORDS = {"Status": tuple(TASK_STATUS_SYNONYMS), "Priority": tuple(PRIORITY_SYNONYMS)}
JOBS = ("sync", "redo", "verify", "choose", "enrich", "report", "pause", "resume")
"""The verbs that a new Job column offers. Any other is made by writing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One of the databases, as we would make it."""

    title: str
    columns: tuple[Column, ...]
    other_titles: tuple[str, ...] = ()
    points_to: Mapping[str, str] = field(default_factory=dict)
    """By relation column: the title of the database that it points to."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column: the words to choose from that we would make it with."""


_NAME = Column(name="Name", types=("title",))

DESIGNS: Mapping[str, Design] = {
    founding.TRACKS: Design(
        title=founding.TRACKS,
        other_titles=("Music Tracks", "Tracks Database", "Tracks DB", "Music", "Songs"),
        columns=TRACKS,
        points_to={"Artist": founding.ARTISTS, "Playlists": founding.PLAYLISTS},
        options={
            "Status": tuple(Status),
            "Locked Fields": tuple(column.name for column in TRACKS if column.name not in _NOT_LOCKABLE),
        },
    ),
    founding.ARTISTS: Design(title=founding.ARTISTS, columns=(_NAME,)),
    founding.PLAYLISTS: Design(title=founding.PLAYLISTS, columns=(_NAME,)),
    founding.AGENT_TASKS: Design(
        title=founding.AGENT_TASKS,
        columns=AGENT_TASKS,
        points_to={"Track": founding.TRACKS},
        options={**_TASK_WORDS, "Job": JOBS},
    ),
    founding.ISSUES: Design(
        title=founding.ISSUES,
        other_titles=("Issues and Questions",),
        columns=ISSUES,
        options=_TASK_WORDS,
    ),
}


def is_called(design: Design, title: str) -> bool:
    """Whether that is the very title, case, blanks and punctuation aside."""
    return _folded(title) == _folded(design.title)


def may_be(design: Design, title: str, fit: Fit) -> bool:
    """Whether it has another title that people use, and enough of our columns to believe it."""
    return _folded(title) in map(_folded, design.other_titles) and len(fit.columns) >= _ENOUGH_COLUMNS


def all_columns(design: Design) -> tuple[NewColumn, ...]:
    """What it is made with."""
    return tuple(NewColumn(column.name, column.name, _made_as(column)) for column in design.columns)


def lacking(design: Design, fit: Fit, real_names: Iterable[str]) -> tuple[tuple[NewColumn, ...], tuple[str, ...]]:
    """The columns to add to a data source with columns of these names, and a sentence for each that we leave alone.

    A name that any column has, in whatever case, is never given to a new one: Notion would take that for an order to
    change the type of the person's own, and its values would be gone."""
    taken = {_plain_name(name) for name in real_names}
    by_name = {column.name: column for column in design.columns}
    adds: list[NewColumn] = []
    notes = [_mistyped_in_words(wrong) for wrong in fit.mistyped]
    for ours in fit.missing:
        column = by_name[ours]
        free = next((name for name in (ours, *column.aliases) if _plain_name(name) not in taken), None)
        if free is None:
            notes.append(
                f"{ours} is not added: another column is called so. Rename that one in Notion, and run this again."
            )
            continue
        taken.add(_plain_name(free))
        adds.append(NewColumn(ours, free, _made_as(column)))
    return tuple(adds), tuple(notes)


def schema(design: Design, adds: Sequence[NewColumn], targets: Mapping[str, str]) -> Json:
    """As the API is told of these columns. `targets`: the data source of each database that relations point to; a
    relation whose target is not among them is left out."""
    schemas = {add.name: _schema(design, add, targets) for add in adds}
    return {name: made for name, made in schemas.items() if made is not None}


def _schema(design: Design, add: NewColumn, targets: Mapping[str, str]) -> Json | None:
    if add.type == "relation":
        target = targets.get(design.points_to.get(add.ours, ""))
        # One-sided: a two-sided one would add a column to the other database too.
        one_sided: Json = {"data_source_id": target, "type": "single_property", "single_property": {}}
        return {"relation": one_sided} if target else None
    words = design.options.get(add.ours)
    return {add.type: {"options": [{"name": str(word)} for word in words]} if words else {}}


def _made_as(column: Column) -> str:
    """The first type that the API can make; a status column is one that only the person can."""
    return next(kind for kind in column.types if kind != "status")


def _mistyped_in_words(wrong: Mistyped) -> str:
    wanted = " or ".join(map(in_the_app, wrong.wanted))
    return (
        f'"{wrong.name}" is of type {in_the_app(wrong.type)}, not {wanted}: it is left as it is, and not written. '
        "Change its type in Notion, or give it another name and run this again."
    )


def _plain_name(name: str) -> str:
    return name.strip().casefold()


def _folded(title: str) -> str:
    return "".join(character for character in title.casefold() if character.isalnum())
