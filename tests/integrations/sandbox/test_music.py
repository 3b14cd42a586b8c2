"""The sandbox's music is what it says: as long, as fast and in the key that it claims."""

import io
import itertools

import av
import numpy as np
import pytest

from integrations.sandbox.music import Encoding, Piece, Samples, encode, play

RATE_HZ = 48_000


def piece(**changes: object) -> Piece:
    told = {"title": "T", "artist": "A", "bpm": 120.0, "key_name": "Am", "duration_s": 4.0, "seed": 1}
    return Piece(**(told | changes))  # type: ignore[arg-type]


def loudness_curve(samples: Samples, window_s: float) -> np.ndarray:
    size = round(window_s * RATE_HZ)
    mono = samples.mean(axis=0)
    return np.asarray(np.sqrt((mono[: mono.size // size * size].reshape(-1, size) ** 2).mean(axis=1)))


def decoded_length_s(data: bytes) -> float:
    with av.open(io.BytesIO(data), "r") as container:
        frames = list(container.decode(audio=0))
    return float(sum(frame.samples for frame in frames) / frames[0].sample_rate)


def test_is_stereo_of_the_length_asked_for_and_never_clips():
    samples = play(piece(duration_s=3.3))
    assert samples.shape == (2, round(3.3 * RATE_HZ))
    assert samples.dtype == np.float32
    assert 0.8 < np.abs(samples).max() <= 1


def test_the_same_piece_is_the_same_samples_and_the_same_file():
    first, second = play(piece()), play(piece())
    assert np.array_equal(first, second)
    assert encode(first, RATE_HZ, "opus") == encode(second, RATE_HZ, "opus")


def test_other_seeds_are_other_recordings():
    recordings = [play(piece(seed=seed)) for seed in range(6)]
    for one, other in itertools.combinations(recordings, 2):
        assert np.corrcoef(one[0], other[0])[0, 1] < 0.9


@pytest.mark.parametrize("bpm", [92.0, 120.0, 126.37, 174.0])
def test_beats_come_at_the_tempo(bpm):
    beat_s = 60 / bpm
    samples = play(piece(bpm=bpm, duration_s=8.0))
    attack = np.maximum(np.diff(loudness_curve(samples, 0.005)), 0)
    spectrum_at = {
        factor: abs(np.exp(-2j * np.pi * np.arange(attack.size) * 0.005 / (beat_s * factor)) @ attack)
        for factor in (1, 0.9, 1.1)
    }
    assert spectrum_at[1] > 2 * max(spectrum_at[0.9], spectrum_at[1.1])


@pytest.mark.parametrize(("key_name", "tonic"), [("Am", 9), ("F#", 6), ("Eb", 3), ("Bbm", 10), ("Cb", 11)])
def test_begins_on_the_chord_of_its_key(key_name, tonic):
    first_bar = play(piece(key_name=key_name, bpm=120))[:, : 2 * RATE_HZ].mean(axis=0)
    power = np.abs(np.fft.rfft(first_bar * np.hanning(first_bar.size))) ** 2
    frequencies = np.fft.rfftfreq(first_bar.size, 1 / RATE_HZ)
    midi = 12 * np.log2(np.maximum(frequencies, 1) / 440) + 69
    above_the_drums = (frequencies > 220) & (frequencies < 1000) & (np.abs(midi - np.round(midi)) < 0.2)
    chroma = np.bincount(np.round(midi[above_the_drums]).astype(int) % 12, power[above_the_drums], minlength=12)
    third = tonic + (3 if key_name.endswith("m") else 4)
    other_third = tonic + (4 if key_name.endswith("m") else 3)
    assert chroma[tonic] + chroma[(tonic + 7) % 12] > chroma.sum() / 3
    assert chroma[third % 12] > 2 * chroma[other_third % 12]


def test_a_key_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a key"):
        play(piece(key_name="H"))


@pytest.mark.parametrize("encoding", ["opus", "m4a", "mp3", "flac", "wav"])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_encoding_decodes_to_the_right_length(encoding: Encoding, channels):
    samples = play(piece(duration_s=2.0), 44_100)[:channels]
    assert decoded_length_s(encode(samples, 44_100, encoding, 96)) == pytest.approx(2.0, abs=0.06)


def test_the_bitrate_is_obeyed():
    samples = play(piece())
    assert len(encode(samples, RATE_HZ, "mp3", 256)) > 1.8 * len(encode(samples, RATE_HZ, "mp3", 128))


@pytest.mark.parametrize("encoding", ["flac", "wav"])
def test_lossless_encodings_keep_the_sound(encoding: Encoding):
    samples = play(piece(duration_s=1.0))
    with av.open(io.BytesIO(encode(samples, RATE_HZ, encoding)), "r") as container:
        frames = [frame.to_ndarray().reshape(-1, 2).T for frame in container.decode(audio=0)]
    assert np.abs(np.concatenate(frames, axis=1).astype(float) / 32768 - samples).max() < 1e-4
