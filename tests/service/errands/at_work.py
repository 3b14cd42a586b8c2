"""A desk in a real house on the sandbox, without an engine: tracks end because the test says so."""

from __future__ import annotations

import dataclasses
import json
from contextlib import contextmanager

from daemon.jobs.verbs import GoOn, Wording
from daemon.models import Failed, Filed, Format, Shelved
from daemon.service.errands.desk import Desk
from daemon.wiring.by_hand import refs_of
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside


@contextmanager
def desk_of(home, **changes):
    outside = Outside(home.settings)
    with open_house(home.settings, lambda _told: None, outside) as rooms:
        yield Desk(rooms=rooms, refs_of=lambda text: refs_of(text, outside), **changes)


class AtWork:
    """A job, worked on as the ledger would have it: what it remembers goes through JSON."""

    def __init__(self, verb, text="", track_id=None):
        self.verb = verb
        self.asked = verb.read(Wording(text=text, track_id=track_id))
        self.memory = {}
        self.portion = None

    def work(self):
        """One portion."""
        self.portion = self.verb.work(self.asked, self.memory)
        if isinstance(self.portion, GoOn):
            self.memory = json.loads(json.dumps(self.portion.memory))
        return self.portion

    def until_it_waits(self):
        """Portions, until there is somebody to wait for, or it is over."""
        while isinstance(self.work(), GoOn) and not self.portion.wait_s:
            pass
        return self.portion


def filed(rooms, track_id, path=None):
    """It was worked on, and is filed."""
    attempt = rooms.ledger.tracks.restart(track_id)
    path = path or f"/music/{track_id}.m4a"
    shelved = Shelved(
        role="library", format=Format.M4A, path=path, size=1000, mtime_ns=1_700_000_000_123_456_789, sha256="5a"
    )
    rooms.ledger.tracks.finish(track_id, Filed(files=(shelved,)))
    return attempt


def failed(rooms, track_id, reason="gone"):
    rooms.ledger.tracks.restart(track_id)
    rooms.ledger.tracks.finish(track_id, Failed(reason=reason, step="fetch"))


def named(desk, ref, title):
    """A track of the ledger's by that name."""
    track_id = desk.rooms.ledger.tracks.open(ref).track_id
    row = desk.rooms.ledger.tracks.get(track_id)
    desk.rooms.ledger.tracks.describe(track_id, dataclasses.replace(row.track, title=title, artists=("Ada Reyes",)))
    return track_id


def would(verb, asked):
    """What a dry run says."""
    assert verb.would is not None
    return verb.would(asked)
