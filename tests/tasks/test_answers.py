"""What the person writes, and what we understand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.models import Choice
from daemon.tasks.answers import UNDERSTOOD, Address, Chosen, LookAgain, Word, Wrong, read_answer
from daemon.tasks.causes import CAUSES

VIDEO = "https://www.youtube.com/watch?v=nightferry1"
THREE = tuple(Choice(label=f"choice {number}", value=f"{VIDEO}{number}") for number in (1, 2, 3))
HEARD = (Choice(label="good", value="release"), Choice(label="bad", value="discard"))
KINDS = [cause.kind for cause in CAUSES]


@pytest.mark.parametrize(
    ("kind", "text", "choices", "answer"),
    [
        ("choose", "2", THREE, Chosen(2, f"{VIDEO}2")),
        ("choose", " 2. ", THREE, Chosen(2, f"{VIDEO}2")),
        ("choose", "#3", THREE, Chosen(3, f"{VIDEO}3")),
        ("choose", "Number 1", THREE, Chosen(1, f"{VIDEO}1")),
        ("choose", "choose 1)", THREE, Chosen(1, f"{VIDEO}1")),
        ("choose", f"<{VIDEO}>", THREE, Address(VIDEO)),
        ("choose", "youtu.be/nightferry1", THREE, Address("youtu.be/nightferry1")),
        ("choose", "spotify:track:4uLU6hMCjMI75M1A2tKUQC", (), Address("spotify:track:4uLU6hMCjMI75M1A2tKUQC")),
        ("choose", "Skip", THREE, Word("skip")),
        ("choose", "none of these", THREE, Word("reject")),
        ("choose", "Rejected", THREE, Word("reject")),
        ("quarantine", "1", HEARD, Word("release")),
        ("quarantine", "2", HEARD, Word("discard")),
        ("quarantine", "Release!", HEARD, Word("release")),
        ("quarantine", "“discard”", HEARD, Word("discard")),
        ("quarantine", VIDEO, HEARD, Address(VIDEO)),
        ("failed", "try again", (), Word("retry")),
        ("failed", VIDEO, (), Address(VIDEO)),
        ("refused", "skip", (), Word("skip")),
        ("column", "skip", (), Word("skip")),
        ("login", "Complete", (), LookAgain()),
        ("login", "", (), LookAgain()),
        ("volume", "retry", (), LookAgain()),
        ("choose", "Complete", THREE, LookAgain()),
    ],
)
def test_an_answer_is_understood(kind, text, choices, answer):
    read = read_answer(kind, text, choices)
    assert (replace(read, shown=()) if isinstance(read, Word) else read) == answer


def test_a_word_is_about_what_the_row_had_shown():
    assert read_answer("choose", "reject", THREE) == Word("reject", tuple(one.value for one in THREE))
    assert read_answer("column", "skip", (), ("BPM", "Genre")) == Word("skip", ("BPM", "Genre"))


@pytest.mark.parametrize(
    ("kind", "text", "choices", "told"),
    [
        ("choose", "4", THREE, "a number from 1 to 3"),
        ("choose", "0", THREE, "a number from 1 to 3"),
        ("choose", "1", (), "the address of the right one"),
        ("choose", "the second one", THREE, "a number from 1 to 3"),
        ("choose", "release", THREE, "`reject` (none of these, search again)"),
        ("quarantine", "3", HEARD, "`discard` (throw it away)"),
        ("failed", "2", (), "`retry` (try once more)"),
        ("login", VIDEO, (), "Nothing is to be written here"),
        ("login", "skip", (), "Nothing is to be written here"),
        ("nobody's kind", "yes please", (), "Nothing is to be written here"),
    ],
)
def test_what_is_not_understood_is_told_what_would_be(kind, text, choices, told):
    answer = read_answer(kind, text, choices)
    assert isinstance(answer, Wrong)
    assert f"“{text}” is no answer to this." in answer.sentence
    assert told in answer.sentence
    assert len(read_answer(kind, "x" * 3000, choices).sentence) < 600


@given(kind=st.sampled_from([*KINDS, "another"]), text=st.text(), count=st.integers(0, 9))
def test_nothing_that_anybody_writes_is_raised_at_them(kind, text, count):
    choices = tuple(Choice(label=str(one), value=f"{VIDEO}{one}") for one in range(count))
    answer = read_answer(kind, text, choices)
    match answer:
        case Chosen():
            assert 1 <= answer.number <= count
            assert answer.value == choices[answer.number - 1].value
        case Word():
            assert answer.word in UNDERSTOOD[kind].words
        case Address():
            assert UNDERSTOOD[kind].address


@given(number=st.integers(), count=st.integers(0, 9), dress=st.sampled_from(["{}", "#{}", "{}.", " {} ", "no. {}"]))
def test_a_number_is_chosen_only_where_it_was_offered(number, count, dress):
    choices = tuple(Choice(label=str(one), value=f"{VIDEO}{one}") for one in range(count))
    answer = read_answer("choose", dress.format(number), choices)
    assert isinstance(answer, Chosen) == (1 <= number <= count)
