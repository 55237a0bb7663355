"""All of the content, linked and checked: what the bot can say, in one immutable value.

A topic is a flow like any other, called `topic.<id>`; Topic holds what is only of interest to lists, search and export.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NewType

from bot.desk.helplines import NO_DESKS, Desks, Helplines
from bot.desk.phrases import Cards
from bot.dialogue.conditions import Condition
from bot.dialogue.conversation import NodeToken
from bot.dialogue.phrasebook import Phrasebook, TextId
from bot.dialogue.ready import Ready
from bot.dialogue.steps import Flow, FlowId, ScreenId
from bot.facts import Directory, Fact, FactId, Place, PlaceId, Wanted
from bot.language import Understands
from bot.media import Media
from bot.messages import Language

TopicId = NewType("TopicId", str)


_NO_FLOW = FlowId("")


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language as the content declares it: its own name, and where to look when a text is missing."""

    code: Language
    name: str
    fallbacks: tuple[Language, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """One answer to a topic, for whom it holds, and what stands behind it."""

    id: str
    text: TextId
    when: Condition
    said_when: Mapping[str, tuple[str, ...]]
    sources: tuple[str, ...]
    checked: date
    review_by: date


@dataclass(frozen=True, slots=True)
class Topic:
    """One question the bot can answer."""

    id: TopicId
    stage: str
    urgency: str
    title: TextId
    icon: str
    variants: tuple[Variant, ...]
    next: tuple[TopicId, ...] = ()


@dataclass(frozen=True, slots=True)
class Special:
    """The flows that the engine itself leads to."""

    welcome: FlowId
    home: FlowId
    language: FlowId
    person: FlowId
    cover: FlowId
    talk: FlowId = _NO_FLOW
    referral: FlowId = _NO_FLOW
    ended: FlowId = _NO_FLOW
    secret: FlowId = _NO_FLOW
    """These four are needed only where there are helplines."""
    ask_profile: Mapping[str, FlowId] = field(default_factory=dict)
    """Profile field → the flow that asks for it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a token points: a step by its place in a screen of a flow."""

    flow: FlowId
    screen: ScreenId
    index: int


@dataclass(frozen=True, slots=True, repr=False)
class Script:
    """The content of one version."""

    version: str
    tongues: Mapping[Language, Tongue]
    profile: Mapping[str, tuple[str, ...]]
    special: Special
    flows: Mapping[FlowId, Flow]
    topics: Mapping[TopicId, Topic]
    phrasebook: Phrasebook
    facts: Mapping[FactId, Fact]
    directory: Directory
    places: Mapping[PlaceId, Place]
    spots: Mapping[NodeToken, Spot]
    screens: Mapping[str, tuple[FlowId, ScreenId]]
    """The first eight characters of a token → its screen."""
    beginnings: Mapping[str, FlowId]
    """The first four characters of a token → its flow."""
    renamed: Mapping[NodeToken, NodeToken]
    alarms: frozenset[str]
    """Every timer that somebody may have set."""
    emergency_kinds: Mapping[str, tuple[str, ...]]
    """Kind of danger → kinds of hotlines, the most urgent first: where no topic of that name lists lines."""
    understanding: Understands
    danger_lines: Mapping[str, Wanted] = field(default_factory=dict)
    """Kind of danger → the lines of the topic of that name, in its authors' order."""
    media: Media = field(default_factory=Media)
    helplines: Helplines = field(default_factory=Helplines)
    cards: Cards = field(default_factory=Cards)
    desks: Desks = NO_DESKS
    """What can take tickets now: not of the content, but put beside it by whoever knows."""
    ready: Ready = field(default_factory=Ready, init=False, compare=False)
    """What was made of all this already; a script with another part begins without any."""

    def __repr__(self) -> str:
        return f"Script({self.version})"
