"""Audio files to judge, made on the spot: whole ones in every codec, and broken ones of every kind that we know.

Each stands for a download of one invented recording; the tests make a few short ones of them, the bench makes all.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import scipy.fft
from pydantic import TypeAdapter

from daemon.errors import BadMedia
from daemon.models import Candidate, Fetched, Heard, Service, Source, Track
from daemon.pipeline.proof import prove
from daemon.wiring import jobs
from integrations.sandbox.music import Piece, Samples, play

Verdict = Literal["refused", "flagged", "passed"]

_RATE_HZ = 44_100
_TILT_DB_OCTAVE = 4.5
"""Mastered music falls off so; the sandbox's drums alone are as bright as noise."""
_HOLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Codec:
    """How a file is written."""

    container: str
    name: str
    kbps: int | None = None
    sample_format: str | None = None
    rate_hz: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)


_VBR = {"global_quality": "236", "flags": "+qscale"}
_TRY = {"strict": "experimental"}

LOSSY: Mapping[str, Codec] = {
    "opus 64": Codec("webm", "libopus", 64, rate_hz=48_000),
    "opus 160": Codec("webm", "libopus", 160, rate_hz=48_000),
    "ogg opus 128": Codec("ogg", "libopus", 128, rate_hz=48_000),
    "aac 96": Codec("mp4", "aac", 96),
    "aac 128": Codec("mp4", "aac", 128, container_options={"movflags": "faststart"}),
    "aac 192": Codec("mp4", "aac", 192),
    "mp3 128": Codec("mp3", "libmp3lame", 128),
    "mp3 192": Codec("mp3", "libmp3lame", 192),
    "mp3 256": Codec("mp3", "libmp3lame", 256),
    "mp3 320": Codec("mp3", "libmp3lame", 320),
    "mp3 VBR": Codec("mp3", "libmp3lame", options=_VBR),
    "vorbis 160": Codec("ogg", "vorbis", 160, options=_TRY),
}
LOSSLESS: Mapping[str, Codec] = {
    "flac 16": Codec("flac", "flac", sample_format="s16"),
    "flac 24": Codec("flac", "flac", sample_format="s32"),
    "wav 16": Codec("wav", "pcm_s16le"),
    "wav 24": Codec("wav", "pcm_s24le"),
    "wav float": Codec("wav", "pcm_f32le"),
    "aiff": Codec("aiff", "pcm_s16be"),
    "alac": Codec("mp4", "alac"),
}
_NO_HEADER = Codec("mp3", "libmp3lame", 128, container_options={"write_xing": "0"})
_AAC_256 = Codec("mp4", "aac", 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One download and what was known of it before."""

    kind: str
    name: str
    make: Callable[[], bytes]
    track_s: float | None
    """The track's length, as it was liked."""
    claimed_s: float | None
    """The length that the service gives."""
    service: Service = Service.YOUTUBE
    trusted: bool = False
    as_version: str | None = None


def judge(case: Case, folder: Path) -> tuple[Verdict, str]:
    """Listens to the file as the program does, and says how it is judged, and why."""
    file = folder / "download"
    file.write_bytes(case.make())
    fetched = Fetched(path=str(file), size=1, service=case.service, url="http://x/", duration_s=case.claimed_s)
    candidate = Candidate(service=case.service, id="x", url="http://x/", title="x", duration_s=case.claimed_s)
    source = Source(candidate=candidate, score=1, evidence="", trusted=case.trusted, as_version=case.as_version)
    try:
        heard = TypeAdapter(Heard).validate_python(
            jobs.listen(audio=str(file), work=str(folder), progress=lambda *_: None)
        )
        proof = prove(Track(title="x", duration_s=case.track_s), fetched, heard, source)
        proof.insist(fetched)
    except BadMedia as refusal:
        return "refused", str(refusal)
    return ("flagged", "; ".join(proof.flags)) if proof.flags else ("passed", "")


# --- sound -----------------------------------------------------------------------------------------------------------


def bpm_of(seed: int) -> float:
    """The tempo of that piece."""
    return 96.0 + 7.3 * (seed % 7)


@lru_cache(maxsize=4)
def music(seed: int, duration_s: float, rate_hz: int = _RATE_HZ) -> Samples:
    """A recording as bright as mastered music; every seed is another, in another tempo and key."""
    keys = ("Am", "F", "Gm", "D", "Ebm", "C")
    piece = Piece("x", "y", bpm_of(seed), keys[seed % len(keys)], duration_s, seed)
    return tilted(play(piece, rate_hz), rate_hz, _TILT_DB_OCTAVE)


def tilted(sound: Samples, rate_hz: int, db_octave: float, low_pass_hz: float | None = None, order: int = 4) -> Samples:
    """Falling off by so much above 1 kHz, and through an analogue low-pass of that order."""
    spectrum = scipy.fft.rfft(sound, axis=1)
    frequencies = np.arange(spectrum.shape[1]) * rate_hz / sound.shape[1]
    gain = (np.maximum(frequencies, 1000) / 1000) ** (-db_octave / 6.02)
    if low_pass_hz is not None:
        gain /= np.sqrt(1 + (frequencies / low_pass_hz) ** (2 * order))
    filtered = scipy.fft.irfft(spectrum * gain, n=sound.shape[1], axis=1)
    return np.asarray(0.9 * filtered / np.abs(filtered).max(), np.float32)


def with_silence(sound: Samples, start_s: float, length_s: float) -> Samples:
    """Switched off for so long."""
    holed = sound.copy()
    holed[:, round(start_s * _RATE_HZ) : round((start_s + length_s) * _RATE_HZ)] = 0
    return holed


def encode(sound: Samples, codec: Codec, rate_hz: int = _RATE_HZ) -> bytes:
    """The sound as a file."""
    layout = "mono" if len(sound) == 1 else "stereo"
    # A file with a name, because an index can only be moved to the front of such a one.
    with tempfile.NamedTemporaryFile() as file:
        _write(Path(file.name), layout, sound, codec, rate_hz)
        return Path(file.name).read_bytes()


def _write(file: Path, layout: str, sound: Samples, codec: Codec, rate_hz: int) -> None:
    with av.open(str(file), "w", format=codec.container, container_options=dict(codec.container_options)) as container:
        stream: Any = container.add_stream(codec.name, rate=codec.rate_hz or rate_hz, options=dict(codec.options))
        stream.layout = layout
        if codec.sample_format:
            stream.format = codec.sample_format
        if codec.kbps:
            stream.bit_rate = codec.kbps * 1000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def unpacked(data: bytes) -> tuple[Samples, int]:
    """The sound of a file, and its rate."""
    with av.open(io.BytesIO(data), "r") as container:
        rate_hz = container.streams.audio[0].codec_context.sample_rate
        to_float = av.AudioResampler(format="fltp", layout="stereo", rate=rate_hz)
        frames = [part for frame in container.decode(audio=0) for part in to_float.resample(frame)]
        return np.concatenate([frame.to_ndarray() for frame in [*frames, *to_float.resample(None)]], axis=1), rate_hz


def repacked(sound: Samples, lossy: Codec, lossless: Codec) -> bytes:
    """What was lossy once, in a lossless file."""
    decoded, rate_hz = unpacked(encode(sound, lossy))
    return encode(decoded, lossless, rate_hz)


def _faded(sound: Samples, fade_s: float) -> Samples:
    fade = round(fade_s * _RATE_HZ)
    return np.concatenate([sound[:, :-fade], sound[:, -fade:] * np.linspace(1, 0, fade, dtype=np.float32) ** 2], axis=1)


def padded(sound: Samples, before_s: float, after_s: float) -> Samples:
    return np.pad(sound, ((0, 0), (round(before_s * _RATE_HZ), round(after_s * _RATE_HZ))))


def _dying_away(sound: Samples, start_s: float, length_s: float, tail_s: float) -> Samples:
    """A stop that somebody played: what sounded last dies away."""
    stopped = with_silence(sound, start_s, length_s)
    first, tail = round(start_s * _RATE_HZ), round(tail_s * _RATE_HZ)
    decay = np.exp(-np.arange(tail) / (tail / 9)).astype(np.float32)
    stopped[:, first : first + tail] = sound[:, first : first + tail] * decay
    return stopped


# --- damage ----------------------------------------------------------------------------------------------------------


def _shortened(data: bytes, share: float) -> bytes:
    return data[: round(share * len(data))]


def _scrambled(data: bytes, every: int = 2500, width: int = 900) -> bytes:
    """Noise written over pieces of the file, from a tenth on; its head is left alone."""
    damaged, rng = bytearray(data), np.random.default_rng(1)
    for at in range(len(data) // 10, len(data) - width, every):
        damaged[at : at + width] = rng.bytes(width)
    return bytes(damaged)


def _blanked(data: bytes) -> bytes:
    """A tenth of the file is zeros: blocks that a disk or a cache lost."""
    first, width = len(data) // 2, len(data) // 10
    return data[:first] + bytes(width) + data[first + width :]


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("track.mp3", b"not here" * 1000)
    return file.getvalue()


# --- bad files -------------------------------------------------------------------------------------------------------

_Shape = Callable[[Samples], Samples]
_Spoil = Callable[[bytes], bytes]

_COMMON = ("opus 160", "aac 128", "mp3 192", "vorbis 160")
_CODECS: Mapping[str, Codec] = {**LOSSY, **LOSSLESS}
_LEFT, _RIGHT, _TURNED = (np.array(gains, np.float32)[:, np.newaxis] for gains in ((1, 0), (0, 1), (1, -1)))


def bad(duration_s: float = 36.0, cut_s: float = 60.0) -> Iterator[Case]:
    """Everything that must not be filed in silence. What is cut short is longer than the rest: of a short piece 3 % is
    less than services err by."""
    yield from _cut(cut_s)
    yield from _holes(duration_s)
    yield from _one_sided(duration_s)
    yield from _once_lossy(min(duration_s, 20.0))
    yield from _wrong_lengths(duration_s)
    yield from _previews()
    yield from _not_audio(duration_s)
    yield from _damaged(duration_s)


def _case(kind: str, name: str, make: Callable[[], bytes], length_s: float, **facts: Any) -> Case:
    return Case(**{"kind": kind, "name": name, "make": make, "track_s": length_s, "claimed_s": length_s, **facts})


def _made(
    codec: Codec, seed: int, length_s: float, shape: _Shape = lambda sound: sound, spoil: _Spoil = lambda data: data
) -> Callable[[], bytes]:
    """A piece, changed as sound, encoded, and changed as a file; when somebody asks for it."""
    return lambda: spoil(encode(shape(music(seed, length_s)), codec))


def _cut(length_s: float) -> Iterator[Case]:
    kept = round(0.97 * length_s * _RATE_HZ)
    for seed, name in enumerate(("flac 16", "opus 160", "aac 128", "mp3 320", "wav 16", "aiff")):
        make = _made(_CODECS[name], seed, length_s, spoil=lambda data: _shortened(data, 0.97))
        yield _case("cut by 3 %, its header says more", name, make, length_s)
    for seed, name in enumerate(("flac 16", *_COMMON, "ogg opus 128")):
        make = _made(_CODECS[name], seed, length_s, lambda sound: sound[:, :kept])
        yield _case("cut by 3 %, its header agrees", name, make, length_s)
    for name, codec in {"mp3 without a header": _NO_HEADER, "vorbis 160": LOSSY["vorbis 160"]}.items():
        make = _made(codec, 1, length_s, spoil=lambda data: _shortened(data, 0.97))
        yield _case("cut by 3 %, it has no header", name, make, length_s)


def _holes(length_s: float) -> Iterator[Case]:
    for seed, name in enumerate((*_COMMON, "mp3 320", "flac 16", "opus 64", "wav 24", "aac 96", "mp3 128")):
        at_s = (0.3 + 0.041 * seed) * length_s
        make = _made(_CODECS[name], seed, length_s, partial(with_silence, start_s=at_s, length_s=_HOLE_S))
        yield _case("a hole of 2 s", name, make, length_s)


def _one_sided(length_s: float) -> Iterator[Case]:
    for seed, name in enumerate((*_COMMON, "wav 16")):
        yield _case("silence", name, _made(_CODECS[name], 0, length_s, lambda sound: 0 * sound), length_s)
        ear = partial(_spread, gains=_LEFT if seed % 2 else _RIGHT)
        yield _case("in one ear only", name, _made(_CODECS[name], seed, length_s, ear), length_s)
    for seed, name in enumerate(("flac 16", "mp3 320")):
        make = _made(_CODECS[name], seed, length_s, partial(_spread, gains=_TURNED))
        yield _case("out of phase", name, make, length_s)
    yield _case("broken samples", "wav float", _made(LOSSLESS["wav float"], 3, length_s, _broken), length_s)


def _spread(sound: Samples, gains: Samples) -> Samples:
    """The first channel, at these levels in either ear."""
    return sound[:1] * gains


def _broken(sound: Samples) -> Samples:
    broken = sound.copy()
    broken[0, ::5000] = 1e30
    return broken


def _once_lossy(length_s: float) -> Iterator[Case]:
    def packed(lossy: Codec, lossless: Codec, seed: int) -> Callable[[], bytes]:
        return lambda: repacked(music(seed, length_s), lossy, lossless)

    for seed, (name, codec) in enumerate(LOSSY.items()):
        lossless = list(LOSSLESS)[seed % len(LOSSLESS)]
        make = packed(codec, LOSSLESS[lossless], seed)
        yield _case("once lossy, now lossless", f"{name} in {lossless}", make, length_s)

    def twice() -> bytes:
        sound, _ = unpacked(encode(music(1, length_s), LOSSY["mp3 128"]))
        return repacked(sound, LOSSY["opus 160"], LOSSLESS["alac"])

    yield _case("once lossy, now lossless", "mp3 128 in opus 160 in alac", twice, length_s)


def _wrong_lengths(length_s: float) -> Iterator[Case]:
    for made_s, name in ((length_s + 8, "opus 160"), (length_s - 8, "mp3 192"), (2 * length_s, "aac 128")):
        make = _made(_CODECS[name], 4, made_s)
        yield _case("another length", f"{name}, {made_s - length_s:+.0f} s", make, length_s, claimed_s=made_s)
    short = _made(LOSSY["aac 128"], 5, length_s)
    facts = {"claimed_s": 2 * length_s, "as_version": "Extended Mix"}
    yield _case("another length", "half an extended mix", short, length_s, **facts)

    def mostly_silent(sound: Samples) -> Samples:
        kept = sound[:, : round(0.4 * length_s * _RATE_HZ)]
        return padded(kept, 0, 0.6 * length_s)

    make = _made(LOSSY["mp3 192"], 5, length_s, mostly_silent)
    yield _case("another length", "most of it silence", make, length_s)


def _previews() -> Iterator[Case]:
    soundcloud = {"service": Service.SOUNDCLOUD}
    previews: dict[str, dict[str, Any]] = {
        "opus 160": {"track_s": 200.0, "claimed_s": None},
        "aac 128": {"track_s": 200.0, "claimed_s": 30.0},
        "mp3 128": {"track_s": None, "claimed_s": 30.0, **soundcloud},
        "mp3 192": {"track_s": 180.0, "claimed_s": 180.0, **soundcloud, "trusted": True},
    }
    for name, facts in previews.items():
        yield _case("a preview of 30 s", name, _made(_CODECS[name], 6, 30.0), 30.0, **facts)


def _not_audio(length_s: float) -> Iterator[Case]:
    jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(range(256)) * 200
    things: dict[str, Callable[[], bytes]] = {
        "HTML": lambda: b"<!DOCTYPE html><html><body><h1>503 Service Unavailable</h1></body></html>" * 50,
        "JPEG": lambda: jpeg,
        "zip": _zipped,
        "nothing": bytes,
        "noise": lambda: np.random.default_rng(2).bytes(200_000),
        "a playlist": lambda: b"#EXTM3U\n#EXTINF:30,\nhttp://127.0.0.1/x.mp3\n",
        "JSON": lambda: b'{"error": "rate limited"}',
        "the first 30 bytes of a FLAC": _made(LOSSLESS["flac 16"], 0, 5.0, spoil=lambda data: data[:30]),
        "the first 200 bytes of an M4A": _made(LOSSY["aac 128"], 0, 5.0, spoil=lambda data: data[:200]),
    }
    for name, make in things.items():
        yield _case("no audio at all", name, make, length_s)


def _damaged(length_s: float) -> Iterator[Case]:
    for seed, name in enumerate((*_COMMON, "ogg opus 128", "flac 16", "mp3 320")):
        make = _made(_CODECS[name], seed, length_s, spoil=_scrambled)
        yield _case("packets scrambled", name, make, length_s)
        make = _made(_CODECS[name], seed, length_s, spoil=_blanked)
        yield _case("a tenth of the file is zeros", name, make, length_s)
    for share in (0.5, 0.97):
        make = _made(LOSSY["aac 192"], 2, length_s, spoil=partial(_shortened, share=share))
        yield _case("MP4 without its index", f"{share:.0%} of it", make, length_s)


def wrong_recordings(duration_s: float = 36.0) -> Iterator[Case]:
    """Whole, of the right length, and not what was asked for: beyond what a proof can see."""
    for seed, name in enumerate(("opus 160", "aac 128", "mp3 320")):
        make = _made(_CODECS[name], 20 + seed, duration_s)
        yield _case("another recording of the right length", name, make, duration_s)


# --- good files ------------------------------------------------------------------------------------------------------


def good(duration_s: float = 36.0) -> Iterator[Case]:
    """Everything that must not be refused."""
    yield from _every_codec(duration_s)
    yield from _shapes(duration_s)
    yield from _ends(duration_s)
    yield from _known_otherwise(duration_s)
    yield from _stops(duration_s)
    yield from _honest_lossless(min(duration_s, 20.0))


def _every_codec(length_s: float) -> Iterator[Case]:
    codecs = {**_CODECS, "aac 256": _AAC_256, "mp3 without a header": _NO_HEADER}
    for seed, (name, codec) in enumerate(codecs.items()):
        yield _case("whole", name, _made(codec, seed, length_s), length_s)
        if codec.name != "vorbis":  # this encoder knows stereo only
            mono = _made(codec, seed, length_s, lambda sound: sound[:1])
            yield _case("whole, mono", name, mono, length_s)


def _shapes(length_s: float) -> Iterator[Case]:
    shapes: dict[str, _Shape] = {
        "fade-out": partial(_faded, fade_s=8.0),
        "quiet music": lambda sound: 0.01 * sound,
        "loud and clipped": lambda sound: np.clip(4 * sound, -1, 1),
        "ends abruptly": lambda sound: np.concatenate([sound, sound[:, : _RATE_HZ // 3]], axis=1),
    }
    for seed, (name, shape) in enumerate(shapes.items()):
        for codec in ("opus 160", "flac 16"):
            yield _case(name, codec, _made(_CODECS[codec], seed, length_s, shape), length_s)


def _ends(length_s: float) -> Iterator[Case]:
    for codec, before_s, after_s in (("mp3 192", 0.0, 9.0), ("aac 128", 4.0, 4.0), ("wav 16", 1.0, 14.0)):
        make = _made(_CODECS[codec], 4, length_s, partial(padded, before_s=before_s, after_s=after_s))
        yield _case("long silence at the ends", codec, make, length_s, claimed_s=length_s + before_s + after_s)


def _known_otherwise(length_s: float) -> Iterator[Case]:
    make = _made(LOSSY["opus 160"], 5, length_s)
    yield _case("an extended version, preferred", "opus 160", make, length_s, track_s=20.0, as_version="Extended Mix")
    yield _case("its length is unknown", "opus 160", make, length_s, track_s=None)
    yield _case("a person vouches for it", "opus 160", make, length_s, track_s=200.0, trusted=True)


def _stops(length_s: float) -> Iterator[Case]:
    """Hard mutes of whole beats, and stops that die away, wherever they fall."""
    for seed, (name, beats) in enumerate(
        (("flac 16", 1), ("opus 160", 2), ("mp3 320", 4), ("aac 128", 3), ("wav 16", 2))
    ):
        beat_s = 60 / bpm_of(seed)
        hard = partial(with_silence, start_s=round(0.5 * length_s / beat_s) * beat_s, length_s=beats * beat_s)
        make = _made(_CODECS[name], seed, length_s, hard)
        yield _case("the music stops for some beats, hard", f"{name}, {beats}", make, length_s)
        soft = partial(_dying_away, start_s=0.371 * length_s, length_s=1.9, tail_s=0.5)
        yield _case("the music stops, and dies away", name, _made(_CODECS[name], seed, length_s, soft), length_s)


def _honest_lossless(length_s: float) -> Iterator[Case]:
    """Lossless from the beginning: at every rate, bright and dark."""

    def made(rate_hz: int, db_octave: float, low_pass_hz: float | None, order: int, codec: str) -> Callable[[], bytes]:
        return lambda: encode(
            tilted(music(7, length_s, rate_hz), rate_hz, db_octave, low_pass_hz, order), LOSSLESS[codec], rate_hz
        )

    for rate_hz in (44_100, 48_000, 88_200, 96_000):
        for db_octave in (-_TILT_DB_OCTAVE, 0.0, _TILT_DB_OCTAVE):  # beside what the music has already
            name = f"{rate_hz / 1000:g} kHz, {_TILT_DB_OCTAVE + db_octave:g} dB/octave"
            yield _case("honest lossless", name, made(rate_hz, db_octave, None, 0, "flac 24"), length_s)
    for low_pass_hz, order in ((6_000, 2), (9_000, 4), (12_000, 4), (15_000, 6), (16_000, 8)):
        name = f"low-pass {low_pass_hz / 1000:g} kHz, {6 * order} dB/octave"
        yield _case("honest lossless, dark", name, made(_RATE_HZ, 0, low_pass_hz, order, "flac 16"), length_s)
