"""`verify`: real files, a real ledger, the twin of Notion; each disagreement made by breaking exactly that."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import mutagen
import pytest
from mutagen.mp4 import MP4

from daemon.children import Children
from daemon.errors import Refused, RowGone, Transient
from daemon.jobs.verbs import Blocked, Complete, Failed, GoOn, Wording
from daemon.models import Duplicate, Fetched, Filed, Format, Json, Postponed, Service, Shelved, Tags, Tempo, Track
from daemon.pipeline.tagging import tags_for
from daemon.pipeline.twins import sample_words, verifier, words_of
from daemon.service.errands.verifying import Reading, Row, Verify, Verifying
from daemon.wiring.childwork import ChildStudio
from daemon.wiring.reading import ShelfReader
from integrations import tags as tagger
from integrations.sandbox.faults import server_error
from integrations.sandbox.music import Piece, encode, play
from tests.board.office import an_office
from tests.ledger.given import a_ref

PIECE = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 16.0, seed=21)
OTHER = replace(PIECE, seed=99, key_name="F")
TRACK = Track(
    title="Night Ferry",
    artists=("Ada Reyes",),
    album="Harbour",
    isrc="QZSBX2400099",
    duration_s=16.0,
    urls={Service.SPOTIFY: "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"},
)


def quiet(_fraction, _words):
    return None


@pytest.fixture(scope="module")
def children():
    """One child for all."""
    pool = Children(at_once=1, reuse=True, idle_s=120, memory_bytes=ChildStudio.MEMORY_BYTES)
    pool.run("tests.child_jobs:double", {"number": 1}, quiet, timeout_s=30)
    yield pool
    pool.stop()


class Made:
    """A piece as the pipeline makes it: heard, rendered and tagged, once for all tests."""

    def __init__(self, studio, folder, piece):
        folder.mkdir()
        source = folder / "source.flac"
        source.write_bytes(encode(play(piece, 44_100), 44_100, "flac"))
        self.heard = studio.listen(source, folder, quiet)
        self.words = Path(self.heard.fingerprint_path).read_bytes()
        self.fetched = Fetched(
            path=str(source), size=1, service=Service.YOUTUBE, url="https://www.youtube.com/watch?v=dQw4w9WgXcQ"
        )
        tags = tags_for(TRACK, self.heard, self.fetched, None)
        self.files = [Path(one.path) for one in studio.render(source, folder, tuple(Format), tags, quiet)]


@pytest.fixture(scope="module")
def studio(children):
    return ChildStudio(children, bits=16)


@pytest.fixture(scope="module")
def made(studio, tmp_path_factory):
    return Made(studio, tmp_path_factory.mktemp("made") / "ours", PIECE)


@pytest.fixture(scope="module")
def other(studio, tmp_path_factory):
    return Made(studio, tmp_path_factory.mktemp("made") / "other", OTHER)


class Crate:
    """A filed track with its files and its row."""

    def __init__(self, office, folder, made, reader):
        self.office, self.ledger, self.made = office, office.ledger, made
        self.library = folder / "music"
        self.library.mkdir()
        self.lost: list[str] = []
        self.is_there = True
        self.reader = reader
        self.track_id = office.liked(TRACK)
        self.file_it()
        office.first_contact()
        office.settle()
        self.verifying = self.with_notation("musical")

    def with_notation(self, notation, row=True):
        return Verifying(
            self.ledger,
            find=self.find,
            reading=Reading(tags=self.reader.tags, decode=self.reader.decode, listen=self.reader.listen),
            row=Row(of=self.office.reader.row, as_read=self.office.board.as_read) if row else None,
            lost_files=lambda _track_id: self.lost,
            is_library_there=lambda: self.is_there,
            out_dir=self.library,
            key_notation=notation,
        )

    def find(self, wording):
        if wording.text == "nonsense":
            raise Refused("No track is called so.")
        return self.ledger.tracks.get(wording.track_id or self.track_id)

    def file_it(self):
        track_id, tracks = self.track_id, self.ledger.tracks
        tracks.begin(track_id)
        tracks.remember_heard(track_id, self.made.heard)
        tracks.remember_fetched(track_id, self.made.fetched)
        words = words_of(self.made.words)
        self.ledger.sounds.claim(
            track_id, self.made.words, 16.0, index_words=sample_words(words), is_twin=verifier(words, 16.0)
        )
        files = []
        for source in self.made.files:
            path = self.library / f"Night Ferry{source.suffix}"
            shutil.copy(source, path)
            files.append(looks(path))
        tracks.finish(track_id, Filed(files=tuple(files)))

    def path(self, format_=Format.M4A):
        return self.library / f"Night Ferry.{format_}"

    def verify(self, verifying=None):
        verifying = verifying or self.verifying
        memory: Json = {}
        asked = verifying.read(Wording(track_id=self.track_id))
        before = self.everything()
        for _ in range(30):
            portion = verifying.work(asked, memory)
            if not isinstance(portion, GoOn):
                assert self.everything() == before, "it only looks"
                return portion
            memory = portion.memory
        raise AssertionError("it never ends")

    def disagreements(self):
        failed = self.verify()
        assert isinstance(failed, Failed), failed
        return [line.removeprefix("- ") for line in failed.reason.splitlines() if line.startswith("- ")]

    def everything(self):
        files = {path.name: path.read_bytes() for path in sorted(self.library.iterdir())}
        return files, self.office.rows(), self.ledger.tracks.get(self.track_id)


def step_to(crate, what):
    """What the job remembers before that check."""
    memory: Json = {}
    while not (portion := crate.verifying.work(Verify(track_id=crate.track_id), memory)).text.endswith(what):
        memory = portion.memory
    return portion.memory


def looks(path):
    state, data = path.stat(), path.read_bytes()
    sums = {"size": state.st_size, "mtime_ns": state.st_mtime_ns, "sha256": hashlib.sha256(data).hexdigest()}
    return Shelved(role="library", format=Format(path.suffix[1:]), path=str(path), **sums)


@pytest.fixture
def crate(tmp_path, children, studio, made):
    with an_office(tmp_path) as office:
        yield Crate(office, tmp_path, made, ShelfReader(children, studio, tmp_path / "scratch"))


# --- all is well -----------------------------------------------------------------------------------------------------


def test_a_track_as_we_filed_it_agrees(crate, tmp_path):
    done = crate.verify()

    assert isinstance(done, Complete), done
    assert "everything agrees: 3 files, their tags, its row in Notion, tempo 126, key Am" in done.text
    assert done.links == tuple(str(crate.path(format_)) for format_ in Format)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_one_check_a_call(crate):
    memory: Json = {}
    seen = []
    while isinstance(portion := crate.verifying.work(Verify(track_id=crate.track_id), memory), GoOn):
        seen.append((portion.done, portion.of, portion.text))
        memory = portion.memory
    assert seen == [(1, 4, "looks at the tags"), (2, 4, "looks at the row in Notion"), (3, 4, "looks at the sound")]


def test_of_a_duplicate_its_original_is_looked_at(crate):
    double = crate.ledger.tracks.open(a_ref()).track_id
    crate.ledger.tracks.finish(double, Duplicate(of=crate.track_id, evidence="the same sound"))
    assert crate.verifying.read(Wording(track_id=double)) == Verify(track_id=crate.track_id)
    with pytest.raises(Refused):
        crate.verifying.read(Wording(text="nonsense"))


def test_what_the_person_says_is_no_disagreement(crate):
    crate.office.edits(crate.track_id, BPM=63.0, Key="Cm")
    crate.office.settle()
    crate.ledger.memos.forget(f"retag/{crate.track_id}")  # the files get it here
    for format_ in Format:
        tagger.write(crate.path(format_), Tags(title="Night Ferry", bpm=63.0, initial_key="Cm"))

    done = crate.verify()

    assert isinstance(done, Complete), done
    assert "The tempo 63 is yours and stays, though 126 is heard (double of it)." in done.text
    assert "The key Cm is yours and stays, though Am is heard." in done.text


def test_what_other_programs_wrote_is_noted(crate):
    tags = MP4(crate.path())
    tags["----:com.serato.dj:markersv2"] = [b"cues"]
    tags.save()

    done = crate.verify()

    assert isinstance(done, Complete), done
    assert "written into" in done.text
    assert str(crate.path()) in done.text


# --- the files -------------------------------------------------------------------------------------------------------


def test_a_changed_byte_of_sound(crate):
    path = crate.path(Format.WAV)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)

    [said] = crate.disagreements()
    assert said.startswith(f"{path} does not hold the same sound as {crate.path()}.")
    assert f"redo {crate.track_id}" in said


def test_a_file_that_is_cut_short(crate):
    path = crate.path(Format.AIFF)
    path.write_bytes(path.read_bytes()[:-50_000])

    said = crate.disagreements()
    assert any(str(path) in one and ("cannot be played" in one or "does not hold" in one) for one in said)
    assert not any(str(crate.path()) in one.partition(" ")[0] for one in said)


def test_another_sound_in_every_file(crate, other):
    for source in other.files:
        target = crate.path(Format(source.suffix[1:]))
        shutil.copy(source, target)

    said = crate.disagreements()
    assert any("does not sound like this track any more" in one for one in said)
    assert any("key is known as Am, F is heard" in one for one in said)


def test_one_file_that_lasts_longer(crate, studio, tmp_path):
    long = Made(studio, tmp_path / "long", replace(PIECE, duration_s=17.0))
    shutil.copy(next(one for one in long.files if one.suffix == ".wav"), crate.path(Format.WAV))

    said = crate.disagreements()
    assert any(f"{crate.path(Format.WAV)} lasts 17.000 s, {crate.path()} 16.000 s." in one for one in said)


def test_a_file_that_is_gone_is_one_disagreement(crate):
    crate.path().unlink()
    crate.lost = [str(crate.path()), "AIFF, which was not made then"]

    gone, not_made = crate.disagreements()
    assert gone.startswith(f"{crate.path()} is not there.")
    assert not_made.startswith("AIFF, which was not made then")


def test_a_library_that_is_away_is_asked_for(crate):
    elsewhere = crate.library.rename(crate.library.with_name("elsewhere"))
    crate.is_there = False

    portion = crate.verifying.work(Verify(track_id=crate.track_id), {})
    assert isinstance(portion, Blocked)
    assert str(crate.path()) in portion.question
    assert "not mounted. Plug it in and set Status to Not Started." in portion.question

    elsewhere.rename(crate.library)
    crate.is_there = True
    assert isinstance(crate.verify(), Complete)


def test_one_that_goes_away_between_two_checks(crate):
    memory = crate.verifying.work(Verify(track_id=crate.track_id), {}).memory
    crate.library.rename(crate.library.with_name("elsewhere"))
    crate.is_there = False
    assert isinstance(crate.verifying.work(Verify(track_id=crate.track_id), memory), Blocked)


def test_a_done_track_without_any_file(crate):
    crate.ledger.files.mark_missing([str(crate.path(format_)) for format_ in Format])
    assert any("has no file in the library" in one for one in crate.disagreements())


# --- tags ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("atom", "value", "said"),
    [
        ("\xa9nam", "Night Fairy", "title “Night Fairy”, we know “Night Ferry”"),
        ("\xa9ART", "Ida Reyes", "artists “Ida Reyes”, we know “Ada Reyes”"),
        ("\xa9alb", "Pier", "album “Pier”, we know “Harbour”"),
        ("----:com.apple.iTunes:initialkey", b"Cm", "key “Cm”, we know “Am”"),
        ("----:com.apple.iTunes:initialkey", b"8A", "(the same key, but KEY_NOTATION spells it otherwise)"),
        ("----:com.apple.iTunes:ISRC", b"X", "ISRC “X”, we know “QZSBX2400099”"),
    ],
)
def test_a_tag_that_says_something_else(crate, atom, value, said):
    file = MP4(crate.path())
    assert atom in file
    file[atom] = [value]
    file.save()

    [told] = crate.disagreements()
    assert said in told
    assert told.startswith(str(crate.path()))


def test_a_tempo_in_the_tags(crate):
    tagger.write(crate.path(Format.AIFF), Tags(title="", bpm=128.0))
    [told] = crate.disagreements()
    assert told.startswith(f"{crate.path(Format.AIFF)}: its tags say tempo “128.0”, we know “126")


def test_a_file_without_tags(crate):
    file = mutagen.File(crate.path())
    file.delete()
    assert len([one for one in crate.disagreements() if "nothing, we know" in one]) == 6


def test_the_key_as_the_person_reads_it(crate):
    failed = crate.verify(crate.with_notation("camelot"))
    assert isinstance(failed, Failed)
    assert failed.reason.count("KEY_NOTATION") == 3


# --- the row ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [("Status", "Failed"), ("M4A_File_Path", "/elsewhere.m4a"), ("Downloaded", False), ("Fingerprint", "AAAA")],
)
def test_a_cell_of_ours_that_says_something_else(crate, column, value):
    crate.office.edits(crate.track_id, **{column: value})

    [told] = crate.disagreements()
    assert told.startswith(f"In its row {column.replace('_', ' ')} says ")
    assert "reconcile" in told


def test_a_cell_of_theirs_is_theirs(crate):
    crate.office.edits(crate.track_id, Title="Night Ferry (my cut)", BPM=63.0)

    done = crate.verify()

    assert isinstance(done, Complete), done
    assert "You changed BPM, Title in its row just now" in done.text


def test_a_tempo_of_the_rows_that_the_ledger_does_not_have(crate):
    """What we know changed, and nobody carried it."""
    heard = replace(crate.made.heard, tempo=Tempo(bpm=100.0, confidence=1.0))
    crate.ledger.tracks.remember_heard(crate.track_id, heard)

    said = crate.disagreements()
    assert any(one.startswith("In its row BPM says “126") and "we know “100.0”" in one for one in said)


def test_a_row_that_was_thrown_away_is_let_be(crate):
    crate.office.twin.trash_as_person(crate.office.row_id(crate.track_id))
    done = crate.verify()
    assert isinstance(done, Complete), done
    assert "You threw its row in Notion away" in done.text


def test_a_row_that_is_away(crate):
    def gone(_row_id):
        raise RowGone("It is away.")

    verifying = crate.with_notation("musical")
    verifying._row = replace(verifying._row, of=gone)
    assert "You threw its row" in crate.verify(verifying).text


def test_without_notion(crate):
    assert "There is no Notion" in crate.verify(crate.with_notation("musical", row=False)).text


def test_while_notion_does_not_answer_nothing_is_said(crate):
    crate.office.faults.add("notion", server_error(), times=None)
    memory = step_to(crate, "the row in Notion")
    with pytest.raises(Transient):
        crate.verifying.work(Verify(track_id=crate.track_id), memory)


def test_while_notion_rests_it_is_not_asked(crate):
    memory = step_to(crate, "the row in Notion")
    crate.ledger.services.park("notion", crate.office.clock() + 60, "Notion asks for patience.")
    crate.office.log.clear()
    with pytest.raises(Transient, match="patience"):
        crate.verifying.work(Verify(track_id=crate.track_id), memory)
    assert crate.office.log.of("notion") == []


# --- tempo and key ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bpm", "said"),
    [
        (126.9, None),
        (128.0, "known as 128, 126"),
        (63.0, "(double of it)"),
        (252.0, "(half of it)"),
        (None, "none, 126"),
    ],
)
def test_another_tempo_in_the_ledger(crate, bpm, said):
    tempo = None if bpm is None else Tempo(bpm=bpm, confidence=1.0)
    crate.ledger.tracks.remember_heard(crate.track_id, replace(crate.made.heard, tempo=tempo))

    told = [one for one in crate.disagreements() if "is heard" in one]

    assert len(told) == (said is not None)
    assert all(said in one for one in told)


# --- what is under way -----------------------------------------------------------------------------------------------


def test_what_is_under_way_is_waited_for_and_not_for_ever(crate):
    crate.ledger.tracks.restart(crate.track_id)
    portion = crate.verifying.work(Verify(track_id=crate.track_id), {})
    assert (portion.tracks, portion.wait_s > 0, portion.text) == ((crate.track_id,), True, "it is Processing")

    crate.ledger.tracks.finish(crate.track_id, Postponed(reason="OUT_DIR is away", not_before=9e9))
    failed = crate.verify()
    assert isinstance(failed, Failed)
    assert "it is Queued (OUT_DIR is away)" in failed.reason


def test_what_is_owed_to_files_and_row_is_waited_for(crate):
    crate.ledger.memos.remember(f"retag/{crate.track_id}", "{}")
    assert "files still wait" in crate.verifying.work(Verify(track_id=crate.track_id), {}).text
    [told] = crate.disagreements()
    assert "files still wait" in told

    crate.ledger.memos.forget(f"retag/{crate.track_id}")
    crate.ledger.outbox.enqueue("notion", crate.track_id)
    assert "row in Notion is still to be written" in crate.verifying.work(Verify(track_id=crate.track_id), {}).text
