"""Each ticket has its topic; calls come first; what Telegram's groups do to us is taken as it comes."""

from collections.abc import AsyncIterator

import pytest

from bot.channel import ChannelError, UnreachableError
from bot.desk.letters import MediaKind, Original, PersonErased, PersonSent, Showed
from bot.desk.ticket import Urgency
from bot.dialogue.script import Script
from bot.messages import Message
from bot.store.contract import Address, Outgoing, OutgoingId, Priority
from bot.turns.tickets import DESK
from tests.telegram.desk.house import BEN, GROUP, House, a_house, a_script


@pytest.fixture
async def house(real_script: Script) -> AsyncIterator[House]:
    async with a_house(a_script(real_script)) as house:
        yield house
        assert [one for one in house.troubles if not isinstance(one, ChannelError)] == []
        assert house.telegram.faults.struck["limit"] == 0


async def test_a_call_stands_in_the_group_says_nothing_that_was_written_and_can_be_taken(house: House) -> None:
    ticket = await house.open()
    await house.hear_words(ticket, "my boss beats me")
    await house.call(ticket)
    await house.until(house.general, within=5)

    [call] = house.general()
    assert ticket.alias in call.text
    assert "Khmer" in call.text
    assert "boss" not in call.text
    assert call.labels == ["✋ I take it"]


async def test_a_ticket_has_one_topic_that_begins_with_what_is_known(house: House) -> None:
    ticket = await house.open()
    await house.hear_words(ticket, "first words")
    await house.hear_words(ticket, "more words")
    await house.until(lambda: house.of_topics("more words"))

    topics = list(house.group.chat.topics.values())
    assert len(topics) == 1
    assert topics[0].name.startswith(f"{ticket.alias} · Khmer")
    shown = [message.text for message in house.group.visible(topics[0].thread_id) if message.text]
    assert shown[0].startswith(f"Case {ticket.alias}")
    assert [text.rpartition("\n")[2] for text in shown[1:]] == ["first words", "more words"]
    assert house.violations() == []


