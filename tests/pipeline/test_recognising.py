import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.models import Recognised, Track
from daemon.pipeline.recognising import judge_recognised


def track(text: str, **more) -> Track:
    """`Artist, Artist: Title`."""
    artists, _, title = text.partition(": ")
    return Track(title=title, artists=tuple(artists.split(", ")) if artists else (), **more)


def known(text: str, score: float = 0.97) -> Recognised:
    artists, _, title = text.partition(": ")
    names = tuple(artists.split(", ")) if artists else ()
    return Recognised(score=score, recording_id=text, title=title, artists=names)


def verdict(ours, *theirs):
    told = [known(one) if isinstance(one, str) else one for one in theirs]
    return judge_recognised(track(ours) if isinstance(ours, str) else ours, told).verdict


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Mira Vale: Glass Harbour", "Mira Vale: Glass Harbour"),
        ("Mira Vale: Glass Harbour - 2011 Remaster", "Mira Vale: Glass Harbour"),
        ("Mira Vale: Glass Harbour (Remastered 2019)", "Mira Vale: Glass Harbour"),
        ("Mira Vale: Glass Harbour (feat. Sunder)", "Mira Vale, Sunder: Glass Harbour"),
        ("Mira Vale: Glass Harbour feat. Sunder", "Mira Vale feat. Sunder: Glass Harbour"),
        ("Mira Vale, Sunder: Glass Harbour", "Mira Vale & Sunder: Glass Harbour"),
        ("The Quiet Engines: Paper Lanterns", "Quiet Engines: Paper lanterns"),
        ("Mira Vale: Glass Harbor", "Mira Vale: Glass Harbour"),
        ("Björk Åse: Ærø", "Bjork Ase: Aero"),
        ("harbourtapes: Mira Vale - Glass Harbour [Free DL]", "Mira Vale: Glass Harbour"),
        ("Mira Vale Official: Glass Harbour (Official Audio)", "Mira Vale: Glass Harbour"),
        ("MiraValeVEVO: Glass Harbour", "Mira Vale: Glass Harbour"),
        ("Mira Vale: Glass Harbour (Radio Edit)", "Mira Vale: Glass Harbour (radio edit)"),
        ("Mira Vale: Glass Harbour (Original Mix)", "Mira Vale: Glass Harbour"),
        ("Mira Vale: Glass Harbour (Solano Remix)", "Mira Vale: Glass Harbour (Solano remix)"),
        ("Mira Vale: Glass Harbour - Solano's Club Rework", "Mira Vale: Glass Harbour (Solanos Rework)"),
        ("Mira Vale: Glass Harbour (Live)", "Mira Vale: Glass Harbour (live, 2003-05-01: Pier, Oslo)"),
        ("Мира: Стеклянная гавань", "Мира: Стеклянная гавань"),
        ("夜の港: 硝子", "夜の港: 硝子"),
        ("Nagisa: 硝子の港 (Glass Harbour)", "Nagisa: Glass Harbour"),
        ("Glen Holt: Aria", "Glen Holt: Goldberg-Variationen: Aria"),
        ("Mira Vale: Part Two", "Mira Vale: Part 2"),
        ("Mira Vale: 1979", "Mira Vale: 1979"),
    ],
)
def test_the_same_recording_is_confirmed(ours, theirs):
    found = judge_recognised(track(ours), [known(theirs)])
    assert found.verdict == "confirmed"
    assert found.evidence == f"AcoustID knows the sound as {_words(theirs)} (97%)"


