"""Talk to the bot in a terminal: type a number to press a button, words to write."""

import secrets
from collections.abc import Iterable
from typing import TextIO

from bot.dialogue.events import Event, Opened, Pressed, Typed
from bot.messages import ArrivalId, Button, ConversationId, Language, Message, Style
from bot.store.contract import Address, Outgoing, Store
from bot.turns.arrival import Arrival
from bot.turns.turns import Turns

DOOR = "terminal"
_BOLD, _PLAIN = "\033[1m", "\033[0m"


class TerminalChat:
    """One person at a terminal."""

    def __init__(self, turns: Turns, store: Store, reader: TextIO, writer: TextIO) -> None:
        self._turns = turns
        self._store = store
        self._reader = reader
        self._writer = writer
        self._conversation = ConversationId(secrets.token_urlsafe(16))
        self._buttons: tuple[Button, ...] = ()

    async def run(self, language: Language | None) -> None:
        """Talk until the end of input."""
        await self._take(Opened(language=language))
        while True:
            self._writer.write("\n> ")
            self._writer.flush()
            line = self._reader.readline()
            if not line:
                return
            await self._take(self._meant(line.strip()))

    def _meant(self, line: str) -> Event:
        place = int(line) if line.isascii() and line.isdigit() else 0
        if 0 < place <= len(self._buttons):
            return Pressed(self._buttons[place - 1].press)
        return Typed(line)

    async def _take(self, event: Event) -> None:
        address = Address(DOOR, "me")
        arrival_id = ArrivalId(secrets.token_bytes(8))
        await self._turns.take(Arrival(self._conversation, arrival_id, address, event, pushed=False))
        waiting = await self._store.waiting(self._conversation)
        if waiting:
            await self._store.fetched(self._conversation, waiting[-1].id)
        self._show(waiting)

    def _show(self, waiting: Iterable[Outgoing]) -> None:
        buttons: list[Button] = []
        for outgoing in waiting:
            if outgoing.message is None:
                continue
            self._writer.write("\n" + self._beside(outgoing.message) + self._styled(outgoing.message) + "\n")
            for row in outgoing.message.rows:
                for button in row:
                    buttons.append(button)
                    self._writer.write(f"  {len(buttons):>2}  {button.label}\n")
        self._buttons = tuple(buttons)

    def _beside(self, message: Message) -> str:
        """What a terminal cannot show, by its name."""
        shown = (("picture", message.picture), ("recording", message.recording))
        return "".join(f"[{kind}: {name}]\n" for kind, name in shown if name is not None)

    def _styled(self, message: Message) -> str:
        if not self._writer.isatty():
            return "".join(span.words for span in message.text)
        return "".join(
            span.words if span.style is Style.PLAIN else f"{_BOLD}{span.words}{_PLAIN}" for span in message.text
        )
