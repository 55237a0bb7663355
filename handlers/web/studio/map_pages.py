"""The dialogue as a picture to walk through, and what a change of example questions does."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.dialogue.steps import FlowId
from bot.guard.rights import Right
from bot.messages import Language
from bot.studio.dialogue_map import (
    Atlas,
    Box,
    Exit,
    Health,
    Node,
    View,
    Way,
    Ways,
    chart_of_flow,
    chart_of_stage,
    overview,
    topics_of,
)
from bot.studio.drafts import Broken, Draft
from bot.studio.drawing import WIDTH, Picture, draw, draw_tree
from bot.studio.effects import Known, Moved, Question, Verdict, Went, moved, new_examples, tried_in, typed_in
from bot.studio.kinds import Kind
from bot.studio.traffic import FEWEST, SHOWN_DAYS
from bot.studio.tree import TreeHash
from bot.studio.walked import walked_in_flow, walked_in_stage, walked_over_all
from bot.studio.whence import Whence
from handlers.web.console.access import Caller, Guarded, Route
from handlers.web.pages import page
from handlers.web.studio.content_pages import edit_address
from handlers.web.studio.showing import StudioWords
from handlers.web.studio.studio import HOME, Look, Studio, Tab

SIGNS: Final[Mapping[Health, str]] = {
    Health.MISSING: "✗",
    Health.STALE: "↻",
    Health.OVERDUE: "!",
    Health.DRAFT: "✎",
    Health.GOOD: "✓",
}
"""Beside the colours, for whoever cannot tell them apart."""

MOST_MOVED: Final = 200
_MOST_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One picture, and what the page says of it besides."""

    picture: Picture
    title: str
    others: tuple[Box, ...] = ()
    is_overview: bool = False


