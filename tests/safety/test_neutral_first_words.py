"""What a phone shows unasked says nothing beyond "information about working abroad", in any language.

The content checks look at each text that stands there by itself; here the bot says it: its name and commands, what it
pushes when a helpline does something, however the person wants to be written to, and what its reminders begin with.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Final

import pytest

from bot.compiler import Notebook, check_content
from bot.compiler.checking_previews import PREVIEW, _forbidden, _stands_in
from bot.compiler.leaves import plain_tree
from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import (
    Acknowledged,
    MediaKind,
    NobodyYet,
    Original,
    ReferralNews,
    Referring,
    StaffAsked,
    StaffSent,
    StaffUsedReply,
    StaffWrote,
    TicketClosed,
    TicketMovedAway,
    TicketReopened,
    ToPerson,
    WaitsAgain,
)
from bot.desk.phrases import CardId
from bot.desk.ticket import CloseReason, ReferralState, Stage
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import Send
from bot.dialogue.engine import take_turn
from bot.dialogue.events import LetterCame
from bot.dialogue.phrasebook import TextId
from bot.dialogue.script import Script
from bot.language import clusters
from bot.messages import Language, words_of
from handlers.telegram.introduction import COMMANDS, introductions
from tests.builders import NOW
from tests.conftest import CONTENT, TODAY
from tests.dialogue.test_own_ticket import HELPLINE, TICKET

OTHER: Final = HelplineId("example-cambodia")
LANGUAGES: Final = ("km", "lo", "my", "th", "en")
AWAY: Final = timedelta(hours=3)
LETTERS: Final[tuple[ToPerson, ...]] = (
    Acknowledged(NOW),
    StaffWrote("the police took a victim of trafficking: ប៉ូលិស ຕຳຫຼວດ ရဲစခန်း ตำรวจ", Language("en"), "1"),
    StaffWrote("an emergency, danger", Language("km"), "1", is_edit=True),
    StaffSent(MediaKind.PHOTO, Original("telegram", "1", "1"), "1"),
    StaffAsked(CardId("in-danger-now"), "1"),
    StaffUsedReply("received", "1"),
    NobodyYet(NOW),
    WaitsAgain(NOW),
    Referring(OTHER),
    *(ReferralNews(OTHER, state, HELPLINE) for state in ReferralState),
    *(TicketClosed(reason, NOW) for reason in CloseReason),
    TicketReopened(NOW),
    TicketMovedAway(),
)


@pytest.fixture(scope="module")
def forbidden() -> Mapping[str, Sequence[str]]:
    """The words that the content checks forbid, by language."""
    assembled = check_content(CONTENT, TODAY, Notebook())
    assert assembled is not None
    return _forbidden(assembled.draft, plain_tree(assembled.documents.get("safety")))


def _found(words: str, forbidden: Mapping[str, Sequence[str]]) -> set[str]:
    start = words[:PREVIEW].casefold()
    pieces = clusters(start)
    return {word for listed in forbidden.values() for word in listed if _stands_in(word.casefold(), start, pieces)}


def test_there_are_words_to_look_for_in_every_language(forbidden: Mapping[str, Sequence[str]]) -> None:
    assert all(len(forbidden[language]) >= 8 for language in LANGUAGES)
    assert _found("Call the police", forbidden) == {"police"}


def test_name_descriptions_and_commands_say_nothing(
    real_script: Script, forbidden: Mapping[str, Sequence[str]]
) -> None:
    told = [*COMMANDS]
    for language in LANGUAGES:
        shown = introductions(real_script)[language]
        name, _ = real_script.phrasebook.find(TextId("bot.name"), Language(language))
        told += ["".join(map(str, name)), shown.description, shown.short_description, *shown.commands.values()]

    assert {words: found for words in told if (found := _found(words, forbidden))} == {}
    assert len(told) >= len(LANGUAGES) * 8


def test_whatever_a_helpline_does_the_phone_shows_neutral_words_first(
    real_script: Script, forbidden: Mapping[str, Sequence[str]]
) -> None:
    script = replace(real_script, desks=Desks({HELPLINE: 0, OTHER: 0}))
    shown = list(_pushed(script))
    telling = {(case, language): found for case, language, words in shown if (found := _found(words, forbidden))}

    sys.stdout.write(f"{len(shown)} pushed messages in {len(LANGUAGES)} languages: {len(telling)} tell too much\n")
    assert telling == {}
    assert not any(case.endswith(" wait") for case, _, _ in shown), "who waits until they come is shown nothing"
    assert len(shown) > 200


def _pushed(script: Script) -> Iterator[tuple[str, str, str]]:
    """What a person who has been away for hours is shown without having done anything."""
    for language, contact, letter in product(LANGUAGES, ("veiled", "wait", "open", ""), LETTERS):
        stage = Stage.CLOSED if isinstance(letter, TicketReopened) else Stage.TALKING
        calling = Calling(TICKET, HELPLINE, NOW - AWAY, stage, since=NOW - AWAY)
        profile = {"origin": "kh", "here": "th"} | ({"contact": contact, "contact_hours": "any"} if contact else {})
        conversation = Conversation(Language(language), profile, calling=calling, active=NOW - AWAY)
        turn = take_turn(script, conversation, LetterCame(letter), NOW)
        for effect in turn.effects:
            if isinstance(effect, Send):
                yield f"{type(letter).__name__} {contact}", language, words_of(effect.message.text)
