"""The neutral line behind which words wait, and whether what could not be sent in time has to wait behind it."""

from datetime import datetime

from bot.dialogue.contact import Way, way_now
from bot.dialogue.conversation import Conversation
from bot.dialogue.events import Waited
from bot.dialogue.presses import LookIn, read_press
from bot.messages import Message


def is_neutral(message: Message) -> bool:
    """Whether it says only that there is something, with the button to look at it."""
    presses = [read_press(button.press) for row in message.rows for button in row]
    return len(presses) == 1 and presses[0] is not None and isinstance(presses[0].wants, LookIn)


def way_of(waited: Waited, conversation: Conversation, now: datetime) -> Way:
    """How something that has waited to be sent reaches the person now: whatever goes out late has passed here."""
    way = way_now(
        conversation.profile,
        conversation.active,
        now,
        hidden=conversation.calling is not None and conversation.calling.hidden,
        written=waited.written,
        unasked=waited.unasked,
        of_staff=bool(waited.ref),
        of_call=conversation.calling is not None,
    )
    is_veil = waited.message is not None and is_neutral(waited.message)
    return Way.SHOWN if is_veil and way is Way.VEILED else way
