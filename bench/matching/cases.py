"""The cases that the scorer is judged by, and the reader of those written by hand (`cases/<class>.txt`).

    ? Mira Vale; Oskar Blom | Copper Line (Juno Reef Remix) | 5:12 | wants=extended,as-liked
    + Mira Vale & Oskar Blom - Copper Line (Juno Reef Remix) [Official Audio] | Nightgrid Records ✓ | 5:13 | 120k
    - Juno Reef live at Tresor 2024 | Boiler Nights | LIVE | 2.3k

`?` is what was liked: artists, title, length, then `isrc=…` and `wants=…` where they matter. The candidates follow in
the order of the search: `+` right, `-` wrong; title, channel (`✓`: verified), length, views. Only a candidate's title
may hold a ` | `. Blank lines and those that begin with `#` say nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from daemon.models import Candidate, Service, Track
from daemon.settings.declared import VERSIONS

FOLDER = Path(__file__).parent / "cases"

Origin = Literal["by hand", "generated"]

AS_LIKED = ("as-liked",)
_TOPIC = " - Topic"
_VERIFIED = "✓"
_NOTHING = "-"
_LIVE = "LIVE"
_LENGTH = re.compile(r"(?:(?P<h>\d+):(?=\d\d:))?(?P<m>\d+):(?P<s>[0-5]\d)")
_VIEWS = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[kKMB]?)")
_UNITS = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}


class CasesError(ValueError):
    """A file of cases that cannot be read; says which file and which line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was liked, what a search found, and what of it is right."""

    name: str
    """`remixes.txt:14` (its line), or `remixes/14` (its seed)."""
    kind: str
    """Its class."""
    origin: Origin
    number: int
    """Counted from 0 within its class: odd ones are kept back from tuning."""
    track: Track
    candidates: tuple[Candidate, ...]
    """In the order of the search."""
    right: frozenset[str]
    """The ids of the candidates that are the recording."""
    preference: tuple[str, ...] = AS_LIKED
    truth: Mapping[str, str] = field(default_factory=dict)
    """What a candidate really is, by id, where the case was generated."""

    @property
    def kept_back(self) -> bool:
        return self.number % 2 == 1


def by_hand(folder: Path = FOLDER) -> list[Case]:
    """Every case of every file in the folder, file by file. Raises CasesError."""
    return [case for path in sorted(folder.glob("*.txt")) for case in read(path)]


def read(path: Path) -> list[Case]:
    """The cases of one file; its stem is their class. Raises CasesError."""
    found: list[Case] = []
    for number, block in enumerate(_blocks(path)):
        found.append(_case(path, number, block))
    return found


def candidate(
    name: str, title: str, channel: str, duration_s: float | None, views: int | None, *, verified: bool, live: bool
) -> Candidate:
    """A search hit as `integrations/youtube.py` tells it; its id is made of `name`."""
    video_id = base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()[:11]
    topic = channel.removesuffix(_TOPIC) if channel.endswith(_TOPIC) else ""
    return Candidate(
        service=Service.YOUTUBE,
        id=video_id,
        url=f"https://www.youtube.com/watch?v={video_id}",
        title=title,
        channel=channel,
        artists=(topic,) if topic else (),
        duration_s=duration_s,
        views=views,
        verified=verified,
        live=live,
    )


# --- lines -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line that says something."""

    path: Path
    number: int
    sign: str
    text: str

    def error(self, what: str) -> CasesError:
        return CasesError(f"{self.path}:{self.number}: {what}")


def _lines(path: Path) -> Iterator[_Line]:
    try:
        written = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CasesError(f"{path}: not UTF-8: {error}") from error
    for number, raw in enumerate(written.split("\n"), start=1):
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        line = _Line(path, number, text[0], text[2:].strip())
        if text[0] not in "?+-" or text[1:2] != " ":
            raise line.error(f"begins with none of `? `, `+ `, `- `: {text!r}")
        yield line


def _blocks(path: Path) -> Iterator[list[_Line]]:
    """A `?` and the candidates below it."""
    block: list[_Line] = []
    for line in _lines(path):
        if line.sign != "?" and not block:
            raise line.error("a candidate before the first `?`")
        if line.sign == "?" and block:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _case(path: Path, number: int, block: Sequence[_Line]) -> Case:
    asked, *offered = block
    track, preference = _wanted(asked)
    candidates = tuple(_offered(f"{path.stem}:{number}:{place}", line) for place, line in enumerate(offered))
    signs = [line.sign for line in offered]
    return Case(
        name=f"{path.name}:{asked.number}",
        kind=path.stem,
        origin="by hand",
        number=number,
        track=track,
        candidates=candidates,
        right=frozenset(one.id for one, sign in zip(candidates, signs, strict=True) if sign == "+"),
        preference=preference,
    )


def _wanted(line: _Line) -> tuple[Track, tuple[str, ...]]:
    fields = [part.strip() for part in line.text.split("|")]
    if len(fields) < 3:
        raise line.error("wants `artists | title | length`")
    names, title, length, *rest = fields
    artists = tuple(name.strip() for name in names.split(";"))
    if not all(artists) or not title:
        raise line.error("an artist or the title is empty")
    options = _options(line, " ".join(rest).split())
    preference = tuple(options.get("wants", ",".join(AS_LIKED)).split(","))
    if unknown := set(preference) - set(VERSIONS):
        raise line.error(f"`wants=` knows {', '.join(VERSIONS)}; not {', '.join(sorted(unknown))}")
    track = Track(title=title, artists=artists, duration_s=_length_s(line, length), isrc=options.get("isrc"))
    return track, preference


def _options(line: _Line, words: Iterable[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in ("isrc", "wants") or not value or key in options:
            raise line.error(f"after the length come `isrc=…` and `wants=…`, once each, without blanks; not {word!r}")
        options[key] = value
    return options


def _offered(name: str, line: _Line) -> Candidate:
    fields = [part.strip() for part in line.text.rsplit(" | ", 3)]
    if len(fields) != 4 or not fields[0]:
        raise line.error("wants `title | channel | length | views`")
    title, channel, length, views = fields
    return candidate(
        name,
        title,
        channel.removesuffix(_VERIFIED).rstrip(),
        None if length == _LIVE else _length_s(line, length),
        _views(line, views),
        verified=channel.endswith(_VERIFIED),
        live=length == _LIVE,
    )


def _length_s(line: _Line, text: str) -> float | None:
    if text == _NOTHING:
        return None
    if not (match := _LENGTH.fullmatch(text)):
        raise line.error(f"a length is `m:ss`, `h:mm:ss`, `-`, or for a candidate `{_LIVE}`; not {text!r}")
    return float(int(match["h"] or 0) * 3600 + int(match["m"]) * 60 + int(match["s"]))


def _views(line: _Line, text: str) -> int | None:
    if text == _NOTHING:
        return None
    if not (match := _VIEWS.fullmatch(text)):
        raise line.error(f"views are `812`, `12k`, `3.4M` or `-`; not {text!r}")
    return round(float(match["number"]) * _UNITS[match["unit"]])
