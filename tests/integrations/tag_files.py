"""Sound files as other programs leave them, built and taken apart byte by byte, without the code under test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import av
import numpy as np

from daemon.models import Format
from integrations.ffmpeg import Pcm, render

SOUND = Pcm(samples=np.arange(2 * 501, dtype=np.int16).reshape(2, -1), sample_rate_hz=44_100, bits=16)


def untagged(folder: Path, format: Format) -> Path:
    path = folder / f"track.{format}"
    render(SOUND, format, path)
    return path


def sound_of(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return b"".join(frame.to_ndarray().tobytes() for frame in container.decode(audio=0))


# --- ID3 -------------------------------------------------------------------------------------------------------------


def synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3_frame(frame_id: bytes, payload: bytes, flags: bytes = b"\0\0", *, version: int = 3) -> bytes:
    return frame_id + (synchsafe(len(payload)) if version == 4 else len(payload).to_bytes(4, "big")) + flags + payload


def in_version(frame: bytes, version: int) -> bytes:
    return id3_frame(frame[:4], frame[10:], frame[8:10], version=version)


def id3_tag(frames: Sequence[bytes], version: int = 3, *, padding: int = 0) -> bytes:
    body = b"".join(in_version(frame, version) for frame in frames) + bytes(padding)
    return b"ID3" + bytes([version, 0, 0]) + synchsafe(len(body)) + body


def frames_of(tag: bytes) -> list[bytes]:
    version, body, frames = tag[3], tag[10:], []
    while len(body) > 10 and body[0]:
        size = (
            sum(byte << shift for byte, shift in zip(body[4:8], (21, 14, 7, 0), strict=True))
            if version == 4
            else int.from_bytes(body[4:8], "big")
        )
        frames.append(body[: 10 + size])
        body = body[10 + size :]
    assert not any(body)
    return frames


def serato(name: str, payload: bytes) -> bytes:
    """As Serato DJ writes what it knows of a track."""
    return id3_frame(b"GEOB", b"\0application/octet-stream\0\0" + name.encode() + b"\0" + payload)


# Mutagen would not give all of these back as they are.
FOREIGN_FRAMES = [
    serato("Serato Analysis", b"\x02\x01"),
    serato("Serato Autotags", b"\x01\x01115.00\0-3.257\x000.000\0"),
    serato("Serato BeatGrid", b"\x01\0\0\0\0\x01\x3d\x0b\x1f\x42\x42\xe6\0\0\x37"),
    serato("Serato Markers_", b"\x02\x05\0\0\0\x0e" + b"\0\0\0\0\x7f\x7f\x7f\x7f\x7f\0\x7f\x7f\x7f\x7f\x7f\0" * 14),
    serato("Serato Markers2", b"\x01\x01AQFDT0xPUgAAAAAEAP///0JQTUxPQ0sAAAAAAQAA" + bytes(400)),
    serato("Serato Overview", b"\x01\x05" + bytes(range(256)) * 15),
    id3_frame(b"PRIV", b"TRAKTOR4\0" + b"DMRT" + bytes(90) + b"\xff\0\xff\xe0"),
    id3_frame(b"PRIV", b"PeakValue\0\xff\x7f\0\0"),
    id3_frame(b"TXXX", b"\x01\xfe\xff\0S\0E\0R\0A\0T\0O\0\0\0a"),
    id3_frame(b"TXXX", b"\0SERATO_PLAYCOUNT\x0012\0"),
    id3_frame(b"TXXX", b"\0EnergyLevel\x007"),
    id3_frame(b"TENC", b"\0with its zero\0"),
    id3_frame(b"COMM", b"\0engiTunNORM\0 00000A2B"),
    id3_frame(b"COMM", b"\x01eng\xff\xfei\0T\0u\0n\0S\0M\0P\0B\0\0\0\xff\xfe0\0"),
    id3_frame(b"APIC", b"\0image/png\0\x04back\0\x89PNG"),
    id3_frame(b"XYZ1", b"unknown"),
    id3_frame(b"TPUB", b""),
    id3_frame(b"POPM", b"traktor@native-instruments.de\0\xff\0\0\0\x01", flags=b"\x40\0"),
    id3_frame(b"POPM", b"Windows Media Player 9 Series\0\xc4"),
    id3_frame(b"UFID", b"http://musicbrainz.org\x00f27ec8db-af05-4f36-916e-3d57f91ecf5e"),
    id3_frame(b"RVAD", b"\x03\x10\x01\x02\x03\x04"),
    id3_frame(b"CHAP", b"ch0\0" + bytes(16) + id3_frame(b"TIT2", b"\0a chapter's title")),
    id3_frame(b"RGAD", bytes(8)),
]

# --- chunks ----------------------------------------------------------------------------------------------------------

Order = Literal["little", "big"]


def order_of(format: Format) -> Order:
    return "little" if format is Format.WAV else "big"


def chunk(name: bytes, body: bytes, order: Order) -> bytes:
    return name + len(body).to_bytes(4, order) + body + b"\0" * (len(body) % 2)


def chunks_of(data: bytes, order: Order) -> list[bytes]:
    """Every chunk with its header and its last zero."""
    end, start, chunks = 8 + int.from_bytes(data[4:8], order), 12, []
    while start < end:
        size = int.from_bytes(data[start + 4 : start + 8], order)
        chunks.append(data[start : start + 8 + size + size % 2])
        start += len(chunks[-1])
        assert len(chunks[-1]) >= 8
    assert start == end
    return chunks


def contained(kind: bytes, chunks: Sequence[bytes], order: Order) -> bytes:
    body = kind + b"".join(chunks)
    return (b"RIFF" if order == "little" else b"FORM") + len(body).to_bytes(4, order) + body


FOREIGN_CHUNKS = {
    Format.WAV: (
        [(b"JUNK", bytes(28)), (b"bext", b"A broadcast" + bytes(591)), (b"cue ", b"\x01" + bytes(27))],
        [
            (b"smpl", bytes(range(60))),
            (b"LIST", b"INFOINAM\x06\0\0\0Title\0IART\x04\0\0\0Them"),
            (b"LIST", b"adtllabl\x09\0\0\0\x01\0\0\0Drop\0\0"),
            (b"odd ", b"5 byt"),
        ],
    ),
    Format.AIFF: (
        [(b"MARK", b"\0\x01\0\x01\0\0\0\x0a\x04Drop\0"), (b"COMT", b"\0\0"), (b"NAME", b"Title")],
        [(b"INST", bytes(20)), (b"APPL", b"NI  traktor's"), (b"APPL", b"pdos\x04then")],
    ),
}
"""Before and after the sound."""


def is_tag(chunk: bytes) -> bool:
    return chunk[:4].upper() == b"ID3 "


# --- atoms -----------------------------------------------------------------------------------------------------------


def atom(name: bytes, payload: bytes) -> bytes:
    return (8 + len(payload)).to_bytes(4, "big") + name + payload


def value_atom(payload: bytes, kind: int = 1, locale: int = 0) -> bytes:
    return atom(b"data", kind.to_bytes(4, "big") + locale.to_bytes(4, "big") + payload)


def free_atom(mean: bytes, name: bytes, value: bytes) -> bytes:
    return atom(b"----", atom(b"mean", b"\0\0\0\0" + mean) + atom(b"name", b"\0\0\0\0" + name) + value)


FOREIGN_ATOMS = [
    free_atom(b"com.serato.dj", b"markersv2", value_atom(b"YXBwbGljYXRpb24vb2N0ZXQtc3RyZWFt\nAAAA", kind=1)),
    free_atom(b"com.serato.dj", b"markers", value_atom(b"YXBwbGljYXRpb24=", kind=0)),
    free_atom(b"com.serato.dj", b"beatgrid", value_atom(bytes(range(64)), kind=0, locale=7)),
    free_atom(b"com.serato.dj", b"playcount", value_atom(b"12", kind=1)),
    free_atom(b"com.mixedinkey.mixedinkey", b"cuepoints", value_atom(b"eyJjdWVzIjpbXX0=")),
    free_atom(b"com.apple.iTunes", b"iTunNORM", value_atom(b" 00000A2B")),
    free_atom(b"com.apple.iTunes", b"iTunSMPB", value_atom(b" 00000000 00000840 000001CA")),
    free_atom(b"com.apple.iTunes", b"ENERGYLEVEL", value_atom(b"7")),
    free_atom(b"com.apple.iTunes", b"LABEL", value_atom(b"A") + value_atom(b"B")),
    free_atom(b"org.example", b"BPM", value_atom(b"not ours")),
    atom(b"trkn", value_atom(b"\0\0\0\x03\0\x0c\0\x09", kind=0)),
    atom(b"disk", value_atom(b"\0\0\0\x01\0\x02\xab\xcd", kind=0)),
    atom(b"rtng", value_atom(b"\0\0\0\x01", kind=21)),
    atom(b"cpil", value_atom(b"\x02", kind=21)),
    atom(b"\xa9grp", value_atom(b"crate 7", locale=5)),
    atom(b"NITR", value_atom(bytes(range(200)), kind=0)),
    atom(b"free", b"not quite free"),
]

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"meta", b"ilst")


def atoms_of(data: bytes, start: int = 0, end: int | None = None, at: str = "") -> Iterator[tuple[str, int, bytes]]:
    """Every atom that holds no other ones but those of the list of tags, with the way to it and its place."""
    end = len(data) if end is None else end
    while start < end:
        size, name = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        way = f"{at}/{name.decode('latin-1')}"
        if name in _PARENTS and not at.endswith("ilst"):
            yield from atoms_of(data, start + (12 if name == b"meta" else 8), start + size, way)
        else:
            yield way, start, data[start : start + size]
        start += size
    assert start == end


def with_atoms(data: bytes, parents: Sequence[bytes], new: bytes) -> bytes:
    """Atoms put first into the innermost of the parents. Where the sound stands behind them, it is still found."""
    changed, at = bytearray(data), 0
    for parent in parents:
        at = changed.index(parent, at) - 4
        size = int.from_bytes(changed[at : at + 4], "big")
        changed[at : at + 4] = (size + len(new)).to_bytes(4, "big")
        at += 12 if parent == b"meta" else 8
    sound_follows = data.index(b"mdat") > at
    changed[at:at] = new
    if sound_follows:
        for way, start, stco in atoms_of(bytes(changed)):
            if way.endswith("/stco"):
                for entry in range(start + 16, start + len(stco), 4):
                    offset = int.from_bytes(changed[entry : entry + 4], "big") + len(new)
                    changed[entry : entry + 4] = offset.to_bytes(4, "big")
    return bytes(changed)


def sound_first_or_last(source: Path, target: Path, *, sound_first: bool) -> None:
    """The same sound in a file that has its tables before or behind it."""
    options = {} if sound_first else {"movflags": "faststart"}
    with av.open(str(source)) as had, av.open(str(target), "w", format="ipod", options=options) as made:
        stream = made.add_stream_from_template(had.streams.audio[0])
        for packet in had.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
