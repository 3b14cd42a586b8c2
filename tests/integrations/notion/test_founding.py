"""Founding against the twin, through the real client: what is found, what is made, and what is never touched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal

import pytest

from daemon import founding
from daemon.errors import ConfigError, DaemonError, Refused, Unreachable
from daemon.founding import SETTING_OF, Place
from integrations.notion.columns import TRACKS, fit_source
from integrations.notion.edge import NotionEdge
from integrations.notion.founding import Founding
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.server import RequestLog, Server

NOBODYS_ID = "11111111-2222-4333-8444-555555555555"
EMPTY = json.dumps({"object": "list", "results": [], "has_more": False, "next_cursor": None}).encode()
NOT_ALLOWED = json.dumps({"object": "error", "status": 403, "code": "restricted_resource", "message": "No."}).encode()


class TakesTheOnly:
    """Decides as `--yes` does, and notes what it was offered."""

    def __init__(self) -> None:
        self.offered: dict[str, list[str]] = {}

    def database(self, kind: str, offers: Sequence[Place]) -> Place | Literal["none of them", "undecided"]:
        self.offered[kind] = [place.title for place in offers]
        return offers[0] if len(offers) == 1 else "undecided"

    def page(self, pages: Sequence[Place]) -> Place | None:
        return pages[0] if len(pages) == 1 else None


class WantsNone(TakesTheOnly):
    """Whatever is offered, it is not that."""

    def database(self, kind: str, offers: Sequence[Place]) -> Literal["none of them"]:
        super().database(kind, offers)
        return "none of them"


class KnowsNoPage(TakesTheOnly):
    """Cannot say where to make anything."""

    def page(self, pages: Sequence[Place]) -> None:
        return None


class Stage:
    """A workspace, and whoever founds in it."""

    def __init__(self, twin: NotionTwin, orders: Faults, log: RequestLog, edge: NotionEdge) -> None:
        self.twin, self.faults, self.log, self.edge = twin, orders, log, edge
        self.said: list[str] = []

    def plan(self, chooser: TakesTheOnly | None = None, *, ids: dict[str, str | None] | None = None, **wish: Any):
        self.founding = Founding(self.edge, ids or {})
        self.founding.who()
        return self.founding.plan(chooser or TakesTheOnly(), **wish)

    def found(self, chooser: TakesTheOnly | None = None, **wish: Any) -> dict[str, Place]:
        plan = self.plan(chooser, **wish)
        return self.founding.carry_out(plan, self.said.append)

    def titles(self) -> list[str]:
        return sorted(database["title"] for database in self.twin.dump()["databases"])

    def source(self, database_id: str) -> dict[str, Any]:
        (source_id,) = self.twin.data_source_ids(database_id)
        return self.edge.data_source(source_id)

    def writes(self) -> list[str]:
        return [f"{line.method} {line.path}" for line in self.log.of("notion") if _writes(line.method, line.path)]


def _writes(method: str, path: str) -> bool:
    return method == "PATCH" or (method == "POST" and path in ("/v1/databases", "/v1/pages"))


@contextmanager
def a_stage() -> Iterator[Stage]:
    orders, log, twin = Faults(), RequestLog(), NotionTwin()
    with (
        Server(twin, faults=orders, log=log) as server,
        NotionEdge(
            SANDBOX_TOKEN, base_url=server.url, timeout_s=10, sleep=lambda _s: None, requests_per_s=1e6, burst=10_000
        ) as edge,
    ):
        yield Stage(twin, orders, log, edge)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with a_stage() as stage:
        yield stage


def step_of(plan, kind: str):
    return next(step for step in plan.steps if step.kind == kind)


def columns(twin: NotionTwin, database_id: str) -> dict[str, Any]:
    """The columns as they are kept, by id."""
    (source,) = [source for source in twin.dump()["data_sources"] if source["database_id"] == database_id]
    return dict(source["properties"])


# --- from nothing ----------------------------------------------------------------------------------------------------


def test_nothing_becomes_everything(stage):
    places = stage.found(make_all=True)
    assert sorted(places) == stage.titles() == sorted(SETTING_OF)
    source = stage.source(places["Tracks"].id)
    fit = fit_source(TRACKS, source, "Tracks")
    assert (fit.missing, fit.mistyped) == ((), ())
    assert {column.name: fit.columns[column.name].name for column in TRACKS} == {c.name: c.name for c in TRACKS}
    for relation, kind in (("Artist", "Artists"), ("Playlists", "Playlists")):
        points_to = source["properties"][relation]["relation"]
        assert points_to["data_source_id"] == stage.source(places[kind].id)["id"]
        assert points_to["type"] == "single_property"  # the other kind would add a column over there
    task = stage.source(places["Agent-Tasks"].id)["properties"]["Track"]["relation"]
    assert task["data_source_id"] == source["id"]
    offered = {option["name"] for option in source["properties"]["Status"]["select"]["options"]}
    assert {"Queued", "Done", "Rejected", "Skip"} <= offered


def test_only_what_tracks_needs_unless_all_is_wanted(stage):
    assert sorted(stage.found()) == ["Artists", "Playlists", "Tracks"]


def test_a_second_run_finds_it_all_and_writes_nothing(stage):
    first = stage.found(make_all=True)
    written = len(stage.writes())
    chooser = TakesTheOnly()
    plan = stage.plan(chooser, make_all=True)
    assert not plan.changes_something
    # Tracks says where the related ones are: nobody has to be asked.
    assert list(chooser.offered) == ["Tracks", "Agent-Tasks", "Issues+Questions"]
    again = stage.founding.carry_out(plan, stage.said.append)
    assert {kind: place.id for kind, place in again.items()} == {kind: place.id for kind, place in first.items()}
    assert len(stage.writes()) == written


def test_planning_writes_nothing(stage):
    assert stage.plan(make_all=True).changes_something
    assert stage.writes() == []


def test_of_several_pages_nobody_takes_one_by_chance(stage):
    other = stage.edge._client.pages.create(
        parent={"page_id": stage.twin.root_page_id}, properties={"title": {"title": [{"text": {"content": "Music"}}]}}
    )
    plan = stage.plan()
    assert (plan.page, plan.changes_something) == (None, False)
    assert {page.title for page in plan.pages} == {"Sandbox", "Music"}
    assert {step.standing for step in plan.steps} == {"no page"}
    places = stage.found(page_id=other["id"])
    parents = {database["parent_page_id"] for database in stage.twin.dump()["databases"]}
    assert (sorted(places), parents) == (["Artists", "Playlists", "Tracks"], {other["id"]})


# --- after kills and lost answers ------------------------------------------------------------------------------------


def how_many_requests() -> int:
    with a_stage() as stage:
        stage.found(make_all=True)
        return len(stage.log.of("notion"))


def is_whole(stage: Stage) -> bool:
    places = stage.found(make_all=True)
    fits = fit_source(TRACKS, stage.source(places["Tracks"].id), "Tracks")
    return stage.titles() == sorted(SETTING_OF) and fits.missing == ()


def test_a_lost_answer_at_any_request_is_made_good_in_the_same_run():
    for request in range(how_many_requests()):
        with a_stage() as stage:
            stage.faults.add("notion", faults.lost(), skip=request)
            stage.found(make_all=True)
            assert stage.titles() == sorted(SETTING_OF), request
            assert is_whole(stage), request


@pytest.mark.parametrize("lagging", [False, True], ids=["", "search lags"])
def test_a_kill_after_any_request_is_gone_on_from(lagging):
    for request in range(1, how_many_requests()):
        with a_stage() as stage:
            stage.faults.add("notion", faults.lost(), skip=request)
            stage.faults.add("notion", faults.reset(), skip=request, times=None)
            with pytest.raises(Unreachable):
                stage.found(make_all=True)
            stage.faults.clear()
            if lagging:  # the index knows nothing yet
                stage.faults.add("notion", faults.answer(200, EMPTY), route="/v1/search", times=None)
            stage.found(make_all=True, page_id=stage.twin.root_page_id)
            assert stage.titles() == sorted(SETTING_OF), request
            stage.faults.clear()
            assert is_whole(stage), request


def test_two_at_once_make_everything_once(stage):
    slow = Founding(stage.edge, {})
    slow.who()
    plan = slow.plan(TakesTheOnly(), make_all=True)
    quick = stage.found(make_all=True)
    late = slow.carry_out(plan, stage.said.append)
    assert stage.titles() == sorted(SETTING_OF)
    assert {kind: place.id for kind, place in late.items()} == {kind: place.id for kind, place in quick.items()}


def test_a_database_that_may_be_there_and_is_not_to_be_seen_is_waited_for(stage):
    stage.faults.add("notion", faults.server_error(504), method="POST", route="/v1/databases")
    with pytest.raises(Unreachable, match="again in a minute"):
        stage.found()
    assert stage.titles() == []
    assert is_whole(stage)


@pytest.mark.parametrize("fault", [faults.rate_limited(1), faults.server_error(409)], ids=["429", "409"])
def test_a_create_that_was_surely_not_done_is_done_again(stage, fault):
    stage.faults.add("notion", fault, method="POST", route="/v1/databases")
    assert is_whole(stage)


# --- what is there already -------------------------------------------------------------------------------------------


def a_persons_tracks(twin: NotionTwin) -> str:
    """With aliases, columns of the person's own, one of a wrong type, and a status column."""
    database_id = twin.create_database(
        "Music Tracks",
        {
            "Name": "title",
            "Artists": "rich_text",
            "Tempo": "number",
            "key": "number",
            "Status": ("status", {"options": [{"name": "To do"}, {"name": "Done"}]}),
            "Spotify Link": "url",
            "Duration (ms)": "number",
            "Mood": ("multi_select", {"options": [{"name": "late"}]}),
            "Rating": ("number", {"format": "percent"}),
        },
    )
    (source_id,) = twin.data_source_ids(database_id)
    twin.add_row_as_person(source_id, {"Name": "A", "Mood": ["late"], "Rating": 0.5, "key": 7, "Status": "Done"})
    return database_id


