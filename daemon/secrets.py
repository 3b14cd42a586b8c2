"""What must never be read in anything that this program writes, and the masking of it.

`secrets_of` finds the secrets in the settings; `Masker` takes them out of text, however they are spelled there.
"""

from __future__ import annotations

import html
import json
import re
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from pydantic import SecretStr

from daemon.settings import Settings, declarations

MASK = "***"

_SHORT = 6
"""Below this many characters a secret is likely to be part of common words, and its base64 of other base64."""
_LEARNT_AT_MOST = 64
"""Access tokens live for an hour; nobody writes one that was replaced sixty-four times."""


class Masker:
    """Replaces secrets in text by `***`. Thread-safe.

    A secret is found plain, percent-encoded (once or more, with any set of safe characters), escaped as JSON, `repr` or
    HTML do, and within base64 (`Authorization: Basic …` holds `id:secret`).

    A secret shorter than six characters is masked where it stands alone, between characters that are neither letters
    nor digits: masking it within words would spoil every line, and tell the secret by what is missing.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._given = frozenset(values)
        self._learnt: deque[str] = deque(maxlen=_LEARNT_AT_MOST)
        self._pattern = _pattern_of(self._given)

    def add(self, value: str) -> None:
        """Masks a secret that was learnt while running: a refreshed access token. Of these the newest 64 are kept."""
        with self._lock:
            if value not in self._given and value not in self._learnt:
                self._learnt.append(value)
                self._pattern = _pattern_of({*self._given, *self._learnt})

    def mask(self, text: str) -> str:
        """The text without any secret."""
        pattern = self._pattern
        return pattern.sub(MASK, text) if pattern else text


# --- how a secret may be spelled -------------------------------------------------------------------------------------


def _pattern_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for all of them, the longest first: where one secret begins with another, the whole is masked."""
    ordered = sorted({value for value in values if value.strip()}, key=len, reverse=True)
    return re.compile("|".join(_spellings_of(value) for value in ordered)) if ordered else None


def _spellings_of(secret: str) -> str:
    anywhere = "".join(_spellings_of_character(character) for character in secret)
    if len(secret) < _SHORT:
        return rf"(?<![A-Za-z0-9]){anywhere}(?![A-Za-z0-9])"
    encoded = ("".join(_spellings_of_base64(character) for character in core) for core in _base64_cores(secret))
    return "|".join([anywhere, *(rf"{core}[A-Za-z0-9+/_=-]*" for core in encoded)])


def _spellings_of_character(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    spellings = [
        r"\\+" if character == "\\" else rf"\\*{re.escape(character)}",
        re.escape(html.escape(character)),
        "".join(rf"%(?:25)*(?i:{byte:02x})" for byte in character.encode(errors="surrogatepass")),
    ]
    # A repr within a repr, or within JSON, doubles the backslashes: any number of them is the same.
    escaped = (
        json.dumps(character)[1:-1],
        ascii(character)[1:-1],
        repr(character.encode(errors="surrogatepass"))[2:-1],
    )
    spellings += [re.sub(r"(?:\\\\)+", r"\\\\+", re.escape(text)) for text in escaped if text.startswith("\\")]
    if character == " ":
        spellings.append(r"\+")
    return f"(?:{'|'.join(dict.fromkeys(spellings))})"


def _base64_cores(secret: str) -> set[str]:
    """The characters of base64 that the secret alone decides, for each of its three places within a group of three
    bytes; those at the edges mix its bits with its neighbours'."""
    data = secret.encode(errors="surrogatepass")
    cores = set()
    for before in range(3):
        first_own = -(-before * 8 // 6)
        end_of_own = (before + len(data)) * 8 // 6
        cores.add(b64encode(b"\0" * before + data).decode()[first_own:end_of_own])
    return cores


def _spellings_of_base64(character: str) -> str:
    """Base64's own two special characters also come in the URL-safe alphabet, or percent-encoded."""
    return {"+": r"(?:[+-]|%(?:25)*2[Bb])", "/": r"(?:[/_]|\\/|%(?:25)*2[Ff])"}.get(character, character)


# --- what is secret in the settings ----------------------------------------------------------------------------------


def secrets_of(settings: Settings) -> list[str]:
    """Every secret that these settings hold: the secret fields, and where a field is an address or a list of arguments,
    the passwords and keys inside it (the rest of it may be read: a log that hides the database's host helps nobody)."""
    found: list[str] = []
    for name in (declared.name.lower() for declared in declarations() if declared.secret):
        held = getattr(settings, name)
        for value in held if isinstance(held, tuple) else (held,):
            if isinstance(value, SecretStr):
                found += _SECRET_PARTS.get(name, _whole)(value.get_secret_value())
    return list(dict.fromkeys(secret for secret in found if secret))


def _whole(value: str) -> list[str]:
    return [value]


def _passwords_of(address: str) -> list[str]:
    """The password before the host and those behind the `?`, as they are written and as they are meant."""
    found = [_user_and_password(address)[1]]
    found += re.findall(r"[?&][^=&]*(?:password|token|secret)[^=&]*=([^&#]+)", address, re.IGNORECASE)
    return _as_meant_too(found)


def _login_of(proxy: str) -> list[str]:
    """As for any address; and a user without a password, which is how paid proxies take their keys."""
    user, password = _user_and_password(proxy)
    return _passwords_of(proxy) if password else _as_meant_too([user])


def _address_and_its_keys(address: str) -> list[str]:
    """Apprise has keys anywhere in an address, and the service's own address, which a failed request shows, has them
    elsewhere: each piece that could be one is a secret of its own. A host name is none: it has a dot."""
    pieces = re.split(r"[/:@,#]+", address.partition("://")[2].partition("?")[0])
    keys = [piece for piece in pieces if len(piece) >= _SHORT and "." not in piece and piece != "localhost"]
    return [address, *_passwords_of(address), *_as_meant_too(keys)]


def _user_and_password(address: str) -> tuple[str, str]:
    login, _, _ = address.partition("://")[2].rpartition("@")
    user, _, password = login.partition(":")
    return user, password


def _as_meant_too(percent_encoded: list[str]) -> list[str]:
    return [spelling for text in percent_encoded for spelling in (text, unquote(text))]


def _tokens_among_arguments(arguments: str) -> list[str]:
    """yt-dlp's proof-of-origin tokens (`po_token=web.gvs+TOKEN,…`) and what names the person's session."""
    given = re.findall(r"(?:po[_-]token|visitor[_-]data|data[_-]sync[_-]id)=([^;\s]+)", arguments, re.IGNORECASE)
    values = [value for values in given for value in values.split(",")]
    return [value.partition("+")[2] or value for value in values]


_SECRET_PARTS: dict[str, Callable[[str], list[str]]] = {
    "database_url": _passwords_of,
    "ytdlp_proxy": _login_of,
    "notify_urls": _address_and_its_keys,
    "ytdlp_extractor_args": _tokens_among_arguments,
}
