"""What the files say, put together before it is linked: values, texts, and every mention of something by its name.

A mention keeps its place, so that linking can say where the unknown word stands.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from bot.compiler.problems import Notebook, Place
from bot.compiler.reading import Node, TextNode
from bot.desk.helplines import Helpline, HelplineId
from bot.desk.phrases import Card, CardId
from bot.dialogue.conditions import Condition
from bot.dialogue.phrasebook import FactSlot, HotlineSlot, Phrase, Slot, TextId, ValueSlot
from bot.dialogue.script import Tongue, TopicId
from bot.dialogue.steps import Flow, FlowId, ScreenId
from bot.facts import Fact, FactId, Hotline, HotlineId, PlaceId, Wanted
from bot.facts import Place as PlaceToGo
from bot.messages import Language

ENGLISH: Final = Language("en")
"""The language of the source; all others are translations."""


class Role(StrEnum):
    """What a text is for, which decides how long it may be."""

    SAY = "say"
    LABEL = "label"
    TITLE = "title"
    ANSWER = "answer"
    PHRASE = "phrase"
    NAME = "name"
    RULE = "rule"
    BOT = "bot"
    CARD = "card"


class Kind(StrEnum):
    """What can be mentioned by name, in the words that are told to authors."""

    FLOW = "flow"
    SCREEN = "screen"
    TOPIC = "topic"
    FACT = "fact"
    HOTLINE = "hotline"
    PHRASE = "phrase"
    UNIT = "unit"
    PER = "unit behind 'per:'"
    FIELD = "field of the profile"
    MEDIA = "picture"
    PLACE = "place"
    PLACES = "kind of place"
    HOLIDAYS = "list of holidays"
    HELPLINE = "helpline"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text of the source language; a vital one must exist in every language that has any texts."""

    id: TextId
    words: str
    place: Place
    role: Role
    phrase: Phrase
    vital: bool = False
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """Something is called by its name here; screens and values are looked for within their flow."""

    kind: Kind
    word: str
    place: Place
    within: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition, a formula or a slot asks for a name here, and a condition for some of its values."""

    name: str
    values: tuple[str, ...]
    place: Place
    within: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A value is kept under a name here: one of these, or any where there are none."""

    name: str
    values: tuple[str, ...]
    place: Place
    within: str
    declined: frozenset[str] = frozenset()
    """Values that take back what was told, such as "I would rather not say"."""


@dataclass(frozen=True, slots=True)
class FlowDraft:
    """A flow, and where its parts stand."""

    flow: Flow
    place: Place
    was: tuple[TextNode, ...] = ()
    screens: Mapping[ScreenId, Place] = field(default_factory=dict)
    screens_were: Mapping[ScreenId, tuple[TextNode, ...]] = field(default_factory=dict)
    steps: Mapping[tuple[ScreenId, int], Place] = field(default_factory=dict)
    is_sound: bool = True
    """Whether its file is written as it must be, so that no step of it was left out."""


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """One answer of a topic."""

    id: str
    text: TextId
    when: Condition
    said_when: Mapping[str, tuple[str, ...]]
    sources: tuple[str, ...]
    checked: date
    review_by: date
    place: Place


@dataclass(frozen=True, slots=True)
class TopicDraft:
    """A topic as it was written."""

    id: TopicId
    stage: str
    urgency: str
    title: TextId
    icon: str
    place: Place
    variants: tuple[VariantDraft, ...]
    hotlines: Wanted | None
    flow: FlowId | None
    next: tuple[TopicId, ...]
    was: tuple[TextNode, ...]
    no_number_in: tuple[TextNode, ...] = ()


