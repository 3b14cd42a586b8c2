"""What every Board promises, held against Notion's twin with everything that can go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from daemon.errors import AuthExpired, NotFound, RateLimited, Refused, RowGone, Transient, Unreachable
from daemon.ports import Board
from integrations.notion import TRACKS, NotionBoard, NotionEdge, Table
from integrations.sandbox import faults
from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.notion import SANDBOX_TOKEN, NotionTwin, seed_tracks_database
from integrations.sandbox.server import RequestLog, Server

FULL: dict[str, Any] = {
    "Title": "Ærø 🎧",
    "Artist Name": "A, B",
    "Spotify ID": "4uLU6hMCjMI75M1A2tKUQC",
    "Spotify URL": "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC",
    "Duration (s)": 215.5,
    "BPM": 127.5,
    "Key": "Am",
    "Genre": "House",
    "Status": "Done",
    "Downloaded": True,
    "Processed At": "2026-11-20T12:00:00+00:00",
    "Release Date": "2024-03-01",
    "Fingerprint": "f" * 9001,
    "Locked Fields": ["BPM", "Key"],
    "Loudness (LUFS)": -8.4,
    "Sync Error": None,
}


NOT_SHARED = b'{"object": "error", "status": 404, "code": "object_not_found", "message": "Not shared."}'


class Scales(httpx.HTTPTransport):
    """The network, with a look at how large each request is."""

    def __init__(self, sent_bytes: list[int]) -> None:
        super().__init__()
        self._sent_bytes = sent_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._sent_bytes.append(len(request.content))
        return super().handle_request(request)


class Bench:
    """A board, its twin, and what may go wrong between them."""

    def __init__(self, url: str, twin: NotionTwin, orders: Faults, log: RequestLog, patience_s: float) -> None:
        self.url, self.twin, self.faults, self.log = url, twin, orders, log
        self.patience_s = patience_s
        self.slept_s: list[float] = []
        self.sent_bytes: list[int] = []
        self.edges: list[NotionEdge] = []
        self.database_id = seed_tracks_database(twin)
        (self.source_id,) = twin.data_source_ids(self.database_id)
        self.board: Board = self.notion()

    def notion(self, token: str = SANDBOX_TOKEN, database_id: str | None = None) -> NotionBoard:
        edge = NotionEdge(
            token,
            base_url=self.url,
            timeout_s=self.patience_s,
            sleep=self.slept_s.append,
            transport=Scales(self.sent_bytes),
        )
        self.edges.append(edge)
        return NotionBoard(edge, Table(edge, database_id or self.database_id, TRACKS))

    def rows(self) -> dict[str, dict[str, Any]]:
        return self.twin.rows(self.database_id)

    def order(self, fault: Fault, method: str = "*", route: str = "/v1/pages*", times: int | None = 1) -> None:
        self.faults.add("notion", fault, method=method, route=route, times=times)

    def alter(self, **changes: Any) -> None:
        changed = {name.replace("_", " "): change for name, change in changes.items()}
        self.twin.change_columns_as_person(self.source_id, changed)


@pytest.fixture
def bench(patience_s: float) -> Iterator[Bench]:
    orders, log, twin = Faults(), RequestLog(), NotionTwin()
    with Server(twin, faults=orders, log=log) as server:
        bench = Bench(server.url, twin, orders, log, patience_s)
        yield bench
        for edge in bench.edges:
            edge.close()


def found(bench: Bench, keys: dict[str, str]) -> str | None:
    """The id of the row that is found."""
    row = bench.board.find(keys)
    return None if row is None else row.id


# --- the promise -----------------------------------------------------------------------------------------------------


def test_what_is_created_stands_there_and_is_found(bench: Bench) -> None:
    made = bench.board.create(FULL)
    row_id = made.id
    assert made.values == {**made.values, **FULL}
    assert bench.rows()[row_id]["Title"] == "Ærø 🎧"
    assert bench.rows()[row_id]["Fingerprint"] == "f" * 9001
    assert bench.board.find({"Spotify ID": FULL["Spotify ID"]}) == made
    assert bench.board.find({"ISRC": "none such", "Spotify URL": FULL["Spotify URL"]}) == made


def test_an_update_changes_the_given_columns_only(bench: Bench) -> None:
    before = bench.board.create(FULL)
    after = bench.board.update(before.id, {"BPM": 128, "Album": "LP", "Key": None})
    assert (after.id, after.values) == (before.id, {**before.values, "BPM": 128, "Album": "LP", "Key": None})


def test_an_update_that_says_nothing_tells_what_is_there(bench: Bench) -> None:
    made = bench.board.create(FULL)
    bench.log.clear()
    assert bench.board.update(made.id, {"No such column": 1}) == made
    assert [line.method for line in bench.log.of()] == ["GET"]


def test_nothing_is_found_where_there_is_nothing(bench: Bench) -> None:
    assert bench.board.find({"Spotify ID": "none such"}) is None
    assert bench.board.find({}) is None


def test_the_oldest_of_several_rows_is_found(bench: Bench) -> None:
    first = bench.board.create({"ISRC": "X"})
    bench.board.create({"ISRC": "X"})
    assert bench.board.find({"ISRC": "X"}) == first


@pytest.mark.parametrize(
    ("column", "theirs", "key", "ours"),
    [
        ("Spotify URL", f"https://open.spotify.com/intl-de/track/{'0' * 22}?si=ab", "Spotify ID", "0" * 22),
        ("SoundCloud URL", "https://m.soundcloud.com/Me/One?si=ab", "SoundCloud URL", "https://soundcloud.com/me/one"),
        (
            "YouTube URL",
            "https://youtu.be/0123456789_?t=9",
            "YouTube URL",
            "https://www.youtube.com/watch?v=0123456789_",
        ),
    ],
)
def test_an_address_is_found_in_whatever_way_it_is_spelt(
    bench: Bench, column: str, theirs: str, key: str, ours: str
) -> None:
    row_id = bench.twin.add_row_as_person(bench.source_id, {column: theirs})
    bench.twin.add_row_as_person(bench.source_id, {column: f"{theirs.partition('?')[0]}2"})
    assert found(bench, {key: ours}) == row_id


GONE = {
    "in the trash": lambda bench, row_id: bench.twin.trash_as_person(row_id),
    "deleted for good": lambda bench, row_id: bench.twin.delete_for_good_as_person(row_id),
    "hidden from us alone": lambda bench, row_id: bench.twin.unshare(row_id),
}


@pytest.mark.parametrize("values", [{"BPM": 1}, {}, {"No such column": 1}], ids=str)
@pytest.mark.parametrize("how", GONE)
def test_a_row_thrown_away_is_gone(bench: Bench, how: str, values: dict[str, Any]) -> None:
    row_id = bench.board.create(FULL).id
    GONE[how](bench, row_id)
    assert bench.board.find({"Spotify ID": FULL["Spotify ID"]}) is None
    with pytest.raises(RowGone):
        bench.board.update(row_id, values)


def test_that_a_row_is_gone_costs_three_requests(bench: Bench) -> None:
    row_id = bench.board.create(FULL).id
    bench.twin.trash_as_person(row_id)
    bench.log.clear()
    with pytest.raises(RowGone):
        bench.board.update(row_id, {"BPM": 1})
    assert [line.path.split("/")[2] for line in bench.log.of()] == ["pages", "pages", "databases"]


def test_a_row_taken_out_of_the_trash_is_there_again(bench: Bench) -> None:
    made = bench.board.create(FULL)
    bench.twin.trash_as_person(made.id)
    bench.twin.restore_as_person(made.id)
    assert bench.board.update(made.id, {"BPM": 1}).in_trash is False
    assert found(bench, {"Spotify ID": FULL["Spotify ID"]}) == made.id


def test_no_row_is_gone_when_the_whole_database_is_hidden(bench: Bench) -> None:
    row_id = bench.board.create(FULL).id
    bench.twin.unshare(bench.database_id)
    with pytest.raises(NotFound) as raised:
        bench.board.update(row_id, {"BPM": 1})
    assert not isinstance(raised.value, RowGone)
    assert "database" in str(raised.value)


def test_no_row_is_gone_when_the_database_is_in_the_trash(bench: Bench) -> None:
    row_id = bench.board.create(FULL).id
    bench.twin.trash_as_person(row_id)
    thrown = {"object": "database", "id": bench.database_id, "title": [], "data_sources": [], "in_trash": True}
    bench.order(faults.answer(200, json.dumps(thrown).encode()), route="/v1/databases/*", times=None)
    with pytest.raises(NotFound) as raised:
        bench.board.update(row_id, {"BPM": 1})
    assert not isinstance(raised.value, RowGone)
    assert "trash" in str(raised.value)


def test_no_row_is_gone_when_the_token_is(bench: Bench) -> None:
    row_id = bench.board.create(FULL).id
    bench.twin.token = "ntn_another"
    with pytest.raises(AuthExpired):
        bench.board.update(row_id, {"BPM": 1})


def test_a_row_that_points_to_nothing_is_not_gone_itself(bench: Bench) -> None:
    row_id = bench.board.create(FULL).id
    with pytest.raises((NotFound, Refused)) as raised:
        bench.board.update(row_id, {"Playlists": ["00000000-0000-4000-8000-000000000000"]})
    assert not isinstance(raised.value, RowGone)
    assert bench.board.update(row_id, {"BPM": 1}).values["BPM"] == 1


def test_a_row_of_another_database_is_gone(bench: Bench) -> None:
    elsewhere = bench.twin.create_database("Elsewhere", {"Name": "title"})
    row_id = bench.twin.add_row_as_person(bench.twin.data_source_ids(elsewhere)[0], {"Name": "moved"})
    with pytest.raises(RowGone, match="moved"):
        bench.board.update(row_id, {"BPM": 1})


def test_a_row_of_another_data_source_of_the_same_database_is_not_gone(bench: Bench) -> None:
    beside = bench.twin.add_data_source(bench.database_id, "Beside", {"Name": "title"})
    row_id = bench.twin.add_row_as_person(beside, {"Name": "there"})
    with pytest.raises(Refused):
        bench.board.update(row_id, {"BPM": 1})


def test_a_look_up_that_no_column_can_answer_is_refused(bench: Bench) -> None:
    bench.alter(Spotify_ID=None)
    with pytest.raises(Refused, match="Spotify ID"):
        bench.board.find({"Spotify ID": "x"})


# --- what is read back -----------------------------------------------------------------------------------------------


def test_as_read_is_what_is_read(bench: Bench) -> None:
    values = {
        **FULL,
        "BPM": 127.99999,
        "Genre": "Dub, Techno",
        "Release Date": "2024",
        "Processed At": "2026-11-20T13:00:00.5+01:00",
        "Spotify URL": "none",
        "Fingerprint": "🎧" * 150_000,
        "Locked Fields": ["tempo", "Own", "SPOTIFY LINK"],
        "No such column": 1,
    }
    read = bench.board.as_read(values)
    bench.log.clear()
    assert bench.board.as_read(values) == read
    assert bench.log.of() == []
    made = bench.board.create(values)
    assert read == {ours: value for ours, value in made.values.items() if ours in read}
    assert set(values) - set(read) == {"Spotify URL", "No such column"}
    assert (read["BPM"], read["Genre"], read["Release Date"]) == (128, "Dub", "2024-01-01")
    assert read["Locked Fields"] == ["BPM", "Own", "Spotify URL"]


def test_a_relation_that_is_not_shown_whole_is_no_value(bench: Bench) -> None:
    (playlists,) = [one for one, title in bench.twin.data_source_titles().items() if title == "Playlists"]
    ids = bench.twin.add_rows_as_person(playlists, [{"Name": f"{n}"} for n in range(26)])
    few = bench.board.create({"Playlists": ids[:25]})
    assert few.values["Playlists"] == ids[:25]
    assert "Playlists" not in bench.board.update(few.id, {"Playlists": ids}).values


def test_the_layout_tells_the_columns_apart(bench: Bench) -> None:
    before = bench.board.layout()
    assert before.place == '"Tracks"'
    assert (before.missing, before.mistyped) == ((), ())
    assert before.columns["BPM"].endswith(":number")
    bench.alter(BPM=None, Key={"name": "key"}, ISRC={"number": {}})
    bench.alter(BPM={"number": {}}, Album=None)
    after = bench.board.layout()
    assert after.columns["BPM"] != before.columns["BPM"]
    assert after.columns["Key"] == before.columns["Key"]
    assert after.missing == ("Album",)
    assert after.mistyped == ('The column "ISRC" is number, not rich_text.',)


def test_the_layout_as_it_was_read_last_costs_nothing(bench: Bench) -> None:
    first = bench.board.layout(again=False)
    bench.alter(Album=None)
    bench.log.clear()
    assert bench.board.layout(again=False) == first
    assert bench.log.of() == []
    with_album = {"Title": "A", "Album": "LP"}
    bench.board.create(with_album)  # the refusal shows that it is gone
    assert bench.board.layout(again=False).missing == ("Album",)
    assert bench.board.layout().missing == ("Album",)


def test_relations_to_what_is_not_shared_are_told(bench: Bench) -> None:
    (artists,) = [one for one, title in bench.twin.data_source_titles().items() if title == "Artists"]
    bench.order(faults.answer(404, NOT_SHARED), route=f"/v1/data_sources/{artists}", times=None)
    assert bench.board.layout().mistyped == ('The column "Artist" points to rows that are not shared with us.',)
    check = bench.board.check()
    assert check.level == "warning"
    assert "not shared" in check.text


def test_a_relation_that_notion_hides_is_explained(bench: Bench) -> None:
    (artists,) = [one for one, title in bench.twin.data_source_titles().items() if title == "Artists"]
    bench.twin.unshare(artists)
    check = bench.board.check()
    assert "has no column Artist" in check.text
    assert "not shared" in check.todo
    bench.twin.share(artists)
    assert bench.board.check().level == "ok"


# --- sizes -----------------------------------------------------------------------------------------------------------

TEXTS = ["Album", "Artist Name", "Fingerprint", "Match Evidence", "Source Quality", "Sync Error"]


def test_a_row_too_large_for_a_request_is_written_in_several(bench: Bench) -> None:
    values = {"Title": "A", "ISRC": "X", **dict.fromkeys(TEXTS, "あ" * 100_000)}
    bench.board.as_read({})
    bench.log.clear()
    made = bench.board.create(values)
    assert [line.method for line in bench.log.of()] == ["POST", *["PATCH"] * (len(bench.log.of()) - 1)]
    assert made.values == {**made.values, **values}
    bench.log.clear()
    assert bench.board.update(made.id, values).values == made.values
    assert len(bench.log.of()) == 6
    assert max(bench.sent_bytes) < 500_000


def test_a_large_row_of_which_only_a_part_arrives_is_found_again(bench: Bench) -> None:
    values = {"Title": "A", "ISRC": "X", **dict.fromkeys(TEXTS, "あ" * 100_000)}
    bench.order(faults.rate_limited(3600), method="PATCH")
    with pytest.raises(Unreachable, match="not all of it"):
        bench.board.create(values)
    half = bench.board.find({"ISRC": "X"})
    assert half is not None
    assert bench.board.update(half.id, values).values == {**half.values, **values}


def test_what_is_looked_for_may_be_of_any_length_and_of_any_letters(bench: Bench) -> None:
    source = "web: https://a.example/" + "🎧\ud800" * 2000
    made = bench.board.create({"Download Source": source})
    bench.board.create({"Download Source": source + "2"})
    assert bench.board.find({"Download Source": source}) == made
    assert found(bench, {"Download Source": source + "3"}) is None


# --- a workspace that moves ------------------------------------------------------------------------------------------


def test_a_vanished_column_costs_no_row(bench: Bench) -> None:
    row_id = bench.board.create({"Title": "A"}).id
    bench.alter(BPM=None, Key={"name": "Tonart"})
    assert "BPM" not in bench.board.update(row_id, {"Title": "B", "BPM": 1, "Key": "Am"}).values
    bench.alter(Album=None)
    bench.board.create({"Title": "C", "Album": "LP"})
    bench.alter(ISRC=None)
    assert bench.board.find({"ISRC": "X", "Spotify ID": "Y"}) is None
    assert [row["Title"] for row in bench.rows().values()] == ["B", "C"]


def test_a_column_of_another_type_is_left_alone_and_its_alias_taken(bench: Bench) -> None:
    row_id = bench.board.create({"BPM": 120}).id
    bench.alter(BPM={"rich_text": {}}, Tempo={"number": {}})
    assert bench.board.update(row_id, {"BPM": 121}).values["BPM"] == 121
    assert (bench.rows()[row_id]["BPM"], bench.rows()[row_id]["Tempo"]) == ("", 121)


def test_a_refusal_for_another_reason_is_told_and_not_repeated(bench: Bench) -> None:
    with pytest.raises(Refused, match="valid uuid"):
        bench.board.create({"Playlists": ["no-page"]})
    assert len(bench.log.of(method="POST", path="/v1/pages")) == 1


def test_status_words_are_the_persons(bench: Bench) -> None:
    database_id = seed_tracks_database(bench.twin, status="status")
    board = bench.notion(database_id=database_id)
    made = board.create({"Title": "A", "Status": "Done"})
    assert made.values["Status"] == "Done"
    assert board.update(made.id, {"Status": "Duplicate"}).values["Status"] == "Done"  # an option that they do not have


def test_milliseconds_are_seconds_to_us(bench: Bench) -> None:
    database_id = bench.twin.create_database("Old", {"Name": "title", "Duration (ms)": "number"})
    board = bench.notion(database_id=database_id)
    made = board.create({"Title": "A", "Duration (s)": 215.5})
    assert made.values == {"Title": "A", "Duration (s)": 215.5}
    assert bench.twin.rows(database_id)[made.id] == {"Name": "A", "Duration (ms)": 215500}


def test_the_data_source_with_our_columns_is_chosen(bench: Bench) -> None:
    database_id = bench.twin.create_database("Music", {"Name": "title"})
    ours = bench.twin.add_data_source(database_id, "Tracks", {"Name": "title", "BPM": "number", "ISRC": "rich_text"})
    bench.twin.add_data_source(database_id, "Sets", {"Name": "title", "BPM": "number"})
    board = bench.notion(database_id=database_id)
    assert board.fit().data_source_id == ours
    assert 'data source "Tracks"' in board.check().text
    board.create({"Title": "A", "BPM": 1, "ISRC": "X"})
    assert board.find({"ISRC": "X"}).id in bench.twin.rows(database_id)
    assert board.layout().place == 'data source "Tracks" of database "Music"'


# --- check -----------------------------------------------------------------------------------------------------------


def test_checks_a_whole_database(bench: Bench) -> None:
    check = bench.board.check()
    assert (check.level, check.todo) == ("ok", "")
    assert '"Tracks"' in check.text


def test_checks_what_is_missing(bench: Bench) -> None:
    bench.board.create({"Title": "read before it changed"})
    bench.alter(BPM=None, ISRC={"number": {}})
    check = bench.board.check()
    assert check.level == "warning"
    assert "BPM" in check.text
    assert 'column "ISRC" is number, not rich_text' in check.text
    assert check.todo


@pytest.mark.parametrize(
    ("fault", "token", "database_id", "hint"),
    [
        (None, "ntn_wrong", None, "NOTION_TOKEN"),
        (None, SANDBOX_TOKEN, "0" * 32, "TRACKS_DB_ID"),
        (faults.reset(), SANDBOX_TOKEN, None, "Try again"),
        (faults.rate_limited(999), SANDBOX_TOKEN, None, "Try again"),
    ],
)
def test_checks_and_raises_nothing(
    bench: Bench, fault: Fault | None, token: str, database_id: str | None, hint: str
) -> None:
    if fault is not None:
        bench.order(fault, route="*", times=None)
    check = bench.notion(token, database_id).check()
    assert check.level == "problem"
    assert hint in check.todo


# --- faults ----------------------------------------------------------------------------------------------------------

PASSING = {
    "429 with a short wait": faults.rate_limited(2),
    "429 without a word": faults.rate_limited(),
    "503": faults.server_error(503),
    "529": faults.server_error(529),
    "HTML 200": faults.html(200),
    "HTML 502": faults.html(502),
    "reset": faults.reset(),
    "lost": faults.lost(),
    "slow": faults.slow(60),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_harms_no_update(bench: Bench, name: str) -> None:
    row_id = bench.board.create({"Title": "A"}).id
    bench.order(PASSING[name], method="PATCH")
    assert bench.board.update(row_id, {"BPM": 128}).values["BPM"] == 128
    assert len(bench.slept_s) == 1


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_harms_no_look_up(bench: Bench, name: str) -> None:
    row_id = bench.board.create({"ISRC": "X"}).id
    bench.order(PASSING[name], route="/v1/data_sources/*/query")
    assert found(bench, {"ISRC": "X"}) == row_id


LASTING: dict[str, tuple[Fault, type[Exception]]] = {
    "429 with a long wait": (faults.rate_limited(3600), RateLimited),
    "429 for ever": (faults.rate_limited(1), RateLimited),
    "529 for ever": (faults.server_error(529), RateLimited),
    "503 for ever": (faults.server_error(503), Unreachable),
    "HTML for ever": (faults.html(502), Unreachable),
    "401": (faults.answer(401, b'{"code": "unauthorized", "message": "API token is invalid."}'), AuthExpired),
    "403": (faults.answer(403, b'{"code": "restricted_resource", "message": "Not allowed."}'), Refused),
}


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_fault_is_told_by_its_name(bench: Bench, name: str) -> None:
    fault, expected = LASTING[name]
    row_id = bench.board.create({"ISRC": "X"}).id
    bench.order(fault, route="*", times=None)
    for act in (lambda: bench.board.update(row_id, {"BPM": 1}), lambda: bench.board.find({"ISRC": "X"})):
        with pytest.raises(expected) as raised:
            act()
        assert type(raised.value) is expected
    with pytest.raises(expected):
        bench.board.create({"ISRC": "Y"})
    assert len(bench.rows()) == 1


def test_a_long_wait_is_told_in_seconds(bench: Bench) -> None:
    bench.order(faults.rate_limited(3600), route="*")
    with pytest.raises(RateLimited) as raised:
        bench.board.find({"ISRC": "X"})
    assert raised.value.retry_after_s == 3600
    assert bench.slept_s == []


@pytest.mark.parametrize("name", [name for name in PASSING if not name.startswith(("429", "529"))])
def test_a_create_of_unknown_end_is_never_repeated_and_can_be_looked_up(bench: Bench, name: str) -> None:
    bench.order(PASSING[name], method="POST")
    with pytest.raises(Unreachable, match="looked up"):
        bench.board.create({"Title": "A", "ISRC": "X"})
    assert found(bench, {"ISRC": "X"}) in {None, *bench.rows()}
    assert len(bench.rows()) <= 1


def test_a_create_whose_answer_is_lost_leaves_one_row_that_is_found(bench: Bench) -> None:
    bench.order(faults.lost(), method="POST")
    with pytest.raises(Unreachable):
        bench.board.create({"Title": "A", "ISRC": "X"})
    assert list(bench.rows()) == [found(bench, {"ISRC": "X"})]


def test_a_create_that_was_refused_for_its_rate_is_repeated(bench: Bench) -> None:
    bench.order(faults.rate_limited(2), method="POST")
    bench.board.create({"Title": "A"})
    assert bench.slept_s == [2.0]
    assert len(bench.rows()) == 1


def test_an_outage_of_reading_the_schema_ends(bench: Bench) -> None:
    bench.order(faults.server_error(500), route="/v1/databases/*", times=None)
    with pytest.raises(Transient):
        bench.board.create({"Title": "A"})
    bench.faults.clear()
    bench.board.create({"Title": "A"})
    assert len(bench.rows()) == 1
