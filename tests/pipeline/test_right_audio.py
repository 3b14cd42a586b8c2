"""The right audio, or none: what a person decided, what is refused, what is recognised, what is one recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.errors import NotFound, Refused
from daemon.models import Service, Status, TrackRef
from daemon.service import deciding
from daemon.service.taking import move_in
from integrations import tags
from integrations.ffmpeg import decode
from integrations.sandbox import faults
from integrations.sandbox.acoustid import Recording
from tests.house import a_home
from tests.pipeline.works import (
    IN_FULL,
    LONG_ROAD,
    LONG_ROAD_CUT,
    NIGHT_FERRY,
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

BY = "a test"
LONG = pytest.mark.torture
"""Shown by `make torture`: several tracks all the way cost more than `make test` has time for."""


def again(works, row):
    """What the daemon does at its next look."""
    ref = TrackRef(service=row.track.aliases[0].service, id=row.track.aliases[0].id, url="", found_in=row.found_in)
    services = {alias.service: alias for alias in row.track.aliases}
    alias = services.get(Service.SPOTIFY) or row.track.aliases[0]
    ref = replace(ref, service=alias.service, id=alias.id, url=row.track.urls[alias.service])
    return works.take(ref)


def link(video):
    return TrackRef(service=Service.YOUTUBE, id=video.id, url=video.url, found_in="url")


# --- what the person decided -----------------------------------------------------------------------------------------


def test_a_pinned_source_goes_before_everything_and_is_not_held_to_the_tracks_length(home, works):
    ref = liked_on_soundcloud(home, NIGHT_FERRY)
    longer = on_youtube(home, LONG_ROAD, "longroadall")
    row = works.ledger.tracks.get(works.ledger.tracks.open(ref).track_id)
    deciding.pin(works.rooms, row, link(longer), BY)
    row = works.take(ref)
    assert row.status is Status.DONE
    assert row.fetched.url == longer.url
    assert row.source.evidence == "you chose it"
    assert row.heard.duration_s == pytest.approx(20, abs=0.1)


def test_a_pinned_source_that_is_gone_is_not_replaced_behind_the_persons_back(home, works):
    ref = liked_on_soundcloud(home, NIGHT_FERRY)
    gone = on_youtube(home, NIGHT_FERRY, "nightferry0", trouble="private")
    row = works.ledger.tracks.get(works.ledger.tracks.open(ref).track_id)
    deciding.pin(works.rooms, row, link(gone), BY)
    row = works.take(ref)
    assert row.status is Status.NEEDS_REVIEW
    assert gone.url in row.reason
    assert "cratekeeper unpin" in row.reason
    deciding.unpin(works.rooms, row)
    assert works.take(ref).status is Status.DONE


def test_spotify_cannot_be_pinned(home, works):
    ref = liked_on_spotify(home, NIGHT_FERRY)
    row = works.ledger.tracks.get(works.ledger.tracks.open(ref).track_id)
    with pytest.raises(Refused, match="Spotify lets nobody have the sound"):
        deciding.pin(works.rooms, row, ref, BY)


def test_a_rejected_source_is_never_taken_again_and_its_files_are_moved_aside(home, works):
    ref = only_known_to_spotify(home, NIGHT_FERRY)
    wrong = on_youtube(
        home, NIGHT_FERRY, "wrong_song1", sounds_like=replace(TIN_ROOF, duration_s=12.0), views=9_000_000
    )
    right = on_youtube(home, NIGHT_FERRY, "right_song1", views=10)
    row = works.take(ref)
    assert row.fetched.url == wrong.url
    works.carry()

    decided = deciding.reject(works.rooms, row, None, BY)
    assert home.music == []
    assert len(decided.notes) == 3
    assert "was moved to" in decided.notes[0]
    assert works.ledger.sounds.words(row.id) is None, "the wrong sound is free for the track that it belongs to"

    row = again(works, decided.row)
    assert row.status is Status.DONE
    assert row.fetched.url == right.url
    assert home.music == three_files(NIGHT_FERRY)
    works.carry()
    assert len(home.world.twins.eagle.items) == 2, "what is in Eagle is never exchanged or deleted"
    [shown] = home.rows
    assert right.url in shown["Download Source"]

    decided = deciding.reject(works.rooms, row, None, BY)
    assert again(works, decided.row).status is Status.METADATA_ONLY
    aside = sorted(file.name for file in (home.folder / "var" / "quarantine" / "withdrawn").glob("*/*"))
    assert len(aside) == 6


@LONG
def test_another_programs_folder_gets_the_right_song_too_and_once(tmp_path):
    inbox = tmp_path / "dj"
    inbox.mkdir()
    with a_home(tmp_path, BACKUP_DIR=str(inbox)) as home, at_work(home) as works:
        ref = only_known_to_spotify(home, NIGHT_FERRY)
        on_youtube(home, NIGHT_FERRY, "wrong_song1", sounds_like=replace(TIN_ROOF, duration_s=12.0), views=9_000)
        on_youtube(home, NIGHT_FERRY, "right_song1", views=10)
        row = works.take(ref)
        [delivered] = inbox.glob("*.m4a")
        delivered.unlink()  # the other program has moved it into its own library
        decided = deciding.reject(works.rooms, row, None, BY)
        assert any(str(delivered) in note for note in decided.notes), "the wrong one is theirs to take away"
        row = again(works, decided.row)
        [delivered] = inbox.glob("*.m4a")
        delivered.unlink()
        works.ledger.tracks.requeue(row.id)
        assert again(works, row).status is Status.DONE
        assert list(inbox.glob("*.m4a")) == []


@LONG
def test_what_the_person_has_changed_is_left_where_it_is(home, works):
    row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
    mine = home.folder / "music" / f"{name_of(NIGHT_FERRY)}.m4a"
    with mine.open("ab") as file:
        file.write(b"a cue point")
    decided = deciding.reject(works.rooms, row, None, BY)
    assert home.music == [f"{name_of(NIGHT_FERRY)}.m4a"]
    assert any("was changed since it was filed" in note for note in decided.notes)


def test_one_of_the_doubtful_is_chosen_by_its_number(home, works):
    ref = only_known_to_spotify(home, NIGHT_FERRY)
    doubtful = on_youtube(home, replace(NIGHT_FERRY, duration_s=20.0), "doubtful_01", channel="Ada Reyes")
    row = works.take(ref)
    assert row.status is Status.NEEDS_REVIEW
    works.carry()
    [shown] = home.rows
    assert doubtful.url in shown["Match Evidence"]
    assert shown["Status"] == "Needs review"
    with pytest.raises(Refused, match="1 can be chosen"):
        deciding.choose(works.rooms, row, 2, BY)
    decided = deciding.choose(works.rooms, row, 1, BY)
    row = again(works, decided.row)
    assert (row.status, row.fetched.url) == (Status.DONE, doubtful.url)


@pytest.mark.parametrize(("step", "state"), [("search", "begun"), ("render", "begun"), ("shelve", "done")])
def test_a_decision_that_is_made_while_the_track_is_worked_on_counts(home, step, state):
    """Whatever its attempt comes to; even behind the last look at what was decided."""
    ref = only_known_to_spotify(home, NIGHT_FERRY)
    right = on_youtube(home, NIGHT_FERRY, "right_song1", views=10)
    if step != "search":
        on_youtube(home, NIGHT_FERRY, "wrong_song1", sounds_like=replace(TIN_ROOF, duration_s=12.0), views=9_000)
    decided: list[object] = []

    def decide(told):
        if (told.step, told.state) == (step, state) and not decided:
            decided.append(told)
            row = works.ledger.tracks.get(told.track_id)
            if step == "search":
                deciding.pin(works.rooms, row, link(right), BY)
            else:
                deciding.reject(works.rooms, row, None, BY)

    with at_work(home, tell=decide) as works:
        row = works.take(ref)
        assert (row.status, row.reason) == (Status.QUEUED, "You have decided about its source meanwhile.")
        assert works.ledger.sounds.words(row.id) is None
        row = works.take(ref)
        assert (row.status, row.fetched.url) == (Status.DONE, right.url)
        assert home.music == three_files(NIGHT_FERRY)
        assert decode(home.folder / "music" / home.music[0]).duration_s == pytest.approx(12, abs=0.1)
        [sound] = {file.shelved.path for file in works.ledger.files.of(row.id) if file.shelved.format == "m4a"}
        assert tags.read(Path(sound)).provenance["source_url"] == right.url


@LONG
def test_the_very_source_in_flight_may_be_pinned(home):
    ref = liked_on_soundcloud(home, NIGHT_FERRY)

    def pin_what_it_is_made_from(told):
        if (told.step, told.state) == ("render", "begun"):
            deciding.pin(works.rooms, works.ledger.tracks.get(told.track_id), ref, BY)

    with at_work(home, tell=pin_what_it_is_made_from) as works:
        row = works.take(ref)
        assert row.status is Status.DONE
        assert works.ledger.sounds.words(row.id) is not None


@LONG
def test_a_song_that_is_rejected_while_its_drive_is_away_is_never_taken_for_the_right_one(home, works):
    ref = only_known_to_spotify(home, NIGHT_FERRY)
    on_youtube(home, NIGHT_FERRY, "wrong_song1", sounds_like=replace(TIN_ROOF, duration_s=12.0), views=9_000)
    right = on_youtube(home, NIGHT_FERRY, "right_song1", views=10)
    row = works.take(ref)
    library = home.folder / "music"
    library.rename(home.folder / "unplugged")
    decided = deciding.reject(works.rooms, row, None, BY)
    assert all("a disk that is away (OUT_DIR)" in note for note in decided.notes)
    (home.folder / "unplugged").rename(library)
    row = again(works, decided.row)
    assert row.fetched.url == right.url
    assert home.music == three_files(NIGHT_FERRY)
    assert tags.read(library / f"{name_of(NIGHT_FERRY)}.m4a").provenance["source_url"] == right.url
    assert len(list((home.folder / "var" / "quarantine" / "withdrawn").glob("*/*"))) == 3


def test_files_that_a_killed_reject_has_left_are_moved_at_the_next_start(home, works):
    row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
    works.ledger.decisions.reject(row.id, row.source.candidate, BY, anew=True)  # and there it was killed
    assert home.music == three_files(NIGHT_FERRY)
    move_in(works.rooms, "a test")
    assert home.music == []


@LONG
def test_the_twin_of_a_wrong_song_stands_for_itself_again(home, works):
    other = replace(TIN_ROOF, duration_s=33.0)
    ref = only_known_to_spotify(home, IN_FULL)
    wrong = on_youtube(home, IN_FULL, "wrong_song1", sounds_like=other)
    row = works.take(ref)
    twin_ref = liked_on_soundcloud(home, other)
    twin = works.take(twin_ref)
    assert (twin.status, twin.duplicate_of) == (Status.DUPLICATE, row.id)
    works.carry()

    deciding.reject(works.rooms, works.ledger.tracks.get(row.id), None, BY)
    assert works.ledger.tracks.find(Service.YOUTUBE, wrong.id) is None, "that id is not this song's"
    mended = works.ledger.tracks.get(row.id)
    assert set(mended.track.urls) == {Service.SPOTIFY}
    twin = works.take(twin_ref)
    assert twin.status is Status.DONE
    works.carry()
    assert len(home.rows) == 2
    assert {shown["Title"] for shown in home.rows} == {"Night Ferry", "Tin Roof"}


def test_a_track_is_meant_by_words_of_its_name_by_its_link_and_by_its_key(home, works):
    ref = liked_on_soundcloud(home, NIGHT_FERRY)
    row = works.take(ref)
    works.take(liked_on_soundcloud(home, replace(TIN_ROOF, title="Day Ferry")))
    assert deciding.track_of(works.rooms, "night ferry", None).id == row.id
    assert deciding.track_of(works.rooms, row.id[:14], None).id == row.id
    assert deciding.track_of(works.rooms, ref.url, ref).id == row.id
    with pytest.raises(NotFound, match="No track is called"):
        deciding.track_of(works.rooms, "copper", None)
    with pytest.raises(Refused, match="could be 2 tracks"):
        deciding.track_of(works.rooms, "ferry", None)


# --- quarantine ------------------------------------------------------------------------------------------------------


def test_a_refused_download_is_kept_and_never_fetched_again_by_itself(home, works):
    ref = only_known_to_spotify(home, LONG_ROAD)
    on_youtube(home, LONG_ROAD, "longroadcut", sounds_like=LONG_ROAD_CUT)
    row = works.take(ref)
    assert row.status is Status.NEEDS_REVIEW
    [kept] = works.ledger.quarantine.held()
    assert "10.0 s" in kept.reason
    assert home.music == []

    works.ledger.tracks.requeue(row.id)
    home.world.log.clear()
    assert again(works, row).status is Status.NEEDS_REVIEW
    assert asked(home, "youtube", "/videoplayback") == []
    assert [one.id for one in works.ledger.quarantine.held()] == [kept.id]


@LONG
def test_of_two_refused_downloads_the_one_that_is_released_is_taken(home, works):
    ref = only_known_to_spotify(home, LONG_ROAD)
    on_youtube(home, LONG_ROAD, "longroad_aa", sounds_like=LONG_ROAD_CUT, views=9_000)
    longer = replace(LONG_ROAD, duration_s=15.0)
    chosen = on_youtube(home, LONG_ROAD, "longroad_bb", sounds_like=longer, views=10)
    row = works.take(ref)
    kept = next(one for one in works.ledger.quarantine.held() if one.candidate.id == chosen.id)
    left = home.folder / "var" / "work" / row.id / "source-0"
    left.mkdir(parents=True)  # as if the attempt had been postponed
    (left / "source.webm").write_bytes(b"of another candidate")
    decided = deciding.release(works.rooms, kept, BY)
    row = again(works, decided.row)
    assert (row.status, row.fetched.url) == (Status.DONE, chosen.url)
    assert row.heard.duration_s == pytest.approx(15, abs=0.1)


def test_a_released_download_is_what_the_track_is_made_from(home, works):
    ref = only_known_to_spotify(home, LONG_ROAD)
    on_youtube(home, LONG_ROAD, "longroadcut", sounds_like=LONG_ROAD_CUT)
    row = works.take(ref)
    [kept] = works.ledger.quarantine.held()
    home.world.log.clear()
    decided = deciding.release(works.rooms, kept, BY)
    row = again(works, decided.row)
    assert row.status is Status.DONE
    assert row.source.evidence == "you released it from quarantine"
    assert row.heard.duration_s == pytest.approx(10, abs=0.1)
    assert asked(home, "youtube", "/videoplayback") == [], "it was there already"
    with pytest.raises(Refused, match="was released before"):
        deciding.release(works.rooms, works.ledger.quarantine.get(kept.id), BY)


@LONG
def test_a_discarded_download_is_deleted_and_its_source_rejected(home, works):
    ref = only_known_to_spotify(home, LONG_ROAD)
    video = on_youtube(home, LONG_ROAD, "longroadcut", sounds_like=LONG_ROAD_CUT)
    row = works.take(ref)
    [kept] = works.ledger.quarantine.held()
    decided = deciding.discard(works.rooms, kept, BY)
    assert list((home.folder / "var" / "quarantine").glob("*")) == []
    assert f"youtube:{video.id}" in works.ledger.decisions.rejected(row.id)
    assert again(works, decided.row).status is Status.METADATA_ONLY


# --- recognised by its sound -----------------------------------------------------------------------------------------


@pytest.fixture
def home_with_acoustid(tmp_path):
    with a_home(tmp_path, ACOUSTID_API_KEY="sandbox-acoustid-key") as home:
        yield home


def known_by_its_sound(home, works, ref, **recording):
    """Takes the track once, without AcoustID's word, and tells AcoustID whose sound that is."""
    row = works.take(ref)
    words = works.ledger.sounds.words(row.id)
    home.world.twins.acoustid.know(memoryview(words).cast("I").tolist(), row.heard.duration_s, Recording(**recording))
    return row


