"""SoundCloud, YouTube and what else there is behind one proxy:
`Server(MediaTwin(...), authority=Authority(), system_of=system_of, …)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.sandbox.server import Request, Response
from integrations.sandbox.soundcloud import SoundCloudTwin
from integrations.sandbox.youtube import YouTubeTwin

_DOMAINS = {
    "soundcloud.com": "soundcloud",
    "sndcdn.com": "soundcloud",
    "scdn.co": "covers",
    "youtube.com": "youtube",
    "googlevideo.com": "youtube",
    "ytimg.com": "youtube",
}
ELSEWHERE = "elsewhere"
"""The system of a request to any other host; what the twin was not given is answered with 404, and seen in the log."""


def system_of(request: Request) -> str:
    """`soundcloud` or `youtube` by the host that was asked, else `elsewhere`."""
    domain = ".".join(request.host.partition(":")[0].split(".")[-2:])
    return _DOMAINS.get(domain, ELSEWHERE)


@dataclass(slots=True)
class MediaTwin:
    """Both services and the other sites, told apart by host."""

    soundcloud: SoundCloudTwin = field(default_factory=SoundCloudTwin)
    youtube: YouTubeTwin = field(default_factory=YouTubeTwin)
    covers: dict[str, bytes] = field(default_factory=dict)
    """Spotify's pictures, JPEG by path: they are on a host of their own."""
    elsewhere: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Pages and files of other sites: kind (MIME) and content by address, `https://host/path`."""
    name: str = "media"

    def answer(self, request: Request) -> Response:
        system = system_of(request)
        if system == "soundcloud":
            return self.soundcloud.answer(request)
        if system == "youtube":
            return self.youtube.answer(request)
        if request.path in self.covers and system == "covers":
            return Response.of_bytes(self.covers[request.path], "image/jpeg")
        if found := self.elsewhere.get(f"https://{request.host.partition(':')[0]}{request.path}"):
            return Response.of_bytes(found[1], found[0], request)
        return Response.of_json({"error": f"the sandbox does not know {request.host}"}, 404)
