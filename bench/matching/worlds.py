"""What exists before anybody uploads it: songs, and the recordings that were made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.matching import held
from bench.matching.held import Dice
from bench.matching.words import (
    ADJECTIVES,
    INSTRUMENTS,
    LANGUAGES,
    NOUNS,
    PLACES,
    Name,
    apart,
    artist,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A work, and who made it known."""

    artists: tuple[Name, ...]
    title: Name
    featured: tuple[Name, ...] = ()
    tongue: str = ""
    """Which of the foreign banks it is from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recording of a song. Two uploads are the same recording when they are made of the same object."""

    song: Song
    kind: str
    duration_s: float
    words: tuple[str, ...] = ()
    """How its version is written, the service's way first; none for an original."""
    by: Name | None = None
    """Who remixed it."""
    makers: tuple[Name, ...] = ()
    """Whose recording it is."""


_SPELLINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "remix": (
        ("{by} Remix", "{by} Remix", "{by} Remix", "{by} Rmx", "Remixed by {by}"),
        ("{by} Remix", "{by} Remix", "{by} REMIX"),
        ("{by} Rework", "{by} Rework"),
        ("{by} Mix",),
    ),
    "bootleg": (("{by} Bootleg", "{by} Bootleg"), ("{by} Edit",), ("{by} Flip",), ("{by} Re-Edit",)),
    "remix_extended": (("{by} Extended Remix", "{by} Remix Extended"), ("{by} Extended Mix",)),
    "vip": (("VIP Mix", "VIP"), ("VIP",)),
    "dub": (("Dub Mix", "Dub"), ("{by} Dub", "{by} Dub Mix"), ("Dub Version",)),
    "extended": (
        ("Extended Mix", "Extended Mix", "Extended", "Extended Version"),
        ("Extended Version", "Extended", "Extended Mix"),
        ('12" Version', '12" Mix'),
    ),
    "radio": (
        ("Radio Edit", "Radio Edit", "Radio Version", "Radio Mix"),
        ("Radio Edit", "Edit"),
        ("Edit", "Radio Edit"),
    ),
    "live": (("Live at {place}", "Live @ {place}", "Live from {place}", "live at {place}"),),
    "acoustic": (("Acoustic", "Acoustic Version", "acoustic"), ("Unplugged",), ("Stripped", "Stripped Version")),
    "instrumental": (("Instrumental", "Instrumental Version", "instrumental"),),
    "demo": (("Demo", "Demo Version"), ("{year} Demo",)),
    "remaster": (("Remastered {year}", "{year} Remaster", "Remastered", "{year} Remastered Version"),),
    "sped": (("Sped Up", "sped up", "Sped Up Version", "sped up version"),),
    "slowed": (("Slowed", "slowed down", "Slowed Version"), ("Slowed + Reverb", "slowed & reverb", "slowed n reverb")),
    "nightcore": (("Nightcore", "nightcore", "Nightcore Version"),),
    "8d": (("8D Audio", "8D", "8D AUDIO 🎧"),),
    "bass": (("Bass Boosted", "BASS BOOSTED"),),
    "karaoke": (("Karaoke Version", "Karaoke", "Karaoke with Lyrics"), ("Instrumental Karaoke",)),
    "acapella": (("Acapella", "Acapella Version"), ("Vocals Only",)),
    "language": (("{language} Version", "{language} Ver."),),
    "effect": (("Reverb",), ("432 Hz",), ("playing in another room",), ("Reversed",)),
    "instrument": (("{instrument} Cover",), ("{instrument} Version",), ("{instrument} Tutorial",)),
    "lofi": (("Lofi Version", "lofi"), ("Lo-Fi Flip",)),
    "orchestral": (("Orchestral Version",), ("Choir Version",), ("Symphonic Version",)),
    "fan_cover": (("Cover by {by}", "{by} Cover", "Cover"), ("Cover",)),
}
"""By kind the groups of spellings that mean the same; a recording is known by one group."""

_LENGTHS: dict[str, tuple[float, float, float]] = {
    "remix": (0.75, 1.9, 0.25),
    "bootleg": (0.75, 1.6, 0.25),
    "remix_extended": (1.25, 1.7, 0.0),
    "vip": (0.85, 1.3, 0.2),
    "dub": (0.85, 1.4, 0.2),
    "extended": (1.25, 1.65, 0.0),
    "radio": (0.58, 0.88, 0.0),
    "live": (0.9, 1.6, 0.0),
    "acoustic": (0.8, 1.2, 0.15),
    "instrumental": (0.9, 1.0, 0.75),
    "demo": (0.8, 1.15, 0.1),
    "remaster": (1.0, 1.0, 1.0),
    "sped": (0.74, 0.91, 0.0),
    "slowed": (1.1, 1.35, 0.0),
    "nightcore": (0.72, 0.86, 0.0),
    "8d": (1.0, 1.0, 1.0),
    "bass": (1.0, 1.0, 1.0),
    "karaoke": (0.95, 1.05, 0.7),
    "acapella": (0.9, 1.0, 0.5),
    "language": (0.97, 1.03, 0.6),
    "effect": (1.0, 1.0, 1.0),
    "instrument": (0.8, 1.2, 0.3),
    "lofi": (0.8, 1.3, 0.2),
    "orchestral": (0.9, 1.3, 0.2),
    "fan_cover": (0.85, 1.15, 0.3),
}
"""By kind: how long it is beside the original, from, to; and how often it is of the very same length."""