def test_a_wrong_recording_of_the_right_length_is_caught_by_acoustid_alone(home_with_acoustid):
    home = home_with_acoustid
    other = replace(TIN_ROOF, duration_s=12.0)
    with at_work(home) as works:
        known_by_its_sound(home, works, liked_on_soundcloud(home, other), title="Tin Roof", artists=["Kilo Nine"])
        ref = only_known_to_spotify(home, NIGHT_FERRY)
        on_youtube(home, NIGHT_FERRY, "wrong_song1", sounds_like=other)
        row = works.take(ref)
        assert row.status is Status.NEEDS_REVIEW
        assert "Tin Roof" in row.reason
        [kept] = works.ledger.quarantine.held()
        assert "Tin Roof" in kept.reason

        right = on_youtube(home, NIGHT_FERRY, "right_song1")
        works.ledger.tracks.requeue(row.id)
        row = again(works, row)
        assert (row.status, row.fetched.url) == (Status.DONE, right.url)


def test_without_acoustid_a_wrong_recording_of_the_right_length_is_beyond_reach(home, works):
    other = replace(TIN_ROOF, duration_s=12.0)
    ref = only_known_to_spotify(home, NIGHT_FERRY)
    on_youtube(home, NIGHT_FERRY, "wrong_song1", sounds_like=other)
    row = works.take(ref)
    assert row.status is Status.DONE, "docs/decisions says so: nothing but its sound tells it apart"


