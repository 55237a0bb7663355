"""The dialogue as a picture: each screen a box, each way an arrow. What leads nowhere, what nothing leads to, and what
is not there in every language can be seen at a glance.

It is drawn from what the files say, linked or not, so that a draft with mistakes has a map, too: it shows where they
are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.compiler.assembling import Assembled
from bot.compiler.checking_flows import targets_of
from bot.compiler.translations import phrases_of
from bot.dialogue.person import TOPIC
from bot.dialogue.phrasebook import FactSlot, Phrase, Phrasebook, Standing, TextId, Worded
from bot.dialogue.script import Topic, TopicId
from bot.dialogue.steps import (
    Ask,
    Call,
    Checklist,
    Choose,
    Flow,
    FlowId,
    Go,
    ListTopics,
    Remind,
    Say,
    Screen,
    ScreenId,
    Step,
    Target,
    ToBack,
    ToFlow,
    ToHome,
    ToScreen,
)
from bot.facts import Fact, FactId, Telling
from bot.messages import Language

_ENGLISH: Final = Language("en")


class Health(StrEnum):
    """How a screen's words stand in the languages that are looked at; the worst of them."""

    MISSING = "missing"
    STALE = "stale"
    OVERDUE = "overdue"
    """A figure on it is past its review or not sure, or the answer itself is past its review."""
    DRAFT = "draft"
    GOOD = "good"


class Ways(StrEnum):
    """How one gets from one box to another."""

    GOES = "goes"
    OPENS = "opens"
    """And comes back."""
    LATER = "later"
    """When no answer comes, or as a reminder."""


@dataclass(frozen=True, slots=True)
class Node:
    """What a box stands for: a screen, or without one a whole flow; with a stage alone, the topics of it."""

    flow: FlowId
    screen: ScreenId | None = None
    stage: str = ""

    @property
    def name(self) -> str:
        """The same for the same node, and for no other."""
        return f"{self.stage}/{self.flow}/{self.screen or ''}"


@dataclass(frozen=True, slots=True)
class Exit:
    """A way to something that has no box in this picture: another flow, or nothing at all where `is_gone`."""

    node: Node
    words: str
    kind: Ways
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its words in the language of whoever looks, and how it is with it."""

    node: Node
    words: str
    health: Health
    is_start: bool = False
    is_unreached: bool = False
    exits: tuple[Exit, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow, with what stands on the buttons that lead along it."""

    begin: Node
    end: Node
    kind: Ways
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Boxes, the first of which is where it begins, and arrows between them."""

    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole dialogue at a glance: what hangs together below home, and what the engine leads to from anywhere."""

    chart: Chart
    others: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Atlas:
    """All that is drawn, as the files say it."""

    flows: Mapping[FlowId, Flow]
    topics: Mapping[TopicId, Topic]
    phrasebook: Phrasebook
    languages: tuple[Language, ...]
    home: FlowId
    known: frozenset[FlowId]
    """The flows to which the engine leads by itself."""
    facts: Mapping[FactId, Fact] = field(default_factory=dict)

    @classmethod
    def of(cls, assembled: Assembled) -> "Atlas":
        """What there is of some content, also where it has mistakes."""
        draft, bot = assembled.draft, assembled.draft.bot
        tongues = bot.tongues if bot is not None else {}
        phrases = phrases_of(draft.texts.values(), assembled.translations, tongues)
        special = bot.special if bot is not None else {}
        asked = bot.asked_by if bot is not None else {}
        return cls(
            {flow: each.flow for flow, each in assembled.linked.flows.items()},
            assembled.linked.topics,
            Phrasebook(phrases, {code: tongue.fallbacks for code, tongue in tongues.items()}),
            tuple(tongues) or (_ENGLISH,),
            special.get("home", FlowId("")),
            frozenset((*special.values(), *asked.values())),
            draft.facts,
        )

    def words(self, text: TextId, language: Language) -> str:
        """A text with dots for its slots; nothing where there is none."""
        if text not in self.phrasebook:
            return ""
        phrase, _ = self.phrasebook.find(text, language)
        return "".join(part if isinstance(part, str) else "…" for part in phrase)

    def title(self, flow: Flow, language: Language) -> str:
        """What a flow is called."""
        return self.words(flow.title, language)


