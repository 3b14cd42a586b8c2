"""`kill -9` at fifteen random moments while rows are written and a person edits them: what stands in Notion afterwards.

The seed is printed; `TORTURE_SEED=… make torture` draws the same moments again.
"""

from __future__ import annotations

import itertools
import os
import random
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.board.rows import row_of
from daemon.models import Status
from integrations.sandbox import faults
from tests.house import Home, a_home
from tests.lives import Life, Watch, living, watching
from tests.torture.ten_tracks import RECORDINGS, TEN_LIKES

KILLS = 8
EDITS = 10
_SLOW_S = 0.1
"""A row takes a moment to be written: most kills meet one on its way, acted on and not yet answered."""
_LIVES_S = 20.0
"""At most: there is always something to write."""
_EDITS_WITHIN_S = 4.0
_MOST_WRITES = 4
"""That a life may see to their end."""
_QUIET_WITHIN_S = 60.0
_COLUMNS = ("Title", "Album", "Genre", "BPM")
_EDITED_AS = {"Title": "title", "Album": "album", "Genre": "genre", "BPM": "bpm"}

pytestmark = [pytest.mark.torture, pytest.mark.timeout(300)]


class Editor:
    """The person, who edits one cell at a time and remembers what they wrote."""

    def __init__(self, home: Home, chance: random.Random) -> None:
        self.twin, self.database_id, self.chance = home.world.twins.notion, home.world.twins.tracks_db_id, chance
        self.typed: dict[tuple[str, str], Any] = {}
        self._words = itertools.count(1)

    def edits_a_cell(self) -> None:
        """One that they have not edited yet; not while there is no row."""
        rows = sorted(self.twin.rows(self.database_id))
        cells = [(row, column) for row in rows for column in _COLUMNS if (row, column) not in self.typed]
        if cells and len(self.typed) < EDITS:
            row, column = self.chance.choice(cells)
            number = next(self._words)
            value = 60 + number if column == "BPM" else f"mine {number}"
            self.twin.edit_as_person(row, {column: value})
            self.typed[row, column] = value

    def orders_one_again(self) -> None:
        """Files that are there stay; its row is written several times."""
        if rows := sorted(self.twin.rows(self.database_id)):
            self.twin.edit_as_person(self.chance.choice(rows), {"Redo": True})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with a_home(tmp_path, SYNC_INTERVAL_S="1", SYNC_BATCH="10", SOURCE_LOOKBACK="20") as home:
        for like in TEN_LIKES:
            like.happens_in(home.world)
        for method, route in (("POST", "/v1/pages"), ("PATCH", "/v1/pages/*")):
            home.world.faults.add("notion", faults.slow(_SLOW_S), method=method, route=route, times=None)
        yield home


def test_every_row_is_right_and_no_edit_is_lost_whenever_it_is_killed(home: Home, say: Callable[[str], None]) -> None:
    seed = int(os.environ.get("TORTURE_SEED") or secrets.randbelow(2**32))
    say(f"TORTURE_SEED={seed}")
    chance = random.Random(seed)
    editor = Editor(home, chance)
    with watching(home) as watch:
        began = time.monotonic()
        met_work = sum(dies_while_it_writes(home, watch, editor, chance) for _ in range(KILLS))
        with living(home) as last:
            while len(editor.typed) < EDITS:
                assert last.until(lambda: bool(editor.twin.rows(editor.database_id)), _QUIET_WITHIN_S)
                editor.edits_a_cell()
            assert last.until(lambda: rests(watch, editor), _QUIET_WITHIN_S), "\n".join(why_not(watch, editor, last))
            assert last.stop() == 0, last.said[-5:]
        took_s = time.monotonic() - began
        say(f"{KILLS} kills, {met_work} with a row still to be written; quiet after {took_s:.0f} s in all")
        assert met_work > 1, "the kills met a program with nothing to write: the moments are badly chosen"
        every_row_is_right_and_there_once(home, watch)
        every_edit_stands_and_is_known(home, watch, editor)
    done = home.run("reconcile")
    assert (done.returncode, done.stdout) == (
        0,
        f"Looked at {len(RECORDINGS)} rows in Notion: all as it should be.\n",
    )