@LONG
def test_a_confirmed_recording_says_so(home_with_acoustid):
    home = home_with_acoustid
    with at_work(home) as works:
        row = known_by_its_sound(
            home, works, liked_on_soundcloud(home, IN_FULL), title="Night Ferry", artists=["Ada Reyes"]
        )
        deciding.reject(works.rooms, row, None, BY)
        on_youtube(home, IN_FULL, "right_song1")
        row = again(works, works.ledger.tracks.get(row.id))
        assert row.status is Status.DONE
        assert "AcoustID" in row.source.evidence


def test_nothing_waits_for_acoustid(home_with_acoustid):
    home = home_with_acoustid
    home.world.faults.add("acoustid", faults.rate_limited(900), times=None)
    with at_work(home) as works:
        assert works.take(liked_on_soundcloud(home, NIGHT_FERRY)).status is Status.DONE
        assert works.ledger.services.parked("acoustid") is not None
        home.world.log.clear()
        assert works.take(liked_on_soundcloud(home, TIN_ROOF)).status is Status.DONE
        assert asked(home, "acoustid") == []


# --- one recording, one entry ----------------------------------------------------------------------------------------


def test_a_soundcloud_track_is_enriched_from_spotify_where_that_is_sure(home, works):
    spotify = liked_on_spotify(home, IN_FULL)
    row = works.take(liked_on_soundcloud(home, IN_FULL))
    assert row.status is Status.DONE
    assert row.track.isrc == "QZSBX2400021"
    assert row.track.urls[Service.SPOTIFY] == spotify.url
    assert (row.track.origins["isrc"], row.track.origins["duration_s"]) == ("spotify", "soundcloud")
    written = tags.read(home.folder / "music" / f"{name_of(IN_FULL)}.m4a")
    assert written.isrc == "QZSBX2400021"


