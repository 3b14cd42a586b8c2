"""Decoding, quantising and rendering: real files through FFmpeg's libraries, there and back."""

import contextlib
import io
import itertools
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from daemon.errors import BadMedia
from daemon.models import Format
from daemon.pipeline.listening import pieces
from integrations.ffmpeg import Pcm, PcmSpec, decode, decoding, holds, open_sound, open_writer, quantise, render
from integrations.ffmpeg.quantising import Bits
from integrations.sandbox.music import Encoding, Piece, encode, play

FORMATS = list(Format)
ENCODINGS: list[Encoding] = ["opus", "m4a", "mp3", "flac", "wav"]
DURATION_S = 2.5


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return play(Piece("T", "A", 124, "Am", DURATION_S, 5))


@pytest.fixture(scope="module")
def encoded(music) -> dict[Encoding, bytes]:
    return {encoding: encode(music, 48_000, encoding) for encoding in ENCODINGS}


def noise(channels: int, length: int, bits: Bits, rate_hz: int = 44_100) -> Pcm:
    full = 1 << (bits - 1)
    integers = np.random.default_rng(length).integers(-full, full, (channels, length))
    samples = integers.astype(np.int16) if bits == 16 else integers.astype(np.int32)
    return Pcm(samples=samples, sample_rate_hz=rate_hz, bits=bits)


def spec(channels: int, bits: int, rate_hz: int = 44_100) -> PcmSpec:
    return PcmSpec(channels=channels, sample_rate_hz=rate_hz, bits=bits)


def integers_of(path: Path, bits: Bits) -> np.ndarray:
    """What FFmpeg reads, as integers, without our own decoding."""
    blocks = []
    with av.open(str(path)) as container:
        channels = container.streams.audio[0].codec_context.channels
        for frame in container.decode(audio=0):
            block = frame.to_ndarray()
            blocks.append(block if frame.format.is_planar else block.reshape(-1, channels).T)
    return np.concatenate(blocks, axis=1).astype(np.int64) >> (8 if bits == 24 else 0)


def file_with(folder: Path, data: bytes) -> Path:
    path = folder / "given.bin"
    path.write_bytes(data)
    return path


# --- decoding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "codec", "lossless"),
    [
        ("opus", "opus", False),
        ("m4a", "aac", False),
        ("mp3", "mp3", False),
        ("flac", "flac", True),
        ("wav", "pcm_s16le", True),
    ],
)
def test_decode_tells_what_a_file_is(encoded, tmp_path, encoding: Encoding, codec, lossless):
    decoded = decode(file_with(tmp_path, encoded[encoding]))
    assert (decoded.codec, decoded.lossless) == (codec, lossless)
    assert (decoded.sample_rate_hz, decoded.channels) == (48_000, 2)
    assert decoded.samples.shape[0] == 2
    assert decoded.samples.dtype == np.float32
    assert decoded.duration_s == pytest.approx(DURATION_S, abs=0.05)
    assert decoded.claimed_duration_s == pytest.approx(DURATION_S, abs=0.05)
    assert decoded.bitrate_kbps is not None
    assert decoded.bitrate_kbps > 50


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.3, 0.7])
def test_a_file_that_breaks_off_is_refused(encoded, tmp_path, encoding: Encoding, share):
    data = encoded[encoding]
    with pytest.raises(BadMedia, match=r"given\.bin"):
        decode(file_with(tmp_path, data[: int(share * len(data))]))


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 50_000,
        b"I only look like a track.\n" * 2_000,
        b"<html><h1>Bad Gateway</h1></html>",
        bytes(range(256)) * 400,
        picture(),
        b"ID3\x03\x00\x00\x00\x00\x00\x00",
        b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00\x44\xac\x00\x00\x10\xb1\x02\x00\x04\x00\x10\x00"
        b"data\x00\x00\x00\x00",
    ],
    ids=["empty", "zeros", "text", "html", "bytes", "jpeg", "id3", "wav-without-samples"],
)
def test_what_is_no_sound_is_refused(tmp_path, data):
    with pytest.raises(BadMedia, match=r"given\.bin"):
        decode(file_with(tmp_path, data))


