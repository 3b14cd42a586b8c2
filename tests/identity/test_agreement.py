"""What may be taken over from another service: only what is surely the same recording."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.identity.agreement import agreeing, surely_same
from daemon.models import Track

ONE = Track(title="Glass Harbour", artists=("Mira Vale",), duration_s=200)
REMIX = Track(title="Glass Harbour (Sunder Remix)", artists=("Mira Vale",), duration_s=300)


@pytest.mark.parametrize(
    ("track", "other"),
    [
        (ONE, replace(ONE, duration_s=203)),
        (ONE, replace(ONE, title="Glass Harbour - 2019 Remaster", album="Tides")),
        (ONE, replace(ONE, title="GLASS HARBOUR (Original Mix)")),
        (Track(title="Mira Vale - Glass Harbour [Free DL]", artists=("Low Tide",), duration_s=200), ONE),
        (REMIX, Track(title="Glass Harbour - Sunder Remix", artists=("Mira Vale", "Sunder"), duration_s=301)),
        (
            Track(title="Glass Harbour (feat. Solo Nine)", artists=("Mira Vale",), duration_s=200),
            Track(title="Glass Harbour", artists=("Mira Vale", "Solo Nine"), duration_s=200),
        ),
        (replace(ONE, isrc="QM-AB1-19-00001"), replace(ONE, artists=("Vale, Mira",), isrc="QMAB11900001")),
    ],
)
def test_the_same(track, other):
    assert surely_same(track, other)
    assert surely_same(other, track)


@pytest.mark.parametrize(
    ("track", "other"),
    [
        (ONE, replace(ONE, duration_s=206)),
        (ONE, replace(ONE, duration_s=None)),
        (ONE, replace(ONE, artists=("Solo Nine",))),
        (ONE, replace(ONE, artists=("Mira Vale", "Solo Nine"))),
        (ONE, replace(ONE, title="Glass Harbor")),
        (ONE, replace(ONE, title="Glass Harbour (Live)")),
        (ONE, replace(ONE, title="Glass Harbour (Sunder Remix)")),
        (REMIX, replace(REMIX, title="Glass Harbour (Kite Remix)")),
        (REMIX, replace(REMIX, title="Glass Harbour (Sunder Bootleg)")),
        (replace(ONE, title="Shine, Pt. 1"), replace(ONE, title="Shine, Pt. 2")),
        (replace(ONE, title="Stay (Morning)"), replace(ONE, title="Stay (Evening)")),
        (replace(ONE, title="Glass (Live in Oslo)"), replace(ONE, title="Glass (Live in Bergen)")),
        (replace(ONE, isrc="A"), replace(ONE, isrc="A", title="Slow Water")),
        (replace(ONE, isrc="A"), replace(ONE, isrc="A", duration_s=300)),
    ],
)
def test_not_surely_the_same(track, other):
    assert not surely_same(track, other)
    assert not surely_same(other, track)


def test_the_one_that_agrees():
    right = replace(ONE, isrc="A", album="Tides")
    wrong = replace(ONE, title="Glass Harbour (Live)")
    assert agreeing(ONE, [wrong, right]) == right
    assert agreeing(ONE, [wrong]) is None
    assert agreeing(ONE, []) is None


def test_the_same_on_two_albums_is_one_and_two_recordings_are_none():
    single, album = replace(ONE, isrc="A", album="Tides"), replace(ONE, isrc="A", album="Tides (Deluxe)")
    assert agreeing(ONE, [single, album]) == single
    assert agreeing(ONE, [single, replace(album, isrc="B")]) is None
