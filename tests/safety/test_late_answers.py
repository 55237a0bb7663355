"""What could not be sent in time is not shown to whoever holds the phone by then, nor at an hour that was not allowed."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import LEASE, Delivery
from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import Acknowledged, StaffWrote, ToPerson
from bot.desk.ticket import Stage, TicketId
from bot.dialogue import Conversation
from bot.dialogue.contact import LATE, STILL_HERE, Way, are_in_hours, way_now
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import Send
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Elapsed, Event, Opened, Pressed, Waited, Wish, Wished
from bot.dialogue.own_ticket import NOTICE_ALARM
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import Language, Message, plain, words_of
from bot.store.contract import Address, Commit, Leased, Outgoing, OutgoingId, Record, StoreDownError
from bot.store.memory_store import MemoryStore
from bot.turns import Arrival, Turns
from tests.builders import SOMEBODY, arrival
from tests.fakes import NAMES, ManualClock, RecordingChannel, nobody_takes, settle_down

EN = Language("en")
HELPLINE = HelplineId("example-thailand")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
TELEGRAM = Address("telegram", "5123456789")
NEUTRAL = "There is something new here for you."
MORNING = datetime.fromisoformat("2026-11-26T08:55:00+07:00")
"""Five minutes before the end of the hours of who chose the morning."""


class Phone:
    """One person, their turns, what is on its way to them, and a Telegram that is away until it is back."""

    def __init__(self, script: Script, now: datetime = MORNING) -> None:
        self.script = replace(script, desks=Desks({HELPLINE: 0}))
        self.clock, self.store, self.figures = ManualClock(now), MemoryStore(), Figures()
        self.channel = RecordingChannel()
        self.turns = Turns(self.store, lambda: self.script, self, self.clock, self.figures, NAMES, nobody_takes)
        self.delivery = Delivery(
            *(self.store, {"telegram": self.channel}, self.clock, None, Random(1)),
            figures=self.figures,
            let_go=self.turns.lets_go,
        )
        self._number = 0
        self._is_away = False

    def hand_over(self, leased: Leased) -> None:
        if not self._is_away:
            self.delivery.hand_over(leased)

    def call(self, conversation: str) -> None:
        """Nothing is fetched."""

    def call_lines(self, lane: str) -> None:
        """Nobody takes the letters."""

    def lose_telegram(self) -> None:
        self._is_away = True

    async def wait(self, passed: timedelta) -> None:
        await self.clock.advance(passed.total_seconds())

    async def find_telegram(self, passed: timedelta) -> None:
        """Telegram is back after this long, and all that waits goes out."""
        await self.wait(passed)
        self._is_away = False
        self.channel.shown.clear()
        await self.sweep()

    async def sweep(self) -> None:
        for _ in range(6):
            await self.delivery.sweep()
            await settle_down()
            await self.clock.advance(LEASE.total_seconds() / 5)

    async def know(self, profile: dict[str, str], calling: Calling | None = None) -> None:
        now = self.clock.now()
        stands = Conversation(EN, {"origin": "kh", "here": "th", **profile}, calling=calling, active=now)
        seeded = Commit(SOMEBODY, 0, arrival(0), Record(TELEGRAM, stands))
        await self.store.commit(seeded, now, LEASE)

    async def take(self, event: Event) -> None:
        self._number += 1
        await self.turns.take(Arrival(SOMEBODY, arrival(self._number), TELEGRAM, event))
        await settle_down()

    async def write(self, letter: ToPerson) -> None:
        self._number += 1
        await self.turns.take_letter(
            SOMEBODY, letter, Outgoing(OutgoingId(b"l%08d" % self._number), TELEGRAM, None, letter=letter)
        )
        await settle_down()

    async def tap(self, label: str) -> None:
        buttons = [one for outgoing in self.shown for row in outgoing.rows for one in row if label in one.label]
        self.channel.shown.clear()
        await self.take(Pressed(buttons[-1].press))
        await self.sweep()

    @property
    def shown(self) -> list[Message]:
        return [outgoing.message for outgoing in self.channel.shown if outgoing.message is not None]

    @property
    def words(self) -> list[str]:
        return [words_of(message.text) for message in self.shown]

    @property
    def is_silent(self) -> bool:
        return all(outgoing.silent for outgoing in self.channel.shown)


def a_call() -> Calling:
    return Calling(TICKET, HELPLINE, MORNING, Stage.TALKING, since=MORNING)


async def test_an_answer_that_is_late_stands_behind_a_neutral_line_until_it_is_asked_for(real_script: Script) -> None:
    phone = Phone(real_script)
    await phone.know({})
    phone.lose_telegram()
    await phone.take(Opened(flow="topic.lost-passport"))
    await phone.take(Wished(Wish.PERSON))

    await phone.find_telegram(LATE + timedelta(minutes=1))

    assert phone.words == [NEUTRAL]
    assert phone.is_silent
    await phone.tap("Look")
    assert "passport" in phone.words[0].lower()
    assert "📞" in phone.words[1]
    assert phone.figures.counts["waited", "veiled"] == 2


@pytest.mark.parametrize("age", [timedelta(), timedelta(minutes=5), LATE - timedelta(minutes=2)])
async def test_what_is_not_late_goes_out_as_it_is(real_script: Script, age: timedelta) -> None:
    phone = Phone(real_script)
    await phone.know({})
    phone.lose_telegram()
    await phone.take(Opened(flow="topic.lost-passport"))

    await phone.find_telegram(age)

    assert "passport" in phone.words[0].lower()


async def test_words_of_staff_that_are_late_are_held_also_for_who_chose_to_see_them_at_once(
    real_script: Script,
) -> None:
    phone = Phone(real_script)
    await phone.know({"contact": "open"}, a_call())
    phone.lose_telegram()
    await phone.write(StaffWrote("Can you get out?", EN, "one"))
    await phone.write(StaffWrote("Are you there?", EN, "two"))

    await phone.find_telegram(LATE + timedelta(minutes=1))

    assert phone.words == [NEUTRAL]
    await phone.tap("Look")
    assert [words for words in phone.words if "you" in words][:2] == [
        "Example helpline in Thailand:\nCan you get out?",
        "Example helpline in Thailand:\nAre you there?",
    ]


async def test_what_was_to_be_sent_first_waits_for_the_hours_once_they_are_over(real_script: Script) -> None:
    phone = Phone(real_script)
    await phone.know({"contact": "open", "contact_hours": "morning"}, a_call())
    phone.lose_telegram()
    await phone.write(StaffWrote("Can you get out?", EN, "one"))
    await phone.write(Acknowledged(MORNING))

    await phone.find_telegram(timedelta(minutes=6))

    assert phone.words == []
    await phone.wait(timedelta(hours=21))
    await ring(phone)
    await phone.sweep()
    assert phone.words == [NEUTRAL], "it is six in the morning again"
    await phone.tap("Look")
    assert any("Can you get out?" in words for words in phone.words)


async def ring(phone: Phone) -> None:
    for rung in await phone.store.claim_timers(phone.clock.now(), LEASE, 9):
        if rung.timer.name == NOTICE_ALARM:
            await phone.take(Elapsed(NOTICE_ALARM))


async def test_a_neutral_line_keeps_to_the_hours_too(real_script: Script) -> None:
    phone = Phone(real_script)
    await phone.know({"contact_hours": "morning"}, a_call())
    phone.lose_telegram()
    await phone.write(StaffWrote("Can you get out?", EN, "one"))

    await phone.find_telegram(timedelta(minutes=6))

    assert phone.words == []
    await phone.wait(timedelta(hours=21))
    await ring(phone)
    await phone.sweep()
    assert phone.words == [NEUTRAL]


async def test_who_asks_at_night_is_answered_at_night(real_script: Script) -> None:
    phone = Phone(real_script, MORNING + timedelta(hours=15))
    await phone.know({"contact_hours": "morning"}, a_call())
    phone.lose_telegram()
    await phone.take(Opened(flow="topic.lost-passport"))

    await phone.find_telegram(timedelta(minutes=5))

    assert "passport" in phone.words[0].lower()


async def test_the_cover_is_never_late(real_script: Script) -> None:
    phone = Phone(real_script)
    await phone.know({}, a_call())
    phone.lose_telegram()
    await phone.take(Wished(Wish.EXIT))

    await phone.find_telegram(timedelta(hours=2))

    assert len(phone.words) == 1
    assert phone.words[0].startswith("Information about working abroad")


async def test_who_left_finds_nothing_of_what_was_late(real_script: Script) -> None:
    phone = Phone(real_script)
    await phone.know({})
    phone.lose_telegram()
    await phone.take(Opened(flow="topic.lost-passport"))
    await phone.find_telegram(LATE + timedelta(minutes=1))
    look = phone.shown[-1]

    await phone.take(Wished(Wish.EXIT))
    await phone.sweep()
    phone.channel.shown.clear()
    await phone.take(Pressed(look.rows[0][0].press))
    await phone.sweep()

    assert phone.words
    assert not any("police" in words.lower() for words in phone.words)


async def test_while_the_store_is_away_nothing_that_has_waited_goes_out(real_script: Script) -> None:
    phone = Phone(real_script)
    await phone.know({})
    phone.lose_telegram()
    await phone.take(Opened(flow="topic.lost-passport"))
    await phone.wait(LATE + timedelta(minutes=1))
    leased = (await phone.store.claim(phone.clock.now(), LEASE, 1))[0]

    async def away(_: Leased) -> bool:
        raise StoreDownError("away")

    delivery = Delivery(phone.store, {"telegram": phone.channel}, phone.clock, None, Random(1), let_go=away)
    delivery.hand_over(leased)
    await settle_down()

    assert phone.words == []
    assert [one.id for one in await phone.store.waiting(SOMEBODY)] == [leased.outgoing.id]


profiles = st.fixed_dictionaries(
    {},
    optional={
        "contact": st.sampled_from(("veiled", "open", "wait")),
        "contact_hours": st.sampled_from(("any", "morning", "day", "evening", "night")),
        "here": st.sampled_from(("kh", "la", "mm", "th")),
    },
)
ages = st.timedeltas(timedelta(), timedelta(hours=23))


@given(profiles, st.none() | ages, ages, st.booleans(), st.booleans(), st.sampled_from(("staff", "news", "reminder")))
def test_nothing_late_is_shown_and_nothing_unasked_comes_at_another_hour(
    profile: dict[str, str],
    silent_for: timedelta | None,
    age: timedelta,
    hidden: bool,  # noqa: FBT001 - drawn like the others
    unasked: bool,  # noqa: FBT001
    kind: str,
) -> None:
    now = MORNING
    active = None if silent_for is None else now - silent_for
    of_staff, of_call = kind == "staff", kind != "reminder"

    way = way_now(
        profile, active, now, hidden=hidden, written=now - age, unasked=unasked, of_staff=of_staff, of_call=of_call
    )

    if age > LATE:
        assert way is not Way.SHOWN
    if hidden and (unasked or age > LATE):
        assert way is Way.HELD
    if unasked and (profile.get("contact") == "wait" or not are_in_hours(profile, now)):
        assert way is Way.HELD
    if not unasked and not hidden:
        assert way is (Way.SHOWN if age <= LATE else Way.VEILED)
    if unasked and of_staff and way is Way.SHOWN:
        assert profile["contact"] == "open"
    if unasked and kind == "news" and way is Way.SHOWN:
        assert silent_for is not None
        assert silent_for <= (LATE if profile.get("contact") == "open" else STILL_HERE)


@given(profiles, ages, st.booleans(), st.booleans())
def test_whatever_has_waited_shows_no_word_of_it_unless_it_may(
    real_script: Script,
    profile: dict[str, str],
    age: timedelta,
    calls: bool,  # noqa: FBT001
    unasked: bool,  # noqa: FBT001
) -> None:
    stands = Conversation(EN, profile, calling=a_call() if calls else None, active=MORNING - age)
    waited = Waited(Message(plain("secret")), MORNING - age, "one" if calls and unasked else "", unasked=unasked)

    turn = take_turn(real_script, stands, waited, MORNING)

    shown = [effect for effect in turn.effects if isinstance(effect, Send)]
    if age > LATE:
        assert all("secret" not in words_of(send.message.text) for send in shown)
        assert all(send.silent for send in shown)
    assert len(shown) <= 1
