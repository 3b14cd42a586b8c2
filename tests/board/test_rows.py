"""What stands in a track's row, value by value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.board.rows import keys_of, row_of
from daemon.ledger.tracks import TrackRow
from daemon.models import (
    Alias,
    Candidate,
    Fetched,
    Format,
    Heard,
    Key,
    Loudness,
    Service,
    Shelved,
    Source,
    Status,
    Tempo,
    Track,
    Weighed,
)

NOON = 1_800_000_000.0  # 2027-01-15 08:00 UTC
VIDEO = "https://www.youtube.com/watch?v=nightferry1"

TRACK = Track(
    title="Night Ferry",
    artists=("Ada Reyes", "Kilo Nine"),
    album="Crossings",
    duration_s=215.04,
    isrc="QZSBX2400021",
    genre="House",
    release_date="2024-03-01",
    artwork_url="https://i.scdn.co/image/cover21",
    aliases=(Alias(service=Service.SPOTIFY, id="4uLU6hMCjMI75M1A2tKUQC"),),
    urls={Service.SPOTIFY: "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"},
)
HEARD = Heard(
    duration_s=215.0,
    sample_rate_hz=48_000,
    channels=2,
    codec="opus",
    lossless=False,
    tempo=Tempo(bpm=126.02, confidence=0.914),
    key=Key(name="Am", camelot="8A", open_key="1m", confidence=0.8),
    tuning_cents=0.0,
    loudness=Loudness(integrated_lufs=-9.04, range_lu=6.0, true_peak_dbtp=-0.5),
    silence_start_s=0.0,
    silence_end_s=0.0,
    clipped_samples=0,
    dc_offset=0.0,
    energy=0.7,
    fingerprint_path="f",
    peaks_path="p",
)
DONE = TrackRow(
    id="t1",
    track=TRACK,
    found_in="spotify-liked",
    playlist=None,
    status=Status.DONE,
    reason=None,
    attempt=1,
    duplicate_of=None,
    source=Source(
        candidate=Candidate(service=Service.YOUTUBE, id="nightferry1", url=VIDEO, title="Night Ferry"),
        score=0.957,
        evidence="title 100%; from Ada Reyes - Topic",
    ),
    fetched=Fetched(path="s", size=1, service=Service.YOUTUBE, url=VIDEO, codec="opus", bitrate_kbps=128.4),
    heard=HEARD,
    not_before=None,
    created_at=NOON,
    updated_at=NOON + 61.5,
)
SEEN_ONLY = replace(DONE, status=Status.QUEUED, source=None, fetched=None, heard=None)


def row(track_row=DONE, files=(), eagle_id=None, fingerprint=None):
    return row_of(track_row, files, eagle_id, fingerprint)


def shelved(format_, path, role="library"):
    return Shelved(role=role, format=format_, path=path, size=1, mtime_ns=1, sha256="5a")


def test_a_filed_track_fills_every_column_that_we_have():
    files = [shelved(format_, f"/music/Night Ferry.{format_}") for format_ in Format]
    assert row(DONE, files, "EAGLE1", "AAAA") == {
        "Title": "Night Ferry",
        "Artist Name": "Ada Reyes, Kilo Nine",
        "Album": "Crossings",
        "Source": "spotify-liked",
        "Spotify ID": "4uLU6hMCjMI75M1A2tKUQC",
        "Spotify URL": "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC",
        "SoundCloud URL": None,
        "YouTube URL": None,
        "ISRC": "QZSBX2400021",
        "Duration (s)": 215.0,
        "Genre": "House",
        "Image URL": "https://i.scdn.co/image/cover21",
        "Release Date": "2024-03-01",
        "DateAdded": "2027-01-15T08:00:00+00:00",
        "Status": "Done",
        "Downloaded": True,
        "Processed At": "2027-01-15T08:01:00+00:00",
        "Sync Error": None,
        "Eagle File ID": "EAGLE1",
        "Download Source": f"youtube: {VIDEO}",
        "Source Quality": "lossy: opus 128k, 48 kHz",
        "Match Evidence": "0.96: title 100%; from Ada Reyes - Topic",
        "BPM": 126.02,
        "BPM Confidence": 0.91,
        "Key": "Am",
        "Camelot": "8A",
        "Loudness (LUFS)": -9.0,
        "M4A File Path": "/music/Night Ferry.m4a",
        "WAV File Path": "/music/Night Ferry.wav",
        "AIFF File Path": "/music/Night Ferry.aiff",
        "Fingerprint": "AAAA",
    }


def test_what_is_not_known_is_said_by_none_and_never_by_an_empty_text():
    nameless = replace(SEEN_ONLY, track=Track(title="", urls={Service.SOUNDCLOUD: "https://soundcloud.com/a/b"}))
    given = {column: value for column, value in row(nameless).items() if value is not None}
    assert given == {
        "Source": "spotify-liked",
        "SoundCloud URL": "https://soundcloud.com/a/b",
        "DateAdded": "2027-01-15T08:00:00+00:00",
        "Status": "Queued",
        "Downloaded": False,
    }


@pytest.mark.parametrize(
    ("told", "shown"),
    [(None, None), ("2024", "2024-01-01"), ("2024-03", "2024-03-01"), ("2024-03-17", "2024-03-17")],
)
def test_a_release_date_is_a_whole_day_however_exact_it_was_told(told, shown):
    assert row(replace(DONE, track=replace(TRACK, release_date=told)))["Release Date"] == shown


@pytest.mark.parametrize(
    ("status", "shows_reason", "is_processed", "is_downloaded"),
    [
        (Status.QUEUED, True, False, False),
        (Status.PROCESSING, False, False, False),
        (Status.DONE, False, True, True),
        (Status.DUPLICATE, True, True, False),
        (Status.METADATA_ONLY, True, True, False),
        (Status.NEEDS_REVIEW, True, True, False),
        (Status.FAILED, True, True, False),
    ],
)
def test_how_each_status_shows(status, shows_reason, is_processed, is_downloaded):
    shown = row(replace(DONE, status=status, reason="because"))
    assert shown["Status"] == status.value
    assert shown["Sync Error"] == ("because" if shows_reason else None)
    assert (shown["Processed At"] is not None) is is_processed
    assert shown["Downloaded"] is is_downloaded


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"tempo": None}, "BPM"),
        ({"tempo": None}, "BPM Confidence"),
        ({"key": None}, "Key"),
        ({"key": None}, "Camelot"),
        ({"loudness": Loudness(integrated_lufs=None, range_lu=None, true_peak_dbtp=None)}, "Loudness (LUFS)"),
    ],
)
def test_what_the_ears_could_not_tell_is_left_out(changed, column):
    assert row(replace(DONE, heard=replace(HEARD, **changed)))[column] is None


@pytest.mark.parametrize("order", [1, -1])
def test_a_path_is_the_librarys_before_any_inbox(order):
    files = [
        shelved(Format.M4A, "/music/a.m4a"),
        shelved(Format.M4A, "/dj/auto-import/a.m4a", role="backup"),
        shelved(Format.WAV, "/player/auto-add/a.wav", role="wav_backup"),
    ]
    shown = row(DONE, files[::order])
    assert shown["M4A File Path"] == "/music/a.m4a"
    assert shown["WAV File Path"] == "/player/auto-add/a.wav", "delivered, and nowhere else"
    assert shown["AIFF File Path"] is None


def test_what_was_flagged_stands_beside_the_quality():
    odd = replace(DONE, heard=replace(HEARD, flags=("clipped", "sudden silence of 2.0 s at 1:03")))
    assert row(odd)["Source Quality"] == "lossy: opus 128k, 48 kHz; sudden silence of 2.0 s at 1:03"


def test_who_is_asked_sees_what_there_is_to_choose_from():
    def weighed(number, verdict):
        url = f"https://youtu.be/{number}"
        place = Candidate(service=Service.YOUTUBE, id=number, url=url, title=f"Take {number}", channel="Ada")
        return Weighed(candidate=place, score=0.7, verdict=verdict, evidence="length +8 s")

    one, two = weighed("1", "ask"), weighed("2", "decline")
    asked = replace(SEEN_ONLY, status=Status.NEEDS_REVIEW, weighed=(one, two))
    assert row(asked)["Match Evidence"] == "1. Take 1 (Ada) https://youtu.be/1: length +8 s"


def test_a_row_is_found_again_by_every_address_that_it_has():
    track = replace(TRACK, urls={**TRACK.urls, Service.SOUNDCLOUD: "https://soundcloud.com/a/b"})
    assert keys_of(row(replace(DONE, track=track))) == {
        "Spotify ID": "4uLU6hMCjMI75M1A2tKUQC",
        "SoundCloud URL": "https://soundcloud.com/a/b",
    }
    nameless = replace(DONE, track=Track(title="A"))
    assert list(keys_of(row(nameless))) == ["Download Source"], "a file, a page: where its sound came from"
    assert keys_of(row(replace(nameless, fetched=None))) == {}


def test_a_second_that_passes_is_no_change():
    assert row(replace(DONE, updated_at=DONE.updated_at + 20)) == row()
