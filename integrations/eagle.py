"""Eagle, the desktop app, over its Web API V2. Its server answers while the app is open, and only then."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from daemon.errors import AuthExpired, DaemonError, Refused, Transient, Unreachable
from daemon.models import Check, Json, Service

BASE_URL = "http://localhost:41595"
_API = "/api/v2"


class EagleCabinet:
    """Items in the library that is open in Eagle, under ids of our own choosing. Use from any thread; `close` it at
    the end."""

    def __init__(
        self,
        base_url: str = BASE_URL,
        library_path: Path | None = None,
        token: str | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        """Without a `library_path`, whichever library is open will do. The `token` is for Eagle on another machine."""
        self._base_url = base_url.rstrip("/")
        self._library_path = library_path
        # Eagle is on this machine or in this house: a proxy from the environment would only be in the way.
        self._http = httpx.Client(timeout=timeout_s, params={"token": token} if token else None, trust_env=False)

    def close(self) -> None:
        """Lets go of every connection."""
        self._http.close()

    def has(self, item_id: str) -> bool:
        """Whether the open library holds that item, its trash included. Raises Refused when the wrong library is open;
        also AuthExpired, Unreachable."""
        self._open_library()
        return self._holds(item_id)

    def add(
        self, item_id: str, file: Path, *, name: str, website: str | None, tags: Sequence[str], annotation: str
    ) -> None:
        """Hands the file over, unless the item is there already. Eagle imports in its own time: keep the file until
        `has` says so. Raises as `has` does; Refused also when Eagle says no to the file."""
        self._open_library()
        if self._holds(item_id):
            return
        wanted = {
            "id": item_id,
            "path": str(file.absolute()),
            "name": name,
            "tags": list(tags),
            "annotation": annotation,
        }
        given = _part(self._ask("POST", "item/add", json=wanted | ({"website": website} if website else {})), "id")
        if given != item_id:
            text = f"Eagle took “{name}” under its own id {given} instead of {item_id}; update Eagle to 4.0 build 21."
            raise Refused(text)

    def check(self) -> Check:
        try:
            library = self._open_library()
        except Transient as error:
            return Check(name="eagle", level="warning", text=str(error), todo="Start Eagle, or clear EAGLE_API_BASE.")
        except AuthExpired as error:
            return Check(name="eagle", level="problem", text=str(error), todo="Correct EAGLE_TOKEN.")
        except DaemonError as error:
            return Check(
                name="eagle", level="problem", text=str(error), todo="Open that library, or correct the setting."
            )
        return Check(name="eagle", level="ok", text=f"Eagle runs, and {library} is open")

    def _open_library(self) -> str:
        """The path of the library that is open. Raises Refused when it is not the one that is wanted."""
        path = _part(self._ask("GET", "library/info"), "path")
        if not isinstance(path, str):
            raise self._nonsense("it names no library")
        if self._library_path is not None and not is_same_library(path, str(self._library_path)):
            text = (
                f"Eagle has {path} open, but EAGLE_LIBRARY_PATH names {self._library_path}: open that library, or "
                "correct EAGLE_LIBRARY_PATH."
            )
            raise Refused(text)
        return path

    def _holds(self, item_id: str) -> bool:
        items = _part(self._ask("GET", "item/get", params={"id": item_id, "limit": "1"}), "data")
        if not isinstance(items, list):
            raise self._nonsense("it lists no items")
        return any(_part(item, "id") == item_id for item in items)

    def _ask(self, method: str, path: str, **sent: Any) -> Any:
        """The `data` of an answer."""
        try:
            response = self._http.request(method, f"{self._base_url}{_API}/{path}", **sent)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            text = f"Eagle is not running at {self._base_url}; start it, or clear EAGLE_API_BASE."
            raise Unreachable(text, service=Service.EAGLE) from error
        except httpx.HTTPError as error:
            how = "did not answer in time" if isinstance(error, httpx.TimeoutException) else "broke the connection off"
            text = f"Eagle at {self._base_url} {how}; it is tried again later."
            raise Unreachable(text, service=Service.EAGLE) from error
        return self._understood(response, path)

    def _understood(self, response: httpx.Response, path: str) -> Any:
        answer, status = _json(response), response.status_code
        if status in (401, 403):
            text = f"Eagle at {self._base_url} refuses us: set EAGLE_TOKEN to the one in Eagle's settings, Developer."
            raise AuthExpired(text, service=Service.EAGLE)
        if status == 404:
            text = f"What runs at {self._base_url} does not know {_API}/{path}; Eagle 4.0 build 21 or newer is needed."
            raise Refused(text)
        said = _part(answer, "message")
        if status == 429 or status >= 500:
            raise self._nonsense(f"HTTP {status}{f', “{said}”' if said else ''}")
        if _part(answer, "status") == "error" or (status >= 400 and answer is not None):
            raise Refused(f"Eagle said no: {said or f'HTTP {status}'}.")
        if _part(answer, "status") != "success":
            raise self._nonsense("it is not Eagle's kind of answer")
        return _part(answer, "data")

    def _nonsense(self, why: str) -> Unreachable:
        text = f"The answer from {self._base_url} is of no use ({why}); see that EAGLE_API_BASE is Eagle's address."
        return Unreachable(text, service=Service.EAGLE)


def is_same_library(one: str, other: str) -> bool:
    """Whether two paths name the same library: by the file system where both are there, else by spelling."""
    try:
        return Path(one).samefile(other)
    except OSError:
        return _spelling(one) == _spelling(other)


def _spelling(path: str) -> str:
    return unicodedata.normalize("NFC", os.path.normpath(path))


def _part(answer: Any, name: str) -> Any:
    return answer.get(name) if isinstance(answer, dict) else None


def _json(response: httpx.Response) -> Json | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
