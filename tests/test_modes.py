"""The one-shot modes as a person meets them: the real command line, a sandbox world, real audio."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from mutagen.easyid3 import EasyID3

from daemon.cli.status import lines
from daemon.models import Format, Status
from integrations import tags
from integrations.sandbox import faults
from integrations.sandbox.music import Piece
from integrations.sandbox.spotify import Playlist, playlist_line, saved_track, track_object
from integrations.sandbox.world import recorded
from tests.house import a_home, alive, until
from tests.program import changed

NIGHT_FERRY = Piece("Night Ferry", "Ada Reyes", 126.0, "Am", 10.0, seed=31)
SLOW_RIVER = Piece("Slow River", "Juno Park", 96.0, "C", 9.0, seed=32)
TIN_ROOF = Piece("Tin Roof", "Bela Strand", 118.0, "Dm", 9.0, seed=33)
QUICK = changed(pace={"tracks_poll_s": 0.1, "outbox_s": 0.3})


@pytest.fixture
def home(tmp_path):
    with a_home(tmp_path) as home:
        yield home


def state_of(home):
    """Everything that a run could have changed."""
    twins = home.world.twins
    files = {
        str(path.relative_to(home.folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "/"
        for path in home.folder.rglob("*")
        if path.name != "blank.env"
    }
    return files | {"notion": json.dumps(twins.notion.dump()), "eagle": json.dumps(twins.eagle.dump())}


def said(ended, code=0):
    """The one object on stdout; nothing of it is on stderr."""
    assert ended.returncode == code, ended.stderr
    answer = json.loads(ended.stdout)
    assert '"mode"' not in ended.stderr
    assert answer.get("exit_code", code) == code
    return answer


def url(home, link, *words, code=0):
    """`--mode url`, and its object."""
    return said(home.run("--mode", "url", "--url", str(link), "--json", *words), code)


def in_short(answer):
    return [(track["title"], track["status"]) for track in answer["tracks"]]


def on_spotify(home, piece):
    """A track that Spotify has, YouTube too, and nobody has liked."""
    home.world.person.likes_on_spotify(piece)
    return home.world.twins.spotify.liked.pop(0)["track"]


def on_soundcloud(home, piece):
    """A track that SoundCloud has and nobody has liked."""
    soundcloud, person = home.world.twins.media.soundcloud, home.world.person
    track = person.likes_on_soundcloud(piece)
    soundcloud.unlike(person._listener, track)
    return track


def progress(ended):
    return re.findall(r"\b(\d+ of \d+)$", ended.stderr, re.MULTILINE)


def audio_requests(home):
    return [line.path for system in ("youtube", "soundcloud") for line in home.world.log.of(system)]


# --- one link, by hand: Spotify --------------------------------------------------------------------------------------


def test_a_spotify_link_in_every_spelling_is_one_track_and_what_is_done_is_shown_as_done(home):
    track = on_spotify(home, NIGHT_FERRY)
    page = f"https://open.spotify.com/intl-de/track/{track['id']}?si=0123456789abcdef"

    before = state_of(home)
    would = url(home, page, "--dry-run")
    assert [one["id"] for one in would["would_take"]] == [track["id"]]
    assert state_of(home) == before

    first = url(home, page)
    assert in_short(first) == [("Night Ferry", "Done")]
    assert [row["Source"] for row in home.rows] == ["url"]
    assert len(home.music) == 3

    home.world.log.clear()
    before = state_of(home)
    assert url(home, track["uri"], "--dry-run")["would_take"] == []
    assert state_of(home) == before
    again = home.run("--mode", "url", "--url", track["uri"])
    assert again.returncode == 0, again.stderr
    assert "Ada Reyes - Night Ferry" in again.stdout
    assert "Done" in again.stdout
    assert audio_requests(home) == []
    with home.ledger() as ledger:
        assert ledger.tracks.count_by_status() == {Status.DONE: 1}


def test_a_playlist_is_each_of_its_tracks_once_in_order_with_progress(home):
    tracks = [on_spotify(home, piece) for piece in (TIN_ROOF, NIGHT_FERRY, SLOW_RIVER)]
    lines = [playlist_line(track, "2026-01-01T00:00:00Z") for track in (*tracks, tracks[0])]
    playlist = home.world.twins.spotify.add_playlist(Playlist(name="Late Shift", lines=lines))
    url(home, tracks[1]["uri"])
    ended = home.run("--mode", "url", "--url", f"https://open.spotify.com/playlist/{playlist.id}?si=abc", "--json")
    assert in_short(said(ended)) == [("Tin Roof", "Done"), ("Night Ferry", "Done"), ("Slow River", "Done")]
    assert progress(ended) == ["1 of 3", "2 of 3", "3 of 3"]
    assert "Late Shift/Bela Strand - Tin Roof.m4a" in home.music
    assert {row["Source"] for row in home.rows} == {"url"}


def test_an_album_is_its_tracks(home):
    track = on_spotify(home, NIGHT_FERRY)
    answer = url(home, f"https://open.spotify.com/album/{track['album']['id']}")
    assert in_short(answer) == [("Night Ferry", "Done")]
    assert "Sandbox Sessions/Ada Reyes - Night Ferry.m4a" in home.music
    [row] = home.rows
    assert (row["Album"], row["ISRC"]) == ("Sandbox Sessions", track["external_ids"]["isrc"])


# --- SoundCloud ------------------------------------------------------------------------------------------------------


def test_a_set_a_track_of_it_and_a_short_link_to_that_track(home):
    soundcloud = home.world.twins.media.soundcloud
    one, other = on_soundcloud(home, NIGHT_FERRY), on_soundcloud(home, SLOW_RIVER)
    mixed = soundcloud.add_playlist(one.user, "Two of them", [one, other])
    ended = home.run("--mode", "url", "--url", mixed.url, "--json")
    assert in_short(said(ended)) == [("Night Ferry", "Done"), ("Slow River", "Done")]
    assert progress(ended) == ["1 of 2", "2 of 2"]

    home.world.log.clear()
    short = soundcloud.shorten(f"{one.url}?si=abc&utm_source=clipboard")
    assert in_short(url(home, short)) == [("Night Ferry", "Done")]
    assert [line.host.partition(":")[0] for line in home.world.log.of("soundcloud")] == ["on.soundcloud.com"]
    with home.ledger() as ledger:
        assert ledger.tracks.count_by_status() == {Status.DONE: 2}


# --- YouTube ---------------------------------------------------------------------------------------------------------


def test_a_video_by_two_addresses_and_in_a_playlist_is_one_track(home):
    youtube = home.world.twins.media.youtube
    sound = (recorded(NIGHT_FERRY, "opus"),)
    video = youtube.add_video("nightferry1", "Ada Reyes - Night Ferry", channel="Ada", duration_s=10.0, encodings=sound)
    playlist = youtube.add_playlist("PLnightferries", "Ferries", [video, video], "Ada")
    assert in_short(url(home, f"https://youtu.be/{video.id}?si=abc")) == [("Night Ferry", "Done")]
    home.world.log.clear()
    answer = url(home, playlist.url)
    assert in_short(answer) == [("Night Ferry", "Done")]
    assert not [line for line in home.world.log.of("youtube") if "videoplayback" in line.path]
    [row] = home.rows
    assert row["YouTube URL"] == video.url


# --- the person's own files ------------------------------------------------------------------------------------------


@pytest.fixture
def crate(home):
    """A folder of the person's: one file with tags, one with a telling name, the first once more, and no audio."""
    folder = home.folder / "my crate"
    (folder / "deeper").mkdir(parents=True)
    tagged = folder / "track 07.mp3"
    tagged.write_bytes(recorded(NIGHT_FERRY, "mp3").data)
    written = EasyID3()
    written["title"], written["artist"] = "Night Ferry", "Ada Reyes"
    written.save(tagged)
    (folder / "zz copy.mp3").write_bytes(tagged.read_bytes())
    (folder / "deeper" / "Juno Park - Slow River.mp3").write_bytes(recorded(SLOW_RIVER, "mp3").data)
    (folder / "notes.txt").write_text("no audio")
    return folder


