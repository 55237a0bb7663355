"""Whatever somebody writes is shown as the words it is, to staff and to people: never as markup, and never refused.

All strings go both ways through the wording and the rendering in this process; some hundreds of them also through
the pretended Bot API, which refuses what Telegram refuses. What a phone itself makes a link of (an address that a
person wrote) no bot can prevent; it is shown without a preview.
"""

import random
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from bot.desk import news as told
from bot.desk.helplines import Desks
from bot.desk.letters import StaffAsked, StaffWrote
from bot.desk.phrases import CardId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.desk_wording import DeskWording, seen
from bot.dialogue.effects import Send
from bot.dialogue.engine import take_turn
from bot.dialogue.events import LetterCame
from bot.dialogue.script import Script
from bot.language import language_of
from bot.messages import Language, Message
from bot.store.contract import Address, Outgoing, OutgoingId
from handlers.telegram import TelegramChannel, TelegramConnection
from handlers.telegram.rendering import Rendered, render, utf16_length
from tests.builders import NOW
from tests.dialogue.test_desk_wording import TICKET
from tests.telegram.desk.house import ANNA, HOME, a_house, a_roster, a_script
from tests.telegram_server import FakeTelegram
from tests.telegram_server.values import Json

STRINGS: Final = 5_000
SENT: Final = 300
ATOMS: Final = (
    *("<b>bold</b>", "<a href='https://evil.example'>here</a>", "<script>alert(1)</script>", "<tg-spoiler>x", "</b>"),
    *("*bold*", "_it_", "__u__", "`code`", "```pre```", "[here](https://evil.example)", "[x](tg://user?id=1)", "||s||"),
    *("&lt;b&gt;", "&#60;", "&amp;amp;", "\\*", "\\", "https://evil.example/?a=1&b=2", "tg://resolve?domain=x", "t.me/x"),
    *("javascript:alert(1)", "data:text/html,x", "@waymark_bot", "@all", "#tag", "$USD", "/claim", "/close helped"),
    *("/start staff_ABC", "// note", "{slot}", "{desk_name}", "{0.__class__}", "%s%n", "${7*7}", "{{7*7}}", "<%= 7 %>"),
    *("\u202e", "\u202d", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u2028", "\u2029", "\ufeff", "\ufffa"),
    *("\x00", "\x07", "\x1b[31m", "\x7f", "\x9b", "\r\n", "\t", "\u2060", "\u2063", "\U000e0041", "\u180e"),
    *("\u200b", "\u200c", "\u200d", "👩\u200d👧", "🏳️\u200d🌈", "e\u0301\u0301\u0301", "\u0300" * 30, "﷽", "𝕏", "😀"),
    *("'; DROP TABLE x;--", '"', "=1+1", "@SUM(1)", "+66 81 234 5678", "a@b.example", "NaN", "null", "None", "\n\n\n"),
    *("ខ្ញុំត្រូវការជំនួយ", "ខ្មែរ\u200bនៅ\u200bថៃ", "ຊ່ວຍ\u200bແດ່", "ကူညီ\u200bပါ", "မြန်မာ\u200cစာ", "ช่วยด้วย", "က္\u200dခ", " "),
)  # fmt: skip
SCRIPTS: Final = (
    "ខ្ញុំ\u200bត្រូវការ\u200bជំនួយ ថៅកែ\u200bយក\u200bលិខិតឆ្លងដែន\u200bរបស់\u200bខ្ញុំ។ ក្ស\u200cក ក្\u200dរ",
    "ຂ້ອຍ\u200bຕ້ອງການ\u200bຄວາມ\u200bຊ່ວຍເຫຼືອ ນາຍຈ້າງ\u200bເອົາ\u200cໜັງສື\u200dຜ່ານແດນ",
    "ကျွန်တော်\u200bအကူအညီ\u200bလိုတယ်။ က္\u200cခ အလုပ်ရှင်က\u200dပတ်စပို့ယူထားတယ်",
    "ฉัน\u200bต้องการ\u200bความช่วยเหลือ",
)
_BAD: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def strings(number: int) -> Iterator[str]:
    dice = random.Random(5)
    yield from SCRIPTS
    yield from ATOMS
    for _ in range(number - len(ATOMS) - len(SCRIPTS)):
        if dice.random() < 0.1:
            # Letters of everywhere, controls and unassigned ones too; not the halves of pairs, which no JSON holds.
            points = (dice.randrange(0x110000) for _ in range(dice.randrange(1, 60)))
            yield "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)
        else:
            yield "".join(dice.choice(ATOMS) for _ in range(dice.randrange(1, 9)))


@cache
def _caller() -> Conversation:
    calling = Calling(TICKET.id, HOME, NOW)
    profile = {"origin": "kh", "here": "th", "contact": "open", "contact_hours": "any"}
    return Conversation(Language("en"), profile, calling=calling, active=NOW)


def _to_staff(wording: DeskWording, words: str) -> tuple[Message, ...]:
    one = told.Wrote(words, Language(language_of(words) or "en"))
    return (
        wording.tell(one),
        wording.tell(told.WroteElsewhere(ANNA, words)),
        wording.tell(told.GlassBroken(ANNA, words)),
    )


def _to_person(script: Script, words: str) -> tuple[Message, ...]:
    turns = (
        take_turn(script, _caller(), LetterCame(StaffWrote(words, Language("en"), "1")), NOW),
        take_turn(script, _caller(), LetterCame(StaffWrote(words, Language("km"), "1", is_edit=True)), NOW),
        take_turn(script, _caller(), LetterCame(StaffAsked(CardId(_slotted(script)), "1", words)), NOW),
    )
    return tuple(effect.message for turn in turns for effect in turn.effects if isinstance(effect, Send))


def _slotted(script: Script) -> str:
    return next(str(card.id) for card in script.cards.all.values() if card.slot is not None)


def _entities_in(words: str, parts: tuple[Rendered, ...]) -> int:
    """How many entities reach into the foreign words."""
    found = 0
    for part in parts:
        place = part.text.find(words) if words.strip() else -1
        if place < 0:
            continue
        start, end = utf16_length(part.text[:place]), utf16_length(part.text[: place + len(words)])
        for entity in part.entities:
            at, length = entity["offset"], entity["length"]
            assert isinstance(at, int)
            assert isinstance(length, int)
            found += at < end and at + length > start
    return found


def test_five_thousand_strings_stay_words_both_ways(real_script: Script) -> None:
    script = replace(a_script(real_script), desks=Desks({HOME: 0}))
    wording = DeskWording(script, a_roster(NOW), script.helplines.all[HOME], TICKET, NOW)
    plain_to_person = len(_to_person(script, "hello"))
    assert plain_to_person == 3, "words are shown to whoever has agreed to open words"
    entities, hidden, lost, several = 0, 0, 0, 0
    relayed = list(strings(STRINGS))
    for words in relayed:
        clean = seen(words)
        for message in (*_to_staff(wording, words), *_to_person(script, words)):
            parts = render(message)
            shown = "".join(part.text for part in parts)
            entities += _entities_in(clean, parts)
            hidden += _BAD.search(shown) is not None
            lost += clean not in shown
            several += len(parts) > 1
            assert all(not part.entities or "text_link" not in repr(part.entities) for part in parts)

    changed = sum(seen(words) != words for words in SCRIPTS)
    sys.stdout.write(
        f"{len(relayed)} strings relayed both ways: {entities} entities from foreign text, {hidden} with hidden signs, "
        f"{lost} lost, {changed} of the languages changed\n"
    )
    assert len(relayed) == STRINGS
    assert (entities, hidden, lost, several, changed) == (0, 0, 0, 0, 0)


def test_only_what_nobody_can_see_is_taken_out() -> None:
    for words in strings(STRINGS):
        kept = "".join(sign for sign in words if not _BAD.match(sign) or sign in "\u2028\u2029")
        assert seen(words) == kept.replace("\u2028", "\n").replace("\u2029", "\n")
    every = "".join(chr(point) for point in (*range(0xE00, 0xF00), *range(0x1000, 0x10A0), *range(0x1780, 0x1800)))
    assert seen(every + "\u200b\u200c\u200d") == every + "\u200b\u200c\u200d"
    assert all(
        unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp", "Cn"}
        for sign in map(chr, range(0x3000))
        if not seen(sign)
    )


def _type_of(entity: Json) -> Json:
    return entity["type"] if isinstance(entity, dict) else None


async def test_hundreds_of_them_are_sent_and_none_is_refused(real_script: Script) -> None:
    script = replace(a_script(real_script), desks=Desks({HOME: 0}))
    wording = DeskWording(script, a_roster(NOW), script.helplines.all[HOME], TICKET, NOW)
    some = list(strings(STRINGS))[: SENT // 2] + list(strings(STRINGS))[-SENT // 2 :]
    async with FakeTelegram() as telegram, TelegramConnection(telegram.token, telegram.url) as connection:
        person = telegram.person(7, started=True)
        channel = TelegramChannel(connection)
        for number, words in enumerate(some):
            for message in (_to_staff(wording, words)[0], _to_person(script, words)[0]):
                outgoing = Outgoing(
                    OutgoingId(number.to_bytes(9, "big")), Address("telegram", "7"), replace(message, rows=())
                )
                await channel.deliver(outgoing)
        failed = [call for call in telegram.calls if not call.ok]
        bodies = [message for message in person.screen() if message.from_bot]
        marked = [message.body.get("entities") for message in bodies]
        foreign = [one for row in marked if isinstance(row, list) for one in row if _type_of(one) != "bold"]
        trouble = [violation.why for violation in telegram.violations]

    sys.stdout.write(f"{len(bodies)} messages with foreign text sent: {len(failed)} failed, {len(foreign)} entities\n")
    assert (failed, foreign, trouble) == ([], [], [])
    assert len(bodies) == 2 * len(some)


async def test_what_people_write_reaches_the_group_as_they_wrote_it(real_script: Script) -> None:
    async with a_house(a_script(real_script), limits=False) as house:
        ticket = await house.open()
        for words in SCRIPTS:
            await house.hear_words(ticket, words)
        await house.until(lambda: all(house.of_topics(words) for words in SCRIPTS))
        assert house.violations() == []
