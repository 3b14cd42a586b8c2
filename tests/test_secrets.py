"""No secret survives the masker, however it is spelled; and every secret of the settings is known to it."""

from __future__ import annotations

import html
import json
import re
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import httpx
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from daemon.secrets import MASK, Masker, secrets_of
from daemon.settings import declarations, load

PLAIN = "ntn_Recognisable-1234567890"
WILD = "p+/=d'\"é\\x y&<\n😀z"

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "repr": repr,
    "ascii": ascii,
    "repr of bytes": lambda text: repr(text.encode()),
    "repr of repr": lambda text: repr([repr([text])]),
    "JSON": json.dumps,
    "JSON with slashes escaped": lambda text: json.dumps(text).replace("/", r"\/"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "quote": quote,
    "quote, nothing safe": lambda text: quote(text, safe=""),
    "quote_plus": quote_plus,
    "lower-case quote": lambda text: quote(text, safe="").replace("%2B", "%2b").replace("%3D", "%3d"),
    "quoted twice": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": html.escape,
    "base64": lambda text: b64encode(text.encode()).decode(),
    "URL-safe base64": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "quoted base64": lambda text: quote(b64encode(text.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("secret", [PLAIN, WILD, "abcdef"])
def test_masks_every_spelling(secret, spell):
    spelled = spell(secret)
    masked = Masker([secret]).mask(f"before {spelled} after")
    assert re.fullmatch(r"before [b'\"\[\]\\]*\*\*\*(?:[b'\"\[\]\\]*|(?:%3D)*) after", masked)


@given(st.text(min_size=6, max_size=40).filter(str.strip), st.sampled_from(sorted(SPELLINGS)))
def test_masks_any_secret_in_any_spelling(secret, spelling):
    spelled = SPELLINGS[spelling](secret)
    assert MASK in Masker([secret]).mask(f"|{spelled}|")
    assert spelled not in Masker([secret]).mask(f"|{spelled}|")


@given(st.text("abcdefgh+/=:é", min_size=6, max_size=20), st.binary(max_size=7), st.binary(max_size=7))
def test_masks_within_base64_at_any_place(secret, before, after):
    encoded = b64encode(before + secret.encode() + after).decode()
    masked = Masker([secret]).mask(f"Basic {encoded}")
    unmasked_bits = 6 * len(masked.removeprefix("Basic ").partition(MASK)[0])
    assert MASK in masked
    assert unmasked_bits < 8 * len(before) + 8


def test_masks_what_real_clients_make_of_it():
    secret = "s3cret+/=&word"
    masker = Masker([secret])
    prepared = requests.Request("GET", "http://h/p", params={"token": secret}, auth=("id", secret)).prepare()
    url = httpx.URL("http://h/p", params={"token": secret})
    headers = httpx.BasicAuth("client", secret)
    request = next(headers.auth_flow(httpx.Request("GET", url)))
    written = f"{prepared.url} {prepared.headers!r} {url} {request.headers.raw!r} {urlencode({'a': secret})}"
    assert masker.mask(written).count(MASK) == 5
    assert "s3cret" not in masker.mask(written)
    assert b64encode(f"id:{secret}".encode()).decode()[4:] not in masker.mask(written)


def test_masks_a_database_address_however_it_is_shown():
    url = make_url("postgresql://me:p%40ss%2Fword@db/crate")
    masker = Masker(["p@ss/word"])
    for shown in (url.render_as_string(hide_password=False), repr(url.translate_connect_args()), str(url.password)):
        masked = masker.mask(shown)
        assert MASK in masked
        assert "ss" not in masked.replace("password", "")


def test_the_longest_comes_first():
    assert Masker(["token-one", "token-one-and-more"]).mask("x token-one-and-more, token-one") == f"x {MASK}, {MASK}"


def test_leaves_everything_else_alone():
    text = "Nothing here: 100 % of + and / = {'a': 1}\n\tline two"
    assert Masker([PLAIN, "", "  "]).mask(text) == text
    assert Masker().mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token=abc", "token=***"),
        ("abc", "***"),
        ("'abc'", "'***'"),
        ("?t=abc&u", "?t=***&u"),
        ("my_abc_token", "my_***_token"),
        ("abcd, dabc, ABC", "abcd, dabc, ABC"),
    ],
)
def test_a_short_secret_is_masked_where_it_stands_alone(text, masked):
    assert Masker(["abc"]).mask(text) == masked


def test_learns_while_running_from_many_threads():
    masker = Masker([PLAIN])
    learnt = [f"access-token-{number:03}" for number in range(32)]
    threads = [threading.Thread(target=masker.add, args=(value,)) for value in learnt]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert masker.mask(" ".join([PLAIN, *learnt])) == " ".join([MASK] * 33)


def test_forgets_the_oldest_of_what_it_learnt_but_nothing_it_was_given():
    masker = Masker([PLAIN])
    for number in range(200):
        masker.add(f"access-token-{number:03}")
    assert masker.mask(f"{PLAIN} access-token-199 access-token-000") == f"{MASK} {MASK} access-token-000"


# --- what is secret in the settings ----------------------------------------------------------------------------------


def secrets_in(**environ: str) -> list[str]:
    return secrets_of(load(environ, None, Path("/project")).settings)


ADDRESSES = {"DATABASE_URL", "YTDLP_PROXY", "NOTIFY_URLS", "YTDLP_EXTRACTOR_ARGS"}


def test_finds_every_plain_secret():
    given = {s.name: f"recognisable-{s.name}" for s in declarations() if s.secret and s.name not in ADDRESSES}
    assert len(given) == 9
    assert sorted(secrets_in(**given)) == sorted(given.values())


def test_finds_none_where_none_is():
    assert secrets_in() == []
    assert (
        secrets_in(
            DATABASE_URL="postgresql://me@db/crate",
            YTDLP_PROXY="http://127.0.0.1:3128",
            YTDLP_EXTRACTOR_ARGS="youtube:player_client=web",
        )
        == []
    )


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DATABASE_URL", "postgresql://me:p%40ss@db/crate", "p@ss"),
        ("DATABASE_URL", "postgresql://me:p%40ss@db/crate", "p%40ss"),
        ("DATABASE_URL", "postgresql://me:pa@ss@db/crate", "pa@ss"),
        ("DATABASE_URL", "postgresql:///crate?user=me&password=hidden", "hidden"),
        ("YTDLP_PROXY", "socks5://me:hidden@h:1080", "hidden"),
        ("YTDLP_PROXY", "http://api-key@h:1080", "api-key"),
        ("YTDLP_PROXY", "http://api-key:@h:1080", "api-key"),
        ("NOTIFY_URLS", "ntfy://my-topic", "ntfy://my-topic"),
        ("NOTIFY_URLS", "ntfy://a tgram://123456789:AAbcDef_12/987654321/", "AAbcDef_12"),
        ("NOTIFY_URLS", "discord://webhook1/Token2Token2", "Token2Token2"),
        ("NOTIFY_URLS", "mailto://me:pw@mail.example.org?name=x", "pw"),
        ("NOTIFY_URLS", "jsons://h.example.org/p?token=hidden", "hidden"),
        ("YTDLP_EXTRACTOR_ARGS", "youtube:player_client=web;po_token=web.gvs+Hidden,ios.gvs+Other", "Hidden"),
        ("YTDLP_EXTRACTOR_ARGS", "youtube:player_client=web;po_token=web.gvs+Hidden,ios.gvs+Other", "Other"),
        ("YTDLP_EXTRACTOR_ARGS", "youtube:visitor-data=Hidden", "Hidden"),
    ],
)
def test_finds_the_secret_parts_of_addresses(name, value, secret):
    assert secret in secrets_in(**{name: value})


def test_a_host_may_be_read():
    found = secrets_in(
        DATABASE_URL="postgresql://me:hidden@db.example.org/crate",
        YTDLP_PROXY="http://me:hidden@localhost:1",
        NOTIFY_URLS="jsons://me:hidden@localhost/path?format=markdown",
    )
    text = "cannot reach db.example.org, localhost; format markdown"
    assert Masker(found).mask(text) == text
