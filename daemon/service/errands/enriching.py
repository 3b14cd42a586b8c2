"""`enrich <tracks without …>`: tempo, key and addresses for tracks that are in the crate already. What stands, stays.

Tempo and key are heard from a file that is there, an address is taken from the register where its search leaves no
doubt. Ten tracks a call; what was found is kept at once, so a kill costs nothing but its place in the count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from daemon.board.remembered import is_empty
from daemon.board.rows import PATH_COLUMNS
from daemon.errors import AuthExpired, Permanent, RateLimited, Refused, Transient, trouble_of
from daemon.jobs.verbs import Blocked, Complete, GoOn, Portion, Wording
from daemon.ledger import Ledger
from daemon.ledger.heard_later import ADDRESSES, KEY, TEMPO
from daemon.ledger.outbox import Mirror
from daemon.ledger.tracks import TrackRow
from daemon.models import Format, Heard, Json, Service, Shelved, Status, Track
from daemon.ports import Register

_BATCH = 10
_PAGE = 200
"""Tracks looked at in one call, most of which lack nothing."""
_RECORDINGS = 10
"""Spotify answers no more at once."""
_LOOKS_AGAIN_S = 30 * 24 * 3600.0
"""What was looked for in vain is not looked for again for so long."""
_WAIT_S = 300.0
_PARKING_S = 15 * 60.0
_UNDER_WAY = (Status.QUEUED, Status.PROCESSING)
_NAMES_SHOWN, _REASONS_TOLD = 5, 15

_KINDS = (TEMPO, KEY, ADDRESSES)
_MEANT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("tempo", "tempos", "tempi", "bpm"), (TEMPO,)),
    **dict.fromkeys(("key", "keys", "camelot"), (KEY,)),
    **dict.fromkeys(("address", "addresses", "url", "urls", "link", "links", "spotify"), (ADDRESSES,)),
    **dict.fromkeys(("track", "tracks", "without", "missing", "no", "any", "a", "an", "and", "or", "all", "the"), ()),
}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    TEMPO: ("BPM",),
    KEY: ("Key", "Camelot"),
    ADDRESSES: ("Spotify URL", "Spotify ID"),
}
"""Where it stands in the row."""

_NO_FILE = "no file of it is there"
_OUTSIDE = "its file is outside OUT_DIR, and is not opened for what a row says"
_UNHEARD = {TEMPO: "no steady pulse is heard", KEY: "no key is heard"}
_UNKNOWN = "Spotify has nothing that is surely the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrich:
    """What is asked."""

    what: tuple[str, ...]
    """Some of tempo, key, addresses."""
    track_id: str | None = None
    """That track alone."""


@dataclass(slots=True)
class _SoFar:
    """What a job remembers from one call to the next."""

    number: int = 0
    """How many times the whole crate was gone through: for its sound, and for addresses."""
    after: str = ""
    """The track that was looked at last."""
    looked: int = 0
    filled: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    """By reason, how many tracks."""
    names: dict[str, list[str]] = field(default_factory=dict)
    """By reason, the first of them."""

    def could_not(self, row: TrackRow, reason: str) -> None:
        if reason not in self.failed and len(self.failed) >= _REASONS_TOLD:
            reason = "for other reasons"
        self.failed[reason] = self.failed.get(reason, 0) + 1
        names = self.names.setdefault(reason, [])
        if len(names) < _NAMES_SHOWN:
            names.append(f"{row.track.artist} - {row.track.title}")

    def did(self, kinds: Iterable[str]) -> None:
        for kind in kinds:
            self.filled[kind] = self.filled.get(kind, 0) + 1


class Enriching:
    """The verb."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        listen: Callable[[Path], Heard],
        register: Callable[[], Register] | None,
        is_library_there: Callable[[], bool],
        out_dir: Path,
        clock: Callable[[], float],
    ) -> None:
        """`register` None: Spotify is not set up."""
        self._ledger = ledger
        self._later = ledger.heard_later
        self._listen = listen
        self._register = register
        self._is_library_there = is_library_there
        self._out_dir = out_dir
        self._clock = clock

    def read(self, wording: Wording) -> Enrich:
        """`tempo`, `key`, `addresses`, several of them, or nothing for all three. Raises Refused."""
        words = re.findall(r"\w+", wording.text.casefold())
        if unknown := [word for word in words if word not in _MEANT]:
            raise Refused(f"“{unknown[0]}” cannot be filled in. Say tempo, key or addresses, or nothing for all three.")
        meant = {kind for word in words for kind in _MEANT[word]}
        return Enrich(what=tuple(kind for kind in _KINDS if not meant or kind in meant), track_id=wording.track_id)

    def work(self, asked: Enrich, memory: Json) -> Portion:
        """Ten tracks, or a page of those that lack nothing. Raises Unreachable when the ledger does not answer."""
        so_far = _SoFar(**memory)
        rounds = _rounds(asked)
        if so_far.number == len(rounds):
            return Complete(text=_in_words(so_far))
        wanted = rounds[so_far.number]
        rows = self._page(asked, so_far.after)
        worked_on = 0
        for row in rows:
            lacks = self._lacks(row, wanted, once_more=asked.track_id is not None)
            if lacks and (stopped := self._fill(row, lacks, so_far, asked)) is not None:
                return stopped
            so_far.after = row.id
            so_far.looked += 1
            worked_on += bool(lacks)
            if worked_on == _BATCH:
                break
        else:
            if asked.track_id or len(rows) < _PAGE:
                so_far.number, so_far.after = so_far.number + 1, ""
        return self._go_on(so_far, asked)

    def _page(self, asked: Enrich, after: str) -> tuple[TrackRow, ...]:
        if asked.track_id is None:
            return self._later.page(after, _PAGE)
        return () if after else (self._ledger.tracks.get(asked.track_id),)

    def _go_on(self, so_far: _SoFar, asked: Enrich, wait_s: float = 0.0, why: str = "") -> GoOn:
        counts = self._ledger.tracks.count_by_status()
        all_of_them = 1 if asked.track_id else counts.get(Status.DONE, 0) + counts.get(Status.METADATA_ONLY, 0)
        return GoOn(
            memory=asdict(so_far),
            done=so_far.looked,
            of=max(all_of_them * len(_rounds(asked)), so_far.looked),
            text=why or _filled_in_words(so_far),
            wait_s=wait_s,
        )

    def _lacks(self, row: TrackRow, wanted: Iterable[str], *, once_more: bool) -> tuple[str, ...]:
        """What of it nobody knows, neither the ledger nor the person, and has not been looked for in vain lately, or is
        to be looked for `once_more`: the person may have put its name right."""
        lacks = [kind for kind in wanted if not _is_known(row, kind)]
        if lacks:
            mirror = self._ledger.outbox.mirror("notion", row.id)
            lacks = [kind for kind in lacks if not _stands(mirror, kind)]
        if lacks and not once_more:
            in_vain, lately = self._later.in_vain(row.id), self._clock() - _LOOKS_AGAIN_S
            lacks = [kind for kind in lacks if in_vain.get(kind, lately) <= lately]
        return tuple(lacks)

    def _fill(self, row: TrackRow, lacks: tuple[str, ...], so_far: _SoFar, asked: Enrich) -> Portion | None:
        """Fills it in, or notes why not. A portion: nothing goes on now, and this track is the next one."""
        if row.status in _UNDER_WAY:
            so_far.could_not(row, "it is being worked on")
            return None
        try:
            return self._look_up(row, so_far) if ADDRESSES in lacks else self._hear(row, lacks, so_far)
        except AuthExpired as trouble:
            self._park(trouble)
            return Blocked(question=f"{trouble} {_in_words(so_far)}")
        except Transient as trouble:
            if isinstance(trouble, RateLimited):
                self._park(trouble)
            wait_s = _WAIT_S if trouble.retry_after_s is None else max(0.0, trouble.retry_after_s)
            return self._go_on(so_far, asked, wait_s, f"waits: {trouble}")
        except Permanent as trouble:
            so_far.could_not(row, str(trouble))
            return None

    # --- tempo and key -----------------------------------------------------------------------------------------------

    def _hear(self, row: TrackRow, lacks: tuple[str, ...], so_far: _SoFar) -> Portion | None:
        paths = list(self._files(row))
        path = next((path for path in paths if _is_file(path)), None)
        if path is None:
            if paths and not self._is_library_there():
                return Blocked(
                    question=f"The files could not be listened to: the drive of OUT_DIR ({self._out_dir}) is not "
                    f"mounted. Plug it in and set Status to Not Started. {_in_words(so_far)}"
                )
            so_far.could_not(row, _NO_FILE if paths or not self._is_outside(row) else _OUTSIDE)
            return None
        heard = self._listen(path)
        there = {kind for kind in lacks if getattr(heard, kind) is not None}
        so_far.did(self._later.hear(row.id, heard, there))
        if unheard := [kind for kind in lacks if kind not in there]:
            self._later.looked_in_vain(row.id, unheard)
            for kind in unheard:
                so_far.could_not(row, _UNHEARD[kind])
        return None

    def _files(self, row: TrackRow) -> Iterator[Path]:
        """Where its sound may be: files that we have filed, wherever that was, before what a row says, which counts
        inside the library alone."""
        filed = [file.shelved for file in self._ledger.files.of(row.id) if file.missing_since is None]
        yield from (Path(file.path) for file in sorted(filed, key=_m4a_of_the_library_first) if file.sha256)
        yield from (inside for path in self._paths_in_row(row) if (inside := _inside(path, self._out_dir)))

    def _paths_in_row(self, row: TrackRow) -> list[str]:
        """What the row says, at first contact and now. Nobody of ours has chosen these names."""
        mirror = self._ledger.outbox.mirror("notion", row.id)
        seen = [mirror.seen.get(column) for column in PATH_COLUMNS.values()] if mirror else []
        adopted = [file.shelved.path for file in self._ledger.files.of(row.id) if not file.shelved.sha256]
        return list(dict.fromkeys(path for path in (*adopted, *seen) if path and isinstance(path, str)))

    def _is_outside(self, row: TrackRow) -> bool:
        return any(_inside(path, self._out_dir) is None for path in self._paths_in_row(row))

    # --- addresses ---------------------------------------------------------------------------------------------------

    def _look_up(self, row: TrackRow, so_far: _SoFar) -> Portion | None:
        if self._register is None:
            so_far.could_not(row, "Spotify is not set up")
            return None
        if (parked := self._ledger.services.parked(Service.SPOTIFY)) is not None:
            if parked.not_before is None:
                return Blocked(question=f"{parked.reason} {_in_words(so_far)}")
            raise Transient(parked.reason, retry_after_s=parked.not_before - self._clock())
        # Not at the top: what compares names would cost an idle daemon 6 MB.
        from daemon.identity.agreement import agreeing

        track = _with_length(row)
        found = agreeing(track, self._register().recordings(track, _RECORDINGS))
        address = found.urls.get(Service.SPOTIFY) if found else None
        if address is None:
            self._later.looked_in_vain(row.id, [ADDRESSES])
            so_far.could_not(row, _UNKNOWN)
        elif self._later.address(row.id, Service.SPOTIFY, address):
            so_far.did([ADDRESSES])
        return None

    def _park(self, trouble: Transient | AuthExpired) -> None:
        """The patience that one track was asked for is everybody's."""
        if trouble.service is None:
            return
        asked_s = trouble.retry_after_s if isinstance(trouble, Transient) else None
        until = self._clock() + (_PARKING_S if asked_s is None else asked_s)
        self._ledger.services.park(trouble.service, until, str(trouble), trouble_of(trouble))