@dataclass(frozen=True, slots=True)
class View:
    """Who looks: their own language, the languages whose words they look at (all where there are none), and the day."""

    own: Language
    wanted: tuple[Language, ...]
    today: date


def overview(atlas: Atlas, view: View) -> Overview:
    """All flows, and the topics of each stage as one box. Each hangs below the first that leads to it, seen from home:
    with all arrows nothing could be seen.
    """
    drawing = _Drawing(atlas, view)
    ways = _bundled(
        _Found(overall(flow.id, atlas), _from_above(way.end, atlas), way.kind, ())
        for flow in atlas.flows.values()
        for screen in flow.screens.values()
        for way in drawing.leads(flow, screen)
        if way.end.flow != flow.id or way.end.screen not in flow.screens
    )
    home = Node(atlas.home)
    # What is missing is shown wherever it is mentioned.
    tree = [way for way in _tree(home, ways) if way.end.flow not in atlas.known]
    tree += [way for way in ways if way not in tree and not _is_there(way.end, atlas)]
    stages = list(dict.fromkeys(topic.stage for topic in atlas.topics.values()))
    led_to = {way.end for way in ways}
    flows = sorted(
        (flow for flow in atlas.flows.values() if not _is_topic(flow.id)), key=lambda flow: flow.id != atlas.home
    )
    boxes = [
        drawing.flow_box(flow, is_unreached=Node(flow.id) not in led_to and flow.id not in atlas.known)
        for flow in flows
    ]
    boxes += [drawing.stage_box(stage) for stage in stages]
    hung = {home, *(node for way in tree for node in (way.begin, way.end))}
    chart = drawing.chart([box for box in boxes if box.node in hung], tree)
    return Overview(chart, tuple(box for box in boxes if box.node not in hung))


def chart_of_flow(atlas: Atlas, flow: Flow, view: View) -> Chart:
    """The screens of one flow; what lies beside it stands in them as a way out."""
    drawing = _Drawing(atlas, view)
    screens = sorted(flow.screens.values(), key=lambda screen: screen.id != flow.start)
    ways = _bundled(way for screen in screens for way in drawing.leads(flow, screen))
    reached = _reached(Node(flow.id, flow.start), ways)
    boxes = [
        drawing.screen_box(flow, screen, is_unreached=Node(flow.id, screen.id) not in reached) for screen in screens
    ]
    return drawing.chart(boxes, ways)


def chart_of_stage(atlas: Atlas, stage: str, view: View) -> Chart:
    """The topics of one stage, and how they lead to each other."""
    drawing = _Drawing(atlas, view)
    flows = [flow for flow in atlas.flows.values() if stage_of(flow.id, atlas) == stage]
    own = {flow.id for flow in flows}
    found = [
        _Found(Node(flow.id), Node(way.end.flow), way.kind, way.labels)
        for flow in flows
        for screen in flow.screens.values()
        for way in drawing.leads(flow, screen)
        if way.end.flow in own or (way.end.flow not in atlas.known and way.end.flow and not _is_topic(way.end.flow))
    ]
    boxes = [drawing.flow_box(flow, is_unreached=False) for flow in flows]
    return drawing.chart(boxes, _bundled(found))


