"""All twins together, with a person in them: what `make run`, `cratekeeper sandbox` and the end-to-end tests use.

In the demo the person has liked one track on Spotify; YouTube has the recording, and the usual wrong ones: a live take,
a sped-up copy, an hour-long loop.
"""

from __future__ import annotations

import functools
import io
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from daemon.models import Json
from integrations.sandbox.acoustid import AcoustIdTwin
from integrations.sandbox.eagle import EagleTwin
from integrations.sandbox.encoded import Encoded
from integrations.sandbox.faults import Faults
from integrations.sandbox.media import MediaTwin, system_of
from integrations.sandbox.music import Piece, encode, play
from integrations.sandbox.notion import (
    NotionTwin,
    seed_agent_tasks_database,
    seed_issues_database,
    seed_tracks_database,
)
from integrations.sandbox.server import Authority, RequestLog, Server
from integrations.sandbox.soundcloud import SoundCloudTrack
from integrations.sandbox.spotify import Playing, SpotifyTwin, saved_track, track_object
from integrations.sandbox.youtube import EXTRACTOR_ARGS

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 -- made up, like every secret of the sandbox
REFRESH_TOKEN = "sandbox-refresh-token"  # noqa: S105
PROFILE = "sandbox-listener"

_RATE_HZ = 48_000
_STATE_FILE = "sandbox.json"

GLASS_HARBOUR = Piece("Glass Harbour", "Mira Vale", 124.0, "Am", 36.0, seed=11)
PAPER_LANTERNS = Piece("Paper Lanterns", "The Quiet Engines", 98.0, "F", 34.0, seed=12)
LOW_TIDE = Piece("Low Tide", "Sunder", 128.0, "Gm", 32.0, seed=13)
COPPER_SUN = Piece("Copper Sun", "Anouk Fields", 110.0, "D", 33.0, seed=14)


@functools.cache
def recorded(piece: Piece, encoding: str = "opus", bitrate_kbps: int = 128) -> Encoded:
    """A piece as a service has it. Made once a process: encoding costs more than playing."""
    data = encode(play(piece, _RATE_HZ), _RATE_HZ, encoding, bitrate_kbps)  # type: ignore[arg-type]
    return Encoded.of(data, encoding, bitrate_kbps)  # type: ignore[arg-type]


@dataclass(slots=True)
class Twins:
    """The systems as they stand; set and read them from Python."""

    spotify: SpotifyTwin
    media: MediaTwin
    notion: NotionTwin
    eagle: EagleTwin
    acoustid: AcoustIdTwin
    tracks_db_id: str
    tasks_db_id: str
    issues_db_id: str


