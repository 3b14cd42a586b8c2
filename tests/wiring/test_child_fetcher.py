"""Port `Fetcher` in child processes: how long one may take, and what is passed on to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from daemon.children import Children
from daemon.errors import Protected, Transient
from daemon.models import Candidate, Service, Source
from daemon.wiring.childwork import ChildFetcher
from tests.integrations.media_world import MediaWorld, encoded, media_world


@pytest.fixture
def world() -> Iterator[MediaWorld]:
    with media_world() as opened_world:
        yield opened_world


@pytest.fixture
def children() -> Iterator[Children]:
    pool = Children(at_once=1, reuse=False)
    yield pool
    pool.stop()


def source_of(url: str, service: Service) -> Source:
    candidate = Candidate(service=service, id="x", url=url, title="Night Bus", duration_s=200.0)
    return Source(candidate=candidate, score=1.0, evidence="a test")


@pytest.mark.parametrize(("duration_s", "limit_h"), [(0.0, 0.5), (300.0, 0.83), (3 * 3600.0, 12.5), (None, 4.5)])
def test_a_long_set_may_take_long(duration_s: float | None, limit_h: float) -> None:
    assert ChildFetcher.limit_s(duration_s) / 3600 == pytest.approx(limit_h, abs=0.01)


def test_a_download_in_a_child(world: MediaWorld, children: Children, tmp_path: Path) -> None:
    access = asdict(replace(world.access, cache_dir=str(tmp_path / "cache")))
    told: list[str] = []
    done = ChildFetcher(children, access).fetch(
        source_of(world.upload().url, Service.SOUNDCLOUD),
        tmp_path / "into",
        lambda _fraction, words: told.append(words),
    )
    assert Path(done.path).read_bytes() == encoded("mp3").data
    assert told[0] == "asking SoundCloud"
    assert children.pids() == []
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["soundcloud"]  # its client id


def test_the_room_to_keep_is_passed_on(world: MediaWorld, children: Children, tmp_path: Path) -> None:
    fetcher = ChildFetcher(children, asdict(world.access), keep_free_bytes=10**18)
    with pytest.raises(Transient, match="MIN_FREE_GB") as caught:
        fetcher.fetch(source_of(world.video().url, Service.YOUTUBE), tmp_path, print)
    assert (caught.value.service, caught.value.retry_after_s) == (None, 600)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_child_is_raised_here(world: MediaWorld, children: Children, tmp_path: Path) -> None:
    url = world.upload(access="preview").url
    with pytest.raises(Protected, match="only a preview"):
        ChildFetcher(children, asdict(world.access)).fetch(source_of(url, Service.SOUNDCLOUD), tmp_path, print)
