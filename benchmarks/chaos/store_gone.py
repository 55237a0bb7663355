"""The store is away: information goes on from memory, whoever calls for help gets numbers, and no call is lost.

With the real content. First the store hangs, then it is gone, then it comes back. While it is away people press buttons
that show information, and others ask a helpline to write to them. A press counts as answered when something was shown
and its clock was stopped before the store was back; how often that was what it shows beside the store is told as well,
for what depends on what somebody once told cannot be shown from memory.
"""

import asyncio
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.chaos.findings import Finding, at_least, exactly, none_of
from benchmarks.chaos.guarded_store import PASSWORD
from benchmarks.chaos.replicas import replicas_of_a_bot
from benchmarks.chaos.town import GROUP, link_helpline, tickets_in, vault_of
from benchmarks.results import percentile
from bot.compiler import compile_content
from bot.desk.helplines import HelplineId
from bot.dialogue.nodes import flow_token
from bot.dialogue.presses import Open, Press, write_press
from bot.messages import Language
from bot.settings import Settings
from tests.lessons import lessons_of
from tests.store.servers import Server
from tests.telegram_server import FakeTelegram, Message, Person
from tests.whole.test_helplines import HOME, Town, tried_content

READERS: Final = 30
CALLERS: Final = 12
TOPICS: Final = 8
A_SECOND: Final = 30
"""Buttons for information pressed in a second, by all together."""

NUMBERS_WITHIN: Final = 2.0
ANSWER_WITHIN: Final = 10.0
PATIENCE: Final = 240.0
_NOTE: Final = (
    "The ten minutes are {seconds} s here. A press lives for 150 s at Telegram: whose call is not kept by then has to "
    "press again, or to write, which lives for a day."
)
_NUMBER: Final = re.compile(r"\d{3,}")
_SHOWS: Final = frozenset({"sendMessage", "editMessageText"})
_EN: Final = Language("en")


@dataclass
class _Shown:
    """What was shown to whom, and when."""

    telegram: FakeTelegram
    by_chat: dict[int, list[tuple[float, str]]] = field(default_factory=dict)

    def listen(self) -> None:
        calls = self.telegram.calls
        for call in calls:
            # Who presses twice sees it already: Telegram says then that nothing changes.
            if call.method in _SHOWS and (call.ok or "not modified" in str(call.answer.get("description"))):
                chat = int(str(call.params.get("chat_id")))
                self.by_chat.setdefault(chat, []).append((call.at, str(call.params.get("text"))))
        calls.clear()

    def since(self, chat: int, moment: float) -> list[tuple[float, str]]:
        return [one for one in self.by_chat.get(chat, []) if one[0] >= moment]


@dataclass(frozen=True)
class _Pressed:
    """One press while the store was away."""

    person: Person
    at: float
    wanted: str
    """What is shown while the store is there, empty for a call for help."""
    tap: str = ""


@dataclass(frozen=True)
class _Square:
    """Everybody who presses, and what they look at."""

    readers: Sequence[Person]
    callers: Sequence[Person]
    wanted: dict[str, str]
    server: Server
    shown: _Shown
    say: Callable[[str], None]

    async def press(self, seconds: int, random: Random) -> list[_Pressed]:
        """Everybody presses while the store hangs, and then is gone."""
        began, pressed, is_gone = time.monotonic(), list[_Pressed](), False
        calls = sorted(((random.uniform(1, seconds - 5), person) for person in self.callers), key=lambda one: one[0])
        while (passed := time.monotonic() - began) < seconds:
            if passed > seconds / 2 and not is_gone:
                is_gone = True
                self.server.kill()
                self.say("the store is gone")
            while calls and calls[0][0] <= passed:
                _, caller = calls.pop(0)
                pressed.append(_Pressed(caller, time.monotonic(), ""))
                caller.tap_data(_ask_button(caller), _newest(caller))
            # Nobody presses in the last seconds: they would be answered by a bot that has its store again.
            if passed < seconds - 5:
                topic, reader = random.choice(list(self.wanted)), random.choice(self.readers)
                began_at = time.monotonic()
                tap = reader.tap_data(_press_of(topic), _newest(reader))
                pressed.append(_Pressed(reader, began_at, self.wanted[topic], tap))
            await asyncio.sleep(1 / A_SECOND)
            self.shown.listen()
        return pressed


