"""kill -9 in the middle of a download, the way the program does it: `ChildFetcher`, real processes, real yt-dlp.

The sandbox's server holds the line behind a given byte, so that the middle is the same place every time, and counts
every byte of audio that it sends.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from daemon.children import Children
from daemon.errors import Transient
from daemon.models import Candidate, Service, Source
from daemon.wiring.childwork import ChildFetcher
from integrations.sandbox.encoded import Encoded
from integrations.sandbox.faults import Faults
from integrations.sandbox.media import MediaTwin, system_of
from integrations.sandbox.server import Authority, RequestLog, Server
from integrations.sandbox.youtube import EXTRACTOR_ARGS
from integrations.ytdlp.options import BLOCK_BYTES, Access
from tests.integrations.media_world import encoded

pytestmark = pytest.mark.torture

TIMES = 8
"""So often the sound of twelve seconds stands in the file; nobody decodes it here."""
HELD_AT = 25 * BLOCK_BYTES
PIECES = 8
WITHIN_S = 20
MEDIA = ("cf-media", "googlevideo", ".seg.")
"""In the address of what is audio."""


@dataclass
class Line:
    """What the media hosts sent, and where the line is held."""

    sent: list[int] = field(default_factory=list)
    """Bytes of audio, one entry a request, in order."""
    asked: list[str] = field(default_factory=list)
    """The Range of each, or nothing."""
    hold_at: int | None = None
    """So many bytes of audio in all go through, and then none until `let_go`."""
    held: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def let_go(self) -> None:
        self.hold_at = None
        self.free.set()

    @property
    def served(self) -> int:
        return sum(self.sent)


class Counted:
    """A connection that counts what it sends, and stands still where the line is held."""

    def __init__(self, connection, line):
        self._connection = connection
        self._line = line

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def sendall(self, data):
        line = self._line
        rest = memoryview(data)
        while rest:
            room = len(rest) if line.hold_at is None else min(len(rest), line.hold_at - line.served)
            if room == 0:
                line.held.set()
                line.free.wait(WITHIN_S)
                raise OSError("the line was held, and then given up")
            self._connection.sendall(rest[:room])
            line.sent[-1] += room
            rest = rest[room:]


class CountingServer(Server):
    """Counts the answers of the media hosts; heads and everything else go by uncounted."""

    line: Line

    def _reply(self, connection, request):
        if request.method != "GET" or not any(word in request.host + request.path for word in MEDIA):
            super()._reply(connection, request)
            return
        self.line.sent.append(0)
        self.line.asked.append(request.headers.get("range", ""))
        counted: Any = _AfterTheHead(connection, self.line)
        super()._reply(counted, request)


class _AfterTheHead(Counted):
    """The first piece that a server sends is the head of its answer."""

    _is_head = True

    def sendall(self, data):
        if self._is_head:
            self._is_head = False
            self._connection.sendall(data)
        else:
            super().sendall(data)


@dataclass
class Stage:
    """The services behind a line that can be held, and a download of each kind."""

    twin: MediaTwin
    line: Line
    access: Access
    into: Path

    def source(self, kind: str) -> tuple[Source, bytes]:
        """A source, and the bytes that a whole download has."""
        service, url, data = getattr(self, f"_{kind}")()
        candidate = Candidate(service=service, id="x", url=url, title="Night Bus", duration_s=200.0)
        return Source(candidate=candidate, score=1.0, evidence="a test"), data

    def _soundcloud(self):
        artist = self.twin.soundcloud.add_user("nocturne", "Nocturne")
        sound = _long(encoded("mp3"))
        track = self.twin.soundcloud.add_track(artist, "Night Bus", duration_s=200.0, encodings=[sound])
        return Service.SOUNDCLOUD, track.url, sound.data

    def _youtube(self):
        sound = _long(encoded("opus"))
        video = self.twin.youtube.add_video(
            "nightbus_01", "Night Bus", channel="Nocturne", duration_s=200.0, encodings=[sound]
        )
        return Service.YOUTUBE, video.url, sound.data

    def _pieces(self):
        """HLS, as any site may have it (the sandbox's SoundCloud has none)."""
        data = _long(encoded("mp3")).data
        size = len(data) // PIECES + 1
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:30", "#EXT-X-VERSION:3", "#EXT-X-MEDIA-SEQUENCE:0"]
        for number in range(PIECES):
            lines += ["#EXTINF:25.0,", f"{number}.seg.mp3"]
            piece = data[number * size : (number + 1) * size]
            self.twin.elsewhere[f"https://pieces.example/{number}.seg.mp3"] = ("audio/mpeg", piece)
        playlist = "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()
        self.twin.elsewhere["https://pieces.example/set.m3u8"] = ("application/vnd.apple.mpegurl", playlist)
        return Service.WEB, "https://pieces.example/set.m3u8", data

    def fetch(self, children: Children, source: Source, progress=lambda _fraction, _words: None):
        return ChildFetcher(children, asdict(self.access)).fetch(source, self.into, progress)


def _long(sound: Encoded) -> Encoded:
    return replace(sound, data=sound.data * TIMES)


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Iterator[Stage]:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    twin, line = MediaTwin(), Line()
    server = CountingServer(twin, faults=Faults(), log=RequestLog(), authority=Authority(), system_of=system_of)
    server.line = line
    access = Access(
        proxy=server.url,
        insecure=True,
        extractor_args=EXTRACTOR_ARGS,
        cache_dir=str(tmp_path / "cache"),
        timeout_s=WITHIN_S,
        retry_pause_s=0,
    )
    with server:
        yield Stage(twin=twin, line=line, access=access, into=tmp_path / "track" / "source-0")
        line.let_go()
    assert list(home.iterdir()) == [], "yt-dlp keeps to its own cache folder"


@contextmanager
def downloads() -> Iterator[Children]:
    children = Children(at_once=1, reuse=False)
    try:
        yield children
    finally:
        children.stop()


def unfinished(folder: Path) -> int:
    """Bytes of audio that need not be fetched again. What is put together of pieces is not counted beside them."""
    files = list(folder.iterdir())
    pieces = [file for file in files if ".part-Frag" in file.name]
    return sum(file.stat().st_size for file in pieces or [file for file in files if file.suffix == ".part"])


KINDS = ["soundcloud", "youtube", "pieces"]


def wait_for_the_middle(stage: Stage) -> None:
    """Until the line is held, and the child has written all that came through it, but for the block that it reads."""
    assert stage.line.held.wait(WITHIN_S)
    for _ in range(WITHIN_S * 100):
        if unfinished(stage.into) > HELD_AT - BLOCK_BYTES:
            return
        stage.line.free.wait(0.01)
    raise AssertionError(f"{unfinished(stage.into)} of {HELD_AT} bytes were written")


@pytest.mark.parametrize("kind", KINDS)
def test_kill_9_of_the_child(stage, say, kind):
    source, data = stage.source(kind)
    stage.line.hold_at = HELD_AT
    with downloads() as children:

        def kill_in_the_middle():
            wait_for_the_middle(stage)
            for pid in children.pids():
                os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill_in_the_middle)
        killer.start()
        with pytest.raises(Transient, match="SIGKILL"):
            stage.fetch(children, source)
        killer.join(WITHIN_S)
        _goes_on(stage, children, source, data, say, kind)


