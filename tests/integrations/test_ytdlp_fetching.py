from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import pytest

from daemon.errors import AuthExpired, DaemonError, NotFound, Protected, RateLimited, Refused, Unreachable
from daemon.models import Service
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault
from integrations.sandbox.music import Encoding
from integrations.ytdlp.fetching import fetch_audio
from integrations.ytdlp.watching import ProgressHook
from tests.integrations.media_world import DURATION_S, MediaWorld, encoded, media_world


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened_world:
        yield opened_world


def test_fetching_from_soundcloud(world: MediaWorld, tmp_path: Path) -> None:
    told: list[tuple[float | None, str]] = []
    track = world.upload()
    done = fetch_audio(
        url=track.url,
        service="soundcloud",
        into=str(tmp_path),
        access=asdict(world.access),
        progress=lambda fraction, words: told.append((fraction, words)),
    )
    sound = encoded("mp3")
    assert (tmp_path / "source.mp3").read_bytes() == sound.data
    assert (done.path, done.size) == (str(tmp_path / "source.mp3"), len(sound.data))
    assert (done.service, done.url, done.duration_s) == (Service.SOUNDCLOUD, track.url, 200.0)
    assert (done.codec, done.bitrate_kbps, done.format_id) == ("mp3", 128, "http_mp3_1_0")
    assert told[0] == (None, "asking SoundCloud")
    assert told[-1] == (1.0, f"{done.size / 1e6:.1f} of {done.size / 1e6:.1f} MB")


def test_fetching_from_youtube_takes_the_best_audio(world: MediaWorld, tmp_path: Path) -> None:
    done = world.fetch(world.video(), tmp_path)
    assert Path(done.path).read_bytes() == encoded("opus").data
    assert (Path(done.path).name, done.codec, done.format_id) == ("source.webm", "opus", "251")


def test_the_uploaders_own_file_is_preferred(world: MediaWorld, tmp_path: Path) -> None:
    done = world.fetch(world.upload(original=encoded("flac")), tmp_path)
    assert Path(done.path).read_bytes() == encoded("flac").data
    assert (Path(done.path).name, done.codec, done.format_id) == ("source.flac", "flac", "download")


def test_what_is_there_is_not_fetched_again(world: MediaWorld, tmp_path: Path) -> None:
    track = world.upload()
    first = world.fetch(track, tmp_path)
    world.log.clear()
    assert world.fetch(track, tmp_path) == first
    assert world.asked() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.json", "source.mp3"]


@pytest.mark.parametrize("damage", ["shortened", "missing", "receipt garbled"])
def test_what_is_no_longer_whole_is_fetched_again(world: MediaWorld, tmp_path: Path, damage: str) -> None:
    track = world.upload()
    source = Path(world.fetch(track, tmp_path).path)
    if damage == "shortened":
        source.write_bytes(source.read_bytes()[:-1])
    elif damage == "missing":
        source.unlink()
    else:
        (tmp_path / "source.json").write_text("{}")
    world.fetch(track, tmp_path)
    assert source.read_bytes() == encoded("mp3").data


def test_another_source_in_the_same_folder_is_not_taken_for_the_first(world: MediaWorld, tmp_path: Path) -> None:
    world.fetch(world.upload(), tmp_path)
    other = encoded("mp3").cut_to(9000)
    assert Path(world.fetch(world.upload("Other", encodings=[other]), tmp_path).path).read_bytes() == other.data


@pytest.mark.parametrize(
    ("service", "route"), [("soundcloud", "/*.mp3"), ("youtube", "/videoplayback")], ids=["soundcloud", "youtube"]
)
def test_a_broken_download_goes_on_where_it_stopped(
    world: MediaWorld, tmp_path: Path, service: str, route: str
) -> None:
    what = world.upload() if service == "soundcloud" else world.video()
    world.faults.add(service, faults.cut(100_000), route=route)
    world.faults.add(service, faults.server_error(503), route=route, times=None)
    with pytest.raises(Unreachable):
        world.fetch(what, tmp_path)
    (part,) = tmp_path.glob("*.part")
    assert part.stat().st_size > 0
    world.faults.clear()
    world.log.clear()
    done = world.fetch(what, tmp_path)
    assert [line.status for line in world.media_requests() if line.path.endswith((".mp3", "playback"))] == [206]
    assert Path(done.path).read_bytes() == encoded("mp3" if service == "soundcloud" else "opus").data


