"""Tracks as a person likes them, and what the pipeline would learn of them; no sound is touched."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

from bench.notion_twin import NEW_ARTISTS, PLAYLISTS
from daemon.ledger import Ledger
from daemon.models import (
    Candidate,
    Fetched,
    Filed,
    Format,
    Heard,
    Key,
    Loudness,
    Service,
    Shelved,
    Source,
    Tempo,
    Track,
    TrackRef,
)

_BASE62 = string.digits + string.ascii_letters
_SOUND_BYTES = 4 * 1930
"""The fingerprint of four minutes."""
_WITH_A_GUEST = 0.2
_IN_A_PLAYLIST = 0.6
_FAVOURITES = [1 / (place + 1) for place in range(len(NEW_ARTISTS))]


def liked(rng: random.Random, count: int) -> list[TrackRef]:
    """So many new likes: everybody of `NEW_ARTISTS` is among them as far as there is room, the favourites again and
    again; a fifth has a guest or a remixer, and more than half stand in a playlist."""
    again = rng.choices(NEW_ARTISTS, _FAVOURITES, k=max(0, count - len(NEW_ARTISTS)))
    artists = [*NEW_ARTISTS[:count], *again]
    rng.shuffle(artists)
    return [_ref(rng, artist) for artist in artists]


def _ref(rng: random.Random, artist: str) -> TrackRef:
    spotify_id = "".join(rng.choices(_BASE62, k=22))
    guests = tuple(name for name in rng.choices(NEW_ARTISTS, _FAVOURITES) if rng.random() < _WITH_A_GUEST)
    remixed = rng.random() < 1 / 2
    told = Track(
        title=f"Liked {spotify_id[:6]}",
        artists=(artist,),
        featured=() if remixed else guests,
        remixers=guests if remixed else (),
        album=f"Album {spotify_id[:3]}",
        duration_s=round(rng.uniform(150, 420), 1),
        isrc=f"QZLIK{rng.randrange(10**7):07}",
        release_date="2026-05-01",
        artwork_url=f"https://i.scdn.co/image/{rng.randbytes(20).hex()}",
    )
    return TrackRef(
        service=Service.SPOTIFY,
        id=spotify_id,
        url=f"https://open.spotify.com/track/{spotify_id}",
        found_in="spotify-liked",
        playlist=rng.choice(PLAYLISTS) if rng.random() < _IN_A_PLAYLIST else None,
        told=told,
    )


def begin(ledger: Ledger, track_id: str) -> None:
    """It is being worked on."""
    ledger.tracks.restart(track_id)


def end(ledger: Ledger, track_id: str, rng: random.Random) -> None:
    """It was found, heard and filed. The second time another upload was the better one: what it is does not change."""
    seeded = random.Random(track_id)
    video = "".join(rng.choices(_BASE62, k=11))
    url = f"https://www.youtube.com/watch?v={video}"
    candidate = Candidate(service=Service.YOUTUBE, id=video, url=url, title="Liked", channel="Somebody - Topic")
    ledger.tracks.remember_source(track_id, Source(candidate=candidate, score=0.97, evidence="same title, 0.2 s off"))
    ledger.tracks.remember_fetched(
        track_id, Fetched(path="work/a.opus", size=4_000_000, service=Service.YOUTUBE, url=url, codec="opus")
    )
    ledger.tracks.remember_heard(track_id, _heard(seeded, rng))
    if ledger.sounds.words(track_id) is None:
        ledger.sounds.claim(
            track_id,
            rng.randbytes(_SOUND_BYTES),
            240.0,
            index_words=[rng.getrandbits(32) for _ in range(120)],
            is_twin=lambda _words, _duration_s: None,
        )
    ledger.tracks.finish(track_id, Filed(files=tuple(_files(track_id))))


def _heard(seeded: random.Random, rng: random.Random) -> Heard:
    return Heard(
        duration_s=240.0,
        sample_rate_hz=48_000,
        channels=2,
        codec="opus",
        lossless=False,
        tempo=Tempo(bpm=float(seeded.randrange(90, 170)), confidence=0.9),
        key=Key(name="Am", camelot="8A", open_key="1m", confidence=0.8),
        tuning_cents=0.0,
        loudness=Loudness(integrated_lufs=round(rng.uniform(-12, -6), 1), range_lu=5.0, true_peak_dbtp=-0.2),
        silence_start_s=0.0,
        silence_end_s=0.0,
        clipped_samples=0,
        dc_offset=0.0,
        energy=0.5,
        fingerprint_path="",
        peaks_path="",
    )


def _files(track_id: str) -> Sequence[Shelved]:
    return [
        Shelved(
            role="library",
            format=format_,
            path=f"/music/Unassigned/{track_id}.{format_.value}",
            size=40_000_000,
            mtime_ns=1_780_000_000_000_000_000,
            sha256="5a" * 32,
        )
        for format_ in Format
    ]