@pytest.mark.parametrize(
    ("name", "playlist"),
    [
        ("list.ffconcat", "ffconcat version 1.0\nfile other.mp3\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.5,\nother.mp3\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_playlist_cannot_make_us_open_other_files(encoded, tmp_path, name, playlist):
    (tmp_path / "other.mp3").write_bytes(encoded["mp3"])
    (tmp_path / name).write_text(playlist)
    with pytest.raises(BadMedia):
        decode(tmp_path / name)


def test_a_name_that_looks_like_a_protocol_is_a_file(encoded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("concat:a|b.mp3").write_bytes(encoded["mp3"])
    assert decode(Path("concat:a|b.mp3")).codec == "mp3"


def test_a_missing_file_is_not_bad_media(tmp_path):
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "nowhere.mp3")


@pytest.mark.parametrize(("damaged_bytes", "refused"), [(2, False), (7_000, True)])
def test_a_little_damage_is_left_out_and_more_is_refused(music, tmp_path, damaged_bytes, refused):
    """In an M4A every packet keeps its place, so that the length alone says nothing."""
    long = np.tile(music, 4)
    data = bytearray(encode(long, 48_000, "m4a"))
    middle = data.index(b"mdat") + len(data) // 2
    data[middle : middle + damaged_bytes] = b"\xff" * damaged_bytes
    path = file_with(tmp_path, bytes(data))
    if refused:
        with pytest.raises(BadMedia, match="is damaged"):
            decode(path)
    else:
        assert decode(path).duration_s == pytest.approx(4 * DURATION_S, abs=0.1)
        with open_sound(path) as sound:
            assert sound.damaged_packets == 0
            assert sum(block.shape[1] for block in sound.blocks()) > 0
            assert sound.damaged_packets > 0


def test_an_mp3_without_a_count_of_its_frames_claims_nothing(encoded, tmp_path):
    data = encoded["mp3"]
    second_frame = data.index(data[data.index(b"\xff\xfb") :][:2], data.index(b"Info") + 100)
    decoded = decode(file_with(tmp_path, data[second_frame:]))
    assert decoded.claimed_duration_s is None
    assert decoded.duration_s == pytest.approx(DURATION_S, abs=0.1)


def test_more_than_the_limit_is_refused(encoded, tmp_path):
    path = file_with(tmp_path, encoded["opus"])
    with pytest.raises(BadMedia, match="longer than"):
        decode(path, limit_bytes=500_000)
    assert decode(path, limit_bytes=2 * 4 * 48_000 * 3).duration_s > 2


def test_what_does_not_end_is_refused_while_it_is_read(encoded, tmp_path):
    path = file_with(tmp_path, encoded["opus"])
    read: list[int] = []
    with pytest.raises(BadMedia, match=r"more than 0\.0005 hours"), open_sound(path, longest_s=1.8) as sound:
        read.extend(block.shape[1] for block in sound.blocks())
    assert 0 < sum(read) <= 1.8 * 48_000
    with open_sound(path, longest_s=3.0) as sound:
        assert sum(block.shape[1] for block in sound.blocks()) > 2 * 48_000


def test_blocks_are_the_same_sound(encoded, tmp_path):
    path = file_with(tmp_path, encoded["opus"])
    with open_sound(path) as sound:
        blocks = list(sound.blocks())
    assert len(blocks) > 1
    assert np.array_equal(np.concatenate(blocks, axis=1), decode(path).samples)


def float_wav(samples: np.ndarray) -> bytes:
    """Of one channel, at 8 kHz."""
    data = samples.astype("<f4").tobytes()
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 1, 8000, 32000, 4, 32,
                         b"data", len(data))  # fmt: skip
    return header + data


def test_what_no_sound_has_becomes_silence_and_is_counted(tmp_path):
    samples = np.full(1000, 0.25)
    samples[[10, 500, 600, 700, 800, 900]] = np.nan, np.inf, -np.inf, 1e30, -1.1e5, 9e4
    with open_sound(file_with(tmp_path, float_wav(samples))) as sound:
        decoded = np.concatenate(list(sound.blocks()), axis=1)
        assert sound.broken_samples == 5
    assert decoded[0, [9, 10, 500, 600, 700, 800, 900]].tolist() == [0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 9e4]


@pytest.mark.parametrize(("broken", "refused"), [(100, False), (101, True)])
def test_a_hundredth_of_the_samples_may_be_broken(tmp_path, broken, refused):
    samples = np.full(10_000, 0.25)
    samples[:broken] = np.nan
    path = file_with(tmp_path, float_wav(samples))
    with pytest.raises(BadMedia, match="is broken: 101 of 10,000 samples") if refused else contextlib.nullcontext():
        decode(path)


def test_listening_and_decoding_believe_the_same():
    assert decoding.LOUDEST_BELIEVABLE == pieces.LOUDEST_BELIEVABLE


def wav_of_width(channels: int) -> bytes:
    data = np.full((channels, 1000), 1000, "<i2").T.tobytes()
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, channels, 48_000,
                         96_000 * channels, 2 * channels, 16, b"data", len(data))  # fmt: skip
    return header + data


@pytest.mark.parametrize("channels", [3, 7, 24])
def test_a_width_that_nobody_has_is_mixed_down(tmp_path, channels):
    assert decode(file_with(tmp_path, wav_of_width(channels))).samples.shape == (2, 1000)


@pytest.mark.parametrize("channels", [9, 13, 64, 255])
def test_a_width_that_nobody_can_mix_is_refused(tmp_path, channels):
    with pytest.raises(BadMedia, match=r"given\.bin"):
        decode(file_with(tmp_path, wav_of_width(channels)))


@pytest.mark.parametrize(
    ("format", "bits", "frames", "held"),
    [
        (Format.WAV, 16, 1_072_000_000, True),
        (Format.WAV, 16, 1_074_000_000, False),
        (Format.AIFF, 24, 715_000_000, True),
        (Format.AIFF, 24, 716_000_000, False),
        (Format.M4A, 24, 10**11, True),
    ],
)
def test_what_each_format_can_hold(format, bits, frames, held):
    assert holds(format, spec(2, bits), frames) is held


def test_six_channels_are_mixed_down_without_exceeding_full_scale(tmp_path):
    samples = np.full((1, 6 * 1000), 32767, "<i2")
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + 12000, b"WAVE", b"fmt ", 16, 1, 6, 48000, 576000, 12, 16, b"data", 12000
    )
    decoded = decode(file_with(tmp_path, header + samples.tobytes()))
    assert decoded.channels == decoded.samples.shape[0] == 2
    assert np.abs(decoded.samples).max() <= 1