def _words(text):
    artists, _, title = text.partition(": ")
    return f"“{title}” by {artists}"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Mira Vale: Glass Harbour", "Anouk Fields: Copper Sun"),
        ("Mira Vale: Glass Harbour", "Mira Vale: Copper Sun"),
        ("Mira Vale: Glass Harbour (feat. Sunder)", "Sunder: Low Tide"),
        ("uploads4u: Mira Vale - Glass Harbour", "Mira Vale: Copper Sun"),
        ("Mira Vale: Glass Harbour", "Mira Vale: Glass Harbour (live at the Pier)"),
        ("Mira Vale: Glass Harbour", "Mira Vale: Glass Harbour (live)"),
        ("Mira Vale: Glass Harbour", "Mira Vale: Glass Harbour (Solano remix)"),
        ("Mira Vale: Glass Harbour", "Mira Vale: Glass Harbour (acoustic version)"),
        ("Mira Vale: Glass Harbour", "Mira Vale: Glass Harbour (instrumental)"),
        ("Mira Vale: Glass Harbour (Solano Remix)", "Mira Vale: Glass Harbour (Brunner remix)"),
        ("Mira Vale: Glass Harbour (Solano Remix)", "Mira Vale: Glass Harbour"),
        ("夜の港: 硝子", "夜の港: 電車"),
    ],
)
def test_another_recording_is_an_alarm(ours, theirs):
    found = judge_recognised(track(ours), [known(theirs)])
    assert found.verdict == "another"
    assert found.evidence == f"AcoustID knows the sound as {_words(theirs)} (97%)"


@pytest.mark.parametrize(
    ("ours", "theirs", "why"),
    [
        ("Mira Vale: Glass Harbour", "Anouk Fields: Glass Harbour", "a cover, or the label's account"),
        ("Glen Holt: Für Elise", "Ludwig van Beethoven: Bagatelle No. 25 in A minor, WoO 59", "nickname and number"),
        ("Glen Holt: Moonlight Sonata", "Beethoven: Klaviersonate Nr. 14 cis-Moll, op. 27 Nr. 2", "other languages"),
        ("Beethoven: Für Elise", "Beethoven: Bagatelle, WoO 59", "the composer's own, and still a nickname"),
        ("Nagisa: Into the Harbour", "Nagisa: 硝子の港", "a title in another script"),
        ("Нагиса: Гавань", "Nagisa: Copper Sun", "an artist in another script"),
        ("Kino: Blood Type", "Кино: Группа крови", "both in another script"),
        ("Mira Vale: ID", "Mira Vale: Copper Sun", "not named yet when it was liked"),
        ("Mira Vale: Intro", "Mira Vale: Copper Sun", "says little"),
        ("Mira Vale: Glass Harbour", "Mira Vale: [untitled]", "nobody named it"),
        ("Mira Vale: Glass Harbour", "Various Artists: Copper Sun", "nobody in particular"),
        ("Mira Vale: Glass Harbour", ": Copper Sun", "no artist at all"),
        (": Glass Harbour", "Mira Vale: Copper Sun", "we know no artist"),
        ("Mira Vale: Love Song", "Mira Vale: Love Story", "they share a word"),
        ("Mira Vale: Harbour, Pt. 1", "Mira Vale: Harbour, Pt. 2", "another part, or a slip"),
        ("Mira Vale: Run Away", "Mira Vale: Runaway Train", "one within the other"),
        ("Mira Vale: Glass Harbour", "Miro Vail: Copper Sun", "perhaps the same person"),
        ("Mira Vale: Glass Harbour (Live)", "Mira Vale: Glass Harbour", "MusicBrainz leaves `live` out of titles"),
        ("Mira Vale: Glass Harbour (Acoustic)", "Mira Vale: Glass Harbour", "the same of `acoustic`"),
        ("Mira Vale: Glass Harbour (2018 Remix)", "Mira Vale: Glass Harbour", "mixed anew, not remade"),
        ("Mira Vale: Glass Harbour (Solano Remix)", "Mira Vale: Glass Harbour (club mix)", "the same by another name"),
        ("Mira Vale: Glass Harbour (Radio Edit)", "Mira Vale: Glass Harbour (Solano remix)", "perhaps cut from it"),
        ("Mira Vale: ?", "Mira Vale: Copper Sun", "no letters to compare"),
    ],
)
def test_what_can_be_read_either_way_is_no_alarm(ours, theirs, why):
    assert verdict(ours, theirs) == "unknown", why


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Mira Vale: Live Forever", "Mira Vale: Live Forever"),
        ("Mira Vale: The Harbour (Live Your Life)", "Mira Vale: The Harbour (Live Your Life)"),
        ("Mira Vale: The Harbour", "Mira Vale: The Harbour (where we live)"),
    ],
)
def test_a_title_may_have_a_version_word_for_a_name(ours, theirs):
    assert verdict(ours, theirs) == "confirmed"


