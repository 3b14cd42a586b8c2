"""The same name in other spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.identity.folding import fold, same_name
from daemon.identity.writing import written_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Beyoncé", "BEYONCE"),
        ("Sigur Rós", "Sigur Ros"),
        ("Mø", "MO"),
        ("A$AP Harbour", "ASAP Harbour"),
        ("P!nk Tide", "Pink Tide"),
        ("Mira & the Vales", "Mira and The Vales"),
        ("Don’t Stop", "Dont Stop"),
        ("R.E.M.", "REM"),
        ("Ｆｕｌｌ Ｗｉｄｔｈ", "Full Width"),
        ("Группа крови", "Gruppa krovi"),
        ("Λευκή Πόλη", "Lefki Poli"),
        ("ヨルシカ", "Yorushika"),
        ("방탄", "Bangtan"),
        ("雨過巷口", "雨过巷口"),
        ("क्‍षमा", "क्षमा"),
    ],
)
def test_equal_when_folded(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Glass Kites", "Glass Kites"),
        ("Run Away", "Runaway"),
        ("Glass Harbour", "Glass Harbor"),
        ("Tor Åsgård", "Tor Aasgaard"),
        ("Sinphonique", "Sinfonique"),
        ("Дунавска", "Dunavska"),
    ],
)
def test_the_same_name(one, other):
    assert same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kite", "Kites"),
        ("Night Lights", "Light Nights"),
        ("Lights", "Nights"),
        ("Sum 41", "Sum 42"),
        ("Mira", "Mira Vale"),
        ("Nova", "Nove"),
        ("", ""),
    ],
)
def test_not_the_same_name(one, other):
    assert not same_name(one, other)


@pytest.mark.parametrize(("one", "other"), [("राम", "रोम"), ("ตา", "ตี"), ("கல்", "கால்")])
def test_vowel_signs_are_letters(one, other):
    assert fold(one) != fold(other)
    assert not same_name(one, other)
    assert not {*written_words(one)} & {*written_words(other)}


def test_words_as_they_are_written():
    assert written_words("İstanbul & Beyoncé") == ("istanbul", "beyoncé")
    assert written_words("Beyonce\u0301") == written_words("Beyoncé") != written_words("Beyonce")
    assert written_words("שָׁלוֹם")[0] != written_words("שלום")[0]
    assert len(written_words("שָׁלוֹם")) == 1


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