def looks(folder):
    found = {file: file.stat() for file in folder.rglob("*")}
    return {file: (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for file, stat in found.items()}


def test_a_file_and_a_folder_of_the_persons_own_are_copied_and_left_untouched(home, crate):
    before = looks(crate)
    tagged = crate / "track 07.mp3"
    assert in_short(url(home, tagged)) == [("Night Ferry", "Done")]
    name = home.folder / "music" / "my crate"
    assert [file for file in home.music if "Night Ferry" in file] == [
        f"Unassigned/Ada Reyes - Night Ferry.{format_}" for format_ in ("aiff", "m4a", "wav")
    ]
    provenance = tags.read(home.folder / "music/Unassigned/Ada Reyes - Night Ferry.m4a").provenance
    assert provenance["source"] == "file"

    answer = url(home, crate)
    assert sorted(in_short(answer)) == [("Night Ferry", "Done"), ("Slow River", "Done")]
    assert [(name / f"Juno Park - Slow River.{format_}").is_file() for format_ in Format] == [True] * 3
    assert looks(crate) == before
    assert audio_requests(home) == []


# --- what cannot be used ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://open.spotify.com/artist/0123456789012345678901", "An artist's page on Spotify is no list of tracks"),
        ("{crate}/notes.txt", "no audio file"),
    ],
)
def test_an_unusable_link_is_one_sentence_and_1_and_changes_nothing(home, crate, link, words):
    ended = home.run("--mode", "url", "--url", link.format(crate=crate))
    assert (ended.returncode, ended.stdout) == (1, "")
    (sentence,) = ended.stderr.splitlines()
    assert words in sentence
    assert home.rows == []
    answer = url(home, link.format(crate=crate), code=1)
    assert words in answer["error"]


