"""Which helpline takes a call: first by language, then by place and topic, the open and staffed ones first.

Where nobody speaks the person's language, a helpline for their place takes it with ready sentences and interpreters,
and the rule says so: nobody is sent to a desk that cannot understand them without either side knowing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.desk.helplines import Desks, Helpline, HelplineId, Helplines
from bot.desk.ticket import Rule
from bot.messages import Language


@dataclass(frozen=True, slots=True)
class Asking:
    """What is known of who asks: their language, where they are and come from (country codes), and the topic."""

    language: Language
    here: str | None = None
    origin: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The helpline, why it was chosen, and whether somebody is on duty there now."""

    helpline: HelplineId
    rule: Rule
    is_open: bool


def choose_helpline(
    helplines: Helplines,
    desks: Desks,
    asking: Asking,
    now: datetime,
    without: frozenset[HelplineId] = frozenset(),
) -> Chosen | None:
    """The best helpline that can take a ticket now; None only where none can."""
    able = [one for one in helplines.all.values() if one.id in desks and one.id not in without]
    if not able:
        return None
    best = min(able, key=lambda one: _rank(one, helplines, desks, asking, now))
    is_open = helplines.is_open(best.id, now)
    return Chosen(best.id, _rule(best, asking, is_open=is_open), is_open)


def speaks(helpline: Helpline, language: Language) -> bool:
    """Whether its staff speak a language."""
    return language in helpline.languages


def serves(helpline: Helpline, asking: Asking) -> bool:
    """Whether it is there for who is where the person is, or comes from where they come from."""
    near = not helpline.countries or asking.here is None or asking.here in helpline.countries
    own = not helpline.origins or asking.origin is None or asking.origin in helpline.origins
    return near and own


def _rank(
    helpline: Helpline, helplines: Helplines, desks: Desks, asking: Asking, now: datetime
) -> tuple[bool, bool, bool, bool, bool, bool]:
    knows_topic = not helpline.topics or asking.topic is None or asking.topic in helpline.topics
    names_topic = asking.topic is not None and asking.topic in helpline.topics
    return (
        not speaks(helpline, asking.language),
        not serves(helpline, asking),
        not helplines.is_open(helpline.id, now),
        not knows_topic,
        desks.open_tickets[helpline.id] >= helpline.capacity,
        not names_topic,
    )


def _rule(helpline: Helpline, asking: Asking, *, is_open: bool) -> Rule:
    return _RULES[speaks(helpline, asking.language), serves(helpline, asking), is_open]


_RULES: Final = {
    (True, True, True): Rule.LANGUAGE_PLACE_OPEN,
    (True, True, False): Rule.LANGUAGE_PLACE_CLOSED,
    (True, False, True): Rule.LANGUAGE_ELSEWHERE_OPEN,
    (True, False, False): Rule.LANGUAGE_ELSEWHERE_CLOSED,
    (False, True, True): Rule.INTERPRETER_PLACE,
    (False, True, False): Rule.INTERPRETER_PLACE,
    (False, False, True): Rule.INTERPRETER_ELSEWHERE,
    (False, False, False): Rule.INTERPRETER_ELSEWHERE,
}
