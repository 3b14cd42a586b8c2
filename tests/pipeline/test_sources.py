"""Where the audio may come from: which places are one, which versions will do, and what becomes of a source that is
never to be had.
"""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from daemon.cli.deciding import Desk
from daemon.errors import Refused
from daemon.ledger import Ledger
from daemon.models import Alias, Candidate, Fetched, Service, Status, Track, TrackRef, Weighed
from daemon.pipeline.sources import AS_LIKED, Sources, candidate_at, titled
from daemon.secrets import Masker
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox import faults
from tests.house import a_home
from tests.pipeline.works import (
    NIGHT_FERRY,
    asked,
    at_work,
    liked_on_soundcloud,
    on_youtube,
    only_known_to_spotify,
)

BY = "a test"


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", time.time) as ledger:
        yield ledger


def nobody():
    raise AssertionError("nobody is to be asked")


# --- one place under two names ---------------------------------------------------------------------------------------

PAGE = "https://soundcloud.com/ada/night-ferry"
BY_ID = TrackRef(
    service=Service.SOUNDCLOUD, id="77", url="https://api-v2.soundcloud.com/tracks/77", found_in="soundcloud-likes"
)
BY_PAGE = TrackRef(service=Service.SOUNDCLOUD, id=PAGE, url=PAGE, found_in="notion")
BY_OLD_PAGE = replace(BY_PAGE, id=f"{PAGE}-old", url=f"{PAGE}-old")
ANOTHER = replace(BY_PAGE, id=f"{PAGE}-live", url=f"{PAGE}-live")
TOLD = Track(
    title="Night Ferry",
    artists=("Ada Reyes",),
    duration_s=200.0,
    aliases=(Alias(service=Service.SOUNDCLOUD, id="77"),),
    urls={Service.SOUNDCLOUD: PAGE},
)
"""What SoundCloud says of it, by whatever name it is asked."""


def described(ledger, ref, track=TOLD):
    track_id = ledger.tracks.open(ref).track_id
    ledger.tracks.describe(track_id, track)
    return track_id


@pytest.mark.parametrize(
    ("liked", "rejected"), [(BY_ID, BY_PAGE), (BY_PAGE, BY_ID), (BY_OLD_PAGE, BY_PAGE), (BY_OLD_PAGE, BY_ID)]
)
def test_a_place_is_rejected_by_any_of_its_names(ledger, liked, rejected):
    sources = Sources(ledger, nobody, (AS_LIKED,))
    track_id = described(ledger, liked)
    [source] = sources.liked_place(track_id, liked, TOLD)
    assert source.candidate.url == PAGE

    ledger.decisions.reject(track_id, candidate_at(rejected, ledger.tracks.get(track_id).track), BY)
    assert sources.liked_place(track_id, liked, TOLD) == ()


@pytest.mark.parametrize("liked", [BY_ID, BY_PAGE])
def test_another_upload_is_another_place(ledger, liked):
    sources = Sources(ledger, nobody, (AS_LIKED,))
    track_id = described(ledger, liked)
    track = ledger.tracks.get(track_id).track
    assert candidate_at(ANOTHER, track).url == ANOTHER.url
    assert candidate_at(replace(BY_ID, id="78", url=BY_ID.url.replace("77", "78")), track).url.endswith("/78")
    ledger.decisions.reject(track_id, candidate_at(ANOTHER, track), BY)
    assert len(sources.liked_place(track_id, liked, TOLD)) == 1


def test_of_several_ids_no_page_is_known_for_sure(ledger):
    both = replace(TOLD, aliases=(*TOLD.aliases, Alias(service=Service.SOUNDCLOUD, id="78")))
    assert candidate_at(BY_ID, both).url == BY_ID.url


@pytest.mark.parametrize("url", [f"{BY_ID.url}?secret_token=s-abc", f"{PAGE}/s-abc"])
def test_a_secret_address_is_kept_without_it_nothing_could_be_had(ledger, url):
    ref = replace(BY_ID, url=url)
    [source] = Sources(ledger, nobody, (AS_LIKED,)).liked_place(described(ledger, ref), ref, TOLD)
    assert source.candidate.url == url


