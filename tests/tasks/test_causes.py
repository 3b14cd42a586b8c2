"""Every cause: not there, there, said in words that help, gone again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.ledger.services import Parked
from daemon.models import Choice
from daemon.tasks.answers import UNDERSTOOD
from daemon.tasks.asking import LONGEST_DESCRIPTION, choices_in, description_of
from daemon.tasks.causes import CAUSES, concerns, values_of
from daemon.tasks.concern import Concern
from daemon.tasks.facts import Facts, Folder, Held, Review, Told
from daemon.tasks.rows import CHOICES

NOON = 1_800_000_000.0
HOUR_S = 3600.0
VERBS = {"sync", "redo", "verify", "choose", "enrich", "report", "pause", "resume"}
CALM = Facts(now=NOON, host_id="h1", machine="desk", min_free_gb=2.0)
ID = "0199aa00bb11"
NAME = "Ada Reyes - Night Ferry"
VIDEO = "https://www.youtube.com/watch?v=nightferry1"
MIX = Choice(label="Night Ferry (Ada Reyes)", value=VIDEO, why="8 s longer")
RADIO = Choice(label="Night Ferry (Radio)", value="https://www.youtube.com/watch?v=nightferry2", why="another channel")
LIBRARY = Folder(setting="OUT_DIR", path="/music", disk=1, free_gb=100.0)
WORK = Folder(setting="VAR_DIR", path="/var/crate", disk=1, free_gb=100.0)
INBOX = Folder(setting="BACKUP_DIR", path="/inbox", disk=2, free_gb=100.0)


def parked(name, kind, *, times=1, reason="It says no.", until=NOON + 60):
    return Parked(name=name, not_before=until, reason=reason, since_at=NOON - 60, kind=kind, times=times)


def with_service(name, kind, **more):
    return replace(CALM, services=(parked(name, kind, **more),))


def with_folder(*folders, **more):
    return replace(CALM, folders=folders, **more)


TABLE = [
    # facts, key, severity, words that must be in what the person reads
    (with_service("spotify", "login"), "login/spotify", "High", ["Log in to Spotify", "`cratekeeper login spotify`"]),
    (with_service("notion", "login"), "login/notion", "Critical", ["NOTION_TOKEN", "It says no."]),
    (with_service("notion", "barred"), "login/notion", "High", ["TRACKS_DB_ID", "share", "Connections"]),
    (with_service("soundcloud", "login", until=NOON - 9), "login/soundcloud", "High", ["SOUNDCLOUD_OAUTH_TOKEN"]),
    (with_service("youtube", "login"), "login/youtube", "High", ["YTDLP_COOKIES_FILE"]),
    (with_service("acoustid", "login"), "login/acoustid", "High", ["ACOUSTID_API_KEY"]),
    (with_service("eagle", "login"), "login/eagle", "High", ["EAGLE_TOKEN"]),
    (with_service("spotify", "rate", times=4), "rate/spotify", "High", ["Spotify", "3 waits", "SYNC_INTERVAL_S"]),
    (with_service("notion", "rate", times=4, until=NOON - 60), "rate/notion", "High", ["NOTION_REQUESTS_PER_S"]),
    (replace(with_service("eagle", "wait"), for_eagle=3), "eagle/h1", "Low", ["Eagle", "EAGLE_API_BASE"]),
    (
        replace(CALM, consent="The Spotify log-in ends in 9 days."),
        "consent/spotify/h1",
        "Medium",
        ["in 9 days", "`cratekeeper login spotify`"],
    ),
    (
        replace(CALM, reviews=(Review(track_id=ID, name=NAME, question="Which one?", choices=(MIX, RADIO)),)),
        f"choose/{ID}",
        "Medium",
        [f"Which of these is {NAME}?", f"1. {MIX.label} ({MIX.why}) {VIDEO}", "2. ", "number from 1 to 2", "`reject`"],
    ),
    (
        replace(CALM, reviews=(Review(track_id=ID, name=NAME, question="Your source cannot be used."),)),
        f"choose/{ID}",
        "Medium",
        ["Your source cannot be used.", f"`cratekeeper choose {ID}`", "address"],
    ),
    (
        replace(
            CALM, held=(Held(kept_id="ab12cd34ef", track_id=ID, name=NAME, path="/q/a.opus", reason="8 s short."),)
        ),
        "quarantine/ab12cd34ef",
        "Medium",
        ["8 s short.", "/q/a.opus", "quarantine release ab12cd34", "1. It is good", "2. It is not", "`discard`"],
    ),
    (
        replace(CALM, failed=(Told(track_id=ID, name=NAME, reason="The video is gone."),)),
        f"failed/{ID}",
        "Medium",
        ["The video is gone.", "`retry`", "--mode reprocess"],
    ),
    (replace(CALM, more_reviews=True), "more/reviews", "Low", ["`cratekeeper choose TRACK`"]),
    (replace(CALM, more_failed=True), "more/failed", "Low", ["--mode reprocess"]),
    (
        replace(CALM, refused=(Told(track_id=ID, name=NAME, reason="That is another track of yours already."),)),
        f"refused/{ID}",
        "Medium",
        ["another track of yours", "Tracks", "`skip`"],
    ),
    (
        with_folder(replace(LIBRARY, away="the library /music is not there."), tracks_wait=True),
        "volume/OUT_DIR/h1",
        "Medium",
        ["OUT_DIR", "the library /music is not there.", "desk", "Finished tracks wait", "Plug"],
    ),
    (with_folder(replace(INBOX, away="gone")), "volume/BACKUP_DIR/h1", "Low", ["BACKUP_DIR", "Nothing waits"]),
    (
        with_folder(replace(INBOX, is_writable=False), copies_wait=True),
        "volume/BACKUP_DIR/h1",
        "Medium",
        ["cannot be written to", "Copies wait", "right to write"],
    ),
    (
        with_folder(replace(LIBRARY, free_gb=1.9), replace(WORK, free_gb=1.9), INBOX),
        "disk/OUT_DIR/h1",
        "High",
        ["OUT_DIR and VAR_DIR", "full", "MIN_FREE_GB (now 2)", "/music"],
    ),
    (with_folder(LIBRARY, replace(INBOX, free_gb=3.9)), "disk/BACKUP_DIR/h1", "Low", ["nearly full", "4 GB"]),
    (
        replace(CALM, lost_columns=("BPM", "Key")),
        "column/tracks",
        "Medium",
        ["BPM, Key", "`cratekeeper init notion`", "`skip`"],
    ),
    (replace(CALM, is_paused=True), "paused", "Low", ["`cratekeeper job resume`", "`resume`"]),
]


@pytest.mark.parametrize(("facts", "key", "severity", "words"), TABLE)
def test_a_cause_is_there_says_what_to_do_and_is_gone_again(facts, key, severity, words):
    assert concerns(CALM) == []
    [concern] = concerns(facts)
    assert (concern.key, concern.severity) == (key, severity)
    shown = values_of(concern)
    read = "\n".join(shown.values())
    assert [word for word in words if word not in read] == []
    assert concern.gone.endswith(".")
    assert concern.happened
    assert concern.todo
    assert concerns(replace(facts, now=facts.now + 1)) == [concern], "nothing in it changes by itself"
    assert concerns(replace(CALM, now=NOON + 9)) == []


@pytest.mark.parametrize(("facts", "key", "severity", "words"), TABLE)
def test_a_row_says_whose_it_is_and_is_never_an_order(facts, key, severity, words):
    [concern] = concerns(facts)
    shown = values_of(concern)
    assert set(shown) == {"Name", "Priority", "Description", "Source Agent", "Dedupe Key"}
    assert (shown["Source Agent"], shown["Dedupe Key"]) == ("cratekeeper", f"cratekeeper/{key}")
    addressed, _, said = shown["Name"].partition(": ")
    assert addressed == "cratekeeper"
    assert said[0].isupper()
    assert said.split()[0].casefold() not in VERBS
    assert len(shown["Name"]) < 200
    assert shown["Description"].endswith("Status Complete has us look again.")


def test_every_cause_stands_in_the_table():
    kinds = {concern.kind for facts, *_ in TABLE for concern in concerns(facts)}
    assert kinds == {cause.kind for cause in CAUSES}
    assert UNDERSTOOD.keys() <= kinds


def test_names_never_begin_a_title():
    """`Sync - Choose` would be an order, if somebody copied the row."""
    told = Told(track_id=ID, name="Sync - Choose", reason="No.")
    review = Review(track_id=ID, name="Sync - Choose", question="?", choices=(MIX,))
    held = Held(kept_id="ab12", track_id=ID, name="Redo - Pause", path="/q", reason="No.")
    facts = replace(CALM, failed=(told,), refused=(told,), held=(held,), reviews=(review, replace(review, choices=())))
    for concern in concerns(facts):
        assert concern.title.removeprefix("cratekeeper: ").split()[0].casefold() not in VERBS


@pytest.mark.parametrize(
    "facts",
    [
        with_service("spotify", "rate", times=3),
        with_service("spotify", "rate", times=9, until=NOON - HOUR_S - 1),
        with_service("spotify", "wait", times=9),
        with_service("eagle", "wait", times=9),
        replace(CALM, for_eagle=3),
        with_folder(LIBRARY, WORK, INBOX),
        with_folder(replace(LIBRARY, free_gb=0.6), min_free_gb=0.0),
    ],
)
def test_what_mends_itself_needs_nobody(facts):
    assert concerns(facts) == []


def test_a_log_in_that_is_over_is_not_told_twice():
    facts = replace(with_service("spotify", "login"), consent="The six months are over.")
    assert [concern.key for concern in concerns(facts)] == ["login/spotify"]


def test_two_disks_are_two_concerns_and_two_folders_on_one_are_one():
    small = [replace(folder, free_gb=0.1) for folder in (LIBRARY, WORK, INBOX)]
    assert [one.key for one in concerns(with_folder(*small))] == ["disk/OUT_DIR/h1", "disk/BACKUP_DIR/h1"]


def test_what_we_were_about_to_do_is_left_out_of_the_reason():
    """It is another row each time, and the question would be written anew each time."""
    [one] = concerns(with_service("notion", "barred", reason="Could not update a row: no access."))
    [other] = concerns(with_service("notion", "barred", reason="Could not find a row: no access."))
    assert one == other


def a_concern(**changes) -> Concern:
    [concern] = concerns(replace(CALM, reviews=(Review(track_id=ID, name=NAME, question="?", choices=(MIX,)),)))
    return replace(concern, **changes)


@pytest.mark.parametrize("count", [0, 1, 3, 9])
@pytest.mark.parametrize("length", [10, 500, 5000])
def test_a_description_always_fits_and_always_tells_how_to_answer(count, length):
    choices = tuple(Choice(label="l" * length, value=f"{VIDEO}{number}", why="w" * length) for number in range(count))
    text = description_of(a_concern(happened="h" * length, choices=choices))
    assert len(text) <= LONGEST_DESCRIPTION
    assert text.endswith("look again.")
    for number, choice in enumerate(choices, start=1):
        assert f"\n{number}. " in text
        assert choice.value in text


def test_how_to_answer_is_told_whatever_else_there_is_no_room_for():
    choices = tuple(Choice(label="l", value=f"https://example.invalid/{'x' * 300}{number}") for number in range(9))
    text = description_of(a_concern(choices=choices))
    assert len(text) <= LONGEST_DESCRIPTION
    assert "…\n\nAnswer in Input: a number from 1 to 9" in text


def test_more_choices_than_fit_are_not_offered():
    choices = tuple(Choice(label=str(number), value=str(number)) for number in range(30))
    [concern] = concerns(replace(CALM, reviews=(Review(track_id=ID, name=NAME, question="?", choices=choices),)))
    assert len(concern.choices) == 9
    assert "number from 1 to 9" in description_of(concern)


def test_choices_are_kept_with_the_question():
    assert choices_in({CHOICES: [{"label": MIX.label, "value": MIX.value, "why": MIX.why}]}) == (MIX,)
    assert choices_in({}) == ()


def test_a_title_is_one_line():
    review = Review(track_id=ID, name="A\nB " + "x" * 400, question="?", choices=(MIX,))
    [concern] = concerns(replace(CALM, reviews=(review,)))
    assert "\n" not in concern.title
    assert concern.title.endswith("…")
    assert len(concern.title) <= 200
