"""What a search finds beside music: loops, sets, lessons, reactions, previews."""

from __future__ import annotations

from dataclasses import dataclass

from bench.matching import held, words
from bench.matching.hands import Hand
from bench.matching.uploads import Upload, seen
from bench.matching.worlds import Recording, random_title, tellable_s


@dataclass(frozen=True, slots=True)
class _Fake:
    """Something that a search finds beside music. `{a}`: the artist, `{t}`: the title, `{o}`: another title, `{b}`:
    another artist, `{p}`: a place, `{g}`: a genre."""

    titles: tuple[str, ...]
    channels: tuple[str, ...]
    from_s: float
    to_s: float
    any_length: bool = False
    """May be as long as the recording: its title gives it away."""
    relevance: float = 1.2


FAKES: dict[str, _Fake] = {
    "loop": _Fake(
        (
            *("{a} - {t} [1 Hour Loop]", "{a} - {t} (10 Hours)", "{t} 1 HOUR", "{a} – {t} 1 hour version", "{a} - {t}"),
            *(
                "{t} - {a} | 30 minutes",
                "{a} - {t} (1 hour)",
                "{a} - {t} [10 HOURS VERSION]",
                "{a} - {t} extended 1 hour",
            ),
        ),
        ("Loop Lounge", "1 Hour Music", "endless.fm", *words.FANS[:4]),
        *(1795, 3700),
        relevance=2.0,
    ),
    "set": _Fake(
        ("{a} live at {p}", "{a} @ {p} (Full Set)", "{a} DJ Set | {p}", "{a} - {t} Tour, live at {p}", "{a} | {g} mix"),
        (*words.SHOWS, *words.PROMOTERS),
        *(2400, 7300),
    ),
    "album": _Fake(
        ("{a} - {t} (Full Album)", "{a} - {o} [Full Album Stream]", "{a} – {t} full EP"), words.FANS, *(1500, 4200)
    ),
    "best": _Fake(
        ("Best of {a}", "{a} Mix | Top Songs", "{a} Greatest Hits Full Playlist", "{g} Mix with {a}, {b}"),
        (*words.FANS, *words.PROMOTERS),
        *(2000, 7000),
    ),
    "reaction": _Fake(
        (
            "REACTING to {a} - {t}",
            "{a} - {t} REACTION!!",
            "First time hearing {a} - {t}",
            "Vocal coach reacts: {a} {t}",
        ),
        words.REACTORS,
        *(300, 1300),
    ),
    "lesson": _Fake(
        ("How to play {t} by {a} on guitar", "{a} - {t} Piano Tutorial", "{t} - {a} | Guitar Lesson + Tabs"),
        words.PLAYERS,
        *(100, 900),
        any_length=True,
    ),
    "snippet": _Fake(
        ("{a} - {t} (Snippet)", "{a} - {t} [Preview]", "{a} - {t} (Teaser)", "{t} - {a} #shorts", "{a} - {t}"),
        (*words.LABELS, *words.FANS),
        *(14, 75),
        relevance=1.8,
    ),
    "talk": _Fake(
        ("{a} explains {t}", "The story behind {t} by {a}", "{a} interview about {t}", "{a} - {t} (Album Review)"),
        (*words.SHOWS, *words.REACTORS),
        *(200, 2400),
    ),
    "making": _Fake(
        ("Making of {t} | {a}", "{a} - {t} (Behind the Scenes)", "{a} - {t} (Making Of)"), words.SHOWS, *(80, 700)
    ),
    "beat": _Fake(
        ('[FREE] {a} Type Beat - "{o}"', '{a} x {b} type beat "{t}"', "{a} type beat | {g}"),
        ("beats by kroll", "prodNimbus", "808 Orchard"),
        *(120, 240),
        any_length=True,
    ),
    "crowd": _Fake(
        ("{b} plays {a} - {t} @ {p}", "{a} - {t} crowd goes crazy at {p}", "{a} playing {t} at {p}"),
        (*words.SHOWS, *words.FANS),
        *(18, 200),
    ),
    "junk": _Fake(
        ("{t} explained in 5 minutes", "How to pronounce {t}", "{t} (2019) - movie trailer", "{t} unboxing and review"),
        ("Explain It", "SayItRight", "TrailerDepot", "GadgetGoose"),
        *(25, 1200),
        relevance=0.5,
    ),
    "parody": _Fake(
        ("{a} - {t} PARODY", "{t} but it's about cats ({a} parody)"), words.REACTORS, 120, 300, any_length=True
    ),
    "medley": _Fake(("{a} - {t} / {o} (Medley)", "{a} - {t} + {o} [Mashup Live]"), words.FANS, 200, 600),
    "mashup": _Fake(
        (
            "{a} - {t} x {b} - {o} (Mashup)",
            "{t} / {o} mashup",
            "{a} vs {b} - {t} vs {o}",
            "{t} x {o} ({a} & {b} mashup)",
        ),
        (*words.FANS, *words.PROMOTERS),
        *(130, 320),
        any_length=True,
    ),
    "stream": _Fake(("🔴 {g} Radio | 24/7 Live Stream", "{a} radio 24/7", "{a} live now!"), words.PROMOTERS, 0, 0),
}
ANY_FAKE = tuple(FAKES)


def fake(hand: Hand, of: Recording, kind: str) -> Upload:
    """Something of that kind about this recording; its length or its words give it away."""
    rng, made = hand.rng, FAKES[kind]
    title = rng.any_of(made.titles, held.FAKES.get(kind, ())).format(
        a=hand.credit(of.makers, foreign=bool(of.song.tongue)),
        t=hand.name(of.song.title, foreign=bool(of.song.tongue)),
        o=random_title(rng, of.song),
        b=words.apart(rng, "artist", (*of.makers, of.song.title)).native,
        p=rng.choice(words.PLACES),
        g=rng.choice(words.GENRES),
    )
    live = kind == "stream"
    length = rng.uniform(made.from_s, made.to_s)
    while not live and not made.any_length and abs(length - of.duration_s) < tellable_s(of.duration_s):
        length = rng.uniform(made.from_s, made.to_s) * 1.07
    if made.any_length and rng.random() < 0.3:
        length = of.duration_s + rng.uniform(-1.5, 1.5)
    return Upload(
        title=title,
        channel=rng.choice(made.channels),
        duration_s=None if live else round(length),
        views=seen(rng, 4.0),
        live=live,
        truth=kind,
        relevance=made.relevance,
    )
