"""`kill -9` at forty random moments of a run over ten tracks, and what stands there afterwards.

The seed is printed; `TORTURE_SEED=… make torture` draws the same moments again.
"""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from daemon.ledger import Ledger
from daemon.models import Status
from daemon.pipeline.shelving.volumes import MARKER
from integrations.ffmpeg import decode
from tests.house import Home, a_home
from tests.lives import Life, Watch, living, watching
from tests.torture.ten_tracks import RECORDINGS, SHORT_S, TEN_LIKES, TWICE, rows_beside_tracks

KILLS = 40
FORMATS = ("aiff", "m4a", "wav")
_QUIET_WITHIN_S = 60.0
WHILE_STARTING = 0.15
"""The share of the kills that come before the first step."""
MOST_STEPS = 3
"""That a life may see to their end, out of eighty."""

pytestmark = [pytest.mark.torture, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """How long it takes when nobody kills it."""

    starting_s: float
    """From the start of the program to the first step."""
    a_step_s: float
    """On the mean, long and short ones together."""


@dataclass(slots=True)
class Count:
    """What the kills cost."""

    met_work: int = 0
    """Kills while a track was unfinished, or not carried yet."""
    resumed_after_s: list[float] = field(default_factory=list)
    """From a start to the first step, where there was work."""
    orphans_s: list[float] = field(default_factory=list)
    """How long children outlived a killed parent."""


@pytest.fixture(scope="module")
def undisturbed() -> Undisturbed:
    """Measured here and now, so that the kills are spread over a real run on this machine."""
    with tempfile.TemporaryDirectory() as folder, a_home(Path(folder), SYNC_INTERVAL_S="1", SYNC_BATCH="10") as home:
        for like in TEN_LIKES:
            like.happens_in(home.world)
        with watching(home) as watch, living(home) as life:
            assert life.until(lambda: watch.is_quiet(len(TEN_LIKES)), _QUIET_WITHIN_S)
            return Undisturbed(watch.events()[0].at - life.started_at, statistics.mean(watch.step_lengths_s()))


def test_every_track_is_done_once_whenever_it_is_killed(
    home: Home, undisturbed: Undisturbed, say: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    for like in TEN_LIKES:
        like.happens_in(home.world)
    seed = int(os.environ.get("TORTURE_SEED") or secrets.randbelow(2**32))
    say(f"{request.node.callspec.id}: TORTURE_SEED={seed}, {undisturbed}")
    with watching(home) as watch:
        count = kill_again_and_again(home, watch, random.Random(seed), undisturbed)
        with living(home) as last:
            quiet_after_s = run_until_quiet(last, watch)
            assert last.stop() == 0, last.said[-5:]
        say(in_words(watch, count, quiet_after_s))
        assert count.met_work > KILLS / 2, "most kills met an idle program: the moments are badly chosen"
        every_track_ended_once(watch.ledger)
        every_target_was_told_once(home, watch.ledger)
        the_shelf_holds_exactly_what_the_ledger_says(home, watch.ledger)
        nothing_is_left_over(home)
    assert home.run("--mode", "single").stdout.startswith("Nothing new")


# --- the kills -------------------------------------------------------------------------------------------------------


def kill_again_and_again(home: Home, watch: Watch, chance: random.Random, undisturbed: Undisturbed) -> Count:
    count = Count()
    for _ in range(KILLS):
        life = Life(home)
        live_for_a_while(life, watch, chance, undisturbed)
        count.met_work += not watch.is_quiet(len(TEN_LIKES))
        count.orphans_s.append(life.kill())
        if (first := watch.first_step_after(life.started_at)) is not None:
            count.resumed_after_s.append(first - life.started_at)
    return count


def live_for_a_while(life: Life, watch: Watch, chance: random.Random, undisturbed: Undisturbed) -> None:
    """Too short to start; or until some steps have ended, and then into the middle of another one. Counted in steps,
    so that there is work to be met until the last kill, however fast this machine is at the moment."""
    if chance.random() < WHILE_STARTING:
        life.outlasts(undisturbed.starting_s * chance.random())
        return
    enough = watch.steps_ended() + chance.randint(0, MOST_STEPS)
    life.until(
        lambda: watch.first_step_after(life.started_at) is not None and watch.steps_ended() >= enough,
        3 * undisturbed.starting_s,
    )
    life.outlasts(2 * undisturbed.a_step_s * chance.random())


def run_until_quiet(life: Life, watch: Watch) -> float:
    began = time.monotonic()
    quiet = life.until(lambda: bool(life.said) and watch.is_quiet(len(TEN_LIKES)), _QUIET_WITHIN_S)
    assert quiet, "\n".join(["not quiet yet:", *watch.unrest(), *life.said[-20:]])
    return time.monotonic() - began


def in_words(watch: Watch, count: Count, quiet_after_s: float) -> str:
    begun = watch.begun()
    steps, downloads = set(begun), [track for track, step in begun if step == "fetch"]
    return (
        f"{KILLS} kills, {count.met_work} of them in the middle of work; {len(steps)} steps, "
        f"{len(begun) - len(steps)} begun again, {len(downloads) - len(set(downloads))} of them downloads; "
        f"resumed after {statistics.median(count.resumed_after_s):.1f} s "
        f"(at most {max(count.resumed_after_s):.1f} s, start of the program included); "
        f"children gone after at most {max(count.orphans_s):.2f} s; quiet {quiet_after_s:.1f} s after the last start"
    )


# --- what stands there afterwards ------------------------------------------------------------------------------------


def rows_of(watch: Watch):
    return watch.ledger.tracks.newest(100)


def every_track_ended_once(ledger: Ledger) -> None:
    rows = {row.id: row for row in ledger.tracks.newest(100)}
    done = [row for row in rows.values() if row.status is Status.DONE]
    twins = [row for row in rows.values() if row.status is Status.DUPLICATE]
    assert sorted(row.track.title for row in done) == sorted(piece.title for piece in RECORDINGS)
    assert sorted(row.track.title for row in twins) == sorted(piece.title for piece in TWICE)
    assert len(rows) == len(done) + len(twins) == len(TEN_LIKES)
    for twin in twins:
        assert rows[twin.duplicate_of].track.title == twin.track.title
    assert {row.attempt for row in rows.values()} == {1}, "a kill is no reason to begin anew"
    for track_id in rows:
        ends = [event for event in ledger.events.of(track_id) if event.step == "finish"]
        assert len(ends) == 1


def every_target_was_told_once(home: Home, ledger: Ledger) -> None:
    world, tracks = home.world, ledger.tracks.newest(100)
    rows = world.twins.notion.rows(world.twins.tracks_db_id)
    assert set(rows) == {ledger.outbox.mirror("notion", track.id).remote_id for track in tracks}
    assert Counter(row["Status"] for row in rows.values()) == {Status.DONE.value: len(RECORDINGS)}
    created = [line for line in world.log.of("notion", "POST", "/v1/pages") if line.status == 200]
    assert len(rows) == len(RECORDINGS), "one recording is one row"
    assert len(created) == len(rows) + rows_beside_tracks(world), "and each row was made once"
    items = [item["id"] for item in world.twins.eagle.items]
    filed = [track.id for track in tracks if track.status is Status.DONE]
    assert sorted(items) == sorted(ledger.outbox.mirror("eagle", track_id).remote_id for track_id in filed)
    added = [line for line in world.log.of("eagle", "POST", "/api/v2/item/add") if line.status == 200]
    assert len(added) == len(items) == len(RECORDINGS)


def the_shelf_holds_exactly_what_the_ledger_says(home: Home, ledger: Ledger) -> None:
    filed = [file.shelved for track in ledger.tracks.newest(100) for file in ledger.files.of(track.id)]
    on_disk = [file for file in (home.folder / "music").rglob("*") if file.is_file() and file.name != MARKER]
    assert sorted(map(str, on_disk)) == sorted(shelved.path for shelved in filed)
    names = [f"{piece.artist} - {piece.title}.{ending}" for piece in RECORDINGS for ending in FORMATS]
    assert sorted(file.name for file in on_disk) == sorted(names)
    for shelved in filed:
        file = Path(shelved.path)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == shelved.sha256, file
        assert decode(file).duration_s == pytest.approx(SHORT_S, abs=0.2), file


def nothing_is_left_over(home: Home) -> None:
    """Nor in the work folder: that one is looked at after every test."""
    ours = {"daemon.lock", "host.id", "spotify-token.json", "work", "ytdlp-cache"}
    databases = set() if "DATABASE_URL" in home.environ else {"engine.db", "ledger.db", "ledger.db.lock"}
    assert {file.name for file in Path(home.environ["VAR_DIR"]).iterdir()} == ours | databases
    assert not list((Path(home.environ["VAR_DIR"]) / "work").iterdir())
    assert not list(Path(home.environ["TMPDIR"]).iterdir())
