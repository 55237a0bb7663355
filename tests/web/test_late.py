"""What a helpline wrote and nobody looked at in time is not shown to whoever opens the page later."""

from dataclasses import replace
from datetime import timedelta

from bot.desk.helplines import HelplineId
from bot.desk.ticket import Stage, TicketId
from bot.dialogue.contact import LATE
from bot.dialogue.conversation import Calling
from bot.dialogue.script import Script
from bot.messages import Message, plain, words_of
from bot.store.contract import Address, Commit, Outgoing, OutgoingId, Record, held_of
from handlers.web.access import DOOR
from handlers.web.chat.routes import FRAGMENTS
from tests.builders import LEASE, arrival
from tests.fakes import ManualClock
from tests.web.house import House, Phone

HELPLINE = HelplineId("example-thailand")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
SECRET = "We are in front of your house."
NEUTRAL = "There is something new here for you."


async def written(house: House, phone: Phone, *, unasked: bool = True) -> None:
    """Somebody in a talk, who has closed the page; then the helpline writes."""
    await phone.walk("en", "go-on", "kh", "th")
    who = house.store.commits[-1].conversation
    snapshot = await house.store.load(who)
    assert snapshot.record is not None
    now = house.clock.now()
    calling = Calling(TICKET, HELPLINE, now, Stage.TALKING, since=now)
    stands = replace(snapshot.record.conversation, calling=calling, active=now)
    stands = replace(stands, profile={**stands.profile, "contact": "open"})
    words = Outgoing(
        OutgoingId(b"123456789"), Address(DOOR, ""), Message(plain(SECRET), keep=True), ref="one", unasked=unasked
    )
    await house.store.commit(
        Commit(who, snapshot.version, arrival(77), Record(words.address, stands), (words,), pushed=False), now, LEASE
    )


async def test_words_of_staff_stand_behind_a_neutral_line_once_they_are_late(page_script: Script) -> None:
    clock = ManualClock()
    house = House(page_script, clock=clock)
    async with house.open() as base, Phone(base) as phone:
        await written(house, phone)
        assert SECRET in (await phone.get("/")).text

        clock.set(clock.now() + LATE + timedelta(minutes=2))

        for _ in (1, 2):
            for answer in (await phone.get("/"), await phone.get("/chat/poll", Accept=FRAGMENTS)):
                assert SECRET not in answer.text
                assert answer.text.count(NEUTRAL) == 1
        who = house.store.commits[-1].conversation
        held = [words_of(one.message.text) for one in await house.store.waiting(held_of(who)) if one.message]
        assert held == [SECRET]


async def test_the_stream_shows_none_of_it_either(page_script: Script) -> None:
    clock = ManualClock()
    house = House(page_script, clock=clock)
    async with house.open() as base, Phone(base) as phone:
        await written(house, phone)
        clock.set(clock.now() + LATE + timedelta(minutes=2))
        told = ""
        async with phone.stream() as stream:
            while NEUTRAL not in told:
                told += (await stream.event())["data"]

        assert SECRET not in told


async def test_who_asked_comes_for_the_answer_themselves(page_script: Script) -> None:
    clock = ManualClock()
    house = House(page_script, clock=clock)
    async with house.open() as base, Phone(base) as phone:
        await written(house, phone, unasked=False)

        clock.set(clock.now() + LATE + timedelta(minutes=2))

        assert SECRET in (await phone.get("/")).text
