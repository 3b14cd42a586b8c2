"""Files that are missing are made once more: never from another recording, and never at the price of what is there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.models import Status
from daemon.service import finding
from tests.house import a_home
from tests.pipeline.works import (
    IN_FULL,
    LONG_ROAD,
    TIN_ROOF,
    at_work,
    liked_on_soundcloud,
    name_of,
    on_youtube,
    only_known_to_spotify,
    three_files,
)

FIRST, SECOND = "aaaaaaaaaaa", "bbbbbbbbbbb"


@pytest.fixture
def ref(home, works):
    """A track that is filed, and has lost its WAV since; the place that it came from is gone."""
    ref = only_known_to_spotify(home, LONG_ROAD)
    on_youtube(home, LONG_ROAD, FIRST)
    assert works.take(ref).status is Status.DONE
    (home.settings.out_dir / f"{name_of(LONG_ROAD)}.wav").unlink()
    home.world.twins.media.youtube.take_down(FIRST)
    return ref


def once_more(works, ref):
    found = finding.again(10)(works.rooms)
    return works.take(ref), found.track_ids


def test_another_recording_is_not_mixed_in(home, works, ref):
    on_youtube(home, LONG_ROAD, SECOND, sounds_like=replace(LONG_ROAD, seed=99))

    row, _ = once_more(works, ref)

    assert row.status is Status.NEEDS_REVIEW
    assert row.reason is not None
    assert "another recording" in row.reason
    assert home.music == [path for path in three_files(LONG_ROAD) if not path.endswith(".wav")]


def test_the_same_recording_from_elsewhere_will_do(home, works, ref):
    on_youtube(home, LONG_ROAD, SECOND)

    row, _ = once_more(works, ref)

    assert row.status is Status.DONE
    assert home.music == three_files(LONG_ROAD)


def test_what_cannot_be_made_again_takes_nothing_from_what_is_there(home, works, ref):
    row, found = once_more(works, ref)

    assert found == (row.id,)
    assert row.status is Status.DONE
    assert row.reason, "and it says what is wrong"
    assert works.ledger.sounds.words(row.id), "the recording is still its own"
    assert finding.again(10)(works.rooms).track_ids == (row.id,), "the WAV is still wanted"


def test_what_only_waits_for_its_inbox_is_not_missing(tmp_path):
    with a_home(tmp_path, WAV_BACKUP_DIR=str(tmp_path / "player")) as home, at_work(home) as works:
        works.take(liked_on_soundcloud(home, TIN_ROOF))
        (tmp_path / "player").rename(tmp_path / "away")
        row = works.take(liked_on_soundcloud(home, IN_FULL))
        assert row.status is Status.DONE

        assert finding.again(10)(works.rooms).track_ids == ()

        (tmp_path / "away").rename(tmp_path / "player")
        assert works.rooms.owed.deliver() == []
        assert finding.again(10)(works.rooms).track_ids == ()
        assert (tmp_path / "player" / "Ada Reyes - Night Ferry.wav").exists()
