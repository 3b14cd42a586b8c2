from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from daemon.errors import NotFound
from daemon.ledger import Ledger
from daemon.ledger.tracks import Progressing
from daemon.models import (
    Alias,
    Asked,
    Candidate,
    Choice,
    Duplicate,
    Failed,
    Fetched,
    Filed,
    Heard,
    Key,
    Loudness,
    MetadataOnly,
    Outcome,
    Postponed,
    Service,
    Source,
    Status,
    Tempo,
    Track,
    Weighed,
)
from tests.ledger.given import NOON, Clock, a_file, a_ref, a_track

SPOTIFY_URL = "https://open.spotify.example/track/1"
KNOWN = Track(
    title="Strings of Life",
    artists=("Rhythim Is Rhythim", "Derrick May"),
    featured=("Kilo Nine",),
    remixers=("Mayday",),
    version=("edit", "remix"),
    album="Nude Photo",
    duration_s=441.5,
    isrc="NL-A50-87-00001",
    genre="Techno",
    release_date="1987-05",
    artwork_url="https://pictures.example/1.jpg",
    aliases=(Alias(service=Service.SPOTIFY, id="relinked"),),
    urls={Service.SPOTIFY: SPOTIFY_URL},
    origins={"isrc": "spotify", "version": "title"},
)
SOURCE = Source(
    candidate=Candidate(
        service=Service.YOUTUBE, id="y", url="https://youtube.example/y", title="t", artists=("a", "b")
    ),
    score=0.93,
    evidence="same length, same artists, topic channel",
)
WEIGHED = (
    Weighed(
        candidate=SOURCE.candidate,
        score=0.93,
        verdict="accept",
        evidence="same length",
        parts={"title": 1.0, "artists": 0.75},
        as_version="Extended Mix",
    ),
    Weighed(
        candidate=Candidate(service=Service.SOUNDCLOUD, id="s", url="https://soundcloud.example/s", title="t"),
        score=0.1,
        verdict="decline",
        evidence="an hour too long",
    ),
)
FETCHED = Fetched(path="/work/a.opus", size=5, service=Service.YOUTUBE, url="https://youtube.example/y", codec="opus")
HEARD = Heard(
    duration_s=441.4,
    sample_rate_hz=48000,
    channels=2,
    codec="opus",
    lossless=False,
    tempo=Tempo(bpm=126.01, confidence=0.8, alternative_bpm=63.0),
    key=Key(name="Am", camelot="8A", open_key="1m", confidence=0.6, runner_up="C"),
    tuning_cents=-3.5,
    loudness=Loudness(integrated_lufs=-9.1, range_lu=4.0, true_peak_dbtp=None),
    silence_start_s=0.1,
    silence_end_s=2.0,
    clipped_samples=3,
    dc_offset=0.0,
    energy=0.7,
    fingerprint_path="/work/a.fp",
    peaks_path="/work/a.peaks",
    flags=("clipped",),
)


