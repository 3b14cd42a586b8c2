"""How the text of a setting becomes its value. Pure functions: each takes text that is not empty, and raises ValueError
with what the person should do. No message repeats the text: it may be a secret that was pasted into the wrong line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path, PureWindowsPath
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from daemon.models import Status

ExtractorArgs = dict[str, dict[str, list[str]]]
"""As `YoutubeDL(extractor_args=…)` takes them: site, argument, values."""

_PASTED_SCHEME = re.compile(r"(?:bearer|oauth)\s+", re.IGNORECASE)
_NOTION_ID = r"[0-9a-f]{8}(?P<dash>-?)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{4}(?P=dash)[0-9a-f]{12}"
_NOTION_ID_ALONE = re.compile(_NOTION_ID, re.IGNORECASE)
_NOTION_ID_AT_END = re.compile(rf"(?:^|-)(?P<id>{_NOTION_ID})$", re.IGNORECASE)
_NOTION_HOST = re.compile(r"(?:[\w-]+\.)*notion\.(?:so|com|site)", re.IGNORECASE)
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?", re.IGNORECASE)
_SOUNDCLOUD_HOST = re.compile(r"(?:(?:www|m)\.)?soundcloud\.com", re.IGNORECASE)
_SOUNDCLOUD_NAME = re.compile(r"[A-Za-z0-9_-]+")
_BEFORE_AN_ADDRESS = re.compile(r"[\s,;]+(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_POSTGRES = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
_EXTRACTOR_ARGS = re.compile(r"(?P<site>[\w-]+):(?P<args>[\w-]+(?:=[^;]*)?(?:;[\w-]+(?:=[^;]*)?)*)")
_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
HANDED_OVER = (Status.DONE, Status.DUPLICATE, Status.METADATA_ONLY, Status.NEEDS_REVIEW, Status.FAILED)
_YES = {"1", "true", "t", "yes", "y", "on"}
_NO = {"0", "false", "f", "no", "n", "off"}

_PASTE_NOTION_ID = (
    "is not a Notion id. Open the database in Notion as a full page, choose `Copy link`, and paste that address here "
    "(or the 32 characters 0-9 and a-f in it)."
)
_REDIRECT_ADVICE = (
    "write `http://127.0.0.1:8766/callback` here, and the same under `Redirect URIs` of your app at "
    "developer.spotify.com/dashboard."
)


# --- words and numbers -----------------------------------------------------------------------------------------------


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within these bounds, both included."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"write a whole number from {low} to {high}.")
        return int(text)

    return read


def number_of(*numbers: int) -> Callable[[str], int]:
    """A reader of these numbers."""

    def read(text: str) -> int:
        if text not in map(str, numbers):
            raise ValueError(f"write one of {', '.join(map(str, numbers))}.")
        return int(text)

    return read


def one_of(*words: str, also: dict[str, str] | None = None) -> Callable[[str], str]:
    """A reader of these words in any case. `also` maps other spellings, in lower case, to them."""
    spellings = {word.lower(): word for word in words} | (also or {})

    def read(text: str) -> str:
        if text.lower() not in spellings:
            raise ValueError(f"write one of {', '.join(words)}.")
        return spellings[text.lower()]

    return read


def several(*words: str) -> Callable[[str], tuple[str, ...]]:
    """A reader of these words, each at most once, separated by commas or blanks; their order is kept."""

    def read(text: str) -> tuple[str, ...]:
        given = tuple(word for word in re.split(r"[\s,]+", text.lower()) if word)
        if not given or len(set(given)) < len(given) or not set(given) <= set(words):
            raise ValueError(f"write any of {', '.join(words)}, each once, separated by commas.")
        return given

    return read


def links(text: str) -> tuple[str, ...]:
    """Links or ids, separated by commas or blanks."""
    given = tuple(dict.fromkeys(word for word in re.split(r"[\s,]+", text) if word))
    if not all(re.fullmatch(r"(https?://|spotify:)?[\w.:/?=&%-]+", word) for word in given):
        raise ValueError("write links to playlists, separated by blanks.")
    return given


def handovers(text: str) -> tuple[tuple[str, str], ...]:
    """`Done: Mixer; Failed: Librarian`: by the end that a track comes to, the agent who goes on with it."""
    words = {status.casefold(): status.value for status in HANDED_OVER}
    given = [part.partition(":") for part in re.split(r"[;\n]", text) if part.strip()]
    pairs = tuple((words.get(status.strip().casefold(), ""), " ".join(agent.split())) for status, _, agent in given)
    ends = [status for status, _ in pairs]
    if not pairs or not all(map(all, pairs)) or len(set(ends)) < len(ends):
        raise ValueError(f"write END: AGENT; END: AGENT, each END once, of {', '.join(words.values())}.")
    if any(":" in agent or agent.casefold() == "cratekeeper" for _, agent in pairs):
        raise ValueError("an agent is another than cratekeeper, and its name has no colon.")
    return pairs


def yes_or_no(text: str) -> bool:
    """`yes`, `no`, and the other words that programs take for them."""
    if text.lower() not in _YES | _NO:
        raise ValueError("write yes or no.")
    return text.lower() in _YES


def token(text: str) -> str:
    """A token or key as the service shows it; a pasted `Bearer` or `OAuth` before it is cut off."""
    bare = _PASTED_SCHEME.sub("", text, count=1) if _PASTED_SCHEME.match(text) else text
    if not bare.isascii() or not bare.isprintable() or " " in bare:
        raise ValueError("holds a blank or a character that no token has. Copy it again, all of it and nothing else.")
    return bare


# --- Notion, SoundCloud, yt-dlp --------------------------------------------------------------------------------------


def notion_id(text: str) -> str:
    """The id as Notion's API writes it (dashed, lower case) from an id in any spelling or a page's pasted address.

    Of an address only the path counts: `?v=` names a view, `?p=` a row that was open, `#` a block.
    """
    bare = text.strip("<>\"'")
    if _NOTION_ID_ALONE.fullmatch(bare):
        return str(UUID(bare))
    parts = _split(bare if "://" in bare else f"https://{bare}", _PASTE_NOTION_ID)
    if parts.scheme not in ("http", "https", "notion") or not _NOTION_HOST.fullmatch(parts.hostname or ""):
        raise ValueError(_PASTE_NOTION_ID)
    found = _NOTION_ID_AT_END.search(unquote(parts.path).rstrip("/").rpartition("/")[2])
    if found is None:
        raise ValueError(_PASTE_NOTION_ID)
    return str(UUID(found["id"]))


def soundcloud_profile(text: str) -> str:
    """The user name, from the name itself, `@name`, or the address of the profile or of its likes."""
    advice = "write the user name as in the address of the profile: the NAME of `https://soundcloud.com/NAME`."
    name = text.removeprefix("@")
    if "/" in text:
        parts = _split(text if "://" in text else f"https://{text}", advice)
        if not _SOUNDCLOUD_HOST.fullmatch(parts.hostname or ""):
            raise ValueError(advice)
        name = parts.path.strip("/").partition("/")[0]
    if not _SOUNDCLOUD_NAME.fullmatch(name):
        raise ValueError(advice)
    return name


def extractor_args(text: str) -> ExtractorArgs:
    r"""`youtube:player_client=a,b;player_skip=c` and more of them, separated by blanks, read as yt-dlp's command line
    reads them: names in lower case with underscores, `\,` for a comma within a value. The last word on a site wins."""
    read: ExtractorArgs = {}
    for word in text.split():
        match = _EXTRACTOR_ARGS.fullmatch(word)
        if match is None:
            raise ValueError(
                "write it as on yt-dlp's command line: `youtube:player_client=web,ios;player_skip=configs` "
                "(several sites separated by blanks)."
            )
        pairs = (argument.partition("=") for argument in match["args"].split(";"))
        read[match["site"].lower()] = {
            name.lower().replace("-", "_"): [value.replace(r"\,", ",") for value in re.split(r"(?<!\\),", values)]
            for name, _, values in pairs
        }
    return read


# --- addresses -------------------------------------------------------------------------------------------------------


def web_address(text: str) -> str:
    """An http or https address, without a slash at its end. It is no secret, so it may hold no password."""
    advice = "write an address such as `https://host:port/path`, without a user before the host or a `?` after it."
    parts = _split(text, advice)
    is_plain = "@" not in parts.netloc and not parts.query and not parts.fragment
    if parts.scheme not in ("http", "https") or not _is_host(parts.hostname) or not is_plain:
        raise ValueError(advice)
    return text.rstrip("/")


def notion_address(text: str) -> str:
    """The API's address without its `/v1`, which the client library adds by itself."""
    return web_address(text).removesuffix("/v1")