@dataclass(frozen=True, slots=True)
class BotDraft:
    """What holds for the whole bot."""

    place: Place
    tongues: Mapping[Language, Tongue]
    profile: Mapping[str, tuple[str, ...]]
    asked_by: Mapping[str, FlowId]
    special: Mapping[str, FlowId]
    emergency: Mapping[str, tuple[str, ...]]
    keywords: Mapping[str, Mapping[str, list[str]]]
    holidays: Mapping[str, frozenset[date]]
    preview_words: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Draft:
    """Filled file by file while the content is shaped."""

    notebook: Notebook
    bot: BotDraft | None = None
    texts: dict[TextId, SourceText] = field(default_factory=dict)
    flows: dict[FlowId, FlowDraft] = field(default_factory=dict)
    topics: dict[TopicId, TopicDraft] = field(default_factory=dict)
    facts: dict[FactId, Fact] = field(default_factory=dict)
    hotlines: dict[HotlineId, Hotline] = field(default_factory=dict)
    places: dict[PlaceId, PlaceToGo] = field(default_factory=dict)
    helplines: dict[HelplineId, Helpline] = field(default_factory=dict)
    cards: dict[CardId, Card] = field(default_factory=dict)
    card_groups: tuple[str, ...] = ()
    pictures: frozenset[str] = frozenset()
    stood: dict[tuple[Kind, str], Place] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)
    counted_with: list[Mention] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    examples: dict[Language, dict[TopicId, tuple[str, ...]]] = field(default_factory=dict)

    def introduce(self, kind: Kind, name: TextNode) -> bool:
        """Note where something is introduced; False where its name is taken or none."""
        if not name.words:
            return False
        first = self.stood.get((kind, name.words))
        if first is not None:
            self.notebook.error(name.place, f"the {kind} '{name.words}' stands already in {first.file}:{first.line}")
            return False
        self.stood[kind, name.words] = name.place
        return True

    def mention(self, kind: Kind, name: TextNode | None, within: str = "") -> str:
        """Note that something is called by its name, and give the name."""
        if name is None:
            return ""
        self.mentions.append(Mention(kind, name.words, name.place, within))
        return name.words

    def write(self, text_id: str, node: Node | None, role: Role, *, within: str = "", **more: bool) -> TextId:
        """Take a text of the source into the content."""
        text = TextId(text_id)
        if not isinstance(node, TextNode):
            return text
        if text in self.texts:
            first = self.texts[text].place
            self.notebook.error(node.place, f"the text '{text}' stands already in {first.file}:{first.line}")
            return text
        phrase = split_phrase(node.words, node.place, self.notebook)
        for slot in phrase:
            if not isinstance(slot, str):
                self._mention_slot(slot, node.place, role, within)
        self.texts[text] = SourceText(text, node.words, node.place, role, phrase, **more)
        return text

    def _mention_slot(self, slot: Slot, place: Place, role: Role, within: str) -> None:
        match slot:
            case FactSlot(fact):
                self.mentions.append(Mention(Kind.FACT, fact, place))
            case HotlineSlot(hotline):
                self.mentions.append(Mention(Kind.HOTLINE, hotline, place))
            case ValueSlot(name):
                # The engine fills the slots of its own phrases, and staff those of cards.
                if role not in (Role.PHRASE, Role.CARD):
                    self.asked.append(Asked(name, (), place, within))


_SLOT: Final = re.compile(r"\{([^{}]*)\}")
_VALUE: Final = re.compile(r"[a-z][a-z0-9_]*")
_PROFILE: Final = "profile."


def split_phrase(words: str, place: Place, notebook: Notebook) -> Phrase:
    """Split words at their slots."""
    if "{" not in words and "}" not in words:
        return (words,)
    parts: list[str | Slot] = []
    for index, part in enumerate(_SLOT.split(words)):
        if index % 2:
            slot = _read_slot(part)
            if slot is None:
                notebook.error(place, f"'{{{part[:40]}}}' is no slot; write {{fact:…}}, {{hotline:…}} or {{name}}")
            else:
                parts.append(slot)
        elif "{" in part or "}" in part:
            notebook.error(place, "a '{' or '}' stands alone; slots look like {fact:minimum-wage}")
        elif part:
            parts.append(part)
    return tuple(parts)


def slots_of(phrase: Phrase) -> frozenset[Slot]:
    """The slots of a phrase."""
    return frozenset(part for part in phrase if not isinstance(part, str))


def slot_words(slots: Iterable[Slot]) -> str:
    """Slots as authors write them."""
    return ", ".join(sorted(_slot_word(slot) for slot in slots))


def _slot_word(slot: Slot) -> str:
    match slot:
        case FactSlot(fact):
            return f"{{fact:{fact}}}"
        case HotlineSlot(hotline):
            return f"{{hotline:{hotline}}}"
        case ValueSlot(name):
            return f"{{{name}}}"


def _read_slot(inside: str) -> Slot | None:
    kind, colon, name = inside.partition(":")
    if colon:
        if kind == "fact" and name:
            return FactSlot(FactId(name))
        if kind == "hotline" and name:
            return HotlineSlot(HotlineId(name))
        return None
    value = inside.removeprefix(_PROFILE)
    return ValueSlot(value) if _VALUE.fullmatch(value) else None
