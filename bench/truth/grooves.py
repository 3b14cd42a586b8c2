"""48 grooves from a seed: sixteen styles three times, every key twice, each with a course of its own.

The order in which chance is asked is part of what a seed means: change it, and every seed is other music.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench.truth.midi import MICROSECONDS_PER_MINUTE, TICKS_PER_BEAT, Score
from bench.truth.styles import (
    BASS_PROGRAMS,
    CHORD_PROGRAMS,
    GHOSTLY_DRUMS,
    LAST_DRUMS,
    LEAD_PROGRAMS,
    LEADING_DRUMS,
    MAJOR_SEVENTH_ON,
    PROGRESSIONS,
    SCALES,
    STYLES,
    Chord,
    Drum,
    Mode,
    Style,
)

Intro = Literal["drums", "pads", "full"]
Comping = Literal["sustained", "stabs", "off-beats", "arpeggio"]
BassLine = Literal["eighths", "off-beats", "syncopated", "long", "octaves"]

_VARIANTS = 3
_DURATION_S = 150
_TEMPO_SPREAD = 0.04
_CHORDS, _BASS, _LEAD, _DRUMS = 0, 1, 2, 9
_VOLUME, _REVERB, _CHORUS = 7, 91, 93
_CONTROLS = (
    (_CHORDS, _REVERB, 70), (_LEAD, _REVERB, 60), (_CHORDS, _CHORUS, 30),
    (_CHORDS, _VOLUME, 85), (_BASS, _VOLUME, 105), (_LEAD, _VOLUME, 72), (_DRUMS, _VOLUME, 112),
)  # fmt: skip

_STEPS = 16
_STEP = TICKS_PER_BEAT / 4
_BAR = 4 * TICKS_PER_BEAT
_EIGHTHS = range(0, _STEPS, 2)
_OFF_BEATS = (2, 6, 10, 14)
_STABS, _DUB_STABS = (0, 6, 11), (3, 10)
_SYNCOPATED = ((0, 0), (3, 0), (6, 12), (8, 0), (11, 0), (14, 7))
"""Step, and semitones over the root."""
_ARPEGGIO_IN_SIXTEENTHS_BELOW_BPM = 115
_TWO_BARS_A_CHORD_ABOVE_BPM = 150

_LONG_TRACK_BARS = 40
_TAIL_BARS = 4
_CRASH_EVERY_BARS = 16
_BREAKDOWN_CHANCE, _GHOST_TRACK_CHANCE, _GHOST_CHANCE = 0.6, 0.5, 0.06
_FILL_CHANCE, _OMISSION_CHANCE = 0.5, 0.03
_FILL_FROM_STEP, _FILL_STRENGTH = 14, 7
_LOUD_CHANCE, _NOISE_CHANCE = 0.5, 0.3

_VARISPEEDS = 6
_VARISPEED_CENTS = (-45, -35, -25, 25, 35, 45)
_LARGEST_SEED = 2**31


@dataclass(slots=True)
class Groove:
    """One piece, and what is true of it."""

    name: str
    style: str
    tonic: int
    """0 is C, 11 is B."""
    mode: Mode
    score: Score
    loud: bool
    """Driven into saturation."""
    noisy: bool
    """With hiss at -46 dB."""
    cents: int = 0
    """Played faster and higher, or slower and lower, by so much."""
    noise_seed: int = 0

    @property
    def bpm(self) -> float:
        return float(self.score.bpm * 2 ** (self.cents / 1200))

    @property
    def key(self) -> int:
        """0 (C) to 11 (B), 12 (Cm) to 23 (Bm), as `daemon.pipeline.listening.key` counts."""
        return self.tonic + 12 * (self.mode == "minor")


def grooves(seed: int) -> list[Groove]:
    """All of that seed. Six are played at another speed, as by a turntable's pitch fader."""
    chance = random.Random(seed)
    keys: list[tuple[int, Mode]] = [(tonic, mode) for mode in ("major", "minor") for tonic in range(12)] * 2
    chance.shuffle(keys)
    made = []
    for number, (tonic, mode) in enumerate(keys):
        style = STYLES[number // _VARIANTS]
        piece = _Piece(chance, style, style.tempi_bpm[number % _VARIANTS], tonic, mode)
        score = piece.written()
        loud, noisy = chance.random() < _LOUD_CHANCE, chance.random() < _NOISE_CHANCE
        made.append(Groove(f"g{number:02}", style.name, tonic, mode, score, loud, noisy))
    for groove in chance.sample(made, _VARISPEEDS):
        groove.cents = chance.choice(_VARISPEED_CENTS)
    for groove in made:
        groove.noise_seed = random.Random(chance.randint(0, _LARGEST_SEED)).randint(0, _LARGEST_SEED)
    return made


class _Piece:
    """The course of one groove: what is drawn once for the whole of it, and then its bars."""

    def __init__(self, chance: random.Random, style: Style, bpm: float, tonic: int, mode: Mode) -> None:
        self.chance, self.style, self.tonic, self.mode = chance, style, tonic, mode
        self.bpm = bpm * chance.uniform(1 - _TEMPO_SPREAD, 1 + _TEMPO_SPREAD)
        self.score = Score(round(MICROSECONDS_PER_MINUTE / self.bpm))
        programs = [chance.choice(of) for of in (CHORD_PROGRAMS, BASS_PROGRAMS, LEAD_PROGRAMS, style.kits)]
        for channel, program in zip((_CHORDS, _BASS, _LEAD, _DRUMS), programs, strict=True):
            self.score.program(channel, program)
        for channel, controller, value in _CONTROLS:
            self.score.control(channel, controller, value)
        bars = round(_DURATION_S * self.bpm / 240)
        self.bars = bars - bars % 4
        self.progression = self._progression()
        self.intro: Intro = chance.choice(("drums", "pads", "full", "pads")) if style.drums else "full"
        self.intro_bars = 8 if self.bars >= _LONG_TRACK_BARS else 4
        self.breakdown = self._breakdown()
        self.comping = self._comping()
        self.bass_line: BassLine = chance.choice(("eighths", "off-beats", "syncopated", "long", "octaves"))
        self.has_ghosts = chance.random() < _GHOST_TRACK_CHANCE
        self.melody = self._melody()

    def _progression(self) -> tuple[Chord, Chord, Chord, Chord]:
        major = self.mode == "major"
        if self.style.feel == "one chord":
            return ((0, major),) * 4
        if self.style.feel == "dub":
            return ((0, major), (0, major), (0, major), (5, major))
        return self.chance.choice(PROGRESSIONS[self.mode])

    def _breakdown(self) -> range:
        """The bars in the middle that have neither drums nor bass."""
        middle = self.bars // 2
        if self.style.drums and self.chance.random() < _BREAKDOWN_CHANCE:
            return range(middle, middle + self.chance.choice((4, 8)))
        return range(0)

    def _comping(self) -> Comping:
        if self.style.feel == "dub":
            return "stabs"
        if self.style.feel == "arpeggio":
            return "arpeggio"
        return self.chance.choice(("sustained", "stabs", "off-beats", "arpeggio"))

    def _melody(self) -> list[tuple[int, int, int]]:
        """Step, degree of the scale, and length in steps."""
        return [
            (
                self.chance.choice((0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14)),
                self.chance.choice((0, 1, 2, 3, 4, 4, 5, 6)),
                self.chance.choice((1, 2, 3)),
            )
            for _ in range(self.chance.choice((3, 4, 6)))
        ]

    def written(self) -> Score:
        for bar in range(self.bars):
            root, major = self.progression[bar // (2 if self.bpm > _TWO_BARS_A_CHORD_ABOVE_BPM else 1) % 4]
            pads_alone = self.intro == "pads" and bar < self.intro_bars
            if self.style.drums and not pads_alone and bar not in self.breakdown:
                self._play_drums(bar)
            if self.intro == "drums" and bar < self.intro_bars:
                continue
            self._play_chord(bar, self._chord(root, major))
            if bar not in self.breakdown and not (self.intro == "pads" and bar < self.intro_bars // 2):
                self._play_bass(bar, 28 + (self.tonic + root - 4) % 12)
            if bar >= self.bars // 4 and bar // 8 % 2 == 1:
                self._play_melody(bar)
        return self.score

    # --- drums -------------------------------------------------------------------------------------------------------

    def _play_drums(self, bar: int) -> None:
        in_tail = bar >= self.bars - _TAIL_BARS
        for drum, pattern in self.style.drums.items():
            if in_tail and drum not in LAST_DRUMS:
                continue
            for step, digit in enumerate(pattern.replace(" ", "")):
                self._strike(bar, step, drum, self._strength(bar, step, drum, int(digit)))
        if bar % _CRASH_EVERY_BARS == 0:
            self.score.note(_DRUMS, Drum.CRASH, 90, self._tick(bar, 0), 2 * TICKS_PER_BEAT)

    def _strength(self, bar: int, step: int, drum: Drum, written: int) -> int:
        may_fill = drum in LEADING_DRUMS and bar % 8 == 7 and step >= _FILL_FROM_STEP
        return _FILL_STRENGTH if may_fill and self.chance.random() < _FILL_CHANCE else written

    def _strike(self, bar: int, step: int, drum: Drum, strength: int) -> None:
        if strength and (drum in LEADING_DRUMS or self.chance.random() >= _OMISSION_CHANCE):
            velocity = strength * 13 + self.chance.randint(-8, 8)
            self.score.note(_DRUMS, drum, velocity, self._tick(bar, step), 0.9 * _STEP)
        elif self.has_ghosts and drum in GHOSTLY_DRUMS and self.chance.random() < _GHOST_CHANCE:
            self.score.note(_DRUMS, drum, 30, self._tick(bar, step), 0.5 * _STEP)

    # --- chords, bass, melody ----------------------------------------------------------------------------------------

    def _chord(self, root: int, major: bool) -> list[int]:
        """As MIDI notes, not above F#4."""
        intervals = [0, 4 if major else 3, 7]
        if self.style.feel in ("sevenths", "ninths"):
            intervals.append(11 if major and root in MAJOR_SEVENTH_ON[self.mode] else 10)
        if self.style.feel == "ninths" and not major:
            intervals.append(14)
        lowest = 48 + (self.tonic + root) % 12
        notes = (lowest + interval for interval in intervals)
        return [note - 12 if note > 66 else note for note in notes]

    def _play_chord(self, bar: int, notes: list[int]) -> None:
        if self.comping == "sustained":
            self._together(bar, (0,), notes, 70, 6, 0.97 * _BAR)
        elif self.comping == "stabs":
            steps = _DUB_STABS if self.style.feel == "dub" else _STABS
            self._together(bar, steps, notes, 82, 8, 1.2 * _STEP)
        elif self.comping == "off-beats":
            self._together(bar, _OFF_BEATS, notes, 80, 8, _STEP)
        else:
            pace = 1 if self.bpm < _ARPEGGIO_IN_SIXTEENTHS_BELOW_BPM else 2
            upwards = [*notes, notes[0] + 12]
            for count, step in enumerate(range(0, _STEPS, pace)):
                self._played(bar, step, _CHORDS, upwards[count % len(upwards)], 74, 10, 1.5 * _STEP)

    def _together(
        self, bar: int, steps: tuple[int, ...], notes: list[int], velocity: int, spread: int, ticks: float
    ) -> None:
        for step in steps:
            for note in notes:
                self._played(bar, step, _CHORDS, note, velocity, spread, ticks)

    def _play_bass(self, bar: int, root: int) -> None:
        if self.bass_line == "eighths":
            for step in _EIGHTHS:
                self._played(bar, step, _BASS, root, 90, 8, 1.6 * _STEP)
        elif self.bass_line == "syncopated":
            for step, interval in _SYNCOPATED:
                self._played(bar, step, _BASS, root + interval, 92, 8, 1.8 * _STEP)
        else:
            for step, interval, velocity, ticks in self._plain_bass():
                self.score.note(_BASS, root + interval, velocity, self._tick(bar, step), ticks)

    def _plain_bass(self) -> Iterator[tuple[int, int, int, float]]:
        """Step, semitones over the root, velocity and length, where no velocity is left to chance."""
        if self.bass_line == "long":
            yield 0, 0, 100, 0.95 * _BAR
        elif self.bass_line == "off-beats":
            yield from ((step, 0, 95, 1.5 * _STEP) for step in _OFF_BEATS)
        else:
            yield from ((step, 12 if step % 4 == 2 else 0, 92, 1.4 * _STEP) for step in _EIGHTHS)

    def _play_melody(self, bar: int) -> None:
        for step, degree, length in self.melody:
            pitch = 60 + self.tonic % 12 + SCALES[self.mode][degree % 7]
            self._played(bar, step, _LEAD, pitch, 70, 10, length * _STEP)

    def _played(self, bar: int, step: int, channel: int, pitch: int, velocity: int, spread: int, ticks: float) -> None:
        """A note whose velocity is left to chance; that is asked before the hand's jitter is."""
        chosen = velocity + self.chance.randint(-spread, spread)
        self.score.note(channel, pitch, chosen, self._tick(bar, step), ticks)

    def _tick(self, bar: int, step: int) -> int:
        """When that step comes, with swing and a hand's jitter."""
        late = self.style.swing * _STEP if step % 2 else 0.0
        jitter = self.chance.gauss(0, self.style.jitter_ms) / 1000 * self.bpm / 60 * TICKS_PER_BEAT
        return max(0, round(bar * _BAR + step * _STEP + late + jitter))
