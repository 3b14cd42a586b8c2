"""What verbs need of the house, and how they read what somebody wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daemon import links
from daemon.chain import Answer, Link
from daemon.errors import Refused
from daemon.jobs.verbs import Wording
from daemon.ledger.tracks import TrackRow
from daemon.models import TrackRef
from daemon.service.deciding import track_of
from daemon.service.discovering import discover
from daemon.service.rooms import Rooms

_PATHS = ("/", "~", "./", "../", "file:")
_NO_PATHS = "Files and folders are taken up where they are: `cratekeeper --mode url --url PATH` there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What verbs need."""

    rooms: Rooms
    refs_of: Callable[[str], Iterable[TrackRef]]
    """The tracks behind a link; lists are read as they are taken. Raises Refused, and what the service raises."""
    by: str = "notion"
    """Who decides, as it is kept with the decision: `notion`, `command line`."""
    takes_paths: bool = False
    """Whether a file or a folder may be given. Only who types on this computer means this computer's files; a row may
    be read by any host, and is written by whoever shares the workspace."""
    ask: Callable[[Link], Answer] | None = None
    """Looks into a source, in place of `discover`: a daemon lets nobody ask the same source twice at a time."""

    def look_into(self, link: Link) -> Answer:
        """What is new in that source, opened in the ledger."""
        return self.ask(link) if self.ask is not None else discover(self.rooms, link)

    def link_in(self, text: str) -> links.Link:
        """What the text means. Nobody is asked, and without `takes_paths` nothing is looked for on this disk."""
        if self.takes_paths:
            return links.read(text)
        if text.strip().casefold().startswith(_PATHS):
            return links.Unusable(sentence=_NO_PATHS)
        return links.read(text, lambda _path: None)

    def ref_of(self, text: str) -> TrackRef | None:
        """The one track behind a link; None for a text that is no link. A link that names a list is refused before
        anybody is asked what is in it. Raises Refused, and what the service raises."""
        link = self.link_in(text)
        if isinstance(link, links.Unusable | links.FolderLink):
            return None
        if isinstance(link, links.CollectionLink):
            raise Refused(f"{text} is a list; give the link of one track.")
        refs = iter(self.refs_of(address_of(link)))
        if (ref := next(refs, None)) is None:
            raise Refused(f"There is no track behind {text}.")
        if next(refs, None) is not None:
            raise Refused(f"{text} leads to several tracks. Give the link of one.")
        return ref

    def track(self, wording: Wording) -> TrackRow:
        """The track that is meant: the one that the row points to; else the one that is named by its link, by the
        beginning of our key, or by words of its artist and title. Raises NotFound and Refused."""
        if wording.track_id is not None:
            return self.rooms.ledger.tracks.get(wording.track_id)
        text = wording.text.strip()
        if not text:
            raise Refused("Which track? Give its link, or words of its artist and title.")
        return track_of(self.rooms, text, self.ref_of(text))


def address_of(link: links.Link) -> str:
    """What `links.read` reads as the same link again. Raises Refused for what is none."""
    if isinstance(link, links.Unusable):
        raise Refused(link.sentence)
    return str(link.path) if isinstance(link, links.FileLink | links.FolderLink) else link.url
