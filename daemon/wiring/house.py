"""The house, put together from the settings: one function, closed behind you."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.board.adoption import adopt_all, is_done
from daemon.children import Children
from daemon.errors import ConfigError, Problem
from daemon.host import HostLock, host_id
from daemon.ledger import Ledger
from daemon.ledger.outbox import Target
from daemon.ledger.tasks import Database
from daemon.library.cabinet import EagleCarrier
from daemon.library.missing import lost
from daemon.library.retagging import Retagging
from daemon.models import Format, ShelfRole
from daemon.outbox import Carrier, Outbox
from daemon.pipeline.disks import Disks
from daemon.pipeline.homecoming import Homecoming
from daemon.pipeline.ingest import register
from daemon.pipeline.owed import Owed
from daemon.pipeline.shelving import Shelf
from daemon.pipeline.shelving.shelf import folder_memo
from daemon.pipeline.shelving.volumes import library_is_there
from daemon.pipeline.steps import Parts, Steps
from daemon.pipeline.telling import Tell, noted
from daemon.pipeline.withdrawing import Withdrawals
from daemon.ports import TaskBoard
from daemon.service.obeying import Obeying
from daemon.service.rooms import SINGLE, TRACKS, Pace, Rooms
from daemon.settings import Settings
from daemon.wiring.boardroom import open_board
from daemon.wiring.by_hand import refs_of
from daemon.wiring.childwork import ChildFetcher, ChildStudio, ChildTagger
from daemon.wiring.fetchers import ByService
from daemon.wiring.outside import Outside
from daemon.wiring.outside.connections import SCRATCH
from daemon.wiring.reading import ShelfReader

if TYPE_CHECKING:
    from daemon.engine import Engine, EngineClient
    from daemon.service.errands.verifying import Reading
    from daemon.service.errands.verifying import Row as RowReading

_LISTENERS_AT_ONCE = 2
_LISTENER_IDLE_S = 30.0
_LISTENER_NICENESS = 5
"""The person's own programs come first."""
_GB = 10**9
_LEFT_AFTER_S = 24 * 3600.0
PACE = Pace()


