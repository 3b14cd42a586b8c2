"""What a candidate says of itself, once its words are read. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Offered:
    """A candidate, read."""

    title: float = 0.0
    """How much of the wanted name is there."""
    title_by: str = ""
    """`slip`, where it is spelt a little otherwise."""
    artist_in_title: bool = False
    artists_all: bool = False
    """Whether every main artist is named, somewhere."""
    named: set[str] = field(default_factory=set)
    """The main artists that are, squashed."""
    guests: int = 0
    maker: bool = False
    """Whether who made the wanted version is named as its maker."""
    kinds: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    other_makers: list[str] = field(default_factory=list)
    other_guests: list[str] = field(default_factory=list)
    beside_title: list[str] = field(default_factory=list)
    beside_artist: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    """A part of its own before the dash: a label, or another artist."""
    aside: list[str] = field(default_factory=list)
    """In square brackets, or behind a bar: labels, mostly; or which version it is."""
    remarks: list[str] = field(default_factory=list)
    """In round brackets, or behind a dash: what sort of recording it is, mostly."""
    lacking: list[str] = field(default_factory=list)
    """What the wanted title says in brackets, and this one does not."""
    translated: list[str] = field(default_factory=list)
    """What seems to be the name in another language."""
    makers_named: bool = False
    """Whether who made the wanted version is named somewhere, as whatever."""
    work_differs: str | None = None
