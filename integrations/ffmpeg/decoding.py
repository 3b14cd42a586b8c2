"""Audio files, decoded once, whole or in blocks, and refused when they are not what they claim to be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from daemon.errors import BadMedia
from integrations.ffmpeg.wholeness import refuse_cut, says_its_end

Samples = npt.NDArray[np.float32]
"""Planar sound, `(channels, samples)`; full scale is 1.0, and a lossy source may go beyond."""

DECODED_LIMIT_BYTES = 200_000_000
"""About nine minutes of stereo at 48 kHz; what is longer is for `open_sound`, block by block."""

_BLOCK = 1 << 16
_SAMPLE_RATES_HZ = range(4_000, 384_001)

# Only containers that hold sound, and only files: FFmpeg also reads playlists, which name other files and addresses.
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,webm,ogg,mp3,flac,wav,w64,aiff,aac,mpegts,caf,wv,ape,tta,asf",
}
_GUESS_THEIR_LENGTH = ("mp3", "aac", "mpegts")
"""Containers without a length of their own: FFmpeg guesses it from the bitrate (an MP3 may have a header that says)."""

_SHORTFALL_S = 0.5
"""Encoder delay and the last packet's rounding stay well below this; a download that broke off rarely does."""
_DAMAGED_SHARE = 0.01
_BROKEN_SHARE = 0.01
LOUDEST_BELIEVABLE = 1e5
"""100 dB over full scale. Decoders may overshoot 1, but not so far: beyond this a sample is broken, not loud. The
listening has the same number, so that it hears what the files will hold."""
LONGEST_S = 24 * 3600.0
"""Twice the longest set. Silence packs well: without an end, a few megabytes could fill a disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFacts:
    """What a file says of its sound."""

    sample_rate_hz: int
    channels: int
    """As decoded: 1 or 2. Anything wider is mixed down to stereo."""
    codec: str
    """FFmpeg's name: `opus`, `aac`, `mp3`, `flac`, `pcm_s16le` …"""
    bitrate_kbps: float | None
    lossless: bool
    """True only for a codec that can be nothing else."""
    claimed_duration_s: float | None
    """What the container says, if it says anything; guesses are left out. Count the samples for the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded(SoundFacts):
    """A whole file's sound."""

    samples: Samples

    @property
    def duration_s(self) -> float:
        """Samples counted."""
        return float(self.samples.shape[1]) / self.sample_rate_hz


def decode(path: Path, limit_bytes: int = DECODED_LIMIT_BYTES) -> Decoded:
    """The whole file. Raises BadMedia as `open_sound` does, and for more than `limit_bytes` of decoded sound; raises
    OSError when the file cannot be read."""
    with open_sound(path) as sound:
        facts = sound.facts
        limit = limit_bytes // (4 * facts.channels)
        gathered = np.empty((facts.channels, min(limit, _expected_samples(facts))), np.float32)
        count = 0
        for block in sound.blocks():
            end = count + block.shape[1]
            if end > limit:
                raise BadMedia(
                    f"{path.name} is longer than {limit / facts.sample_rate_hz / 60:.0f} minutes, "
                    "which is more than can be taken at once: choose a shorter recording."
                )
            if end > gathered.shape[1]:
                gathered = _widened(gathered, count, min(limit, 2 * end))
            gathered[:, count:end] = block
            count = end
    return Decoded(**asdict(facts), samples=gathered[:, :count])


def _expected_samples(facts: SoundFacts) -> int:
    """Room to decode into: the claimed length and a block to spare, so that it seldom has to be widened."""
    return max(0, round((facts.claimed_duration_s or 0.0) * facts.sample_rate_hz)) + _BLOCK


def _widened(samples: Samples, count: int, width: int) -> Samples:
    wider = np.empty((samples.shape[0], width), np.float32)
    wider[:, :count] = samples[:, :count]
    return wider


@contextlib.contextmanager
def open_sound(path: Path, longest_s: float = LONGEST_S) -> Iterator[OpenSound]:
    """The first audio stream of a file, to be decoded in one pass over its blocks.

    Raises BadMedia, here or while the blocks are read, for what is not audio, has no audio stream, holds no samples,
    breaks off before its claimed end, plays for more than `longest_s`, or is damaged in more than a hundredth of its
    packets or samples. A few damaged packets are left out: players do so too. Raises OSError when the file cannot be
    read. What a header claims never decides how much memory is taken."""
    with _refusing(path):
        # With an absolute path no file name can be taken for a protocol (`concat:…`).
        container = av.open(str(path.absolute()), options=_OPTIONS)
    with container:
        if not container.streams.audio:
            raise BadMedia(f"{path.name} holds no sound at all: choose another source.")
        refuse_cut(path)
        yield OpenSound(path, container, longest_s)


