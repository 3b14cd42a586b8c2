"""The settings: every name, every accepted spelling, every refusal, and where paths lead."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url
from yt_dlp import parse_options

import daemon
from daemon.errors import ConfigError
from daemon.settings import Loaded, Settings, declarations, home, load
from daemon.settings.readers import extractor_args, notion_id

# Literal on purpose: these names are a contract with people's `.env` files (settings-and-schema.md).
CONTRACT = [
    "NOTION_TOKEN",
    "TRACKS_DB_ID",
    "ARTISTS_DB_ID",
    "AGENT_TASKS_DB_ID",
    "ISSUES_DB_ID",
    "PLAYLISTS_DB_ID",
    "NOTION_BASE_URL",
    "NOTION_REQUESTS_PER_S",
    "TRACK_TASKS",
    "HAND_OVER",
    "SPOTIFY_CLIENT_ID",
    "SPOTIFY_CLIENT_SECRET",
    "SPOTIFY_REDIRECT_URI",
    "SPOTIFY_REFRESH_TOKEN",
    "SPOTIFY_API_URL",
    "SPOTIFY_ACCOUNTS_URL",
    "SOUNDCLOUD_PROFILE",
    "SOUNDCLOUD_OAUTH_TOKEN",
    "YTDLP_COOKIES_FILE",
    "YTDLP_PROXY",
    "YTDLP_INSECURE",
    "YTDLP_EXTRACTOR_ARGS",
    "FILE_FORMATS",
    "SAMPLE_BITS",
    "SAMPLE_RATE_HZ",
    "KEY_NOTATION",
    "FILE_TEMPLATE",
    "OUT_DIR",
    "BACKUP_DIR",
    "WAV_BACKUP_DIR",
    "EAGLE_API_BASE",
    "EAGLE_LIBRARY_PATH",
    "EAGLE_TOKEN",
    "ACOUSTID_API_BASE",
    "ACOUSTID_API_KEY",
    "SYNC_INTERVAL_S",
    "SYNC_BATCH",
    "SOURCE_TIMEOUT_S",
    "SOURCE_LOOKBACK",
    "SOURCES",
    "PLAYING_HEARD_S",
    "SPOTIFY_PLAYLISTS",
    "SOUNDCLOUD_PLAYLISTS",
    "DATABASE_URL",
    "VAR_DIR",
    "YOUTUBE_API_KEY",
    "DOWNLOADS_AT_ONCE",
    "DOWNLOAD_GAP_S",
    "MIN_FREE_GB",
    "VERSION_PREFERENCE",
    "HTTP_HOST",
    "HTTP_PORT",
    "HTTP_TOKEN",
    "NOTION_WEBHOOK_TOKEN",
    "NOTIFY_URLS",
    "LOG_LEVEL",
    "LOG_FORMAT",
]

SECRETS = [
    "NOTION_TOKEN",
    "SPOTIFY_CLIENT_SECRET",
    "SPOTIFY_REFRESH_TOKEN",
    "SOUNDCLOUD_OAUTH_TOKEN",
    "YTDLP_PROXY",
    "YTDLP_EXTRACTOR_ARGS",
    "EAGLE_TOKEN",
    "ACOUSTID_API_KEY",
    "DATABASE_URL",
    "YOUTUBE_API_KEY",
    "HTTP_TOKEN",
    "NOTION_WEBHOOK_TOKEN",
    "NOTIFY_URLS",
]

PROJECT = Path(daemon.__file__).parent.parent
ID = "0123456789abcdef0123456789abcdef"
ANYWHERE = "0.0.0.0"  # noqa: S104 -- given to be refused; nothing listens there
VIEW = "fedcba9876543210fedcba9876543210"
DASHED = "01234567-89ab-cdef-0123-456789abcdef"


def loaded(root: Path, **environ: str) -> Settings:
    return load(environ, None, root).settings


def loaded_from(folder: Path, text: str, **environ: str) -> Loaded:
    env_file = folder / ".env"
    env_file.write_text(text, encoding="utf-8")
    return load(environ, env_file, folder / "elsewhere")


def problems(root: Path, **environ: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(environ, None, root)
    return {problem.setting: problem.what for problem in caught.value.problems}


def revealed(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return tuple(revealed(part) for part in value) if isinstance(value, tuple) else value


# --- the names -------------------------------------------------------------------------------------------------------


def test_declares_exactly_the_names_of_the_contract():
    assert sorted(declared.name for declared in declarations()) == sorted(CONTRACT)


def test_every_secret_is_a_secret_type_and_nothing_else_is():
    assert sorted(declared.name for declared in declarations() if declared.secret) == sorted(SECRETS)


def test_the_example_file_has_exactly_the_same_names_each_with_its_help_and_default():
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    written = [(above, line) for above, line in pairwise(lines) if re.match(r"(# )?[A-Z_]+=", line)]
    assert written == [
        (f"# {setting.help}", f"# {setting.name}={setting.default}" if setting.default else f"{setting.name}=")
        for setting in declarations()
    ]


def test_the_example_file_changes_nothing_with_or_without_its_hashes(tmp_path):
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    defaults = loaded(tmp_path)
    for variant in (text, re.sub(r"^# ([A-Z_]+=)", r"\1", text, flags=re.MULTILINE)):
        result = loaded_from(tmp_path, variant)
        assert result.settings == defaults
        assert result.warnings == ()


def test_every_setting_says_in_one_line_what_it_is_for():
    for setting in declarations():
        assert setting.help.endswith((".", "…", ")")), setting
        assert "\n" not in setting.help


def test_settings_are_frozen(tmp_path):
    with pytest.raises(ValidationError):
        loaded(tmp_path).sync_batch = 6


def test_no_repr_shows_a_secret(tmp_path):
    given = {name: "recognisable-token" for name in SECRETS if name not in ("YTDLP_EXTRACTOR_ARGS", "NOTIFY_URLS")}
    given |= {"YTDLP_PROXY": "http://u:recognisable-token@h:1", "DATABASE_URL": "postgresql://u:recognisable-token@h/d"}
    given |= {"YTDLP_EXTRACTOR_ARGS": "youtube:po_token=recognisable-token", "NOTIFY_URLS": "ntfy://recognisable-token"}
    result = load(given, None, tmp_path)
    assert "recognisable" not in repr(result) + str(result.settings) + str(result.settings.model_dump())


# --- values ----------------------------------------------------------------------------------------------------------


DEFAULTS = {
    "notion_token": None,
    "notion_base_url": "https://api.notion.com",
    "spotify_redirect_uri": "http://127.0.0.1:8766/callback",
    "spotify_api_url": "https://api.spotify.com/v1/",
    "spotify_accounts_url": "https://accounts.spotify.com",
    "ytdlp_insecure": False,
    "eagle_api_base": "http://localhost:41595",
    "sync_interval_s": 300,
    "sync_batch": 5,
    "source_timeout_s": 30,
    "source_lookback": 5,
    "database_url": None,
    "http_host": "127.0.0.1",
    "http_port": 8765,
    "notify_urls": (),
    "log_level": "INFO",
    "log_format": "text",
}


def test_defaults(tmp_path):
    result = loaded(tmp_path)
    assert {name: getattr(result, name) for name in DEFAULTS} == DEFAULTS
    assert (result.var_dir, result.out_dir) == (tmp_path / "var", tmp_path / "var" / "music")


ACCEPTED = [
    ("FILE_FORMATS", "AIFF, m4a", ("aiff", "m4a")),
    ("SAMPLE_BITS", "24", 24),
    ("SAMPLE_RATE_HZ", "44100", 44_100),
    ("KEY_NOTATION", "Camelot", "camelot"),
    ("FILE_TEMPLATE", "{year}/{artist} - {title}", "{year}/{artist} - {title}"),
    ("NOTION_TOKEN", "ntn_abc", "ntn_abc"),
    ("NOTION_TOKEN", "  ntn_abc ", "ntn_abc"),
    ("NOTION_TOKEN", "Bearer ntn_abc", "ntn_abc"),
    ("SOUNDCLOUD_OAUTH_TOKEN", "OAuth 2-1234-abc", "2-1234-abc"),
    ("NOTION_BASE_URL", "http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
    ("NOTION_BASE_URL", "https://api.notion.com/v1/", "https://api.notion.com"),
    ("SPOTIFY_API_URL", "http://127.0.0.1:5000/v1", "http://127.0.0.1:5000/v1/"),
    ("SPOTIFY_API_URL", "http://127.0.0.1:5000/v1/", "http://127.0.0.1:5000/v1/"),
    ("SPOTIFY_ACCOUNTS_URL", "http://[::1]:5000/", "http://[::1]:5000"),
    ("SPOTIFY_REDIRECT_URI", "http://127.0.0.1:9000/cb", "http://127.0.0.1:9000/cb"),
    ("SPOTIFY_REDIRECT_URI", "http://[::1]:9000/cb", "http://[::1]:9000/cb"),
    ("SPOTIFY_REDIRECT_URI", "https://example.org/cb", "https://example.org/cb"),
    ("SOUNDCLOUD_PROFILE", "some-one", "some-one"),
    ("SOUNDCLOUD_PROFILE", "@some_one", "some_one"),
    ("SOUNDCLOUD_PROFILE", "https://soundcloud.com/some-one", "some-one"),
    ("SOUNDCLOUD_PROFILE", "https://m.soundcloud.com/some-one/likes?x=1", "some-one"),
    ("SOUNDCLOUD_PROFILE", "soundcloud.com/some-one/", "some-one"),
    ("YTDLP_PROXY", "http://u:p@127.0.0.1:3128", "http://u:p@127.0.0.1:3128"),
    ("YTDLP_PROXY", "socks5h://127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
    ("YTDLP_PROXY", "localhost:3128", "http://localhost:3128"),
    *(("YTDLP_INSECURE", word, True) for word in ("1", "true", "True", "YES", "on", "y", "t")),
    *(("YTDLP_INSECURE", word, False) for word in ("0", "false", "NO", "off", "n", "f")),
    ("SYNC_INTERVAL_S", "60", 60),
    ("SOURCE_LOOKBACK", "0", 0),
    ("SOURCES", "notion, Spotify-Liked", ("notion", "spotify-liked")),
    ("SOURCES", "soundcloud-likes", ("soundcloud-likes",)),
    ("PLAYING_HEARD_S", "0", 0),
    ("SPOTIFY_PLAYLISTS", "https://open.spotify.com/playlist/a b,a", ("https://open.spotify.com/playlist/a", "b", "a")),
    ("SOUNDCLOUD_PLAYLISTS", "https://soundcloud.com/me/sets/x", ("https://soundcloud.com/me/sets/x",)),
    ("HTTP_PORT", "0", 0),
    ("HTTP_HOST", "[::1]", "::1"),
    ("HTTP_HOST", "localhost", "localhost"),
    ("HTTP_HOST", "127.0.0.53", "127.0.0.53"),
    ("LOG_LEVEL", "debug", "DEBUG"),
    ("LOG_LEVEL", "warn", "WARNING"),
    ("LOG_FORMAT", "JSON", "json"),
    ("DATABASE_URL", "postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    (
        "DATABASE_URL",
        "postgresql://u:p%40@h:5432/d?sslmode=require",
        "postgresql+psycopg://u:p%40@h:5432/d?sslmode=require",
    ),
    ("DATABASE_URL", "postgresql+psycopg2://u@h/d", "postgresql+psycopg://u@h/d"),
    ("DATABASE_URL", "postgresql://u:@/d?host=/run/socket", "postgresql+psycopg://u:@/d?host=/run/socket"),
    ("NOTIFY_URLS", "ntfy://topic", ("ntfy://topic",)),
    ("NOTIFY_URLS", "ntfy://a, mailto://u:p@h?to=a,b  json://h/p", ("ntfy://a", "mailto://u:p@h?to=a,b", "json://h/p")),
    ("EAGLE_LIBRARY_PATH", r"C:\Music\My.library", r"C:\Music\My.library"),
]


@pytest.mark.parametrize(("name", "text", "value"), ACCEPTED)
def test_accepts(tmp_path, name, text, value):
    assert revealed(getattr(loaded(tmp_path, **{name: text}), name.lower())) == value


REFUSED = [
    ("NOTION_TOKEN", "two words", "Copy it again"),
    ("NOTION_TOKEN", "ntn_ä", "Copy it again"),
    ("TRACKS_DB_ID", "My tracks", "Copy link"),
    ("TRACKS_DB_ID", ID[:-1], "Copy link"),
    ("ARTISTS_DB_ID", ID + "0", "Copy link"),
    ("ISSUES_DB_ID", f"https://example.org/{ID}", "Copy link"),
    ("ISSUES_DB_ID", f"https://notion.so.example.org/{ID}", "Copy link"),
    ("PLAYLISTS_DB_ID", f"https://www.notion.so/workspace?v={VIEW}", "Copy link"),
    ("PLAYLISTS_DB_ID", "https://me.notion.site/My-Page", "Copy link"),
    ("AGENT_TASKS_DB_ID", f"ftp://www.notion.so/{ID}", "Copy link"),
    ("AGENT_TASKS_DB_ID", "https://[www.notion.so/", "Copy link"),
    ("NOTION_BASE_URL", "api.notion.com", "https://"),
    ("NOTION_BASE_URL", "https://", "https://"),
    ("EAGLE_API_BASE", "http://localhost:99999", "https://"),
    ("EAGLE_API_BASE", "http://user:password@localhost", "without a user"),
    ("SPOTIFY_API_URL", "https://api.spotify.com/v1?x=1", "https://"),
    ("SPOTIFY_ACCOUNTS_URL", "https://a b", "https://"),
    ("SPOTIFY_REDIRECT_URI", "http://localhost:8766/callback", "refuses `localhost`: write `http://127.0.0.1:8766"),
    ("SPOTIFY_REDIRECT_URI", "https://LOCALHOST/callback", "refuses `localhost`"),
    ("SPOTIFY_REDIRECT_URI", "http://example.org/callback", "only for this machine"),
    ("SPOTIFY_REDIRECT_URI", "127.0.0.1:8766", "Redirect URIs"),
    ("SOUNDCLOUD_PROFILE", "two words", "soundcloud.com/NAME"),
    ("SOUNDCLOUD_PROFILE", "https://example.org/some-one", "soundcloud.com/NAME"),
    ("SOUNDCLOUD_PROFILE", "https://soundcloud.com/", "soundcloud.com/NAME"),
    ("YTDLP_PROXY", "ftp://h:1", "http://user:password@host:port"),
    ("YTDLP_PROXY", "http://h:port", "http://user:password@host:port"),
    ("YTDLP_INSECURE", "maybe", "yes or no"),
    ("YTDLP_EXTRACTOR_ARGS", "player_client=web", "youtube:player_client"),
    ("OUT_DIR", "~nobody-of-this-name/x", "whole path"),
    ("FILE_FORMATS", "m4a, flac", "m4a, wav, aiff"),
    ("FILE_FORMATS", "wav wav", "each once"),
    ("SAMPLE_BITS", "32", "one of 16, 24"),
    ("SAMPLE_RATE_HZ", "44.1", "44100"),
    ("FILE_TEMPLATE", "{artist}", "needs {title}"),
    ("FILE_TEMPLATE", "../{title}", "leaves OUT_DIR"),
    ("KEY_NOTATION", "german", "musical, camelot, open-key"),
    ("SYNC_INTERVAL_S", "5 minutes", "whole number from 1 to 86400"),
    ("SYNC_INTERVAL_S", "0", "whole number from 1 to 86400"),
    ("SYNC_BATCH", "-1", "whole number from 1 to 1000"),
    ("SOURCES", "notion, deezer", "soundcloud-likes"),
    ("SOURCES", "notion notion", "each once"),
    ("SPOTIFY_PLAYLISTS", "my <playlist>", "write links"),
    ("PLAYING_HEARD_S", "601", "whole number from 0 to 600"),
    ("SOURCE_TIMEOUT_S", "601", "whole number from 1 to 600"),
    ("SOURCE_TIMEOUT_S", "2.5", "whole number from 1 to 600"),
    ("SOURCE_LOOKBACK", "9" * 20, "whole number from 0 to 1000"),
    ("HTTP_PORT", "65536", "whole number from 0 to 65535"),
    ("HTTP_HOST", "http://127.0.0.1", "without `http://`"),
    ("HTTP_HOST", "127.0.0.1:8765", "without a port"),
    ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ("LOG_FORMAT", "xml", "text, json"),
    ("DATABASE_URL", "sqlite:///x.db", "VAR_DIR"),
    ("DATABASE_URL", "mysql://u:p@h/d", "postgresql://"),
    ("DATABASE_URL", "postgresql://u:p@h:port/d", "postgresql://"),
    ("NOTIFY_URLS", "my-topic", "ntfy://"),
    ("NOTIFY_URLS", ",", "ntfy://"),
]


@pytest.mark.parametrize(("name", "text", "advice"), REFUSED)
def test_refuses_and_says_what_to_do(tmp_path, name, text, advice):
    told = problems(tmp_path, **{name: text})
    assert list(told) == [name]
    assert advice in told[name]


@pytest.mark.parametrize(
    ("inbox", "left"), [("BACKUP_DIR", "wav"), ("WAV_BACKUP_DIR", "m4a aiff"), ("WAV_BACKUP_DIR", "wav")]
)
def test_an_inbox_whose_format_is_not_made_is_a_problem(tmp_path, inbox, left):
    told = problems(tmp_path, **{"FILE_FORMATS": left, inbox: "inbox"})

    assert list(told) == [inbox]
    assert "FILE_FORMATS" in told[inbox]


@pytest.mark.parametrize(
    ("names", "told_of"),
    [
        ({"OUT_DIR": "music", "BACKUP_DIR": "music"}, "BACKUP_DIR"),
        ({"OUT_DIR": "music", "WAV_BACKUP_DIR": "./music/."}, "WAV_BACKUP_DIR"),
        ({"VAR_DIR": "state", "OUT_DIR": "state"}, "VAR_DIR"),
        ({"VAR_DIR": "state", "BACKUP_DIR": "state/work"}, "VAR_DIR"),
        ({"VAR_DIR": "state", "WAV_BACKUP_DIR": "state/quarantine/wav"}, "VAR_DIR"),
    ],
)
def test_no_two_folders_that_would_be_in_each_others_way(tmp_path, names, told_of):
    assert list(problems(tmp_path, **names)) == [told_of]


@pytest.mark.parametrize(
    "names", [{"OUT_DIR": "music", "BACKUP_DIR": "music/auto"}, {"VAR_DIR": "v", "OUT_DIR": "v/x"}]
)
def test_folders_may_be_within_each_other_where_that_harms_nobody(tmp_path, names):
    loaded(tmp_path, **names)


@pytest.mark.parametrize("name", CONTRACT)
def test_no_refusal_repeats_the_value(tmp_path, name):
    """Any line may be the one that a secret was pasted into by mistake."""
    told = problems(tmp_path, **{name: "~recognisable token \0\n://@:"})
    assert list(told) == [name]
    assert "recognisable" not in told[name]


def test_all_problems_are_told_at_once_and_no_value_is(tmp_path):
    told = problems(
        tmp_path,
        NOTION_TOKEN="a secret with blanks",
        TRACKS_DB_ID="ntn_pasted_into_the_wrong_line",
        SYNC_BATCH="many",
        HTTP_HOST=ANYWHERE,
    )
    assert list(told) == ["NOTION_TOKEN", "TRACKS_DB_ID", "SYNC_BATCH", "HTTP_TOKEN"]
    text = " ".join(told.values())
    assert not any(given in text for given in ("a secret", "ntn_pasted", "many", ANYWHERE))


def test_an_uncaught_config_error_shows_no_value_in_its_traceback(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load({"NOTION_TOKEN": "a secret with blanks"}, None, tmp_path)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("host", [ANYWHERE, "::", "192.168.1.5", "crate.example.org"])
def test_a_page_that_others_can_reach_needs_a_token(tmp_path, host):
    assert list(problems(tmp_path, HTTP_HOST=host)) == ["HTTP_TOKEN"]
    assert loaded(tmp_path, HTTP_HOST=host, HTTP_TOKEN="t" * 20).http_host == host


def test_the_database_is_sqlite_in_var_dir(tmp_path):
    result = loaded(tmp_path, VAR_DIR="state")
    assert make_url(result.ledger_url.get_secret_value()).database == str(tmp_path / "state" / "ledger.db")
    assert make_url(result.engine_url.get_secret_value()).database == str(tmp_path / "state" / "engine.db")


def test_the_database_is_postgresql_for_both(tmp_path):
    result = loaded(tmp_path, DATABASE_URL="postgresql://me:p%40ss@db:5432/crate")
    assert result.ledger_url == result.engine_url
    url = make_url(result.ledger_url.get_secret_value())
    assert (url.drivername, url.password, url.host) == ("postgresql+psycopg", "p@ss", "db")


def test_extractor_args_are_read_as_on_the_command_line(tmp_path):
    text = r"YouTube:player-client=web,ios;player_skip=configs;lang  generic:is_live=a\,b"
    assert loaded(tmp_path, YTDLP_EXTRACTOR_ARGS=text).extractor_args == {
        "youtube": {"player_client": ["web", "ios"], "player_skip": ["configs"], "lang": [""]},
        "generic": {"is_live": ["a,b"]},
    }
    assert loaded(tmp_path).extractor_args == {}


def test_extractor_args_are_read_as_yt_dlp_reads_them():
    for word in (r"youtube:player-client=web,tv_embedded;Player_Skip=a\,b,c;x=", "youtubetab:skip=webpage"):
        assert extractor_args(word) == parse_options(["--extractor-args", word]).ydl_opts["extractor_args"]


# --- Notion's ids ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        ID,
        ID.upper(),
        DASHED,
        DASHED.upper(),
        f"https://www.notion.so/workspace/Title-{ID}?v={VIEW}",
        f"https://www.notion.so/workspace/Title-{ID}?v={VIEW}&p={VIEW}&pm=s#block",
        f"https://www.notion.so/{ID}?v={VIEW}",
        f"https://www.notion.so/{DASHED}",
        f"https://www.notion.so/Title-{ID}/",
        f"https://notion.so/T%C3%A4cks-{ID}",
        f"https://app.notion.com/p/workspace/Title-{ID}?v={VIEW}&source=copy_link",
        f"https://me.notion.site/Title-{ID}",
        f"https://me.notion.site/{ID}?pvs=4",
        f"notion://www.notion.so/workspace/Title-{ID}",
        f"www.notion.so/workspace/{ID}",
        f"<https://www.notion.so/{ID}>",
        f"https://www.notion.so/{VIEW}-{ID}",
    ],
)
def test_understands_a_pasted_notion_address(tmp_path, text):
    assert loaded(tmp_path, TRACKS_DB_ID=text).tracks_db_id == DASHED


_titles = st.text(st.characters(categories=["L", "N"], include_characters="-"), max_size=30).map(lambda t: t + "-")
_addresses = st.sampled_from(
    [
        "{id}",
        "https://www.notion.so/{title}{id}",
        "https://www.notion.so/space/{title}{id}?v={view}&pvs=4",
        "https://app.notion.com/p/{title}{id}#{view}",
        "https://a.notion.site/{title}{id}/?p={view}",
    ]
)


@given(st.uuids(), st.uuids(), _titles | st.just(""), _addresses, st.booleans(), st.booleans())
@example(UUID(ID), UUID(VIEW), f"{VIEW}-", "https://www.notion.so/{title}{id}", True, False)
def test_finds_the_id_in_any_address(wanted, view, title, address, dashed, upper):
    spelled = str(wanted) if dashed else wanted.hex
    text = address.format(id=spelled.upper() if upper else spelled, title=title, view=view.hex)
    assert notion_id(text) == str(wanted)


@given(st.text(max_size=60).map(str.strip).filter(lambda text: text and not re.search("[0-9a-fA-F]{8}", text)))
def test_anything_else_is_refused_with_advice(text):
    with pytest.raises(ValueError, match="Copy link"):
        notion_id(text)


# --- the .env file ---------------------------------------------------------------------------------------------------


def test_reads_what_dotenv_reads(tmp_path):
    text = "# note\nexport NOTION_TOKEN='ntn_1'\nSYNC_BATCH = 7 # seven\nOUT_DIR=\"~/my music\"\nLOG_LEVEL\n"
    result = loaded_from(tmp_path, "\ufeff" + text)
    assert revealed(result.settings.notion_token) == "ntn_1"
    assert result.settings.sync_batch == 7
    assert result.settings.out_dir == Path.home() / "my music"
    assert result.warnings == (f"{tmp_path / '.env'}, line 5: this is no NAME=value line, and was left out.",)


def test_the_real_environment_wins_and_empty_means_unset(tmp_path):
    text = "SYNC_BATCH=7\nSOURCE_LOOKBACK=8\nHTTP_PORT=\nLOG_LEVEL=' '\n"
    result = loaded_from(tmp_path, text, SYNC_BATCH="9", SOURCE_LOOKBACK="", LOG_FORMAT="  ").settings
    assert (result.sync_batch, result.source_lookback) == (9, 8)
    assert (result.http_port, result.log_level, result.log_format) == (8765, "INFO", "text")


def test_a_misspelt_name_is_told_also_when_another_value_is_wrong(tmp_path):
    with pytest.raises(ConfigError) as caught:
        loaded_from(tmp_path, "SYNC_BATCH=many\nSPOTFY_CLIENT_ID=x\n")
    assert [problem.setting for problem in caught.value.problems] == ["SYNC_BATCH"]
    assert "did you mean SPOTIFY_CLIENT_ID?" in caught.value.hints[0]


def test_the_real_environment_is_asked_for_our_names_alone(tmp_path):
    result = load({"PATH": "/bin", "NOTION_TOKN": "x", "notion_token": "x"}, None, tmp_path)
    assert result.settings == loaded(tmp_path)
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NOTION_TOKN", "did you mean NOTION_TOKEN?"),
        ("TRACK_DB_ID", "did you mean TRACKS_DB_ID?"),
        ("notion_token", "did you mean NOTION_TOKEN?"),
        ("SPOTIPY_CLIENT_ID", "did you mean SPOTIFY_CLIENT_ID?"),
        ("SYNC-BATCH", "did you mean SYNC_BATCH?"),
        ("LASTFM_USER", "it is ignored."),
        ("CRATEKEEPER_ENV_FILE", "counts only in the real environment; here it is ignored."),
    ],
)
def test_an_unknown_name_warns_and_stops_nothing(tmp_path, name, meant):
    result = loaded_from(tmp_path, f"{name}=some-value\nSYNC_BATCH=7\n")
    assert result.settings.sync_batch == 7
    assert len(result.warnings) == 1
    assert name in result.warnings[0]
    assert result.warnings[0].endswith(meant)
    assert "some-value" not in result.warnings[0]


def test_other_values_and_the_environment_are_filled_in_and_the_environment_wins(tmp_path):
    text = "VOLUME=/from/file\nOUT_DIR=${VOLUME}/out\nVAR_DIR=${STATE:-/srv}/var\nBACKUP_DIR='${VOLUME}/dj'\n"
    settings_alone = loaded_from(tmp_path, text)
    assert settings_alone.settings.out_dir == Path("/from/file/out")
    assert settings_alone.settings.var_dir == Path("/srv/var")
    assert settings_alone.settings.backup_dir == Path("/from/file/dj")
    assert settings_alone.warnings == ()
    with_environment = loaded_from(tmp_path, text, VOLUME="/from/environment", STATE="/state").settings
    assert with_environment.out_dir == Path("/from/environment/out")
    assert with_environment.var_dir == Path("/state/var")


def test_a_reference_to_nothing_is_told(tmp_path):
    (warning,) = loaded_from(tmp_path, "OUT_DIR=${MUSIC}/out\n").warnings
    assert "OUT_DIR refers to ${MUSIC}" in warning


def test_a_line_that_makes_no_sense_is_told_by_its_number_and_never_repeated(tmp_path):
    text = "SYNC_BATCH=7\n\n\nntn_pasted_without_a_name\nA='unclosed\nntn_0123456789012345678901234567890123456789==\n"
    result = loaded_from(tmp_path, text)
    assert result.settings.sync_batch == 7
    assert [int(number) for number in re.findall(r"line (\d+)", " ".join(result.warnings))] == [4, 5, 6]
    assert "ntn_" not in " ".join(result.warnings)


def test_a_file_that_is_no_text_is_told(tmp_path):
    (tmp_path / ".env").write_bytes(b"OUT_DIR=/m\xfcsik\n")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load({}, tmp_path / ".env", tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load({}, tmp_path, tmp_path)


# --- places ----------------------------------------------------------------------------------------------------------


def test_relative_paths_are_below_the_env_file_and_never_below_the_current_folder(tmp_path, monkeypatch):
    here, project = tmp_path / "here", tmp_path / "project"
    here.mkdir()
    project.mkdir()
    monkeypatch.chdir(here)
    text = "OUT_DIR=crate\nBACKUP_DIR=../dj\nWAV_BACKUP_DIR=/wav\nYTDLP_COOKIES_FILE=cookies.txt\n"
    result = loaded_from(project, text + "EAGLE_LIBRARY_PATH=My.library\n").settings
    assert result.out_dir == project / "crate"
    assert result.backup_dir == project / "../dj"
    assert result.wav_backup_dir == Path("/wav")
    assert result.ytdlp_cookies_file == project / "cookies.txt"
    assert result.eagle_library_path == str(project / "My.library")
    assert result.var_dir == project / "var"
    assert list(here.iterdir()) == []


def test_without_an_env_file_they_are_below_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert loaded(tmp_path, OUT_DIR="crate").out_dir == tmp_path / "crate"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(st.characters(exclude_characters="\0~", exclude_categories=["Cs", "Z", "Cc"]), min_size=1))
def test_every_path_is_absolute(tmp_path, text):
    assert loaded(tmp_path, OUT_DIR=text).out_dir.is_absolute()


def test_settings_made_in_code_need_whole_paths():
    with pytest.raises(ValidationError, match="write the whole path"):
        Settings()
    assert Settings(var_dir=Path("/v"), out_dir=Path("/o")).out_dir == Path("/o")


def test_home_of_a_source_folder_is_that_folder(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    assert home({}, source_folder=tmp_path) == (tmp_path, None)
    (tmp_path / ".env").touch()
    assert home({}, source_folder=tmp_path) == (tmp_path, tmp_path / ".env")


def test_home_is_this_project_when_run_from_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert home({}).root == PROJECT


def test_home_of_an_installed_program_is_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    root, env_file = home({}, source_folder=tmp_path)
    assert tmp_path in root.parents
    assert root.name == "cratekeeper"
    assert env_file is None


def test_the_env_file_can_be_named(tmp_path, monkeypatch):
    for name in ("pyproject.toml", ".env", "by-environment", "by-hand"):
        (tmp_path / name).touch()
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    environ = {"CRATEKEEPER_ENV_FILE": "by-environment"}
    assert home(environ, source_folder=tmp_path).env_file == tmp_path / "by-environment"
    assert home(environ, Path("../by-hand"), source_folder=tmp_path).env_file == other / "../by-hand"
    assert home({"CRATEKEEPER_ENV_FILE": " "}, source_folder=tmp_path).env_file == tmp_path / ".env"


@pytest.mark.parametrize("missing", ["not-there", "/not/there", "~nobody-of-this-name/x"])
def test_a_named_env_file_that_is_not_there_is_a_problem(tmp_path, missing):
    with pytest.raises(ConfigError, match=r"^CRATEKEEPER_ENV_FILE: "):
        home({"CRATEKEEPER_ENV_FILE": missing}, source_folder=tmp_path)
    with pytest.raises(ConfigError, match=r"^--env-file: "):
        home({}, Path(missing), source_folder=tmp_path)
