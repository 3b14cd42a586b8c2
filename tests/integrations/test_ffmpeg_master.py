"""The master: what one decode leaves for the rendering. The same source gives the same bytes, however it is read."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from integrations.ffmpeg import Master, MasterWriter, Recipe, find_master, quantise
from integrations.ffmpeg.quantising import Bits, Quantiser

RATE_HZ = 48_000
CUTS = [[200_001], [0, 1, 200_000], [65_536] * 4, [32_768, 1, 99_999, 3, 67_230], [777] * 258]


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"stands for a file")
    return path


@pytest.fixture
def sound() -> np.ndarray:
    """The first two blocks of the quantiser fit 16 bits exactly, the others do not; some of it is too loud."""
    rng = np.random.default_rng(4)
    sound = rng.uniform(-0.9, 0.9, (2, 200_001)).astype(np.float32)
    sound[:, : 2 * 32_768] = np.rint(sound[:, : 2 * 32_768] * 32_768) / 32_768
    sound[1, 150_000:150_007] = 1.5
    return sound


def pieces(sound: np.ndarray, widths: list[int]) -> Iterator[np.ndarray]:
    for start, end in itertools.pairwise([0, *itertools.accumulate(widths)]):
        yield sound[:, start:end]


def master_of(
    folder: Path, recipe: Recipe, sound: np.ndarray, widths: list[int] | None = None, rate_hz: int = RATE_HZ
) -> Master:
    folder.mkdir(exist_ok=True)
    with MasterWriter(folder, recipe, channels=len(sound), source_rate_hz=rate_hz) as writer:
        for piece in pieces(sound, widths or [sound.shape[1]]):
            writer.write(piece)
        return writer.finish()


def integers_of(master: Master) -> np.ndarray:
    return np.concatenate(list(master.blocks()), axis=1)


# --- the same however it is cut --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("widths", CUTS)
def test_the_quantiser_does_not_hear_how_sound_is_cut(sound, bits: Bits, widths):
    whole = quantise(sound, RATE_HZ, bits, seed=1)
    quantiser = Quantiser(2, bits, seed=1)
    blocks = [block for piece in pieces(sound, widths) for block in quantiser.take(piece)]
    assert np.array_equal(np.concatenate([*blocks, quantiser.rest()], axis=1), whole.samples)
    assert quantiser.limited == whole.limited == 7


def test_a_part_that_fits_stays_bit_for_bit_beside_one_that_does_not(sound):
    exact = np.rint(sound * 32_768)
    integers = quantise(sound, RATE_HZ, 16, seed=1).samples
    assert np.array_equal(integers[:, : 2 * 32_768], exact[:, : 2 * 32_768])
    assert not np.array_equal(integers[0, 2 * 32_768 :], exact[0, 2 * 32_768 :])


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("rate_hz", [None, 44_100])
def test_the_same_source_gives_the_same_bytes(source, sound, tmp_path, bits: Bits, rate_hz):
    recipe = Recipe.of(source, bits, rate_hz)
    first, *others = [
        master_of(tmp_path / str(number), recipe, sound, widths).path.read_bytes() for number, widths in enumerate(CUTS)
    ]
    assert first
    assert all(other == first for other in others)


@pytest.mark.parametrize("bits", [16, 24])
def test_a_master_holds_what_the_quantiser_gave(source, sound, tmp_path, bits: Bits):
    master = master_of(tmp_path / "work", Recipe.of(source, bits, None), sound)
    assert np.array_equal(integers_of(master), quantise(sound, RATE_HZ, bits, seed=1).samples)
    assert (master.frames, master.limited) == (200_001, 7)
    assert (master.spec.channels, master.spec.sample_rate_hz, master.spec.bits) == (2, RATE_HZ, bits)


# --- another rate ----------------------------------------------------------------------------------------------------


def test_its_own_rate_changes_nothing(source, sound, tmp_path):
    own = master_of(tmp_path / "own", Recipe.of(source, 16, None), sound)
    said = master_of(tmp_path / "said", Recipe.of(source, 16, RATE_HZ), sound)
    assert np.array_equal(integers_of(own), integers_of(said))


@pytest.mark.parametrize(("from_hz", "to_hz"), [(48_000, 44_100), (44_100, 96_000), (8_000, 48_000), (192_000, 44_100)])
def test_another_rate_keeps_length_and_tone_and_adds_none(source, tmp_path, from_hz, to_hz):
    length = 2 * from_hz + 17
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(length) / from_hz).astype(np.float32)[np.newaxis]
    master = master_of(tmp_path / "work", Recipe.of(source, 24, to_hz), tone, rate_hz=from_hz)
    assert abs(master.frames - length * to_hz / from_hz) <= 1
    assert master.spec.sample_rate_hz == to_hz
    middle = integers_of(master)[0, to_hz // 2 : 3 * to_hz // 2] / 2.0**23
    spectrum = np.abs(np.fft.rfft(middle * np.blackman(to_hz))) / (0.42 * to_hz / 2)
    assert spectrum[1000] == pytest.approx(0.5, rel=0.001)
    assert np.delete(spectrum, range(990, 1011)).max() < 0.5e-6  # -120 dB


def test_what_a_steep_filter_makes_too_loud_is_limited_and_counted(source, tmp_path):
    square = np.sign(np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)).astype(np.float32)[np.newaxis] * 0.999
    master = master_of(tmp_path / "work", Recipe.of(source, 16, 44_100), square)
    integers = integers_of(master)
    assert master.limited > 100
    assert (integers.max(), integers.min()) == (32_767, -32_768)
    wave = np.sin(2 * np.pi * 440 * np.arange(master.frames) / 44_100)
    assert (integers[0, wave > 0.3] > 20_000).all()  # limited, not wrapped
    assert (integers[0, wave < -0.3] < -20_000).all()


# --- whether it is there ---------------------------------------------------------------------------------------------


def test_a_master_is_found_again(source, sound, tmp_path):
    recipe = Recipe.of(source, 16, None)
    master = master_of(tmp_path / "work", recipe, sound)
    assert find_master(tmp_path / "work", recipe) == master
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["master.json", "master.pcm"]


@pytest.mark.parametrize("changes", [{"bits": 24}, {"sample_rate_hz": 44_100}, {"version": 0}])
def test_one_that_was_made_otherwise_is_none(source, sound, tmp_path, changes):
    recipe = Recipe.of(source, 16, None)
    master_of(tmp_path / "work", recipe, sound)
    assert find_master(tmp_path / "work", replace(recipe, **changes)) is None


def test_one_of_another_source_is_none(source, sound, tmp_path):
    master_of(tmp_path / "work", Recipe.of(source, 16, None), sound)
    status = source.stat()
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert find_master(tmp_path / "work", Recipe.of(source, 16, None)) is None


def test_one_of_a_source_of_another_name_is_none(source, sound, tmp_path):
    master_of(tmp_path / "work", Recipe.of(source, 16, None), sound)
    other = source.rename(tmp_path / "other")
    assert find_master(tmp_path / "work", Recipe.of(other, 16, None)) is None


def test_one_that_is_cut_or_has_lost_its_facts_is_none(source, sound, tmp_path):
    work, recipe = tmp_path / "work", Recipe.of(source, 16, None)
    assert find_master(tmp_path, recipe) is None
    for spoil in (
        lambda: os.truncate(work / "master.pcm", 1000),
        lambda: os.truncate(work / "master.json", 20),
        lambda: (work / "master.json").write_text("[]"),
        lambda: (work / "master.json").unlink(),
        lambda: (work / "master.pcm").unlink(),
    ):
        master_of(work, recipe, sound)
        spoil()
        assert find_master(work, recipe) is None


def test_what_is_not_finished_leaves_nothing(source, sound, tmp_path):
    def half() -> None:
        with MasterWriter(tmp_path / "work", recipe, channels=2, source_rate_hz=RATE_HZ) as writer:
            writer.write(sound)
            raise KeyboardInterrupt

    recipe = Recipe.of(source, 16, None)
    (tmp_path / "work").mkdir()
    with pytest.raises(KeyboardInterrupt):
        half()
    assert list((tmp_path / "work").iterdir()) == []


def test_room_is_asked_for_before_each_piece_is_written(source, sound, tmp_path):
    work = tmp_path / "work"
    asked: list[int] = []

    def room(size: int) -> None:
        on_disk = (work / "draft-master.pcm").stat().st_size
        assert on_disk <= sum(asked)
        asked.append(size)

    work.mkdir()
    with MasterWriter(work, Recipe.of(source, 16, None), channels=2, source_rate_hz=RATE_HZ, make_room=room) as writer:
        writer.write(sound)
        master = writer.finish()
    assert sum(asked) == master.path.stat().st_size == 2 * 2 * 200_001


def test_a_real_disk_that_is_full_says_so_and_is_left_as_it_was(source, sound, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        with pytest.raises(OSError, match="No space left"):
            master_of(folder, Recipe.of(source, 16, None), sound)
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)
