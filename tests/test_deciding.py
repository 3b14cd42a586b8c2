"""`choose`, `pin`, `reject` and `quarantine`, typed by a person."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from integrations.sandbox.music import Piece
from integrations.sandbox.world import recorded
from tests.house import a_home
from tests.pipeline.works import on_youtube, only_known_to_spotify

HILL_ROAD = Piece("Hill Road", "Ines Marlow", 118.0, "Am", 12.0, seed=31)
HILL_ROAD_CUT = replace(HILL_ROAD, duration_s=8.0)
DONE, FAILED = 0, 1


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def test_a_doubtful_track_is_asked_about_chosen_and_filed(home):
    link = only_known_to_spotify(home, HILL_ROAD).url
    video = on_youtube(home, replace(HILL_ROAD, duration_s=20.0), "hill_road_1", channel="Ines Marlow")
    asked = home.run("--mode", "url", "--url", link)
    assert "Needs review: Which of these is Ines Marlow - Hill Road?" in asked.stdout

    shown = home.run("choose", "hill road")
    assert shown.returncode == DONE
    assert "  1  Hill Road (Ines Marlow)" in shown.stdout
    assert video.url in shown.stdout
    refused = home.run("choose", "hill road", "7")
    assert refused.returncode == FAILED
    assert "1 can be chosen" in refused.stderr

    chosen = home.run("choose", "hill road", "1")
    assert "Choice 1 is what it is made from." in chosen.stdout
    assert "--mode batch" in chosen.stdout
    filed = home.run("--mode", "batch", "--json")
    assert json.loads(filed.stdout)["tracks"][0]["source"] == video.url
    assert len(home.music) == 3

    rejected = home.run("reject", link)
    assert "is never taken from" in rejected.stdout
    assert rejected.stdout.count("was moved to") == 3
    assert home.music == []


def test_a_refused_download_is_listed_released_or_discarded(home):
    link = only_known_to_spotify(home, HILL_ROAD).url
    on_youtube(home, HILL_ROAD, "hill_road_1", sounds_like=HILL_ROAD_CUT)
    home.run("--mode", "url", "--url", link)

    listed = home.run("quarantine")
    assert "Ines Marlow - Hill Road" in listed.stdout
    assert "quarantine release ID" in listed.stdout
    [kept] = json.loads(home.run("quarantine", "--json").stdout)
    assert kept["size"] == len(recorded(HILL_ROAD_CUT, "opus").data)

    unknown = home.run("quarantine", "release", "0000")
    assert unknown.returncode == FAILED
    assert "`cratekeeper quarantine` lists" in unknown.stderr
    released = home.run("quarantine", "release", kept["id"][:6])
    assert "The download is good" in released.stdout
    assert "Nothing is in quarantine." in home.run("quarantine").stdout


def test_a_link_that_is_pinned_is_what_it_is_made_from(home):
    link = only_known_to_spotify(home, HILL_ROAD).url
    home.run("--mode", "url", "--url", link)
    video = on_youtube(home, replace(HILL_ROAD, duration_s=20.0), "hill_road_9", title="something else", channel="who")
    assert home.run("pin", link, link).returncode == FAILED, "Spotify has no sound to give"
    pinned = home.run("pin", link, video.url)
    assert f"From now on it is taken from {video.url}" in pinned.stdout
    filed = home.run("--mode", "batch", "--json")
    assert json.loads(filed.stdout)["tracks"][0]["source"] == video.url
    assert "is forgotten" in home.run("unpin", "hill road").stdout
