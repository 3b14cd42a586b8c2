"""No secret is read anywhere but where it belongs: the whole program runs with recognisable ones, well and badly, and
then everything that it wrote and said is searched."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from daemon.secrets import Masker
from daemon.wiring.outside import Outside
from integrations.sandbox import faults
from integrations.sandbox.eagle import EagleTwin
from integrations.sandbox.media import MediaTwin, system_of
from integrations.sandbox.notion import NotionTwin
from integrations.sandbox.spotify import SpotifyTwin
from integrations.sandbox.world import GLASS_HARBOUR, LOW_TIDE
from tests.house import Home, a_home

SECRETS = {
    "NOTION_TOKEN": "ntn_MARK01notionMARK",
    "NOTION_WEBHOOK_TOKEN": "secret_MARK02webhookMARK",
    "SPOTIFY_CLIENT_SECRET": "MARK03clientsecretMARK",
    "SPOTIFY_REFRESH_TOKEN": "AQ-MARK04refresh_tokenMARK",
    "SOUNDCLOUD_OAUTH_TOKEN": "2-MARK05soundcloudMARK",
    "YOUTUBE_API_KEY": "AIzaMARK06youtubeMARK",
    "EAGLE_TOKEN": "MARK07eagle-tokenMARK",
    "ACOUSTID_API_KEY": "MARK08acoustidMARK",
    "HTTP_TOKEN": "MARK09pageMARK",
    "NOTIFY_URLS": "tgram://MARK10bottokenMARK/MARK11chatMARK",
    "YTDLP_PROXY": "MARK12proxy p@ss/wordMARK",
    "YTDLP_EXTRACTOR_ARGS": "MARK13pot-tokenMARK",
}
"""By setting, what must not be read; where a setting is more than its secret, the secret within it."""
DATABASE_PASSWORD = "MARK14database p@ssMARK"
OWNERS = {
    "NOTION_TOKEN": {"notion"},
    "SPOTIFY_CLIENT_SECRET": {"spotify"},
    "SPOTIFY_REFRESH_TOKEN": {"spotify"},
    "SOUNDCLOUD_OAUTH_TOKEN": {"soundcloud"},
    "EAGLE_TOKEN": {"eagle"},
    "spotify access token": {"spotify"},
}
"""The systems that are told a secret, each by its nature: nobody else, ever."""


@pytest.fixture
def home(tmp_path) -> Iterator[Home]:
    with a_home(tmp_path) as home:
        twins = home.world.twins
        twins.notion.token = SECRETS["NOTION_TOKEN"]
        twins.spotify.accounts.client_secret = SECRETS["SPOTIFY_CLIENT_SECRET"]
        twins.spotify.accounts.consent(SECRETS["SPOTIFY_REFRESH_TOKEN"])
        twins.media.soundcloud.tokens.add(SECRETS["SOUNDCLOUD_OAUTH_TOKEN"])
        proxy, arguments = home.environ["YTDLP_PROXY"], home.environ["YTDLP_EXTRACTOR_ARGS"]
        password = quote(SECRETS["YTDLP_PROXY"], safe="")
        home.environ |= SECRETS | {
            "YTDLP_PROXY": proxy.replace("http://", f"http://listener:{password}@"),
            "YTDLP_EXTRACTOR_ARGS": f"{arguments} youtube:po_token=web.gvs+{SECRETS['YTDLP_EXTRACTOR_ARGS']}",
            "SOURCE_TIMEOUT_S": "3",
        }
        yield home


@pytest.fixture
def received(monkeypatch) -> dict[str, list[bytes]]:
    """Every request that reached a twin, whole, by system; and under `learnt` the access tokens that Spotify gave."""
    received: dict[str, list[bytes]] = {"learnt": []}

    def overhear(kind, name_of):
        answer = kind.answer

        def answer_and_note(twin, request):
            whole = [request.path, request.query, request.headers, request.body]
            received.setdefault(name_of(request), []).append(repr(whole).encode())
            response = answer(twin, request)
            if request.path == "/api/token" and response.status == 200:
                received["learnt"].append(json.loads(response.body)["access_token"].encode())
            return response

        monkeypatch.setattr(kind, "answer", answer_and_note)

    for kind in (NotionTwin, SpotifyTwin, EagleTwin):
        overhear(kind, lambda _, name=kind.name: name)
    overhear(MediaTwin, system_of)
    return received


def spellings(secret: str) -> list[bytes]:
    """Plain: a marked word is spelled alike in URLs, JSON and repr. And in base64, wherever in it that may stand."""
    found = [secret.encode()]
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + secret.encode())
        found.append(coded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6])
    return found


def mark_of(value: str) -> str:
    """The marked word in a value: letters and digits only."""
    return value[value.index("MARK") : value.index("MARK") + 9]


def secrets_in(data: bytes, learnt: list[bytes]) -> set[str]:
    marked = {**SECRETS, "NOTIFY_URLS chat": "MARK11chatMARK", "DATABASE_URL": DATABASE_PASSWORD}
    found = {name for name, value in marked.items() if any(one in data for one in spellings(mark_of(value)))}
    return found | {"spotify access token" for token in learnt if token in data}


def assert_nothing_told(home, ended, received) -> None:
    learnt = received["learnt"]
    told = {"stdout": ended.stdout.encode(), "stderr": ended.stderr.encode()}
    for file in home.folder.rglob("*"):
        if file.is_file() and "sandbox" not in file.relative_to(home.folder).parts:
            told[str(file.relative_to(home.folder))] = file.read_bytes()
    found = {place: secrets_in(data, learnt) for place, data in told.items()}
    assert found.pop("var/spotify-token.json", set()) <= {"SPOTIFY_REFRESH_TOKEN", "spotify access token"}
    assert {place: names for place, names in found.items() if names} == {}
    for system, requests in received.items():
        for name in secrets_in(b"\n".join(requests), learnt) if system != "learnt" else ():
            assert system in OWNERS.get(name, ()), f"{system} was told {name}"


def break_with(fault):
    def break_(home):
        for system in ("notion", "soundcloud", "youtube", "covers", "eagle"):
            home.world.faults.add(system, fault, times=None)
        home.world.faults.add("spotify", fault, route="/v1/*", times=None)  # with an access token to be careless with

    return break_


def break_the_far_end_with(fault):
    """Where results go; what finds and fetches them works."""

    def break_(home):
        for system in ("notion", "eagle"):
            home.world.faults.add(system, fault, times=None)

    return break_


def refuse_every_login(home):
    twins = home.world.twins
    twins.notion.token = "another"
    twins.spotify.accounts.revoke()
    twins.media.soundcloud.tokens.clear()


def forget_access(home):
    twins = home.world.twins
    refusal = faults.answer(401, b'{"error": {"status": 401, "message": "The access token expired"}}')
    home.world.faults.add("spotify", refusal, route="/v1/*", times=None)
    twins.media.soundcloud.tokens.clear()


def close_the_proxy(home):
    port = home.world.proxy.port
    home.environ["YTDLP_PROXY"] = home.environ["YTDLP_PROXY"].replace(f":{port}", ":1")


def name_a_database_that_does_not_answer(home):
    home.environ["DATABASE_URL"] = f"postgresql://crate:{quote(DATABASE_PASSWORD)}@127.0.0.1:1/crate"


def name_a_host_that_is_none(home):
    home.environ["DATABASE_URL"] = f"postgresql://crate:{quote(DATABASE_PASSWORD)}@nowhere.invalid/crate?sslmode=no"


def name_a_folder_that_cannot_be_made(home):
    (home.folder / "file").write_text("")
    home.environ["VAR_DIR"] = str(home.folder / "file" / SECRETS["NOTION_TOKEN"])


TROUBLES = {
    "html": break_with(faults.html(502)),
    "resets": break_with(faults.reset()),
    "html at the far end": break_the_far_end_with(faults.html(200)),
    "401 at the far end": break_the_far_end_with(faults.answer(401, b"{}")),
    "resets at the far end": break_the_far_end_with(faults.reset()),
    "wrong log-ins": refuse_every_login,
    "access over": forget_access,
    "no proxy": close_the_proxy,
    "no database": name_a_database_that_does_not_answer,
    "no such database": name_a_host_that_is_none,
    "no folder": name_a_folder_that_cannot_be_made,
}


def like_something(home):
    home.world.person.likes_on_spotify(GLASS_HARBOUR)
    home.world.person.likes_on_soundcloud(LOW_TIDE)


@pytest.mark.parametrize("log_format", ["text", pytest.param("json", marks=pytest.mark.torture)])
def test_a_good_run_tells_no_secret(home, received, log_format):
    like_something(home)
    for _ in range(2):  # SoundCloud's, then Spotify's
        ended = home.run("--mode", "single", LOG_LEVEL="DEBUG", LOG_FORMAT=log_format)
        assert ended.returncode == 0, ended.stderr
        assert_nothing_told(home, ended, received)
    assert len(home.music) == 6
    assert received["learnt"]
    told = {system: secrets_in(b"\n".join(requests), received["learnt"]) for system, requests in received.items()}
    for name, owners in OWNERS.items():
        assert all(name in told[owner] for owner in owners), f"{name} was not used: this test shows nothing of it"


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_bad_run_tells_no_secret(home, received, trouble):
    like_something(home)
    trouble(home)
    ended = home.run("--mode", "single", LOG_LEVEL="DEBUG")
    assert_nothing_told(home, ended, received)


def test_what_is_learnt_while_running_is_masked_too(home, tmp_path):
    """Spotify's access tokens: got by the seed, and then read from the cache by the next process."""
    for _ in range(2):
        masker = Masker()
        outside = Outside(home.settings, masker.add)
        try:
            playing = outside.links()[0].open
            assert playing is not None
            assert playing().check().level == "ok"
        finally:
            outside.close()
        token = json.loads((tmp_path / "var" / "spotify-token.json").read_text())["access_token"]
        assert masker.mask(f"Bearer {token}") == "Bearer ***"
        assert masker.mask(SECRETS["SPOTIFY_REFRESH_TOKEN"]) == "***"
