"""Whether two services speak of the same recording, strictly: what is taken over from one to the other must be true.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.identity.credits import credited, reading_of
from daemon.identity.folding import name_words, squashed, words
from daemon.identity.noise import without_noise
from daemon.identity.reading import Reading
from daemon.identity.titles import names_in
from daemon.identity.works import work_of
from daemon.models import Track

SLACK_S, SLACK_SHARE = 3.0, 0.02


def surely_same(track: Track, other: Track) -> bool:
    """Whether both are the same recording, beyond reasonable doubt: the same artists, name, version and remixer, and
    lengths that agree; or the same ISRC, name and length. Without both lengths nothing is sure."""
    if not _same_length(track, other):
        return False
    one, two = credited(track), credited(other)
    reading, theirs = reading_of(one), reading_of(two)
    if not _same_name(reading, theirs) or not _same_version(one, two, reading, theirs):
        return False
    if work_of(one.title, words(one.title)).contradicts(work_of(two.title, words(two.title))):
        return False
    return _same_isrc(one, two) or _same_people(one, two)


def agreeing(track: Track, found: Sequence[Track]) -> Track | None:
    """The one among `found` that is surely the same recording. None when there is none, and when there are several that
    differ in more than the album they are on: then nobody knows which it is."""
    same = [other for other in found if surely_same(track, other)]
    if not same:
        return None
    first = same[0]
    return first if all(_differ_in_album_alone(first, other) for other in same[1:]) else None


def _same_length(track: Track, other: Track) -> bool:
    if not track.duration_s or not other.duration_s:
        return False
    return abs(track.duration_s - other.duration_s) <= max(SLACK_S, SLACK_SHARE * track.duration_s)


def _same_name(one: Reading, other: Reading) -> bool:
    """No slip of the pen is forgiven. Something in brackets may be left out on one side, but not be another."""
    if squashed(one.bare) != squashed(other.bare):
        return False
    mine, theirs = _subtitles(one), _subtitles(other)
    return not mine or not theirs or bool(mine & theirs)


def _subtitles(reading: Reading) -> set[str]:
    return {squashed(tuple(said)) for subtitle in reading.subtitles if (said := without_noise(subtitle, aside=True))}


def _same_version(one: Track, other: Track, reading: Reading, theirs: Reading) -> bool:
    if one.version != other.version or _everybody(one.remixers) != _everybody(other.remixers):
        return False
    places, others = set(reading.places), set(theirs.places)
    return not places or not others or bool(places & others)


def _same_isrc(one: Track, other: Track) -> bool:
    return one.isrc is not None and other.isrc is not None and _plain(one.isrc) == _plain(other.isrc)


def _plain(isrc: str) -> str:
    return isrc.replace("-", "").upper()


def _same_people(one: Track, other: Track) -> bool:
    """The same artists. A guest of the one may be among the artists of the other, but nobody may be left over whom the
    other does not know at all; only where one side names no guests may they be missing there."""
    mine, theirs = _everybody(one.artists), _everybody(other.artists)
    if not mine or not theirs:
        return False
    my_guests, their_guests = _everybody(one.featured), _everybody(other.featured)
    if mine == theirs:
        return not my_guests or not their_guests or my_guests == their_guests
    return mine | my_guests == theirs | their_guests and bool(mine & theirs)


def _everybody(names: Sequence[str]) -> frozenset[str]:
    """Single names, folded; `A & B` is the same as A and B."""
    return frozenset(squashed(name_words(part)) for name in names for part in names_in(name))


def _differ_in_album_alone(one: Track, other: Track) -> bool:
    """Whether a second hit is the same recording on another album: no ISRC and no length that says otherwise."""
    if one.isrc and other.isrc and not _same_isrc(one, other):
        return False
    return surely_same(one, other)