# --- the version that is wanted --------------------------------------------------------------------------------------

LIKED_LENGTH = replace(NIGHT_FERRY, duration_s=200.0)
LONGER = replace(NIGHT_FERRY, duration_s=300.0)
SHORTER = replace(NIGHT_FERRY, duration_s=150.0)
DOUBTFUL = replace(NIGHT_FERRY, duration_s=206.0)
FETCHED = Fetched(path="/work/x", size=1, service=Service.YOUTUBE, url="https://youtu.be/x")
LIKED = Track(title="Night Ferry", artists=("Ada Reyes",), duration_s=200.0)


def by_preference(home, ledger, *preference):
    """The sources of a house with that VERSION_PREFERENCE, a track in it, and what asks YouTube."""
    outside = Outside(home.settings)
    return Sources(ledger, outside.finder, preference), described(ledger, BY_ID, LIKED), outside


def found(home, piece, video_id, **more):
    """A video that a search finds. Nobody listens to it."""
    return on_youtube(home, piece, video_id, sounds_like=NIGHT_FERRY, **more)


def has_extended(home):
    return found(home, LONGER, "extended_vs", title="Night Ferry (Extended Mix)")


def test_what_stands_after_the_liked_one_will_do_where_that_cannot_be_found(home, ledger):
    extended = has_extended(home)
    sources, track_id, outside = by_preference(home, ledger, AS_LIKED, "extended")
    try:
        assert not sources.prefers_other_versions
        [source] = sources.as_liked(track_id, LIKED)
        assert (source.candidate.id, source.as_version) == (extended.id, "Extended Mix")
        assert titled(LIKED, source).title == "Night Ferry (Extended Mix)"

        liked = found(home, LIKED_LENGTH, "nightferry1")
        [source] = sources.as_liked(track_id, LIKED)
        assert (source.candidate.id, source.as_version) == (liked.id, None)
    finally:
        outside.close()


def test_what_stands_after_the_liked_one_never_goes_before_it(home, ledger):
    found(home, SHORTER, "a_radio_edt", title="Night Ferry (Radio Edit)")
    sources, track_id, outside = by_preference(home, ledger, "extended", AS_LIKED, "radio")
    try:
        assert sources.prefers_other_versions
        assert sources.as_preferred(track_id, LIKED) == ()
        assert [source.as_version for source in sources.as_liked(track_id, LIKED)] == ["Radio Edit"]
    finally:
        outside.close()


def test_another_version_that_the_person_chooses_is_filed_under_its_own_name(home, ledger):
    has_extended(home)
    sources, track_id, outside = by_preference(home, ledger, "extended", AS_LIKED)
    try:
        [preferred] = sources.as_preferred(track_id, LIKED)
        ledger.quarantine.keep(
            track_id, "/kept", 1, "too short", fetched=FETCHED, heard=None, candidate=preferred.candidate
        )
        assert sources.as_liked(track_id, LIKED) == ()  # which weighs nothing that lies in quarantine
    finally:
        outside.close()
    by_hand = replace(preferred.candidate, title=LIKED.title, duration_s=LIKED.duration_s)
    ledger.decisions.pin(track_id, by_hand, BY)
    [pinned] = sources.pinned(track_id)
    assert pinned.trusted
    assert (titled(LIKED, pinned).title, titled(LIKED, pinned).duration_s) == ("Night Ferry (Extended Mix)", 300.0)


def test_what_was_doubtful_as_liked_and_what_was_as_another_version_are_both_offered(home, ledger):
    doubtful = found(home, DOUBTFUL, "doubtful_01", channel="Ada Reyes")
    sources, track_id, outside = by_preference(home, ledger, AS_LIKED, "instrumental")
    earlier = Candidate(service=Service.YOUTUBE, id="extended_vs", url="https://youtu.be/x", title="Night Ferry (Ext)")
    ledger.tracks.remember_weighed(
        track_id, [Weighed(candidate=earlier, score=0.7, verdict="ask", evidence="", as_version="Extended Mix")]
    )
    try:
        assert sources.as_liked(track_id, LIKED) == ()
    finally:
        outside.close()
    asked_about = sources.none_left(track_id, LIKED, [], is_protected=False)
    assert [choice.value for choice in asked_about.choices] == [doubtful.url, earlier.url]


