"""What a groove is made of: drum patterns by style, chord progressions by mode, and the instruments of General MIDI.

A pattern is sixteen steps of a bar; each digit is how hard the drum is struck, 0 being a rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

Mode = Literal["major", "minor"]
Feel = Literal["triads", "sevenths", "ninths", "one chord", "dub", "arpeggio"]
"""What the chords are like; the last three also settle how they go on or how they are played."""


class Drum(IntEnum):
    """The notes of General MIDI's drum channel that are played."""

    KICK = 36
    RIM = 37
    SNARE = 38
    CLAP = 39
    SNARE_2 = 40
    CLOSED_HAT = 42
    LOW_TOM = 45
    OPEN_HAT = 46
    HIGH_TOM = 48
    CRASH = 49
    RIDE = 51
    COWBELL = 56
    SHAKER = 70


LEADING_DRUMS = (Drum.KICK, Drum.SNARE, Drum.CLAP)
"""Never left out, and struck more often at the end of eight bars."""
LAST_DRUMS = (Drum.KICK, Drum.CLOSED_HAT, Drum.OPEN_HAT)
"""What goes on through the last four bars."""
GHOSTLY_DRUMS = (Drum.SNARE, Drum.RIM)
"""Sometimes touched lightly where the pattern has a rest."""


@dataclass(frozen=True, slots=True)
class Style:
    """One kind of music."""

    name: str
    tempi_bpm: tuple[float, float, float]
    swing: float
    """How late every second step comes, in steps."""
    jitter_ms: float
    kits: tuple[int, ...]
    feel: Feel
    drums: dict[Drum, str] = field(default_factory=dict)


FOUR_TO_THE_FLOOR = "9000 9000 9000 9000"
BACK_BEAT = "0000 9000 0000 9000"
_BREAK = "9000 0000 0090 0000"
_HALF_TIME = "0000 0000 9000 0000"
_EIGHTHS = "5050 5050 5050 5050"
_EIGHTHS_HARDER = "6060 6060 6060 6060"

