"""A library that is away: what is finished waits, and comes home without being made again."""

from __future__ import annotations

import shutil

import pytest

from daemon.models import Status
from daemon.service import deciding
from tests.pipeline.works import IN_FULL, TIN_ROOF, liked_on_soundcloud, three_files


@pytest.fixture
def away(home, works):
    """The library has one track, and is away."""
    works.take(liked_on_soundcloud(home, TIN_ROOF))
    library = home.settings.out_dir
    library.rename(library.with_name("elsewhere"))
    return library


def back(library):
    library.with_name("elsewhere").rename(library)


def left_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_track_waits_for_the_library_and_comes_home_without_being_made_again(home, works, away):
    row = works.take(liked_on_soundcloud(home, IN_FULL))

    assert row.status is Status.QUEUED
    assert row.reason is not None
    assert "OUT_DIR" in row.reason
    assert not [one for one in works.told if one.state == "failed"], "a drive that is away is no failure of a track"
    assert not away.exists()
    assert left_in(home.settings.var_dir / "work") == [], "what waits is not there twice"
    waiting = left_in(home.settings.var_dir / "waiting")
    assert waiting == ["rendered.aiff", "rendered.m4a", "rendered.wav"]
    for _ in range(3):
        assert works.rooms.owed.deliver() == [row.reason]

    back(away)
    assert works.rooms.owed.deliver() == []

    assert works.ledger.tracks.get(row.id).status is Status.DONE
    assert [path for path in home.music if "Night Ferry" in path] == three_files(IN_FULL)
    assert works.steps(row.id).count("render") == 1
    assert left_in(home.settings.var_dir / "waiting") == []
    assert works.rooms.owed.deliver() == []


def test_what_was_decided_meanwhile_counts(home, works, away):
    row = works.take(liked_on_soundcloud(home, IN_FULL))
    deciding.reject(works.rooms, works.ledger.tracks.get(row.id), None, "a test")
    back(away)

    assert works.rooms.owed.deliver() == []

    assert not [path for path in home.music if "Night Ferry" in path]
    assert left_in(home.settings.var_dir / "waiting") == []


def test_what_somebody_has_cleared_away_is_made_again(home, works, away):
    ref = liked_on_soundcloud(home, IN_FULL)
    works.take(ref)
    shutil.rmtree(home.settings.var_dir / "waiting")
    back(away)

    assert works.rooms.owed.deliver() == []

    assert works.take(ref).status is Status.DONE
    assert [path for path in home.music if "Night Ferry" in path] == three_files(IN_FULL)