# --- quantising ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 24])
def test_what_fits_the_integers_is_left_alone(bits: Bits):
    wanted = noise(2, 40_001, bits)
    exact = wanted.samples.astype(np.float32) / np.float32(1 << (bits - 1))
    pcm = quantise(exact, 44_100, bits, seed=1)
    assert np.array_equal(pcm.samples, wanted.samples)
    assert pcm.limited == 0


def test_dither_takes_the_distortion_out_of_a_quiet_tone():
    """Under half a step, a tone is rounded away; with dither it is there, in noise, and its harmonics are not."""
    time = np.arange(48_000) / 48_000
    tone = (0.4 / 32768 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)[np.newaxis]
    pcm = quantise(tone, 48_000, 16, seed=3)
    spectrum = np.abs(np.fft.rfft(pcm.samples[0])) / 24_000
    assert spectrum[1000] == pytest.approx(0.4, abs=0.05)
    assert spectrum[[2000, 3000, 5000]].max() < 0.03
    assert np.abs(pcm.samples - tone * 32768).max() <= 1.5


def test_dither_is_repeatable_and_different_by_seed():
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 50_000)).astype(np.float32)
    first = quantise(sound, 44_100, 16, seed=1).samples
    assert np.array_equal(first, quantise(sound, 44_100, 16, seed=1).samples)
    assert not np.array_equal(first, quantise(sound, 44_100, 16, seed=2).samples)


def test_silence_stays_silent():
    assert not quantise(np.zeros((2, 5000), np.float32), 44_100, 16, seed=1).samples.any()