@contextmanager
def open_house(settings: Settings, tell: Tell, outside: Outside, pace: Pace | None = None) -> Iterator[Rooms]:
    """Everything a run needs; closes `outside` with it. Asks nobody, and imports no client library, before it must."""
    clock = time.time
    with ExitStack() as stack:
        stack.callback(outside.close)
        _make_ready(settings.var_dir)
        ledger = stack.enter_context(Ledger.open(settings.ledger_url.get_secret_value(), clock))
        downloads = Children(at_once=settings.downloads_at_once, reuse=False)
        listeners = Children(
            at_once=_LISTENERS_AT_ONCE,
            reuse=True,
            idle_s=_LISTENER_IDLE_S,
            niceness=_LISTENER_NICENESS,
            memory_bytes=ChildStudio.MEMORY_BYTES,
        )

        def end_children() -> None:
            downloads.stop()
            listeners.stop()

        stack.callback(end_children)
        work_dir, quarantine_dir = settings.var_dir / "work", settings.var_dir / "quarantine"
        keep_bytes = settings.min_free_gb * _GB
        disks = Disks(work_dir, keep_bytes)
        shelf = _shelf(settings, ledger, disks)
        me = host_id(settings.var_dir)
        owed = Owed(ledger, shelf, settings.var_dir / "owed", disks.for_work, me)
        homecoming = Homecoming(ledger, shelf, owed, settings.var_dir / "waiting", host_id=me, clock=clock)
        withdrawals = Withdrawals(
            ledger, settings.out_dir, lambda: _library_is_there(settings.out_dir, ledger), quarantine_dir / "withdrawn"
        )
        studio = ChildStudio(
            listeners,
            bits=settings.sample_bits,
            formats=settings.file_formats,
            sample_rate_hz=settings.sample_rate_hz,
            keep_free_bytes=keep_bytes,
        )
        steps = Steps(
            Parts(
                ledger=ledger,
                catalogues=outside.catalogues(),
                register=outside.register,
                finder=outside.finder,
                preference=settings.version_preference,
                fetcher=ByService(
                    ChildFetcher(downloads, outside.access(), keep_free_bytes=keep_bytes), outside.own_files
                ),
                gap_s=settings.download_gap_s,
                recogniser=outside.recogniser,
                studio=studio,
                artwork=outside.artwork,
                shelf=shelf,
                owed=owed,
                homecoming=homecoming,
                withdrawals=withdrawals,
                disks=disks,
                work_dir=work_dir,
                quarantine_dir=quarantine_dir,
                formats=settings.file_formats,
                sample_bits=settings.sample_bits,
                sample_rate_hz=settings.sample_rate_hz,
                key_notation=settings.key_notation,
                tell=noted(tell, ledger, clock),
                clock=clock,
                pause=time.sleep,
            )
        )
        engine_url = settings.engine_url.get_secret_value()

        def make_engine() -> Engine:
            from daemon.engine import PIPELINE_VERSION, Engine, Queue

            # Who may download more at a time may also work on more: listening has bounds of its own.
            at_once = max(_LISTENERS_AT_ONCE, settings.downloads_at_once)
            tracks = Queue(TRACKS, at_once=at_once, poll_s=(pace or PACE).tracks_poll_s)
            single = Queue(SINGLE, at_once=at_once, poll_s=(pace or PACE).single_poll_s)
            engine = Engine(engine_url, host_id=me, queues=[tracks, single], version=PIPELINE_VERSION)
            register(engine, steps)
            return engine

        def make_client() -> EngineClient:
            from daemon.engine import PIPELINE_VERSION, EngineClient

            return EngineClient(engine_url, version=PIPELINE_VERSION)

        def lost_files(track_id: str) -> list[str]:
            return _lost_files(settings, ledger, owed, track_id)

        obey = Obeying(ledger, withdrawals.carry_out, lost_files)
        board_room = open_board(outside, ledger, obey, me, clock) if outside.has_notion else None
        yield Rooms(
            ledger=ledger,
            links=outside.links(ledger.memos),
            histories=outside.histories(),
            services_of=outside.services_of,
            consent_warning=lambda: outside.consent_warning(clock()),
            lost_files=lost_files,
            # Once it is done, not even Notion's library is imported for it: a fifth of the time to the first request.
            adopt=lambda: 0 if is_done(ledger) or not outside.has_notion else adopt_all(ledger, outside.row_reader()),
            board=board_room.board if board_room else None,
            retagging=Retagging(
                ledger,
                lambda: _library_is_there(settings.out_dir, ledger),
                ChildTagger(listeners).retag,
                settings.key_notation,
                clock,
            ),
            clear_up=lambda: _clear_up(settings.var_dir / SCRATCH, clock()),
            login_marks=outside.login_marks(),
            withdrawals=withdrawals,
            owed=homecoming,
            outbox=Outbox(
                ledger, _carriers(outside, ledger, board_room.carrier if board_room else None), host_id=me, clock=clock
            ),
            lock=HostLock(settings.var_dir),
            host_id=me,
            make_engine=make_engine,
            make_client=make_client,
            end_children=end_children,
            clock=clock,
            lookback=settings.source_lookback,
            batch=settings.sync_batch,
            interval_s=settings.sync_interval_s,
            source_timeout_s=settings.source_timeout_s,
            look_again_in_s=outside.look_again_in_s,
            pace=pace or PACE,
            task_boards=_task_boards(outside),
            task_databases=_task_databases(outside),
            signature=f"cratekeeper on {platform.node() or 'this machine'}",
            track_tasks=settings.track_tasks,
            hand_over=dict(settings.hand_over),
            reading=lambda: _reading(ShelfReader(listeners, studio, settings.var_dir / SCRATCH)),
            row_in_notion=lambda: _row_in_notion(outside),
            register=outside.register,
            is_library_there=lambda: _library_is_there_or_new(settings.out_dir, ledger),
            key_notation=settings.key_notation,
            refs_of=lambda text: refs_of(text, outside),
            folders=_folders(settings),
            min_free_gb=settings.min_free_gb,
            targets=tuple(_targets(settings, outside)),
        )


