"""A standard MIDI file of one track, by hand: notes, programs and controllers are all that a groove needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

TICKS_PER_BEAT = 960
MICROSECONDS_PER_MINUTE = 60_000_000

_NOTE_OFF, _NOTE_ON, _CONTROL, _PROGRAM = 0x80, 0x90, 0xB0, 0xC0
_RELEASE_VELOCITY = 64
_SHORTEST_TICKS = 20
_ONE_TRACK_IN_A_LIST = 1
_TEMPO, _END_OF_TRACK = 0x51, 0x2F


@dataclass(slots=True)
class Score:
    """What is played, in any order."""

    microseconds_per_beat: int
    _events: list[tuple[int, bool, bytes]] = field(default_factory=list)
    """When, whether it begins a note (which comes after all else of that moment), and the message."""

    @property
    def bpm(self) -> float:
        return MICROSECONDS_PER_MINUTE / self.microseconds_per_beat

    def program(self, channel: int, program: int) -> None:
        self._events.append((0, False, bytes((_PROGRAM | channel, program))))

    def control(self, channel: int, controller: int, value: int) -> None:
        self._events.append((0, False, bytes((_CONTROL | channel, controller, value))))

    def note(self, channel: int, pitch: int, velocity: float, tick: int, ticks: float) -> None:
        """One note; its velocity is held to what MIDI knows, its length to what can be heard."""
        loudness = max(1, min(127, int(velocity)))
        end = tick + max(_SHORTEST_TICKS, int(ticks))
        self._events.append((tick, True, bytes((_NOTE_ON | channel, pitch, loudness))))
        self._events.append((end, False, bytes((_NOTE_OFF | channel, pitch, _RELEASE_VELOCITY))))

    def as_file(self) -> bytes:
        """The whole file; the same notes give the same bytes."""
        in_order = sorted(self._events, key=lambda event: event[:2])
        track = b"".join(
            (
                *_meta(_TEMPO, self.microseconds_per_beat.to_bytes(3, "big")),
                *_messages((tick, message) for tick, _, message in in_order),
                *_meta(_END_OF_TRACK, b""),
            )
        )
        header = b"".join(number.to_bytes(2, "big") for number in (_ONE_TRACK_IN_A_LIST, 1, TICKS_PER_BEAT))
        return _chunk(b"MThd", header) + _chunk(b"MTrk", track)


def _messages(events: Iterable[tuple[int, bytes]]) -> Iterable[bytes]:
    """With the time since the one before, and without a status that is still in force."""
    now, status = 0, -1
    for tick, message in events:
        yield _variable_length(tick - now)
        yield message[1:] if message[0] == status else message
        now, status = tick, message[0]


def _meta(kind: int, content: bytes) -> Iterable[bytes]:
    return (_variable_length(0), bytes((0xFF, kind, len(content))), content)


def _variable_length(number: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last are marked."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "big") + content
