"""The verdict over a download."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import BadMedia
from daemon.models import Candidate, Fetched, Heard, Loudness, Service, Source, Tempo, Track
from daemon.pipeline.proof import Proof, prove

TRACK = Track(title="t", duration_s=200.0)
FETCHED = Fetched(path="/x", size=1, service=Service.YOUTUBE, url="https://youtu.be/x", duration_s=None)
SOURCE = Source(
    candidate=Candidate(service=Service.YOUTUBE, id="x", url="https://youtu.be/x", title="t", duration_s=300.0),
    score=1.0,
    evidence="",
)
AT_120 = Tempo(bpm=120.0, confidence=0.9)
HEARD = Heard(
    duration_s=200.0,
    sample_rate_hz=48000,
    channels=2,
    codec="opus",
    lossless=False,
    tempo=AT_120,
    key=None,
    tuning_cents=0,
    loudness=Loudness(integrated_lufs=-14, range_lu=5, true_peak_dbtp=-1),
    silence_start_s=0,
    silence_end_s=0,
    clipped_samples=0,
    dc_offset=0,
    energy=0.5,
    fingerprint_path="",
    peaks_path="",
)


def proof_of(
    *, track_s=200.0, place_s=300.0, claimed_s=None, service=Service.YOUTUBE, trusted=False, as_version=None, **heard
) -> Proof:
    place = dataclasses.replace(SOURCE.candidate, duration_s=place_s)
    return prove(
        dataclasses.replace(TRACK, duration_s=track_s),
        dataclasses.replace(FETCHED, duration_s=claimed_s, service=service),
        dataclasses.replace(HEARD, **heard),
        dataclasses.replace(SOURCE, candidate=place, trusted=trusted, as_version=as_version),
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"duration_s": 196.1},
        {"duration_s": 203.9},
        {"claimed_s": 200.0},
        {"track_s": 30.0, "duration_s": 30.0},
        {"track_s": 30.0, "duration_s": 30.0, "service": Service.SOUNDCLOUD},
        {"duration_s": 300.0, "as_version": "Extended Mix"},
        {"duration_s": 30.0, "as_version": "Extended Mix", "trusted": True, "claimed_s": 30.0},
        {"duration_s": 31.4, "track_s": 31.6},
        {"duration_s": 31.4, "track_s": 31.6, "claimed_s": 31.6, "service": Service.SOUNDCLOUD},
        {"duration_s": 30.1, "trusted": True, "claimed_s": 30.0},
        {"duration_s": 30.1, "trusted": True, "claimed_s": 30.0, "service": Service.SOUNDCLOUD},
        {"duration_s": 300.0, "track_s": None},
        {"duration_s": 250.0, "trusted": True},
        {"duration_s": 120.0, "trusted": True, "claimed_s": 120.0},
        {"flags": ("clipped", "dc offset", "drifting tempo")},
        {"channels": 1},
        {"duration_s": 208.0, "silence_start_s": 2.0, "silence_end_s": 4.0},
        {"lossless": True, "cutoff_hz": 21_300.0},
        {"cutoff_hz": 16_000.0},
    ],
)
def test_what_is_whole_passes_without_a_word(facts):
    assert proof_of(**facts) == Proof()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"duration_s": 195.0}, "it is cut, or another version"),
        ({"duration_s": 205.0}, "another version, or more"),
        ({"duration_s": 260.0, "silence_end_s": 20.0}, "another version, or more"),
        ({"duration_s": 200.0, "as_version": "Extended Mix"}, "300.0 s are expected"),
        ({"duration_s": 200.0, "track_s": None}, "300.0 s are expected"),
        ({"duration_s": 194.0, "claimed_s": 200.0}, "not whole"),
        ({"duration_s": 194.0, "claimed_s": 200.0, "trusted": True}, "not whole"),
        ({"duration_s": 30.1}, "a preview"),
        ({"duration_s": 30.1, "trusted": True}, "a preview"),
        ({"duration_s": 30.1, "trusted": True, "claimed_s": 200.0}, "a preview"),
        ({"duration_s": 30.1, "claimed_s": 30.0}, "a preview"),
        ({"duration_s": 31.4, "track_s": 34.5}, "a preview"),
        ({"duration_s": 29.9, "track_s": None, "service": Service.SOUNDCLOUD}, "a preview"),
        ({"duration_s": 29.9, "track_s": None, "place_s": 30.0, "service": Service.SOUNDCLOUD}, "a preview"),
        ({"flags": ("silent",), "silence_start_s": 200.0}, "no sound"),
        ({"silence_end_s": 110.0}, "the rest is silence"),
        ({"flags": ("one ear",)}, "one ear"),
        ({"holes": ((63.0, 2.06),)}, "2.1 s at 1:03, amid the music: a part is missing"),
    ],
)
def test_what_is_not_the_whole_track_is_refused_with_its_reason(facts, words):
    with pytest.raises(BadMedia, match=words):
        proof_of(**facts).insist(FETCHED)


@pytest.mark.parametrize(
    ("facts", "flag"),
    [
        ({"flags": ("broken samples",)}, "broken samples"),
        ({"flags": ("out of phase",)}, "out of phase"),
        ({"lossless": True, "once_lossy": True, "cutoff_hz": 16_040.0}, "once lossy: cut off at 16.0 kHz"),
        ({"holes": ((63.0, 2.0),)}, "sudden silence of 2.0 s at 1:03"),
        ({"holes": ((63.0, 2.06),), "tempo": None}, "sudden silence of 2.1 s at 1:03"),
        ({"holes": ((63.0, 2.06),), "tempo": dataclasses.replace(AT_120, steady=False)}, "sudden silence of"),
        ({"holes": ((63.0, 2.06),), "tempo": dataclasses.replace(AT_120, confidence=0.1)}, "sudden silence of"),
        ({"sudden_stops": ((63.0, 2.06),)}, "sudden silence of 2.1 s at 1:03"),
        ({"duration_s": 197.5, "claimed_s": 200.0}, "2.5 s shorter than promised"),
        ({"duration_s": 202.5, "claimed_s": 200.0}, "2.5 s longer than promised"),
        ({"silence_start_s": 9.0}, "9 s of silence at the beginning"),
        ({"silence_end_s": 30.0}, "30 s of silence at the end"),
        ({"loudness": Loudness(integrated_lufs=-55, range_lu=5, true_peak_dbtp=-40)}, "hardly audible"),
    ],
)
def test_what_should_be_known_is_flagged_and_may_be_filed(facts, flag):
    proof = proof_of(**facts)

    assert proof.refusals == ()
    assert len(proof.flags) == 1
    assert proof.flags[0].startswith(flag)


def test_everything_that_speaks_against_it_is_said_at_once():
    proof = proof_of(duration_s=30.0, claimed_s=200.0, flags=("one ear", "broken samples"))

    assert len(proof.refusals) == 4
    assert proof.flags == ("broken samples",)
    with pytest.raises(BadMedia, match=r"^https://youtu.be/x: .*one ear; .*preview.*; .*not whole; .*cut, or"):
        proof.insist(FETCHED)


@given(st.floats(1, 4000), st.floats(1, 4000), st.booleans())
def test_a_length_is_never_both_too_short_and_too_long(track_s, heard_s, trusted):
    refusals = proof_of(track_s=track_s, duration_s=heard_s, trusted=trusted).refusals

    assert sum("are expected" in one for one in refusals) == (
        not trusted and abs(heard_s - track_s) > max(3.0, 0.02 * track_s)
    )
