"""The person's corrections in the files' tags: real files, a real ledger, the real writing in a child process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.children import Children
from daemon.errors import BadMedia, Transient
from daemon.ledger import Ledger
from daemon.ledger.board import TakenIn
from daemon.library.retagging import Retagging
from daemon.models import Filed, Format, Postponed, Shelved, Status, Tags, Track
from daemon.pipeline.tagging import tags_for
from daemon.wiring.childwork import ChildTagger
from integrations import tags as tagger
from tests.integrations.tag_files import (
    FOREIGN_ATOMS,
    FOREIGN_FRAMES,
    atoms_of,
    chunk,
    chunks_of,
    contained,
    id3_tag,
    order_of,
    sound_of,
    untagged,
    with_atoms,
)
from tests.ledger.given import NOON, Clock, a_ref
from tests.ledger.test_tracks import FETCHED, HEARD

TRACK = Track(
    title="Night Ferry", artists=("Ada Reyes",), featured=("Kilo Nine",), album="Harbour", genre="House", isrc="X1"
)
RETRY_S = 300.0


@pytest.fixture(scope="module")
def tagger_child():
    """One child for all."""
    pool = Children(at_once=1, reuse=True, idle_s=120)
    pool.run("tests.child_jobs:double", {"number": 1}, lambda *_: None, timeout_s=30)
    yield ChildTagger(pool)
    pool.stop()


class Crate:
    """A library with its ledger, and whoever writes into its files."""

    def __init__(self, ledger, clock, folder, retag):
        self.ledger, self.clock, self.folder = ledger, clock, folder
        self.library = folder / "music"
        self.library.mkdir()
        self.retag = retag
        self.calls: list[tuple[Path, Tags]] = []
        self.retagging = self.anew()

    def anew(self, notation="musical"):
        """As after a restart."""
        self.retagging = Retagging(self.ledger, self.library.is_dir, self._rewrite, notation, self.clock)
        return self.retagging

    def _rewrite(self, path, tags):
        self.calls.append((path, tags))
        return self.retag(path, tags)

    def filed(self, *formats, spoil=lambda path: None, role="library"):
        """A track with a file of each format, tagged as the pipeline does it."""
        track_id = self.ledger.tracks.open(a_ref()).track_id
        self.ledger.tracks.begin(track_id)
        self.ledger.tracks.describe(track_id, TRACK)
        self.ledger.tracks.remember_heard(track_id, HEARD)
        self.ledger.tracks.remember_fetched(track_id, FETCHED)
        folder = self.library if role == "library" else self.folder
        files = []
        for format_ in formats:
            path = untagged(folder, format_)
            spoil(path)
            tagger.write_verified(path, tags_for(TRACK, HEARD, FETCHED, b"\xff\xd8cover"))
            files.append(looks(path, role))
        self.ledger.tracks.finish(track_id, Filed(files=tuple(files)))
        self.ledger.outbox.remember_first(track_id, f"row {track_id}", {}, {})
        return track_id

    def edit(self, track_id, **edits):
        assert self.ledger.board.take_in(track_id, f"row {track_id}", TakenIn(seen={}, edits=edits), None)

    def carry_out(self):
        return self.retagging.carry_out()

    def owes(self, track_id):
        return self.ledger.memos.recall(f"retag/{track_id}") is not None

    def path(self, format_=Format.M4A):
        return self.library / f"track.{format_}"

    def recorded(self, track_id):
        return [file.shelved for file in self.ledger.files.of(track_id)]


def looks(path, role="library"):
    state, data = path.stat(), path.read_bytes()
    sums = {"size": state.st_size, "mtime_ns": state.st_mtime_ns, "sha256": hashlib.sha256(data).hexdigest()}
    return Shelved(role=role, format=Format(path.suffix[1:]), path=str(path), **sums)


@pytest.fixture
def crate(tmp_path, tagger_child):
    clock = Clock()
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock) as ledger:
        yield Crate(ledger, clock, tmp_path, tagger_child.retag)


def serato_was_here(path):
    """As a DJ program leaves a file."""
    data = path.read_bytes()
    if path.suffix == ".m4a":
        tagger.write(path, Tags(title="old"))
        path.write_bytes(with_atoms(path.read_bytes(), [b"moov", b"udta", b"meta", b"ilst"], b"".join(FOREIGN_ATOMS)))
    else:
        order = order_of(Format(path.suffix[1:]))
        tag = chunk(b"id3 ", id3_tag(FOREIGN_FRAMES), order)
        path.write_bytes(contained(data[8:12], [*chunks_of(data, order), tag], order))


def foreign_bytes(path):
    """Everything of the DJ program that stands in the file."""
    data = path.read_bytes()
    if path.suffix == ".m4a":
        return [one for way, _, one in atoms_of(data) if "/ilst/" in way and one in FOREIGN_ATOMS]
    return [frame for frame in FOREIGN_FRAMES if frame in data]


# --- what is written, and what is not --------------------------------------------------------------------------------


def test_the_corrected_frames_alone_and_in_every_format(crate):
    track_id = crate.filed(*Format, spoil=serato_was_here)
    before = {format_: (tagger.read(crate.path(format_)), sound_of(crate.path(format_))) for format_ in Format}
    kept = {format_: foreign_bytes(crate.path(format_)) for format_ in Format}
    assert [len(kept[format_]) for format_ in Format] == [len(FOREIGN_ATOMS), *[len(FOREIGN_FRAMES)] * 2]

    crate.edit(track_id, title="Night Ferry (Dub)", bpm=63.0, bpm_measured=126.0, key="Cm", album="Pier")

    assert crate.carry_out() == []
    for format_ in Format:
        tags, sound = before[format_]
        wanted = replace(
            tags,
            title="Night Ferry (Dub) (feat. Kilo Nine)",
            bpm=63.0,
            initial_key="Cm",
            album="Pier",
            comment=tags.comment.replace("8A", "5A").replace("Am", "Cm").replace("1m", "10m"),
        )
        assert tagger.read(crate.path(format_)) == wanted
        assert wanted.comment != tags.comment
        assert foreign_bytes(crate.path(format_)) == kept[format_]
        assert sound_of(crate.path(format_)) == sound
    assert crate.recorded(track_id) == [looks(crate.path(format_)) for format_ in Format]
    assert not crate.owes(track_id)
    assert crate.ledger.memos.beginning("retagging/") == {}
    assert crate.ledger.tracks.is_synced(track_id)


@pytest.mark.parametrize(
    ("edits", "written"),
    [
        ({"title": "A"}, Tags(title="A (feat. Kilo Nine)")),
        ({"artists": ["B", "C"]}, Tags(title="", artists=("B", "C"))),
        ({"genre": "Dub", "release_date": "1999-01-02"}, Tags(title="", genre="Dub", date="1999-01-02")),
        ({"genre": "Dub", "artwork_url": "https://p.example/1.jpg"}, Tags(title="", genre="Dub")),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_nothing_else_is_said_to_the_file(crate, edits, written):
    track_id = crate.filed(Format.M4A)
    crate.edit(track_id, **edits)

    assert crate.carry_out() == []

    assert [tags for _, tags in crate.calls] == [written]


@pytest.mark.parametrize(("notation", "spelt"), [("musical", "Cm"), ("camelot", "5A"), ("open-key", "10m")])
def test_the_key_is_spelt_as_the_person_reads_it(crate, notation, spelt):
    track_id = crate.filed(Format.AIFF)
    crate.edit(track_id, key="Cm")

    crate.anew(notation).carry_out()

    assert tagger.read(crate.path(Format.AIFF)).initial_key == spelt


def test_of_a_track_that_was_never_heard_what_was_said_is_written(crate):
    """A row that was adopted: its file was there before us, and counts as the person's own."""
    track_id = crate.filed(Format.M4A)
    crate.ledger.tracks._remember(track_id, heard=None, fetched=None)
    crate.edit(track_id, key="8A", bpm=90.0)

    assert crate.carry_out() == []

    [(_, tags)] = crate.calls
    assert tags == Tags(title="", bpm=90.0, initial_key="Am")


