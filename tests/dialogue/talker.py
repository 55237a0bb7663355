"""One person in a test: says and presses things, and remembers what was shown."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.dialogue import NEW_CONVERSATION, Conversation
from bot.dialogue.effects import Effect, Turn
from bot.dialogue.engine import take_turn
from bot.dialogue.events import Event, Opened, Pressed, Typed
from bot.dialogue.script import Script
from bot.messages import Button, Language, Message, words_of
from tests.dialogue.little_world import NOW


@dataclass
class Talker:
    """Stands somewhere in a script."""

    script: Script
    conversation: Conversation = NEW_CONVERSATION
    now: datetime = NOW
    shown: tuple[Message, ...] = ()
    effects: tuple[Effect, ...] = ()
    seen: list[Button] = field(default_factory=list)

    def take(self, event: Event) -> Turn:
        turn = take_turn(self.script, self.conversation, event, self.now)
        self.conversation = turn.conversation or NEW_CONVERSATION
        self.shown = turn.messages
        self.effects = turn.effects
        self.seen.extend(button for message in turn.messages for row in message.rows for button in row)
        return turn

    def press(self, label: str) -> Turn:
        return self.take(Pressed(self.button(label).press))

    def type(self, words: str) -> Turn:
        return self.take(Typed(words))

    def button(self, label: str) -> Button:
        for button in self.buttons:
            if label in button.label:
                return button
        raise AssertionError(f"no button '{label}' among {[button.label for button in self.buttons]}")

    @property
    def buttons(self) -> list[Button]:
        return [button for message in self.shown for row in message.rows for button in row]

    @property
    def labels(self) -> list[str]:
        return [button.label for button in self.buttons]

    @property
    def words(self) -> str:
        return "\n---\n".join(words_of(message.text) for message in self.shown)


def at_home(script: Script, origin: str = "kh", here: str = "th") -> Talker:
    """Somebody who has told what is asked at the start."""
    profile = {"origin": origin, "here": here}
    talker = Talker(script, Conversation(Language("en"), profile))
    talker.take(Opened())
    return talker