class TestWhoIsIt:
    def test_the_same_id_is_the_same_track(self, ledger: Ledger) -> None:
        first = ledger.tracks.open(a_ref("one"))
        again = ledger.tracks.open(a_ref("one"))

        assert first.is_new
        assert not again.is_new
        assert again.track_id == first.track_id == ledger.tracks.find(Service.SPOTIFY, "one")

    def test_the_same_id_at_another_service_is_another_track(self, ledger: Ledger) -> None:
        first = ledger.tracks.open(a_ref("one"))

        assert ledger.tracks.open(a_ref("one", Service.SOUNDCLOUD)).track_id != first.track_id
        assert ledger.tracks.find(Service.YOUTUBE, "one") is None

    def test_an_id_that_is_told_to_be_the_same_recording_leads_to_the_track(self, ledger: Ledger) -> None:
        first = ledger.tracks.open(a_ref("old"))
        told = Track(title="x", aliases=(Alias(service=Service.SPOTIFY, id="old"),))

        relinked = ledger.tracks.open(a_ref("new"), told)

        assert (relinked.track_id, relinked.is_new) == (first.track_id, False)
        assert ledger.tracks.find(Service.SPOTIFY, "new") == first.track_id

    def test_a_new_track_waits_and_knows_what_it_was_told(self, ledger: Ledger) -> None:
        row = ledger.tracks.get(ledger.tracks.open(a_ref("one", told=KNOWN)).track_id)

        assert (row.status, row.attempt, row.found_in, row.playlist) == (Status.QUEUED, 0, "spotify-liked", "Warm Up")
        assert (row.track.title, row.track.artists) == (KNOWN.title, KNOWN.artists)
        assert row.created_at == row.updated_at == NOON
        assert (row.source, row.fetched, row.heard, row.not_before, row.duplicate_of) == (None,) * 5

    def test_what_is_told_with_the_call_counts_before_what_the_source_told(self, ledger: Ledger) -> None:
        opened = ledger.tracks.open(a_ref(told=Track(title="from the list")), Track(title="from the page"))

        assert ledger.tracks.get(opened.track_id).track.title == "from the page"

    def test_a_description_returns_as_it_was_given(self, ledger: Ledger) -> None:
        track_id = ledger.tracks.open(a_ref("one")).track_id

        assert ledger.tracks.describe(track_id, KNOWN) == ()

        row = ledger.tracks.get(track_id)
        own = Alias(service=Service.SPOTIFY, id="one")
        assert row.track == replace(KNOWN, aliases=(own, *KNOWN.aliases))

    def test_a_poorer_description_takes_nothing_away(self, ledger: Ledger) -> None:
        track_id = ledger.tracks.open(a_ref("one"), KNOWN).track_id

        ledger.tracks.describe(track_id, Track(title="Better", urls={Service.YOUTUBE: "https://youtube.example/y"}))

        track = ledger.tracks.get(track_id).track
        assert (track.title, track.isrc, track.artists) == ("Better", KNOWN.isrc, KNOWN.artists)
        assert track.urls == {Service.SPOTIFY: SPOTIFY_URL, Service.YOUTUBE: "https://youtube.example/y"}

    def test_an_alias_of_another_track_is_told_and_not_stolen(self, ledger: Ledger) -> None:
        other = ledger.tracks.open(a_ref("theirs")).track_id
        track_id = ledger.tracks.open(a_ref("ours")).track_id
        theirs, free = Alias(service=Service.SPOTIFY, id="theirs"), Alias(service=Service.YOUTUBE, id="free")

        taken = ledger.tracks.describe(track_id, Track(title="x", aliases=(theirs, free)))

        assert [(one.alias, one.track_id) for one in taken] == [(theirs, other)]
        assert ledger.tracks.find(Service.SPOTIFY, "theirs") == other
        assert ledger.tracks.find(Service.YOUTUBE, "free") == track_id

    def test_hints_nominate_every_track_that_ever_had_them(self, ledger: Ledger) -> None:
        first = ledger.tracks.open(a_ref(), Track(title="a", isrc="NL-A50-87-00001")).track_id
        second = ledger.tracks.open(a_ref("two"), Track(title="b", isrc="nla508700001")).track_id

        assert set(ledger.tracks.nominate(isrc="NLA508700001")) == {first, second}
        assert ledger.tracks.nominate(url="https://spotify.example/two") == (second,)
        assert ledger.tracks.nominate(isrc="GB0000000000", url="https://elsewhere.example/") == ()
        assert ledger.tracks.nominate() == ()

    def test_titles_that_a_database_would_refuse_are_kept_as_far_as_they_are_text(self, ledger: Ledger) -> None:
        hostile = Track(title="nul\0 half\ud800 \U0001f525 שלום", artists=("nul\0", "half\ud800"))

        row = ledger.tracks.get(ledger.tracks.open(a_ref(), hostile).track_id)

        assert row.track.title == "nul half? \U0001f525 שלום"
        assert len(row.track.artists) == 2

    def test_an_address_of_any_length_can_nominate(self, ledger: Ledger) -> None:
        url = "https://long.example/" + "".join(f"{number:x}" for number in range(9000))
        track_id = ledger.tracks.open(a_ref(), Track(title="x", urls={Service.YOUTUBE: url})).track_id

        assert ledger.tracks.nominate(url=url) == (track_id,)
        assert ledger.tracks.get(track_id).track.urls[Service.YOUTUBE] == url

    def test_a_track_that_is_not_there_is_said_to_be(self, ledger: Ledger) -> None:
        for verb in (ledger.tracks.get, ledger.tracks.begin, ledger.tracks.restart, ledger.tracks.is_synced):
            with pytest.raises(NotFound, match="no track nobody"):
                verb("nobody")
        with pytest.raises(NotFound, match="no track nobody"):
            ledger.tracks.remember_source("nobody", SOURCE)