@pytest.mark.parametrize("bits", [16, 24])
def test_clipped_values_are_limited_and_counted_never_wrapped(bits: Bits):
    full = 1 << (bits - 1)
    pcm = quantise(np.array([[-3.0, -1.0, 0.0, 0.5, 1.0, 1.7, 40.0]], np.float32), 44_100, bits, seed=0)
    assert pcm.samples[0, [0, 1, 4, 5, 6]].tolist() == [-full, -full, full - 1, full - 1, full - 1]
    assert pcm.limited == 4


# --- rendering -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize(
    ("channels", "rate_hz", "length"),
    [(2, 44_100, 44_100), (1, 8_000, 4_097), (2, 96_000, 70_001), (1, 48_000, 1), (2, 192_000, 4_095)],
)
def test_all_formats_hold_the_same_integers(tmp_path, bits: Bits, channels, rate_hz, length):
    pcm = noise(channels, length, bits, rate_hz)
    for format in FORMATS:
        path = tmp_path / f"track.{format}"
        render(pcm, format, path)
        assert np.array_equal(integers_of(path, bits), pcm.samples), format
        decoded = decode(path)
        assert decoded.sample_rate_hz == rate_hz
        assert decoded.lossless
        assert np.array_equal(decoded.samples * (1 << (bits - 1)), pcm.samples), format


def test_a_16_bit_source_comes_out_bit_for_bit(encoded, tmp_path):
    source = integers_of(file_with(tmp_path, encoded["flac"]), 16)
    decoded = decode(tmp_path / "given.bin")
    pcm = quantise(decoded.samples, decoded.sample_rate_hz, 16, seed=9)
    for format in FORMATS:
        render(pcm, format, tmp_path / f"track.{format}")
        assert np.array_equal(integers_of(tmp_path / f"track.{format}", 16), source)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("length", [3, 4])
def test_a_wav_is_plain_pcm_and_its_chunks_are_even(tmp_path, bits: Bits, length):
    path = tmp_path / "track.wav"
    render(noise(1, length, bits), Format.WAV, path)
    data = path.read_bytes()
    assert struct.unpack_from("<H", data, 20) == (0x0001,)
    assert struct.unpack_from("<I", data, 4) == (len(data) - 8,)
    assert struct.unpack_from("<I", data, 40) == (length * bits // 8,)
    assert len(data) % 2 == 0


@pytest.mark.parametrize("length", [3, 4])
def test_an_aiff_states_its_sizes(tmp_path, length):
    path = tmp_path / "track.aiff"
    render(noise(1, length, 24), Format.AIFF, path)
    data = path.read_bytes()
    assert (data[:4], data[8:12]) == (b"FORM", b"AIFF")
    assert struct.unpack_from(">I", data, 4) == (len(data) - 8,)
    assert struct.unpack_from(">hIh", data, 20) == (1, length, 24)
    assert len(data) % 2 == 0


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_sound_is_the_same_file_whole_or_in_pieces(tmp_path, format):
    pcm = noise(2, 30_000, 24)
    render(pcm, format, tmp_path / f"whole.{format}")
    with open_writer(format, tmp_path / f"pieces.{format}", spec(2, 24)) as writer:
        for start, end in itertools.pairwise([0, 1, 4096, 4097, 20_000, 30_000]):
            writer.write(pcm.samples[:, start:end])
    assert (tmp_path / f"whole.{format}").read_bytes() == (tmp_path / f"pieces.{format}").read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_a_folder_that_is_missing_is_an_error_of_the_disk(tmp_path, format):
    with pytest.raises(FileNotFoundError):
        render(noise(1, 10, 16), format, tmp_path / "nowhere" / "track")


@pytest.mark.parametrize("format", [Format.WAV, Format.AIFF])
def test_what_passes_4_gb_is_refused_before_it_is_written(tmp_path, format):
    # One block that claims to be long without taking memory: the same sample over and over.
    endless = np.broadcast_to(np.int16(0), (2, 1 << 31))
    with (
        pytest.raises(BadMedia, match="4 GB"),
        open_writer(format, tmp_path / "long", spec(2, 16)) as writer,
    ):
        writer.write(endless)
