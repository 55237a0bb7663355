"""A bot with little to say and one helpline, so that what people get can be counted.

Whoever writes a number hears it again; whoever asks for the helpline gets a ticket, and its group hears of it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from bot.desk.helplines import HelplineId
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import StaffId, Ticket
from bot.messages import Language
from bot.store.contract import StoreError
from bot.store.durability import replicas_to_prove
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from bot.store.secrets import load_or_make
from tests.telegram_server import FakeTelegram, Group

HELPLINE: Final = HelplineId("house")
GROUP: Final = -1001
STAFF: Final = 101

Answer = TypeVar("Answer")

_PATIENCE: Final = 120.0
_PHRASES: Final = Path(__file__).parents[2] / "content" / "phrases.yaml"
_FILES: Final = {
    "bot.yaml": """\
name: Waymark
description: Information about working abroad.
short_description: Working abroad.
languages: {en: {name: English}}
profile: {}
special:
  {welcome: echo, home: echo, language: echo, person: call, cover: echo,
   talk: talk, referral: talk, ended: talk, secret: talk}
emergency: {}
keywords: {home: {en: [home]}}
""",
    "helplines.yaml": """\
helplines:
  - id: house
    name: House
    about: "A house that stands in for a helpline."
    languages: [en]
    works_in: en
    hours: always
    zone: Asia/Bangkok
    capacity: "99"
    mode: relay
    kept: 7 days
""",
    "flows/echo.yaml": """\
flow: echo
title: Echo
screens:
  number:
    - ask: {text: A number?, as: number, hint: A number.}
      save: n
    - set: {told: "1"}
    - say: "Heard {n}."
    - go: number
""",
    # What is written while somebody stands in a talk goes to the helpline; here nobody does.
    "flows/talk.yaml": """\
flow: talk
title: Talk
screens:
  here:
    - say: "Your talk."
    - go: "flow:echo"
""",
    "flows/call.yaml": """\
flow: call
title: Call
screens:
  asked:
    - do: call-helpline
    - say: "Your call went out at {asked_at}."
    - go: "flow:echo"
""",
}


def write_content(folder: Path) -> None:
    """All that the bot says."""
    (folder / "flows").mkdir(parents=True)
    (folder / "phrases.yaml").write_text(_PHRASES.read_text("utf-8"), "utf-8")
    for name, text in _FILES.items():
        (folder / name).write_text(text, "utf-8")


def vault_of(folder: Path) -> Vault:
    """The keys of the bot whose content lies in this folder."""
    return load_or_make(folder / "var", datetime.now(UTC).date()).vault()


async def link_helpline(
    url: str, folder: Path, telegram: FakeTelegram, helpline: HelplineId = HELPLINE, *, topics: bool = True
) -> Group:
    """The helpline's group, linked as if somebody had enrolled and done it."""
    anna = telegram.person(STAFF, first_name="Anna", language_code="en", started=True)
    group = telegram.group(GROUP, "House", forum=topics, members=(anna,))
    works = Member(StaffId("anna"), "Anna", Role.RESPONDER, frozenset({helpline}), (Language("en"),), str(STAFF))
    link = Link(helpline, str(GROUP), datetime.now(UTC), has_topics=topics)

    async def write(store: RedisStore) -> None:
        version, roster = await store.load_roster()
        members, links = {**roster.members, works.id: works}, {**roster.links, helpline: link}
        await store.save_roster(Roster(members, links), version)

    await _patiently(url, folder, write)
    return group


async def tickets_in(url: str, folder: Path) -> list[Ticket]:
    """Every open ticket that the store has."""

    async def read(store: RedisStore) -> list[Ticket]:
        found = await store.load_tickets(await store.open_tickets())
        return [one.ticket for one in found if one.ticket is not None]

    return await _patiently(url, folder, read)


async def _patiently(url: str, folder: Path, ask: Callable[[RedisStore], Awaitable[Answer]]) -> Answer:
    """Ask until the store answers: on a busy machine it may not do so in time at first."""
    store = open_store(url, vault_of(folder), replicas=await replicas_to_prove(url))
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    return await ask(store)
                except StoreError:
                    await asyncio.sleep(0.2)
    finally:
        await store.close()
