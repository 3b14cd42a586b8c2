from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from daemon.ledger import Ledger
from daemon.ledger.sounds import Claimed, TwinOf
from daemon.models import Duplicate, Failed, Filed, MetadataOnly, Outcome, Postponed, Track
from daemon.pipeline import twins
from tests.ledger.given import NOON, a_file, a_track

DURATION_S = 240.0


def a_sound(seed: int) -> twins.Words:
    return np.random.default_rng(seed).integers(0, 2**32, 1900, dtype=np.uint32)


def another_rip(words: twins.Words) -> twins.Words:
    """Half a second later, and a bit flipped in every third word."""
    rip = words[4:].copy()
    rip[::3] ^= np.uint32(1 << 7)
    return rip


def claim(
    ledger: Ledger, track_id: str, words: twins.Words, nominated: Sequence[str] = (), *, findable: bool = True
) -> Claimed | TwinOf:
    def is_twin(theirs: bytes, their_duration_s: float) -> float | None:
        return twins.same_recording(words, DURATION_S, twins.words_of(theirs), their_duration_s)

    fingerprint = words.astype("<u4").tobytes()
    index_words = twins.sample_words(words) if findable else ()
    return ledger.sounds.claim(
        track_id, fingerprint, DURATION_S, index_words=index_words, is_twin=is_twin, nominated=nominated
    )


def test_the_first_gets_the_sound_and_a_rip_of_it_is_a_twin(ledger: Ledger) -> None:
    first, second = a_track(ledger), a_track(ledger)

    assert claim(ledger, first, a_sound(1)) == Claimed()

    verdict = claim(ledger, second, another_rip(a_sound(1)))
    assert isinstance(verdict, TwinOf)
    assert verdict.track_id == first
    assert 0.005 < verdict.bit_error < 0.02


def test_another_sound_is_free(ledger: Ledger) -> None:
    assert claim(ledger, a_track(ledger), a_sound(1)) == Claimed()
    assert claim(ledger, a_track(ledger), a_sound(2)) == Claimed()


def test_a_claim_repeated_is_claimed_again(ledger: Ledger) -> None:
    track_id = a_track(ledger)

    assert [claim(ledger, track_id, a_sound(1)) for _ in range(2)] == [Claimed(), Claimed()]


def test_a_track_may_claim_another_take_of_itself_and_is_then_found_by_that(ledger: Ledger) -> None:
    track_id, later = a_track(ledger), a_track(ledger)
    claim(ledger, track_id, a_sound(1))

    assert claim(ledger, track_id, a_sound(2)) == Claimed()

    assert isinstance(claim(ledger, later, another_rip(a_sound(2))), TwinOf)
    assert claim(ledger, later, a_sound(1)) == Claimed()


def test_a_released_sound_is_free_and_can_be_claimed_back(ledger: Ledger) -> None:
    first, second = a_track(ledger), a_track(ledger)
    claim(ledger, first, a_sound(1))

    ledger.sounds.release(first)
    ledger.sounds.release(second)

    assert claim(ledger, second, a_sound(1)) == Claimed()
    assert isinstance(claim(ledger, first, a_sound(1)), TwinOf)
    ledger.sounds.release(second)
    assert claim(ledger, first, a_sound(1)) == Claimed()


def test_a_verifier_that_breaks_leaves_no_claim(ledger: Ledger) -> None:
    first, second = a_track(ledger), a_track(ledger)
    claim(ledger, first, a_sound(1))

    def breaks(theirs: bytes, their_duration_s: float) -> float | None:
        raise ZeroDivisionError

    try:
        ledger.sounds.claim(second, b"", 1.0, index_words=twins.sample_words(a_sound(1)), is_twin=breaks)
    except ZeroDivisionError:
        ledger.sounds.release(first)
    assert claim(ledger, first, a_sound(1)) == Claimed()


def test_the_likeliest_candidates_are_verified_first(ledger: Ledger) -> None:
    words = twins.sample_words(a_sound(1))
    for number in range(30):
        ledger.sounds.claim(a_track(ledger), b"poor", 1.0, index_words=words[number : number + 1], is_twin=never)
    best = a_track(ledger)
    ledger.sounds.claim(best, b"rich", 1.0, index_words=words, is_twin=never)
    seen: list[bytes] = []

    ledger.sounds.claim(a_track(ledger), b"mine", 1.0, index_words=words, is_twin=lambda w, _: seen.append(w))

    assert seen[0] == b"rich"
    assert len(seen) == 25


def test_a_nominated_track_is_verified_though_the_index_does_not_find_it(ledger: Ledger) -> None:
    first, second = a_track(ledger), a_track(ledger)
    claim(ledger, first, a_sound(1), findable=False)

    verdict = claim(ledger, second, another_rip(a_sound(1)), nominated=[second, first])

    assert isinstance(verdict, TwinOf)
    assert verdict.track_id == first


def test_a_nomination_proves_nothing_and_needs_a_sound_that_is_held(ledger: Ledger) -> None:
    other, silent, gone, last = (a_track(ledger) for _ in range(4))
    claim(ledger, other, a_sound(1))
    claim(ledger, gone, a_sound(2), findable=False)
    ledger.sounds.release(gone)

    assert claim(ledger, last, a_sound(2), nominated=[other, silent, gone, last, "nobody"]) == Claimed()