# --- batch, all, reprocess -------------------------------------------------------------------------------------------


def test_a_batch_takes_so_many_and_the_next_the_rest_and_a_dry_run_says_which(home):
    for piece in (NIGHT_FERRY, SLOW_RIVER, TIN_ROOF):
        home.world.person.likes_on_soundcloud(piece)
    before = state_of(home)
    would = said(home.run("--mode", "batch", "--limit", "2", "--dry-run", "--json"))
    assert [one["url"].rpartition("/")[2] for one in would["would_take"]] == ["tin-roof", "slow-river"]
    assert state_of(home) == before
    ended = home.run("--mode", "batch", "--limit", "2", "--json")
    assert in_short(said(ended)) == [("Tin Roof", "Done"), ("Slow River", "Done")]
    assert progress(ended) == ["1 of 2", "2 of 2"]
    assert in_short(said(home.run("--mode", "batch", "--json"))) == [("Night Ferry", "Done")]


def test_what_failed_and_what_is_lost_is_made_again(home):
    track = home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    home.world.person.likes_on_soundcloud(SLOW_RIVER)
    track.status = 404
    ended = home.run("--mode", "batch")
    assert ended.returncode == 1, ended.stderr
    assert track.url in ended.stdout
    lost = home.folder / "music" / "Unassigned" / "Juno Park - Slow River.m4a"
    was = lost.read_bytes()
    lost.unlink()
    track.status = 200

    before = state_of(home)
    would = said(home.run("--mode", "reprocess", "--dry-run", "--json"))
    assert len(would["would_take"]) == 2
    assert state_of(home) == before
    answer = said(home.run("--mode", "reprocess", "--json"))
    assert sorted(in_short(answer)) == [("Night Ferry", "Done"), ("Slow River", "Done")]
    assert len(lost.read_bytes()) == len(was)
    assert len(home.music) == 6, "nothing beside it under a second name"
    assert [row["Status"] for row in home.rows] == ["Done", "Done"]
    ended = home.run("--mode", "reprocess")
    assert (ended.returncode, ended.stdout) == (0, "Nothing has failed, and no file is missing.\n")


def test_a_library_that_is_away_loses_nothing(home):
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    assert home.run("--mode", "single").returncode == 0
    music = home.folder / "music"
    music.rename(home.folder / "unplugged")
    assert said(home.run("--mode", "reprocess", "--json"))["tracks"] == []
    (home.folder / "unplugged").rename(music)
    assert said(home.run("--mode", "reprocess", "--json"))["tracks"] == []


