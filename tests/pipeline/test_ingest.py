"""The whole pipeline in this process, with every real part, for every way in which a track may end."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

import pytest

from daemon.children import Children
from daemon.errors import Transient
from daemon.models import Format, Service, Status, Track, TrackRef
from daemon.service.oneshot import single
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations import tags
from integrations.sandbox import faults
from tests.house import until
from tests.pipeline.works import (
    LONG_ROAD,
    LONG_ROAD_CUT,
    NIGHT_FERRY,
    QUICK,
    TIN_ROOF,
    asked,
    at_work,
    liked_on_soundcloud,
    liked_on_spotify,
    name_of,
    on_youtube,
    only_known_to_spotify,
    soundcloud_ref,
    three_files,
)

# --- filed -----------------------------------------------------------------------------------------------------------


def test_a_soundcloud_like_is_filed_from_the_very_place(home, works):
    row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
    assert (row.status, row.reason) == (Status.DONE, None)
    assert row.source.evidence == "the very track that was liked"
    assert asked(home, "youtube") == []
    assert home.music == three_files(NIGHT_FERRY)
    written = tags.read(home.folder / "music" / f"{name_of(NIGHT_FERRY)}.m4a")
    assert written.bpm == pytest.approx(126, rel=0.01)
    assert written.initial_key == "Am"
    assert works.ledger.tracks.is_synced(row.id)


def test_a_spotify_like_is_filed_from_the_right_one_of_what_a_search_finds(home, works):
    row = works.take(liked_on_spotify(home, TIN_ROOF))
    assert row.status is Status.DONE
    assert row.fetched.service is Service.YOUTUBE
    assert row.source.candidate.channel == "Kilo Nine - Topic"
    assert row.source.candidate.url == row.fetched.url
    assert (row.heard.tempo.bpm, row.heard.key.name) == (pytest.approx(100, rel=0.01), "F")
    assert home.music == three_files(TIN_ROOF)
    assert {file.shelved.format for file in works.ledger.files.of(row.id)} == set(Format)


# --- the crate has it ------------------------------------------------------------------------------------------------


def test_the_same_recording_from_another_service_is_a_duplicate_by_its_sound(home, works):
    first = works.take(liked_on_spotify(home, TIN_ROOF))
    second = works.take(liked_on_soundcloud(home, TIN_ROOF))
    assert (first.status, second.status) == (Status.DONE, Status.DUPLICATE)
    assert second.duplicate_of == first.id
    assert "% of bits differ" in second.reason
    assert "render" not in works.steps(second.id)
    assert home.music == three_files(TIN_ROOF)


def test_a_soundcloud_track_under_another_address_is_a_duplicate_by_its_id(home, works):
    track = home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    first = works.take(soundcloud_ref(track))
    track.permalink = "night-ferry-2026"
    home.world.log.clear()

    row_of_the_persons = TrackRef(service=Service.SOUNDCLOUD, id=track.url, url=track.url, found_in="notion")
    second = works.take(row_of_the_persons)
    assert (second.status, second.duplicate_of) == (Status.DUPLICATE, first.id)
    assert second.reason == f"the same soundcloud id, {track.id}"
    assert works.steps(second.id) == ["resolve", "known", "conclude"]
    assert [line for line in home.world.log.of("soundcloud") if "media" in f"{line.host}{line.path}"] == []


# --- not to be had there ---------------------------------------------------------------------------------------------


def test_a_preview_is_never_taken_and_the_search_is_asked_instead(home, works):
    whole = replace(NIGHT_FERRY, duration_s=62.0)  # nothing shorter is taken where nobody can say how long it is
    on_youtube(home, whole, "nightferry1")
    row = works.take(liked_on_soundcloud(home, whole, access="preview"))
    assert row.status is Status.DONE
    assert row.fetched.service is Service.YOUTUBE
    assert row.heard.duration_s == pytest.approx(whole.duration_s, abs=0.1)


def test_what_is_protected_and_nowhere_else_is_metadata_only(home, works):
    row = works.take(liked_on_soundcloud(home, NIGHT_FERRY, access="protected"))
    assert row.status is Status.METADATA_ONLY
    assert "copy protection" in row.reason
    assert row.track.title == "Night Ferry"
    assert home.music == []
    works.carry()
    [shown] = home.rows
    assert (shown["Title"], shown["Status"], shown["Downloaded"]) == ("Night Ferry", "Metadata only", False)
    assert home.world.twins.eagle.items == []


def test_a_download_that_is_cut_short_gives_way_to_the_next_candidate(home, works):
    ref = only_known_to_spotify(home, LONG_ROAD)
    on_youtube(home, LONG_ROAD, "longroadcut", sounds_like=LONG_ROAD_CUT, views=90_000)
    on_youtube(home, LONG_ROAD, "longroadall", views=100)
    row = works.take(ref)
    assert row.status is Status.DONE
    assert row.fetched.url.endswith("longroadall")
    assert row.source.candidate.id == "longroadall"
    assert row.heard.duration_s == pytest.approx(20, abs=0.1)


def test_a_download_that_is_cut_short_and_has_no_neighbour_is_for_the_person_to_hear(home, works):
    ref = only_known_to_spotify(home, LONG_ROAD)
    on_youtube(home, LONG_ROAD, "longroadcut", sounds_like=LONG_ROAD_CUT)
    row = works.take(ref)
    assert row.status is Status.NEEDS_REVIEW
    assert "10.0 s" in row.reason
    assert "release or discard" in row.reason
    assert home.music == []


def test_doubtful_candidates_are_the_persons_to_choose_from(home, works):
    ref = only_known_to_spotify(home, NIGHT_FERRY)
    doubtful = on_youtube(home, replace(NIGHT_FERRY, duration_s=20.0), "doubtful_01", channel="Ada Reyes")
    row = works.take(ref)
    assert row.status is Status.NEEDS_REVIEW
    assert row.reason == "Which of these is Ada Reyes - Night Ferry?"
    [ended] = [event for event in works.ledger.events.of(row.id) if event.step == "finish"]
    [choice] = ended.detail["choices"]
    assert (choice["label"], choice["value"]) == ("Night Ferry (Ada Reyes)", doubtful.url)
    assert "length" in choice["why"]
    assert asked(home, "youtube", "/videoplayback") == []


# --- not now ---------------------------------------------------------------------------------------------------------


def test_patience_that_one_track_was_asked_for_is_everybodys(home, works):
    first, second = liked_on_spotify(home, NIGHT_FERRY), liked_on_spotify(home, TIN_ROOF)
    in_place = liked_on_soundcloud(home, LONG_ROAD)
    home.world.faults.add("youtube", faults.rate_limited(900), times=None)
    began = time.time()
    row = works.take(first)
    assert row.status is Status.QUEUED
    parking = works.ledger.services.parked("youtube")
    assert row.not_before == parking.not_before == pytest.approx(began + 900, abs=30)

    home.world.faults.clear()
    home.world.log.clear()
    other = works.take(second)
    assert (other.status, other.reason) == (Status.QUEUED, row.reason)
    assert other.not_before == pytest.approx(parking.not_before, abs=1)
    assert works.take(in_place).status is Status.DONE
    assert asked(home, "youtube") == []


def test_a_spotify_log_in_that_is_over_parks_spotify_and_nothing_else(home):
    home.world.twins.spotify.accounts.revoke()
    home.world.person.likes_on_spotify(TIN_ROOF)
    liked_on_soundcloud(home, NIGHT_FERRY)
    with open_house(home.settings, lambda _told: None, Outside(home.settings), QUICK) as rooms:
        ended = single(rooms)
        assert [rooms.ledger.tracks.get(track).status for track in ended.tracks] == [Status.DONE]
        assert "log" in rooms.ledger.services.parked("spotify").reason
        assert "parked" in [answer.verdict for answer in ended.answers]
        home.world.log.clear()
        single(rooms)
        assert asked(home, "spotify") == [], "not asked again before its time"
    assert home.music == three_files(NIGHT_FERRY)


def test_what_a_source_told_will_do_while_its_service_is_parked(home, works):
    known = liked_on_spotify(
        home, NIGHT_FERRY, told=Track(title="Night Ferry", artists=("Ada Reyes",), duration_s=12.0)
    )
    unknown = liked_on_spotify(home, TIN_ROOF)
    works.ledger.services.park("spotify", time.time() + 900, "Log in again.")
    home.world.log.clear()
    assert works.take(known).status is Status.DONE
    waits = works.take(unknown)
    assert (waits.status, waits.reason) == (Status.QUEUED, "Log in again.")
    assert asked(home, "spotify") == []


def test_a_worker_that_is_killed_postpones_its_own_track_and_harms_no_neighbour(home, monkeypatch):
    ill_fated, neighbour = liked_on_soundcloud(home, NIGHT_FERRY), liked_on_soundcloud(home, TIN_ROOF)
    run = Children.run
    pools: list[Children] = []
    at_it: list[int] = []

    def never_ending_at_first(pool, job, args, progress, **patience):
        if not job.endswith(":listen") or pools:
            return run(pool, job, args, progress, **patience)
        pools.append(pool)
        return run(pool, "tests.child_jobs:hang", {}, progress, **patience)

    def remember_the_first_listener(told):
        if told.step == "listen" and told.state == "progress" and not at_it:
            at_it.extend(pools[0].pids())

    monkeypatch.setattr(Children, "run", never_ending_at_first)
    with at_work(home, tell=remember_the_first_listener) as works:
        first = works.begin(ill_fated)
        [child] = until(lambda: at_it, "the first track to be listened to")
        assert works.take(neighbour).status is Status.DONE
        os.kill(child, signal.SIGKILL)
        row = works.end(first)
        assert row.status is Status.QUEUED
        assert "SIGKILL" in row.reason
        assert row.not_before == pytest.approx(time.time() + 60, abs=20)
        assert works.ledger.services.all() == (), "no service is to blame"
    assert home.music == three_files(TIN_ROOF)
    home.forget_work()


class WearingOut(Outside):
    """A part that breaks off, whatever it is asked."""

    def finder(self):
        raise Transient("The search broke off.")


def test_a_track_that_failed_is_tried_as_patiently_as_ever_when_the_person_asks_for_it_again(home):
    with at_work(home, outside=WearingOut) as works:
        ref = liked_on_spotify(home, NIGHT_FERRY)

        def once_more():
            works.ledger.tracks.requeue(works.ledger.tracks.open(ref).track_id)
            return works.take(ref)

        for _ in range(2):
            rows = [once_more() for _ in range(6)]
            assert [row.status for row in rows] == [Status.QUEUED] * 5 + [Status.FAILED]
            assert rows[-1].reason == "The search broke off. (tried 6 times)"


# --- ours ------------------------------------------------------------------------------------------------------------


class WithoutFinder(Outside):
    """A part that has a bug."""

    def finder(self):
        raise ZeroDivisionError("nobody thought of this")


def test_a_bug_fails_its_track_as_ours_is_logged_once_and_stops_nobody(home, caplog):
    with at_work(home, outside=WithoutFinder) as works:
        row = works.take(liked_on_spotify(home, NIGHT_FERRY))
        assert row.status is Status.FAILED
        assert "A defect of ours in the step search" in row.reason
        [record] = [one for one in caplog.records if one.exc_info]
        assert record.exc_info[0] is ZeroDivisionError
        assert works.take(liked_on_soundcloud(home, TIN_ROOF)).status is Status.DONE
