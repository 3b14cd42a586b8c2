"""The words that are searched with."""

from __future__ import annotations

import pytest

from daemon.models import Track
from daemon.pipeline.matching import queries


@pytest.mark.parametrize(
    ("title", "artists", "first"),
    [
        ("Glass Harbour", ("Mira Vale",), "Mira Vale Glass Harbour"),
        ("Glass Harbour (feat. Solo Nine)", ("Mira Vale", "Solo Nine"), "Mira Vale Glass Harbour"),
        ("Glass Harbour - Sunder Remix", ("Mira Vale", "Sunder"), "Mira Vale Glass Harbour Sunder Remix"),
        ("Glass Harbour - 2019 Remaster", ("Mira Vale",), "Mira Vale Glass Harbour"),
        ("夜の港", ("青い灯",), "青い灯 夜の港"),
    ],
)
def test_the_first_words_are_the_artists_the_name_and_the_version(title, artists, first):
    asked = queries(Track(title=title, artists=artists))
    assert asked[0] == first
    assert 2 <= len(asked) <= 3
    assert len({one.casefold() for one in asked}) == len(asked)


def test_a_preferred_version_is_searched_for_first():
    asked = queries(Track(title="Glass Harbour", artists=("Mira Vale",)), ("extended", "as-liked"))
    assert asked[:2] == ("Mira Vale Glass Harbour extended mix", "Mira Vale Glass Harbour")