async def run(seed: int, seconds: int, say: Callable[[str], None]) -> Finding:
    """Let the store be away for so long."""
    began, random = time.monotonic(), Random(seed)
    with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as name:
        folder = Path(name)
        content = tried_content(folder)
        (folder / "store").mkdir()
        server = Server(folder / "store", 0, ("--requirepass", PASSWORD))
        url = f"unix://:{PASSWORD}@{folder}/store/socket"
        async with AsyncExitStack() as stack:
            stack.callback(server.kill)
            await asyncio.to_thread(server.start)
            telegram = await stack.enter_async_context(FakeTelegram(seed=seed, retry_scale=0.5))
            learned = folder / "var" / "learned"
            learned.mkdir(mode=0o700, parents=True)
            lessons = stack.enter_context(lessons_of(content, "bot"))
            for lesson in lessons.iterdir():
                (learned / lesson.name).symlink_to(lesson)
            script = compile_content(content, datetime.now(UTC).date()).script
            group = await link_helpline(url, folder, telegram, HelplineId(HOME))
            await stack.enter_async_context(replicas_of_a_bot(folder, telegram, url, number=2))
            say("people come")
            anna = telegram.person(101)
            settings = Settings(data_dir=folder / "var", content_dir=content)
            town = Town(telegram, settings, group, group, anna, anna, anna)
            people = [await town.newcomer(300_000 + number, "en") for number in range(READERS + CALLERS)]
            readers, callers = people[:READERS], people[READERS:]
            for person in callers:
                await town.wish(person, "person")
            shown = _Shown(telegram)
            topics = random.sample(sorted(script.topics), TOPICS)
            wanted = {topic: await _words_of(topic, readers[0], shown) for topic in map(str, topics)}
            say("the store hangs")
            server.freeze()
            away = time.monotonic()
            pressed = await _Square(readers, callers, wanted, server, shown, say).press(seconds, random)
            shown.listen()
            # What is answered only now is answered by the store.
            heard = {tap for tap, told in telegram.world.taps.items() if told.answered}
            in_group = len(shown.since(GROUP, away))
            await asyncio.to_thread(server.start)
            say("the store is back")
            back = time.monotonic()
            end = back + PATIENCE
            while len(await tickets_in(url, folder)) < CALLERS and time.monotonic() < end:  # noqa: ASYNC110 - it is asked
                await asyncio.sleep(0.5)
            took = time.monotonic() - back
            # A second ticket, if there is one, comes as soon as the first.
            await asyncio.sleep(15)
            tickets = await tickets_in(url, folder)
            vault = vault_of(folder)
    infos = [one for one in pressed if one.wanted]
    waits = [_wait(one, shown, "") if one.tap in heard else float("inf") for one in infos]
    answered = sum(wait <= ANSWER_WITHIN for wait in waits)
    same = sum(_wait(one, shown, one.wanted) <= ANSWER_WITHIN for one in infos)
    numbers = [_wait_for_number(one, shown) for one in pressed if not one.wanted]
    owners = [ticket.person for ticket in tickets]
    asked = [vault.conversation_id("telegram", str(person.id)) for person in callers]
    done: dict[str, float | str] = {
        "seconds without store": seconds,
        "presses for information": len(infos),
        "of them answered": answered,
        "in the very words that they would read beside the store": same,
        "p50 and p99 of their answers (s)": f"{percentile(waits, 0.5):.2f} and {percentile(waits, 0.99):.2f}",
        "calls for help": len(numbers),
        "longest wait for numbers (s)": round(max(numbers), 2),
        "messages in the helpline's group meanwhile": in_group,
        "seconds from the store's return to the last ticket": round(took, 1),
    }
    return Finding(
        "store gone",
        seed,
        time.monotonic() - began,
        done,
        (
            at_least("information answered (%)", round(100 * answered / max(1, len(infos)), 2), 99.9),
            exactly("calls that got numbers within 2 s", sum(one <= NUMBERS_WITHIN for one in numbers), CALLERS),
            exactly("tickets afterwards", len(tickets), CALLERS),
            exactly("people who have exactly one", sum(owners.count(one) == 1 for one in asked), CALLERS),
            none_of("calls that Telegram refuses", sum(one.refused for one in telegram.violations)),
        ),
        (_NOTE.format(seconds=seconds), *(_unanswered(infos, waits))),
    )


def _unanswered(pressed: Sequence[_Pressed], waits: Sequence[float]) -> list[str]:
    """What was asked for in vain, and how often."""
    vain = Counter(one.wanted[:40] for one, wait in zip(pressed, waits, strict=True) if wait > ANSWER_WITHIN)
    return [f"not shown in time: {words!r}… {times} times" for words, times in vain.most_common(5)]


async def _words_of(topic: str, reader: Person, shown: _Shown) -> str:
    """The longest paragraph that a topic's first screen shows."""
    began = time.monotonic()
    reader.tap_data(_press_of(topic), _newest(reader))
    while not (found := shown.since(reader.id, began)):
        if time.monotonic() > began + PATIENCE:
            raise RuntimeError(f"{topic} is not shown")
        await asyncio.sleep(0.1)
        shown.listen()
    return max(found[-1][1].split("\n\n"), key=len)


def _press_of(topic: str) -> str:
    return write_press(Press(Open(flow_token(f"topic.{topic}")), _EN))


def _newest(person: Person) -> Message:
    return [one for one in person.chat.messages.values() if one.from_bot and not one.deleted][-1]


def _ask_button(person: Person) -> str:
    return next(
        str(button["callback_data"])
        for message in reversed(person.screen())
        for row in message.buttons
        for button in row
        if str(button.get("callback_data", ""))[13:] == "ask"
    )


def _wait(pressed: _Pressed, shown: _Shown, wanted: str) -> float:
    """Seconds until these words were shown; infinite where they were not."""
    moments = (at - pressed.at for at, text in shown.since(pressed.person.id, pressed.at) if wanted in text)
    return min(moments, default=float("inf"))


def _wait_for_number(pressed: _Pressed, shown: _Shown) -> float:
    moments = (at - pressed.at for at, text in shown.since(pressed.person.id, pressed.at) if _NUMBER.search(text))
    return min(moments, default=float("inf"))