PARENT = """
import json, sys
from pathlib import Path
from pydantic import TypeAdapter
from daemon.children import Children
from daemon.models import Source
from daemon.wiring.childwork import ChildFetcher
source, access, into = sys.argv[1:]
fetcher = ChildFetcher(Children(at_once=1, reuse=False), json.loads(access))
fetcher.fetch(TypeAdapter(Source).validate_json(source), Path(into), lambda *told: None)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_kill_9_of_the_parent(stage, say, kind):
    source, data = stage.source(kind)
    stage.line.hold_at = HELD_AT
    arguments = [json.dumps(asdict(source)), json.dumps(asdict(stage.access)), str(stage.into)]
    with subprocess.Popen([sys.executable, "-c", PARENT, *arguments]) as parent:
        wait_for_the_middle(stage)
        family = psutil.Process(parent.pid).children(recursive=True)
        assert family
        parent.kill()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive, "a download ends with its parent"
    with downloads() as children:
        _goes_on(stage, children, source, data, say, kind)


def _goes_on(stage, children, source, data, say, kind):
    """The second try fetches the rest, and only that."""
    before = len(stage.line.sent)
    stage.line.let_go()
    done = stage.fetch(children, source)
    assert Path(done.path).read_bytes() == data
    assert sorted(file.name for file in stage.into.iterdir()) == ["source.json", Path(done.path).name]
    again = stage.line.served - len(data)
    say(f"{kind}: {len(data):,} bytes in the file, {stage.line.served:,} served, {again:,} of them twice")
    assert 0 <= again <= BLOCK_BYTES
    assert stage.line.asked[before].startswith("bytes=")
    assert not stage.line.asked[before].startswith("bytes=0-")
