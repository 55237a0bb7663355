"""Calls get louder until somebody looks; two desks pass a ticket on; and what happens to a group is noticed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.desk.letters import PersonAgreed, Referring
from bot.desk.ticket import ReferralState, Stage, Ticket
from bot.dialogue.script import Script
from handlers.telegram.desk import DeskChannel
from tests.telegram.desk.house import ANNA, CHAN, GROUP, OTHER, House, a_house, a_script


@pytest.fixture
async def house(real_script: Script) -> AsyncIterator[House]:
    async with a_house(a_script(real_script)) as house:
        yield house
        assert house.violations() == []
        assert house.telegram.faults.struck["limit"] == 0


async def called_again(house: House, ticket: Ticket, minutes: int) -> None:
    house.telegram.clock.advance(minutes * 60)
    await house.call(ticket)


async def test_the_second_call_rings_the_phones_of_those_who_work_there(house: House) -> None:
    ticket = await house.open()
    await house.call(ticket)
    await called_again(house, ticket, 1)
    await house.until(lambda: len(house.general()) == 2)
    first, second = house.general()

    assert first.entities == []
    assert second.text.endswith("\nAnna, Ben: please look now.")
    rung = [entity for entity in second.entities if isinstance(entity, dict) and entity["type"] == "text_mention"]
    assert [entity["user"]["id"] for entity in rung if isinstance(entity["user"], dict)] == [101, 102]
    words = second.text.encode("utf-16-le")
    places = [(int(str(entity["offset"])) * 2, int(str(entity["length"])) * 2) for entity in rung]
    assert [words[start : start + length].decode("utf-16-le") for start, length in places] == ["Anna", "Ben"]


async def test_in_the_end_the_supervisor_is_called_alone_and_can_take_it_there(house: House) -> None:
    ticket = await house.open()
    await house.call(ticket)
    await called_again(house, ticket, 6)
    await house.until(lambda: any(ticket.alias in text for text in house.anna.texts()))

    assert "Example helpline in Thailand" in house.anna.last().text
    assert house.ben.screen() == []
    house.anna.tap("✋ I take it")
    await house.until(lambda: house.said)
    assert (await house.ticket(ticket)).holder == ANNA


async def test_forty_calls_to_one_supervisor_are_few_messages(house: House) -> None:
    tickets = [await house.open(number) for number in range(1, 41)]
    house.telegram.clock.advance(400)
    for ticket in tickets:
        await house.call(ticket)

    def told() -> bool:
        words = "\n".join(house.anna.texts())
        return all(ticket.alias in words for ticket in tickets)

    await house.until(told, within=10)

    assert len(house.anna.screen()) <= 10


async def test_who_is_given_a_ticket_is_told_alone_as_well(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.anna.send("/give Ben", to=house.group, topic=thread)
    await house.until(lambda: any("Anna" in text for text in house.ben.texts()))


async def test_the_console_is_one_tap_away_where_there_is_one(house: House) -> None:
    office = replace(house.office, console=lambda ticket: f"https://desk.example.org/desk/{ticket[1:]}")
    ticket = await house.open()
    await house.happens_without_delivery(ticket)
    outgoing = (await house.store.waiting(house.line_of(ticket, "!call")))[0]
    await DeskChannel(office).deliver(outgoing)

    [call] = house.general()
    assert call.buttons[-1][0]["url"] == f"https://desk.example.org/desk/{ticket.id[1:]}"


async def test_a_group_that_telegram_silences_is_left_alone_for_that_long_and_no_other_is(house: House) -> None:
    house.telegram.faults.answer_429(1.0, retry_after=30, methods=["sendMessage"])
    ticket = await house.open()
    await house.call(ticket)
    await house.until(lambda: house.troubles)
    house.telegram.faults.off()

    assert house.office.lines.of(str(GROUP)).call_free_in() > 25
    there = await house.open(2, helpline=OTHER)
    await house.call(there)
    await house.until(lambda: house.general(house.other), within=5)
    await house.until(lambda: house.general(), within=40)  # noqa: PLW0108 - it takes an argument, too
    assert len(house.general()) == 1


async def test_a_group_that_moves_while_nobody_writes_is_followed(house: House) -> None:
    house.group.migrate(-1005)
    await house.until(lambda: house.in_roster().group == "-1005")


async def test_to_be_thrown_out_of_the_group_is_counted_at_once(house: House) -> None:
    house.group.kick_bot(house.anna)
    await house.until(lambda: house.figures.counts["desk_shut_out", "example-thailand"] == 1)


# Two desks


async def refer(house: House, ticket: Ticket) -> int:
    """Ben asks the other desk, and the person agrees."""
    thread = await house.topic(ticket)
    house.ben.send("/refer example-cambodia", to=house.group, topic=thread)
    await house.until(lambda: Referring(OTHER) in house.letters())
    assert house.general(house.other) == []
    await house.hear(ticket, PersonAgreed(OTHER, agreed=True))
    await house.until(lambda: house.general(house.other))
    return thread


async def test_the_other_desk_accepts_and_gets_a_topic_of_its_own(house: House) -> None:
    ticket = await house.open()
    await refer(house, ticket)
    [asked] = house.general(house.other)
    assert "hello" not in asked.text
    house.chan.tap("✅ Accept", message=asked, on=house.other)
    await house.until(lambda: house.said and house.other.chat.topics)

    taken = await house.ticket(ticket)
    assert (taken.helpline, taken.holder) == (OTHER, CHAN)
    await house.until(lambda: asked.labels == [])
    await house.until(lambda: any("has taken it over" in one.text for one in house.group.visible()))
    assert all("hello" not in one.text for one in house.other.visible())


async def test_the_other_desk_says_why_it_declines(house: House) -> None:
    ticket = await house.open()
    await refer(house, ticket)
    [asked] = house.general(house.other)
    house.chan.tap("Decline", message=asked, on=house.other)
    await house.until(lambda: "we are full" in asked.labels)
    house.chan.tap("⬅️ Back", message=asked, on=house.other)
    await house.until(lambda: asked.labels == ["✅ Accept", "Decline"])
    house.chan.tap("Decline", message=asked, on=house.other)
    await house.until(lambda: "we are full" in asked.labels)
    house.chan.tap("we are full", message=asked, on=house.other)
    await house.until(lambda: any("Reason: we are full" in one.text for one in house.group.visible()))

    stays = await house.ticket(ticket)
    assert stays.referral is not None
    assert (stays.helpline, stays.referral.state) == (house.in_roster().helpline, ReferralState.DECLINED)


async def test_whoever_was_not_asked_cannot_accept(house: House) -> None:
    ticket = await house.open()
    thread = await refer(house, ticket)
    before = len(house.said)
    house.ben.send("/accept", to=house.group, topic=thread)
    await house.until(lambda: len(house.said) > before)

    assert (await house.ticket(ticket)).helpline != OTHER


async def test_a_topic_goes_when_its_time_is_over(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.ben.send("/close helped", to=house.group, topic=thread)
    await house.until(lambda: any("is deleted at" in one.text for one in house.group.visible(thread)), within=90)
    assert (await house.ticket(ticket)).stage is Stage.CLOSED

    house.telegram.clock.advance(timedelta(days=7, hours=1).total_seconds())
    await house.call(ticket)
    await house.until(lambda: thread not in house.group.chat.topics)
    assert [one for one in house.group.visible() if "hello" in one.text] == []