def test_what_else_we_know_of_a_version_counts():
    live = known("Mira Vale: Glass Harbour (live)")
    assert verdict(track("Mira Vale: Glass Harbour", version=("live",)), live) == "confirmed"
    assert verdict(track("Mira Vale: Glass Harbour", album="Live at the Pier"), live) == "unknown"
    remix = known("Mira Vale: Glass Harbour (Solano remix)")
    assert verdict(track("Mira Vale: Glass Harbour (Remix)", remixers=("Solano",)), remix) == "confirmed"
    assert verdict(track("Mira Vale: Glass Harbour (Remix)", remixers=("Brunner",)), remix) == "another"


# --- how sure -------------------------------------------------------------------------------------------------------

RIGHT, WRONG, OPEN = "Mira Vale: Glass Harbour", "Anouk Fields: Copper Sun", "Anouk Fields: Glass Harbour"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([], "unknown"),
        ([(RIGHT, 0.8)], "confirmed"),
        ([(RIGHT, 0.79)], "unknown"),
        ([(WRONG, 0.9)], "another"),
        ([(WRONG, 0.89)], "unknown"),
        ([(WRONG, 0.99), (RIGHT, 0.85)], "confirmed"),
        ([(RIGHT, 0.85), (WRONG, 0.99)], "confirmed"),
        ([(WRONG, 0.99), (RIGHT, 0.5)], "unknown"),
        ([(WRONG, 0.99), (OPEN, 0.85)], "unknown"),
        ([(WRONG, 0.99), (OPEN, 0.5)], "another"),
        ([(WRONG, 0.99), ("Sunder: Low Tide", 0.99)], "another"),
        ([(OPEN, 0.99)], "unknown"),
    ],
)
def test_how_sure_it_is_and_what_else_is_named(answer, expected):
    assert verdict(RIGHT, *(known(text, score) for text, score in answer)) == expected


def test_the_evidence_is_for_a_person():
    ours = track(RIGHT)
    assert judge_recognised(ours, []).evidence == "AcoustID does not know this sound"
    unsure = judge_recognised(ours, [known(WRONG, 0.6)])
    assert unsure.evidence == "AcoustID is not sure: perhaps “Copper Sun” by Anouk Fields (60%)"
    nameless = judge_recognised(ours, [known(": Copper Sun")])
    assert (
        nameless.evidence == "AcoustID knows the sound as “Copper Sun” (97%), which neither agrees nor clearly differs"
    )


TEXTS = st.text(st.sampled_from("ab Z-()[]/:.\"'2éжあ港の!&"), max_size=24)
PEOPLE = st.lists(TEXTS, max_size=2).map(tuple)
VERSIONS = st.lists(st.sampled_from(["live", "remix", "acoustic", "radio", "dub"]), max_size=2).map(tuple)


@given(TEXTS, PEOPLE, VERSIONS, TEXTS, PEOPLE, st.floats(0, 1))
def test_any_names_give_a_verdict(title, artists, version, their_title, their_artists, score):
    ours = Track(title=title, artists=artists, version=version)
    theirs = Recognised(score=score, recording_id="x", title=their_title, artists=their_artists)
    found = judge_recognised(ours, [theirs])
    assert score >= 0.9 or found.verdict != "another"
    assert score >= 0.8 or found.verdict == "unknown"


@given(TEXTS, PEOPLE, st.floats(0.8, 1))
def test_its_own_names_are_never_an_alarm(title, artists, score):
    theirs = Recognised(score=score, recording_id="x", title=title, artists=artists)
    assert judge_recognised(Track(title=title, artists=artists), [theirs]).verdict != "another"
