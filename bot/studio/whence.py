"""Where words that were shown can be changed: texts and slots → what an editor opens, and in which file it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.compiler.draft import Draft
from bot.compiler.draft import Kind as Named
from bot.dialogue.phrasebook import FactSlot, HotlineSlot
from bot.studio.kinds import Kind
from bot.studio.marking import FACT, HOTLINE


@dataclass(frozen=True, slots=True)
class Whence:
    """One thing that can be opened; the id of a screen is `flow.screen`."""

    kind: Kind
    id: str
    file: str
    """As the tree names it."""


def whence_in(draft: Draft) -> Mapping[str, Whence]:
    """For every text, and every fact and hotline as a slot, what holds it; nothing for words that have no form."""
    found: dict[str, Whence] = {}
    for text in draft.texts.values():
        named = _named(text.id)
        if named is not None:
            found[text.id] = Whence(*named, _in_tree(text.place.file))
    for (kind, name), place in draft.stood.items():
        if kind is Named.FACT:
            found[f"{FACT}{name}"] = Whence(Kind.FACT, name, _in_tree(place.file))
        elif kind is Named.HOTLINE:
            found[f"{HOTLINE}{name}"] = Whence(Kind.HOTLINE, name, _in_tree(place.file))
    return found


def tellers_in(draft: Draft) -> Mapping[str, str]:
    """For every fact and hotline, as a slot, a text that tells it, so that it can be looked at; topics first."""
    found: dict[str, str] = {}
    for text in sorted(draft.texts.values(), key=lambda text: (not text.id.startswith("topic."), text.id)):
        for slot in text.phrase:
            match slot:
                case FactSlot(fact):
                    found.setdefault(f"{FACT}{fact}", text.id)
                case HotlineSlot(hotline):
                    found.setdefault(f"{HOTLINE}{hotline}", text.id)
                case _:
                    pass
    return found


_KINDS: Final = {
    "topic": Kind.TOPIC,
    "phrase": Kind.PHRASE,
    "fact": Kind.FACT,
    "hotline": Kind.HOTLINE,
    "place": Kind.PLACE,
    "helpline": Kind.HELPLINE,
    "canned": Kind.HELPLINE,
    "card": Kind.CARD,
}
_NO_FORM: Final = frozenset({"bot", "card-group"})


def _named(text: str) -> tuple[Kind, str] | None:
    first, second, *rest = [*text.split("."), ""]
    if first in _NO_FORM:
        return None
    if first in _KINDS:
        return _KINDS[first], second
    return (Kind.SCREEN, f"{first}.{second}") if rest and rest != [""] else (Kind.FLOW, first)


def _in_tree(file: str) -> str:
    """Places name the folder as well, which is called otherwise in each tree."""
    return file.partition("/")[2]
