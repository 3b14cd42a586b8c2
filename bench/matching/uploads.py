"""How recordings appear in a search: who uploads them, what they write, how long it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.matching import held, words
from bench.matching.hands import Hand
from bench.matching.held import Dice
from bench.matching.worlds import Recording, Song, tellable_s

_AUDIO_TAILS = (" (Official Audio)", " [Official Audio]", " (Audio)", " (Official Visualizer)", "")
_VIDEO_TAILS = (" (Official Video)", " [Official Video]", " (Official Music Video)", " | Official Video")
_LYRIC_TAILS = (" (Lyrics)", " [Lyrics]", " (Lyric Video)", " Lyrics", " (with lyrics)", " (Letra)")
_FAN_TAILS = ("", "", "", "", " (Audio)", " HQ", " (Full Song)", " [HD]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One line of a search, and what it really is."""

    title: str
    channel: str
    duration_s: int | None
    views: int
    verified: bool = False
    live: bool = False
    right: bool = False
    truth: str
    relevance: float
    """How high a search engine puts it, before chance."""


def topic(hand: Hand, rec: Recording) -> Upload:
    """YouTube's own channel for an artist: the service's title, and no artist in it."""
    version = rec.words[0] if rec.words else ""
    called = hand.name(rec.song.title, foreign=bool(rec.song.tongue))
    guests = f" (feat. {', '.join(n.native for n in rec.song.featured)})" if rec.song.featured else ""
    owner = rec.by if rec.kind == "remix" and rec.by and hand.rng.random() < 0.2 else rec.makers[0]
    name = hand.in_one_script(owner) if rec.song.tongue and owner is not rec.by else hand.name(owner)
    title = f"{called}{guests if hand.rng.random() < 0.6 else ''}{f' ({version})' if version else ''}"
    return _upload(hand, rec, title, f"{name} - Topic", views=3.8, relevance=2.6)


def official_audio(hand: Hand, rec: Recording) -> Upload:
    tail = hand.rng.any_of(_AUDIO_TAILS, held.AUDIO_TAILS)
    title = hand.whole(rec, _shown(hand, rec), tail=tail)
    return _upload(hand, rec, title, _own(hand, rec), verified=_maybe(hand, 0.6), views=5.2, relevance=3.2)


def official_video(hand: Hand, rec: Recording) -> Upload:
    """With a few seconds of logo or silence at most."""
    tail = hand.rng.any_of(_VIDEO_TAILS, held.VIDEO_TAILS)
    made = _upload(hand, rec, hand.whole(rec, _shown(hand, rec), tail=tail), _own(hand, rec), views=6.0, relevance=3.4)
    length = round(rec.duration_s + hand.rng.uniform(0, 6.4))
    return replace(made, verified=_maybe(hand, 0.6), duration_s=length, truth=f"{made.truth}, its video")


def lyric_video(hand: Hand, rec: Recording) -> Upload:
    tail = hand.rng.any_of(_LYRIC_TAILS, held.LYRIC_TAILS)
    channel = hand.rng.choice((*words.LYRICISTS, _own(hand, rec)))
    return _upload(hand, rec, hand.whole(rec, _shown(hand, rec), tail=tail), channel, views=5.0, relevance=2.4)


def label(hand: Hand, rec: Recording) -> Upload:
    channel = hand.rng.choice(words.LABELS)
    tail = hand.rng.choice(("", "", f" [{channel}]", f" | {channel}", " (Out Now)"))
    title = hand.whole(rec, _shown(hand, rec), tail=tail)
    return _upload(hand, rec, title, channel, verified=_maybe(hand, 0.4), views=4.4, relevance=2.4)


def promoter(hand: Hand, rec: Recording) -> Upload:
    title = hand.loud(hand.whole(rec, _shown(hand, rec)))
    return _upload(hand, rec, title, hand.rng.choice(words.PROMOTERS), views=4.2, relevance=1.9)


def fan(hand: Hand, rec: Recording) -> Upload:
    tail = hand.rng.any_of(_FAN_TAILS, held.FAN_TAILS)
    title = hand.whole(rec, _shown(hand, rec), tail=tail)
    return _upload(hand, rec, title, hand.rng.choice(words.FANS), views=3.4, relevance=1.7)


def own_channel(hand: Hand, rec: Recording) -> Upload:
    """The artist, who does not say so in the title."""
    title = hand.bare(rec, _shown(hand, rec))
    return _upload(hand, rec, title, hand.name(rec.makers[0]), verified=_maybe(hand, 0.4), views=4.4, relevance=2.4)


