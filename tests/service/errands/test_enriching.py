"""`enrich`: real files heard in a child process, a real ledger, the twins of Notion and Spotify."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from daemon.children import Children
from daemon.errors import Refused, Transient
from daemon.jobs.verbs import Blocked, Complete, GoOn, Wording
from daemon.models import Filed, Format, Heard, Json, MetadataOnly, Service, Shelved, Status, Tempo, Track
from daemon.service.errands import enriching
from daemon.service.errands.enriching import Enrich, Enriching
from daemon.wiring.childwork import ChildStudio
from daemon.wiring.reading import ShelfReader
from integrations.sandbox.faults import rate_limited, server_error
from integrations.sandbox.music import Piece, encode, play
from integrations.sandbox.spotify import track_object
from integrations.spotify import SpotifySearch
from tests.board.office import an_office
from tests.integrations.spotify_stage import spotify_stage
from tests.ledger.given import a_ref
from tests.ledger.test_tracks import HEARD

PIECE = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 16.0, seed=21)
SONG = track_object(PIECE.title, [PIECE.artist], duration_ms=16_000, isrc="QZSBX2400099")
ADDRESS = SONG["external_urls"]["spotify"]
SOUND = ("tempo", "key")


def quiet(_fraction, _words):
    return None


@pytest.fixture(scope="module")
def children():
    """One child for all."""
    pool = Children(at_once=1, reuse=True, idle_s=120, memory_bytes=ChildStudio.MEMORY_BYTES)
    pool.run("tests.child_jobs:double", {"number": 1}, quiet, timeout_s=30)
    yield pool
    pool.stop()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    path.write_bytes(encode(play(PIECE, 44_100), 44_100, "wav"))
    return path


class Crate:
    """Tracks that were there before us, tracks of ours, and what may be listened to."""

    def __init__(self, office, stage, folder, sound, listen):
        self.office, self.ledger, self.stage, self.folder, self.sound = office, office.ledger, stage, folder, sound
        self.library = folder / "music"
        self.library.mkdir()
        self.is_there = True
        self.heard_of: list[str] = []
        self._listen = listen
        self.register = lambda: SpotifySearch(stage.session())
        self.enriching = self.anew()

    def anew(self):
        return Enriching(
            self.ledger,
            listen=self.listen,
            register=self.register,
            is_library_there=lambda: self.is_there,
            out_dir=self.library,
            clock=self.office.clock,
        )

    def listen(self, path):
        self.heard_of.append(str(path))
        return self._listen(path)

    def sounding(self, name="track.wav", folder=None):
        return shutil.copy(self.sound, (folder or self.library) / name)

    def adopted(self, **values):
        """A row that was there before us; answers our key of it."""
        usual = {"Title": PIECE.title, "Artist Name": PIECE.artist, "Status": "Done", "Duration (s)": 16.0}
        self.office.clock.forward(600)
        row_id = self.office.twin.add_row_as_person(self.office.source_id, usual | values)
        self.ledger.memos.forget("board/adopted")
        self.office.first_contact()
        return self.ledger.board.track_at(row_id)

    def ours(self, heard: Heard | None = None, path="", outcome=None):
        track = Track(title=PIECE.title, artists=(PIECE.artist,), duration_s=16.0)
        track_id = self.ledger.tracks.open(a_ref(service=Service.YOUTUBE, told=track)).track_id
        self.ledger.tracks.begin(track_id)
        if heard:
            self.ledger.tracks.remember_heard(track_id, heard)
        file = Shelved(role="library", format=Format.WAV, path=str(path), size=1, mtime_ns=1, sha256="5a")
        self.ledger.tracks.finish(track_id, outcome or Filed(files=(file,) if path else ()))
        self.settle()
        return track_id

    def settle(self):
        with self.ledger._store.writing() as connection:
            connection.exec_driver_sql("UPDATE outbox SET due_at = NULL")

    def portions(self, *what, track_id=None):
        asked, told = Enrich(what=what, track_id=track_id), []
        memory: Json = {}
        for _ in range(40):
            told.append(self.enriching.work(asked, json.loads(json.dumps(memory))))
            if not isinstance(told[-1], GoOn) or told[-1].wait_s:
                return told
            memory = told[-1].memory
        raise AssertionError("it never ends")

    def enrich(self, *what, track_id=None):
        return self.portions(*what, track_id=track_id)[-1]

    def known(self, track_id):
        heard = self.ledger.tracks.get(track_id).heard
        tempo, key = (heard.tempo, heard.key) if heard else (None, None)
        return (tempo and round(tempo.bpm, 1), key and key.name)

    def address(self, track_id):
        return self.ledger.tracks.get(track_id).track.urls.get(Service.SPOTIFY)

    def is_due(self, track_id):
        return self.office.waiting(track_id) is not None


@pytest.fixture
def crate(tmp_path, children, sound):
    reader = ShelfReader(children, ChildStudio(children, bits=16), tmp_path / "scratch")
    with an_office(tmp_path) as office, spotify_stage(tmp_path) as stage:
        stage.twin.add(SONG)
        yield Crate(office, stage, tmp_path, sound, lambda path: reader.listen(path).heard)


# --- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", ("tempo", "key", "addresses")),
        ("tracks", ("tempo", "key", "addresses")),
        ("tempo", ("tempo",)),
        ("tracks without tempo", ("tempo",)),
        ("Tracks without BPM, key", ("tempo", "key")),
        ("addresses and Keys", ("key", "addresses")),
    ],
)
def test_what_is_to_be_filled(crate, text, what):
    assert crate.enriching.read(Wording(text=text, track_id="t")) == Enrich(what=what, track_id="t")


def test_what_cannot_be_filled_is_refused(crate):
    with pytest.raises(Refused, match=r"“mood” cannot be filled in\. Say tempo, key or addresses"):
        crate.enriching.read(Wording(text="tempo mood"))


# --- tempo and key ---------------------------------------------------------------------------------------------------


def test_a_row_that_was_there_before_us_is_heard(crate):
    path = crate.sounding()
    track_id = crate.adopted(**{"WAV File Path": str(path)})
    before = crate.ledger.tracks.get(track_id)

    done = crate.enrich(*SOUND)

    assert isinstance(done, Complete)
    assert done.text == "Filled in: tempo of 1, key of 1."
    assert crate.known(track_id) == (126.0, "Am")
    assert crate.is_due(track_id)
    after = crate.ledger.tracks.get(track_id)
    assert replace(after, heard=None) == before, "nothing else is another"
    assert list((crate.folder / "scratch").iterdir()) == []


def test_a_second_run_finds_nothing_to_do(crate):
    crate.adopted(**{"WAV File Path": str(crate.sounding())})
    crate.enrich(*SOUND, "addresses")
    crate.heard_of.clear()
    crate.stage.log.clear()

    done = crate.enrich(*SOUND, "addresses")

    assert done.text == "Nothing is missing that could be filled in."
    assert (crate.heard_of, crate.stage.log.of("spotify", path="/v1/search")) == ([], [])


def test_a_track_of_ours_keeps_what_it_has(crate):
    heard = replace(HEARD, tempo=None)
    track_id = crate.ours(heard, crate.sounding())

    crate.enrich(*SOUND)

    assert crate.known(track_id) == (126.0, HEARD.key.name)
    after = crate.ledger.tracks.get(track_id).heard
    assert replace(after, tempo=None) == heard


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ({"BPM": 99.0}, (None, "Am")),
        ({"Key": "F"}, (126.0, None)),
        ({"Camelot": "7B"}, (126.0, None)),
        ({"BPM": 99.0, "Key": "F"}, (None, None)),
    ],
)
def test_what_stands_in_the_row_counts_as_there(crate, values, known):
    track_id = crate.adopted(**{"WAV File Path": str(crate.sounding())}, **values)
    crate.enrich(*SOUND)
    assert crate.known(track_id) == known
    assert crate.is_due(track_id) == (known != (None, None))


def test_what_the_person_says_counts_as_there(crate):
    track_id = crate.adopted(**{"WAV File Path": str(crate.sounding())})
    crate.office.edits(track_id, BPM=99.0, Key="F")
    crate.office.look()
    crate.enrich(*SOUND)
    assert crate.heard_of == []


def test_what_has_no_pulse_is_told_and_not_heard_again_for_a_while(crate):
    path = crate.library / "quiet.wav"
    path.write_bytes(encode(play(PIECE, 44_100) * 0, 44_100, "wav"))
    track_id = crate.ours(replace(HEARD, tempo=None), path)

    done = crate.enrich("tempo")
    assert done.text.splitlines() == [
        "Nothing was filled in.",
        "1 track was left: no steady pulse is heard (Ada Reyes - Night Ferry)",
    ]
    assert not crate.is_due(track_id)
    assert crate.enrich("tempo").text == "Nothing is missing that could be filled in."
    assert len(crate.heard_of) == 1

    crate.office.clock.forward(31 * 24 * 3600)
    crate.enrich("tempo")
    assert len(crate.heard_of) == 2


def test_what_is_no_sound_keeps_no_other_from_its_turn(crate):
    (crate.library / "broken.wav").write_bytes(b"not a song")
    crate.adopted(**{"WAV File Path": str(crate.library / "broken.wav")})
    good = crate.adopted(**{"Title": "Tin Roof", "WAV File Path": str(crate.sounding())})

    done = crate.enrich("tempo")

    assert crate.known(good) == (126.0, None)
    assert "1 track was left: " in done.text
    assert "broken.wav" in done.text


def test_only_done_and_metadata_only(crate):
    path = crate.sounding()
    for status in ("Failed", "Skip", "Rejected", "Needs review"):
        crate.adopted(**{"Title": status, "Status": status, "WAV File Path": str(path)})
    track_id = crate.ours(outcome=MetadataOnly(reason="for sale only"))

    done = crate.enrich("tempo")

    assert crate.heard_of == []
    assert done.text.endswith("1 track was left: no file of it is there (Ada Reyes - Night Ferry)")
    assert crate.ledger.tracks.get(track_id).status is Status.METADATA_ONLY


def test_one_track_alone(crate):
    path = str(crate.sounding())
    one, other = (crate.adopted(Title=title, **{"M4A File Path": path + title}) for title in "ab")
    for name in "ab":
        shutil.copy(path, path + name)
    crate.enrich("tempo", track_id=other)
    assert crate.heard_of == [path + "b"]
    crate.enrich("tempo", track_id=one)
    assert crate.heard_of == [path + "b", path + "a"]


@pytest.mark.parametrize("theirs", [{}, {"BPM": 99.0}, {"Key": "F"}])
def test_the_row_gets_what_nobody_had_filled(crate, theirs):
    values = {"WAV File Path": str(crate.sounding()), **theirs}
    track_id = crate.adopted(**values)
    before = crate.office.row_of(track_id)

    crate.enrich(*SOUND, "addresses")
    crate.office.settle()

    after = crate.office.row_of(track_id)
    found = {"Spotify URL": ADDRESS}
    if "BPM" not in theirs:
        found |= {"BPM": pytest.approx(126.0, abs=0.1), "BPM Confidence": after["BPM Confidence"]}
    if "Key" not in theirs:
        found |= {"Key": "Am", "Camelot": "8A"}
    assert after == before | found
    assert after["BPM Confidence"] is None or "BPM" not in theirs

    crate.office.edits(track_id, BPM=63.0)
    crate.office.settle()
    assert crate.office.row_of(track_id)["BPM"] == 63.0


# --- names from outside ----------------------------------------------------------------------------------------------


def test_a_path_that_leads_out_of_the_library_is_never_opened(crate):
    outside = crate.sounding("secret.wav", crate.folder)
    (crate.library / "link.wav").symlink_to(outside)
    names = (
        outside,
        crate.library / "link.wav",
        f"{crate.library}/../secret.wav",
        os.path.relpath(crate.sounding("inside.wav")),
        f"{crate.library}/{'x' * 300}.wav",
    )
    for number, name in enumerate(names):
        crate.adopted(**{"Title": f"{number}", "WAV File Path": str(name)})

    done = crate.enrich("tempo")

    assert crate.heard_of == []
    assert "4 tracks were left: its file is outside OUT_DIR" in done.text
    assert "1 track was left: no file of it is there" in done.text


def test_what_we_have_filed_ourselves_may_lie_anywhere(crate):
    track_id = crate.ours(path=crate.sounding("filed.wav", crate.folder))
    crate.enrich("tempo")
    assert crate.known(track_id) == (126.0, None)


def test_while_the_library_is_away_the_person_is_asked(crate):
    crate.adopted(**{"WAV File Path": str(crate.library / "a.wav")})
    crate.is_there = False
    blocked = crate.enrich("tempo")
    assert isinstance(blocked, Blocked)
    assert "not mounted. Plug it in and set Status to Not Started." in blocked.question


# --- addresses -------------------------------------------------------------------------------------------------------


def test_an_address_is_taken_over_and_nothing_else(crate):
    track_id = crate.adopted(Title="night ferry")
    before = crate.ledger.tracks.get(track_id)

    done = crate.enrich("addresses")

    assert done.text == "Filled in: addresses of 1."
    assert crate.address(track_id) == ADDRESS
    after = crate.ledger.tracks.get(track_id)
    assert replace(after, track=replace(after.track, urls=before.track.urls)) == before
    assert crate.ledger.tracks.nominate(url=ADDRESS) == (track_id,)
    assert crate.is_due(track_id)


def test_of_what_was_heard_the_length_is_known(crate):
    track_id = crate.adopted(**{"Duration (s)": None, "WAV File Path": str(crate.sounding())})
    crate.enrich("addresses")
    assert crate.address(track_id) is None
    crate.office.clock.forward(31 * 24 * 3600)
    crate.enrich(*SOUND, "addresses")
    assert crate.address(track_id) == ADDRESS


@pytest.mark.parametrize("values", [{"Title": "Night Fairy"}, {"Duration (s)": 90.0}, {"Artist Name": "Kilo Nine"}])
def test_only_what_is_surely_the_same(crate, values):
    track_id = crate.adopted(**values)
    done = crate.enrich("addresses")
    assert crate.address(track_id) is None
    assert "Spotify has nothing that is surely the same" in done.text
    assert not crate.is_due(track_id)


def test_while_spotify_rests_it_is_waited_for(crate):
    track_id = crate.adopted()
    crate.stage.faults.add("spotify", rate_limited(120), route="/v1/search", times=None)

    waiting = crate.enrich("addresses")
    assert (waiting.wait_s, "waits" in waiting.text) == (120.0, True)
    assert crate.ledger.services.parked("spotify") is not None

    crate.stage.log.clear()
    assert isinstance(crate.enriching.work(Enrich(what=("addresses",)), waiting.memory), GoOn)
    assert crate.stage.log.of("spotify") == []

    crate.stage.faults.clear()
    crate.office.clock.forward(121)
    memory = waiting.memory
    while isinstance(portion := crate.enriching.work(Enrich(what=("addresses",)), memory), GoOn):
        memory = portion.memory
    assert isinstance(portion, Complete)
    assert crate.address(track_id) == ADDRESS


def test_an_outage_of_spotify_is_waited_for(crate):
    crate.adopted()
    crate.stage.faults.add("spotify", server_error(), route="/v1/search", times=None)
    waiting = crate.enrich("addresses")
    assert waiting.wait_s > 0
    assert waiting.memory["looked"] == 0


def test_a_log_in_that_is_over_is_the_persons(crate):
    crate.adopted()
    crate.ledger.services.park("spotify", None, "Log in to Spotify again: `cratekeeper login spotify`.")
    blocked = crate.enrich("addresses")
    assert isinstance(blocked, Blocked)
    assert "cratekeeper login spotify" in blocked.question


def test_without_spotify(crate):
    crate.adopted()
    crate.register = None
    crate.enriching = crate.anew()
    assert "Spotify is not set up" in crate.enrich("addresses").text


# --- many of them ----------------------------------------------------------------------------------------------------


def test_ten_tracks_a_call_and_a_place_to_go_on_from(crate, monkeypatch):
    monkeypatch.setattr(enriching, "_PAGE", 7)
    crate._listen = lambda _path: HEARD
    paths = [crate.sounding(f"{number}.wav") for number in range(23)]
    ids = [crate.ours(path=path) for path in paths]

    told = crate.portions("tempo")

    assert len(crate.heard_of) == 23
    assert all(crate.known(track_id)[0] == round(HEARD.tempo.bpm, 1) for track_id in ids)
    assert [portion.done for portion in told[:-1]] == [7, 14, 21, 23]
    assert {portion.of for portion in told[:-1]} == {23}
    assert told[0].text == "filled in: tempo of 7"
    assert told[-1].text == "Filled in: tempo of 23."
    assert len(json.dumps(told[-2].memory)) < 300

    monkeypatch.setattr(enriching, "_PAGE", 200)
    with crate.ledger._store.writing() as connection:
        connection.exec_driver_sql("UPDATE tracks SET heard = NULL")
    assert [portion.done for portion in crate.portions("tempo")[:-1]] == [10, 20, 23]


def test_a_kill_costs_its_place_in_the_count_alone(crate):
    ids = [crate.ours(path=crate.sounding(f"{number}.wav")) for number in range(3)]

    def killed(path):
        if len(crate.heard_of) == 3:
            raise KeyboardInterrupt
        return HEARD

    crate._listen = killed
    memory: Json = {}
    with pytest.raises(KeyboardInterrupt):
        crate.enriching.work(Enrich(what=("tempo",)), memory)
    crate._listen = lambda _path: HEARD

    assert crate.enrich("tempo").text == "Filled in: tempo of 1."
    assert len(crate.heard_of) == 4
    assert all(crate.known(track_id)[0] for track_id in ids)


def test_what_came_to_be_known_meanwhile_stays(crate):
    track_id = crate.ours(path=crate.sounding())

    def and_meanwhile(_path):
        crate.ledger.tracks.remember_heard(track_id, replace(HEARD, key=None))
        crate.ledger.tracks.describe(track_id, Track(title="", urls={Service.SPOTIFY: "https://open.spotify.com/x"}))
        return replace(HEARD, tempo=Tempo(bpm=77.0, confidence=1.0))

    crate._listen = and_meanwhile
    assert crate.enrich(*SOUND, "addresses").text == "Filled in: key of 1."
    assert crate.ledger.tracks.get(track_id).heard == HEARD
    assert not crate.ledger.heard_later.address(track_id, Service.SPOTIFY, ADDRESS)
    assert crate.address(track_id) == "https://open.spotify.com/x"


def test_a_disk_that_is_full_is_waited_for(crate):
    crate.ours(path=crate.sounding())

    def full(_path):
        raise Transient("VAR_DIR is full.", retry_after_s=600.0)

    crate._listen = full
    waiting = crate.enrich("tempo")
    assert (waiting.wait_s, waiting.memory["looked"]) == (600.0, 0)
    assert "VAR_DIR is full" in waiting.text


def test_many_reasons_are_not_all_remembered(crate):
    for number in range(40):
        (crate.library / f"{number}.wav").write_bytes(b"not a song")
        crate.ours(path=crate.library / f"{number}.wav")

    *told, done = crate.portions("tempo")

    assert len(told[-1].memory["failed"]) == 16
    assert "25 tracks were left: for other reasons" in done.text


def test_a_track_that_is_named_is_looked_for_again_at_once(crate):
    """Its name may have been put right."""
    track_id = crate.adopted(Title="Nite Fery")
    crate.enrich("addresses")
    assert not crate.address(track_id)
    crate.office.edits(track_id, Title=PIECE.title)
    crate.office.look()
    crate.enrich("addresses", track_id=track_id)
    assert crate.address(track_id)