def spotify_api_address(text: str) -> str:
    """The API's address with the one slash at its end that the client library builds on."""
    return web_address(text) + "/"


def redirect_address(text: str) -> str:
    """Where Spotify may send a log-in's answer: https, or plain http to this machine by number."""
    parts = _split(text, _REDIRECT_ADVICE)
    if parts.hostname == "localhost":
        raise ValueError(f"Spotify refuses `localhost`: {_REDIRECT_ADVICE}")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(f"Spotify takes plain http only for this machine: {_REDIRECT_ADVICE}")
    if parts.scheme not in ("http", "https") or not _is_host(parts.hostname) or parts.fragment:
        raise ValueError(_REDIRECT_ADVICE)
    return text


def proxy_address(text: str) -> str:
    """A proxy as yt-dlp takes it; without a scheme it is an http one, as there."""
    advice = f"write a proxy's address: `http://user:password@host:port` (or {', '.join(_PROXY_SCHEMES[1:])})."
    address = text if "://" in text else f"http://{text}"
    parts = _split(address, advice)
    if parts.scheme not in _PROXY_SCHEMES or not _is_host(parts.hostname):
        raise ValueError(advice)
    return address


def database_address(text: str) -> str:
    """A PostgreSQL address, with the driver that we bring."""
    if text.lower().startswith("sqlite"):
        raise ValueError("is for PostgreSQL. For SQLite leave it empty: its files are in the folder VAR_DIR.")
    advice = "write `postgresql://user:password@host:5432/database` (with `%40` for an `@` in the password)."
    if not _POSTGRES.match(text):
        raise ValueError(advice)
    _split(text, advice)
    return _POSTGRES.sub("postgresql+psycopg://", text, count=1)


