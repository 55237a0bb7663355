"""How a group and its staff come to the desk: with codes that work once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.desk.staff import Link, Role
from bot.dialogue.script import Script
from bot.enrolment import Enrolment
from bot.messages import Language
from handlers.telegram.desk import DeskDoor
from tests.telegram.desk.house import HOME, House, a_house, a_script
from tests.telegram.sample import VAULT
from tests.telegram_server import Group, Person

NEW_GROUP = -1009


@dataclass
class Newcomers:
    house: House
    codes: Enrolment
    dara: Person
    group: Group

    async def invite(self) -> str:
        code = await self.codes.invite("Dara", Role.RESPONDER, frozenset({HOME}), (Language("en"),))
        assert isinstance(code, str)
        return code

    async def heard(self, words: str) -> None:
        await self.house.until(lambda: any(words in one.text for one in self.dara.screen()))

    async def read(self, words: str) -> None:
        await self.house.until(lambda: any(words in one.text for one in self.group.visible()), within=90)

    def link(self) -> Link | None:
        return self.house.roster.current().by_group(str(NEW_GROUP))


@pytest.fixture
async def newcomers(real_script: Script) -> AsyncIterator[Newcomers]:
    async with a_house(a_script(real_script)) as house:
        codes = Enrolment(house.roster, VAULT, house.clock)
        desk = DeskDoor(house.office, house.tickets.take, codes.enrol, codes.link)
        house.door._desk = desk
        dara = house.telegram.person(500, first_name="Dara of the Delta", started=True)
        group = house.telegram.group(NEW_GROUP, forum=True, bot="administrator", members=(house.anna, house.ben))
        yield Newcomers(house, codes, dara, group)
        await desk.close()


@pytest.mark.parametrize("typed", ["/staff {code}", "/start staff_{code}", "/staff@waymark_test_bot  {code} "])
async def test_a_code_in_private_enrols_once(newcomers: Newcomers, typed: str) -> None:
    code = await newcomers.invite()
    newcomers.dara.send(typed.format(code=code))
    await newcomers.heard("You are enrolled as Dara at Example helpline in Thailand: responder.")
    member = newcomers.house.roster.current().by_telegram("500")
    assert member is not None
    assert member.name == "Dara"

    thief = newcomers.house.telegram.person(501, started=True)
    thief.send(typed.format(code=code))
    await newcomers.house.until(lambda: len(thief.screen()) > 1)
    assert newcomers.house.roster.current().by_telegram("501") is None


async def test_a_code_that_is_wrong_or_too_old_is_called_so(newcomers: Newcomers) -> None:
    newcomers.dara.send("/staff nonsense")
    await newcomers.house.until(lambda: len(newcomers.dara.screen()) == 2)
    old = await newcomers.invite()
    newcomers.house.telegram.clock.advance(49 * 3600)
    newcomers.dara.send(f"/staff {old}")
    await newcomers.house.until(lambda: len(newcomers.dara.screen()) == 4)

    assert newcomers.house.roster.current().by_telegram("500") is None


async def test_a_group_is_linked_with_a_code_and_told_how_it_works(newcomers: Newcomers) -> None:
    code = await newcomers.codes.invite_group(HOME)
    newcomers.house.anna.send(f"/link {code}", to=newcomers.group)
    await newcomers.read("This group is now linked to Example helpline in Thailand.")

    words = next(one.text for one in newcomers.group.visible() if "now linked" in one.text)
    assert "What you write there goes to the person." in words
    assert "turn on Topics" not in words
    assert "make me an administrator" not in words
    link = newcomers.link()
    assert link is not None
    assert (link.helpline, link.has_topics, link.stranger) == (HOME, True, None)


async def test_what_a_group_lacks_is_said_when_it_is_linked(newcomers: Newcomers) -> None:
    del newcomers.group.chat.body["is_forum"]
    newcomers.group.chat.bot_status = "member"
    code = await newcomers.codes.invite_group(HOME)
    newcomers.house.anna.send(f"/link {code}", to=newcomers.group)
    await newcomers.read("Please turn on Topics")
    await newcomers.read("Please make me an administrator")


async def test_who_is_in_a_group_before_it_is_linked_is_a_stranger_until_enrolled(newcomers: Newcomers) -> None:
    newcomers.group.chat.members[newcomers.dara.id] = "member"
    code = await newcomers.codes.invite_group(HOME)
    newcomers.house.anna.send(f"/link {code}", to=newcomers.group)
    await newcomers.read("Somebody who is not enrolled has joined")
    link = newcomers.link()
    assert link is not None
    assert link.stranger is not None

    newcomers.dara.send(f"/staff {await newcomers.invite()}")
    await newcomers.heard("You are enrolled")
    await newcomers.house.until(lambda: (found := newcomers.link()) is not None and found.stranger is None)


async def test_a_wrong_code_links_nothing(newcomers: Newcomers) -> None:
    newcomers.house.anna.send("/link nonsense", to=newcomers.group)
    await newcomers.house.until(lambda: len(newcomers.group.visible()) == 2)

    assert newcomers.link() is None