def test_a_download_that_breaks_once_is_mended_within_the_call(world: MediaWorld, tmp_path: Path) -> None:
    world.faults.add("soundcloud", faults.cut(50_000), route="/*.mp3")
    world.faults.add("soundcloud", faults.server_error(503), route="/*.mp3", times=2)
    assert Path(world.fetch(world.upload(), tmp_path).path).read_bytes() == encoded("mp3").data


def die_half_way(url: str, into: str, access: str) -> None:
    def progress(fraction: float | None, _words: str) -> None:
        if fraction is not None and fraction > 0.5:
            os.kill(os.getpid(), signal.SIGKILL)

    fetch_audio(url=url, service="soundcloud", into=into, access=json.loads(access), progress=progress)


def test_a_kill_in_the_middle_costs_only_the_rest(world: MediaWorld, tmp_path: Path) -> None:
    track = world.upload()
    program = f"import sys; from {__name__} import die_half_way; die_half_way(*sys.argv[1:])"
    child = subprocess.run(
        [sys.executable, "-c", program, track.url, str(tmp_path), json.dumps(asdict(world.access))],
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    world.log.clear()
    assert Path(world.fetch(track, tmp_path).path).read_bytes() == encoded("mp3").data
    assert [line.status for line in world.media_requests() if line.path.endswith(".mp3")] == [206]


@pytest.mark.parametrize("service", ["soundcloud", "youtube"])
def test_a_kill_behind_the_last_byte_leaves_a_part_that_is_complete(
    world: MediaWorld, tmp_path: Path, service: str
) -> None:
    what = world.upload() if service == "soundcloud" else world.video()
    sound = encoded("mp3" if service == "soundcloud" else "opus").data
    source = Path(world.fetch(what, tmp_path / "whole").path)
    part = _name_while_fetching(world, what, tmp_path / "broken", service)
    part.write_bytes(source.read_bytes())
    assert Path(world.fetch(what, part.parent).path).read_bytes() == sound
    assert not list(part.parent.glob("*.part"))


def _name_while_fetching(world: MediaWorld, what: Any, folder: Path, service: str) -> Path:
    """The `.part` that a download which never comes further leaves."""
    route = "/*.mp3" if service == "soundcloud" else "/videoplayback"
    world.faults.add(service, faults.cut(40_000), route=route)
    world.faults.add(service, faults.server_error(503), route=route, times=None)
    with pytest.raises(Unreachable):
        world.fetch(what, folder)
    world.faults.clear()
    (part,) = folder.glob("*.part")
    return part


def test_a_download_that_was_complete_but_not_yet_named_is_kept(world: MediaWorld, tmp_path: Path) -> None:
    track = world.upload()
    (tmp_path / f"Soundcloud-{track.id}-http_mp3_1_0.mp3").write_bytes(encoded("mp3").data)
    assert Path(world.fetch(track, tmp_path).path).read_bytes() == encoded("mp3").data
    assert not [line for line in world.log.of() if line.path.endswith(".mp3")]


def test_encodings_are_never_glued_together(world: MediaWorld, tmp_path: Path) -> None:
    """The best format of yesterday may not be there today, and both may be called .mp3."""
    track = world.upload(original=encoded("mp3").cut_to(120_000))
    world.faults.add("soundcloud", faults.cut(100_000), route="/original/*", times=1)
    world.faults.add("soundcloud", faults.server_error(503), route="/original/*", times=None)
    with pytest.raises(Unreachable):
        world.fetch(track, tmp_path)
    track.original = None
    assert Path(world.fetch(track, tmp_path).path).read_bytes() == encoded("mp3").data


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"access": "preview"}, Protected),
        ({"access": "protected"}, Protected),
        ({"encodings": []}, Protected),
        ({"access": "blocked"}, Refused),
        ({"status": 404}, NotFound),
        ({"status": 403}, NotFound),
        ({"status": 401}, AuthExpired),
    ],
)
def test_what_soundcloud_does_not_give(
    world: MediaWorld, tmp_path: Path, state: dict[str, Any], expected: type[DaemonError]
) -> None:
    track = world.upload(**state)
    with pytest.raises(expected) as caught:
        world.fetch(track, tmp_path)
    assert type(caught.value) is expected
    assert track.url in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_preview_is_refused_by_its_name_and_before_it_is_fetched(world: MediaWorld, tmp_path: Path) -> None:
    with pytest.raises(Protected, match="only a preview"):
        world.fetch(world.upload(access="preview"), tmp_path)
    assert not [line for line in world.log.of() if line.path.endswith(".mp3")]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"trouble": "unavailable"}, NotFound),
        ({"trouble": "private"}, NotFound),
        ({"trouble": "age"}, Refused),
        ({"trouble": "region"}, Refused),
        ({"trouble": "drm"}, Protected),
        ({"trouble": "later"}, RateLimited),
        ({"trouble": "bot"}, RateLimited),
        ({"live": True}, Refused),
    ],
)
def test_what_youtube_does_not_give(
    world: MediaWorld, tmp_path: Path, state: dict[str, Any], expected: type[DaemonError]
) -> None:
    with pytest.raises(expected) as caught:
        world.fetch(world.video(**state), tmp_path)
    assert type(caught.value) is expected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [faults.server_error(), faults.html(), faults.html(200), faults.reset()])