# --- pure ------------------------------------------------------------------------------------------------------------


def _rounds(asked: Enrich) -> list[tuple[str, ...]]:
    """The crate is gone through once for what is heard, and once for what is looked up, which may have to wait."""
    by_ear = tuple(kind for kind in asked.what if kind != ADDRESSES)
    return [some for some in (by_ear, tuple(kind for kind in asked.what if kind == ADDRESSES)) if some]


def _is_known(row: TrackRow, kind: str) -> bool:
    """Whether the ledger knows it, be it from the person."""
    if kind == ADDRESSES:
        is_alias = any(alias.service is Service.SPOTIFY for alias in row.track.aliases)
        return is_alias or Service.SPOTIFY in row.track.urls
    said = row.edits.get({TEMPO: "bpm", KEY: "key"}[kind])
    return said is not None or (row.heard is not None and getattr(row.heard, kind) is not None)


def _stands(mirror: Mirror | None, kind: str) -> bool:
    """Whether it stands in the row, or the person wants to have it empty."""
    columns = _COLUMNS[kind] if mirror else ()
    return any(mirror and (not is_empty(mirror.seen.get(name)) or name in mirror.theirs) for name in columns)


def _with_length(row: TrackRow) -> Track:
    """Without a length nobody is surely the same."""
    known_s = row.heard.duration_s if row.heard else None
    return replace(row.track, duration_s=row.track.duration_s or known_s)


