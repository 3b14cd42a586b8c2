"""`cratekeeper init notion`: what is there and what is missing, a question, and word of what is being done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import click

from daemon.cli import exits
from daemon.errors import ConfigError, Problem
from daemon.founding import SETTING_OF, Chooser, Founder, FoundingPlan, Place, Step, in_the_app
from daemon.logs import tamed
from daemon.secrets import Masker
from daemon.settings import Loaded, Settings
from daemon.settings.env_adding import add_to_env_file
from daemon.settings.readers import notion_id
from daemon.wiring.founding import ids_in, open_founding

_MOST_PAGES_SHOWN = 20

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for on the command line."""

    page: str | None = None
    """The id or the address of the page to make databases under."""
    make_all: bool = False
    """Agent-Tasks and Issues+Questions too."""
    yes: bool = False
    """Whether everything is agreed to beforehand."""
    dry_run: bool = False


def init_notion(
    loaded: Loaded,
    masker: Masker,
    wish: Wish,
    *,
    interactive: bool | None = None,
    opened: Callable[[Settings], AbstractContextManager[Founder]] = open_founding,
) -> int:
    """Looks, says, asks and does; answers the exit code. `interactive`: whether somebody is there to be asked (None:
    looks for a terminal). Raises ConfigError for what only the person can put right, and what Notion's edge raises."""
    if interactive is None:
        interactive = sys.stdin.isatty() and sys.stdout.isatty()

    def say(text: str) -> None:
        click.echo(masker.mask(tamed(text)))

    asks = interactive and not (wish.yes or wish.dry_run)
    page_id = _page_id(wish.page) if wish.page else None
    with opened(loaded.settings) as founding:
        name = founding.who()
        say(f'Notion knows us as "{name}". Looking at what is shared with us …')
        chooser: Chooser = _AtTerminal(say) if asks else _WhereThereIsOne()
        plan = founding.plan(chooser, page_id=page_id, make_all=wish.make_all)
        for line in in_words(plan):
            say(line)
        if wish.dry_run or not (wish.yes or asks):
            say("A plan only: nothing was changed." + ("" if wish.dry_run else " Add --yes to do it."))
            return exits.DONE
        if problems := list(_open_questions(plan, name)):
            raise ConfigError(problems)
        if not plan.changes_something:
            say("Nothing is missing in Notion.")
        elif asks and not click.confirm("Do this in Notion?", default=False):
            say("Nothing was changed.")
            return exits.DONE
        places = founding.carry_out(plan, say) if plan.changes_something else _places_in(plan)
    if plan.changes_something:
        say("Done.")
    new = {SETTING_OF[kind]: place.id for kind, place in places.items() if ids_in(loaded.settings)[kind] is None}
    return _kept(new, loaded, say, asks=asks) if new else exits.DONE


# --- choosing --------------------------------------------------------------------------------------------------------


class _WhereThereIsOne:
    """Takes what there is only one of."""

    def database(self, _kind: str, offers: Sequence[Place]) -> Place | Literal["none of them", "undecided"]:
        return offers[0] if len(offers) == 1 else "undecided"

    def page(self, pages: Sequence[Place]) -> Place | None:
        return pages[0] if len(pages) == 1 else None


