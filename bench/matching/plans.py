"""The classes of the grammar: for each, a small world, and what a case of it wants to have in its list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.matching import words
from bench.matching.cases import AS_LIKED
from bench.matching.fakes import ANY_FAKE
from bench.matching.hands import Hand, Script
from bench.matching.held import Dice
from bench.matching.uploads import STYLES, Upload, foreign_version
from bench.matching.words import Name
from bench.matching.worlds import (
    NEAR_KINDS,
    Recording,
    Song,
    cover,
    family,
    original,
    other_artist,
    other_title,
    song,
    tellable_s,
    version,
)

VIDEO_ROOM_S = 7.0
"""By how much an official video may be longer and still be the recording."""
_LONGEST = 2.2
"""How many times as long as what was liked an extended version can be."""
_ALTERED = ("sped", "slowed", "nightcore", "8d", "bass", "effect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a class wants of a case."""

    wanted: Recording
    near: Sequence[Recording] = ()
    """Other recordings, close to it: wrong ones."""
    right: Sequence[Recording] = ()
    """What is right; by default what is wanted."""
    fakes: Sequence[str] = ()
    """Which ones are in it for sure."""
    extra: Sequence[Upload] = ()
    """More wrong ones, ready made."""
    any_fake: Sequence[str] = ANY_FAKE
    """Which ones may be in it besides."""
    neighbours: bool = True
    """With other titles of the artist, and other artists' songs of that title."""
    there: bool | None = None
    typos: bool = False
    noise: float = 0.1
    script: Script = "any"
    preference: tuple[str, ...] = AS_LIKED
    credited: tuple[str, ...] = ()
    """Whom the service lists, where that is not whom the recording is by."""


def _near(rng: Dice, base: Recording, many: int, *first: str) -> list[Recording]:
    """Other recordings of the same song: these kinds, and more."""
    kinds = [*first, *rng.sample([kind for kind in NEAR_KINDS if kind not in first], many)]
    return family(rng, base, kinds, len(kinds))