def _inside(path: str, library: Path) -> Path | None:
    """Where that path really leads, if that is inside the library."""
    try:
        real, home = Path(os.path.realpath(path)), Path(os.path.realpath(library))
    except (OSError, ValueError):
        return None
    return real if Path(path).is_absolute() and real.is_relative_to(home) else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _m4a_of_the_library_first(file: Shelved) -> tuple[bool, int]:
    return file.role != "library", list(Format).index(file.format)


def _filled_in_words(so_far: _SoFar) -> str:
    counts = [f"{kind} of {so_far.filled[kind]}" for kind in _KINDS if so_far.filled.get(kind)]
    return f"filled in: {', '.join(counts)}" if counts else "nothing was filled in"


def _in_words(so_far: _SoFar) -> str:
    """What came of it, for the person."""
    if not so_far.filled and not so_far.failed:
        return "Nothing is missing that could be filled in."
    lines = [f"{_filled_in_words(so_far).capitalize()}."]
    for reason, count in sorted(so_far.failed.items(), key=lambda one: -one[1]):
        names = so_far.names[reason]
        more = ", …" if count > len(names) else ""
        tracks = "1 track was left" if count == 1 else f"{count} tracks were left"
        lines.append(f"{tracks}: {reason} ({'; '.join(names)}{more})")
    return "\n".join(lines)
