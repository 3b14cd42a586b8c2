"""What the sound was, in words."""

import dataclasses

import pytest

from daemon.quality import in_short, remarks, source_quality
from tests.pipeline.test_proof import FETCHED, HEARD


@pytest.mark.parametrize(
    ("heard", "bitrate_kbps", "words"),
    [
        ({}, 160.0, "lossy: opus 160k, 48 kHz"),
        ({"cutoff_hz": 20_000.0}, 160.0, "lossy: opus 160k, 48 kHz, up to 20.0 kHz"),
        ({"codec": "mp3", "sample_rate_hz": 44_100, "bitrate_kbps": 127.6}, None, "lossy: mp3 128k, 44.1 kHz"),
        ({}, None, "lossy: opus, 48 kHz"),
        ({"codec": "flac", "lossless": True, "bitrate_kbps": 900.0}, 900.0, "lossless: flac, 48 kHz"),
        (
            {"codec": "flac", "lossless": True, "sample_rate_hz": 96_000, "cutoff_hz": 21_300.0},
            None,
            "lossless: flac, 96 kHz, up to 21.3 kHz",
        ),
        (
            {"codec": "flac", "lossless": True, "sample_rate_hz": 44_100, "cutoff_hz": 16_000.0, "once_lossy": True},
            None,
            "lossless: flac, 44.1 kHz, but cut off at 16.0 kHz: it was lossy once",
        ),
    ],
)
def test_the_quality_is_told_as_it_came(heard, bitrate_kbps, words):
    fetched = dataclasses.replace(FETCHED, bitrate_kbps=bitrate_kbps)

    assert source_quality(dataclasses.replace(HEARD, **heard), fetched) == words


@pytest.mark.parametrize(
    ("heard", "bitrate_kbps", "words"),
    [
        ({}, 160.0, "lossy: opus 160k"),
        ({"bitrate_kbps": 127.6}, None, "lossy: opus 128k"),
        ({"codec": "flac", "lossless": True, "bitrate_kbps": 900.0}, None, "lossless: flac"),
        ({"codec": "flac", "lossless": True, "once_lossy": True}, None, "once lossy: flac"),
    ],
)
def test_in_short(heard, bitrate_kbps, words):
    fetched = dataclasses.replace(FETCHED, bitrate_kbps=bitrate_kbps)

    assert in_short(dataclasses.replace(HEARD, **heard), fetched) == words


def test_what_speaks_of_the_file_is_remarked_and_what_speaks_of_the_music_is_not():
    flags = ("clipped", "drifting tempo", "sudden silence of 2.0 s at 1:03", "once lossy: cut off at 16.0 kHz")
    assert remarks(dataclasses.replace(HEARD, flags=flags)) == ("sudden silence of 2.0 s at 1:03",)
