"""Spellings that only the half kept back shows: what nobody could tune on. Whoever tunes the scorer leaves this file
closed; a vocabulary learnt by heart from the other half does not help here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

_Thing = TypeVar("_Thing")


class Dice(random.Random):
    """Chance, which draws from more words for the half that is kept back."""

    kept_back = False

    def any_of(self, shown: Sequence[_Thing], held: Sequence[_Thing] = ()) -> _Thing:
        """One of those shown; for the half kept back, in a third of the cases one of those held."""
        if self.kept_back and held and self.random() < 0.33:
            return self.choice(held)
        return self.choice(shown)


SPELLINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "remix": (("{by} Reshape",), ("{by} Reinterpretation",), ("{by} Remake", "{by} Remake")),
    "bootleg": (("{by} Refix",), ("{by} Re-Rub",), ("{by} Booty Edit",)),
    "dub": (("{by} Dubstrumental",),),
    "extended": (("Extended Club Mix", "Club Extended"), ("Long Version",)),
    "radio": (("Radio Cut", "Radio Edit"), ("Short Edit",)),
    "live": (("Recorded Live at {place}", "Live at {place}"), ("Live Session at {place}",)),
    "acoustic": (("Unplugged Session",), ("Acoustic Take",)),
    "instrumental": (("Without Vocals",), ("No Vocals", "no vocals")),
    "demo": (("Rough Demo",), ("Early Demo {year}",)),
    "sped": (("Fast Version", "fast version"), ("speed up version", "Speed Up")),
    "slowed": (("Ultra Slowed",), ("super slowed + reverb",)),
    "nightcore": (("Nightcore Mix",),),
    "8d": (("16D Audio",), ("9D AUDIO",)),
    "bass": (("Extreme Bass Boost",),),
    "karaoke": (("Sing-Along Version",), ("Backing Track",)),
    "acapella": (("Isolated Vocals",), ("Studio Acapella",)),
    "language": (("Portuguese Version",), ("Polish Version",), ("Versión en Español",)),
    "effect": (("Backwards",), ("in an empty mall",), ("Underwater",), ("Pitched Down",)),
    "instrument": (("{instrument} Arrangement",), ("for Solo {instrument}",), ("{instrument} Play-Along",)),
    "lofi": (("Chillhop Version",),),
    "orchestral": (("String Quartet Version",), ("Marching Band Version",)),
    "fan_cover": (("sung by {by}",), ("my cover",), ("{by} covers it",)),
}
LOUD = (
    *("{} ✨", "Exclusive: {}", "{} • {label}", "{} / {genre}", "B2 {}", "{} (Promo)", "▶ {}", "{} #nowplaying"),
    *("{} (CD Rip)", "[OUT NOW] {}", "{} | Exclusive Track", "{} *{year}*", "{} (Full)", "{} ({label} {cat})"),
)
AUDIO_TAILS = (" (Audio Oficial)", " (Static Video)", " [Art Track]", " (Audio officiel)")
VIDEO_TAILS = (" (Clip officiel)", " (Videoclip oficial)", " [MV]", " (Offizielles Video)")
LYRIC_TAILS = (" (Paroles)", " (Songtext)", " - Lyric", " (Testo)")
FAN_TAILS = (" (Album Track)", " [HQ Audio]", " 1080p", " (Studio Version)")
FAKES: dict[str, tuple[str, ...]] = {
    "loop": ("{a} - {t} on repeat for an hour", "{t} (1 Stunde)"),
    "snippet": ("{a} - {t} (ID clip)", "{t} sneak peek - {a}"),
    "lesson": ("{t} ({a}) - Chords & Strumming", "Learn {t} by {a}"),
    "beat": ('{a} inspired instrumental - "{o}"',),
    "parody": ("{t} ({a} spoof)",),
    "mashup": ("{a} - {t} but it's {o}", "{t} meets {o} ({a} blend)"),
    "crowd": ("{t} dropped by {b}, {p}",),
}
FOREIGN_VERSIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "ja": (("cover", "弾いてみた"), ("live", "生演奏")),
    "ko": (("cover", "불러보았다"), ("sped", "스페드업")),
    "ru": (("cover", "перепевка"), ("sped", "ускоренная версия")),
    "el": (("karaoke", "καραόκε"),),
    "zh": (("cover", "吉他弹唱"), ("sped", "加速版")),
    "he": (("karaoke", "פלייבק"),),
    "ar": (("cover", "غناء فتاة"),),
}
