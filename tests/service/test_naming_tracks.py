"""Which track a person means by words: by the letters of every script, however they were typed."""

from __future__ import annotations

import dataclasses
import shutil
import unicodedata
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.errors import NotFound, Refused
from daemon.ledger import Ledger
from daemon.service.deciding import track_of
from tests.ledger.given import Clock, a_ref


class Crate:
    """Tracks by artist and title. Of the house only the ledger is asked for a name."""

    def __init__(self, ledger):
        self.tracks = ledger.tracks
        self.rooms: Any = SimpleNamespace(ledger=ledger)

    def add(self, title, artist="Ada Reyes"):
        track_id = self.tracks.open(a_ref()).track_id
        track = dataclasses.replace(self.tracks.get(track_id).track, title=title, artists=(artist,))
        self.tracks.describe(track_id, track)
        return track_id

    def named(self, words):
        return track_of(self.rooms, words, None).id


@pytest.fixture(scope="module")
def no_tracks(tmp_path_factory):
    """A ledger to be copied: making the tables for every name would take the longest."""
    path = tmp_path_factory.mktemp("names") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}", Clock()).close()
    return path


@pytest.fixture
def crate(no_tracks, tmp_path):
    path = shutil.copy(no_tracks, tmp_path)
    with Ledger.open(f"sqlite:///{path}", Clock()) as ledger:
        yield Crate(ledger)


def decomposed(text):
    """As macOS writes file names: each accent a character of its own."""
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("राम", "राम"),
        ("जय श्री राम", "श्री जय"),
        ("ตา ยาย", "ยาย"),
        ("கல் மனம்", "கல்"),
        ("Beyoncé à Paris", decomposed("Beyoncé à Paris")),
        (decomposed("Beyoncé à Paris"), "beyoncé PARIS"),
        ("한국의 밤", decomposed("한국의")),
        ("Żaba", decomposed("żaba")),
        ("İstanbul", "istanbul"),
        ("İstanbul", "ISTANBUL"),
        ("istanbul", "İSTANBUL"),
        (decomposed("İstanbul"), "İstanbul"),
        ("Straße", "STRASSE"),
        ("Белая ночь", "НОЧЬ"),
        ("Don't Go", "“don’t” go"),
        ("夜曲 (Live)", "夜曲"),
    ],
)
def test_however_it_is_typed_it_is_the_same_name(crate, title, words):
    track_id = crate.add(title)
    crate.add("Something Else")
    assert crate.named(words) == track_id


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("रोम", "राम"),
        ("राम", "रा"),
        ("राम", "र म"),
        ("ตี", "ตา"),
        ("ตี", "ต"),
        ("கால்", "கல்"),
        ("Beyoncé", "Beyonce"),
        (decomposed("Beyoncé"), "Beyonce"),
        ("Żaba", "zaba"),
        (decomposed("Żaba"), "zaba"),
        ("Kız", "kiz"),
        ("Song 22", "song 2"),
        ("Wow!!!", "!!!"),
    ],
)
def test_a_vowel_an_accent_or_a_part_of_a_word_less_is_another_name(crate, title, words):
    crate.add(title)
    with pytest.raises(NotFound, match="No track is called"):
        crate.named(words)


@pytest.mark.parametrize("words", ["Ada Reyes - Night Ferry", "night ferry ada reyes", "NIGHT FERRY"])
def test_the_very_name_comes_before_a_name_with_more_words(crate, words):
    live = crate.add("Night Ferry (Live)")
    track_id = crate.add("Night Ferry")
    crate.add("Night Ferry (Live in Paris)")
    assert crate.named(words) == track_id
    assert crate.named(f"{words} (Live)") == live
    with pytest.raises(Refused, match="could be 3 tracks"):
        crate.named("ferry")


def test_of_two_with_the_very_same_name_the_key_is_asked_for(crate):
    first, second = crate.add("Night Ferry"), crate.add("night ferry")
    crate.add("Night Ferry (Live)")
    with pytest.raises(Refused, match="could be 2 tracks") as refused:
        crate.named("Ada Reyes - Night Ferry")
    assert first in str(refused.value)
    assert second in str(refused.value)
    assert crate.named(second) == second


def test_a_part_of_several_names_is_the_very_name_of_none(crate):
    for title in ("Night Ferry", "Night Train"):
        crate.add(title)
    with pytest.raises(Refused, match="could be 2 tracks"):
        crate.named("night")


@pytest.mark.parametrize("words", ["!!!", "!!! - Must Be the Moon", "must be the moon !!!", "moon"])
def test_a_band_without_letters_has_a_name(crate, words):
    track_id = crate.add("Must Be the Moon", artist="!!!")
    crate.add("Stop!")
    assert crate.named(words) == track_id


def test_a_band_without_letters_is_not_every_band(crate):
    crate.add("Must Be the Sun", artist="Ada Reyes")
    moon = crate.add("Must Be the Moon", artist="!!!")
    assert crate.named("!!!") == moon
    with pytest.raises(NotFound):
        crate.named("???")
