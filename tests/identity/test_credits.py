"""Who did what: what is read out of a title, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.identity.credits import credited
from daemon.models import Service, Track


@pytest.mark.parametrize(
    ("title", "artists", "main", "featured", "remixers", "version"),
    [
        ("Glass Harbour", ("Mira Vale",), ("Mira Vale",), (), (), ()),
        ("Glass Harbour (feat. Solo Nine)", ("Mira Vale", "Solo Nine"), ("Mira Vale",), ("Solo Nine",), (), ()),
        ("Glass Harbour ft. Solo Nine", ("Mira Vale",), ("Mira Vale",), ("Solo Nine",), (), ()),
        ("Glass Harbour [with Solo Nine & Kite]", ("Mira Vale",), ("Mira Vale",), ("Solo Nine", "Kite"), (), ()),
        ("Glass Harbour", ("Mira Vale feat. Solo Nine",), ("Mira Vale",), ("Solo Nine",), (), ()),
        ("Glass Harbour - Sunder Remix", ("Mira Vale", "Sunder"), ("Mira Vale",), (), ("Sunder",), ("remix",)),
        ("Glass Harbour (remixed by Sunder)", ("Mira Vale",), ("Mira Vale",), (), ("Sunder",), ("remix",)),
        ("Glass Harbour (Sunder's Late Remix)", ("Mira Vale",), ("Mira Vale",), (), ("Sunder",), ("remix",)),
        ("Glass Harbour - Sunder Edit", ("Mira Vale", "Sunder"), ("Mira Vale",), (), ("Sunder",), ("edit",)),
        ("Glass Harbour (Mira Vale Edit)", ("Mira Vale",), ("Mira Vale",), (), ("Mira Vale",), ("edit",)),
        (
            "Glass Harbour (Above & Under Remix)",
            ("Mira Vale", "Above & Under"),
            ("Mira Vale",),
            (),
            ("Above & Under",),
            ("remix",),
        ),
        ("Glass Harbour - Radio Edit", ("Tyler, The Maker",), ("Tyler, The Maker",), (), (), ("radio",)),
        ("Glass Harbour", ("Earth, Wind & Rain",), ("Earth, Wind & Rain",), (), (), ()),
        ("Mira Vale - Glass Harbour (Live)", ("Low Tide",), ("Mira Vale",), (), (), ("live",)),
        ("Mira Vale - Glass Harbour", ("Mira Vale",), ("Mira Vale",), (), (), ()),
    ],
)
def test_everybody_in_their_place(title, artists, main, featured, remixers, version):
    track = credited(Track(title=title, artists=artists))
    assert (track.artists, track.featured, track.remixers, track.version) == (main, featured, remixers, version)
    assert track.title == title


def test_what_the_title_alone_says_has_the_title_as_its_origin():
    track = credited(Track(title="Glass Harbour (feat. Solo Nine) [Sunder Remix]", artists=("Mira Vale",)))
    assert track.origins == {"featured": "title", "remixers": "title", "version": "title"}


def test_a_catalogue_knows_its_artists_better_than_the_title_does():
    told = Track(title="The Long Suite - Prelude", artists=("Mira Vale",), urls={Service.SPOTIFY: "https://x"})
    assert credited(told).artists == ("Mira Vale",)


pieces = st.lists(
    st.sampled_from(
        [
            "Glass",
            "Mira",
            "(",
            ")",
            "[",
            "]",
            " - ",
            "feat. ",
            " & ",
            ", ",
            "Remix",
            "Live",
            "Edit",
            "by ",
            "Pt. 2",
            "夜",
            "x",
        ]
    ),
    max_size=9,
).map("".join)


@given(pieces, st.lists(pieces, max_size=3))
def test_asking_twice_changes_nothing(title, artists):
    once = credited(Track(title=title, artists=tuple(artists)))
    assert credited(once) == once
