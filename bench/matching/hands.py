"""How uploaders write: names, credits, version words, noise and slips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bench.matching import held, words
from bench.matching.held import Dice
from bench.matching.words import Name
from bench.matching.worlds import Recording

Script = Literal["any", "native", "roman", "both"]

_JOINS = (" & ", " & ", ", ", " x ", " X ", " and ", " + ", " vs. ")
_DASHES = (*(" - ",) * 16, " – ", " – ", " — ", " | ", ": ", " // ", " ~ ")
_GUESTS = ("feat.", "ft.", "feat", "ft", "featuring", "Feat.", "with")
_LOUD = (
    *(
        "🔥 {} 🔥",
        "【{}】",
        "{} #techno #rave",
        "[PREMIERE] {}",
        "PREMIERE: {}",
        "Premiere: {} [{label}]",
        "{} // OUT NOW",
    ),
    *("{} [FREE DOWNLOAD]", "FREE DL: {}", "{} [{cat}]", "{} | {label}", "{} (Vinyl Rip)", "{} HQ", "{} (HD 1080p)"),
    *("♫ {} ♫", "★ {} ★", "{} ᴴᴰ", "{} [{genre}]", "{} ({genre})", "{} ({year})", "{} - {year}", "NEW!!! {}", "A1. {}"),
    *(
        "01 - {}",
        "01. {}",
        "{} (Full Song)",
        "{} + lyrics",
        "{} [BEST QUALITY]",
        "{} || {label} {cat}",
        "{} - with lyrics",
    ),
    *("{} | {genre} | {label}", "{} (High Quality)", "{} (Out 12.04.)", "Track of the week: {}", "{} 💔😭", "{} [4K]"),
)


class Hand:
    """An uploader's way of writing."""

    def __init__(
        self,
        rng: Dice,
        *,
        script: Script = "any",
        channel: Script = "any",
        typos: bool = False,
        noise: float = 0.1,
    ) -> None:
        """`script` is for foreign names in titles, `channel` for those of YouTube's own channels."""
        self.rng = rng
        self.channel = channel
        self._script = script
        self._typos = typos
        self._noise = noise

    def name(self, name: Name, *, foreign: bool = False) -> str:
        """One of its spellings; of a foreign one its own script, ours, or both."""
        if not foreign or not name.others:
            return name.native if self.rng.random() < 0.75 else self.rng.choice(name.spellings)
        script = self._script if self._script != "any" else self.rng.choice(("native", "roman", "both"))
        roman = name.others[0]
        if script == "both":
            return self.rng.choice((f"{name.native} ({roman})", f"{name.native} / {roman}", f"{roman} ({name.native})"))
        return name.native if script == "native" else roman

    def in_one_script(self, name: Name) -> str:
        """A foreign name as a service would have it: one way only."""
        script = self.channel if self.channel != "any" else self.rng.choice(("native", "roman"))
        return name.native if script == "native" or not name.others else name.others[0]

    def credit(self, names: Sequence[Name], *, foreign: bool = False) -> str:
        """Everybody, or the first only."""
        told = names if self.rng.random() < 0.85 else names[:1]
        return self.rng.choice(_JOINS).join(self.name(name, foreign=foreign) for name in told)

    def marked(self, version: str) -> str:
        """A version's words as they stand behind a title."""
        if not version:
            return ""
        ways = ["({})"] * 7 + ["[{}]", "[{}]", "- {}"] + ["{}"] * (" " in version)
        return " " + self.rng.choice(ways).format(version)

    def guests(self, names: Sequence[Name]) -> str:
        """` (feat. …)`, ` ft. …`, or nothing at all."""
        if not names or self.rng.random() < 0.2:
            return ""
        told = f"{self.rng.choice(_GUESTS)} {' & '.join(name.native for name in names)}"
        return self.rng.choice((f" ({told})", f" {told}", f" [{told}]"))

    def bare(self, rec: Recording, version: str) -> str:
        """`Copper Line (Juno Reef Remix)`"""
        called = self.name(rec.song.title, foreign=bool(rec.song.tongue))
        called = self.rng.choice((called,) * 4 + (called.replace("'", "’"), called.replace(" & ", " and ")))
        return f"{self._slip(called)}{self.guests(rec.song.featured)}{self.marked(version)}"

    def whole(self, rec: Recording, version: str, *, tail: str = "") -> str:
        """`Mira Vale - Copper Line (Juno Reef Remix)`, or another order, with some noise."""
        who = self._slip(self.credit(rec.makers, foreign=bool(rec.song.tongue)))
        what = self.bare(rec, version)
        order = self.rng.random()
        if order < 0.05:
            said = f"{what}{tail} - {who}"
        elif order < 0.08 and not version and not rec.song.featured:
            said = f'{who} "{what}"{tail}'
        else:
            said = f"{who}{self.rng.choice(_DASHES)}{what}{tail}"
        return self.cased(self.loud(said))

    def loud(self, said: str) -> str:
        """With an uploader's own noise, now and then."""
        if self.rng.random() >= self._noise:
            return said
        pattern = self.rng.any_of(_LOUD, held.LOUD)
        return pattern.format(
            said,
            label=self.rng.choice(words.LABELS),
            genre=self.rng.choice(words.GENRES),
            cat=f"{self.rng.choice(('NGR', 'SLOW', 'TDW', 'KM'))}{self.rng.randrange(1, 200):03d}",
            year=self.rng.randrange(1999, 2025),
        )

    def cased(self, said: str) -> str:
        """Mostly as it is."""
        kind = self.rng.random()
        return said.lower() if kind < 0.07 else said.upper() if kind < 0.12 else said

    def _slip(self, said: str) -> str:
        """One wrong letter, or two, in words that can bear it."""
        if not self._typos:
            return said
        tokens = said.split(" ")
        long = [place for place, token in enumerate(tokens) if len(token) >= 5 and token.isalpha()]
        if not long or self.rng.random() < 0.25:
            return said
        place = self.rng.choice(long)
        tokens[place] = _misspelt(self.rng, tokens[place])
        return " ".join(tokens)


def _misspelt(rng: Dice, word: str) -> str:
    """One letter doubled, dropped, swapped or mistaken; never the first."""
    at = rng.randrange(1, len(word) - 1)
    near = rng.choice("aeioulnrst")
    return rng.choice(
        (
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + near + word[at + 1 :],
        )
    )
