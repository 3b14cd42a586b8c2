"""Port `Studio` in child processes: one decode, the same sound in every file, and again after a kill."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from daemon.children import Children
from daemon.errors import BadMedia, Transient
from daemon.models import Format, Heard, Tags
from daemon.wiring.childwork import ChildStudio
from daemon.wiring.soundwork import held, too_long
from integrations import tags as tagger
from integrations.ffmpeg import Master, PcmSpec, Recipe, decode
from integrations.sandbox.music import Encoding, Piece, encode, play

TAGS = Tags(title="Night Bus", artists=("Nobody",), bpm=124.0)
PIECE = Piece("Night Bus", "Nobody", 124, "Am", 6.0, 5)


def quiet(_fraction: float | None, _words: str) -> None:
    return None


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    """One child for all: it is started here, or it would count as left behind by the test that came first."""
    pool = Children(at_once=1, reuse=True, idle_s=120, memory_bytes=ChildStudio.MEMORY_BYTES)
    pool.run("tests.child_jobs:double", {"number": 1}, quiet, timeout_s=30)
    yield pool
    pool.stop()


@pytest.fixture(scope="module")
def files() -> dict[Encoding, bytes]:
    music = play(PIECE)
    return {encoding: encode(music, 48_000, encoding) for encoding in ("opus", "flac", "m4a")}


@pytest.fixture
def opus(files, tmp_path) -> Path:
    return written(tmp_path / "source.opus", files["opus"])


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def work_in(folder: Path, name: str = "work") -> Path:
    work = folder / name
    work.mkdir()
    return work


def studio_of(children: Children, bits: Any = 16, **choices: Any) -> ChildStudio:
    return ChildStudio(children, bits=bits, **choices)


def float_wav(samples: np.ndarray, rate_hz: int) -> bytes:
    """IEEE float of any width, `(channels, samples)`."""
    channels, data = len(samples), np.ascontiguousarray(samples.T, "<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, channels, rate_hz, 4 * channels * rate_hz & 0xFFFFFFFF, 4 * channels, 32)
    head = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(data)) + b"WAVE" + head + data


def integers_of(path: Path, bits: int) -> np.ndarray:
    """What FFmpeg reads, without our own decoding."""
    blocks = []
    with av.open(str(path)) as container:
        channels = container.streams.audio[0].codec_context.channels
        for frame in container.decode(audio=0):
            block = frame.to_ndarray()
            blocks.append(block if frame.format.is_planar else block.reshape(-1, channels).T)
    return np.concatenate(blocks, axis=1).astype(np.int64) >> (8 if bits == 24 else 0)


# --- the same sound in every file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("rate_hz", [None, 44_100])
def test_every_file_holds_the_same_sound(children, opus, tmp_path, bits, rate_hz):
    studio, work = studio_of(children, bits, sample_rate_hz=rate_hz), work_in(tmp_path)
    heard = studio.listen(opus, work, quiet)
    master = work / "master.pcm"
    made_at = master.stat().st_mtime_ns
    rendered = studio.render(opus, work, tuple(Format), TAGS, quiet)
    assert master.stat().st_mtime_ns == made_at  # not decoded again
    assert [file.format for file in rendered] == list(Format)
    first, *others = [integers_of(Path(file.path), bits) for file in rendered]
    assert all(np.array_equal(other, first) for other in others)
    assert abs(first).max() > 0.5 * 2 ** (bits - 1)
    assert first.shape[1] == pytest.approx(heard.duration_s * (rate_hz or 48_000), abs=1)
    assert (heard.sample_rate_hz, heard.codec) == (48_000, "opus")  # the source's
    for file in rendered:
        assert decode(Path(file.path)).sample_rate_hz == (rate_hz or 48_000)
        assert tagger.read(Path(file.path)).title == "Night Bus"
    assert Path(rendered[1].path).read_bytes()[20:22] == b"\x01\x00"  # plain PCM


def test_a_16_bit_source_stays_bit_for_bit(children, files, tmp_path):
    flac, work = written(tmp_path / "a.flac", files["flac"]), work_in(tmp_path)
    studio = studio_of(children)
    assert studio.listen(flac, work, quiet).limited_samples == 0
    for file in studio.render(flac, work, tuple(Format), TAGS, quiet):
        assert np.array_equal(integers_of(Path(file.path), 16), integers_of(flac, 16))


def test_only_what_is_asked_for_is_made(children, opus, tmp_path):
    studio, work = studio_of(children, formats=(Format.AIFF,)), work_in(tmp_path)
    studio.listen(opus, work, quiet)
    [file] = studio.render(opus, work, (Format.AIFF,), TAGS, quiet)
    assert file.format is Format.AIFF
    left = {path.name for path in work.iterdir()}
    assert left == {"rendered.aiff", "master.pcm", "master.json", "fingerprint.u32", "peaks.i8"}


def test_what_is_too_loud_is_limited_and_told(children, tmp_path):
    loud = 1.5 * np.sin(2 * np.pi * 100 * np.arange(44_100) / 44_100)[np.newaxis]
    wav, work, studio = written(tmp_path / "a.wav", float_wav(loud, 44_100)), work_in(tmp_path), studio_of(children)
    heard = studio.listen(wav, work, quiet)
    assert "limited" in heard.flags
    assert heard.limited_samples == np.count_nonzero(np.abs(np.rint(loud * 32_768)) >= 32_768)
    for file in studio.render(wav, work, tuple(Format), TAGS, quiet):
        integers = integers_of(Path(file.path), 16)[0]
        assert (integers.max(), integers.min()) == (32_767, -32_768)
        assert (integers[loud[0] > 0.1] > 0).all()  # never wrapped


def test_damage_that_is_left_out_is_told(children, tmp_path):
    data = bytearray(encode(np.tile(play(PIECE), 2), 48_000, "m4a"))
    middle = data.index(b"mdat") + len(data) // 2
    data[middle : middle + 2] = b"\xff\xff"
    heard = studio_of(children).listen(written(tmp_path / "a.m4a", bytes(data)), work_in(tmp_path), quiet)
    assert "damaged packets" in heard.flags


def test_a_whole_file_is_flagged_for_nothing_of_ours(children, files, tmp_path):
    heard = studio_of(children).listen(written(tmp_path / "a.flac", files["flac"]), work_in(tmp_path), quiet)
    assert not {"damaged packets", "limited"} & set(heard.flags)
    assert not [flag for flag in heard.flags if flag.startswith("too long")]


def test_it_is_told_how_far_it_is(children, tmp_path):
    long = encode(np.tile(play(PIECE), 20), 48_000, "flac")
    flac, work, told = written(tmp_path / "a.flac", long), work_in(tmp_path), []
    studio = studio_of(children)
    studio.listen(flac, work, lambda fraction, words: told.append((fraction, words)))
    studio.render(flac, work, tuple(Format), TAGS, lambda fraction, words: told.append((fraction, words)))
    words = [said.partition(",")[0] for _, said in told]
    assert list(dict.fromkeys(words)) == [
        "decoding", "listening", "rendering", "tagging M4A", "tagging WAV", "tagging AIFF"
    ]  # fmt: skip
    for phase in ("decoding", "rendering"):
        fractions = [fraction for fraction, said in told if said.startswith(phase) and fraction is not None]
        assert fractions == sorted(fractions)
        assert all(0 < fraction <= 1 for fraction in fractions)


# --- again -----------------------------------------------------------------------------------------------------------


def sums(studio: ChildStudio, audio: Path, work: Path) -> list[str]:
    return [file.sha256 for file in studio.render(audio, work, tuple(Format), TAGS, quiet)]


@pytest.mark.parametrize("rate_hz", [None, 44_100])
def test_rendering_again_gives_the_same_files(children, opus, tmp_path, rate_hz):
    studio, work = studio_of(children, sample_rate_hz=rate_hz), work_in(tmp_path)
    studio.listen(opus, work, quiet)
    first = sums(studio, opus, work)
    assert sums(studio, opus, work) == first
    (work / "master.pcm").unlink()
    assert sums(studio, opus, work) == first
    assert sums(studio, opus, work_in(tmp_path, "another")) == first


def test_what_an_older_rendering_gave_out_is_not_written_in(children, opus, tmp_path):
    studio, work = studio_of(children), work_in(tmp_path)
    older = Path(studio.render(opus, work, (Format.WAV,), TAGS, quiet)[0].path)
    on_the_shelf = tmp_path / "shelved.wav"
    os.link(older, on_the_shelf)
    before = on_the_shelf.read_bytes()
    studio.render(opus, work, (Format.WAV,), Tags(title="Another"), quiet)
    assert on_the_shelf.read_bytes() == before


def test_another_source_or_setting_is_not_rendered_from_the_old_master(children, files, opus, tmp_path):
    work = work_in(tmp_path)
    studio_of(children, 16).listen(opus, work, quiet)
    [deep] = studio_of(children, 24).render(opus, work, (Format.WAV,), TAGS, quiet)
    assert np.any(integers_of(Path(deep.path), 24) & 0xFF)
    opus.write_bytes(encode(play(Piece("B", "Nobody", 100, "F", 4.0, 6)), 48_000, "opus"))
    [other] = studio_of(children, 24).render(opus, work, (Format.WAV,), TAGS, quiet)
    assert decode(Path(other.path)).duration_s == pytest.approx(4.0, abs=0.05)


def test_a_killed_rendering_is_taken_up_again(opus, tmp_path):
    pool = Children(at_once=1, reuse=True)
    studio, work = studio_of(pool), work_in(tmp_path)
    studio.listen(opus, work, quiet)

    def kill(_fraction: float | None, words: str) -> None:
        if words == "tagging WAV":
            os.kill(pool.pids()[0], signal.SIGKILL)

    with pytest.raises(Transient, match="SIGKILL"):
        studio.render(opus, work, tuple(Format), TAGS, kill)
    assert sums(studio, opus, work) == sums(studio, opus, work_in(tmp_path, "another"))
    assert not list(work.glob("draft*"))
    pool.stop()


# --- disks -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def disk_of(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A real file system of that size. Only root may mount one."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_waited_for(children, opus, tmp_path):
    studio = studio_of(children)
    with disk_of(tmp_path / "disk", 1000) as work:  # the master takes 1,152 kB
        with pytest.raises(Transient, match=r"VAR_DIR: .*disk is full\. Make room"):
            studio.listen(opus, work, quiet)
        assert not list(work.iterdir())


@pytest.mark.parametrize("format_", list(Format))
def test_a_disk_that_takes_the_master_and_no_file_is_waited_for(children, opus, tmp_path, format_):
    studio = studio_of(children)
    with disk_of(tmp_path / "disk", 1500) as work:
        studio.listen(opus, work, quiet)
        with pytest.raises(Transient, match=r"VAR_DIR: .*disk is full\. Make room"):
            studio.render(opus, work, (format_,), TAGS, quiet)
        assert not list(work.glob("draft*"))
        assert not list(work.glob("rendered*"))


def test_a_disk_that_may_not_be_written_to_is_waited_for(children, opus, tmp_path):
    with disk_of(tmp_path / "disk", 4000) as work:
        subprocess.run(["mount", "-o", "remount,ro", str(work)], check=True)
        with pytest.raises(Transient, match=r"VAR_DIR: .*disk is read-only\. Make it writable"):
            studio_of(children).listen(opus, work, quiet)
        with pytest.raises(Transient, match=r"VAR_DIR: .*disk is read-only\. Make it writable"):
            studio_of(children).render(opus, work, tuple(Format), TAGS, quiet)


def test_what_is_to_stay_free_stays_free(children, opus, tmp_path):
    studio, work = studio_of(children, keep_free_bytes=10**18), work_in(tmp_path)
    with pytest.raises(Transient, match="MIN_FREE_GB"):
        studio.listen(opus, work, quiet)
    assert not list(work.iterdir())


# --- too long --------------------------------------------------------------------------------------------------------


def test_what_no_wanted_format_can_hold_is_refused(children, opus, tmp_path):
    """A master of 4.4 GB that takes no room on the disk: all of it is a hole."""
    work, frames = work_in(tmp_path), 1_100_000_000
    recipe = Recipe.of(opus, 16, None)
    with (work / "master.pcm").open("wb") as file:
        file.truncate(4 * frames)
    facts = {
        "recipe": {name: getattr(recipe, name) for name in recipe.__slots__},
        "spec": {"channels": 2, "sample_rate_hz": 48_000, "bits": 16},
        "frames": frames,
        "limited": 0,
    }
    (work / "master.json").write_text(json.dumps(facts))
    with pytest.raises(BadMedia, match=r"6\.4 hours .* more than WAV and AIFF can hold: .*FILE_FORMATS"):
        studio_of(children).render(opus, work, (Format.WAV, Format.AIFF), TAGS, quiet)


@pytest.mark.parametrize(
    ("bits", "hours", "flag"),
    [(16, 6.0, None), (16, 6.5, "too long for WAV and AIFF"), (24, 4.0, None), (24, 4.2, "too long for WAV and AIFF")],
)
def test_the_formats_that_are_left_out_are_told(tmp_path, bits, hours, flag):
    spec = PcmSpec(channels=2, sample_rate_hz=48_000, bits=bits)
    master = Master(path=tmp_path / "x", spec=spec, frames=round(hours * 3600 * 48_000), limited=0)
    able = held(tuple(Format), master)
    assert Format.M4A in able
    assert too_long(tuple(Format), able) == ((flag,) if flag else ())
    assert too_long((Format.M4A,), held((Format.M4A,), master)) == ()


# --- hostile files ---------------------------------------------------------------------------------------------------


def heard_of(children: Children, data: bytes, folder: Path) -> Heard:
    """What is heard of it; also rendered, to see that what can be heard can be made."""
    audio, work, studio = written(folder / "given.bin", data), work_in(folder), studio_of(children)
    heard = studio.listen(audio, work, quiet)
    assert len(studio.render(audio, work, tuple(Format), TAGS, quiet)) == 3
    return heard


@pytest.mark.parametrize(
    ("channels", "rate_hz", "length"),
    [
        (2, 44_100, 1),
        (1, 8_000, 8_000),
        (2, 192_000, 200_000),
        (2, 384_000, 1_000),
        (1, 4_000, 5_000),
        (6, 48_000, 48_000),
        (8, 96_000, 9_000),
    ],
)
def test_an_odd_file_is_heard_and_rendered(children, tmp_path, channels, rate_hz, length):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (channels, length))
    heard = heard_of(children, float_wav(noise, rate_hz), tmp_path)
    assert (heard.channels, heard.sample_rate_hz) == (min(channels, 2), rate_hz)
    assert heard.duration_s == length / rate_hz


def test_samples_that_no_sound_has_become_silence_and_are_told(children, tmp_path):
    sound = np.full((2, 50_000), 0.25)
    sound[:, 1000:1400], sound[0, 30_000], sound[1, 40_000] = np.nan, -np.inf, 1e30
    heard = heard_of(children, float_wav(sound, 44_100), tmp_path)
    assert heard.flags.count("broken samples") == 1
    assert heard.limited_samples == 0
    integers = integers_of(tmp_path / "work" / "rendered.wav", 16)
    assert not integers[:, 1000:1400].any()
    assert integers[:, 30_000].tolist() == [0, 8192]
    assert integers[:, 40_000].tolist() == [8192, 0]


def test_ten_broken_samples_are_told_and_every_seventh_is_refused(children, tmp_path):
    sound = np.tile(0.5 * np.sin(np.arange(44_100) / 20), (2, 1))
    sound[0, :1000:100] = np.nan
    studio, work = studio_of(children), work_in(tmp_path)
    heard = studio.listen(written(tmp_path / "a.wav", float_wav(sound, 44_100)), work, quiet)
    assert "broken samples" in heard.flags
    sound[:, ::7] = np.nan
    with pytest.raises(BadMedia, match=r"b\.wav is broken: 12,6\d\d of 88,200 samples"):
        studio.listen(written(tmp_path / "b.wav", float_wav(sound, 44_100)), work_in(tmp_path, "other"), quiet)


def test_the_loudness_is_that_of_the_file_it_is_written_into(children, tmp_path):
    loud = np.tile(1.45 * np.sin(2 * np.pi * 997 * np.arange(5 * 44_100) / 44_100), (2, 1))
    heard = heard_of(children, float_wav(loud, 44_100), tmp_path)
    again = studio_of(children).listen(tmp_path / "work" / "rendered.wav", work_in(tmp_path, "again"), quiet)
    assert heard.clipped_samples > 0
    assert heard.loudness.integrated_lufs == pytest.approx(again.loudness.integrated_lufs, abs=0.02)
    assert heard.loudness.true_peak_dbtp == pytest.approx(again.loudness.true_peak_dbtp, abs=0.02)
    assert heard.loudness.true_peak_dbtp < 1


def test_a_source_that_is_gone_is_called_by_its_name(children, tmp_path):
    studio, work, gone = studio_of(children), work_in(tmp_path), tmp_path / "source.opus"
    told = r"^source\.opus is gone from the work folder; the track is begun anew\.$"
    with pytest.raises(Transient, match=told):
        studio.listen(gone, work, quiet)
    with pytest.raises(Transient, match=told):
        studio.render(gone, work, tuple(Format), TAGS, quiet)


def m4a_that_claims(data: bytes, seconds: int) -> bytes:
    """Every header of its length says so; its samples are as they were."""
    lying = bytearray(data)
    for box, scale_at, length_at in ((b"mvhd", 16, 20), (b"mdhd", 16, 20)):
        at = lying.index(box)
        struct.pack_into(">II", lying, at + scale_at, 1, seconds)
        assert length_at == scale_at + 4
    return bytes(lying)


def test_a_length_that_is_a_lie_is_refused_without_taking_room_for_it(children, files, tmp_path):
    with pytest.raises(BadMedia, match=r"breaks off"):
        heard_of(children, m4a_that_claims(files["m4a"], 10**9), tmp_path)


def test_a_sound_shorter_than_one_sample_of_the_wanted_rate_is_refused(children, tmp_path):
    audio = written(tmp_path / "a.wav", float_wav(np.full((1, 1), 0.5), 384_000))
    with pytest.raises(BadMedia, match="too short"):
        studio_of(children, sample_rate_hz=44_100).listen(audio, work_in(tmp_path), quiet)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"I only look like a track.\n" * 2_000,
        b"#EXTM3U\n#EXTINF:30,\nfile:///etc/passwd\n",
        float_wav(np.zeros((2, 0)), 44_100),
        float_wav(np.zeros((2, 100)), 3_999),
        float_wav(np.zeros((2, 100)), 400_000),
        float_wav(np.zeros((2, 100)), 2**31 - 1),
        float_wav(np.zeros((255, 100)), 44_100),
    ],
    ids=["nothing", "text", "playlist", "no-samples", "slow", "fast", "absurd", "255-channels"],
)
def test_a_hostile_file_is_refused(children, tmp_path, data):
    with pytest.raises(BadMedia, match=r"given\.bin"):
        heard_of(children, data, tmp_path)
    assert not list((tmp_path / "work").iterdir())
