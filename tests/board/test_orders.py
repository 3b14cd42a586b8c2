"""What the person orders by what they write into a row."""

from __future__ import annotations

from datetime import datetime

import pytest

from daemon.board.merging import Known
from daemon.board.orders import (
    Adopt,
    Dismiss,
    KnownAs,
    Later,
    Nothing,
    Pin,
    Redo,
    Search,
    Take,
    Unpin,
    new_row_asks,
    orders_in,
    ref_to,
    standing_of,
)
from daemon.models import BoardRow, Service, Status, Track, TrackRef

SEEN = {
    "Status": "Failed",
    "Redo": False,
    "Spotify ID": "aaa",
    "Spotify URL": "spotify/aaa",
    "SoundCloud URL": None,
    "YouTube URL": "youtube/vvv",
}
ROW_ID = "1b2c3d4e-0000-4000-8000-00000000abcd"


def ref(address: str) -> TrackRef:
    """Of `service/id?whatever`."""
    service, _, own_id = address.split("?")[0].rpartition("/")
    return TrackRef(service=Service(service or "spotify"), id=own_id, url=address, found_in="notion")


def of_address(column: str, text: str) -> TrackRef | None:
    assert column in SEEN
    return None if " " in text else ref(text)


def ordered(there, status=Status.FAILED, seen=SEEN, meant=None):
    known = Known(seen=seen, wrote=seen, theirs=frozenset(), meant=meant or {})
    return orders_in(known, {**SEEN, **there}, status, of_address)


@pytest.mark.parametrize(
    ("there", "status", "orders"),
    [
        ({}, Status.FAILED, []),
        ({"Redo": True}, Status.FAILED, [Redo()]),
        ({"Redo": True}, Status.DONE, [Redo()]),
        ({"Status": "Rejected"}, Status.DONE, [Dismiss(Status.REJECTED)]),
        ({"Status": "Skip"}, Status.FAILED, [Dismiss(Status.SKIP)]),
        ({"Status": "Skip"}, Status.REJECTED, [Dismiss(Status.SKIP)]),
        ({"Status": "Rejected"}, Status.REJECTED, []),
        ({"Status": "Rejected", "Redo": True}, Status.DONE, [Dismiss(Status.REJECTED)]),
        ({"Status": "Rejected", "Redo": True}, Status.REJECTED, [Redo()]),
        *(
            ({"Status": "Queued"}, status, [Redo()])
            for status in (Status.FAILED, Status.NEEDS_REVIEW, Status.METADATA_ONLY, Status.REJECTED, Status.SKIP)
        ),
        *(
            ({"Status": "Queued"}, status, [])
            for status in (Status.DONE, Status.QUEUED, Status.PROCESSING, Status.DUPLICATE)
        ),
        ({"Status": "Queued", "Redo": True}, Status.FAILED, [Redo()]),
        ({"Status": "Done"}, Status.FAILED, []),
        ({"Status": None}, Status.FAILED, []),
        ({"SoundCloud URL": "soundcloud/s"}, Status.DONE, [Pin(ref("soundcloud/s"))]),
        ({"YouTube URL": "youtube/w"}, Status.DONE, [Pin(ref("youtube/w"))]),
        ({"YouTube URL": None}, Status.DONE, [Unpin(Service.YOUTUBE)]),
        ({"YouTube URL": "youtube/vvv?t=30"}, Status.DONE, []),
        ({"YouTube URL": "a playlist"}, Status.DONE, []),
        ({"Spotify ID": "bbb"}, Status.DONE, [KnownAs(ref("bbb"))]),
        ({"Spotify ID": "bbb", "Spotify URL": "spotify/bbb"}, Status.DONE, [KnownAs(ref("bbb"))]),
        (
            {"Spotify ID": "bbb", "Spotify URL": "spotify/ccc"},
            Status.DONE,
            [KnownAs(ref("bbb")), KnownAs(ref("spotify/ccc"))],
        ),
        ({"Spotify URL": "spotify/aaa?si=1", "Spotify ID": None}, Status.DONE, []),
        (
            {"Redo": True, "YouTube URL": None, "SoundCloud URL": "soundcloud/s"},
            Status.DONE,
            [Pin(ref("soundcloud/s")), Unpin(Service.YOUTUBE), Redo()],
        ),
        ({"Title": "Other", "BPM": 174, "Locked Fields": ["BPM"], "My own": 1}, Status.DONE, []),
    ],
)
def test_orders_on_a_row_that_we_know(there, status, orders):
    assert ordered(there, status) == orders


