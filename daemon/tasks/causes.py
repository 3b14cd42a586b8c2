"""What needs the person now: one table of causes, each a small function of the facts. Pure.

Nothing is remembered here. Whoever compares what this answers with the questions that are open raises the new ones,
changes those that say something else by now, and closes those that are gone. So texts hold nothing that changes with
every look, such as what is free on a disk. Titles never begin with a name or with the verb of a job: a copy of the row
would be an order.
"""

from __future__ import annotations

from collections.abc import Iterator

from daemon.models import Choice
from daemon.tasks import troubles
from daemon.tasks.asking import values_of
from daemon.tasks.concern import Cause, Concern, Seen
from daemon.tasks.facts import Facts, Folder

__all__ = ["CAUSES", "Concern", "concerns", "values_of"]

_DAY_S = 24 * 3600.0
_NO_ROOM_GB = 0.5
"""A disk with less is full, whatever MIN_FREE_GB says."""
_CHOICES_SHOWN = 9


def concerns(facts: Facts) -> list[Concern]:
    """Everything that needs the person, the causes in the order of the table."""
    return [_concern(cause, seen) for cause in CAUSES for seen in cause.look(facts)]


def _concern(cause: Cause, seen: Seen) -> Concern:
    return Concern(
        key=f"{cause.kind}/{seen.of}" if seen.of else cause.kind,
        kind=cause.kind,
        severity=seen.severity or cause.severity,
        title=f"cratekeeper: {_one_line(seen.title)}",
        happened=seen.happened.strip(),
        todo=seen.todo,
        gone=seen.gone,
        host_id=seen.host_id,
        track_id=seen.track_id,
        choices=seen.choices[:_CHOICES_SHOWN],
        about=seen.about,
        stands_for_s=cause.stands_for_s,
    )


# --- tracks ----------------------------------------------------------------------------------------------------------

_RELEASE = (
    Choice(label="It is good: make the track from it", value="release"),
    Choice(label="It is not wanted: throw it away, and never take that source again", value="discard"),
)


def _choices(facts: Facts) -> Iterator[Seen]:
    for one in facts.reviews:
        command = f"`cratekeeper choose {one.track_id[:12]}`"
        yield Seen(
            of=one.track_id,
            title=f"Which of these is {one.name}?" if one.choices else f"Only you can decide about {one.name}",
            happened=one.question,
            todo="Listen, and write the number of the right one, or another address, into Input of this row; or use "
            f"{command}."
            if one.choices
            else f"Write an address to take it from into Input of this row; or use {command}.",
            choices=one.choices,
            gone="It is decided.",
            track_id=one.track_id,
        )


def _quarantine(facts: Facts) -> Iterator[Seen]:
    for one in facts.held:
        yield Seen(
            of=one.kept_id,
            title=f"A download for {one.name} was refused",
            happened=f"{one.reason} It is kept at {one.path}.",
            todo=f"Listen to it, and write 1 or 2 into Input of this row; or use `cratekeeper quarantine release "
            f"{one.kept_id[:8]}`, or `… discard {one.kept_id[:8]}`.",
            choices=_RELEASE,
            gone="It is decided.",
            track_id=one.track_id,
        )


def _failures(facts: Facts) -> Iterator[Seen]:
    for one in facts.failed:
        yield Seen(
            of=one.track_id,
            title=f"No file could be made of {one.name}",
            happened=f"{one.reason} All other tracks go on.",
            todo="Write an address to take it from, or `retry`, into Input of this row; `cratekeeper --mode reprocess` "
            "tries everything again that has failed.",
            gone="It is settled, or asked about in the row that says there are more.",
            track_id=one.track_id,
        )


def _refusals(facts: Facts) -> Iterator[Seen]:
    for one in facts.refused:
        yield Seen(
            of=one.track_id,
            title=f"What you ordered for {one.name} cannot be done",
            happened=f"Your change in its row in Tracks was read, and refused: {one.reason}",
            todo="Correct that row in Tracks; or write `skip` into Input of this one, and the order is forgotten.",
            gone="That order was done, or is forgotten.",
            track_id=one.track_id,
        )


def _others(facts: Facts) -> Iterator[Seen]:
    """Not a row for each of a thousand."""
    if facts.more_reviews:
        yield _more("reviews", "need review", "`cratekeeper choose TRACK`")
    if facts.more_failed:
        yield _more("failed", "have failed", "`cratekeeper --mode reprocess`")


def _more(of: str, what: str, command: str) -> Seen:
    return Seen(
        of=of,
        title=f"More tracks {what} than are asked about here",
        happened=f"The oldest of the tracks that {what} have a row each; for the others there would be too many.",
        todo=f"Use {command}, or see to those that are here: the others follow.",
        gone=f"All tracks that {what} have a row of their own.",
    )