async def test_a_topic_that_was_deleted_by_hand_is_made_again_and_says_so(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.group.delete_topic(thread)

    await house.hear_words(ticket, "still here")
    await house.until(lambda: house.of_topics("still here"))

    again = await house.thread(ticket)
    assert again != thread
    first = next(message for message in house.group.visible(again) if message.text)
    assert first.text.startswith(f"The topic of case {ticket.alias} was deleted.")
    assert await house.store.ticket_at(str(GROUP), str(again)) == ticket.id


async def test_a_topic_that_was_closed_by_hand_is_opened_again(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    house.group.close_topic(thread, house.anna)

    await house.hear_words(ticket, "still here")
    await house.until(lambda: house.of_topics("still here"))

    assert await house.thread(ticket) == thread
    assert not house.group.chat.topics[thread].closed


async def test_a_group_without_topics_gets_everything_in_one_row_with_the_alias_in_front(real_script: Script) -> None:
    async with a_house(a_script(real_script), forum=False) as house:
        ticket = await house.open()
        await house.hear_words(ticket, "hello")
        await house.until(house.general)

        assert house.general()[0].text == f"{ticket.alias} · 💬 In Khmer:\nhello"
        assert house.violations() == []


async def test_a_group_whose_topics_were_turned_off_behind_our_back_is_written_to_all_the_same(house: House) -> None:
    del house.group.chat.body["is_forum"]
    ticket = await house.open()
    await house.hear_words(ticket, "hello")
    await house.until(house.general)

    assert house.general()[0].text.startswith(f"{ticket.alias} · ")


async def test_a_group_that_became_a_supergroup_is_followed(real_script: Script) -> None:
    async with a_house(a_script(real_script), kind="group", forum=False) as house:
        new = house.group.migrate(-1005)
        ticket = await house.open()
        await house.call(ticket)
        await house.until(lambda: house.general(new))

        assert house.roster.current().by_group("-1005") is not None
        assert ticket.alias in house.general(new)[0].text


async def test_who_is_thrown_out_of_the_group_says_so(house: House) -> None:
    ticket = await house.open()
    house.group.kick_bot(house.anna)
    await house.call(ticket)
    await house.until(lambda: any(isinstance(one, UnreachableError) for one in house.troubles))


async def test_what_a_person_sends_is_copied_without_a_trace_of_who_it_is(house: House) -> None:
    person = house.telegram.person(5_550_001, first_name="Sokha", username="sokha_real", started=True)
    photo = person.send_photo(caption="look at this")
    ticket = await house.open()
    await house.hear(ticket, PersonSent(MediaKind.PHOTO, Original("telegram", str(person.id), str(photo.message_id))))
    await house.until(lambda: house.of_topics("look at this"))

    [copy] = house.of_topics("look at this")
    assert "photo" in copy.body
    assert "forward_origin" not in copy.body
    assert house.telegram.calls_of("forwardMessage", "forwardMessages") == []
    everything = repr([message.body for message in house.group.visible()])
    for trace in ("Sokha", "sokha_real", "5550001"):
        assert trace not in everything


async def test_staff_see_in_their_own_chat_what_the_console_does_not_fetch(house: House) -> None:
    person = house.telegram.person(5_550_001, first_name="Sokha", username="sokha_real", started=True)
    photo = person.send_photo(caption="look at this")
    ticket = await house.open()
    original = Original("telegram", str(person.id), str(photo.message_id))
    address = Address(DESK, f"member:{BEN} {ticket.id}")
    wanted = Outgoing(OutgoingId(b"123456789"), address, Message(()), priority=Priority.RELAY, copies=original)

    await house.channel.deliver(wanted)

    [copy] = [one for one in house.ben.screen() if "photo" in one.body]
    assert "forward_origin" not in copy.body
    assert "Sokha" not in repr(copy.body)


async def test_what_is_gone_before_it_could_be_copied_is_told(house: House) -> None:
    person = house.telegram.person(7, started=True)
    photo = person.send_photo()
    person.delete_message(photo)
    ticket = await house.open()
    await house.hear(ticket, PersonSent(MediaKind.PHOTO, Original("telegram", "7", str(photo.message_id))))
    await house.until(lambda: house.of_topics("They sent a photo"))


async def test_staff_see_on_what_they_wrote_how_far_it_has_come(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    said = house.ben.send("good day", to=house.group, topic=thread)
    await house.until(lambda: house.said)

    await house.hear(ticket, Showed(str(said.message_id), opened=False))
    await house.until(lambda: said.reactions == ["👀"])
    await house.hear(ticket, Showed(str(said.message_id), opened=True))
    await house.until(lambda: said.reactions == ["👍"])
    assert house.violations() == []


async def test_a_person_who_has_everything_erased_leaves_no_topic(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)

    await house.hear(ticket, PersonErased())
    await house.until(lambda: thread not in house.group.chat.topics)
    await house.settled()

    assert await house.store.topic_of(ticket.id, house.in_roster().helpline) is None


async def test_forty_calls_at_once_are_all_in_the_group_within_five_seconds_and_each_has_a_button(house: House) -> None:
    tickets = [await house.open(number) for number in range(1, 41)]
    for ticket in tickets:
        await house.call(ticket)

    def called() -> set[str]:
        words = "\n".join(message.text for message in house.general())
        return {ticket.alias for ticket in tickets if ticket.alias in words}

    await house.until(lambda: len(called()) == 40, within=5)

    assert sum(len(message.labels) for message in house.general()) == 40
    assert len(house.general()) <= 10
    assert max(len(message.labels) for message in house.general()) <= 8


async def test_a_call_is_heard_within_five_seconds_while_a_flood_is_passed_on(house: House) -> None:
    talker = await house.open(1)
    await house.topic(talker)
    for number in range(80):
        await house.hear_words(talker, f"word {number}")
    await house.let_pass(45)
    for number in range(2, 6):
        ticket = await house.open(number)
        await house.call(ticket)
        await house.until(lambda alias=ticket.alias: any(alias in one.text for one in house.general()), within=5)  # type: ignore[misc]


async def test_an_emergency_stands_on_top_of_a_crowd(house: House) -> None:
    for number in range(1, 12):
        await house.call(await house.open(number))
    urgent = await house.open(99, urgency=Urgency.EMERGENCY)
    await house.call(urgent)
    await house.until(lambda: any(urgent.alias in one.text for one in house.general()), within=5)

    digest = next(one for one in house.general() if urgent.alias in one.text)
    assert digest.text.splitlines()[1].startswith("🚨")
    assert digest.labels[0].startswith(urgent.alias)


async def test_many_tickets_at_once_each_get_their_topic_and_nothing_is_lost_or_out_of_order(house: House) -> None:
    tickets = [await house.open(number) for number in range(1, 16)]
    for turn in range(3):
        for place, ticket in enumerate(tickets):
            await house.hear_words(ticket, f"t{place} w{turn}.")
    await house.until(
        lambda: all(house.of_topics(f"t{place} w2.") for place in range(len(tickets))), within=900, step=1
    )

    for place, ticket in enumerate(tickets):
        thread = await house.thread(ticket)
        told = " ".join(one.text for one in house.group.visible(thread))
        assert [told.count(f"t{place} w{turn}.") for turn in range(3)] == [1, 1, 1]
        assert told.index("w0.") < told.index("w1.") < told.index("w2.")


async def test_of_a_flood_what_follows_each_other_is_shown_as_one(house: House) -> None:
    ticket = await house.open()
    thread = await house.topic(ticket)
    for number in range(40):
        await house.hear_words(ticket, f"word {number}.")
    await house.until(lambda: house.of_topics("word 39."), within=90)

    told = " ".join(one.text for one in house.group.visible(thread))
    places = [told.index(f"word {number}.") for number in range(40)]
    assert places == sorted(places)
    assert [told.count(f"word {number}.") for number in range(40)] == [1] * 40
    assert len(house.of_topics("word")) <= 12