@LONG
def test_another_length_at_spotify_is_not_sure(home, works):
    liked_on_spotify(home, replace(NIGHT_FERRY, duration_s=40.0))
    row = works.take(liked_on_soundcloud(home, IN_FULL))
    assert (row.status, row.track.isrc) == (Status.DONE, None)
    assert Service.SPOTIFY not in row.track.urls


def test_nothing_waits_for_spotify_where_it_only_adds(home, works):
    works.ledger.services.park("spotify", works.rooms.clock() + 900, "Log in again.")
    home.world.log.clear()
    assert works.take(liked_on_soundcloud(home, NIGHT_FERRY)).status is Status.DONE
    assert asked(home, "spotify") == []


def test_the_same_recording_from_two_services_is_one_entry_once_its_sound_agrees(home, works):
    first = works.take(liked_on_spotify(home, TIN_ROOF))
    track = home.world.person.likes_on_soundcloud(TIN_ROOF)
    second = works.take(soundcloud_ref(track))
    assert second.status is Status.DUPLICATE
    one = works.ledger.tracks.get(first.id)
    assert one.track.urls[Service.SOUNDCLOUD] == track.url
    assert one.track.urls[Service.YOUTUBE] == first.fetched.url
    assert works.ledger.tracks.find(Service.SOUNDCLOUD, str(track.id)) == first.id
    works.carry()
    [shown] = home.rows
    assert (shown["SoundCloud URL"], shown["Status"]) == (track.url, "Done")