def test_a_redo_that_was_seen_is_no_second_order():
    assert ordered({"Redo": True}, seen={**SEEN, "Redo": True}) == []


def test_what_was_never_seen_is_no_pin_and_no_run_but_an_order_to_stop_is_obeyed():
    assert ordered({"Status": "Queued", "YouTube URL": "youtube/w", "Spotify ID": "bbb"}, seen={}) == []
    assert ordered({"Status": "Skip"}, seen={}) == [Dismiss(Status.SKIP)]
    assert ordered({"Redo": True}, seen={}) == [Redo()]


def test_an_order_to_stop_that_was_seen_is_not_given_again():
    assert ordered({"Status": "Skip"}, Status.QUEUED, seen={**SEEN, "Status": "Skip"}) == []


def test_an_address_too_long_to_be_remembered_whole_is_compared_all_the_same():
    seen = {**SEEN, "YouTube URL": {"sha256": "0" * 64}}

    assert ordered({"YouTube URL": "youtube/w"}, seen=seen) == [Pin(ref("youtube/w"))]


def test_our_own_writing_whose_answer_was_lost_is_no_order():
    meant = {"Status": "Rejected", "YouTube URL": "youtube/w"}

    assert ordered(meant, Status.DONE, meant=meant) == []


def test_a_column_that_is_gone_orders_nothing():
    known = Known(seen=SEEN, wrote={}, theirs=frozenset())

    assert orders_in(known, {"Title": "Night Ferry"}, Status.FAILED, of_address) == []


# --- rows that we do not know ---

FIRST_CONTACT = "2026-11-20T12:00:00+00:00"
BEFORE, AFTER = "2026-11-20T12:00:00.000Z", "2026-11-20T12:01:00.000Z"
EDITED = "2026-11-20T13:00:00.000Z"
RESTED = datetime.fromisoformat(EDITED).timestamp() + 180
LINK = "https://www.youtube.com/watch?v=nightferry1"
LINKED = TrackRef(service=Service.YOUTUBE, id="nightferry1", url=LINK, found_in="notion")
NAMED = {"Title": "Night Ferry", "Artist Name": "Ada Reyes, Kilo Nine"}


def row(values, address=None, created=AFTER, in_trash=False) -> BoardRow:
    return BoardRow(id=ROW_ID, created_at=created, edited_at=EDITED, values=values, ref=address, in_trash=in_trash)


def asks(there: BoardRow, now=RESTED, first_contact=FIRST_CONTACT):
    def link_of_title(title):
        return LINKED if title == LINK else None

    from_before = first_contact is not None and there.created_at[:16] <= first_contact[:16]
    return new_row_asks(there, now=now, from_before=from_before, link_of_title=link_of_title)


def itself(**told) -> TrackRef:
    url = "https://www.notion.so/1b2c3d4e00004000800000000000abcd"
    return TrackRef(service=Service.NOTION, id=ROW_ID, url=url, found_in="notion", told=Track(**told))


