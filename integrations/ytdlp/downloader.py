"""A YoutubeDL that leaves nothing open."""

from __future__ import annotations

import contextlib
import traceback
from typing import Any

import yt_dlp
from yt_dlp.networking.exceptions import HTTPError

_NOTHING_BEYOND = 416
"""The range begins where the file ends: all of it is here already."""


class Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """Closes with itself what yt-dlp forgets: it drops error answers and broken downloads unread, with their
    connections, and never closes the sessions of curl-cffi, each with a thread."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._answers: list[Any] = []
        super().__init__(params)

    def urlopen(self, req: Any) -> Any:
        try:
            answer = super().urlopen(req)
        except HTTPError as error:
            self._answers.append(error.response)
            if error.status == _NOTHING_BEYOND:
                # yt-dlp asks again for the whole file, to compare the length, but from headers that it shares with this
                # request: the range would still be among them, and a `.part` that is complete would never be one.
                req.headers.pop("Range", None)
            raise
        self._answers.append(answer)
        return answer

    def dl(self, *what: Any, **how: Any) -> Any:
        try:
            return super().dl(*what, **how)
        except Exception as error:
            _close_what_pieces_go_into(error)
            raise

    def close(self) -> None:
        for answer in self._answers:
            with contextlib.suppress(Exception):
                answer.close()
        self._answers.clear()
        if curl := self._request_director.handlers.get("CurlCFFI"):
            curl._close_instance = _end
            curl._clear_instances()
        super().close()


def _close_what_pieces_go_into(error: Exception) -> None:
    """A stream in pieces that breaks off leaves the file open, and locked, that they are put together in; only the
    function that broke off knows it."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        context = frame.f_locals.get("ctx")
        if isinstance(context, dict) and (stream := context.get("dest_stream")) is not None:
            stream.close()


def _end(session: Any) -> None:
    """Closes a session of curl-cffi's, and ends the thread it reads with."""
    session.close()
    if executor := getattr(session, "_executor", None):
        executor.shutdown(wait=False)
