"""The same name in another alphabet, and what only stands in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.identity.aliases import may_be, sounds_like
from daemon.identity.folding import words


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("נועה ברק", "Noa Barak"),
        ("אור", "Or"),
        ("كريم الحداد", "Karim Al Haddad"),
        ("شارع", "Share3"),
        ("새벽기차", "Saebyeok Gicha"),
        ("Χωρίς εσένα", "Horis esena"),
        ("Северный Ток", "Severny Tok"),
        ("海边", "Hai Bian"),
        ("夜の港", "Yoru no Minato"),
        ("花火のあと", "Hanabi no Ato"),
        ("青い灯", "Aoi Akari"),
    ],
)
def test_may_be_the_same(said, name):
    assert may_be(words(said), words(name))
    assert may_be(words(name), words(said))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("קאבר", "Rakevet Layla"),
        ("커버", "Saebyeok Gicha"),
        ("διασκευή", "Horis esena"),
        ("кавер", "Bely shum"),
        ("夜の港", "Unplugged"),
        ("夜の港", "Reverb"),
        ("夜の港", "Hikari"),
        ("弾いてみた", "Yoru no Minato"),
        ("清唱版", "Hai Bian"),
    ],
)
def test_is_another_word(said, name):
    assert not may_be(words(said), words(name))
    assert not may_be(words(name), words(said))


def test_only_many_equal_consonants_are_sure():
    assert sounds_like(words("יונתן שדה"), words("Yonatan Sade"))
    assert not sounds_like(words("אור"), words("Or"))
    assert not sounds_like(words("海边"), words("Hai Bian"))


@given(st.text(max_size=12), st.text(max_size=12))
def test_the_order_does_not_matter(one, other):
    assert may_be(words(one), words(other)) == may_be(words(other), words(one))
