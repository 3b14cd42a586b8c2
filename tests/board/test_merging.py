"""Who wins a cell: tables for every rule, and what holds for any row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.board.merging import Known, Merged, differs, is_link, merge, needs_a_look, taken_over
from daemon.board.owners import OWNERS, owner_of
from daemon.board.remembered import is_empty, remembered, same

LONG = "fingerprint " * 50


def known(seen: Mapping[str, Any], wrote: Mapping[str, Any] | None = None, theirs=(), meant=None) -> Known:
    return Known(seen=seen, wrote=seen if wrote is None else wrote, theirs=frozenset(theirs), meant=meant or {})


def merged(write=None, edits=None, restored=(), agreed=None) -> Merged:
    return Merged(write=write or {}, edits=edits or {}, restored=frozenset(restored), agreed=agreed or {})


NEW = known({}, {})
CAME = {"Title": "B"}


@pytest.mark.parametrize(
    ("wanted", "what_we_know", "there", "expected"),
    [
        # nothing differs
        ({"Title": "A", "Status": "Done"}, known({"Title": "A", "Status": "Done"}), None, merged()),
        # we have something new to say
        ({"Title": "A", "Album": None, "Downloaded": False}, NEW, None, merged({"Title": "A"})),
        ({"Title": "B"}, known({"Title": "A"}), None, merged({"Title": "B"})),
        ({"Title": "B"}, known({"Title": "A"}), {"Title": "A"}, merged({"Title": "B"})),
        ({"Status": "Done"}, known({"Status": "Queued"}), {"Status": "Queued"}, merged({"Status": "Done"})),
        # clearing: only what we wrote
        ({"Album": None}, known({"Album": "A"}), None, merged({"Album": None})),
        ({"Album": None}, known({"Album": "A"}, {}), None, merged()),
        ({"Sync Error": None}, known({"Sync Error": "old"}, {}), {"Sync Error": "old"}, merged()),
        ({"Downloaded": False}, known({"Downloaded": True}), None, merged({"Downloaded": False})),
        # rows that were adopted: what is there is as good as written, until we know better
        ({"BPM": 126.0}, known({"BPM": 126}, {}), None, merged()),
        ({"BPM": 126.5}, known({"BPM": 126}, {}), None, merged({"BPM": 126.5})),
        ({"BPM": 126.5}, NEW, {"BPM": 126.5}, merged()),
        # what was written is read back otherwise (cut, rounded, refused): not written again
        ({"Status": "Metadata only"}, known({"Status": "Queued"}, {"Status": "Metadata only"}), None, merged()),
        ({"Fingerprint": LONG}, known({"Fingerprint": LONG[:99]}, {"Fingerprint": remembered(LONG)}), None, merged()),
        # the person's
        ({"Redo": False, "Last Used": "2026-01-01", "My own": 1}, NEW, None, merged()),
        ({"Redo": False}, known({"Redo": True}), {"Redo": True}, merged()),
        # shared: an edit stays
        ({"Title": "A"}, known({"Title": "A"}), {"Title": "B"}, merged(edits={"Title": "B"})),
        ({"Title": "C"}, known({"Title": "A"}), {"Title": "B"}, merged(edits={"Title": "B"})),
        ({"Title": "A"}, known({"Title": "A"}), {"Title": None}, merged(edits={"Title": None})),
        ({"Title": "A"}, known({"Title": None}, {}), {"Title": "B"}, merged(edits={"Title": "B"})),
        ({}, known({"Artist": ["a"]}), {"Artist": ["b"]}, merged(edits={"Artist": ["b"]})),
        ({"Title": "A"}, known({"Title": "A"}), {"Title": "A", "My own": 2}, merged()),
        # shared: theirs from then on
        ({"Title": "A"}, known({"Title": "B"}, {"Title": "A"}, {"Title"}), {"Title": "B"}, merged()),
        ({"Title": "C"}, known({"Title": "B"}, {"Title": "A"}, {"Title"}), None, merged()),
        ({"Title": None}, known({"Title": "B"}, {"Title": "A"}, {"Title"}), None, merged()),
        ({"Title": "B"}, known({"Title": "B"}, {}, {"Title"}), {"Title": "C"}, merged(edits={"Title": "C"})),
        ({"BPM": None}, known({"BPM": 174}, {}, {"BPM"}), {"BPM": None}, merged(edits={"BPM": None})),
        # shared: what we want as well is no edit
        ({"Title": "B"}, known({"Title": "A"}, {"Title": "B"}), {"Title": "B"}, merged()),
        ({"Title": "B"}, known({"Title": "A"}), {"Title": "B"}, merged(agreed={"Title": "B"})),
        ({"Title": "B"}, known({"Title": None}, {}), {"Title": "B"}, merged()),
        (
            {"Release Date": "2026-01-01T10:00:00+00:00"},
            known({"Release Date": None}, {}),
            {"Release Date": "2026-01-01T10:00:00Z"},
            merged(),
        ),
        # shared: gone or unreadable now
        ({"Title": "A"}, known({"Title": "A"}), {}, merged()),
        ({"Title": "B"}, known({"Title": "A"}), {}, merged({"Title": "B"})),
        ({"Artist": ["a"]}, NEW, {}, merged()),
        ({"Artist": ["a"]}, NEW, {"Artist": []}, merged({"Artist": ["a"]})),
        # ours: put right again
        (
            {"Sync Error": "x"},
            known({"Sync Error": "x"}),
            {"Sync Error": "y"},
            merged({"Sync Error": "x"}, None, {"Sync Error"}),
        ),
        (
            {"Downloaded": True},
            known({"Downloaded": True}),
            {"Downloaded": False},
            merged({"Downloaded": True}, None, {"Downloaded"}),
        ),
        (
            {"Eagle File ID": None},
            known({"Eagle File ID": None}),
            {"Eagle File ID": "y"},
            merged({"Eagle File ID": None}, None, {"Eagle File ID"}),
        ),
        ({"Eagle File ID": None}, known({"Eagle File ID": None}, {}), {"Eagle File ID": "y"}, merged()),
        (
            {"Eagle File ID": "z"},
            known({"Eagle File ID": None}, {}),
            {"Eagle File ID": "y"},
            merged({"Eagle File ID": "z"}, None, {"Eagle File ID"}),
        ),
        ({"Status": "Done"}, known({"Status": "Queued"}), {"Status": "Done"}, merged(agreed={"Status": "Done"})),
        ({"Status": "Done"}, known({"Status": "Queued"}, {}), {"Status": "Done"}, merged(agreed={"Status": "Done"})),
        ({"Status": "Done"}, known({"Status": "Done"}, {"Status": "Queued"}), None, merged(agreed={"Status": "Done"})),
        # ours: the person's orders stand, until they are taken in
        (
            {"Status": "Done"},
            known({"Status": "Done"}),
            {"Status": "Queued"},
            merged({"Status": "Done"}, None, {"Status"}),
        ),
        ({"Status": "Done"}, known({"Status": "Done"}), {"Status": "Rejected"}, merged()),
        ({"Status": "Done"}, known({"Status": "Queued"}), {"Status": "Skip"}, merged()),
        ({"Status": "Queued"}, known({"Status": "Skip"}), {"Status": "Skip"}, merged({"Status": "Queued"})),
        # filled once
        ({"Playlists": ["p"]}, NEW, None, merged({"Playlists": ["p"]})),
        ({"Playlists": ["p"]}, known({"Playlists": []}, {}), {"Playlists": []}, merged({"Playlists": ["p"]})),
        ({"Playlists": ["p"]}, known({"Playlists": []}, {}), {"Playlists": ["q"]}, merged(agreed={"Playlists": ["q"]})),
        ({"Playlists": ["p"]}, known({"Playlists": ["q"]}, {}), {"Playlists": []}, merged(agreed={"Playlists": []})),
        ({"Playlists": ["p"]}, known({"Playlists": []}, {}), {}, merged()),
        ({"Playlists": ["p", "r"]}, known({"Playlists": []}, {"Playlists": ["p"]}), {"Playlists": []}, merged()),
        ({"Playlists": []}, NEW, None, merged()),
        # locked
        ({"Title": "B"}, known({"Title": "A"}), {"Title": "A", "Locked Fields": [" title"]}, merged()),
        (
            {"Title": "B"},
            known({"Title": "A"}),
            {"Title": "C", "Locked Fields": ["Title"]},
            merged(edits={"Title": "C"}),
        ),
        ({"Status": "B"}, known({"Status": "A"}), {"Status": "C", "Locked Fields": ["STATUS"]}, merged()),
        ({"Title": "B"}, known({"Title": "A", "Locked Fields": ["Title"]}), None, merged()),
        ({"Title": "B"}, known({"Title": "A", "Locked Fields": ["Title"]}), {"Title": "A"}, merged()),
        (
            {"Title": "B"},
            known({"Title": "A", "Locked Fields": ["Title"]}),
            {"Title": "A", "Locked Fields": []},
            merged({"Title": "B"}),
        ),
        # our own writing, whose answer was lost
        (
            {"Title": "C"},
            known({"Title": "A"}, meant={"Title": "B"}),
            {"Title": "B"},
            merged({"Title": "C"}, agreed=CAME),
        ),
        (
            {"Title": "A"},
            known({"Title": "A"}, meant={"Title": "B"}),
            {"Title": "B"},
            merged({"Title": "A"}, agreed=CAME),
        ),
        ({"Title": "B"}, known({"Title": "A"}, meant={"Title": "B"}), {"Title": "B"}, merged(agreed=CAME)),
        ({}, known({"Title": "A"}, meant={"Title": "B"}), {"Title": "B"}, merged(agreed=CAME)),
        ({"Title": "A"}, known({}, {"Title": "A"}, meant=CAME), CAME, merged({"Title": "A"}, agreed=CAME)),
        (
            {"Title": None},
            known({"Title": None}, {}, meant={"Title": "B"}),
            {"Title": "B"},
            merged({"Title": None}, agreed=CAME),
        ),
        ({"Title": "A"}, known({"Title": "A"}, meant={"Title": "B"}), {"Title": "D"}, merged(edits={"Title": "D"})),
        ({"Title": "A"}, known({"Title": "A"}, meant={"Title": "B"}), None, merged({"Title": "A"})),
        ({"Playlists": ["p"]}, known({}, {}, meant={"Playlists": ["p"]}), None, merged({"Playlists": ["p"]})),
        (
            {"Playlists": ["p"]},
            known({}, {}, meant={"Playlists": ["p"]}),
            {"Playlists": []},
            merged({"Playlists": ["p"]}),
        ),
        (
            {"Playlists": ["p"]},
            known({}, {}, meant={"Playlists": ["p"]}),
            {"Playlists": ["p"]},
            merged(agreed={"Playlists": ["p"]}),
        ),
    ],
)
def test_who_wins(wanted, what_we_know, there, expected):
    assert merge(wanted, what_we_know, there) == expected


@pytest.mark.parametrize(
    ("columns", "looks"),
    [((), False), (("Status", "Sync Error"), False), (("Status", "BPM"), True), (("Playlists",), True)],
)
def test_a_row_is_read_first_where_the_person_may_have_edited_it(columns, looks):
    assert needs_a_look(merged(dict.fromkeys(columns, "x"))) is looks


@pytest.mark.parametrize(
    ("there", "is_different"),
    [
        ({}, False),
        ({"Title": "A", "Redo": False, "Album": None}, False),
        ({"Title": "B"}, True),
        ({"Redo": True}, True),
        ({"Locked Fields": ["BPM"]}, True),
        ({"Fingerprint": LONG}, False),
        ({"Fingerprint": LONG + "."}, True),
        ({"My own": 1}, False),
    ],
)
def test_the_cheap_test(there, is_different):
    assert differs(known({"Title": "A", "Fingerprint": remembered(LONG), "Status": "Done"}), there) is is_different


def test_what_is_filled_in_a_row_of_the_persons_is_theirs():
    there = {"Title": "A", "Album": None, "BPM": 0, "Status": "Queued", "Playlists": ["p"], "Redo": True, "My own": 1}

    assert taken_over(there) == {"Title", "BPM"}
    assert taken_over({"Title": "https://youtu.be/abc", "Spotify URL": "https://open.spotify.com/track/a"}) == {
        "Spotify URL"
    }


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://youtu.be/abc", True),
        (" http://soundcloud.com/a/b ", True),
        ("soundcloud.com/a/b", True),
        ("spotify:track:4uLU6hMCjMI75M1A2tKUQC", True),
        ("Ada - https://youtu.be/abc", False),
        ("AC/DC", False),
        ("Mr. Brightside", False),
        ("a.b", False),
        ("", False),
        (None, False),
    ],
)
def test_a_title_that_is_only_a_link(text, is_one):
    assert is_link(text) is is_one


@pytest.mark.parametrize(
    ("column", "owner"),
    [("Status", "daemon"), ("Camelot", "shared"), ("Playlists", "once"), ("Redo", "person"), ("Theirs", "person")],
)
def test_owners(column, owner):
    assert owner_of(column) == owner


# --- values ---


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        (None, "", True),
        (None, [], True),
        ("", [], True),
        (None, False, True),
        (None, 0, False),
        (False, 0, False),
        (True, 1, False),
        (True, True, True),
        (1, 1.0000005, True),
        (1, 1.00001, False),
        (1, "1", False),
        (float("inf"), float("inf"), True),
        (["a", "b"], ["b", "a"], True),
        (["a", "b"], ("b", "a", "a"), True),
        (["a"], ["a", "b"], False),
        (["a"], "a", False),
        (LONG, remembered(LONG), True),
        (remembered(LONG), remembered(LONG), True),
        (remembered(LONG), LONG + ".", False),
        (remembered(LONG), "short", False),
        (remembered(LONG), None, False),
        ("2026-01-01T10:00:00.000Z", "2026-01-01T11:00:00+01:00", True),
        ("2026-01-01T10:00", "2026-01-01T10:00:00+00:00", True),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:01:00Z", False),
        ("2024-03-01", "2024-03-01", True),
        ("2024-03-01", "2024-03-01T00:00:00Z", False),
        ("2024-03-01T99:99", "2024-03-01T99:99:00", False),
        ("A", "a", False),
    ],
)
def test_values_that_say_the_same(a, b, alike):
    assert same(a, b) is alike
    assert same(b, a) is alike


def test_a_long_text_is_remembered_by_its_digest():
    assert remembered("x" * 200) == "x" * 200
    assert set(remembered("x" * 201)) == {"sha256"}
    assert remembered(remembered(LONG)) == remembered(LONG)
    assert remembered(["x" * 201]) == ["x" * 201]
    assert remembered("\ud800" * 201) != remembered("\ud801" * 201)


@pytest.mark.parametrize(
    ("value", "empty"), [(None, True), ("", True), ([], True), (False, True), (0, False), (" ", False), (["a"], False)]
)
def test_empty(value, empty):
    assert is_empty(value) is empty


# --- what holds for any row ---

TEXTS = ("Title", "Album", "Status", "Sync Error", "Fingerprint", "Redo", "My own")
LISTS = ("Artist", "Playlists")
NUMBERS = ("BPM", "BPM Confidence")
texts = st.sampled_from([None, "", "a", "b", "Skip", "Rejected", "Queued", "Done", LONG, LONG + "."])
lists = st.sampled_from([[], ["p"], ["q"], ["p", "q"], ["q", "p"]])
numbers = st.sampled_from([None, 0, 87.0, 174, 174.0000001])


def cells(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    kinds = {**dict.fromkeys(TEXTS, texts), **dict.fromkeys(LISTS, lists), **dict.fromkeys(NUMBERS, numbers), **more}
    return st.fixed_dictionaries({}, optional=kinds)


LOCKS = st.sampled_from([[], ["title"], ["BPM", "Status"], ["Playlists", "ALBUM"]])
rows = cells(**{"Locked Fields": LOCKS})
shared = st.frozensets(
    st.sampled_from([column for column in (*TEXTS, *LISTS, *NUMBERS) if owner_of(column) == "shared"])
)
knowns = st.builds(
    lambda seen, wrote, theirs, meant: Known(
        seen={column: remembered(value) for column, value in seen.items()},
        wrote={column: remembered(value) for column, value in wrote.items()},
        theirs=theirs,
        meant={column: remembered(value) for column, value in meant.items()},
    ),
    rows,
    cells(),
    shared,
    st.one_of(st.just({}), cells()),
)


@given(cells(), knowns, st.none() | rows)
def test_what_is_the_persons_is_never_written(wanted, what_we_know, there):
    done = merge(wanted, what_we_know, there)

    locked = (there or {}).get("Locked Fields", what_we_know.seen.get("Locked Fields")) or ()
    assert done.write.keys() <= wanted.keys()
    assert not done.write.keys() & what_we_know.theirs
    assert not {column.casefold() for column in done.write} & {name.casefold() for name in locked}
    assert not [column for column in done.write if owner_of(column) == "person"]
    assert not done.write.keys() & done.edits.keys()
    assert all(same(done.write[column], wanted[column]) for column in done.write)


@given(cells(), knowns, rows)
def test_an_edit_is_a_shared_cell_that_is_not_as_it_was_seen(wanted, what_we_know, there):
    done = merge(wanted, what_we_know, there)

    for column, value in done.edits.items():
        assert owner_of(column) == "shared"
        assert value == there[column]
        assert not same(value, what_we_know.seen.get(column))
    for column in there.keys() & what_we_know.seen.keys() & wanted.keys():
        changed = not same(there[column], what_we_know.seen[column]) and column not in what_we_know.meant
        if owner_of(column) == "shared" and changed and not same(there[column], wanted[column]):
            assert column in done.edits


@given(cells(), knowns, st.none() | rows)
def test_nothing_is_cleared_that_we_never_wrote(wanted, what_we_know, there):
    done = merge(wanted, what_we_know, there)

    for column, value in done.write.items():
        if is_empty(value):
            assert column in what_we_know.wrote or column in what_we_know.meant


@given(cells(), knowns, rows)
def test_what_is_restored_is_ours_and_was_changed(wanted, what_we_know, there):
    done = merge(wanted, what_we_know, there)

    assert done.restored <= done.write.keys()
    for column in done.restored:
        assert owner_of(column) == "daemon"
        assert not same(there[column], wanted[column])
        assert not (column == "Status" and there[column] in ("Skip", "Rejected"))


@given(cells(), knowns, rows)
def test_once_written_there_is_nothing_left_to_write(wanted, what_we_know, there):
    done = merge(wanted, what_we_know, there)
    now = {**there, **done.write}
    after = Known(
        seen={**what_we_know.seen, **{column: remembered(value) for column, value in now.items()}},
        wrote={**what_we_know.wrote, **done.agreed, **done.write},
        theirs=what_we_know.theirs | done.edits.keys(),
    )

    again = merge(wanted, after, now)

    orders = {"Status"} if there.get("Status") in ("Skip", "Rejected") else set()  # the caller's to take in first
    assert again.write.keys() <= orders
    assert not again.edits
    assert not again.restored
    assert not differs(after, now)


@given(cells(), knowns, rows)
def test_after_writing_every_cell_that_is_ours_says_what_we_want(wanted, what_we_know, there):
    """Unless it was written before and stands there as we last saw it: cut, or refused."""
    done = merge(wanted, what_we_know, there)
    now = {**there, **done.write}

    for column, value in wanted.items():
        if owner_of(column) != "daemon" or is_empty(value) or column not in there or "Locked Fields" in there:
            continue
        if "Locked Fields" in what_we_know.seen or there.get("Status") in ("Skip", "Rejected"):
            continue
        if same(what_we_know.wrote.get(column), value):
            continue
        assert same(now[column], value)


@dataclass
class Life:
    """A row, the person at it, and a ledger that takes in before it writes; any answer may be lost."""

    row: dict[str, Any] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    wrote: dict[str, Any] = field(default_factory=dict)
    meant: dict[str, Any] = field(default_factory=dict)
    theirs: set[str] = field(default_factory=set)
    typed: dict[str, Any] = field(default_factory=dict)
    """What the person typed last, by column, where it was another value than any that we ever wanted."""
    wishes: dict[str, list[Any]] = field(default_factory=dict)

    def known(self) -> Known:
        return Known(seen=self.seen, wrote=self.wrote, theirs=frozenset(self.theirs), meant=self.meant)

    def want(self, column: str, value: Any) -> None:
        self.wanted[column] = value
        self.wishes.setdefault(column, []).append(value)

    def type(self, column: str, value: Any) -> None:
        if same(self.row.get(column), value):
            return
        self.row[column] = self.typed[column] = value
        if column not in self.theirs and same(value, self.seen[column]):
            del self.typed[column]  # it is as it was, and nobody can know better

    def take_in(self) -> None:
        done = merge(self.wanted, self.known(), self.row)
        self.seen |= self.row
        self.wrote |= done.agreed | {column: self.row[column] for column in done.restored}
        self.theirs |= done.edits.keys()
        self.meant = {}

    def carry(self, arrives: bool, answers: bool) -> None:
        done = merge(self.wanted, self.known(), None)
        if needs_a_look(done):
            self.take_in()
            done = merge(self.wanted, self.known(), self.row)
        self.meant = dict(done.write)
        if arrives:
            self.row |= done.write
        if arrives and answers:
            self.seen |= done.write
            self.wrote |= done.agreed | done.write
            self.meant = {}

    def poll(self) -> None:
        if differs(self.known(), self.row):
            self.take_in()


SAID: dict[str, list[Any]] = {
    "Title": ["A", "B", "C"],
    "BPM": [None, 87.0, 174.0],
    "Sync Error": [None, "x", "y"],
    "Status": ["Queued", "Done", "Failed"],
    "Playlists": [[], ["p"], ["q"]],
}
said = st.sampled_from(list(SAID)).flatmap(lambda column: st.tuples(st.just(column), st.sampled_from(SAID[column])))
events = st.lists(
    st.one_of(
        st.tuples(st.just("want"), said),
        st.tuples(st.just("type"), said),
        st.tuples(st.just("carry"), st.tuples(st.booleans(), st.booleans())),
        st.tuples(st.just("poll"), st.just(())),
    ),
    max_size=25,
)


@given(events)
def test_whatever_is_lost_every_cell_says_in_the_end_what_it_should(happened):
    life = Life(row=dict.fromkeys(SAID), seen=dict.fromkeys(SAID))
    for name, how in happened:
        getattr(life, name)(*how)
    for _ in range(3):
        life.poll()
        life.carry(True, True)

    written = dict(life.row)
    life.carry(True, True)
    assert life.row == written
    for column, value in life.wanted.items():
        owner, typed = owner_of(column), column in life.typed
        if not is_empty(value) and (owner == "daemon" or (owner == "shared" and not typed)):
            assert same(life.row[column], value)
        if owner == "shared" and typed and not any(same(life.typed[column], wish) for wish in life.wishes[column]):
            assert same(life.row[column], life.typed[column])


def test_every_owner_is_known():
    assert set(OWNERS.values()) == {"daemon", "shared", "once", "person"}
