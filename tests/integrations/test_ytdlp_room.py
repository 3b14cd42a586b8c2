"""What a download leaves alone: the room that is to stay free, and the person's cookies."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from daemon.errors import DaemonError, Transient, Unreachable
from integrations.sandbox import faults
from integrations.ytdlp.fetching import fetch_audio
from integrations.ytdlp.options import BLOCK_BYTES, Access
from integrations.ytdlp.session import opened, sweep
from integrations.ytdlp.watching import ProgressHook, Room, Watch
from tests.integrations.media_world import MediaWorld, encoded, media_world

GB = 10**9
COOKIES = "# Netscape HTTP Cookie File\n\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\tsecret\n"


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened_world:
        yield opened_world


def fetch(
    world: MediaWorld, url: str, into: Path, *, keep_free_bytes: int = 0, progress: Any = None, **changes: Any
) -> Path:
    done = fetch_audio(
        url=url,
        service="youtube" if "youtube" in url else "soundcloud",
        into=str(into),
        access=asdict(replace(world.access, **changes)),
        progress=progress or (lambda _fraction, _words: None),
        keep_free_bytes=keep_free_bytes,
    )
    return Path(done.path)


def assert_full(error: DaemonError, into: Path) -> None:
    """The person is told which setting, which folder and what to do; no service is blamed."""
    assert type(error) is Transient
    assert (error.service, error.retry_after_s) == (None, 600)
    assert "MIN_FREE_GB" in str(error)
    assert "VAR_DIR" in str(error)
    assert "Make room" in str(error)


# --- room ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "keep", "need", "fits"),
    [
        (10 * GB, 2 * GB, 0, True),
        (10 * GB, 2 * GB, 8 * GB, True),
        (10 * GB, 2 * GB, 8 * GB + 1, False),
        (2 * GB, 2 * GB, 0, True),
        (2 * GB - 1, 2 * GB, 0, False),
        (2 * GB, 2 * GB, -1, True),
        (0, 0, 8 * GB, True),
    ],
)
def test_what_fits(tmp_path: Path, free: int, keep: int, need: int, fits: bool) -> None:
    room = Room(tmp_path, keep, url="the track", service="youtube", free=lambda _folder: free)
    if fits:
        room.look(need)
        return
    with pytest.raises(Transient) as caught:
        room.look(need)
    assert_full(caught.value, tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert f"{free / GB:.2f} GB free" in str(caught.value)


def test_a_download_that_does_not_fit_is_not_begun(
    world: MediaWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = world.video()
    disk(monkeypatch, lambda: 5 * GB + len(encoded("opus").data) - 1)
    with pytest.raises(Transient) as caught:
        fetch(world, video.url, tmp_path, keep_free_bytes=5 * GB)
    assert_full(caught.value, tmp_path)
    assert not [line for line in world.media_requests() if line.path == "/videoplayback"]


def test_what_is_there_already_needs_no_room(
    world: MediaWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = world.video()
    world.faults.add("youtube", faults.cut(5 * BLOCK_BYTES), route="/videoplayback")
    world.faults.add("youtube", faults.server_error(), route="/videoplayback", times=6)
    with pytest.raises(Unreachable):
        fetch(world, video.url, tmp_path)
    world.faults.clear()
    disk(monkeypatch, lambda: 5 * GB + len(encoded("opus").data) - 4 * BLOCK_BYTES)
    assert fetch(world, video.url, tmp_path, keep_free_bytes=5 * GB).read_bytes() == encoded("opus").data


def test_a_disk_that_fills_up_meanwhile_stops_it_and_the_part_stays(
    world: MediaWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = world.upload()
    looks = iter(range(10**6))
    disk(monkeypatch, lambda: 9 * GB if next(looks) < 4 else 4 * GB)
    with pytest.raises(Transient) as caught:
        fetch(world, track.url, tmp_path, keep_free_bytes=5 * GB)
    assert_full(caught.value, tmp_path)
    (part,) = tmp_path.glob("*.part")
    assert 0 < part.stat().st_size < len(encoded("mp3").data)
    disk(monkeypatch, lambda: 9 * GB)
    world.log.clear()
    assert fetch(world, track.url, tmp_path, keep_free_bytes=5 * GB).read_bytes() == encoded("mp3").data
    assert [line.status for line in world.media_requests() if line.path.endswith(".mp3")] == [206]


def disk(monkeypatch: pytest.MonkeyPatch, free: Any) -> None:
    """A disk of which so much is free."""
    there = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: there._replace(free=free()))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MB. Only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_real_disk_that_is_full(world: MediaWorld, small_disk: Path) -> None:
    track = world.upload(original=encoded("wav"))
    assert len(encoded("wav").data) > 2_000_000
    with pytest.raises(Transient) as caught:
        fetch(world, track.url, small_disk / "track")
    assert_full(caught.value, small_disk)
    (part,) = (small_disk / "track").glob("*.part")
    assert part.stat().st_size > 900_000


def test_a_real_disk_is_never_filled_further_than_allowed(world: MediaWorld, small_disk: Path) -> None:
    track = world.upload(original=encoded("wav"))
    with pytest.raises(Transient) as caught:
        fetch(world, track.url, small_disk / "track", keep_free_bytes=500_000)
    assert_full(caught.value, small_disk)
    assert shutil.disk_usage(small_disk).free >= 500_000


@pytest.mark.parametrize("live", [{"is_live": True}, {"live_status": "post_live"}])
def test_what_turns_out_to_be_live_is_refused_before_the_first_byte(tmp_path: Path, live: dict[str, Any]) -> None:
    watch = Watch(tmp_path, Room(tmp_path, 0, url="x", service="web"), url="x", service="web")
    watch.before(live, incomplete={"format"})
    with pytest.raises(DaemonError, match="live"):
        watch.before(live)


# --- a slow line is no dead one --------------------------------------------------------------------------------------


def test_a_slow_line_is_told_of_every_ten_seconds_and_a_dead_one_is_not() -> None:
    told: list[str] = []
    now_s = 0.0
    hook = ProgressHook(lambda _fraction, words: told.append(words), clock=lambda: now_s)
    for have, after_s in [(1000, 0), (2000, 4), (3000, 5), (4000, 1), (4000, 60), (5000, 1)]:
        now_s += after_s
        hook({"status": "downloading", "downloaded_bytes": have, "total_bytes": 10**9})
    assert len(told) == 3  # at 0, 10 and 71 s


# --- cookies ---------------------------------------------------------------------------------------------------------


def cookies_file(folder: Path) -> Path:
    file = folder / "cookies.txt"
    file.write_text(COOKIES)
    return file


def test_the_copy_is_made_where_we_say_for_us_alone(tmp_path: Path) -> None:
    scratch = tmp_path / "var" / "scratch"
    access = Access(cookies_file=str(cookies_file(tmp_path)), scratch_dir=str(scratch))
    with opened(access, "youtube", extractors=("youtube",)) as session:
        copy = Path(session.ydl.params["cookiefile"])
        assert copy.parent.parent == scratch
        assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert list(scratch.iterdir()) == []
    assert (tmp_path / "cookies.txt").read_text() == COOKIES


def test_a_downloads_copy_lies_in_its_own_folder(world: MediaWorld, tmp_path: Path) -> None:
    into = tmp_path / "into"
    seen: set[str] = set()

    def look(_fraction: float | None, _words: str) -> None:
        seen.update(file.name for file in into.rglob("cookies.txt"))

    elsewhere = str(tmp_path / "scratch")
    fetch(
        world,
        world.upload().url,
        into,
        progress=look,
        cookies_file=str(cookies_file(tmp_path)),
        scratch_dir=elsewhere,
    )
    assert seen == {"cookies.txt"}
    assert sorted(file.name for file in into.iterdir()) == ["source.json", "source.mp3"]
    assert not Path(elsewhere).exists()


def killed_copy(folder: Path) -> Path:
    """What a killed run leaves."""
    left = folder / "cratekeeper-ytdlp-abc123"
    left.mkdir(parents=True)
    (left / "cookies.txt").write_text(COOKIES)
    return left


def test_what_killed_runs_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    left = killed_copy(tmp_path)
    other = tmp_path / "audio.part"
    other.write_bytes(b"x")
    sweep(tmp_path)
    assert not left.exists()
    assert other.exists()
    sweep(tmp_path / "never made")


def test_the_next_try_clears_up_after_a_killed_one(world: MediaWorld, tmp_path: Path) -> None:
    left = killed_copy(tmp_path)
    fetch(world, world.upload().url, tmp_path)
    assert not left.exists()
