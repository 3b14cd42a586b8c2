"""What a person pastes, understood: `read` turns any text into one of the kinds in `shapes`. Pure but for the look
whether a path is there, which a caller may take over.

shapes    the kinds of link, each in its one spelling
services  Spotify's, SoundCloud's and YouTube's addresses
reading   any text: links of all sorts, share texts, files and folders
"""

from daemon.links.reading import MUSIC_HOSTS, SHORT_HOSTS, read
from daemon.links.shapes import (
    CollectionLink,
    FileLink,
    FolderLink,
    Link,
    ShortLink,
    TrackLink,
    Unusable,
    WebLink,
)

__all__ = [
    "MUSIC_HOSTS",
    "SHORT_HOSTS",
    "CollectionLink",
    "FileLink",
    "FolderLink",
    "Link",
    "ShortLink",
    "TrackLink",
    "Unusable",
    "WebLink",
    "read",
]
