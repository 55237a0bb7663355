"""Nothing that a person did not ask for is shown without their consent, outside their hours or after they left."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from bot.desk.helplines import Desks, HelplineId
from bot.desk.letters import (
    Acknowledged,
    Missed,
    NobodyYet,
    Referring,
    StaffUsedReply,
    StaffWrote,
    TicketClosed,
    TicketReopened,
    ToPerson,
    WaitsAgain,
)
from bot.desk.ticket import CloseReason, Stage, TicketId
from bot.dialogue import Conversation
from bot.dialogue.conversation import Calling
from bot.dialogue.effects import Count, Send, Turn, Wake
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Elapsed, Event, LetterCame, Opened, Pressed, Reported, Typed, Waited, Wish, Wished
from bot.dialogue.own_ticket import ALARMS
from bot.dialogue.person import Person
from bot.dialogue.presses import LookIn, read_press
from bot.dialogue.script import Script
from bot.dialogue.unasked import let_out
from bot.messages import Language, Message, plain
from tests.dialogue.little_world import NOW

HELPLINE = HelplineId("example-thailand")
OTHER = HelplineId("example-cambodia")
TICKET = TicketId("~aaaaaaaaaaaaaaaaaaaa07")
EN = Language("en")
STEPS = 100_000
SECONDS = 150.0
CONTACTS = ("veiled", "open", "wait", None)
HOURS = {"morning": range(6, 9), "day": range(9, 17), "evening": range(17, 21), "night": (21, 22, 23, 0, 1, 2, 3, 4, 5)}
BANGKOK = ZoneInfo("Asia/Bangkok")


@dataclass
class Life:
    """One person's days, and what is known of them without asking the engine."""

    script: Script
    random: Random
    now: datetime = NOW
    conversation: Conversation = field(default_factory=Conversation)
    has_left: bool = False
    acted: datetime = NOW
    seen: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)
    timers: set[str] = field(default_factory=set)

    def begin(self) -> None:
        profile = {"origin": "kh", "here": "th"}
        calling = Calling(TICKET, HELPLINE, self.now, Stage.ASKED, since=self.now)
        self.conversation = Conversation(EN, profile, calling=calling, active=self.now)
        self.has_left, self.acted = False, self.now

    def step(self) -> None:
        self.now += timedelta(seconds=self.random.choice((1, 20, 70, 130, 400, 1000, 5000, 30_000)))
        if self.conversation.calling is None or self.random.random() < 0.002:
            self.begin()
        self.random.choices(
            (self.write, self.slip, self.ring, self.report, self.change, self.act, self.leave, self.come_back),
            (40, 10, 18, 10, 10, 5, 4, 5),
        )[0]()

    # What nobody asked for

    def write(self) -> None:
        letters: tuple[ToPerson, ...] = (
            StaffWrote("Where are you?", EN, str(self.random.randrange(10**6))),
            StaffWrote("Where are you now?", EN, "1", is_edit=True),
            StaffUsedReply("wait", "2"),
            Acknowledged(self.now),
            NobodyYet(self.now),
            WaitsAgain(self.now),
            Referring(OTHER),
            TicketClosed(next(iter(CloseReason)), self.now),
            TicketReopened(self.now),
        )
        weights = (8, 2, 0, 2, 2, 2, 1, 1, 2)
        self.judge(LetterCame(self.random.choices(letters, weights)[0]))

    def slip(self) -> None:
        """Something could not be sent when it was written."""
        written = self.now - timedelta(minutes=self.random.choice((1, 4, 10, 20, 300)))
        self.judge(Waited(Message(plain("They come at nine.")), written, self.random.choice(("", "3")), unasked=True))

    def ring(self) -> None:
        self.judge(Elapsed(self.random.choice(sorted(ALARMS | self.timers))))

    def report(self) -> None:
        missed = self.random.choice((None, None, None, Missed.BLOCKED))
        self.judge(
            Reported(self.random.choice(("", "1", "2")), None if missed else str(self.random.randrange(99)), missed)
        )

    # What they do

    def change(self) -> None:
        contact, hours = self.random.choice(CONTACTS), self.random.choice((*HOURS, "any", None))
        chosen = {"contact": contact, "contact_hours": hours}
        told = {name: value for name, value in chosen.items() if value is not None}
        others = {name: value for name, value in self.conversation.profile.items() if name not in chosen}
        self.conversation = replace(self.conversation, profile={**others, **told})

    def act(self) -> None:
        word = Typed(self.random.choice(("hello", "they took my passport", "0 baht")), str(self.random.randrange(999)))
        done: tuple[Event, ...] = (word, *[Wished(Wish.HOME)] * 3, Wished(Wish.BACK), Opened())
        self.take(self.random.choice(done))
        self.acted = self.now

    def leave(self) -> None:
        self.take(self.random.choice((Typed("x", "7"), Wished(Wish.EXIT), Wished(Wish.STOP))))
        self.has_left, self.acted = True, self.now

    def come_back(self) -> None:
        buttons = Pressed("nen"), Opened(flow="talk")
        self.take(self.random.choice(buttons))
        if self.conversation.calling is not None and not self.conversation.calling.hidden:
            self.has_left = False
        self.acted = self.now

    # What comes of it

    def take(self, event: Event) -> Turn:
        turn = take_turn(self.script, self.conversation, event, self.now)
        self.conversation = turn.conversation or Conversation()
        self.timers |= {effect.node for effect in turn.effects if isinstance(effect, Wake)}
        return turn

    def judge(self, event: Event) -> None:
        profile = self.conversation.profile
        for effect in self.take(event).effects:
            if not isinstance(effect, Send) or effect.covers or (effect.edits is not None and not effect.ref):
                continue
            presses = [read_press(button.press) for row in effect.message.rows for button in row]
            is_line = effect.silent and [one.wants for one in presses if one is not None] == [LookIn()]
            self.seen["a neutral line" if is_line else "words"] += 1
            why = self.why_not(profile.get("contact"), profile.get("contact_hours"), effect, is_line=is_line)
            if why:
                self.breaches.append(f"{type(event).__name__} {why}")

    def why_not(self, contact: str | None, hours: str | None, send: Send, *, is_line: bool) -> str:
        if self.has_left:
            return "after they had left"
        if contact == "wait":
            return "without consent"
        if hours in HOURS and self.now.astimezone(BANGKOK).hour not in HOURS[hours]:
            return "outside their hours"
        if is_line:
            return ""
        age = self.now - self.acted
        if send.ref and (contact != "open" or age > timedelta(minutes=15)):
            return "words of staff for anybody to read"
        if not send.ref and age > timedelta(minutes=5) and (contact != "open" or age > timedelta(minutes=15)):
            return "news for anybody to read"
        return ""