def test_all_goes_on_after_a_kill_with_at_most_one_page_twice(home):
    for number in range(120):
        on_spotify_only(home, number)
    liked = "/v1/me/tracks"
    home.world.faults.add("spotify", faults.slow(3600), route=liked, skip=3)
    with alive(home.start("--mode", "all")) as process:
        until(lambda: len(home.world.log.of("spotify", path=liked)) >= 3, "two pages of the history")
        with home.ledger() as ledger:
            until(lambda: len(ledger.tracks.unfinished()) >= 98, "the second page in the ledger")
        process.kill()
        process.communicate(timeout=30)
    home.world.faults.clear()
    home.world.log.clear()
    would = said(home.run("--mode", "all", "--dry-run", "--json"))
    assert len(would["would_take"]) == 120
    offsets = [int(line.query.get("offset", 0)) for line in home.world.log.of("spotify", path=liked)]
    # The kill may come between a page and its bookmark: then that page too is read once more.
    assert offsets in ([0, 96], [0, 48, 96]), "one look for news, and the page that was cut off"


def test_a_service_that_is_down_keeps_nobody_from_the_rest_and_all_is_to_be_tried_again(home):
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    home.world.faults.add("spotify", faults.server_error(503), times=None)
    answer = said(home.run("--mode", "all", "--json"), 75)
    assert in_short(answer) == [("Night Ferry", "Done")]
    assert {one["name"]: one["verdict"] for one in answer["sources"]}["spotify-liked"] == "failed"
    home.world.faults.clear()
    ended = home.run("--mode", "all")
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (0, "Nothing new.")
    assert len(home.music) == 3


def test_a_wrong_setting_is_told_to_a_program_too(home):
    answer = said(home.run("--mode", "batch", "--json", SYNC_BATCH="many"), 78)
    assert "SYNC_BATCH" in answer["error"]


def on_spotify_only(home, number):
    """A liked track that is never worked on here: listing is what counts."""
    track = track_object(f"Song {number}", ["Somebody"], isrc=f"QZSBX25{number:05}")
    home.world.twins.spotify.add(track)
    added_at = f"2026-11-01T{number // 60:02}:{number % 60:02}:00Z"
    home.world.twins.spotify.liked.insert(0, saved_track(track, added_at))


# --- status ----------------------------------------------------------------------------------------------------------


def test_status_says_how_it_stands_changes_nothing_and_asks_nobody(home):
    before = state_of(home)
    fresh = said(home.run("--mode", "status", "--dry-run", "--json"))
    assert (fresh["running"], fresh["tracks"]) == (None, {})
    assert state_of(home) == before
    home.world.person.likes_on_soundcloud(NIGHT_FERRY)
    assert home.run("--mode", "single").returncode == 0
    home.world.log.clear()
    before = state_of(home)
    ended = home.run("--mode", "status")
    assert ended.returncode == 0
    assert "nothing; start it with --mode daemon" in ended.stdout
    assert "1 done" in ended.stdout
    assert "Ada Reyes - Night Ferry (done)" in ended.stdout
    assert home.world.log.of() == []
    assert state_of(home) == before


def test_status_beside_a_daemon_says_who_runs(home):
    with alive(home.start("--mode", "daemon", program=QUICK)) as daemon:
        until(lambda: home.world.log.of("spotify", path="/v1/me/tracks"), "the daemon's first look")
        answer = said(home.run("--mode", "status", "--json"))
        assert answer["running"] == f"process {daemon.pid} (daemon)"
        assert f"process {daemon.pid} (daemon)" in home.run("--mode", "status", "--dry-run").stdout
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)