@dataclass(frozen=True, slots=True)
class _Found:
    begin: Node
    end: Node
    kind: Ways
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Makes boxes and finds ways for one look."""

    atlas: Atlas
    view: View

    def screen_box(self, flow: Flow, screen: Screen, *, is_unreached: bool) -> Box:
        texts = list(_texts_of(screen))
        said = next((step.text for step in screen.steps if isinstance(step, Say | Ask)), None)
        return Box(
            Node(flow.id, screen.id),
            self._words(said) if said is not None else "",
            self._health(texts),
            is_start=screen.id == flow.start,
            is_unreached=is_unreached,
        )

    def flow_box(self, flow: Flow, *, is_unreached: bool) -> Box:
        texts = [flow.title, *(text for screen in flow.screens.values() for text in _texts_of(screen))]
        topic = self.atlas.topics.get(TopicId(flow.id.removeprefix(TOPIC))) if _is_topic(flow.id) else None
        health = self._health(texts, is_overdue=topic is not None and self._is_due(topic))
        return Box(Node(flow.id), self._words(flow.title), health, flow.id == self.atlas.home, is_unreached)

    def stage_box(self, stage: str) -> Box:
        topics = [topic for topic in self.atlas.topics.values() if topic.stage == stage]
        texts = [text for one in topics for text in (one.title, *(variant.text for variant in one.variants))]
        is_overdue = any(self._is_due(topic) for topic in topics)
        return Box(topics_of(stage), "", self._health(texts, is_overdue=is_overdue))

    def chart(self, boxes: Sequence[Box], ways: Sequence[Way]) -> Chart:
        """Arrows between boxes, and in each box what leads to something else."""
        drawn = {box.node for box in boxes}
        exits: dict[Node, list[Exit]] = defaultdict(list)
        for way in ways:
            if way.end not in drawn:
                exits[way.begin].append(self._exit(way))
        return Chart(
            tuple(replace(box, exits=tuple(exits[box.node])) for box in boxes),
            tuple(way for way in ways if way.end in drawn),
        )

    def _exit(self, way: Way) -> Exit:
        node, flow = way.end, self.atlas.flows.get(way.end.flow)
        is_gone = not _is_there(node, self.atlas)
        return Exit(node, self._words(flow.title) if flow is not None else "", way.kind, is_gone)

    def leads(self, flow: Flow, screen: Screen) -> Iterator[_Found]:
        """Everywhere that a screen leads to."""
        begin = Node(flow.id, screen.id)
        for step in screen.steps:
            for end, kind, label in self._leads(step, flow):
                yield _Found(begin, end, kind, (label,) if label else ())

    def _leads(self, step: Step, flow: Flow) -> Iterator[tuple[Node, Ways, str]]:
        match step:
            case Call():
                yield Node(step.flow), Ways.OPENS, ""
            case Remind():
                yield Node(step.flow), Ways.LATER, ""
            case ListTopics():
                yield topics_of(step.stage), Ways.OPENS, ""
            case Choose():
                for option in step.options:
                    if option.opens is not None:
                        yield Node(option.opens), Ways.OPENS, self._words(option.label)
                    elif option.to is not None:
                        yield from self._aimed(option.to, flow, Ways.GOES, self._words(option.label))
                yield from self._waits(step, flow)
            case Ask():
                yield from self._waits(step, flow)
            case Go():
                for target in targets_of(step):
                    yield from self._aimed(target, flow, Ways.GOES, "")
            case _:
                pass

    def _waits(self, step: Choose | Ask, flow: Flow) -> Iterator[tuple[Node, Ways, str]]:
        for one in (step.tries, step.after):
            if one is not None:
                yield from self._aimed(one.to, flow, Ways.LATER, "")

    def _aimed(self, target: Target, flow: Flow, kind: Ways, label: str) -> Iterator[tuple[Node, Ways, str]]:
        match target:
            case ToScreen(screen):
                yield Node(flow.id, screen), kind, label
            case ToFlow(other):
                yield Node(other), kind, label
            case ToHome():
                yield Node(self.atlas.home), kind, label
            case ToBack():
                pass

    def _words(self, text: TextId) -> str:
        return self.atlas.words(text, self.view.own)

    def _is_due(self, topic: Topic) -> bool:
        return any(variant.review_by < self.view.today for variant in topic.variants)

    def _health(self, texts: Iterable[TextId], *, is_overdue: bool = False) -> Health:
        there = [text for text in dict.fromkeys(texts) if text in self.atlas.phrasebook]
        worded = [self.atlas.phrasebook.worded(text) for text in there]
        languages = self.view.wanted or self.atlas.languages
        standings = {_standing(one.get(language)) for one in worded for language in languages}
        if None in standings:
            return Health.MISSING
        if Standing.STALE in standings:
            return Health.STALE
        if is_overdue or any(self._is_overdue(one[_ENGLISH].phrase) for one in worded if _ENGLISH in one):
            return Health.OVERDUE
        return Health.DRAFT if Standing.DRAFT in standings else Health.GOOD

    def _is_overdue(self, phrase: Phrase) -> bool:
        facts = (self.atlas.facts.get(part.fact) for part in phrase if isinstance(part, FactSlot))
        return any(fact is not None and fact.telling(self.view.today) is not Telling.PLAIN for fact in facts)


def _standing(worded: Worded | None) -> Standing | None:
    return None if worded is None else worded.standing


def _texts_of(screen: Screen) -> Iterator[TextId]:
    for step in screen.steps:
        match step:
            case Say():
                yield step.text
            case Ask():
                yield step.text
                if step.hint is not None:
                    yield step.hint
            case Choose():
                yield from (option.label for option in step.options)
            case Checklist():
                yield from (words for _, words in step.items)
            case _:
                pass


def _is_topic(flow: FlowId) -> bool:
    return flow.startswith(TOPIC)


def stage_of(flow: FlowId, atlas: Atlas) -> str:
    """The stage of a topic's flow; empty for any other."""
    topic = atlas.topics.get(TopicId(flow.removeprefix(TOPIC))) if _is_topic(flow) else None
    return topic.stage if topic is not None else ""