@pytest.fixture(scope="module")
def staffed(real_script: Script) -> Script:
    return replace(real_script, desks=Desks({HELPLINE: 0, OTHER: 0}))


def live(script: Script, steps: int, seed: int) -> Life:
    life = Life(script, Random(seed))
    life.begin()
    for _ in range(steps):
        life.step()
    return life


def test_a_hundred_thousand_steps_show_nothing_outside_consent(
    staffed: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.process_time()
    life = live(staffed, STEPS, 1)
    took = time.process_time() - began
    with capsys.disabled():
        shown = f"{life.seen['words']} words and {life.seen['a neutral line']} neutral lines shown"
        print(f"\n{STEPS:,} steps: {len(life.breaches)} messages outside consent; {shown}, {took:.0f} s")  # noqa: T201
    assert life.breaches == []
    assert min(life.seen["words"], life.seen["a neutral line"]) > STEPS / 500
    assert took <= SECONDS


WORDS = Send(Message(plain("They come at nine.")))


@pytest.mark.parametrize("send", [WORDS, replace(WORDS, ref="1"), replace(WORDS, silent=True)])
@pytest.mark.parametrize(
    ("profile", "is_hidden"),
    [({"contact": "wait"}, False), ({"contact": "open", "contact_hours": "night"}, False), ({"contact": "open"}, True)],
)
def test_the_last_lock_lets_nothing_out_whoever_made_it(
    staffed: Script, send: Send, profile: dict[str, str], *, is_hidden: bool
) -> None:
    calling = Calling(TICKET, HELPLINE, NOW, Stage.TALKING, since=NOW, hidden=is_hidden)
    conversation = Conversation(EN, {"origin": "kh", "here": "th", **profile}, calling=calling, active=NOW)
    person = Person(staffed, conversation, NOW)

    effects = let_out((send,), LetterCame(NobodyYet(NOW)), conversation, person)

    assert effects == (Count("unasked_refused"),)


CASES: dict[str, Callable[[Conversation], Conversation]] = {
    "wait": lambda one: replace(one, profile={**one.profile, "contact": "wait"}),
    "hours": lambda one: replace(one, profile={**one.profile, "contact": "open", "contact_hours": "night"}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_reminder_waits_for_their_hours_and_does_not_come_to_who_wants_none(staffed: Script, case: str) -> None:
    life = Life(staffed, Random(3))
    life.begin()
    life.conversation = CASES[case](replace(life.conversation, calling=None))
    alarm = next(iter(sorted(staffed.alarms)), "flow:home")

    turn = life.take(Elapsed(alarm))

    assert not any(isinstance(effect, Send) for effect in turn.effects)
    if case == "hours":
        assert [effect.after > timedelta() for effect in turn.effects if isinstance(effect, Wake)] == [True]