class TestHowItStands:
    def test_beginning_twice_is_one_attempt(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)

        assert [ledger.tracks.begin(track_id), ledger.tracks.begin(track_id)] == [1, 1]
        row = ledger.tracks.get(track_id)
        assert (row.status, row.attempt) == (Status.PROCESSING, 1)

    def test_beginning_does_not_undo_an_ending(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.tracks.begin(track_id)
        ledger.tracks.finish(track_id, Failed(reason="gone", step="fetch"))

        assert ledger.tracks.begin(track_id) == 1
        assert ledger.tracks.get(track_id).status == Status.FAILED

    def test_a_restart_is_a_new_attempt_with_a_clean_slate(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.tracks.begin(track_id)
        ledger.tracks.finish(track_id, Postponed(reason="Spotify asks for patience", not_before=NOON + 60))

        assert ledger.tracks.restart(track_id) == 2
        row = ledger.tracks.get(track_id)
        assert (row.status, row.reason, row.not_before) == (Status.PROCESSING, None, None)

    def test_of_two_who_restart_the_same_attempt_one_does(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        ledger.tracks.begin(track_id)

        assert [ledger.tracks.restart(track_id, after=1), ledger.tracks.restart(track_id, after=1)] == [2, 2]
        assert ledger.tracks.restart(track_id, after=2) == 3

    @pytest.mark.parametrize(
        ("outcome", "status", "reason", "not_before"),
        [
            (Filed(files=()), Status.DONE, None, None),
            (MetadataOnly(reason="for sale only"), Status.METADATA_ONLY, "for sale only", None),
            (
                Asked(question="Which one?", choices=(Choice(label="A", value="a"),)),
                Status.NEEDS_REVIEW,
                "Which one?",
                None,
            ),
            (Postponed(reason="later", not_before=NOON + 9), Status.QUEUED, "later", NOON + 9),
            (Failed(reason="gone", step="fetch"), Status.FAILED, "gone", None),
        ],
    )
    def test_what_an_outcome_means(
        self,
        ledger: Ledger,
        clock: Clock,
        outcome: Outcome,
        status: Status,
        reason: str | None,
        not_before: float | None,
    ) -> None:
        track_id = a_track(ledger)
        ledger.tracks.begin(track_id)
        clock.forward(5)

        ledger.tracks.finish(track_id, outcome)

        row = ledger.tracks.get(track_id)
        assert (row.status, row.reason, row.not_before) == (status, reason, not_before)
        assert row.updated_at == NOON + 5
        assert ledger.outbox.pending("notion") == 1
        assert ledger.outbox.pending("eagle") == (1 if isinstance(outcome, Filed) else 0)

    def test_a_duplicate_points_at_its_twin(self, ledger: Ledger) -> None:
        twin, track_id = a_track(ledger), a_track(ledger)

        ledger.tracks.finish(track_id, Duplicate(of=twin, evidence="3 % of the bits differ"))

        row = ledger.tracks.get(track_id)
        assert (row.status, row.duplicate_of, row.reason) == (Status.DUPLICATE, twin, "3 % of the bits differ")

    def test_the_whole_outcome_is_kept_in_the_diary(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)

        ledger.tracks.finish(track_id, Asked(question="Which?", choices=(Choice(label="A", value="a", why="longer"),)))

        (event,) = ledger.events.of(track_id)
        assert (event.step, event.what) == ("finish", "done")
        assert event.detail["choices"] == [{"label": "A", "value": "a", "why": "longer"}]

    def test_finishing_twice_is_finishing_once(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        filed = Filed(files=(a_file(),))
        ledger.tracks.finish(track_id, filed)
        for target in ("notion", "eagle"):
            (entry,) = ledger.outbox.claim(target, "host", 10, 60)
            ledger.outbox.done(entry, "remote", {})

        ledger.tracks.finish(track_id, filed)

        assert ledger.outbox.pending("notion") == ledger.outbox.pending("eagle") == 0
        assert len(ledger.events.of(track_id)) == 1
        assert len(ledger.files.of(track_id)) == 1

    def test_a_finish_that_cannot_be_written_whole_is_not_written_at_all(self, ledger: Ledger) -> None:
        theirs, ours = a_track(ledger), a_track(ledger)
        ledger.files.record(theirs, a_file("/music/taken.m4a"))

        with pytest.raises(Exception, match="taken"):
            ledger.tracks.finish(ours, Filed(files=(a_file("/music/free.m4a"), a_file("/music/taken.m4a"))))

        assert ledger.tracks.get(ours).status == Status.QUEUED
        assert ledger.files.of(ours) == ()
        assert ledger.outbox.pending("notion") == 0

    def test_synced_is_done_and_filed_in_the_library(self, ledger: Ledger) -> None:
        filed, nowhere, only_inbox, failed = (a_track(ledger) for _ in range(4))
        ledger.tracks.finish(filed, Filed(files=(a_file(),)))
        ledger.tracks.finish(nowhere, Filed(files=()))
        ledger.tracks.finish(only_inbox, Filed(files=(a_file(role="backup"),)))
        ledger.files.record(failed, a_file())
        ledger.tracks.finish(failed, Failed(reason="x", step="shelve"))

        assert [ledger.tracks.is_synced(one) for one in (filed, nowhere, only_inbox, failed)] == [
            True,
            False,
            False,
            False,
        ]

    def test_a_twin_that_gave_way_in_vain_is_taken_up_again(self, ledger: Ledger) -> None:
        first, second = a_track(ledger), a_track(ledger)
        ledger.tracks.finish(second, Duplicate(of=first, evidence="3 %"))

        ledger.tracks.finish(first, Failed(reason="the disk broke", step="render"))

        assert [row.id for row in ledger.tracks.due(10)] == [second]
        assert ledger.tracks.get(second).duplicate_of is None

    def test_a_twin_of_a_filed_track_stays_a_duplicate_when_a_later_attempt_fails(self, ledger: Ledger) -> None:
        first, second = a_track(ledger), a_track(ledger)
        ledger.tracks.finish(first, Filed(files=(a_file(),)))
        ledger.tracks.finish(second, Duplicate(of=first, evidence="3 %"))

        ledger.tracks.restart(first)
        ledger.tracks.finish(first, Failed(reason="gone", step="fetch"))

        assert ledger.tracks.get(second).status == Status.DUPLICATE

    def test_what_was_found_on_the_way_is_remembered(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)

        ledger.tracks.remember_source(track_id, SOURCE)
        ledger.tracks.remember_fetched(track_id, FETCHED)
        ledger.tracks.remember_heard(track_id, HEARD)

        row = ledger.tracks.get(track_id)
        assert (row.source, row.fetched, row.heard) == (SOURCE, FETCHED, HEARD)

    def test_what_was_weighed_takes_the_place_of_what_was_weighed_before(self, ledger: Ledger) -> None:
        track_id = a_track(ledger)
        assert ledger.tracks.get(track_id).weighed == ()

        for weighed in (WEIGHED, WEIGHED[1:], ()):
            ledger.tracks.remember_weighed(track_id, weighed)
            assert ledger.tracks.get(track_id).weighed == weighed

        with pytest.raises(NotFound, match="no track nobody"):
            ledger.tracks.remember_weighed("nobody", WEIGHED)


class TestHowFarItIs:
    def test_a_step_tells_and_the_track_counts_as_unchanged(self, ledger: Ledger, clock: Clock) -> None:
        track_id = a_track(ledger)
        clock.forward(60)

        ledger.tracks.progress(track_id, "fetch", 0.4, "2.1 of 5.2 MB")
        first = ledger.tracks.get(track_id)
        ledger.tracks.progress(track_id, "listen", None, "decoding")
        second = ledger.tracks.get(track_id)
        ledger.tracks.no_progress(track_id)

        assert first.progress == Progressing(step="fetch", fraction=0.4, text="2.1 of 5.2 MB", at=NOON + 60)
        assert second.progress == Progressing(step="listen", fraction=None, text="decoding", at=NOON + 60)
        assert ledger.tracks.get(track_id).progress is None
        assert {first.updated_at, second.updated_at, ledger.tracks.get(track_id).updated_at} == {NOON}

    def test_whatever_ends_or_begins_anew_is_not_under_way(self, ledger: Ledger) -> None:
        verbs: list[Callable[[str], object]] = [
            lambda track_id: ledger.tracks.finish(track_id, Failed(reason="x", step="fetch")),
            lambda track_id: ledger.tracks.finish(track_id, Postponed(reason="x", not_before=NOON)),
            ledger.tracks.requeue,
            ledger.tracks.restart,
        ]
        for verb in verbs:
            track_id = a_track(ledger)
            ledger.tracks.progress(track_id, "fetch", 0.4, "killed here")
            verb(track_id)
            assert ledger.tracks.get(track_id).progress is None

    def test_a_track_that_is_not_there_makes_no_progress(self, ledger: Ledger) -> None:
        with pytest.raises(NotFound, match="no track nobody"):
            ledger.tracks.progress("nobody", "fetch", 0.4, "")
        with pytest.raises(NotFound, match="no track nobody"):
            ledger.tracks.no_progress("nobody")


class TestManyOfThem:
    def test_postponed_tracks_are_due_when_their_time_has_come(self, ledger: Ledger, clock: Clock) -> None:
        soon, later, never = a_track(ledger), a_track(ledger), a_track(ledger)
        ledger.tracks.finish(later, Postponed(reason="x", not_before=NOON + 20))
        ledger.tracks.finish(soon, Postponed(reason="x", not_before=NOON + 10))
        ledger.tracks.finish(never, Failed(reason="x", step="fetch"))

        assert ledger.tracks.due(10) == ()
        clock.forward(10)
        assert [row.id for row in ledger.tracks.due(10)] == [soon]
        clock.forward(10)
        assert [row.id for row in ledger.tracks.due(10)] == [soon, later]
        assert [row.id for row in ledger.tracks.due(1)] == [soon]

    def test_lists_and_counts(self, ledger: Ledger, clock: Clock) -> None:
        ids = []
        for _ in range(4):
            ids.append(a_track(ledger))
            clock.forward(1)
        queued, processing, done, failed = ids
        ledger.tracks.begin(processing)
        ledger.tracks.finish(done, Filed(files=()))
        ledger.tracks.finish(failed, Failed(reason="x", step="fetch"))

        assert [row.id for row in ledger.tracks.unfinished()] == [queued, processing]
        assert [row.id for row in ledger.tracks.newest(3)] == [failed, done, processing]
        assert ledger.tracks.count_by_status() == {
            Status.QUEUED: 1,
            Status.PROCESSING: 1,
            Status.DONE: 1,
            Status.FAILED: 1,
        }

    def test_a_list_names_each_track_by_its_own_ids(self, ledger: Ledger) -> None:
        ledger.tracks.open(a_ref("one"))
        ledger.tracks.open(a_ref("two"))

        named = {alias.id for row in ledger.tracks.newest(10) for alias in row.track.aliases}
        assert named == {"one", "two"}
        assert all(len(row.track.aliases) == 1 for row in ledger.tracks.newest(10))