def remixer(hand: Hand, rec: Recording) -> Upload:
    owner = rec.by or rec.makers[0]
    title = hand.whole(rec, _shown(hand, rec))
    return _upload(hand, rec, title, owner.native, verified=_maybe(hand, 0.3), views=4.0, relevance=2.3)


STYLES: tuple[Callable[[Hand, Recording], Upload], ...] = (
    *(topic, topic, topic, official_audio, official_audio, official_video, lyric_video, label, promoter),
    *(fan, fan, own_channel),
)

_UPLOADERS: dict[str, tuple[str, ...]] = {
    "karaoke": words.KARAOKE_CHANNELS,
    "instrument": words.PLAYERS,
    **dict.fromkeys(("sped", "slowed", "nightcore", "8d", "bass", "effect", "lofi"), words.ALTERERS),
}
"""Kinds of which the artist knows nothing."""


def any_upload(hand: Hand, rec: Recording) -> Upload:
    """In whichever style befits its kind."""
    if rec.kind == "fan_cover":
        channel = rec.by.native if rec.by else hand.rng.choice(words.FANS)
        return _upload(hand, rec, hand.whole(rec, _shown(hand, rec)), channel, views=4.0, relevance=1.9)
    if rec.kind in _UPLOADERS and hand.rng.random() < 0.85:
        title = hand.whole(rec, _shown(hand, rec))
        if rec.kind == "nightcore" and hand.rng.random() < 0.5:
            title = f"Nightcore - {hand.bare(rec, '')}"
        return _upload(hand, rec, title, hand.rng.choice(_UPLOADERS[rec.kind]), views=4.6, relevance=1.9)
    styles = (*STYLES, remixer, remixer, remixer) if rec.by else STYLES
    return hand.rng.choice(styles)(hand, rec)


def video_with_intro(hand: Hand, rec: Recording) -> Upload:
    """The song inside a film: longer by what is spoken before and after."""
    made = official_video(hand, rec)
    longer = max(hand.rng.uniform(9, 40), tellable_s(rec.duration_s))
    return replace(made, duration_s=round(rec.duration_s + longer), truth=f"video of {rec.kind}, {longer:.0f} s longer")


def unlabelled(hand: Hand, rec: Recording) -> Upload:
    """Whoever uploaded it did not say which version it is."""
    return (
        fan(hand, replace(rec, words=())) if hand.rng.random() < 0.6 else official_video(hand, replace(rec, words=()))
    )


def _shown(hand: Hand, rec: Recording) -> str:
    return hand.rng.choice(rec.words) if rec.words else ""


def _own(hand: Hand, rec: Recording) -> str:
    """What the artist's channel is called."""
    name = hand.name(rec.makers[0], foreign=bool(rec.song.tongue))
    squeezed = "".join(letter for letter in name if letter.isalnum())
    return hand.rng.choice((name, name, name, f"{squeezed}VEVO", f"{name} Official", f"{name} Music", f"{squeezed}TV"))


def _maybe(hand: Hand, chance: float) -> bool:
    return hand.rng.random() < chance


def _upload(
    hand: Hand, rec: Recording, title: str, channel: str, *, views: float, relevance: float, verified: bool = False
) -> Upload:
    allowed = min(1.4, 0.02 * rec.duration_s - 0.6)
    return Upload(
        title=title,
        channel=channel,
        duration_s=round(rec.duration_s + hand.rng.uniform(-allowed, allowed)),
        views=seen(hand.rng, views),
        verified=verified,
        truth=f"{rec.kind}{f' ({rec.words[0]})' if rec.words and rec.words[0] else ''}",
        relevance=relevance,
    )


def seen(rng: Dice, magnitude: float) -> int:
    """How often it was watched, around that power of ten."""
    return min(max(3, round(10 ** rng.gauss(magnitude, 0.9))), 3_000_000_000)


def foreign_version(hand: Hand, of: Recording) -> Upload:
    """A cover, karaoke or concert, named in the singer's own language."""
    tongue = of.song.tongue
    kind, said = hand.rng.any_of(words.FOREIGN_VERSIONS[tongue], held.FOREIGN_VERSIONS[tongue])
    same = kind != "live" and hand.rng.random() < 0.4
    off = hand.rng.choice((-1, 1)) * (tellable_s(of.duration_s) + hand.rng.uniform(0, 30))
    rec = replace(of, kind=f"{kind}, in {tongue}", words=(said,), duration_s=of.duration_s + (0 if same else off))
    return fan(hand, rec)


def as_wanted(song: Song) -> tuple[str, ...]:
    """Everybody who is credited, as a service lists them."""
    return tuple(name.native for name in (*song.artists, *song.featured))
