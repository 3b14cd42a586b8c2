"""The verdict over a download."""

from __future__ import annotations

import dataclasses

import pytest

from daemon.errors import BadMedia
from daemon.models import Fetched, Heard, Loudness, Service, Track
from daemon.pipeline.proof import prove

TRACK = Track(title="t", duration_s=200.0)
FETCHED = Fetched(path="/x", size=1, service=Service.YOUTUBE, url="https://youtu.be/x", duration_s=200.0)
HEARD = Heard(
    duration_s=200.0,
    sample_rate_hz=48000,
    channels=2,
    codec="opus",
    lossless=False,
    tempo=None,
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


@pytest.mark.parametrize("duration_s", [196.1, 199.0, 200.0, 203.9, 214.9])
def test_a_whole_track_passes(duration_s):
    heard = dataclasses.replace(HEARD, duration_s=duration_s)
    prove(TRACK, dataclasses.replace(FETCHED, duration_s=None), heard)


@pytest.mark.parametrize(
    ("heard", "fetched", "words"),
    [
        ({"duration_s": 30.0}, {"duration_s": None}, "a preview, or cut"),
        ({"duration_s": 194.0}, {}, "not whole"),
        ({"duration_s": 260.0}, {"duration_s": 260.0}, "another version"),
        ({"flags": ("silent",)}, {}, "no sound"),
    ],
)
def test_what_is_not_the_track_is_refused_with_its_reason(heard, fetched, words):
    with pytest.raises(BadMedia, match=words):
        prove(TRACK, dataclasses.replace(FETCHED, **fetched), dataclasses.replace(HEARD, **heard))


def test_without_an_expected_length_only_the_promise_counts():
    prove(Track(title="t"), FETCHED, HEARD)
