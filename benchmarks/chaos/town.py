"""A bot with little to say and one helpline, so that what people get can be counted.

Whoever writes a number hears it again; whoever asks for the helpline gets a ticket, and its group hears of it.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.desk.helplines import HelplineId
from bot.desk.staff import Link, Member, Role, Roster
from bot.desk.ticket import StaffId, Ticket
from bot.messages import Language
from bot.store.durability import replicas_to_prove
from bot.store.redis_store import RedisStore, open_store
from bot.store.sealing import Vault
from bot.store.secrets import load_or_make
from tests.telegram_server import FakeTelegram, Group

HELPLINE: Final = HelplineId("house")
GROUP: Final = -1001
STAFF: Final = 101

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


def look_into(url: str, folder: Path) -> RedisStore:
    """The bot's store, for whoever checks."""
    return open_store(url, vault_of(folder), replicas=replicas_to_prove(url))


async def link_helpline(
    url: str, folder: Path, telegram: FakeTelegram, helpline: HelplineId = HELPLINE, *, topics: bool = True
) -> Group:
    """The helpline's group, linked as if somebody had enrolled and done it."""
    anna = telegram.person(STAFF, first_name="Anna", language_code="en", started=True)
    group = telegram.group(GROUP, "House", forum=topics, members=(anna,))
    store = look_into(url, folder)
    try:
        version, roster = await store.load_roster()
        links = {**roster.links, helpline: Link(helpline, str(GROUP), datetime.now(UTC), has_topics=topics)}
        works = Member(
            StaffId("anna"), "Anna", Role.RESPONDER, frozenset({helpline}), (Language("en"),), telegram=str(STAFF)
        )
        await store.save_roster(Roster({**roster.members, works.id: works}, links), version)
    finally:
        await store.close()
    return group


async def tickets_in(url: str, folder: Path) -> list[Ticket]:
    """Every open ticket that the store has."""
    store = look_into(url, folder)
    try:
        found = await store.load_tickets(await store.open_tickets())
        return [one.ticket for one in found if one.ticket is not None]
    finally:
        await store.close()