class _AtTerminal:
    """Asks for a number."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def database(self, kind: str, offers: Sequence[Place]) -> Place | Literal["none of them", "undecided"]:
        chosen = self._number(f"Which of these is your {kind} database?", offers, "none of them")
        return chosen or "none of them"

    def page(self, pages: Sequence[Place]) -> Place | None:
        return self._number("Under which page are new databases to be made?", pages[:_MOST_PAGES_SHOWN], "none of them")

    def _number(self, question: str, places: Sequence[Place], neither: str) -> Place | None:
        self._say(question)
        for number, place in enumerate(places, start=1):
            self._say(f"  {number}  {place.title}  {place.url}")
        self._say(f"  0  {neither}")
        number = click.prompt("Number", type=click.IntRange(0, len(places)), default=1 if len(places) == 1 else None)
        return places[number - 1] if number else None


def _page_id(text: str) -> str:
    try:
        return notion_id(text.strip())
    except ValueError:
        what = "is no page of Notion's. Open the page in Notion, choose `Copy link`, and give that address."
        raise ConfigError([Problem("--page", what)]) from None


def _open_questions(plan: FoundingPlan, name: str) -> Iterator[Problem]:
    """What has to be decided before anything is done."""
    for step in plan.steps:
        if step.standing == "undecided":
            addresses = ", ".join(place.url for place in step.offers)
            what = f"is not set, and {len(step.offers)} databases may be meant: {addresses}. Write here which."
            yield Problem(step.setting, what)
    if any(step.standing == "no page" for step in plan.steps):
        share = f"Share one with us in Notion (••• → Connections → {name}), and name it by its address."
        choice = ", ".join(f'"{page.title}" {page.url}' for page in plan.pages[:_MOST_PAGES_SHOWN])
        yield Problem("--page", f"is not given. Under which page are databases to be made? {choice or share}")


# --- saying ----------------------------------------------------------------------------------------------------------


def in_words(plan: FoundingPlan) -> Iterator[str]:
    """The plan, a line each; pure."""
    for step in plan.steps:
        yield _headline(step, plan.page)
        if step.there is not None:
            yield f"  there    {_count(len(step.has), 'column')}{_other_names(step)}"
        if step.there is not None and step.adds:
            yield f"  missing  {_adds(step)}: would be added"
        yield from (f"  note     {note}" for note in step.notes)
        yield from (f"  maybe    {place.title}  {place.url}" for place in step.offers)


def _headline(step: Step, page: Place | None) -> str:
    if step.there is not None:
        how = {"found": ", found by its title", "pointed": ", which Tracks points to"}.get(step.standing, "")
        source = f' (data source "{step.data_source}")' if step.data_source else ""
        return f'{step.kind}: "{step.there.title}"{source}{how}  {step.there.url}'
    if step.standing == "new" and page is not None:
        return f'{step.kind}: would be made under "{page.title}", with {_count(len(step.adds), "column")}'
    return f"{step.kind}: " + {
        "no page": "is not there. It would be made under a page that you name: --page ADDRESS",
        "absent": "is not there. It is made where you name a page for it: --page ADDRESS",
        "hidden": "Tracks points to it, but it is not shared with us. Share it in Notion: ••• → Connections",
        "undecided": f"several may be it; write into {step.setting} which:",
    }.get(step.standing, "is not there")


def _other_names(step: Step) -> str:
    other = [f'{ours} is "{name}"' for ours, name in step.has if ours.casefold() != name.strip().casefold()]
    return f"; {', '.join(other)}" if other else ""


def _adds(step: Step) -> str:
    return ", ".join(f"{add.name} ({in_the_app(add.type)})" for add in step.adds)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


# --- the .env --------------------------------------------------------------------------------------------------------


def _places_in(plan: FoundingPlan) -> dict[str, Place]:
    return {step.kind: step.there for step in plan.steps if step.there is not None}


def _kept(new: Mapping[str, str], loaded: Loaded, say: Say, *, asks: bool) -> int:
    """Shows the lines for the `.env`, and writes them there where the person agrees; answers the exit code."""
    file = loaded.env_file
    say(f"These belong into {file or loaded.root / '.env'}:")
    for name, value in new.items():
        say(f"{name}={value}")
    if file is None:
        say("No .env was read, so that is left to you.")
        return exits.DONE
    if asks and not click.confirm(f"Write them into {file}?", default=False):
        return exits.DONE
    try:
        add_to_env_file(file, new)
    except OSError as error:
        say(f"They could not be written ({error.strerror}). Write them there yourself.")
        return exits.FAILED
    say(f"Written into {file}.")
    return exits.DONE