def test_status_tells_what_waits_and_for_whom():
    about = {
        "running": None,
        "tracks": {"Queued": 2, "Failed": 1, "Needs review": 1},
        "waiting": 1,
        "working": [{"title": "C - D", "step": "fetch", "text": "2.1 of 5.2 MB"}],
        "quarantine": 2,
        "put_off": 1,
        "next_try": "2026-11-20 19:00+00:00",
        "services": [
            {"name": "spotify", "until": None, "reason": "log in"},
            {"name": "soundcloud", "until": "2026-11-21 19:00+00:00", "reason": "slow down"},
        ],
        "to_carry": {"eagle": 0, "notion": 3},
        "log_in": "The log-in ends soon.",
        "questions": ["The disk of OUT_DIR is full"],
        "newest": [{"title": "A - B", "status": "Failed", "reason": "gone"}],
    }
    assert list(lines(about))[1:] == [
        "Tracks      2 queued, 1 failed, 1 needs review",
        "Waiting     1 to be taken up, 1 put off (the first until 2026-11-20 19:00+00:00)",
        "Working     C - D: fetch, 2.1 of 5.2 MB",
        "Needs you   `cratekeeper choose TRACK` shows what a track that needs review can be made from",
        "Needs you   The disk of OUT_DIR is full",
        "Quarantine  2 refused, to be heard: `cratekeeper quarantine` lists them",
        "Parked      spotify until somebody mends it: log in",
        "Parked      soundcloud until 2026-11-21 19:00+00:00: slow down",
        "To carry    3 to Notion",
        "Log-in      The log-in ends soon.",
        "Newest      A - B (failed: gone)",
    ]


# --- rows of the person's --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["spotify", "soundcloud"])
def test_a_row_of_the_persons_own_is_taken_and_that_very_row_is_updated(home, service):
    if service == "spotify":
        address = {"Spotify URL": f"https://open.spotify.com/track/{on_spotify(home, NIGHT_FERRY)['id']}?si=abc"}
    else:
        address = {"SoundCloud URL": f"{on_soundcloud(home, NIGHT_FERRY).url}?utm_source=clipboard"}
    notion = home.world.twins.notion
    (source_id,) = notion.data_source_ids(home.world.twins.tracks_db_id)
    row_id = notion.add_row_as_person(source_id, {"Title": "that ferry song", **address})
    answer = said(home.run("--mode", "single", "--json"))
    assert answer["tracks"][0]["found_in"] == "notion"
    rows = notion.rows(home.world.twins.tracks_db_id)
    assert list(rows) == [row_id]
    assert (rows[row_id]["Status"], rows[row_id]["Downloaded"]) == ("Done", True)


# --- log-in and doctor -----------------------------------------------------------------------------------------------


def test_a_person_logs_in_and_doctor_is_content(home):
    home.environ |= {"SPOTIFY_CLIENT_SECRET": "", "SPOTIFY_REFRESH_TOKEN": "", "SPOTIFY_REDIRECT_URI": free_redirect()}
    assert "run `cratekeeper login spotify`" in home.run("doctor").stdout
    with alive(home.start("login", "spotify", "--no-browser")) as process:
        address = next(line.strip() for line in process.stdout if line.strip().startswith("http"))
        assert urlsplit(address).path == "/authorize"
        answer = httpx.get(address, follow_redirects=True, timeout=10, trust_env=False)
        assert answer.status_code == 200
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Logged in to Spotify as Sandbox Listener." in out
    assert (home.folder / "var" / "spotify-token.json").stat().st_mode & 0o777 == 0o600
    ended = home.run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ended.stdout)["checks"]}
    assert ended.returncode == 0, ended.stdout
    assert "problem" not in {check["level"] for check in checks.values()}


def free_redirect():
    """An address on this machine that nobody listens at yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/callback"


def test_doctor_names_the_wrong_token_and_what_to_do(home):
    ended = home.run("doctor", "--json", NOTION_TOKEN="ntn_0123456789wrong")
    assert ended.returncode == 1
    answer = json.loads(ended.stdout)
    problems = [check for check in answer["checks"] if check["level"] == "problem"]
    assert answer["ok"] is False
    assert [problem["name"] for problem in problems] == ["Notion", "Agent-Tasks", "Issues+Questions"]
    assert all("NOTION_TOKEN" in problem["todo"] for problem in problems)
    assert "ntn_0123456789wrong" not in ended.stdout + ended.stderr
    in_words = home.run("doctor", NOTION_TOKEN="ntn_0123456789wrong")
    assert in_words.returncode == 1
    assert "→ Put the integration's token into NOTION_TOKEN." in in_words.stdout