FOUND = Search(itself(title="Night Ferry", artists=("Ada Reyes", "Kilo Nine")))


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        # somebody worked on it
        (row({**NAMED, "Status": "Done"}, LINKED), Adopt(Status.DONE)),
        (row({**NAMED, "Downloaded": True}, LINKED), Adopt(Status.DONE)),
        (row({**NAMED, "Status": "Failed"}), Adopt(Status.FAILED)),
        (row({**NAMED, "Status": "Rejected"}, LINKED), Adopt(Status.REJECTED)),
        (row({**NAMED, "Status": "Skip"}), Adopt(Status.SKIP)),
        (row({**NAMED, "Status": "Skip", "Redo": True}, LINKED), Adopt(Status.SKIP)),
        (row({**NAMED, "Status": "Done", "Redo": True}, LINKED), Take(LINKED)),
        (row({**NAMED, "Downloaded": True, "Status": "Queued"}, LINKED), Adopt(Status.DONE)),
        (row({"Status": "Done"}), Nothing()),
        # an address
        (row({}, LINKED), Take(LINKED)),
        (row(NAMED, LINKED), Take(LINKED)),
        (row({"Status": "Queued"}, LINKED, created=BEFORE), Take(LINKED)),
        (row({"Status": "Processing"}, LINKED), Nothing()),
        (row({"Status": "Wishlist"}, LINKED), Nothing()),
        (row({"Status": "Wishlist", "Redo": True}, LINKED), Take(LINKED)),
        (row({}, LINKED, in_trash=True), Nothing()),
        # a link for a title
        (row({"Title": f" {LINK} "}), Take(LINKED)),
        (row({"Title": "https://www.youtube.com/playlist?list=x", "Artist Name": "Ada"}), Nothing()),
        # names
        (row(NAMED), FOUND),
        (row({"Title": "Ada Reyes, Kilo Nine - Night Ferry"}), FOUND),
        (
            row({"Title": "Ada Reyes – Night Ferry (Sunder Remix)"}),
            Search(itself(title="Night Ferry (Sunder Remix)", artists=("Ada Reyes",))),
        ),
        (
            row({**NAMED, "Title": "Night - Ferry"}),
            Search(itself(title="Night - Ferry", artists=("Ada Reyes", "Kilo Nine"))),
        ),
        (row({"Title": "Night Ferry"}), Nothing()),
        (row({"Title": "Night Ferry - Extended Mix"}), Nothing()),
        (row({"Artist Name": "Ada Reyes"}), Nothing()),
        (row({"Title": "  ", "Artist Name": " , "}), Nothing()),
        (row({}), Nothing()),
        # rows that were there before us
        (row(NAMED, created=BEFORE), Nothing()),
        (row({**NAMED, "Redo": True}, created=BEFORE), FOUND),
        (row({**NAMED, "Status": "Queued"}, created=BEFORE), Nothing()),
    ],
)
def test_what_a_row_that_we_do_not_know_asks_for(there, asked):
    assert asks(there) == asked


def test_a_row_is_searched_for_when_it_has_rested():
    assert asks(row(NAMED), now=RESTED - 1) == Later()
    assert asks(row(NAMED), now=RESTED) == FOUND
    assert asks(row({"Title": "Night Ferry"}), now=RESTED - 1) == Nothing()
    assert asks(row({}, LINKED), now=RESTED - 1) == Take(LINKED)


def test_without_a_first_contact_every_row_is_new():
    assert asks(row(NAMED, created=BEFORE), first_contact=None) == FOUND


def test_a_row_tells_everything_that_it_says():
    told = {
        "Album": "Crossings",
        "Duration (s)": 215.0,
        "ISRC": "QZSBX2400021",
        "Genre": ["House", "Techno"],
        "Release Date": "2024-03-01",
        "Image URL": "https://a.b/c",
    }

    assert ref_to(row({**NAMED, **told})) == itself(
        title="Night Ferry",
        artists=("Ada Reyes", "Kilo Nine"),
        album="Crossings",
        duration_s=215.0,
        isrc="QZSBX2400021",
        genre="House, Techno",
        release_date="2024-03-01",
        artwork_url="https://a.b/c",
    )
    assert ref_to(row({"Title": "Night Ferry"})) is None


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, None),
        ({"Status": "Queued"}, None),
        ({"Status": "Processing"}, None),
        ({"Status": "Their own word"}, None),
        ({"Downloaded": True}, Status.DONE),
        ({"Status": "Duplicate", "Downloaded": True}, Status.DUPLICATE),
    ],
)
def test_the_standing_of_a_row(values, status):
    assert standing_of(row(values)) is status
