"""The text that AcoustID reads, held against what Chromaprint itself writes, and against the twin's own reading."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.acoustid.fingerprint_text import fingerprint_text
from integrations.sandbox.acoustid import words_in
from tests.integrations.fpcalc_vector import TEXT, WORDS

WORD = st.integers(0, 2**32 - 1)


def test_it_is_what_chromaprint_writes():
    assert fingerprint_text(WORDS) == TEXT
    assert words_in(TEXT) == WORDS


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([1], b"\x01\x00\x00\x01" + bytes([0b00_000_001])),
        ([7], b"\x01\x00\x00\x01" + bytes([0b01_001_001, 0b0000_000_0])),
        ([1 << 6], b"\x01\x00\x00\x01" + bytes([0b00_000_111, 0b000_00000])),
        ([1 << 8], b"\x01\x00\x00\x01" + bytes([0b00_000_111, 0b000_00010])),
        ([1, 0], b"\x01\x00\x00\x02" + bytes([0b01_000_001, 0b0000000_0])),
        ([5, 5], b"\x01\x00\x00\x02" + bytes([0b00_010_001, 0b0000_000_0])),
    ],
)
def test_bit_by_bit(words, text):
    """The examples of Chromaprint's own tests: one bit, several, one that is far off, and what changes."""
    assert fingerprint_text(words) == base64.urlsafe_b64encode(text).decode().rstrip("=")


@given(st.lists(WORD, min_size=1, max_size=60))
def test_the_twin_reads_what_we_write(words):
    assert words_in(fingerprint_text(words)) == words


@given(st.lists(WORD, min_size=1, max_size=20), st.integers(1, 20))
def test_words_that_repeat(words, times):
    repeated = [word for word in words for _ in range(times)]
    assert words_in(fingerprint_text(repeated)) == repeated


def test_two_minutes_of_noise():
    words = np.random.default_rng(5).integers(0, 2**32, 948, dtype=np.uint64).tolist()
    text = fingerprint_text(words)
    assert words_in(text) == words
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "text", ["", "A", "AQAA", TEXT[:-10], TEXT[:20], f"AA{TEXT[2:]}", "AQAAAA", "schön", "AQAAAf8_", f"{TEXT[:8]}!"]
)
def test_what_is_no_fingerprint_is_refused(text):
    with pytest.raises(ValueError):
        words_in(text)


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: "AQAA" + raw.hex()))
def test_anything_is_read_or_refused(text):
    try:
        words = words_in(text)
    except ValueError:
        return
    assert all(0 <= word < 2**32 for word in words)
