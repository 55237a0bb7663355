"""What editors change, one thing at a time, and in which files each kind of it stands."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """`studio-kind-<value>` are the words. A screen is called `flow.screen`, all others as they are in their file."""

    TOPIC = "topic"
    FLOW = "flow"
    SCREEN = "screen"
    FACT = "fact"
    HOTLINE = "hotline"
    PLACE = "place"
    HELPLINE = "helpline"
    PHRASE = "phrase"
    CARD = "card"
    DANGER = "danger"
    """An idea of `safety.yaml`: what sounds like danger, or takes from it."""


_SINGLE: Final = {
    "phrases.yaml": Kind.PHRASE,
    "helplines.yaml": Kind.HELPLINE,
    "cards.yaml": Kind.CARD,
    "safety.yaml": Kind.DANGER,
}
_FOLDERS: Final = {
    "topics": Kind.TOPIC,
    "flows": Kind.FLOW,
    "facts": Kind.FACT,
    "hotlines": Kind.HOTLINE,
    "places": Kind.PLACE,
}


def kind_in(name: str) -> Kind | None:
    """What a file of the content holds; nothing where its words have no form. A flow holds its screens, too."""
    folder, slash, _ = name.partition("/")
    return _FOLDERS.get(folder) if slash else _SINGLE.get(name)
