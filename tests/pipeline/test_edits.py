"""What the person says of a track, and that they do not want it, on the way through the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.ledger.board import TakenIn
from daemon.models import Candidate, Service, Status
from daemon.service import finding
from daemon.service.oneshot import one_shot
from integrations import tags
from tests.pipeline.works import (
    IN_FULL,
    NIGHT_FERRY,
    TIN_ROOF,
    at_work,
    liked_on_soundcloud,
    liked_on_spotify,
    name_of,
    three_files,
)

CORRECTED = "Unassigned/Ada Reyes - Ferry at Night"
PLACES = [("resolve", "begun"), ("fetch", "done"), ("render", "begun")]


def edit(ledger, track_id, **edits):
    """As it is taken in from the track's row in Notion."""
    if ledger.outbox.mirror("notion", track_id) is None:
        ledger.outbox.remember_first(track_id, f"row {track_id}", {}, {})
    row_id = ledger.outbox.mirror("notion", track_id).remote_id
    assert ledger.board.take_in(track_id, row_id, TakenIn(seen={}, edits=edits), None)


def once(step, state, deed):
    """Does it the first time that a track is there."""
    done: list[object] = []

    def tell(told):
        if (told.step, told.state) == (step, state) and not done:
            done.append(told)
            deed(told.track_id)

    return tell


def written(home, name, ending="m4a"):
    return tags.read(home.folder / "music" / f"{name}.{ending}")


# --- the word of the person wins -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "state"), PLACES)
def test_whenever_it_is_said_before_the_files_are_made_they_are_named_and_tagged_so(home, step, state):
    ref = liked_on_soundcloud(home, NIGHT_FERRY)
    edits = {"title": "Ferry at Night", "genre": "Dub", "bpm": 63.0, "key": "Cm"}

    def say(track_id):
        edit(works.ledger, track_id, **edits)

    with at_work(home, tell=once(step, state, say)) as works:
        row = works.take(ref)

        assert row.status is Status.DONE, row.reason
        assert home.music == [f"{CORRECTED}.{ending}" for ending in ("aiff", "m4a", "wav")]
        for ending in ("aiff", "m4a", "wav"):
            tagged = written(home, CORRECTED, ending)
            assert (tagged.title, tagged.artists) == ("Ferry at Night", ("Ada Reyes",))
            assert (tagged.genre, tagged.bpm, tagged.initial_key) == ("Dub", 63.0, "Cm")
            assert tagged.comment.startswith("5A - ")
        assert (row.track.title, row.heard.tempo.bpm, row.heard.key.camelot) == ("Ferry at Night", 63.0, "5A")

        edit(works.ledger, row.id, **dict.fromkeys(edits))
        found = works.ledger.tracks.get(row.id)
        assert found.track.title == "Night Ferry", "what was found lies beneath it"
        assert found.heard.tempo.bpm == pytest.approx(126, rel=0.01)


def test_what_spotify_knows_better_the_person_knows_best(home):
    """And what is searched for is what they call it."""
    ref = liked_on_soundcloud(home, IN_FULL, title="ferry rip")
    home.world.person.likes_on_spotify(IN_FULL)
    edits = {"title": "Night Ferry", "album": "My own album"}

    def say(track_id):
        edit(works.ledger, track_id, **edits)

    with at_work(home, tell=once("resolve", "done", say)) as works:
        row = works.take(ref)

        assert row.status is Status.DONE, row.reason
        assert (row.track.title, row.track.album) == ("Night Ferry", "My own album")
        assert Service.SPOTIFY in row.track.urls, "it was found by the corrected title"
        assert written(home, name_of(IN_FULL)).album == "My own album"


def test_a_halved_tempo_is_remembered_when_it_is_made_from_another_source(home, works):
    row = works.take(liked_on_spotify(home, TIN_ROOF))
    measured = row.heard.tempo.bpm
    edit(works.ledger, row.id, bpm=measured / 2, bpm_measured=measured)
    place = row.source.candidate
    works.ledger.decisions.pin(row.id, Candidate(service=place.service, id=place.id, url=place.url, title="x"), "test")
    works.ledger.tracks.requeue(row.id)
    for path in home.music:
        (home.settings.out_dir / path).unlink()
    works.ledger.files.mark_missing([file.shelved.path for file in works.ledger.files.of(row.id)])

    row = works.end(works.begin(liked_on_spotify(home, TIN_ROOF)))

    assert row.status is Status.DONE, row.reason
    assert written(home, name_of(TIN_ROOF)).bpm == pytest.approx(measured / 2, rel=0.001)


# --- into the files that are there -----------------------------------------------------------------------------------


def test_what_is_said_of_a_filed_track_gets_into_its_files(home, works):
    row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
    before = written(home, name_of(NIGHT_FERRY))

    edit(works.ledger, row.id, title="Ferry at Night")
    assert works.rooms.retagging.carry_out() == []

    assert home.music == three_files(NIGHT_FERRY), "names stay: DJ programs know files by them"
    after = written(home, name_of(NIGHT_FERRY))
    assert (before.title, after.title) == ("Night Ferry", "Ferry at Night")
    assert (after.bpm, after.artwork_jpeg, after.provenance) == (before.bpm, before.artwork_jpeg, before.provenance)


def test_what_is_said_of_a_track_that_waits_for_the_library_gets_into_its_files_there(home, works):
    works.take(liked_on_soundcloud(home, TIN_ROOF))
    library = home.settings.out_dir
    library.rename(library.with_name("elsewhere"))
    row = works.take(liked_on_soundcloud(home, IN_FULL))
    assert row.status is Status.QUEUED

    edit(works.ledger, row.id, genre="Dub")
    assert works.rooms.retagging.carry_out() == []
    library.with_name("elsewhere").rename(library)
    assert works.rooms.retagging.carry_out() == [], "its files are not there yet"
    assert works.rooms.owed.deliver() == []
    assert works.rooms.retagging.carry_out() == []

    assert written(home, name_of(IN_FULL)).genre == "Dub"


# --- not wanted ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "state"), [*PLACES, ("shelve", "begun"), ("shelve", "done")])
def test_a_track_that_is_dismissed_while_it_is_worked_on_comes_to_nothing(home, step, state):
    ref = liked_on_soundcloud(home, NIGHT_FERRY)

    def dismiss(track_id):
        works.ledger.tracks.dismiss(track_id, Status.REJECTED)

    with at_work(home, tell=once(step, state, dismiss)) as works:
        row = works.take(ref)

        assert (row.status, row.reason, row.not_before) == (Status.REJECTED, None, None)
        assert works.ledger.sounds.words(row.id) is None
        works.rooms.withdrawals.carry_out()
        assert home.music == []
        assert list((home.settings.var_dir / "work").glob("*/*")) == []
        steps = len(works.told)
        assert works.take(ref).status is Status.REJECTED
        assert len(works.told) == steps, "it is not begun again"

        works.ledger.tracks.requeue(row.id)
        assert works.take(ref).status is Status.DONE
        assert home.music == three_files(NIGHT_FERRY)


def test_a_track_that_is_done_keeps_its_files_and_is_not_made_again(home, works):
    row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))

    works.ledger.tracks.dismiss(row.id, Status.SKIP)
    Path(home.folder / "music" / home.music[0]).unlink()
    run = one_shot(works.rooms, "reprocess", finding.again(5))

    assert run.tracks == ()
    assert works.ledger.tracks.get(row.id).status is Status.SKIP
    assert home.music == three_files(NIGHT_FERRY)[1:]