# --- the kills -------------------------------------------------------------------------------------------------------


def dies_while_it_writes(home: Home, watch: Watch, editor: Editor, chance: random.Random) -> bool:
    """One life. Answers whether something was still to be written when it ended."""
    enough = writes(home) + chance.randint(1, _MOST_WRITES)
    life = Life(home)
    edits_at = time.monotonic() + _EDITS_WITHIN_S * chance.random()

    def has_written_enough() -> bool:
        nonlocal edits_at
        if time.monotonic() >= edits_at:
            editor.edits_a_cell()
            edits_at += _LIVES_S
        return writes(home) >= enough

    life.until(has_written_enough, _LIVES_S)
    life.outlasts(2 * _SLOW_S * chance.random())
    life.kill()
    editor.edits_a_cell()  # while nobody is there to see it
    met_work = watch.ledger.outbox.pending("notion") > 0
    if not watch.unfinished():
        editor.orders_one_again()
    return met_work


def writes(home: Home) -> int:
    log = home.world.log
    return len(log.of("notion", "POST", "/v1/pages")) + len(log.of("notion", "PATCH"))


def rests(watch: Watch, editor: Editor) -> bool:
    heard = not any(row["Redo"] for row in editor.twin.rows(editor.database_id).values())
    return watch.is_quiet(len(TEN_LIKES)) and heard and not unknown_edits(watch, editor)


def unknown_edits(watch: Watch, editor: Editor) -> list[str]:
    """What the person typed and the ledger has not heard of."""
    unknown = []
    for (row_id, column), value in editor.typed.items():
        track_id = watch.ledger.board.track_at(row_id)
        edits = watch.ledger.tracks.get(track_id).edits if track_id else {}
        if edits.get(_EDITED_AS[column]) != value:
            unknown.append(f"{column} is {value!r}: {edits}")
    return unknown


def why_not(watch: Watch, editor: Editor, life: Life) -> list[str]:
    return ["not quiet yet:", *watch.unrest(), *unknown_edits(watch, editor), *life.said[-20:]]


# --- what stands there afterwards ------------------------------------------------------------------------------------


def every_row_is_right_and_there_once(home: Home, watch: Watch) -> None:
    ledger, twins = watch.ledger, home.world.twins
    rows = twins.notion.rows(twins.tracks_db_id)
    assert len(rows) == len(RECORDINGS)
    for row_id, there in rows.items():
        track = ledger.tracks.get(str(ledger.board.track_at(row_id)))
        assert track.status is Status.DONE
        files = [file.shelved for file in ledger.files.of(track.id)]
        eagle = ledger.outbox.mirror("eagle", track.id)
        wanted = row_of(track, files, eagle.remote_id if eagle else None, None)
        for column in ("Title", "Status", "Downloaded", "M4A File Path", "WAV File Path", "Eagle File ID", "Album"):
            assert (there[column] or None) == wanted[column], f"{column} of {there['Title']}"
    artists = [artist["Name"] for artist in rows_of(home, "Artists")]
    assert sorted(artists) == sorted({piece.artist for piece in RECORDINGS})
    assert all(len(there["Artist"]) == 1 for there in rows.values())


def rows_of(home: Home, database: str) -> list[dict[str, Any]]:
    twin = home.world.twins.notion
    [its_id] = [one["id"] for one in twin.dump()["databases"] if one["title"] == database]
    return list(twin.rows(its_id).values())


def every_edit_stands_and_is_known(home: Home, watch: Watch, editor: Editor) -> None:
    rows = editor.twin.rows(editor.database_id)
    assert len(editor.typed) == EDITS
    assert {cell: rows[cell[0]][cell[1]] for cell in editor.typed} == editor.typed
    assert unknown_edits(watch, editor) == []
    edited = {row_id for row_id, _column in editor.typed}
    for row_id in rows:
        track = watch.ledger.tracks.get(str(watch.ledger.board.track_at(row_id)))
        assert bool(track.edits) == (row_id in edited), "nothing of ours is taken for the person's"