@pytest.mark.parametrize(
    ("service", "route"),
    [("soundcloud", "/resolve"), ("soundcloud", "/media/*"), ("soundcloud", "/*.mp3"), ("youtube", "*/player")],
)
def test_a_service_that_makes_no_sense_is_unreachable(
    world: MediaWorld, tmp_path: Path, service: str, route: str, fault: Fault
) -> None:
    world.faults.add(service, fault, route=route, times=None)
    with pytest.raises(Unreachable):
        world.fetch(world.upload() if service == "soundcloud" else world.video(), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("service", "route"), [("soundcloud", "/media/*"), ("soundcloud", "/*.mp3"), ("youtube", "/videoplayback")]
)
def test_a_rate_limit_says_how_long(world: MediaWorld, tmp_path: Path, service: str, route: str) -> None:
    world.faults.add(service, faults.rate_limited(120), route=route, times=None)
    with pytest.raises(RateLimited) as caught:
        world.fetch(world.upload() if service == "soundcloud" else world.video(), tmp_path)
    assert (caught.value.service, caught.value.retry_after_s) == (service, 120)


def test_a_list_is_no_track(world: MediaWorld, tmp_path: Path) -> None:
    world.soundcloud.like(world.listener, world.upload())
    with pytest.raises(Refused, match="is a list"):
        fetch_audio(
            url=f"{world.listener.url}/likes",
            service="soundcloud",
            into=str(tmp_path),
            access=asdict(world.access),
            progress=print,
        )


def test_only_the_services_own_extractors_are_used(world: MediaWorld, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not a link that leads to a track"):
        fetch_audio(
            url=world.upload().url, service="youtube", into=str(tmp_path), access=asdict(world.access), progress=print
        )
    assert world.asked() == []


def test_progress_is_told_by_the_per_cent() -> None:
    told: list[tuple[float | None, str]] = []
    hook = ProgressHook(lambda fraction, words: told.append((fraction, words)))
    for have in range(0, 2_000_001, 1000):
        hook({"status": "downloading", "downloaded_bytes": have, "total_bytes": 2_000_000})
    hook({"status": "finished", "downloaded_bytes": 2_000_000, "total_bytes": 2_000_000})
    assert len(told) == 101
    assert told[50] == (0.5, "1.0 of 2.0 MB")


def test_progress_without_an_end_in_sight_is_told_by_the_megabyte() -> None:
    told: list[tuple[float | None, str]] = []
    hook = ProgressHook(lambda fraction, words: told.append((fraction, words)))
    for have in range(0, 3_000_001, 1000):
        hook({"status": "downloading", "downloaded_bytes": have})
    assert told == [(None, "0.0 MB"), (None, "1.0 MB"), (None, "2.0 MB"), (None, "3.0 MB")]


@pytest.mark.parametrize("encoding", ["mp3", "opus", "m4a"])
def test_the_recording_of_these_tests_is_real(encoding: Encoding) -> None:
    with av.open(io.BytesIO(encoded(encoding).data), "r") as container:
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(DURATION_S, abs=0.2)