# --- this machine ----------------------------------------------------------------------------------------------------


def _volumes(facts: Facts) -> Iterator[Seen]:
    for folder in facts.folders:
        if folder.away is None and folder.is_writable:
            continue
        is_away, is_library = folder.away is not None, folder.setting == "OUT_DIR"
        waits = facts.tracks_wait if is_library else facts.copies_wait
        what = "Finished tracks wait" if is_library else "Copies wait"
        yield Seen(
            of=f"{folder.setting}/{facts.host_id}",
            title=f"The folder of {folder.setting} {'is away' if is_away else 'cannot be written to'}",
            severity=None if waits or not is_away else "Low",
            happened=f"On {facts.machine}, {folder.setting}: {folder.away or f'{folder.path} cannot be written to.'} "
            + (f"{what} for it; everything else goes on." if waits else "Nothing waits for it yet."),
            todo="Plug its drive in; what waits is brought there by itself."
            if is_away
            else f"Give the daemon the right to write there, or set {folder.setting} in the .env to another folder.",
            gone=f"The folder of {folder.setting} is there again.",
            host_id=facts.host_id,
        )


def _disks(facts: Facts) -> Iterator[Seen]:
    """One for a disk, however many folders of ours are on it: known by the first of them."""
    by_disk: dict[int, list[Folder]] = {}
    for folder in facts.folders:
        if folder.away is None:
            by_disk.setdefault(folder.disk, []).append(folder)
    least_gb = max(facts.min_free_gb, _NO_ROOM_GB)
    for folders in by_disk.values():
        settings = " and ".join(folder.setting for folder in folders)
        is_full = folders[0].free_gb < least_gb
        if is_full or folders[0].free_gb < 2 * facts.min_free_gb:
            yield Seen(
                of=f"{folders[0].setting}/{facts.host_id}",
                title=f"The disk of {settings} is {'full' if is_full else 'nearly full'}",
                severity=None if is_full else "Low",
                happened=f"On {facts.machine}, the disk with {folders[0].path} has less than "
                + (f"{least_gb:g} GB free: the work waits." if is_full else f"{2 * facts.min_free_gb:g} GB free.")
                + " Nothing is lost.",
                todo=f"Make room on that disk, or set MIN_FREE_GB (now {facts.min_free_gb:g}) in the .env lower; it "
                "goes on by itself.",
                gone="There is room again.",
                host_id=facts.host_id,
            )


# --- the board, and we ourselves -------------------------------------------------------------------------------------


def _columns(facts: Facts) -> Iterator[Seen]:
    if facts.lost_columns:
        names = ", ".join(facts.lost_columns)
        yield Seen(
            of="tracks",
            title=f"Tracks in Notion has lost {'a column' if len(facts.lost_columns) == 1 else 'columns'}: {names}",
            happened=f"The Tracks database has no usable column {names} any more. It is not written; nothing else "
            "changes.",
            todo="`cratekeeper init notion` makes it again, and it is filled; a column that was renamed or changed its "
            "type is found again under its old name and type. To do without it, write `skip` into Input of this row.",
            gone="The columns are there again, or are done without.",
            about=tuple(facts.lost_columns),
        )


def _paused(facts: Facts) -> Iterator[Seen]:
    if facts.is_paused:
        yield Seen(
            of="",
            title="All work has been paused for more than a day",
            happened="Somebody ordered `pause`, and nothing is taken up since.",
            todo="`cratekeeper job resume` lets it go on; or make a row here with the Job `resume`.",
            gone="It goes on.",
        )


_LONGEST_TITLE = 180


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"


CAUSES: tuple[Cause, ...] = (
    Cause(kind="login", severity="High", look=troubles.logins),
    Cause(kind="consent", severity="Medium", look=troubles.consent),
    Cause(kind="rate", severity="High", look=troubles.rates),
    Cause(kind="choose", severity="Medium", look=_choices),
    Cause(kind="quarantine", severity="Medium", look=_quarantine),
    Cause(kind="failed", severity="Medium", look=_failures),
    Cause(kind="more", severity="Low", look=_others),
    Cause(kind="refused", severity="Medium", look=_refusals),
    Cause(kind="volume", severity="Medium", look=_volumes, stands_for_s=600.0),
    Cause(kind="disk", severity="High", look=_disks, stands_for_s=60.0),
    Cause(kind="column", severity="Medium", look=_columns),
    Cause(kind="eagle", severity="Low", look=troubles.eagle, stands_for_s=_DAY_S),
    Cause(kind="paused", severity="Low", look=_paused, stands_for_s=_DAY_S),
)
