"""What somebody makes up that a button could have carried, or a link: nothing comes of it.

A button of staff carries a mark that only we can make, and counts once, where it was shown, from who may press it. A
button of a person needs none: whoever forges one can only answer what they are asked anyway, for themselves. So what
must hold there is that no forged one reaches a helpline, a ticket or anybody else.

In this process, from the bytes of the update to the store: HTTP would add nothing.
"""

import json
import random
import string
import sys
from collections import Counter
from typing import Final

from bot.desk.decided import Accepted
from bot.desk.ticket import Ticket
from bot.dialogue.events import Opened
from bot.dialogue.script import Script
from bot.store.sealing import Vault
from handlers.telegram.desk.presses import write_group_press, write_press
from tests.safety.closed_house import ClosedHouse, a_closed_house
from tests.telegram.desk.house import GROUP, OTHER_GROUP
from tests.telegram.sample import VAULT

OF_STAFF: Final = 5_000
OF_PEOPLE: Final = 3_000
LINKS: Final = 2_000
ANNA, BEN, CHAN, STRANGER = 101, 102, 103, 999
ACTIONS: Final = (
    *("claim", "release", "urgency:high", "urgency:emergency", "label:wages", "close:helped", "close:duplicate"),
    *("refer:example-cambodia", "reply:received", "card:are-you-hurt", "give:ben-id", "ask:ben-id", "reopen"),
)
_THIEF: Final = Vault(b"t" * 32, {1: b"t" * 32}, 1)


def pressed(number: int, sender: int, chat: int, data: str) -> bytes:
    kind = "supergroup" if chat < 0 else "private"
    message = {"message_id": 5, "date": 9, "chat": {"id": chat, "type": kind}, "text": "a menu"}
    who = {"id": sender, "is_bot": False, "first_name": "Somebody"}
    query = {"id": str(number), "from": who, "chat_instance": "1", "data": data, "message": message}
    return json.dumps({"update_id": number, "callback_query": query}).encode()


def started(number: int, chat: int, payload: str) -> bytes:
    who = {"id": chat, "is_bot": False, "first_name": "Somebody"}
    message = {"message_id": number, "date": 9, "chat": {"id": chat, "type": "private"}, "from": who}
    return json.dumps({"update_id": number, "message": {**message, "text": f"/start {payload}"}}).encode()


async def test_five_thousand_forged_buttons_of_staff_change_nothing(real_script: Script) -> None:
    dice = random.Random(1)
    tried: Counter[str] = Counter()
    async with a_closed_house(real_script) as house:
        mine, other = await house.open(7_001), await house.open(7_002)
        used = await _use_some(house, mine)
        before, said = house.state(), len(house.said)
        for number in range(OF_STAFF):
            kind, sender, chat, data = _forged(dice, mine, other, used)
            tried[kind] += 1
            assert await house.post(pressed(10_000 + number, sender, chat, data)) == 200
        effects = [one for one in house.said[said:] if isinstance(one, Accepted)]
        after = house.state()
        # The same button, unforged, from who may press it: it does count.
        await house.post(pressed(99_999, ANNA, GROUP, write_press(VAULT, other.id, other.step, "claim")))
        counted = isinstance(house.said[-1], Accepted)

    sys.stdout.write(f"{tried.total()} forged buttons of staff: {len(effects)} effects; {dict(tried)}\n")
    assert effects == []
    assert after == before
    assert counted
    assert house.state() != after
    assert house.failures() == {}


async def _use_some(house: ClosedHouse, ticket: Ticket) -> list[str]:
    """Buttons that have been pressed once, as they were."""
    used = []
    for number, (sender, action) in enumerate(((ANNA, "claim"), (ANNA, "urgency:high"), (ANNA, "label:wages"))):
        now = (await house.store.load_ticket(ticket.id)).ticket
        assert now is not None
        used.append(write_press(VAULT, ticket.id, now.step, action))
        await house.post(pressed(100 + number, sender, GROUP, used[-1]))
        assert isinstance(house.said[-1], Accepted)
    return used


def _forged(dice: random.Random, mine: Ticket, other: Ticket, used: list[str]) -> tuple[str, int, int, str]:
    """What kind of forgery, who presses it, where, and what it carries."""
    ticket, action = dice.choice((mine, other)), dice.choice(ACTIONS)
    step = dice.randrange(6)
    valid = write_press(VAULT, ticket.id, step, action)
    staff = dice.choice((ANNA, BEN, CHAN, STRANGER))
    place = dice.choice((GROUP, OTHER_GROUP, staff))
    match dice.randrange(8):
        case 0:
            at = dice.randrange(1, len(valid))
            flipped = valid[:at] + chr(ord(valid[at]) ^ (1 << dice.randrange(7))) + valid[at + 1 :]
            return "bit flipped", ANNA, GROUP, flipped
        case 1:
            # Chan works elsewhere; in their own group or in this one, the ticket is not theirs. Only claiming it from
            # their own is left out: their helpline stands in for the one that has it, and may.
            places = (GROUP, CHAN) if action == "claim" else (OTHER_GROUP, GROUP, CHAN)
            return "swapped chat", CHAN, dice.choice(places), valid
        case 2:
            return "used before", ANNA, GROUP, dice.choice(used)
        case 3:
            swapped = valid[0] + (other if ticket is mine else mine).id[1:] + valid[23:]
            return "another ticket's", ANNA, GROUP, swapped
        case 4:
            return "not of staff", STRANGER, dice.choice((GROUP, OTHER_GROUP, -1009, STRANGER)), valid
        case 5:
            made = write_press(_THIEF, ticket.id, step, action)
            return "another's key", staff, place, dice.choice((made, write_group_press(_THIEF, 1_790_000_000)))
        case 6:
            length = dice.randrange(1, 64)
            letters = "".join(dice.choice(string.printable + "~~ក😀\u200b") for _ in range(length))
            return "random", staff, place, f"~{letters}"
        case _:
            cut = valid[: dice.randrange(1, len(valid))]
            changed = dice.choice((cut, valid + "x", valid.upper(), valid.replace(":", "::"), valid[:-10]))
            same = changed == valid
            return "mangled", ANNA, GROUP, f"{changed}x" if same else changed