def test_what_no_tag_holds_is_owed_to_no_file(crate):
    track_id = crate.filed(Format.M4A)
    crate.edit(track_id, artwork_url="https://p.example/1.jpg")

    assert crate.carry_out() == []
    assert (crate.calls, crate.owes(track_id)) == ([], False)


def test_an_edit_that_was_taken_back_leaves_the_file_alone(crate):
    track_id = crate.filed(Format.M4A)
    crate.edit(track_id, genre="Dub")
    crate.carry_out()
    crate.edit(track_id, genre=None)

    assert (crate.carry_out(), len(crate.calls)) == ([], 1)


def test_copies_for_other_programs_and_files_that_do_not_count_are_left_alone(crate):
    inbox = crate.filed(Format.WAV, role="wav_backup")
    lost = crate.filed(Format.M4A)
    crate.ledger.files.mark_missing([str(crate.path())])
    for track_id in (inbox, lost):
        crate.edit(track_id, genre="Dub")

    assert crate.carry_out() == []
    assert crate.calls == []
    assert not crate.owes(inbox)


# --- when ------------------------------------------------------------------------------------------------------------


def test_while_the_library_is_away_it_is_owed(crate):
    track_id = crate.filed(Format.M4A)
    crate.edit(track_id, genre="Dub")
    elsewhere = crate.library.rename(crate.folder / "elsewhere")

    assert crate.carry_out() == []
    assert (crate.owes(track_id), crate.calls) == (True, [])

    elsewhere.rename(crate.library)
    assert crate.carry_out() == []
    assert tagger.read(crate.path()).genre == "Dub"


