"""A version word counts only where it is one."""

from __future__ import annotations

import pytest

from daemon.identity.credits import credited
from daemon.models import Track


@pytest.mark.parametrize(
    "title",
    [
        "Live Forever",
        "Edit Sadness",
        "Remix to Ignition",
        "Cover Me Up",
        "Dub Be Good to Me",
        "Loop",
        "Acoustic",
        "Radio",
        "Where I Live",
        "Glass Harbour (Live Forever)",
        "Glass Harbour (Where I Live)",
        "Demo Tapes of Love",
        "Part of Me",
        "In the Mix",
        "Glass Harbour - Original Mix",
        "Glass Harbour (2019 Remaster)",
        "Glass Harbour - Album Version",
        "Glass Harbour (Explicit)",
        "Glass Harbour (Lyric Video)",
        "Glass Harbour [Free Download]",
    ],
)
def test_no_version_at_all(title):
    assert credited(Track(title=title, artists=("Mira Vale",))).version == ()


@pytest.mark.parametrize(
    ("title", "version"),
    [
        ("Glass Harbour (Live)", ("live",)),
        ("Glass Harbour - Live at the Pier, 2019", ("live",)),
        ("Glass Harbour (En Vivo)", ("live",)),
        ("Glass Harbour (ライブ)", ("live",)),
        ("Glass Harbour - Acoustic Version", ("acoustic",)),
        ("Glass Harbour (Piano Version)", ("acoustic",)),
        ('Glass Harbour (12" Mix)', ("extended",)),
        ("Glass Harbour Extended Mix", ("extended",)),
        ("Glass Harbour (Club Mix)", ("extended",)),
        ("Glass Harbour - Radio Edit", ("radio",)),
        ("Glass Harbour - Sunder Extended Mix", ("extended", "remix")),
        ("Glass Harbour (Sunder Dub)", ("dub", "remix")),
        ("Glass Harbour (Sunder Flip)", ("remix",)),
        ("Glass Harbour (Sunder Bootleg)", ("bootleg",)),
        ("Glass Harbour (VIP)", ("vip",)),
        ("Glass Harbour (slowed + reverb)", ("slowed",)),
        ("Glass Harbour - Sped Up", ("sped up",)),
        ("Glass Harbour (Nightcore)", ("nightcore",)),
        ("Glass Harbour (8D Audio)", ("8d",)),
        ("Glass Harbour (Karaoke Version)", ("karaoke",)),
        ("Glass Harbour (Караоке)", ("karaoke",)),
        ("Glass Harbour (Instrumental)", ("instrumental",)),
        ("Glass Harbour (A Cappella)", ("acapella",)),
        ("Glass Harbour (Tess Cover)", ("cover",)),
        ("Glass Harbour - 1 Hour Loop", ("loop",)),
        ("Glass Harbour - Mixed", ("mix",)),
        ("Glass Harbour, Pt. 2", ("part 2",)),
        ("Glass Harbour (Part II)", ("part 2",)),
        ("Glass Harbour (Spanish Version)", ("spanish version",)),
        ("Glass Harbour (Mira's Version)", ("miras version",)),
        ("Glass Harbour (Bass Boosted)", ("bass boosted",)),
        ("Glass Harbour - Reprise", ("reprise",)),
        ("Glass Harbour (Clean)", ("clean",)),
    ],
)
def test_the_kinds(title, version):
    assert credited(Track(title=title, artists=("Mira Vale",))).version == version