class OpenSound:
    """A file that is being decoded. Made by `open_sound`."""

    facts: SoundFacts

    def __init__(self, path: Path, container: av.container.InputContainer, longest_s: float) -> None:
        self._path = path
        self._container = container
        self._longest_s = longest_s
        self._stream = container.streams.audio[0]
        self.facts = _facts(path, container)
        self._resampler = self._new_resampler()
        self._packets = 0
        self.damaged_packets = 0
        """How many were left out, so far."""
        self.says_its_end = says_its_end(path)
        self.broken_samples = 0
        """How many were no numbers, infinite or beyond belief, and became zeros, so far; of all channels."""

    def blocks(self) -> Iterator[Samples]:
        """The sound from beginning to end, once, in planar blocks of some tens of thousands of samples. What is not a
        number, infinite, or louder than any sound becomes silence, and is counted."""
        count = 0
        with _refusing(self._path):
            for frame in self._frames():
                block = np.asarray(frame.to_ndarray(), np.float32)
                count += block.shape[1]
                self._refuse_endless(count)
                mended, broken = _mended(block)
                self.broken_samples += broken
                yield mended
        self._judge(count)

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Large frames of planar float at the rate and width of the facts."""
        for packet in self._container.demux(self._stream):
            for frame in self._decoded(packet):
                yield from self._resampled(frame)
        yield from self._resampler.resample(None)

    def _decoded(self, packet: av.Packet[av.AudioStream]) -> list[av.AudioFrame]:
        self._packets += 1
        try:
            return packet.decode()
        except MemoryError:  # FFmpeg's own is one of its errors too, but no damage
            raise
        except av.FFmpegError:
            self.damaged_packets += 1
            return []

    def _resampled(self, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
        try:
            yield from self._resampler.resample(frame)
        except ValueError:  # the stream changed its rate or width half-way, as broadcasts do
            yield from self._resampler.resample(None)
            self._resampler = self._new_resampler()
            yield from self._resampler.resample(frame)

    def _new_resampler(self) -> av.AudioResampler:
        return av.AudioResampler(
            format="fltp",
            layout="mono" if self.facts.channels == 1 else "stereo",
            rate=self.facts.sample_rate_hz,
            frame_size=_BLOCK,
            # A mix-down of six channels must not exceed full scale.
            options={"rematrix_maxval": "1.0"},
        )

    def _refuse_endless(self, count: int) -> None:
        if count > self._longest_s * self.facts.sample_rate_hz:
            raise BadMedia(
                f"{self._path.name} plays for more than {self._longest_s / 3600:g} hours, which no recording does: "
                "choose another source."
            )

    def _judge(self, count: int) -> None:
        duration_s = count / self.facts.sample_rate_hz
        claimed_s = self.facts.claimed_duration_s
        if count == 0:
            raise BadMedia(f"{self._path.name} holds no samples: choose another source.")
        if claimed_s is not None and claimed_s - duration_s > _SHORTFALL_S:
            raise BadMedia(
                f"{self._path.name} breaks off: {duration_s:.1f} of {claimed_s:.1f} s are there. Fetch it again."
            )
        if self.damaged_packets > _DAMAGED_SHARE * self._packets:
            raise BadMedia(
                f"{self._path.name} is damaged: {self.damaged_packets} of {self._packets} packets cannot be decoded. "
                "Fetch it again."
            )
        samples = count * self.facts.channels
        if self.broken_samples > _BROKEN_SHARE * samples:
            raise BadMedia(
                f"{self._path.name} is broken: {self.broken_samples:,} of {samples:,} samples are no numbers that a "
                "sound can have. Fetch it again or choose another source."
            )


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """FFmpeg's errors as ours. Its 'I/O error' also stands for a file that ends too soon, so it is no OSError here."""
    try:
        yield
    except (FileNotFoundError, PermissionError, IsADirectoryError, MemoryError):
        raise
    except av.FFmpegError as error:
        reason = (error.strerror or "no sound that FFmpeg knows").lower()
        raise BadMedia(f"{path.name} cannot be decoded ({reason}): fetch it again or choose another source.") from error


def _facts(path: Path, container: av.container.InputContainer) -> SoundFacts:
    stream = container.streams.audio[0]
    if stream.codec_context.sample_rate not in _SAMPLE_RATES_HZ or stream.codec_context.channels < 1:
        raise BadMedia(
            f"{path.name} claims {stream.codec_context.channels} channels at {stream.codec_context.sample_rate} Hz, "
            "which is no sound for people: choose another source."
        )
    codec = stream.codec_context.codec
    bitrate = stream.codec_context.bit_rate or container.bit_rate
    return SoundFacts(
        sample_rate_hz=stream.codec_context.sample_rate,
        channels=min(stream.codec_context.channels, 2),
        codec=codec.canonical_name,
        bitrate_kbps=bitrate / 1000 if bitrate else None,
        lossless=codec.lossless and not codec.lossy,
        claimed_duration_s=_claimed_duration_s(path, container),
    )


def _claimed_duration_s(path: Path, container: av.container.InputContainer) -> float | None:
    if container.format.name in _GUESS_THEIR_LENGTH and not _mp3_says_its_length(path):
        return None
    stream = container.streams.audio[0]
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # The container's own figure is that of its longest stream, which may be a film's.
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def _mp3_says_its_length(path: Path) -> bool:
    """Whether the first frame is one of the headers that count an MP3's frames."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":
            size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
            file.seek(10 + size)
        else:
            file.seek(0)
        first_frame = file.read(4096)
    return any(mark in first_frame for mark in (b"Xing", b"Info", b"VBRI"))


def _mended(block: Samples) -> tuple[Samples, int]:
    """Without the samples that no sound has, and how many those were."""
    # The two extremes tell of a whole block in a fraction of what looking at each sample costs; of what is not a number
    # both comparisons are false.
    if not block.size or (block.max() <= LOUDEST_BELIEVABLE and block.min() >= -LOUDEST_BELIEVABLE):
        return block, 0
    whole = np.abs(block) <= LOUDEST_BELIEVABLE
    return np.where(whole, block, np.float32(0)), int(block.size - np.count_nonzero(whole))
