"""Databases in Notion, made with our columns, or completed by them where they are there.

Safe to repeat after any end: nothing is made before it was looked for, and a column's name that is taken is never used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from daemon import founding
from daemon.errors import ConfigError, NotFound, Problem, Refused, Unreachable
from daemon.founding import SETTING_OF, Chooser, FoundingPlan, NewColumn, Place, Step
from daemon.models import Json, Service
from integrations.notion import plans
from integrations.notion.columns import fit_source
from integrations.notion.edge import Invalid, LostAnswer, NotionEdge
from integrations.notion.plans import DESIGNS, Design
from integrations.notion.shared import InTrash, Seen, Shared

Say = Callable[[str], None]

_DRAFT = " (Cratekeeper)"
"""Behind the name of a column that is being added."""
_RELATED = (founding.ARTISTS, founding.PLAYLISTS)
_EXTRAS = (founding.AGENT_TASKS, founding.ISSUES)
_MADE_IN_ORDER = (*_RELATED, founding.TRACKS, *_EXTRAS)
"""What relations point to comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What was decided about one database."""

    standing: founding.Standing
    seen: Seen | None = None
    offers: tuple[Place, ...] = ()
    declined: frozenset[str] = frozenset()


class Founding:
    """`plan` looks and changes nothing; `carry_out` does it. Raises what the edge raises.

    `set_ids`: the databases that the settings name, by our title of them.
    """

    def __init__(self, edge: NotionEdge, set_ids: Mapping[str, str | None]) -> None:
        self._edge = edge
        self._set_ids = {kind: set_id for kind, set_id in set_ids.items() if set_id}
        self._name = ""
        self._shared = Shared(edge)

    def who(self) -> str:
        """The integration's own name, by which a person shares things with it. Proves the token."""
        self._name = str(self._edge.me().get("name") or "your integration")
        return self._name

    # --- looking -----------------------------------------------------------------------------------------------------

    def plan(self, chooser: Chooser, *, page_id: str | None = None, make_all: bool = False) -> FoundingPlan:
        """What there is and what would be done. Raises ConfigError, with every problem, for ids that lead nowhere."""
        with _needing("Read content"):
            return self._plan(chooser, page_id, make_all)

    def _plan(self, chooser: Chooser, page_id: str | None, make_all: bool) -> FoundingPlan:
        page, settled = self._look_up_what_is_set(page_id)
        pages: list[Place] | None = None
        wanted = [founding.TRACKS, *_RELATED, *(kind for kind in _EXTRAS if make_all or kind in settled)]
        for kind in wanted:
            found = settled.get(kind) or self._pointed_at(kind, settled) or self._among_shared(kind, page, chooser)
            if found.standing == "new" and not self._is_to_be_made(kind, settled, page):
                found = _Settled(standing="absent")
            elif found.standing == "new" and page is None:
                if pages is None:
                    pages = self._shared.pages()
                    page = chooser.page(pages) if pages else None
                found = self._under(page, kind, found, chooser) if page else replace(found, standing="no page")
            settled[kind] = found
        to_come = {kind for kind, found in settled.items() if found.seen or found.standing == "new"}
        steps = tuple(_step(kind, settled[kind], to_come) for kind in wanted)
        return FoundingPlan(steps=steps, page=page, pages=tuple(pages or ()) if page is None else ())

    def _look_up_what_is_set(self, page_id: str | None) -> tuple[Place | None, dict[str, _Settled]]:
        problems: list[Problem] = []
        settled: dict[str, _Settled] = {}
        page: Place | None = None
        for kind, set_id in self._set_ids.items():
            try:
                settled[kind] = _Settled(standing="set", seen=self._shared.seen(kind, set_id))
            except (Invalid, InTrash) as error:
                problems.append(Problem(SETTING_OF[kind], f"is no database that can be used. {error}"))
            except NotFound:
                problems.append(Problem(SETTING_OF[kind], self._not_shared("database")))
        try:
            page = self._shared.page(page_id) if page_id else None
        except (Invalid, InTrash) as error:
            problems.append(Problem("--page", str(error)))
        except NotFound:
            problems.append(Problem("--page", self._not_shared("page")))
        if problems:
            raise ConfigError(problems)
        return page, settled

    def _not_shared(self, what: str) -> str:
        return (
            f"Notion shows us no such {what}. Open it in Notion, and share it: ••• → Connections → {self._name}. "
            "Or correct the address here."
        )

    def _is_to_be_made(self, kind: str, settled: Mapping[str, _Settled], page: Place | None) -> bool:
        """Artists and Playlists are made with Tracks, or where a page was named for them."""
        return kind not in _RELATED or page is not None or settled[founding.TRACKS].standing in ("new", "no page")

    def _pointed_at(self, kind: str, settled: Mapping[str, _Settled]) -> _Settled | None:
        """What the relation of a Tracks database that is there points to; None where there is no such relation."""
        tracks = settled[founding.TRACKS].seen if founding.TRACKS in settled else None
        target = _target_of(tracks, kind) if tracks else None
        if target is None:
            return None
        try:
            source = self._edge.data_source(target)
            return _Settled(standing="pointed", seen=self._shared.seen(kind, source["parent"]["database_id"]))
        except NotFound:
            return _Settled(standing="hidden")

    def _among_shared(self, kind: str, page: Place | None, chooser: Chooser) -> _Settled:
        design = DESIGNS[kind]
        shared = self._shared.databases()
        called = {place.id: place for place, _fit in shared if plans.is_called(design, place.title)}
        if page is not None:
            called |= {place.id: place for place in self._shared.databases_under(page.id, design)}
        offers = list(called.values())
        if not offers and kind == founding.TRACKS:
            offers = list({place.id: place for place, fit in shared if plans.may_be(design, place.title, fit)}.values())
        return self._decided(kind, offers, frozenset(), chooser)

    def _under(self, page: Place, kind: str, before: _Settled, chooser: Chooser) -> _Settled:
        """Once there is a page: what a run before this one may have left under it is offered too."""
        there = [
            place for place in self._shared.databases_under(page.id, DESIGNS[kind]) if place.id not in before.declined
        ]
        return self._decided(kind, there, before.declined, chooser)

    def _decided(self, kind: str, offers: Sequence[Place], declined: frozenset[str], chooser: Chooser) -> _Settled:
        choice = chooser.database(kind, offers) if offers else "none of them"
        if isinstance(choice, Place):
            return _Settled(standing="found", seen=self._shared.seen(kind, choice.id))
        if choice == "undecided":
            return _Settled(standing="undecided", offers=tuple(offers))
        return _Settled(standing="new", declined=declined | {place.id for place in offers})

    # --- doing -------------------------------------------------------------------------------------------------------

    def carry_out(self, plan: FoundingPlan, say: Say) -> dict[str, Place]:
        """Does what is planned; answers where each database is now, by our title. Raises Unreachable when a database
        may have been made and is not to be found yet: then a later run finds it."""
        by_kind = {step.kind: step for step in plan.steps}
        places: dict[str, Place] = {}
        targets: dict[str, str] = {}
        for kind in _MADE_IN_ORDER:
            step = by_kind.get(kind)
            if step is None:
                continue
            if step.there is not None and step.data_source_id is not None:
                places[kind], targets[kind] = step.there, step.data_source_id
                if step.adds:
                    self._completed(step, self._shared.seen(kind, step.there.id), targets, say)
            elif step.standing == "new" and plan.page is not None:
                seen = self._made(step, plan.page, targets, say)
                places[kind], targets[kind] = seen.place, seen.fit.data_source_id
        return places

    def _made(self, step: Step, page: Place, targets: Mapping[str, str], say: Say) -> Seen:
        """The database of that title under the page: one that is there already, or else a new one."""
        design = DESIGNS[step.kind]
        if left := self._left_under(page, step):
            say(f'There is a database {step.kind} under "{page.title}" already: it is used.')
            return self._completed(step, self._shared.seen(step.kind, left.id), targets, say)
        say(f'Making the database {step.kind} under "{page.title}" …')
        try:
            with _needing("Insert content"):
                made = self._edge.create_database(page.id, design.title, plans.schema(design, step.adds, targets))
            return self._shared.fitted(step.kind, made)
        except LostAnswer as error:
            say("Notion's answer was lost. Looking whether it was made …")
            left = self._left_under(page, step)
            if left is None:
                message = (
                    f"Notion did not answer when the database {step.kind} was made, and does not show it yet. "
                    "Run the same again in a minute: it goes on where this ended, and makes nothing twice."
                )
                raise Unreachable(message, service=Service.NOTION.value) from error
            return self._completed(step, self._shared.seen(step.kind, left.id), targets, say)

    def _left_under(self, page: Place, step: Step) -> Place | None:
        """What another run made there, or this one without knowing it."""
        there = self._shared.databases_under(page.id, DESIGNS[step.kind])
        return next((place for place in there if place.id not in step.declined), None)

    def _completed(self, step: Step, seen: Seen, targets: Mapping[str, str], say: Say) -> Seen:
        """With the columns that were planned for it and are still missing. The columns were read a moment ago: one that
        somebody has added since the plan is not asked for again."""
        design = DESIGNS[step.kind]
        wanted = {add.ours for add in step.adds}
        adds, _notes = plans.lacking(design, seen.fit, seen.source["properties"])
        schema = plans.schema(design, [add for add in adds if add.ours in wanted], targets)
        if not schema:
            return seen
        say(f'Adding {_count(len(schema), "column")} to "{seen.place.title}" …')
        with _needing("Update content"):
            source = self._added(seen, schema, say)
        return Seen(seen.place, source, fit_source(design.columns, source, seen.place.title))

    def _added(self, seen: Seen, schema: Mapping[str, Json], say: Say) -> Json:
        """The data source with these columns too: made under names that nobody has, and then renamed.

        A relation to what is not shared with us is not shown to us. To ask for a new column of its name would be an
        order to change it; to rename ours to its name is only refused, and then ours is taken away again."""
        source_id, there = seen.fit.data_source_id, seen.source["properties"]
        drafts = {f"{name}{_DRAFT}": name for name in schema}
        new = {draft: schema[name] for draft, name in drafts.items() if draft not in there}
        source = self._edge.change_columns(source_id, new) if new else seen.source
        made = {draft: source["properties"][draft]["id"] for draft in drafts if draft in source["properties"]}
        try:
            return self._edge.change_columns(source_id, {made[draft]: {"name": drafts[draft]} for draft in made})
        except Invalid:
            for draft, column_id in made.items():
                source = self._renamed(source_id, column_id, drafts[draft], say)
            return source

    def _renamed(self, source_id: str, column_id: str, name: str, say: Say) -> Json:
        try:
            return self._edge.change_columns(source_id, {column_id: {"name": name}})
        except Invalid:
            say(f"{name} is not added: there is such a column, which Notion does not show us. Share what it points to.")
            return self._edge.change_columns(source_id, {column_id: None})