def test_a_library_that_goes_away_meanwhile_has_lost_nothing(crate):
    track_id = crate.filed(Format.M4A, Format.WAV)
    crate.edit(track_id, genre="Dub")

    def unplug(path, tags):
        crate.library.rename(crate.folder / "elsewhere")
        raise Transient("OUT_DIR does not answer.")

    crate.retag, retag = unplug, crate.retag
    assert crate.carry_out() == []
    assert crate.owes(track_id)

    (crate.folder / "elsewhere").rename(crate.library)
    crate.retag = retag
    crate.clock.forward(RETRY_S)
    assert crate.carry_out() == []
    assert {tagger.read(crate.path(one)).genre for one in (Format.M4A, Format.WAV)} == {"Dub"}


def test_a_track_that_is_worked_on_waits_and_so_does_one_on_its_way_home(crate):
    track_id = crate.filed(Format.M4A)
    crate.ledger.tracks.restart(track_id)
    crate.edit(track_id, genre="Dub")
    assert (crate.carry_out(), crate.calls) == ([], [])

    crate.ledger.tracks.finish(track_id, Postponed(reason="OUT_DIR is away", not_before=NOON + 9999))
    crate.ledger.memos.remember(f"coming-home/studio/{track_id}", "{}")
    assert (crate.carry_out(), crate.calls) == ([], [])

    crate.ledger.memos.forget(f"coming-home/studio/{track_id}")
    assert crate.carry_out() == []
    assert (len(crate.calls), crate.owes(track_id)) == (1, False)


def test_one_that_has_no_files_yet_gets_them_with_the_tags(crate):
    track_id = crate.ledger.tracks.open(a_ref()).track_id
    crate.ledger.outbox.remember_first(track_id, f"row {track_id}", {}, {})
    crate.edit(track_id, genre="Dub")

    assert (crate.carry_out(), crate.owes(track_id)) == ([], False)
    assert crate.ledger.tracks.get(track_id).track.genre == "Dub"


def test_an_edit_that_comes_while_one_is_written_is_written_next(crate):
    track_id = crate.filed(Format.M4A)
    crate.edit(track_id, genre="Dub")
    retag = crate.retag

    def and_meanwhile(path, tags):
        crate.retag = retag
        crate.edit(track_id, genre="Techno")
        return retag(path, tags)

    crate.retag = and_meanwhile
    crate.carry_out()
    assert crate.owes(track_id)

    crate.carry_out()
    assert (tagger.read(crate.path()).genre, crate.owes(track_id)) == ("Techno", False)


@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_kill_costs_nothing_but_doing_it_once_more(crate, when):
    track_id = crate.filed(Format.M4A, Format.WAV)
    crate.edit(track_id, genre="Dub")
    retag = crate.retag

    def killed(path, tags):
        if path.suffix == ".wav":
            if when == "behind":
                retag(path, tags)
            raise KeyboardInterrupt
        return retag(path, tags)

    crate.retag = killed
    with pytest.raises(KeyboardInterrupt):
        crate.carry_out()
    crate.retag = retag

    assert crate.anew().carry_out() == []
    assert crate.recorded(track_id) == [looks(crate.path(one)) for one in (Format.M4A, Format.WAV)]
    assert (crate.owes(track_id), crate.ledger.memos.beginning("retagging/")) == (False, {})


# --- what stands against it ------------------------------------------------------------------------------------------


def test_what_somebody_else_has_written_into_stays_known_as_theirs(crate):
    """A file that differs from what was filed is never moved aside (`daemon.pipeline.withdrawing`)."""
    track_id = crate.filed(Format.AIFF)
    filed = crate.recorded(track_id)
    tagger.write(crate.path(Format.AIFF), Tags(title="as I like it"))
    os.utime(crate.path(Format.AIFF), ns=(1, 1))

    crate.edit(track_id, genre="Dub")
    assert crate.carry_out() == []

    tags = tagger.read(crate.path(Format.AIFF))
    assert (tags.title, tags.genre) == ("as I like it", "Dub")
    assert crate.recorded(track_id) == filed
    assert not crate.owes(track_id)


def test_a_file_that_was_there_before_us_stays_unknown(crate):
    path = untagged(crate.library, Format.M4A)
    track_id = crate.filed()
    crate.ledger.files.record(track_id, replace(looks(path), size=0, mtime_ns=0, sha256=""))
    crate.edit(track_id, genre="Dub")

    assert crate.carry_out() == []
    assert (tagger.read(path).genre, crate.recorded(track_id)[0].sha256) == ("Dub", "")