# --- never to be had -------------------------------------------------------------------------------------------------


def test_what_failed_says_what_to_do_next(ledger):
    sources = Sources(ledger, nobody, (AS_LIKED,))
    failed = sources.none_left(described(ledger, BY_ID), TOLD, ["YouTube no longer has it."], is_protected=False)
    assert failed.kind == "failed"
    assert failed.reason.startswith("YouTube no longer has it. ")
    assert "cratekeeper pin" in failed.reason
    assert "--mode reprocess" in failed.reason


def test_what_cannot_be_fetched_gives_way_to_the_next_from_the_third_attempt_on(home, works):
    ref = only_known_to_spotify(home, NIGHT_FERRY)
    on_youtube(home, NIGHT_FERRY, "nightferry1", views=9_000_000)
    second = on_youtube(home, NIGHT_FERRY, "nightferry2", views=10)
    track_id = works.ledger.tracks.open(ref).track_id

    def attempt(*, failing):
        works.ledger.tracks.requeue(track_id)
        home.world.log.clear()
        home.world.faults.clear()
        home.world.faults.add("youtube", faults.answer(403, b""), route="/videoplayback", times=failing)
        row = works.take(ref)
        return (
            row.status,
            row.reason,
            [line.query["id"] for line in home.world.log.of("youtube", path="/videoplayback")],
        )

    assert works.ledger.tracks.restart(track_id) == 1
    status, reason, fetched = attempt(failing=None)
    assert (status, fetched) == (Status.QUEUED, ["nightferry1"])
    third = attempt(failing=None)
    assert third == (Status.QUEUED, reason, ["nightferry1", "nightferry2"]), "the first trouble is what it waits for"
    status, _reason, fetched = attempt(failing=1)
    assert (status, fetched) == (Status.DONE, ["nightferry1", "nightferry2"])
    row = works.ledger.tracks.get(track_id)
    assert row.fetched.url == second.url
    assert "source-1" in row.fetched.path


# --- what could be done without --------------------------------------------------------------------------------------


class WithRefusingAcoustId(Outside):
    """AcoustID answers something that nobody foresaw."""

    @property
    def recogniser(self):
        return _Refusing


class _Refusing:
    def recognise(self, _fingerprint, _duration_s):
        raise Refused("AcoustID says no.")


def test_what_only_adds_may_refuse_and_nothing_fails(tmp_path):
    with a_home(tmp_path) as home, at_work(home, outside=WithRefusingAcoustId) as works:
        home.world.faults.add("spotify", faults.answer(400, b"{}"), route="/v1/search", times=None)
        row = works.take(liked_on_soundcloud(home, NIGHT_FERRY))
        assert (row.status, row.reason) == (Status.DONE, None)
        assert works.ledger.services.all() == ()
        assert {"goes on without: AcoustID says no."} == {one.text for one in works.told if "says no" in one.text}
        assert asked(home, "spotify", "/v1/search") != []


# --- a list is no place ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "https://soundcloud.com/ada/sets/ferries",
        "https://www.youtube.com/playlist?list=PLsandbox0001",
        "https://open.spotify.com/album/4aawyAB9vmqN3uQ7FjRGTy",
    ],
)
def test_a_list_cannot_be_pinned_and_nobody_is_asked_what_is_in_it(home, link):
    with open_house(home.settings, lambda _told: None, Outside(home.settings)) as rooms:
        described(rooms.ledger, BY_ID)
        home.world.log.clear()
        with pytest.raises(Refused, match="is a list; give the link of one track"):
            Desk(rooms, Outside(home.settings), Masker()).pin("night ferry", link)
        assert [asked(home, service) for service in ("spotify", "soundcloud", "youtube")] == [[], [], []]