def test_missing_columns_are_added_and_a_persons_own_stay_to_the_byte(stage):
    database_id = a_persons_tracks(stage.twin)
    before, rows = columns(stage.twin, database_id), stage.twin.rows(database_id)
    plan = stage.plan()
    tracks = step_of(plan, "Tracks")
    assert (tracks.standing, tracks.there.title) == ("found", "Music Tracks")
    assert dict(tracks.has)["Title"] == "Name"
    assert dict(tracks.has)["Duration (s)"] == "Duration (ms)"
    assert any('"key" is of type number, not text or select' in note for note in tracks.notes)
    assert "Key" not in {add.ours for add in tracks.adds}
    stage.founding.carry_out(plan, stage.said.append)
    after = columns(stage.twin, database_id)
    assert {column_id: after[column_id] for column_id in before} == before
    (row,), (old,) = stage.twin.rows(database_id).values(), rows.values()
    assert {name: row[name] for name in old} == old
    fit = fit_source(TRACKS, stage.source(database_id), "")
    assert (fit.missing, [wrong.ours for wrong in fit.mistyped]) == (("Artist", "Playlists"), ["Key"])


def test_a_page_lets_the_related_ones_be_made_beside_it(stage):
    database_id = a_persons_tracks(stage.twin)
    notes = " ".join(step_of(stage.plan(), "Tracks").notes)
    assert "Artist is not added: it would point to a database Artists, and there is none" in notes
    stage.found(page_id=stage.twin.root_page_id)
    assert stage.titles() == ["Artists", "Music Tracks", "Playlists"]
    assert fit_source(TRACKS, stage.source(database_id), "").missing == ()


