"""Words that no table knows: what is in the place of a version is taken for one; place and form excuse the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.identity.credits import credited
from daemon.models import Candidate, Service, Track
from daemon.pipeline.matching import weigh

UNFORESEEN = ("blurpified", "zpomaleno", "perepevka", "theremin", "kwaito retouch", "9Z")
"""Nobody's vocabulary: some are made up, some are not in our tables."""


def track(title="Glass Harbour", *artists, duration_s=200.0):
    return credited(Track(title=title, artists=artists or ("Mira Vale",), duration_s=duration_s))


def found(title, channel="crate fox", duration_s=200.0, **more):
    return Candidate(
        service=Service.YOUTUBE, id=title, url="u", title=title, channel=channel, duration_s=duration_s, **more
    )


def verdict(wanted, candidate, *others):
    weighed = {one.candidate.id: one for one in weigh(wanted, [candidate, *others])}
    return weighed[candidate.id].verdict


ORIGINAL = track()
REMIX = track("Glass Harbour - Sunder Remix", "Mira Vale", "Sunder")
HARBOUR = track("夜の港", "青い灯")


@pytest.mark.parametrize("word", UNFORESEEN)
@pytest.mark.parametrize("form", ["({})", "[{}]", "- {}", "| {}", "// {}", "{}", "(Audio) [{}]", "【{}】"])
@pytest.mark.parametrize("channel", ["crate fox", "Mira Vale", "Mira Vale - Topic"])
def test_an_unforeseen_word_is_never_taken_whosever_channel_it_is(word, form, channel):
    assert (
        verdict(ORIGINAL, found(f"Mira Vale - Glass Harbour {form.format(word)}", channel, verified=True)) != "accept"
    )


@pytest.mark.parametrize("word", ["(커버)", "(кавер-версия)", "(תרגום)", "[تسريع]", "(弾いてみた)", "перепевка"])
def test_nor_one_in_other_letters(word):
    assert verdict(ORIGINAL, found(f"Mira Vale - Glass Harbour {word}")) != "accept"


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        (HARBOUR, "青い灯 - 夜の港 (SLWD)"),
        (HARBOUR, "青い灯 - 夜の港 叩いてみた"),
        (HARBOUR, "Tess 青い灯 - 夜の港"),
        (track("Rakevet Layla", "Noa Barak"), "נועה ברק - רכבת לילה (עיבוד)"),
        (track("Saebyeok Gicha", "Bam"), "밤 - 새벽기차 (커버)"),
    ],
)
def test_nor_beside_a_name_in_other_letters(wanted, title):
    assert verdict(wanted, found(title)) != "accept"


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        (HARBOUR, "青い灯 (Aoi Akari) - 夜の港 (Yoru no Minato)"),
        (track("Rakevet Layla", "Noa Barak"), "נועה ברק - רכבת לילה"),
        (track("Rakevet Layla", "Noa Barak"), "Noa Barak (נועה ברק) - Rakevet Layla / רכבת לילה"),
        (track("Saebyeok Gicha", "Bamhaneul"), "밤하늘 (Bamhaneul) - 새벽기차 (Saebyeok Gicha)"),
        (track("天橋底", "葉嘉樂"), "葉嘉樂 Kalok Yip - 天橋底"),
        (track("شارع ١٥", "الغزال"), "الغزال - شارع 15 (Share3 15)"),
    ],
)
def test_the_same_name_in_other_letters_is_no_unforeseen_word(wanted, title):
    assert verdict(wanted, found(title)) == "accept"


def test_only_the_artists_own_channel_translates():
    title = "青い灯 - 夜の港 (Night Harbour)"
    assert verdict(HARBOUR, found(title, "青い灯 Official")) == "accept"
    assert verdict(HARBOUR, found(title, "somebody")) == "ask"


@pytest.mark.parametrize(
    "title",
    [
        "Mira Vale - Glass Harbour [LTR014]",
        "Mira Vale - Glass Harbour [Pelican PLC-014]",
        "Mira Vale - Glass Harbour | Pelican Deep Records",
        "Mira Vale - Glass Harbour [Crate Fox]",
        "Mira Vale - Glass Harbour - PLC014 A1",
        "Mira Vale - Glass Harbour #blurp #indie",
        "Mira Vale - Glass Harbour (Official Blurp Video)",
        'Mira Vale - Glass Harbour (From "The Blurp")',
        "Mira Vale - Glass Harbour (from the album Blurp)",
        "Blurp of the week: Mira Vale - Glass Harbour",
        "Mira Vale - 04 - Glass Harbour",
        "04 Mira Vale - Glass Harbour",
        "🔥 Mira Vale - Glass Harbour 🔥 4K 60FPS",
    ],
)
def test_place_and_form_excuse_a_word(title):
    assert verdict(ORIGINAL, found(title)) == "accept"


