"""What nobody foresaw becomes an issue: once for each place, without secrets or paths of the machine."""

from __future__ import annotations

import logging

import pytest

from daemon.errors import Refused
from daemon.jobs.verbs import Table
from daemon.secrets import Masker
from daemon.tasks.defects import DefectWatch, issue, signature
from daemon.tasks.rows import DESCRIPTION
from tests.tasks.desk import a_desk

log = logging.getLogger("tests.defects")


@pytest.fixture
def desk(tmp_path):
    with a_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def watch(desk, monkeypatch):
    monkeypatch.setattr(log, "disabled", False)  # whatever was done to the log before, in this process
    monkeypatch.setattr(logging.root.manager, "disable", logging.NOTSET)
    log.setLevel(logging.ERROR)
    watch = DefectWatch(desk.ledger, version="9.9", mask=Masker(["hush-hush-token"]).mask, clock=desk.clock)
    log.addHandler(watch)
    yield watch
    log.removeHandler(watch)


def stumble(word):
    try:
        Table(()).must(word)
    except Refused as refused:
        raise ValueError(f"no such thing: {word} hush-hush-token") from refused


def trip(word):
    try:
        Table((word,))
    except AttributeError:
        log.exception("the step %s failed in a way that nobody foresaw", word)


def issues(desk):
    desk.carrier.carry_due()
    return list(desk.twin.rows(desk.issues_id).values())


@pytest.mark.usefixtures("watch")
def test_a_defect_is_an_issue_once_for_its_place(desk):
    for word in ("listen", "render", "listen"):
        trip(word)
    [issue] = issues(desk)
    assert issue["Name"] == "cratekeeper: A defect of ours, AttributeError in daemon/jobs/verbs.py"
    assert issue["Status"] == "Not Started"
    assert issue["Priority"] == "High"
    assert issue["Description"].startswith("cratekeeper 9.9: the step ")
    assert "daemon/jobs/verbs.py __init__:" in issue["Description"]
    assert "/work" not in issue["Description"]
    assert "home" not in issue["Description"]


@pytest.mark.usefixtures("watch")
def test_no_secret_gets_into_it(desk):
    try:
        stumble("x")
    except ValueError:
        log.exception("looking for hush-hush-token failed")
    [issue] = issues(desk)
    assert "hush" not in str(issue)
    assert "ValueError: no such thing: x ***" in issue["Description"]


@pytest.mark.usefixtures("watch")
def test_what_is_raised_on_purpose_is_no_defect(desk):
    try:
        Table(()).must("x")
    except Refused:
        log.exception("it was refused")
    log.error("just words")
    assert issues(desk) == []


@pytest.mark.usefixtures("watch")
def test_who_calls_it_mended_hears_of_it_again_only_when_it_happens_again(desk):
    trip("listen")
    [row_id] = (issues(desk), list(desk.twin.rows(desk.issues_id)))[1]
    desk.edits(row_id, Status="Complete")
    desk.settle()
    desk.clock.forward(3600)
    trip("listen")
    desk.settle()
    [issue] = issues(desk)
    assert issue["Status"] == "Not Started"


def test_the_signature_does_not_depend_on_data_or_lines():
    def caught(word):
        try:
            stumble(word)
        except ValueError as error:
            return error
        return None

    assert signature(caught("a")) == signature(caught("b"))
    assert signature(caught("a")) != signature(KeyError("a"))


def test_a_ledger_that_does_not_answer_is_not_in_anybodys_way(desk, watch, capsys):
    desk.ledger.close()
    trip("listen")
    assert "Traceback" in capsys.readouterr().err or watch is not None


@pytest.mark.parametrize(
    "text",
    [
        "No such file: '/home/anna/My Music/Secret Lover/x.wav'",
        "cannot open /home/anna/My Music/Secret Lover/x.wav: gone",
        "cannot open file:///home/anna/Music/x.wav",
        "ffmpeg:/home/anna/Music/x.wav: no",
        "(C:\\Users\\anna\\My Music\\x.wav)",
    ],
)
def test_of_a_path_only_the_files_name_is_told_wherever_it_stands(text):
    told = [
        issue(ValueError(text), "writing", "1", str)[DESCRIPTION],
        issue(ValueError("odd"), text, "1", str)[DESCRIPTION],
    ]
    for description in told:
        assert "anna" not in description
        assert "Secret" not in description
        assert "x.wav" in description


def test_addresses_are_told_whole():
    told = issue(ValueError("https://api.notion.com/v1/pages/1 said 500"), "writing", "1", str)[DESCRIPTION]
    assert "https://api.notion.com/v1/pages/1 said 500" in told
