"""A script with nothing but what the door looks at, keys, and a row of people who hand in what arrives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.dialogue.events import Event, Typed
from bot.dialogue.phrasebook import Phrasebook, Standing, TextId, Worded
from bot.dialogue.script import Script, Special, Tongue
from bot.dialogue.steps import Flow, FlowId, ScreenId
from bot.facts import Directory
from bot.figures import Figures
from bot.language.understood import Understood
from bot.messages import Language
from bot.store.contract import StoreDownError, StoreError
from bot.store.sealing import Vault
from bot.turns.arrival import Arrival
from handlers.telegram import TelegramConnection, TelegramDoor
from tests.fakes import ManualClock
from tests.telegram_server import FakeTelegram

VAULT = Vault(b"i" * 32, {1: b"k" * 32}, 1)
PATIENCE = 60.0
"""Seconds of real time that anything may take on a busy machine."""
LANGUAGES = ("km", "lo", "my", "th", "en")
FLOWS = ("welcome", "home", "about", "offer-check", "go-home", "my-papers", "topic.mou-cost")


class Deaf:
    """Understands nothing."""

    def understand(self, text: str, language: str | None, profile: Mapping[str, str]) -> Understood:
        return Understood(text)


def a_script(version: str = "1", texts: dict[str, dict[str, str]] | None = None) -> Script:
    flows = {FlowId(name): Flow(FlowId(name), TextId(name), ScreenId("s")) for name in FLOWS}
    welcome, home = FlowId("welcome"), FlowId("home")
    phrases = {
        TextId(text): {Language(code): Worded((words,), Standing.SOURCE) for code, words in by_language.items()}
        for text, by_language in (texts or BOT_TEXTS).items()
    }
    fallbacks = {Language(code): (Language("en"),) for code in LANGUAGES}
    return Script(
        version=version,
        tongues={Language(code): Tongue(Language(code), code) for code in LANGUAGES},
        profile={},
        special=Special(welcome, home, welcome, welcome, welcome),
        flows=flows,
        topics={},
        phrasebook=Phrasebook(phrases, fallbacks),
        facts={},
        directory=Directory((), {}),
        places={},
        spots={},
        screens={},
        beginnings={},
        renamed={},
        alarms=frozenset(),
        emergency_kinds={},
        understanding=Deaf(),
    )


BOT_TEXTS: dict[str, dict[str, str]] = {
    "bot.description": {"en": "Information about working abroad.", "km": "ព័ត៌មាន"},
    "bot.short_description": {"en": "Information."},
    "bot.command.start": {"en": "Start", "my": "စတင်"},
    "bot.command.help": {"en": "Help"},
}
SCRIPT = a_script()


@dataclass
class Desk:
    """Takes arrivals like Turns does, as far as the door sees it.

    It can be closed as if the store were away, choke on one event, or be slow with one person.
    """

    taken: list[Arrival] = field(default_factory=list)
    asked: int = 0
    closed: bool = False
    closed_with: type[StoreError] = StoreDownError
    chokes_on: str | None = None
    slow_with: str | None = None
    refuses: str | None = None
    """What the store can never write, though it is there."""
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, arrival: Arrival) -> None:
        self.asked += 1
        if arrival.address.chat == self.slow_with:
            await self.hurry.wait()
        if self.closed:
            raise self.closed_with
        if self.chokes_on is not None and self.chokes_on in repr(arrival.event):
            raise RuntimeError("a fault of ours")
        if self.refuses is not None and self.refuses in repr(arrival.event):
            raise StoreError
        self.taken.append(arrival)

    def events(self) -> list[object]:
        """What was taken; which number Telegram gave a message matters only where a test asks for it."""
        events = [arrival.event for arrival in self.taken]
        return [replace(event, message="") if isinstance(event, Typed) else event for event in events]


@dataclass
class Bot:
    """A door with everything behind it that a test may want to look at."""

    telegram: FakeTelegram
    connection: TelegramConnection
    desk: Desk
    clock: ManualClock
    figures: Figures
    door: TelegramDoor

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.ensure_future(self.door.run())
        try:
            yield task
        finally:
            self.desk.hurry.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def took(self, *events: Event) -> None:
        """Wait until exactly these have been taken and Telegram knows it."""
        await self.until(lambda: self.desk.events() == list(events) and not self.telegram.updates.pending)

    async def until(self, condition: Callable[[], object], step: float = 1.0) -> None:
        """Move our clock on until it is so; Telegram's side works in real time."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self.clock.advance(step)
                await breathe()


async def breathe() -> None:
    """Let everybody do what is to be done before time goes on: what is said over HTTP takes many turns of the loop,
    which a busy machine does not get done in any given time.
    """
    for _ in range(10):
        await asyncio.sleep(0)
    await asyncio.sleep(0.001)


@asynccontextmanager
async def a_bot(telegram: FakeTelegram, desk: Desk | None = None, token: str | None = None) -> AsyncIterator[Bot]:
    desk, clock, figures = desk or Desk(), ManualClock(), Figures()
    async with TelegramConnection(token or telegram.token, telegram.url) as connection:
        door = TelegramDoor(connection, desk.take, VAULT, lambda: SCRIPT, clock, figures)
        yield Bot(telegram, connection, desk, clock, figures, door)