class World:
    """Every twin on a listener of its own. `with World(folder)`: what Notion and Eagle hold is kept in `folder`."""

    def __init__(self, folder: Path, *, first_port: int = 0) -> None:
        self._folder = folder
        self.faults = Faults()
        self.log = RequestLog()
        self.twins = self._make_twins()
        self.person = Person(self.twins)
        ports = [first_port + number if first_port else 0 for number in range(5)]
        listen = functools.partial(Server, faults=self.faults, log=self.log)
        self.spotify = listen(self.twins.spotify, port=ports[0])
        self.notion = listen(self.twins.notion, port=ports[1])
        self.eagle = listen(self.twins.eagle, port=ports[2])
        self.proxy = listen(self.twins.media, authority=Authority(), system_of=system_of, port=ports[3])
        self.acoustid = listen(self.twins.acoustid, port=ports[4])
        self._running = ExitStack()

    def __enter__(self) -> World:
        for server in (self.spotify, self.notion, self.eagle, self.proxy, self.acoustid):
            self._running.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()
        self._save()

    def environ(self) -> dict[str, str]:
        """The settings that lead here, as they would stand in a `.env`. AcoustID's key is not among them: it is asked
        only where a test adds it, `ACOUSTID_API_KEY` with `twins.acoustid.client_key`."""
        return {
            "NOTION_TOKEN": self.twins.notion.token,
            "TRACKS_DB_ID": self.twins.tracks_db_id,
            "AGENT_TASKS_DB_ID": self.twins.tasks_db_id,
            "ISSUES_DB_ID": self.twins.issues_db_id,
            "NOTION_BASE_URL": self.notion.url,
            "NOTION_REQUESTS_PER_S": "1000",  # the twin bears them
            "SPOTIFY_CLIENT_ID": CLIENT_ID,
            "SPOTIFY_CLIENT_SECRET": CLIENT_SECRET,
            "SPOTIFY_REFRESH_TOKEN": REFRESH_TOKEN,
            "SPOTIFY_API_URL": f"{self.spotify.url}/v1/",
            "SPOTIFY_ACCOUNTS_URL": self.spotify.url,
            "SOUNDCLOUD_PROFILE": PROFILE,
            "YTDLP_PROXY": self.proxy.url,
            "YTDLP_INSECURE": "yes",
            "YTDLP_EXTRACTOR_ARGS": EXTRACTOR_ARGS,
            "EAGLE_API_BASE": self.eagle.url,
            "EAGLE_LIBRARY_PATH": self.twins.eagle.library_path,
            "ACOUSTID_API_BASE": self.acoustid.url,
        }

    def _make_twins(self) -> Twins:
        spotify = SpotifyTwin(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        spotify.accounts.consent(REFRESH_TOKEN)
        notion = NotionTwin()
        eagle = EagleTwin(library_path=str(self._folder / "Sandbox.library"))
        state = self._folder / _STATE_FILE
        kept: Json = json.loads(state.read_text()) if state.exists() else {}
        if kept:
            notion.load(kept["notion"])
            eagle.load(kept["eagle"])
        # What an older state does not name yet is made.
        tracks_db_id = kept.get("tracks_db_id") or seed_tracks_database(notion)
        tasks_db_id = kept.get("tasks_db_id") or seed_agent_tasks_database(notion, tracks_db_id)
        issues_db_id = kept.get("issues_db_id") or seed_issues_database(notion)
        return Twins(spotify, MediaTwin(), notion, eagle, AcoustIdTwin(), tracks_db_id, tasks_db_id, issues_db_id)

    def _save(self) -> None:
        state = {
            "notion": self.twins.notion.dump(),
            "eagle": self.twins.eagle.dump(),
            "tracks_db_id": self.twins.tracks_db_id,
            "tasks_db_id": self.twins.tasks_db_id,
            "issues_db_id": self.twins.issues_db_id,
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{_STATE_FILE}.new"
        draft.write_text(json.dumps(state))
        draft.replace(self._folder / _STATE_FILE)


class Person:
    """Who plays and likes things in this world."""

    def __init__(self, twins: Twins) -> None:
        self._twins = twins
        self._listener = twins.media.soundcloud.add_user(PROFILE)

    def plays_on_spotify(self, piece: Piece) -> None:
        """It plays now, for three quarters of a minute; YouTube has it."""
        self._twins.spotify.playing = Playing(item=self._on_spotify(piece), progress_ms=45_000)

    def likes_on_spotify(self, piece: Piece) -> None:
        """It is the newest of the liked tracks; YouTube has it."""
        added_at = f"2026-11-18T20:15:{len(self._twins.spotify.liked):02}Z"
        self._twins.spotify.liked.insert(0, saved_track(self._on_spotify(piece), added_at))

    def likes_on_soundcloud(self, piece: Piece) -> SoundCloudTrack:
        """It is the newest of the likes, and can be had in full where it is."""
        soundcloud = self._twins.media.soundcloud
        artist = soundcloud.add_user(piece.artist.lower().replace(" ", "-"), piece.artist)
        track = soundcloud.add_track(
            artist, piece.title, duration_s=piece.duration_s, encodings=(recorded(piece, "mp3"),)
        )
        soundcloud.like(self._listener, track)
        return track

    def _on_spotify(self, piece: Piece) -> Json:
        track = track_object(
            piece.title,
            [piece.artist],
            duration_ms=round(piece.duration_s * 1000),
            isrc=f"QZSBX24{piece.seed:05}",
            artwork_url=f"https://i.scdn.co/image/cover{piece.seed}",
        )
        self._twins.spotify.add(track)
        self._twins.media.covers[f"/image/cover{piece.seed}"] = cover(piece)
        self._on_youtube(piece)
        return track

    def _on_youtube(self, piece: Piece) -> None:
        """The recording, among what a search finds beside it."""
        youtube = self._twins.media.youtube
        name, sound = f"{piece.artist} - {piece.title}", (recorded(piece, "opus"), recorded(piece, "m4a"))
        loop, live, fast, right = (f"{piece.seed:09}_{n}" for n in range(4))
        youtube.add_video(loop, f"{name} (1 hour loop)", channel="Loops", duration_s=3600, views=2_400_000)
        youtube.add_video(live, f"{name} (Live at the Pier)", channel="fan", duration_s=piece.duration_s + 9)
        youtube.add_video(fast, f"{name} sped up", channel="nightcorez", duration_s=piece.duration_s * 0.8)
        youtube.add_video(
            right,
            piece.title,
            channel=f"{piece.artist} - Topic",
            duration_s=piece.duration_s,
            encodings=sound,
            views=9_100,
        )


@functools.cache
def cover(piece: Piece) -> bytes:
    """A cover picture: its own colour, and stripes."""
    side, stripe = 640, 40
    picture = Image.new("RGB", (side, side), f"hsl({piece.seed * 47 % 360}, 45%, 40%)")
    for top in range(0, side, 2 * stripe):
        picture.paste(f"hsl({piece.seed * 47 % 360}, 45%, 55%)", (0, top, side, top + stripe))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()
