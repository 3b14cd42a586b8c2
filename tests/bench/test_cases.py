"""The reader of cases written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.matching.cases import FOLDER, CasesError, by_hand, read
from daemon.models import Service

GOOD = """\
# a comment, and a blank line

? Mira Vale; Oskar Blom | Copper Line (Juno Reef Remix) | 5:12 | isrc=QZABC2400001 wants=extended,as-liked
+ Mira Vale & Oskar Blom - Copper Line (Juno Reef Remix) [Official Audio] | Nightgrid Records ✓ | 5:13 | 120k
- Mira Vale - Copper Line | Official Video | MiraValeVEVO ✓ | 1:03:44 | 5.1M
- Juno Reef live at Tresor 2024 | Boiler Nights | LIVE | 2.3k
+ Copper Line (Juno Reef Remix) | Mira Vale - Topic | - | -
? Tilda | Home | -
"""


@pytest.fixture
def cases(tmp_path: Path):
    path = tmp_path / "remixes.txt"
    path.write_text(GOOD, encoding="utf-8")
    return read(path)


def test_what_was_liked_is_read(cases):
    first, second = cases
    assert first.track.artists == ("Mira Vale", "Oskar Blom")
    assert first.track.title == "Copper Line (Juno Reef Remix)"
    assert first.track.duration_s == 312.0
    assert first.track.isrc == "QZABC2400001"
    assert first.preference == ("extended", "as-liked")
    assert (second.track.duration_s, second.preference, second.candidates) == (None, ("as-liked",), ())


def test_its_class_and_its_half_come_from_the_file_and_its_place(cases):
    assert [case.kind for case in cases] == ["remixes", "remixes"]
    assert [case.kept_back for case in cases] == [False, True]
    assert [case.name for case in cases] == ["remixes.txt:3", "remixes.txt:8"]


def test_candidates_are_read_in_their_order(cases):
    audio, video, live, topic = cases[0].candidates
    assert audio.channel == "Nightgrid Records"
    assert audio.verified
    assert (audio.duration_s, audio.views) == (313.0, 120_000)
    assert video.title == "Mira Vale - Copper Line | Official Video"
    assert (video.duration_s, video.views) == (3824.0, 5_100_000)
    assert (live.live, live.duration_s, live.views, live.verified) == (True, None, 2300, False)
    assert (topic.artists, topic.duration_s, topic.views) == (("Mira Vale",), None, None)
    assert cases[0].right == {audio.id, topic.id}


def test_addresses_look_like_youtubes_and_never_change(cases, tmp_path):
    again = read(tmp_path / "remixes.txt")
    assert again == cases
    found = [hit for case in cases for hit in case.candidates]
    assert len({hit.id for hit in found}) == len(found)
    for hit in found:
        assert hit.service == Service.YOUTUBE
        assert len(hit.id) == 11
        assert hit.url == f"https://www.youtube.com/watch?v={hit.id}"


WANTED = "? Mira Vale | Copper Line | 3:44"


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        (["+ A - B | C | 3:00 | 1k"], 1, "before the first"),
        ([WANTED, "", "* A - B | C | 3:00 | 1k"], 3, "begins with none"),
        ([WANTED, "+A - B | C | 3:00 | 1k"], 2, "begins with none"),
        ([WANTED, "+ A - B | C | 3:00"], 2, "title | channel | length | views"),
        ([WANTED, "+ A - B | C | 3:7 | 1k"], 2, "a length is"),
        ([WANTED, "+ A - B | C | 3:70 | 1k"], 2, "a length is"),
        ([WANTED, "+ A - B | C | 1:3:07 | 1k"], 2, "a length is"),
        ([WANTED, "+ A - B | C | 3:07 | many"], 2, "views are"),
        ([WANTED, "+ A - B | C | 3:07 | 1,200"], 2, "views are"),
        (["? Mira Vale | 3:44"], 1, "artists | title | length"),
        (["? Mira Vale; | Copper Line | 3:44"], 1, "empty"),
        (["? Mira Vale |  | 3:44"], 1, "empty"),
        (["? Mira Vale | Copper Line | LIVE"], 1, "a length is"),
        ([f"{WANTED} | want=extended"], 1, "wants="),
        ([f"{WANTED} | wants=longest"], 1, "longest"),
        ([f"{WANTED} | wants=extended, as-liked"], 1, "as-liked"),
        ([f"{WANTED} | isrc=A | isrc=B"], 1, "isrc"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, lines, line, what):
    path = tmp_path / "live.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(CasesError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert what in str(caught.value)


def test_another_encoding_is_named(tmp_path):
    path = tmp_path / "live.txt"
    path.write_bytes("? Björn | Öl | 3:00".encode("latin-1"))
    with pytest.raises(CasesError, match=r"live\.txt: not UTF-8"):
        read(path)


def test_those_in_the_repository_can_be_read():
    for case in by_hand(FOLDER):
        assert case.track.title
        assert case.right <= {hit.id for hit in case.candidates}