def test_a_name_that_is_taken_is_not_given_to_a_new_column(stage):
    """`Artist` as text serves as Artist Name. Asking for a relation of that name would turn the text into one."""
    database_id = stage.twin.create_database("Tracks", {"Title": "title", "Artist": "rich_text"})
    (source_id,) = stage.twin.data_source_ids(database_id)
    stage.twin.add_row_as_person(source_id, {"Title": "A", "Artist": "Mira Vale"})
    stage.found(page_id=stage.twin.root_page_id)
    (row,) = stage.twin.rows(database_id).values()
    assert row["Artist"] == "Mira Vale"
    fit = fit_source(TRACKS, stage.source(database_id), "")
    assert (fit.columns["Artist Name"].name, fit.columns["Artist"].name, fit.missing) == ("Artist", "Artists", ())


def test_a_column_that_notion_hides_from_us_is_not_changed(stage):
    """Relations to what is not shared are in no answer."""
    albums = stage.twin.create_database("Albums", {"Name": "title"})
    (albums_source,) = stage.twin.data_source_ids(albums)
    to_albums = {"data_source_id": albums_source, "database_id": albums, "type": "single_property"}
    tracks = stage.twin.create_database(
        "Tracks", {"Title": "title", "Album": ("relation", to_albums), "Artist": ("relation", to_albums)}
    )
    stage.twin.unshare(albums)
    before = columns(stage.twin, tracks)
    assert set(stage.source(tracks)["properties"]) == {"Title"}
    stage.found(page_id=stage.twin.root_page_id)
    after = columns(stage.twin, tracks)
    assert {column_id: after[column_id] for column_id in before} == before
    assert len(after) == len(TRACKS)
    assert [line.partition(" is not added")[0] for line in stage.said if "does not show us" in line] == [
        "Artist",
        "Album",
    ]


def test_a_kill_while_columns_are_added_leaves_nothing_behind():
    for request in range(20):
        with a_stage() as stage:
            database_id = a_persons_tracks(stage.twin)
            before, page_id = columns(stage.twin, database_id), stage.twin.root_page_id
            stage.faults.add("notion", faults.lost(), skip=request)
            stage.faults.add("notion", faults.reset(), skip=request, times=None)
            with suppress(Unreachable):
                stage.found(page_id=page_id)
            stage.faults.clear()
            stage.found(page_id=page_id)
            after = columns(stage.twin, database_id)
            assert {column_id: after[column_id] for column_id in before} == before, request
            assert fit_source(TRACKS, stage.source(database_id), "").missing == (), request
            assert [column["name"] for column in after.values() if "Cratekeeper" in column["name"]] == [], request