STYLES = (
    Style("house", (124, 124.37, 126), 0.06, 2, (24, 25, 0), "sevenths", {
        Drum.KICK: FOUR_TO_THE_FLOOR,
        Drum.CLAP: BACK_BEAT,
        Drum.OPEN_HAT: "0070 0070 0070 0070",
        Drum.CLOSED_HAT: _EIGHTHS,
    }),
    Style("deep house", (121, 120.2, 119.5), 0.22, 3, (25, 24), "ninths", {
        Drum.KICK: FOUR_TO_THE_FLOOR,
        Drum.CLAP: "0000 8000 0000 8000",
        Drum.CLOSED_HAT: "4252 4252 4252 4252",
        Drum.SHAKER: "3232 3232 3232 3232",
        Drum.RIM: "0005 0000 0050 0000",
    }),
    Style("techno", (138, 132.5, 140), 0, 1, (24, 25), "one chord", {
        Drum.KICK: FOUR_TO_THE_FLOOR,
        Drum.CLOSED_HAT: "0060 0060 0060 0060",
        Drum.OPEN_HAT: "0080 0080 0080 0080",
        Drum.CLAP: "0000 6000 0000 6000",
        Drum.LOW_TOM: "0003 0030 0003 0300",
    }),
    Style("minimal", (127.03, 125.5, 128), 0.1, 1, (25, 24), "one chord", {
        Drum.KICK: FOUR_TO_THE_FLOOR,
        Drum.RIM: "0003 0005 0030 0050",
        Drum.CLOSED_HAT: "0040 0040 0040 0041",
        Drum.SHAKER: "2020 2020 2020 2020",
    }),
    Style("drum and bass", (174, 172.5, 170), 0.04, 2, (24, 0, 16), "triads", {
        Drum.KICK: _BREAK,
        Drum.SNARE: BACK_BEAT,
        Drum.CLOSED_HAT: _EIGHTHS_HARDER,
        Drum.SNARE_2: "0000 0002 0020 0000",
    }),
    Style("half-time drum and bass", (170, 174, 172), 0, 2, (24, 25), "triads", {
        Drum.KICK: "9000 0000 0000 0020",
        Drum.SNARE: _HALF_TIME,
        Drum.CLOSED_HAT: "5030 5030 5030 5030",
    }),
    Style("dub techno", (118, 120.2, 122.6), 0.05, 2, (25,), "dub", {
        Drum.KICK: "8000 8000 8000 8000",
        Drum.OPEN_HAT: "0030 0030 0030 0030",
        Drum.SHAKER: "1212 1212 1212 1212",
    }),
    Style("hip hop", (87, 92.3, 95), 0.24, 10, (0, 25, 8), "ninths", {
        Drum.KICK: "9000 0009 0090 0000",
        Drum.SNARE: BACK_BEAT,
        Drum.CLOSED_HAT: "6050 6050 6050 6050",
    }),
    Style("trap", (140, 70, 144.5), 0, 1, (25,), "triads", {
        Drum.KICK: _BREAK,
        Drum.CLAP: _HALF_TIME,
        Drum.CLOSED_HAT: "6666 6666 6666 9696",
    }),
    Style("breakbeat", (132, 128.7, 136), 0.08, 5, (0, 16, 8), "triads", {
        Drum.KICK: "9090 0000 0090 0000",
        Drum.SNARE: "0000 9003 0030 9000",
        Drum.CLOSED_HAT: _EIGHTHS_HARDER,
        Drum.RIDE: "0000 0000 0000 0030",
    }),
    Style("garage", (132, 131.1, 134), 0.28, 3, (24, 25), "ninths", {
        Drum.KICK: _BREAK,
        Drum.SNARE: BACK_BEAT,
        Drum.CLOSED_HAT: "5065 5065 5065 5065",
        Drum.RIM: "0050 0005 0000 0500",
    }),
    Style("dubstep", (140, 141.3, 139), 0, 2, (24, 16), "triads", {
        Drum.KICK: "9000 0000 0030 0000",
        Drum.SNARE: _HALF_TIME,
        Drum.CLOSED_HAT: "5003 5003 5003 5003",
    }),
    Style("disco", (115, 117.8, 112), 0.03, 6, (0, 16), "sevenths", {
        Drum.KICK: FOUR_TO_THE_FLOOR,
        Drum.SNARE: BACK_BEAT,
        Drum.OPEN_HAT: "0080 0080 0080 0080",
        Drum.CLOSED_HAT: _EIGHTHS,
        Drum.COWBELL: "0000 0000 0000 5050",
    }),
    Style("dembow", (95, 98.6, 100), 0, 3, (25, 0), "triads", {
        Drum.KICK: FOUR_TO_THE_FLOOR,
        Drum.SNARE: "0009 0090 0009 0090",
        Drum.CLOSED_HAT: _EIGHTHS,
    }),
    Style("footwork", (160, 161.7, 158), 0, 2, (25,), "ninths", {
        Drum.KICK: "9009 0090 0900 9000",
        Drum.CLAP: "0000 0000 0000 9000",
        Drum.CLOSED_HAT: "4040 4040 4040 4040",
        Drum.HIGH_TOM: "0300 3003 0030 0300",
    }),
    Style("no drums", (90, 104.4, 76), 0, 4, (0,), "arpeggio"),
)  # fmt: skip
"""Three tempi each."""

Chord = tuple[int, bool]
"""Its root in semitones over the tonic, and whether it is major."""

PROGRESSIONS: dict[Mode, tuple[tuple[Chord, Chord, Chord, Chord], ...]] = {
    "major": (
        ((0, True), (7, True), (9, False), (5, True)),
        ((9, False), (5, True), (0, True), (7, True)),
        ((0, True), (5, True), (0, True), (7, True)),
        ((2, False), (7, True), (0, True), (9, False)),
        ((0, True), (10, True), (5, True), (0, True)),
    ),
    "minor": (
        ((0, False), (8, True), (3, True), (10, True)),
        ((0, False), (5, False), (10, True), (0, False)),
        ((0, False), (10, True), (8, True), (7, False)),
        ((0, False), (0, False), (5, False), (0, False)),
        ((0, False), (8, True), (5, False), (7, True)),
        ((0, False), (5, True), (0, False), (5, True)),
    ),
}
SCALES: dict[Mode, tuple[int, ...]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
MAJOR_SEVENTH_ON: dict[Mode, tuple[int, int]] = {"major": (0, 5), "minor": (8, 3)}
"""Roots whose major chord takes the major seventh; all other chords take the minor one."""

CHORD_PROGRAMS = (88, 89, 90, 91, 92, 94, 95, 4, 5, 16, 18, 48, 50, 51, 52, 54)
BASS_PROGRAMS = (38, 39, 33, 32, 36, 87)
LEAD_PROGRAMS = (80, 81, 82, 84, 98, 11, 12, 4, 0, 62)
