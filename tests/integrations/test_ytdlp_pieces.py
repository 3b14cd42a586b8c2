"""Streams in pieces (HLS), as SoundCloud has them more and more; the sandbox's SoundCloud has none, so these are on a
site of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

from daemon.errors import Protected, Refused, Unreachable
from daemon.models import Fetched
from integrations.sandbox import faults
from integrations.ytdlp import leftovers
from integrations.ytdlp.fetching import fetch_audio
from tests.integrations.media_world import MediaWorld, encoded, media_world

SITE = "https://pieces.example"
URL = f"{SITE}/set.m3u8"
PIECES = 6


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened_world:
        publish(opened_world)
        yield opened_world


def publish(world: MediaWorld, *, end: str = "#EXT-X-ENDLIST", key: str = "") -> None:
    """One recording, cut in pieces at any byte: nobody decodes it before it is whole."""
    data = encoded("mp3").data
    size = len(data) // PIECES + 1
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:0", key]
    for number in range(PIECES):
        world.twin.elsewhere[f"{SITE}/{number}.mp3"] = ("audio/mpeg", data[number * size : (number + 1) * size])
        lines += ["#EXTINF:2.0,", f"{number}.mp3"]
    world.twin.elsewhere[URL] = ("application/vnd.apple.mpegurl", "\n".join([*lines, end, ""]).encode())


def fetch(world: MediaWorld, into: Path, told: list[Any] | None = None) -> Fetched:
    return fetch_audio(
        url=URL,
        service="web",
        into=str(into),
        access=asdict(world.access),
        progress=lambda fraction, words: None if told is None else told.append((fraction, words)),
    )


def pieces_asked(world: MediaWorld) -> list[str]:
    return [line.path for line in world.log.of("elsewhere", "GET") if line.path.endswith(".mp3")]


def test_the_pieces_make_one_file_and_none_is_left(world: MediaWorld, tmp_path: Path) -> None:
    told: list[Any] = []
    done = fetch(world, tmp_path, told)
    assert Path(done.path).read_bytes() == encoded("mp3").data
    assert sorted(file.name for file in tmp_path.iterdir()) == ["source.json", "source.mp4"]
    assert "3 of 6 pieces" in " ".join(words for _, words in told)
    fractions = [fraction for fraction, _ in told if fraction is not None]
    assert fractions == sorted(fractions)


def test_a_missing_piece_is_never_passed_over(world: MediaWorld, tmp_path: Path) -> None:
    """Left alone, yt-dlp calls this a success, and the recording has a hole."""
    world.faults.add("elsewhere", faults.server_error(503), route="/3.mp3", times=None)
    with pytest.raises(Unreachable):
        fetch(world, tmp_path)
    assert not (tmp_path / "source.json").exists()


def test_a_piece_that_fails_twice_is_asked_for_again(world: MediaWorld, tmp_path: Path) -> None:
    world.faults.add("elsewhere", faults.server_error(503), route="/3.mp3", times=2)
    assert Path(fetch(world, tmp_path).path).read_bytes() == encoded("mp3").data


def break_off(world: MediaWorld, folder: Path) -> Path:
    """A download that came to the fourth piece; answers yt-dlp's book of pieces."""
    world.faults.add("elsewhere", faults.server_error(503), route="/3.mp3", times=None)
    with pytest.raises(Unreachable):
        fetch(world, folder)
    world.faults.clear()
    world.log.clear()
    (book,) = folder.glob("*.ytdl")
    return book


@pytest.mark.parametrize(
    "killed", ["between two pieces", "before the book was kept", "while the book was written", "behind the last piece"]
)
def test_wherever_it_is_killed_no_piece_is_there_twice_or_fetched_twice(
    world: MediaWorld, tmp_path: Path, killed: str
) -> None:
    book = break_off(world, tmp_path)
    if killed == "before the book was kept":
        book.write_text(json.dumps({"downloader": {"current_fragment": {"index": 2}}}))
    elif killed == "while the book was written":
        book.write_text("")
    elif killed == "behind the last piece":
        book.unlink()
    assert Path(fetch(world, tmp_path).path).read_bytes() == encoded("mp3").data
    assert pieces_asked(world) == ["/3.mp3", "/4.mp3", "/5.mp3"]


def test_pieces_of_another_recording_are_not_taken(world: MediaWorld, tmp_path: Path) -> None:
    break_off(world, tmp_path)
    mark = tmp_path / "begun.json"
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "duration": 11.0}))
    fetch(world, tmp_path)
    assert len(pieces_asked(world)) == PIECES


def test_a_mark_is_never_seen_half_written(tmp_path: Path) -> None:
    """Half a mark would be another recording's, and what was fetched would go."""
    part, info = tmp_path / "1.mp3.part", {"webpage_url": "https://example.invalid/1", "protocol": "https"}
    part.write_bytes(b"begun")
    leftovers.mark(tmp_path, info)
    with (tmp_path / "begun.json").open() as before:
        leftovers.mark(tmp_path, {**info, "duration": 11.0})
        assert json.load(before)["duration"] is None, "it was put aside whole, not written over"
    (tmp_path / "begun.json.new").write_text('{"webpage')  # killed here, the next time
    leftovers.make_ready(tmp_path, {**info, "duration": 11.0})
    assert leftovers.taken_so_far(tmp_path) == len(b"begun")


def test_a_stream_without_an_end_is_refused(world: MediaWorld, tmp_path: Path) -> None:
    publish(world, end="")
    with pytest.raises(Refused, match="live"):
        fetch(world, tmp_path)
    assert pieces_asked(world) == []


@pytest.mark.parametrize("format_", ["com.apple.streamingkeydelivery", "com.microsoft.playready"])
def test_protected_pieces_are_left_alone(
    world: MediaWorld, tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(world, key=f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://key",KEYFORMAT="{format_}"')
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Protected):
        fetch(world, tmp_path)
    assert pieces_asked(world) == []


def test_pieces_with_a_plain_key_are_opened_without_another_program(
    world: MediaWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AES-128 with a key that is handed to everybody: no copy protection."""
    monkeypatch.setenv("PATH", "/nowhere")
    key, vector = bytes(range(16)), bytes(16)
    publish(world, key=f'#EXT-X-KEY:METHOD=AES-128,URI="{SITE}/key",IV=0x{vector.hex()}')
    world.twin.elsewhere[f"{SITE}/key"] = ("application/octet-stream", key)
    for number in range(PIECES):
        kind, data = world.twin.elsewhere[f"{SITE}/{number}.mp3"]
        closed = AES.new(key, AES.MODE_CBC, vector).encrypt(pad(data, AES.block_size))
        world.twin.elsewhere[f"{SITE}/{number}.mp3"] = (kind, closed)
    assert Path(fetch(world, tmp_path).path).read_bytes() == encoded("mp3").data


def test_pieces_that_only_ffmpeg_can_open(world: MediaWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(FFmpegPostProcessor, "_version_cache", {})
    publish(world, key=f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{SITE}/key"')
    with pytest.raises(Refused, match="Install ffmpeg"):
        fetch(world, tmp_path)
    assert pieces_asked(world) == []
