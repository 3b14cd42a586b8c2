"""One track, end to end, through the real command line: `python -m daemon --mode single`."""

from __future__ import annotations

import shutil

import pytest

from daemon.models import Format
from integrations import tags
from integrations.ffmpeg import decode
from integrations.sandbox import faults
from integrations.sandbox.world import GLASS_HARBOUR, LOW_TIDE
from tests.house import a_home


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def notion_rows(home):
    return list(home.world.twins.notion.rows(home.world.twins.tracks_db_id).values())


def test_a_liked_track_becomes_three_tagged_files_an_item_and_a_row(home):
    home.world.person.likes_on_spotify(GLASS_HARBOUR)
    ended = home.run("--mode", "single")
    assert ended.returncode == 0, ended.stderr

    name = "Unassigned/Mira Vale - Glass Harbour"
    assert home.music == [f"{name}.aiff", f"{name}.m4a", f"{name}.wav"]
    sounds = {}
    for format_ in Format:
        file = home.folder / "music" / f"{name}.{format_}"
        written = tags.read(file)
        assert (written.title, written.artists) == ("Glass Harbour", ("Mira Vale",))
        assert written.bpm == pytest.approx(124, rel=0.01)
        assert written.initial_key == "Am"
        assert written.isrc == "QZSBX2400011"
        assert written.artwork_jpeg
        assert written.provenance["source_quality"] == "lossy: opus 128k, 48 kHz, up to 20.1 kHz"
        sounds[format_] = decode(file)
        assert sounds[format_].duration_s == pytest.approx(GLASS_HARBOUR.duration_s, abs=0.1)
    assert (sounds[Format.M4A].samples == sounds[Format.WAV].samples).all()
    assert (sounds[Format.M4A].samples == sounds[Format.AIFF].samples).all()

    [item] = home.world.twins.eagle.items
    [row] = notion_rows(home)
    assert row["Status"] == "Done"
    assert row["Downloaded"] is True
    assert row["Eagle File ID"] == item["id"]
    assert row["Artist Name"] == "Mira Vale"
    assert row["M4A File Path"] == str(home.folder / "music" / f"{name}.m4a")
    assert "Mira Vale - Topic" in row["Match Evidence"]

    for words in ("Mira Vale - Glass Harbour", "Done", "youtube", "124.0", "Am, 8A", f"{name}.m4a", item["id"]):
        assert words in ended.stdout
    steps = ("resolve", "search", "fetch", "listen", "claim", "render", "shelve", "conclude")
    said = [line.split()[4].rstrip(":") for line in ended.stderr.splitlines() if " cratekeeper: " in line]
    assert said == ["resolve", "known", *steps[1:]]


def test_a_second_run_finds_nothing_new_and_says_so(home):
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    assert home.run("--mode", "single").returncode == 0
    home.world.log.clear()
    again = home.run("--mode", "single")
    assert again.returncode == 0
    assert "Nothing new" in again.stdout
    asked = [line.method for line in home.world.log.of("notion")]
    tracks, tasks = ["GET", "GET", "POST", "POST"], ["GET", "GET", "POST"]
    assert asked == tracks + tasks, "what changed, what stood there unprocessed, what was ordered, and nothing written"
    assert len(home.music) == 3


def test_before_first_contact_with_notion_nothing_is_taken_up(home):
    """It may know the track already."""
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    home.world.faults.add("notion", faults.server_error(503), times=None)
    ended = home.run("--mode", "single")
    assert ended.returncode == 75
    assert "Nothing is taken up before the rows that are in Notion already are known" in ended.stderr
    assert home.music == []


@pytest.mark.torture
def test_an_outage_of_notion_and_eagle_delays_no_audio_and_is_made_up_for(home):
    home.run("--mode", "single")
    home.world.person.likes_on_soundcloud(LOW_TIDE)
    home.world.faults.add("notion", faults.server_error(503), times=None)
    home.world.faults.add("eagle", faults.reset(), times=None)
    ended = home.run("--mode", "single")
    assert ended.returncode == 0, ended.stderr
    assert len(home.music) == 3
    assert "waits:" in ended.stdout
    assert notion_rows(home) == []


def test_a_download_that_is_refused_for_now_is_told_and_taken_up_again_later(home):
    home.world.person.likes_on_spotify(GLASS_HARBOUR)
    home.world.twins.media.youtube.bot_check = True
    ended = home.run("--mode", "single")
    assert ended.returncode == 75
    assert "robot" in ended.stdout.lower() or "bot" in ended.stdout.lower()
    assert home.music == []
    home.world.log.clear()
    again = home.run("--mode", "single")
    assert "Nothing new" in again.stdout
    assert home.world.log.of("youtube") == [], "who asks for patience gets it"
    shutil.rmtree(home.folder / "var" / "work")  # kept for the next attempt, on purpose
