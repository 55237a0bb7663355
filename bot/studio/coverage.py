"""Who gets an answer: every stage of the way, from each country, in each place, in every language.

A cell counts the topics of a stage. Where a topic has no answer for such a person it is empty; where it has one, its
words in the language are as good as the worst of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from bot.compiler.assembling import Assembled
from bot.compiler.draft import ENGLISH, TopicDraft
from bot.dialogue.conditions import holds
from bot.dialogue.phrasebook import TextId
from bot.messages import Language
from bot.studio.units import STATE_OF, State

ORIGIN: Final = "origin"
HERE: Final = "here"
STAGE: Final = "stage"
MOST_VALUES: Final = 30
"""Of origins and of places: more fit into no table, and a draft may say anything."""

_WORST_FIRST: Final = (State.MISSING, State.STALE, State.DRAFT, State.REVIEWED)


@dataclass(frozen=True, slots=True)
class Cell:
    """The topics of one stage for one origin, place and language, counted by what such a person gets."""

    stage: str
    origin: str
    here: str
    language: Language
    topics: int
    empty: int
    states: Mapping[State, int]
    lacking: tuple[str, ...]
    """The topics without an answer, for a list below."""

    @property
    def worst(self) -> State | None:
        """The state of the worst words; None where some topic has no answer at all."""
        if self.empty:
            return None
        return next((state for state in _WORST_FIRST if self.states.get(state)), State.REVIEWED)


def coverage(assembled: Assembled) -> tuple[Cell, ...]:
    """All cells, in the order stage, origin, place, language."""
    return tuple(_cells(assembled))


def _cells(assembled: Assembled) -> Iterator[Cell]:
    bot = assembled.draft.bot
    if bot is None:
        return
    topics: dict[str, list[TopicDraft]] = {}
    for topic in assembled.draft.topics.values():
        topics.setdefault(topic.stage, []).append(topic)
    origins, places = (bot.profile.get(name, ())[:MOST_VALUES] for name in (ORIGIN, HERE))
    for (stage, of_stage), origin, here in product(topics.items(), origins, places):
        # Whoever asks about a stage is mostly in it.
        known = {ORIGIN: origin, HERE: here} | ({STAGE: stage} if stage in bot.profile.get(STAGE, ()) else {})
        texts = {topic.id: texts_for(topic, known) for topic in of_stage}
        lacking = tuple(topic for topic, found in texts.items() if not found)
        for language in bot.tongues:
            states = Counter(_worst_of(found, language, assembled) for found in texts.values() if found)
            yield Cell(stage, origin, here, language, len(of_stage), len(lacking), states, lacking)


def texts_for(topic: TopicDraft, known: Mapping[str, str]) -> tuple[TextId, ...]:
    """What somebody of whom this much is known reads of a topic; nothing where it has no answer for them.

    A topic that leads into a dialogue of its own answers there.
    """
    answer = next((variant.text for variant in topic.variants if holds(variant.when, known)), None)
    if answer is not None:
        return (topic.title, answer)
    return (topic.title,) if topic.flow is not None else ()


def _worst_of(texts: tuple[TextId, ...], language: Language, assembled: Assembled) -> State:
    if language == ENGLISH:
        return State.REVIEWED
    there = assembled.translations.of(language)
    states = {
        State.MISSING if text not in there else STATE_OF[there[text].worded.standing]
        for text in texts
        if not assembled.draft.texts[text].everywhere
    }
    return next((state for state in _WORST_FIRST if state in states), State.REVIEWED)
