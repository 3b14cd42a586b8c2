"""However a person writes a key, it is one of 24."""

from __future__ import annotations

import pytest

from daemon.keys import camelot, key_named, open_key, spelled


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *((text, "Am") for text in ("Am", "am", "A minor", "a min", "Amin", "A-minor", "A MINOR", "a moll", " Am ")),
        *((text, "Am") for text in ("8A", "08a", "8a", "1m", "01m", "1M", "８A")),
        *(
            (text, "F#m")
            for text in ("F#m", "f#m", "F♯m", "F♯ minor", "F sharp minor", "Gb minor", "Gbm", "G♭m", "11A")
        ),
        *((text, "C#") for text in ("C#", "Db", "D♭", "C# major", "Db maj", "C#maj", "D flat major", "3B", "8d")),
        *((text, "B") for text in ("B", "b", "BM", "Cb", "B major", "1B", "6d")),
        *((text, "Bbm") for text in ("Bbm", "bbm", "A#m", "B flat minor", "B-flat minor", "3A")),
        *((text, "Bm") for text in ("Bm", "bm", "b minor")),
        *((text, "A") for text in ("A", "AM", "A M", "a dur", "Amaj.", "11B", "4d")),
        ("E#", "F"),
        ("B#", "C"),
        ("Fb", "E"),
        ("Cb minor", "Bm"),
    ],
)
def test_understands(text, name):
    assert key_named(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dunno",
        "H",
        "0A",
        "13A",
        "13m",
        "8C",
        "8",
        "m",
        "#",
        "A##",
        "Am7",
        "Am, C",
        "A minor blues",
        "Abba",
        "٨A",
        "-",
    ],
)
def test_what_is_no_key_is_none(text):
    assert key_named(text) is None


@pytest.mark.parametrize("number", range(24))
def test_each_of_the_24_is_found_by_all_three_spellings(number):
    spellings = (spelled(number), camelot(number), open_key(number))

    for text in spellings:
        key = key_named(text)
        assert (key.name, key.camelot, key.open_key) == spellings
        assert (key.confidence, key.runner_up) == (1.0, None)