async def test_three_thousand_forged_buttons_of_people_reach_nobody_else(real_script: Script) -> None:
    dice = random.Random(2)
    async with a_closed_house(real_script) as house:
        ticket = await house.open(7_001)
        for person in range(10, 20):
            await house.settle(person)
            await house.post(started(person, person, "km"))
        tokens = sorted({spot[:12] for spot in real_script.spots})
        before, said = house.state(), len(house.said)
        for number in range(OF_PEOPLE):
            person, data = dice.randrange(10, 20), _made_up(dice, ticket, tokens)
            assert await house.post(pressed(10_000 + number, person, person, data)) == 200
        effects = len(house.said) - said + (house.state() != before)
        tickets = set(house.store._tickets)

    sys.stdout.write(f"{OF_PEOPLE} forged buttons of people: {effects} effects\n")
    assert effects == 0
    assert tickets == {ticket.id}
    assert house.failures() == {}


def _made_up(dice: random.Random, ticket: Ticket, tokens: list[str]) -> str:
    """Buttons of yesterday, of others, of flows that one is not in, and of nobody."""
    token = dice.choice(tokens)
    language = dice.choice(("km", "lo", "my", "th", "en", "--", "xx"))
    value = dice.choice(("yes", "no", "ask", "erase", "agree", "withdraw", "0", "1", "\u202e", "x" * 20))
    match dice.randrange(5):
        case 0:
            return f"{dice.choice('aA')}{language}{token}{value}"
        case 1:
            valid = f"a{language}{token}{value}"
            at = dice.randrange(len(valid))
            return valid[:at] + chr(ord(valid[at]) ^ (1 << dice.randrange(7))) + valid[at + 1 :]
        case 2:
            return f"c{language}are-you-hurt:{value}"
        case 3:
            return f"n{language}"
        case _:
            length = dice.randrange(1, 40)
            made = "".join(dice.choice(string.ascii_letters + string.digits + "~!:.-_ ក\x00") for _ in range(length))
            return made.replace("~", "", 1) if made.startswith("~") else made


async def test_two_thousand_made_up_links_choose_no_more_than_a_language_and_a_start(real_script: Script) -> None:
    dice = random.Random(3)
    flows = [str(flow) for flow in real_script.flows]
    async with a_closed_house(real_script) as house:
        ticket = await house.open(7_001)
        for chat in range(20_000, 20_025):
            # To them a link shows its flow at once; others choose their language first.
            await house.settle(chat)
        roster = repr(house.store._roster)
        for number in range(LINKS):
            chat = 20_000 + dice.randrange(50)
            assert await house.post(started(30_000 + number, chat, _payload(dice, flows, ticket))) == 200
        profiles = [lane.record.conversation.profile for lane in house.store._lanes.values() if lane.record]
        opened = [arrival.event for arrival in house.arrived]
        tickets = set(house.store._tickets)

    effects = [one for one in house.said if isinstance(one, Accepted)]
    sys.stdout.write(f"{LINKS} made-up links: {len(effects)} effects\n")
    assert (effects, tickets, repr(house.store._roster)) == ([], {ticket.id}, roster)
    assert all(isinstance(event, Opened) for event in opened)
    assert {event.language for event in opened if isinstance(event, Opened)} <= {None, *real_script.tongues}
    assert {event.flow for event in opened if isinstance(event, Opened)} <= {None, *real_script.flows}
    assert not any(profile.keys() - {"here", "origin"} for profile in profiles)
    assert house.failures() == {}


def _payload(dice: random.Random, flows: list[str], ticket: Ticket) -> str:
    language = dice.choice(("km", "lo", "my", "th", "en", "xx", ""))
    flow = dice.choice([*flows, "ask-helpline", "talk", "referral", "ended", "person"])
    link = f"{language}_{flow}_s-poster".strip("_")
    match dice.randrange(6):
        case 0:
            return link
        case 1:
            at = dice.randrange(len(link))
            return link[:at] + chr(ord(link[at]) ^ (1 << dice.randrange(7))) + link[at + 1 :]
        case 2:
            return f"staff_{''.join(dice.choice(string.ascii_uppercase) for _ in range(10))}"
        case 3:
            return dice.choice((ticket.id, "~" * 22, "claim", "erase", "../../etc/passwd", "{slot}", "<b>", "a" * 600))
        case 4:
            return flow.replace("-", "_")
        case _:
            return "".join(dice.choice(string.printable) for _ in range(dice.randrange(1, 80)))
