"""What people in Telegram are told while the store is away, straight from this process.

Information goes on: a button that shows the same to everybody is answered and done with. A call for help gets numbers
at once, its helplines hear that somebody asked, and it is not done with: Telegram keeps it, and it is taken as it is
once the store is back. Nothing of all this is kept but for which chats it was done lately, and not many of those.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Final, Generic, TypeAlias, TypeVar

from bot import logbook
from bot.channel import Channel, ChannelError
from bot.clock import Clock
from bot.dialogue.events import Pressed, Shared, Typed
from bot.dialogue.from_memory import (
    calls_for_help,
    home_from_memory,
    is_way_out,
    language_of_press,
    numbers_from_memory,
    turn_from_memory,
    would_call,
)
from bot.dialogue.presses import AnswerCard, LookIn, read_press
from bot.dialogue.script import Script
from bot.figures import Figures
from bot.messages import ConversationId, Language, Message
from bot.pacing import Pacer
from bot.store.contract import Outgoing, OutgoingId, Priority, Record
from bot.turns.arrival import Arrival

ONCE_IN: Final = timedelta(minutes=10)
REMEMBERED: Final = 10_000
PATIENCE: Final = timedelta(seconds=2)
"""Whoever would have to wait for longer is told by Telegram to come again."""

Noted: TypeAlias = Callable[[ConversationId, Outgoing, str | None], None]
"""Told that a message was shown, and the messenger's id of it."""

_Key = TypeVar("_Key", bound=Hashable)


class Lately(Generic[_Key]):
    """What was done in the last minutes; of too much, the oldest is forgotten."""

    def __init__(self, life: timedelta, at_most: int = REMEMBERED) -> None:
        self._life = life
        self._at_most = at_most
        self._done: OrderedDict[_Key, datetime] = OrderedDict()

    def has(self, key: _Key, now: datetime) -> bool:
        """Whether it was done."""
        done = self._done.get(key)
        return done is not None and done <= now < done + self._life

    def note(self, key: _Key, now: datetime) -> None:
        """It is done."""
        self._done[key] = now
        self._done.move_to_end(key)
        if len(self._done) > self._at_most:
            self._done.popitem(last=False)

    def forget(self, key: _Key) -> None:
        """It was not done after all."""
        self._done.pop(key, None)


class WithoutStore:
    """`known` tells what this process remembers about somebody; `alert` lets helplines hear that somebody asked.

    `noted` is told of what is shown to who asks for help, so that the quick exit can take it away.
    """

    def __init__(  # noqa: PLR0913 - all that it needs of the world
        self,
        channel: Channel,
        script: Callable[[], Script],
        known: Callable[[ConversationId], Record | None],
        alert: Callable[[], Awaitable[None]],
        pacer: Pacer,
        clock: Clock,
        figures: Figures,
        *,
        noted: Noted = lambda *_: None,
    ) -> None:
        self._channel = channel
        self._noted = noted
        self._script = script
        self._known = known
        self._alert = alert
        self._pacer = pacer
        self._clock = clock
        self._figures = figures
        self._answered: Lately[bytes] = Lately(ONCE_IN)
        self._told: Lately[ConversationId] = Lately(ONCE_IN)

    async def take(self, arrival: Arrival) -> bool:
        """Tell what can be told; whether that was all there is to do."""
        if self._answered.has(arrival.id, self._clock.now()):
            return True
        known = self._known(arrival.conversation)
        if self._is_information(arrival):
            return await self._inform(arrival)
        if self._calls_for_help(arrival, known):
            await self._give_numbers(arrival, known)
        return False

    def _is_information(self, arrival: Arrival) -> bool:
        """A press that leads no nearer to a helpline, or only to numbers."""
        event, script = arrival.event, self._script()
        if not isinstance(event, Pressed) or language_of_press(script, event.press) is None:
            return False
        now = self._clock.now()
        if turn_from_memory(script, event, now) is not None:
            return True
        if would_call(script, event, now):
            return False
        press = read_press(event.press)
        wants = None if press is None else press.wants
        return not (
            isinstance(wants, LookIn | AnswerCard) or is_way_out(script, event) or calls_for_help(script, event)
        )

    def _calls_for_help(self, arrival: Arrival, known: Record | None) -> bool:
        event, script = arrival.event, self._script()
        if is_way_out(script, event):
            return False
        if calls_for_help(script, event) or would_call(script, event, self._clock.now()):
            return True
        # What is written to a helpline waits, too, and whoever wrote it must not wait for an answer; but whoever holds
        # the phone of somebody who hides, or has chosen safe pictures, is not to learn that there is a talk.
        stands = None if known is None else known.conversation
        in_talk = stands is not None and stands.calling is not None and not stands.calling.hidden
        return in_talk and stands is not None and stands.secret is None and isinstance(event, Typed | Shared)

    async def _inform(self, arrival: Arrival) -> bool:
        script, now = self._script(), self._clock.now()
        press = arrival.event.press if isinstance(arrival.event, Pressed) else ""
        read, language = read_press(press), language_of_press(script, press)
        turn = turn_from_memory(script, arrival.event, now)
        if turn is not None:
            messages: Sequence[Message] = turn.messages
        else:
            messages = () if language is None else home_from_memory(script, language, now)
        replaces = None if read is None or read.kept else arrival.tapped
        self._answered.note(arrival.id, now)
        if not await self._show(arrival, messages, Priority.ANSWER, replaces=replaces):
            self._answered.forget(arrival.id)
            return False
        self._figures.add("answered_without_store", "information")
        return True

    async def _give_numbers(self, arrival: Arrival, known: Record | None) -> None:
        now = self._clock.now()
        if self._told.has(arrival.conversation, now):
            return
        self._told.note(arrival.conversation, now)
        language = self._language(arrival, known)
        messages = numbers_from_memory(self._script(), language, now)
        if await self._show(arrival, messages, Priority.ALERT, replaces=None):
            self._figures.add("answered_without_store", "help")
        else:
            self._told.forget(arrival.conversation)
        await self._alert()

    def _language(self, arrival: Arrival, known: Record | None) -> Language | None:
        script = self._script()
        if isinstance(arrival.event, Pressed):
            return language_of_press(script, arrival.event.press)
        if known is not None and known.conversation.language is not None:
            return known.conversation.language
        if isinstance(arrival.event, Typed):
            heard = script.understanding.understand(arrival.event.words, None, {}).language
            return None if heard is None or heard not in script.tongues else Language(heard)
        return None

    async def _show(
        self, arrival: Arrival, messages: Sequence[Message], priority: Priority, *, replaces: str | None
    ) -> bool:
        chat = arrival.address.chat
        for place, message in enumerate(messages):
            outgoing = Outgoing(
                id=OutgoingId(arrival.id + bytes((place,))),
                address=arrival.address,
                message=message,
                replaces=replaces if place == 0 else None,
                acknowledges=arrival.acknowledges if place == 0 else None,
                priority=priority,
            )
            try:
                if priority is not Priority.ALERT:
                    if self._pacer.estimate(priority, chat) > PATIENCE:
                        return False
                    await self._pacer.wait(priority, chat)
                delivered = await self._channel.deliver(outgoing)
                if priority is Priority.ALERT:
                    self._noted(arrival.conversation, outgoing, delivered.reference)
            except ChannelError as error:
                logbook.note_error("not_shown_without_store", error)
                return False
        return True
