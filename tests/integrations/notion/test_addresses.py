"""What people paste into address columns."""

from __future__ import annotations

import pytest

from integrations.notion.addresses import soundcloud_track_url, spotify_track_id, youtube_video_id

SPOTIFY = "4uLU6hMCjMI75M1A2tKUQC"
VIDEO = "dQw4w9WgXcQ"
CLOUD = "https://soundcloud.com/some-one/a-track"


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        (SPOTIFY, SPOTIFY),
        (f" {SPOTIFY} ", SPOTIFY),
        (f"spotify:track:{SPOTIFY}", SPOTIFY),
        (f"https://open.spotify.com/track/{SPOTIFY}?si=abc", SPOTIFY),
        (f"https://open.spotify.com/intl-de/track/{SPOTIFY}", SPOTIFY),
        (f"open.spotify.com/track/{SPOTIFY}", SPOTIFY),
        (f"https://open.spotify.com/album/{SPOTIFY}", None),
        (f"https://spotify.example/track/{SPOTIFY}", None),
        ("https://[", None),
        ("", None),
        (None, None),
    ],
)
def test_spotify(pasted: str | None, expected: str | None) -> None:
    assert spotify_track_id(pasted) == expected


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        (CLOUD, CLOUD),
        ("http://m.soundcloud.com/Some-One/A-Track/?utm_source=x#t=1:00", CLOUD),
        ("soundcloud.com/some-one/a-track?in=someone/sets/x", CLOUD),
        (f"{CLOUD}/s-AbC", f"{CLOUD}/s-AbC"),
        ("https://soundcloud.com/some-one", None),
        ("https://soundcloud.com/some-one/likes", None),
        ("https://soundcloud.com/some-one/sets/a-set", None),
        ("https://example.com/some-one/a-track", None),
        (None, None),
    ],
)
def test_soundcloud(pasted: str | None, expected: str | None) -> None:
    assert soundcloud_track_url(pasted) == expected


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        (f"https://www.youtube.com/watch?v={VIDEO}&list=PL1", VIDEO),
        (f"https://music.youtube.com/watch?v={VIDEO}", VIDEO),
        (f"https://youtu.be/{VIDEO}?t=10", VIDEO),
        (f"https://m.youtube.com/shorts/{VIDEO}", VIDEO),
        ("https://www.youtube.com/watch?v=short", None),
        ("https://www.youtube.com/playlist?list=PL1", None),
        (f"https://example.com/watch?v={VIDEO}", None),
        (None, None),
    ],
)
def test_youtube(pasted: str | None, expected: str | None) -> None:
    assert youtube_video_id(pasted) == expected
