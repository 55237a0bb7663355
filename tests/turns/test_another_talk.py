"""Who ends a call and asks anew at once has one talk: what the ended one still has to tell does not speak for the other."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk.helplines import HelplineId
from bot.desk.letters import (
    Acknowledged,
    Missed,
    NobodyYet,
    NotShown,
    ReferralNews,
    Referring,
    StaffUsedReply,
    TicketClosed,
    TicketMovedAway,
    TicketReopened,
    ToPerson,
    WaitsAgain,
)
from bot.desk.ticket import CloseReason, ReferralState, Stage, TicketId
from bot.dialogue.conversation import Calling
from bot.store.contract import Address, Outgoing, OutgoingId
from bot.turns.turns import LANE
from tests.builders import NOW, SOMEBODY, a_commit, a_record, arrival
from tests.dialogue.little_world import little_script
from tests.turns.test_turns import House

ENDED, OURS = TicketId(f"~{'e' * 20}07"), TicketId(f"~{'o' * 20}07")
HELPLINE, OTHER = HelplineId("thai"), HelplineId("khmer")
STATES = [
    Acknowledged(NOW),
    NobodyYet(NOW),
    WaitsAgain(NOW),
    Referring(OTHER),
    ReferralNews(OTHER, ReferralState.ACCEPTED, OTHER),
    TicketClosed(CloseReason.HELPED, NOW),
    TicketReopened(NOW),
    TicketMovedAway(),
]


async def in_a_talk(folder: Path, stage: Stage) -> tuple[House, Calling]:
    house, calling = House(little_script(folder)), Calling(OURS, HELPLINE, NOW, stage, since=NOW)
    record = a_record(language="en")
    talking = replace(record, conversation=replace(record.conversation, calling=calling))
    await house.store.commit(a_commit(1, record=talking), NOW, timedelta())
    return house, calling


async def talk_after(house: House, letter: ToPerson, of: TicketId) -> Calling | None:
    outgoing = Outgoing(OutgoingId(arrival(77) + b"\0"), Address(LANE, SOMEBODY), None, letter=letter, ref=of)
    assert await house.turns.take_letter(SOMEBODY, letter, outgoing) is None
    record = (await house.store.load(SOMEBODY)).record
    assert record is not None
    return record.conversation.calling


@pytest.mark.parametrize("letter", STATES, ids=lambda letter: type(letter).__name__)
async def test_news_of_an_ended_call_change_nothing_of_the_one_that_is_open(tmp_path: Path, letter: ToPerson) -> None:
    house, calling = await in_a_talk(tmp_path, Stage.TALKING)

    assert await talk_after(house, letter, ENDED) == calling
    assert await house.words() == []


@pytest.mark.parametrize("letter", STATES, ids=lambda letter: type(letter).__name__)
async def test_news_of_their_own_call_are_taken(tmp_path: Path, letter: ToPerson) -> None:
    house, calling = await in_a_talk(tmp_path, Stage.TALKING)

    assert await talk_after(house, letter, OURS) != calling


async def test_staff_learn_that_their_words_could_not_be_shown(tmp_path: Path) -> None:
    house, calling = await in_a_talk(tmp_path, Stage.TALKING)

    # The content that is live here has no such reply any more.
    assert await talk_after(house, StaffUsedReply("gone", "7"), OURS) == calling

    written = [one.outgoing for one in await house.store.claim_lines(SOMEBODY, house.clock.now(), timedelta())]
    assert [(one.address.chat, one.letter) for one in written] == [(OURS, NotShown("7", Missed.REFUSED))]


async def test_a_call_that_staff_open_again_is_heard_of_where_the_last_one_has_ended(tmp_path: Path) -> None:
    house, _ = await in_a_talk(tmp_path, Stage.CLOSED)

    found = await talk_after(house, TicketReopened(NOW), ENDED)

    assert found is not None
    assert found.stage is Stage.ASKED