class MapPages:
    """The map, and the effects of examples."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._moved: OrderedDict[tuple[TreeHash, TreeHash], tuple[int, tuple[Moved, ...]]] = OrderedDict()
        self._busy = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Where each answers."""
        at = f"{HOME}/at/{{at}}"
        return [
            Guarded("GET", f"{at}/map", Right.SEE_STUDIO, self.show),
            Guarded("GET", f"{at}/effects", Right.SEE_STUDIO, self.show_effects),
        ]

    async def show(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio, query = self._studio, request.query
        look = await studio.look(request)
        around = studio.around(caller, Tab.MAP, request, look)
        words = studio.pages.words(around.console)
        draft = await studio.draft(look)
        atlas = draft.atlas
        if atlas is None:
            return page(studio.pages.page("map.html", around, look=look, drawn=None))
        chosen = tuple(Language(one) for one in query.getall("language", []) if one in atlas.languages)
        view = View(around.language, chosen, studio.today())
        drawn = await self._drawn(atlas, view, query.get("flow", ""), query.get("stage", ""), words)
        address = _Addresses(look, atlas, draft.whence, chosen)
        return page(
            studio.pages.page(
                "map.html",
                around,
                look=look,
                drawn=drawn,
                width=WIDTH,
                address=address,
                languages=atlas.languages,
                chosen=chosen,
                asked={"flow": query.get("flow", ""), "stage": query.get("stage", "")},
                health=tuple(Health),
                signs=SIGNS,
                ways=tuple(Ways),
                days=SHOWN_DAYS,
                fewest=FEWEST,
                leads=_leads(drawn.picture),
            )
        )

    async def show_effects(self, request: web.Request, caller: Caller, _form: Mapping[str, str]) -> web.Response:
        studio = self._studio
        look = await studio.look(request)
        around = studio.around(caller, Tab.CHANGES, request, look)
        present = await studio.present()
        before, after = await studio.draft(present), await studio.draft(look)
        is_same, count, found = True, 0, tuple[Moved, ...]()
        if isinstance(before, Draft) and isinstance(after, Draft) and before.lessons != after.lessons:
            is_same = False
            count, found = await self._effects(present, look)
        return page(
            studio.pages.page(
                "map-effects.html",
                around,
                look=look,
                is_broken=isinstance(after, Broken),
                is_same=is_same,
                count=count,
                moved=found[:MOST_MOVED],
                verdicts=(Verdict.WORSE, Verdict.OTHER, Verdict.BETTER),
                went=_went,
            )
        )

    async def _drawn(self, atlas: Atlas, view: View, flow: str, stage: str, words: StudioWords) -> _Drawn:
        """The picture that is asked for; raise HTTPNotFound where there is no such flow or stage."""
        traffic = await self._studio.traffic.read()
        stages = tuple(dict.fromkeys(topic.stage for topic in atlas.topics.values()))
        names = {topics_of(one): _stage_words(one, words) for one in stages}
        if flow:
            found = atlas.flows.get(FlowId(flow))
            if found is None:
                raise web.HTTPNotFound
            chart = chart_of_flow(atlas, found, view)
            title = atlas.title(found, view.own)
            return _Drawn(await asyncio.to_thread(draw, chart, walked_in_flow(traffic, found.id), names), title)
        if stage:
            if stage not in stages:
                raise web.HTTPNotFound
            chart = chart_of_stage(atlas, stage, view)
            walked = walked_in_stage(traffic, stage, atlas)
            return _Drawn(await asyncio.to_thread(draw, chart, walked, names), _stage_words(stage, words))
        whole = await asyncio.to_thread(overview, atlas, view)
        picture = draw_tree(whole.chart, walked_over_all(traffic, atlas), names)
        return _Drawn(picture, words.say("map-all"), whole.others, is_overview=True)

    async def _effects(self, present: Look, look: Look) -> tuple[int, tuple[Moved, ...]]:
        """How many questions were tried, and all that go elsewhere; worked out once for each pair of states."""
        studio, name = self._studio, (present.tree.hash, look.tree.hash)
        async with self._busy:
            if name not in self._moved:
                before, after = await studio.draft(present, hears=True), await studio.draft(look, hears=True)
                if isinstance(before, Broken) or isinstance(after, Broken):
                    return 0, ()
                folder = await studio.archive.checkout(look.tree)
                wondered = await studio.office.store.wonders(studio.office.clock.now())
                asked = [Question(one.text, Language(one.language), Known.ASKED) for one in wondered]
                self._moved[name] = await asyncio.to_thread(_tried, asked, before, after, folder, studio.tables)
                if len(self._moved) > _MOST_KEPT:
                    self._moved.popitem(last=False)
            return self._moved[name]


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Where boxes and ways out lead; what can be edited to its editor, what has a picture of its own to that."""

    look: Look
    atlas: Atlas
    whence: Mapping[str, Whence]
    chosen: tuple[Language, ...]

    def of(self, node: Node) -> str:
        """A box, or a way out: empty where it leads to nothing."""
        if node.stage:
            return self._map({"stage": node.stage})
        title = self.whence.get(f"{node.flow}.title")
        if title is None or node.flow not in self.atlas.flows:
            return ""
        if title.kind is Kind.TOPIC:
            return edit_address(self.look, title.file, title.kind, title.id)
        if node.screen is not None:
            return edit_address(self.look, title.file, Kind.SCREEN, f"{node.flow}.{node.screen}")
        return self._map({"flow": node.flow})

    def exit(self, one: Exit) -> str:
        """The same for a way out; what is gone leads nowhere."""
        return "" if one.is_gone else self.of(one.node)

    def whole(self) -> str:
        """The overview."""
        return self._map({})

    def _map(self, asked: Mapping[str, str]) -> str:
        query = urlencode([*asked.items(), *(("language", one) for one in self.chosen)])
        return f"{self.look.path}/map{f'?{query}' if query else ''}"


def _tried(
    asked: Sequence[Question], before: Draft, after: Draft, folder: Path, tables: Path | None
) -> tuple[int, tuple[Moved, ...]]:
    tried = () if tables is None else tried_in(sorted(tables.glob("dev-*.tsv")))
    questions = (*asked, *new_examples(before.lessons, after.lessons), *typed_in(folder), *tried)
    return len(questions), moved(questions, before.script.understanding, after.script.understanding)


def _stage_words(stage: str, words: StudioWords) -> str:
    known = words.has(f"stage-{stage}")
    return words.say("map-topics", stage=words.say(f"stage-{stage}") if known else stage)


def _went(went: Went, words: StudioWords) -> str:
    """Where a question goes, in words."""
    if went.danger:
        return words.say("effects-danger", topic=words.console.topic(went.danger.partition(":")[2]))
    if not went.topics:
        return words.say("effects-nothing")
    titles = " · ".join(words.console.topic(topic) for topic in went.topics)
    return titles if len(went.topics) == 1 else words.say("effects-choice", topics=titles)


def _leads(picture: Picture) -> Mapping[Node, list[Way]]:
    """From each box all ways within the picture, for the list."""
    found: dict[Node, list[Way]] = {}
    for arrow in picture.arrows:
        found.setdefault(arrow.way.begin, []).append(arrow.way)
    return found
