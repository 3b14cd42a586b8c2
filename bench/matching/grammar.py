"""Cases made up from a grammar, each from its own seed: a recording that was liked, and what a search finds.

A case begins with a small world: a song, its recordings, other songs nearby. Uploads are made of these recordings, and
labels follow from that: `+` is an upload of the very recording that was liked (within 2 s and 2 % of its length; an
official video up to 7 s longer), `-` is everything else. A `-` can always be told by its title, its channel or its
length. The grammar shares no word list with the scorer, and no code; and the half that is kept back has words that the
other half never shows (`held.py`). A few cases in which uploaders lie perfectly are a class of their own, in no sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.matching.cases import Case, candidate
from bench.matching.fakes import fake
from bench.matching.hands import Hand
from bench.matching.held import Dice
from bench.matching.plans import CLASSES, VIDEO_ROOM_S, Plan, lies
from bench.matching.uploads import Upload, any_upload, as_wanted, unlabelled, video_with_intro
from bench.matching.worlds import Recording, other_artist, other_title, tellable_s
from daemon.models import Track

LIES = "lies"
"""The class of what nobody can catch: shown, and in no sum."""
PER_CLASS = 320
LIES_CASES = 80

_ABSENT = 0.12
"""How often what was liked is not to be had, in every class."""
_FITTING = 1.0
"""How much higher a search engine puts what was asked for."""


def generated(kinds: Sequence[str] = ()) -> Iterator[Case]:
    """All of them, or those of the classes named; every call makes the same ones."""
    for kind in (*CLASSES, LIES):
        if not kinds or kind in kinds:
            for seed in range(LIES_CASES if kind == LIES else PER_CLASS):
                yield generate(kind, seed)


def generate(kind: str, seed: int) -> Case:
    """The case of that class and seed."""
    rng = Dice(f"{kind}/{seed}")
    rng.kept_back = seed % 2 == 1
    plan = CLASSES[kind](rng) if kind != LIES else lies(rng)
    uploads = _listed(rng, [*_right(rng, plan), *_wrong(rng, plan)])
    candidates = tuple(
        candidate(
            f"{kind}/{seed}/{place}",
            one.title,
            one.channel,
            one.duration_s,
            one.views,
            verified=one.verified,
            live=one.live,
        )
        for place, one in enumerate(uploads)
    )
    pairs = list(zip(candidates, uploads, strict=True))
    return Case(
        name=f"{kind}/{seed}",
        kind=kind,
        origin="generated",
        number=seed,
        track=_track(rng, plan),
        candidates=candidates,
        right=frozenset(hit.id for hit, one in pairs if one.right),
        preference=plan.preference,
        truth={hit.id: one.truth for hit, one in pairs},
    )


# --- from a plan to a list -------------------------------------------------------------------------------------------


def _track(rng: Dice, plan: Plan) -> Track:
    """As a service writes it: `Copper Line (feat. Tilda) - Radio Edit`, the remixer among the artists or not."""
    rec = plan.wanted
    title = rec.song.title.native
    artists = as_wanted(rec.song) if rec.makers == rec.song.artists else tuple(name.native for name in rec.makers)
    if plan.script == "roman":
        title = rec.song.title.others[0]
        artists = tuple(name.others[0] for name in rec.makers)
    if rec.song.featured and rng.random() < 0.8:
        title += f" (feat. {' & '.join(name.native for name in rec.song.featured)})"
    if rec.words and rec.words[0]:
        title += f" - {rec.words[0]}" if rng.random() < 0.65 else f" ({rec.words[0]})"
    if rec.by and rng.random() < 0.6:
        artists = (*artists, rec.by.native)
    return Track(title=title, artists=plan.credited or artists, duration_s=round(rec.duration_s, 3))


def _right(rng: Dice, plan: Plan) -> list[Upload]:
    there = plan.there if plan.there is not None else rng.random() >= _ABSENT
    if not there:
        return []
    rights = list(plan.right) or [plan.wanted] * rng.choices((1, 2, 3, 4), (40, 32, 18, 10))[0]
    uploads = []
    for place, rec in enumerate(rights):
        # A foreign song has at least one in the service's own script: nobody can know the reading of every sign.
        script = rng.choice((plan.script, "both")) if place == 0 and plan.script != "any" else "any"
        hand = Hand(rng, script=script, channel=plan.script, typos=plan.typos, noise=plan.noise)
        made = _upload_of_right(hand, rec, plan)
        uploads.append(replace(made, right=True, relevance=made.relevance + _FITTING))
    return uploads


def _upload_of_right(hand: Hand, rec: Recording, plan: Plan) -> Upload:
    """It says what it is; an uploader who has the usual version of a scene may forget to."""
    forgotten = rec is plan.wanted and rec.kind in ("extended", "radio", "remaster") and hand.rng.random() < 0.15
    return unlabelled(hand, rec) if forgotten else any_upload(hand, rec)


def _wrong(rng: Dice, plan: Plan) -> list[Upload]:
    hand = Hand(rng, noise=max(0.08, plan.noise / 3))
    others = [rec for rec in plan.near if _tellable(rec, plan.wanted)]
    near = rng.sample(others, min(len(others), rng.randrange(2, 6)))
    uploads = [_upload_of_wrong(hand, rec, plan) for rec in near]
    if plan.neighbours:
        uploads += [any_upload(hand, other_title(rng, plan.wanted)) for _ in range(rng.choice((0, 1, 1, 2)))]
        uploads += [any_upload(hand, other_artist(rng, plan.wanted)) for _ in range(rng.choice((0, 0, 1)))]
    uploads += [fake(hand, plan.wanted, kind) for kind in plan.fakes]
    uploads += [fake(hand, plan.wanted, rng.choice(plan.any_fake)) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    if plan.wanted.kind in ("original", "radio", "remaster", "cover") and rng.random() < 0.35:
        uploads.append(video_with_intro(hand, replace(plan.wanted, words=())))
    return [*uploads, *plan.extra]


def _tellable(rec: Recording, wanted: Recording) -> bool:
    """By its name, by who made it, by its words, or by its length alone."""
    named = rec.song.title != wanted.song.title or rec.makers != wanted.makers
    said = not {word.casefold() for word in rec.words} & {word.casefold() for word in wanted.words or ("",)}
    worded = said and bool(rec.words or wanted.words) and "" not in (*rec.words, *wanted.words)
    return named or worded or abs(rec.duration_s - wanted.duration_s) > tellable_s(wanted.duration_s) + VIDEO_ROOM_S


def _upload_of_wrong(hand: Hand, rec: Recording, plan: Plan) -> Upload:
    """It says what it is; now and then it does not, where its length tells enough."""
    gaps = [abs(rec.duration_s - right.duration_s) for right in (plan.wanted, *plan.right)]
    if rec.words and min(gaps) > tellable_s(plan.wanted.duration_s) + VIDEO_ROOM_S and hand.rng.random() < 0.1:
        return unlabelled(hand, rec)
    return any_upload(hand, rec)


def _listed(rng: Dice, uploads: list[Upload]) -> list[Upload]:
    """In the order of a search engine: by relevance, and by chance."""
    ranked = sorted(uploads, key=lambda one: -(one.relevance + rng.gauss(0, 0.9)))
    seen: set[tuple[str, str, int | None]] = set()
    kept = []
    for one in ranked:
        key = (one.title, one.channel, one.duration_s)
        if key not in seen:
            kept.append(one)
        seen.add(key)
    return kept
