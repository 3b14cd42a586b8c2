"""The whole program and a person in Notion: rows that are orders, edits that reach the files, a row that runs again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mutagen import File
from mutagen.aiff import AIFF
from mutagen.id3 import PRIV
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.wave import WAVE

from integrations.sandbox.music import Piece
from integrations.sandbox.world import recorded
from tests.house import Home, a_home, until
from tests.lives import Watch, living, watching

NIGHT_FERRY = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 8.0, seed=91)
FREE = "----:com.apple.iTunes:"
CUES = b"\x00cues and grids of a DJ program\xff"
LONG_S = 60.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with a_home(tmp_path, SYNC_INTERVAL_S="1") as home:
        yield home


@pytest.fixture
def watch(home: Home) -> Iterator[Watch]:
    with watching(home) as watch:
        yield watch


class Workspace:
    """Notion, by the person's hands."""

    def __init__(self, home: Home) -> None:
        self.twin, self.database_id = home.world.twins.notion, home.world.twins.tracks_db_id

    def types(self, **values: Any) -> str:
        [source_id] = self.twin.data_source_ids(self.database_id)
        return self.twin.add_row_as_person(source_id, spaced(values))

    def edits(self, row_id: str, **values: Any) -> None:
        self.twin.edit_as_person(row_id, spaced(values))

    def row(self, row_id: str) -> dict[str, Any]:
        return self.twin.rows(self.database_id)[row_id]


def spaced(values: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", " "): value for name, value in values.items()}


# --- what is in the files --------------------------------------------------------------------------------------------


def frames(file: Path) -> dict[str, bytes]:
    """Every ID3 frame as its bytes, by name."""
    tags: Any = (AIFF if file.suffix == ".aiff" else WAVE)(file).tags
    return {name: frame._writeData() for name, frame in tags.items()}


def atoms(file: Path) -> dict[str, str]:
    tags: Any = MP4(file).tags
    return {name: repr(value) for name, value in tags.items()}


def everything_in(home: Home) -> dict[str, dict[str, Any]]:
    files = {Path(name).suffix: home.folder / "music" / name for name in home.music}
    assert set(files) == {".aiff", ".m4a", ".wav"}
    return {ending: atoms(file) if ending == ".m4a" else frames(file) for ending, file in files.items()}


def title_and_tempo(home: Home) -> set[tuple[str, str]]:
    """What the files say, each once."""
    said = set()
    for name in home.music:
        tags = File(home.folder / "music" / name).tags
        title, tempo = ("\xa9nam", "tmpo") if name.endswith(".m4a") else ("TIT2", "TBPM")
        said.add((str(tags[title][0]), str(tags[tempo][0])))
    return said


def puts_cues_in(home: Home) -> None:
    """As a DJ program does, which keeps them in frames of its own."""
    for name in home.music:
        file = home.folder / "music" / name
        if file.suffix == ".m4a":
            whole: Any = MP4(file)
            whole.tags["----:com.serato.dj:markersv2"] = [MP4FreeForm(CUES)]
        else:
            whole = (AIFF if file.suffix == ".aiff" else WAVE)(file)
            whole.tags.add(PRIV(owner="TRAKTOR4", data=CUES))
        whole.save()


def changed(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """By file, the names of what is no more what it was."""
    return {
        ending: {name for name in before[ending].keys() | said.keys() if before[ending].get(name) != said.get(name)}
        for ending, said in after.items()
    }


TITLE_AND_TEMPO = {".aiff": {"TIT2", "TBPM"}, ".wav": {"TIT2", "TBPM"}, ".m4a": {"\xa9nam", "tmpo", f"{FREE}BPM"}}
"""The frames that say them."""


# --- and the day -----------------------------------------------------------------------------------------------------


def test_a_day_with_a_person_in_notion(home: Home, watch: Watch) -> None:
    place, address = Workspace(home), on_soundcloud(home, NIGHT_FERRY)
    with living(home) as daemon:
        soon("first contact", lambda: any("looked: " in line for line in daemon.said))
        row_id = place.types(SoundCloud_URL=address, Last_Used="2026-11-20")
        soon("the order", lambda: place.row(row_id)["Status"] == "Done" and watch.is_quiet(1))
        there = place.row(row_id)
        assert (there["Title"], there["Artist Name"], there["SoundCloud URL"]) == ("Night Ferry", "Ada Reyes", address)
        assert Path(there["M4A File Path"]).is_file()
        [track] = watch.ledger.tracks.newest(2)

        puts_cues_in(home)
        before = everything_in(home)
        place.edits(row_id, Title="Ferry at Night", BPM=63)
        soon("the tags", lambda: changed(before, everything_in(home)) == TITLE_AND_TEMPO)
        soon("rest", lambda: not watch.ledger.memos.beginning("retag/") and watch.is_quiet(1))
        after = everything_in(home)
        assert changed(before, after) == TITLE_AND_TEMPO, "everything else byte for byte"
        assert title_and_tempo(home) == {("Ferry at Night", "63")}

        place.edits(row_id, Redo=True)
        soon("a second run", lambda: watch.ledger.tracks.get(track.id).attempt == track.attempt + 1)
        soon("its end", lambda: place.row(row_id)["Status"] == "Done" and watch.is_quiet(1))
        assert place.row(row_id)["Redo"] is False
        assert daemon.stop() == 0
    there = place.row(row_id)
    assert (there["Title"], there["BPM"], there["Last Used"]) == ("Ferry at Night", 63, "2026-11-20")
    assert list(place.twin.rows(place.database_id)) == [row_id]
    assert changed(after, everything_in(home)) == {ending: set() for ending in TITLE_AND_TEMPO}

    done = home.run("reconcile")
    assert (done.returncode, done.stdout) == (0, "Looked at 1 row in Notion: all as it should be.\n")


def on_soundcloud(home: Home, piece: Piece) -> str:
    """Somebody has uploaded it, and nobody has liked it."""
    soundcloud = home.world.twins.media.soundcloud
    artist = soundcloud.add_user("ada-reyes", piece.artist)
    sound = recorded(piece, "mp3")
    return soundcloud.add_track(artist, piece.title, duration_s=piece.duration_s, encodings=(sound,)).url


def soon(what: str, happened: Callable[[], bool]) -> None:
    until(happened, what, timeout_s=LONG_S)
