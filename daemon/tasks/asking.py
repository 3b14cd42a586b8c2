"""A concern as a row of Agent-Tasks. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.models import Choice, Json
from daemon.tasks.answers import how_to_answer
from daemon.tasks.concern import Concern
from daemon.tasks.rows import ABOUT, CHOICES, DEDUPE_KEY, DESCRIPTION, NAME, PRIORITY, SOURCE_AGENT, US, dedupe_key

LONGEST_DESCRIPTION = 1_900
"""Notion takes 2,000 characters in one piece of text."""
ANSWERED_AT, HEARD, STALE = "answered_at", "heard", "stale"
"""What is remembered of a question: when it was answered, the last words in `Input`, and those that were said before it
was asked anew."""
_LONGEST_STORY = 700
_LENGTHS = ((120, 240), (90, 90), (70, 0), (30, 0))
"""How much of a label and of its reason is shown: the most that fits."""


def values_of(concern: Concern) -> Json:
    """What the row shows, but for its Status and Track."""
    return {
        NAME: concern.title,
        PRIORITY: concern.severity,
        DESCRIPTION: description_of(concern),
        SOURCE_AGENT: US,
        DEDUPE_KEY: dedupe_key(concern.key),
    }


def description_of(concern: Concern) -> str:
    """What happened, what to do, the choices by number, and how to answer. The last is never cut off."""
    how = how_to_answer(concern.kind, concern.choices)
    for lengths in _LENGTHS:
        story = _cut(concern.happened, _LONGEST_STORY)
        text = "\n\n".join(filter(None, (story, concern.todo, _numbered(concern.choices, *lengths), how)))
        if len(text) <= LONGEST_DESCRIPTION:
            return text
    return f"{_cut(text, LONGEST_DESCRIPTION - len(how) - 2)}\n\n{how}"


def choices_in(wrote: Json) -> tuple[Choice, ...]:
    """The choices of a question, as its row shows them: so a number means what the person has read."""
    return tuple(Choice(**one) for one in wrote.get(CHOICES, ()))


def about_in(wrote: Json) -> tuple[str, ...]:
    """What else the row names, in the same way."""
    return tuple(wrote.get(ABOUT, ()))


def _numbered(choices: Sequence[Choice], longest_label: int, longest_why: int) -> str:
    return "\n".join(
        f"{number}. {_choice(one, longest_label, longest_why)}" for number, one in enumerate(choices, start=1)
    )


def _choice(choice: Choice, longest_label: int, longest_why: int) -> str:
    address = f" {choice.value}" if "://" in choice.value else ""
    why = f" ({_cut(choice.why, longest_why)})" if choice.why and longest_why else ""
    return f"{_cut(choice.label, longest_label)}{why}{address}"


def _cut(text: str, longest: int) -> str:
    line = text.strip()
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