KINDS = tuple(_LENGTHS)
NEAR_KINDS = tuple(kind for kind in _LENGTHS if kind not in ("remaster", "remix_extended"))


def tellable_s(duration_s: float) -> float:
    """By how much two lengths must differ where nothing else tells them apart."""
    return max(9.0, 0.04 * duration_s)


def song(rng: Dice, *, artists: int | None = None) -> Song:
    """By one artist, sometimes two, seldom three."""
    many = artists or rng.choices((1, 2, 3), (80, 16, 4))[0]
    names: list[Name] = [artist(rng)]
    while len(names) < many:
        names.append(apart(rng, "artist", names))
    called = names[0] if artists is None and rng.random() < 0.01 else apart(rng, "title", names)
    return Song(artists=tuple(names), title=called)


def original(rng: Dice, made: Song, *, same_as_s: float | None = None) -> Recording:
    """The song as it came out; a pop song or a club track. With `same_as_s`, of just that length."""
    low, high = rng.choice(((140, 270), (140, 270), (280, 480)))
    length = same_as_s + rng.uniform(-1.5, 1.5) if same_as_s else rng.uniform(low, high)
    return Recording(song=made, kind="original", duration_s=length, makers=made.artists)


def version(rng: Dice, of: Recording, kind: str, *, by: Name | None = None) -> Recording:
    """Another recording of the same song, of a length that befits its kind."""
    if "{by}" in str(_SPELLINGS[kind]) and by is None:
        by = apart(rng, "artist", (*of.song.artists, *of.song.featured, of.song.title))
    group = rng.any_of(_SPELLINGS[kind], held.SPELLINGS.get(kind, ()))
    blanks = {
        "by": by.native if by else "",
        "place": rng.choice(PLACES),
        "language": rng.choice(LANGUAGES),
        "instrument": rng.choice(INSTRUMENTS),
        "year": str(rng.randrange(1998, 2020)),
    }
    return Recording(
        song=of.song,
        kind=kind,
        duration_s=_length_s(rng, of.duration_s, kind),
        words=tuple(spelling.format(**blanks) for spelling in group),
        by=by,
        makers=of.makers,
    )


def _length_s(rng: Dice, original_s: float, kind: str) -> float:
    low, high, same = _LENGTHS[kind]
    if rng.random() < same:
        return original_s + rng.uniform(-1.5, 1.5)
    while True:
        length = original_s * rng.uniform(low, high)
        if abs(length - original_s) >= tellable_s(original_s) or same:
            return length


def cover(rng: Dice, of: Recording, *, same_length: float = 0.3) -> Recording:
    """The same song, recorded by somebody else."""
    by = apart(rng, "artist", (*of.song.artists, *of.song.featured, of.song.title))
    first = of.song.artists[0].native
    words = rng.choice(((), (), (), ("Cover",), (f"{first} Cover",), (f"Cover of {first}", f"{first} cover")))
    length = of.duration_s * rng.uniform(0.82, 1.2)
    if rng.random() < same_length:
        length = of.duration_s + rng.uniform(-1.5, 1.5)
    return Recording(song=of.song, kind="cover", duration_s=length, words=words, makers=(by,))


def other_title(rng: Dice, of: Recording) -> Recording:
    """Something else by the same people; now and then its name is near."""
    made, kind = of.song, rng.random()
    if kind < 0.12:
        called = Name(f"{made.title.native}, Pt. 2", (f"{made.title.native} Part 2", f"{made.title.native} II"))
    elif kind < 0.2:
        called = Name(f"{made.title.native} {rng.choice(NOUNS)}")
    elif kind < 0.26:
        called = Name(f"{rng.choice(ADJECTIVES)} {made.title.native}")
    else:
        called = apart(rng, "title", (*made.artists, *made.featured, made.title))
    same = of.duration_s if rng.random() < 0.2 else None
    return original(rng, Song(artists=of.makers, title=called), same_as_s=same)


def other_artist(rng: Dice, of: Recording, *, same_length: float = 0.25) -> Recording:
    """A song of the same name by somebody else."""
    by = apart(rng, "artist", (*of.song.artists, *of.song.featured, *of.makers, of.song.title))
    same = of.duration_s if rng.random() < same_length else None
    return original(rng, Song(artists=(by,), title=of.song.title, tongue=of.song.tongue), same_as_s=same)


def family(rng: Dice, of: Recording, kinds: Sequence[str], many: int) -> list[Recording]:
    """Some other recordings of the same song, no two of one kind."""
    chosen = rng.sample(list(kinds), min(many, len(kinds)))
    return [version(rng, of, kind) for kind in chosen]


def random_title(rng: Dice, other_than: Song) -> str:
    """Some title that is not this one."""
    return apart(rng, "title", (*other_than.artists, other_than.title)).native