def _originals(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    near = [*_near(rng, base, 5), cover(rng, base)]
    wanted = base
    if rng.random() < 0.1:
        wanted = version(rng, base, "remaster")
        wanted = replace(wanted, words=(*wanted.words, "", ""), duration_s=base.duration_s)
    elif base.duration_s > 280 and rng.random() < 0.2:
        wanted = replace(base, words=("Original Mix", "Original Mix", "", "Original Version"))
    return Plan(wanted=wanted, near=near)


def _remixes(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    wanted = version(rng, base, rng.choice(("remix", "remix", "remix", "bootleg", "remix_extended")))
    near = [base, base, version(rng, base, "remix"), version(rng, base, "bootleg"), *_near(rng, base, 2)]
    if wanted.by and wanted.kind != "remix_extended":
        longer = version(rng, wanted, "remix_extended", by=wanted.by)
        elsewhere = version(rng, other_title(rng, base), "remix", by=wanted.by)
        near += [longer, elsewhere, replace(elsewhere, duration_s=wanted.duration_s)]
    if wanted.by and wanted.kind == "remix_extended":
        near.append(replace(version(rng, base, "remix", by=wanted.by), duration_s=wanted.duration_s * 0.6))
    near = [rec for rec in near if rec.by is wanted.by or not _alike(rec.by, wanted.by)]
    return Plan(wanted=wanted, near=near)


def _alike(one: Name | None, other: Name | None) -> bool:
    return bool(one and other and words.words_of(one.native) & words.words_of(other.native))


def _extended_and_radio(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    extended = version(rng, base, "extended")
    radio = version(rng, base, "radio")
    wanted = rng.choice((base, extended, extended, radio, radio))
    others = [rec for rec in (base, extended, radio) if rec is not wanted]
    near = [*others, *others, version(rng, base, "remix_extended"), *_near(rng, base, 2, "remix")]
    near = [rec for rec in near if rec.kind != wanted.kind]
    if wanted is not extended and extended.duration_s < _LONGEST * wanted.duration_s and rng.random() < 0.3:
        near = [rec for rec in near if rec.kind != "extended"]
        right = rng.choice(([wanted], [wanted, extended], [extended], [wanted, wanted, extended]))
        return Plan(wanted=wanted, near=near, right=right, preference=("extended", "as-liked"))
    return Plan(wanted=wanted, near=near)


def _live(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    wanted = version(rng, base, "live")
    if rng.random() < 0.25:
        return Plan(
            wanted=base, near=[version(rng, base, "live"), wanted, wanted, *_near(rng, base, 2)], fakes=("crowd",)
        )
    others = [_elsewhere(rng, base, wanted) for _ in range(2)]
    shown = (wanted.words[0], *wanted.words, "Live")
    if rng.random() < 0.3:
        shown = ("Live", *wanted.words, "Live", "Live Version")
    near = [base, base, *others, *_near(rng, base, 2, "acoustic")]
    near = [rec for rec in near if rec.kind != "live" or rec in others]
    return Plan(wanted=replace(wanted, words=shown), near=near, fakes=("set",))


def _elsewhere(rng: Dice, base: Recording, wanted: Recording) -> Recording:
    """Another concert, at another place, of another length."""
    while True:
        rec = version(rng, base, "live")
        if rec.words != wanted.words and abs(rec.duration_s - wanted.duration_s) > tellable_s(wanted.duration_s):
            return rec


def _covers(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    wanted = cover(rng, base, same_length=0.4)
    if rng.random() < 0.3:
        fans = [version(rng, base, kind) for kind in ("fan_cover", "fan_cover", "instrument", "karaoke")]
        return Plan(wanted=base, near=[wanted, cover(rng, base, same_length=0.6), *fans])
    near = [base, base, base, cover(rng, base), cover(rng, base), *_near(rng, base, 1, "karaoke", "live")]
    return Plan(wanted=wanted, near=near)


def _sped_up(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    kind = rng.choice(("sped", "sped", "slowed"))
    wanted = version(rng, base, kind)
    if rng.random() < 0.4:
        near = [version(rng, base, kind) for kind in _ALTERED]
        return Plan(wanted=base, near=near)
    near = [base, base, *(version(rng, base, other) for other in _ALTERED if other != kind)]
    near += [
        version(rng, base, "remix"),
        replace(wanted, kind="another title, altered alike", song=_renamed(rng, base)),
    ]
    near += [replace(wanted, kind=f"{kind} at another speed", duration_s=wanted.duration_s * rng.choice((0.88, 1.12)))]
    return Plan(wanted=wanted, near=near)


def _renamed(rng: Dice, base: Recording) -> Song:
    return replace(base.song, title=words.apart(rng, "title", (*base.song.artists, base.song.title)))


def _loops(rng: Dice) -> Plan:
    made = song(rng)
    if rng.random() < 0.15:
        made = replace(
            made, title=Name(rng.choice(("The Loop", "Loop of Fate", "Endless Loop", "Ten Hours", "One Hour")))
        )
    base = original(rng, made)
    return Plan(wanted=base, near=_near(rng, base, 4), fakes=("loop", "loop", rng.choice(("loop", "snippet"))))


def _same_name(rng: Dice) -> Plan:
    """Two artists of one name, or of nearly one; two songs of one title."""
    base = original(rng, song(rng, artists=1))
    name = base.song.artists[0]
    longer = Name(f"{name.native} {rng.choice(words.SURNAMES)}")
    stranger = rng.choice((name, longer))
    near = [other_artist(rng, base, same_length=0.4) for _ in range(3)]
    near += [_by_stranger(rng, base, stranger) for _ in range(2)]
    near += [original(rng, Song(artists=(stranger,), title=words.apart(rng, "title", (name, base.song.title))))]
    return Plan(wanted=base, near=[*near, *_near(rng, base, 1)])


def _by_stranger(rng: Dice, base: Recording, stranger: Name) -> Recording:
    """A song of the same title; where its singer's name is no other, its length is."""
    while True:
        rec = replace(original(rng, Song(artists=(stranger,), title=base.song.title)), kind="by a namesake")
        if abs(rec.duration_s - base.duration_s) > tellable_s(base.duration_s) + VIDEO_ROOM_S:
            return rec


def _non_latin(rng: Dice) -> Plan:
    tongue = rng.choice(tuple(words.FOREIGN_TITLES))
    singer, other = rng.sample(words.FOREIGN_ARTISTS[tongue], 2)
    title, second = rng.sample(words.FOREIGN_TITLES[tongue], 2)
    base = original(rng, Song(artists=(singer,), title=title, tongue=tongue))
    another = Song(artists=(singer,), title=second, tongue=tongue)
    theirs = Song(artists=(other,), title=rng.choice((title, second)), tongue=tongue)
    same = base.duration_s if rng.random() < 0.3 else None
    near = [original(rng, another, same_as_s=same), original(rng, theirs), *_near(rng, base, 3)]
    script: Script = rng.choice(("native", "native", "roman"))
    hand = Hand(rng)
    extra = [foreign_version(hand, base) for _ in range(rng.choice((0, 1, 2)))]
    return Plan(wanted=base, near=near, script=script, extra=extra)


def _featured(rng: Dice) -> Plan:
    made = song(rng)
    guest = words.apart(rng, "artist", (*made.artists, made.title))
    made = replace(made, featured=(guest,))
    base = original(rng, made)
    another = replace(made, featured=(words.apart(rng, "artist", (*made.artists, guest, made.title)),))
    alone = replace(made, featured=())
    near = [*_near(rng, base, 3), cover(rng, base)]
    near += [
        _other_line_up(rng, base, another, "with another guest"),
        _other_line_up(rng, base, alone, "without a guest"),
    ]
    near.append(original(rng, Song(artists=(guest,), title=_renamed(rng, base).title, featured=made.artists)))
    return Plan(wanted=base, near=near)


def _other_line_up(rng: Dice, base: Recording, made: Song, kind: str) -> Recording:
    off = tellable_s(base.duration_s) + VIDEO_ROOM_S + rng.uniform(1, 60)
    length = base.duration_s + rng.choice((-1, 1)) * off
    return replace(base, song=made, kind=kind, duration_s=length)


def _classical(rng: Dice) -> Plan:
    composer, player, second = Name(rng.choice(words.COMPOSERS)), *map(Name, rng.sample(words.PERFORMERS, 2))
    work = _Work(rng)
    at = rng.randrange(4)
    lengths = [rng.uniform(140, 640) for _ in range(4)]
    wanted = _movement(work.title(at), (player,), lengths[at], "the movement")
    near = [_movement(work.title(i), (player,), lengths[i], f"movement {i + 1}") for i in range(4) if i != at]
    for _ in range(2):
        same = rng.random() < 0.25
        length = lengths[at] + (rng.uniform(-1.5, 1.5) if same else tellable_s(lengths[at]) * rng.choice((-1, 1.5)))
        near.append(_movement(work.title(at), (second,), length, "another performer"))
    near.append(_movement(_Work(rng).title(at), (player,), rng.uniform(140, 640), "another work"))
    near.append(_movement(work.whole, (rng.choice((player, second)),), sum(lengths) + 4, "the whole work"))
    near = [replace(rec, song=_prefixed(rng, rec.song, composer)) for rec in near]
    rights = [
        wanted if rng.random() < 0.3 else replace(wanted, song=_prefixed(rng, wanted.song, composer)) for _ in "123"
    ]
    if rng.random() < 0.25:
        wanted = replace(wanted, song=_prefixed(rng, wanted.song, composer))
    both = (composer.native, player.native)
    return Plan(
        wanted=wanted,
        near=near,
        right=rights[: rng.choice((1, 2, 3))],
        credited=rng.choice((both, both, (player.native,))),
        any_fake=("lesson", "snippet", "talk", "making", "best", "junk"),
        neighbours=False,
    )


class _Work:
    """A sonata, a suite: its number, key and opus, and four movements."""

    def __init__(self, rng: Dice) -> None:
        number, opus = rng.randrange(1, 9), rng.randrange(2, 130)
        self.whole = f"{rng.choice(words.FORMS)} No. {number} in {rng.choice(words.KEYS)}, Op. {opus}"
        self._tempi = rng.sample(words.TEMPI, 4)

    def title(self, at: int) -> str:
        return f"{self.whole}: {words.NUMERALS[at]}. {self._tempi[at]}"


def _movement(title: str, by: tuple[Name, ...], duration_s: float, kind: str) -> Recording:
    return Recording(song=Song(artists=by, title=Name(title)), kind=kind, duration_s=duration_s, makers=by)


def _prefixed(rng: Dice, made: Song, composer: Name) -> Song:
    """`Castelnuovi: Piano Sonata No. 2 …`, and other ways to write it."""
    title, last = made.title.native, composer.native.split()[-1]
    title = rng.choice((f"{last}: {title}", f"{composer.native}: {title}", f"{last} - {title}", title))
    if rng.random() < 0.25:
        title = title.replace("No. ", "No.").replace(": I", " - I").replace("-Flat", " flat")
    return replace(made, title=Name(title))


def _mashups(rng: Dice) -> Plan:
    one = song(rng, artists=1)
    two_artist = words.apart(rng, "artist", (*one.artists, one.title))
    two = Song(artists=(two_artist,), title=words.apart(rng, "title", (*one.artists, one.title, two_artist)))
    maker = words.apart(rng, "artist", (*one.artists, one.title, two_artist, two.title))
    first, second = original(rng, one), original(rng, two)
    if rng.random() < 0.45:
        return Plan(wanted=first, near=_near(rng, first, 3), fakes=("mashup", "mashup", "mashup"))
    joint = rng.choice((" x ", " vs. ", " / "))
    told = f"{one.artists[0].native} {one.title.native}{joint}{two_artist.native} {two.title.native}"
    mix = Song(artists=(maker,), title=Name(f"{one.title.native}{joint}{two.title.native}", (told,)))
    by = f"{maker.native} Mashup"
    wanted = Recording(
        song=mix, kind="mashup", duration_s=rng.uniform(150, 330), makers=(maker,), words=("Mashup", by, "Mash-Up")
    )
    third = Song(artists=(maker,), title=Name(f"{one.title.native}{joint}{_renamed(rng, second).title.native}"))
    other = replace(wanted, song=third, kind="mashup with another song", duration_s=rng.uniform(150, 330))
    rival = Name(words.apart(rng, "artist", (*one.artists, maker, one.title, two.title)).native)
    theirs = replace(
        wanted,
        kind="mashup by another",
        makers=(rival,),
        words=(f"{rival.native} Mashup",),
        duration_s=rng.uniform(150, 330),
    )
    return Plan(wanted=wanted, near=[first, second, first, other, theirs, *_near(rng, first, 1)])


def _typos(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    return Plan(wanted=base, near=[*_near(rng, base, 4), cover(rng, base)], typos=True)


def _uploader_noise(rng: Dice) -> Plan:
    base = original(rng, song(rng))
    wanted = version(rng, base, "remix") if rng.random() < 0.3 else base
    near = [rec for rec in (base, *_near(rng, base, 4)) if rec is not wanted]
    return Plan(wanted=wanted, near=near, noise=0.95)


def _not_there(rng: Dice) -> Plan:
    """Any class's list, without what was wanted."""
    make = rng.choice((_originals, _remixes, _extended_and_radio, _live, _covers, _same_name, _featured, _classical))
    return replace(make(rng), there=False)


def lies(rng: Dice) -> Plan:
    """Somebody's cover, under the artist's name and at the right length."""
    base = original(rng, song(rng))
    liar = Hand(rng, noise=0.0)
    lie = replace(rng.choice(STYLES)(liar, base), truth="another recording under its name", relevance=2.5)
    return Plan(wanted=base, near=_near(rng, base, 3), extra=[lie])


CLASSES: dict[str, Callable[[Dice], Plan]] = {
    "originals": _originals,
    "remixes": _remixes,
    "extended_and_radio": _extended_and_radio,
    "live": _live,
    "covers": _covers,
    "sped_up": _sped_up,
    "loops": _loops,
    "same_name": _same_name,
    "non_latin": _non_latin,
    "featured": _featured,
    "classical": _classical,
    "mashups": _mashups,
    "typos": _typos,
    "uploader_noise": _uploader_noise,
    "not_there": _not_there,
}
