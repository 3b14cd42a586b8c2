"""A library that is away: what is finished waits, and comes home without being made again."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.models import Failed, Filed, Format, Rendered, Shelved, Status
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


def test_a_track_waits_for_the_library_and_comes_home_without_being_made_again(home, works, away, caplog):
    caplog.set_level(logging.INFO, "daemon.pipeline.homecoming")
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

    assert not caplog.messages
    back(away)
    assert works.rooms.owed.deliver() == []

    [said] = caplog.messages
    assert "Ada Reyes - Night Ferry waited for the library, and is there now: " in said
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


@pytest.fixture
def waiting(home, works, away):
    """A track that waits for the library."""
    return works.take(liked_on_soundcloud(home, IN_FULL))


def noted(works, track_id):
    [name] = [name for name in works.ledger.memos.beginning("coming-home/") if name.endswith(track_id)]
    return name


def test_a_later_attempt_that_fails_takes_nothing_from_what_is_finished(home, works, away, waiting):
    works.ledger.tracks.restart(waiting.id)
    works.ledger.tracks.finish(waiting.id, Failed(reason="the upload is gone", step="fetch"))
    assert works.rooms.owed.deliver() == [waiting.reason]

    back(away)
    works.rooms.owed.deliver()

    row = works.ledger.tracks.get(waiting.id)
    assert (row.status, row.reason) == (Status.DONE, None)
    assert [path for path in home.music if "Night Ferry" in path] == three_files(IN_FULL)
    assert works.ledger.sounds.words(waiting.id)


def test_it_is_put_off_for_as_long_as_it_takes(works, away, waiting):
    name = noted(works, waiting.id)
    memo = json.loads(works.ledger.memos.recall(name))
    works.ledger.memos.remember(name, json.dumps({**memo, "until": memo["until"] - 5 * 86400, "reason": "another"}))

    works.rooms.owed.deliver()

    row = works.ledger.tracks.get(waiting.id)
    assert row.not_before >= waiting.not_before
    assert row.reason == waiting.reason


def test_what_is_decided_while_it_is_brought_home_counts(works, waiting):
    """The person rejects it, and it is begun anew, while its files are on their way to a slow drive."""
    deciding.reject(works.rooms, waiting, None, "a test")
    attempt = works.ledger.tracks.restart(waiting.id)
    file = Shelved(role="library", format=Format.M4A, path="/music/x.m4a", size=1, mtime_ns=1, sha256="5a")

    works.ledger.tracks.come_home(waiting.id, waiting.attempt, Filed(files=(file,)))

    row = works.ledger.tracks.get(waiting.id)
    assert (row.status, row.attempt) == (Status.PROCESSING, attempt)
    assert [owner for owner, _ in works.ledger.files.to_set_aside()] == [waiting.id]
    works.ledger.tracks.finish(waiting.id, Failed(reason="gone", step="fetch"))


def test_a_kill_in_the_middle_of_keeping_loses_nothing(home, works, away, waiting):
    memo = json.loads(works.ledger.memos.recall(noted(works, waiting.id)))
    work = home.settings.var_dir / "work" / waiting.id
    work.mkdir(parents=True)
    kept = tuple(Rendered(**file) for file in memo["rendered"])
    as_made = tuple(replace(file, path=str(work / Path(file.path).name)) for file in kept)
    for ours, theirs in zip(kept[1:], as_made[1:], strict=True):
        shutil.move(ours.path, theirs.path)

    again = works.rooms.owed.resume(waiting.id, waiting.attempt, as_made)

    assert again is not None
    assert again.reason == waiting.reason
    work.rmdir()
    back(away)
    assert works.rooms.owed.deliver() == []
    assert works.ledger.tracks.get(waiting.id).status is Status.DONE


def test_one_that_cannot_be_read_keeps_no_other_from_its_turn(home, works, away, waiting):
    name = noted(works, waiting.id)
    works.ledger.memos.remember(name.replace(waiting.id, "0" * 32), "{}")
    back(away)

    [said] = works.rooms.owed.deliver()

    assert "0" * 32 in said
    assert works.ledger.tracks.get(waiting.id).status is Status.DONE