def test_a_column_that_somebody_adds_after_the_plan_is_not_retyped(stage):
    database_id = stage.twin.create_database("Tracks", {"Title": "title"})
    (source_id,) = stage.twin.data_source_ids(database_id)
    plan = stage.plan()
    stage.twin.change_columns_as_person(source_id, {"Album": {"number": {}}})
    stage.founding.carry_out(plan, stage.said.append)
    fit = fit_source(TRACKS, stage.source(database_id), "")
    assert [wrong.ours for wrong in fit.mistyped] == ["Album"]
    assert "BPM" in fit.columns


def test_what_is_whole_is_left_alone(stage):
    for status in ("select", "status"):
        database_id = seed_tracks_database(stage.twin, status=status)
        plan = stage.plan(ids={"Tracks": database_id})
        assert (plan.changes_something, step_of(plan, "Artists").standing) == (False, "pointed")


def test_of_several_data_sources_the_fitting_one_is_named_and_completed(stage):
    database_id = stage.twin.create_database("Tracks", {"Name": "title", "Old": "url"})
    better = stage.twin.add_data_source(database_id, "2026", {"Title": "title", "BPM": "number", "Album": "rich_text"})
    plan = stage.plan()
    assert step_of(plan, "Tracks").data_source == "2026"
    stage.founding.carry_out(plan, stage.said.append)
    assert "ISRC" in stage.edge.data_source(better)["properties"]
    assert set(stage.edge.data_source(stage.twin.data_source_ids(database_id)[0])["properties"]) == {"Name", "Old"}


# --- choosing --------------------------------------------------------------------------------------------------------


def test_two_of_a_name_are_nobodys_guess(stage):
    for _ in range(2):
        stage.twin.create_database("tracks", {"Name": "title"})
    plan = stage.plan(page_id=None)
    assert step_of(plan, "Tracks").standing == "undecided"
    assert len(step_of(plan, "Tracks").offers) == 2
    assert not plan.changes_something


def test_another_name_counts_only_with_our_columns(stage):
    stage.twin.create_database("Music", {"Name": "title", "BPM": "number"})
    chooser = TakesTheOnly()
    assert step_of(stage.plan(chooser), "Tracks").standing == "new"
    assert chooser.offered == {}


def test_what_the_person_says_is_not_it_is_not_taken_when_another_is_made(stage):
    theirs = stage.twin.create_database("Tracks", {"Name": "title"})
    places = stage.found(WantsNone(), page_id=stage.twin.root_page_id)
    assert places["Tracks"].id != theirs
    assert set(stage.source(theirs)["properties"]) == {"Name"}
    assert stage.titles() == ["Artists", "Playlists", "Tracks", "Tracks"]


def test_what_is_in_the_trash_is_not_offered(stage):
    stage.twin.create_database("Tracks", {"Name": "title"})
    found = stage.edge.search({"filter": {"property": "object", "value": "data_source"}})
    for source in found["results"]:
        source["in_trash"] = True
    stage.faults.add("notion", faults.answer(200, json.dumps(found).encode()), route="/v1/search")
    chooser = KnowsNoPage()
    assert (step_of(stage.plan(chooser), "Tracks").standing, chooser.offered) == ("no page", {})


# --- no --------------------------------------------------------------------------------------------------------------


def test_ids_that_lead_nowhere_are_told_all_at_once(stage):
    with pytest.raises(ConfigError) as told:
        stage.plan(ids={"Tracks": NOBODYS_ID, "Artists": NOBODYS_ID}, page_id=NOBODYS_ID)
    assert [problem.setting for problem in told.value.problems] == ["TRACKS_DB_ID", "ARTISTS_DB_ID", "--page"]
    assert "••• → Connections → Cratekeeper" in str(told.value)


@pytest.mark.parametrize(
    ("method", "route", "capability"),
    [
        ("POST", "/v1/search", "Read content"),
        ("POST", "/v1/databases", "Insert content"),
        ("PATCH", "/v1/data_sources/*", "Update content"),
    ],
)
def test_a_missing_capability_is_named(stage, method, route, capability):
    if method == "PATCH":
        stage.twin.create_database("Tracks", {"Title": "title"})
    stage.faults.add("notion", faults.answer(403, NOT_ALLOWED), method=method, route=route, times=None)
    with pytest.raises(Refused, match=f'Switch on "{capability}"'):
        stage.found()


def test_an_outage_is_told_and_nothing_is_half_believed(stage):
    stage.faults.add("notion", faults.html(502), times=None)
    with pytest.raises(DaemonError, match="tried again later"):
        stage.found()
    assert founding.TRACKS not in stage.titles()
