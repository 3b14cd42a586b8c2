"""The pipeline at work in this process, and what there is for it to find."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

from daemon.models import Service, TrackRef
from daemon.service.rooms import TRACKS, Pace
from daemon.service.taking import take_up
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside
from integrations.sandbox.music import Piece
from integrations.sandbox.spotify import track_object
from integrations.sandbox.world import recorded

QUICK = Pace(tracks_poll_s=0.05, single_poll_s=0.05)
WAIT_S = 60

NIGHT_FERRY = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 12.0, seed=21)
TIN_ROOF = Piece("Tin Roof", "Kilo Nine", 100.0, "F", 12.0, seed=22)
LONG_ROAD = Piece("Long Road", "Oskar Blom", 120.0, "Gm", 20.0, seed=23)
IN_FULL = replace(NIGHT_FERRY, duration_s=33.0)
"""Longer than a preview, so that SoundCloud's word on its length is believed."""
LONG_ROAD_CUT = replace(LONG_ROAD, duration_s=10.0)


class Works:
    """The pipeline at work. `take` is what the service does with what a source has found."""

    def __init__(self, rooms, engine, told):
        self.rooms, self.engine, self.told = rooms, engine, told
        self.ledger = rooms.ledger

    def carry(self):
        """One round of the outbox, behind first contact with Notion."""
        self.rooms.adopt()
        return self.rooms.outbox.carry_due()

    def begin(self, ref):
        return take_up(self.rooms, self.engine, ref, queue=TRACKS)

    def end(self, taken):
        assert self.engine.wait(taken.flow_id, timeout_s=WAIT_S).status == "SUCCESS"
        return self.ledger.tracks.get(taken.track_id)

    def take(self, ref):
        return self.end(self.begin(ref))

    def steps(self, track_id):
        return [one.step for one in self.told if one.track_id == track_id and one.state == "begun"]


@contextmanager
def at_work(home, *, outside=Outside, tell=lambda _told: None):
    told = []

    def hear(one):
        told.append(one)
        tell(one)

    settings = home.settings
    with open_house(settings, hear, outside(settings), QUICK) as rooms:
        engine = rooms.make_engine()
        try:
            engine.start([TRACKS])
            yield Works(rooms, engine, told)
        finally:
            assert engine.stop(5, rooms.end_children)


def liked_on_spotify(home, piece, *, told=None):
    """Spotify has it; YouTube too, among the usual wrong ones."""
    home.world.person.likes_on_spotify(piece)
    return spotify_ref(home.world.twins.spotify.liked[0]["track"], told)


def only_known_to_spotify(home, piece):
    """Where its sound is, the test says."""
    item = track_object(piece.title, [piece.artist], duration_ms=round(piece.duration_s * 1000), isrc="QZSBX2400099")
    home.world.twins.spotify.add(item)
    return spotify_ref(item)


def spotify_ref(item, told=None):
    url = item["external_urls"]["spotify"]
    return TrackRef(service=Service.SPOTIFY, id=item["id"], url=url, found_in="spotify-liked", told=told)


def liked_on_soundcloud(home, piece, **changes):
    track = home.world.person.likes_on_soundcloud(piece)
    for name, value in changes.items():
        setattr(track, name, value)
    return soundcloud_ref(track)


def soundcloud_ref(track):
    return TrackRef(service=Service.SOUNDCLOUD, id=str(track.id), url=track.url, found_in="soundcloud-likes")


def on_youtube(home, piece, video_id, *, sounds_like=None, title=None, channel=None, **more):
    """A video that claims to be the piece, and sounds as told."""
    return home.world.twins.media.youtube.add_video(
        video_id,
        title or piece.title,
        channel=channel or f"{piece.artist} - Topic",
        duration_s=piece.duration_s,
        encodings=[recorded(sounds_like or piece, "opus")],
        **more,
    )


def asked(home, system, path=None):
    return [line.path for line in home.world.log.of(system, path=path)]


def name_of(piece):
    return f"Unassigned/{piece.artist} - {piece.title}"


def three_files(piece):
    return [f"{name_of(piece)}.{ending}" for ending in ("aiff", "m4a", "wav")]
