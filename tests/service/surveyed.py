"""A house with nothing outside, and tracks in it that need somebody."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from daemon.models import Asked, Candidate, Failed, Fetched, Service, Track, TrackRef, Weighed
from daemon.service.survey import Survey
from daemon.settings import load
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from tests.ledger.given import Clock

NAME = "Ada Reyes - Night Ferry"


class Surveyed:
    """The house, its clock, and one survey of it."""

    def __init__(self, rooms, folder: Path) -> None:
        self.clock = Clock()
        self.clock.at = rooms.clock()
        self.folder = folder
        self.consent: str | None = None
        self.rooms = replace(rooms, clock=self.clock, consent_warning=lambda: self.consent)
        self.ledger = rooms.ledger
        self.survey = Survey(self.rooms)
        self.opened = 0

    def look(self):
        return self.survey.look()

    def look_later(self):
        self.clock.forward(61)
        return self.survey.look()

    def track(self, title="Night Ferry"):
        """One that we have begun."""
        self.opened += 1
        id = f"track{self.opened}"
        told = Track(title=title, artists=("Ada Reyes",), duration_s=200.0)
        ref = TrackRef(
            service=Service.SPOTIFY, id=id, url=f"https://open.spotify.com/track/{id}", found_in="url", told=told
        )
        track_id = self.ledger.tracks.open(ref).track_id
        self.ledger.tracks.begin(track_id)
        return track_id

    def asked_about(self, *weighed, title="Night Ferry"):
        track_id = self.track(title)
        self.ledger.tracks.remember_weighed(track_id, weighed)
        self.ledger.tracks.finish(track_id, Asked(question=f"Which of these is {title}?"))
        return track_id

    def failed(self, title="Night Ferry"):
        track_id = self.track(title)
        self.ledger.tracks.finish(track_id, Failed(reason="The video is gone.", step="fetch"))
        return track_id

    def hold(self, track_id, video="heard"):
        """A refused download of that track's."""
        path = self.folder / f"{video}.opus"
        path.write_bytes(b"sound")
        one = doubtful(video)
        fetched = Fetched(path=str(path), size=5, service=Service.YOUTUBE, url=one.candidate.url)
        return self.ledger.quarantine.keep(track_id, str(path), 5, "It is 8 s short.", fetched, None, one.candidate)


def doubtful(video, verdict="ask"):
    """A candidate that only the person can judge."""
    candidate = Candidate(
        service=Service.YOUTUBE,
        id=video,
        url=f"https://www.youtube.com/watch?v={video}",
        title="Night Ferry",
        channel="somebody",
        duration_s=208.0,
    )
    return Weighed(candidate=candidate, score=0.6, verdict=verdict, evidence="8 s longer")


@contextmanager
def a_surveyed_house(folder: Path, **settings: str):
    """Every setting that leads outside is left out; `settings` come on top."""
    environ = {"VAR_DIR": str(folder / "var"), "OUT_DIR": str(folder / "music"), "MIN_FREE_GB": "0", **settings}
    loaded = load(environ, None, folder).settings
    with open_house(loaded, lambda _told: None, Outside(loaded)) as rooms:
        yield Surveyed(rooms, folder)
