"""While the store is away: what is told at once, to whom, and how little of it is remembered."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.channel import ChannelDownError
from bot.desk.helplines import Desks, HelplineId
from bot.desk.ticket import TicketId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling, Frame
from bot.dialogue.effects import OpenTicket
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Pressed, Typed, Wish, Wished
from bot.dialogue.presses import Answer, LookIn, Open, Press, read_press, write_press
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ArrivalId, ConversationId, Language
from bot.pacing import Pacer, Pacing
from bot.store.contract import Address, Record
from bot.turns.arrival import Arrival
from handlers.telegram.without_store import ONCE_IN, REMEMBERED, Lately, WithoutStore
from tests.builders import NOW
from tests.dialogue.test_from_memory import presses
from tests.fakes import ManualClock, RecordingChannel

EN = Language("en")
HOME = Pressed(write_press(Press(Wish.HOME, EN)), "17")
BACK = Pressed(write_press(Press(Wish.BACK, EN)), "17")
EXIT = Pressed(write_press(Press(Wish.EXIT, EN)), "17")
LOOK_IN = Pressed(write_press(Press(LookIn(), EN)), "17")
HELP = Wished(Wish.HELP)
CALLING = Calling(TicketId("~aaaaaaaaaaaaaaaaaaaa07"), HelplineId("bangkok"), NOW)


@dataclass
class Outage:
    """A process without its store."""

    script: Script
    channel: RecordingChannel = field(default_factory=RecordingChannel)
    clock: ManualClock = field(default_factory=ManualClock)
    figures: Figures = field(default_factory=Figures)
    known: dict[ConversationId, Record] = field(default_factory=dict)
    pacing: Pacing | None = None
    alerts: int = 0
    _arrivals: int = 0

    def __post_init__(self) -> None:
        self.told = WithoutStore(
            *(self.channel, lambda: self.script, self.known.get, self._alert, Pacer(self.clock, self.pacing)),
            *(self.clock, self.figures),
        )

    async def _alert(self) -> None:
        self.alerts += 1

    def arrival(self, event: Event, who: int = 1) -> Arrival:
        self._arrivals += 1
        return Arrival(
            ConversationId(f"{who:022}"),
            ArrivalId(self._arrivals.to_bytes(8, "big")),
            Address("telegram", str(who)),
            event,
            tapped="17",
            acknowledges="query",
        )

    async def happens(self, event: Event, who: int = 1) -> bool:
        return await self.told.take(self.arrival(event, who))

    def shown(self) -> int:
        return len(self.channel.shown)


@pytest.fixture
def outage(real_script: Script) -> Outage:
    return Outage(real_script)


async def test_a_menu_is_shown_in_place_of_the_one_whose_button_was_pressed(outage: Outage) -> None:
    assert await outage.happens(HOME)

    (shown,) = outage.channel.shown
    assert (shown.replaces, shown.acknowledges) == ("17", "query")
    assert outage.alerts == 0


async def test_what_comes_again_is_not_shown_again(outage: Outage) -> None:
    arrival = outage.arrival(HOME)

    assert [await outage.told.take(arrival) for _ in range(3)] == [True] * 3
    assert outage.shown() == 1


async def test_what_could_not_be_shown_is_not_done(real_script: Script) -> None:
    outage = Outage(real_script, RecordingChannel(ChannelDownError()))
    arrival = outage.arrival(HOME)

    assert not await outage.told.take(arrival)
    assert await outage.told.take(arrival)
    assert outage.shown() == 1


async def test_a_way_that_only_the_store_knows_leads_home(outage: Outage) -> None:
    assert await outage.happens(BACK)

    (words,) = outage.channel.words()
    assert words.startswith("This does not work right now.")


@pytest.mark.parametrize("event", [HELP, LOOK_IN, Typed("help my boss beats me")])
async def test_a_call_for_help_gets_numbers_once_in_ten_minutes_and_is_never_done(outage: Outage, event: Event) -> None:
    outage.known[ConversationId(f"{1:022}")] = Record(Address("telegram", "1"), Conversation(EN, calling=CALLING))
    assert not await outage.happens(event)
    first = outage.shown()
    assert any(span.dial for one in outage.channel.shown if one.message for span in one.message.text)
    assert "what you write waits" in outage.channel.words()[-1]
    assert outage.alerts == 1

    assert not await outage.happens(event)
    assert (outage.shown(), outage.alerts) == (first, 1)

    await outage.clock.advance(ONCE_IN.total_seconds())
    assert not await outage.happens(event)
    assert (outage.shown(), outage.alerts) == (2 * first, 2)


async def test_a_button_that_calls_a_helpline_is_never_done_whatever_its_flow_is_marked(real_script: Script) -> None:
    unmarked = {name: replace(one, sensitive=False) for name, one in real_script.flows.items()}
    desks = Desks(dict.fromkeys(real_script.helplines.all, 0))
    script = replace(real_script, flows=unmarked, desks=desks)
    calls = 0
    opening = [write_press(Press(Open(beginning), EN)) for beginning in script.beginnings]
    for who, press in enumerate((*opening, *presses(script))):
        read = read_press(press)
        assert read is not None
        frames = (Frame(read.wants.node),) if isinstance(read.wants, Answer) else ()
        turn = take_turn(script, Conversation(language=EN, frames=frames), Pressed(press, "17"), NOW)
        if any(isinstance(effect, OpenTicket) for effect in turn.effects):
            outage, calls = Outage(script), calls + 1
            assert not await outage.happens(Pressed(press, "17"), who)
            assert outage.alerts == 1
            assert outage.shown() > 0
    assert calls > 3


async def test_each_who_asks_is_heard(outage: Outage) -> None:
    for who in range(5):
        assert not await outage.happens(HELP, who)

    assert outage.alerts == 5


async def test_who_leaves_is_shown_nothing_here_and_nobody_hears_of_it(outage: Outage) -> None:
    for event in (EXIT, Wished(Wish.EXIT), Wished(Wish.STOP)):
        assert not await outage.happens(event)

    assert (outage.shown(), outage.alerts) == (0, 0)


async def test_words_to_a_helpline_get_numbers_and_other_words_wait_in_silence(outage: Outage) -> None:
    assert not await outage.happens(Typed("good morning"), 1)
    assert outage.shown() == 0

    outage.known[ConversationId(f"{2:022}")] = Record(Address("telegram", "2"), Conversation(EN, calling=CALLING))
    assert not await outage.happens(Typed("good morning"), 2)
    assert outage.shown() > 0


@pytest.mark.parametrize(
    "stands",
    [
        Conversation(EN, calling=CALLING, secret="slow hash"),
        Conversation(EN, calling=replace(CALLING, hidden=True)),
    ],
)
async def test_nobody_who_holds_the_phone_learns_of_a_talk_that_is_hidden(outage: Outage, stands: Conversation) -> None:
    outage.known[ConversationId(f"{1:022}")] = Record(Address("telegram", "1"), stands)

    assert not await outage.happens(Typed("are you there"))
    assert (outage.shown(), outage.alerts) == (0, 0)

    assert not await outage.happens(HELP)
    assert outage.shown() > 0, "numbers are for everybody who asks for them"


async def test_more_than_the_messenger_takes_is_brought_again_by_it(real_script: Script) -> None:
    outage = Outage(real_script, pacing=Pacing(per_second=1.0, at_once=1))
    done = [await outage.told.take(outage.arrival(HOME, 1))]
    for who in range(2, 6):
        outage.told._pacer.pause(outage.clock.now() + timedelta(seconds=10))
        done.append(await outage.told.take(outage.arrival(HOME, who)))

    assert done == [True, False, False, False, False]


def test_of_too_much_the_oldest_is_forgotten() -> None:
    lately: Lately[int] = Lately(ONCE_IN)
    for number in range(REMEMBERED + 5):
        lately.note(number, NOW)

    assert len(lately._done) == REMEMBERED
    assert not lately.has(4, NOW)
    assert lately.has(5, NOW)
    assert not lately.has(5, NOW + ONCE_IN)
    assert not lately.has(5, NOW - timedelta(seconds=1)), "the clock was set back"
