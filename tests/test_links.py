"""What people paste, and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.links import (
    CollectionLink,
    FileLink,
    FolderLink,
    Link,
    ShortLink,
    TrackLink,
    Unusable,
    WebLink,
    read,
)
from daemon.links.reading import Found
from daemon.models import Service
from integrations.notion.addresses import soundcloud_track_url, spotify_track_id, youtube_video_id

SPOTIFY = "4uLU6hMCjMI75M1A2tKUQC"
VIDEO = "dQw4w9WgXcQ"
CLOUD = "https://soundcloud.com/some-one/a-track"
SPOTIFY_TRACK = TrackLink(service=Service.SPOTIFY, url=f"https://open.spotify.com/track/{SPOTIFY}", id=SPOTIFY)
CLOUD_TRACK = TrackLink(service=Service.SOUNDCLOUD, url=CLOUD)
YOUTUBE_VIDEO = TrackLink(service=Service.YOUTUBE, url=f"https://www.youtube.com/watch?v={VIDEO}", id=VIDEO)
CLOUD_SET = CollectionLink(
    service=Service.SOUNDCLOUD,
    url="https://soundcloud.com/some-one/sets/a-set",
    id="some-one/sets/a-set",
    kind="set",
)
CLOUD_LIKES = CollectionLink(
    service=Service.SOUNDCLOUD, url="https://soundcloud.com/some-one/likes", id="some-one", kind="likes"
)
YOUTUBE_LIST = CollectionLink(
    service=Service.YOUTUBE, url="https://www.youtube.com/playlist?list=PL1-a_b", id="PL1-a_b", kind="playlist"
)
SPOTIFY_ALBUM = CollectionLink(
    service=Service.SPOTIFY, url=f"https://open.spotify.com/album/{SPOTIFY}", id=SPOTIFY, kind="album"
)
SPOTIFY_PLAYLIST = CollectionLink(
    service=Service.SPOTIFY, url=f"https://open.spotify.com/playlist/{SPOTIFY}", id=SPOTIFY, kind="playlist"
)

SPELLINGS: list[tuple[Link, list[str]]] = [
    (
        SPOTIFY_TRACK,
        [
            SPOTIFY,
            f"spotify:track:{SPOTIFY}",
            f"https://open.spotify.com/track/{SPOTIFY}",
            f"https://open.spotify.com/track/{SPOTIFY}?si=abc&utm_source=x",
            f"https://open.spotify.com/intl-de/track/{SPOTIFY}?si=abc",
            f"https://open.spotify.com/intl-pt-br/track/{SPOTIFY}/",
            f"https://open.spotify.com/embed/track/{SPOTIFY}",
            f"HTTP://Open.Spotify.com/track/{SPOTIFY}#t=10",
            f"open.spotify.com/track/{SPOTIFY}",
            f' "https://open.spotify.com/track/{SPOTIFY}"\n',
            f"<https://open.spotify.com/track/{SPOTIFY}>",
            f"Here’s a song for you… Night Bus by Ana\nhttps://open.spotify.com/track/{SPOTIFY}?si=x.",
        ],
    ),
    (SPOTIFY_ALBUM, [f"spotify:album:{SPOTIFY}", f"https://open.spotify.com/intl-fr/album/{SPOTIFY}?si=1"]),
    (
        SPOTIFY_PLAYLIST,
        [
            f"spotify:playlist:{SPOTIFY}",
            f"spotify:user:me:playlist:{SPOTIFY}",
            f"https://open.spotify.com/playlist/{SPOTIFY}?pi=x",
            f"https://open.spotify.com/user/me/playlist/{SPOTIFY}",
        ],
    ),
    (
        CLOUD_TRACK,
        [
            CLOUD,
            "http://m.soundcloud.com/Some-One/A-Track/?utm_source=x#t=1:00",
            "https://www.soundcloud.com/some-one/a-track?si=abc&utm_campaign=social_sharing",
            "soundcloud.com/some-one/a-track?in=someone/sets/x",
            f"Listen to A Track by Some One on #SoundCloud {CLOUD}?si=1",
        ],
    ),
    (
        TrackLink(service=Service.SOUNDCLOUD, url=f"{CLOUD}/s-AbC"),
        [f"{CLOUD}/s-AbC", "https://m.soundcloud.com/Some-One/a-track/s-AbC?si=1"],
    ),
    (
        TrackLink(service=Service.SOUNDCLOUD, url="https://api-v2.soundcloud.com/tracks/123", id="123"),
        ["https://api.soundcloud.com/tracks/123", "https://api-v2.soundcloud.com/tracks/soundcloud%3Atracks%3A123"],
    ),
    (
        TrackLink(
            service=Service.SOUNDCLOUD, url="https://api-v2.soundcloud.com/tracks/12?secret_token=s-AbC", id="12"
        ),
        ["https://api-v2.soundcloud.com/tracks/12?secret_token=s-AbC"],
    ),
    (
        CLOUD_SET,
        ["https://soundcloud.com/some-one/sets/a-set?si=1", "http://m.soundcloud.com/Some-One/sets/A-set/"],
    ),
    (
        CollectionLink(service=Service.SOUNDCLOUD, url=f"{CLOUD_SET.url}/s-Key", id=CLOUD_SET.id, kind="set"),
        [f"{CLOUD_SET.url}/s-Key?si=1"],
    ),
    (CLOUD_LIKES, ["https://soundcloud.com/some-one/likes", "soundcloud.com/Some-One/likes/?si=1"]),
    (
        YOUTUBE_VIDEO,
        [
            f"https://www.youtube.com/watch?v={VIDEO}",
            f"https://www.youtube.com/watch?v={VIDEO}&list=PL1&index=3&t=42s",
            f"https://music.youtube.com/watch?v={VIDEO}&si=x",
            f"https://youtu.be/{VIDEO}?t=10",
            f"youtu.be/{VIDEO}",
            f"https://m.youtube.com/shorts/{VIDEO}",
            f"https://www.youtube.com/embed/{VIDEO}?rel=0",
            f"https://www.youtube-nocookie.com/embed/{VIDEO}",
            f"https://youtube.com/live/{VIDEO}?feature=share",
            f"https://youtube.com/v/{VIDEO}",
        ],
    ),
    (
        YOUTUBE_LIST,
        [
            "https://www.youtube.com/playlist?list=PL1-a_b&si=x",
            "https://music.youtube.com/playlist?list=PL1-a_b",
            "https://www.youtube.com/watch?list=PL1-a_b",
        ],
    ),
    (
        ShortLink(url="https://on.soundcloud.com/AbC9"),
        ["https://on.soundcloud.com/AbC9?x=1", "on.soundcloud.com/AbC9/"],
    ),
    (ShortLink(url="https://spotify.link/XyZ"), ["https://spotify.link/XyZ", "http://spotify.link/XyZ#a"]),
    (
        WebLink(url="https://someone.bandcamp.com/track/a?x=1&Y=2"),
        [
            "https://someone.bandcamp.com/track/a?x=1&Y=2",
            "HTTPS://Someone.Bandcamp.com/track/a?utm_source=x&x=1&fbclid=q&Y=2#t",
        ],
    ),
]
PASTED = [text for _, spellings in SPELLINGS for text in spellings]


def nowhere(_path: Path) -> Found | None:
    return None


@pytest.mark.parametrize(("link", "text"), [(link, text) for link, spellings in SPELLINGS for text in spellings])
def test_one_thing_in_all_its_spellings(link: Link, text: str) -> None:
    assert read(text, nowhere) == link


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Give a link"),
        (" \n", "Give a link"),
        ("''", "Give a link"),
        (f"https://open.spotify.com/artist/{SPOTIFY}", "artist"),
        (f"spotify:artist:{SPOTIFY}", "artist"),
        (f"https://open.spotify.com/episode/{SPOTIFY}", "Podcasts"),
        ("https://open.spotify.com/collection/tracks", "--mode all"),
        ("https://open.spotify.com/track/short", "Share"),
        ("https://open.spotify.com/", "Share"),
        ("spotify:", "Share"),
        ("https://soundcloud.com/some-one", "neither a track, a set"),
        ("https://soundcloud.com/some-one/reposts", "neither a track, a set"),
        ("https://soundcloud.com/discover/x", "neither a track, a set"),
        ("https://soundcloud.com/you/likes", "NAME/likes"),
        ("https://api.soundcloud.com/users/1", "neither a track, a set"),
        ("https://www.youtube.com/@someone", "neither a video nor a playlist"),
        ("https://www.youtube.com/watch?v=short", "neither a video nor a playlist"),
        ("https://youtu.be/", "neither a video nor a playlist"),
        ("https://www.youtube.com/playlist?list=RDabc", "mix"),
        ("https://on.soundcloud.com/", "browser"),
        ("https://[", "browser"),
        ("https://x.example:port/", "browser"),
        ("track.mp3", "“track.mp3” is neither"),
        ("example.com/track", "https://"),
        (f"{CLOUD} {CLOUD}-2", "one at a time"),
        ("file:///no/such.mp3", "neither a link nor a file"),
        ("x" * 500, "x" * 80 + "…”"),
    ],
)
def test_what_cannot_be_taken_says_what_to_give(text: str, says: str) -> None:
    link = read(text, nowhere)
    assert isinstance(link, Unusable)
    assert says in link.sentence
    assert link.sentence.endswith(".") or link.sentence.endswith(").")


def test_files_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song = tmp_path / "a b 'c'.mp3"
    song.touch()
    (tmp_path / "link.mp3").symlink_to(song)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for text in (str(song), f"'{song}'", song.as_uri(), song.name, f"~/{song.name}", f" {song}\n", "link.mp3"):
        assert read(text) == FileLink(path=song.resolve())
    for text in (str(tmp_path), tmp_path.as_uri(), ".", f"{tmp_path}/"):
        assert read(text) == FolderLink(path=tmp_path.resolve())


def test_a_file_called_like_a_site_is_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "youtu.be").mkdir()
    (tmp_path / "youtu.be" / VIDEO).touch()
    monkeypatch.chdir(tmp_path)
    assert isinstance(read(f"youtu.be/{VIDEO}"), FileLink)


@pytest.mark.parametrize("text", ["\0", "/" + "x" * 300, "~nobody-of-that-name/x"])
def test_paths_that_cannot_be_are_unusable(text: str) -> None:
    assert isinstance(read(text), Unusable)


def test_a_track_link_as_a_reference() -> None:
    assert (YOUTUBE_VIDEO.ref().alias.id, CLOUD_TRACK.ref().alias.id) == (VIDEO, CLOUD)
    assert WebLink(url="https://x.example/").ref("by-hand").found_in == "by-hand"


def spelling(link: Link) -> str | None:
    match link:
        case FileLink(path=path) | FolderLink(path=path):
            return str(path)
        case Unusable():
            return None
        case _:
            return link.url


ANYTHING = (
    st.text()
    | st.lists(
        st.sampled_from(
            "https:// http: // / ? # & = : @ . ' s- v= list= sets/ utm_x=1 soundcloud.com open.spotify.com "
            "youtube.com youtu.be on.soundcloud.com track watch x.example spotify: file: İ %2F [ ] \0 \u2100 "
            f"{SPOTIFY} {VIDEO} ".split(" ")
        ),
        max_size=12,
    ).map("".join)
    | st.builds(lambda url, more: url + more, st.sampled_from(PASTED), st.text(max_size=5))
)


@given(ANYTHING)
def test_any_text_is_understood_and_every_spelling_is_a_fixed_point(text: str) -> None:
    link = read(text, nowhere)
    again = spelling(link)
    assert again is None or read(again, nowhere) == link


@given(ANYTHING)
def test_paths_are_fixed_points_too(text: str) -> None:
    link = read(text, lambda _path: "file")
    again = spelling(link)
    assert again is None or read(again, lambda _path: "file") == link


# --- the same in Notion's columns ------------------------------------------------------------------------------------


def in_columns(text: str) -> tuple[str | None, str | None, str | None]:
    return spotify_track_id(text), soundcloud_track_url(text), youtube_video_id(text)


def in_links(text: str) -> tuple[str | None, str | None, str | None]:
    link = read(text, nowhere)
    if not isinstance(link, TrackLink):
        return None, None, None
    return (
        link.id if link.service is Service.SPOTIFY else None,
        link.url if link.service is Service.SOUNDCLOUD else None,
        link.id if link.service is Service.YOUTUBE else None,
    )


@given(
    st.sampled_from(["", " ", "https://", "http://www.", "https://m.", "https://music."]),
    st.sampled_from(
        [f"soundcloud.com/{name}" for name in ("Some-One/A-Track", "a/b/s-Key", "a/likes", "a/sets/b", "a", "a/tracks")]
        + [f"open.spotify.com/{kind}/{SPOTIFY}" for kind in ("track", "intl-de/track", "album", "playlist", "artist")]
        + [f"youtu.be/{VIDEO}", "youtu.be/short", f"youtube.com/watch?v={VIDEO}", "youtube.com/playlist?list=PL1"]
        + [f"youtube.com/{kind}/{VIDEO}" for kind in ("shorts", "embed", "live", "v", "channel")]
        + [f"example.com/watch?v={VIDEO}", SPOTIFY, f"spotify:track:{SPOTIFY}"]
    ),
    st.sampled_from(["", "/", "#t=1:00", " "]),
)
def test_a_column_of_notions_is_read_in_the_same_way(scheme: str, address: str, more: str) -> None:
    text = scheme + address + more
    assert in_links(text) == in_columns(text)