def topics_of(stage: str) -> Node:
    """All topics of a stage as one box."""
    return Node(FlowId(""), stage=stage)


def overall(flow: FlowId, atlas: Atlas) -> Node:
    """The box in the overview that a flow belongs to."""
    stage = stage_of(flow, atlas)
    return topics_of(stage) if stage else Node(flow)


def _from_above(node: Node, atlas: Atlas) -> Node:
    """What a way leads to, seen from far: a missing screen is still that."""
    is_missing = node.screen is not None and node.screen not in atlas.flows[node.flow].screens
    return node if is_missing or node.stage else overall(node.flow, atlas)


def _is_there(node: Node, atlas: Atlas) -> bool:
    return bool(node.stage) or (node.flow in atlas.flows and node.screen is None)


def _bundled(found: Iterable[_Found]) -> list[Way]:
    """One arrow for all ways between the same two boxes."""
    bundles: dict[tuple[Node, Node], list[_Found]] = defaultdict(list)
    for one in found:
        bundles[one.begin, one.end].append(one)
    return [
        Way(begin, end, _strongest(ways), tuple(dict.fromkeys(label for way in ways for label in way.labels)))
        for (begin, end), ways in bundles.items()
    ]


def _strongest(ways: Iterable[_Found]) -> Ways:
    kinds = {way.kind for way in ways}
    return next(kind for kind in Ways if kind in kinds)


def _tree(start: Node, ways: Iterable[Way]) -> list[Way]:
    """Of all ways those by which each node is come to first, by the fewest steps."""
    out: dict[Node, list[Way]] = defaultdict(list)
    for way in ways:
        out[way.begin].append(way)
    tree: list[Way] = []
    seen, nodes = {start}, [start]
    for node in nodes:
        for way in out[node]:
            if way.end not in seen:
                seen.add(way.end)
                nodes.append(way.end)
                tree.append(way)
    return tree


def _reached(start: Node, ways: Iterable[Way]) -> set[Node]:
    return {start, *(way.end for way in _tree(start, ways))}
