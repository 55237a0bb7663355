"""Whatever Telegram posts, true to its own description or broken at random: it is answered, and nothing falls over.

In this process, from the bytes of a post to what is stored of it: HTTP would add nothing but time here, and what it
adds is tried with forged posts.
"""

import json
import random
import re
import sys
from collections import Counter
from typing import Final

from bot.desk.ticket import TicketId
from bot.dialogue.script import Script
from handlers.telegram.desk.presses import write_press
from tests.safety.closed_house import ClosedHouse, a_closed_house
from tests.telegram.desk.house import GROUP, OTHER_GROUP
from tests.telegram.sample import VAULT
from tests.telegram_server import FakeTelegram
from tests.telegram_server.schema import FieldSpec, load_schema
from tests.telegram_server.values import Json, Table

GENERATED: Final = 10_000
MUTATED: Final = 10_000
DEEPEST: Final = 4
KINDS: Final = ("message", "edited_message", "callback_query", "my_chat_member", "chat_member")
CHATS: Final = (*range(7, 27), GROUP, OTHER_GROUP, -1009, 2**52, -1)
SENDERS: Final = (101, 102, 103, 999, *range(7, 27))
WORDS: Final = (
    *("help", "/start", "/help me", "/start km_offer-check", "/exit", "0", "x", "ជំនួយ", "ຊ່ວຍ", "ကူညီပါ", "ช่วยด้วย"),
    *("my boss took my passport", "he hit me", "350 baht a day", "/claim", "/refer example-cambodia", "/close helped"),
    *(
        "// a note",
        "/label wages",
        "/link ABCDE-FGHIJ",
        "/staff ABCDE-FGHIJ",
        "12/11/2026",
        "+66 2 123 4567",
        "1" * 400,
    ),
    *(
        "\u200b\u200d",
        "\u202eevil",
        "\x00\x07",
        "a" * 4096,
        "😀" * 2000,
        "ខ្" * 1500,
        "/",
        "//",
        "{slot}",
        "%s%n",
        "<b>",
    ),
)
_JUNK: Final[tuple[Json, ...]] = (
    None, True, -1, 0, 2**63, 2**80, -(2**63), 1.5, 1e308, "", "\x00", "\u202e", "😀" * 5000, [], [[]], {}, {"id": 1},
    "/start", "/", "km_" * 21, "~", "~" * 64, "NaN", "null",
)  # fmt: skip
_UPDATE_ID: Final = re.compile(rb'"update_id": \d+')


class Generator:
    """Makes values that are true to Telegram's description of its types."""

    def __init__(self, dice: random.Random, ticket: TicketId) -> None:
        self._dice = dice
        self._types = load_schema()._spec["types"]
        self._optional = {
            name: [field for field, spec in entry.get("fields", {}).items() if not spec.get("required")]
            for name, entry in self._types.items()
        }
        actions = ("claim", "release", "urgency:high", "close", "close:helped", "phrase", "card:are-you-hurt", "back")
        self._presses = [write_press(VAULT, ticket, step, action) for step in range(3) for action in actions]

    def update(self, number: int) -> bytes:
        kind = self._dice.choice(KINDS) if self._dice.random() < 0.9 else self._dice.choice(sorted(self._kinds()))
        body = self._value(self._types["Update"]["fields"][kind]["types"], kind, 0)
        return json.dumps({"update_id": number, kind: body}, ensure_ascii=self._dice.random() < 0.5).encode()

    def _kinds(self) -> set[str]:
        return set(self._types["Update"]["fields"]) - {"update_id"}

    def _table(self, name: str, depth: int) -> Table:
        fields = self._types[name].get("fields", {})
        wanted = [field for field, spec in fields.items() if spec.get("required")]
        optional = self._optional[name]
        if optional and depth < DEEPEST:
            wanted += self._dice.sample(optional, min(len(optional), self._dice.choice((0, 1, 1, 2, 3))))
        if name == "Message" and self._dice.random() < 0.6:
            wanted += ["text", "from"]
        return {field: self._field(field, fields[field], depth) for field in dict.fromkeys(wanted) if field in fields}

    def _field(self, name: str, spec: FieldSpec, depth: int) -> Json:
        if "always" in spec:
            return spec["always"]
        if "choices" in spec:
            return self._dice.choice(spec["choices"])
        return self._value(spec["types"], name, depth)

    def _value(self, types: list[str], name: str, depth: int) -> Json:
        chosen = self._dice.choice(types)
        if chosen.startswith("Array of "):
            inner = [chosen.removeprefix("Array of ")]
            return [self._value(inner, name, depth + 1) for _ in range(self._dice.randrange(3 if depth < 3 else 1))]
        match chosen:
            case "Integer":
                return self._dice.choice((0, 1, 3, 2**31, self._dice.choice(CHATS)))
            case "Float":
                return self._dice.uniform(-180, 180)
            case "Boolean" | "True":
                return self._dice.random() < 0.5
            case "String":
                return self._string(name)
            case "Chat":
                kind = self._dice.choice(("private", "private", "supergroup", "group", "channel"))
                return {**self._table(chosen, depth + 1), "id": self._dice.choice(CHATS), "type": kind}
            case "User":
                is_bot = self._dice.random() < 0.05
                return {**self._table(chosen, depth + 1), "id": self._dice.choice(SENDERS), "is_bot": is_bot}
            case "CallbackQuery":
                return {**self._table(chosen, depth + 1), "data": self._string("data")}
            case _:
                either = self._types[chosen].get("any_of")
                if either is None:
                    return self._table(chosen, depth + 1)
                return self._value(either if depth <= DEEPEST else either[:1], name, depth + 1)

    def _string(self, name: str) -> str:
        if name in ("data", "callback_data") and self._dice.random() < 0.7:
            known = ("wenh", "wenp", "wenx", "wene", "nen", "ren", "sen", "okmaaaa", "cen:yes", "aen" + "A" * 12 + "x")
            return self._dice.choice((*known, *self._presses, *WORDS))
        if name == "status":
            return self._dice.choice(("member", "left", "kicked", "administrator"))
        return self._dice.choice(WORDS)


