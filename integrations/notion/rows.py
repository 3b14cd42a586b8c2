"""Port `TrackSource`: rows that the person has put into the Tracks database, and that nobody has worked on yet."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from daemon.errors import DaemonError, Refused
from daemon.models import Alias, BoardRow, Check, Json, Service, Status, Track, TrackRef
from integrations.notion.addresses import pointers
from integrations.notion.columns import Fit, Fitted
from integrations.notion.table import PAGE_SIZE, Table
from integrations.notion.values import our_word

_QUERY_LIMIT = 10_000
_ADDRESS_COLUMNS = ("Spotify ID", "Spotify URL", "SoundCloud URL", "YouTube URL")


class NotionRows:
    """Rows with an address that are neither downloaded nor past being queued, newest first."""

    name = "notion"

    def __init__(self, table: Table) -> None:
        self._table = table

    def newest(self, limit: int) -> Sequence[TrackRef]:
        """At most `limit`; a row without a usable address is passed over. Raises what the edge raises, and Refused
        when the database cannot tell which rows are new."""
        return self._table.fitted(lambda fit: self._newest(fit, limit)) if limit > 0 else []

    def _newest(self, fit: Fit, limit: int) -> Sequence[TrackRef]:
        newest_first = [{"timestamp": "created_time", "direction": "descending"}]
        body = {"filter": {"and": unprocessed(fit)}, "sorts": newest_first, "page_size": min(limit, PAGE_SIZE)}
        refs = (track_ref(self._table.plain(fit, page)) for page in self._table.rows(fit, body))
        return list(itertools.islice((ref for ref in refs if ref is not None), limit))

    def newest_first(self) -> Iterator[TrackRef]:
        """The same without an end; asks for a further page only when it is reached."""
        fit = self._table.fit()
        body = {
            "filter": {"and": unprocessed(fit)},
            "sorts": [{"timestamp": "created_time", "direction": "descending"}],
        }
        yield from (ref for page in self._table.rows(fit, body) if (ref := track_ref(self._table.plain(fit, page))))

    def rows(self, created_from: str | None) -> Iterator[BoardRow]:
        """Port `RowReader`. A query ends at 10,000 rows, so the next one begins where it stopped; rows of one minute
        may then come twice. Raises what the edge raises."""
        fit = self._table.fit()
        while True:
            count, last = 0, created_from
            for page in self._table.rows(fit, _oldest_first(created_from)):
                values = self._table.plain(fit, page)
                count, last = count + 1, page["created_time"]
                yield BoardRow(id=page["id"], created_at=last, values=values, ref=track_ref(values))
            if count < _QUERY_LIMIT or last == created_from:
                return
            created_from = last

    def check(self) -> Check:
        """Whether the database has the columns by which new rows are known."""
        try:
            unprocessed(self._table.fit())
        except DaemonError as error:
            return Check(name="Notion rows", level="problem", text=str(error), todo="Put that right first.")
        return Check(name="Notion rows", level="ok", text="New rows with an address are picked up.")


def _oldest_first(created_from: str | None) -> Json:
    body: Json = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
    if created_from is not None:
        body["filter"] = {"timestamp": "created_time", "created_time": {"on_or_after": created_from}}
    return body


def unprocessed(fit: Fit) -> list[Json]:
    """The parts, all of which must hold, of a filter for rows that wait. Raises Refused when the columns for it are
    missing, because then every row there is would seem new."""
    addresses = [
        {"property": fitted.name, fitted.type: {"is_not_empty": True}}
        for ours in _ADDRESS_COLUMNS
        if (fitted := fit.columns.get(ours))
    ]
    downloaded, status = fit.columns.get("Downloaded"), fit.columns.get("Status")
    if not addresses or not (downloaded or status):
        message = f'The Notion database "{fit.database_title}" cannot tell which rows are new.'
        raise Refused(f"{message} Add the columns Downloaded and Spotify URL, or run `cratekeeper init notion`.")
    parts: list[Json] = [{"or": addresses}]
    if downloaded:
        parts.append({"property": downloaded.name, "checkbox": {"equals": False}})
    if status:
        parts.append({"or": _waiting(status)})
    return parts


def track_ref(row: Json) -> TrackRef | None:
    """What a row of plain values points at: Spotify before SoundCloud before YouTube; None without an address."""
    found = pointers(row)
    if not found:
        return None
    service, (track_id, url) = next(iter(found.items()))
    return TrackRef(service=service, id=track_id, url=url, found_in=NotionRows.name, told=_told(row, found))


def _waiting(status: Fitted) -> list[Json]:
    """Empty, or any option that means Queued (an option that does not exist must not be asked for)."""
    queued = [option for option in status.options if our_word(status, option) == Status.QUEUED]
    equal: list[Json] = [{"property": status.name, status.type: {"equals": option}} for option in queued]
    return [{"property": status.name, status.type: {"is_empty": True}}, *equal]


def _told(row: Json, found: dict[Service, tuple[str, str]]) -> Track | None:
    if not row.get("Title"):
        return None
    artists = (name.strip() for name in (row.get("Artist Name") or "").split(","))
    return Track(
        title=row["Title"],
        artists=tuple(name for name in artists if name),
        album=row.get("Album"),
        duration_s=row.get("Duration (s)"),
        isrc=row.get("ISRC"),
        artwork_url=row.get("Image URL"),
        aliases=tuple(Alias(service=service, id=track_id) for service, (track_id, _url) in found.items()),
        urls={service: url for service, (_id, url) in found.items()},
    )