def test_a_file_that_is_gone_is_told_and_the_others_get_it(crate):
    track_id = crate.filed(Format.M4A, Format.WAV)
    crate.path().unlink()
    crate.edit(track_id, genre="Dub")

    [reason] = crate.carry_out()

    assert str(crate.path()) in reason
    assert "--mode reprocess" in reason
    assert tagger.read(crate.path(Format.WAV)).genre == "Dub"
    assert (crate.owes(track_id), crate.carry_out()) == (False, [])


def test_a_file_that_is_no_audio_any_more_is_told(crate):
    track_id = crate.filed(Format.M4A)
    crate.path().write_bytes(b"not a song")
    crate.edit(track_id, genre="Dub")

    [reason] = crate.carry_out()

    assert str(crate.path()) in reason
    assert (crate.owes(track_id), crate.path().read_bytes()) == (False, b"not a song")


def test_a_file_that_is_read_only_waits_and_nothing_is_started_for_it(crate):
    track_id = crate.filed(Format.M4A, Format.WAV)
    crate.path().chmod(0o444)
    crate.edit(track_id, genre="Dub")

    [reason] = crate.carry_out()
    assert str(crate.path()) in reason
    assert crate.carry_out() == [reason], "the same words: whoever tells each once tells this one once"
    crate.clock.forward(RETRY_S)
    assert crate.carry_out() == [reason]
    assert [path.suffix for path, _ in crate.calls] == [".wav"], "what has it is not written again"

    crate.path().chmod(0o644)
    crate.clock.forward(RETRY_S)
    assert crate.carry_out() == []
    assert (tagger.read(crate.path()).genre, crate.owes(track_id)) == ("Dub", False)


def test_after_a_restart_only_the_file_that_waits_is_written(crate):
    track_id = crate.filed(Format.M4A, Format.WAV)
    crate.path().chmod(0o444)
    crate.edit(track_id, genre="Dub")
    crate.carry_out()
    crate.path().chmod(0o644)
    crate.calls.clear()

    crate.anew().carry_out()

    assert [path.suffix for path, _ in crate.calls] == [".m4a"]


def test_a_newer_edit_does_not_wait_for_what_an_older_one_waits_for(crate):
    track_id = crate.filed(Format.M4A, Format.WAV)
    crate.path().chmod(0o444)
    crate.edit(track_id, genre="Dub")
    crate.carry_out()

    crate.edit(track_id, genre="Techno")
    crate.carry_out()

    assert tagger.read(crate.path(Format.WAV)).genre == "Techno"


@pytest.mark.parametrize(
    "trouble", [Transient("track.m4a was changed by another program just now."), RuntimeError("a bug")]
)
def test_what_cannot_be_written_now_is_written_later_and_keeps_no_other_from_its_turn(crate, trouble):
    first = crate.filed(Format.M4A)
    second = crate.filed(Format.WAV)
    retag = crate.retag

    def refuse(path, tags):
        if path.suffix == ".m4a":
            raise trouble
        return retag(path, tags)

    for track_id in (first, second):
        crate.edit(track_id, genre="Dub")
    crate.retag = refuse
    [reason] = crate.carry_out()
    assert str(crate.path()) in reason
    assert [crate.owes(track_id) for track_id in (first, second)] == [True, False]
    assert tagger.read(crate.path(Format.WAV)).genre == "Dub"

    crate.retag = retag
    assert crate.carry_out() == [reason], "a try starts a process: not at every round"
    crate.clock.forward(RETRY_S)
    assert crate.carry_out() == []
    assert (tagger.read(crate.path()).genre, crate.owes(first)) == ("Dub", False)


def test_a_dismissed_track_that_keeps_its_files_gets_its_tags(crate):
    track_id = crate.filed(Format.M4A)
    crate.ledger.tracks.dismiss(track_id, Status.SKIP)
    crate.edit(track_id, genre="Dub")

    assert crate.carry_out() == []
    assert tagger.read(crate.path()).genre == "Dub"


# --- the child -------------------------------------------------------------------------------------------------------


def test_the_child_answers_how_the_file_looks_and_whether_that_is_new(tmp_path, tagger_child):
    path = untagged(tmp_path, Format.WAV)
    first = tagger_child.retag(path, Tags(title="A"))
    again = tagger_child.retag(path, Tags(title="A"))

    now = looks(path)
    assert (first.changed, again.changed) == (True, False)
    assert [(one.size, one.mtime_ns, one.sha256) for one in (first, again)] == [
        (now.size, now.mtime_ns, now.sha256)
    ] * 2
    path.write_bytes(b"nothing")
    with pytest.raises(BadMedia):
        tagger_child.retag(path, Tags(title="B"))


def test_what_writes_tags_is_not_imported_into_a_daemon_that_is_idle():
    program = (
        "import sys, json, daemon.wiring.childwork, daemon.library.retagging; print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert not {"mutagen", "numpy", "av"} & set(json.loads(done.stdout))