def test_the_nominated_are_verified_first_in_their_order_and_each_once(ledger: Ledger) -> None:
    words = twins.sample_words(a_sound(1))
    found, named, also = (a_track(ledger) for _ in range(3))
    for track_id, sound, index_words in ((found, b"found", words), (named, b"named", words[:1]), (also, b"also", ())):
        ledger.sounds.claim(track_id, sound, 1.0, index_words=index_words, is_twin=never)
    seen: list[bytes] = []

    ledger.sounds.claim(
        a_track(ledger),
        b"mine",
        1.0,
        index_words=words,
        is_twin=lambda theirs, _: seen.append(theirs),
        nominated=[also, named, also],
    )

    assert seen == [b"also", b"named", b"found"]


def test_of_many_nominated_no_more_are_verified_than_of_those_that_are_found(ledger: Ledger) -> None:
    named = [a_track(ledger) for _ in range(30)]
    for track_id in named:
        ledger.sounds.claim(track_id, b"x", 1.0, index_words=(), is_twin=never)
    seen: list[bytes] = []

    ledger.sounds.claim(a_track(ledger), b"", 1.0, index_words=(), is_twin=lambda w, _: seen.append(w), nominated=named)

    assert len(seen) == 25


def test_a_duplicate_that_holds_the_sound_speaks_for_its_original_and_not_against_it(ledger: Ledger) -> None:
    """Both were filed before anybody listened: rows that were adopted, say."""
    original, duplicate, third = (a_track(ledger) for _ in range(3))
    claim(ledger, duplicate, a_sound(1))
    for track_id in (original, duplicate):
        ledger.tracks.finish(track_id, Filed(files=(a_file(),)))
    ledger.tracks.finish(duplicate, Duplicate(of=original, evidence="the same id"))

    verdict = claim(ledger, third, a_sound(1))

    assert isinstance(verdict, TwinOf)
    assert verdict.track_id == original
    assert claim(ledger, original, another_rip(a_sound(1))) == Claimed()


def never(theirs: bytes, their_duration_s: float) -> float | None:
    return None


def test_a_rip_can_be_searched_for_by_other_words_than_it_is_filed_under(ledger: Ledger) -> None:
    first, second = a_track(ledger), a_track(ledger)
    ledger.sounds.claim(first, b"first", 1.0, index_words=[1, 2, 3], is_twin=never)

    verdict = ledger.sounds.claim(
        second, b"second", 1.0, index_words=[4, 5], search_words=[4, 5, 3], is_twin=lambda *_: 0.01
    )

    assert verdict == TwinOf(track_id=first, bit_error=0.01)


def test_of_a_track_whose_title_names_another_version_the_other_question_is_asked(ledger: Ledger) -> None:
    def a_version(*words: str) -> str:
        track_id = a_track(ledger)
        ledger.tracks.describe(track_id, Track(title="Strobe", version=words))
        return track_id

    plain, live, also_live = a_version(), a_version("live"), a_version("live")
    for track_id in (plain, live):
        ledger.sounds.claim(track_id, track_id.encode(), 1.0, index_words=[1], is_twin=never)
    asked: dict[str, list[bytes]] = {"plainly": [], "closely": []}

    ledger.sounds.claim(
        also_live,
        b"x",
        1.0,
        index_words=[1],
        version=("live",),
        is_twin=lambda words, _: asked["plainly"].append(words),
        is_twin_though_named_otherwise=lambda words, _: asked["closely"].append(words),
    )

    assert asked == {"plainly": [live.encode()], "closely": [plain.encode()]}


def test_a_word_that_a_hundred_are_found_by_takes_no_more_of_them(ledger: Ledger) -> None:
    late, *crowd = [a_track(ledger) for _ in range(101)]
    ledger.sounds.claim(late, b"an older take", 1.0, index_words=[6], is_twin=never)
    for track_id in crowd:
        ledger.sounds.claim(track_id, b"crowd", 1.0, index_words=[7], is_twin=never)
    ledger.sounds.claim(late, b"late", 1.0, index_words=[7, 8], is_twin=never)
    for track_id in crowd:
        ledger.sounds.release(track_id)

    assert claimed_by_words(ledger, [7]) == []
    assert claimed_by_words(ledger, [8]) == [b"late"]


def claimed_by_words(ledger: Ledger, words: Sequence[int]) -> list[bytes]:
    """The sounds that are held and found by these words."""
    seen: list[bytes] = []
    ledger.sounds.claim(a_track(ledger), b"", 1.0, index_words=words, is_twin=lambda theirs, _: seen.append(theirs))
    return seen


def test_which_endings_set_the_sound_free(ledger: Ledger) -> None:
    outcomes: list[tuple[Outcome, bool]] = [
        (Filed(files=(a_file(),)), False),
        (Postponed(reason="the volume is away", not_before=NOON), False),
        (Failed(reason="x", step="render"), True),
        (MetadataOnly(reason="x"), True),
        (Duplicate(of=a_track(ledger), evidence="x"), True),
    ]
    for seed, (outcome, frees) in enumerate(outcomes):
        track_id = a_track(ledger)
        claim(ledger, track_id, a_sound(seed))
        ledger.tracks.begin(track_id)

        ledger.tracks.finish(track_id, outcome)

        assert (claim(ledger, a_track(ledger), a_sound(seed)) == Claimed()) is frees, outcome


def test_a_failed_second_attempt_keeps_the_sound_of_what_is_on_the_shelf(ledger: Ledger) -> None:
    track_id = a_track(ledger)
    claim(ledger, track_id, a_sound(1))
    ledger.tracks.finish(track_id, Filed(files=(a_file(),)))
    ledger.tracks.restart(track_id)

    ledger.tracks.finish(track_id, Failed(reason="gone", step="fetch"))

    assert isinstance(claim(ledger, a_track(ledger), a_sound(1)), TwinOf)