@pytest.mark.parametrize(
    "title",
    [
        "Mira Vale - Glass Harbour (Sleepy Piano Sounds)",
        "Mira Vale - Glass Harbour (From Kitchen Sessions)",
        "Mira Vale - Glass Harbour (Official Kwaito Blurp)",
        "Glass Harbour (Mira Vale) Crate Fox",
        "Glass Harbour - Mira Vale - by Crate Fox",
        "Kwaito: Mira Vale - Glass Harbour (blurp)",
    ],
)
def test_what_only_looks_like_an_excuse(title):
    assert verdict(ORIGINAL, found(title, "Crate Fox")) != "accept"


def test_a_label_is_known_by_its_channel_among_the_others_found():
    odd = found("Mira Vale - Glass Harbour [Pelican Deep]")
    assert verdict(ORIGINAL, odd) == "ask"
    assert verdict(ORIGINAL, odd, found("Kite - Slow Water", "Pelican Deep")) == "accept"
    one_word = found("Mira Vale - Glass Harbour [Pelican]")
    assert verdict(ORIGINAL, one_word, found("Kite - Slow Water", "Pelican")) == "ask"
    assert verdict(ORIGINAL, found("Mira Vale - Glass Harbour [9Z]", "9Z Cosmos")) == "ask"


@pytest.mark.parametrize("title", ["Glass Harbour (Evening Blurp)", "Glass Harbour - Remix (Kwaito Blurp)"])
def test_what_the_wanted_title_says_must_be_said(title):
    wanted = track(title)
    bare = title.split(" (")[0]
    assert verdict(wanted, found(bare, "Mira Vale - Topic")) == "ask"
    assert verdict(wanted, found(title, "Mira Vale - Topic")) == "accept"


def test_names_and_labels_in_the_wanted_brackets_may_be_missing():
    assert verdict(track("Glass Harbour [Crate Fox]"), found("Mira Vale - Glass Harbour")) == "accept"
    assert verdict(track("Glass Harbour (Mira Vale)"), found("Mira Vale - Glass Harbour")) == "accept"


def test_a_word_beside_a_known_version_makes_another_of_it():
    wanted = track("Glass Harbour (Extended Mix)")
    assert verdict(wanted, found("Mira Vale - Glass Harbour (Extended Blurp)")) != "accept"
    assert verdict(REMIX, found("Mira Vale - Glass Harbour (Sunder Remix) (Kite Blurp)")) != "accept"


@pytest.mark.parametrize(
    ("title", "channel"),
    [
        ("Mira Vale - Glass Harbour (Remix)", "Sunder"),
        ("Sunder - Glass Harbour (Remix)", "Sunder"),
        ("Mira Vale / Sunder - Glass Harbour (Remix)", "crate fox"),
        ("Mira Vale - Glass Harbour (Remix by Sunder)", "crate fox"),
        ("Mira Vale - Glass Harbour | SUNDER RMX", "crate fox"),
    ],
)
def test_whose_remix_it_is_may_be_said_elsewhere(title, channel):
    assert verdict(REMIX, found(title, channel)) == "accept"


def test_a_nameless_remix_from_anybody_is_not_the_wanted_one():
    assert verdict(REMIX, found("Mira Vale - Glass Harbour (Remix)")) == "decline"


def test_a_channel_that_says_more_than_the_artists_name_is_asked_about():
    assert verdict(ORIGINAL, found("Mira Vale - Glass Harbour", "Mira Vale Blurp Choir")) == "ask"
    assert verdict(ORIGINAL, found("Mira Vale - Glass Harbour", "Mira Vale Official")) == "accept"


SONATA = track("Piano Sonata No. 3 in A Minor, Op. 12: II. Adagio", "Orlo Benning", "Ines Kall", duration_s=400.0)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Ahlbeck: Piano Sonata No. 3 in A Minor, Op. 12: II. Adagio - Ines Kall", "accept"),
        ("Piano Sonata No. 3 in A Minor, Op. 12: II. Adagio Blurp - Ines Kall", "ask"),
        ("Blurping Piano Sonata No. 3 in A Minor, Op. 12: II. Adagio by Ines Kall", "ask"),
    ],
)
def test_beside_a_classical_work_only_its_composer_may_stand(title, said):
    assert verdict(SONATA, found(title, "concert hall", 400)) == said


letters = st.text(alphabet="bcdfgklmnprtvz", min_size=5, max_size=9)


@given(letters, st.sampled_from(["({})", "- {}", "[{}]", "{}"]))
def test_no_made_up_word_is_taken(word, form):
    """Made of consonants, so that it is nobody's word."""
    assert verdict(ORIGINAL, found(f"Mira Vale - Glass Harbour {form.format(word)}")) != "accept"
