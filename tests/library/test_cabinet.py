"""Carrying filed tracks into Eagle: the real client against the loopback Eagle, from a real ledger."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from daemon.errors import NotFound, Refused, Unreachable
from daemon.ledger import Ledger
from daemon.library.cabinet import EagleCarrier, address_of, annotation_of, item_id_of, tags_of, the_file
from daemon.models import Filed, Format, Service, Shelved, Track
from daemon.outbox import Outbox
from integrations.sandbox import faults
from tests.board.test_rows import DONE, HEARD
from tests.integrations.eagle_stage import eagle_stage
from tests.ledger.given import NOON, Clock, a_ref


class Office:
    """A carrier with its ledger, before the twin of Eagle."""

    def __init__(self, stage, ledger, clock, folder):
        self.stage, self.ledger, self.clock, self.folder = stage, ledger, clock, folder
        self.paused_s: list[float] = []
        cabinet = stage.cabinet(timeout_s=5.0)
        self.carrier = EagleCarrier(ledger, lambda: cabinet, pause=self.paused_s.append)
        self.outbox = Outbox(ledger, {"eagle": self.carrier}, host_id="here", clock=clock)

    def filed(self, title="Night Ferry"):
        track = Track(title=title, artists=("Ada Reyes",), genre="House", urls={Service.SPOTIFY: "https://s.example/1"})
        track_id = self.ledger.tracks.open(a_ref(), track).track_id
        files = []
        for format_ in Format:
            file = self.folder / f"{title}.{format_}"
            file.write_bytes(b"sound")
            files.append(shelved(format_, str(file)))
        self.ledger.tracks.remember_heard(track_id, HEARD)
        self.ledger.tracks.finish(track_id, Filed(files=tuple(files)))
        return track_id

    def waiting(self, track_id):
        return next((one for one in self.ledger.outbox.waiting(track_id) if one.target == "eagle"), None)

    def adds(self):
        return len(self.stage.log.of("eagle", method="POST", path="/api/v2/item/add"))


def shelved(format_, path, role="library"):
    return Shelved(role=role, format=format_, path=path, size=5, mtime_ns=1, sha256="5a")


@pytest.fixture
def office(tmp_path):
    clock = Clock()
    with eagle_stage() as stage, Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock) as ledger:
        yield Office(stage, ledger, clock, tmp_path)


# --- one item --------------------------------------------------------------------------------------------------------


def test_a_filed_track_becomes_an_item_that_its_row_in_notion_is_told_of(office):
    track = office.filed()
    office.outbox.carry_due()
    [item] = office.stage.twin.items
    assert (item["id"], item["name"], item["ext"]) == (item_id_of(track), "Ada Reyes - Night Ferry", "m4a")
    assert (item["tags"], item["url"]) == (["House", "8A", "126 BPM"], "https://s.example/1")
    assert f"cratekeeper {track}" in item["annotation"]
    assert office.ledger.outbox.mirror("eagle", track).remote_id == item["id"]
    assert [entry.target for entry in office.ledger.outbox.waiting(track)] == ["notion"]
    assert office.paused_s == []


def test_carrying_again_adds_nothing(office):
    track = office.filed()
    office.outbox.carry_due()
    office.ledger.outbox.enqueue("eagle", track)
    office.outbox.carry_due()
    assert (len(office.stage.twin.items), office.adds()) == (1, 1)


def test_an_import_that_takes_a_moment_is_waited_for(office):
    office.stage.twin.imports_after = 6
    track = office.filed()
    office.outbox.carry_due()
    assert office.waiting(track) is None
    assert office.paused_s == [0.1, 0.3]
    assert office.adds() == 1


def test_an_import_that_takes_long_is_looked_for_later_and_holds_up_nobody(office):
    office.stage.twin.imports_after = 1000
    slow = office.filed("Night Ferry")
    office.outbox.carry_due()
    assert sum(office.paused_s) <= 2.5
    assert "not imported" in office.waiting(slow).last_error
    assert office.waiting(slow).due_at == NOON + 30
    assert office.ledger.services.all() == ()

    office.stage.twin.imports_after = 0
    quick = office.filed("Tin Roof")
    office.outbox.carry_due()
    assert office.waiting(quick) is None


def test_an_add_whose_answer_was_lost_is_one_item(office):
    track = office.filed()
    office.stage.faults.add("eagle", faults.lost(), method="POST")
    office.outbox.carry_due()
    assert office.ledger.services.parked("eagle") is not None
    office.clock.at = office.waiting(track).due_at
    office.outbox.carry_due()
    assert office.waiting(track) is None
    assert (len(office.stage.twin.items), office.adds()) == (1, 1)


# --- refusals --------------------------------------------------------------------------------------------------------


def test_the_wrong_library_gets_nothing_and_the_right_one_does_when_it_is_open(office):
    track = office.filed()
    right, office.stage.twin.library_path = office.stage.twin.library_path, "/libraries/Other.library"
    office.outbox.carry_due()
    assert "EAGLE_LIBRARY_PATH" in office.waiting(track).last_error
    assert office.stage.twin.items == []

    office.stage.twin.library_path = right
    office.clock.at = office.waiting(track).due_at
    office.outbox.carry_due()
    assert len(office.stage.twin.items) == 1


def test_a_file_that_is_gone_is_refused(office):
    track = office.filed()
    (office.folder / "Night Ferry.m4a").unlink()
    with pytest.raises(Refused):
        office.carrier.carry(track)


def test_eagle_that_does_not_run_is_raised_as_such(office):
    track = office.filed()
    office.stage.faults.add("eagle", faults.reset(), times=None)
    with pytest.raises(Unreachable):
        office.carrier.carry(track)


# --- what is given to Eagle ------------------------------------------------------------------------------------------


def test_an_items_id_follows_from_ours_for_ever():
    assert item_id_of("a track") == item_id_of("a track") == "GZFGPGN1AS6I6"
    many = {item_id_of(f"track {number}") for number in range(2000)}
    assert len(many) == 2000
    assert all(re.fullmatch("[0-9A-Z]{13}", one) for one in many)


def test_the_file_is_the_librarys_best():
    m4a, aiff = shelved(Format.M4A, "/music/a.m4a"), shelved(Format.AIFF, "/music/a.aiff")
    inbox = shelved(Format.M4A, "/dj/a.m4a", role="backup")
    assert the_file([inbox, aiff, m4a]) == m4a
    assert the_file([inbox, aiff]) == aiff
    with pytest.raises(NotFound):
        the_file([inbox])


@pytest.mark.parametrize(
    ("heard", "genre", "expected"),
    [
        (HEARD, "House", ("House", "8A", "126 BPM")),
        (HEARD, None, ("8A", "126 BPM")),
        (replace(HEARD, key=None, tempo=None), "House", ("House",)),
        (None, None, ()),
    ],
)
def test_tags_are_what_is_known(heard, genre, expected):
    assert tags_of(replace(DONE, heard=heard, track=replace(DONE.track, genre=genre))) == expected


def test_the_address_is_where_it_was_found_first():
    urls = {Service.YOUTUBE: "y", Service.SOUNDCLOUD: "s"}
    assert address_of(Track(title="A", urls=urls)) == "s"
    assert address_of(Track(title="A")) is None


def test_the_annotation_is_one_line_of_what_is_known():
    assert annotation_of(DONE) == "Crossings; lossy: opus 128k, 48 kHz; cratekeeper t1"
    assert annotation_of(replace(DONE, heard=None, track=Track(title="A"))) == "cratekeeper t1"