def notify_addresses(text: str) -> tuple[str, ...]:
    """Apprise addresses, separated by blanks or commas (a comma within one belongs to it)."""
    addresses = tuple(address for address in _BEFORE_AN_ADDRESS.split(text.strip(" ,;")) if address)
    if not addresses or not all(re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", a, re.IGNORECASE) for a in addresses):
        raise ValueError("write Apprise addresses, such as `ntfy://my-topic`, separated by blanks.")
    return addresses


def host(text: str) -> str:
    """A host name or number to listen on; brackets around an IPv6 one are dropped."""
    bare = text.removeprefix("[").removesuffix("]")
    if not _is_host(bare):
        raise ValueError("write a host name or number, such as 127.0.0.1, without `http://` and without a port.")
    return bare


def is_loopback(host_name: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ip_address(host_name).is_loopback
    except ValueError:
        return host_name.lower() == "localhost"


def _is_host(name: str | None) -> bool:
    if not name:
        return False
    try:
        ip_address(name)
    except ValueError:
        return _HOST_NAME.fullmatch(name) is not None
    return True


def _split(address: str, advice: str) -> SplitResult:
    """The parts of an address whose brackets and port make sense. Raises ValueError with the advice."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError(advice) from None
    if any(character.isspace() for character in address):
        raise ValueError(advice)
    return parts


# --- places ----------------------------------------------------------------------------------------------------------


def place(text: str) -> Path:
    """A file or folder, `~` expanded. May still be relative."""
    if "\0" in text:
        raise ValueError("holds a character that no path can have.")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError("begins with `~` and a name that no user here has. Write the whole path.") from None


def is_elsewhere(text: str) -> bool:
    """Whether it is an absolute path of a Windows machine, which means nothing here."""
    return PureWindowsPath(text).is_absolute() and not text.startswith("/")