def mutate(raw: bytes, dice: random.Random) -> bytes:
    """The same update with something broken: its bytes, its end, its shape or its numbers."""
    match dice.randrange(9):
        case 0:
            return raw[: dice.randrange(len(raw))]
        case 1:
            changed = bytearray(raw)
            for _ in range(dice.randrange(1, 6)):
                changed[dice.randrange(len(changed))] = dice.randrange(256)
            return bytes(changed)
        case 2:
            start = dice.randrange(len(raw))
            return raw[:start] + raw[start : start + dice.randrange(1, 40)] * dice.randrange(2, 9) + raw[start:]
        case 3:
            return raw.replace(b":", dice.choice((b": [", b":\x00", b":" + b"[" * 2000, b"::")), 1)
        case _:
            tree: Json = json.loads(raw)
            for _ in range(dice.randrange(1, 3)):
                _replace_somewhere(tree, dice)
            return json.dumps(tree).encode()


def _replace_somewhere(tree: Json, dice: random.Random) -> None:
    while isinstance(tree, dict | list) and tree:
        if isinstance(tree, list):
            tree = dice.choice(tree)
            continue
        key = dice.choice(sorted(tree))
        if dice.random() < 0.35 or not isinstance(tree[key], dict | list):
            if isinstance(tree[key], str) and dice.random() < 0.8:
                tree[key] = dice.choice(WORDS)
            elif dice.random() < 0.25:
                del tree[key]
            else:
                tree[key] = dice.choice(_JUNK)
            return
        tree = tree[key]


async def test_ten_thousand_generated_updates_are_all_handled(real_script: Script) -> None:
    dice = random.Random(20261126)
    async with a_closed_house(real_script) as house:
        generator = Generator(dice, (await house.open(7_000)).id)
        statuses = Counter([await house.post(generator.update(number)) for number in range(GENERATED)])

    _tell("generated", house, statuses)
    assert statuses == {200: GENERATED}
    assert house.failures() == {}
    labels = {label for what, label in house.figures.counts if what == "telegram_update"}
    assert labels >= {"typed", "shared", "press", "group", "wished", "opened", "edited", "service", "blocked", "other"}
    assert "unreadable" not in labels


async def test_ten_thousand_mutated_updates_are_all_handled(real_script: Script) -> None:
    dice = random.Random(62112026)
    async with a_closed_house(real_script) as house:
        generator = Generator(dice, (await house.open(7_000)).id)
        seeds = [*_lifelike() * 15, *(generator.update(number) for number in range(200))]
        statuses: Counter[int] = Counter()
        for number in range(MUTATED):
            # Each is one that has never come before, or it would be known and passed over.
            fresh = _UPDATE_ID.sub(b'"update_id": %d' % number, seeds[number % len(seeds)], count=1)
            statuses[await house.post(mutate(fresh, dice))] += 1

    _tell("mutated", house, statuses)
    assert statuses == {200: MUTATED}
    assert house.failures() == {}
    assert house.figures.counts["telegram_update", "unreadable"] > MUTATED // 5
    assert house.figures.counts["turns", "telegram"] > MUTATED // 40


def _tell(what: str, house: ClosedHouse, statuses: Counter[int]) -> None:
    unhandled = sum(house.failures().values())
    broken = sum(count for status, count in statuses.items() if status >= 500)
    turns = house.figures.counts["turns", "telegram"]
    sys.stdout.write(
        f"{statuses.total()} {what} updates: {unhandled} unhandled, {broken} with 5xx; {turns} of them turns\n"
    )


def _lifelike() -> list[bytes]:
    """What people and staff do on the pretended server."""
    telegram = FakeTelegram()
    telegram.updates.allowed = frozenset(KINDS)
    person, group = telegram.person(7), telegram.group(GROUP, forum=True, bot="administrator")
    anna = telegram.person(101)
    said = person.start("km_offer-check_s-a")
    person.send("ជំនួយ 🙏 /help")
    person.send("my boss took my passport")
    person.send_photo(caption="look")
    person.send_voice()
    person.share_location(13.7, 100.5)
    person.share_contact("+6621234567")
    person.tap_data("wenh", said)
    person.edit_message(said, "again")
    person.block()
    group.join(person)
    anna.send("hello all", to=group)
    anna.send("/claim", to=group)
    return [json.dumps(pending.update, ensure_ascii=False).encode() for pending in telegram.updates.pending.values()]
