"""Which search result is the recording: tables of examples, one for each way in which a search result misleads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.models import Candidate, Service, Track
from daemon.pipeline.matching import ACCEPT, ASK, accepted, doubtful, weigh


def track(title="Glass Harbour", *artists, duration_s=200.0, **more):
    return Track(title=title, artists=artists or ("Mira Vale",), duration_s=duration_s, **more)


def found(title, channel="Mira Vale - Topic", duration_s=200.0, **more):
    return Candidate(
        service=Service.YOUTUBE,
        id=f"{title}/{channel}",
        url=f"https://youtu.be/{title}",
        title=title,
        channel=channel,
        duration_s=duration_s,
        **more,
    )


def verdict(wanted, candidate, preference=("as-liked",)):
    [one] = weigh(wanted, [candidate], preference)
    return one.verdict, one.evidence


ORIGINAL = track()
REMIX = track("Glass Harbour - Sunder Remix", "Mira Vale", "Sunder")
LIVE = track("Glass Harbour (Live at the Pier)")
GUEST = track("Glass Harbour (feat. Solo Nine)", "Mira Vale", "Solo Nine")
SONATA = track("Piano Sonata No. 3 in A Minor, Op. 12: II. Adagio", "Orlo Benning", "Ines Kall", duration_s=400.0)

TAKEN = [
    (ORIGINAL, found("Glass Harbour")),
    (ORIGINAL, found("Glass Harbour (2019 Remaster)")),
    (ORIGINAL, found("Glass Harbour - Original Mix")),
    (ORIGINAL, found("MIRA VALE – Gláss Harbour [HD]", "Mira Vale")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Official Video)", "MiraValeVEVO", 203, verified=True)),
    (ORIGINAL, found("Glass Harbour - Mira Vale (Lyrics)", "lyric cove")),
    (ORIGINAL, found("Mira Vale - Glass Harbour | Low Tide Records", "Low Tide Records", 201)),
    (ORIGINAL, found("Mira Vale: Glass Harbour [LTR014]", "crate fox")),
    (ORIGINAL, found("mira vale glass harbour (official audio)", "someone")),
    (ORIGINAL, found("Mira Vale “Glass Harbour” #indie #newmusic", "someone")),
    (ORIGINAL, found("03. Mira Vale - Glass Harbour", "old tapes")),
    (ORIGINAL, found("Mira Vale - Glass Harbor", "someone")),
    (ORIGINAL, found("Mira Vale - Glas Harbour (Audio)", "Mira Vale", verified=True)),
    (ORIGINAL, found("Glass Harbour", "Mira Vale", artists=("Mira Vale",))),
    (ORIGINAL, found("Mira Vale - Glass Harbour (prod. Kite)", "someone")),
    (REMIX, found("Glass Harbour (Sunder Remix)")),
    (REMIX, found("Glass Harbour (Sunder Remix)", "Sunder - Topic")),
    (REMIX, found("Mira Vale - Glass Harbour (Sunder's Remix)", "someone")),
    (REMIX, found("Mira Vale - Glass Harbour [Sunder rmx] (Free Download)", "Sunder")),
    (REMIX, found("Mira Vale - Glass Harbour (remixed by Sunder)", "someone")),
    (track("Glass Harbour (Sunder Mix)", "Mira Vale", "Sunder"), found("Mira Vale - Glass Harbour (Sunder Mix)", "q")),
    (LIVE, found("Glass Harbour (Live at the Pier)")),
    (LIVE, found("Mira Vale - Glass Harbour - Live @ The Pier", "someone")),
    (GUEST, found("Mira Vale - Glass Harbour ft. Solo Nine (Official Audio)", "someone")),
    (GUEST, found("Mira Vale x Solo Nine - Glass Harbour", "someone")),
    (GUEST, found("Glass Harbour")),
    (GUEST, found("Glass Harbour (with Solo Nine)")),
    (track("Glass Harbour - Radio Edit"), found("Glass Harbour", duration_s=200.5)),
    (track("Live Forever"), found("Mira Vale - Live Forever", "someone")),
    (track("Cover Me Up"), found("Mira Vale - Cover Me Up (Lyrics)", "someone")),
    (track("Remix to Ignition"), found("Remix to Ignition")),
    (track("Loop"), found("Mira Vale - Loop", "someone")),
    (track("Video Games"), found("Mira Vale - Video Games (Official Video)", "someone")),
    (track("Nova", "Nova"), found("Nova - Nova", "someone")),
    (track("Delta", "Delta Nine"), found("Delta Nine - Delta", "someone")),
    (track("Home", "Home Alone"), found("Home Alone - Home", "someone")),
    (track("Runaway"), found("Mira Vale - Run Away", "someone")),
    (track("Shine, Pt. 2"), found("Mira Vale - Shine (Part II)", "someone")),
    (track("Группа крови", "Кино"), found("Kino - Gruppa krovi", "someone")),
    (track("Gruppa krovi", "Kino"), found("Кино - Группа крови (Official Audio)", "someone")),
    (track("夜の港", "青い灯"), found("青い灯「夜の港」Official Music Video", "青い灯 Official", verified=True)),
    (track("夜の港", "青い灯"), found("青い灯 (Aoi Akari) - 夜の港 / Yoru no Minato", "someone")),
    (track("雨過巷口", "林子沐"), found("林子沐 - 雨过巷口 (Official Audio)", "someone")),
    (track("Glass Harbour", "Mira & The Vales"), found("Mira and the Vales - Glass Harbour", "someone")),
    (track("Glass Harbour", "AC/VD"), found("ACVD - Glass Harbour", "someone")),
    (SONATA, found("Piano Sonata No. 3 in A Minor, Op. 12: II. Adagio", "Ines Kall - Topic", 401)),
    (SONATA, found("Benning: Piano Sonata No.3 in A minor Op.12 - II. Adagio - Ines Kall", "concert hall", 401)),
    (
        track("Tax vs. Season (Kofi Mashup)", "Kofi"),
        found("Kofi - Amber Tax vs. The Rails Season (Kofi Mashup)", "someone"),
    ),
]

REFUSED = [
    (ORIGINAL, found("Glass Harbour (Sunder Remix)")),
    (ORIGINAL, found("Mira Vale - Glass Harbour Sunder Remix", "someone")),
    (ORIGINAL, found("Glass Harbour (Live at the Pier)")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Sped Up)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (slowed + reverb)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (8D AUDIO)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour", "8D Dreams")),
    (ORIGINAL, found("Mira Vale - Glass Harbour [Bass Boosted]", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Karaoke Version)", "Sing Night")),
    (ORIGINAL, found("Glass Harbour (Originally Performed by Mira Vale)", "Karaoke Stars - Topic")),
    (ORIGINAL, found("Glass Harbour - Mira Vale (Piano Cover)", "Keys")),
    (ORIGINAL, found("Glass Harbour (Mira Vale Cover)", "Tess")),
    (ORIGINAL, found("Tess - Glass Harbour (Mira Vale)", "Tess")),
    (ORIGINAL, found("Tess sings Glass Harbour by Mira Vale", "Tess")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Instrumental)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour Acapella", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Demo)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Acoustic)")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Clean)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Spanish Version)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Mira's Version)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (reversed)", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour Nights", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour 2", "someone")),
    (ORIGINAL, found("Glass Harbour II")),
    (ORIGINAL, found("Glass Harbour, Pt. 2")),
    (ORIGINAL, found("Mira Vale - Glass", "someone")),
    (ORIGINAL, found("Mira Vale - Slow Water", "someone")),
    (ORIGINAL, found("Glass Harbour", "The Other Band - Topic")),
    (ORIGINAL, found("Glass Harbour", "Tess", verified=True)),
    (ORIGINAL, found("Mira Valentine - Glass Harbour", "someone")),
    (ORIGINAL, found("Mira - Glass Harbour", "someone")),
    (ORIGINAL, found("Mira Vale vs. Kite - Glass Harbour / Red Sand (Mashup)", "someone")),
    (ORIGINAL, found("Mira Vale Type Beat - Glass Harbour", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (Full Album)", "someone")),
    (ORIGINAL, found("First time hearing Mira Vale - Glass Harbour", "reacts", 201)),
    (ORIGINAL, found("How to play Glass Harbour by Mira Vale", "someone")),
    (ORIGINAL, found("Mira Vale - Glass Harbour (1 Hour Loop)", "someone", 3600)),
    (ORIGINAL, found("Mira Vale - Glass Harbour", "someone", 30)),
    (ORIGINAL, found("Mira Vale - Glass Harbour", "someone", live=True)),
    (ORIGINAL, found("Mira Vale - Glass Harbour", "someone", None)),
    (REMIX, found("Glass Harbour")),
    (REMIX, found("Mira Vale - Glass Harbour (Kite Remix)", "someone")),
    (REMIX, found("Sunder - Glass Harbour (Mira Vale Remix)", "someone")),
    (REMIX, found("Mira Vale - Glass Harbour (Sunder VIP Remix)", "someone")),
    (REMIX, found("Mira Vale - Glass Harbour (Sunder Remix) [Instrumental]", "someone")),
    (LIVE, found("Glass Harbour")),
    (LIVE, found("Mira Vale - Glass Harbour (Live in Bergen)", "someone")),
    (GUEST, found("Mira Vale - Glass Harbour (feat. Kite)", "someone")),
    (track("Home"), found("Mira Vale - Home Alone", "someone")),
    (track("Glass"), found("Mira Vale - Glass House", "someone")),
    (track("Forever"), found("Mira Vale - Live Forever", "someone")),
    (track("Shine, Pt. 2"), found("Mira Vale - Shine, Pt. 1", "someone")),
    (track("Shine, Pt. 2"), found("Mira Vale - Shine", "someone")),
    (track("夜の港", "青い灯"), found("青い灯 - 夜の港 (歌ってみた)", "someone")),
    (track("雨过巷口", "林子沐"), found("林子沐 - 雨过巷口 (翻唱)", "someone")),
    (track("Группа крови", "Кино"), found("Кино - Группа крови (кавер)", "someone")),
    (SONATA, found("Piano Sonata No. 3 in A Minor, Op. 12: III. Presto", "Ines Kall - Topic", 400)),
    (SONATA, found("Piano Sonata No. 3 in A Minor, Op. 13: II. Adagio", "Ines Kall - Topic", 400)),
    (SONATA, found("Benning: Piano Sonata No. 3 in A Minor, Op. 12: II. Adagio - Tomas Reus", "hall", 400)),
]


@pytest.mark.parametrize(("wanted", "candidate"), TAKEN, ids=lambda one: one.title)
def test_taken_without_asking(wanted, candidate):
    said, evidence = verdict(wanted, candidate)
    assert said == "accept", evidence


@pytest.mark.parametrize(("wanted", "candidate"), REFUSED, ids=lambda one: one.title)
def test_never_taken_without_asking(wanted, candidate):
    said, evidence = verdict(wanted, candidate)
    assert said != "accept", evidence


@pytest.mark.parametrize(
    ("off_s", "said"),
    [(-5.1, "decline"), (-4.5, "ask"), (0, "accept"), (3.9, "accept"), (4.5, "ask"), (15, "ask"), (17, "decline")],
)
def test_the_length_decides_before_anything_else(off_s, said):
    """200 s: 4 s are 2 %, 16 s are 8 %."""
    video = found("Mira Vale - Glass Harbour (Official Video)", "Mira Vale", 200 + off_s, verified=True)
    assert verdict(ORIGINAL, video)[0] == said


def test_what_the_gate_refuses_appears_with_its_reason():
    loop, preview, stream = weigh(
        ORIGINAL,
        [found("Glass Harbour", duration_s=3600), found("Glass Harbour", duration_s=30), found("Glass", live=True)],
    )
    assert {one.score for one in (loop, preview, stream)} == {0}
    assert sorted(one.evidence for one in (loop, preview, stream)) == [
        "0:30 long: a preview",
        "1:00:00 long: a loop or a whole set",
        "a live stream",
    ]


def test_without_a_length_only_the_artists_own_channel_is_taken():
    unknown = track(duration_s=None)
    assert verdict(unknown, found("Glass Harbour"))[0] == "accept"
    assert verdict(unknown, found("Mira Vale - Glass Harbour", "someone"))[0] == "ask"
    assert verdict(unknown, found("Mira Vale - Glass Harbour", "someone", 3600))[0] == "decline"
    two = track("Stay", "Iona", "Fell", duration_s=None)
    assert verdict(two, found("Stay", "Iona - Topic"))[0] == "ask"


def test_the_evidence_is_one_line_for_people_with_the_reason_first():
    assert verdict(ORIGINAL, found("Glass Harbour", duration_s=201))[1] == (
        "title 100 %, artist 100 %, length +1 s, from Mira Vale - Topic"
    )
    assert verdict(ORIGINAL, found("Glass Harbour (Live)"))[1].startswith("other version: live, title 100 %")


def test_of_two_uploads_the_artists_own_comes_first_and_views_have_the_last_word():
    own, fan = found("Glass Harbour", views=10), found("Mira Vale - Glass Harbour", "fan", views=9_000_000)
    few, many = found("Mira Vale - Glass Harbour", "a", views=3), found("Mira Vale - Glass Harbour", "b", views=30)
    wrong = found("Glass Harbour (Live)", views=3_000_000_000)
    assert [one.candidate for one in weigh(ORIGINAL, [fan, few, wrong, many, own])] == [own, fan, many, few, wrong]


def test_accepted_ones_become_sources_and_doubtful_ones_are_at_most_three():
    close = [found("Glass Harbour", channel) for channel in ("Mira Vale", "Mira Vale - Topic")]
    unsure = [found(f"Mira Vale & Tess{n} - Glass Harbour", "someone") for n in range(5)]
    weighed = weigh(ORIGINAL, [*unsure, *close])
    assert [source.candidate.channel for source in accepted(weighed)] == ["Mira Vale - Topic", "Mira Vale"]
    assert all(source.score >= ACCEPT for source in accepted(weighed))
    assert len(doubtful(weighed)) == 3
    assert all(ASK <= one.score < ACCEPT for one in doubtful(weighed))


# --- the version that the person prefers ------------------------------------------------------------------------------

EXTENDED = ("extended", "as-liked")


def test_the_extended_version_is_preferred_and_named():
    liked, extended = found("Glass Harbour"), found("Glass Harbour (Extended Mix)", duration_s=330)
    best = accepted(weigh(ORIGINAL, [liked, extended], EXTENDED))
    assert [(source.candidate, source.as_version) for source in best] == [(extended, "Extended Mix"), (liked, None)]
    assert [source.candidate for source in accepted(weigh(ORIGINAL, [liked, extended]))] == [liked]


@pytest.mark.parametrize(
    "candidate",
    [
        found("Glass Harbour (Extended Mix)", duration_s=190),
        found("Glass Harbour (Extended Mix)", duration_s=800),
        found("Glass Harbour", duration_s=330),
        found("Glass Harbour (Sunder Extended Mix)", duration_s=330),
        found("Glass Harbour (Extended Live)", duration_s=330),
        found("Glass Harbour (Extended Mix)", "Other - Topic", 330),
    ],
)
def test_what_is_not_the_same_recording_at_length_is_not_preferred(candidate):
    assert verdict(ORIGINAL, candidate, EXTENDED)[0] == "decline"


def test_other_preferences():
    radio = found("Mira Vale - Glass Harbour (Radio Edit)", "Mira Vale", 150)
    [source] = accepted(weigh(ORIGINAL, [radio], ("radio", "as-liked")))
    assert source.as_version == "Radio Edit"
    without = found("Mira Vale - Glass Harbour (Instrumental)", "Mira Vale")
    [source] = accepted(weigh(ORIGINAL, [without], ("instrumental",)))
    assert source.as_version == "Instrumental"
    remix = found("Glass Harbour (Sunder Extended Remix)", duration_s=330)
    [source] = accepted(weigh(REMIX, [remix], EXTENDED))
    assert source.as_version == "Extended Mix"
    liked = track("Glass Harbour (Extended Mix)", duration_s=330)
    [source] = accepted(weigh(liked, [found("Glass Harbour (Extended Mix)", duration_s=330)], EXTENDED))
    assert source.as_version is None


# --- whatever comes ---------------------------------------------------------------------------------------------------

titles = st.lists(
    st.sampled_from([*"ab1 -()[]|&.'«夜あкα", "feat. ", "Remix", " Live ", "Op. 1", " - ", "Mira Vale"]), max_size=20
).map("".join)


@given(titles, titles, st.lists(st.tuples(titles, titles, st.floats(0, 900) | st.none()), max_size=4))
def test_every_candidate_is_answered_whatever_it_is_called(title, artist, hits):
    candidates = [
        Candidate(service=Service.YOUTUBE, id=str(n), url="u", title=name, channel=channel, duration_s=duration_s)
        for n, (name, channel, duration_s) in enumerate(hits)
    ]
    weighed = weigh(Track(title=title, artists=(artist,), duration_s=200), candidates, ("extended", "as-liked"))
    assert sorted(one.candidate.id for one in weighed) == sorted(one.id for one in candidates)
    for one in weighed:
        assert 0 <= one.score <= 1
        assert one.evidence
        assert one.verdict == ("accept" if one.score >= ACCEPT else "ask" if one.score >= ASK else "decline")