def _step(kind: str, settled: _Settled, to_come: set[str]) -> Step:
    design = DESIGNS[kind]
    seen = settled.seen
    if seen is None:
        adds, notes = _reachable(design, plans.all_columns(design), to_come)
        return Step(
            kind=kind,
            standing=settled.standing,
            adds=adds if settled.standing == "new" else (),
            notes=notes if settled.standing == "new" else (),
            offers=settled.offers,
            declined=settled.declined,
        )
    lacking, left_alone = plans.lacking(design, seen.fit, seen.source["properties"])
    adds, waiting = _reachable(design, lacking, to_come)
    return Step(
        kind=kind,
        standing=settled.standing,
        there=seen.place,
        data_source_id=seen.fit.data_source_id,
        data_source=seen.fit.data_source_name if seen.fit.one_of > 1 else None,
        has=tuple((ours, fitted.name) for ours, fitted in seen.fit.columns.items()),
        adds=adds,
        notes=(*left_alone, *waiting),
    )


def _reachable(
    design: Design, adds: Sequence[NewColumn], to_come: set[str]
) -> tuple[tuple[NewColumn, ...], tuple[str, ...]]:
    """Without the relations that have nothing to point to, which are told of."""
    waiting = [add for add in adds if add.type == "relation" and design.points_to[add.ours] not in to_come]
    notes = [
        f"{add.name} is not added: it would point to a database {design.points_to[add.ours]}, and there is none. "
        "Name a page with --page, and it is made there."
        for add in waiting
    ]
    return tuple(add for add in adds if add not in waiting), tuple(notes)


def _target_of(tracks: Seen, kind: str) -> str | None:
    """The data source that Tracks' relation to that database points to."""
    for ours, target in DESIGNS[founding.TRACKS].points_to.items():
        fitted = tracks.fit.columns.get(ours)
        if target == kind and fitted is not None and fitted.type == "relation":
            return fitted.points_to
    return None


@contextmanager
def _needing(capability: str) -> Iterator[None]:
    """A no for good, other than for a wrong request or a wrong token, means that the integration may not do that."""
    try:
        yield
    except Invalid:
        raise
    except Refused as error:
        hint = f'Switch on "{capability}" under Capabilities at notion.so/profile/integrations, and run this again.'
        raise Refused(f"{error} {hint}") from error


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