# --- the version that is wanted --------------------------------------------------------------------------------------


def test_an_extended_version_is_preferred_where_the_person_says_so(tmp_path):
    with a_home(tmp_path, VERSION_PREFERENCE="extended, as-liked") as home, at_work(home) as works:
        ref = only_known_to_spotify(home, replace(NIGHT_FERRY, duration_s=60.0))
        on_youtube(home, replace(NIGHT_FERRY, duration_s=60.0), "radio_versn")
        longer = replace(NIGHT_FERRY, duration_s=90.0)
        extended = on_youtube(home, longer, "extended_vs", title="Night Ferry (Extended Mix)")
        row = works.take(ref)
        assert (row.status, row.fetched.url) == (Status.DONE, extended.url)
        assert row.track.title == "Night Ferry (Extended Mix)"
        assert home.music == [f"Unassigned/Ada Reyes - Night Ferry (Extended Mix).{e}" for e in ("aiff", "m4a", "wav")]


def test_without_an_extended_version_the_liked_one_will_do(tmp_path):
    with a_home(tmp_path, VERSION_PREFERENCE="extended") as home, at_work(home) as works:
        row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
        assert (row.status, row.fetched.service) == (Status.DONE, Service.SOUNDCLOUD)


# --- how it is fetched -----------------------------------------------------------------------------------------------


