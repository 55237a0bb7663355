"""A person walks to every screen, in every language, and Telegram refuses none of our calls."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.dialogue.events import Pressed
from bot.dialogue.presses import Answer, read_press
from bot.dialogue.script import Script
from tests.telegram_server import FakeTelegram, Person
from tests.telegram_server.chats import Message
from tests.whole.running_bot import PATIENCE, running_bot
from tests.whole.ways import BEHIND_A_TALK, WITH_A_HELPLINE, Way, farthest, find_ways, press_in, waits_of

NOON = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)


class Walker:
    """A person who knows the ways."""

    def __init__(self, telegram: FakeTelegram, person: Person) -> None:
        self.telegram = telegram
        self.person = person
        self.seen: set[str] = set()
        self.menus = 0
        self._menus = self._counted = 0

    async def start(self, payload: str) -> None:
        await self._after(lambda: self.person.start(payload))

    async def press(self, data: str) -> None:
        await self.telegram.until(lambda: data in str(self._menu().buttons), timeout=PATIENCE)
        self._look()
        tapped = self._menu()
        await self._after(lambda: self.person.tap_data(data, tapped))
        if self._menu() is not tapped and "photo" in tapped.body:
            # Nobody taps what is being taken away in this very moment.
            await self.telegram.until(lambda: tapped.deleted, timeout=PATIENCE)

    async def type(self, words: str) -> None:
        await self._after(lambda: self.person.send(words))

    def answers(self) -> list[str]:
        return _presses(self._menu(), "a")

    def shown(self) -> int:
        """How many menus the bot has shown."""
        # A form carries the buttons as JSON.
        new = self.telegram.calls[self._counted :]
        self._menus += sum(re.search("""['"]w""", str(call.params.get("reply_markup"))) is not None for call in new)
        self._counted += len(new)
        return self._menus

    def _menu(self) -> Message:
        return next(message for message in reversed(self.person.screen()) if _presses(message, "w"))

    async def _after(self, do: Callable[[], object]) -> None:
        do()
        # Each turn shows one menu, as the last of its messages.
        self.menus += 1
        await self.telegram.until(lambda: self.shown() >= self.menus, timeout=PATIENCE)
        self._look()

    def _look(self) -> None:
        """What the newest menu asks; a turn may show several messages, one after the other."""
        for data in _presses(self._menu(), "a"):
            press = read_press(data)
            assert press is not None
            assert isinstance(press.wants, Answer)
            self.seen.add(press.wants.node)


def _presses(message: Message, kinds: str) -> list[str]:
    buttons = [str(button.get("callback_data", " ")) for row in message.buttons for button in row]
    return [data for data in buttons if data[0] in kinds]


@pytest.fixture(scope="module")
def ways(real_script: Script) -> list[Way]:
    """To every wait, found in English: the buttons lead the same ways in every language."""
    ways = find_ways(real_script, "en", {"origin": "kh", "here": "th"}, NOON)
    assert {way.node for way in ways} == waits_of(real_script, without=WITH_A_HELPLINE | BEHIND_A_TALK)
    return ways


@pytest.mark.parametrize("language", ["km", "lo", "my", "th", "en"])
async def test_a_person_walks_to_every_screen_and_telegram_refuses_nothing(
    language: str, real_script: Script, ways: list[Way], quick_folder: Path
) -> None:
    async with FakeTelegram() as telegram, running_bot(quick_folder, telegram):
        walker = Walker(telegram, telegram.person(7, language_code=language))
        await walker.start("")
        for answer in (language, "go-on", "kh", "th"):
            await walker.press(next(data for data in walker.answers() if data.endswith(answer)))
        assert walker.seen >= {way.node for way in ways if way.for_newcomers}
        for way in farthest(way for way in ways if not way.for_newcomers):
            await walker.start(f"{language}_{way.flow.removeprefix('topic.')}")
            for doing in way.doings:
                if isinstance(doing, Pressed):
                    await walker.press(press_in(language, doing.press))
                else:
                    await walker.type(doing.words)

        assert [violation.why for violation in telegram.violations] == []
        assert walker.menus == walker.shown() > len(ways)
        assert walker.seen >= {node for way in ways for node in _pressed_at(way)}


def _pressed_at(way: Way) -> set[str]:
    presses = [read_press(doing.press) for doing in way.doings if isinstance(doing, Pressed)]
    return {press.wants.node for press in presses if press is not None and isinstance(press.wants, Answer)}