def _make_ready(var_dir: Path) -> None:
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        usable = os.access(var_dir, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        what = f"the folder {var_dir} cannot be made, or not written in. Name another, or see to its permissions."
        raise ConfigError([Problem("VAR_DIR", what)])


def _shelf(settings: Settings, ledger: Ledger, disks: Disks) -> Shelf:
    return Shelf(
        out_dir=settings.out_dir,
        backup_dir=settings.backup_dir,
        wav_backup_dir=settings.wav_backup_dir,
        memory=ledger.shelf_memory,
        template=settings.file_template,
        room=disks.for_shelf,
    )


def _clear_up(scratch: Path, now: float) -> None:
    """What is older than a day is nobody's any more; what is younger may be another run's."""
    for left in scratch.glob("*") if scratch.is_dir() else ():
        if now - left.stat().st_mtime > _LEFT_AFTER_S:
            shutil.rmtree(left, ignore_errors=True)


def _library_is_there(library: Path, ledger: Ledger) -> bool:
    return library_is_there(library, ledger.memos.recall(folder_memo("library", library)))


def _library_is_there_or_new(library: Path, ledger: Ledger) -> bool:
    """One to which nothing was ever written has no marker yet: there may be files of others' in it all the same."""
    known = ledger.memos.recall(folder_memo("library", library))
    return library.is_dir() if known is None else library_is_there(library, known)


def _reading(reader: ShelfReader) -> Reading:
    from daemon.service.errands.verifying import Reading

    return Reading(tags=reader.tags, decode=reader.decode, listen=reader.listen)


def _row_in_notion(outside: Outside) -> RowReading | None:
    from daemon.service.errands.verifying import Row

    if not outside.has_notion:
        return None
    return Row(of=lambda row_id: outside.row_reader().row(row_id), as_read=lambda v: outside.board().as_read(v))


def _lost_files(settings: Settings, ledger: Ledger, owed: Owed, track_id: str) -> list[str]:
    files, library = [file.shelved for file in ledger.files.of(track_id)], settings.out_dir
    coming = owed.formats_of(track_id) - {file.format for file in files}
    wanted = [format_ for format_ in settings.file_formats if format_ not in coming]
    return lost(files, library, wanted, is_there=_library_is_there(library, ledger))


def _carriers(outside: Outside, ledger: Ledger, notion: Carrier | None) -> dict[Target, Carrier]:
    """Eagle before Notion: the row names the item."""
    carriers: dict[Target, Carrier] = {}
    if outside.has_eagle:
        carriers["eagle"] = EagleCarrier(ledger, outside.cabinet)
    if notion is not None:
        carriers["notion"] = notion
    return carriers


def _task_boards(outside: Outside) -> dict[Database, Callable[[], TaskBoard]]:
    boards: dict[Database, Callable[[], TaskBoard]] = {}
    if outside.has_tasks:
        boards["tasks"] = outside.task_board
    if outside.has_issues:
        boards["issues"] = outside.issue_board
    return boards


def _task_databases(outside: Outside) -> dict[Database, str]:
    ids: dict[Database, str | None] = {"tasks": outside.tasks_database, "issues": outside.issues_database}
    return {database: place for database, place in ids.items() if place}


def _folders(settings: Settings) -> dict[str, tuple[Path, ShelfRole | None]]:
    places: dict[str, tuple[Path | None, ShelfRole | None]] = {
        "OUT_DIR": (settings.out_dir, "library"),
        "BACKUP_DIR": (settings.backup_dir, "backup"),
        "WAV_BACKUP_DIR": (settings.wav_backup_dir, "wav_backup"),
        "VAR_DIR": (settings.var_dir, None),
    }
    return {setting: (path, role) for setting, (path, role) in places.items() if path is not None}


def _targets(settings: Settings, outside: Outside) -> Iterator[str]:
    """Where things go, in words."""
    in_library = [made for made in settings.file_formats if made is not Format.WAV or not settings.wav_backup_dir]
    if in_library:
        yield f"{', '.join(made.upper() for made in in_library)} into {settings.out_dir}"
    if settings.wav_backup_dir:
        yield f"WAV into {settings.wav_backup_dir}"
    if settings.backup_dir:
        yield f"a copy of the M4A into {settings.backup_dir}"
    yield "an item in Eagle" if outside.has_eagle else "no Eagle (EAGLE_API_BASE is not set)"
    yield "a row in Notion" if outside.has_notion else "no Notion (NOTION_TOKEN and TRACKS_DB_ID are not set)"
