"""Where a long text is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.notion.texts import (
    PIECE_LENGTH,
    PIECES_LIMIT,
    TEXT_BYTES,
    json_bytes,
    pieces,
    shortened,
    storable,
    width,
)

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
LETTERS = {
    "a family": FAMILY,
    "a skin tone": "👍🏽",
    "an accent of its own": "e\u0301",
    "a heart in colour": "❤\ufe0f",
    "a flag": "🇩🇰",
    "a flag made of tags": "🏴\U000e0067\U000e0062\U000e007f",
    "Hebrew with vowel signs": "שָׁ",
    "a keycap": "1\ufe0f\u20e3",
    "a line break": "\r\n",
}


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(st.sampled_from("aé🎧ש\n"), min_size=1, max_size=40), st.integers(1, 1500))
def test_cutting_loses_nothing_and_no_piece_is_too_long(unit: str, times: int) -> None:
    text = unit * times
    cut = pieces(text)
    assert "".join(cut) == text
    assert all(0 < utf16_length(piece) <= PIECE_LENGTH for piece in cut)


@pytest.mark.parametrize("character", ["x", "🎧"])
def test_cutting_ends_at_a_hundred_pieces_with_an_ellipsis(character: str) -> None:
    whole = pieces(character * (PIECE_LENGTH * PIECES_LIMIT // utf16_length(character)))
    assert (len(whole), whole[-1][-1]) == (PIECES_LIMIT, character)
    over = pieces(character * (PIECE_LENGTH * PIECES_LIMIT + 1))
    assert (len(over), over[-1][-1]) == (PIECES_LIMIT, "…")
    assert utf16_length(over[-1]) <= PIECE_LENGTH


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS.keys())
@pytest.mark.parametrize("before", range(6))
def test_no_letter_is_cut_in_two(letter: str, before: int) -> None:
    text = "x" * (PIECE_LENGTH - before) + letter * 3
    first, *rest = pieces(text)
    assert first.lstrip("x") in ("", letter, letter * 2)
    assert first + "".join(rest) == text


def test_piled_up_accents_are_cut_all_the_same() -> None:
    text = "ab" + "\u0301" * (2 * PIECE_LENGTH)
    assert "".join(pieces(text)) == text
    assert [utf16_length(piece) for piece in pieces(text)] == [PIECE_LENGTH, PIECE_LENGTH, 2]


@given(st.text(st.sampled_from("a\u0301\u200d👍🏽🇩ש\ufe0f\r\n"), max_size=300), st.integers(2, 20))
def test_the_beginning_of_a_text_is_the_beginning_and_no_longer_than_it_may_be(text: str, limit: int) -> None:
    beginning = shortened(text, limit)
    assert text.startswith(beginning)
    assert utf16_length(beginning) <= limit
    assert beginning or not text


@given(st.text(st.characters()))
def test_what_cannot_be_stored_is_replaced(text: str) -> None:
    stored = storable(text)
    stored.encode()
    assert "\x00" not in stored
    assert storable(stored) == stored
    assert width(stored) == utf16_length(stored)


@pytest.mark.parametrize("times", [150_000, 250_000])
@pytest.mark.parametrize("character", ["あ", "\x01", "🎧", '"'])
def test_no_text_is_larger_than_a_request(character: str, times: int) -> None:
    cut = pieces(character * times)
    assert json_bytes("".join(cut)) <= TEXT_BYTES
    assert all(utf16_length(piece) <= PIECE_LENGTH for piece in cut)
    whole = json_bytes(character * times) <= TEXT_BYTES and utf16_length(character * times) <= 200_000
    assert "".join(cut).rstrip("…") == character * (times if whole else len("".join(cut)) - 1)
    # No more is cut off than has to be.
    least = min(times, 199_990 // utf16_length(character), (TEXT_BYTES - 10) // json_bytes(character))
    assert len("".join(cut)) >= least
