"""Files that were cut, in formats of which FFmpeg reads what is there and misses nothing."""

from contextlib import nullcontext
from pathlib import Path

import av
import numpy as np
import pytest

from daemon.errors import BadMedia
from integrations.ffmpeg import decode, open_sound
from integrations.ffmpeg.wholeness import refuse_cut
from integrations.sandbox.music import Piece, play

DURATION_S = 4.0
KINDS = [("ogg", "libopus"), ("ogg", "vorbis"), ("caf", "pcm_s16be"), ("w64", "pcm_s16le"), ("wav", "pcm_s16le"),
         ("aiff", "pcm_s16be")]  # fmt: skip


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return np.ascontiguousarray(play(Piece("T", "A", 124, "Am", DURATION_S, 5)), np.float32)


@pytest.fixture(scope="module")
def encoded(music, tmp_path_factory) -> dict[tuple[str, str], bytes]:
    folder = tmp_path_factory.mktemp("whole")
    return {(container, codec): whole(folder / f"{codec}.{container}", music, codec) for container, codec in KINDS}


def whole(path: Path, music: np.ndarray, codec: str) -> bytes:
    with av.open(str(path), "w", format=path.suffix[1:]) as file:
        stream = file.add_stream(codec, rate=48_000, options={"strict": "experimental"})
        assert isinstance(stream, av.AudioStream)
        stream.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(music, format="fltp", layout="stereo")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return path.read_bytes()


def file_with(folder: Path, data: bytes) -> Path:
    path = folder / "given.bin"
    path.write_bytes(data)
    return path


def duration_s(folder: Path, data: bytes) -> float:
    return decode(file_with(folder, data)).duration_s


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.6, 0.97, 0.9999])
def test_a_cut_file_is_refused(encoded, tmp_path, kind, share):
    with pytest.raises(BadMedia, match=r"given\.bin (breaks off|cannot be decoded)"):
        duration_s(tmp_path, encoded[kind][: int(share * len(encoded[kind]))])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [b"", b"TAG" + bytes(125), b"\xff" * 5_000])
def test_a_whole_file_is_taken_whatever_stands_behind_it(encoded, tmp_path, kind, behind):
    assert duration_s(tmp_path, encoded[kind] + behind) == pytest.approx(DURATION_S, abs=0.05)


def test_an_ogg_that_ends_between_two_pages_is_told_and_taken(encoded, tmp_path):
    """Whole ones without the mark exist: what plays on the radio, and streams that came in pieces."""
    data = encoded["ogg", "libopus"]
    with open_sound(file_with(tmp_path, data)) as sound:
        assert sound.says_its_end
    with open_sound(file_with(tmp_path, data[: data.rindex(b"OggS")])) as sound:
        assert not sound.says_its_end
        assert sum(block.shape[1] for block in sound.blocks())


def test_streams_one_after_another_are_whole_when_the_last_is(encoded, tmp_path):
    data = encoded["ogg", "libopus"]
    assert duration_s(tmp_path, data + data) == pytest.approx(2 * DURATION_S, abs=0.05)
    with pytest.raises(BadMedia, match="in the middle of a page"):
        decode(file_with(tmp_path, data + data[: len(data) // 2]))


@pytest.mark.parametrize(
    ("kind", "at", "size"),
    [
        (("wav", "pcm_s16le"), 4, b"\xff\xff\xff\xff"),
        (("wav", "pcm_s16le"), 4, b"\x00\x00\x00\x7f"),
        (("wav", "pcm_s16le"), 4, b"\xff\xff\xff\x7f"),
        (("wav", "pcm_s16le"), 4, b"\x24\x00\x00\x80"),
        (("wav", "pcm_s16le"), 4, b"\xf0\xff\xff\xff"),
        (("aiff", "pcm_s16be"), 4, b"\x7f\xff\xf0\x2e"),
        (("w64", "pcm_s16le"), 16, b"\xff" * 8),
        (("caf", "pcm_s16be"), None, b"\xff" * 8),
    ],
)
def test_a_size_that_was_left_open_tells_nothing(encoded, tmp_path, kind, at, size):
    data = bytearray(encoded[kind])
    at = data.index(b"data") + 4 if at is None else at
    data[at : at + len(size)] = size
    assert duration_s(tmp_path, bytes(data)) == pytest.approx(DURATION_S, abs=0.05)


@pytest.mark.parametrize(
    ("head", "order", "stated", "actual", "is_cut"),
    [
        (b"RIFF", "little", 0x7FFFF024, 1_000_000, False),
        (b"FORM", "big", 0x7FFFF02E, 1_000_000, False),
        (b"RIFF", "little", 0x7FFFF024, 0x3FFFF000, False),
        (b"RIFF", "little", 0x7FFFF024, 0x40000000, True),
        (b"FORM", "big", 0x7FFFF02E, 0x7FFF0000, True),
        (b"RIFF", "little", 0xC0000000, 0xBFFFFFF0, True),
        (b"RIFF", "little", 0x7F000000, 0x7F000008, False),
        (b"RIFF", "little", 0x7EFFFFFF, 1_000_000, True),
    ],
)
def test_two_gigabytes_are_believed_only_of_a_file_that_comes_near_them(tmp_path, head, order, stated, actual, is_cut):
    """Into a pipe, sox and others write about as much as fits, for they cannot come back. The files are holes."""
    path = tmp_path / "given.bin"
    with path.open("wb") as file:
        file.write(head + stated.to_bytes(4, order))
        file.truncate(actual)
    with pytest.raises(BadMedia, match="breaks off") if is_cut else nullcontext():
        refuse_cut(path)
