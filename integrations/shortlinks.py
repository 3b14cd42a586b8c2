"""Where a short link leads, found out without going there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urljoin, urlsplit

import httpx

from daemon.errors import DaemonError, NotFound, RateLimited, Refused, Unreachable

_HOPS_MOST = 3
_PREFIXES = ("www.", "m.", "music.")
_BY_HAND = "Open it in a browser, and give the address that shows there."


class ShortLinks:
    """Asks only the hosts of short links, and believes only answers that lead to the hosts of music."""

    def __init__(
        self,
        short_hosts: Mapping[str, str],
        music_hosts: Collection[str],
        timeout_s: float,
        *,
        proxy: str | None = None,
        verify: bool = True,
    ) -> None:
        """`short_hosts` says whose each of them is. `music_hosts` are meant with `www.`, `m.` and `music.` too.
        `proxy` and `verify` are httpx's; proxies named in the environment are not used."""
        self._short_hosts = short_hosts
        self._music_hosts = frozenset(music_hosts)
        self._timeout_s = timeout_s
        self._proxy = proxy
        self._verify = verify

    def resolve(self, url: str) -> str:
        """The address that a short link stands for. Raises NotFound, Refused when it leads anywhere else, RateLimited,
        Unreachable."""
        with httpx.Client(
            timeout=self._timeout_s, proxy=self._proxy, verify=self._verify, trust_env=False, follow_redirects=False
        ) as client:
            place = url
            for _ in range(_HOPS_MOST):
                place = self._next(client, place)
                if _bare(_host(place)) in self._music_hosts:
                    return place
                if _host(place) not in self._short_hosts:
                    raise Refused(f"{url} leads to {_host(place) or place}, which is no music service. {_BY_HAND}")
        raise Refused(f"{url} leads from one short link to the next. {_BY_HAND}")

    def _next(self, client: httpx.Client, url: str) -> str:
        try:
            with client.stream("GET", url) as response:
                if response.has_redirect_location:
                    return urljoin(url, response.headers["Location"])
                raise self._refusal(url, response)
        except httpx.TransportError as error:
            text = f"{_host(url)} did not answer ({url}). Look at the network, and try again."
            raise Unreachable(text, service=self._short_hosts[_host(url)]) from error
        except (httpx.InvalidURL, ValueError) as error:
            raise Refused(f"{url} is no address that can be asked. {_BY_HAND}") from error

    def _refusal(self, url: str, response: httpx.Response) -> DaemonError:
        """What an answer means that leads nowhere."""
        status, service = response.status_code, self._short_hosts[_host(url)]
        if status in (404, 410):
            return NotFound(f"{url} leads nowhere (any more). Ask for a new link.")
        if status == 429:
            wait_s = _seconds(response.headers.get("Retry-After"))
            text = f"{_host(url)} asks us to slow down ({url}). Try again later."
            return RateLimited(text, service=service, retry_after_s=wait_s)
        if status >= 500:
            return Unreachable(f"{_host(url)} has a problem of its own (HTTP {status}). Try again.", service=service)
        return Refused(f"{url} does not lead on (HTTP {status}). {_BY_HAND}")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _bare(host: str) -> str:
    return next((host.removeprefix(prefix) for prefix in _PREFIXES if host.startswith(prefix)), host)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
