"""Real files, with the tags that other programs write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.wave
import pytest

from daemon.errors import BadMedia, NotFound, Refused, Transient
from daemon.models import Alias, Candidate, Service, Source, Track, TrackRef
from daemon.ports import Catalogue, Fetcher
from integrations.localfiles import LocalFiles, audio_files, content_id, file_ref, folder_items, named
from integrations.sandbox.music import Encoding
from tests.integrations.media_world import DURATION_S, encoded

FILES = LocalFiles()


def song(folder: Path, name: str = "Ana - Night Bus.mp3") -> Path:
    kind: Encoding = "opus" if name.endswith("opus") else name.rpartition(".")[2].lower()  # type: ignore[assignment]
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encoded(kind).data)
    return file


def describe(file: Path) -> Track:
    catalogue: Catalogue = FILES
    return catalogue.describe(file_ref(file))


def source_of(ref: TrackRef) -> Source:
    candidate = Candidate(service=ref.service, id=ref.id, url=ref.url, title="T", duration_s=DURATION_S)
    return Source(candidate=candidate, score=1.0, evidence="the very file")


# --- who a file is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Ana - Night Bus.mp3", "Ana - Night Bus.m4a", "Ana - Night Bus.flac"])
def test_a_file_without_tags_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    track = describe(song(tmp_path, name))
    assert (track.artists, track.title) == (("Ana",), "Night Bus")
    assert track.duration_s == pytest.approx(DURATION_S, abs=0.2)


def test_the_tags_win_over_the_name(tmp_path: Path) -> None:
    file = song(tmp_path, "Somebody - Something.flac")
    tags = mutagen.flac.FLAC(file)
    tags.update({"title": "Night Bus", "artist": ["Ana", "Ben"], "album": "Depot", "genre": "House", "isrc": "DEA1"})
    tags.save()
    ref = file_ref(file)
    track = FILES.describe(ref)
    assert track == Track(
        title="Night Bus",
        artists=("Ana", "Ben"),
        album="Depot",
        genre="House",
        isrc="DEA1",
        duration_s=track.duration_s,
        aliases=(Alias(service=Service.FILE, id=ref.id),),
    )


def test_a_title_without_an_artist_is_not_mixed_with_the_name(tmp_path: Path) -> None:
    file = song(tmp_path, "Somebody - Something.m4a")
    tags = mutagen.mp4.MP4(file)
    tags["\xa9nam"] = "Night Bus"
    tags.save()
    assert (describe(file).artists, describe(file).title) == ((), "Night Bus")


def test_a_wav_is_tagged_under_other_names(tmp_path: Path) -> None:
    file = song(tmp_path, "x.wav")
    tags = mutagen.wave.WAVE(file)
    tags.add_tags()
    frames: Any = tags.tags
    frames.add(mutagen.id3.TIT2(encoding=3, text="Night Bus"))
    frames.add(mutagen.id3.TPE1(encoding=3, text=["Ana", "Ben"]))
    tags.save()
    assert (describe(file).artists, describe(file).title) == (("Ana", "Ben"), "Night Bus")


@pytest.mark.parametrize(
    ("stem", "artist", "title"),
    [
        ("Ana - Night Bus", "Ana", "Night Bus"),
        ("Ana – Night Bus – Live", "Ana", "Night Bus – Live"),
        ("01 - Ana - Night Bus", "Ana", "Night Bus"),
        ("01. Night Bus", None, "Night Bus"),
        ("99 Luftballons", None, "99 Luftballons"),
        ("Ana_-_Night_Bus", "Ana", "Night Bus"),
        ("night-bus", None, "night-bus"),
        (" - ", None, "-"),
        ("12. ", None, "12."),
        ("___", None, "___"),
    ],
)
def test_names_of_files(stem: str, artist: str | None, title: str) -> None:
    assert named(stem) == (artist, title)


@pytest.mark.parametrize("content", [b"", b"no audio at all", b"\xff\xfb\x90" + b"\0" * 8, b"RIFF\0\0\0\0WAVE"])
@pytest.mark.parametrize("name", ["x.mp3", "x.wav", "x.txt"])
def test_what_is_no_audio_is_bad_media(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(BadMedia, match=name):
        describe(file)


# --- which file it is ------------------------------------------------------------------------------------------------


def test_a_moved_and_renamed_file_is_the_same(tmp_path: Path) -> None:
    before = file_ref(song(tmp_path))
    after = file_ref(song(tmp_path, "elsewhere/other.mp3"))
    assert before.id == after.id
    assert before.url != after.url


@pytest.mark.parametrize("size", [0, 1, 70_000, 1_048_576, 1_048_577, 5_000_000])
def test_every_size_has_its_own_id_and_a_change_at_either_end_shows(tmp_path: Path, size: int) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(bytes(size))
    ids = {content_id(file)}
    for place in {0, max(0, size - 1), size // 2 // 65_536 * 65_536} if size <= 1_048_576 else {0, size - 1}:
        content = bytearray(size or 1)
        content[place] = 1
        file.write_bytes(content)
        ids.add(content_id(file))
    file.write_bytes(bytes(size + 1))
    ids.add(content_id(file))
    assert len(ids) >= (4 if size > 65_536 else 3)


def test_a_long_file_with_a_silent_beginning_and_end_is_told_from_its_like(tmp_path: Path) -> None:
    silence = bytes(1_000_000)
    one, other = tmp_path / "one.wav", tmp_path / "other.wav"
    one.write_bytes(silence + b"a" * 3_000_000 + silence)
    other.write_bytes(silence + b"b" * 3_000_000 + silence)
    assert content_id(one) != content_id(other)


# --- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_in_order_without_what_is_hidden_linked_or_no_audio(tmp_path: Path) -> None:
    inside, outside = tmp_path / "crate", tmp_path / "outside"
    wanted = ["b.mp3", "C.MP3", "A side/1.flac", "b side/deeper/1.mp3"]
    for name in [*wanted, ".hidden.mp3", "._b.mp3", ".trash/1.mp3", "b side/cover.mp3.jpg"]:
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).touch()
    outside.mkdir()
    (outside / "theirs.mp3").touch()
    (inside / "linked.mp3").symlink_to(outside / "theirs.mp3")
    (inside / "linked folder").symlink_to(outside, target_is_directory=True)
    (inside / "circle").symlink_to(inside, target_is_directory=True)
    assert [str(file.relative_to(inside)) for file in audio_files(inside)] == wanted


def test_a_folders_tracks_each_once_under_its_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    crate = tmp_path / "Deep Cuts"
    first = song(crate, "a.mp3")
    song(crate, "copy.mp3")
    song(crate, "z.flac")
    locked = song(crate, "locked.wav")
    locked.chmod(0)
    refs = list(folder_items(crate))
    readable = os.access(locked, os.R_OK)  # root reads everything
    assert len(refs) == (3 if readable else 2)
    assert refs[0] == TrackRef(
        service=Service.FILE, id=content_id(first), url=first.as_uri(), found_in="url", playlist="Deep Cuts"
    )
    assert readable or "locked.wav" in caplog.text


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        list(audio_files(tmp_path / "nowhere"))
    with pytest.raises(NotFound):
        list(audio_files(song(tmp_path)))


# --- a copy to work on -----------------------------------------------------------------------------------------------


def test_a_copy_is_taken_and_the_persons_file_stays_as_it_was(tmp_path: Path) -> None:
    file = song(tmp_path / "crate ä #1", "Ana - Night Bus.MP3")
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_nlink)
    work = tmp_path / "work"
    work.mkdir()
    said: list[tuple[float | None, str]] = []
    fetcher: Fetcher = FILES
    fetched = fetcher.fetch(source_of(file_ref(file)), work, lambda *report: said.append(report))
    assert Path(fetched.path) == work / "source.mp3"
    assert Path(fetched.path).read_bytes() == before[0]
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_nlink) == before
    assert (fetched.size, fetched.service, fetched.codec) == (len(before[0]), Service.FILE, "mp3")
    assert fetched.bitrate_kbps == pytest.approx(128, rel=0.2)
    assert said[0][0] == pytest.approx(1.0)
    assert sorted(path.name for path in work.iterdir()) == ["source.mp3"]


def test_a_file_that_changed_meanwhile_is_not_taken_for_the_one_that_was_given(tmp_path: Path) -> None:
    file = song(tmp_path)
    ref = file_ref(file)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(BadMedia, match="has changed"):
        FILES.fetch(source_of(ref), tmp_path, lambda *_: None)


def test_a_file_that_went_away(tmp_path: Path) -> None:
    ref = file_ref(song(tmp_path))
    (tmp_path / "Ana - Night Bus.mp3").unlink()
    with pytest.raises(NotFound, match="Night Bus"):
        FILES.describe(ref)
    with pytest.raises(NotFound, match="Night Bus"):
        FILES.fetch(source_of(ref), tmp_path, lambda *_: None)
    with pytest.raises(NotFound):
        file_ref(tmp_path / "Ana - Night Bus.mp3")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a Linux device that is always full")
def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    ref = file_ref(song(tmp_path))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "source.mp3.part").symlink_to("/dev/full")
    with pytest.raises(Transient, match="no room"):
        FILES.fetch(source_of(ref), tmp_path / "work", lambda *_: None)


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        file_ref(tmp_path)