def test_too_little_room_postpones_before_anybody_is_asked_for_audio(tmp_path):
    with a_home(tmp_path, MIN_FREE_GB="10000") as home, at_work(home) as works:
        row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
        assert row.status is Status.QUEUED
        assert "MIN_FREE_GB" in row.reason
        assert row.not_before is not None
        assert works.ledger.services.all() == (), "no service is to blame"
        assert [line for line in home.world.log.of("soundcloud") if "media" in f"{line.host}{line.path}"] == []
        home.forget_work()


@LONG
def test_two_downloads_from_one_service_keep_a_polite_gap(tmp_path):
    with a_home(tmp_path, DOWNLOAD_GAP_S="1") as home, at_work(home) as works:
        begun = [works.begin(liked_on_soundcloud(home, piece)) for piece in (NIGHT_FERRY, TIN_ROOF)]
        assert [works.end(one).status for one in begun] == [Status.DONE, Status.DONE]
        waited = [one for one in works.told if one.state == "progress" and "waits 1 s for its turn" in one.text]
        assert len(waited) == 1


def test_how_far_a_download_is_stands_in_the_ledger_until_it_is_done(home):
    seen = []

    def look(told):
        if told.step == "fetch" and told.state == "progress" and told.fraction is not None:
            seen.append(works.ledger.tracks.get(told.track_id).progress)

    with at_work(home, tell=look) as works:
        row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
        assert any(progress is not None and progress.step == "fetch" for progress in seen)
        assert row.progress is None
