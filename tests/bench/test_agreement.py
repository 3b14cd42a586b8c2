"""The files that meters are compared on, and the arithmetic of the comparison."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from bench import varied_files, varied_sounds
from bench.agreement import turned_bits
from bench.varied_files import CODECS, FILES, File, path_of
from integrations.ffmpeg import decode

SOUNDS = [
    sound
    for name, sound in inspect.getmembers(varied_sounds, inspect.isfunction)
    if not name.startswith("_") and sound.__module__ == varied_sounds.__name__
]


def words(*values: int):
    return np.array(values, np.uint32)


def test_bits_that_differ_are_counted_as_far_as_both_go():
    assert turned_bits(words(0b1011, 7, 9), words(0b1000, 7)) == (2, 64)
    assert turned_bits(words(0), words(0xFFFFFFFF)) == (32, 32)
    assert turned_bits(words(), words(1)) == (0, 0)


def test_there_are_fifty_files_for_fingerprints_and_more_for_levels():
    assert len([file for file in FILES if not file.is_test_signal]) == 50
    assert len({file.name for file in FILES}) == len(FILES) == 55


def test_they_are_varied():
    assert {22_050, 32_000, 44_100, 48_000, 96_000, 192_000, 8_000} <= {file.rate_hz for file in FILES}
    codecs = {CODECS[file.codec].name for file in FILES}
    assert {"libopus", "aac", "libmp3lame", "vorbis", "flac", "alac", "pcm_s16le", "pcm_s24le", "pcm_f32le"} <= codecs
    assert {file.mono for file in FILES} == {True, False}
    assert (min(file.duration_s for file in FILES), max(file.duration_s for file in FILES)) == (5, 300)
    assert {file.sound for file in FILES} == set(SOUNDS)


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda sound: sound.__name__)
def test_a_sound_is_what_it_says(sound):
    made = sound(22_050, 6.0)
    assert made.shape == (2, 6 * 22_050)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert (np.abs(made).max() > 1) == (sound is varied_sounds.hot)
    assert np.array_equal(made, sound(22_050, 6.0))


def test_a_file_is_made_once_and_holds_the_sound(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = File(varied_sounds.rumble, 32_000, 2, "flac 24", mono=True)
    path = path_of(file)
    assert path.is_relative_to(tmp_path)
    assert decode(path).samples[0] == pytest.approx(varied_sounds.rumble(32_000, 2)[0], abs=2**-22)
    path.write_bytes(b"kept")
    assert path_of(file).read_bytes() == b"kept"
    monkeypatch.setattr(varied_files, "_version", lambda: "another")
    assert path_of(file).read_bytes() != b"kept"
    assert not path.exists()
